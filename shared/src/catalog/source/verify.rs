//! What must hold between the parts of a catalog.

use std::collections::BTreeSet;

use super::super::model::{
    Caution, Checklist, EntryList, Field, FieldType, Kind, Machine, MergeCode, Package, Section,
};
use super::Faults;
use super::node::{Place, fault_at};
use super::read::Places;

/// Roles that may be given records; administration reads none.
const ROLES: [&str; 6] =
    ["caseworker", "child_caseworker", "coordinator", "inspector", "supervisor", "trainee"];

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
        verify.kind(kind);
        verify.fields(&kind.id, &kind.fields, &kind.sections);
        for list in &kind.entry_lists {
            verify.entries(kind, list);
            verify.fields(&format!("{}/{}", kind.id, list.id), &list.fields, &list.sections);
        }
    }
    for checklist in &package.checklists {
        verify.checklist(checklist);
    }
    for rule in &package.rules {
        verify.rule(rule);
    }
}

/// Notes what does not hold in one checklist of a package.
pub(super) fn checklist(
    package: &Package,
    places: &Places,
    faults: &Faults,
    checklist: &Checklist,
) {
    Verify { package, places, faults }.checklist(checklist);
}

impl Verify<'_> {
    pub(super) fn fault(&self, name: &str, what: impl Into<String>) {
        let nowhere = Place { file: name.to_owned(), line: 1 };
        fault_at(self.faults, self.places.get(name).unwrap_or(&nowhere), what);
    }

    /// What entries of a list say about each other and about a set.
    fn entries(&self, kind: &Kind, list: &EntryList) {
        let name = format!("list of entries {}/{}", kind.id, list.id);
        let has = |id: &str| list.fields.iter().any(|field| field.id == id);
        if let Some(strange) = list.one_for.iter().chain(&list.until).find(|id| !has(id)) {
            self.fault(&name, format!("`one_for` and `until` name an unknown field `{strange}`"));
        }
        let Some(affirms) = &list.affirms else { return };
        let parts: Vec<&str> = affirms.split('/').collect();
        let answer = |part: &&str| part.strip_prefix('{')?.strip_suffix('}').map(str::to_owned);
        if let Some(strange) = parts.iter().filter_map(answer).find(|id| !has(id)) {
            self.fault(&name, format!("`affirms` names an unknown field `{strange}`"));
        }
        let set = match parts.as_slice() {
            [set, _] => kind.fields.iter().find(|field| field.id == *set),
            [other, _, set, _] => kind
                .entry_lists
                .iter()
                .find(|list| list.id == *other)
                .and_then(|other| other.fields.iter().find(|field| field.id == *set)),
            _ => None,
        };
        if !set.is_some_and(|field| matches!(field.typ, FieldType::Set(_))) {
            self.fault(
                &name,
                "`affirms` is the path of a member of a set, `list/{field}/set/{field}`",
            );
        }
    }

    /// Where documents of a kind belong, and who may read them.
    fn kind(&self, kind: &Kind) {
        let name = format!("kind {}", kind.id);
        let known =
            |id: &String| id == Kind::ANY || self.package.kinds.iter().any(|one| one.id == *id);
        if let Some(strange) = kind.belongs_to.iter().find(|id| !known(id)) {
            self.fault(&name, format!("`belongs_to` names an unknown kind `{strange}`"));
        }
        if let Some(strange) = kind.roles.iter().find(|role| !ROLES.contains(&role.as_str())) {
            self.fault(&name, format!("`roles` names `{strange}`: {}", ROLES.join(", ")));
        }
        if kind.single && kind.belongs_to.is_empty() {
            self.fault(&name, "`single` says how many a document has: name them in `belongs_to`");
        }
        if kind.roles.is_empty() && kind.belongs_to.is_empty() && !kind.server {
            self.fault(&name, "nobody may read it: give `roles`, `belongs_to` or `server`");
        }
        let lists =
            kind.entry_lists.iter().map(|list| (format!("{}/{}", kind.id, list.id), &list.fields));
        for (owner, fields) in lists.chain([(kind.id.clone(), &kind.fields)]) {
            for field in fields {
                self.late(&format!("field {owner}/{}", field.id), kind, field);
                if let FieldType::Reference(to) = &field.typ
                    && !self.names(to)
                {
                    let what = format!("there is no kind and no list of `{to}` that it could name");
                    self.fault(&format!("field {owner}/{}", field.id), what);
                }
            }
        }
    }

    /// Whether a reference names people, a kind of document or the entries of a list.
    fn names(&self, to: &str) -> bool {
        let list_of = |kind: &Kind| kind.entry_lists.iter().any(|list| list.holds(to));
        to == "user" || self.package.kinds.iter().any(|kind| kind.id == to || list_of(kind))
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
        let may = matches!(field.merge, MergeCode::S | MergeCode::R);
        if (field.merge == MergeCode::S && field.caution.is_none())
            || (!may && field.caution.is_some())
        {
            self.fault(
                name,
                "merge code S needs `caution`, R may have it (then contested), no other has",
            );
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
        self.joins(name, machine);
    }

    /// Whether what is written elsewhere can be found, and the states it makes are known.
    fn late(&self, name: &str, kind: &Kind, field: &Field) {
        let (Some(machine), Some(codes)) = (&field.machine, field.typ.list()) else { return };
        let codes = self.codes(codes).unwrap_or_default();
        for late in &machine.late {
            let named = late.from.iter().chain([&late.to]);
            if let Some(code) = named.into_iter().find(|code| !codes.contains(code.as_str())) {
                self.fault(name, format!("`late` names an unknown state `{code}`"));
            }
            let Some(list) = kind.entry_lists.iter().find(|list| list.id == late.list) else {
                self.fault(name, format!("`{}` has no list `{}`", kind.id, late.list));
                continue;
            };
            let asked = late.field.iter().chain(&late.when);
            for id in asked.filter(|id| !list.fields.iter().any(|field| field.id == **id)) {
                self.fault(name, format!("`{}` has no field `{id}`", late.list));
            }
        }
    }

    /// Whether the table gives one state, whatever states met first.
    fn joins(&self, name: &str, machine: &Machine) {
        let codes = || machine.order.iter().map(String::as_str);
        for (one, other) in codes().flat_map(|one| codes().map(move |other| (one, other))) {
            let third = codes().find(|third| {
                machine.join(machine.join(one, other), third)
                    != machine.join(one, machine.join(other, third))
            });
            if let Some(third) = third {
                let what =
                    format!("`{one}`, `{other}` and `{third}` join differently in another order");
                return self.fault(name, what);
            }
        }
    }
}
