//! The feed and the order of arrival: no place is missing, and each chain value follows from the one before.

use ankomst_shared::sync::Chain;

use super::found::{Fault, Kind, Report};
use crate::storage::StorageError;
use crate::storage::sqlite::verify::{self, Noted};
use crate::storage::sqlite::{Connection, log};

/// So many places are told one by one.
const TOLD_MAX: usize = 10;

/// Looks at both, in constant memory.
pub(super) fn look(db: &Connection, report: &mut Report) -> Result<(), StorageError> {
    let feed = walk("feed", (true, report), |after| verify::feed(db, after))?;
    report.feed = feed;
    let newest = walk("order of arrival", (false, report), |after| verify::arrivals(db, after))?;
    let given = verify::given(db)?.max(newest);
    // What arrived meanwhile is no fault.
    let now = log::arrivals(db)?.feed.max(newest);
    if given > now {
        let what = format!("the newest {} arrivals are gone", given - now);
        report.add(Fault::of(Kind::Lost, what));
    }
    Ok(())
}

fn walk(
    name: &str,
    (is_dense, report): (bool, &mut Report),
    stretch: impl Fn(u64) -> Result<Vec<Noted>, StorageError>,
) -> Result<u64, StorageError> {
    let (mut last, mut chain, mut told) = (0, Some(Chain::default()), 0);
    let mut tell = |change, what: String| {
        told += 1;
        if told <= TOLD_MAX {
            report.add(Fault { change, ..Fault::of(Kind::Place, what) });
        }
    };
    loop {
        let some = stretch(last)?;
        if some.is_empty() {
            return Ok(last);
        }
        for one in some {
            let Noted { number, hash, .. } = one;
            if is_dense && number != last + 1 {
                tell(None, format!("{name}: places {} to {} are gone", last + 1, number - 1));
            }
            if !one.fits {
                tell(
                    Some(hash),
                    format!(
                        "{name}, place {number}: a change is in a state that does not go with its place"
                    ),
                );
            }
            let follows = chain.map(|chain| chain.next(&hash));
            if let (Some(noted), Some(follows)) = (one.chain, follows)
                && noted != follows
            {
                let what = format!(
                    "{name}, place {number}: the chain does not follow, so this change or one before it is not what stood there"
                );
                tell(Some(hash), what);
            }
            if is_dense && one.chain.is_none() {
                tell(Some(hash), format!("{name}, place {number}: it has no chain value"));
            }
            // Each place is measured by the one that is noted before it: one fault is told once.
            chain = one.chain.or(if is_dense { follows } else { None });
            if !is_dense && one.chain.is_none() {
                chain = Some(Chain::default());
            }
            last = number;
        }
    }
}
