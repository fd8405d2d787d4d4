//! The road home without a session, and two that say they are one device.

use ankomst_server::storage::sqlite::devices::{self, State};
use ankomst_shared::ids::{DepositId, DeviceId, Epoch};
use ankomst_shared::sync::message::{
    Deposit, Exchange, Farewell, FarewellAnswer, Gone, Hello, LACKS_HAND_IN, Order, Push,
    SignInAnswer, SignInRequest,
};
use ankomst_shared::sync::{Chain, Position};
use axum::http::StatusCode;

use super::kit::{Answer, Browser, Door, PASSWORD};

fn farewell(device: DeviceId, token: &[u8]) -> Farewell {
    Farewell {
        device,
        token: token.to_vec().into(),
        deposits: Vec::new(),
        epoch: None,
        arrived: Position::default(),
        gone: None,
    }
}

/// Somebody who has only what lies open on the tablet: no cookie, no key.
async fn finder(door: &Door, asked: &Farewell) -> Answer {
    Browser::new(77).post(door, "/api/v1/farewell", asked).await
}

async fn exchange(door: &Door, browser: &mut Browser, hello: Hello) -> Answer {
    let question =
        Exchange { hello, push: Push::default(), deposits: Vec::new(), looks: None, gone: None };
    browser.post(door, "/api/v1/sync", &question).await
}

fn hello(device: DeviceId, epoch: Option<Epoch>) -> Hello {
    Hello { capabilities: LACKS_HAND_IN, epoch, ..Hello::first(device, "test".to_owned()) }
}

fn state(door: &Door, device: DeviceId) -> devices::Standing {
    door.app.readers.read(|db| devices::standing(db, device)).unwrap().unwrap()
}

#[tokio::test]
async fn the_word_of_a_device_hands_in_and_does_nothing_else() {
    let door = Door::with("hemvag").await;
    let mut browser = Browser::new(1);
    let me: SignInAnswer = browser.enrol(&door, "hemvag", PASSWORD).await.read();
    let token = me.hand_in.unwrap().to_vec();
    let asked = farewell(me.device, &token);
    let answer: FarewellAnswer = finder(&door, &asked).await.read();
    assert_eq!((answer.order, answer.anew, answer.backed_up), (None, true, 0));
    // Whatever is not the word of this device is refused, and nobody is told more.
    let mut other = Browser::new(2);
    let its: SignInAnswer = other.enrol(&door, "hemvag", PASSWORD).await.read();
    let hand_in = its.hand_in.unwrap().to_vec();
    let [mut bent, short, long] =
        [token.clone(), token[..31].to_vec(), [&token[..], &[0]].concat()];
    bent[31] ^= 1;
    for wrong in [bent, short, long, Vec::new(), hand_in.clone(), vec![0; 32]] {
        let asked = Farewell { gone: Some(Gone::Wiped), ..farewell(me.device, &wrong) };
        assert_eq!(finder(&door, &asked).await.problem(), "forbidden");
    }
    assert_eq!(state(&door, me.device).state, State::Active, "nothing was noted");
    // What was not ordered is not noted, nor that another takes its place where none was enrolled later.
    for gone in [Gone::Wiped, Gone::Replaced] {
        let device = its.device;
        let token = hand_in.clone();
        let asked = Farewell { gone: Some(gone), ..farewell(device, &token) };
        finder(&door, &asked).await.read::<FarewellAnswer>();
        assert_eq!(state(&door, device).state, State::Active, "{gone:?}");
    }
    // It is no session, and opens none.
    let mut stranger = Browser::new(77);
    let answer = exchange(&door, &mut stranger, hello(me.device, None)).await;
    assert_eq!(answer.problem(), "signed-out");
    let said = finder(&door, &asked).await;
    assert!(said.headers.get("set-cookie").is_none());
    // What does not open stays with whoever brings it; what is brought is looked at as anything else.
    let junk = Deposit { id: DepositId::from_bytes([9; 16]), sealed: vec![1; 90].into() };
    let asked = Farewell { deposits: vec![junk], ..asked };
    let answer: FarewellAnswer = finder(&door, &asked).await.read();
    assert!(answer.taken.is_empty());
    // A place that nobody was told is none, and begins no new life of the log.
    let arrived = Position::at(900, Chain::from_bytes([7; 8]));
    let asked = Farewell { epoch: Some(answer.epoch), arrived, ..farewell(me.device, &token) };
    let unproven: FarewellAnswer = finder(&door, &asked).await.read();
    assert!(unproven.anew && unproven.epoch == answer.epoch);
    let known = Farewell { arrived: answer.received, ..asked };
    let known: FarewellAnswer = finder(&door, &known).await.read();
    assert!(!known.anew);
}

