//! Which kinds of what goes wrong a history has.

use crate::kernel::Kernel;
use crate::wire::Link;

/// A tablet's disk and cookies as they were, and when.
pub(crate) type Copied = (crate::disk::Rows, Vec<(String, String)>, i64);

/// Which kinds of faults a history has.
#[expect(clippy::struct_excessive_bools, reason = "each is a kind that is there or not")]
#[derive(Debug, Clone)]
pub struct Kinds {
    /// Messages lost and doubled, in a thousand.
    pub(crate) loss: usize,
    pub(crate) slow: i64,
    /// Sessions without contact, in a thousand.
    pub offline: usize,
    /// Several people share a tablet.
    pub others: bool,
    pub(crate) server: bool,
    pub(crate) back: bool,
    pub(crate) disks: bool,
    pub(crate) clocks: bool,
    pub(crate) copies: bool,
    pub(crate) partitions: bool,
    pub(crate) rights: bool,
    pub(crate) hostile: bool,
    pub(crate) losses: bool,
    /// The municipality publishes its own checklist, and does so anew.
    pub(crate) templates: bool,
    /// Houses are taken along and given back.
    pub(crate) along: bool,
    /// Programs on tablets are of several ages.
    pub(crate) ages: bool,
    /// Programs on tablets end at any time.
    pub ends: bool,
    /// The server is to be cut off after so many commits.
    pub cut_at: Option<i64>,
    pub(crate) copied: Vec<Option<Copied>>,
}

impl Kinds {
    /// Draws them.
    #[must_use]
    pub fn draw(kernel: &Kernel) -> Self {
        let has = |in_thousand| kernel.chance(in_thousand);
        Self {
            loss: if has(700) { kernel.roll(150) } else { 0 },
            slow: kernel.between(40, if has(300) { 20_000 } else { 800 }),
            offline: if has(600) { 250 } else { 30 },
            others: has(400),
            server: has(600),
            back: has(450),
            disks: has(500),
            clocks: has(400),
            copies: has(350),
            partitions: has(500),
            rights: has(450),
            hostile: has(350),
            losses: has(200),
            ends: has(700),
            templates: has(450),
            along: has(500),
            ages: has(400),
            cut_at: None,
            copied: Vec::new(),
        }
    }

    /// Whether people have to do with houses.
    #[must_use]
    pub const fn has_houses(&self) -> bool {
        self.templates || self.along
    }

    /// None at all: the network is as good as any, and nothing else goes wrong.
    pub fn end(&mut self) {
        (self.loss, self.slow, self.offline) = (0, 40, 0);
        (self.others, self.ends, self.cut_at) = (false, false, None);
    }

    /// Whether something may move a tablet's place without what belongs to it, or the log under it.
    #[must_use]
    pub const fn moves_places(&self) -> bool {
        self.rights || self.copies || self.back
    }

    /// A link of this history at its usual.
    #[must_use]
    pub fn link(&self) -> Link {
        Link { up: true, loss: self.loss, twice: self.loss, slow: self.slow, clogged_until: 0 }
    }
}
