//! Rules after merges: the changes of all who broke one together are named, in any order of arrival.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::document::{Authoring, Chunk, Document, Edit};
use crate::ids::{ActorId, ChangeHash, DeviceId, DocumentId, UserId};
use crate::merge::record_state;

const ID: DocumentId = DocumentId::from_bytes([7; 16]);

fn by(person: u8) -> Authoring {
    Authoring {
        device: DeviceId::from_bytes([person; 16]),
        user: UserId::from_bytes([person; 16]),
        now_ms: i64::from(person),
        clock_offset_s: None,
        review_heads: Vec::new(),
    }
}

fn edits(text: &str) -> Vec<Edit> {
    let edit = |(key, value): (&str, Value)| {
        let key = key.replace("/A/", &format!("/{A}/")).replace("/B/", &format!("/{B}/"));
        Edit { path: FieldPath::parse(&key).unwrap(), value }
    };
    answers(text).into_iter().map(edit).collect()
}

fn opened(chunks: &[&Chunk]) -> Document {
    let bytes = chunks.iter().map(|chunk| chunk.bytes.as_slice());
    Document::open(ActorId::from_bytes([9; 16]), bytes).unwrap()
}

fn looked_at(kind: &str, document: &Document) -> Outcome<'static> {
    let catalog = Catalog::builtin();
    let record = record_state(catalog, (kind, ID), document, None);
    evaluate(catalog, catalog.kind(kind).unwrap(), &record)
}

/// What stands first, and what each of two persons says without the other.
fn apart(first: &str, one: &str, other: &str) -> [Chunk; 3] {
    let actor = |number| ActorId::from_bytes([number; 16]);
    let (_, base) = Document::create(actor(1), vec![1], &edits(first), &by(1)).unwrap();
    let say = |person: u8, text: &str| {
        let mut replica = Document::open(actor(person), [base.bytes.as_slice()]).unwrap();
        replica.commit(&edits(text), &by(person)).unwrap().unwrap()
    };
    let (one, other) = (say(2, one), say(3, other));
    [base, one, other]
}

#[test]
fn a_rule_that_two_people_keep_alone_and_break_together_names_both_changes() {
    let stories = [
        (
            "case",
            "case closed_after_opened",
            "state=closing opened_on=2026-01-10",
            "closed_on=2026-02-01",
            "opened_on=2026-03-01",
        ),
        (
            "deficiencies",
            "deficiencies/deficiencies deadline_by_severity",
            "deficiencies/A/found_on=2026-01-01 deficiencies/A/severity=S3",
            "deficiencies/A/deadline=2026-01-15",
            "deficiencies/A/severity=S1",
        ),
        (
            "residence",
            "residence persons_per_toilet",
            "max_persons=10 toilets=4",
            "max_persons=40",
            "toilets=1",
        ),
        (
            "residence",
            "residence rooms_within_area",
            "total_area_m2=30.0",
            "rooms/A/area_m2=16.0",
            "rooms/B/area_m2=16.0",
        ),
        (
            "residence",
            "residence/occupancy/bed choices",
            "beds/A/room=ra beds/B/room=rb occupancy/A/display=X",
            "occupancy/A/bed=aaaaaaaaaaaaaaaa",
            "occupancy/A/room=rb",
        ),
    ];
    for (kind, rule, first, one, other) in stories {
        let [base, one, other] = apart(first, one, other);
        for alone in [vec![&base], vec![&base, &one], vec![&base, &other]] {
            let found = looked_at(kind, &opened(&alone));
            assert!(found.broken.is_empty(), "{rule}: {:?}", found.broken);
        }
        for order in [[&base, &one, &other], [&base, &other, &one]] {
            let found = looked_at(kind, &opened(&order));
            let broken = found.broken.iter().find(|broken| broken.rule == rule).expect(rule);
            let named: BTreeSet<ChangeHash> =
                broken.facts.iter().flat_map(|fact| fact.changes.iter().copied()).collect();
            assert!(named.contains(&one.hash) && named.contains(&other.hash), "{rule}: {broken:?}");
            assert!(!broken.is_contested(), "{rule}");
        }
    }
}

#[test]
fn a_contested_answer_counts_as_the_most_cautious_and_is_said_to_be_contested() {
    let [base, one, other] = apart(
        "rooms/A/kind=bedroom rooms/A/max_persons=3",
        "rooms/A/area_m2=13.2",
        "rooms/A/area_m2=11.6",
    );
    for order in [[&base, &one, &other], [&base, &other, &one]] {
        let found = looked_at("residence", &opened(&order));
        assert_eq!(asked(&found, "rooms/A/persons_by_area").calculated, Some(Value::Int(2)));
        let broken = &found.broken[0];
        assert_eq!(broken.rule, "residence/rooms area_for_persons");
        assert!(broken.is_contested());
        let area =
            broken.facts.iter().find(|fact| fact.path.as_str().ends_with("area_m2")).unwrap();
        assert_eq!(area.value, Some(Value::text("11.6")));
        assert_eq!(area.changes.len(), 2, "both who measured are named");
    }
}

const SAID: [(&str, &[&str]); 12] = [
    ("open_from", &["2026-01-01", "2026-06-01"]),
    ("open_to", &["2026-03-01", "2027-01-01"]),
    ("max_persons", &["4", "40"]),
    ("toilets", &["0", "1", "9"]),
    ("showers", &["0", "2"]),
    ("total_area_m2", &["20.5", "200.0"]),
    ("residence_type", &["RES-HVB", "RES-APT"]),
    ("rooms/A/area_m2", &["9.0", "12.0", "14.5"]),
    ("rooms/B/area_m2", &["7.9", "30.0"]),
    ("rooms/A/kind", &["bedroom", "kitchen"]),
    ("rooms/A/max_persons", &["2", "7"]),
    ("occupancy/A/to_date", &["2026-01-01", "2026-05-01"]),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn the_outcome_is_the_same_in_any_order_of_changes(
        said in prop::collection::vec((2_u8..6, 0..SAID.len(), 0_usize..3), 1..14),
        shuffle in any::<u64>(),
    ) {
        let actor = |number| ActorId::from_bytes([number; 16]);
        let (_, base) =
            Document::create(actor(1), vec![1], &edits("name=Vinkelvägen occupancy/A/from_date=2026-02-01"), &by(1)).unwrap();
        let mut chunks = vec![base.clone()];
        for person in 2..6 {
            let mut replica = Document::open(actor(person), [base.bytes.as_slice()]).unwrap();
            for (_, field, value) in said.iter().filter(|(who, ..)| *who == person) {
                let (key, values) = SAID[*field];
                let text = format!("{key}={}", values[value % values.len()]);
                chunks.extend(replica.commit(&edits(&text), &by(person)).unwrap());
            }
        }
        let first = looked_at("residence", &opened(&chunks.iter().collect::<Vec<_>>()));
        let mut order: Vec<usize> = (0..chunks.len()).collect();
        order.sort_by_key(|at| (u64::try_from(*at).unwrap() + 1).wrapping_mul(shuffle | 1));
        let mut replica = Document::open(actor(9), [base.bytes.as_slice()]).unwrap();
        for at in order {
            replica.apply([chunks[at].bytes.as_slice()]).unwrap();
        }
        prop_assert_eq!(looked_at("residence", &replica), first);
    }
}
