//! `/boenden/<id>`: one house: rooms and places, deficiencies, visits.

use ankomst_shared::app::{
    Act, Action, Body, Choice, Input, Line, Look, PageView, Part, Refusal, Sign, Tone,
};
use ankomst_shared::catalog::is_over;
use ankomst_shared::ids::DocumentId;
use ankomst_shared::occupancy::{Bed, Fault, House, Occupant, Room};
use ankomst_shared::order;
use ankomst_shared::text::Word;
use ankomst_shared::value::Value;

use super::super::viewer::{Viewer, count};
use super::made::{action, asked, badge, notice, part, primary, question, quiet, signed};

impl Viewer<'_> {
    pub(super) fn house(&mut self, id: DocumentId) -> Result<PageView, Refusal> {
        let record = self.record(id)?;
        let house = self.lived(&record);
        let pinned = self.open.standing.wants.contains(&id);
        let along = if pinned { Word::TakenAlong } else { Word::TakeAlong };
        let mut take = action(
            "take-along",
            self.w(along),
            Sign::Pin,
            Act::TakeAlong { residence: id, keep: !pinned },
        );
        take.look = Look::Switch(pinned);
        let mut badges: Vec<_> = self.state(id, "status").into_iter().collect();
        badges.extend(self.conflicts(record.open()));
        let mut parts = Vec::new();
        if house.is_full() {
            parts.push(notice("full", Tone::Danger, self.w(Word::HouseFull)));
        }
        let deficiencies = self.home(id, "deficiencies").map_or(id, |(home, _)| home);
        parts.extend(self.broken_part(id, &[id, deficiencies]));
        parts.push(self.house_overview(id, &house));
        parts.push(self.board(id, &house));
        parts.extend(self.rules_part(id, ("", "")));
        parts.push(self.deficiency_part(id));
        parts.push(self.visit_part(id));
        parts.extend(self.files_part(id, ""));
        let checklists = self.checklist_part(id);
        let none = checklists.actions.is_empty()
            && matches!(&checklists.body, Body::Lines(lines, _) if lines.is_empty());
        if !none {
            parts.push(checklists);
        }
        parts.push(self.more(id));
        let mut actions: Vec<Action> = self.starts(id, true).into_iter().map(primary).collect();
        actions.push(take);
        Ok(PageView {
            title: self.text(id, "name"),
            back: Some(("/boenden".to_owned(), self.w(Word::Houses).to_owned())),
            badges,
            actions,
            parts,
        })
    }

    fn house_overview(&mut self, id: DocumentId, house: &House) -> Part {
        let mut facts = vec![
            (self.w(Word::Address).to_owned(), self.house_address(id)),
            (self.w(Word::InFigures).to_owned(), self.house_facts(id, house)),
        ];
        for (word, key) in [
            (Word::AssemblyPoint, "assembly_point"),
            (Word::FireAlarm, "fire_alarm_type"),
            (Word::Staffing, "staffing"),
        ] {
            facts.push((self.w(word).to_owned(), self.words(id, key)));
        }
        facts.push((self.w(Word::NextInspection).to_owned(), self.next_inspection(id).0));
        facts.retain(|(_, value)| !value.is_empty());
        part("about", self.w(Word::AboutHouse), Body::Facts(facts))
    }

    fn board(&mut self, id: DocumentId, house: &House) -> Part {
        let mut rooms = Vec::new();
        for room in &house.rooms {
            let cells = self.cells(id, room);
            rooms.push((self.room_line(id, room), cells));
        }
        if !house.without_room.is_empty() {
            let people: Vec<Line> =
                house.without_room.iter().map(|one| self.occupant(id, one, None)).collect();
            let line = Line {
                key: "without".to_owned(),
                title: self.w(Word::WithoutRoom).to_owned(),
                ..Line::default()
            };
            rooms.push((line, people));
        }
        let is_empty = rooms.is_empty();
        let mut board = part("board", self.w(Word::Board), Body::Board(rooms));
        if is_empty {
            self.w(Word::RoomsNone).clone_into(&mut board.help);
        }
        board.actions = vec![
            self.add(id, "rooms", Word::AddRoom),
            action(
                "fire-list",
                self.w(Word::FireList),
                Sign::Print,
                Act::Go(format!("/utskrift/brand/{id}")),
            ),
        ];
        board
    }

    fn room_line(&mut self, id: DocumentId, room: &Room) -> Line {
        let key = |field: &str| format!("rooms/{}/{field}", room.entry);
        let mut detail: Vec<String> = ["kind", "area_m2", "sex_rule", "blocked_reason"]
            .into_iter()
            .map(|field| self.words(id, &key(field)))
            .filter(|part| !part.is_empty())
            .collect();
        if let Some(most) = room.most.filter(|_| room.sleeps) {
            detail.push(self.f(Word::AtMost, &[&most.to_string()]));
        }
        let mut badges = Vec::new();
        if room.blocked {
            badges.push(signed(self.words(id, &key("status")), Tone::Danger, Sign::Lock));
        }
        for fault in &room.faults {
            let text = match fault {
                Fault::Full => {
                    let most = room.most.unwrap_or_default().to_string();
                    self.f(Word::RoomFull, &[&room.persons.to_string(), &most])
                }
                Fault::Blocked => self.w(Word::RoomBlockedLived).to_owned(),
                Fault::SexRule => self.w(Word::RoomSexRule).to_owned(),
                Fault::Stranger => {
                    let room = self.text(id, &key("label"));
                    self.f(Word::ConflictStranger, &[&room])
                }
                Fault::Twice => self.w(Word::PlacedTwice).to_owned(),
                Fault::SameBed => self.w(Word::SameBed).to_owned(),
            };
            let tone = if matches!(fault, Fault::Full | Fault::Blocked | Fault::Stranger) {
                Tone::Danger
            } else {
                Tone::Decide
            };
            badges.push(badge(text, tone));
        }
        badges.extend(self.entry_badge(id, "rooms", &room.entry));
        let figure = if room.sleeps {
            self.f(Word::Persons, &[&room.persons.to_string()])
        } else {
            String::new()
        };
        let mut actions = Vec::new();
        if room.sleeps && !room.blocked && room.beds.is_empty() {
            actions.push(self.placing(id, room, None));
        }
        let title = self.text(id, &key("label"));
        Line {
            key: room.entry.clone(),
            href: Some(format!("/boenden/{id}/rooms/{}", room.entry)),
            title: if title.is_empty() { self.w(Word::Untitled).to_owned() } else { title },
            detail: detail.join(" · "),
            badges,
            figure,
            actions,
            why: if room.sleeps {
                vec![self.why("room_capacity", id, &room.entry)]
            } else {
                Vec::new()
            },
            ..Line::default()
        }
    }

    /// The places of a room: its beds, then who lives there without one.
    fn cells(&mut self, id: DocumentId, room: &Room) -> Vec<Line> {
        let mut cells = Vec::new();
        for bed in &room.beds {
            let label = self.text(id, &format!("beds/{}/label", bed.entry));
            if bed.occupants.is_empty() {
                cells.push(self.free_bed(id, (room, bed), label.clone()));
            }
            for one in &bed.occupants {
                cells.push(self.occupant(id, one, Some(&label)));
            }
        }
        for one in &room.without_bed {
            cells.push(self.occupant(id, one, None));
        }
        cells
    }

    fn free_bed(&mut self, id: DocumentId, (room, bed): (&Room, &Bed), label: String) -> Line {
        let key = |field: &str| format!("beds/{}/{field}", bed.entry);
        let usable = !room.blocked && bed.state != "blocked";
        let (word, tone) = match bed.state.as_str() {
            _ if room.blocked => (Word::BedBlocked, Tone::Danger),
            "blocked" => (Word::BedBlocked, Tone::Danger),
            "reserved" => (Word::BedReserved, Tone::Info),
            _ => (Word::BedFree, Tone::Good),
        };
        let detail: Vec<String> = ["kind", "reserved_for", "reserved_until"]
            .into_iter()
            .map(|field| self.words(id, &key(field)))
            .filter(|part| !part.is_empty())
            .collect();
        Line {
            key: bed.entry.clone(),
            href: Some(format!("/boenden/{id}/beds/{}", bed.entry)),
            title: label,
            detail: detail.join(" · "),
            badges: vec![badge(self.w(word), tone)],
            actions: if usable { vec![self.placing(id, room, Some(bed))] } else { Vec::new() },
            tone,
            ..Line::default()
        }
    }

    /// Someone in a place: by name for those who hold the case, by initials for the others.
    fn occupant(&mut self, id: DocumentId, one: &Occupant, bed: Option<&str>) -> Line {
        let key = |field: &str| format!("occupancy/{}/{field}", one.entry);
        let name = self.occupant_name(id, &one.entry);
        let mut detail: Vec<String> = ["age_band", "sex", "from_date"]
            .into_iter()
            .map(|field| self.words(id, &key(field)))
            .collect();
        detail.insert(0, bed.unwrap_or_default().to_owned());
        detail.retain(|part| !part.is_empty());
        let tone = match one.state.as_str() {
            "disputed" => Tone::Decide,
            "planned" => Tone::Info,
            _ => Tone::Plain,
        };
        let mut badges = Vec::new();
        if one.state != "active" {
            badges.push(badge(self.placement(&one.state), tone));
        }
        badges.extend(self.entry_badge(id, "occupancy", &one.entry));
        let occupant = one.entry.clone();
        let today = self.today_text();
        let mut actions = Vec::new();
        if one.state == "planned" {
            actions.extend(self.setting(
                (id, &key("state")),
                Value::text("active"),
                ("moved-in", Word::MovedIn, Sign::Tick),
            ));
        }
        let to = question("to", self.w(Word::MoveTo), self.free_places(), Value::Null);
        let day = question("from_date", self.w(Word::FromDate), Input::Date, Value::text(&today));
        let act = Act::Move { residence: id, occupant: occupant.clone() };
        let moving = quiet(action("move", self.w(Word::Move), Sign::Back, act));
        actions.push(asked(moving, self.w(Word::MoveHelp), vec![to, day]));
        let until = question("to_date", self.w(Word::ToDate), Input::Date, Value::text(today));
        let why = question(
            "end_reason",
            self.w(Word::EndReason),
            self.choices("placement_end_reason"),
            Value::Null,
        );
        let end = quiet(action(
            "end",
            self.w(Word::End),
            Sign::Cross,
            Act::End { residence: id, occupant },
        ));
        actions.push(asked(end, self.w(Word::EndHelp), vec![until, why]));
        Line {
            key: one.entry.clone(),
            href: Some(format!("/boenden/{id}/occupancy/{}", one.entry)),
            title: name,
            detail: detail.join(" · "),
            badges,
            actions,
            tone,
            ..Line::default()
        }
    }

    /// The name of someone who lives in a house.
    pub(in crate::app::view) fn occupant_name(&mut self, id: DocumentId, entry: &str) -> String {
        let key = |field: &str| format!("occupancy/{entry}/{field}");
        let (case, person) = (self.text(id, &key("case")), self.text(id, &key("person")));
        if let Ok(case) = case.parse()
            && self.open.kind(case).is_some()
        {
            let name = self.person_name(case, &person);
            if !name.is_empty() {
                return name;
            }
        }
        self.text(id, &key("display"))
    }

    /// The state in which a placement is shown, in words.
    pub(super) fn placement(&self, state: &str) -> String {
        self.catalog.code_words("placement_state", state, self.language)
    }

    fn placing(&mut self, id: DocumentId, room: &Room, bed: Option<&Bed>) -> Action {
        let act = Act::Place {
            residence: id,
            room: room.entry.clone(),
            bed: bed.map(|bed| bed.entry.clone()),
        };
        let today = self.today_text();
        let people = Input::Choice(self.unplaced());
        let mut help = String::new();
        if let Input::Choice(people) = &people
            && people.is_empty()
        {
            self.w(Word::PlaceNobody).clone_into(&mut help);
        }
        if room.most.is_some_and(|most| i64::from(count(room.persons)) >= most) {
            self.w(Word::PlaceFull).clone_into(&mut help);
        }
        let questions = vec![
            question("person", self.w(Word::PlaceWho), people, Value::Null),
            question("from_date", self.w(Word::FromDate), Input::Date, Value::text(today)),
        ];
        asked(quiet(action("place", self.w(Word::Place), Sign::Plus, act)), help, questions)
    }

    /// Persons of cases held here who live nowhere yet, by name.
    fn unplaced(&mut self) -> Vec<Choice> {
        let same = self.open.same();
        let mut placed: Vec<String> = Vec::new();
        for house in self.of_kind("residence") {
            let Ok(record) = self.record(house) else { continue };
            for entry in record.entries(self.catalog, "residence", "occupancy") {
                let key = |field: &str| record.text(&format!("occupancy/{entry}/{field}"));
                if !is_over(key("state")) {
                    placed.push(same.person(key("person")).to_owned());
                }
            }
        }
        let mut people = Vec::new();
        for case in self.of_kind("case") {
            if is_over(&self.text(case, "state")) {
                continue;
            }
            for entry in self.listed(case, "persons").1 {
                // Who has several cards is placed by the one shown.
                if placed.contains(&entry) || same.under(case, &entry).is_some() {
                    continue;
                }
                let (name, number) = (self.person_name(case, &entry), self.case_number(case));
                if !name.is_empty() {
                    people.push(Choice {
                        code: format!("{case}/{entry}"),
                        label: format!("{name} · {number}"),
                        help: None,
                        chosen: false,
                        lacks_reason: false,
                    });
                }
            }
        }
        order::sort_by_key(&mut people, |one| order::swedish(&one.label));
        people
    }

    /// Beds that are free, and rooms without beds of their own, in all houses held here.
    fn free_places(&mut self) -> Input {
        let mut places = Vec::new();
        for id in self.of_kind("residence") {
            let Ok(record) = self.record(id) else { continue };
            let house = self.lived(&record);
            let name = self.text(id, "name");
            for room in house.rooms.iter().filter(|room| room.sleeps && !room.blocked) {
                let label = self.text(id, &format!("rooms/{}/label", room.entry));
                let mut place = |code: String, label: String| {
                    places.push(Choice {
                        code,
                        label,
                        help: None,
                        chosen: false,
                        lacks_reason: false,
                    });
                };
                if room.beds.is_empty() {
                    place(format!("{id}/{}", room.entry), format!("{name} · {label}"));
                }
                for bed in &room.beds {
                    if bed.occupants.is_empty() && bed.state != "blocked" {
                        let bed_label = record.text(&format!("beds/{}/label", bed.entry));
                        place(
                            format!("{id}/{}/{}", room.entry, bed.entry),
                            format!("{name} · {label} · {bed_label}"),
                        );
                    }
                }
            }
        }
        order::sort_by_key(&mut places, |place| order::swedish(&place.label));
        Input::Choice(places)
    }
}
