//! Cards of one person among the cases on this device, and what follows for what people should decide.

use std::rc::Rc;

use ankomst_shared::catalog::Catalog;
use ankomst_shared::conflict::{self, Class, Conflict};
use ankomst_shared::document::Statement;
use ankomst_shared::ids::DocumentId;
use ankomst_shared::occupancy;
use ankomst_shared::path::FieldPath;
use ankomst_shared::same::{Card, Pointer, Same, There, pointers};

use super::state::Open;
use super::twins::Likely;

/// What shows only of several records beside each other.
#[derive(Default)]
pub(super) struct Beside {
    /// Cards of one person.
    same: Option<Rc<Same>>,
    /// Cards that are much alike.
    pub(super) likely: Option<Rc<Vec<Likely>>>,
}

impl Open {
    /// A record is read anew when it is next needed, and what shows only beside others.
    pub(super) fn forget(&mut self, id: DocumentId) {
        self.records.remove(&id);
        self.beside = Beside::default();
    }

    /// The cards that are said to be of one person, in all cases held here.
    pub(super) fn same(&mut self) -> Rc<Same> {
        if let Some(same) = &self.beside.same {
            return Rc::clone(same);
        }
        let mut found = Vec::new();
        for case in self.all("case") {
            let Some(record) = self.record(case) else { continue };
            let Some(known) = self.records.get_mut(&case) else { continue };
            let own = known
                .pointers
                .get_or_insert_with(|| Rc::new(pointers(Catalog::builtin(), case, &record)));
            found.extend(own.iter().cloned());
        }
        let same = Rc::new(Same::of(&found, &mut |card| self.has_card(card)));
        self.beside.same = Some(Rc::clone(&same));
        same
    }

    /// Whether a card is there.
    pub(super) fn has_card(&mut self, (case, entry): &Card) -> There {
        if self.kind(*case) != Some("case") {
            return There::Elsewhere;
        }
        let Some(record) = self.record(*case) else { return There::Elsewhere };
        let cards = record.entries(Catalog::builtin(), "case", "persons");
        if cards.contains(entry) { There::Yes } else { There::Removed }
    }

    /// Records of a kind.
    pub(super) fn all(&self, kind: &str) -> Vec<DocumentId> {
        let mut all = Vec::new();
        for header in self.headers.values() {
            if header.kind == kind {
                all.push(header.document);
            }
        }
        all
    }

    /// Everything to decide in a record, also where that shows only beside others held here. Nothing that stands only in a
    /// file: it may never be more than that.
    pub(super) fn conflicts(&mut self, id: DocumentId) -> Vec<Conflict> {
        let (same, Some(record)) = (self.same(), self.judged_record(id)) else { return Vec::new() };
        let kind = self.kind(id).unwrap_or_default().to_owned();
        let mut all = conflict::conflicts(Catalog::builtin(), (&kind, id), &record, &same);
        if kind == "case" {
            let likely = self.likely();
            let own = likely.iter().filter(|one| one.case == id);
            all.extend(own.map(|one| one.conflict.clone()));
        }
        if same.joins(id) {
            all.extend(self.apart(id, &same));
            all.extend(self.contested(id, &same));
        }
        all
    }

    /// Persons of a case whose cards were joined while somebody, without contact, said that they are two.
    fn contested(&mut self, case: DocumentId, same: &Same) -> Vec<Conflict> {
        let mut found = Vec::new();
        let Some(household) = self.household(case) else { return found };
        for one in &household.persons {
            let joined = same.joined(case, &one.entry);
            let is_one = |entry: &String| {
                *entry == one.entry || joined.iter().any(|pointer| pointer.card.1 == *entry)
            };
            let all = if joined.is_empty() { Vec::new() } else { self.all("case") };
            for at in all {
                let Some(household) = self.household(at) else { continue };
                for apart in household.apart.iter().filter(|apart| apart.pair.iter().all(is_one)) {
                    let Some(said) = &apart.said else { continue };
                    if !joined.iter().any(|pointer| self.knew(pointer, (at, said))) {
                        let mut all = vec![said.clone()];
                        for pointer in &joined {
                            all.extend(pointer.said.iter().cloned());
                        }
                        let at = ["persons/", &one.entry].concat();
                        found.push(Conflict::new(case, Class::Duplicate, &at, all));
                    }
                }
            }
        }
        found
    }

    /// Whether who joined a card knew of what was said; of another record, only the clocks tell.
    fn knew(&mut self, pointer: &Pointer, (at, said): (DocumentId, &Statement)) -> bool {
        if pointer.card.0 != at {
            return pointer.said.iter().any(|one| one.meta.claimed_ms >= said.meta.claimed_ms);
        }
        let Some(read) = self.read(at) else { return false };
        pointer.said.iter().any(|one| read.history_of(&[one.change]).contains(&said.change))
    }

    /// Persons of a case whose cards live in different houses.
    fn apart(&mut self, case: DocumentId, same: &Same) -> Vec<Conflict> {
        let mut placed = Vec::new();
        for id in self.all("residence") {
            let Some(record) = self.record(id) else { continue };
            let house = occupancy::house(Catalog::builtin(), &record, same);
            for one in house.placements() {
                let path = FieldPath::parse(&["occupancy/", &one.entry, "/state"].concat());
                let state = path.ok().and_then(|path| record.fields.get(&path));
                if let (Some(state), true) = (state, one.lives) {
                    placed.push((id, one.person.clone(), state.statements.clone()));
                }
            }
        }
        conflict::apart(case, &placed, same)
    }
}
