//! What the people of one machine share: deposits sealed to the hub, and what was told of arrivals.

use std::collections::{BTreeMap, BTreeSet};

use super::hub::Change;
use super::world::Plant;
use crate::ids::{ChangeHash, DepositId, DeviceId, DocumentId};
use crate::sync::client::deposits::backed_up;
use crate::sync::client::{Arrived, Fate, News, Noted, Told};
use crate::sync::message::*;

#[derive(Debug, Clone)]
pub(super) struct Sealed {
    pub(super) hash: ChangeHash,
    part: PushPart,
    noted: Option<Noted>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Machine {
    /// By whose they are.
    pub(super) deposits: BTreeMap<(DeviceId, DepositId), Sealed>,
    pub(super) arrived: Arrived,
    pub(super) plant: Plant,
}

pub(super) fn id(hash: &ChangeHash) -> DepositId {
    DepositId::from_bytes(*hash.as_bytes().first_chunk().unwrap())
}

impl Machine {
    pub(super) fn seal(&mut self, document: DocumentId, change: &Change) {
        let part = PushPart {
            document,
            envelope: vec![1].into(),
            chunks: vec![minicbor::to_vec(change).unwrap().into()],
            enrolment: None,
        };
        let sealed = Sealed { hash: change.hash, part, noted: None };
        self.deposits.insert((change.device, id(&change.hash)), sealed);
    }

    /// What the one who asks hands in: others' work, and of their own what is here no other way.
    pub(super) fn hand_in(&self, me: DeviceId, rows: &BTreeSet<ChangeHash>) -> Vec<Deposit> {
        let epoch = self.arrived.epoch;
        let lacking = self.deposits.iter().filter(|((author, _), sealed)| {
            let is_in = sealed.noted.is_some_and(|noted| Some(noted.epoch) == epoch);
            !is_in && (*author != me || !rows.contains(&sealed.hash))
        });
        let handed = lacking.map(|((_, id), sealed)| Deposit {
            id: *id,
            sealed: minicbor::to_vec(&sealed.part).unwrap().into(),
        });
        handed.collect()
    }

    /// How far backups reach, as the tablet takes it from an answer.
    pub(super) fn backed_up(&self, question: &Exchange, answer: &ExchangeAnswer) -> u64 {
        match self.plant {
            Plant::Unasked if !answer.anew => answer.welcome.backed_up,
            _ => backed_up(question, answer),
        }
    }

    /// Notes and forgets; `moved` is what is noted of the person's own changes that were spoken of.
    pub(super) fn settle(
        &mut self,
        me: DeviceId,
        told: Told,
        (news, moved): (&News, &BTreeMap<ChangeHash, u64>),
    ) {
        let plant = self.plant;
        self.deposits.retain(|(author, id), sealed| {
            let own = moved.get(&sealed.hash).filter(|_| *author == me).copied();
            match told.fate(sealed.noted, own, news.deposits.contains(id)) {
                Fate::Goes => false,
                Fate::Stays(noted) => {
                    sealed.noted = noted;
                    plant != Plant::FirstLevel || noted.is_none()
                }
            }
        });
    }
}
