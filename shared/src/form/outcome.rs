//! What is told of a form: every outcome with the rule it comes from, the answers it rests on, and the
//! changes that said them.

use crate::catalog::{EntryList, Field, Label};
use crate::ids::ChangeHash;
use crate::merge::{FieldState, RecordState};
use crate::path::FieldPath;
use crate::value::Value;

/// What a record or an entry asks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome<'a> {
    /// Every field, in the order of the catalog.
    pub asked: Vec<Asked<'a>>,
    /// Constraints that do not hold.
    pub broken: Vec<Broken<'a>>,
    /// What could not be reckoned, and why.
    pub unclear: Vec<Unclear>,
}

/// One field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked<'a> {
    /// Where it stands; of a set without member.
    pub path: FieldPath,
    /// The field.
    pub field: &'a Field,
    /// The list its entry is in.
    pub list: Option<&'a EntryList>,
    /// It matters.
    pub relevant: bool,
    /// An answer is needed, at the level of the field.
    pub required: bool,
    /// It is needed and not there.
    pub missing: bool,
    /// The answer, if it is calculated and could be.
    pub calculated: Option<Value>,
    /// The codes or entries to choose from, if not all.
    pub choices: Option<Vec<String>>,
    /// What relevance, requirement, calculation and choices rest on.
    pub reasons: Vec<Reason>,
}

/// A rule and what it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Name of the rule, e.g. `case/closed_on relevant`.
    pub rule: String,
    /// The answers it asked for.
    pub facts: Vec<Fact>,
}

/// A constraint that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken<'a> {
    /// Name of the rule, e.g. `case closed_after_opened`.
    pub rule: String,
    /// The field it is shown at.
    pub path: FieldPath,
    /// What is wrong and what to do; none where a choice is no longer one.
    pub say: Option<&'a Label>,
    /// The answers it asked for, with the changes that said them.
    pub facts: Vec<Fact>,
}

impl Broken<'_> {
    /// Whether people disagree on an answer it rests on: what they decide may mend it.
    #[must_use]
    pub fn is_contested(&self) -> bool {
        self.facts.iter().any(|fact| fact.contested)
    }
}

/// What could not be reckoned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unclear {
    /// Name of the rule.
    pub rule: String,
    /// The field it is shown at.
    pub path: FieldPath,
    /// Why.
    pub why: Why,
    /// The answers it asked for.
    pub facts: Vec<Fact>,
}

/// Says why a formula has no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Why {
    /// An answer it needs is not given yet.
    #[error("an answer is still missing")]
    Empty,
    /// A number or a day is beyond what can be reckoned with.
    #[error("a number is too large to calculate with")]
    TooLarge,
    /// Something is divided by zero.
    #[error("a number is divided by zero")]
    DivideByZero,
    /// The record is too large to go through in one go.
    #[error("there is too much to go through")]
    TooMuch,
    /// An answer or the catalog is not of the kind it should be.
    #[error("an answer is not of the kind it should be")]
    Malformed,
}

/// An answer that an outcome rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Where it stands; of a set without member.
    pub path: FieldPath,
    /// The value that rules; nothing where there is no answer.
    pub value: Option<Value>,
    /// The changes that said it, and what else stands there.
    pub changes: Vec<ChangeHash>,
    /// People disagree, and nobody has decided.
    pub contested: bool,
}

/// Where an answer stands, and whether it stands there as members: codes of a set, countings.
pub(crate) type Place = (FieldPath, bool);

/// The answer at a place.
pub(crate) fn fact(record: &RecordState, (path, is_wide): Place) -> Fact {
    let mut fact = Fact { value: None, changes: Vec::new(), contested: false, path };
    if let Some(state) = record.fields.get(&fact.path) {
        fact.take(state);
        fact.value = Some(state.value.clone()).filter(|value| !value.is_null());
    }
    if is_wide {
        let path = fact.path.as_str().to_owned();
        for (at, state) in &record.fields {
            let member = at.as_str().strip_prefix(&path);
            if member.is_some_and(|member| member.starts_with('/')) {
                fact.take(state);
            }
        }
        let members = record.members(&path);
        let counted = record.counted(&path);
        if !members.is_empty() {
            fact.value = Some(Value::text(members.join(",")));
        } else if counted != 0 {
            fact.value = Some(Value::Int(counted));
        }
    }
    fact
}

impl Fact {
    fn take(&mut self, state: &FieldState) {
        self.contested |= state.is_open();
        let said = state.statements.iter().map(|said| said.change);
        for change in said.chain(state.settlements.iter().map(|decision| decision.change)) {
            if !self.changes.contains(&change) {
                self.changes.push(change);
            }
        }
    }
}
