//! The municipality's own checklists, as the record `org` holds them: each version an entry of its list
//! `templates`, written once by the server and never changed.
//!
//! An entry's `body` is the checklist packed and written as base32, in the form its `form` numbers. A
//! program leaves out what is in a form it does not know; it stays in the record, and a later program
//! reads it.

use crate::catalog::Checklist;
use crate::ids::{base32, base32_bytes};
use crate::merge::RecordState;
use crate::packed::{from_bytes, to_bytes};
use crate::value::Value;

/// The form in which this program packs a checklist.
///
/// What `packed!` writes for [`Checklist`] is this form. Whoever changes one of its types counts up and
/// keeps a reader of the form before: records of years ago are in it. A test below holds its bytes.
pub const FORM: i64 = 1;

/// The list of the record `org`.
pub const LIST: &str = "templates";

/// Checklists read from records.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Own {
    /// All versions that could be read. Of two that call themselves alike the first one stands.
    pub lists: Vec<Checklist>,
    /// Which entries these are: they are written once, so the same entries are the same checklists.
    pub stamp: String,
    /// How many could not: they are of a newer program.
    pub unread: usize,
}

impl Own {
    /// Adds the checklists of a record; records are added in the order of their ids.
    pub fn add(&mut self, record: &RecordState) {
        for path in record.fields.keys() {
            let parts = path.segments();
            let (LIST, [Some(entry), Some("body"), None]) = (parts.head, parts.rest) else {
                continue;
            };
            let Some(list) = read(record, entry) else {
                self.unread += 1;
                continue;
            };
            let is_same = |one: &Checklist| one.id == list.id && one.version == list.version;
            if !self.lists.iter().any(is_same) {
                self.stamp.push_str(entry);
                self.lists.push(list);
            }
        }
    }
}

/// The checklist of an entry, if it is in a form this program knows and is what the entry says.
fn read(record: &RecordState, entry: &str) -> Option<Checklist> {
    let key = |field: &str| [LIST, "/", entry, "/", field].concat();
    if record.value(&key("form")) != Some(&Value::Int(FORM)) {
        return None;
    }
    let list: Checklist = from_bytes(&base32_bytes(record.text(&key("body"))).ok()?)?;
    let version = Value::Int(i64::from(list.version));
    let fits =
        record.text(&key("key")) == list.id && record.value(&key("version")) == Some(&version);
    fits.then_some(list)
}

