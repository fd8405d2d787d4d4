//! Changes made of whatever operations, without Automerge: for what is too large or too odd to be written by a
//! document.

use crate::chunk::hostile::ops::write_ops;
use crate::chunk::hostile::parts::Parts;
use crate::chunk::{ChunkInfo, Op};
use crate::document::ChangeMeta;
use crate::ids::{ActorId, ChangeHash};

/// Makes a change of an actor: its number, its first operation, what it builds on, what it sets.
#[must_use]
pub fn make(
    (actor, meta): (ActorId, &ChangeMeta),
    (seq, start_op): (u64, u64),
    deps: &[ChangeHash],
    ops: Vec<Op>,
) -> Vec<u8> {
    let mut parts = Parts {
        deps: deps.iter().map(|dep| dep.as_bytes().to_vec()).collect(),
        actor: actor.as_bytes().to_vec(),
        seq,
        start_op,
        time: meta.claimed_ms.div_euclid(1000),
        message: meta.to_message().into_bytes(),
        others: Vec::new(),
        columns: Vec::new(),
        rest: Vec::new(),
    };
    parts.deps.sort();
    let info = ChunkInfo {
        hash: ChangeHash::from_bytes([0; 32]),
        actor,
        seq,
        start_op,
        max_op: start_op,
        deps: Vec::new(),
        meta: meta.clone(),
        ops,
        bytes: Vec::new(),
    };
    write_ops(&mut parts, &info, true);
    parts.join()
}
