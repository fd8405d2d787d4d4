//! A protected identity is set while somebody without contact writes the name on the door and a telephone number (M-21):
//! the name leaves that tablet and the history of the house, the number is where only named persons read it, and whoever
//! has the name on paper is told of. Nothing that was typed is lost.
//!
//! Told elsewhere: that of two statements of the protection the more cautious one rules (`shared/tests/stories/M-21.toml`),
//! that a case goes from a tablet without any contact (`protected.rs`), cleaning with old backups (`clean`).

use std::path::Path;
use std::time::{Duration, Instant};

use ankomst_shared::app::{Act, Acted, Body, Command, Contact, Language, PAGE_FORM, PageView};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::packed::{from_bytes, to_bytes};
use ankomst_shared::value::Value;
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::Tablet;
use ankomst_tests::tablet::device::SYNC_MAX;
use ankomst_tests::tablet::opened::opened;
use ankomst_tests::tablet::raw::RawDevice;

use crate::kit::{local, new_case, password, signed_in, take, text};

/// Stand only in the case.
const FAMILY: &str = "Kanariehaddad";
/// Stood on the door.
const DOOR: &str = "Kanariemaryam";
/// What the inspector writes there, not knowing.
const TYPED: &str = "Kanarienyberg";
const PHONE: &str = "+46701740605";
/// In the house instead of the name.
const NOBODY: &str = "–";
/// "Within minutes" (M-21), from the next contact.
const SOON: Duration = Duration::from_mins(2);

/// Where the story plays.
#[derive(Clone)]
struct Place {
    case: DocumentId,
    person: String,
    house: DocumentId,
    entry: String,
}

impl Place {
    fn display(&self) -> String {
        format!("occupancy/{}/display", self.entry)
    }
}

fn found(bytes: &[u8]) -> Vec<&'static str> {
    let text = String::from_utf8_lossy(bytes).to_lowercase();
    [FAMILY, DOOR, TYPED, PHONE]
        .into_iter()
        .filter(|one| text.contains(&one.to_lowercase()))
        .collect()
}

async fn on(folder: &Path, login: &str) -> Vec<&'static str> {
    found(&opened(folder, login).await)
}

/// All that the lists, the search and the pages of a tablet show of it.
async fn shown(tablet: &Tablet, place: &Place) -> Vec<&'static str> {
    let mut all = tablet.everything_shown().await;
    for address in ["/sok/Kanarie", "/sok/070-174 06 05", "/idag"] {
        let page = tablet.page(address).await;
        // The words that were looked for stand on the page itself.
        all = format!("{all}{:?}", page.parts);
    }
    let page = tablet.page(&format!("/boenden/{}/occupancy/{}", place.house, place.entry)).await;
    found(format!("{all}{page:?}").as_bytes())
}

/// A person of a case who lives in a house, with a name on the door.
async fn lives(elin: &Tablet) -> Place {
    let house = elin.listed("/boenden").await[0].0;
    let case = new_case(elin, &format!("Familjen {FAMILY}")).await;
    let add = Act::Add { parent: case, list: "persons".to_owned() };
    let person = elin.act(add, &[]).await.entry.unwrap();
    for (field, value) in [("given", "Maryam"), ("family", FAMILY), ("protected_identity", "none")]
    {
        elin.answer(case, &format!("persons/{person}/{field}"), text(value)).await;
    }
    let page = elin.page(&format!("/boenden/{house}")).await;
    let rooms = page.parts.into_iter().find_map(|part| match part.body {
        Body::Board(rooms) => Some(rooms),
        _ => None,
    });
    let room = rooms.unwrap().remove(0).0.key;
    let who = Value::text(format!("{case}/{person}"));
    let act = Act::Place { residence: house, room, bed: None };
    elin.act(act, &[("person", who), ("from_date", text("2026-01-07"))]).await;
    let living = elin.page(&format!("/arenden/{case}")).await;
    let living = living.parts.into_iter().find(|part| part.key == "living").unwrap();
    let Body::Lines(lines, _) = living.body else { panic!("{living:?}") };
    let place = Place { case, person, house, entry: lines[0].key.clone() };
    elin.answer(house, &place.display(), text(DOOR)).await;
    elin.sync().await;
    place
}

/// The addresses on a page, as the app tells them when it is printed.
async fn prints(tablet: &Tablet, address: &str) {
    let mut places = vec![address.to_owned()];
    for part in tablet.page(address).await.parts {
        let lines = match part.body {
            Body::Lines(lines, _) | Body::Tiles(lines, _) => lines,
            Body::Board(rooms) => rooms.into_iter().flat_map(|(_, people)| people).collect(),
            _ => Vec::new(),
        };
        places.extend(lines.into_iter().filter_map(|line| line.href));
    }
    tablet.must(Command::Printed(places)).await;
}

