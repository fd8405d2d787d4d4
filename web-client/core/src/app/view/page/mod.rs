//! Places described as data. Reading order: this file (addresses), [`made`] (how pieces are made),
//! [`today`], [`houses`], [`house`], [`cases`], [`case`], [`records`] (every other kind), [`entry`], [`files`], [`note`],
//! [`due`], [`report`], [`routine`], [`why`], [`search`], [`twins`], [`cards`] and [`apart`] (several cards of one person),
//! [`history`], [`lost`], [`visits`], [`starts`], [`device`], [`mod@print`].

mod apart;
mod cards;
mod case;
mod cases;
mod device;
mod due;
mod entry;
mod files;
mod history;
mod house;
mod houses;
mod lost;
pub(super) mod made;
mod note;
mod print;
mod records;
mod report;
mod routine;
mod search;
mod starts;
mod today;
mod twins;
mod visits;
pub(super) mod why;

use ankomst_shared::app::{PageView, Refusal, Tone};
use ankomst_shared::catalog::{Catalog, Kind};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::text::Word;

use super::super::state::Open;
use super::viewer::Viewer;

/// Places under which records stand that are not called as their kind.
const ROOTS: [(&str, &str); 2] = [("boenden", "residence"), ("arenden", "case")];

impl Viewer<'_> {
    /// Describes the place of an address; while the first records come, says that more will.
    pub(super) fn page(&mut self, address: &str) -> Result<PageView, Refusal> {
        let mut page = match self.page_at(address) {
            Err(Refusal::NotHere) => self.lost_page(address).ok_or(Refusal::NotHere)?,
            page => page?,
        };
        if let Some(said) = self.still_coming() {
            page.parts.insert(0, made::notice("still-coming", Tone::Info, &said));
        }
        if let Some(said) = self.brought_at(address) {
            page.parts.insert(0, made::notice("by-file", Tone::Info, &said));
        }
        Ok(page)
    }

    /// That something of the record of an address came by a file, so that nobody takes it for what all have.
    fn brought_at(&self, address: &str) -> Option<String> {
        let at = id(address.split('/').nth(2)?).ok()?;
        let is_of = |id: DocumentId| {
            let parent = self.open.headers.get(&id).and_then(|header| header.parent);
            id == at || parent == Some(at)
        };
        let all = self.open.brought.pairs();
        let mut records: Vec<DocumentId> = all.iter().map(|((id, _), _)| *id).collect();
        records.dedup();
        let mut records = records.into_iter().filter(|id| is_of(*id));
        let shown = records.find(|id| self.open.goes_by_file(*id))?;
        let one = all.iter().find(|((id, _), _)| *id == shown);
        one.map(|(_, one)| self.f(Word::BundleShown, &[&one.by]))
    }

    /// How far the first fetching is, so that nobody takes a part for the whole.
    pub(super) fn still_coming(&self) -> Option<String> {
        let (left, all) = self.status.first_sync?;
        if all == 0 {
            return Some(self.w(Word::StillComingFirst).to_owned());
        }
        let here = all.saturating_sub(left).to_string();
        Some(self.f(Word::StillComing, &[&here, &all.to_string()]))
    }

    fn page_at(&mut self, address: &str) -> Result<PageView, Refusal> {
        if let Some(wanted) = address.strip_prefix("/sok/") {
            return Ok(self.search(wanted));
        }
        let parts: Vec<&str> = address.split('/').filter(|part| !part.is_empty()).collect();
        match parts.as_slice() {
            [] | ["idag"] => Ok(self.today()),
            ["boenden"] => Ok(self.houses()),
            ["arenden"] => Ok(self.cases()),
            ["sok"] => Ok(self.search("")),
            ["lika"] => Ok(self.twins(None)),
            ["rutiner"] => Ok(self.routines()),
            ["rutiner", checklist] => self.routine(checklist),
            ["rapport", "avtal"] => self.report(""),
            ["rapport", "avtal", years] => self.report(years),
            ["surfplatta"] => Ok(self.this_device()),
            ["varfor", record, rule, rest @ ..] => {
                self.why_page(id(record)?, (rule, rest.first().copied().unwrap_or_default()))
            }
            ["utskrift", "besok", run] => self.protocol(id(run)?),
            ["utskrift", "brand", house] => self.fire_list(id(house)?),
            [root] => self.records(self.kind_at(root)?, None),
            [root, record, rest @ ..] => {
                let record = self.of(record, &self.kind_at(root)?.id)?;
                match rest {
                    [] => self.whole_record(record),
                    ["uppgifter"] => self.whole(record),
                    ["historik"] => self.history(record),
                    [list] => match self.catalog.kind(list) {
                        Some(kind) if !kind.single => self.records(kind, Some(record)),
                        _ => self.list(record, list),
                    },
                    [list, entry] => self.entry(record, list, entry),
                    ["persons", entry, "lika"] => Ok(self.twins(Some((record, entry)))),
                    ["persons", entry, "kort"] => self.card_page(record, entry),
                    _ => Err(Refusal::NoPlace),
                }
            }
        }
    }

    /// A record with everything it has, as fits its kind.
    fn whole_record(&mut self, id: DocumentId) -> Result<PageView, Refusal> {
        let kind = self.kind(id)?;
        match (kind.id.as_str(), self.open.headers.get(&id).and_then(|header| header.parent)) {
            ("residence", _) => self.house(id),
            ("case", _) => self.case(id),
            (_, Some(parent)) if kind.single => self.whole_record(parent),
            _ => self.any(id, kind),
        }
    }

    /// The kind whose records stand at a place.
    fn kind_at(&self, root: &str) -> Result<&'static Kind, Refusal> {
        let known = ROOTS.iter().find(|(known, _)| *known == root);
        self.catalog.kind(known.map_or(root, |(_, kind)| kind)).ok_or(Refusal::NoPlace)
    }

    /// The record of an address, if it is of that kind.
    fn of(&self, text: &str, kind: &str) -> Result<DocumentId, Refusal> {
        let id = id(text)?;
        match self.open.kind(id) {
            Some(known) if known == kind => Ok(id),
            Some(_) => Err(Refusal::NoPlace),
            None => Err(Refusal::NotHere),
        }
    }

    /// The address of a record, or of a run.
    pub(in crate::app) fn address(&self, id: DocumentId) -> String {
        address(self.open, id)
    }
}

/// The address of a record, or of a run; of what a record has at most one of, that of the record.
pub(in crate::app) fn address(open: &Open, id: DocumentId) -> String {
    let Some(header) = open.headers.get(&id) else { return "/".to_owned() };
    let kind = header.kind.as_str();
    let single = Catalog::builtin().kind(kind).is_none_or(|kind| kind.single);
    match (ROOTS.iter().find(|(_, known)| *known == kind), header.parent) {
        (Some((root, _)), _) => format!("/{root}/{id}"),
        (None, Some(parent)) if single => address(open, parent),
        _ if kind == "run" => format!("/besok/{id}"),
        _ => format!("/{kind}/{id}"),
    }
}

fn id(text: &str) -> Result<DocumentId, Refusal> {
    text.parse().map_err(|_| Refusal::NoPlace)
}
