//! What is cleaned is gone, and nothing else is.

use super::super::*;
use super::{ID, Kept, World};

/// Cleans one place after another of a random record; gives how many could be, and what went.
fn cleaned(kind: &'static str, seed: u64) -> [usize; 2] {
    let mut world = World::begun(kind, seed);
    for _ in 0..30 {
        let device = world.dice.roll(4);
        world.acts(device);
        if world.dice.roll(2) == 0 {
            world.meets(device);
        }
    }
    let old = world.sides(&world.arrived);
    let already = world.arrived.len();
    for device in 0..4 {
        world.acts(device);
        world.meets(device);
    }
    let late = world.sides(&world.arrived[already..]);
    let catalog = Catalog::builtin();
    let before = state_of(kind, &old);
    let places = before.1.fields.keys().map(|path| match path.segments() {
        parts if parts.head == "persons" => {
            let entry = parts.rest[0].unwrap();
            FieldPath::parse(&format!("persons/{entry}")).unwrap()
        }
        _ => path.clone(),
    });
    let (mut done, mut gone) = (0, 0);
    for place in places.chain(before.1.fields.keys().cloned()) {
        let tried = Cut::of(catalog, kind, (&before.0, &before.1), core::slice::from_ref(&place));

        let Ok(cut) = tried else {
            continue;
        };
        let wanted = Wanted { since_ms: i64::MIN, salt: [1; 16], cut: Some(&cut) };
        let all = continued(catalog, (kind, ID), (&old[0], &old[1]), &wanted).unwrap();
        let mut kept = Kept::default();
        for carried in all {
            let actor = parse(&world.chunks[&carried.was].1).unwrap().actor;
            kept.take(carried, actor);
        }
        let new = infos(&kept);
        let after = state_of(kind, &new);
        // A state may have followed from what was cleaned; the server leaves such a record as it is.
        if !is_same_without(&before.1, &after.1, &cut) {
            assert!(kind == "run", "{seed} {place}");
            continue;
        }
        done += 1;
        let said = after.0.all_history();
        let stays: Vec<_> = said.iter().filter(|(path, _)| cut.covers(path.as_str())).collect();
        assert!(stays.len() <= cut.kept.len(), "{kind} {seed} {place}: {stays:?}");
        gone += before.0.all_history().len() - said.len();
        let about = new[1]
            .iter()
            .flat_map(|info| &info.ops)
            .filter_map(|op| crate::merge::settlement::settled_path(&op.key, op.value.as_ref()?));
        assert!(about.clone().all(|(_, path)| !cut.covers(path)), "a decision stays");
        late_work((kind, seed), (&cut, &late), &mut kept, &new[0]);
    }
    [done, gone]
}

/// Late work comes in, but for what would bring it back.
fn late_work(
    (kind, seed): (&str, u64),
    (cut, late): (&Cut, &[Vec<ChunkInfo>; 2]),
    kept: &mut Kept,
    new: &[ChunkInfo],
) {
    let place = &cut.paths;
    for (of, info) in in_order(&late[0], &late[1]) {
        let sides = [0, 1].map(|side| (kept.chunks[side].as_slice(), kept.into[side].clone()));
        let mut line = Line::at(sides, kept.said.clone(), [2; 16]).unwrap();
        let out = cut.left_out(of, info, &[info.hash]);
        let carried = line.carry(of, info, &|counter| !out.contains(&counter)).unwrap();
        let wrote = (info.start_op..).zip(&info.ops);
        let wrote = wrote.filter(|(at, op)| !out.contains(at) && op.header.is_none());
        let wrote: BTreeSet<&FieldPath> =
            wrote.filter(|(_, op)| op.value.is_some()).map(|(_, op)| &op.key).collect();
        assert_eq!(wrote.len(), carried.said.len(), "{kind} {seed} {place:?}: late work is lost");
        kept.take(carried, info.actor);
    }
    let [record, _] = infos(kept);
    let said = record.iter().flat_map(|info| info.ops.iter().map(move |op| (info, op)));
    let back = said.filter(|(info, op)| {
        cut.covers(op.key.as_str()) && !new.iter().any(|one| one.hash == info.hash)
    });
    assert_eq!(back.count(), 0, "{kind} {seed} {place:?}: late work brought it back");
}

fn infos(kept: &Kept) -> [Vec<ChunkInfo>; 2] {
    [0, 1].map(|side| kept.chunks[side].iter().map(|bytes| parse(bytes).unwrap()).collect())
}

fn state_of(kind: &str, sides: &[Vec<ChunkInfo>; 2]) -> (Document, RecordState) {
    let open = |infos: &Vec<ChunkInfo>| {
        let nobody = ActorId::from_bytes([0; 16]);
        Document::open(nobody, infos.iter().map(|info| info.bytes.as_slice())).unwrap()
    };
    let review = (!sides[1].is_empty()).then(|| open(&sides[1]));
    let document = open(&sides[0]);
    let state = record_state(Catalog::builtin(), (kind, ID), &document, review.as_ref());
    (document, state)
}

#[test]
fn what_is_cleaned_is_in_no_change_and_nothing_else_is_lost() {
    for kind in ["case", "run", "journal"] {
        let found: Vec<[usize; 2]> = (0..12).map(|seed| cleaned(kind, seed)).collect();
        let [done, gone] = [0, 1].map(|at| found.iter().map(|one| one[at]).sum::<usize>());
        assert!(
            done > 15 && gone > done,
            "{kind}: {done} places were cleaned of {gone} statements"
        );
    }
}

#[test]
fn an_entry_into_which_somebody_wrote_unseen_is_not_cleaned() {
    let by = |who: u8, now_ms: i64| Authoring {
        device: crate::ids::DeviceId::from_bytes([who; 16]),
        user: crate::ids::UserId::from_bytes([who; 16]),
        now_ms,
        clock_offset_s: None,
        review_heads: Vec::new(),
    };
    let actor = |who: u8| ActorId::from_bytes([who; 16]);
    let entry = FieldPath::parse("persons/aaaaaaaaaaaaaaaa").unwrap();
    let edit = |field: &str, value: &str| {
        let path = FieldPath::parse(&format!("{entry}/{field}")).unwrap();
        [Edit { path, value: Value::text(value) }]
    };
    let (_, base) = Document::create(actor(1), vec![1], &edit("given", "Rima"), &by(1, 1)).unwrap();
    let open = |who: u8| Document::open(actor(who), [base.bytes.as_slice()]).unwrap();
    let wrote = |who: u8, edits: &[Edit]| open(who).commit(edits, &by(who, 2)).unwrap().unwrap();
    let gone = wrote(2, &edit("tombstone", "fel person"));
    let unseen = wrote(3, &edit("phone", "+46701740605"));
    let cut = |chunks: &[&Chunk]| {
        let mut document = open(9);
        document.apply(chunks.iter().map(|chunk| chunk.bytes.as_slice())).unwrap();
        let state = record_state(Catalog::builtin(), ("case", ID), &document, None);
        Cut::of(Catalog::builtin(), "case", (&document, &state), core::slice::from_ref(&entry))
    };
    assert!(cut(&[&gone]).is_ok());
    assert_eq!(cut(&[&gone, &unseen]), Err(CutError::There(entry.clone())));
}
