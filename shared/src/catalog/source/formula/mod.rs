//! Conditions, constraints and calculations: from text to checked steps.
//!
//! Reading order: [`words`], [`scope`] (what names stand for), [`parse`] with
//! [`functions`], [`link`] (calculated fields
//! take the place of their names). All formulas are read after all files, because they speak of
//! fields, lists and codes of any of them.

mod functions;
mod link;
mod parse;
#[cfg(test)]
mod print;
mod scope;
#[cfg(test)]
mod tests;
mod words;

use super::super::model::{
    EntryList, Field, FieldType, Formula, Kind, MergeCode, Package, Required,
};
use super::Faults;
use super::node::{Place, fault_at};
use link::Calculated;
pub(super) use scope::is_day;
use scope::{It, Scope, Type};

/// What a formula is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Of a field: it matters only where this holds.
    Relevant,
    /// Of a field: an answer is needed only where this holds.
    Required,
    /// Of a field: its answer.
    Calculate,
    /// Of a field: which choices there are.
    Choices,
    /// Of a constraint: what must hold.
    Holds,
    /// Of a checklist: where it is offered.
    When,
}

impl Role {
    const fn key(self) -> &'static str {
        match self {
            Self::Relevant => "relevant",
            Self::Required => "required",
            Self::Calculate => "calculate",
            Self::Choices => "choices",
            Self::Holds => "holds",
            Self::When => "when",
        }
    }
}

/// A formula as it stands in a file.
#[derive(Debug, Clone)]
pub(super) struct Written {
    pub(super) place: Place,
    /// `case` or `case/persons`; for a checklist `move_out v1`.
    pub(super) owner: String,
    /// The field or the constraint; for a checklist the kind it is offered at.
    pub(super) of: String,
    pub(super) role: Role,
    pub(super) text: String,
}

/// Reads all formulas and puts them where they belong.
pub(super) fn compile(package: &mut Package, written: &[Written], faults: &Faults) {
    let known = package.clone();
    let note = |one: &Written, what: String| {
        fault_at(faults, &one.place, format!("`{}`: {what}", one.role.key()));
    };
    let mut calculated = Calculated::default();
    for one in written.iter().filter(|one| one.role == Role::Calculate) {
        match steps(&known, one) {
            Ok(steps) => calculated.add(&one.owner, &one.of, steps),
            Err(what) => note(one, what),
        }
    }
    for one in written {
        let steps = match one.role {
            Role::Calculate => Ok(calculated.of(&one.owner, &one.of)),
            _ => steps(&known, one),
        };
        // A calculation that could not be read has been noted.
        let linked = steps.and_then(|steps| {
            if steps.is_empty() { Ok(steps) } else { calculated.link(one, &known, &steps) }
        });
        match linked {
            Ok(steps) => place(package, one, Formula { steps }),
            Err(what) => note(one, what),
        }
    }
    fields(&known, written, faults);
}

/// What must hold of a field because of its formulas.
fn fields(package: &Package, written: &[Written], faults: &Faults) {
    for one in written.iter().filter(|one| one.role != Role::When) {
        let Some((kind, list)) = owner(package, &one.owner) else { continue };
        if one.role == Role::Holds {
            let constraints = list.map_or(&kind.constraints, |list| &list.constraints);
            let at = constraints.iter().find(|known| known.id == one.of).map(|known| &known.at);
            if at.is_none_or(|at| !own(kind, list).iter().any(|field| field.id == *at)) {
                fault_at(faults, &one.place, "`at` names no field beside the constraint");
            }
            continue;
        }
        let Some(field) = own(kind, list).iter().find(|field| field.id == one.of) else { continue };
        if one.role == Role::Choices
            && !matches!(
                field.typ,
                FieldType::Choice(_) | FieldType::Set(_) | FieldType::Reference(_)
            )
        {
            fault_at(faults, &one.place, "`choices` are of a choice, a set or a reference");
        }
        let is_calculated = one.role == Role::Calculate;
        if is_calculated && (field.merge != MergeCode::D || field.required != Required::Optional) {
            let what = "a calculated field has merge code D and is not required";
            fault_at(faults, &one.place, what);
        }
    }
}

