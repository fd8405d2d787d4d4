//! The two right panes: what changed in a record since its last review, and the field under the
//! eye with everything that was said on it.

use crate::prelude::*;
use ankomst_shared::app::{
    Agreement, ChangedField, Command, InboxRow, Query, Reply, ReviewView, View,
};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::value::Value;

use crate::bridge::ask;
use crate::clock::near;
use crate::dom::value_of;
use crate::field::{Held, fault, said, voice};
use crate::icon::icon;
use crate::live::follow;
use crate::parts::{Asked, awaiting, form_of, found};
use crate::react::{Live, attr, dynamic, effect, on};
use crate::slots::{Slots, rows};
use crate::state::ui;
use crate::text::{Text, fill, refusal, tr};
use ankomst_shared::app::Sign;

#[derive(Clone, Copy)]
struct Record {
    id: DocumentId,
    row: Live<Option<InboxRow>>,
    fields: Slots<ChangedField>,
    notes: Live<Vec<String>>,
    last: Live<Option<ReviewView>>,
    parent: Live<Option<DocumentId>>,
    eye: Live<Option<String>>,
}

/// Shows what changed in a record.
pub(super) fn changes(id: DocumentId) -> AnyView {
    let record = Record {
        id,
        row: Live::new(None),
        fields: Slots::new(),
        notes: Live::new(Vec::new()),
        last: Live::new(None),
        parent: Live::new(None),
        eye: Live::new(None),
    };
    let standing = follow(Query::Changes(id), move |view| {
        if let View::Changes(view) = view {
            record.row.set(Some(view.row));
            record.last.set(view.last_review);
            record.notes.fresh(view.notes);
            record.parent.set(view.parent);
            if record.eye.with_untracked(Option::is_none) {
                record
                    .eye
                    .set(view.fields.first().map(|first| first.field.path.as_str().to_owned()));
            }
            let fields = view.fields.into_iter();
            record.fields.fill(fields.map(|field| (field.field.path.as_str().to_owned(), field)));
        }
    });
    view! {
        <section class="pane pane-changes" aria-label=tr(Text::InboxChanges)>
            {awaiting(standing, move || middle(record))}
        </section>
        <section class="pane pane-detail" id="inbox-detail" aria-label=tr(Text::InboxDetail) aria-live="polite">
            {dynamic(move || record.eye.get().and_then(|key| record.fields.get(&key)).map(|field| detail(record, field)))}
        </section>
    }
    .into_any()
}

fn middle(record: Record) -> AnyView {
    view! {
        <header class="pane-head">
            <h2 dir="auto">{dynamic(move || record.row.with(|row| row.as_ref().map(|row| row.title.clone())))}</h2>
            {dynamic(move || record.row.get().map(|row| open_link(&row)))}
            <p class="quiet-text">{dynamic(move || record.last.with(|last| match last {
                Some(last) => {
                    let key = if last.approved { Text::InboxLastApproved } else { Text::InboxLastReturned };
                    fill(key, &[&last.who, &near(last.at_ms), &last.note])
                }
                None => tr(Text::InboxNever).to_owned(),
            }))}</p>
        </header>
        {dynamic(move || record.notes.with(|all| all.iter().map(|text| view! {
            <p class="notice" data-tone="decide" data-decide="">{icon(Sign::Differ)}<span>{text.clone()}</span></p>
        }).collect::<Vec<_>>()))}
        {dynamic(move || record.row.with(|row| row.as_ref().filter(|row| row.conflicts > 0).map(duty)))}
        {review(record.id)}
        {dynamic(move || record.fields.is_empty().then(|| view! { <p class="empty">{tr(Text::InboxNoChanges)}</p> }))}
        <ul class="lines">{rows(record.fields, move |field| line(record, field))}</ul>
    }
    .into_any()
}

/// By when it is to be decided and who sees to it.
fn duty(row: &InboxRow) -> AnyView {
    let (document, mine) = (row.document, row.mine);
    let take = move |_| {
        ask(Command::TakeOn { document, mine: !mine }, |reply| {
            if let Reply::Refused(why) = reply {
                ui().say(refusal(why));
            }
        });
    };
    view! {
        <p class="duty" data-duty=row.overdue.to_string()>
            <span>{row.duty.clone()}</span>
            <button type="button" class="button quiet" data-action="take-on" on:click=on(take)>
                {tr(if mine { Text::InboxLeave } else { Text::InboxTake })}
            </button>
        </p>
    }
    .into_any()
}

fn open_link(row: &InboxRow) -> AnyView {
    let place = match row.kind.as_str() {
        "run" => "besok",
        kind => kind,
    };
    view! { <p><a href=format!("/{place}/{}", row.document)>{tr(Text::InboxOpenRecord)}</a></p> }
        .into_any()
}

