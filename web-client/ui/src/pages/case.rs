//! `/arenden/<id>`: one case with its household, persons and intakes.

use crate::prelude::*;
use ankomst_shared::app::{CaseRow, Command, EntryRow, Query, Reply, View};
use ankomst_shared::ids::DocumentId;

use crate::bridge::ask;
use crate::icon::{Icon, icon};
use crate::live::follow;
use crate::pages::residence::entry_line;
use crate::parts::{Form, awaiting, badge, conflict_badge, form, head};
use crate::react::{Live, dynamic, on};
use crate::route::{Route, go};
use crate::slots::{Slots, rows};
use crate::state::ui;
use crate::text::{Text, fill, refusal, tr};

#[derive(Clone, Copy)]
struct Shown {
    id: DocumentId,
    row: Live<Option<CaseRow>>,
    persons: Slots<EntryRow>,
    intakes: Slots<EntryRow>,
    form: Form,
}

/// Shows a case.
pub fn case(id: DocumentId) -> AnyView {
    let shown = Shown {
        id,
        row: Live::new(None),
        persons: Slots::new(),
        intakes: Slots::new(),
        form: Form::new(id),
    };
    let standing = follow(Query::Case(id), move |view| {
        if let View::Case(view) = view {
            shown.row.set(Some(view.row));
            shown.persons.fill(view.persons.into_iter().map(|row| (row.entry.clone(), row)));
            shown.intakes.fill(view.intakes.into_iter().map(|row| (row.entry.clone(), row)));
            shown.form.take(view.form);
        }
    });
    let title =
        move || shown.row.with(|row| row.as_ref().map(|row| row.title.clone()).unwrap_or_default());
    let badges = move || {
        shown.row.get().map(|row| view! {
            {row.protected.then(|| view! {
                <span class="badge" data-tone="danger">{icon(Icon::Shield)}{tr(Text::ProtectedShort)}</span>
            })}
            <span class="figure">{row.number.clone()}</span>
            {(!row.state.is_empty()).then(|| badge(row.state.clone(), "plain"))}
            {row.arrival.clone().map(|day| badge(fill(Text::CaseArrived, &[&day]), "plain"))}
            {conflict_badge(row.conflicts)}
        })
    };
    view! {
        {head(Some(("/arenden".to_owned(), tr(Text::CasesTitle).to_owned())), title, view! { {badges} }.into_any())}
        {awaiting(standing, move || contents(shown))}
    }
    .into_any()
}

fn contents(shown: Shown) -> AnyView {
    view! {
        {entries(shown, "intakes", shown.intakes)}
        {entries(shown, "persons", shown.persons)}
        {form(shown.form)}
    }
    .into_any()
}

fn entries(shown: Shown, list: &'static str, slots: Slots<EntryRow>) -> AnyView {
    let is_intake = list == "intakes";
    let (title, none, add) = if is_intake {
        (Text::CaseIntakes, Text::CaseNoIntakes, Text::CaseAddIntake)
    } else {
        (Text::CasePersons, Text::CaseNoPersons, Text::CaseAddPerson)
    };
    let id = shown.id;
    let href = move |row: &EntryRow| {
        if is_intake {
            format!("/arenden/{id}/samtal/{}", row.entry)
        } else {
            format!("/arenden/{id}/{list}/{}", row.entry)
        }
    };
    view! {
        <section class="card" aria-labelledby=format!("h-{list}")>
            <h2 id=format!("h-{list}")>{tr(title)}</h2>
            {dynamic(move || slots.is_empty().then(|| view! { <p class="quiet-text">{tr(none)}</p> }))}
            <ul class="lines">{rows(slots, move |row| entry_line(row, href))}</ul>
            <button type="button" class="button" data-action=format!("add-{list}")
                on:click=on(move |_| add_entry(id, list))>
                {icon(Icon::Plus)}{tr(add)}
            </button>
        </section>
    }
    .into_any()
}

fn add_entry(document: DocumentId, list: &'static str) {
    let command = Command::AddEntry { document, list: list.to_owned(), answers: Vec::new() };
    ask(command, move |reply| match reply {
        Reply::Entry(entry) if list == "intakes" => go(Route::Intake(document, entry)),
        Reply::Entry(entry) => go(Route::CaseEntry(document, list.to_owned(), entry)),
        Reply::Refused(why) => ui().say(refusal(why)),
        _ => {}
    });
}
