//! Cards of persons that somebody said are one person (domain section 3.5, `duplicate_of`).
//!
//! A card is an entry of the list `persons` of a case. Two cards of one person stay where they are, each with
//! its own answers and history; one points at the other, and whoever holds both sees one person under the card
//! pointed at. Reckoned from the merged records, never stored: the same wherever the same changes are.
//!
//! A pointer counts only with an entry of `same_said` that says so and why: versions up to 0.2 wrote
//! `duplicate_of` into the second person of a case without anybody having said it.
//!
//! | what people said | who is shown |
//! |---|---|
//! | A is B, B is C | all three under C |
//! | A is B, and at the same time B is A | both under the card of the older case, in one case the smaller id, until somebody decides |
//! | A is B, and B was removed | A as itself, until somebody decides |
//! | A is B, and B is in a case that is not here | A as itself |

use crate::catalog::Catalog;
use crate::document::Statement;
use crate::ids::DocumentId;
use crate::merge::RecordState;
use crate::path::FieldPath;
use crate::value::Value;

/// A card: the case, and the entry in its list of persons.
pub type Card = (DocumentId, String);

/// A card of a case that points at another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointer {
    /// The card that points.
    pub card: Card,
    /// The card pointed at.
    pub to: Card,
    /// Who said so.
    pub said: Vec<Statement>,
}

/// Whether a card is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum There {
    /// It is.
    Yes,
    /// Its case is here, and it was taken away.
    Removed,
    /// Its case is not here.
    Elsewhere,
}

/// What is wrong with what a card points at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It points, by however many steps, at itself.
    Loop,
    /// The card pointed at was taken away.
    Removed,
    /// The card pointed at is in a case that is not here.
    Elsewhere,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Link {
    pointer: Pointer,
    /// The card under which the person is shown.
    under: Card,
    fault: Option<Fault>,
}

/// All cards that point at others, and what comes of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Same {
    links: Vec<Link>,
}

/// Nobody has several cards.
pub static NOBODY: Same = Same { links: Vec::new() };

/// The card that an answer to `duplicate_of` names: an entry of the same case, or `case/entry`.
#[must_use]
pub fn named(case: DocumentId, answer: &str) -> Option<Card> {
    match answer.split_once('/') {
        None if answer.is_empty() => None,
        None => Some((case, answer.to_owned())),
        Some((other, entry)) => Some((other.parse().ok()?, entry.to_owned())),
    }
}

/// How a card is named in a case.
#[must_use]
pub fn name_in(case: DocumentId, card: &Card) -> String {
    if card.0 == case { card.1.clone() } else { [&card.0.to_string(), "/", &card.1].concat() }
}

/// The cards of a case that point at others.
#[must_use]
pub fn pointers(catalog: &Catalog, case: DocumentId, record: &RecordState) -> Vec<Pointer> {
    let mut found = Vec::new();
    let sayings = record.entries(catalog, "case", "same_said");
    if sayings.is_empty() {
        return found;
    }
    for entry in record.entries(catalog, "case", "persons") {
        let Ok(path) = FieldPath::parse(&["persons/", &entry, "/duplicate_of"].concat()) else {
            continue;
        };
        let Some(state) = record.fields.get(&path) else { continue };
        let answer = state.value.as_str().unwrap_or_default();
        let is_said = sayings.iter().any(|id| {
            let key = |field: &str| ["same_said/", id, "/", field].concat();
            record.text(&key("person")) == entry
                && record.text(&key("other")) == answer
                && record.value(&key("joined")) == Some(&Value::Bool(true))
        });
        let to = named(case, answer);
        let card = (case, entry);
        if let Some(to) = to.filter(|to| is_said && *to != card) {
            found.push(Pointer { card, to, said: state.statements.clone() });
        }
    }
    found
}

impl Same {
    /// Follows all pointers; `there` says whether a card that points nowhere is there.
    #[must_use]
    pub fn of(pointers: &[Pointer], there: &mut dyn FnMut(&Card) -> There) -> Self {
        let mut links = Vec::new();
        for at in 0..pointers.len() {
            links.extend(follow(pointers, at, there));
        }
        Self { links }
    }

    /// The card under which the person of a card is shown; none where it is that card itself.
    #[must_use]
    pub fn under(&self, case: DocumentId, entry: &str) -> Option<&Card> {
        let link = self.link(case, entry)?;
        (link.under != link.pointer.card).then_some(&link.under)
    }

    /// What is wrong with what a card points at.
    #[must_use]
    pub fn fault(&self, case: DocumentId, entry: &str) -> Option<Fault> {
        self.link(case, entry)?.fault
    }

    /// The card that a card points at.
    #[must_use]
    pub fn to(&self, case: DocumentId, entry: &str) -> Option<&Card> {
        self.link(case, entry).map(|link| &link.pointer.to)
    }

    /// The further cards of the person who is shown under a card.
    #[must_use]
    pub fn others(&self, case: DocumentId, entry: &str) -> Vec<Card> {
        let mut others = Vec::new();
        for Pointer { card, .. } in self.joined(case, entry) {
            if card.0 != case || card.1 != entry {
                others.push(card.clone());
            }
        }
        others
    }

