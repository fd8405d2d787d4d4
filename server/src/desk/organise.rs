//! What is done at `/administration/organisation`: each act checks its answers before it writes, and writes into the
//! record `org` as the server.

use ankomst_shared::app::Acted;
use ankomst_shared::catalog::check::decimal;
use ankomst_shared::catalog::{Catalog, read_date, written_date};
use ankomst_shared::document::Edit;
use ankomst_shared::ids::EntryId;
use ankomst_shared::path::FieldPath;
use ankomst_shared::text::Word;
use ankomst_shared::value::Value;

use super::organisation::{KEYS, Kept};
use super::{Answers, Desk, DeskError, text};
use crate::accounts::passkeys::POLICY;
use crate::accounts::stricter;
use crate::storage::random;
use crate::storage::sqlite::units;
use crate::sync::office::{self, OfficeError};
use crate::templates::{self, KIND, Org};

/// Most departments and decisions, those that ended among them.
const ENTRIES_MAX: usize = 2_000;

/// Nothing is ended.
const NONE: (&[String], &str) = (&[], "");

impl Desk {
    /// Adds a department.
    pub(super) async fn add_department(&self, answers: &Answers) -> Result<Acted, DeskError> {
        let code = text(answers, "code")?;
        if Catalog::builtin().list("department").is_none_or(|list| list.code(code).is_none()) {
            return Err(DeskError::BadValue("code"));
        }
        let from = day(answers, "valid_from")?.ok_or(DeskError::BadValue("valid_from"))?;
        let orgs = templates::records(&self.app, self.me.unit, true)?;
        if departments(&orgs).any(|(org, entry)| {
            let said = |field: &str| org.record.text(&format!("departments/{entry}/{field}"));
            let last = said("valid_to");
            said("code") == code && (last.is_empty() || last >= from.as_str())
        }) {
            return Ok(self.said(Word::DeskDepartmentThere));
        }
        let mut said = vec![("code", code.to_owned()), ("valid_from", from)];
        said.push(("name_sv", text(answers, "name_sv")?.to_owned()));
        said.extend(maybe(answers, "name_en")?.map(|name| ("name_en", name)));
        said.extend(another(&orgs, answers, "parent", "")?.map(|parent| ("parent", parent)));
        self.write(orgs, ("departments", None), said, NONE).await
    }

    /// Changes what a department is called, and says when it ends and who follows.
    pub(super) async fn change(&self, entry: &str, answers: &Answers) -> Result<Acted, DeskError> {
        let orgs = templates::records(&self.app, self.me.unit, true)?;
        let at =
            departments(&orgs).position(|(_, known)| known == entry).ok_or(DeskError::Nowhere)?;
        let from = departments(&orgs).nth(at).map(|(org, entry)| {
            org.record.text(&format!("departments/{entry}/valid_from")).to_owned()
        });
        let to = day(answers, "valid_to")?;
        if to.as_ref().is_some_and(|to| *to < from.unwrap_or_default()) {
            return Err(DeskError::BadValue("valid_to"));
        }
        let successor = another(&orgs, answers, "successor", entry)?;
        if let Some(next) = &successor {
            if to.is_none() {
                return Err(DeskError::BadValue("valid_to"));
            }
            if leads_to(&orgs, next, entry) {
                return Ok(self.said(Word::DeskDepartmentCircle));
            }
        }
        let mut said = vec![("name_sv", text(answers, "name_sv")?.to_owned())];
        said.push(("name_en", maybe(answers, "name_en")?.unwrap_or_default()));
        said.push(("parent", another(&orgs, answers, "parent", entry)?.unwrap_or_default()));
        said.push(("valid_to", to.unwrap_or_default()));
        said.push(("successor", successor.unwrap_or_default()));
        self.write(orgs, ("departments", Some(entry)), said, NONE).await
    }

