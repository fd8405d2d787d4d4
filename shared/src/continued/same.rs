//! Whether a record that goes on is the record it was.

use super::Cut;
use crate::app::ShownRule;
use crate::document::Statement;
use crate::merge::RecordState;
use crate::order;

/// Whether a record is the one it was: the same rules wherever people agree or have decided, the same is
/// open, late and still there. A server that finds otherwise does not continue it.
#[must_use]
pub fn is_same(before: &RecordState, after: &RecordState) -> bool {
    let said = |all: &[Statement]| {
        let mut all: Vec<_> =
            all.iter().map(|one| (one.value.clone(), one.meta.user, one.meta.claimed_ms)).collect();
        order::sort_and_dedup(&mut all);
        all
    };
    let fields = before.fields.iter().zip(&after.fields);
    let late = before.late.iter().zip(&after.late);
    let revived = before.revived.iter().zip(&after.revived);
    before.fields.len() == after.fields.len()
        && before.late.len() == after.late.len()
        && before.revived.len() == after.revived.len()
        && fields.into_iter().all(|((path, one), (at, other))| {
            // Which of two open statements is named first, or comes first in a text, nobody decided.
            let is_free = one.is_open() || one.rule == ShownRule::Merged;
            path == at
                && one.agreement == other.agreement
                && (is_free || one.value == other.value)
                && said(&one.statements) == said(&other.statements)
        })
        && late
            .into_iter()
            .all(|(one, other)| one.path == other.path && said(&one.said) == said(&other.said))
        && revived
            .into_iter()
            .all(|(one, other)| one.prefix == other.prefix && said(&one.said) == said(&other.said))
}

/// Whether a record is the one it was but for what was left out of it.
#[must_use]
pub fn is_same_without(before: &RecordState, after: &RecordState, cut: &Cut) -> bool {
    let rest = |state: &RecordState| {
        let mut state = state.clone();
        state.fields.retain(|path, _| !cut.covers(path.as_str()));
        state.late.retain(|late| !cut.covers(late.path.as_str()));
        state.revived.retain(|revived| !cut.covers(&format!("{}/", revived.prefix)));
        state
    };
    // What stands stays, with whoever said it.
    let kept = cut.kept.iter().all(|(path, _)| {
        let shown = |state: &RecordState| state.fields.get(path).map(|one| one.value.clone());
        shown(before).is_none() || shown(before) == shown(after)
    });
    kept && is_same(&rest(before), &rest(after))
}