async fn desk(server: &Server, folder: &Path, login: &str) -> RawDevice {
    let folder = folder.join(format!("raw-{login}"));
    std::fs::create_dir_all(&folder).unwrap();
    RawDevice::enrol(&server.url(), &folder, (login, &password(login))).await
}

/// A supervisor protects the case and takes the name from the door and from what lies behind it; who may read what is so
/// protected is decided, too.
async fn protects(server: &Server, folder: &Path, (elin, mats, place): (&Tablet, &str, &Place)) {
    let protected = format!("persons/{}/protected_identity", place.person);
    elin.answer(place.case, &protected, text("protected_registration")).await;
    elin.answer(place.house, &place.display(), text(NOBODY)).await;
    elin.sync().await;
    let ingrid = desk(server, folder, "ingrid").await;
    let sixten = desk(server, folder, "sixten").await;
    let level = format!("level:{mats}");
    assert_eq!(sixten.administers_with(&level, &[("level", "1")]).await.status, 200);
    let record = place.case.to_string();
    // Not without a reason.
    let raise = |reason| [("record", record.as_str()), ("level", "2"), ("reason", reason)];
    assert_ne!(ingrid.administers_with("raise", &raise(" ")).await.status, 200);
    assert_eq!(ingrid.administers_with("raise", &raise("Hot mot familjen")).await.status, 200);
    let clean = format!("clean:{}/{}", place.house, place.display());
    let done = ingrid.administers_with(&clean, &[("reason", "Skyddad identitet")]).await;
    assert_eq!(done.status, 200);
    let said = from_bytes::<Acted>(&done.body).unwrap().say;
    assert!(said.starts_with("Cleared."), "{said}");
}

/// Who has the case on paper, as a supervisor is told.
async fn on_paper(ingrid: &RawDevice, case: DocumentId) -> Vec<String> {
    let body =
        to_bytes(&(PAGE_FORM, to_bytes(&("/administration/skydd".to_owned(), Language::Sv))));
    let page = ingrid.send("/api/v1/desk/page", body).await.unwrap();
    let page: PageView = from_bytes(&page.body).unwrap();
    let part = page.parts.into_iter().find(|part| part.key == "prints");
    let Some(Body::Lines(lines, _)) = part.map(|part| part.body) else { return Vec::new() };
    let of_case = lines.into_iter().filter(|line| line.key.starts_with(&case.to_string()));
    of_case.map(|line| format!("{}{:?}", line.detail, line.badges)).collect()
}

#[test]
fn a_protected_identity_is_set_while_another_writes_the_name_without_contact() {
    let Some(mut server) = Server::with_village() else { return };
    local(story(&mut server));
}

async fn story(server: &mut Server) {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    // He inspects, and helps out with cases; she inspects and has no cases.
    server.command(&["user", "give", "mats", "caseworker"]);
    let elin = signed_in(server, &at("elin"), "elin").await;
    let mats = signed_in(server, &at("mats"), "mats").await;
    let hedda = signed_in(server, &at("hedda"), "hedda").await;
    let place = lives(&elin).await;
    let display = place.display();
    let own = desk(server, folder.path(), "mats").await.me.me.user.to_string();
    for tablet in [&mats, &hedda] {
        take(tablet, place.house).await;
        tablet.until_field((place.house, &display), "the door", |one| one.text == DOOR).await;
    }
    mats.until_field((place.case, "household_label"), "the case", |one| one.text.contains(FAMILY))
        .await;

    server.stop();
    for tablet in [&elin, &mats, &hedda] {
        let alone = || tablet.status().contact == Contact::None;
        assert!(tablet.eventually(SYNC_MAX, alone).await);
    }
    // Both print the house, before anybody protects anything.
    for tablet in [&mats, &hedda] {
        prints(tablet, &format!("/boenden/{}", place.house)).await;
    }
    mats.answer(place.house, &display, text(TYPED)).await;
    let new = Act::New { kind: "protected".to_owned(), parent: Some(place.case) };
    let who = Value::text(format!("{}/{}", place.case, place.person));
    let part = mats.act(new, &[("person", who), ("phone", text(PHONE))]).await.document.unwrap();
    // The control: it is on his tablet, and seen there.
    assert_eq!(on(&at("mats"), "mats").await, [FAMILY, DOOR, TYPED, PHONE]);
    let before = shown(&mats, &place).await;
    assert!(before.contains(&FAMILY) && before.contains(&TYPED), "{before:?}");
    assert_eq!(on(&at("hedda"), "hedda").await, [DOOR]);
    let away = (mats.crash().await, hedda.crash().await);

    server.start();
    protects(server, folder.path(), (&elin, &own, &place)).await;

    let begun = Instant::now();
    let mats = Tablet::open(&away.0, &server.url()).await;
    mats.unlock("mats").await;
    let hedda = Tablet::open(&away.1, &server.url()).await;
    hedda.unlock("hedda").await;
    assert!(mats.eventually(SYNC_MAX, || mats.status().waiting == 0).await, "{:?}", mats.status());
    hedda.sync().await;
    gone(&mats, &at("mats"), &place).await;
    hedda.until_field((place.house, &display), "no name", |one| one.text == NOBODY).await;
    assert_eq!(on(&at("hedda"), "hedda").await, Vec::<&str>::new());
    assert_eq!(shown(&hedda, &place).await, Vec::<&str>::new());
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    kept(server, (folder.path(), &elin, &mats), (&place, part)).await;
}

