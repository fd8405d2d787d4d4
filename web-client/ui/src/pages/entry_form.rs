//! The form of one entry: a room of a house, a person or an intake of a case.

use crate::prelude::*;
use ankomst_shared::app::{Query, View};
use ankomst_shared::ids::DocumentId;

use crate::live::follow;
use crate::parts::{Form, awaiting, form, head};
use crate::text::{Text, fill, tr};

/// Shows the form of an entry, with the way back to its record.
pub fn entry_form(document: DocumentId, list: String, entry: String, back: String) -> AnyView {
    let shown = Form::new(document);
    let query = Query::Form { document, entry: Some((list, entry)) };
    let standing = follow(query, move |view| {
        if let View::Form(view) = view {
            shown.take(view);
        }
    });
    let progress = move || {
        let (done, all) = shown.progress();
        fill(Text::FormAnswered, &[&done.to_string(), &all.to_string()])
    };
    let (done, all) =
        (move || shown.progress().0.to_string(), move || shown.progress().1.max(1).to_string());
    view! {
        {head(
            Some((back, tr(Text::FormBack).to_owned())),
            move || shown.title.get(),
            view! {
                <p class="progress-line"><progress value=done max=all aria-hidden="true"></progress><span>{progress}</span></p>
            }.into_any(),
        )}
        {awaiting(standing, move || form(shown))}
    }
    .into_any()
}
