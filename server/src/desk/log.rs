//! `/administration/logg`: the months of the access log, and `/administration/logg/<yyyy-mm>`, its review: a
//! sample of the readings of a month and all emergencies, with what the review has found. For supervisors of the unit
//! and auditors. Records stand by their numbers, never by names.

use ankomst_shared::app::{
    Act, Acted, Action, Body, Choice, Input, Line, PageView, Role, Sign, Tone,
};
use ankomst_shared::catalog::Catalog;
use ankomst_shared::ids::{DocumentId, UserId};
use ankomst_shared::report::csv;
use ankomst_shared::text::Word;
use jiff::ToSpan as _;
use jiff::civil::Date;

use super::made::{badge, plain};
use super::sample::{Review, Sample, is_need, sample};
use super::{Answers, Desk, DeskError, text};
use crate::accounts::days;
use crate::storage::StorageError;
use crate::storage::accesses::entry::{Entry, Mode, Noted, What};
use crate::storage::accesses::read;
use crate::storage::sqlite::{Connection, accounts, grants, log, rows, staff};
use crate::sync::access;

/// The place.
pub(super) const HERE: &str = "/administration/logg";
/// Months that are listed.
const MONTHS: i32 = 24;
/// What a review may find.
const RESULTS: [(&str, Word, Tone); 3] = [
    ("ok", Word::DeskLogOk, Tone::Good),
    ("ask", Word::DeskLogAsk, Tone::Decide),
    ("breach", Word::DeskLogBreach, Tone::Danger),
];
/// Columns of R-12, as files have them.
const COLUMNS: [&str; 15] = [
    "period",
    "reader",
    "role",
    "case_no",
    "opened_at",
    "mode",
    "device",
    "purpose",
    "assigned",
    "break_glass",
    "field_groups",
    "sample_selected",
    "reviewer",
    "result",
    "remark",
];

/// An entry in words.
struct Told {
    reader: String,
    role: String,
    record: String,
    at: String,
    mode: &'static str,
    device: String,
    purpose: String,
    assigned: Option<bool>,
    groups: &'static str,
    what: String,
    reviewer: String,
}

impl Desk {
    /// Whether this person reviews the log.
    pub(super) fn reviews(&self) -> bool {
        self.me.is(Role::Supervisor) || self.me.is(Role::Auditor)
    }

    /// A place of the access log.
    pub(super) fn access_log(&self, address: &str) -> Result<PageView, DeskError> {
        if !self.reviews() {
            return Err(DeskError::NotAllowed);
        }
        match address.strip_prefix(HERE) {
            Some("") => self.months(),
            Some(rest) => self.review(rest.strip_prefix('/').ok_or(DeskError::Nowhere)?),
            None => Err(DeskError::Nowhere),
        }
    }

    fn months(&self) -> Result<PageView, DeskError> {
        let first = days::of(self.app.audit.read(read::first_ms)?);
        let first = first.get(..7).unwrap_or_default();
        let today: Date = days::of(self.app.now_ms()).parse().unwrap_or(Date::MIN);
        let month = |back: i32| {
            let day = today.first_of_month().checked_sub(back.months()).ok()?;
            Some(day.strftime("%Y-%m").to_string())
        };
        let known = (0..MONTHS).filter_map(month).filter(|month| month.as_str() >= first);
        let lines = known.map(|month| Line {
            key: month.clone(),
            href: Some(format!("{HERE}/{month}")),
            title: month,
            ..Line::default()
        });
        let lines = Body::Lines(lines.collect(), String::new());
        Ok(PageView {
            title: self.w(Word::DeskLog).to_owned(),
            back: Some(self.back()),
            parts: vec![
                self.notice("how", Tone::Info, Word::DeskLogHelp),
                self.part("months", Word::DeskLogMonths, lines),
                self.asked_to_open()?,
            ],
            actions: self.ask_action().into_iter().collect(),
            ..PageView::default()
        })
    }

    fn sampled(&self, month: &str) -> Result<Sample, DeskError> {
        let found = self.app.audit.read(|db| sample(db, self.me.unit, month))?;
        found.ok_or(DeskError::Nowhere)
    }

