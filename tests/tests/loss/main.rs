//! Nothing that was shown as saved is lost: the real server and headless tablets.
//!
//! Reading order: [`kit`], [`load`] (tablets that are typed on all the time), [`day`] (offline,
//! contradictions, decisions), [`kills`] (power cuts of the server), [`trace`] (the disk before the
//! answer), [`full`] (a disk without room), [`synced`] (one that fails), [`large`] (much at once), [`flood`] (a device that sends all it may), [`stop`] (told to stop), [`decide`] (removed by one, written by
//! another), [`afterwards`] (written without a right to it any more), [`deposit`] (another person's
//! tablet), [`ended`] (a session that was ended), [`lease`] (no contact for too long), [`hostile`] (a change that makes the trial abort), [`hang`] (many that hang it),
//! [`rights`] (a role taken back and given again), [`rolled`] (a log that went back), [`logs`] (what the server says of all this), [`looked`] (what was opened without contact), [`backups`], [`bundle`] (a file from tablet to tablet), [`ahead`] (what a
//! restore leaves to the tablets), [`weeks`] (six weeks away),
//! [`clean`] (what must not be in a record any more), [`destroyed`] (a whole record that is), [`levels`] (what may be forgotten, and when), [`lines`] (records that go on with less behind them), [`lost`] (a tablet that is lost, wiped, copied),
//! [`newcomers`] (a disk that is gone), [`protected`] (what is protected goes after its time), [`guarded`] (a protected identity while somebody is away), [`house`], [`runs`], [`first`] (the first fetching), [`safety`] (safety
//! copies), [`templates`] (the municipality's own checklists).
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test crate: a failed step fails the test"
)]

mod afterwards;
mod ahead;
mod backups;
mod bundle;
mod clean;
mod day;
mod decide;
mod deposit;
mod destroyed;
mod ended;
mod first;
mod flood;
mod full;
mod guarded;
mod hang;
mod hostile;
mod house;
mod kills;
mod kit;
mod large;
mod late;
mod lease;
mod levels;
mod lines;
mod load;
mod logs;
mod looked;
mod lost;
mod newcomers;
mod protected;
mod rights;
mod rolled;
mod runs;
mod safety;
mod stop;
mod synced;
mod templates;
mod trace;
mod weeks;
