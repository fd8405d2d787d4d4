//! `/administration/hallna/<record>/<change>`: what is held, as a story: who wrote what, where, when, why it is held
//! and what depends on it. For supervisors who may read the record.

use ankomst_shared::app::{Body, Line, PageView, Tone};
use ankomst_shared::catalog::{Catalog, Field, FieldType};
use ankomst_shared::chunk::{ChunkInfo, parse};
use ankomst_shared::ids::base32;
use ankomst_shared::text::Word;
use ankomst_shared::value::Value;

use super::clean::place;
use super::held::person_name;
use super::{Desk, DeskError};
use crate::storage::StorageError;
use crate::storage::sqlite::log::{self, ChunkRow, DocumentRow};
use crate::storage::sqlite::{Connection, accounts, register, rights, rows};
use crate::sync::access;
use crate::sync::held::Group;

/// Most changes, and most statements of each, that are shown.
const SHOWN_MAX: usize = 100;
/// Longest text that is shown whole, in characters.
const TEXT_CHARS_MAX: usize = 400;

impl Desk {
    pub(super) fn story(&self, address: &str) -> Result<PageView, DeskError> {
        if !self.decides() {
            return Err(DeskError::NotAllowed);
        }
        let (document, hash) = address.split_once('/').ok_or(DeskError::Nowhere)?;
        let group = self.found(document, hash)?;
        let infos: Vec<Option<ChunkInfo>> =
            group.changes.iter().take(SHOWN_MAX).map(|chunk| self.info_of(chunk)).collect();
        let (facts, actions) = self.app.readers.read(|db| {
            let facts = self.facts(db, &group, infos.iter().flatten())?;
            Ok((facts, self.group_actions(db, &group)?))
        })?;
        let mut said = Vec::new();
        for (chunk, info) in group.changes.iter().zip(&infos) {
            let Some(info) = info else { continue };
            let lines = self.says(&group.document, info);
            let key = base32(chunk.hash.as_bytes());
            let nothing = (self.w(Word::DeskHeldNothing).to_owned(), String::new());
            let lines = if lines.is_empty() { vec![nothing] } else { lines };
            said.extend(lines.into_iter().enumerate().map(|(at, (title, detail))| Line {
                key: format!("{key}/{at}"),
                title,
                detail,
                figure: Self::moment(chunk.received_ms),
                ..Line::default()
            }));
        }
        let mut story = self.part("story", Word::DeskHeldWhy, Body::Facts(facts));
        self.why(&group.reason).clone_into(&mut story.title);
        story.actions = actions;
        let parts = vec![
            self.notice("how", Tone::Info, Word::DeskHeldHelp),
            story,
            self.part("says", Word::DeskHeldSays, Body::Lines(said, String::new())),
        ];
        Ok(PageView {
            title: self.record(&group.document, true)?,
            back: Some((super::held::HERE.to_owned(), self.w(Word::DeskHeld).to_owned())),
            parts,
            ..PageView::default()
        })
    }

