//! A change taken apart into its parts and put together again, right or wrong.

use crate::chunk::column::Reader;
use crate::chunk::{GateError, sha256};

const HEAD: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];

/// The parts of one change chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// Hashes of dependencies.
    pub deps: Vec<Vec<u8>>,
    /// The actor.
    pub actor: Vec<u8>,
    /// Number in the actor's sequence.
    pub seq: u64,
    /// Counter of the first operation.
    pub start_op: u64,
    /// Seconds.
    pub time: i64,
    /// Commit message.
    pub message: Vec<u8>,
    /// Other actors.
    pub others: Vec<Vec<u8>>,
    /// Column numbers and data.
    pub columns: Vec<(u64, Vec<u8>)>,
    /// What follows the columns.
    pub rest: Vec<u8>,
}

impl Parts {
    /// Takes an inflated change apart.
    ///
    /// # Errors
    /// When it is not one.
    pub fn split(bytes: &[u8]) -> Result<Self, GateError> {
        let mut reader = Reader::new(bytes);
        reader.take(9)?;
        reader.unsigned()?;
        let deps = (0..reader.unsigned()?)
            .map(|_| reader.take(32).map(<[u8]>::to_vec))
            .collect::<Result<_, _>>()?;
        let actor = prefixed(&mut reader)?;
        let (seq, start_op, time) = (reader.unsigned()?, reader.unsigned()?, reader.signed()?);
        let message = prefixed(&mut reader)?;
        let others =
            (0..reader.unsigned()?).map(|_| prefixed(&mut reader)).collect::<Result<_, _>>()?;
        let table = (0..reader.unsigned()?)
            .map(|_| Ok((reader.unsigned()?, reader.unsigned()?)))
            .collect::<Result<Vec<_>, GateError>>()?;
        let columns = table
            .into_iter()
            .map(|(spec, length)| Ok((spec, reader.take(length)?.to_vec())))
            .collect::<Result<_, GateError>>()?;
        let rest = reader.rest().to_vec();
        Ok(Self { deps, actor, seq, start_op, time, message, others, columns, rest })
    }

    /// Puts the parts together, with the right length and checksum for whatever they are.
    #[must_use]
    pub fn join(&self) -> Vec<u8> {
        let mut body = Vec::new();
        count(&mut body, self.deps.len());
        self.deps.iter().for_each(|dep| body.extend(dep));
        push_prefixed(&mut body, &self.actor);
        push_unsigned(&mut body, self.seq);
        push_unsigned(&mut body, self.start_op);
        push_signed(&mut body, self.time);
        push_prefixed(&mut body, &self.message);
        count(&mut body, self.others.len());
        self.others.iter().for_each(|actor| push_prefixed(&mut body, actor));
        count(&mut body, self.columns.len());
        for (spec, data) in &self.columns {
            push_unsigned(&mut body, *spec);
            count(&mut body, data.len());
        }
        self.columns.iter().for_each(|(_, data)| body.extend(data));
        body.extend(&self.rest);
        wrap(1, &body)
    }

    /// Finds the data of a column.
    pub fn column(&mut self, spec: u64) -> Option<&mut Vec<u8>> {
        self.columns.iter_mut().find(|(at, _)| *at == spec).map(|(_, data)| data)
    }
}

/// Puts head, checksum and length before a body.
#[must_use]
pub fn wrap(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut tail = vec![kind];
    count(&mut tail, body.len());
    let hash = sha256(&[&tail, body]);
    let checksum = hash.first_chunk::<4>().copied().unwrap_or_default();
    [HEAD.as_slice(), &checksum, &tail, body].concat()
}

fn prefixed(reader: &mut Reader<'_>) -> Result<Vec<u8>, GateError> {
    let length = reader.unsigned()?;
    reader.take(length).map(<[u8]>::to_vec)
}

fn push_prefixed(out: &mut Vec<u8>, bytes: &[u8]) {
    count(out, bytes.len());
    out.extend(bytes);
}

fn count(out: &mut Vec<u8>, number: usize) {
    push_unsigned(out, u64::try_from(number).unwrap_or(u64::MAX));
}

/// Writes an unsigned number in its shortest form.
pub fn push_unsigned(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let low = u8::try_from(value & 0x7f).unwrap_or(0);
        value >>= 7;
        if value == 0 {
            return out.push(low);
        }
        out.push(low | 0x80);
    }
}

/// Writes a signed number in its shortest form.
pub fn push_signed(out: &mut Vec<u8>, mut value: i64) {
    loop {
        let low = u8::try_from(value & 0x7f).unwrap_or(0);
        value >>= 7;
        if (value == 0 && low & 0x40 == 0) || (value == -1 && low & 0x40 != 0) {
            return out.push(low);
        }
        out.push(low | 0x80);
    }
}
