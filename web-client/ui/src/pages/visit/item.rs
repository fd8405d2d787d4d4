//! One item of a checklist: what must hold, three answers, the measured value, a note.

use crate::prelude::*;
use ankomst_shared::app::{Agreement, Choice, FieldView, FilesView, Input, ItemView};
use ankomst_shared::value::Value;

use super::super::why::reasons;
use super::{Visit, is_shown};
use crate::dom::has_left;
use crate::field::{Held, agreement, field, mark, said};
use crate::icon::icon;
use crate::parts::{badge, files};
use crate::react::{Live, attr, derived, dynamic, effect, on};
use crate::text::{Text, fill, tr};
use crate::typing;
use ankomst_shared::app::Sign;

/// Shows an item.
pub(super) fn item(visit: Visit, view: Live<ItemView>) -> AnyView {
    let first = view.get_untracked();
    let id = first.id.clone();
    let status = part(view, |item| Some(item.status.clone()), &first.status);
    let held = Held::new(visit.id, status);
    let answer = answer_signal(held);
    let heading = format!("i-{id}");
    let answered = move || answer.with(|answer| !matches!(answer.as_str(), "not_checked" | "todo"));
    view! {
        <article class="card item" data-item=id.clone() aria-labelledby=heading.clone()
            data-status=attr(move || answer.get()) data-agreement=attr(move || agreement(held))
            hidden=attr(move || !is_shown(visit, view))
            on:focusout=on(move |event| if has_left(&event) { typing::commit(visit.id); })>
            {top(visit, view, &heading)}
            <div class="answers" role="group" aria-labelledby=heading.clone()>
                {answers(held, answer, &first.status)}
            </div>
            <div class="answer-line" data-path=held.path().as_str().to_owned()>
                {mark(held)}
                {dynamic(move || (answer.get() == "not_ok").then(|| severity(view)))}
                {dynamic(move || view.with(|item| (!item.due.is_empty()).then(|| {
                    let tone = if item.overdue { "danger" } else { "plain" };
                    badge(fill(if item.overdue { Text::ItemLate } else { Text::ItemDue }, &[&item.due]), tone)
                })))}
            </div>
            {dynamic(move || view.with(|item| item.late.iter().map(|text| view! {
                <p class="notice" data-tone="decide" data-late="">{text.clone()}</p>
            }).collect_view()))}
            {dynamic(move || held.fault().map(|fault| view! { <p class="fault" role="alert">{fault}</p> }))}
            {said(held)}
            {first.value.as_ref().map(|value| field(visit.id, part(view, |item| item.value.clone(), value)))}
            {note(visit, view, &first, answered)}
            {files(pictures(view, &first))}
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

fn pictures(view: Live<ItemView>, first: &ItemView) -> Live<FilesView> {
    let shown = Live::new(first.files.clone());
    effect(move || view.with(|item| shown.fresh(item.files.clone())));
    shown
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
    let opened = Live::new(false);
    let facts = [first.threshold.clone().unwrap_or_default(), first.evidence.join(", ")];
    let facts: Vec<String> = facts.into_iter().filter(|fact| !fact.is_empty()).collect();
    view! {
        <header class="item-top">
            <span class="item-id">{first.id.clone()}</span>
            <h3 id=heading.to_owned()>{first.text.clone()}</h3>
            <button type="button" class="button quiet" data-action="show" on:click=on(move |_| visit.showing.set(Some(id.clone())))>
                {icon(Sign::Show)}<span>{tr(Text::VisitShow)}</span>
            </button>
        </header>
        {(!facts.is_empty()).then(|| view! { <p class="item-facts">{facts.join(" · ")}</p> })}
        <details class="item-why">
            <summary on:click=on(move |_| opened.set(true))>{tr(Text::VisitWhy)}</summary>
            <p>{first.severity_text}</p>
            <p>{first.departments}</p>
            <p>{first.sources}</p>
            {(!first.why.is_empty()).then(|| reasons(first.why.clone(), opened))}
        </details>
    }
    .into_any()
}

/// The answers of the item's list; the first code is the one that says nothing yet.
fn answers(held: Held, answer: Live<String>, status: &FieldView) -> AnyView {
    let Input::Choice(choices) = &status.input else { return ().into_any() };
    let none = choices.first().map(|choice| choice.code.clone()).unwrap_or_default();
    // As they stand in the catalog, but what needs no more doing comes first.
    let mut shown: Vec<&Choice> = choices.iter().filter(|choice| choice.code != none).collect();
    shown.sort_by_key(|choice| choice.code == "doing");
    shown
        .into_iter()
        .map(|choice| one(held, answer, choice, none.clone()))
        .collect_view()
        .into_any()
}

fn one(held: Held, answer: Live<String>, choice: &Choice, none: String) -> AnyView {
    let (code, mine, pressed) = (choice.code.clone(), choice.code.clone(), choice.code.clone());
    let sign = match code.as_str() {
        "ok" | "done" => Sign::Tick,
        "not_ok" | "blocked" => Sign::Cross,
        "doing" => Sign::Pencil,
        _ => Sign::Dash,
    };
    view! {
        <button type="button" class="answer" data-answer=code
            aria-pressed=attr(move || answer.with(|answer| *answer == pressed).to_string())
            on:click=on(move |_| {
                // Pressed again, an answer is taken back.
                let again = answer.with_untracked(|answer| *answer == mine) && held.fault().is_none();
                let new = if again { &none } else { &mine };
                answer.set(new.clone());
                held.save(Value::text(new.as_str()));
            })>
            {icon(sign)}<span>{choice.label.clone()}</span>
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
                    {icon(Sign::Pencil)}<span>{tr(Text::VisitNote)}</span>
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
