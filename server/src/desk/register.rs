//! `/register`: everything a person may read on the server, by kind, and found by name or number.
//!
//! | address | shows |
//! |---|---|
//! | `/register` | the lists |
//! | `/register/<home>/<kind>[/<order>[/<after>]]` | a page of a list; `after` is the last document of the page before |
//! | `/register/rapport/<report>[/<part>]` | a report, see `desk::reports` |
//! | `/register/uppdrag` | tasks sent to a department, for its recipients ([`super::tasks`]) |
//! | `/register/hallna` | what of a person's own work is held ([`super::own`]) |
//! | `/register/varfor/<record>` | why a record is, or is not, on the device that asks ([`super::why`]) |
//! | `/register/sok/<words>` | what is found; asked of the server only, never an address of the app |
//!
//! Administration is not asked here: what a person may read is what `sync::rule` says.

use ankomst_shared::app::{Act, Action, Body, Line, Look, PageView, Part, Sign, Tone};
use ankomst_shared::catalog::{Catalog, FieldType, Kind};
use ankomst_shared::find::{beginnings, heard};
use ankomst_shared::text::Word;

use super::made::plain;
use super::{Desk, DeskError, own, tasks, why};
use crate::storage::StorageError;
use crate::storage::sqlite::register::{self, Order, Place};
use crate::sync::access;
use crate::sync::rule::Reach;

/// The place.
pub(super) const HERE: &str = "/register";
/// Lines of a page.
pub const PAGE_LINES: usize = 40;
/// Counting ends here.
const COUNT_MAX: usize = 1_000;
/// Shortest search: the longest word of it, in letters.
const LETTERS_MIN: usize = 2;

/// The lists, in the order shown: kind of secrecy and kind of record. Kinds that nobody has have none.
#[must_use]
pub fn lists() -> Vec<(&'static str, &'static str)> {
    let kinds = &Catalog::builtin().package().kinds;
    let mut lists = Vec::new();
    for home in kinds.iter().filter(|kind| !kind.roles.is_empty()) {
        let shares = |kind: &&Kind| kind.shares_secrecy() && kind.belongs_to.contains(&home.id);
        let all = core::iter::once(home).chain(kinds.iter().filter(shares));
        lists.extend(all.map(|kind| (home.id.as_str(), kind.id.as_str())));
    }
    lists
}

impl Desk {
    /// A place of the register.
    pub(super) fn register(&self, address: &str) -> Result<PageView, DeskError> {
        let reach = self.app.readers.read(|db| access::reach(db, &self.me))?;
        let rest = address.strip_prefix(HERE).unwrap_or_default();
        if address == tasks::HERE {
            return self.tasks();
        }
        if reach.is_empty() {
            let parts: Vec<&str> = rest.split('/').filter(|part| !part.is_empty()).collect();
            return self.without_records(&parts);
        }
        if let Some(wanted) = rest.strip_prefix("/sok/") {
            return self.search(&reach, wanted);
        }
        if let Some(record) = address.strip_prefix(why::HERE) {
            return self.reasons(record);
        }
        let parts: Vec<&str> = rest.split('/').filter(|part| !part.is_empty()).collect();
        match parts.as_slice() {
            [] => self.lists(&reach),
            ["rapport", place @ ..] => self.report(Some(&reach), place),
            [home, kind, place @ ..] => {
                let list = lists().into_iter().find(|list| *list == (*home, *kind));
                let (home, kind) = list.ok_or(DeskError::Nowhere)?;
                // A list that others have is as if it were not there.
                if !reach.includes(home) {
                    return Err(DeskError::Nowhere);
                }
                let known = Catalog::builtin().kind(kind).ok_or(DeskError::Nowhere)?;
                let (order, after) = match place {
                    [] => (first_order(known), None),
                    [order] => (read_order(order)?, None),
                    [order, after] => {
                        (read_order(order)?, Some(after.parse().map_err(|_| DeskError::Nowhere)?))
                    }
                    _ => return Err(DeskError::Nowhere),
                };
                let within = reach.within();
                self.list(&reach, known, &Place { within, home, kind, order, after })
            }
            [_] => Err(DeskError::Nowhere),
        }
    }

