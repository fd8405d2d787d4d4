//! One item of a checklist: what must hold, three answers, the measured value, a note.

use crate::prelude::*;
use ankomst_shared::app::{Agreement, FieldView, ItemView};
use ankomst_shared::value::Value;

use super::{Visit, is_shown};
use crate::dom::has_left;
use crate::field::{Held, agreement, field, mark, said};
use crate::icon::{Icon, icon};
use crate::parts::badge;
use crate::react::{Live, attr, derived, dynamic, effect, on};
use crate::text::{Text, tr};
use crate::typing;

/// Shows an item.
pub(super) fn item(visit: Visit, view: Live<ItemView>) -> AnyView {
    let first = view.get_untracked();
    let id = first.id.clone();
    let status = part(view, |item| Some(item.status.clone()), &first.status);
    let held = Held::new(visit.id, status);
    let answer = answer_signal(held);
    let heading = format!("i-{id}");
    let answered = move || answer.with(|answer| answer != "not_checked");
    view! {
        <article class="card item" data-item=id.clone() aria-labelledby=heading.clone()
            data-status=attr(move || answer.get()) data-agreement=attr(move || agreement(held))
            hidden=attr(move || !is_shown(visit, view))
            on:focusout=on(move |event| if has_left(&event) { typing::commit(visit.id); })>
            {top(visit, view, &heading)}
            <div class="answers" role="group" aria-labelledby=heading.clone()>
                {one(held, answer, "ok", Icon::Tick, Text::AnswerOk)}
                {one(held, answer, "not_ok", Icon::Cross, Text::AnswerNotOk)}
                {one(held, answer, "na", Icon::Dash, Text::AnswerNa)}
            </div>
            <div class="answer-line" data-path=held.path().as_str().to_owned()>
                {mark(held)}
                {dynamic(move || (answer.get() == "not_ok").then(|| severity(view)))}
            </div>
            {dynamic(move || held.fault().map(|fault| view! { <p class="fault" role="alert">{fault}</p> }))}
            {said(held)}
            {first.value.as_ref().map(|value| field(visit.id, part(view, |item| item.value.clone(), value)))}
            {note(visit, view, &first, answered)}
        </article>
    }
    .into_any()
}

/// Follows one field of the item.
fn part(
    view: Live<ItemView>,
    pick: impl Fn(&ItemView) -> Option<FieldView> + Send + Sync + 'static,
    first: &FieldView,
) -> Live<FieldView> {
    let field = Live::new(first.clone());
    effect(move || {
        if let Some(fresh) = view.with(&pick)
            && field.with_untracked(|old| *old != fresh)
        {
            field.set(fresh);
        }
    });
    field
}

/// The answer chosen, ahead of the view while a save is under way.
fn answer_signal(held: Held) -> Live<String> {
    let code = |view: &FieldView| view.value.as_str().unwrap_or("not_checked").to_owned();
    let answer = Live::new(held.view.with_untracked(code));
    effect(move || {
        let fresh = held.view.with(code);
        if !typing::is_pending(held.document, &held.path()) {
            answer.set(fresh);
        }
    });
    answer
}

fn top(visit: Visit, view: Live<ItemView>, heading: &str) -> AnyView {
    let first = view.get_untracked();
    let id = first.id.clone();
    let facts = [first.threshold.clone().unwrap_or_default(), first.evidence.join(", ")];
    let facts: Vec<String> = facts.into_iter().filter(|fact| !fact.is_empty()).collect();
    view! {
        <header class="item-top">
            <span class="item-id">{first.id.clone()}</span>
            <h3 id=heading.to_owned()>{first.text.clone()}</h3>
            <button type="button" class="button quiet" data-action="show" on:click=on(move |_| visit.showing.set(Some(id.clone())))>
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

fn one(held: Held, answer: Live<String>, code: &'static str, sign: Icon, label: Text) -> AnyView {
    view! {
        <button type="button" class="answer" data-answer=code
            aria-pressed=attr(move || answer.with(|answer| answer == code).to_string())
            on:click=on(move |_| {
                if answer.with_untracked(|answer| answer != code) || held.fault().is_some() {
                    answer.set(code.to_owned());
                    held.save(Value::text(code));
                }
            })>
            {icon(sign)}<span>{tr(label)}</span>
        </button>
    }
    .into_any()
}

fn severity(view: Live<ItemView>) -> AnyView {
    view.with(|item| {
        // An item with a day to be done by has no severity.
        let tone = if item.severity <= 2 { "danger" } else { "decide" };
        (item.severity > 0).then(|| badge(item.severity_text.clone(), tone)).into_any()
    })
}

fn note(
    visit: Visit,
    view: Live<ItemView>,
    first: &ItemView,
    answered: impl Fn() -> bool + Send + Sync + 'static,
) -> AnyView {
    let comment = part(view, |item| Some(item.comment.clone()), &first.comment);
    let opened = Live::new(false);
    let is_open = derived(move || {
        opened.get() || answered() || comment.with(|comment| !comment.text.is_empty())
    });
    // Once shown it stays: emptying a note must not take the field from under the fingers.
    effect(move || {
        if is_open.get() && !opened.get_untracked() {
            opened.set(true);
        }
    });
    view! {
        {dynamic(move || if is_open.get() {
            field(visit.id, comment)
        } else {
            view! {
                <button type="button" class="button quiet" data-action="note" on:click=on(move |_| opened.set(true))>
                    {icon(Icon::Pencil)}<span>{tr(Text::VisitNote)}</span>
                </button>
            }.into_any()
        })}
    }
    .into_any()
}

/// Whether people contradict each other on the item.
pub(super) fn differs(item: &ItemView) -> bool {
    let open =
        |field: &FieldView| !matches!(field.agreement, Agreement::Agreed | Agreement::Settled);
    open(&item.status) || open(&item.comment) || item.value.as_ref().is_some_and(open)
}
