//! What has become of devices: plain statements, no decisions.

use ankomst_shared::ids::{DeviceId, Epoch, SessionId, UserId};
use rusqlite::{Connection, OptionalExtension, Row};

use super::Blob;
use crate::storage::StorageError;

/// What has become of a device; of two words about one the later here rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// In use, or revoked.
    Active,
    /// Its person goes on as another device.
    Retired,
    /// It is to be wiped.
    Lost,
    /// It says that it was wiped.
    Wiped,
}

impl State {
    const ALL: [Self; 4] = [Self::Active, Self::Retired, Self::Lost, Self::Wiped];

    /// The word in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Retired => "retired",
            Self::Lost => "lost",
            Self::Wiped => "wiped",
        }
    }
}

/// What is noted of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// What has become of it.
    pub state: State,
    /// When it was ordered to be wiped, Unix milliseconds.
    pub ordered_ms: Option<i64>,
    /// When it said that it was, Unix milliseconds.
    pub receipt_ms: Option<i64>,
    /// When two were seen that say they are this one, Unix milliseconds.
    pub cloned_ms: Option<i64>,
    /// Last contact, Unix milliseconds.
    pub seen_ms: i64,
}

fn standing_row(row: &Row<'_>) -> rusqlite::Result<Standing> {
    let name: String = row.get(0)?;
    let state = State::ALL.into_iter().find(|state| state.name() == name);
    Ok(Standing {
        state: state.unwrap_or(State::Wiped),
        ordered_ms: row.get(1)?,
        receipt_ms: row.get(2)?,
        cloned_ms: row.get(3)?,
        seen_ms: row.get(4)?,
    })
}

/// What is noted of a device.
///
/// # Errors
/// When the database refuses.
pub fn standing(db: &Connection, device: DeviceId) -> Result<Option<Standing>, StorageError> {
    let mut select = db.prepare_cached(
        "SELECT state, ordered_ms, receipt_ms, cloned_ms, seen_ms FROM devices WHERE id = ?1",
    )?;
    Ok(select.query_row([Blob(device)], standing_row).optional()?)
}

/// Notes what has become of a device, unless something later has; its sessions end.
fn turn(db: &Connection, device: DeviceId, state: State) -> Result<bool, StorageError> {
    let Some(now) = standing(db, device)? else { return Ok(false) };
    db.execute(
        "UPDATE devices SET state = ?2 WHERE id = ?1",
        (Blob(device), now.state.max(state).name()),
    )?;
    end_sessions(db, device)?;
    Ok(true)
}

/// Orders a device to be wiped; it is revoked with it. One that was wiped stays so. Tells whether there is one.
///
/// # Errors
/// When the database refuses.
pub fn order_wipe(db: &Connection, device: DeviceId, now_ms: i64) -> Result<bool, StorageError> {
    db.execute(
        "UPDATE devices SET active = 0, ordered_ms = coalesce(ordered_ms, ?2) WHERE id = ?1",
        (Blob(device), now_ms),
    )?;
    turn(db, device, State::Lost)
}

/// Notes a device's word that it was wiped, if it was ordered to be; tells whether it was.
///
/// # Errors
/// When the database refuses.
pub fn wiped(db: &Connection, device: DeviceId, now_ms: i64) -> Result<bool, StorageError> {
    if standing(db, device)?.is_none_or(|known| known.state < State::Lost) {
        return Ok(false);
    }
    db.execute(
        "UPDATE devices SET receipt_ms = coalesce(receipt_ms, ?2) WHERE id = ?1",
        (Blob(device), now_ms),
    )?;
    turn(db, device, State::Wiped)
}