    fn lists(&self, reach: &Reach) -> Result<PageView, DeskError> {
        let own = lists().into_iter().filter(|(home, _)| reach.includes(home));
        let counted: Vec<_> = self.app.row_readers.read(|db| {
            own.map(|list| {
                let most = COUNT_MAX + 1;
                Ok((list, register::count(db, reach.within(), list, most)?))
            })
            .collect::<Result<_, StorageError>>()
        })?;
        let lines = counted.into_iter().map(|((home, kind), count)| {
            let address = format!("{HERE}/{home}/{kind}");
            Line {
                key: address.clone(),
                href: Some(address),
                title: self.list_title(home, kind),
                figure: if count > COUNT_MAX {
                    self.f(Word::RegisterOver, &[&COUNT_MAX.to_string()])
                } else {
                    count.to_string()
                },
                ..Line::default()
            }
        });
        let own = Line {
            key: own::HERE.to_owned(),
            href: Some(own::HERE.to_owned()),
            title: self.w(Word::RegisterOwn).to_owned(),
            ..Line::default()
        };
        let lines = lines.chain([own]).chain(self.tasks_line()?);
        let mut lists =
            self.part("lists", Word::Empty, Body::Lines(lines.collect(), String::new()));
        lists.title = String::new();
        self.w(Word::RegisterHelp).clone_into(&mut lists.help);
        let act = Act::Go("/sok".to_owned());
        Ok(PageView {
            title: self.w(Word::Register).to_owned(),
            actions: vec![plain("search", self.w(Word::Search), Sign::Search, act)],
            parts: self
                .making_notice()
                .into_iter()
                .chain(self.report_lines(Some(reach)))
                .chain([lists])
                .collect(),
            ..PageView::default()
        })
    }

    fn list(&self, reach: &Reach, kind: &Kind, place: &Place<'_>) -> Result<PageView, DeskError> {
        let mut rows = self.app.row_readers.read(|db| register::list(db, place, PAGE_LINES + 1))?;
        let more = rows.len() > PAGE_LINES;
        rows.truncate(PAGE_LINES);
        let here = format!("{HERE}/{}/{}", place.home, place.kind);
        let order = order_name(place.order);
        let mut list = self.part("register", Word::Empty, Body::Text(Vec::new()));
        list.title = self.order_title(kind, place.order);
        let mut around = Vec::new();
        if place.after.is_some() {
            let act = Act::Go(format!("{here}/{order}"));
            around.push(plain("first", self.w(Word::RegisterFirst), Sign::Back, act));
        }
        if let (true, Some(last)) = (more, rows.last()) {
            let act = Act::Go(format!("{here}/{order}/{}", last.document));
            around.push(plain("next", self.w(Word::RegisterNext), Sign::None, act));
        }
        list.body = Body::Lines(self.lines(reach, &rows)?, self.w(Word::RegisterNone).to_owned());
        if !around.is_empty() {
            self.w(Word::RegisterPages).clone_into(&mut list.help);
        }
        let mut parts: Vec<Part> = self.making_notice().into_iter().collect();
        parts.extend(self.choices(kind, &here, &order));
        parts.push(list);
        if !around.is_empty() {
            let mut turn = self.part("turn", Word::Empty, Body::Text(Vec::new()));
            turn.title = String::new();
            turn.actions = around;
            parts.push(turn);
        }
        Ok(PageView {
            title: self.list_title(place.home, place.kind),
            back: Some((HERE.to_owned(), self.w(Word::Register).to_owned())),
            parts,
            ..PageView::default()
        })
    }

    /// Nothing of what was asked is repeated in the answer: a name of somebody outside the person's
    /// reach gives the very bytes that a name gives that nobody has.
    fn search(&self, reach: &Reach, wanted: &str) -> Result<PageView, DeskError> {
        let words = beginnings(wanted);
        let longest = words.iter().flatten().map(|word| word.chars().count()).max();
        let mut alike = Vec::new();
        let (rows, more, none) = if longest.is_some_and(|letters| letters >= LETTERS_MIN) {
            let within = reach.within();
            let heard = heard(wanted);
            let ((rows, more), (sounding, _)) = self.app.row_readers.read(|db| {
                let written = register::find(db, within, &words, PAGE_LINES)?;
                Ok((written, register::find_alike(db, within, &heard, PAGE_LINES)?))
            })?;
            alike = sounding;
            (rows, more, Word::RegisterNoneFound)
        } else {
            (Vec::new(), false, Word::SearchHelp)
        };
        let lines = Body::Lines(self.lines(reach, &rows)?, self.w(none).to_owned());
        let mut found = self.part("server-found", Word::RegisterFound, lines);
        let lists = Act::Go(HERE.to_owned());
        found.actions.push(plain("register", self.w(Word::RegisterLists), Sign::Cloud, lists));
        if more {
            self.w(Word::SearchMore).clone_into(&mut found.help);
        }
        let heard = if alike.is_empty() {
            None
        } else {
            let lines = Body::Lines(self.lines(reach, &alike)?, String::new());
            let mut heard = self.part("server-alike", Word::SearchAlike, lines);
            self.w(Word::SearchAlikeHelp).clone_into(&mut heard.help);
            Some(heard)
        };
        Ok(PageView {
            title: self.w(Word::Search).to_owned(),
            parts: self.making_notice().into_iter().chain([found]).chain(heard).collect(),
            ..PageView::default()
        })
    }

