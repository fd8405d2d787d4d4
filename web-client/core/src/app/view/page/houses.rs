//! `/boenden`: the houses on this device.

use ankomst_shared::app::{Act, Body, Input, Line, PageView, Sign, Tone};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::occupancy;
use ankomst_shared::text::Word;
use ankomst_shared::value::Value;

use super::super::viewer::Viewer;
use super::made::{action, asked, badge, by_title, part, question, signed};

impl Viewer<'_> {
    pub(super) fn houses(&mut self) -> PageView {
        let mut lines: Vec<Line> = Vec::new();
        for id in self.of_kind("residence") {
            lines.extend(self.house_line(id));
        }
        by_title(&mut lines);
        let questions = vec![
            question("name", self.w(Word::HouseName), Input::Text, Value::Null),
            question(
                "residence_type",
                self.w(Word::HouseType),
                self.choices("residence_type"),
                Value::Null,
            ),
        ];
        let new = action("new-residence", self.w(Word::NewHouse), Sign::Plus, Act::NewResidence);
        let none = self.w(Word::HousesNone).to_owned();
        PageView {
            title: self.w(Word::Houses).to_owned(),
            actions: vec![asked(new, "", questions)],
            parts: vec![part("houses", "", Body::Tiles(lines, none))],
            ..PageView::default()
        }
    }

    /// A house in a list.
    pub(super) fn house_line(&mut self, id: DocumentId) -> Option<Line> {
        let record = self.record(id).ok()?;
        let house = self.lived(&record);
        let mut badges: Vec<_> = self.state(id, "status").into_iter().collect();
        if self.open.standing.wants.contains(&id) {
            badges.push(signed(self.w(Word::TakenAlong), Tone::Info, Sign::Pin));
        } else if self.open.standing.returned.contains(&id) {
            badges.push(badge(self.w(Word::AlongReturned), Tone::Info));
        }
        badges.extend(self.conflicts(record.open()));
        if house.faults() > 0 {
            badges.push(badge(self.w(Word::PlacesWrong), Tone::Danger));
        }
        let late = self.late_deficiencies(id);
        if late > 0 {
            badges.push(badge(self.f(Word::LateDeficiencies, &[&late.to_string()]), Tone::Danger));
        }
        Some(Line {
            key: id.to_string(),
            href: Some(format!("/boenden/{id}")),
            title: self.text(id, "name"),
            detail: self.house_address(id),
            figure: self.house_facts(id, &house),
            badges,
            ..Line::default()
        })
    }

    /// Street, postcode and town in one line.
    pub(super) fn house_address(&mut self, id: DocumentId) -> String {
        let parts = ["address_street", "postcode", "city"].map(|key| self.text(id, key));
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join(", ")
    }

    /// The house in figures.
    pub(super) fn house_facts(&mut self, id: DocumentId, house: &occupancy::House) -> String {
        let mut facts = vec![self.words(id, "residence_type")];
        let persons = house.persons.to_string();
        facts.push(match house.most {
            Some(most) => self.f(Word::PersonsOf, &[&persons, &most.to_string()]),
            None => self.f(Word::Persons, &[&persons]),
        });
        facts.push(self.f(Word::Rooms, &[&house.rooms.len().to_string()]));
        let blocked = house.rooms.iter().filter(|room| room.blocked).count();
        if blocked > 0 {
            facts.push(self.f(Word::RoomsBlocked, &[&blocked.to_string()]));
        }
        facts.retain(|fact| !fact.is_empty());
        facts.join(" · ")
    }
}
