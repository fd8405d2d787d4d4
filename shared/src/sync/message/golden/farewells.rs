//! One of everything that travels without a session.

use super::samples::{arrived, deposit, device, epoch, received};
use super::{Sample, sample};
use crate::ids::DepositId;
use crate::sync::chain::Position;
use crate::sync::message::{Farewell, FarewellAnswer, Gone, Order};

pub(super) fn farewells() -> Vec<Sample> {
    let farewell = Farewell {
        device: device(),
        token: vec![8; 32].into(),
        deposits: vec![deposit()],
        epoch: Some(epoch()),
        arrived: arrived(),
        gone: Some(Gone::Wiped),
    };
    let nothing = Farewell {
        deposits: Vec::new(),
        epoch: None,
        arrived: Position::default(),
        gone: None,
        ..farewell.clone()
    };
    let answer = FarewellAnswer {
        taken: vec![DepositId::from_bytes([6; 16])],
        order: Some(Order::Wipe),
        epoch: epoch(),
        received: received(),
        backed_up: 10,
        anew: false,
    };
    vec![
        sample("Farewell bare", nothing),
        sample("Farewell", farewell),
        sample("FarewellAnswer bare", FarewellAnswer { order: None, ..answer.clone() }),
        sample("FarewellAnswer", answer),
        sample("Gone::Wiped", Gone::Wiped),
        sample("Gone::Replaced", Gone::Replaced),
        sample("Order::Wipe", Order::Wipe),
    ]
}
