//! What must hold between the parts of a catalog.

use std::collections::BTreeSet;

use super::super::model::{Caution, Field, FieldType, Machine, MergeCode, Package, Section};
use super::Faults;
use super::node::{Place, fault_at};
use super::read::Places;

pub(super) struct Verify<'a> {
    pub(super) package: &'a Package,
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
    pub(super) fn fault(&self, name: &str, what: impl Into<String>) {
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
            if (field.merge == MergeCode::D) != field.calculate.is_some() {
                self.fault(&name, "merge code D needs `calculate`, and only D has it");
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

    pub(super) fn codes(&self, list: &str) -> Option<BTreeSet<&str>> {
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
}
