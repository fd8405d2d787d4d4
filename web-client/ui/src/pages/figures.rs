//! Tables of figures, and figures drawn beside each other.

use crate::prelude::*;
use ankomst_shared::app::{Bar, Tone};

/// Width of a plot, of what stands before its bars, and of what stands behind them.
const WIDE: u32 = 640;
const BEFORE: u32 = 56;
const BEHIND: u32 = 190;
/// Height of a line.
const LINE: u32 = 34;

/// Whether a cell is a figure; these stand right.
fn is_figure(cell: &str) -> bool {
    let mut letters = cell.bytes();
    // A day has hyphens; a minus, "about" and "to" have no ASCII.
    letters.all(|one| {
        one.is_ascii_digit() || matches!(one, b',' | b'.' | b'>' | b' ' | b'/') || !one.is_ascii()
    }) && cell.bytes().any(|one| one.is_ascii_digit())
}

/// A table: the first row is the heading. It scrolls by itself where it is wider than the page.
pub fn table(rows: &[(Tone, Vec<String>)], name: &str) -> AnyView {
    let Some(((_, head), body)) = rows.split_first() else { return ().into_any() };
    let right =
        |at: usize| body.iter().any(|(_, cells)| cells.get(at).is_some_and(|cell| is_figure(cell)));
    let head = head.iter().enumerate().map(|(at, cell)| {
        view! { <th scope="col" class=(at > 0 && right(at)).then_some("right")>{cell.clone()}</th> }
    });
    let body = body.iter().map(|(tone, cells)| {
        let cells = cells.iter().enumerate().map(|(at, cell)| {
            let class = match cell.len() {
                _ if is_figure(cell) => "right",
                0..=10 => "short",
                41.. => "long",
                _ => "",
            };
            if at == 0 {
                view! { <th scope="row">{cell.clone()}</th> }.into_any()
            } else {
                view! { <td class=class dir="auto">{cell.clone()}</td> }.into_any()
            }
        });
        view! { <tr data-tone=crate::parts::tone(*tone)>{cells.collect_view()}</tr> }
    });
    view! {
        <div class="wide-table" tabindex="0" role="group" aria-label=name.to_owned()>
            <table><thead><tr>{head.collect_view()}</tr></thead><tbody>{body.collect_view()}</tbody></table>
        </div>
    }
    .into_any()
}

/// A plot: a bar for each figure, and a frame from the least to the most.
pub fn plot(bars: &[Bar], name: &str) -> AnyView {
    let all = bars.iter().flat_map(|bar| [bar.value, bar.least, bar.most]).flatten();
    let top = all.max().unwrap_or(1).max(1);
    let at = |value: u32| u64::from(value) * u64::from(WIDE - BEFORE - BEHIND) / u64::from(top);
    let mut drawn = Vec::new();
    let mut below = 0;
    for bar in bars {
        let value = bar.value.map(at);
        let least = bar.least.or(bar.most).map(at);
        let most = bar.most.or(bar.least).map(at);
        drawn.extend(value.map(|value| piece("got", below + 9, LINE - 18, (0, value.max(1)))));
        if let Some((least, most)) = least.zip(most) {
            drawn.push(piece("range", below + 4, LINE - 8, (least, most.max(least + 3))));
        }
        let end = value.max(most).unwrap_or_default();
        drawn.push(text(0, below, bar.label.clone()));
        drawn.push(text(u64::from(BEFORE) + end + 10, below, bar.text.clone()));
        below += LINE;
    }
    let field = ["0 0 ", &WIDE.to_string(), " ", &below.to_string()].concat();
    view! { <svg class="plot" viewBox=field role="img" aria-label=name.to_owned()>{drawn.collect_view()}</svg> }.into_any()
}

fn piece(class: &'static str, y: u32, height: u32, (from, to): (u64, u64)) -> AnyView {
    let (x, width) = ((u64::from(BEFORE) + from).to_string(), (to - from).to_string());
    view! { <rect class=class x=x y=y.to_string() width=width height=height.to_string() /> }
        .into_any()
}

fn text(x: u64, below: u32, said: String) -> AnyView {
    let y = below + LINE / 2 + 5;
    view! { <text x=x.to_string() y=y.to_string()>{said}</text> }.into_any()
}
