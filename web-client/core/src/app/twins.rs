//! Persons of the cases on this device who may be one: pairs by how alike they are, and those so much alike
//! that somebody should decide.

use std::rc::Rc;

use ankomst_shared::conflict::{Class, Conflict};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::order;
use ankomst_shared::path::FieldPath;
use ankomst_shared::same::Card;
use ankomst_shared::sound::twins::{Likeness, SCORE_MIN_HOUSEHOLD, likeness};

use super::people::{Household, Listed};
use super::state::Open;

/// A score that calls for a look.
pub(super) const SCORE_HIGH: u8 = 75;

/// A person of a case on this device.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) case: DocumentId,
    pub(super) household: Rc<Household>,
    pub(super) at: usize,
}

impl Known {
    fn listed(&self) -> Option<&Listed> {
        self.household.persons.get(self.at)
    }

    pub(super) fn entry(&self) -> &str {
        self.listed().map_or("", |one| &one.entry)
    }

    pub(super) fn card(&self) -> Card {
        (self.case, self.entry().to_owned())
    }
}

/// Two cards so much alike that somebody should say whether they are of one person.
pub(super) struct Likely {
    /// Told in the case of the card that was begun later.
    pub(super) conflict: Conflict,
    pub(super) case: DocumentId,
    pub(super) cards: [Card; 2],
    pub(super) like: Likeness,
}

impl Open {
    /// Cards so much alike that somebody should decide; what is being typed is not looked at.
    pub(super) fn likely(&mut self) -> Rc<Vec<Likely>> {
        if let Some(likely) = &self.beside.likely {
            return Rc::clone(likely);
        }
        let same = self.same();
        let mut all = Vec::new();
        for case in self.all("case") {
            let Some(household) = self.household(case) else { continue };
            for (at, listed) in household.persons.iter().enumerate() {
                if same.under(case, &listed.entry).is_none() {
                    all.push(Known { case, household: Rc::clone(&household), at });
                }
            }
        }
        let mut likely = Vec::new();
        for (one, other, like) in pairs(&all, None) {
            if like.score >= SCORE_HIGH {
                likely.extend(self.likely_pair(one.card(), other.card(), like));
            }
        }
        let likely = Rc::new(likely);
        self.beside.likely = Some(Rc::clone(&likely));
        likely
    }

    fn likely_pair(&mut self, one: Card, other: Card, like: Likeness) -> Option<Likely> {
        let (first, later) = if one < other { (one, other) } else { (other, one) };
        let record = self.record(later.0)?;
        let mut said = Vec::new();
        for name in ["/given", "/family"] {
            let path = FieldPath::parse(&["persons/", &later.1, name].concat()).ok()?;
            if let Some(state) = record.fields.get(&path) {
                said.extend(state.statements.iter().cloned());
            }
        }
        let at = ["persons/", &later.1, "/", &first.1].concat();
        let conflict = Conflict::new(later.0, Class::Duplicate, &at, said);
        Some(Likely { conflict, case: later.0, cards: [first, later], like })
    }
}

/// Pairs who may be one, the most alike first: all, or those of one person.
pub(super) fn pairs(
    all: &[Known],
    of: Option<(DocumentId, &str)>,
) -> Vec<(Known, Known, Likeness)> {
    let near = match of {
        None => near(all),
        Some((case, entry)) => {
            let own = all.iter().position(|one| one.case == case && one.entry() == entry);
            let Some(own) = own else { return Vec::new() };
            (0..all.len()).filter(|at| *at != own).map(|at| (own, at)).collect()
        }
    };
    let mut pairs: Vec<(u8, usize, usize, Likeness)> = Vec::new();
    for (one, other) in near {
        let (Some(a), Some(b)) = (all.get(one), all.get(other)) else { continue };
        if let Some(like) = alike(a, b) {
            pairs.push((100 - like.score, one, other, like));
        }
    }
    order::sort_by_key(&mut pairs, |(far, one, other, _)| (*far, *one, *other));
    pairs.dedup();
    let known = |at: usize| all.get(at).cloned();
    let pairs = pairs.into_iter();
    pairs.filter_map(|(_, one, other, like)| Some((known(one)?, known(other)?, like))).collect()
}

/// Two persons who may be one and of whom nobody has said that they are two.
fn alike(one: &Known, other: &Known) -> Option<Likeness> {
    let like = likeness(&one.listed()?.person, &other.listed()?.person)?;
    if one.case == other.case && like.score < SCORE_MIN_HOUSEHOLD {
        return None;
    }
    let is_said = |household: &Household| {
        let (one, other) = (one.entry(), other.entry());
        let mut apart = household.apart.iter().map(|apart| apart.pair.each_ref());
        apart.any(|[a, b]| (a == one && b == other) || (a == other && b == one))
    };
    (!is_said(&one.household) && !is_said(&other.household)).then_some(like)
}

/// Pairs that share a bone of a name or a number, the earlier person first; some more than once.
fn near(all: &[Known]) -> Vec<(usize, usize)> {
    let mut keys: Vec<(String, usize)> = Vec::new();
    for (at, one) in all.iter().enumerate() {
        let Some(listed) = one.listed() else { continue };
        let mut own = listed.person.numbers.clone();
        own.extend([listed.person.card.clone(), listed.person.reserve.clone()]);
        own.extend(listed.found.names.iter().flat_map(ankomst_shared::sound::Name::skeletons));
        keys.extend(own.into_iter().filter(|key| !key.is_empty()).map(|key| (key, at)));
    }
    order::sort_by_key(&mut keys, |(key, at)| (key.clone(), *at));
    let mut pairs = Vec::new();
    for group in keys.chunk_by(|(one, _), (other, _)| one == other) {
        for (at, (_, one)) in group.iter().enumerate() {
            let others = group.iter().skip(at + 1).map(|(_, other)| (*one, *other));
            pairs.extend(others.filter(|(one, other)| one != other));
        }
    }
    pairs
}