/// A checklist as it stands in `body`.
#[must_use]
pub fn written(list: &Checklist) -> String {
    base32(&to_bytes(list))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{
        Again, Catalog, Caution, Due, DueUnit, Evidence, Fold, Formula, Item, Label, Offered,
        Operation, Section, Shape, Step, Whose,
    };
    use crate::document::{Authoring, Document, Edit};
    use crate::ids::{ActorId, DeviceId, DocumentId, UserId};
    use crate::merge::record_state;
    use crate::path::FieldPath;

    const OPERATIONS: [Operation; 17] = [
        Operation::Or,
        Operation::And,
        Operation::Not,
        Operation::Equal,
        Operation::Less,
        Operation::AtMost,
        Operation::In,
        Operation::Add,
        Operation::Subtract,
        Operation::Multiply,
        Operation::Divide,
        Operation::Floor,
        Operation::Length,
        Operation::Answered,
        Operation::If,
        Operation::Where,
        Operation::Months,
    ];

    fn label(text: &str) -> Label {
        Label { sv: text.to_owned(), en: format!("{text} (en)") }
    }

    /// Every kind of step, in no order that could be reckoned.
    fn steps() -> Vec<Step> {
        let name = || "a".to_owned();
        let whose = [Whose::Own, Whose::Record, Whose::It, Whose::Named(name(), name())];
        let shapes = [Shape::Plain, Shape::Decimal, Shape::Day, Shape::Set, Shape::Count];
        let folds = [Fold::Count, Fold::Sum, Fold::Lowest, Fold::Highest];
        let mut steps = vec![
            Step::Number(-1),
            Step::Text(name()),
            Step::Day(name()),
            Step::Truth(true),
            Step::Codes(vec![name()]),
            Step::It,
        ];
        steps.extend(whose.map(|whose| Step::Answer(whose, name(), Shape::Plain)));
        steps.extend(shapes.map(|shape| Step::Answer(Whose::Own, name(), shape)));
        steps.extend(folds.map(|fold| Step::Over(fold, name(), 1)));
        steps.extend(OPERATIONS.map(Step::Do));
        steps
    }

    /// A checklist in which every type that is packed for one occurs.
    fn checklist(version: u32) -> Checklist {
        let due =
            |unit, again| Due { anchor: "ASG".into(), offset: -3, unit, latest: Some(9), again };
        let item = |id: &str, severity, due, evidence| Item {
            id: id.to_owned(),
            was: Some("K2326-0".into()),
            label: label("Punkt"),
            group: "g".into(),
            departments: vec!["BOS".into()],
            severity,
            due,
            scope: "A".into(),
            short: true,
            evidence,
            sources: vec!["LSO".into()],
            threshold: Some(label("gräns")),
        };
        let evidence = vec![
            Evidence::Tick,
            Evidence::Number(label("m"), Some(Caution::Lowest)),
            Evidence::Number(label("m"), Some(Caution::Order(vec!["a".into()]))),
            Evidence::Date,
            Evidence::Time,
            Evidence::Reference,
            Evidence::Document,
            Evidence::Photo,
            Evidence::Signature,
            Evidence::Note,
            Evidence::Run,
            Evidence::Visit,
            Evidence::Intake,
        ];
        let steps = steps();
        Checklist {
            id: "k2326_brand".into(),
            version,
            label: label("Brandrond"),
            anchors: vec!["ASG".into()],
            offered: Some(Offered {
                at: "residence".into(),
                when: Some(Formula { steps }),
                name: "start-k2326-brand".into(),
                label: label("Starta"),
                asks: vec!["ASG".into()],
            }),
            groups: vec![Section { id: "g".into(), label: label("Grupp") }],
            items: vec![
                item("K2326-1", Some(2), None, evidence),
                item("K2326-2", None, Some(due(DueUnit::Days, Again::Once)), Vec::new()),
                item(
                    "K2326-3",
                    None,
                    Some(due(DueUnit::Months, Again::Every(2, DueUnit::WorkingDays))),
                    Vec::new(),
                ),
                item("K2326-4", None, Some(due(DueUnit::Hours, Again::At(vec![1]))), Vec::new()),
            ],
        }
    }

    fn org(entries: &[(&str, &str, i64, i64, String)]) -> RecordState {
        let mut edits = Vec::new();
        for (entry, key, version, form, body) in entries {
            let mut put = |field: &str, value: Value| {
                let path = FieldPath::parse(&format!("{LIST}/{entry}/{field}")).unwrap();
                edits.push(Edit { path, value });
            };
            put("key", Value::text(*key));
            put("version", Value::Int(*version));
            put("form", Value::Int(*form));
            put("body", Value::text(body.as_str()));
        }
        let by = Authoring {
            device: DeviceId::from_bytes([1; 16]),
            user: UserId::from_bytes([1; 16]),
            now_ms: 1,
            clock_offset_s: None,
            review_heads: Vec::new(),
        };
        let actor = ActorId::from_bytes([1; 16]);
        let (document, _) = Document::create(actor, vec![1], &edits, &by).unwrap();
        record_state(Catalog::builtin(), ("org", DocumentId::from_bytes([1; 16])), &document, None)
    }

    #[test]
    fn the_form_of_today_is_read_for_ever() {
        let bytes = to_bytes(&checklist(1));
        let sum = crate::chunk::sha256(&[&bytes]);
        assert_eq!(
            base32(&sum),
            "qm2whjgdwv0f18vf5s302c6ve24zn6sfv4zk9p7yyeb1mr44qfrg",
            "a checklist is packed in another form: count up FORM and keep a reader of the one before"
        );
    }

    #[test]
    fn every_version_stays_beside_the_others_and_a_newer_form_is_left_out() {
        let (one, two) = (checklist(1), checklist(2));
        let [one_at, two_at, newer, other, cut] = ["1", "2", "3", "4", "5"].map(|id| id.repeat(16));
        let record = org(&[
            (&one_at, "k2326_brand", 1, FORM, written(&one)),
            (&two_at, "k2326_brand", 2, FORM, written(&two)),
            (&newer, "k2326_brand", 3, FORM + 1, "later".into()),
            (&other, "k2326_brand", 4, FORM, written(&one)),
            (&cut, "k2326_brand", 5, FORM, written(&checklist(5)).chars().skip(2).collect()),
        ]);
        let mut own = Own::default();
        own.add(&record);
        assert_eq!(
            own,
            Own { lists: vec![one.clone(), two], stamp: format!("{one_at}{two_at}"), unread: 3 }
        );

        // Another record says something else of version 1: the first one stands.
        let mut different = one.clone();
        different.label = label("En annan");
        own.add(&org(&[(&one_at, "k2326_brand", 1, FORM, written(&different))]));
        assert_eq!(own.lists.iter().filter(|list| list.version == 1).collect::<Vec<_>>(), [&one]);
    }

    #[test]
    fn own_checklists_stand_behind_those_that_came_with_the_program() {
        let builtin = Catalog::builtin();
        assert!(builtin.own().is_empty());
        let catalog = builtin.with_own(vec![checklist(1), checklist(2)], "12".to_owned());
        assert_eq!(catalog.newest_checklist("k2326_brand").unwrap().version, 2);
        assert_eq!(catalog.checklist("k2326_brand", 1), Some(&checklist(1)));
        assert!(catalog.item("K2326-3").is_some() && builtin.item("K2326-3").is_none());
        assert_eq!(catalog.checklists().len(), builtin.checklists().len() + 2);
        assert_eq!(catalog.own().iter().map(|list| list.version).collect::<Vec<_>>(), [1, 2]);
        let path = FieldPath::parse("item/K2326-1/value").unwrap();
        let located = catalog.locate("run", &path).unwrap();
        assert_eq!(catalog.caution(&located), Some(&Caution::Lowest), "as its item says");
    }
}
