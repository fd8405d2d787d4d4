//! One offline day, end to end: two tablets, the server gone, a desk that settles, a third tablet
//! that comes late. Real binary, real database, real Chromium.
#![expect(
    clippy::unwrap_used,
    clippy::too_many_lines,
    reason = "a story told as a test: a failed step fails it"
)]

use ankomst_tests::kit::browser::Driver;
use ankomst_tests::kit::ledger::{Ledger, Shown};
use ankomst_tests::kit::person::Person;
use ankomst_tests::kit::server::Server;

const TABLET: (u32, u32) = (800, 1280);
const DESK: (u32, u32) = (1440, 900);

/// Answers items as a finger would, in the page itself, waiting for each to be shown.
async fn answer(person: &Person, items: &[String], word: &str) {
    for item in items {
        let button = format!("[data-item='{item}'] [data-answer={word}]");
        let tap = format!("(b => b && (b.click(), true))(document.querySelector({button:?}))");
        person.profile.until(&format!("{item} to be there"), &tap).await;
        let status =
            format!("document.querySelector('[data-item=\"{item}\"]').dataset.status === {word:?}");
        person.profile.until(&format!("{item} to be {word}"), &status).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_offline_day_ends_in_agreement() {
    let (Some(driver), Some(mut server)) = (Driver::start(), Server::with_village()) else {
        return;
    };
    let mut ledger = Ledger::default();
    let elin = Person::arrives(&driver, &server, "surfplatta-a", "elin", TABLET).await;
    let oskar = Person::arrives(&driver, &server, "surfplatta-b", "oskar", TABLET).await;
    let desk = Person::arrives(&driver, &server, "skrivbord", "ingrid", DESK).await;

    // Morning, with contact: both take the house along; one starts the inspection.
    elin.profile.picture("2-today").await;
    elin.goto("/boenden").await;
    elin.profile.see("[data-part=houses] [data-line]").await;
    let house =
        elin.read("document.querySelector('[data-part=houses] [data-line]').dataset.line").await;
    for person in [&elin, &oskar] {
        person.goto(&format!("/boenden/{house}")).await;
        person.profile.click("[data-action=take-along]").await;
        person.in_step().await;
    }
    elin.profile.picture("2-house").await;
    elin.profile.click("[data-action=start-run]").await;
    elin.profile.see("[data-item=B-F01]").await;
    elin.in_step().await;
    let run = elin.read("location.pathname").await;
    oskar.profile.see(&format!("[data-line='{}']", run.trim_start_matches("/besok/"))).await;
    elin.goto("/arenden").await;
    elin.profile.see("[data-part=cases] [data-line]").await;
    let case =
        elin.read("document.querySelector('[data-part=cases] [data-line]').dataset.line").await;
    let late = Person::arrives(&driver, &server, "surfplatta-c", "hedda", TABLET).await;
    drop(late);
    let late = Person::arrives(&driver, &server, "surfplatta-d", "elin", TABLET).await;

    // The server is gone. Everything is reloaded from nothing but the device.
    server.stop();
    for person in [&elin, &oskar] {
        person.goto(&run).await;
        person.profile.see("[data-item=B-F01]").await;
    }
    let items = elin
        .read("[...document.querySelectorAll('[data-item]')].map(e => e.dataset.item).join(',')")
        .await;
    let items: Vec<String> = items.split(',').map(str::to_owned).collect();
    assert_eq!(items.len(), 121);
    let (first, second) = items.split_at(60);
    answer(&elin, first, "ok").await;
    answer(&oskar, &items[..1], "not_ok").await;
    answer(&oskar, second, "ok").await;
    elin.profile.picture("3-offline-visit").await;

    // An intake of twenty answers, in Swedish letters and with an Arabic name.
    elin.goto("/arenden").await;
    elin.profile.click("[data-action=new-case]").await;
    elin.profile.fill("#ask-label", "Hushållet Åström-Öberg").await;
    elin.profile.click("[data-action=ask-done]").await;
    elin.profile.click("[data-action=add-persons]").await;
    for (field, text) in [("given", "Zarghona"), ("family", "Wardak"), ("native_name", "زرغونه")]
    {
        elin.profile.fill(&format!("[data-path$='/{field}'] input"), text).await;
        ledger.note(text, Shown::Nothing);
        elin.saved(field).await;
        ledger.shown(text, Shown::Saved);
    }
    elin.profile.picture("4-offline-person").await;
    elin.profile.web().back().await.unwrap();
    let path = elin.read("location.pathname").await;
    let path = path.split("/persons").next().unwrap_or_default().to_owned();
    elin.goto(&path).await;
    elin.profile.click("[data-action=add-intakes]").await;
    for (field, text) in [
        ("work", "Sömmerska på Östermalm"),
        ("wishes", "Vill lära sig svenska och åka tåg"),
        ("contact_phone", "070-174 06 07"),
        ("contact_email", "zarghona@example.org"),
        ("contact_postcode", "835 31"),
        ("years_of_school", "9"),
        ("medicine_left_days", "4"),
        ("rent_share", "1250,50"),
    ] {
        let field_css = format!("[data-path$='/{field}'] input, [data-path$='/{field}'] textarea");
        elin.profile.fill(&field_css, text).await;
        elin.saved(field).await;
        if text.chars().any(char::is_alphabetic) {
            ledger.note(text, Shown::Saved);
        }
    }
    for (field, choice) in [
        ("immediate_needs", "winter_clothes"),
        ("immediate_needs", "medicine"),
        ("feels_safe", "yes"),
        ("housing_needs", "lift"),
        ("education_level", "7-9"),
        ("income_state", "none_gap"),
        ("info_checklist", "rights"),
        ("info_checklist", "secrecy"),
        ("interpreter_mode", "phone"),
        ("risks", "debt_to_smuggler"),
    ] {
        elin.choose(field, choice).await;
    }
    elin.profile.picture("4-offline-intake").await;

    // Both change the same household's telephone number, differently; a third does it much later.
    for (person, number) in
        [(&elin, "070-174 06 05"), (&oskar, "070-174 06 99"), (&late, "070-174 06 50")]
    {
        person.goto(&format!("/arenden/{case}/uppgifter")).await;
        person.profile.fill("[data-path=phone] input", number).await;
        person.saved("phone").await;
        person.profile.picture("5-offline-phone").await;
    }

    // Back on Wi-Fi, untouched. The third tablet stays away.
    let mut late = late;
    late.goto("/arenden").await;
    late.profile.close().await;
    server.start();
    elin.in_step().await;
    oskar.in_step().await;
    for person in [&elin, &oskar] {
        person.goto(&run).await;
        person.profile.see("[data-item=B-F01][data-status=not_ok][data-agreement=open]").await;
        person.profile.picture("6-merged-visit").await;
        person.goto(&format!("/arenden/{case}/uppgifter")).await;
        person.profile.see("[data-path=phone][data-agreement=open]").await;
        person.profile.picture("6-merged-phone").await;
    }

    // The desk sees one list of what changed, and settles.
    desk.goto("/inkorg").await;
    desk.profile.picture("7-inbox").await;
    settle(&desk, run.trim_start_matches("/besok/"), "item/B-F01/status", "Batteriet saknades")
        .await;
    settle(&desk, &case, "phone", "Ringde och frågade").await;
    for person in [&elin, &oskar] {
        person.in_step().await;
        person.profile.see("[data-path=phone][data-agreement=settled]").await;
        person.profile.picture("8-settled-phone").await;
        person.goto(&run).await;
        person.profile.see("[data-item=B-F01][data-agreement=settled]").await;
        person.profile.picture("8-settled-visit").await;
    }

    // The third tablet comes back: its number was written before it could know the decision.
    late.profile.start().await;
    late.goto(&format!("/arenden/{case}/uppgifter")).await;
    late.in_step().await;
    desk.goto(&format!("/inkorg/{case}")).await;
    desk.profile.see_text("#inbox-detail, main", "06 50").await;
    desk.profile.see("[data-change=phone]").await;
    late.profile.see("[data-path=phone][data-agreement=reopened]").await;
    late.profile.picture("9-late").await;
    desk.profile.picture("9-late").await;

    // Nothing that was shown as saved is missing.
    for number in ["+46701740605", "+46701740699", "+46701740650"] {
        ledger.note(number, Shown::Received);
    }
    let dump = server.command(&["dump"]);
    assert_eq!(ledger.missing(&dump, Shown::Saved), Vec::new());
    assert_eq!(ledger.len(), 9);
}

/// Settles a contradiction at the desk: the first statement, with a reason.
async fn settle(desk: &Person, document: &str, path: &str, reason: &str) {
    desk.goto(&format!("/inkorg/{document}")).await;
    desk.profile.click(&format!("[data-change='{path}']")).await;
    desk.profile.see("#inbox-detail [data-pick='1']").await;
    desk.profile.picture("7-before-settling").await;
    let script = "document.querySelector(\"#inbox-detail [data-pick='1']\").click()";
    desk.profile.web().execute(script, vec![]).await.unwrap();
    desk.profile.fill("#inbox-detail [data-action=settle-reason]", reason).await;
    desk.profile.click("#inbox-detail [data-action=settle]").await;
    desk.profile.see(&format!("[data-path='{path}'] [data-settlement]")).await;
    desk.profile.picture("7-after-settling").await;
    desk.in_step().await;
}
