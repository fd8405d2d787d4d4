//! What is cleaned is gone, and nothing else is.

use super::super::*;
use super::{EntryId, ID, Kept, World, settle_edits};
use crate::app::Agreement;

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

fn by(who: u8, now_ms: i64) -> Authoring {
    Authoring {
        device: crate::ids::DeviceId::from_bytes([who; 16]),
        user: crate::ids::UserId::from_bytes([who; 16]),
        now_ms,
        clock_offset_s: None,
        review_heads: Vec::new(),
    }
}

fn actor(who: u8) -> ActorId {
    ActorId::from_bytes([who; 16])
}

/// Two people gave different numbers without contact, somebody decided, and the record is cleaned of them.
#[test]
fn of_what_was_decided_only_the_decided_answer_stays_as_what_stands() {
    let catalog = Catalog::builtin();
    let phone = FieldPath::parse("phone").unwrap();
    let say = |value: &str| [Edit { path: phone.clone(), value: Value::text(value) }];
    let (_, base) = Document::create(actor(1), vec![1], &say("first"), &by(1, 1)).unwrap();
    let open = |who: u8| Document::open(actor(who), [base.bytes.as_slice()]).unwrap();
    let wrote = |who: u8, value: &str| open(who).commit(&say(value), &by(who, 2)).unwrap().unwrap();
    let (hers, his) = (wrote(2, "hers"), wrote(3, "his"));
    let mut document = open(9);
    document.apply([hers.bytes.as_slice(), his.bytes.as_slice()]).unwrap();
    let tried = |review: Option<&Document>| {
        let state = record_state(catalog, ("case", ID), &document, review);
        Cut::of(catalog, "case", (&document, &state), core::slice::from_ref(&phone))
    };
    assert_eq!(tried(None), Err(CutError::Open(phone.clone())));
    let saw = document.statements(&phone).iter().map(|said| said.id).collect();
    let decide = |value: &str| {
        let edits =
            settle_edits(EntryId::from_bytes([4; 10]), &phone, &Value::text(value), "", &saw);
        Document::create(actor(5), vec![2], &edits, &by(4, 3)).unwrap()
    };
    let (review, decision) = decide("his");
    let cut = tried(Some(&review)).unwrap();
    assert_eq!(cut.kept, [(phone.clone(), his.hash)], "hers is what goes");
    let parts = |chunks: &[&Chunk]| -> Vec<ChunkInfo> {
        chunks.iter().map(|chunk| parse(&chunk.bytes).unwrap()).collect()
    };
    let old = [parts(&[&base, &hers, &his]), parts(&[&decision])];
    let wanted = Wanted { since_ms: i64::MIN, salt: [1; 16], cut: Some(&cut) };
    let mut kept = Kept::default();
    for carried in continued(catalog, ("case", ID), (&old[0], &old[1]), &wanted).unwrap() {
        let own = old.iter().flatten().find(|info| info.hash == carried.was).unwrap();
        kept.take(carried, own.actor);
    }
    let new = infos(&kept);
    let (before, after) = (state_of("case", &old), state_of("case", &new));
    assert!(is_same_without(&before.1, &after.1, &cut));
    let now = &after.1.fields[&phone];
    assert_eq!((&now.value, now.agreement), (&Value::text("his"), Agreement::Agreed));
    assert_eq!(after.0.all_history().len(), 1);
    for gone in ["first", "hers"] {
        let stays = new
            .iter()
            .flatten()
            .any(|info| info.bytes.windows(gone.len()).any(|bytes| bytes == gone.as_bytes()));
        assert!(!stays, "{gone}");
    }
    // Who decided for what nobody said has said it: that is in no change of the record, and must not be lost.
    let (review, _) = decide("neither");
    assert_eq!(tried(Some(&review)), Err(CutError::Open(phone.clone())));
}

#[test]
fn an_entry_into_which_somebody_wrote_unseen_is_not_cleaned() {
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
