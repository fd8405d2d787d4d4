//! Houses.

use ankomst_shared::app::{EntryRow, Refusal, ResidenceListView, ResidenceRow, ResidenceView};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::order;
use ankomst_shared::value::Value;

use super::viewer::{Viewer, count};

impl Viewer<'_> {
    pub(super) fn residences(&mut self) -> ResidenceListView {
        let ids = self.of_kind("residence");
        let mut rows: Vec<ResidenceRow> =
            ids.into_iter().filter_map(|id| self.residence_row(id).ok()).collect();
        order::sort_by_key(&mut rows, |row| order::swedish(&row.name));
        ResidenceListView { rows }
    }

    pub(super) fn residence(&mut self, id: DocumentId) -> Result<ResidenceView, Refusal> {
        let row = self.residence_row(id)?;
        let record = self.record(id)?;
        let rooms = record.entries(self.catalog, "residence", "rooms");
        let mut rooms: Vec<EntryRow> = rooms.iter().map(|room| self.room_row(id, room)).collect();
        order::sort_by_key(&mut rooms, |room| order::swedish(&room.title));
        let runs = self.of_kind("run");
        let runs: Vec<DocumentId> = runs
            .into_iter()
            .filter(|run| self.open.headers.get(run).and_then(|header| header.parent) == Some(id))
            .collect();
        let runs = runs.into_iter().filter_map(|run| self.run_row(run).ok()).collect();
        Ok(ResidenceView { row, rooms, runs, form: self.form(id, None)? })
    }

    pub(super) fn residence_row(&mut self, id: DocumentId) -> Result<ResidenceRow, Refusal> {
        let record = self.record(id)?;
        let rooms = record.entries(self.catalog, "residence", "rooms");
        let blocked = rooms
            .iter()
            .filter(|room| {
                matches!(record.text(&format!("rooms/{room}/status")), "blocked" | "closed")
            })
            .count();
        let persons = record
            .entries(self.catalog, "residence", "occupancy")
            .iter()
            .filter(|entry| record.text(&format!("occupancy/{entry}/state")) == "active")
            .count();
        let address = ["address_street", "postcode", "city"].map(|key| self.text(id, key));
        let address: Vec<String> = address.into_iter().filter(|part| !part.is_empty()).collect();
        Ok(ResidenceRow {
            document: id,
            name: self.text(id, "name"),
            address: address.join(", "),
            residence_type: self.words(id, "residence_type"),
            status: self.words(id, "status"),
            status_code: self.text(id, "status"),
            max_persons: match self.value(id, "max_persons") {
                Some(Value::Int(number)) => Some(number),
                _ => None,
            },
            rooms: count(rooms.len()),
            rooms_blocked: count(blocked),
            pinned: self.open.standing.wants.contains(&id),
            conflicts: count(record.open()),
            persons: count(persons),
        })
    }

    fn room_row(&mut self, id: DocumentId, room: &str) -> EntryRow {
        let key = |field: &str| format!("rooms/{room}/{field}");
        let kind = self.words(id, &key("kind"));
        let area = self.words(id, &key("area_m2"));
        let reason = self.text(id, &key("blocked_reason"));
        let detail: Vec<String> =
            [kind, area, reason].into_iter().filter(|part| !part.is_empty()).collect();
        let state = self.words(id, &key("status"));
        EntryRow {
            list: "rooms".to_owned(),
            entry: room.to_owned(),
            title: self.text(id, &key("label")),
            detail: detail.join(" · "),
            state: Some(state).filter(|state| !state.is_empty()),
            state_code: Some(self.text(id, &key("status"))).filter(|code| !code.is_empty()),
            conflicts: self.entry_conflicts(id, "rooms", room),
            progress: None,
        }
    }

    pub(super) fn entry_conflicts(&mut self, id: DocumentId, list: &str, entry: &str) -> u32 {
        let Ok(record) = self.record(id) else { return 0 };
        let prefix = format!("{list}/{entry}/");
        let open = record
            .fields
            .iter()
            .filter(|(path, state)| state.is_open() && path.as_str().starts_with(&prefix));
        count(open.count())
    }
}