    /// What was said of the cards of the person who is shown under a card.
    #[must_use]
    pub fn joined(&self, case: DocumentId, entry: &str) -> Vec<&Pointer> {
        let links = self.links.iter().filter(|link| link.under.0 == case && link.under.1 == entry);
        links.map(|link| &link.pointer).collect()
    }

    /// Whether somebody of a case is shown with further cards.
    #[must_use]
    pub fn joins(&self, case: DocumentId) -> bool {
        self.links.iter().any(|link| link.under.0 == case && link.under != link.pointer.card)
    }

    /// The person as houses name one: that of the card shown.
    #[must_use]
    pub fn person<'a>(&'a self, entry: &'a str) -> &'a str {
        let link = self.links.iter().find(|link| link.pointer.card.1 == entry);
        link.map_or(entry, |link| &link.under.1)
    }

    fn link(&self, case: DocumentId, entry: &str) -> Option<&Link> {
        self.links.iter().find(|link| {
            let card = &link.pointer.card;
            card.0 == case && card.1 == entry
        })
    }

    /// What is to be decided of the cards of a case: those that point at each other, and those that point at
    /// one that was taken away.
    #[must_use]
    pub fn undecided(&self, case: DocumentId) -> Vec<(String, Vec<Statement>)> {
        let mut found = Vec::new();
        for link in &self.links {
            // A circle is told once, where the person is shown.
            if link.pointer.card.0 != case || link.under != link.pointer.card {
                continue;
            }
            let mut said = link.pointer.said.clone();
            match link.fault {
                Some(Fault::Loop) => {
                    for other in self.links.iter().filter(|other| other.under == link.under) {
                        said.extend(other.pointer.said.iter().cloned());
                    }
                }
                Some(Fault::Removed) => {}
                Some(Fault::Elsewhere) | None => continue,
            }
            found.push((["persons/", &link.pointer.card.1].concat(), said));
        }
        found
    }

    /// Persons of a case whose cards live in different houses. `placed`: the house, the person as it names one,
    /// and who said that they live there.
    #[must_use]
    pub fn apart(
        &self,
        case: DocumentId,
        placed: &[(DocumentId, String, Vec<Statement>)],
    ) -> Vec<(String, Vec<Statement>)> {
        let mut found: Vec<(String, Vec<Statement>)> = Vec::new();
        for link in &self.links {
            let (own, entry) = &link.under;
            let at = ["persons/", entry].concat();
            if *own != case || found.iter().any(|one| one.0 == at) {
                continue;
            }
            let (mut said, mut first, mut is_apart) = (Vec::new(), None, false);
            for (house, person, states) in placed {
                if self.person(person) == entry {
                    is_apart |= *first.get_or_insert(house) != house;
                    said.extend(states.iter().cloned());
                }
            }
            if is_apart {
                found.push((at, said));
            }
        }
        found
    }
}

