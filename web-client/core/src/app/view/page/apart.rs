//! `/arenden/<case>/persons/<card>/kort`: what was said of a card and another, what was written on both
//! since, and taking them apart.

use ankomst_shared::app::{Act, Action, Input, Line, PageView, Part, Refusal, Sign};
use ankomst_shared::document::Statement;
use ankomst_shared::ids::DocumentId;
use ankomst_shared::order;
use ankomst_shared::path::FieldPath;
use ankomst_shared::same::{Card, name_in, named};
use ankomst_shared::text::Word;
use ankomst_shared::value::Value;

use super::super::viewer::Viewer;
use super::made::{action, asked, question, quiet};

/// Fields of a card that say nothing of the person.
const OF_CARD: [&str; 2] = ["duplicate_of", "tombstone"];

impl Viewer<'_> {
    /// What was said of whether a card is somebody else’s, the newest last.
    pub(super) fn sayings(&mut self, card: &Card) -> Vec<(String, Statement)> {
        let Ok(record) = self.record(card.0) else { return Vec::new() };
        let mut all = Vec::new();
        for id in record.entries(self.catalog, "case", "same_said") {
            if record.text(&["same_said/", &id, "/person"].concat()) != card.1 {
                continue;
            }
            let path = FieldPath::parse(&["same_said/", &id, "/joined"].concat()).ok();
            let said = path.and_then(|path| record.fields.get(&path)?.statements.first().cloned());
            all.extend(said.map(|said| (id, said)));
        }
        order::sort_by_key(&mut all, |(_, said)| said.id);
        all
    }

    /// A saying in words: as which and why; by whom and when.
    pub(super) fn saying_words(
        &mut self,
        case: DocumentId,
        (id, said): &(String, Statement),
    ) -> (String, String) {
        let key = |field: &str| ["same_said/", id, "/", field].concat();
        let other = named(case, &self.text(case, &key("other")));
        let other = other.map_or_else(String::new, |other| self.card_words(&other));
        let joined = said.value == Value::Bool(true);
        let word = if joined { Word::SameWas } else { Word::ApartWas };
        let what = [&self.f(word, &[&other]), ": ", &self.text(case, &key("reason"))].concat();
        let who = self.person(said.meta.user);
        (what, [&who, " · ", &self.moment(said.meta.claimed_ms)].concat())
    }

    /// Says that a card is of the person of another, which is shown from then on; asks why.
    pub(super) fn same_action(&mut self, card: &Card, shown: &Card) -> Action {
        let (shown_words, words) = (self.card_words(shown), self.card_words(card));
        let help = self.f(Word::SameHelp, &[&shown_words, &words]);
        let made = (Word::SameKeep, Sign::Tick);
        quiet(self.saying(card, shown, true, (made, help)))
    }

    /// Says that a card is not of the person of the one it points at; asks why.
    fn apart_action(&mut self, card: &Card, to: &Card) -> Action {
        let help = self.w(Word::ApartHelp).to_owned();
        self.saying(card, to, false, ((Word::NotSame, Sign::Differ), help))
    }

    fn saying(
        &mut self,
        card: &Card,
        other: &Card,
        joined: bool,
        ((label, sign), help): ((Word, Sign), String),
    ) -> Action {
        let (case, entry) = card.clone();
        let act = Act::Same(case, entry, name_in(case, other), joined);
        let name = if joined { "same" } else { "apart" };
        let why = question("reason", self.w(Word::Reason), Input::Text, Value::Null);
        asked(action(name, self.w(label), sign, act), help, vec![why])
    }

    /// What was said of a card, what was written since on it and on the other, and taking apart.
    pub(super) fn card_page(&mut self, case: DocumentId, entry: &str) -> Result<PageView, Refusal> {
        let card = (case, entry.to_owned());
        let sayings = self.sayings(&card);
        if sayings.is_empty() {
            return Err(Refusal::NotHere);
        }
        let mut said = Vec::new();
        for one in sayings.iter().rev() {
            let (title, figure) = self.saying_words(case, one);
            said.push(Line { key: one.0.clone(), title, figure, ..Line::default() });
        }
        let mut parts = vec![self.lines("said", Word::CardsSaid, said, Word::Empty)];
        let same = self.open.same();
        let mut actions = Vec::new();
        if let Some(to) = same.to(case, entry) {
            actions.push(self.apart_action(&card, to));
        }
        parts.extend(self.since(&card, &sayings));
        Ok(PageView {
            title: self.card_words(&card),
            back: Some((self.card_address(&card), self.w(Word::Back).to_owned())),
            actions,
            parts,
            ..PageView::default()
        })
    }

    /// What was written on two cards after they were said to be of one person.
    fn since(&mut self, card: &Card, sayings: &[(String, Statement)]) -> Option<Part> {
        let (id, joined) =
            sayings.iter().rev().find(|(_, said)| said.value == Value::Bool(true))?;
        let other = named(card.0, &self.text(card.0, &["same_said/", id, "/other"].concat()))?;
        let known = self.open.read(card.0)?.history_of(&[joined.change]);
        let at = joined.meta.claimed_ms;
        let mut lines = Vec::new();
        for (one, another) in [(card, &other), (&other, card)] {
            let Ok(record) = self.record(one.0) else { continue };
            let prefix = ["persons/", &one.1, "/"].concat();
            for (path, state) in &record.fields {
                let Some(rest) = path.as_str().strip_prefix(&prefix) else { continue };
                let news = state.statements.iter().find(|said| {
                    // Of another record, only the clock tells what came later.
                    let is_own = one.0 == card.0;
                    if is_own { !known.contains(&said.change) } else { said.meta.claimed_ms >= at }
                });
                if let Some(news) = news
                    && !OF_CARD.contains(&rest)
                {
                    let who = self.person(news.meta.user);
                    let figure = [&who, " · ", &self.moment(news.meta.claimed_ms)].concat();
                    lines.extend(self.since_line(one, another, (rest, &news.value), figure));
                }
            }
        }
        let mut part = self.lines("since", Word::Since, lines, Word::SinceNone);
        self.w(Word::SinceHelp).clone_into(&mut part.help);
        Some(part)
    }

    /// One thing written since, with the way to write it on the other card as well.
    fn since_line(
        &mut self,
        one: &Card,
        another: &Card,
        (rest, value): (&str, &Value),
        figure: String,
    ) -> Option<Line> {
        let own = ["persons/", &one.1, "/", rest].concat();
        let path = FieldPath::parse(&own).ok()?;
        let located = self.catalog.locate("case", &path)?;
        let text = self.catalog.words(located.field, value, self.language);
        let member = located.member.filter(|_| located.field.typ.has_members());
        let text = match (member, located.field.typ.list()) {
            (Some(code), Some(list)) => self.catalog.code_words(list, code, self.language),
            _ if text.is_empty() => self.w(Word::Emptied).to_owned(),
            _ => text,
        };
        let to = ["persons/", &another.1, "/", rest].concat();
        let there = self.value(another.0, &to);
        let mut line = Line {
            key: [&one.1, "-", &rest.replace('/', "-")].concat(),
            title: [located.field.label.get(self.language), ": ", &text].concat(),
            detail: self.card_words(one),
            figure,
            ..Line::default()
        };
        if self.open.kind(another.0) == Some("case") && there.as_ref() != Some(value) {
            let values = vec![(FieldPath::parse(&to).ok()?, value.clone())];
            let words = self.card_words(another);
            let label = self.f(Word::WriteOver, &[&words]);
            let act = Act::Set { document: another.0, values };
            line.actions.push(quiet(action("write-over", label, Sign::Pencil, act)));
        }
        Some(line)
    }
}
