//! The road home without a session: what is sealed to the server is handed in, and orders are fetched, for vaults that
//! are locked, whose session has ended, or that are no more.

use ankomst_shared::app::Refusal;
use ankomst_shared::ids::{DeviceId, UserId};
use ankomst_shared::sync::client::{Arrived, News, Told};
use ankomst_shared::sync::message::{Farewell, FarewellAnswer, Gone, Order};
use ankomst_shared::sync::wire;
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use super::deposits::{CARRIED, Kept, Said, in_turn, settle};
use super::files::Way;
use super::rows::{ARRIVED, VAULTS};
use super::state::Core;
use crate::platform::{Method, Platform, Transport};
use crate::store::{Store, Table, Write};
use crate::vault::VaultRecord;

/// So often a tablet without a session hands in what is not handed in yet, in milliseconds.
const HAND_IN_MS: u64 = 60_000;
/// So often it asks for orders when there is nothing to hand in, in milliseconds.
const ORDERS_MS: u64 = 600_000;
/// Most farewells of one vault in a row before waiting.
const ROUNDS_MAX: u32 = 50;

const ROADS: &[u8] = b"road/";

/// Who may hand in, in the open.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct Road {
    #[n(0)]
    pub(super) user: UserId,
    #[n(1)]
    pub(super) device: DeviceId,
    #[n(2)]
    pub(super) token: ByteVec,
    /// What is to be told of the device.
    #[n(3)]
    pub(super) gone: Option<Gone>,
    /// It was told that the device is wiped.
    #[n(4)]
    #[cbor(default)]
    pub(super) told: bool,
    /// The login of the vault, while there is one; never stored.
    #[cbor(skip)]
    pub(super) vault: Option<String>,
}

impl Road {
    fn key(&self) -> Vec<u8> {
        [ROADS, self.device.as_bytes().as_slice()].concat()
    }

    /// The row of a road that outlives its vault.
    pub(super) fn row(&self) -> Result<Write, Refusal> {
        let bytes = minicbor::to_vec(self).map_err(|_| Refusal::Internal)?;
        Ok(Write::put(Table::Meta, self.key(), bytes))
    }
}

/// What a farewell has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Met {
    /// Something moved: there may be more.
    More,
    /// Nothing moves by asking again at once.
    Done,
    /// No answer that can be used.
    Nobody,
}

/// Whether a farewell takes a deposit along: of its own person, or one that a file brought.
fn goes_by(kept: &Kept, road: &Road) -> bool {
    kept.user == road.user || kept.user == CARRIED
}

impl<P: Platform> Core<P> {
    /// The roads of this tablet: of its vaults, and of those that are no more.
    pub(super) async fn roads(&self) -> Result<Vec<Road>, Refusal> {
        let store = self.0.platform.store();
        let vaults = store.load(Table::Meta, VAULTS).await.map_err(|_| Refusal::Storage)?;
        let left = store.load(Table::Meta, ROADS).await.map_err(|_| Refusal::Storage)?;
        let of_vaults = vaults.iter().filter_map(|(_, bytes)| {
            let VaultRecord { user, login, device, hand_in, .. } = minicbor::decode(bytes).ok()?;
            let vault = Some(login);
            Some(Road { user, device, token: hand_in?, gone: None, told: false, vault })
        });
        let left = left.iter().filter_map(|(_, bytes)| minicbor::decode(bytes).ok());
        Ok(of_vaults.chain(left).collect())
    }

    /// Says farewell for all that have no session here; tells when to do so again, in milliseconds.
    pub(super) async fn farewells(&self) -> u64 {
        self.set_way(Way::Taken);
        let (again_ms, way) = self.farewells_of_all().await;
        self.set_way(way);
        again_ms
    }

    /// The same, and whether files may go after that.
    async fn farewells_of_all(&self) -> (u64, Way) {
        let Ok(roads) = self.roads().await else { return (HAND_IN_MS, Way::Shut) };
        let with_session = {
            let state = self.0.state.borrow();
            let open = state.open.as_ref().filter(|_| !state.sign_in_needed);
            open.map(|open| open.identity.device)
        };
        // Whoever has a session has just met the server.
        let mut way = if with_session.is_some() { Way::Free } else { Way::Shut };
        let mut again_ms = ORDERS_MS;
        for road in roads {
            if Some(road.device) == with_session {
                continue;
            }
            let mut met = Met::More;
            let mut rounds = 0;
            while met == Met::More && rounds < ROUNDS_MAX {
                // What became of it stands in the rows.
                let Ok(roads) = self.roads().await else { return (HAND_IN_MS, way) };
                let Some(road) = roads.into_iter().find(|one| one.device == road.device) else {
                    break;
                };
                met = self.farewell(&road, rounds).await.unwrap_or(Met::Nobody);
                rounds += 1;
            }
            if met != Met::Nobody {
                way = Way::Free;
            }
            let waits_ms = match self.deposits().await {
                Ok(all) => self.due(&all, &road),
                Err(_) => HAND_IN_MS,
            };
            again_ms = again_ms.min(if met == Met::Nobody { HAND_IN_MS } else { waits_ms });
        }
        // What is counted of deposits may have changed.
        let _as_before = self.read_open_part().await;
        self.tell_status();
        (again_ms, way)
    }

