//! Where runs of checklists begin, and the dates that their times count from.

use ankomst_shared::app::{Action, Question, Sign};
use ankomst_shared::catalog::{
    Again, Catalog, Field, Item, Offered, When, due_latest, due_when, months_after, read_date,
    written_date,
};
use ankomst_shared::form::Form;
use ankomst_shared::ids::DocumentId;
use ankomst_shared::merge::RecordState;
use ankomst_shared::text::Word;
use ankomst_shared::value::Value;

use super::super::viewer::Viewer;
use super::made::{action, asked, question};
use ankomst_shared::app::Act;

/// Months from birth to the 18th birthday.
const EIGHTEEN: i64 = 12 * 18;

/// What a house or case says of an event: its field with that anchor, or the day on which its only
/// person, born on a day that is known, turns 18.
fn known_date(
    catalog: &Catalog,
    (kind, record): (&str, &RecordState),
    anchor: &str,
) -> Option<Value> {
    let found = if anchor == "B18" { "birth_date" } else { anchor };
    let (list, field) = catalog.anchor(kind, found)?;
    let Some(list) = list else {
        return record.value(&field.id).cloned().filter(|value| !value.is_null());
    };
    let mut entries = record.entries(catalog, kind, &list.id);
    let (Some(person), true) = (entries.pop(), entries.is_empty()) else { return None };
    let text = |field: &str| record.text(&format!("{}/{person}/{field}", list.id));
    if !matches!(text("birth_precision"), "" | "day") {
        return None;
    }
    let birthday = months_after(read_date(text(&field.id))?, EIGHTEEN)?;
    Some(Value::text(written_date(birthday)))
}

impl Viewer<'_> {
    /// The buttons of the checklists that fit a house or case: inspections, or all others.
    pub(super) fn starts(&mut self, id: DocumentId, inspections: bool) -> Vec<Action> {
        let kind = self.open.kind(id).unwrap_or_default().to_owned();
        let mut starts = Vec::new();
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
            let known = self.date_of(id, (anchor, field)).unwrap_or(Value::Null);
            let label = field.label.get(self.language);
            let mut asked = question(&field.id, label, self.input(field, &[]), known);
            asked.required = false;
            questions.push(asked);
        }
        questions
    }

    /// The date of an event, from a run or else from the house or case.
    fn date_of(&mut self, id: DocumentId, (anchor, field): (&str, &Field)) -> Option<Value> {
        let kind = self.open.kind(id)?.to_owned();
        if kind != "run" {
            let record = self.record(id).ok()?;
            return known_date(self.catalog, (&kind, &record), anchor);
        }
        let said = self.value(id, &field.id);
        if said.is_some() {
            return said;
        }
        let parent = self.open.headers.get(&id)?.parent?;
        self.date_of(parent, (anchor, field))
    }

    /// The day or moment an item of a task checklist is to be done by.
    pub(in crate::app::view) fn item_due(&mut self, run: DocumentId, item: &Item) -> Option<When> {
        self.item_times(run, item).0
    }

    /// The same in words, with the very last day where the rule has one.
    pub(in crate::app::view) fn due_words(&mut self, run: DocumentId, item: &Item) -> String {
        match self.item_times(run, item) {
            (None, _) => String::new(),
            (Some(when), None) => when.written(),
            (Some(when), Some(latest)) => {
                self.f(Word::DueLatest, &[&when.written(), &latest.written()])
            }
        }
    }

    /// When an item is due, and at the very latest.
    fn item_times(&mut self, run: DocumentId, item: &Item) -> (Option<When>, Option<When>) {
        let moved = self.text(run, &format!("item/{}/due_override", item.id));
        let moved = read_date(&moved).map(When::Day);
        let Some(due) = &item.due else { return (moved, None) };
        let field = self.catalog.date_field(&due.anchor);
        let from = field.and_then(|field| self.date_of(run, (&due.anchor, field)));
        let Some(from) = from.and_then(|from| When::read(&from)) else { return (moved, None) };
        let done = if due.again == Again::Once {
            None
        } else {
            read_date(&self.text(run, &format!("item/{}/last_done", item.id)))
        };
        (moved.or_else(|| due_when(due, from, done).ok()), due_latest(due, from))
    }
}
