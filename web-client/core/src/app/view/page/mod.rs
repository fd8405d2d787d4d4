//! Places described as data. Reading order: this file (addresses), [`made`] (how pieces are made),
//! [`today`], [`houses`], [`house`], [`cases`], [`case`], [`entry`], [`note`], [`due`], [`search`],
//! [`visits`], [`starts`], [`device`], [`mod@print`].

mod case;
mod cases;
mod device;
mod due;
mod entry;
mod house;
mod houses;
pub(super) mod made;
mod note;
mod print;
mod search;
mod starts;
mod today;
mod visits;

use ankomst_shared::app::{PageView, Refusal, Tone};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::text::Word;

use super::viewer::Viewer;

/// The places under which records stand, and the kind each is of.
const ROOTS: [(&str, &str); 2] = [("boenden", "residence"), ("arenden", "case")];

impl Viewer<'_> {
    /// Describes the place of an address; while the first records come, says that more will.
    pub(super) fn page(&mut self, address: &str) -> Result<PageView, Refusal> {
        let mut page = self.page_at(address)?;
        if let Some(said) = self.still_coming() {
            page.parts.insert(0, made::notice("still-coming", Tone::Info, &said));
        }
        Ok(page)
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
            ["surfplatta"] => Ok(self.this_device()),
            ["utskrift", "besok", run] => self.protocol(id(run)?),
            ["utskrift", "brand", house] => self.fire_list(id(house)?),
            ["boenden", house] => self.house(self.of(house, "residence")?),
            ["arenden", case] => self.case(self.of(case, "case")?),
            [root, record, rest @ ..] => {
                let kind = ROOTS.iter().find(|(known, _)| known == root);
                let record = self.of(record, kind.ok_or(Refusal::NoPlace)?.1)?;
                match rest {
                    ["uppgifter"] => self.whole(record),
                    [list] => self.list(record, list),
                    [list, entry] => self.entry(record, list, entry),
                    _ => Err(Refusal::NoPlace),
                }
            }
            _ => Err(Refusal::NoPlace),
        }
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
        match self.open.kind(id) {
            Some("residence") => format!("/boenden/{id}"),
            Some("case") => format!("/arenden/{id}"),
            Some("run") => format!("/besok/{id}"),
            _ => match self.open.headers.get(&id).and_then(|header| header.parent) {
                Some(parent) => self.address(parent),
                None => "/".to_owned(),
            },
        }
    }
}

fn id(text: &str) -> Result<DocumentId, Refusal> {
    text.parse().map_err(|_| Refusal::NoPlace)
}