    /// Adds a decision.
    pub(super) async fn add_decision(&self, answers: &Answers) -> Result<Acted, DeskError> {
        let key = text(answers, "key")?;
        let (_, _, kept) =
            *KEYS.iter().find(|(known, _, _)| *known == key).ok_or(DeskError::BadValue("key"))?;
        let about = maybe(answers, "about")?.unwrap_or_default();
        if key.ends_with(':') == about.is_empty() {
            return Err(DeskError::BadValue("about"));
        }
        let is_category =
            Catalog::builtin().list("category").is_some_and(|list| list.code(&about).is_some());
        if key == "compensation:" && !is_category {
            return Err(DeskError::BadValue("about"));
        }
        let value = read(kept, text(answers, "value")?).ok_or(DeskError::BadValue("value"))?;
        if (key, value.as_str()) == POLICY && !self.has_passkey()? {
            return Ok(self.said(Word::DeskPolicySignInFirst));
        }
        let from = day(answers, "valid_from")?.ok_or(DeskError::BadValue("valid_from"))?;
        let key = [key, &about].concat();
        let orgs = templates::records(&self.app, self.me.unit, true)?;
        let Some(before) = before(&orgs, &key, &from) else {
            return Ok(self.said(Word::DeskPolicyLater));
        };
        let last = read_date(&from).and_then(|first| first.yesterday().ok());
        let last = last.map(written_date).ok_or(DeskError::BadValue("valid_from"))?;
        // First: where the record fails to be written, more is asked of people, not less.
        stricter::note(&self.app, self.me.unit, (&key, &value), from.clone()).await?;
        let mut said = vec![("key", key), ("value", value), ("valid_from", from)];
        said.extend(maybe(answers, "decision_ref")?.map(|decision| ("decision_ref", decision)));
        self.write(orgs, ("policies", None), said, (&before, &last)).await
    }

    /// Ends a decision on a day.
    pub(super) async fn end_decision(
        &self,
        entry: &str,
        answers: &Answers,
    ) -> Result<Acted, DeskError> {
        let orgs = templates::records(&self.app, self.me.unit, true)?;
        let of = |org: &Org| {
            org.record
                .entries(Catalog::builtin(), KIND, "policies")
                .iter()
                .any(|known| known == entry)
        };
        let org = orgs.iter().find(|org| of(org)).ok_or(DeskError::Nowhere)?;
        let to = day(answers, "valid_to")?.ok_or(DeskError::BadValue("valid_to"))?;
        if to.as_str() < org.record.text(&format!("policies/{entry}/valid_from")) {
            return Err(DeskError::BadValue("valid_to"));
        }
        self.write(orgs, ("policies", Some(entry)), vec![("valid_to", to)], NONE).await
    }