/// Notes that the person of a device goes on as another one, if there is one that was enrolled later: for that the person
/// has given the password. What the old one still hands in is as good as before.
///
/// # Errors
/// When the database refuses.
pub fn retire(db: &Connection, device: DeviceId) -> Result<(), StorageError> {
    let later = "SELECT EXISTS (SELECT 1 FROM devices AS old JOIN devices AS new
        ON new.user = old.user AND new.rowid > old.rowid WHERE old.id = ?1)";
    let is_later: bool = db.query_row(later, [Blob(device)], |row| row.get(0))?;
    if is_later {
        turn(db, device, State::Retired)?;
    }
    Ok(())
}

/// Whether somebody is signed in on a device.
///
/// # Errors
/// When the database refuses.
pub fn is_signed_in(db: &Connection, device: DeviceId, now_ms: i64) -> Result<bool, StorageError> {
    let known =
        "SELECT EXISTS (SELECT 1 FROM sessions WHERE device = ?1 AND ended = 0 AND ends_ms > ?2)";
    Ok(db.prepare_cached(known)?.query_row((Blob(device), now_ms), |row| row.get(0))?)
}

/// Ends the sessions of a device.
///
/// # Errors
/// When the database refuses.
pub fn end_sessions(db: &Connection, device: DeviceId) -> Result<(), StorageError> {
    db.execute("UPDATE sessions SET ended = 1 WHERE device = ?1", [Blob(device)])?;
    Ok(())
}

/// Ends the sessions of a person on all devices but one.
///
/// # Errors
/// When the database refuses.
pub fn end_others(db: &Connection, user: UserId, but: DeviceId) -> Result<(), StorageError> {
    let end = "UPDATE sessions SET ended = 1 WHERE user = ?1 AND device <> ?2";
    db.execute(end, (Blob(user), Blob(but)))?;
    Ok(())
}

/// What a device shows of itself when it comes.
#[derive(Debug, Clone, Copy)]
pub struct Shown {
    /// The session it comes with.
    pub session: SessionId,
    /// Life of the log, if it knows this one.
    pub epoch: Option<Epoch>,
    /// Highest place in the feed it was told, if it proves that.
    pub high: Option<u64>,
    /// Highest place in the order of arrival, likewise.
    pub arrived: Option<u64>,
    /// When it began to say so, Unix milliseconds.
    pub began_ms: i64,
}

/// What it showed the last time.
struct Before {
    epoch: Option<Epoch>,
    high: u64,
    arrived: u64,
    high_ms: i64,
    session: Option<SessionId>,
    earlier: Option<SessionId>,
    session_ms: i64,
}

impl Before {
    /// Whether this is what the same device may show next. What was on its way meanwhile proves nothing.
    fn goes_on_with(&self, shown: &Shown) -> bool {
        let behind = |shown: Option<u64>, noted: u64| shown.is_some_and(|shown| shown < noted);
        let is_back = self.epoch.is_some()
            && self.epoch == shown.epoch
            && shown.began_ms > self.high_ms
            && (behind(shown.high, self.high) || behind(shown.arrived, self.arrived));
        let is_old = self.earlier == Some(shown.session) && shown.began_ms > self.session_ms;
        !is_back && !is_old
    }
}