/// Nothing of it is shown on his tablet, whatever is asked of it, and of all that was there only what he wrote himself
/// lies there, sealed, for as long as nobody has decided about it.
async fn gone(mats: &Tablet, folder: &Path, place: &Place) {
    let begun = Instant::now();
    loop {
        let left = (shown(mats, place).await, on(folder, "mats").await);
        if left == (Vec::new(), vec![TYPED]) {
            break;
        }
        assert!(begun.elapsed() < SYNC_MAX, "on his tablet: {left:?}");
        mats.exchange().await;
    }
    assert!(mats.listed("/arenden").await.iter().all(|(id, _)| *id != place.case));
    // The house is there all the same, and he goes on in it.
    let door = mats.field((place.house, &place.display())).await.unwrap();
    assert_eq!(door.text, NOBODY);
    mats.answer(place.house, "remark", text("Porten är lagad")).await;
    mats.exchange().await;
    mats.sync().await;
}

/// What he wrote is kept: the number where only those read it who may, the name for a person to decide about, and in no
/// record.
async fn kept(
    server: &mut Server,
    (folder, elin, mats): (&Path, &Tablet, &Tablet),
    (place, part): (&Place, DocumentId),
) {
    let display = place.display();
    let by_him = elin
        .until_field((part, "phone"), "the number", |one| one.value.as_str() == Some(PHONE))
        .await;
    assert!(format!("{by_him:?}").contains("Mats"), "{by_him:?}");
    let identity = format!("persons/{}/protected_identity", place.person);
    let identity = elin.field((place.case, &identity)).await.unwrap();
    assert_eq!(identity.value.as_str(), Some("protected_registration"));
    elin.until_field((place.house, "remark"), "his remark", |one| one.text.contains("lagad")).await;
    // He is told that one of his waits, and a supervisor has it with its text.
    assert!(mats.eventually(SYNC_MAX, || mats.status().held == 1).await, "{:?}", mats.status());
    let held = server.command(&["held", "list"]);
    assert_eq!((held.lines().count(), held.contains("cleaned")), (1, true), "{held}");
    let ingrid = desk(server, &folder.join("again"), "ingrid").await;
    let sheets = on_paper(&ingrid, place.case).await;
    assert_eq!(sheets.len(), 2, "his sheet and hers: {sheets:?}");
    for name in ["Mats", "Hedda"] {
        assert!(sheets.iter().any(|sheet| sheet.contains(name)), "{sheets:?}");
    }
    // Of hers it is said that her tablet had no case: it had the house.
    assert!(sheets[0].contains("Mats") && sheets[0].ends_with("[]"), "{sheets:?}");
    // Whoever takes the house along anew gets nothing of the name, old or typed.
    let fresh = signed_in(server, &folder.join("fresh"), "hedda").await;
    take(&fresh, place.house).await;
    fresh.until_field((place.house, &display), "no name", |one| one.text == NOBODY).await;
    assert_eq!(on(&folder.join("fresh"), "hedda").await, Vec::<&str>::new());
    assert!(fresh.field((part, "phone")).await.is_none());
    assert!(fresh.listed("/arenden").await.is_empty());
    server.stop_in_order();
    // What stood on the door is in no byte of the log; what he typed is not lost.
    let dump = found(server.dump().text().as_bytes());
    assert_eq!(dump, [FAMILY, TYPED, PHONE]);
    let rows = ["rows.db", "rows.db-wal"].map(|name| std::fs::read(server.data().join(name)));
    let rows: Vec<u8> = rows.into_iter().flatten().flatten().collect();
    assert!(!found(&rows).contains(&DOOR) && !found(&rows).contains(&TYPED), "{:?}", found(&rows));
}
