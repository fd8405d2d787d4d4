//! A tablet that is lost while it is locked: whoever has its disk finds nothing in it of what was written, read, typed
//! and searched for on it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use ankomst_tests::kit::browser::Driver;
use ankomst_tests::kit::leveldb::contents;
use ankomst_tests::kit::person::Person;
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::device::local;
use serde_json::json;

use super::words::written;

const TABLET: (u32, u32) = (800, 1280);
/// How many names, numbers and sentences are looked for.
const COUNT: usize = 200;
/// How many of them are typed on the tablet itself; the others come to it with the records.
const TYPED: usize = 20;

/// Names, numbers and sentences that are nowhere else: of syllables and digits that follow from their number.
fn canary(number: usize) -> String {
    let mut state =
        u64::try_from(number).unwrap().wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut next = |most: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % most
    };
    let syllables =
        ["ra", "ve", "lod", "mis", "tek", "zu", "hal", "orv", "eny", "ikk", "sta", "bru"];
    let mut word = |parts: usize| {
        let parts = (0..parts).filter_map(|_| syllables.get(usize::try_from(next(12)).unwrap()));
        let mut letters: Vec<char> = parts.copied().collect::<String>().chars().collect();
        letters.first_mut().unwrap().make_ascii_uppercase();
        letters.into_iter().collect::<String>()
    };
    match number % 3 {
        0 => format!("{} {}", word(4), word(5)),
        1 => format!("{number:03}-{:09}", next(1_000_000_000)),
        _ => format!("{} såg {} vid sjön", word(5), word(5)),
    }
}

/// Those of the words that stand in a folder, as text of any kind that browsers write, and a file of each.
fn found(folder: &Path, words: &[String]) -> BTreeMap<String, PathBuf> {
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    // One byte a letter, as V8 keeps texts that allow it.
    let narrow =
        |text: &str| text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect();
    let mut by_start: HashMap<[u8; 4], Vec<(Vec<u8>, &String)>> = HashMap::new();
    for word in words {
        let forms: [Vec<u8>; 3] = [word.clone().into_bytes(), wide(word), narrow(word)];
        for form in forms {
            by_start.entry(*form.first_chunk().unwrap()).or_default().push((form, word));
        }
    }
    let mut found = BTreeMap::new();
    for (path, bytes) in contents(folder) {
        for (at, start) in bytes.windows(4).enumerate() {
            let forms = by_start.get(start).into_iter().flatten();
            for (_, word) in forms.filter(|(form, _)| bytes.split_at(at).1.starts_with(form)) {
                found.entry(String::clone(word)).or_insert_with(|| path.clone());
            }
        }
    }
    found
}

#[test]
fn a_lost_tablet_tells_nothing() {
    let (Some(driver), Some(server)) = (Driver::start(), Server::with_village()) else { return };
    let all: Vec<String> = (0..COUNT).map(canary).collect();
    assert_eq!(BTreeSet::from_iter(&all).len(), COUNT);
    let (mut next, most) = (0, COUNT - TYPED);
    let mut cases = Vec::new();
    while next < most {
        let mut words = |_long: bool| {
            let word = all[next.min(most - 1)].clone();
            next += 1;
            word
        };
        let (case, house, _) = local(written(&server, &mut words));
        cases.extend([format!("/arenden/{case}"), format!("/boenden/{house}")]);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(lost(&driver, &server, &cases, &all));
}

async fn lost(driver: &Driver, server: &Server, cases: &[String], all: &[String]) {
    let mut elin = Person::arrives(driver, server, "lost", "elin", TABLET).await;
    let (brought, typed) = all.split_at(COUNT - TYPED);
    // The records are looked at, each as a page of its own, so that the browser notes what it notes.
    let mut shown = BTreeSet::new();
    for path in cases {
        elin.goto(path).await;
        elin.profile.see("main h1").await;
        let text = "document.querySelector('main').innerText + [...document.querySelectorAll('main input, main textarea')].map((one) => one.value).join()";
        let text = elin.read(text).await;
        shown.extend(brought.iter().filter(|word| text.contains(word.as_str())));
    }
    assert!(shown.len() >= 20, "{} of the words were to be seen", shown.len());
    // Words are searched for and typed, some of which are nowhere yet.
    elin.goto("/sok").await;
    let (searched, noted) = typed.split_at(TYPED / 2);
    for word in searched.iter().chain(brought.iter().take(5)) {
        elin.profile.fill("#search", word).await;
    }
    elin.goto("/arenden").await;
    elin.profile.click("[data-action=new-case]").await;
    let (asked, written) = noted.split_at(TYPED / 4);
    for word in asked {
        elin.profile.fill("#ask input[type=text]", word).await;
    }
    elin.goto(cases.first().unwrap()).await;
    elin.profile.click("[data-action=add-intakes]").await;
    for word in written {
        elin.profile.fill("[data-path$='/wishes'] textarea", word).await;
    }
    elin.profile.picture("typed").await;
    elin.goto("/surfplatta").await;
    elin.profile.click("[data-action=lock]").await;
    elin.profile.see("#unlock #passphrase").await;
    elin.profile.close().await;
    let told = found(elin.profile.folder(), all);
    assert!(told.is_empty(), "{} words lie open: {told:?}", told.len());

    // Control: what is stored in the same way and not sealed is found, every word of it.
    elin.profile.start().await;
    elin.profile.goto(&server.url()).await;
    elin.profile.see("#unlock #passphrase").await;
    let open = "const [words, done] = arguments;
        const asked = indexedDB.open('control', 1);
        asked.onupgradeneeded = () => asked.result.createObjectStore('rows');
        asked.onsuccess = () => {
            const change = asked.result.transaction('rows', 'readwrite', { durability: 'strict' });
            const key = (at) => new TextEncoder().encode(String(at));
            // Each in three places: a browser may cut a file anywhere.
            for (const turn of [1, 2, 3]) words.forEach((word, at) => change.objectStore('rows').put(new TextEncoder().encode(word), key(`${turn}-${at}`)));
            change.oncomplete = () => { asked.result.close(); done(0); };
        };";
    elin.profile.web().execute_async(open, vec![json!(all)]).await.unwrap();
    elin.profile.close().await;
    let open = found(elin.profile.folder(), all);
    let missed: Vec<&String> = all.iter().filter(|word| !open.contains_key(*word)).collect();
    assert!(missed.is_empty(), "the search does not find {missed:?}");
}
