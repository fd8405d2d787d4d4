//! The supervisor's inbox: what changed since the last review, contradictions first.

use ankomst_shared::app::{
    Agreement, ChangeListView, ChangedField, InboxRow, InboxView, Refusal, ReviewView,
};
use ankomst_shared::catalog::{EntryList, Kind, written_date};
use ankomst_shared::conflict::{Class, Conflict, owners};
use ankomst_shared::ids::{DocumentId, UserId};
use ankomst_shared::merge::{Changed, RecordState};
use ankomst_shared::order;
use ankomst_shared::path::FieldPath;
use ankomst_shared::sign::header::review_of;
use ankomst_shared::text::Word;

use super::viewer::{Viewer, count};

/// A day, in milliseconds.
const DAY_MS: i64 = 86_400_000;

impl Viewer<'_> {
    pub(super) fn inbox(&mut self) -> InboxView {
        // What only the server writes is not for anybody here to approve.
        let is_reviewed = |kind: &&Kind| kind.id != "review" && !kind.server;
        let kinds = self.catalog.package().kinds.iter().filter(is_reviewed);
        let ids: Vec<DocumentId> = kinds.flat_map(|kind| self.of_kind(&kind.id)).collect();
        let mut rows: Vec<InboxRow> = ids
            .into_iter()
            .filter_map(|id| self.inbox_row(id).ok())
            .filter(|row| !row.reviewed)
            .collect();
        order::sort_by_key(&mut rows, |row| {
            core::cmp::Reverse((row.safety, row.conflicts, row.late, row.received_ms))
        });
        InboxView { away: self.away(), rows }
    }

    /// What has not arrived: tablets that have a house along and are not in contact.
    fn away(&mut self) -> Vec<String> {
        let mut said: Vec<String> = self.still_coming().into_iter().collect();
        for one in self.open.standing.away.clone() {
            let houses: Vec<String> = one.houses.iter().map(|house| self.title(*house)).collect();
            let houses: Vec<&str> =
                houses.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
            if !houses.is_empty() {
                let (device, who) = (self.device(one.device), self.person(one.user));
                let seen = self.moment(one.seen_ms);
                said.push(self.f(Word::Away, &[&device, &who, &houses.join(", "), &seen]));
            }
        }
        said
    }

    fn inbox_row(&mut self, id: DocumentId) -> Result<InboxRow, Refusal> {
        let kind = self.kind(id)?;
        let stands = self.record(id)?;
        let record = stands.whole();
        let late = stands.late.iter().filter(|late| !late.is_decided()).count();
        let unseen = self.open.unseen(id).ok_or(Refusal::NotHere)?;
        let open = self.open.conflicts(id);
        let (mut conflicts, mut safety, mut first) = (0, 0, i64::MAX);
        for one in open.iter().filter(|one| one.is_to_decide()) {
            conflicts += 1;
            safety += usize::from(one.class == Class::Safety);
            first = first.min(self.decide_by_ms(id, one));
        }
        let (duty, mine) =
            if first < i64::MAX { self.duty(id, first, &open) } else { (String::new(), false) };
        let mut people: Vec<String> = Vec::new();
        let mut received = None;
        for change in &unseen.changed {
            let Some(state) = record.fields.get(&change.path) else { continue };
            for said in &state.statements {
                people.push(self.person(said.meta.user));
                received = received.max(self.level(id, &said.change).1);
            }
        }
        order::sort_and_dedup(&mut people);
        Ok(InboxRow {
            document: id,
            kind: kind.id.clone(),
            kind_text: kind.label.get(self.language).to_owned(),
            title: self.title(id),
            changed: count(unseen.changed.len()),
            conflicts: count(conflicts),
            safety: count(safety),
            late: count(late),
            people,
            received_ms: received,
            reviewed: unseen.changed.is_empty() && conflicts == 0,
            duty,
            overdue: first < self.now.ms,
            mine,
        })
    }

    /// By when the first of some conflicts is to be decided and who sees to it, in words, and whether the
    /// person who looks does.
    fn duty(&mut self, id: DocumentId, first_ms: i64, open: &[Conflict]) -> (String, bool) {
        let review = self.open.read(review_of(id));
        let mut people: Vec<UserId> = Vec::new();
        for one in open.iter().filter(|one| one.is_to_decide()) {
            people.extend(review.iter().flat_map(|review| owners(review, one)));
        }
        order::sort_and_dedup(&mut people);
        let day = self.now.local(first_ms).map(|by| written_date(by.date())).unwrap_or_default();
        let late = first_ms < self.now.ms;
        let word = if late { Word::DutyLate } else { Word::DutyBy };
        let mut duty = self.f(word, &[&day]);
        let names: Vec<String> = people.iter().map(|user| self.person(*user)).collect();
        if !names.is_empty() {
            duty.push_str(" · ");
            duty.push_str(&self.f(Word::DutyOf, &[&names.join(", ")]));
        }
        (duty, people.contains(&self.open.user()))
    }

    /// When a conflict is to be decided: so many days after the last of it had come, Unix milliseconds.
    fn decide_by_ms(&self, id: DocumentId, one: &Conflict) -> i64 {
        // Nobody is late for two who may be one.
        if one.is_a_guess() {
            return i64::MAX;
        }
        let told = one
            .said
            .iter()
            .map(|said| self.level(id, &said.change).1.unwrap_or(said.meta.claimed_ms));
        told.max().unwrap_or_default() + i64::from(one.class.days()) * DAY_MS
    }

    pub(super) fn changes(&mut self, id: DocumentId) -> Result<ChangeListView, Refusal> {
        let row = self.inbox_row(id)?;
        let unseen = self.open.unseen(id).ok_or(Refusal::NotHere)?;
        let stands = self.record(id)?;
        let record = stands.whole();
        let kind = self.kind(id)?;
        let mut paths: Vec<(FieldPath, Option<&Changed>)> = Vec::new();
        let open = record.fields.iter().filter(|(_, state)| state.agreement != Agreement::Agreed);
        let touched = unseen.changed.iter().map(|change| (change.path.clone(), Some(change)));
        let broken = self.open.broken(id);
        let open = open.map(|(path, _)| (path.clone(), None));
        let wrong = broken.iter().map(|one| (one.path.clone(), None));
        for (path, change) in touched.chain(open) {
            let Some(located) = self.catalog.locate(&kind.id, &path) else { continue };
            let field = located.field;
            // What the program alone says of a file is nothing to look through.
            let is_of_file = field.system && field.id != "tombstone";
            if is_of_file && change.is_some() && path.segments().head == "attachments" {
                continue;
            }
            let own = Self::own_path(&located, &path);
            if !paths.iter().any(|(known, _)| *known == own) {
                paths.push((own, change));
            }
        }
        for (path, change) in wrong {
            if !paths.iter().any(|(known, _)| *known == path) {
                paths.push((path, change));
            }
        }
        let mut fields = Vec::new();
        for (path, change) in paths {
            fields.extend(self.changed_field(id, &path, change));
        }
        order::sort_by_key(&mut fields, |one: &ChangedField| {
            let agreement = one.field.agreement;
            let rank = match agreement {
                Agreement::Agreed if one.field.error.is_some() => 1,
                Agreement::Open | Agreement::Reopened | Agreement::SettledTwice
                    if one.field.safety =>
                {
                    0
                }
                Agreement::Open | Agreement::Reopened | Agreement::SettledTwice => 1,
                Agreement::Settled => 2,
                Agreement::Agreed => 3,
            };
            (rank, one.place.clone(), one.field.path.clone())
        });
        Ok(ChangeListView {
            row,
            fields,
            notes: self.undecided(id)?.into_iter().map(|(_, said)| said).collect(),
            last_review: unseen.review.as_ref().map(|review| ReviewView {
                who: self.person(review.meta.user),
                at_ms: review.meta.claimed_ms,
                approved: review.approved,
                note: review.note.clone(),
            }),
            parent: self.open.headers.get(&id).and_then(|header| header.parent),
        })
    }

    /// What a person should decide that is not about one field: where, and in words with the day.
    pub(super) fn undecided(&mut self, id: DocumentId) -> Result<Vec<(String, String)>, Refusal> {
        let record = self.record(id)?;
        let all = self.open.conflicts(id);
        let mut notes = Vec::new();
        for one in all.iter().filter(|one| !one.is_about_field(&record)) {
            let word = match one.class {
                Class::Capacity => Word::ConflictCapacity,
                Class::Safety if one.at.ends_with("/sex_rule") => Word::ConflictSexRule,
                Class::Safety if one.at.ends_with("/age_band") => Word::ConflictStranger,
                Class::Safety => Word::ConflictBlocked,
                Class::DoublePlacement if one.at.starts_with("beds/") => Word::ConflictSameBed,
                Class::DoublePlacement => Word::ConflictDouble,
                Class::Duplicate => Word::ConflictSame,
                Class::DeletedEdited => Word::ConflictRemoved,
                Class::Clock => Word::ConflictClock,
                _ => Word::ConflictSeveral,
            };
            if one.is_a_guess() {
                notes.extend(self.guessed(one));
                continue;
            }
            let place = self.conflict_place(id, one, &record);
            let by = self.decide_by_ms(id, one);
            let what = self.f(word, &[&place]);
            if one.class == Class::Clock {
                notes.push((one.at.clone(), what));
                continue;
            }
            let by = self.now.local(by).map(|by| written_date(by.date())).unwrap_or_default();
            notes.push((one.at.clone(), self.f(Word::DecideBy, &[&what, &by])));
        }
        Ok(notes)
    }

    /// Two cards that may be of one person, with how much speaks for it and what.
    fn guessed(&mut self, one: &Conflict) -> Option<(String, String)> {
        let likely = self.open.likely();
        let pair = likely.iter().find(|pair| pair.conflict.id == one.id)?;
        let [first, later] = &pair.cards;
        let (first, later) = (self.card_words(first), self.card_words(later));
        let score = self.f(Word::TwinScore, &[&pair.like.score.to_string()]);
        let reasons = self.reasons(&pair.like);
        let said = self.f(Word::ConflictLike, &[&later, &first, &score, &reasons]);
        Some((one.at.clone(), said))
    }

    fn conflict_place(&mut self, id: DocumentId, one: &Conflict, record: &RecordState) -> String {
        if one.class == Class::Clock {
            return one.said.first().map(|said| self.device(said.meta.device)).unwrap_or_default();
        }
        if let Some((list, _)) = one.at.split_once(':') {
            let list = self.kind(id).ok().and_then(|kind| kind.entry_list(list));
            return list.map(|list| list.label.get(self.language).to_owned()).unwrap_or_default();
        }
        match one.at.split_once('/') {
            Some(("person", person)) => {
                let placed = record.entries(self.catalog, "residence", "occupancy");
                let key = |entry: &str, field: &str| format!("occupancy/{entry}/{field}");
                let same = self.open.same();
                let mut placed = placed.into_iter();
                let entry =
                    placed.find(|entry| same.person(record.text(&key(entry, "person"))) == person);
                entry.map(|entry| self.occupant_name(id, &entry)).unwrap_or_default()
            }
            Some((list, entry)) => {
                let entry = entry.split('/').next().unwrap_or(entry);
                self.entry_title(id, list, entry)
            }
            None => self.title(id),
        }
    }

    fn changed_field(
        &mut self,
        id: DocumentId,
        path: &FieldPath,
        change: Option<&Changed>,
    ) -> Option<ChangedField> {
        let kind = self.kind(id).ok()?;
        let stands = self.record(id).ok()?;
        let (record, late) = (stands.whole(), stands.late.iter().any(|late| late.path == *path));
        let parts = path.segments();
        let list = kind.entry_list(parts.head);
        let (field, place) = if let (Some(list), [Some(entry), Some(asked), _]) = (list, parts.rest)
        {
            let field = list.fields.iter().find(|field| field.id == asked)?;
            (field, self.place(id, list, entry))
        } else {
            let field = kind.field(parts.head)?;
            let section = kind.sections.iter().find(|section| section.id == field.section);
            let label = section.map(|section| section.label.get(self.language).to_owned());
            (field, label.unwrap_or_default())
        };
        let signed = stands.value(path.as_str()).filter(|_| late);
        let before = signed.or_else(|| change.and_then(|change| change.before.as_ref()));
        let mut view = self.field(id, (path, field), &record);
        if view.error.is_none() {
            let broken = self.open.broken(id);
            view.error = self.broken_at(id, path, &broken);
        }
        Some(ChangedField {
            field: view,
            place,
            late,
            before: before
                .map_or_else(String::new, |value| self.catalog.words(field, value, self.language)),
        })
    }

    pub(super) fn place(&mut self, id: DocumentId, list: &EntryList, entry: &str) -> String {
        match list.id.as_str() {
            "item" => {
                let text =
                    self.catalog.item(entry).map(|item| item.label.get(self.language).to_owned());
                format!("{entry} {}", text.unwrap_or_default())
            }
            "intakes" => {
                let person = self.text(id, &format!("intakes/{entry}/person"));
                self.person_name(id, &person)
            }
            _ => self.entry_name(id, list, entry),
        }
    }
}
