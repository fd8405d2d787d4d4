//! What stands in the row of a document: which fields, the catalog says by their anchors and `finds`.

use ankomst_shared::catalog::{Catalog, Field, Finds, Kind, is_over};
use ankomst_shared::document::Document;
use ankomst_shared::find::{name_keys, number_keys, short_number, sound_keys};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::merge::{RecordState, record_state};
use ankomst_shared::outward;
use ankomst_shared::same::{Same, There, pointers};
use ankomst_shared::sign::Header;
use ankomst_shared::value::Value;

use crate::storage::sqlite::log::DocumentRow;
use crate::storage::sqlite::rows::{ProjectedRow, sent_key};

/// What is known of a document besides what is written in it.
pub(super) struct Around {
    /// The kind whose secrecy it shares.
    pub(super) home: String,
    /// How protected it is, with all it belongs to.
    pub(super) level: u8,
    /// The case it is, or belongs to.
    pub(super) case: Option<DocumentId>,
    /// Newest number of the feed in it.
    pub(super) feed: u64,
    /// When that arrived.
    pub(super) updated_ms: i64,
    /// Changes that wait, and that are held.
    pub(super) unseen: (usize, usize),
}

/// The row of a document.
pub(super) fn row(
    catalog: &Catalog,
    document: &DocumentRow,
    around: Around,
    (opened, review): (&Document, Option<&Document>),
) -> ProjectedRow {
    let record = record_state(catalog, (&document.kind, document.id), opened, review);
    let kind = catalog.kind(&document.kind);
    let read = Read { id: document.id, catalog, record: &record, kind };
    let mut number = read.anchored("number");
    let mut keys = read.keys();
    let sent = outward::sent(catalog, &document.kind, &record);
    keys.extend(sent.iter().map(|task| sent_key(&task.department)));
    if number.is_empty() && kind.is_some_and(|kind| anchored(&kind.fields, "number").is_some()) {
        number = short_number(document.id);
        keys.extend(number_keys(&number));
    }
    ProjectedRow {
        document: document.id,
        unit: document.unit,
        home: around.home,
        kind: document.kind.clone(),
        parent: document.parent,
        checklist: checklist(opened),
        protection: around.level,
        shielded: outward::is_shielded(catalog, &document.kind, &record),
        child: is_of_child(&document.kind, &record),
        title: read.anchored("title"),
        detail: read.detail(),
        number,
        state: read.anchored("state"),
        due: read.due(),
        arrival: read.anchored("ARR"),
        updated_ms: around.updated_ms,
        answered: record.fields.len(),
        open: record.open(),
        pending: around.unseen.0,
        held: around.unseen.1,
        feed: around.feed,
        case: around.case,
        keys: sorted(keys),
    }
}

/// Whether a case is that of an unaccompanied child; of what people disagree on the most cautious counts.
fn is_of_child(kind: &str, record: &RecordState) -> bool {
    kind == "case" && record.said("case_kind").into_iter().any(|kind| kind == "unaccompanied")
}

fn sorted(mut keys: Vec<String>) -> Vec<String> {
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// Checklist and version that a run is pinned to.
fn checklist(opened: &Document) -> String {
    let headers = opened.headers();
    let header = headers.first().and_then(|bytes| Header::peek(bytes).ok());
    let template = header.and_then(|header| header.template);
    template.map_or_else(String::new, |(id, version)| format!("{id}/{version}"))
}

fn anchored<'a>(fields: &'a [Field], anchor: &str) -> Option<&'a Field> {
    fields.iter().find(|field| field.anchor.as_deref() == Some(anchor))
}

struct Read<'a> {
    id: DocumentId,
    catalog: &'a Catalog,
    record: &'a RecordState,
    kind: Option<&'a Kind>,
}