/// Follows the pointer of a card to its end.
fn follow(pointers: &[Pointer], at: usize, there: &mut dyn FnMut(&Card) -> There) -> Option<Link> {
    let pointer = pointers.get(at)?;
    let mut way = vec![pointer];
    loop {
        let last = way.last()?;
        let next = pointers.iter().find(|next| next.card == last.to);
        let Some(next) = next else {
            let (under, fault) = match there(&last.to) {
                There::Yes => (&last.to, None),
                There::Removed => (&last.card, Some(Fault::Removed)),
                There::Elsewhere => (&last.card, Some(Fault::Elsewhere)),
            };
            return Some(Link { pointer: pointer.clone(), under: under.clone(), fault });
        };
        if let Some(begin) = way.iter().position(|known| known.card == next.card) {
            // In a circle all hang together, also what leads into it.
            let under = way.iter().skip(begin).map(|known| &known.card).min()?;
            let fault = Some(Fault::Loop);
            return Some(Link { pointer: pointer.clone(), under: under.clone(), fault });
        }
        way.push(next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cards are called by a letter for the case and a digit for the entry.
    fn card(name: &str) -> Card {
        let number = name.as_bytes().first().copied().unwrap_or_default();
        (DocumentId::from_bytes([number; 16]), name.to_owned())
    }

    fn same(said: &[(&str, &str)], removed: &[&str], elsewhere: &[&str]) -> Same {
        let pointers = said.iter().map(|(one, to)| Pointer {
            card: card(one),
            to: card(to),
            said: Vec::new(),
        });
        let is = |names: &[&str], one: &Card| names.iter().any(|name| card(name) == *one);
        Same::of(&pointers.collect::<Vec<_>>(), &mut |one| match one {
            one if is(removed, one) => There::Removed,
            one if is(elsewhere, one) => There::Elsewhere,
            _ => There::Yes,
        })
    }

    type Told = (&'static [(&'static str, &'static str)], &'static [(&'static str, &'static str)]);

    /// What people said, and under which card each is shown; who is not named stands as itself.
    const CHAINS: [Told; 10] = [
        (&[("a1", "a2")], &[("a1", "a2")]),
        (&[("a1", "b1")], &[("a1", "b1")]),
        // Whoever is said to be somebody who is somebody else is that one.
        (&[("a1", "a2"), ("a2", "a3")], &[("a1", "a3"), ("a2", "a3")]),
        (&[("c1", "a1"), ("a1", "b1")], &[("c1", "b1"), ("a1", "b1")]),
        (&[("a1", "a3"), ("a2", "a3")], &[("a1", "a3"), ("a2", "a3")]),
        // Opposite directions: the older case, in one case the smaller id.
        (&[("a1", "a2"), ("a2", "a1")], &[("a2", "a1")]),
        (&[("b1", "a2"), ("a2", "b1")], &[("b1", "a2")]),
        (&[("a3", "a1"), ("a1", "a2"), ("a2", "a3")], &[("a3", "a1"), ("a2", "a1")]),
        // What leads into a circle belongs to it.
        (&[("a0", "c1"), ("c1", "b1"), ("b1", "c1")], &[("a0", "b1"), ("c1", "b1")]),
        (&[], &[]),
    ];

    #[test]
    fn chains_and_circles_end_at_one_card_in_whatever_order_they_are_read() {
        for (said, shown) in CHAINS {
            for turn in 0..said.len().max(1) {
                let mut turned = said.to_vec();
                turned.rotate_left(turn);
                for mut turned in [turned.clone(), turned.into_iter().rev().collect()] {
                    turned.dedup();
                    let same = same(&turned, &[], &[]);
                    for name in ["a0", "a1", "a2", "a3", "b1", "c1"] {
                        let wanted = shown.iter().find(|(one, _)| *one == name);
                        let (case, entry) = card(name);
                        let found = same.under(case, &entry);
                        assert_eq!(
                            found,
                            wanted.map(|(_, to)| card(to)).as_ref(),
                            "{said:?}: {name}"
                        );
                        let end = found.unwrap_or(&(case, entry.clone())).clone();
                        assert!(same.under(end.0, &end.1).is_none(), "{said:?}: nobody vanishes");
                        assert_eq!(same.person(name), end.1, "{said:?}");
                        let others = same.others(end.0, &end.1);
                        assert_eq!(others.contains(&(case, entry)), found.is_some(), "{said:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_circle_is_one_thing_to_decide_where_the_person_is_shown() {
        let same = same(&[("b1", "a2"), ("a2", "b1"), ("c1", "b1")], &[], &[]);
        let told = |name: &str| {
            let found = same.undecided(card(name).0).into_iter();
            found.map(|one| one.0).collect::<Vec<_>>()
        };
        assert_eq!(told("a2"), ["persons/a2"]);
        assert_eq!((told("b1"), told("c1")), (vec![], vec![]));
        assert_eq!(same.fault(card("c1").0, "c1"), Some(Fault::Loop));
    }

    #[test]
    fn nobody_is_shown_under_a_card_that_is_not_there() {
        let removed = same(&[("a1", "a2"), ("c1", "a1")], &["a2"], &[]);
        let (case, _) = card("a1");
        assert_eq!(
            (removed.under(case, "a1"), removed.fault(case, "a1")),
            (None, Some(Fault::Removed))
        );
        assert_eq!(removed.under(card("c1").0, "c1"), Some(&card("a1")));
        assert_eq!(removed.undecided(case).len(), 1);
        let away = same(&[("a1", "b1")], &[], &["b1"]);
        assert_eq!(
            (away.under(case, "a1"), away.fault(case, "a1")),
            (None, Some(Fault::Elsewhere))
        );
        assert_eq!(away.undecided(case), [], "what is not here is nobody’s to decide here");
    }

    #[test]
    fn a_person_whose_cards_live_in_two_houses_is_looked_at() {
        let same = same(&[("a1", "b1")], &[], &[]);
        let (one, other) = (DocumentId::from_bytes([1; 16]), DocumentId::from_bytes([2; 16]));
        let lives = |house, name: &str| (house, name.to_owned(), Vec::new());
        let found = same.apart(card("b1").0, &[lives(one, "a1"), lives(other, "b1")]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, "persons/b1");
        let alone = [lives(one, "a1"), lives(one, "b1"), lives(other, "c9")];
        assert_eq!(same.apart(card("b1").0, &alone), [], "told by the house itself");
        assert_eq!(same.apart(card("a1").0, &[lives(one, "a1"), lives(other, "b1")]), []);
    }

    #[test]
    fn a_card_is_named_by_its_entry_and_in_another_case_with_that_case() {
        let (own, other) = (card("a1"), card("b1"));
        for card in [&own, &other] {
            assert_eq!(named(own.0, &name_in(own.0, card)).as_ref(), Some(card));
        }
        assert_eq!(name_in(own.0, &own), "a1");
        assert_eq!((named(own.0, ""), named(own.0, "?/x")), (None, None));
    }
}
