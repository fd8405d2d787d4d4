//! Where runs of checklists begin, and the dates that their times count from.

use ankomst_shared::app::{Action, Question, Role, Sign};
use ankomst_shared::catalog::{Item, Offered};
use ankomst_shared::form::Form;
use ankomst_shared::ids::DocumentId;
use ankomst_shared::rules::Ask;
use ankomst_shared::rules::overdue::{event, item_times, known_date};
use ankomst_shared::text::Word;
use ankomst_shared::value::Value;

use super::super::viewer::Viewer;
use super::made::{action, asked, question};
use ankomst_shared::app::Act;

impl Viewer<'_> {
    /// The buttons of the checklists that fit a house or case: inspections, or all others.
    pub(super) fn starts(&mut self, id: DocumentId, inspections: bool) -> Vec<Action> {
        let kind = self.open.kind(id).unwrap_or_default().to_owned();
        let mut starts = Vec::new();
        if inspections && !self.inspects() {
            return starts;
        }
        for list in self.catalog.checklists() {
            let offered = list.offered.as_ref().filter(|offered| offered.at == kind);
            let Some(offered) = offered.filter(|_| list.is_inspection() == inspections) else {
                continue;
            };
            let newest = self.catalog.newest_checklist(&list.id);
            if newest.is_some_and(|newest| newest.version > list.version) || !self.fits(id, offered)
            {
                continue;
            }
            let act = Act::StartRun { parent: id, checklist: list.id.clone() };
            let start = action(&offered.name, offered.label.get(self.language), Sign::Tick, act);
            let questions = self.date_questions(id, &offered.asks);
            // A run that is open is joined, and has its own dates.
            starts.push(if questions.is_empty() || self.is_open_run(id, &list.id) {
                start
            } else {
                asked(start, self.w(Word::RunDatesHelp), questions)
            });
        }
        starts
    }

    /// Whether somebody of these roles looks after houses: a child caseworker only places people there.
    pub(in crate::app::view) fn inspects(&self) -> bool {
        let roles = &self.open.identity.user.roles;
        !roles.contains(&Role::ChildCaseworker) || roles.len() > 1
    }

    fn is_open_run(&mut self, id: DocumentId, checklist: &str) -> bool {
        self.runs_of(id).into_iter().any(|run| {
            self.text(run, "checklist") == checklist && self.text(run, "state") == "open"
        })
    }

    /// Whether a checklist is for this house or case, as far as is known.
    fn fits(&mut self, id: DocumentId, offered: &Offered) -> bool {
        let Some(when) = &offered.when else { return true };
        let (Ok(kind), Ok(record)) = (self.kind(id), self.typed(id)) else { return false };
        Form::new(self.catalog, kind, &record).holds(when) != Some(false)
    }

    /// Questions for the dates of events, with what a run says of them, or else its house or case.
    pub(in crate::app::view) fn date_questions(
        &mut self,
        id: DocumentId,
        anchors: &[String],
    ) -> Vec<Question> {
        let mut questions = Vec::new();
        for anchor in anchors {
            // An inspection is on the day it is begun.
            let Some(field) = self.catalog.date_field(anchor).filter(|_| anchor != "VIS") else {
                continue;
            };
            let known = self.date_of(id, anchor).unwrap_or(Value::Null);
            let label = field.label.get(self.language);
            let mut asked = question(&field.id, label, self.input(field, &[]), known);
            asked.required = false;
            questions.push(asked);
        }
        questions
    }

    /// The date of an event, from a run or else from the house or case.
    fn date_of(&mut self, id: DocumentId, anchor: &str) -> Option<Value> {
        let of = self.beside(id).ok()?;
        let beside = of.all();
        let ask = self.ask(&of, &beside, "");
        if ask.kind == "run" {
            return event(&ask, anchor).map(|(_, _, value)| value);
        }
        known_date(ask.catalog, (ask.kind, ask.record), anchor).map(|(_, value)| value)
    }

    /// When an item of a task checklist is to be done, in words, with the very last day where the rule has
    /// one.
    pub(in crate::app::view) fn due_words(&self, ask: &Ask<'_>, item: &Item) -> String {
        let (when, latest) = item_times(ask, item);
        match (when.ok(), latest) {
            (None, _) => String::new(),
            (Some(when), None) => when.written(),
            (Some(when), Some(latest)) => {
                self.f(Word::DueLatest, &[&when.written(), &latest.written()])
            }
        }
    }
}
