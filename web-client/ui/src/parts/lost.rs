//! At the entrance: a passphrase that is forgotten or was wrong, a tablet that is wiped.

use ankomst_shared::app::{Sign, Wipe};

use crate::icon::icon;
use crate::prelude::*;
use crate::react::{derived, dynamic};
use crate::state::ui;
use crate::text::{Text, fill, tr};

/// What has become of an order to wipe this tablet.
pub fn wipe_notice() -> AnyView {
    let wipe = derived(|| {
        ui().status.with(|status| status.as_ref().map(|status| status.wipe).unwrap_or_default())
    });
    dynamic(move || {
        let said = match wipe.get() {
            Wipe::None => return None,
            Wipe::Ordered => Text::WipeOrdered,
            Wipe::Done => Text::WipeDone,
        };
        Some(
            view! { <p class="notice" id="wipe" data-tone="info">{icon(Sign::Tablet)}<span>{tr(said)}</span></p> },
        )
    })
}

/// Shows how long the next attempt must wait, second by second.
pub fn wait(seconds: u32) {
    ui().wait.set(seconds);
    if let Some(left) = seconds.checked_sub(1) {
        set_timeout(
            move || {
                // A new attempt may have begun another wait.
                if ui().wait.get_untracked() == seconds {
                    wait(left);
                }
            },
            core::time::Duration::from_secs(1),
        );
    }
}

/// The wait as it runs out.
pub fn waiting() -> AnyView {
    dynamic(move || {
        let left = ui().wait.get();
        let words = || fill(Text::WaitLeft, &[&left.to_string()]);
        (left > 0).then(|| view! { <p class="help" id="wait" role="timer">{words()}</p> })
    })
}