fn line(record: Record, changed: Live<ChangedField>) -> AnyView {
    let key = changed.with_untracked(|changed| changed.field.path.as_str().to_owned());
    let (mine, chosen) = (key.clone(), key.clone());
    view! {
        <li><button type="button" class="line change" data-change=key
            aria-current=attr(move || record.eye.with(|eye| eye.as_deref() == Some(mine.as_str())).then_some("true"))
            on:click=on(move |_| record.eye.set(Some(chosen.clone())))>
            {dynamic(move || changed.with(|changed| view! {
                <span class="line-main">
                    <span class="quiet-text" dir="auto">{changed.place.clone()}</span>
                    <strong>{changed.field.label.clone()}</strong>
                    <span class="from-to" dir="auto">{from_to(changed)}</span>
                    {changed.field.statements.first().map(|said| view! {
                        <span class="quiet-text">{format!("{}, {}, {}", said.who, near(said.claimed_ms), said.device)}</span>
                    })}
                </span>
                <span class="line-side">{sign(changed)}</span>
            }))}
        </button></li>
    }
    .into_any()
}

fn from_to(changed: &ChangedField) -> String {
    let or_empty = |text: &str| {
        if text.is_empty() { tr(Text::FieldEmpty).to_owned() } else { text.to_owned() }
    };
    fill(Text::InboxFromTo, &[&or_empty(&changed.before), &or_empty(&changed.field.text)])
}

fn sign(changed: &ChangedField) -> AnyView {
    let (tone, which, key) = match changed.field.agreement {
        Agreement::Agreed if changed.late => ("decide", Sign::Clock, Text::LateBadge),
        Agreement::Agreed => return ().into_any(),
        Agreement::Settled => ("good", Sign::Tick, Text::SaidSettled),
        Agreement::Open | Agreement::Reopened | Agreement::SettledTwice if changed.field.safety => {
            ("danger", Sign::Danger, Text::SaidOpen)
        }
        Agreement::Open => ("decide", Sign::Differ, Text::SaidOpen),
        Agreement::Reopened => ("decide", Sign::Differ, Text::SaidReopened),
        Agreement::SettledTwice => ("decide", Sign::Differ, Text::SaidSettledTwice),
    };
    view! { <span class="badge" data-tone=tone>{icon(which)}{tr(key)}</span> }.into_any()
}

fn detail(record: Record, changed: Live<ChangedField>) -> AnyView {
    let first = changed.get_untracked();
    let view = Live::new(first.field.clone());
    effect(move || {
        let fresh = changed.with(|changed| changed.field.clone());
        if view.with_untracked(|old| *old != fresh) {
            view.set(fresh);
        }
    });
    let held = Held::new(record.id, view);
    view! {
        <div class="detail" data-path=first.field.path.as_str().to_owned()>
            <p class="quiet-text" dir="auto">{first.place}</p>
            <h2>{first.field.label}</h2>
            <dl class="before-after">
                <dt>{tr(Text::InboxBefore)}</dt>
                <dd dir="auto">{dynamic(move || changed.with(|it| if it.before.is_empty() { tr(Text::FieldEmpty).to_owned() } else { it.before.clone() }))}</dd>
                <dt>{tr(Text::InboxAfter)}</dt>
                <dd dir="auto">{dynamic(move || view.with(|it| if it.text.is_empty() { tr(Text::FieldEmpty).to_owned() } else { it.text.clone() }))}</dd>
            </dl>
            {dynamic(move || view.with(|it| (it.agreement == Agreement::Agreed).then(|| {
                it.statements.first().map(|statement| view! { <p>{voice(statement)}</p> })
            })))}
            {fault(held)}
            {said(held)}
        </div>
    }
    .into_any()
}

fn review(document: DocumentId) -> AnyView {
    let note = Live::new(String::new());
    let fault = Live::new(None::<&'static str>);
    let form = Asked::new(form_of(document.as_bytes()));
    found(form_of(document.as_bytes()), move |found| {
        if let Some((_, Value::Str(text))) = found.into_iter().next() {
            note.set(text);
        }
    });
    let send = move |approved: bool| {
        let note_text = note.get_untracked().trim().to_owned();
        if !approved && note_text.is_empty() {
            return fault.set(Some(tr(Text::ReviewNoteNeeded)));
        }
        ask(Command::Review { document, approved, note: note_text }, move |reply| match reply {
            Reply::Refused(why) => fault.set(Some(refusal(why))),
            _ => {
                fault.set(None);
                note.set(String::new());
                form.done();
                ui().say(tr(if approved { Text::ReviewApproved } else { Text::ReviewReturned }));
            }
        });
    };
    view! {
        <div class="review">
            <label><span>{tr(Text::ReviewNote)}</span>
                <input type="text" id="review-note" dir="auto" autocomplete="off" prop:value=attr(move || note.get())
                    on:input=on(move |event| {
                        let typed = value_of(&event);
                        form.keep("note", Value::text(&typed));
                        note.set(typed);
                    }) />
            </label>
            {dynamic(move || fault.get().map(|fault| view! { <p class="fault" role="alert">{fault}</p> }))}
            <div class="actions">
                <button type="button" class="button primary" data-action="approve" on:click=on(move |_| send(true))>
                    {icon(Sign::Tick)}{tr(Text::ReviewApprove)}
                </button>
                <button type="button" class="button" data-action="return" on:click=on(move |_| send(false))>
                    {icon(Sign::Back)}{tr(Text::ReviewReturn)}
                </button>
                {form.mark()}
            </div>
        </div>
    }
    .into_any()
}