    /// Says that the rows are not whole, while they are not.
    pub(super) fn making_notice(&self) -> Option<Part> {
        let making = &self.app.making;
        (!making.is_whole()).then(|| {
            let (done, all) = making.progress();
            let mut notice = self.notice("making", Tone::Info, Word::RegisterMaking);
            notice.help = self.f(Word::RegisterMaking, &[&done.to_string(), &all.to_string()]);
            notice
        })
    }

    /// The name of a list: the kind, and what it belongs to where that is another one.
    fn list_title(&self, home: &str, kind: &str) -> String {
        let label = |id: &str| {
            let known = Catalog::builtin().kind(id);
            known.map_or_else(|| id.to_owned(), |known| known.label.get(self.language).to_owned())
        };
        let own = label(kind);
        if home == kind { own } else { format!("{own} · {}", label(home)) }
    }

    /// The orders a list may be seen in and the states its records may be in, as choices.
    fn choices(&self, kind: &Kind, here: &str, chosen: &str) -> Vec<Part> {
        let mut orders: Vec<Order<'_>> = Vec::new();
        let lists_have = |anchor: &str| {
            let mut fields = kind.entry_lists.iter().flat_map(|list| &list.fields);
            fields.any(|field| field.anchor.as_deref() == Some(anchor))
        };
        if kind.anchored("title").is_some() {
            orders.push(Order::Name);
        }
        orders.push(Order::Updated);
        if kind.anchored("ARR").is_some() {
            orders.push(Order::Arrival);
        }
        if lists_have("due") {
            orders.push(Order::Due);
        }
        orders.extend([Order::Open, Order::Held]);
        let action = |order: Order<'_>| {
            let name = order_name(order);
            let act = Act::Go(format!("{here}/{name}"));
            let title = self.order_title(kind, order);
            let plain = plain(&format!("order-{name}"), &title, Sign::None, act);
            Action { look: Look::Choice(name == chosen), ..plain }
        };
        let mut part = self.part("orders", Word::RegisterOrder, Body::Text(Vec::new()));
        part.actions = orders.into_iter().map(action).collect();
        let mut parts = vec![part];
        let state = kind.anchored("state");
        if let Some((field, list)) = state.and_then(|field| Some((field, field.typ.list()?))) {
            let codes = Catalog::builtin().list(list).map(|list| list.codes.as_slice());
            let states =
                codes.unwrap_or_default().iter().map(|code| action(Order::State(&code.id)));
            let mut part = self.part("states", Word::Empty, Body::Text(Vec::new()));
            field.label.get(self.language).clone_into(&mut part.title);
            part.actions = states.collect();
            parts.push(part);
        }
        parts
    }

    fn order_title(&self, kind: &Kind, order: Order<'_>) -> String {
        let word = match order {
            Order::Name => Word::RegisterName,
            Order::Updated => Word::RegisterUpdated,
            Order::Arrival => Word::RegisterArrival,
            Order::Due => Word::RegisterDue,
            Order::Open => Word::RegisterOpen,
            Order::Held => Word::RegisterHeld,
            Order::State(code) => return self.state_words(kind, code),
        };
        self.w(word).to_owned()
    }

    /// A state of a kind's records in words.
    pub(super) fn state_words(&self, kind: &Kind, code: &str) -> String {
        let typ = kind.anchored("state").map(|field| &field.typ);
        match typ.and_then(FieldType::list) {
            Some(list) => Catalog::builtin().code_words(list, code, self.language),
            None => code.to_owned(),
        }
    }
}

/// By name where there are names, otherwise the newest first.
fn first_order(kind: &Kind) -> Order<'static> {
    if kind.anchored("title").is_some() { Order::Name } else { Order::Updated }
}

fn order_name(order: Order<'_>) -> String {
    match order {
        Order::Name => "name".to_owned(),
        Order::Updated => "updated".to_owned(),
        Order::Arrival => "arrival".to_owned(),
        Order::Due => "due".to_owned(),
        Order::Open => "open".to_owned(),
        Order::Held => "held".to_owned(),
        Order::State(code) => format!("state-{code}"),
    }
}

fn read_order(name: &str) -> Result<Order<'_>, DeskError> {
    Ok(match name {
        "name" => Order::Name,
        "updated" => Order::Updated,
        "arrival" => Order::Arrival,
        "due" => Order::Due,
        "open" => Order::Open,
        "held" => Order::Held,
        _ => Order::State(name.strip_prefix("state-").ok_or(DeskError::Nowhere)?),
    })
}
