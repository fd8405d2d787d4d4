//! One field: from the statements that stand in it and the decisions on it to what is shown.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::app::{Agreement, ShownRule};
use crate::catalog::{Caution, Field, Machine, MergeCode, most_cautious, normalise};
use crate::chunk::sha256;
use crate::document::{Document, Statement, StatementId};
use crate::ids::{ConflictId, DocumentId};
use crate::merge::settlement::Settlement;
use crate::merge::text::merged_in_order;
use crate::order;
use crate::path::FieldPath;
use crate::value::Value;

/// What a field's state is made from.
#[derive(Debug, Clone, Copy)]
pub struct FieldInput<'a> {
    /// The document.
    pub document: DocumentId,
    /// Where the field stands.
    pub path: &'a FieldPath,
    /// What is asked.
    pub field: &'a Field,
    /// For merge code S: which value is the most cautious.
    pub caution: Option<&'a Caution>,
    /// What stands, Automerge's winner first.
    pub statements: &'a [Statement],
    /// Everything ever said in the field, each after what it builds on; asked for by merge codes M and O only.
    pub history: &'a [Statement],
    /// For merge code T: the text that all who wrote at the same time started from.
    pub base: &'a str,
    /// Decisions on this field.
    pub settlements: &'a [Settlement],
    /// The review document the decisions are from.
    pub review: Option<&'a Document>,
}

/// What a field shows, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldState {
    /// The value that rules.
    pub value: Value,
    /// Why it does.
    pub rule: ShownRule,
    /// Whether people agree.
    pub agreement: Agreement,
    /// Name of the contradiction, while it is open.
    pub conflict: Option<ConflictId>,
    /// Everything that stands, the ruling one first. Equal statements stay, each with its author.
    pub statements: Vec<Statement>,
    /// Decisions on the field, the newest first.
    pub settlements: Vec<Settlement>,
}

impl FieldState {
    /// What is being typed and nobody has said yet.
    #[must_use]
    pub const fn typed(value: Value) -> Self {
        Self {
            value,
            rule: ShownRule::Only,
            agreement: Agreement::Agreed,
            conflict: None,
            statements: Vec::new(),
            settlements: Vec::new(),
        }
    }

    /// The statements a decision made now would have seen.
    #[must_use]
    pub fn seen(&self) -> BTreeSet<StatementId> {
        let earlier = self.settlements.iter().flat_map(|settlement| settlement.saw.iter().copied());
        order::set(self.statements.iter().map(|statement| statement.id).chain(earlier))
    }

    /// Whether somebody has decided, and nobody has said anything else since.
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        matches!(self.agreement, Agreement::Settled)
    }

    /// Whether a person should decide.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.agreement, Agreement::Open | Agreement::Reopened | Agreement::SettledTwice)
    }
}

/// Gives the state of a field.
#[must_use]
pub fn field_state(input: &FieldInput<'_>) -> FieldState {
    let statements = kept(input);
    let input = &FieldInput { statements: &statements, ..*input };
    let decisions = standing_decisions(input);
    if decisions.is_empty() { undecided(input) } else { decided(input, &decisions) }
}

/// The statements that count: those that stand, and for some codes overwritten ones, too.
fn kept<'a>(input: &FieldInput<'a>) -> Cow<'a, [Statement]> {
    let history = input.history;
    match (input.field.merge, &input.field.machine) {
        (MergeCode::O, _) => {
            // Whoever corrects his own word has said one thing; another's stands beside it.
            let mut kept: Vec<Statement> = Vec::new();
            for said in history.iter().filter(|said| !said.value.is_null()) {
                match kept.iter_mut().find(|known| known.meta.user == said.meta.user) {
                    Some(own) => own.clone_from(said),
                    None => kept.push(said.clone()),
                }
            }
            if kept.is_empty() { input.statements.into() } else { kept.into() }
        }
        (MergeCode::M, Some(machine)) => {
            let is_sticky = |said: &&Statement| {
                let code = said.value.as_str().unwrap_or_default();
                machine.sticky.iter().any(|sticky| sticky == code)
            };
            let mut kept = input.statements.to_vec();
            if let Some(end) = history.iter().find(is_sticky)
                && !kept.iter().any(|said| said.id == end.id)
            {
                kept.insert(0, end.clone());
            }
            kept.into()
        }
        _ => input.statements.into(),
    }
}

