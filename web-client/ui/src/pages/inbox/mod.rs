//! `/inkorg`: what waits for the supervisor, in three panes. Parts: `changes` (fields changed since
//! the last review, and the one under the eye), `keys` (j k 1 2 a r).

mod changes;
mod keys;

use crate::prelude::*;
use ankomst_shared::app::{InboxRow, Query, Sign, View};
use ankomst_shared::ids::DocumentId;

use crate::clock::near;
use crate::icon::icon;
use crate::live::follow;
use crate::parts::{awaiting, badge, conflict_badge, head};
use crate::react::{Live, dynamic, on};
use crate::slots::{Slots, rows};
use crate::text::{Text, count, fill, tr};

/// Shows the inbox; `open` is the record under the eye.
pub fn inbox(open: Option<DocumentId>) -> AnyView {
    let (queue, away) = (Slots::new(), Live::new(Vec::<String>::new()));
    let standing = follow(Query::Inbox, move |view| {
        if let View::Inbox(view) = view {
            away.fresh(view.away);
            queue.fill(view.rows.into_iter().map(|row| (row.document.to_string(), row)));
        }
    });
    view! {
        {head(Live::new(None), || tr(Text::InboxTitle).to_owned(), keys::switch())}
        {dynamic(move || away.with(|all| all.iter().map(|text| view! {
            <p class="notice" data-tone="decide" data-away="">{icon(Sign::Clock)}<span>{text.clone()}</span></p>
        }).collect_view()))}
        <div class="panes" data-open=open.is_some().to_string() on:keydown=on(keys::pressed) tabindex="-1">
            <section class="pane pane-queue" aria-label=tr(Text::InboxQueue)>
                {awaiting(standing, move || list(queue, open))}
            </section>
            {match open {
                Some(document) => changes::changes(document),
                None => view! {
                    <section class="pane empty pane-nothing"><p>{tr(Text::InboxChoose)}</p></section>
                }.into_any(),
            }}
        </div>
    }
    .into_any()
}

fn list(queue: Slots<InboxRow>, open: Option<DocumentId>) -> AnyView {
    view! {
        {dynamic(move || queue.is_empty().then(|| view! {
            <div class="empty"><h2>{tr(Text::InboxNone)}</h2><p>{tr(Text::InboxNoneHow)}</p></div>
        }))}
        <ul class="lines">{rows(queue, move |row| line(row, open))}</ul>
    }
    .into_any()
}

fn line(row: Live<InboxRow>, open: Option<DocumentId>) -> AnyView {
    let id = row.with_untracked(|row| row.document);
    view! {
        <li><a class="line" href=format!("/inkorg/{id}") data-inbox=id.to_string()
            aria-current=(open == Some(id)).then_some("true")>
            {dynamic(move || row.with(|row| view! {
                <span class="line-main">
                    <span class="quiet-text">{row.kind_text.clone()}</span>
                    <strong dir="auto">{row.title.clone()}</strong>
                    <span class="quiet-text">{row.people.join(", ")}
                        {row.received_ms.map(|ms| format!(" · {}", fill(Text::InboxReceived, &[&near(ms)])))}</span>
                    {(!row.duty.is_empty()).then(|| view! {
                        <span class="quiet-text" data-duty=row.overdue.to_string()>{row.duty.clone()}</span>
                    })}
                </span>
                <span class="line-side">
                    {(row.safety > 0).then(|| badge(count(Text::InboxSafetyOne, Text::InboxSafetyMany, row.safety), "danger"))}
                    {conflict_badge(row.conflicts)}
                    {(row.late > 0).then(|| badge(tr(Text::LateBadge), "decide"))}
                    {(row.changed > 0).then(|| badge(count(Text::InboxChangedOne, Text::InboxChangedMany, row.changed), "info"))}
                    {row.reviewed.then(|| badge(tr(Text::InboxReviewed), "good"))}
                </span>
            }))}
        </a></li>
    }
    .into_any()
}
