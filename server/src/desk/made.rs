//! How the pieces of the desk's places are made.

use ankomst_shared::app::{
    Act, Action, Ask, Badge, Body, Choice, Input, Line, Look, Part, Question, Role, Sign, Tone,
};
use ankomst_shared::catalog::{Catalog, civil, written_date};
use ankomst_shared::text::{Word, fill, w};
use ankomst_shared::value::Value;

use super::Desk;

impl Desk {
    /// A word in the language.
    pub(super) const fn w(&self, word: Word) -> &'static str {
        w(self.language, word)
    }

    /// A word with its gaps filled.
    pub(super) fn f(&self, word: Word, parts: &[&str]) -> String {
        fill(self.w(word), parts)
    }

    /// A moment, in UTC: administrators sit in several zones.
    pub(super) fn moment(unix_ms: i64) -> String {
        civil(unix_ms).map_or_else(String::new, |at| {
            format!("{} {:02}:{:02} UTC", written_date(at.date()), at.hour(), at.minute())
        })
    }

    pub(super) fn part(&self, key: &str, title: Word, body: Body) -> Part {
        Part {
            key: key.to_owned(),
            title: self.w(title).to_owned(),
            help: String::new(),
            actions: Vec::new(),
            body,
        }
    }

    pub(super) fn notice(&self, key: &str, tone: Tone, word: Word) -> Part {
        Part {
            key: key.to_owned(),
            title: String::new(),
            help: self.w(word).to_owned(),
            actions: Vec::new(),
            body: Body::Notice(tone),
        }
    }

    /// An act of this place, with its subject in the name.
    pub(super) fn act_of(
        &self,
        page: &str,
        (name, subject): (&str, &str),
        (label, sign, help): (Word, Sign, Word),
        questions: Vec<Question>,
    ) -> Action {
        let label = self.w(label).to_owned();
        let what = if subject.is_empty() { name.to_owned() } else { format!("{name}:{subject}") };
        Action {
            name: name.to_owned(),
            label: label.clone(),
            sign,
            look: if subject.is_empty() { Look::Primary } else { Look::Quiet },
            ask: Some(Ask {
                title: label.clone(),
                help: self.w(help).trim().to_owned(),
                questions,
                done: label,
            }),
            act: Act::Server(page.to_owned(), what),
        }
    }

    pub(super) fn question(&self, id: &str, label: Word, input: Input) -> Question {
        let label = self.w(label).to_owned();
        Question { id: id.to_owned(), label, input, value: Value::Null, required: true }
    }

    /// A choice of roles.
    pub(super) fn roles(&self, roles: impl IntoIterator<Item = Role>) -> Input {
        let choice = |role: Role| Choice {
            code: role.name().to_owned(),
            label: self.role(role),
            help: None,
            chosen: false,
            lacks_reason: false,
        };
        Input::Choice(roles.into_iter().map(choice).collect())
    }

    /// A role in words.
    pub(super) fn role(&self, role: Role) -> String {
        Catalog::builtin().code_words("role", role.name(), self.language)
    }

    /// A line that leads to another place of the desk.
    pub(super) fn link(&self, href: &str, title: Word, figure: usize) -> Line {
        Line {
            key: href.to_owned(),
            href: Some(href.to_owned()),
            title: self.w(title).to_owned(),
            figure: figure.to_string(),
            ..Line::default()
        }
    }
}

/// A word in a tone.
pub(super) fn badge(text: &str, tone: Tone) -> Badge {
    let sign = if tone == Tone::Danger { Sign::Danger } else { Sign::None };
    Badge { text: text.to_owned(), tone, sign }
}

/// Something done at once.
pub(super) fn plain(name: &str, label: &str, sign: Sign, act: Act) -> Action {
    let (name, label) = (name.to_owned(), label.to_owned());
    Action { name, label, sign, look: Look::Plain, ask: None, act }
}
