//! Houses, and rounds through them by a checklist of the municipality's own that is published anew while rounds go on:
//! a round keeps the version it began with, on every tablet, whatever becomes known there.

use std::rc::Rc;

use ankomst_server::cli::template::publish_here;
use ankomst_shared::app::{Act, Command, Query, Reply, View};
use ankomst_shared::catalog::source::SourceFile;
use ankomst_shared::ids::DocumentId;
use ankomst_shared::path::FieldPath;
use ankomst_shared::sync::client::Stage;
use ankomst_shared::value::Value;

use crate::ledger::value;
use crate::people::Meant;
use crate::world::World;

/// The checklist, as its first version.
const FIRST: &str = include_str!("../../templates/fire_round_1.toml");
/// Its id.
const ROUND: &str = "k2326_fire_round";
/// Most houses of a history, as one tablet sees it.
const HOUSES_MAX: usize = 4;
/// Fields of a round that hold any text.
const OF_ROUNDS: [&str; 3] = ["remark", "item/K2326-F01/reference", "item/K2326-F02/reference"];

/// A round as it is shown: its version, and its items with their words.
pub type Shown = (u32, Vec<(String, String)>);

/// The checklist as one of its versions: another wording, and another last item.
fn version(number: u32) -> SourceFile {
    let text = FIRST
        .replace("version = 1", &format!("version = {number}"))
        .replace("K2326-F03", &format!("K2326-F{:02}", number + 2))
        .replace("Dörren går", &format!("Dörr {number} går"));
    SourceFile { name: "round.toml".to_owned(), text }
}

/// What a tablet has of houses.
#[derive(Default)]
struct Houses {
    all: Vec<DocumentId>,
    rounds: Vec<DocumentId>,
    wants: Vec<DocumentId>,
    unsent: Vec<DocumentId>,
}

