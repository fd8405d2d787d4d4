//! `/besok/<run>`: a checklist being walked through. Parts: `item` (one card), `show` (large type
//! in two languages for the person in front).

mod item;
mod show;

use crate::prelude::*;
use ankomst_shared::app::{Action, ItemView, Query, RunRow, View, Why};
use ankomst_shared::ids::DocumentId;

use super::why::{forget, whys};
use crate::live::follow;
use crate::parts::{awaiting, badge, buttons, conflict_badge, head, is_found, search};
use crate::react::{Live, attr, derived, dynamic, effect, on};
use crate::slots::{Slots, each, rows};
use crate::text::{Text, fill, tr};

#[derive(Debug, Clone, PartialEq, Eq)]
struct Group {
    id: String,
    label: String,
    answered: u32,
    not_ok: u32,
    items: Vec<String>,
}

/// A run on the page.
#[derive(Clone, Copy)]
pub(super) struct Visit {
    id: DocumentId,
    groups: Slots<Group>,
    items: Slots<ItemView>,
    row: Live<Option<RunRow>>,
    parent: Live<(String, String)>,
    version: Live<u32>,
    actions: Live<Vec<Action>>,
    why: Live<Vec<Why>>,
    wanted: Live<String>,
    only: Live<Only>,
    showing: Live<Option<String>>,
}

/// Which items are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Only {
    All,
    Short,
    Unanswered,
    NotOk,
    Differing,
}

/// Shows a run.
pub fn visit(id: DocumentId) -> AnyView {
    forget();
    let visit = Visit {
        id,
        groups: Slots::new(),
        items: Slots::new(),
        row: Live::new(None),
        parent: Live::new((String::new(), String::new())),
        version: Live::new(0),
        actions: Live::new(Vec::new()),
        why: Live::new(Vec::new()),
        wanted: Live::new(String::new()),
        only: Live::new(Only::All),
        showing: Live::new(None),
    };
    let standing = follow(Query::Run(id), move |view| {
        if let View::Run(view) = view {
            visit.parent.fresh((view.parent_href, view.parent_name));
            visit.version.fresh(view.version);
            visit.actions.fresh(view.actions);
            visit.why.fresh(view.why);
            visit.row.set(Some(view.row));
            let groups = view.groups.into_iter().map(|group| {
                let items: Vec<String> = group.items.iter().map(|item| item.id.clone()).collect();
                for item in group.items {
                    let key = item.id.clone();
                    visit.items.put(&key, item);
                }
                let (answered, not_ok) = (group.answered, group.not_ok);
                (
                    group.id.clone(),
                    Group { id: group.id, label: group.label, answered, not_ok, items },
                )
            });
            visit.groups.fill(groups.collect::<Vec<_>>());
        }
    });
    let back = Live::new(None);
    effect(move || {
        visit.parent.with(|(href, name)| {
            let name = if name.is_empty() { tr(Text::VisitBack).to_owned() } else { name.clone() };
            back.fresh((!href.is_empty()).then(|| (href.clone(), name)));
        });
    });
    view! {
        <div class="visit">
            {head(back, move || title(visit), progress(visit))}
            {awaiting(standing, move || contents(visit))}
            {dynamic(move || visit.showing.get().map(|item| show::show(visit, &item)))}
        </div>
    }
    .into_any()
}

fn title(visit: Visit) -> String {
    let name = visit.parent.with(|(_, name)| name.clone());
    if name.is_empty() { tr(Text::VisitTitle).to_owned() } else { name }
}

fn progress(visit: Visit) -> AnyView {
    dynamic(move || {
        visit.row.get().map(|row| {
            let people = row.people.join(", ");
            view! {
                <p class="progress-line" role="status">
                    <progress value=row.answered.to_string() max=row.total.max(1).to_string() aria-hidden="true"></progress>
                    <span>{fill(Text::VisitProgress, &[&row.answered.to_string(), &row.total.to_string(), &row.not_ok.to_string()])}</span>
                </p>
                <p class="quiet-text">
                    {format!("{} · {}", row.title, fill(Text::VisitVersion, &[&visit.version.get().to_string()]))}
                    {(!people.is_empty()).then(|| format!(" · {}", fill(Text::VisitWith, &[&people])))}
                </p>
                {badge(row.state.clone(), "plain")}
                {(row.overdue > 0).then(|| badge(fill(Text::VisitLate, &[&row.overdue.to_string()]), "danger"))}
                {conflict_badge(row.conflicts)}
                <p class="print-only">{tr(Text::VisitOwnControl)}</p>
            }
        })
    })
}