/// Decisions that no other decision knew of and overruled, and that no later answer replaced.
fn standing_decisions<'a>(input: &FieldInput<'a>) -> Vec<&'a Settlement> {
    let Some(review) = input.review else { return Vec::new() };
    let knew = |later: &Settlement, earlier: &Settlement| {
        later.change != earlier.change && review.includes(&[later.change], &earlier.change)
    };
    let latest: Vec<&Settlement> = input
        .settlements
        .iter()
        .filter(|one| !input.settlements.iter().any(|other| knew(other, one)))
        .collect();
    // An answer given in the knowledge of every decision ends them, unless an unseen one stands too.
    let all_after = !input.statements.is_empty()
        && input.statements.iter().all(|statement| {
            latest.iter().all(|settlement| knows_decision(review, statement, settlement))
        });
    if all_after { Vec::new() } else { latest }
}

fn knows_decision(review: &Document, statement: &Statement, settlement: &Settlement) -> bool {
    !settlement.saw.contains(&statement.id)
        && review.includes(&statement.meta.review_heads, &settlement.change)
}

/// A value in the running for being shown.
struct Candidate<'a> {
    value: &'a Value,
    statement: Option<&'a Statement>,
}

/// What is shown of several values.
struct Shown {
    /// The candidate that rules.
    at: usize,
    rule: ShownRule,
    /// What is shown in its place: a text of all, a state that nobody knows.
    instead: Option<Value>,
    /// A person should decide.
    open: bool,
}

impl Shown {
    const fn at(at: usize, rule: ShownRule, open: bool) -> Self {
        Self { at, rule, instead: None, open }
    }
}

fn undecided(input: &FieldInput<'_>) -> FieldState {
    let candidates: Vec<Candidate<'_>> = input
        .statements
        .iter()
        .map(|statement| Candidate { value: &statement.value, statement: Some(statement) })
        .collect();
    let differ = differ(input.field, &candidates);
    let shown = choose(input, &candidates, differ);
    let agreement = if shown.open { Agreement::Open } else { Agreement::Agreed };
    state(input, &candidates, shown, agreement)
}

fn decided(input: &FieldInput<'_>, decisions: &[&Settlement]) -> FieldState {
    let mut candidates: Vec<Candidate<'_>> = decisions
        .iter()
        .map(|settlement| Candidate { value: &settlement.value, statement: None })
        .collect();
    let twice = differ(input.field, &candidates);
    // Statements that no standing decision has seen.
    let unseen = input.statements.iter().filter(|statement| {
        !decisions.iter().any(|settlement| settlement.saw.contains(&statement.id))
    });
    candidates.extend(
        unseen.map(|statement| Candidate { value: &statement.value, statement: Some(statement) }),
    );
    let (shown, agreement) = if differ(input.field, &candidates) {
        let agreement = if twice { Agreement::SettledTwice } else { Agreement::Reopened };
        if matches!(input.field.merge, MergeCode::S | MergeCode::M)
            || input.caution.is_some()
            || twice
        {
            (choose(input, &candidates, true), agreement)
        } else {
            (Shown::at(0, ShownRule::Decided, true), agreement)
        }
    } else {
        (Shown::at(0, ShownRule::Decided, false), Agreement::Settled)
    };
    state(input, &candidates, shown, agreement)
}

fn newest_first(settlements: &[Settlement]) -> Vec<Settlement> {
    let mut all = settlements.to_vec();
    order::sort_by_key(&mut all, |settlement| {
        core::cmp::Reverse((settlement.meta.claimed_ms, settlement.change))
    });
    all
}

fn differ(field: &Field, candidates: &[Candidate<'_>]) -> bool {
    let mut forms = candidates.iter().map(|candidate| comparable(field, candidate.value));
    let first = forms.next();
    forms.any(|form| Some(form) != first)
}

/// The form in which values are compared: members of a set are in or out, whatever the reason.
fn comparable(field: &Field, value: &Value) -> Value {
    match (field.merge, value) {
        (MergeCode::U, value) => Value::Bool(matches!(value, Value::Bool(true))),
        (_, value) => normalise(field, value),
    }
}

fn choose(input: &FieldInput<'_>, candidates: &[Candidate<'_>], differ: bool) -> Shown {
    if !differ {
        return Shown::at(0, ShownRule::Only, false);
    }
    match input.field.merge {
        // Contested: a register of which one value is safer to go by until somebody decides.
        MergeCode::S | MergeCode::R => {
            let values: Vec<&Value> = candidates.iter().map(|candidate| candidate.value).collect();
            let at = input.caution.and_then(|caution| most_cautious(caution, &values));
            // Without an order nobody can say which is the more cautious, and the page must not.
            at.map_or(Shown::at(0, ShownRule::Picked, true), |at| {
                Shown::at(at, ShownRule::MostCautious, true)
            })
        }
        MergeCode::M => joined(input, candidates),
        MergeCode::T => together(input, candidates),
        MergeCode::U => {
            let at = candidates.iter().position(|c| matches!(c.value, Value::Bool(true)));
            Shown::at(at.unwrap_or(0), ShownRule::Union, true)
        }
        MergeCode::I => {
            let first = candidates
                .iter()
                .enumerate()
                .min_by_key(|(_, candidate)| candidate.statement.map(|statement| statement.id));
            Shown::at(first.map_or(0, |(at, _)| at), ShownRule::First, true)
        }
        MergeCode::O => Shown::at(0, ShownRule::First, true),
        MergeCode::Q | MergeCode::D => Shown::at(0, ShownRule::Picked, false),
        MergeCode::N | MergeCode::C => Shown::at(0, ShownRule::Picked, true),
    }
}