    fn review(&self, month: &str) -> Result<PageView, DeskError> {
        let found = self.sampled(month)?;
        let mut told = Vec::new();
        self.app.readers.read(|db| {
            for noted in &found.drawn {
                told.push(self.told(db, noted, found.reviews.get(&noted.seq))?);
            }
            Ok(())
        })?;
        self.saw_log(month);
        let open = found.drawn.iter().filter(|noted| !found.reviews.contains_key(&noted.seq));
        let lines = found.drawn.iter().zip(&told);
        let lines: Vec<Line> =
            lines.map(|(noted, told)| self.entry(month, noted, (told, &found))).collect();
        let mut part = self.part(
            "sample",
            Word::DeskLogSample,
            Body::Lines(lines, self.w(Word::DeskLogNone).to_owned()),
        );
        let counts = [found.all, found.drawn.len(), open.clone().count()];
        let counts = counts.map(|count| count.to_string());
        part.help = self.f(Word::DeskLogCount, &[&counts[0], &counts[1], &counts[2]]);
        let mut actions = Vec::new();
        if open.count() > 0 {
            let what = (Word::DeskLogRest, Sign::Tick, Word::DeskLogRestHelp);
            actions.push(self.act_of(HERE, ("review", month), what, Vec::new()));
        }
        let save = Act::Save(format!("R12-{month}.csv"), file(month, &found, &told));
        actions.push(plain("csv", self.w(Word::ReportCsv), Sign::None, save));
        actions.push(plain("print", self.w(Word::Print), Sign::Print, Act::Print));
        Ok(PageView {
            title: format!("{} {month}", self.w(Word::DeskLog)),
            back: Some((HERE.to_owned(), self.w(Word::DeskLog).to_owned())),
            actions,
            parts: vec![self.notice("how", Tone::Info, Word::DeskLogHelp), part],
            ..PageView::default()
        })
    }

    fn entry(&self, month: &str, noted: &Noted, (told, found): (&Told, &Sample)) -> Line {
        let mut badges = Vec::new();
        if is_need(noted.entry.what) {
            badges.push(badge(self.w(Word::DeskGuardOpened), Tone::Danger));
        }
        if noted.entry.mode == Mode::Offline {
            badges.push(badge(self.w(Word::DeskLogOffline), Tone::Info));
        }
        if let Some(assigned) = told.assigned {
            let word = if assigned { Word::DeskLogAssigned } else { Word::DeskLogUnassigned };
            badges.push(badge(self.w(word), Tone::Plain));
        }
        let mut detail = vec![told.role.as_str(), told.groups, &told.device, &told.purpose];
        let mut actions = Vec::new();
        let result = found.reviews.get(&noted.seq);
        match result.and_then(|review| RESULTS.iter().find(|(code, ..)| *code == review.result)) {
            Some((_, word, tone)) => {
                badges.push(badge(self.w(*word), *tone));
                detail.push(&told.reviewer);
                detail.push(result.map_or("", |review| review.remark.as_str()));
            }
            None => actions.extend(self.review_action(month, noted)),
        }
        detail.retain(|part| !part.is_empty());
        Line {
            key: noted.seq.to_string(),
            title: format!("{}: {} · {}", told.reader, told.what, told.record),
            detail: detail.join(" · "),
            figure: told.at.clone(),
            badges,
            actions,
            ..Line::default()
        }
    }

    fn review_action(&self, month: &str, noted: &Noted) -> Option<Action> {
        let choice = |(code, word, _): (&str, Word, Tone)| Choice {
            code: code.to_owned(),
            label: self.w(word).to_owned(),
            help: None,
            chosen: false,
            lacks_reason: false,
        };
        let mut remark = self.question("remark", Word::DeskLogRemark, Input::Text);
        remark.required = false;
        let results = Input::Choice(RESULTS.map(choice).to_vec());
        let asked = vec![self.question("result", Word::DeskLogResult, results), remark];
        let what = (Word::DeskLogRecord, Sign::Pencil, Word::Empty);
        let subject = format!("{month}/{}", noted.seq);
        (noted.entry.who != Some(self.me.id))
            .then(|| self.act_of(HERE, ("review", &subject), what, asked))
    }

    /// Notes what a review has found: `<month>/<entry>`, or `<month>` for all that nothing was found about yet.
    pub(super) async fn reviewed(
        &self,
        subject: &str,
        answers: &Answers,
    ) -> Result<Acted, DeskError> {
        if !self.reviews() {
            return Err(DeskError::NotAllowed);
        }
        let (month, chosen) = match subject.split_once('/') {
            Some((month, seq)) => {
                (month, Some(seq.parse::<i64>().map_err(|_| DeskError::Nowhere)?))
            }
            None => (subject, None),
        };
        let found = self.sampled(month)?;
        // Nobody reviews what he has read himself.
        let mut open = found.drawn.iter().filter(|noted| noted.entry.who != Some(self.me.id));
        let (seqs, result, remark): (Vec<i64>, &str, &str) = if let Some(seq) = chosen {
            let result = text(answers, "result")?;
            let known = RESULTS.iter().find(|(code, ..)| *code == result);
            let (code, ..) = known.ok_or(DeskError::BadValue("result"))?;
            open.find(|noted| noted.seq == seq).ok_or(DeskError::Nowhere)?;
            (vec![seq], code, text(answers, "remark").unwrap_or_default())
        } else {
            let open = open.filter(|noted| !found.reviews.contains_key(&noted.seq));
            (open.map(|noted| noted.seq).collect(), "ok", "")
        };
        let entry = |seq| Entry {
            about: format!("{month}/{seq}/{result}"),
            purpose: remark.to_owned(),
            ..self.by().entry(What::Reviewed)
        };
        match self.app.audit.note(seqs.into_iter().map(entry).collect()).await {
            Err(StorageError::Unnoted(_)) => Ok(self.said(Word::DeskLogFailsHelp)),
            noted => Ok(noted.map(|()| self.said(Word::SavedDone))?),
        }
    }

