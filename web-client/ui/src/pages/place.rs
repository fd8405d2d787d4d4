//! Every place that is described as data (`ankomst_shared::app::page`): drawn here, once for all.
//! Parts of a page stay while it is shown; a fresh description touches only what differs.

use crate::prelude::*;
use ankomst_shared::app::{
    Action, Badge, Body, FilesView, Line, PageView, Part, Query, Tone, View,
};

use super::figures::{plot, table};
use super::why::{forget, whys};
use crate::live::follow;
use crate::parts::{Form, awaiting, badges, buttons, files, form, head, is_found, search};
use crate::react::{Live, attr, derived, dynamic, effect};
use crate::slots::{Slots, rows};
use crate::text::Text;
use ankomst_shared::ids::DocumentId;

/// Lists longer than this have a search field.
const SEARCH_FROM: usize = 8;

type Room = (Line, Vec<Line>);

/// Shows the place of an address.
pub fn place(address: String) -> AnyView {
    forget();
    let (parts, title) = (Slots::new(), Live::new(String::new()));
    let back = Live::new(None::<(String, String)>);
    let (marks, actions) = (Live::new(Vec::<Badge>::new()), Live::new(Vec::<Action>::new()));
    let standing = follow(Query::Page(address), move |view| {
        if let View::Page(PageView {
            title: heading,
            back: from,
            badges,
            actions: acts,
            parts: all,
        }) = view
        {
            title.fresh(heading);
            back.fresh(from);
            marks.fresh(badges);
            actions.fresh(acts);
            parts.fill(all.into_iter().map(|part| (part.key.clone(), part)));
        }
    });
    let shown = move || {
        view! {
            {dynamic(move || actions.with(|all| (!all.is_empty()).then(|| view! {
                <div class="actions page-actions">{buttons(all)}</div>
            })))}
            {rows(parts, part)}
        }
        .into_any()
    };
    view! {
        {head(back, move || title.get(), dynamic(move || marks.with(|all| badges(all))))}
        {awaiting(standing, shown)}
    }
    .into_any()
}

/// The parts of a place alone, without its heading.
pub fn parts_of(address: String) -> AnyView {
    let parts = Slots::new();
    let standing = follow(Query::Page(address), move |view| {
        if let View::Page(page) = view {
            parts.fill(page.parts.into_iter().map(|part| (part.key.clone(), part)));
        }
    });
    awaiting(standing, move || rows(parts, part))
}

fn part(part: Live<Part>) -> AnyView {
    let first = part.get_untracked();
    let heading = format!("h-{}", first.key);
    if let Body::Notice(_) = first.body {
        return dynamic(move || {
            part.with(|part| {
                let tone = if let Body::Notice(tone) = part.body { tone } else { Tone::default() };
                view! {
                    <p class="notice" data-part=part.key.clone() data-tone=crate::parts::tone(tone)>{part.help.clone()}</p>
                }
            })
        });
    }
    if let Body::Form(view) = &first.body {
        return a_form(part, view.document);
    }
    let (title, help) = (first.title.clone(), derived(move || part.with(|part| part.help.clone())));
    let actions = derived(move || Acts(part.with(|part| part.actions.clone())));
    let body = match first.body {
        Body::Lines(..) | Body::Tiles(..) => lines(part),
        Body::Board(_) => board(part),
        Body::Files(_) => a_files(part),
        _ => plain(part),
    };
    let labelled = (!title.is_empty()).then(|| heading.clone());
    view! {
        <section class="card part" data-part=first.key.clone() aria-labelledby=labelled>
            <div class="part-head">
                {(!title.is_empty()).then(|| view! { <h2 id=heading>{title}</h2> })}
                {dynamic(move || actions.with(|all| view! { <div class="actions">{buttons(&all.0)}</div> }))}
            </div>
            {dynamic(move || help.with(|help| (!help.is_empty()).then(|| view! { <p class="help">{help.clone()}</p> })))}
            {body}
        </section>
    }
    .into_any()
}

#[derive(Clone, PartialEq)]
struct Acts(Vec<Action>);

fn a_form(part: Live<Part>, document: DocumentId) -> AnyView {
    let shown = Form::new(document);
    effect(move || {
        let view = part
            .with(|part| if let Body::Form(view) = &part.body { Some(view.clone()) } else { None });
        if let Some(view) = view {
            untrack(move || shown.take(view));
        }
    });
    form(shown)
}

fn a_files(part: Live<Part>) -> AnyView {
    let shown = Live::new(FilesView::default());
    effect(move || {
        part.with(|part| {
            if let Body::Files(view) = &part.body {
                shown.fresh(view.clone());
            }
        });
    });
    files(shown)
}

