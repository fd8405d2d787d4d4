//! A row of the register as a line of a page.

use std::collections::BTreeSet;

use ankomst_shared::app::{Act, Action, Badge, Line, Look, Role, Sign, Tone};
use ankomst_shared::catalog::{Catalog, Kind, civil, written_date};
use ankomst_shared::find::short_number;
use ankomst_shared::ids::DocumentId;
use ankomst_shared::text::Word;
use ankomst_shared::value::Value;

use super::held::LATELY_MS;
use super::made::{badge, plain};
use super::{Desk, DeskError};
use crate::storage::StorageError;
use crate::storage::sqlite::decided;
use crate::storage::sqlite::log;
use crate::storage::sqlite::register;
use crate::storage::sqlite::rows::ProjectedRow;
use crate::storage::sqlite::wants;
use crate::sync::rule::Reach;

impl Desk {
    /// Rows as lines. What this device holds leads to its place there; the rest can be taken along.
    pub(super) fn lines(
        &self,
        reach: &Reach,
        rows: &[ProjectedRow],
    ) -> Result<Vec<Line>, DeskError> {
        let (held, along) = self.app.readers.read(|db| {
            let since_ms = self.app.now_ms() - LATELY_MS;
            let is_here = |row: &ProjectedRow| {
                let late = decided::is_handed_over(db, row.document, since_ms)?;
                Ok((log::is_held_by(db, self.device, row.document)?, late))
            };
            let held = rows.iter().map(is_here).collect::<Result<Vec<_>, StorageError>>()?;
            Ok((held, wants::of(db, self.device)?))
        })?;
        let within = reach.within();
        for row in rows {
            self.saw(row.document, &row.kind);
        }
        let parents = self.app.row_readers.read(|db| {
            let parent = |row: &ProjectedRow| match row.parent {
                Some(parent) => register::one(db, within, parent),
                None => Ok(None),
            };
            rows.iter().map(parent).collect::<Result<Vec<_>, _>>()
        })?;
        // What has no name of its own is called as what it belongs to.
        for parent in parents.iter().flatten() {
            self.saw(parent.document, &parent.kind);
        }
        let lines = rows.iter().zip(parents).zip(held).map(|((row, parent), (is_here, late))| {
            let actions = self.take(row, is_here, &along).into_iter().collect();
            let mut line = self.line(row, parent.as_ref());
            if row.kind == "residence" && along.contains(&row.document) {
                let text = self.w(Word::TakenAlong).to_owned();
                line.badges.push(Badge { text, tone: Tone::Info, sign: Sign::Pin });
            }
            if late {
                line.badges.push(badge(self.w(Word::RegisterHandedOver), Tone::Info));
            }
            Line {
                href: is_here.then(|| address((&row.home, &row.kind), (row.document, row.parent))),
                actions,
                why: vec![self.why_link(row.document, is_here)],
                ..line
            }
        });
        Ok(lines.collect())
    }

    fn line(&self, row: &ProjectedRow, parent: Option<&ProjectedRow>) -> Line {
        let catalog = Catalog::builtin();
        let kind = catalog.kind(&row.kind);
        let label = kind.map_or(row.kind.as_str(), |kind| kind.label.get(self.language));
        let above = parent.map(|parent| parent.title.as_str()).unwrap_or_default();
        let checklist = self.checklist(row);
        let what = if checklist.is_empty() { label } else { &checklist };
        let is_hidden = is_hidden(row) || parent.is_some_and(is_hidden);
        let number = number(row, parent);
        // What has no name of its own is called as what it belongs to, and what is protected by its number.
        let (title, what) = match (is_hidden, row.title.is_empty()) {
            (true, _) => (number.as_str(), what),
            (false, true) => (above, what),
            (false, false) => (row.title.as_str(), ""),
        };
        let detail = if is_hidden { String::new() } else { self.detail(kind, &row.detail) };
        let detail: Vec<&str> =
            [what, detail.as_str()].into_iter().filter(|part| !part.is_empty()).collect();
        let updated = civil(row.updated_ms).map_or_else(String::new, |at| written_date(at.date()));
        let mut figure = vec![if is_hidden { String::new() } else { row.number.clone() }];
        figure.push(if row.arrival.is_empty() {
            self.f(Word::RegisterChanged, &[&updated])
        } else {
            self.f(Word::Arrived, &[&row.arrival])
        });
        figure.retain(|part| !part.is_empty());
        Line {
            key: row.document.to_string(),
            title: if title.is_empty() { label.to_owned() } else { title.to_owned() },
            detail: detail.join(" · "),
            badges: self.badges(kind, row),
            figure: figure.join(" · "),
            ..Line::default()
        }
    }