impl World {
    fn houses(&self, at: usize) -> Houses {
        let core = self.tablets[at].core();
        let seen = core.and_then(|core| {
            core.look_inside(|inside| {
                let of = |wanted: &'static str| {
                    let all = inside.documents().filter(move |(_, kind)| *kind == wanted);
                    all.map(|(id, _)| id).collect()
                };
                let unsent = inside.chunks().filter(|one| one.stage == Stage::Unsent);
                let unsent = unsent.map(|one| one.document);
                let unsent = unsent.chain(inside.drafts().map(|(id, ..)| id));
                Houses {
                    all: of("residence"),
                    rounds: of("run"),
                    wants: inside.wants().to_vec(),
                    unsent: unsent.filter_map(|id| inside.parent(id)).collect(),
                }
            })
        });
        seen.unwrap_or_default()
    }

    /// Somebody does something about a house.
    pub(crate) fn at_house(&mut self, at: usize) -> (Command, Meant) {
        let kernel = Rc::clone(&self.kernel);
        let here = self.houses(at);
        let few = here.all.len() < HOUSES_MAX && kernel.chance(80);
        if here.all.is_empty() || few {
            let name = value(self.ledger.token());
            let kind = Value::text("RES-SHR");
            let answers = vec![("name".to_owned(), name), ("residence_type".to_owned(), kind)];
            return (Command::Act(Act::NewResidence, answers), Meant::Other);
        }
        let mut house = here.all[kernel.roll(here.all.len())];
        // Most of what is given back has been worked in just now.
        let worked = here.wants.iter().find(|house| here.unsent.contains(house));
        house = worked.copied().filter(|_| kernel.chance(500)).unwrap_or(house);
        let rolled = kernel.roll(100);
        if rolled < 25 && self.kinds.along {
            return self.takes_along((house, &here), at);
        }
        if here.rounds.is_empty() || rolled < 40 {
            let begin = Act::StartRun { parent: house, checklist: ROUND.to_owned() };
            return (Command::Act(begin, Vec::new()), Meant::Round);
        }
        let round = here.rounds[kernel.roll(here.rounds.len())];
        if rolled < 50 {
            return (Command::Get(Query::Run(round)), Meant::Other);
        }
        let path = FieldPath::parse(OF_ROUNDS[kernel.roll(OF_ROUNDS.len())]).unwrap();
        self.types_into(at, round, path)
    }

    /// A house is taken along, or given back.
    fn takes_along(&mut self, (house, here): (DocumentId, &Houses), at: usize) -> (Command, Meant) {
        let keep = !here.wants.contains(&house);
        if keep {
            self.count("taken along");
        } else {
            self.count("given back");
            if here.unsent.contains(&house) {
                self.count("given back with unsent work");
            }
            if !self.kernel.links.borrow()[at].up {
                self.count("given back out of contact");
            }
        }
        let act = Act::TakeAlong { residence: house, keep };
        (Command::Act(act, Vec::new()), Meant::Other)
    }

    /// The municipality publishes the next version.
    pub(crate) fn publish(&mut self) {
        let Some(app) = self.hub.app.clone() else { return };
        let known = app.catalog();
        let known = known.own().iter().filter(|list| list.id == ROUND);
        let next = known.map(|list| list.version).max().unwrap_or(0) + 1;
        match self.hub.run(publish_here(&app, &version(next))) {
            Ok(true) => {
                self.count("published");
                self.kernel.after(5, crate::kernel::Event::Settle);
                for at in 0..self.tablets.len() {
                    let is_away = !self.tablets[at].awake || !self.kernel.links.borrow()[at].up;
                    if is_away && !self.houses(at).rounds.is_empty() {
                        self.count("published while a round is away");
                    }
                }
            }
            Ok(false) => {}
            // The server may just be cut off.
            Err(_) if self.hub.is_cut() => {}
            Err(error) => self.ledger.diverged.push(format!("{next} is not published: {error}")),
        }
    }

    /// A round as a tablet shows it, or what it says instead; none where it has to write first that it is looked at.
    fn shown(&self, at: usize, round: DocumentId) -> Option<Result<Shown, String>> {
        let view = match self.tablets[at].ask(Command::Get(Query::Run(round)))? {
            Reply::View(View::Run(view)) => view,
            other => return Some(Err(format!("{other:?}"))),
        };
        let items = view.groups.into_iter().flat_map(|group| group.items);
        Some(Ok((view.version, items.map(|item| (item.id, item.text)).collect())))
    }

    /// A round was begun on a tablet, or joined.
    pub(crate) fn begun(&mut self, at: usize, round: DocumentId) {
        let newest = self.tablets[at].core().and_then(|core| {
            core.look_inside(|inside| inside.versions(ROUND).into_iter().max()).flatten()
        });
        let Some(Ok(shown)) = self.shown(at, round) else { return };
        if let Some(known) = self.rounds.get(&round) {
            if *known != shown {
                let text = format!("{round} is joined at {at} as {shown:?} and was {known:?}");
                self.ledger.diverged.push(text);
            }
            if newest > Some(shown.0) {
                self.count("round of an earlier version joined");
            }
            return;
        }
        self.count("round begun");
        self.rounds.insert(round, shown);
    }

    /// Rounds on a tablet have the version they began with, as far as the log still knows it.
    pub(crate) fn check_rounds(&mut self, at: usize) {
        let catalog = self.hub.app().catalog();
        let newest = catalog.newest_checklist(ROUND).map_or(0, |list| list.version);
        for round in self.houses(at).rounds {
            let Some(shown) = self.shown(at, round) else { continue };
            let known = self.rounds.get(&round).cloned();
            match (shown, known) {
                (Ok(shown), None) => drop(self.rounds.insert(round, shown)),
                (shown, Some(known)) if catalog.checklist(ROUND, known.0).is_some() => {
                    if newest > known.0 {
                        self.count("round of an earlier version at rest");
                    }
                    if shown.as_ref() != Ok(&known) {
                        let text = format!("{round} is {shown:?} at {at} and was {known:?}");
                        self.ledger.diverged.push(text);
                    }
                }
                _ => {}
            }
        }
    }
}