impl Read<'_> {
    /// The text of the record's own field with a meaning.
    fn anchored(&self, anchor: &str) -> String {
        let field = self.kind.and_then(|kind| anchored(&kind.fields, anchor));
        field.map_or_else(String::new, |field| self.record.text(&field.id).to_owned())
    }

    /// Fields marked as detail, or the names of those in the record.
    fn detail(&self) -> String {
        let Some(kind) = self.kind else { return String::new() };
        let mut lines = Vec::new();
        for field in kind.fields.iter().filter(|field| field.anchor.as_deref() == Some("detail")) {
            let text = self.record.text(&field.id);
            if !text.is_empty() {
                lines.push(format!("{}\t{text}", field.id));
            }
        }
        if !lines.is_empty() {
            return lines.join("\n");
        }
        let mut names = Vec::new();
        let same = self.same();
        for list in &kind.entry_lists {
            let name = ["given_name", "family_name"].map(|anchor| anchored(&list.fields, anchor));
            let [Some(given), Some(family)] = name else { continue };
            for entry in self.record.entries(self.catalog, &kind.id, &list.id) {
                let part =
                    |field: &Field| self.record.text(&format!("{}/{entry}/{}", list.id, field.id));
                if same.under(self.id, &entry).is_some() {
                    continue;
                }
                let mut name = format!("{} {}", part(given), part(family)).trim().to_owned();
                if name.is_empty() {
                    // Whom only another name is known of, such as in the own script, is called by it.
                    let mut other =
                        list.fields.iter().filter(|field| field.finds == Some(Finds::Name));
                    let other = other.find(|field| !part(field).is_empty());
                    name = other.map_or_else(String::new, |field| part(field).to_owned());
                }
                if !name.is_empty() {
                    names.push(name);
                }
            }
        }
        names.join(", ")
    }

    /// Cards of this record that are of one person. Those of other records are not looked at: not everybody
    /// who reads this one may read those.
    fn same(&self) -> Same {
        if self.kind.is_none_or(|kind| kind.id != "case") {
            return Same::default();
        }
        let cards = self.record.entries(self.catalog, "case", "persons");
        Same::of(&pointers(self.catalog, self.id, self.record), &mut |(case, card)| match (
            *case == self.id,
            cards.contains(card),
        ) {
            (false, _) => There::Elsewhere,
            (true, false) => There::Removed,
            (true, true) => There::Yes,
        })
    }

    /// The nearest day of an entry that is not over.
    fn due(&self) -> String {
        let Some(kind) = self.kind else { return String::new() };
        let mut nearest = String::new();
        for list in &kind.entry_lists {
            let (Some(due), Some(state)) =
                (anchored(&list.fields, "due"), anchored(&list.fields, "state"))
            else {
                continue;
            };
            for entry in self.record.entries(self.catalog, &kind.id, &list.id) {
                let text =
                    |field: &Field| self.record.text(&format!("{}/{entry}/{}", list.id, field.id));
                let day = text(due);
                let is_nearer = nearest.is_empty() || day < nearest.as_str();
                if !day.is_empty() && is_nearer && !is_over(text(state)) {
                    day.clone_into(&mut nearest);
                }
            }
        }
        nearest
    }

    /// What it is found by: everything that anybody said, also where people contradict each other.
    fn keys(&self) -> Vec<String> {
        let Some(kind) = self.kind else { return Vec::new() };
        let lists = kind.entry_lists.iter().flat_map(|list| &list.fields);
        if lists.chain(&kind.fields).all(|field| field.finds.is_none()) {
            return Vec::new();
        }
        let mut keys = Vec::new();
        for (path, state) in &self.record.fields {
            let Some(located) = self.catalog.locate(&kind.id, path) else { continue };
            let Some(finds) = located.field.finds else { continue };
            if let (Some(list), Some(entry)) = (located.list, located.entry)
                && self.record.is_removed(&format!("{}/{entry}", list.id))
            {
                continue;
            }
            let said = state.statements.iter().map(|statement| &statement.value);
            for text in said.chain([&state.value]).filter_map(Value::as_str) {
                keys.extend(match finds {
                    Finds::Name => [name_keys(text), sound_keys(text)].concat(),
                    Finds::Number => number_keys(text),
                });
            }
        }
        keys
    }
}

