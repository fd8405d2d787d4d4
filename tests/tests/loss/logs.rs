//! A loaded day told at the finest level, and nobody in it: no name, login, number, text, password,
//! cookie or token in any line.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use ankomst_shared::app::{Act, Body, Command, PageView};
use ankomst_shared::chunk::hostile::find_aborting;
use ankomst_shared::chunk::parse;
use ankomst_shared::ids::{DocumentId, base32};
use ankomst_shared::packed::from_bytes;
use ankomst_shared::sync::message::{EnrolRequest, SignInRequest};
use ankomst_shared::sync::wire;
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::raw::{RawDevice, sent};

use crate::hostile::{held, history};
use crate::kit::{local, new_case, password, signed_in, text};

/// What is typed or sent by somebody in the course of the day; `HOSTILE` by somebody who may not.
const TYPED: [&str; 7] = [
    "Zarghona Provdotter",
    "19851212-1234",
    "851212-1234",
    "+46701740699",
    "zarghona@example.org",
    "orolig och sover dåligt",
    "Surfplatta vid hissen",
];
const HOSTILE: [&str; 5] =
    ["Hedvig-Hemlig", "kaka-av-hedvig", "bararen-hedvig", "19910101-2384", "lösenord-av-hedvig"];
const LOGINS: [&str; 6] = ["elin", "oskar", "mats", "ingrid", "sixten", "zarghona.p"];
const NAMES: [&str; 5] = ["Lindqvist", "Nyström", "Sandberg", "Wikander", "Provby kommun"];

#[test]
fn no_line_of_the_log_holds_anything_of_a_person_or_a_secret() {
    let Some(mut server) = Server::empty() else { return };
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    server.command(&["seed", "--pack", "sp-1", "--seed", "1"]);
    server.log_into(&log);
    for (name, value) in [
        ("ANKOMST_LOG", "trace"),
        ("ANKOMST_LOG_FORMAT", "json"),
        ("ANKOMST_TRIAL_DRILL", "1"),
        ("ANKOMST_BACKUP", folder.path().join("backups").to_str().unwrap()),
    ] {
        server.variable(name, value);
    }
    server.start();
    let mut secrets = BTreeSet::new();
    let ids = local(day(&mut server, folder.path(), &mut secrets));
    server.stop();
    let told = std::fs::read_to_string(&log).unwrap();
    each_line_is_whole(&told);
    for name in ["master.key", "server.key", "deposit.key", "session.key"] {
        secrets.insert(std::fs::read(server.data().join(name)).unwrap());
    }
    assert!(secrets.len() > 15, "cookies, passwords and keys were gathered");
    let words = TYPED.iter().chain(&HOSTILE).chain(&NAMES).map(|word| word.as_bytes().to_vec());
    let sought: Vec<Vec<u8>> = words.chain(secrets).collect();
    assert_eq!(found(&told, &sought), Vec::<String>::new());
    // A login may be a part of other words; as a word of its own it stands nowhere.
    let is_part = |letter: char| letter.is_alphanumeric();
    let logins = told.split(|letter: char| !is_part(letter)).filter(|word| LOGINS.contains(word));
    assert_eq!(logins.collect::<Vec<_>>(), Vec::<&str>::new());
    // The search finds what is there, and the log tells enough to be of use.
    for sought in &sought {
        let sample = forms(sought).join(" ");
        assert_eq!(found(&sample, std::slice::from_ref(sought)).len(), 1);
    }
    for id in ids {
        assert!(told.contains(&id), "{id}");
    }
    for message in [
        "Ankomst listens.",
        "A backup was made and read.",
        "A trial ended its process",
        "Administration acted.",
        "It was decided about held changes.",
        "\"route\":\"/api/v1/sync\",\"status\":200",
        "\"route\":\"/api/v1/session\",\"status\":401,\"problem\":\"wrong-password\"",
        "\"status\":426,\"problem\":\"version\"",
        "\"status\":429,\"problem\":\"too-many\"",
        "\"problem\":\"unreadable\"",
        "\"problem\":\"origin\"",
        "\"problem\":\"forbidden\"",
        "\"problem\":\"nowhere\"",
        "\"problem\":\"bad-value\"",
        "\"problem\":\"other-build\"",
        "\"status\":413",
        "\"status\":101",
    ] {
        assert!(told.contains(message), "{message} in {} lines", told.lines().count());
    }
}

