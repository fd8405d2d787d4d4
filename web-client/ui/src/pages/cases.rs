//! `/arenden`: the cases on this device.

use crate::prelude::*;
use ankomst_shared::app::{CaseRow, Command, Query, Reply, View};

use crate::bridge::ask;
use crate::dom::value_of;
use crate::icon::{Icon, icon};
use crate::live::follow;
use crate::pages::residences::{matches, search};
use crate::parts::{awaiting, badge, conflict_badge, head};
use crate::react::{Live, attr, dynamic, on};
use crate::route::{Route, go};
use crate::slots::{Slots, rows};
use crate::text::{Text, fill, refusal, tr};

/// Shows the list of cases.
pub fn cases() -> AnyView {
    let all = Slots::new();
    let standing = follow(Query::Cases, move |view| {
        if let View::Cases(list) = view {
            all.fill(list.rows.into_iter().map(|row| (row.document.to_string(), row)));
        }
    });
    let wanted = Live::new(String::new());
    view! {
        {head(None, || tr(Text::CasesTitle).to_owned(), ().into_any())}
        {awaiting(standing, move || view! {
            {new_case()}
            {search(wanted, Text::CasesSearch)}
            {dynamic(move || all.is_empty().then(|| view! {
                <div class="empty"><h2>{tr(Text::CasesNone)}</h2><p>{tr(Text::CasesNoneHow)}</p></div>
            }))}
            <ul class="lines card">{rows(all, move |row| line(row, wanted))}</ul>
        }.into_any())}
    }
    .into_any()
}

fn line(row: Live<CaseRow>, wanted: Live<String>) -> AnyView {
    let hidden = move || {
        row.with(|row| {
            let text = format!("{} {} {}", row.number, row.title, row.persons.join(" "));
            !wanted.with(|wanted| matches(wanted, &text))
        })
    };
    let id = row.with_untracked(|row| row.document);
    view! {
        <li hidden=hidden><a class="line" href=format!("/arenden/{id}") data-case=id.to_string()>
            {dynamic(move || row.with(|row| view! {
                <span class="line-main">
                    <strong dir="auto">{row.title.clone()}</strong>
                    <span class="quiet-text" dir="auto">{row.persons.join(", ")}</span>
                </span>
                <span class="line-side">
                    {row.protected.then(|| view! {
                        <span class="badge" data-tone="danger">{icon(Icon::Shield)}{tr(Text::ProtectedShort)}</span>
                    })}
                    <span class="figure">{row.number.clone()}</span>
                    {row.arrival.clone().map(|day| view! { <span class="figure">{fill(Text::CaseArrived, &[&day])}</span> })}
                    {(!row.state.is_empty()).then(|| badge(row.state.clone(), "plain"))}
                    {conflict_badge(row.conflicts)}
                    {(row.waiting > 0).then(|| badge(fill(Text::SyncWaitingShort, &[&row.waiting.to_string()]), "info"))}
                </span>
            }))}
        </a></li>
    }
    .into_any()
}

fn new_case() -> AnyView {
    let label = Live::new(String::new());
    let fault = Live::new(None::<&'static str>);
    let make = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let name = label.get_untracked().trim().to_owned();
        if name.is_empty() {
            return fault.set(Some(tr(Text::CasesNameNeeded)));
        }
        ask(Command::NewCase { label: name }, move |reply| match reply {
            Reply::Document(id) => go(Route::Case(id)),
            Reply::Refused(why) => fault.set(Some(refusal(why))),
            _ => {}
        });
    };
    view! {
        <form class="card inline-form" novalidate on:submit=on(make)>
            <label for="new-case">{tr(Text::CasesNewLabel)}</label>
            <div class="inline-row">
                <input id="new-case" type="text" dir="auto" autocomplete="off" placeholder=tr(Text::CasesNewHint)
                    prop:value=attr(move || label.get()) on:input=on(move |event| label.set(value_of(&event)))
                    aria-describedby="new-case-fault" />
                <button type="submit" class="button primary" data-action="new-case">
                    {icon(Icon::Plus)}{tr(Text::CasesNew)}
                </button>
            </div>
            <p class="fault" id="new-case-fault" role="alert">{dynamic(move || fault.get())}</p>
        </form>
    }
    .into_any()
}
