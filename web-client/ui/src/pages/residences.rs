//! `/boenden`: the houses on this device.

use crate::prelude::*;
use ankomst_shared::app::{Query, ResidenceRow, View};
use ankomst_shared::order::lower;

use crate::dom::value_of;
use crate::icon::{Icon, icon};
use crate::live::follow;
use crate::parts::{awaiting, badge, conflict_badge, head, status_tone};
use crate::react::{Live, attr, dynamic, on};
use crate::slots::{Slots, rows};
use crate::text::{Text, fill, tr};

/// Shows the list of houses.
pub fn residences() -> AnyView {
    let houses = Slots::new();
    let standing = follow(Query::Residences, move |view| {
        if let View::Residences(list) = view {
            houses.fill(list.rows.into_iter().map(|row| (row.document.to_string(), row)));
        }
    });
    let wanted = Live::new(String::new());
    view! {
        {head(None, || tr(Text::ResidencesTitle).to_owned(), ().into_any())}
        {awaiting(standing, move || list(houses, wanted))}
    }
    .into_any()
}

fn list(houses: Slots<ResidenceRow>, wanted: Live<String>) -> AnyView {
    view! {
        {search(wanted, Text::ResidencesSearch)}
        {dynamic(move || houses.is_empty().then(|| view! {
            <div class="empty"><h2>{tr(Text::ResidencesNone)}</h2><p>{tr(Text::ResidencesNoneHow)}</p></div>
        }))}
        <ul class="tiles">{rows(houses, move |row| tile(row, wanted))}</ul>
    }
    .into_any()
}

/// A search field over a list on the page.
pub fn search(wanted: Live<String>, label: Text) -> AnyView {
    view! {
        <label class="search">
            {icon(Icon::Search)}<span class="sr">{tr(label)}</span>
            <input type="search" id="search" placeholder=tr(label) dir="auto" autocomplete="off"
                prop:value=attr(move || wanted.get()) on:input=on(move |event| wanted.set(value_of(&event))) />
        </label>
    }
    .into_any()
}

/// Whether all words of the search stand in the text.
pub fn matches(wanted: &str, text: &str) -> bool {
    let lower = |text: &str| text.chars().map(lower).collect::<String>();
    let text = lower(text);
    lower(wanted).split_whitespace().all(|word| text.contains(word))
}

fn tile(row: Live<ResidenceRow>, wanted: Live<String>) -> AnyView {
    let hidden = move || {
        row.with(|row| {
            let text = format!("{} {} {}", row.name, row.address, row.status);
            !wanted.with(|wanted| matches(wanted, &text))
        })
    };
    let first = row.get_untracked();
    view! {
        <li hidden=hidden data-residence=first.document.to_string()>
            <a class="card tile" href=format!("/boenden/{}", first.document)>
                {dynamic(move || row.with(|row| view! {
                    <strong class="tile-title" dir="auto">{row.name.clone()}</strong>
                    <span class="quiet-text">{row.address.clone()}</span>
                    <span class="tile-badges">
                        {badge(row.status.clone(), status_tone(&row.status_code))}
                        {row.pinned.then(|| view! {
                            <span class="badge" data-tone="info">{icon(Icon::Pin)}{tr(Text::ResidenceTaken)}</span>
                        })}
                        {conflict_badge(row.conflicts)}
                    </span>
                    <span class="tile-facts">{facts(row)}</span>
                }))}
            </a>
        </li>
    }
    .into_any()
}

/// The house in figures.
pub fn facts(row: &ResidenceRow) -> String {
    let mut facts = vec![row.residence_type.clone()];
    facts.push(match row.max_persons {
        Some(most) => {
            fill(Text::ResidencePersonsOf, &[&row.persons.to_string(), &most.to_string()])
        }
        None => fill(Text::ResidencePersons, &[&row.persons.to_string()]),
    });
    facts.push(fill(Text::ResidenceRooms, &[&row.rooms.to_string()]));
    if row.rooms_blocked > 0 {
        facts.push(fill(Text::ResidenceBlocked, &[&row.rooms_blocked.to_string()]));
    }
    facts.retain(|fact| !fact.is_empty());
    facts.join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_finds_all_its_words_in_any_order() {
        assert!(matches("väg ALM", "Almgården Skolvägen 3"));
        assert!(matches("", "anything"));
        assert!(!matches("alm bok", "Almgården"));
    }
}