    fn facts<'a>(
        &self,
        db: &Connection,
        group: &Group,
        infos: impl Iterator<Item = &'a ChunkInfo> + Clone,
    ) -> Result<Vec<(String, String)>, StorageError> {
        let fact = |word: Word, value: String| (self.w(word).to_owned(), value);
        let user = accounts::user(db, group.user)?;
        let device = accounts::device(db, group.device)?;
        let account = match &user {
            Some(user) if user.active => self.w(Word::DeskHeldAccountOn).to_owned(),
            Some(_) => {
                let ended = rights::ended_ms(db, group.user)?.map(Self::moment).unwrap_or_default();
                format!("{} {ended}", self.w(Word::DeskEnded))
            }
            None => String::new(),
        };
        let tablet = device.map_or_else(String::new, |device| {
            if device.active {
                device.name
            } else {
                format!("{} ({})", device.name, self.w(Word::DeskRevoked))
            }
        });
        let came: Vec<i64> = group.changes.iter().map(|chunk| chunk.received_ms).collect();
        let claimed: Vec<i64> = infos.map(|info| info.meta.claimed_ms).collect();
        let mut follow: Vec<String> = Vec::new();
        for user in &group.follow {
            let name = person_name(db, *user)?;
            if !follow.contains(&name) {
                follow.push(name);
            }
        }
        let depends = match group.follow.len() {
            0 => self.w(Word::DeskHeldFollowNone).to_owned(),
            count => {
                let count = self.f(Word::HeldCount, &[&count.to_string()]);
                format!("{count} ({})", follow.join(", "))
            }
        };
        let mut facts = vec![
            fact(Word::DeskHeldWho, user.map(|user| user.name).unwrap_or_default()),
            fact(Word::DeskHeldAccount, account),
            fact(Word::DeskHeldTablet, tablet),
            fact(Word::DeskHeldWhy, self.why(&group.reason)),
            fact(Word::DeskHeldCame, span(&came)),
            fact(Word::DeskHeldClaimed, span(&claimed)),
            fact(Word::DeskHeldDepends, depends),
        ];
        if group.is_free && group.can_be_released() {
            facts.push(fact(Word::DeskHeldNow, self.w(Word::DeskHeldFree).to_owned()));
        }
        if let Some(row) = &group.refused {
            let at = Self::moment(row.at_ms);
            let said = format!("{} ({at})", self.decided_words(db, row)?);
            facts.push(fact(Word::DeskHeldNow, said));
            facts.push(fact(Word::DeskHeldWhy, self.why(&row.held_for)));
        }
        Ok(facts)
    }

    fn info_of(&self, chunk: &ChunkRow) -> Option<ChunkInfo> {
        let bytes = self.app.keys.open_chunk(chunk.document, &chunk.hash, &chunk.sealed).ok()?;
        parse(&bytes).ok()
    }

    /// What a change says: places and values in words. What this version does not know stands as it was sent.
    fn says(&self, row: &DocumentRow, info: &ChunkInfo) -> Vec<(String, String)> {
        let catalog = Catalog::builtin();
        let set = info.ops.iter().filter_map(|op| Some((&op.key, op.value.as_ref()?)));
        let said = set.map(|(key, value)| {
            let Some(at) = catalog.locate(&row.kind, key) else {
                return (cut(key.as_str()), cut(&plain(value)));
            };
            let name = place(row, key, self.language);
            // A person is named by what else is written of them, an item of a checklist by its number.
            let name = match at.entry.filter(|_| row.kind == "run") {
                Some(item) => format!("{item} {name}"),
                None => name,
            };
            (name, cut(&self.value(at.field, value)))
        });
        said.take(SHOWN_MAX).collect()
    }

    /// A value in words; what it refers to is not looked up.
    fn value(&self, field: &Field, value: &Value) -> String {
        match &field.typ {
            FieldType::Reference(_) => String::new(),
            _ => Catalog::builtin().words(field, value, self.language),
        }
    }

    /// The name of a record, or of what it belongs to.
    pub(super) fn record_title(&self, row: &DocumentRow) -> Result<String, StorageError> {
        let told = |id| self.app.row_readers.read(|db| rows::told(db, id));
        self.saw(row.record(), &row.kind);
        let own = told(row.record())?.map(|(title, _)| title).unwrap_or_default();
        match row.parent {
            Some(parent) if own.is_empty() => {
                self.saw(parent, "");
                Ok(told(parent)?.map(|(title, _)| title).unwrap_or_default())
            }
            _ => Ok(own),
        }
    }

    /// The place of a record in the app, if this device holds it.
    pub(super) fn address_of(
        &self,
        db: &Connection,
        row: &DocumentRow,
    ) -> Result<Option<String>, StorageError> {
        if !log::is_held_by(db, self.device, row.record())? {
            return Ok(None);
        }
        let reach = access::reach(db, &self.me)?;
        let within = reach.within();
        let known = self.app.row_readers.read(|db| register::one(db, within, row.record()))?;
        Ok(known
            .map(|row| super::listed::address((&row.home, &row.kind), (row.document, row.parent))))
    }

    pub(super) fn kind_label(&self, kind: &str) -> String {
        let known = Catalog::builtin().kind(kind);
        known.map_or_else(|| kind.to_owned(), |known| known.label.get(self.language).to_owned())
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(yes) => yes.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Str(text) => text.clone(),
    }
}

/// A text as far as it is shown.
fn cut(text: &str) -> String {
    match text.char_indices().nth(TEXT_CHARS_MAX) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// The first and the last of some moments.
fn span(moments: &[i64]) -> String {
    let (Some(first), Some(last)) = (moments.iter().min(), moments.iter().max()) else {
        return String::new();
    };
    let (first, last) = (Desk::moment(*first), Desk::moment(*last));
    if first == last { first } else { format!("{first} – {last}") }
}
