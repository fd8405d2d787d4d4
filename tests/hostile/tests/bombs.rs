//! Every way in which a few bytes may ask for much: refused or read, the work is bounded, counted in steps and bytes.

#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

use ankomst_shared::chunk::hostile::make;
use ankomst_shared::chunk::hostile::parts::{Parts, push_signed, push_unsigned, wrap};
use ankomst_shared::chunk::work::{self, Work};
use ankomst_shared::chunk::{ChunkInfo, GateError, Op, parse};
use ankomst_shared::document::ChangeMeta;
use ankomst_shared::ids::{ActorId, ChangeHash, DeviceId, UserId};
use ankomst_shared::limits::{
    CHUNK_ACTORS_MAX, CHUNK_DEPS_MAX, CHUNK_INFLATED_BYTES_MAX, CHUNK_OPS_MAX, CHUNK_REPLACES_MAX,
    CHUNK_WIRE_BYTES_MAX, PATH_BYTES_MAX,
};
use ankomst_shared::path::FieldPath;
use ankomst_shared::sync::wire;
use ankomst_shared::value::Value;

/// The columns of a change.
const SPECS: [u64; 8] = [0x15, 0x34, 0x42, 0x56, 0x57, 0x70, 0x71, 0x73];
/// Rows of four columns, of what is replaced in two, and a few reads for each.
const STEPS_MAX: u64 = 8 * CHUNK_OPS_MAX + 2 * CHUNK_REPLACES_MAX;
/// What those rows take, the longest keys of all, and one change inflated.
const BYTES_MAX: u64 = 2 * 1024 * 1024;

const ACTOR: ActorId = ActorId::from_bytes([9; 16]);

fn meta() -> ChangeMeta {
    ChangeMeta {
        device: DeviceId::new(1, [1; 10]),
        user: UserId::new(1, [2; 10]),
        claimed_ms: 1_000,
        clock_offset_s: None,
        review_heads: Vec::new(),
    }
}

fn op(key: &str, replaces: Vec<(ActorId, u64)>) -> Op {
    Op { key: FieldPath::parse(key).unwrap(), value: Some(Value::Null), header: None, replaces }
}

fn change(ops: Vec<Op>) -> Vec<u8> {
    make((ACTOR, &meta()), (2, 2), &[ChangeHash::from_bytes([1; 32])], ops)
}

/// What the gate says, and that it has done no more for it than it may.
fn met(bytes: &[u8]) -> (Result<ChunkInfo, GateError>, Work) {
    let (told, work) = work::of(|| parse(bytes));
    let length = u64::try_from(bytes.len()).unwrap();
    let said = told.as_ref().map(|info| info.ops.len());
    assert!(work.steps <= 4 * length + STEPS_MAX, "{work:?} for {length} bytes: {said:?}");
    assert!(work.bytes <= 4 * length + BYTES_MAX, "{work:?} for {length} bytes: {said:?}");
    (told, work)
}

#[test]
fn runs_of_any_length_in_any_column_cost_no_more_than_so_many_rows() {
    let honest = change((0..40).map(|at| op(&format!("a{at}"), Vec::new())).collect());
    assert!(met(&honest).0.is_ok());
    for spec in SPECS {
        for power in 0..63 {
            for sign in [1, -1, 0] {
                let mut parts = Parts::split(&honest).unwrap();
                parts.columns.retain(|(known, _)| *known != spec);
                let mut run = Vec::new();
                push_signed(&mut run, sign << power);
                if sign == 0 {
                    push_unsigned(&mut run, 1 << power);
                }
                run.extend([1, b'a', 1]);
                parts.columns.push((spec, run));
                parts.columns.sort();
                let (told, work) = met(&parts.join());
                assert!(told.is_err(), "{spec:#x} {sign} {power}: {work:?}");
            }
        }
    }
}

#[test]
fn the_most_operations_with_the_longest_keys_cost_so_much_and_one_more_is_refused_first() {
    let key = "k".repeat(PATH_BYTES_MAX);
    let most = usize::try_from(CHUNK_OPS_MAX).unwrap();
    let all = |count: usize| {
        let stands = |at: usize| (at > 0).then(|| (ACTOR, u64::try_from(at + 1).unwrap()));
        change((0..count).map(|at| op(&key, stands(at).into_iter().collect())).collect())
    };
    let bytes = all(most);
    assert!(bytes.len() < 600, "a few bytes: {}", bytes.len());
    assert_eq!(met(&bytes).0.unwrap().ops.len(), most);
    let (told, work) = met(&all(most + 1));
    assert_eq!(told, Err(GateError::Rows));
    assert!(work.steps < 200, "{work:?}");
}

#[test]
fn lists_of_what_is_replaced_are_bounded_in_all_and_not_for_each_operation() {
    let most = usize::try_from(CHUNK_REPLACES_MAX).unwrap();
    let replaces = |count: usize| {
        let each = count.div_ceil(4_096).max(1);
        let mut left = count;
        let mut next = 0;
        let ops = (0..4_096).map(|at| {
            let some = each.min(left);
            left -= some;
            let own = (0..some).map(|_| {
                next += 1;
                (ACTOR, next)
            });
            op(&format!("a{at}"), own.collect())
        });
        change(ops.collect())
    };
    assert!(met(&replaces(most)).0.is_ok());
    for count in [most + 1, most * 4, most * 16] {
        assert_eq!(met(&replaces(count)).0, Err(GateError::Rows), "{count}");
    }
}

#[test]
fn deps_and_actors_beyond_the_bound_are_not_read() {
    let honest = change(vec![op("a", Vec::new())]);
    let name = |at: usize, length: usize| {
        let mut name = vec![0; length];
        name[..8].copy_from_slice(&u64::try_from(at + 1).unwrap().to_be_bytes());
        name
    };
    for (count, is_much) in [(CHUNK_DEPS_MAX, false), (CHUNK_DEPS_MAX + 1, true), (10_000, true)] {
        let mut parts = Parts::split(&honest).unwrap();
        parts.deps = (0..count).map(|at| name(at, 32)).collect();
        let (told, work) = met(&parts.join());
        assert_eq!(told == Err(GateError::Names), is_much, "{count}");
        assert!(!is_much || work.steps < 20, "{work:?}");
    }
    for count in [CHUNK_ACTORS_MAX + 1, 20_000] {
        let mut parts = Parts::split(&honest).unwrap();
        parts.others = (0..count).map(|at| name(at, 16)).collect();
        let (told, work) = met(&parts.join());
        assert_eq!(told, Err(GateError::Names), "{count}");
        assert!(work.steps < 40, "{work:?}");
    }
}

#[test]
fn what_unfolds_is_unfolded_no_further_than_a_change_may_be_large() {
    for mib in [1, 2, 64] {
        // A message is deflated in the same way.
        let packed = wire::pack(&vec![0_u8; mib * 1024 * 1024]);
        let bytes = wrap(2, &packed[1..]);
        assert!(bytes.len() <= CHUNK_WIRE_BYTES_MAX);
        let (told, work) = met(&bytes);
        assert!(told.is_err(), "{mib}");
        let most = u64::try_from(CHUNK_INFLATED_BYTES_MAX).unwrap();
        assert!(work.bytes <= most + 64, "{work:?}");
    }
    let (told, work) = met(&vec![0x85; CHUNK_WIRE_BYTES_MAX + 1]);
    assert_eq!((told, work), (Err(GateError::Size), Work::default()));
}
