//! What must hold between the parts of a catalog.

use std::collections::BTreeSet;

use super::super::model::{
    Caution, Checklist, Due, Evidence, Field, FieldType, Item, Machine, MergeCode, Package, Section,
};
use super::Faults;
use super::node::{Place, fault_at};
use super::read::Places;

struct Verify<'a> {
    package: &'a Package,
    places: &'a Places,
    faults: &'a Faults,
}

/// Notes everything that does not hold.
pub(super) fn package(package: &Package, places: &Places, faults: &Faults) {
    let verify = Verify { package, places, faults };
    if package.id.is_empty() {
        let place = Place { file: "package.toml".to_owned(), line: 1 };
        fault_at(faults, &place, "the package has no id");
    }
    for kind in &package.kinds {
        verify.fields(&kind.id, &kind.fields, &kind.sections);
        for list in &kind.entry_lists {
            verify.fields(&format!("{}/{}", kind.id, list.id), &list.fields, &list.sections);
        }
    }
    for checklist in &package.checklists {
        verify.checklist(checklist);
    }
}

impl Verify<'_> {
    fn fault(&self, name: &str, what: impl Into<String>) {
        let nowhere = Place { file: name.to_owned(), line: 1 };
        fault_at(self.faults, self.places.get(name).unwrap_or(&nowhere), what);
    }

    fn fields(&self, owner: &str, fields: &[Field], sections: &[Section]) {
        for field in fields {
            let name = format!("field {owner}/{}", field.id);
            if !sections.iter().any(|section| section.id == field.section) {
                self.fault(&name, format!("there is no section `{}`", field.section));
            }
            if field.sensitivity > 4 {
                self.fault(&name, "sensitivity goes from 0 to 4");
            }
            self.list(&name, field);
            self.caution(&name, field);
            self.machine(&name, field);
            if let Some(condition) = &field.relevant
                && !fields.iter().any(|other| other.id == condition.field)
            {
                self.fault(
                    &name,
                    format!("relevance asks for an unknown field `{}`", condition.field),
                );
            }
        }
    }

    fn list(&self, name: &str, field: &Field) {
        if let FieldType::Choice(list) | FieldType::Set(list) = &field.typ
            && self.codes(list).is_none()
        {
            self.fault(name, format!("there is no code list `{list}`"));
        }
        let is_set = matches!(field.typ, FieldType::Set(_));
        if is_set != (field.merge == MergeCode::U) {
            self.fault(name, "a set has merge code U, and only a set has it");
        }
        if matches!(field.typ, FieldType::Count) != (field.merge == MergeCode::C) {
            self.fault(name, "a count has merge code C, and only a count has it");
        }
        if field.merge == MergeCode::T && !matches!(field.typ, FieldType::LongText) {
            self.fault(name, "only a long text has merge code T");
        }
    }

    fn codes(&self, list: &str) -> Option<BTreeSet<&str>> {
        let list = self.package.lists.iter().find(|known| known.id == list)?;
        Some(list.codes.iter().map(|code| code.id.as_str()).collect())
    }

    fn caution(&self, name: &str, field: &Field) {
        if (field.merge == MergeCode::S) != field.caution.is_some() {
            self.fault(name, "merge code S needs `caution`, and only S has it");
        }
        if let Some(Caution::Order(order)) = &field.caution
            && let FieldType::Choice(list) = &field.typ
            && let Some(codes) = self.codes(list)
        {
            let ordered: BTreeSet<&str> = order.iter().map(String::as_str).collect();
            if ordered != codes || ordered.len() != order.len() {
                self.fault(name, format!("`caution` must name each code of `{list}` once"));
            }
        }
    }

    fn machine(&self, name: &str, field: &Field) {
        if (field.merge == MergeCode::M) != field.machine.is_some() {
            self.fault(name, "merge code M needs `machine`, and only M has it");
        }
        let Some(machine) = &field.machine else { return };
        let FieldType::Choice(list) = &field.typ else {
            return self.fault(name, "a state is a choice of codes");
        };
        let Some(codes) = self.codes(list) else { return };
        let ordered: BTreeSet<&str> = machine.order.iter().map(String::as_str).collect();
        if ordered != codes || ordered.len() != machine.order.len() {
            self.fault(name, format!("`order` must name each code of `{list}` once"));
        }
        let pairs = machine.disputed.iter().flat_map(|(one, other)| [one, other]);
        if let Some(code) =
            machine.sticky.iter().chain(pairs).find(|code| !codes.contains(code.as_str()))
        {
            self.fault(name, format!("`{list}` has no code `{code}`"));
        }
        if !machine.disputed.is_empty() && !codes.contains(Machine::DISPUTED) {
            self.fault(name, format!("`{list}` needs a code `{}`", Machine::DISPUTED));
        }
    }

    fn checklist(&self, checklist: &Checklist) {
        let anchors = self.codes("anchor").unwrap_or_default();
        for anchor in &checklist.anchors {
            if !anchors.contains(anchor.as_str()) {
                let name = format!("checklist {} v{}", checklist.id, checklist.version);
                self.fault(&name, format!("there is no anchor `{anchor}`"));
            }
        }
        for item in &checklist.items {
            let name = format!("item {}/{}", checklist.id, item.id);
            if !checklist.groups.iter().any(|group| group.id == item.group) {
                self.fault(&name, format!("there is no group `{}`", item.group));
            }
            self.timing(&name, item, &checklist.anchors);
            self.item(&name, item);
            self.only_there(&name, item, checklist);
        }
    }

    /// An item of an inspection has a severity, one of a task checklist a due rule.
    fn timing(&self, name: &str, item: &Item, anchors: &[String]) {
        if item.severity.is_none() && item.due.is_none() {
            self.fault(name, "an item has `severity` or `due`");
        }
        if item.severity.is_some_and(|severity| !(1..=4).contains(&severity)) {
            self.fault(name, "severity goes from 1 to 4");
        }
        let Some(due) = &item.due else { return };
        if !anchors.contains(&due.anchor) {
            self.fault(name, format!("`{}` is not one of the checklist's anchors", due.anchor));
        }
        if due.offset.unsigned_abs() > Due::OFFSET_MAX {
            self.fault(name, format!("`due` counts to {} at most", Due::OFFSET_MAX));
        }
    }

    fn item(&self, name: &str, item: &Item) {
        let departments = self.codes("department").unwrap_or_default();
        if !["A", "G", "F", "C"].contains(&item.scope.as_str()) {
            self.fault(name, "scope is one of A, G, F, C");
        }
        if item.departments.is_empty() || item.sources.is_empty() || item.evidence.is_empty() {
            self.fault(name, "an item has at least one department, source and evidence");
        }
        for department in &item.departments {
            if !departments.contains(department.as_str()) {
                self.fault(name, format!("there is no department `{department}`"));
            }
        }
        if item.evidence.iter().any(|e| matches!(e, Evidence::Number(_, Some(Caution::ByItem)))) {
            self.fault(name, "an item's number names its own caution");
        }
    }

    /// Items are found by their id alone, so two checklists never share one.
    fn only_there(&self, name: &str, item: &Item, checklist: &Checklist) {
        let others = self.package.checklists.iter().filter(|other| other.id != checklist.id);
        for other in others {
            if other.items.iter().any(|known| known.id == item.id) {
                self.fault(name, format!("`{}` has an item `{}`, too", other.id, item.id));
            }
        }
    }
}