#[tokio::test]
async fn an_order_ends_the_session_at_once_and_stands_until_the_receipt() {
    let door = Door::with("tomd").await;
    let mut browser = Browser::new(1);
    let me: SignInAnswer = browser.enrol(&door, "tomd", PASSWORD).await.read();
    let token = me.hand_in.unwrap().to_vec();
    let good: StatusCode = exchange(&door, &mut browser, hello(me.device, None)).await.status;
    assert_eq!(good, StatusCode::OK);
    let device = me.device;
    let order = door.app.writer.write(move |db| devices::order_wipe(db, device, 5));
    assert!(order.await.unwrap());
    let ended = exchange(&door, &mut browser, hello(device, None)).await;
    assert_eq!(ended.problem(), "signed-out");
    assert_eq!(browser.refresh(&door).await.problem(), "signed-out");
    let (login, password) = ("tomd".to_owned(), PASSWORD.to_owned());
    let enrolment = browser.enrolment.clone();
    let again = SignInRequest { login, password, device, enrolment, passkey: None };
    assert_eq!(browser.post(&door, "/api/v1/session", &again).await.problem(), "signed-out");
    let asked = farewell(device, &token);
    let answer: FarewellAnswer = finder(&door, &asked).await.read();
    assert_eq!(answer.order, Some(Order::Wipe));
    assert_eq!(state(&door, device).receipt_ms, None);
    let receipt = Farewell { gone: Some(Gone::Wiped), ..asked };
    finder(&door, &receipt).await.read::<FarewellAnswer>();
    let noted = state(&door, device);
    assert_eq!((noted.state, noted.ordered_ms), (State::Wiped, Some(5)));
    let first = noted.receipt_ms;
    finder(&door, &receipt).await.read::<FarewellAnswer>();
    assert!(first.is_some() && state(&door, device).receipt_ms == first, "the first one counts");
}

#[tokio::test]
async fn a_session_that_is_used_after_the_next_one_is_of_a_copy() {
    let door = Door::with("dubbel").await;
    let mut first = Browser::new(1);
    let me: SignInAnswer = first.enrol(&door, "dubbel", PASSWORD).await.read();
    assert_eq!(exchange(&door, &mut first, hello(me.device, None)).await.status, StatusCode::OK);
    // The same tablet, signed in anew, is one.
    let (login, password) = ("dubbel".to_owned(), PASSWORD.to_owned());
    let enrolment = first.enrolment.clone();
    let again = SignInRequest { login, password, device: me.device, enrolment, passkey: None };
    let mut copy = first.clone();
    copy.post(&door, "/api/v1/session", &again).await.read::<SignInAnswer>();
    assert_eq!(exchange(&door, &mut copy, hello(me.device, None)).await.status, StatusCode::OK);
    assert_eq!(state(&door, me.device).cloned_ms, None);
    // A moment later, as the server counts, the session before it comes again.
    let session_ms = door.app.now_ms();
    while door.app.now_ms() == session_ms {
        tokio::task::yield_now().await;
    }
    let ended = exchange(&door, &mut first, hello(me.device, None)).await;
    assert_eq!(ended.problem(), "signed-out");
    assert!(state(&door, me.device).cloned_ms.is_some());
    let ended = exchange(&door, &mut copy, hello(me.device, None)).await;
    assert_eq!(ended.problem(), "signed-out", "nobody knows which of the two is hers");
    // Whoever has the password goes on.
    copy.post(&door, "/api/v1/session", &again).await.read::<SignInAnswer>();
    assert_eq!(exchange(&door, &mut copy, hello(me.device, None)).await.status, StatusCode::OK);
}