/// Gives the ids that the log should tell.
async fn day(server: &mut Server, folder: &Path, secrets: &mut BTreeSet<Vec<u8>>) -> Vec<String> {
    let at = |name: &str| {
        std::fs::create_dir_all(folder.join(name)).unwrap();
        folder.join(name)
    };
    let elin = signed_in(server, &at("elin"), "elin").await;
    let oskar = signed_in(server, &at("oskar"), "oskar").await;
    let case = new_case(&elin, TYPED[0]).await;
    for (field, typed) in [("arriving_from", TYPED[5]), ("phone", TYPED[3]), ("email", TYPED[4])] {
        elin.answer(case, field, text(typed)).await;
    }
    elin.answer(case, "arriving_from", text(TYPED[1])).await;
    elin.sync().await;
    oskar.until_field((case, "phone"), "the case comes", |_| true).await;
    gather(folder, secrets);
    elin.must(Command::SignOut).await;

    let admin =
        RawDevice::enrol(&server.url(), &at("sixten"), ("sixten", &password("sixten"))).await;
    let stolen = RawDevice::enrol(&server.url(), &at("mats"), ("mats", &password("mats"))).await;
    for place in ["", "/personer", "/surfplattor", "/hallna", "/Hedvig-Hemlig"] {
        admin.visits(&format!("/administration{place}")).await;
    }
    let new = [
        ("login", LOGINS[5]),
        ("name", TYPED[0]),
        ("role", "caseworker"),
        ("password", "passet-av-zarghona"),
    ];
    assert_eq!(admin.administers_with("new", &new).await.status, 200);
    admin.administers_with("new", &[("login", LOGINS[5]), ("name", HOSTILE[0])]).await;
    admin.administers(&format!("{}:{}", HOSTILE[0], HOSTILE[3])).await;
    admin.administers(HOSTILE[3]).await;
    admin.administers(&format!("revoke:{}", stolen.me.device)).await;
    secrets.insert(b"passet-av-zarghona".to_vec());
    secrets.extend(LOGINS.iter().take(5).map(|login| password(login).into_bytes()));
    one_is_held(server, &at("raw")).await;
    it_is_refused(server, &at("ingrid")).await;
    gather(folder, secrets);
    knocks(server, &admin).await;
    vec![admin.me.me.user.to_string()]
}

/// A supervisor refuses what is held, and says why.
async fn it_is_refused(server: &Server, folder: &Path) {
    let ingrid = RawDevice::enrol(&server.url(), folder, ("ingrid", &password("ingrid"))).await;
    let answer = ingrid.visits("/administration/hallna").await;
    let page: PageView = from_bytes(&answer.body).unwrap();
    let parts = page.parts.into_iter().filter_map(|part| match part.body {
        Body::Lines(lines, _) => Some(lines),
        _ => None,
    });
    let actions = parts.flatten().flat_map(|line| line.actions);
    let asks: Vec<String> = actions
        .filter_map(|action| match action.act {
            Act::Server(_, what) => Some(what),
            _ => None,
        })
        .collect();
    let answer = ingrid.administers_with(&asks[0], &[("reason", TYPED[5])]).await;
    assert_eq!(answer.status, 200, "{asks:?}");
    ingrid.administers_with(&asks[0], &[("reason", HOSTILE[0])]).await;
}

/// A change that ends its trial.
async fn one_is_held(server: &Server, folder: &Path) {
    let raw = RawDevice::enrol(&server.url(), folder, ("elin", &password("elin"))).await;
    let id = DocumentId::new(jiff::Timestamp::now().as_millisecond(), [7; 10]);
    let (before, honest) = history(&raw, id);
    let parts = before.iter().map(|(actor, chunk)| raw.part(id, *actor, sent(chunk))).collect();
    raw.exchange(parts).await;
    let known: Vec<&[u8]> = before.iter().map(|(_, chunk)| chunk.bytes.as_slice()).collect();
    let hostile = find_aborting(&known, &parse(&honest.bytes).unwrap().bytes, 1).unwrap();
    let info = parse(&hostile).unwrap();
    raw.exchange(vec![raw.part(id, info.actor, (info.hash, hostile))]).await;
    held(&raw, info.hash).await;
    raw.visits("/administration").await;
}

