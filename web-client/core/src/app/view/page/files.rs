//! Pictures and other files of a record: those that are here, and of those that are not where they are.

use ankomst_shared::app::{Badge, Body, FileView, FilesView, Part, Query, Sign, Tone};
use ankomst_shared::catalog::Kind;
use ankomst_shared::ids::{DocumentId, FileName};
use ankomst_shared::order::{self, Few};
use ankomst_shared::path::FieldPath;
use ankomst_shared::sync::message::FileState;
use ankomst_shared::text::Word;

use super::super::super::files::{Elsewhere, One};
use super::super::super::looked;
use super::super::viewer::{Viewer, count};
use super::made::{part, signed};

/// The list in which a record says of its files.
const LIST: &str = "attachments";

impl Viewer<'_> {
    /// The files of a record, or of one thing in it; nothing where its kind has none.
    pub(super) fn files_part(&mut self, id: DocumentId, shows: &str) -> Option<Part> {
        self.kind(id).ok()?.entry_list(LIST)?;
        let view = self.files(id, shows);
        let mut part = part("files", self.w(Word::Files), Body::Files(view));
        if matches!(&part.body, Body::Files(view) if view.files.is_empty()) {
            self.w(Word::FilesNone).clone_into(&mut part.help);
        }
        Some(part)
    }

    /// The files of a deficiency: before its own those of the item that it was found at, as far as its run may be read.
    pub(super) fn files_of_deficiency(&mut self, home: DocumentId, entry: &str) -> Option<Part> {
        let mut part = self.files_part(home, &format!("deficiencies/{entry}"))?;
        if let (Body::Files(view), Some((run, shows))) =
            (&mut part.body, self.found_at(home, entry))
        {
            let found = self.files(run, &shows).files;
            if !found.is_empty() {
                part.help.clear();
            }
            view.files.splice(0..0, found);
        }
        Some(part)
    }

    /// The run that a deficiency was found in, and what shows its item there.
    fn found_at(&mut self, home: DocumentId, entry: &str) -> Option<(DocumentId, String)> {
        let run = self.text(home, &format!("deficiencies/{entry}/run")).parse().ok()?;
        let item = self.text(home, &format!("deficiencies/{entry}/item"));
        Some((run, format!("item/{item}")))
    }

    /// The same as its tiles.
    pub(in crate::app::view) fn files(&mut self, id: DocumentId, shows: &str) -> FilesView {
        let entries = self.listed(id, LIST).1;
        let mut files = Vec::new();
        for entry in entries {
            let all = shows.is_empty();
            if all || self.text(id, &format!("{LIST}/{entry}/shows")) == shows {
                files.extend(self.file(id, entry));
            }
        }
        order::sort_by_key(&mut files, |(at, _)| *at);
        let files = files.into_iter().map(|(_, file)| file).collect();
        let may = FieldPath::parse(&format!("{LIST}/0/hash"));
        let may = may.is_ok_and(|path| self.open.may_write(id, &path).is_ok());
        FilesView { at: may.then(|| (id, shows.to_owned())), files }
    }

    /// One file, by the entry that tells of it.
    pub(super) fn one_file(&mut self, id: DocumentId, entry: &str) -> Option<Part> {
        let (_, file) = self.file(id, entry.to_owned())?;
        let view = FilesView { at: None, files: vec![file] };
        Some(part("files", "", Body::Files(view)))
    }

    /// The small pictures of what is looked at that are not here are fetched; tells whether any is new.
    pub(in crate::app::view) fn wants_files(&mut self, query: &Query) -> bool {
        // What was looked at before is still fetched from a page that shows no record.
        let Some(id) = looked::record(query) else { return false };
        let mut all = Vec::new();
        for (home, _) in self.homes_of_files(id) {
            all.extend(self.listed(home, LIST).1.into_iter().map(|entry| (home, entry)));
        }
        if let Query::Page(address) = query
            && let Some((_, entry)) = address.split_once("/deficiencies/")
            && let Some((home, _)) = self.home(id, "deficiencies")
            && let Some((run, shows)) = self.found_at(home, entry)
        {
            for entry in self.listed(run, LIST).1 {
                if self.text(run, &format!("{LIST}/{entry}/shows")) == shows {
                    all.push((run, entry));
                }
            }
        }
        let (mut wanted, mut sizes) = (Vec::new(), Few::default());
        for (home, entry) in all {
            let name = self.file_name(home, &entry, "thumb").map(|name| (home, name));
            wanted.extend(name.filter(|place| !self.open.files.all.contains_key(place)));
            if let Some(name) = self.file_name(home, &entry, "hash") {
                let size = self.number(home, &format!("{LIST}/{entry}/size"));
                sizes.insert((home, name), size.unwrap_or_default().unsigned_abs());
            }
        }
        self.open.files.wants(wanted, sizes)
    }

    /// The record that tells of a file, or one that it has at most one of.
    pub(super) fn home_of_file(
        &mut self,
        parent: DocumentId,
        entry: &str,
    ) -> Option<(DocumentId, &'static Kind)> {
        let mut homes = self.homes_of_files(parent).into_iter();
        homes.find(|(home, _)| self.file_name(*home, entry, "hash").is_some())
    }

    fn homes_of_files(&self, id: DocumentId) -> Vec<(DocumentId, &'static Kind)> {
        let mut homes: Vec<_> =
            [LIST, "deficiencies", "notes"].iter().filter_map(|list| self.home(id, list)).collect();
        homes.dedup_by_key(|(home, _)| *home);
        homes
    }

    fn file_name(&mut self, id: DocumentId, entry: &str, field: &str) -> Option<FileName> {
        self.text(id, &format!("{LIST}/{entry}/{field}")).parse().ok()
    }

    /// When it was taken, and the file.
    fn file(&mut self, id: DocumentId, entry: String) -> Option<(i64, FileView)> {
        let key = |field: &str| format!("{LIST}/{entry}/{field}");
        let name = self.file_name(id, &entry, "hash")?;
        let thumb = self.file_name(id, &entry, "thumb");
        let stands = self.stands((id, name), thumb);
        let thumb = thumb.filter(|name| self.open.files.all.contains_key(&(id, *name)));
        let one = self.open.files.all.get(&(id, name)).cloned();
        let at = self.number(id, &key("taken_at")).unwrap_or_default();
        let size = self.number(id, &key("size")).unwrap_or_default();
        let (taken, size) = (self.moment(at), size_words(size.unsigned_abs()));
        let by = self.text(id, &key("taken_by"));
        let who = by.parse().map_or(by, |user| self.person(user));
        let mut caption = self.text(id, &key("caption"));
        if caption.is_empty() {
            caption = self.words(id, &key("kind"));
        }
        let alt = self.text(id, &key("alt"));
        let elsewhere = if one.is_some() {
            String::new()
        } else {
            self.elsewhere(stands, (id, &key("hash")), [&taken, &size])
        };
        let badge = self.file_badge(stands, one.as_ref());
        // The place of a run is its checklist.
        let address = match self.kind(id).ok()?.id.as_str() {
            "run" => format!("/run/{id}"),
            _ => self.address(id),
        };
        let file = FileView {
            document: id,
            name: name.to_string(),
            mime: self.text(id, &key("mime")),
            thumb: thumb.map(|name| name.to_string()),
            alt: if alt.is_empty() { caption.clone() } else { alt },
            caption,
            detail: self.f(Word::FilesTaken, &[&size, &taken, &who]),
            badge,
            elsewhere,
            href: format!("{address}/{LIST}/{entry}"),
            key: entry,
        };
        Some((at, file))
    }

    /// How a file stands that is not here: where the server does not have its small picture, it does not have the file.
    fn stands(&self, place: (DocumentId, FileName), thumb: Option<FileName>) -> Elsewhere {
        let files = &self.open.files;
        let thumb = thumb.map(|thumb| files.stands(&(place.0, thumb)));
        match files.stands(&place) {
            Elsewhere::Unasked if thumb == Some(Elsewhere::Lacking) => Elsewhere::Lacking,
            stands => stands,
        }
    }

    /// Where a file is that is not here.
    fn elsewhere(
        &mut self,
        stands: Elsewhere,
        (id, key): (DocumentId, &str),
        [taken, size]: [&str; 2],
    ) -> String {
        match stands {
            Elsewhere::Lacking => {
                let device = self.device_of(id, key);
                self.f(Word::FileElsewhere, &[&device, taken, size])
            }
            Elsewhere::Unasked | Elsewhere::Coming => self.f(Word::FileUnasked, &[taken, size]),
        }
    }

    /// The tablet on which something was said.
    fn device_of(&mut self, id: DocumentId, key: &str) -> String {
        let (Ok(record), Ok(path)) = (self.record(id), FieldPath::parse(key)) else {
            return String::new();
        };
        let said = record.fields.get(&path).and_then(|state| state.statements.first());
        said.map_or_else(String::new, |said| self.device(said.meta.device))
    }

    /// How far a file has come.
    fn file_badge(&self, stands: Elsewhere, one: Option<&One>) -> Badge {
        let epoch = self.open.standing.epoch;
        let own = one.map(|one| one.own);
        let (word, tone, sign) = match own {
            None => match stands {
                Elsewhere::Unasked => (Word::FileNotFetched, Tone::Plain, Sign::Dash),
                Elsewhere::Coming => (Word::FileComing, Tone::Plain, Sign::Clock),
                Elsewhere::Lacking => (Word::FileWaits, Tone::Info, Sign::Tablet),
            },
            Some(None) => (Word::FileShared, Tone::Plain, Sign::Cloud),
            Some(Some((told, of))) => match told.filter(|_| of == epoch) {
                Some(FileState::BackedUp) => (Word::FileBackedUp, Tone::Good, Sign::Cloud),
                Some(FileState::Whole) => (Word::FileHandedIn, Tone::Good, Sign::Cloud),
                Some(FileState::Refused) => (Word::FileRefused, Tone::Danger, Sign::Danger),
                Some(FileState::Destroyed) => (Word::FileDestroyed, Tone::Info, Sign::Cross),
                Some(FileState::Unknown | FileState::Partial | FileState::NoRoom) | None => {
                    (Word::FileHere, Tone::Info, Sign::Tablet)
                }
            },
        };
        signed(self.w(word), tone, sign)
    }

    /// How many files are here, of everybody, and how many the server does not have.
    pub(super) fn files_figure(&self) -> String {
        let (here, bytes) = self.open.files.figures();
        let waiting = self.status.files.to_string();
        self.f(Word::FilesFigure, &[&here.to_string(), &size_words(bytes), &waiting])
    }
}

/// `2,1 MB`, `310 kB`.
fn size_words(bytes: u64) -> String {
    if bytes < 1_000_000 {
        return format!("{} kB", bytes.div_ceil(1_000));
    }
    let tenths = bytes / 100_000;
    format!("{},{} MB", count(usize::try_from(tenths / 10).unwrap_or(usize::MAX)), tenths % 10)
}
