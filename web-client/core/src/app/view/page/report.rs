//! `/rapport/avtal[/2013|/2010-2013]`: agreement and received for each year. Reckoned here, from what is
//! on this device, so that it opens without contact.

use ankomst_shared::app::{
    Act, Action, Bar, Body, Look, PageView, Part, Refusal, Role, Sign, Tone,
};
use ankomst_shared::catalog::{Field, Label, written_date};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::order;
use ankomst_shared::path::FieldPath;
use ankomst_shared::report::assigned::Assigned;
use ankomst_shared::report::cell::{COLUMNS, Told, cells, late_line, number};
use ankomst_shared::report::head::{Head, choose, facts, file};
use ankomst_shared::report::row::{Row, rows};
use ankomst_shared::report::trend;
use ankomst_shared::report::year::Year;
use ankomst_shared::text::Word;
use ankomst_shared::value::Value;

use super::super::viewer::Viewer;
use super::made::{action, asked, badge, part, primary};

/// The place.
const HERE: &str = "/rapport/avtal";
/// So many years without anything are shown between two others.
const GAP_MAX: usize = 10;
/// So many years can be chosen one by one.
const YEARS_SHOWN: usize = 6;

impl Viewer<'_> {
    /// The way to the report, as an action.
    pub(super) fn report_action(&self) -> Action {
        let go = Act::Go(HERE.to_owned());
        action("report", self.w(Word::ReportTitle), Sign::Folder, go)
    }

    pub(super) fn report(&mut self, wanted: &str) -> Result<PageView, Refusal> {
        if !self.has("year") {
            return Err(Refusal::NoPlace);
        }
        let chosen = period(wanted);
        let mut rows = self.report_rows();
        let mut all: Vec<i64> = rows.iter().map(|row| row.to).collect();
        all.dedup();
        choose(&mut rows, chosen);
        let mut page = PageView {
            title: self.w(Word::ReportTitle).to_owned(),
            back: Some(("/year".to_owned(), self.label("year", ""))),
            ..PageView::default()
        };
        page.badges.push(badge(self.open.standing.unit.clone(), Tone::Plain));
        if rows.is_empty() {
            let none = self.w(Word::ReportNone).to_owned();
            page.parts.push(part("report", "", Body::Lines(Vec::new(), none)));
            return Ok(page);
        }
        if rows.iter().any(Row::is_contested) {
            page.badges.push(badge(self.w(Word::ReportDisputed), Tone::Decide));
        }
        let head = self.report_head(chosen);
        let comma = self.language == ankomst_shared::app::Language::Sv;
        let save = |name: &str, word: &str, text: String| {
            let saved = Act::Save(["R-01", ".csv"].join(name), text);
            action(if name.is_empty() { "csv" } else { "csv-point" }, word, Sign::Folder, saved)
        };
        let texts =
            [true, false].map(|comma| self.in_words(comma, |told| file(&head, &rows, told)));
        let [with_comma, with_point] = texts;
        page.actions = vec![
            primary(save("", self.w(Word::ReportCsv), with_comma)),
            save("-point", self.w(Word::ReportCsvPoint), with_point),
            action("print", self.w(Word::Print), Sign::Print, Act::Print),
        ];
        self.plots(&rows, &mut page.parts);
        let written =
            self.in_words(comma, |told| rows.iter().map(|row| cells(row, told)).collect());
        let mut table = self.table(&rows, written, &mut page.parts);
        if all.len() > 1 {
            table.actions = self.choices_of_years(&all, chosen);
        }
        let at = page.parts.iter().position(|part| part.key == "without");
        page.parts.insert(at.unwrap_or(page.parts.len()), table);
        let said =
            self.in_words(comma, |told| (trend::facts(&rows, told), facts(&head, &rows, told)));
        if !said.0.is_empty() {
            page.parts.push(part("trend", self.w(Word::ReportTrend), Body::Facts(said.0)));
        }
        let codes = self.w(Word::ReportAbout);
        page.parts.push(part("head", codes, Body::Facts(said.1)));
        Ok(page)
    }

    fn has(&self, kind: &str) -> bool {
        let kind = self.catalog.kind(kind);
        kind.is_some_and(|kind| kind.is_had_by(&self.open.identity.user.roles))
    }

    /// Locks a year, as an action of supervisors.
    pub(super) fn lock_action(&mut self, id: DocumentId) -> Option<Action> {
        let is_locked = self.record(id).ok()?.value("locked") == Some(&Value::Bool(true));
        if is_locked || !self.open.identity.user.roles.contains(&Role::Supervisor) {
            return None;
        }
        let day = written_date(self.now.today());
        let user = self.open.identity.user.id.to_string();
        let mut values = Vec::new();
        for (field, value) in [
            ("locked", Value::Bool(true)),
            ("locked_by", Value::text(user)),
            ("locked_on", Value::text(day)),
        ] {
            values.push((FieldPath::parse(field).ok()?, value));
        }
        let act = Act::Set { document: id, values };
        let lock = action("lock-year", self.w(Word::ReportLock), Sign::Lock, act);
        Some(asked(lock, self.w(Word::ReportLockHelp), Vec::new()))
    }

    /// The rows, from the records that are here.
    fn report_rows(&mut self) -> Vec<Row> {
        let mut years = Vec::new();
        for id in self.of_kind("year") {
            let Ok(record) = self.record(id) else { continue };
            years.extend(Year::read(self.catalog, id, &record));
        }
        order::sort_by_key(&mut years, |one| [one.year.to_string(), one.id.to_string()].concat());
        let mut assigned = Vec::new();
        for id in self.of_kind("assignment") {
            let Ok(record) = self.record(id) else { continue };
            let mut arrived = |document, said: &ankomst_shared::document::Statement| {
                self.level(document, &said.change).1.unwrap_or(said.meta.claimed_ms)
            };
            assigned.extend(Assigned::read(self.catalog, &years, (id, &record), &mut arrived));
        }
        rows(&years, &assigned)
    }

    fn report_head(&mut self, chosen: Option<(i64, i64)>) -> Head {
        let mut waiting = Vec::new();
        for one in self.open.standing.away.clone() {
            waiting.push([&self.device(one.device), " ", &self.moment(one.seen_ms)].concat());
        }
        let supervises = self.open.identity.user.roles.contains(&Role::Supervisor);
        let none = if supervises { Word::ReportWaitingNone } else { Word::ReportUnknown };
        if waiting.is_empty() {
            waiting.push(self.w(none).to_owned());
        }
        if self.status.waiting > 0 {
            let own = self.open.identity.device_name.clone();
            let unsent = self.f(Word::Waiting, &[&self.status.waiting.to_string()]);
            waiting.push([&own, ": ", &unsent].concat());
        }
        let package = self.catalog.package();
        let heard = self.status.last_contact_ms.map(|ms| self.moment(ms));
        Head {
            unit: self.open.standing.unit.clone(),
            made: self.moment(self.now.ms),
            until: heard.unwrap_or_default(),
            waiting: waiting.join(", "),
            chosen,
            codes: [&package.id, " ", &package.version.to_string()].concat(),
        }
    }

    /// Asks something that needs names.
    fn in_words<T>(&mut self, comma: bool, asks: impl FnOnce(&mut Told<'_>) -> T) -> T {
        let language = self.language;
        let mut name = |what: &str, code: &str| self.called(what, code);
        asks(&mut Told { language, comma, name: &mut name })
    }

    fn called(&mut self, what: &str, code: &str) -> String {
        match what {
            "party" => code.parse().map(|id| self.title(id)).unwrap_or_default(),
            "user" => code.parse().map(|id| self.person(id)).unwrap_or_default(),
            "device" => code.parse().map(|id| self.device(id)).unwrap_or_default(),
            list => self.catalog.code_words(list, code, self.language),
        }
    }

    /// What came to a locked year, as a part of its page and of its lists.
    pub(super) fn late_part(&mut self, id: DocumentId) -> Option<Part> {
        let record = self.record(id).ok().filter(|record| !record.late.is_empty())?;
        let year = Year::read(self.catalog, id, &record).filter(|year| year.lock.is_some())?;
        let mut said = Vec::new();
        for one in &year.agreements {
            for late in &one.late {
                let line = self.in_words(true, |told| late_line(late, told));
                said.push([&one.title, ": ", &line].concat());
            }
        }
        Some(part("late", self.w(Word::ReportLateTitle), Body::Text(said)))
    }

    /// A plot for each agreement, the years from top to bottom.
    fn plots(&mut self, rows: &[Row], parts: &mut Vec<Part>) {
        let mut plots: Vec<(&Row, Vec<Bar>)> = Vec::new();
        for row in rows.iter().filter(|row| row.rules && row.year == row.to) {
            let figure = |value: Option<i64>| value.and_then(|value| u32::try_from(value).ok());
            let version = row.version.as_ref().map(|(_, version)| version);
            let stated: Vec<String> =
                row.figures("received").iter().map(|one| one.value.to_string()).collect();
            let mut text = stated.join(" / ");
            if let Some(version) = version {
                if !text.is_empty() {
                    text.push_str(" · ");
                }
                text.push_str(&number(version));
            }
            if row.is_contested() {
                text.push(' ');
                text.push_str(self.w(Word::ReportDisputed));
            }
            let bar = Bar {
                label: row.year.to_string(),
                value: figure(row.received),
                least: figure(version.and_then(|version| version.least)),
                most: figure(version.and_then(|version| version.most)),
                text,
            };
            let one = &row.agreement;
            let same = |(known, _): &&mut (&Row, Vec<Bar>)| {
                (&known.agreement.kind, &known.agreement.category) == (&one.kind, &one.category)
            };
            match plots.iter_mut().find(same) {
                Some((newest, bars)) => {
                    // A year of which nothing is known stands there, too.
                    for year in (newest.year.saturating_add(1)..row.year).take(GAP_MAX) {
                        let (label, text) = (year.to_string(), self.w(Word::WhyNone).to_owned());
                        bars.push(Bar { label, value: None, least: None, most: None, text });
                    }
                    *newest = row;
                    bars.push(bar);
                }
                None => plots.push((row, vec![bar])),
            }
        }
        // A number that nothing is held against is told well enough by the table.
        plots.retain(|(_, bars)| bars.iter().any(|bar| bar.value.is_some()));
        for (row, bars) in plots {
            let key = ["plot-", &row.agreement.entry].concat();
            let title = match row.agreement.title.as_str() {
                "" => self.called("category", &row.agreement.category),
                title => title.to_owned(),
            };
            let mut plot = part(&key, title, Body::Plot(bars));
            self.w(Word::ReportPlotHelp).clone_into(&mut plot.help);
            parts.push(plot);
        }
    }

    /// The way to single years.
    fn choices_of_years(&self, all: &[i64], chosen: Option<(i64, i64)>) -> Vec<Action> {
        let button = |label: String, to: &str, is_chosen| Action {
            look: Look::Choice(is_chosen),
            ..action(&["year-", to].concat(), label, Sign::None, Act::Go([HERE, "/", to].concat()))
        };
        let mut buttons = vec![button(self.w(Word::ReportAll).to_owned(), "", chosen.is_none())];
        for year in all.iter().rev().take(YEARS_SHOWN) {
            let text = year.to_string();
            buttons.push(button(text.clone(), &text, chosen == Some((*year, *year))));
        }
        buttons
    }

    /// The table with the columns in which something stands, and which ones are left out and why.
    fn table(&mut self, rows: &[Row], written: Vec<Vec<String>>, parts: &mut Vec<Part>) -> Part {
        let (mut shown, mut without, mut no_day) = (Vec::new(), Vec::new(), false);
        for at in 0..COLUMNS.len() {
            if written.iter().any(|cells| cells.get(at).is_some_and(|cell| !cell.is_empty())) {
                shown.push(at);
            } else if matches!(at, 23..=25) {
                no_day = true;
            } else {
                without.push(self.column(at));
            }
        }
        let heading = shown.iter().map(|at| self.column(*at)).collect();
        let mut lines = vec![(Tone::Plain, heading)];
        for (row, mut cells) in rows.iter().zip(written) {
            for cell in cells.iter_mut().skip(20).take(2) {
                // A minus as it is set, not a hyphen.
                *cell = cell.replace('-', "−");
            }
            let mut tone = Tone::Plain;
            if let (true, Some(first)) = (row.is_contested(), cells.first_mut()) {
                tone = Tone::Decide;
                *first = [first.as_str(), " ", self.w(Word::ReportDisputed)].concat();
            }
            let cells = shown.iter().filter_map(|at| cells.get(*at).cloned()).collect();
            lines.push((tone, cells));
        }
        let mut why = Vec::new();
        if no_day {
            why.push(self.w(Word::ReportNoDay).to_owned());
        }
        if !self.has("assignment") {
            why.push(self.w(Word::ReportNoAssignments).to_owned());
        }
        if !without.is_empty() {
            why.push(self.f(Word::ReportNothing, &[&without.join(", ")]));
        }
        if !why.is_empty() {
            parts.push(part("without", self.w(Word::ReportEmpty), Body::Text(why)));
        }
        part("table", self.w(Word::ReportTable), Body::Table(lines))
    }

    /// What a column is called.
    fn column(&self, at: usize) -> String {
        let id = match at {
            0 => "year",
            1 => "agreements/category",
            2 => "agreements/obligation",
            3 => "agreements/counterpart",
            4 => "versions/least",
            5 => "versions/most",
            6 => "versions/",
            7 => "versions/effective_from",
            8 => "versions/decided_by",
            9 => "versions/ref",
            20 => return self.w(Word::ReportOverLeast).to_owned(),
            21 => return self.w(Word::ReportOverMost).to_owned(),
            22 => return self.w(Word::ReportOfLeast).to_owned(),
            23 => return self.w(Word::ReportDaysMiddle).to_owned(),
            24 => return self.w(Word::ReportDaysMost).to_owned(),
            25 => return self.w(Word::ReportInTime).to_owned(),
            26 => return self.w(Word::ReportNote).to_owned(),
            27 => "locked_by",
            28 => "locked_on",
            _ => {
                let codes = self.catalog.list("counted").map(|list| list.codes.as_slice());
                let code = codes.and_then(|codes| codes.get(at.checked_sub(10)?));
                return code.map_or_else(String::new, |code| self.said(&code.label));
            }
        };
        self.label("year", id)
    }

    fn said(&self, label: &Label) -> String {
        label.get(self.language).to_owned()
    }

    /// The name of a kind, of a list of it (`versions/`) or of a field.
    fn label(&self, kind: &str, id: &str) -> String {
        let Some(kind) = self.catalog.kind(kind) else { return String::new() };
        let of = |fields: &[Field], id: &str| {
            let field = fields.iter().find(|field| field.id == id);
            field.map_or_else(String::new, |field| self.said(&field.label))
        };
        match id.split_once('/') {
            None if id.is_empty() => self.said(&kind.label),
            None => of(&kind.fields, id),
            Some((list, field)) => {
                let Some(list) = kind.entry_list(list) else { return String::new() };
                if field.is_empty() { self.said(&list.label) } else { of(&list.fields, field) }
            }
        }
    }
}

/// The years of an address: `2013`, `2010-2013`; none for all.
fn period(wanted: &str) -> Option<(i64, i64)> {
    let (first, last) = wanted.split_once('-').unwrap_or((wanted, wanted));
    Some((first.parse().ok()?, last.parse().ok()?))
}