fn plain(part: Live<Part>) -> AnyView {
    dynamic(move || {
        part.with(|part| match &part.body {
            Body::Facts(facts) => view! {
                <dl class="facts">{facts.iter().map(|(name, value)| view! {
                    <dt>{name.clone()}</dt><dd dir="auto">{value.clone()}</dd>
                }).collect_view()}</dl>
            }
            .into_any(),
            Body::Text(paragraphs) => view! {
                <div class="prose">{paragraphs.iter().map(|text| view! { <p dir="auto">{text.clone()}</p> }).collect_view()}</div>
            }
            .into_any(),
            Body::Table(rows) => table(rows, &part.title),
            Body::Plot(bars) => plot(bars, &part.title),
            Body::Picture(address) => view! { <img class="picture" src=address.clone() alt=part.title.clone() /> }.into_any(),
            _ => ().into_any(),
        })
    })
}

fn lines(part: Live<Part>) -> AnyView {
    let slots = Slots::new();
    let wanted = Live::new(String::new());
    let none = Live::new(String::new());
    effect(move || {
        part.with(|part| {
            if let Body::Lines(lines, empty) | Body::Tiles(lines, empty) = &part.body {
                none.fresh(empty.clone());
                slots.fill(lines.iter().map(|line| (line.key.clone(), line.clone())));
            }
        });
    });
    let tiles = part.with_untracked(|part| matches!(part.body, Body::Tiles(..)));
    let many = derived(move || slots.keys().len() > SEARCH_FROM);
    view! {
        {dynamic(move || many.get().then(|| search(wanted, Text::Find)))}
        {dynamic(move || slots.is_empty().then(|| view! { <p class="quiet-text none">{none.get()}</p> }))}
        <ul class=if tiles { "tiles" } else { "lines" }>{rows(slots, move |line| one(line, wanted))}</ul>
    }
    .into_any()
}

fn one(line: Live<Line>, wanted: Live<String>) -> AnyView {
    let hidden = move || {
        line.with(|line| {
            let text = format!("{} {} {} {}", line.title, line.detail, line.figure, line.found_by);
            !wanted.with(|wanted| is_found(wanted, &text))
        })
    };
    let key = line.with_untracked(|line| line.key.clone());
    view! { <li hidden=hidden data-line=key>{told(line)}</li> }.into_any()
}

/// A line: what it says leads to its place, what can be done with it stands below.
fn told(line: Live<Line>) -> AnyView {
    dynamic(move || {
        line.with(|line| {
            let inner = view! {
                <span class="line-main">
                    <strong dir="auto">{line.title.clone()}</strong>
                    {(!line.detail.is_empty()).then(|| view! { <span class="quiet-text" dir="auto">{line.detail.clone()}</span> })}
                </span>
                <span class="line-side">
                    {badges(&line.badges)}
                    {(!line.figure.is_empty()).then(|| view! { <span class="figure">{line.figure.clone()}</span> })}
                    {line.progress.map(|(done, all)| view! {
                        <progress value=done.to_string() max=all.max(1).to_string() aria-hidden="true"></progress>
                    })}
                </span>
            };
            let told = match &line.href {
                Some(href) => view! { <a class="line" href=href.clone()>{inner}</a> }.into_any(),
                None => view! { <div class="line">{inner}</div> }.into_any(),
            };
            view! {
                {told}
                {(!line.actions.is_empty()).then(|| view! { <div class="actions line-actions">{buttons(&line.actions)}</div> })}
                {whys(&line.why)}
            }
        })
    })
}

fn board(part: Live<Part>) -> AnyView {
    let slots: Slots<Room> = Slots::new();
    effect(move || {
        part.with(|part| {
            if let Body::Board(rooms) = &part.body {
                slots.fill(rooms.iter().map(|room| (room.0.key.clone(), room.clone())));
            }
        });
    });
    view! { <div class="board">{rows(slots, room)}</div> }.into_any()
}

fn room(room: Live<Room>) -> AnyView {
    let (own, cells) = (Live::new(Line::default()), Slots::new());
    effect(move || {
        room.with(|(line, all)| {
            own.fresh(line.clone());
            cells.fill(all.iter().map(|cell| (cell.key.clone(), cell.clone())));
        });
    });
    let key = room.with_untracked(|(line, _)| line.key.clone());
    view! {
        <article class="room" data-line=key>
            {told(own)}
            <ul class="beds">{rows(cells, bed)}</ul>
        </article>
    }
    .into_any()
}

fn bed(cell: Live<Line>) -> AnyView {
    let key = cell.with_untracked(|cell| cell.key.clone());
    view! {
        <li class="bed" data-line=key data-tone=attr(move || cell.with(|cell| crate::parts::tone(cell.tone)))>{told(cell)}</li>
    }
    .into_any()
}