#[cfg(test)]
mod tests {
    use ankomst_shared::document::{Authoring, Edit};
    use ankomst_shared::ids::{ActorId, DeviceId, EntryId, UnitId, UserId};
    use ankomst_shared::merge::settle_edits;
    use ankomst_shared::path::FieldPath;

    use super::*;

    fn by(user: u8) -> Authoring {
        Authoring {
            device: DeviceId::from_bytes([user; 16]),
            user: UserId::from_bytes([user; 16]),
            now_ms: 1_000,
            clock_offset_s: None,
            review_heads: Vec::new(),
        }
    }

    fn say(answers: &[(&str, &str)]) -> Vec<Edit> {
        let edit = |(path, text): &(&str, &str)| Edit {
            path: FieldPath::parse(path).unwrap(),
            value: Value::text(*text),
        };
        answers.iter().map(edit).collect()
    }

    fn of(kind: &str, opened: &Document, review: Option<&Document>) -> ProjectedRow {
        let document = DocumentRow {
            id: DocumentId::from_bytes([9; 16]),
            kind: kind.to_owned(),
            parent: None,
            unit: UnitId::from_bytes([1; 16]),
            protection: 0,
            user: UserId::from_bytes([1; 16]),
        };
        let around = Around {
            home: kind.to_owned(),
            level: 0,
            case: None,
            feed: 1,
            updated_ms: 1,
            unseen: (0, 0),
        };
        row(Catalog::builtin(), &document, around, (opened, review))
    }

    fn actor(number: u8) -> ActorId {
        ActorId::from_bytes([number; 16])
    }

    #[test]
    fn what_was_decided_is_no_longer_open_and_both_names_find_the_record() {
        let (mut one, first) =
            Document::create(actor(1), vec![1], &say(&[("household_label", "Haddad")]), &by(1))
                .unwrap();
        let mut other = Document::open(actor(2), [first.bytes.as_slice()]).unwrap();
        one.commit(&say(&[("household_label", "Hadad")]), &by(1)).unwrap();
        let theirs =
            other.commit(&say(&[("household_label", "Al-Haddad")]), &by(2)).unwrap().unwrap();
        one.apply([theirs.bytes.as_slice()]).unwrap();
        let disputed = of("case", &one, None);
        assert_eq!(disputed.open, 1);
        for key in ["hadad", "alhaddad", "haddad"] {
            assert!(disputed.keys.iter().any(|known| known == key), "{key}: {:?}", disputed.keys);
        }
        let path = FieldPath::parse("household_label").unwrap();
        let saw = one.statements(&path).iter().map(|statement| statement.id).collect();
        let entry = EntryId::from_bytes([3; 10]);
        let edits = settle_edits(entry, &path, &Value::text("Al-Haddad"), "", &saw);
        let (review, _) = Document::create(actor(3), vec![2], &edits, &by(3)).unwrap();
        let settled = of("case", &one, Some(&review));
        assert_eq!((settled.open, settled.title.as_str()), (0, "Al-Haddad"));
    }

    #[test]
    fn while_anybody_says_that_a_person_is_protected_the_case_is_shielded() {
        let path = "persons/yyyyyyyyyyyyyyyy/protected_identity";
        // The last is a code of a newer catalog, of which nobody here knows how cautious it is.
        for (first, second, is_shielded) in [
            ("none", "none", false),
            ("none", "secrecy_mark", true),
            ("secrecy_mark", "none", true),
            ("none", "newer", true),
            ("newer", "none", true),
        ] {
            let (mut one, begun) =
                Document::create(actor(1), vec![1], &say(&[("remark", "Prov")]), &by(1)).unwrap();
            let mut other = Document::open(actor(2), [begun.bytes.as_slice()]).unwrap();
            one.commit(&say(&[(path, first)]), &by(1)).unwrap();
            let theirs = other.commit(&say(&[(path, second)]), &by(2)).unwrap().unwrap();
            one.apply([theirs.bytes.as_slice()]).unwrap();
            assert_eq!(of("case", &one, None).shielded, is_shielded, "{first}, {second}");
        }
    }

