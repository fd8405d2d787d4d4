//! What a page shows while its view is awaited or refused: never a spinner over something known.

use crate::prelude::*;
use ankomst_shared::app::Refusal;

use crate::live::Standing;
use crate::react::{Live, derived, dynamic};
use crate::text::{Text, refusal, tr};

/// Shows the contents once the view is there.
pub fn awaiting(
    standing: Live<Standing>,
    contents: impl Fn() -> AnyView + Send + Sync + 'static,
) -> AnyView {
    shown(standing, Box::new(contents))
}

fn shown(standing: Live<Standing>, contents: Box<dyn Fn() -> AnyView + Send + Sync>) -> AnyView {
    let here = derived(move || standing.get());
    dynamic(move || match here.get() {
        Standing::Awaited => {
            view! { <p class="awaited" role="status">{tr(Text::PageOpening)}</p> }.into_any()
        }
        Standing::Here => untrack(&contents),
        Standing::Refused(why) => view! {
            <div class="empty" role="alert">
                <h1>{tr(match why {
                    Refusal::NotHere => Text::PageNotHere,
                    Refusal::NoPlace => Text::PageUnknown,
                    _ => Text::PageRefused,
                })}</h1>
                <p>{refusal(why)}</p>
                <p><a class="button" href="/idag">{tr(Text::PageHome)}</a></p>
            </div>
        }
        .into_any(),
    })
}