    /// Writes into an entry, or a new one, and ends others on a day, all in one change. An empty text takes a field
    /// back; what stands already is not said again.
    async fn write(
        &self,
        orgs: Vec<Org>,
        (list, entry): (&str, Option<&str>),
        said: Vec<(&'static str, String)>,
        (ended, until): (&[String], &str),
    ) -> Result<Acted, DeskError> {
        let count = |list: &str| {
            let of = |org: &Org| org.record.entries(Catalog::builtin(), KIND, list).len();
            orgs.iter().map(of).sum::<usize>()
        };
        if entry.is_none() && count(list) >= ENTRIES_MAX {
            return Ok(self.said(Word::DeskTooManyEntries));
        }
        let holds = |org: &Org| match entry {
            Some(entry) => org
                .record
                .entries(Catalog::builtin(), KIND, list)
                .iter()
                .any(|known| known == entry),
            None => true,
        };
        let org = orgs.into_iter().find(holds);
        let of = |org: &Org| org.record.entries(Catalog::builtin(), KIND, list);
        let there = org.as_ref().map(of).unwrap_or_default();
        let new = EntryId::from_bytes(random()?).to_string();
        let mut edits = Vec::new();
        let mut put = |path: String, text: &str, stands: &str| {
            if text == stands {
                return Ok(());
            }
            let value = if text.is_empty() { Value::Null } else { Value::text(text) };
            let path = FieldPath::parse(&path).map_err(|_| DeskError::BadValue("entry"))?;
            edits.push(Edit { path, value });
            Ok::<_, DeskError>(())
        };
        if org.is_none() {
            let name =
                self.app.readers.read(|db| units::name(db, self.me.unit))?.unwrap_or_default();
            put("name".to_owned(), &name, "")?;
        }
        for (field, text) in &said {
            let path = format!("{list}/{}/{field}", entry.unwrap_or(&new));
            let stands = org.as_ref().map_or("", |org| org.record.text(&path)).to_owned();
            put(path, text, &stands)?;
        }
        for entry in ended.iter().filter(|entry| there.contains(entry)) {
            put(format!("{list}/{entry}/valid_to"), until, "")?;
        }
        if !edits.is_empty() {
            let known = org.map(|org| (org.id, org.document));
            match office::write(&self.app, (KIND, self.me.unit), known, &edits).await {
                Ok(()) => {}
                Err(OfficeError::Storage(error)) => return Err(error.into()),
                Err(error) => return Ok(Acted { say: error.to_string(), ..Acted::default() }),
            }
        }
        Ok(self.said(Word::SavedDone))
    }
}

/// One of the other departments.
fn another(
    orgs: &[Org],
    answers: &Answers,
    id: &'static str,
    entry: &str,
) -> Result<Option<String>, DeskError> {
    let Some(other) = maybe(answers, id)? else { return Ok(None) };
    let is_known = other != entry && departments(orgs).any(|(_, known)| known == other);
    if is_known { Ok(Some(other)) } else { Err(DeskError::BadValue(id)) }
}

fn departments(orgs: &[Org]) -> impl Iterator<Item = (&Org, String)> {
    orgs.iter().flat_map(|org| {
        let entries = org.record.entries(Catalog::builtin(), KIND, "departments");
        entries.into_iter().map(move |entry| (org, entry))
    })
}

/// The decisions under a key that hold until told otherwise and began before a day; nothing if one begins on that
/// day or later, or holds beyond it.
fn before(orgs: &[Org], key: &str, from: &str) -> Option<Vec<String>> {
    let mut open = Vec::new();
    for org in orgs {
        for entry in org.record.entries(Catalog::builtin(), KIND, "policies") {
            let said = |field: &str| org.record.text(&format!("policies/{entry}/{field}"));
            let (first, last) = (said("valid_from"), said("valid_to"));
            if said("key") != key {
                continue;
            }
            if first >= from || (!last.is_empty() && last >= from) {
                return None;
            }
            if last.is_empty() {
                open.push(entry);
            }
        }
    }
    Some(open)
}

/// Whether following successors from one department comes to another.
fn leads_to(orgs: &[Org], from: &str, to: &str) -> bool {
    let (mut at, mut steps) = (from.to_owned(), 0);
    while !at.is_empty() && steps <= ENTRIES_MAX {
        if at == to {
            return true;
        }
        let next = departments(orgs).find(|(_, entry)| *entry == at);
        at = next.map_or_else(String::new, |(org, entry)| {
            org.record.text(&format!("departments/{entry}/successor")).to_owned()
        });
        steps += 1;
    }
    false
}

/// A day, or nothing.
fn day(answers: &Answers, id: &'static str) -> Result<Option<String>, DeskError> {
    let Some(said) = maybe(answers, id)? else { return Ok(None) };
    read_date(&said).map(|day| Some(written_date(day))).ok_or(DeskError::BadValue(id))
}

/// A text that may be empty.
fn maybe(answers: &Answers, id: &'static str) -> Result<Option<String>, DeskError> {
    let found = answers.iter().find(|(known, _)| known == id);
    match found.and_then(|(_, value)| value.as_str()).map(str::trim) {
        None | Some("") => Ok(None),
        Some(_) => text(answers, id).map(|text| Some(text.to_owned())),
    }
}

/// The value of a decision as it is kept.
fn read(kept: Kept, said: &str) -> Option<String> {
    match kept {
        Kept::Whole => {
            let number: u32 = said.replace(['\u{a0}', ' '], "").parse().ok()?;
            (number > 0).then(|| number.to_string())
        }
        Kept::Most(most) => {
            read(Kept::Whole, said).filter(|number| number.parse().is_ok_and(|n: u32| n <= most))
        }
        Kept::Money => decimal(&said.replace(['\u{a0}', ' '], ""), 2),
        Kept::One(words) => {
            let word = said.trim().to_lowercase();
            words.contains(&word.as_str()).then_some(word)
        }
        Kept::Text => Some(said.to_owned()),
    }
}
