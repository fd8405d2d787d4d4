//! `/idag`: the first place: what is due, visits, what others changed, what waits to be sent.

use ankomst_shared::app::{Act, Body, Line, PageView, Part, Role, Sign, Tone};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::order;
use ankomst_shared::text::Word;

use super::super::super::rows::Stage;
use super::super::viewer::{Viewer, count};
use super::made::{action, badge, notice, part, primary};

/// So many rows of what others changed are shown.
const NEWS_MAX: usize = 12;

impl Viewer<'_> {
    pub(super) fn today(&mut self) -> PageView {
        let mut parts = Vec::new();
        if !self.open.standing.understood {
            parts.push(self.introduction());
        }
        parts.extend(self.lost_parts());
        let is = |role: Role| self.open.identity.user.roles.contains(&role);
        let supervises = is(Role::Supervisor);
        let has_none =
            |role: &Role| matches!(role, Role::Administrator | Role::Recipient | Role::Regional);
        let roles = &self.open.identity.user.roles;
        if !roles.is_empty() && roles.iter().all(has_none) {
            return self.today_page(parts);
        }
        // What waits for a review is only known when all is here.
        if supervises && self.status.first_sync.is_none() {
            parts.push(self.waiting_for_me());
        }
        parts.push(self.due_part());
        parts.push(self.visits_today());
        parts.push(self.drafts_part());
        parts.push(self.news_part());
        parts.push(self.unsent_part());
        let kinds = self.kind_lines(None);
        let mut more = self.lines("kinds", Word::More, kinds, Word::Empty);
        more.actions.push(self.report_action());
        let routines = Act::Go(super::routine::HERE.to_owned());
        more.actions.push(action("routines", self.w(Word::Routines), Sign::Tick, routines));
        parts.push(more);
        self.today_page(parts)
    }

    fn today_page(&self, parts: Vec<Part>) -> PageView {
        let today = self.now.today();
        let weekday = self.w(match today.weekday() {
            jiff::civil::Weekday::Monday => Word::Monday,
            jiff::civil::Weekday::Tuesday => Word::Tuesday,
            jiff::civil::Weekday::Wednesday => Word::Wednesday,
            jiff::civil::Weekday::Thursday => Word::Thursday,
            jiff::civil::Weekday::Friday => Word::Friday,
            jiff::civil::Weekday::Saturday => Word::Saturday,
            jiff::civil::Weekday::Sunday => Word::Sunday,
        });
        let week = today.iso_week_date().week().to_string();
        let day = self.f(Word::DayAndWeek, &[weekday, &self.today_text(), &week]);
        let tone =
            if ankomst_shared::catalog::is_working_day(today) { Tone::Plain } else { Tone::Danger };
        let mut badges = vec![super::made::signed(day, tone, Sign::Day)];
        if tone == Tone::Danger {
            badges.push(badge(self.w(Word::RedDay), Tone::Info));
        }
        PageView { title: self.w(Word::Today).to_owned(), badges, parts, ..PageView::default() }
    }

    /// What this is, in a minute, for each role.
    fn introduction(&self) -> Part {
        let roles = &self.open.identity.user.roles;
        let mut text = vec![self.w(Word::IntroAll).to_owned()];
        for (role, word) in [
            (Role::Caseworker, Word::IntroCaseworker),
            (Role::Inspector, Word::IntroInspector),
            (Role::Supervisor, Word::IntroSupervisor),
            (Role::Administrator, Word::IntroAdministrator),
            (Role::ChildCaseworker, Word::IntroCaseworker),
            (Role::Recipient, Word::IntroRegister),
            (Role::Regional, Word::IntroRegister),
        ] {
            if roles.contains(&role) {
                text.push(self.w(word).to_owned());
            }
        }
        text.push(self.w(Word::IntroSafe).to_owned());
        let mut part = part("intro", self.w(Word::IntroTitle), Body::Text(text));
        let act = action("understood", self.w(Word::IntroDone), Sign::Tick, Act::Understood);
        part.actions.push(primary(act));
        part
    }

    /// The supervisor's inbox in one line.
    fn waiting_for_me(&mut self) -> Part {
        let inbox = self.inbox();
        let rows = inbox.rows.len();
        let conflicts: u32 = inbox.rows.iter().map(|row| row.conflicts).sum();
        if rows == 0 {
            return notice("inbox-empty", Tone::Good, self.w(Word::InboxEmpty));
        }
        let line = Line {
            key: "inbox".to_owned(),
            href: Some("/inkorg".to_owned()),
            title: self.f(Word::InboxRows, &[&rows.to_string()]),
            badges: self
                .conflicts(usize::try_from(conflicts).unwrap_or(usize::MAX))
                .into_iter()
                .collect(),
            ..Line::default()
        };
        self.lines("inbox", Word::InboxTitle, vec![line], Word::Empty)
    }

    /// Visits planned for today, and open runs.
    fn visits_today(&mut self) -> Part {
        let today = self.now.today();
        let mut lines: Vec<(i64, Line)> = Vec::new();
        let parents = [self.of_kind("residence"), self.of_kind("case")].concat();
        for parent in parents {
            for entry in self.listed(parent, "visits").1 {
                let at = self.number(parent, &format!("visits/{entry}/planned_at"));
                let is_today =
                    at.and_then(|at| self.now.local(at)).is_some_and(|at| at.date() == today);
                if let (Some(at), true) = (at, is_today) {
                    let line = self.visit_line(parent, &entry);
                    let detail = format!("{} · {}", line.detail, self.title(parent));
                    lines.push((at, Line { detail, ..line }));
                }
            }
        }
        for run in self.of_kind("run") {
            if self.text(run, "state") == "open"
                && let Some(line) = self.run_line(run)
            {
                let title = self.title(run);
                lines.push((i64::MAX, Line { title: format!("{title} · {}", line.title), ..line }));
            }
        }
        order::sort_by_key(&mut lines, |(at, _)| *at);
        let lines = lines.into_iter().map(|(_, line)| line).collect();
        self.lines("visits", Word::VisitsToday, lines, Word::VisitsTodayNone)
    }

    /// Notes of mine that are not signed yet.
    fn drafts_part(&mut self) -> Part {
        let mut lines = Vec::new();
        let me = self.open.user();
        for case in self.of_kind("case") {
            let (journal, notes) = self.listed(case, "notes");
            for entry in notes {
                let path = ankomst_shared::path::FieldPath::parse(&format!("notes/{entry}/body"));
                let Ok(record) = self.record(journal) else { continue };
                let state = path.ok().and_then(|path| record.fields.get(&path).cloned());
                let mine = state
                    .is_none_or(|state| state.statements.iter().any(|said| said.meta.user == me));
                let (line, days) = self.note_line(case, journal, &entry);
                if mine && days.is_some() {
                    let title = format!("{} · {}", line.title, self.title(case));
                    lines.push(Line { title, ..line });
                }
            }
        }
        self.lines("drafts", Word::Drafts, lines, Word::DraftsNone)
    }

    /// What others have changed since this person last wrote there.
    fn news_part(&mut self) -> Part {
        let mut news: Vec<(i64, Line)> = Vec::new();
        for kind in ["residence", "case", "run"] {
            for id in self.of_kind(kind) {
                news.extend(self.news_of(id));
            }
        }
        order::sort_by_key(&mut news, |(at, _)| core::cmp::Reverse(*at));
        news.truncate(NEWS_MAX);
        let lines = news.into_iter().map(|(_, line)| line).collect();
        self.lines("news", Word::News, lines, Word::NewsNone)
    }

    fn news_of(&mut self, id: DocumentId) -> Option<(i64, Line)> {
        // Only where this person has been; everything else is simply there.
        let others = self.open.news(id);
        let newest = others.iter().map(|(at, _)| *at).max()?;
        let number = others.len();
        let mut who: Vec<String> = others.into_iter().map(|(_, user)| self.person(user)).collect();
        order::sort_and_dedup(&mut who);
        let kind = self.kind(id).ok()?.label.get(self.language).to_owned();
        Some((
            newest,
            Line {
                key: id.to_string(),
                href: Some(self.address(id)),
                title: self.title(id),
                detail: format!("{kind} · {}", who.join(", ")),
                figure: self.f(Word::ChangesAt, &[&number.to_string(), &self.moment(newest)]),
                ..Line::default()
            },
        ))
    }

    /// What waits to be sent.
    fn unsent_part(&mut self) -> Part {
        let mut lines = Vec::new();
        let ids: Vec<DocumentId> = self.open.chunks.keys().copied().collect();
        for id in ids {
            let rows = self.open.chunks.get(&id).into_iter().flatten();
            let unsent = rows.filter(|(_, row)| row.stage == Stage::Unsent).count();
            if unsent == 0 {
                continue;
            }
            let kind = self.kind(id).map(|kind| kind.label.get(self.language).to_owned());
            lines.push(Line {
                key: id.to_string(),
                href: Some(self.address(id)),
                title: self.title(id),
                detail: kind.unwrap_or_default(),
                figure: self.f(Word::Waiting, &[&count(unsent).to_string()]),
                ..Line::default()
            });
        }
        self.lines("unsent", Word::Unsent, lines, Word::UnsentNone)
    }
}