    #[test]
    fn a_row_says_what_the_catalog_marks() {
        let [a, b, c] = ["yyyyyyyyyyyyyyyy", "xxxxxxxxxxxxxxxx", "zzzzzzzzzzzzzzzz"];
        let key = |list: &str, entry: &str, field: &str| format!("{list}/{entry}/{field}");
        let answers: Vec<(String, &str)> = vec![
            ("household_label".into(), "Familjen Saba"),
            ("state".into(), "active"),
            ("arrival_date".into(), "2026-03-01"),
            (key("persons", a, "given"), "Saba-Luwam"),
            (key("persons", a, "family"), "Habte"),
            (key("persons", a, "personal_number"), "199005262382"),
            (key("persons", a, "lma_number"), "99-123456/1"),
            (key("persons", a, "protected_identity"), "secrecy_mark"),
            (key("persons", c, "native_name"), "حداد"),
            (key("persons", b, "given"), "Borttagen"),
            (key("persons", b, "tombstone"), "dubblett"),
            (key("tasks", a, "due"), "2026-04-02"),
            (key("tasks", a, "status"), "todo"),
            (key("tasks", b, "due"), "2026-04-01"),
            (key("tasks", b, "status"), "done"),
        ];
        let answers: Vec<(&str, &str)> =
            answers.iter().map(|(path, text)| (path.as_str(), *text)).collect();
        let (opened, _) = Document::create(actor(1), vec![1], &say(&answers), &by(1)).unwrap();
        let row = of("case", &opened, None);
        assert_eq!(
            (row.title.as_str(), row.detail.as_str()),
            ("Familjen Saba", "Saba-Luwam Habte, حداد")
        );
        assert_eq!((row.state.as_str(), row.arrival.as_str()), ("active", "2026-03-01"));
        assert_eq!(row.due, "2026-04-02", "the nearest day of what is not done");
        assert!(row.shielded && row.number.starts_with("T-"));
        for key in ["saba", "luwam", "9005262382", "199005262382", "991234561", "familjen"] {
            assert!(row.keys.iter().any(|known| known == key), "{key}: {:?}", row.keys);
        }
        assert!(!row.keys.iter().any(|key| key == "borttagen"));
    }

    #[test]
    fn a_person_with_two_cards_is_named_once_and_found_by_both() {
        let (a, b, said) = ("zzzzzzzzzzzzzzzz", "yyyyyyyyyyyyyyyy", "xxxxxxxxxxxxxxxx");
        let card = |entry: &str, field: &str| format!("persons/{entry}/{field}");
        let case = DocumentId::from_bytes([8; 16]);
        let elsewhere = format!("{case}/{b}");
        for (to, names) in [(b, "Hanan Bashir"), (&elsewhere, "Hanan Bashir, Hanane B.")] {
            let answers = [
                (card(a, "given"), "Hanane"),
                (card(a, "family"), "B."),
                (card(b, "given"), "Hanan"),
                (card(b, "family"), "Bashir"),
                (card(a, "duplicate_of"), to),
                (format!("same_said/{said}/person"), a),
                (format!("same_said/{said}/other"), to),
            ];
            let answers: Vec<(&str, &str)> =
                answers.iter().map(|(path, text)| (path.as_str(), *text)).collect();
            let mut edits = say(&answers);
            edits.push(Edit {
                path: FieldPath::parse(&format!("same_said/{said}/joined")).unwrap(),
                value: Value::Bool(true),
            });
            let (opened, _) = Document::create(actor(1), vec![1], &edits, &by(1)).unwrap();
            let row = of("case", &opened, None);
            assert_eq!(row.detail, names, "{to}");
            for key in ["hanan", "hanane"] {
                assert!(row.keys.iter().any(|known| known == key), "{key}: {:?}", row.keys);
            }
        }
    }
}
