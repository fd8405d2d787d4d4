//! One item of a checklist: what must hold, three answers, the measured value, a note.

use ankomst_shared::app::{Agreement, FieldView, ItemView};
use ankomst_shared::value::Value;
use leptos::prelude::*;

use super::{Visit, is_shown};
use crate::dom::has_left;
use crate::field::{Held, agreement, field, mark, said};
use crate::icon::{Icon, icon};
use crate::parts::badge;
use crate::text::{Text, tr};
use crate::typing;

/// Shows an item.
pub(super) fn item(visit: Visit, view: RwSignal<ItemView>) -> AnyView {
    let first = view.get_untracked();
    let id = first.id.clone();
    let status = part(view, |item| Some(item.status.clone()), &first.status);
    let held = Held::new(visit.id, status);
    let answer = answer_signal(held);
    let heading = format!("i-{id}");
    let answered = move || answer.with(|answer| answer != "not_checked");
    view! {
        <article class="card item" data-item=id.clone() aria-labelledby=heading.clone()
            data-status=move || answer.get() data-agreement=move || agreement(held)
            hidden=move || !is_shown(visit, view)
            on:focusout=move |event| if has_left(&event) { typing::commit(visit.id); }>
            {top(visit, view, &heading)}
            <div class="answers" role="group" aria-labelledby=heading.clone()>
                {one(held, answer, "ok", Icon::Tick, Text::AnswerOk)}
                {one(held, answer, "not_ok", Icon::Cross, Text::AnswerNotOk)}
                {one(held, answer, "na", Icon::Dash, Text::AnswerNa)}
            </div>
            <div class="answer-line" data-path=held.path().as_str().to_owned()>
                {mark(held)}
                {move || (answer.get() == "not_ok").then(|| severity(view))}
            </div>
            {move || held.fault().map(|fault| view! { <p class="fault" role="alert">{fault}</p> })}
            {said(held)}
            {first.value.as_ref().map(|value| field(visit.id, part(view, |item| item.value.clone(), value)))}
            {note(visit, view, &first, answered)}
        </article>
    }
    .into_any()
}

/// Follows one field of the item.
fn part(
    view: RwSignal<ItemView>,
    pick: impl Fn(&ItemView) -> Option<FieldView> + Send + Sync + 'static,
    first: &FieldView,
) -> RwSignal<FieldView> {
    let field = RwSignal::new(first.clone());
    Effect::new(move |_| {
        if let Some(fresh) = view.with(&pick)
            && field.with_untracked(|old| *old != fresh)
        {
            field.set(fresh);
        }
    });
    field
}

/// The answer chosen, ahead of the view while a save is under way.
fn answer_signal(held: Held) -> RwSignal<String> {
    let code = |view: &FieldView| view.value.as_str().unwrap_or("not_checked").to_owned();
    let answer = RwSignal::new(held.view.with_untracked(code));
    Effect::new(move |_| {
        let fresh = held.view.with(code);
        if !typing::is_pending(held.document, &held.path()) {
            answer.set(fresh);
        }
    });
    answer
}

fn top(visit: Visit, view: RwSignal<ItemView>, heading: &str) -> AnyView {
    let first = view.get_untracked();
    let id = first.id.clone();
    let facts = [first.threshold.clone().unwrap_or_default(), first.evidence.join(", ")];
    let facts: Vec<String> = facts.into_iter().filter(|fact| !fact.is_empty()).collect();
    view! {
        <header class="item-top">
            <span class="item-id">{first.id.clone()}</span>
            <h3 id=heading.to_owned()>{first.text.clone()}</h3>
            <button type="button" class="button quiet" data-action="show" on:click=move |_| visit.showing.set(Some(id.clone()))>
                {icon(Icon::Show)}<span>{tr(Text::VisitShow)}</span>
            </button>
        </header>
        {(!facts.is_empty()).then(|| view! { <p class="item-facts">{facts.join(" · ")}</p> })}
        <details class="item-why">
            <summary>{tr(Text::VisitWhy)}</summary>
            <p>{first.severity_text}</p>
            <p>{first.departments}</p>
            <p>{first.sources}</p>
        </details>
    }
    .into_any()
}

fn one(
    held: Held,
    answer: RwSignal<String>,
    code: &'static str,
    sign: Icon,
    label: Text,
) -> AnyView {
    view! {
        <button type="button" class="answer" data-answer=code
            aria-pressed=move || answer.with(|answer| answer == code).to_string()
            on:click=move |_| {
                if answer.with_untracked(|answer| answer != code) || held.fault().is_some() {
                    answer.set(code.to_owned());
                    held.save(Value::text(code));
                }
            }>
            {icon(sign)}<span>{tr(label)}</span>
        </button>
    }
    .into_any()
}

fn severity(view: RwSignal<ItemView>) -> AnyView {
    view.with(|item| {
        badge(item.severity_text.clone(), if item.severity <= 2 { "danger" } else { "decide" })
    })
}

fn note(
    visit: Visit,
    view: RwSignal<ItemView>,
    first: &ItemView,
    answered: impl Fn() -> bool + Send + Sync + 'static,
) -> AnyView {
    let comment = part(view, |item| Some(item.comment.clone()), &first.comment);
    let opened = RwSignal::new(false);
    let is_open = Memo::new(move |_| {
        opened.get() || answered() || comment.with(|comment| !comment.text.is_empty())
    });
    view! {
        {move || if is_open.get() {
            field(visit.id, comment)
        } else {
            view! {
                <button type="button" class="button quiet" data-action="note" on:click=move |_| opened.set(true)>
                    {icon(Icon::Pencil)}<span>{tr(Text::VisitNote)}</span>
                </button>
            }.into_any()
        }}
    }
    .into_any()
}

/// Whether people contradict each other on the item.
pub(super) fn differs(item: &ItemView) -> bool {
    let open =
        |field: &FieldView| !matches!(field.agreement, Agreement::Agreed | Agreement::Settled);
    open(&item.status) || open(&item.comment) || item.value.as_ref().is_some_and(open)
}
