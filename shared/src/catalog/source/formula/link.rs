//! Calculated fields take the place of their names, so that reckoning never goes round in a circle
//! and needs no order: a circle is a fault of the build.

use std::collections::BTreeMap;

use super::super::super::model::{Formula, Package, Step, Whose};
use super::{Role, Written};

type Read<T> = Result<T, String>;

/// Formulas of calculated fields by kind, list (empty for the record) and field.
#[derive(Default)]
pub(super) struct Calculated(BTreeMap<(String, String, String), Vec<Step>>);

/// Where steps stand: kind, own list, list of `it`; no list is an empty name.
#[derive(Clone, Copy)]
struct Stand<'a> {
    kind: &'a str,
    own: &'a str,
    it: &'a str,
}

fn parted(owner: &str) -> (&str, &str) {
    owner.split_once('/').unwrap_or((owner, ""))
}

impl Calculated {
    pub(super) fn add(&mut self, owner: &str, field: &str, steps: Vec<Step>) {
        let (kind, list) = parted(owner);
        self.0.insert((kind.to_owned(), list.to_owned(), field.to_owned()), steps);
    }

    /// The formula of a field; nothing when it could not be read.
    pub(super) fn of(&self, owner: &str, field: &str) -> Vec<Step> {
        let (kind, list) = parted(owner);
        let key = (kind.to_owned(), list.to_owned(), field.to_owned());
        self.0.get(&key).cloned().unwrap_or_default()
    }

    /// The steps with the formulas of all calculated fields in them.
    pub(super) fn link(&self, one: &Written, package: &Package, steps: &[Step]) -> Read<Vec<Step>> {
        let (kind, own) =
            if one.role == Role::When { (one.of.as_str(), "") } else { parted(&one.owner) };
        let it = if one.role == Role::Choices {
            chosen(package, (kind, own), &one.of).unwrap_or_default()
        } else {
            String::new()
        };
        let mut trail = Vec::new();
        if one.role == Role::Calculate {
            trail.push(one.of.clone());
        }
        self.expand(Stand { kind, own, it: &it }, steps, &mut trail)
    }

    fn expand(&self, stand: Stand<'_>, steps: &[Step], trail: &mut Vec<String>) -> Read<Vec<Step>> {
        let mut out = Vec::new();
        let mut at = 0;
        while let Some(step) = steps.get(at) {
            at += 1;
            match step {
                Step::Over(fold, list, length) => {
                    let length = usize::try_from(*length).unwrap_or(usize::MAX);
                    let end = at.saturating_add(length).min(steps.len());
                    let body = steps.get(at..end).unwrap_or_default();
                    let body = self.expand(Stand { it: list, ..stand }, body, trail)?;
                    let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
                    out.push(Step::Over(*fold, list.clone(), length));
                    out.extend(body);
                    at = end;
                }
                Step::Answer(whose, field, _) => {
                    let list = match whose {
                        Whose::Own => stand.own,
                        Whose::Record => "",
                        Whose::It => stand.it,
                        Whose::Named(_, list) => list,
                    };
                    let key = (stand.kind.to_owned(), list.to_owned(), field.clone());
                    match self.0.get(&key) {
                        None => out.push(step.clone()),
                        Some(formula) => {
                            if trail.contains(field) {
                                let circle = trail.join("` needs `");
                                return Err(format!("`{circle}` needs `{field}`: a circle"));
                            }
                            trail.push(field.clone());
                            let inner = Stand { own: list, it: "", ..stand };
                            let formula = self.expand(inner, formula, trail)?;
                            trail.pop();
                            for step in formula {
                                out.push(moved(step, whose, field)?);
                            }
                        }
                    }
                }
                _ => out.push(step.clone()),
            }
            if out.len() > Formula::STEPS_MAX {
                let most = Formula::STEPS_MAX;
                return Err(format!(
                    "with the calculations it asks for it has more than {most} steps"
                ));
            }
        }
        Ok(out)
    }
}

/// A step of another entry's calculation, as it is asked for from here.
fn moved(step: Step, whose: &Whose, field: &str) -> Read<Step> {
    match (whose, step) {
        (Whose::Own, step) => Ok(step),
        (_, Step::Answer(Whose::Own, name, shape)) => Ok(Step::Answer(whose.clone(), name, shape)),
        (_, Step::Answer(Whose::Named(..), ..))
        | (Whose::It | Whose::Named(..), Step::Over(..)) => {
            Err(format!("`{field}` is calculated from other entries: ask for those here"))
        }
        (_, step) => Ok(step),
    }
}

/// The list of the entries that a reference chooses from.
fn chosen(package: &Package, (kind, own): (&str, &str), field: &str) -> Option<String> {
    let owner = if own.is_empty() { kind.to_owned() } else { format!("{kind}/{own}") };
    let (kind, list) = super::owner(package, &owner)?;
    let field = super::own(kind, list).iter().find(|known| known.id == field)?;
    let super::FieldType::Reference(to) = &field.typ else { return None };
    kind.named_list(to).map(|list| list.id.clone())
}
