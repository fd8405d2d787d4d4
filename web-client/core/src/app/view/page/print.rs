//! Pages made for paper: the protocol of a visit, and the list at the fire door.

use ankomst_shared::app::{Act, Body, Line, PageView, Refusal, Sign, Tone};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::occupancy;
use ankomst_shared::text::Word;

use super::super::viewer::Viewer;
use super::made::{action, badge, notice, part, primary};

impl Viewer<'_> {
    /// `/utskrift/besok/<run>`: what was found, item by item.
    pub(super) fn protocol(&mut self, run: DocumentId) -> Result<PageView, Refusal> {
        let view = self.run(run)?;
        let mut parts = vec![notice("own", Tone::Info, self.w(Word::OwnControl))];
        let fact = |word: &'static str, value: String| (word.to_owned(), value);
        let parent = self.open.headers.get(&run).and_then(|header| header.parent);
        let address = parent.map(|house| self.house_address(house)).unwrap_or_default();
        let (answered, total) = (view.row.answered.to_string(), view.row.total.to_string());
        let mut facts = vec![
            fact(self.w(Word::Where), format!("{} {address}", view.parent_name)),
            fact(self.w(Word::When), self.words(run, "anchor_date")),
            fact(self.w(Word::Who), view.row.people.join(", ")),
            fact(self.w(Word::Checklist), format!("{} v{}", view.row.title, view.version)),
            fact(self.w(Word::State), view.row.state.clone()),
            fact(self.w(Word::SignedTitle), self.signed(run)),
            fact(self.w(Word::AnsweredTitle), self.f(Word::Of, &[&answered, &total])),
            fact(self.w(Word::Remark), self.text(run, "remark")),
        ];
        facts.retain(|(_, value)| !value.trim().is_empty());
        parts.push(part("facts", "", Body::Facts(facts)));
        let mut late = Vec::new();
        for group in view.groups {
            let mut lines = Vec::new();
            for item in group.items {
                late.extend(item.late.into_iter().map(|text| (item.id.clone(), text)));
                if matches!(item.status.value.as_str(), None | Some("not_checked" | "todo")) {
                    continue;
                }
                let is_bad = item.status.value.as_str() == Some("not_ok");
                let tone = if is_bad { Tone::Danger } else { Tone::Plain };
                let mut badges = vec![badge(item.status.text, tone)];
                if is_bad && !item.severity_text.is_empty() {
                    badges.push(badge(item.severity_text, Tone::Decide));
                }
                let value = item.value.map(|value| value.text).unwrap_or_default();
                let mut detail = vec![value, item.comment.text];
                detail.retain(|part| !part.is_empty());
                lines.push(Line {
                    title: format!("{} {}", item.id, item.text),
                    detail: detail.join(" · "),
                    key: item.id,
                    badges,
                    ..Line::default()
                });
            }
            if !lines.is_empty() {
                parts.push(part(&group.id, group.label, Body::Lines(lines, String::new())));
            }
        }
        if !late.is_empty() {
            parts.push(part("late", self.w(Word::ChangedAfterSigning), Body::Facts(late)));
        }
        if let Some(house) = parent.filter(|house| self.open.kind(*house) == Some("residence")) {
            let mut found = self.deficiency_part(house);
            found.actions.clear();
            if let Body::Lines(lines, _) = &mut found.body {
                for line in lines {
                    line.actions.clear();
                }
            }
            parts.push(found);
        }
        let lines = [Word::SignatureVisitor, Word::SignatureOther];
        let lines = lines.map(|word| (self.w(word).to_owned(), String::new())).to_vec();
        parts.push(part("signatures", self.w(Word::Signatures), Body::Facts(lines)));
        Ok(PageView {
            title: self.f(Word::ProtocolTitle, &[&view.parent_name]),
            back: Some((format!("/besok/{run}"), self.w(Word::Back).to_owned())),
            actions: vec![primary(action("print", self.w(Word::Print), Sign::Print, Act::Print))],
            parts,
            ..PageView::default()
        })
    }

    /// Who has signed a run, and when; empty for nobody.
    fn signed(&mut self, run: DocumentId) -> String {
        let Ok(record) = self.record(run) else { return String::new() };
        let state = record.fields.iter().find(|(path, _)| path.as_str() == "state");
        let said = state.into_iter().flat_map(|(_, state)| &state.statements);
        let signings = said.filter(|said| said.value.as_str() == Some("signed"));
        let who = signings.map(|said| {
            format!("{}, {}", self.person(said.meta.user), self.moment(said.meta.claimed_ms))
        });
        who.collect::<Vec<_>>().join("; ")
    }

    /// `/utskrift/brand/<house>`: how many sleep where, for the fire service. No names.
    pub(super) fn fire_list(&mut self, id: DocumentId) -> Result<PageView, Refusal> {
        let record = self.record(id)?;
        let house = occupancy::house_on(self.catalog, &record, self.now.today());
        let mut lines = Vec::new();
        for room in house.rooms.iter().filter(|room| room.sleeps || room.persons > 0) {
            let key = |field: &str| format!("rooms/{}/{field}", room.entry);
            let people =
                room.without_bed.iter().chain(room.beds.iter().flat_map(|bed| &bed.occupants));
            let ages: Vec<String> = people
                .filter(|one| one.lives)
                .map(|one| self.words(id, &format!("occupancy/{}/age_band", one.entry)))
                .filter(|age| !age.is_empty())
                .collect();
            let mut badges = Vec::new();
            if room.blocked {
                badges.push(badge(self.words(id, &key("status")), Tone::Danger));
            }
            lines.push(Line {
                key: room.entry.clone(),
                title: self.text(id, &key("label")),
                detail: ages.join(", "),
                figure: self.f(Word::Persons, &[&room.persons.to_string()]),
                badges,
                ..Line::default()
            });
        }
        let fact = |word: &'static str, value: String| (word.to_owned(), value);
        let mut facts = vec![
            fact(self.w(Word::Address), self.house_address(id)),
            fact(self.w(Word::InFigures), self.house_facts(id, &house)),
            fact(self.w(Word::AssemblyPoint), self.text(id, "assembly_point")),
            fact(self.w(Word::FireAlarm), self.words(id, "fire_alarm_type")),
            fact(self.w(Word::PrintedOn), self.moment(self.now.ms)),
        ];
        facts.retain(|(_, value)| !value.is_empty());
        let name = self.text(id, "name");
        Ok(PageView {
            title: self.f(Word::FireListTitle, &[&name]),
            back: Some((format!("/boenden/{id}"), self.w(Word::Back).to_owned())),
            actions: vec![primary(action("print", self.w(Word::Print), Sign::Print, Act::Print))],
            parts: vec![
                notice("names", Tone::Info, self.w(Word::FireListHelp)),
                part("facts", "", Body::Facts(facts)),
                self.lines("rooms", Word::Board, lines, Word::RoomsNone),
            ],
            ..PageView::default()
        })
    }
}