/// Everything that is refused, full of what must not be told.
async fn knocks(server: &Server, admin: &RawDevice) {
    let (client, url) = (reqwest::Client::new(), server.url());
    let post = |path: &str, origin: &str, body: Vec<u8>| {
        let request = client.post(format!("{url}{path}")).header("origin", origin);
        let request = request.header("cookie", format!("__Host-ankomst={}", HOSTILE[1]));
        request.header("authorization", format!("Bearer {}", HOSTILE[2])).body(body).send()
    };
    let named = HOSTILE.join(" ").into_bytes();
    let sign_in = |login: &str| {
        wire::pack(&SignInRequest {
            login: login.to_owned(),
            password: HOSTILE[4].to_owned(),
            device: admin.me.device,
            enrolment: None,
            passkey: None,
        })
    };
    for path in ["/api/v1/devices", "/api/v1/session", "/api/v1/session/refresh"] {
        post(path, &url, named.clone()).await.unwrap();
        post(path, "https://Hedvig-Hemlig.example.org", named.clone()).await.unwrap();
        assert_eq!(post(path, &url, vec![b'x'; 70_000]).await.unwrap().status(), 413);
    }
    for _ in 0..12 {
        post("/api/v1/session", &url, sign_in(HOSTILE[0])).await.unwrap();
    }
    post("/api/v1/session", &url, sign_in("elin")).await.unwrap();
    let enrol = EnrolRequest {
        login: "elin".to_owned(),
        password: HOSTILE[4].to_owned(),
        device_name: TYPED[6].to_owned(),
        key: [1; 32],
        passkey: None,
    };
    post("/api/v1/devices", &url, wire::pack(&enrol)).await.unwrap();
    for path in ["/api/v1/Hedvig-Hemlig", "/boenden/19910101-2384?sok=Hedvig-Hemlig", "/x.Hedvig"] {
        client.get(format!("{url}{path}")).header("x-note", HOSTILE[0]).send().await.unwrap();
    }
    let method = reqwest::Method::from_bytes(b"HEDVIG-HEMLIG").unwrap();
    client.request(method, format!("{url}/api/v1/sync")).send().await.unwrap();
    for path in ["/api/v1/sync", "/api/v1/desk/page", "/api/v1/desk/act"] {
        admin.send(path, named.clone()).await.unwrap();
        post(path, &url, named.clone()).await.unwrap();
    }
    admin.other_build().await;
    assert_eq!(admin.other_version().await.status, 426);
}

/// The cookies of all tablets as they are at the moment.
fn gather(folder: &Path, into: &mut BTreeSet<Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            gather(&path, into);
        } else if path.file_name().unwrap().to_str().unwrap().contains("cookies") {
            let kept = std::fs::read_to_string(&path).unwrap();
            let values = kept.lines().filter_map(|line| line.split_once('='));
            into.extend(values.map(|(_, value)| value.as_bytes().to_vec()));
        }
    }
}

fn each_line_is_whole(told: &str) {
    let mut levels = BTreeSet::new();
    for line in told.lines() {
        let line: serde_json::Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        for field in ["timestamp", "level", "message"] {
            assert!(line[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {line}");
        }
        levels.insert(line["level"].as_str().unwrap().to_owned());
    }
    for level in ["DEBUG", "INFO", "WARN"] {
        assert!(levels.contains(level), "{levels:?}");
    }
}

/// Those of the sought that stand in a text, in any form.
fn found(text: &str, sought: &[Vec<u8>]) -> Vec<String> {
    let lower = text.to_lowercase();
    let is_there = |form: &String| text.contains(form) || lower.contains(&form.to_lowercase());
    let found = sought.iter().filter(|secret| forms(secret).iter().any(is_there));
    found.map(|secret| String::from_utf8_lossy(secret).into_owned()).collect()
}

/// A secret as it is and as programs write bytes.
fn forms(secret: &[u8]) -> Vec<String> {
    let mut forms: Vec<String> =
        std::str::from_utf8(secret).map(str::to_owned).into_iter().collect();
    let hex = secret.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    });
    let plain: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let web: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let list: Vec<String> = secret.iter().map(u8::to_string).collect();
    forms.extend([
        hex,
        base32(secret),
        base64(secret, plain),
        base64(secret, web),
        list.join(", "),
    ]);
    forms
}

/// Base64 without what depends on the bytes that follow.
fn base64(bytes: &[u8], letters: &[u8; 64]) -> String {
    let mut text = String::new();
    for three in bytes.chunks_exact(3) {
        let number = three.iter().fold(0_usize, |number, byte| number << 8 | usize::from(*byte));
        for shift in [18, 12, 6, 0] {
            text.push(char::from(letters[number >> shift & 63]));
        }
    }
    text
}
