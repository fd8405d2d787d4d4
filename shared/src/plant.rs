//! Defects planted on purpose, to show that simulations find them: at each point named here the code asks
//! [`is`] and does it wrong if that one was chosen. Without feature `plant` no point asks anything.

/// A planted defect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plant {
    /// A tablet gives up a document that leaves although something of it is only there.
    GivenUpEarly,
    /// What the server lacks counts as taken.
    MissingIsTaken,
    /// A tablet that finds another log does not offer what it has.
    NothingOffered,
    /// A deposit goes once the server has it, not once a backup has.
    DepositTooEarly,
    /// Of values that contradict each other only one stands.
    LastWins,
    /// The server tells nobody that a document has left.
    DropForgotten,
    /// Sums cannot be taken apart.
    SumsStay,
    /// The server sends no document that a device has not had.
    NothingNewSent,
    /// A tablet does not notice that its own change was shared.
    EchoUnheard,
    /// A document that comes whole is taken for all there is.
    WholeIsAll,
    /// A tablet never asks for a document once more.
    NeverHealed,
    /// Change and end of its drafts are two commits.
    DraftsApart,
    /// A change is stored without its deposit.
    NoDeposit,
    /// Where the exchange stands is stored before what came with it.
    PlaceFirst,
    /// What others wrote is taken in before drafts have become changes.
    TakenBeforeDrafts,
    /// A commit that failed counts as done.
    FailureUnheard,
    /// A document that was not saved is gone on with.
    AheadOfDisk,
    /// A change is acknowledged that is not stored.
    AckUnwritten,
    /// Backups are said to reach further than they do.
    BackupTooFar,
    /// Nothing is tried before it is shown.
    Untried,
    /// A change of the feed is left out now and then.
    FeedLeavesOut,
    /// A socket feeds what its person may no longer read.
    SocketUnscoped,
    /// A row is not made anew now and then.
    RowForgotten,
    /// A log that went back goes on as if it had not.
    EpochKept,
    /// What is typed is said to be saved and stands in memory only.
    TypedInMemory,
    /// Two documents in one push: the second is only acknowledged.
    SecondUnwritten,
}

impl Plant {
    /// All of them.
    pub const ALL: [Self; 26] = [
        Self::GivenUpEarly,
        Self::MissingIsTaken,
        Self::NothingOffered,
        Self::DepositTooEarly,
        Self::LastWins,
        Self::DropForgotten,
        Self::SumsStay,
        Self::NothingNewSent,
        Self::EchoUnheard,
        Self::WholeIsAll,
        Self::NeverHealed,
        Self::DraftsApart,
        Self::NoDeposit,
        Self::PlaceFirst,
        Self::TakenBeforeDrafts,
        Self::FailureUnheard,
        Self::AheadOfDisk,
        Self::AckUnwritten,
        Self::BackupTooFar,
        Self::Untried,
        Self::FeedLeavesOut,
        Self::SocketUnscoped,
        Self::RowForgotten,
        Self::EpochKept,
        Self::TypedInMemory,
        Self::SecondUnwritten,
    ];
}

#[cfg(feature = "plant")]
static CHOSEN: core::sync::atomic::AtomicU8 = core::sync::atomic::AtomicU8::new(0);

/// The defect that a build for browsers has from the start, by its place in [`Plant::ALL`] from 1.
#[cfg(feature = "plant")]
const BUILT_IN: Option<&str> = option_env!("ANKOMST_PLANT");

/// Chooses a defect for this process, or none.
#[cfg(feature = "plant")]
pub fn choose(plant: Option<Plant>) {
    let number = plant.map_or(0, number);
    CHOSEN.store(number, core::sync::atomic::Ordering::Relaxed);
}

/// Whether the code is to do this wrong.
#[cfg(feature = "plant")]
#[must_use]
pub fn is(plant: Plant) -> bool {
    CHOSEN.load(core::sync::atomic::Ordering::Relaxed) == number(plant)
        || BUILT_IN.is_some_and(|built_in| built_in.parse() == Ok(number(plant)))
}

/// Whether the code is to do this wrong: never.
#[cfg(not(feature = "plant"))]
#[must_use]
pub const fn is(_: Plant) -> bool {
    false
}

#[cfg(feature = "plant")]
fn number(plant: Plant) -> u8 {
    let at = Plant::ALL.iter().position(|one| *one == plant);
    at.and_then(|at| u8::try_from(at).ok()).map_or(0, |at| at + 1)
}