fn contents(visit: Visit) -> AnyView {
    view! {
        {dynamic(move || visit.actions.with(|all| view! { <div class="actions page-actions">{buttons(all)}</div> }))}
        {dynamic(move || visit.why.with(|all| whys(all)))}
        <div class="visit-tools">
            {search(visit.wanted, Text::VisitSearch)}
            {filters(visit)}
        </div>
        <div class="visit-body">
            <nav class="visit-groups" aria-label=tr(Text::VisitGroups)>{rows(visit.groups, group_link)}</nav>
            <div class="visit-items">{rows(visit.groups, move |group| section(visit, group))}</div>
        </div>
    }
    .into_any()
}

fn filters(visit: Visit) -> AnyView {
    let choice = move |only: Only, key: Text, name: &'static str| {
        view! {
            <button type="button" class="chip-button" data-filter=name
                aria-pressed=attr(move || (visit.only.get() == only).to_string())
                on:click=on(move |_| visit.only.set(only))>{tr(key)}</button>
        }
    };
    view! {
        <div class="chips" role="group" aria-label=tr(Text::VisitFilter)>
            {choice(Only::All, Text::VisitAll, "all")}
            {choice(Only::Short, Text::VisitShort, "short")}
            {choice(Only::Unanswered, Text::VisitUnanswered, "unanswered")}
            {choice(Only::NotOk, Text::VisitNotOkOnly, "not_ok")}
            {choice(Only::Differing, Text::VisitDiffering, "differing")}
        </div>
    }
    .into_any()
}

fn is_done(group: &Group) -> bool {
    usize::try_from(group.answered).is_ok_and(|done| done >= group.items.len())
}

fn group_link(group: Live<Group>) -> AnyView {
    let first = group.get_untracked();
    view! {
        <a href=format!("#g-{}", first.id) data-group=first.id.clone()
            class=attr(move || group.with(|group| if is_done(group) { "done" } else { "" }))>
            <span>{first.label}</span>
            <small>{dynamic(move || group.with(|group| fill(
                Text::FormOf, &[&group.answered.to_string(), &group.items.len().to_string()],
            )))}
            {dynamic(move || group.with(|group| (group.not_ok > 0).then(|| view! {
                <b class="not-ok-figure">{fill(Text::VisitNotOkCount, &[&group.not_ok.to_string()])}</b>
            })))}</small>
        </a>
    }
    .into_any()
}

fn section(visit: Visit, group: Live<Group>) -> AnyView {
    let first = group.get_untracked();
    let keys = derived(move || group.with(|group| group.items.clone()));
    let empty = move || {
        keys.with(|keys| {
            !keys.iter().any(|key| visit.items.get(key).is_some_and(|item| is_shown(visit, item)))
        })
    };
    let heading = format!("gh-{}", first.id);
    let labelled = heading.clone();
    view! {
        <section id=format!("g-{}", first.id) hidden=empty aria-labelledby=labelled>
            <h2 id=heading class="group-heading">{first.label}</h2>
            {each(move || keys.get(), move |key| {
                visit.items.get(&key).map_or_else(|| ().into_any(), |view| item::item(visit, view))
            })}
        </section>
    }
    .into_any()
}

/// Whether an item still needs looking at.
pub(super) fn is_open(status: &str) -> bool {
    matches!(status, "not_checked" | "todo" | "doing" | "blocked")
}

/// Whether search and filter let the item through.
fn is_shown(visit: Visit, item: Live<ItemView>) -> bool {
    let only = visit.only.get();
    item.with(|item| {
        let status = item.status.value.as_str().unwrap_or("not_checked");
        let through = match only {
            Only::All => true,
            Only::Short => item.short,
            Only::Unanswered => is_open(status),
            Only::NotOk => status == "not_ok",
            Only::Differing => item::differs(item),
        };
        through
            && visit.wanted.with(|wanted| {
                wanted.trim().is_empty()
                    || is_found(wanted, &format!("{} {} {}", item.id, item.text, item.departments))
            })
    })
}
