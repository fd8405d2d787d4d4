//! Runs of checklists.

use ankomst_shared::app::{
    Act, Action, FieldView, GroupView, Input, ItemView, Language, Refusal, RunRow, RunView, Sign,
    Why,
};
use ankomst_shared::catalog::{Again, Checklist, Evidence, Field, Item, display};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::merge::{Late, RecordState};
use ankomst_shared::order;
use ankomst_shared::path::FieldPath;
use ankomst_shared::rules::Ask;
use ankomst_shared::rules::overdue::{is_answered, item_times, status_field};
use ankomst_shared::text::Word;
use ankomst_shared::value::Value;

use super::page::made::{action, asked, primary, question};
use super::page::why::why_at;
use super::viewer::{Viewer, count};

impl Viewer<'_> {
    /// The checklist of a run, in the version it was begun with; one that this program cannot read is of a
    /// newer one.
    pub(super) fn checklist(&self, id: DocumentId) -> Result<&'static Checklist, Refusal> {
        let header = self.open.headers.get(&id).ok_or(Refusal::NotHere)?;
        let (list, version) = header.template.as_ref().ok_or(Refusal::NotHere)?;
        self.catalog.checklist(list, *version).ok_or(Refusal::OtherBuild)
    }

    pub(super) fn run_row(&mut self, id: DocumentId) -> Result<RunRow, Refusal> {
        let record = self.record(id)?;
        let checklist = self.checklist(id)?;
        let of = self.beside(id)?;
        let beside = of.all();
        let (mut answered, mut not_ok, mut overdue) = (0, 0, 0);
        for item in &checklist.items {
            let status = self.text(id, &format!("item/{}/{}", item.id, status_field(item)));
            let is_answered = is_answered(&status);
            answered += usize::from(is_answered);
            not_ok += usize::from(status == "not_ok");
            overdue += usize::from(!is_answered && self.is_late(&self.ask(&of, &beside, ""), item));
        }
        let people = self.open.people(id);
        let mut people: Vec<String> = people.iter().map(|user| self.person(*user)).collect();
        order::sort_and_dedup(&mut people);
        Ok(RunRow {
            document: id,
            title: checklist.label.get(self.language).to_owned(),
            started_ms: self.open.headers.get(&id).map_or(0, |header| header.created_ms),
            people,
            answered: count(answered),
            total: count(checklist.items.len()),
            not_ok: count(not_ok),
            overdue: count(overdue),
            conflicts: count(record.open()),
            state: self.run_state(id, &record),
        })
    }

    /// The state of a run in words; what came after its signing shows there.
    fn run_state(&mut self, id: DocumentId, record: &RecordState) -> String {
        if record.late.iter().all(Late::is_decided) {
            return self.words(id, "state");
        }
        self.catalog.code_words("run_state", "signed_with_late_changes", self.language)
    }

    /// What was said of an entry by people who did not know of the signing.
    pub(super) fn late(&mut self, id: DocumentId, prefix: &str) -> Vec<String> {
        let (Ok(record), Ok(kind)) = (self.record(id), self.kind(id)) else { return Vec::new() };
        let mut lines = Vec::new();
        for late in record.late.iter().filter(|late| late.path.as_str().starts_with(prefix)) {
            let Some(located) = self.catalog.locate(&kind.id, &late.path) else { continue };
            for said in &late.said {
                let text = self.catalog.words(located.field, &said.value, self.language);
                let label = located.field.label.get(self.language);
                let (who, when) = (self.person(said.meta.user), self.moment(said.meta.claimed_ms));
                let device = self.device(said.meta.device);
                lines.push(self.f(Word::LateSaid, &[label, &text, &who, &when, &device]));
            }
        }
        lines
    }

    pub(super) fn run(&mut self, id: DocumentId) -> Result<RunView, Refusal> {
        let row = self.run_row(id)?;
        let checklist = self.checklist(id)?;
        let parent = self.open.headers.get(&id).and_then(|header| header.parent);
        let of = self.beside(id)?;
        let beside = of.all();
        let mut why = Vec::new();
        for line in self.rule_lines(id, ("", "")) {
            for reasons in line.why {
                let label = [&line.title, " ", &reasons.label].concat();
                why.push(Why { label, ..reasons });
            }
        }
        let ask = self.ask(&of, &beside, "");
        let mut groups = Vec::new();
        for group in &checklist.groups {
            let items = checklist.items.iter().filter(|item| item.group == group.id);
            let items =
                items.map(|item| self.item(id, (&ask, item))).collect::<Result<Vec<_>, _>>()?;
            let status =
                |view: &ItemView| view.status.value.as_str().unwrap_or_default().to_owned();
            let answered = items.iter().filter(|item| is_answered(&status(item)));
            groups.push(GroupView {
                id: group.id.clone(),
                label: group.label.get(self.language).to_owned(),
                answered: count(answered.count()),
                not_ok: count(items.iter().filter(|item| status(item) == "not_ok").count()),
                items,
            });
        }
        Ok(RunView {
            row,
            parent_href: parent.map_or_else(String::new, |parent| self.address(parent)),
            parent_name: parent.map_or_else(String::new, |parent| self.title(parent)),
            version: checklist.version,
            actions: self.run_actions(id),
            why,
            groups,
        })
    }

    /// What can be done with the whole of a run.
    fn run_actions(&mut self, id: DocumentId) -> Vec<Action> {
        let print = Act::Go(format!("/utskrift/besok/{id}"));
        let mut actions = vec![action("protocol", self.w(Word::Protocol), Sign::Print, print)];
        if matches!(self.text(id, "state").as_str(), "signed" | "signed_with_late_changes") {
            let why = question("reason", self.w(Word::Reason), Input::Text, Value::Null);
            let reopen = action("reopen", self.w(Word::ReopenRun), Sign::Back, Act::Reopen(id));
            // A file alone signs nothing.
            let stands = !self.open.is_under_brought(id);
            actions.extend(stands.then(|| asked(reopen, self.w(Word::ReopenRunHelp), vec![why])));
        } else {
            let anchors = self.checklist(id).map(|list| list.anchors.as_slice());
            let dates = self.date_questions(id, anchors.unwrap_or_default());
            if !dates.is_empty() {
                let act = Act::Set { document: id, values: Vec::new() };
                let say = action("dates", self.w(Word::RunDates), Sign::Day, act);
                actions.push(asked(say, self.w(Word::RunDatesHelp), dates));
            }
            let act = Act::Sign { document: id, entry: None };
            let sign = primary(action("sign", self.w(Word::SignRun), Sign::Lock, act));
            actions.push(asked(sign, self.w(Word::SignRunHelp), Vec::new()));
        }
        actions
    }

    fn item(
        &mut self,
        id: DocumentId,
        (ask, item): (&Ask<'_>, &Item),
    ) -> Result<ItemView, Refusal> {
        let language = self.language;
        let other = if language == Language::Sv { Language::En } else { Language::Sv };
        let number = item.evidence.iter().find_map(|evidence| {
            if let Evidence::Number(unit, _) = evidence { Some(unit) } else { None }
        });
        let again = item.due.as_ref().is_some_and(|due| due.again != Again::Once);
        let value = match number {
            Some(unit) => Some(self.item_field(id, &item.id, ("value", unit.get(language)))?),
            None if again => Some(self.item_field(id, &item.id, ("last_done", ""))?),
            None => None,
        };
        let said = self.text(id, &format!("item/{}/{}", item.id, status_field(item)));
        let in_words = |list: &str, codes: &[String], between: &str| {
            let words = codes.iter().map(|code| self.catalog.code_words(list, code, language));
            words.collect::<Vec<_>>().join(between)
        };
        let departments = in_words("department", &item.departments, ", ");
        let sources = in_words("source", &item.sources, "; ");
        let is_late = !is_answered(&said) && self.is_late(ask, item);
        Ok(ItemView {
            id: item.id.clone(),
            text: item.label.get(language).to_owned(),
            text_other: item.label.get(other).to_owned(),
            severity: item.severity.unwrap_or_default(),
            severity_text: item
                .severity
                .map_or_else(String::new, |grade| severity(grade, language).to_owned()),
            scope: item.scope.clone(),
            short: item.short,
            threshold: item.threshold.as_ref().map(|text| text.get(language).to_owned()),
            evidence: item
                .evidence
                .iter()
                .map(|one| display::evidence_words(one, language))
                .collect(),
            sources,
            departments,
            overdue: is_late,
            due: self.due_words(ask, item),
            why: item
                .due
                .as_ref()
                .map_or_else(String::new, |_| why_at("item_overdue", id, &item.id)),
            status: self.item_field(id, &item.id, (status_field(item), ""))?,
            value,
            comment: self.item_field(id, &item.id, ("comment", ""))?,
            late: self.late(id, &format!("item/{}/", item.id)),
            files: self.files(id, &format!("item/{}", item.id)),
        })
    }

    /// Whether the day or moment of an item has passed.
    fn is_late(&self, ask: &Ask<'_>, item: &Item) -> bool {
        let (due, _) = item_times(ask, item);
        due.is_ok_and(|due| due.is_past(self.now.today(), self.now.ms))
    }

    fn item_field(
        &mut self,
        id: DocumentId,
        item: &str,
        (field, unit): (&str, &str),
    ) -> Result<FieldView, Refusal> {
        let record = self.record(id)?;
        let list = self.kind(id)?.entry_list("item").ok_or(Refusal::NotHere)?;
        let asked: &Field =
            list.fields.iter().find(|known| known.id == field).ok_or(Refusal::NotHere)?;
        let path =
            FieldPath::parse(&format!("item/{item}/{field}")).map_err(|_| Refusal::NotHere)?;
        let mut view = self.field(id, (&path, asked), &record);
        if !unit.is_empty() {
            view.input = Input::Decimal(Some(unit.to_owned()));
        }
        Ok(view)
    }
}

const fn severity(severity: u8, language: Language) -> &'static str {
    match (severity, language) {
        (1, Language::Sv) => "Genast",
        (1, Language::En) => "At once",
        (2, Language::Sv) => "Inom 72 timmar",
        (2, Language::En) => "Within 72 hours",
        (3, Language::Sv) => "Inom 14 dagar",
        (3, Language::En) => "Within 14 days",
        (_, Language::Sv) => "Inom 60 dagar",
        (_, Language::En) => "Within 60 days",
    }
}