/// Concurrent states: the one that rules by the table, or `disputed`.
fn joined(input: &FieldInput<'_>, candidates: &[Candidate<'_>]) -> Shown {
    let Some(machine) = &input.field.machine else { return Shown::at(0, ShownRule::Picked, true) };
    let codes: Vec<&str> =
        candidates.iter().map(|one| one.value.as_str().unwrap_or_default()).collect();
    let is_there = |code: &String| codes.contains(&code.as_str());
    let disputed = machine.disputed.iter().any(|(one, other)| is_there(one) && is_there(other));
    let rank = |code: &str| machine.order.iter().position(|known| known == code);
    let at = codes.iter().enumerate().min_by_key(|(_, code)| rank(code).unwrap_or(usize::MAX));
    let at = at.map_or(0, |(at, _)| at);
    if disputed {
        let instead = Some(Value::text(Machine::DISPUTED));
        return Shown { at, rule: ShownRule::Table, instead, open: true };
    }
    // A state that this catalog does not know joins with nothing.
    let strange = codes.iter().any(|code| !code.is_empty() && rank(code).is_none());
    Shown::at(at, ShownRule::Table, strange)
}

/// Concurrent texts: everybody's changes to what they started from.
fn together(input: &FieldInput<'_>, candidates: &[Candidate<'_>]) -> Shown {
    let texts = candidates.iter().map(|one| {
        (one.statement.map(|statement| statement.id), one.value.as_str().unwrap_or_default())
    });
    let text = merged_in_order(input.base, texts.collect());
    Shown { at: 0, rule: ShownRule::Merged, instead: Some(Value::text(text)), open: false }
}

fn state(
    input: &FieldInput<'_>,
    candidates: &[Candidate<'_>],
    shown: Shown,
    agreement: Agreement,
) -> FieldState {
    let ruling = candidates.get(shown.at);
    let mut statements = input.statements.to_vec();
    if let Some(value) = ruling.map(|candidate| comparable(input.field, candidate.value)) {
        // The ruling statement first; the others keep their order.
        let ruling = |statement: &Statement| comparable(input.field, &statement.value) == value;
        let (mut first, rest): (Vec<_>, Vec<_>) = statements.into_iter().partition(ruling);
        first.extend(rest);
        statements = first;
    }
    let own = ruling.map_or(Value::Null, |candidate| candidate.value.clone());
    let open = matches!(agreement, Agreement::Open | Agreement::Reopened | Agreement::SettledTwice);
    FieldState {
        value: shown.instead.unwrap_or(own),
        rule: shown.rule,
        agreement,
        conflict: open.then(|| own_conflict_id(input)),
        statements,
        settlements: newest_first(input.settlements),
    }
}

fn own_conflict_id(input: &FieldInput<'_>) -> ConflictId {
    let mut ids: Vec<String> =
        input.statements.iter().map(|statement| statement.id.to_string()).collect();
    ids.extend(input.settlements.iter().map(|settlement| settlement.id.to_string()));
    order::sort_and_dedup(&mut ids);
    let hash = sha256(&[
        b"ankomst conflict",
        input.document.as_bytes(),
        input.path.as_str().as_bytes(),
        ids.join(",").as_bytes(),
    ]);
    ConflictId::from_bytes(hash.first_chunk().copied().unwrap_or_default())
}

/// The id of a conflict that is not about one field alone: what record, what kind, where, and the acts of
/// writing it is about, in any order.
#[must_use]
pub fn conflict_id(record: DocumentId, class: &str, at: &str, said: &[Statement]) -> ConflictId {
    let mut ids: Vec<StatementId> = said.iter().map(|one| one.id).collect();
    order::sort_and_dedup(&mut ids);
    let mut parts = Vec::new();
    for one in ids {
        parts.extend_from_slice(one.actor.as_bytes());
        parts.extend_from_slice(&one.counter.to_be_bytes());
    }
    let hash = sha256(&[
        b"ankomst/conflict/1",
        record.as_bytes(),
        class.as_bytes(),
        &[0],
        at.as_bytes(),
        &[0],
        &parts,
    ]);
    ConflictId::from_bytes(hash.first_chunk().copied().unwrap_or_default())
}
