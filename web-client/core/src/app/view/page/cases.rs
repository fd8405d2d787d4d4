//! `/arenden`: the cases on this device.

use ankomst_shared::app::{Act, Input, Line, PageView, Sign, Tone};
use ankomst_shared::find::short_number;
use ankomst_shared::ids::DocumentId;
use ankomst_shared::text::Word;
use ankomst_shared::value::Value;

use super::super::super::rows::Stage;
use super::super::viewer::Viewer;
use super::made::{action, asked, badge, primary, question, signed};

impl Viewer<'_> {
    pub(super) fn cases(&mut self) -> PageView {
        let ids = self.of_kind("case");
        let lines = ids.into_iter().filter_map(|id| self.case_line(id)).collect();
        let label = question("label", self.w(Word::CaseLabel), Input::Text, Value::Null);
        let new = primary(action("new-case", self.w(Word::NewCase), Sign::Plus, Act::NewCase));
        let act = Act::Go("/lika".to_owned());
        let twins = action("twins", self.w(Word::Twins), Sign::Search, act);
        PageView {
            title: self.w(Word::Cases).to_owned(),
            actions: vec![asked(new, self.w(Word::CaseLabelHelp), vec![label]), twins],
            parts: vec![self.lines("cases", Word::Empty, lines, Word::CasesNone)],
            ..PageView::default()
        }
    }

    /// The number of a case; until the server has given one, the end of the id serves.
    pub(super) fn case_number(&mut self, id: DocumentId) -> String {
        let number = self.text(id, "case_number");
        if !number.is_empty() {
            return number;
        }
        short_number(id)
    }

    /// A case in a list.
    pub(super) fn case_line(&mut self, id: DocumentId) -> Option<Line> {
        let record = self.record(id).ok()?;
        let persons = self.people(id);
        let names: Vec<String> = persons.iter().map(|entry| self.person_name(id, entry)).collect();
        let found_by = self.found_by(id, "persons");
        let mut badges = Vec::new();
        if self.is_protected(id) {
            badges.push(signed(self.w(Word::Protected), Tone::Danger, Sign::Shield));
        }
        badges.extend(self.state(id, "state"));
        badges.extend(self.conflicts(record.open()));
        let unsent = self.open.chunks.get(&id).into_iter().flatten();
        let unsent = unsent.filter(|(_, row)| row.stage == Stage::Unsent).count();
        if unsent > 0 {
            badges.push(badge(self.f(Word::Waiting, &[&unsent.to_string()]), Tone::Info));
        }
        let arrival = self.text(id, "arrival_date");
        let mut figure = vec![self.case_number(id)];
        if !arrival.is_empty() {
            figure.push(self.f(Word::Arrived, &[&arrival]));
        }
        Some(Line {
            key: id.to_string(),
            href: Some(format!("/arenden/{id}")),
            title: self.text(id, "household_label"),
            detail: names.join(", "),
            figure: figure.join(" · "),
            badges,
            found_by,
            ..Line::default()
        })
    }
}