/// The steps of a formula, with the names of calculated fields in it.
fn steps(package: &Package, one: &Written) -> Result<Vec<super::super::model::Step>, String> {
    let unknown = || format!("there is no kind `{}`", one.of);
    if one.role == Role::When {
        let kind = package.kinds.iter().find(|kind| kind.id == one.of).ok_or_else(unknown)?;
        let scope = Scope { package, kind, list: None, it: It::Nothing };
        return truth(parse::formula(&one.text, scope)?);
    }
    let (kind, list) = owner(package, &one.owner).ok_or_else(unknown)?;
    let mut scope = Scope { package, kind, list, it: It::Nothing };
    let field = own(kind, list).iter().find(|field| field.id == one.of);
    if let (Role::Choices, Some(field)) = (one.role, field) {
        scope.it = match &field.typ {
            FieldType::Choice(list) | FieldType::Set(list) => It::Code(list),
            FieldType::Reference(to) => kind.named_list(to).map_or(It::Nothing, It::Entry),
            _ => It::Nothing,
        };
    }
    let read = parse::formula(&one.text, scope)?;
    match (one.role, field) {
        (Role::Calculate, Some(field)) => {
            let (_, wanted) = scope.field_type(field);
            if read.1 == wanted {
                Ok(read.0)
            } else {
                Err(format!("it gives {}, the field holds {}", read.1.named(), wanted.named()))
            }
        }
        _ => truth(read),
    }
}

fn truth(
    (steps, typ): (Vec<super::super::model::Step>, Type),
) -> Result<Vec<super::super::model::Step>, String> {
    if typ == Type::Truth {
        Ok(steps)
    } else {
        Err(format!("it gives {}, not yes or no", typ.named()))
    }
}

fn owner<'a>(package: &'a Package, owner: &str) -> Option<(&'a Kind, Option<&'a EntryList>)> {
    let (kind, list) = owner.split_once('/').map_or((owner, None), |(kind, id)| (kind, Some(id)));
    let kind = package.kinds.iter().find(|known| known.id == kind)?;
    match list {
        None => Some((kind, None)),
        Some(id) => Some((kind, Some(kind.entry_lists.iter().find(|list| list.id == id)?))),
    }
}

fn own<'a>(kind: &'a Kind, list: Option<&'a EntryList>) -> &'a [Field] {
    list.map_or(&kind.fields, |list| &list.fields)
}

fn place(package: &mut Package, one: &Written, formula: Formula) {
    if one.role == Role::When {
        let mut lists = package.checklists.iter_mut();
        let list = lists.find(|list| format!("{} v{}", list.id, list.version) == one.owner);
        if let Some(offered) = list.and_then(|list| list.offered.as_mut()) {
            offered.when = Some(formula);
        }
        return;
    }
    let (kind, id) = one.owner.split_once('/').unwrap_or((&one.owner, ""));
    let Some(kind) = package.kinds.iter_mut().find(|known| known.id == kind) else { return };
    let list = kind.entry_lists.iter_mut().find(|list| list.id == id);
    let (fields, constraints) = match list {
        Some(list) => (&mut list.fields, &mut list.constraints),
        None => (&mut kind.fields, &mut kind.constraints),
    };
    if one.role == Role::Holds {
        if let Some(found) = constraints.iter_mut().find(|known| known.id == one.of) {
            found.holds = formula;
        }
        return;
    }
    let Some(field) = fields.iter_mut().find(|field| field.id == one.of) else { return };
    match one.role {
        Role::Relevant => field.relevant = Some(formula),
        Role::Required => field.required_if = Some(formula),
        Role::Calculate => field.calculate = Some(formula),
        _ => field.choices = Some(formula),
    }
}
