//! Reads a function: where it panics, whom it calls, and whether it reads the last value it is given.

use std::collections::BTreeSet;
use std::ops::Range;

use wasmparser::{FunctionBody, Operator};

/// Zero in place of what nobody reads.
const ZERO: &[u8] = &[0x41, 0x00];

/// What a function does, as far as panics go.
#[derive(Default)]
pub(super) struct Body {
    /// What goes, and what comes instead: ways into a panic, from the last turn before it to the
    /// panic's end; values that a called function does not read.
    pub(super) edits: Vec<(Range<usize>, &'static [u8])>,
    /// What it does instead, all in all.
    pub(super) instead: Option<&'static [u8]>,
    /// Functions it calls outside of the ways into panics.
    pub(super) calls: Vec<u32>,
    /// Nothing comes before the first panic.
    pub(super) panics: bool,
    /// It never returns.
    pub(super) ends: bool,
    /// How often it reads the last value that it is given: of functions that may panic, often the
    /// place in the source that called them.
    pub(super) reads: usize,
}

/// What is known of functions while their bodies are read.
#[derive(Default, PartialEq, Eq)]
pub(super) struct Known {
    /// They do nothing else than panic.
    pub(super) panics: BTreeSet<u32>,
    /// They do not read the last value they are given.
    pub(super) blind: BTreeSet<u32>,
}

/// Where the reading of a function is.
pub(super) struct Reading<'a> {
    known: &'a Known,
    /// The variable with the last value it is given.
    last: Option<u32>,
    /// Place of the first operator.
    first: usize,
    /// Start of the operators since the last turn, and how often `last` was read before.
    straight: Option<(usize, usize)>,
    /// Start of a way into a panic, the reads before, and the function that panics.
    open: Option<(usize, usize, u32)>,
    /// Place of the operator before, if all it does is to give a value; whether that is `last`.
    value: Option<(usize, bool)>,
    depth: u32,
    returns: bool,
    trapped: bool,
    found: Body,
}

impl<'a> Reading<'a> {
    /// Reads a function, whose last given value has the number `last`.
    ///
    /// # Errors
    /// When its operators cannot be read.
    pub(super) fn of(
        body: &FunctionBody<'_>,
        last: Option<u32>,
        known: &'a Known,
    ) -> anyhow::Result<Body> {
        let mut operators = body.get_operators_reader()?;
        let first = operators.original_position();
        let mut reading = Self {
            known,
            last,
            first,
            straight: None,
            open: None,
            value: None,
            depth: 0,
            returns: false,
            trapped: false,
            found: Body::default(),
        };
        while !operators.eof() {
            let at = operators.original_position();
            let operator = operators.read()?;
            reading.operator(at, &operator, operators.eof());
        }
        let returns = reading.returns;
        Ok(Body { ends: !returns, ..reading.found })
    }

    fn operator(&mut self, at: usize, operator: &Operator<'_>, is_end: bool) {
        let is_trap = matches!(operator, Operator::Unreachable);
        if let Some((from, reads, callee)) = self.open.take() {
            if is_trap {
                self.found.panics |= from == self.first;
                self.found.edits.push((from..at, &[]));
                self.found.reads = reads;
            } else {
                self.found.calls.push(callee);
            }
        }
        let (start, reads) = *self.straight.get_or_insert((at, self.found.reads));
        let value = self.value.take();
        match *operator {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => self.depth += 1,
            Operator::End if is_end => self.returns |= !self.trapped,
            Operator::End => self.depth -= 1,
            Operator::Br { relative_depth } | Operator::BrIf { relative_depth } => {
                self.returns |= relative_depth == self.depth;
            }
            Operator::BrTable { ref targets } => {
                let mut all = targets.targets();
                self.returns |= targets.default() == self.depth;
                self.returns |= all.any(|to| to.is_ok_and(|to| to == self.depth));
            }
            Operator::Return => self.returns = true,
            Operator::Call { function_index } => {
                if self.known.panics.contains(&function_index) {
                    self.open = Some((start, reads, function_index));
                } else {
                    if let Some((from, is_last)) = value
                        && self.known.blind.contains(&function_index)
                    {
                        self.found.edits.push((from..at, ZERO));
                        self.found.reads -= usize::from(is_last);
                    }
                    self.found.calls.push(function_index);
                }
            }
            Operator::RefFunc { function_index } => self.found.calls.push(function_index),
            Operator::CallIndirect { .. } | Operator::Else | Operator::Unreachable => {}
            _ => {
                let is_last = matches!(operator, Operator::LocalGet { local_index }
                    if Some(*local_index) == self.last);
                self.found.reads += usize::from(is_last);
                let gives = is_last || matches!(operator, Operator::I32Const { .. });
                self.value = gives.then_some((at, is_last));
                self.trapped = false;
                return;
            }
        }
        self.trapped = is_trap;
        self.straight = None;
    }
}
