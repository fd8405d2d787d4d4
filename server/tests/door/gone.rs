//! Whoever asked has gone before the answer came: what was written has its entry in the access log all the same.

use core::pin::pin;
use core::task::{Context, Waker};
use core::time::Duration;

use ankomst_server::accounts::passkeys::short;
use ankomst_server::storage::accesses::entry::What;
use ankomst_server::storage::sqlite::passkeys;
use ankomst_shared::app::Role;
use tokio::time::interval;

use super::audited::count;
use super::desk::{act, someone};
use super::passkey::{Passkey, makes};

const PACE: Duration = Duration::from_millis(2);

/// Begins something and goes away as soon as it has written: the reply to that is not waited for.
pub(crate) async fn leaves<T>(asking: impl Future<Output = T>, has_written: impl Fn() -> bool) {
    let mut asking = pin!(asking);
    let mut pace = interval(PACE);
    let mut context = Context::from_waker(Waker::noop());
    while asking.as_mut().poll(&mut context).is_pending() {
        pace.tick().await;
        if has_written() {
            return;
        }
    }
    assert!(has_written(), "it ended and had written nothing");
}

/// Waits until something holds.
pub(crate) async fn until(holds: impl Fn() -> bool) {
    let mut pace = interval(PACE);
    let waiting = async {
        while !holds() {
            pace.tick().await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_mins(1), waiting).await.is_ok(), "in vain");
}

#[tokio::test(flavor = "multi_thread")]
async fn passkeys_made_and_removed_are_noted() {
    let (door, mut browser, me) = someone("borta-nyckel", Role::Caseworker).await;
    let known = || door.app.readers.read(|db| passkeys::of(db, me)).unwrap();
    let passkey = Passkey::new(1);
    leaves(makes(&mut browser, &door, &passkey), || known().len() == 1).await;
    until(|| count(&door, What::PasskeyMade) == 1).await;
    let name = format!("passkey-out:{}", short(&known()[0]));
    leaves(act(&mut browser, &door, &name, &[]), || known().is_empty()).await;
    until(|| count(&door, What::PasskeyGone) == 1).await;
}
