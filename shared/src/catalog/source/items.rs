//! From TOML tables to checklists: items, due rules, evidence.

use super::super::model::{Again, Checklist, Due, DueUnit, Evidence, Item, Offered};
use super::formula::Role;
use super::node::Node;
use super::read::{Reader, caution};

impl Reader<'_> {
    pub(super) fn checklist(&mut self, node: Node<'_>) -> Checklist {
        let id = node.text("id");
        let version = u32::try_from(node.number("version")).unwrap_or(0);
        let owner = format!("{id} v{version}");
        self.place(&node, format!("checklist {owner}"));
        let groups = self.sections(&node, "groups", &owner);
        let scope = node.maybe_text("scope");
        let items = node.nodes("items").into_iter();
        let items = items.map(|item| self.item(item, &owner, scope.as_deref())).collect();
        let anchors = node.texts("anchors");
        let offered = node.maybe_node("offered").map(|node| self.offered(node, &owner));
        let checklist =
            Checklist { label: node.label("label"), version, anchors, offered, groups, items, id };
        node.end();
        checklist
    }

    /// Reads an item; one without a scope has the checklist's.
    fn item(&mut self, node: Node<'_>, owner: &str, scope: Option<&str>) -> Item {
        let id = node.text("id");
        self.place(&node, format!("item {owner}/{id}"));
        let item = Item {
            was: node.maybe_text("was"),
            label: node.label("label"),
            group: node.text("group"),
            departments: node.texts("departments"),
            severity: node.maybe_number("severity").map(|grade| u8::try_from(grade).unwrap_or(0)),
            due: node.maybe_node("due").and_then(due),
            scope: match scope {
                Some(scope) if !node.has("scope") => scope.to_owned(),
                _ => node.text("scope"),
            },
            short: node.flag("short"),
            evidence: node.nodes("evidence").into_iter().filter_map(evidence).collect(),
            sources: node.texts("sources"),
            threshold: node.maybe_label("threshold"),
            id,
        };
        node.end();
        item
    }

    /// Reads `{ at = "case", name = "start-arrival", label = { … }, asks = ["ARR"] }`.
    fn offered(&mut self, node: Node<'_>, owner: &str) -> Offered {
        let at = node.text("at");
        if let Some(text) = node.maybe_text("when") {
            self.formula(&node, (owner, &at), (Role::When, text));
        }
        let offered = Offered {
            at,
            when: None,
            name: node.text("name"),
            label: node.label("label"),
            asks: node.texts("asks"),
        };
        node.end();
        offered
    }
}

/// Reads `{ anchor = "ARR", days = -10 }`, with `latest = 30`, `every = { days = 7 }` or `then = [3, 6]`.
fn due(node: Node<'_>) -> Option<Due> {
    let anchor = node.text("anchor");
    let counted = counted(&node, "due");
    let latest = node.maybe_number("latest");
    let then = node.numbers("then");
    let every = node.maybe_node("every");
    if every.is_some() && !then.is_empty() {
        node.fault("`due` has `every` or `then`");
    }
    let again = match every {
        Some(every) => {
            let counted = counted_alone(every);
            counted.map_or(Again::Once, |(count, unit)| Again::Every(count, unit))
        }
        None if then.is_empty() => Again::Once,
        None => Again::At(then),
    };
    node.end();
    let (offset, unit) = counted?;
    Some(Due { anchor, offset, unit, latest, again })
}

fn counted_alone(node: Node<'_>) -> Option<(i64, DueUnit)> {
    let counted = counted(&node, "every");
    node.end();
    counted
}

/// The one unit a rule counts in.
fn counted(node: &Node<'_>, what: &str) -> Option<(i64, DueUnit)> {
    let units = [
        ("days", DueUnit::Days),
        ("working_days", DueUnit::WorkingDays),
        ("months", DueUnit::Months),
        ("hours", DueUnit::Hours),
    ];
    let given: Vec<_> = units.into_iter().filter(|(key, _)| node.has(key)).collect();
    let [(key, unit)] = given.as_slice() else {
        node.fault(format!("`{what}` counts in one of days, working_days, months, hours"));
        for (key, _) in given {
            node.maybe_number(key);
        }
        return None;
    };
    Some((node.maybe_number(key)?, *unit))
}

fn evidence(node: Node<'_>) -> Option<Evidence> {
    let kind = node.text("kind");
    let evidence = match kind.as_str() {
        "tick" => Evidence::Tick,
        "number" => {
            let unit = node.maybe_label("unit").unwrap_or_default();
            Evidence::Number(unit, caution(&node))
        }
        "date" => Evidence::Date,
        "time" => Evidence::Time,
        "reference" => Evidence::Reference,
        "document" => Evidence::Document,
        "photo" => Evidence::Photo,
        "signature" => Evidence::Signature,
        "note" => Evidence::Note,
        "run" => Evidence::Run,
        "visit" => Evidence::Visit,
        "intake" => Evidence::Intake,
        other => {
            node.fault(format!("evidence `{other}` is not known"));
            return None;
        }
    };
    node.end();
    Some(evidence)
}