    /// When to hand in again what was not taken, in milliseconds: what files brought, after its rest.
    fn due(&self, all: &[Kept], road: &Road) -> u64 {
        let state = self.0.state.borrow();
        let (epoch, rests) = (state.arrived.epoch, state.round.rests(self.now_ms()));
        let waits = all.iter().filter(|kept| goes_by(kept, road) && !kept.is_in(epoch));
        let due = waits.map(|kept| if kept.user == CARRIED { rests } else { 0 }).min();
        due.map_or(ORDERS_MS, |rests| rests.max(HAND_IN_MS))
    }

    /// One farewell.
    pub(super) async fn farewell(&self, road: &Road, round: u32) -> Result<Met, Refusal> {
        if road.token.is_empty() {
            // Of a vault from before there were such words; others here hand in for it.
            self.after_farewell(road, false).await?;
            return Ok(Met::Done);
        }
        let arrived = self.0.state.borrow().arrived;
        let all = self.deposits().await?.into_iter();
        let all = all.filter(|kept| goes_by(kept, road) && !kept.is_in(arrived.epoch)).collect();
        let turn = u64::from(round).wrapping_mul(100);
        let now_ms = self.now_ms();
        let deposits = in_turn(all, turn, (&mut self.0.state.borrow_mut().round, now_ms));
        let question = Farewell {
            device: road.device,
            token: road.token.clone(),
            deposits,
            epoch: arrived.epoch,
            arrived: arrived.at,
            gone: road.gone,
        };
        let path = "/api/v1/farewell";
        let body = wire::pack(&question);
        let answer = self.0.platform.transport().send(Method::Post, path, body).await;
        let Ok(answer) = answer.map_err(|_| ()).and_then(|answer| {
            if answer.status == 200 { wire::unpack(&answer.body).map_err(|_| ()) } else { Err(()) }
        }) else {
            return Ok(Met::Nobody);
        };
        let noted = self.note_farewell(road, arrived, &answer).await?;
        let turns = self.turns(answer.anew);
        let is_ordered = answer.order == Some(Order::Wipe);
        self.after_farewell(road, is_ordered && !road.told).await?;
        if is_ordered {
            return self.wipe(road, noted).await;
        }
        Ok(if noted || turns { Met::More } else { Met::Done })
    }

    /// An answer has come; tells whether deposits that files brought wait for their turn. Each has one, taken or not.
    pub(super) fn turns(&self, anew: bool) -> bool {
        let now_ms = self.now_ms();
        let round = &mut self.0.state.borrow_mut().round;
        if anew {
            round.anew();
        }
        round.answered(now_ms)
    }

    /// Notes what an answer says of deposits; tells whether anything moved.
    async fn note_farewell(
        &self,
        road: &Road,
        asked: Arrived,
        answer: &FarewellAnswer,
    ) -> Result<bool, Refusal> {
        let _turn = self.0.turn.take().await;
        if self.0.state.borrow().arrived != asked {
            // Somebody here was told more meanwhile: the next farewell is about that.
            return Ok(true);
        }
        let mut arrived = asked;
        let mut writes = Vec::new();
        if answer.anew {
            arrived = Arrived { epoch: Some(answer.epoch), at: answer.received };
        } else {
            if arrived.at.feed < answer.received.feed {
                arrived.at = answer.received;
            }
            let news = News { deposits: answer.taken.iter().copied().collect(), ..News::default() };
            let told = Told {
                epoch: answer.epoch,
                arrival: answer.received.feed,
                backed_up: answer.backed_up,
            };
            let said = Said { told, news: &news, rows: &[], user: road.user };
            writes.extend(settle(self.deposits().await?, said));
        }
        if arrived != asked
            && let Some(bytes) = arrived.to_bytes()
        {
            writes.push(Write::put(Table::Meta, ARRIVED.to_vec(), bytes));
        }
        let mut moved = answer.anew || !answer.taken.is_empty();
        if let Some(gone) = road.gone {
            let told = road.told || gone == Gone::Wiped;
            writes.push(Road { gone: None, told, ..road.clone() }.row()?);
            moved = true;
        }
        if !writes.is_empty() {
            self.commit(writes).await?;
        }
        self.0.state.borrow_mut().arrived = arrived;
        Ok(moved)
    }

    /// A road whose vault is no more goes with the last deposit, also of those that files brought, and with the last
    /// picture or other file that was taken in by it.
    async fn after_farewell(&self, road: &Road, stays: bool) -> Result<(), Refusal> {
        if road.vault.is_some() || road.gone.is_some() {
            return Ok(());
        }
        let _turn = self.0.turn.take().await;
        let epoch = self.0.state.borrow().arrived.epoch;
        let all = self.deposits().await?;
        let carries = all.iter().any(|kept| kept.user == CARRIED);
        let own = all.iter().filter(|kept| kept.user == road.user);
        let own: Vec<bool> = own.map(|kept| kept.is_in(epoch)).collect();
        let mut writes = Vec::new();
        if own.iter().all(|is_in| *is_in) {
            writes.extend(self.aside(road.device).await?);
        }
        if own.is_empty() && !carries && !stays && !self.files_wait(road.device) {
            writes.push(Write::delete(Table::Meta, road.key()));
        }
        if writes.is_empty() { Ok(()) } else { self.commit(writes).await }
    }
}
