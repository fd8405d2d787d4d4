//! The reasons in words, the same for a desk and for a command.

use ankomst_shared::app::{Language, Role};
use ankomst_shared::catalog::zone::swedish;
use ankomst_shared::catalog::{Catalog, written_date};
use ankomst_shared::text::{Word, fill, w};

use super::{Right, Rule, Told, Why};
use crate::storage::sqlite::devices::State;
use crate::sync::rule::Says;
use crate::sync::scope::{Along, Ruled};

/// A sentence.
fn say(language: Language, word: Word, parts: &[&str]) -> String {
    fill(w(language, word), parts)
}

/// A moment, as clocks in Sweden show it.
fn moment(unix_ms: i64) -> String {
    swedish(unix_ms).map_or_else(String::new, |at| {
        format!("{} {:02}:{:02}", written_date(at.date()), at.hour(), at.minute())
    })
}

/// Whether it is there: the first sentence.
#[must_use]
pub fn whether(why: &Why, language: Language) -> String {
    let word = match (why.told.holds, why.is_given() || why.rule == Rule::Settling) {
        (true, true) => Word::RegisterWhyHas,
        (true, false) => Word::RegisterWhyGoes,
        (false, true) => Word::RegisterWhyComes,
        (false, false) => Word::RegisterWhyNot,
    };
    say(language, word, &[&why.device.name])
}

/// Why: the rule that gives it, or the first that keeps it out.
#[must_use]
pub fn reasons(why: &Why, language: Language) -> Vec<String> {
    let name = why.user.name.as_str();
    let one = |word, parts: &[&str]| vec![say(language, word, parts)];
    match &why.rule {
        Rule::Ended => one(Word::RegisterWhyEnded, &[name]),
        Rule::Revoked => one(Word::RegisterWhyRevoked, &[]),
        Rule::Gone(State::Retired) => one(Word::RegisterWhyRetired, &[name]),
        Rule::Gone(_) => one(Word::RegisterWhyWiped, &[]),
        Rule::Unknown => one(Word::RegisterWhyUnknown, &[]),
        Rule::Destroyed(at_ms) => one(Word::RegisterWhyDestroyed, &[&moment(*at_ms)]),
        Rule::Settling => one(Word::RegisterWhySettling, &[]),
        Rule::Ruled(Ruled::Unplaced) => one(Word::RegisterWhyUnplaced, &[]),
        Rule::Ruled(Ruled::NotAlong) => one(Word::RegisterWhyNotAlong, &[]),
        Rule::Ruled(Ruled::Refused(says)) => {
            vec![refused((name, why.right.as_ref()), *says, language)]
        }
        Rule::Ruled(Ruled::Given(along)) => given((name, why.right.as_ref()), *along, language),
    }
}

fn role(right: Option<&Right>, language: Language) -> String {
    let name = right.map(|right| right.grant.role.name()).unwrap_or_default();
    Catalog::builtin().code_words("role", name, language)
}

fn refused((name, right): (&str, Option<&Right>), says: Says, language: Language) -> String {
    let level = |of: fn(&Right) -> u8| right.map_or(0, of).to_string();
    let (word, parts) = match says {
        Says::NoRight => (Word::RegisterWhyNoRight, vec![name.to_owned()]),
        Says::OtherUnit => (Word::RegisterWhyUnit, vec![name.to_owned()]),
        Says::OtherRecord => (Word::RegisterWhyRecord, vec![name.to_owned()]),
        Says::OtherKind => (Word::RegisterWhyKind, vec![name.to_owned(), role(right, language)]),
        Says::NotChild => (Word::RegisterWhyChild, vec![name.to_owned(), role(right, language)]),
        Says::NotOwn => (Word::RegisterWhyOwn, vec![name.to_owned()]),
        Says::Protected => {
            let reaches = level(|right| right.reaches);
            (Word::RegisterWhyLevel, vec![level(|right| right.level), name.to_owned(), reaches])
        }
        Says::Look | Says::Read | Says::Write => (Word::RegisterWhyNeed, vec![name.to_owned()]),
    };
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    say(language, word, &parts)
}

/// Whether everybody who has the role in the unit has it on the same ground: no child caseworker has all cases, no right
/// reaches every level, and a visit to a house is not on every tablet.
fn is_everybodys(right: &Right, along: Along) -> bool {
    let is_general = right.grant.object.is_none() && right.grant.role != Role::ChildCaseworker;
    is_general && !right.by_assignment && right.level == 0 && along == Along::NoVisit
}

fn given((name, right): (&str, Option<&Right>), along: Along, language: Language) -> Vec<String> {
    let mut all = Vec::new();
    let is_single = right.is_some_and(|right| right.grant.object.is_some());
    let by = role(right, language);
    let word = if is_single { Word::RegisterWhySingle } else { Word::RegisterWhyRole };
    all.push(say(language, word, &[name, &by]));
    let assigned = right.is_some_and(|right| right.is_assigned);
    if assigned {
        all.push(say(language, Word::RegisterWhyAssigned, &[name]));
    } else if right.is_some_and(|right| is_everybodys(right, along)) {
        all.push(say(language, Word::RegisterWhyTeam, &[&by]));
    }
    let word = match along {
        Along::NoVisit => None,
        Along::Supervises => Some(Word::RegisterWhySupervises),
        Along::Begun => Some(Word::RegisterWhyBegun),
        Along::Taken => Some(Word::RegisterWhyTaken),
    };
    all.extend(word.map(|word| say(language, word, &[name])));
    all
}

/// When it was sent, how far the device has come, and what it waits for.
#[must_use]
pub fn times(why: &Why, now_ms: i64, language: Language) -> Vec<String> {
    let Told { holds, cursor, newest, after, unseen, .. } = why.told;
    let mut all = Vec::new();
    let mut add = |word, parts: &[&str]| all.push(say(language, word, parts));
    if let Some(at_ms) = why.told.given_ms {
        let word = if holds { Word::RegisterWhySent } else { Word::RegisterWhyTook };
        add(word, &[&moment(at_ms)]);
    }
    let [at, last, count] =
        [cursor, newest, u64::try_from(after).unwrap_or_default()].map(|number| number.to_string());
    if holds && after == 0 {
        add(Word::RegisterWhyAll, &[&last, &at]);
    } else if holds && why.is_given() {
        add(Word::RegisterWhyNewer, &[&count, &last, &at]);
    }
    let waits = unseen.0 + unseen.1;
    if waits > 0 && why.is_given() {
        add(Word::RegisterWhyWaits, &[&waits.to_string()]);
    }
    if why.told.seen_ms > 0 {
        add(Word::RegisterWhySeen, &[&moment(why.told.seen_ms)]);
    }
    if !why.told.signed_in {
        add(Word::RegisterWhyOut, &[&why.user.name]);
    }
    if holds && why.told.lease_ms < now_ms {
        add(Word::RegisterWhyLease, &[&moment(why.told.lease_ms)]);
    }
    all
}