/// Notes what a device shows; tells whether it goes on where it was. From what does not, the next begins.
///
/// # Errors
/// When the database refuses.
pub fn shows(
    db: &Connection,
    device: DeviceId,
    shown: &Shown,
    now_ms: i64,
) -> Result<bool, StorageError> {
    let mut select = db.prepare_cached(
        "SELECT high_epoch, high, arrived, high_ms, session, session_before, session_ms
         FROM devices WHERE id = ?1",
    )?;
    let before = select.query_row([Blob(device)], |row| {
        Ok(Before {
            epoch: row.get::<_, Option<Blob<Epoch>>>(0)?.map(|epoch| epoch.0),
            high: u64::try_from(row.get::<_, i64>(1)?).unwrap_or_default(),
            arrived: u64::try_from(row.get::<_, i64>(2)?).unwrap_or_default(),
            high_ms: row.get(3)?,
            session: row.get::<_, Option<Blob<SessionId>>>(4)?.map(|session| session.0),
            earlier: row.get::<_, Option<Blob<SessionId>>>(5)?.map(|session| session.0),
            session_ms: row.get(6)?,
        })
    });
    let Some(before) = before.optional()? else { return Ok(true) };
    let goes_on = before.goes_on_with(shown);
    if !goes_on {
        db.execute(
            "UPDATE devices SET cloned_ms = coalesce(cloned_ms, ?2) WHERE id = ?1",
            (Blob(device), now_ms),
        )?;
    }
    if let Some(epoch) = shown.epoch {
        let same = goes_on && before.epoch == Some(epoch);
        let [high, arrived] =
            [(before.high, shown.high), (before.arrived, shown.arrived)].map(|(noted, shown)| {
                let shown = shown.unwrap_or_default();
                if same { shown.max(noted) } else { shown }
            });
        // What stands is as old as when it was shown first.
        let stands = same && (high, arrived) == (before.high, before.arrived);
        let number = |place: u64| i64::try_from(place).unwrap_or(i64::MAX);
        db.prepare_cached(
            "UPDATE devices SET high_epoch = ?2, high = ?3, arrived = ?4, high_ms = ?5 WHERE id = ?1",
        )?
        .execute((
            Blob(device),
            Blob(epoch),
            number(high),
            number(arrived),
            if stands { before.high_ms } else { now_ms },
        ))?;
    }
    if !goes_on || before.session != Some(shown.session) {
        let earlier = if goes_on { before.session } else { None };
        db.prepare_cached(
            "UPDATE devices SET session = ?2, session_before = ?3, session_ms = ?4 WHERE id = ?1",
        )?
        .execute((Blob(device), Blob(shown.session), earlier.map(Blob), now_ms))?;
    }
    Ok(goes_on)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(number: u8, high: u64, began_ms: i64) -> Shown {
        let epoch = Some(Epoch::from_bytes([1; 16]));
        let session = SessionId::from_bytes([number; 16]);
        Shown { session, epoch, high: Some(high), arrived: Some(high), began_ms }
    }

    fn goes_on(before: (u64, i64), sessions: [u8; 2], shown: &Shown) -> bool {
        let [earlier, session] = sessions.map(|one| Some(SessionId::from_bytes([one; 16])));
        let epoch = Some(Epoch::from_bytes([1; 16]));
        let (high, high_ms) = before;
        let before =
            Before { epoch, high, arrived: high, high_ms, session, earlier, session_ms: 50 };
        before.goes_on_with(shown)
    }

    #[test]
    fn only_a_copy_goes_back_or_uses_a_session_again_after_the_next_one() {
        assert!(goes_on((7, 100), [1, 2], &shown(2, 7, 101)));
        assert!(goes_on((7, 100), [1, 2], &shown(2, 8, 101)));
        assert!(!goes_on((7, 100), [1, 2], &shown(2, 6, 101)), "it has gone back");
        assert!(goes_on((7, 100), [1, 2], &shown(2, 6, 99)), "it was on its way");
        assert!(goes_on((7, 100), [1, 2], &shown(3, 7, 101)), "somebody has signed in");
        assert!(!goes_on((7, 100), [1, 2], &shown(1, 7, 101)), "an old session again");
        assert!(goes_on((7, 100), [1, 2], &shown(1, 7, 49)), "it was on its way");
        let other = Some(Epoch::from_bytes([2; 16]));
        assert!(goes_on((7, 100), [1, 2], &Shown { epoch: other, ..shown(2, 1, 101) }));
        let unproven = Shown { high: None, arrived: None, ..shown(2, 1, 101) };
        assert!(goes_on((7, 100), [1, 2], &unproven), "what nobody was told proves nothing");
    }

    #[test]
    fn of_two_words_about_a_device_the_more_restrictive_rules() {
        let words = State::ALL.map(State::name);
        assert_eq!(words, ["active", "retired", "lost", "wiped"]);
        assert!(State::Lost.max(State::Retired) == State::Lost && State::Wiped > State::Lost);
    }
}
