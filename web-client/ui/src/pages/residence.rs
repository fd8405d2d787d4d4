//! `/boenden/<id>`: one house with its rooms, visits and form.

use crate::prelude::*;
use ankomst_shared::app::{Command, EntryRow, Query, Reply, ResidenceRow, RunRow, View};
use ankomst_shared::ids::DocumentId;

use crate::bridge::ask;
use crate::clock::moment;
use crate::icon::{Icon, icon};
use crate::live::follow;
use crate::pages::residences::facts;
use crate::parts::{Form, awaiting, badge, conflict_badge, form, head, status_tone};
use crate::react::{Live, attr, derived, dynamic, on};
use crate::route::{Route, go};
use crate::slots::{Slots, rows};
use crate::state::ui;
use crate::text::{Text, fill, refusal, tr};

const INSPECTION: &str = "residence_inspection";

#[derive(Clone, Copy)]
struct House {
    id: DocumentId,
    row: Live<Option<ResidenceRow>>,
    rooms: Slots<EntryRow>,
    runs: Slots<RunRow>,
    form: Form,
}

/// Shows a house.
pub fn residence(id: DocumentId) -> AnyView {
    let house = House {
        id,
        row: Live::new(None),
        rooms: Slots::new(),
        runs: Slots::new(),
        form: Form::new(id),
    };
    let standing = follow(Query::Residence(id), move |view| {
        if let View::Residence(view) = view {
            house.row.set(Some(view.row));
            house.rooms.fill(view.rooms.into_iter().map(|row| (row.entry.clone(), row)));
            house.runs.fill(view.runs.into_iter().map(|run| (run.document.to_string(), run)));
            house.form.take(view.form);
        }
    });
    let name =
        move || house.row.with(|row| row.as_ref().map(|row| row.name.clone()).unwrap_or_default());
    view! {
        {head(Some(("/boenden".to_owned(), tr(Text::ResidencesTitle).to_owned())), name, ().into_any())}
        {awaiting(standing, move || contents(house))}
    }
    .into_any()
}

fn contents(house: House) -> AnyView {
    view! {
        {overview(house)}
        <section class="card" aria-labelledby="h-visits">
            <h2 id="h-visits">{tr(Text::ResidenceVisits)}</h2>
            {dynamic(move || house.runs.is_empty().then(|| view! { <p class="quiet-text">{tr(Text::ResidenceNoVisits)}</p> }))}
            <ul class="lines">{rows(house.runs, run_line)}</ul>
        </section>
        <section class="card" aria-labelledby="h-rooms">
            <h2 id="h-rooms">{tr(Text::ResidenceRoomsTitle)}</h2>
            {dynamic(move || house.rooms.is_empty().then(|| view! { <p class="quiet-text">{tr(Text::ResidenceNoRooms)}</p> }))}
            <ul class="lines">{rows(house.rooms, move |row| room_line(house.id, row))}</ul>
            <button type="button" class="button" data-action="add-room" on:click=on(move |_| add_room(house.id))>
                {icon(Icon::Plus)}{tr(Text::ResidenceAddRoom)}
            </button>
        </section>
        {form(house.form)}
    }
    .into_any()
}

fn overview(house: House) -> AnyView {
    let row = move || house.row.get();
    view! {
        <section class="card overview">
            {dynamic(move || row().map(|row| view! {
                <p class="quiet-text">{row.address.clone()}</p>
                <p class="tile-badges">
                    {badge(row.status.clone(), status_tone(&row.status_code))}{conflict_badge(row.conflicts)}
                </p>
                <p>{facts(&row)}</p>
            }))}
            <div class="actions">
                <button type="button" class="button primary" data-action="start-run" on:click=on(move |_| start(house.id))>
                    {icon(Icon::Tick)}{tr(Text::ResidenceStart)}
                </button>
                {take_along(house)}
            </div>
        </section>
    }
    .into_any()
}

fn start(residence: DocumentId) {
    let command = Command::StartRun { residence, checklist: INSPECTION.to_owned() };
    ask(command, |reply| match reply {
        Reply::Document(run) => go(Route::Visit(run)),
        Reply::Refused(why) => ui().say(refusal(why)),
        _ => {}
    });
}

fn take_along(house: House) -> AnyView {
    let kept = derived(move || house.row.with(|row| row.as_ref().is_some_and(|row| row.pinned)));
    let toggle = move |_| {
        let keep = !kept.get_untracked();
        ask(Command::TakeAlong { residence: house.id, keep }, move |reply| match reply {
            Reply::Refused(why) => ui().say(refusal(why)),
            _ => {
                ui().say(tr(if keep { Text::ResidenceTakeDone } else { Text::ResidenceLetGoDone }))
            }
        });
    };
    view! {
        <button type="button" class="button" role="switch" data-action="take-along"
            aria-checked=attr(move || kept.get().to_string()) on:click=on(toggle)>
            {icon(Icon::Pin)}{dynamic(move || tr(if kept.get() { Text::ResidenceTaken } else { Text::ResidenceTake }))}
        </button>
    }
    .into_any()
}

fn run_line(run: Live<RunRow>) -> AnyView {
    let id = run.with_untracked(|run| run.document);
    view! {
        <li><a class="line" href=format!("/besok/{id}") data-run=id.to_string()>
            {dynamic(move || run.with(|run| view! {
                <span class="line-main">
                    <strong>{run.title.clone()}</strong>
                    <span class="quiet-text">{format!("{} · {}", moment(run.started_ms), run.people.join(", "))}</span>
                </span>
                <span class="line-side">
                    {badge(run.state.clone(), "plain")}
                    <span class="figure">{fill(Text::FormOf, &[&run.answered.to_string(), &run.total.to_string()])}</span>
                    {(run.not_ok > 0).then(|| badge(fill(Text::VisitNotOkCount, &[&run.not_ok.to_string()]), "danger"))}
                    {conflict_badge(run.conflicts)}
                </span>
            }))}
        </a></li>
    }
    .into_any()
}

fn room_line(house: DocumentId, row: Live<EntryRow>) -> AnyView {
    entry_line(row, move |row| format!("/boenden/{house}/{}/{}", row.list, row.entry))
}

/// One entry of a list as a line that leads to its form.
pub fn entry_line(row: Live<EntryRow>, href: impl Fn(&EntryRow) -> String) -> AnyView {
    let first = row.get_untracked();
    view! {
        <li><a class="line" href=href(&first) data-entry=first.entry.clone()>
            {dynamic(move || row.with(|row| view! {
                <span class="line-main">
                    <strong dir="auto">{if row.title.is_empty() { tr(Text::EntryUntitled).to_owned() } else { row.title.clone() }}</strong>
                    <span class="quiet-text" dir="auto">{row.detail.clone()}</span>
                </span>
                <span class="line-side">
                    {row.state.clone().map(|state| badge(state, status_tone(row.state_code.as_deref().unwrap_or_default())))}
                    {row.progress.map(|(done, all)| view! {
                        <span class="figure">{fill(Text::FormOf, &[&done.to_string(), &all.to_string()])}</span>
                    })}
                    {conflict_badge(row.conflicts)}
                </span>
            }))}
        </a></li>
    }
    .into_any()
}

fn add_room(document: DocumentId) {
    let command = Command::AddEntry { document, list: "rooms".to_owned(), answers: Vec::new() };
    ask(command, move |reply| match reply {
        Reply::Entry(entry) => go(Route::ResidenceEntry(document, "rooms".to_owned(), entry)),
        Reply::Refused(why) => ui().say(refusal(why)),
        _ => {}
    });
}