    fn told(
        &self,
        db: &Connection,
        noted: &Noted,
        review: Option<&Review>,
    ) -> Result<Told, StorageError> {
        let entry = &noted.entry;
        let name = |id: Option<UserId>| {
            let found = id.map(|id| accounts::user(db, id)).transpose()?.flatten();
            Ok::<_, StorageError>(found.map(|user| user.name).unwrap_or_default())
        };
        let mut roles = Vec::new();
        for grant in entry.who.map(|id| grants::of(db, id)).transpose()?.unwrap_or_default() {
            let general = grant.object.is_none() && grant.category.is_none();
            let role = self.role(grant.role);
            if general && grant.is_current(noted.received_ms) && !roles.contains(&role) {
                roles.push(role);
            }
        }
        let device = entry.device.map(|id| accounts::device(db, id)).transpose()?.flatten();
        let (record, assigned) = match entry.record {
            Some(id) => self.told_record(db, id, entry.who)?,
            None => (entry.about.clone(), None),
        };
        let action = match entry.what {
            What::Delivered => "checkout",
            What::Printed => "print",
            What::OpenedInNeed | What::ReadInNeed => "break_glass",
            What::Exported | What::Report => "export",
            _ => "view",
        };
        let all = matches!(
            entry.what,
            What::Delivered
                | What::Opened
                | What::Printed
                | What::Read
                | What::ReadInNeed
                | What::OpenedInNeed
        );
        Ok(Told {
            reader: name(entry.who)?,
            role: roles.join(", "),
            record,
            at: Self::moment(noted.at_ms()),
            mode: entry.mode.name(),
            device: device.map(|device| device.name).unwrap_or_default(),
            purpose: entry.purpose.clone(),
            assigned,
            groups: self.w(if all { Word::DeskLogAll } else { Word::DeskLogNames }),
            what: Catalog::builtin().code_words("access_action", action, self.language),
            reviewer: name(review.and_then(|review| review.by))?,
        })
    }

    /// The kind and number of a record, and whether the reader has it or what it belongs to. Of what a supervisor may
    /// not read, the kind alone.
    fn told_record(
        &self,
        db: &Connection,
        id: DocumentId,
        reader: Option<UserId>,
    ) -> Result<(String, Option<bool>), StorageError> {
        let Some(row) = log::document(db, id)? else { return Ok((String::new(), None)) };
        let kind = self.kind_label(&row.kind);
        let may = self.me.is(Role::Auditor) || access::may_read(db, &self.me, &row)?.is_some();
        let number = if may {
            self.app.row_readers.read(|db| rows::number_of(db, row.record()))?
        } else {
            String::new()
        };
        let own = reader.map(|reader| staff::cases_of(db, reader)).transpose()?.unwrap_or_default();
        let case = if row.kind == "case" { Some(row.id) } else { row.parent };
        let is_case = case.map(|case| log::document(db, case)).transpose()?.flatten();
        let is_case = is_case.is_some_and(|row| row.kind == "case");
        let assigned = case.filter(|_| is_case).map(|case| own.contains(&case));
        Ok((format!("{kind} {number}").trim_end().to_owned(), assigned))
    }
}

/// The sample as a file for a spreadsheet.
fn file(month: &str, found: &Sample, told: &[Told]) -> String {
    let mut lines = vec![COLUMNS.map(str::to_owned).to_vec()];
    let yes = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    lines.extend(found.drawn.iter().zip(told).map(|(noted, told)| {
        let review = found.reviews.get(&noted.seq);
        vec![
            month.to_owned(),
            told.reader.clone(),
            told.role.clone(),
            told.record.clone(),
            told.at.clone(),
            told.mode.to_owned(),
            told.device.clone(),
            told.purpose.clone(),
            told.assigned.map(yes).unwrap_or_default(),
            yes(is_need(noted.entry.what)),
            told.groups.to_owned(),
            yes(!is_need(noted.entry.what)),
            told.reviewer.clone(),
            review.map(|review| review.result.clone()).unwrap_or_default(),
            review.map(|review| review.remark.clone()).unwrap_or_default(),
        ]
    }));
    csv::write(&lines)
}