    fn badges(&self, kind: Option<&Kind>, row: &ProjectedRow) -> Vec<Badge> {
        let mut badges = Vec::new();
        if is_hidden(row) {
            let text = self.w(Word::Protected).to_owned();
            badges.push(Badge { text, tone: Tone::Danger, sign: Sign::Shield });
        }
        if let (Some(kind), false) = (kind, row.state.is_empty()) {
            badges.push(badge(&self.state_words(kind, &row.state), Tone::Plain));
        }
        match row.open {
            0 => {}
            1 => badges.push(differ(self.w(Word::ConflictOne))),
            many => badges.push(differ(&self.f(Word::ConflictMany, &[&many.to_string()]))),
        }
        if row.held > 0 {
            badges
                .push(badge(&self.f(Word::RegisterHolds, &[&row.held.to_string()]), Tone::Decide));
        }
        if row.pending > 0 {
            badges.push(badge(self.w(Word::RegisterPending), Tone::Info));
        }
        if !row.due.is_empty() {
            let today = civil(self.app.now_ms()).map(|now| written_date(now.date()));
            let late = today.is_some_and(|today| row.due < today);
            let (word, tone) =
                if late { (Word::LateSince, Tone::Danger) } else { (Word::DueOn, Tone::Plain) };
            let sign = if late { Sign::Clock } else { Sign::None };
            badges.push(Badge { text: self.f(word, &[&row.due]), tone, sign });
        }
        badges
    }

    /// Fields in words, or names as they are.
    fn detail(&self, kind: Option<&Kind>, detail: &str) -> String {
        let catalog = Catalog::builtin();
        let parts = detail.lines().map(|line| match line.split_once('\t') {
            Some((field, text)) => {
                let field = kind.and_then(|kind| kind.field(field));
                field.map_or_else(String::new, |field| {
                    catalog.words(field, &Value::text(text), self.language)
                })
            }
            None => line.to_owned(),
        });
        parts.collect::<Vec<_>>().join(", ")
    }

    /// The title of a run's checklist.
    fn checklist(&self, row: &ProjectedRow) -> String {
        let pinned = row.checklist.split_once('/');
        let known = pinned
            .and_then(|(id, version)| self.app.catalog().checklist(id, version.parse().ok()?));
        known.map_or_else(String::new, |known| known.label.get(self.language).to_owned())
    }

    /// A house is taken along for its inspections; everything else that a device should hold comes by
    /// itself, at the latest with the next contact.
    fn take(
        &self,
        row: &ProjectedRow,
        is_here: bool,
        along: &BTreeSet<DocumentId>,
    ) -> Option<Action> {
        let house = match (row.home.as_str(), row.kind.as_str()) {
            ("residence", "residence") => Some(row.document),
            ("residence", "run") => row.parent,
            _ => None,
        };
        // A supervisor holds all inspections without asking.
        let asks = house.filter(|house| !self.me.is(Role::Supervisor) && !along.contains(house));
        let act = match asks {
            Some(residence) => Act::TakeAlong { residence, keep: true },
            None if is_here => return None,
            None => Act::Sync,
        };
        let take = plain("take", self.w(Word::TakeAlong), Sign::Pin, act);
        Some(Action { look: Look::Quiet, ..take })
    }
}

/// Whether a list does not name a record, whoever reads it.
const fn is_hidden(row: &ProjectedRow) -> bool {
    row.shielded || row.protection > 0
}

/// The number of a record; of one that has none, that of what it belongs to.
fn number(row: &ProjectedRow, parent: Option<&ProjectedRow>) -> String {
    match (row.number.as_str(), parent) {
        ("", Some(parent)) => number(parent, None),
        ("", None) => short_number(row.document),
        (number, _) => number.to_owned(),
    }
}

fn differ(text: &str) -> Badge {
    Badge { text: text.to_owned(), tone: Tone::Decide, sign: Sign::Differ }
}

/// Where a record stands in the app; what has no place of its own, where it belongs.
pub(super) fn address(
    (home, kind): (&str, &str),
    (id, parent): (DocumentId, Option<DocumentId>),
) -> String {
    let single = Catalog::builtin().kind(kind).is_some_and(|kind| kind.single);
    let (kind, id) = match parent {
        Some(parent) if single => (home, parent),
        _ => (kind, id),
    };
    let root = match kind {
        "run" => "besok",
        "residence" => "boenden",
        "case" => "arenden",
        other => other,
    };
    format!("/{root}/{id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_leads_to_its_own_place_or_to_that_of_what_has_one_of_it() {
        let [own, above] = [1, 2].map(|byte| DocumentId::from_bytes([byte; 16]));
        let cases = [
            (("case", "case"), None, format!("/arenden/{own}")),
            (("case", "journal"), Some(above), format!("/arenden/{above}")),
            (("residence", "deficiencies"), Some(above), format!("/boenden/{above}")),
            (("residence", "run"), Some(above), format!("/besok/{own}")),
            (("contract", "contract"), Some(above), format!("/contract/{own}")),
            (("party", "party"), None, format!("/party/{own}")),
        ];
        for (kinds, parent, wanted) in cases {
            assert_eq!(address(kinds, (own, parent)), wanted);
        }
    }
}
