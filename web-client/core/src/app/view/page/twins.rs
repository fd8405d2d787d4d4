//! `/lika`: persons on this device who may be one, each pair with what speaks for it and against; and
//! those who may be the person that is being written down.

use std::rc::Rc;

use ankomst_shared::app::{Act, Action, Badge, Body, PageView, Part, Sign, Tone};
use ankomst_shared::chunk::sha256;
use ankomst_shared::ids::{DocumentId, EntryId};
use ankomst_shared::path::FieldPath;
use ankomst_shared::sound::twins::{Likeness, Reason, Script};
use ankomst_shared::text::Word;
use ankomst_shared::value::Value;

use super::super::super::twins::{Known, SCORE_HIGH, pairs};
use super::super::viewer::Viewer;
use super::made::{action, badge, by_title, part, quiet};

/// So many pairs are shown.
const SHOWN_MAX: usize = 40;
impl Viewer<'_> {
    /// Everybody on this device, each by the card under which the person is shown.
    fn everybody(&mut self) -> Vec<Known> {
        let same = self.open.same();
        let mut all = Vec::new();
        for case in self.of_kind("case") {
            let Some(household) = self.household(case) else { continue };
            for (at, listed) in household.persons.iter().enumerate() {
                if same.under(case, &listed.entry).is_none() {
                    all.push(Known { case, household: Rc::clone(&household), at });
                }
            }
        }
        all
    }

    /// Pairs who may be one, the most alike first: all, or those of one person.
    fn pairs(&mut self, of: Option<(DocumentId, &str)>) -> Vec<(Known, Known, Likeness)> {
        let all = self.everybody();
        pairs(&all, of)
    }

    /// How many may be the person that is being written down, and the way to them; nothing when none.
    pub(super) fn like_action(&mut self, case: DocumentId, entry: &str) -> Option<(Badge, Action)> {
        let number = self.pairs(Some((case, entry))).len();
        let label = match number {
            0 => return None,
            1 => self.w(Word::TwinsOne).to_owned(),
            many => self.f(Word::TwinsMany, &[&many.to_string()]),
        };
        let act = Act::Go([&self.address(case), "/persons/", entry, "/lika"].concat());
        Some((badge(self.w(Word::Twins), Tone::Info), action("twins", label, Sign::Search, act)))
    }

    /// The list of all pairs, or of those of one person.
    pub(super) fn twins(&mut self, of: Option<(DocumentId, &str)>) -> PageView {
        let found = self.pairs(of);
        let mut about = vec![self.w(Word::TwinsHelp).to_owned()];
        if found.is_empty() {
            about = vec![self.w(Word::TwinsNone).to_owned()];
        } else if found.len() > SHOWN_MAX {
            about
                .push(self.f(Word::TwinsMore, &[&SHOWN_MAX.to_string(), &found.len().to_string()]));
        }
        let mut parts = vec![part("twins", "", Body::Text(about))];
        for (number, (one, other, like)) in (1..).zip(found.iter().take(SHOWN_MAX)) {
            parts.push(self.pair(number, (one, other), like));
        }
        parts.extend(of.map(|(case, entry)| self.all_others(case, entry)));
        let back = match of {
            None => ("/arenden".to_owned(), self.w(Word::Cases).to_owned()),
            Some((case, entry)) => {
                let back = [&self.address(case), "/persons/", entry].concat();
                (back, self.w(Word::Back).to_owned())
            }
        };
        PageView {
            title: self.w(Word::Twins).to_owned(),
            back: Some(back),
            parts,
            ..PageView::default()
        }
    }

    /// Everybody else on this device, to say that one of them is the same person.
    fn all_others(&mut self, case: DocumentId, entry: &str) -> Part {
        // Who is said to be somebody already stays so: that one is the other, too.
        let own = self.shown_as(case, entry);
        let mut lines = Vec::new();
        for other in self.everybody() {
            let shown = other.card();
            if shown != own {
                let mut line = self.person_line(shown.0, &shown.1);
                line.actions.push(self.same_action(&own, &shown));
                lines.push(line);
            }
        }
        by_title(&mut lines);
        self.lines("everybody", Word::SameAll, lines, Word::Empty)
    }

    /// Two persons beside each other.
    fn pair(&mut self, number: u32, (one, other): (&Known, &Known), like: &Likeness) -> Part {
        let mut lines = Vec::new();
        for (shown, card) in [(one, other), (other, one)] {
            let mut person = self.person_line(shown.case, shown.entry());
            person.actions.push(self.same_action(&card.card(), &shown.card()));
            lines.push(person);
        }
        let score = self.f(Word::TwinScore, &[&like.score.to_string()]);
        let tone = if like.score >= SCORE_HIGH { Tone::Decide } else { Tone::Info };
        if let Some(line) = lines.first_mut() {
            line.badges.push(badge(score, tone));
        }
        let id = pair_id(one.entry(), other.entry());
        let mut pair = part(&id, "", Body::Lines(lines, String::new()));
        // No two parts of a page are called alike: whoever hears it goes by their names.
        pair.title = [&number.to_string(), ". ", &self.reasons(like)].concat();
        pair.actions.extend(self.not_same(one, other, &id));
        pair
    }

    /// Says that two are two, in the case of the first.
    fn not_same(&self, one: &Known, other: &Known, id: &str) -> Option<Action> {
        let at = |field: &str| FieldPath::parse(&["not_duplicates/", id, field].concat()).ok();
        let values = vec![
            (at("/person")?, Value::text(one.entry())),
            (at("/other")?, Value::text(other.entry())),
        ];
        let act = Act::Set { document: one.case, values };
        Some(quiet(action("not-same", self.w(Word::NotSame), Sign::Cross, act)))
    }

    /// What speaks for it, then what speaks against it.
    pub(in crate::app::view) fn reasons(&self, like: &Likeness) -> String {
        let mut said = String::new();
        let mut is_against = false;
        for reason in &like.reasons {
            if !said.is_empty() {
                said.push_str(", ");
            }
            if reason.is_against() && !is_against {
                is_against = true;
                said.push_str(self.w(Word::TwinBut));
                said.push(' ');
            }
            said.push_str(&self.reason(*reason));
        }
        // All these words begin with plain letters.
        if let Some(first) = said.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        said
    }

    fn reason(&self, reason: Reason) -> String {
        let word = match reason {
            Reason::SameNumber => Word::TwinSameNumber,
            Reason::SameCard => Word::TwinSameCard,
            Reason::SameReserve => Word::TwinSameReserve,
            Reason::SameFile => Word::TwinSameFile,
            Reason::SamePhone => Word::TwinSamePhone,
            Reason::SameGiven => Word::TwinSameGiven,
            Reason::GivenSounds(None) => Word::TwinGivenSounds,
            Reason::GivenSounds(Some(script)) => {
                return self.f(Word::TwinGivenScript, &[self.w(script_word(script))]);
            }
            Reason::SameFamily => Word::TwinSameFamily,
            Reason::FamilySounds(None) => Word::TwinFamilySounds,
            Reason::FamilySounds(Some(script)) => {
                return self.f(Word::TwinFamilyScript, &[self.w(script_word(script))]);
            }
            Reason::FamilyInitial => Word::TwinFamilyInitial,
            Reason::NamesSwapped => Word::TwinNamesSwapped,
            Reason::SameBirth => Word::TwinSameBirth,
            Reason::BirthSwapped => Word::TwinBirthSwapped,
            Reason::SameYear => Word::TwinSameYear,
            Reason::BirthNear => Word::TwinBirthNear,
            Reason::OtherBirth => Word::TwinOtherBirth,
            Reason::OtherSex => Word::TwinOtherSex,
            Reason::OtherNumber => Word::TwinOtherNumber,
        };
        self.w(word).to_owned()
    }
}

const fn script_word(script: Script) -> Word {
    match script {
        Script::Latin => Word::ScriptLatin,
        Script::Arabic => Word::ScriptArabic,
        Script::Cyrillic => Word::ScriptCyrillic,
        Script::Geez => Word::ScriptGeez,
    }
}

/// The id of what is said of two persons: the same on every device, whoever says it.
fn pair_id(one: &str, other: &str) -> String {
    let (first, second) = if one < other { (one, other) } else { (other, one) };
    let hash = sha256(&[b"ankomst two persons", first.as_bytes(), b" ", second.as_bytes()]);
    EntryId::from_bytes(hash.first_chunk().copied().unwrap_or_default()).to_string()
}
