//! Three people walk through their day as domain section 2.2 tells it, the network cut where it says
//! so. A picture at each step.
#![expect(clippy::too_many_lines, reason = "a story told as a test")]

mod clean;

use ankomst_shared::catalog::When;
use ankomst_tests::kit::browser::Driver;
use ankomst_tests::kit::person::Person;
use ankomst_tests::kit::server::Server;

const TABLET: (u32, u32) = (800, 1280);
const DESK: (u32, u32) = (1440, 900);

/// A caseworker: an arrival without coverage, a move, a draft, tasks; signed back at the office.
#[tokio::test(flavor = "multi_thread")]
async fn a_caseworkers_day() {
    let (Some(driver), Some(mut server)) = (Driver::start(), Server::with_village()) else {
        return;
    };
    let elin = Person::arrives(&driver, &server, "handlaggare", "elin", TABLET).await;
    let page = &elin.profile;
    page.see("[data-part=intro]").await;
    page.picture("01-idag").await;
    elin.tap("[data-action=understood]").await;
    page.until("the introduction to go", "!document.querySelector('[data-part=intro]')").await;
    elin.goto("/arenden").await;
    page.see("[data-part=cases] [data-line]").await;
    page.picture("02-arenden").await;
    let case =
        elin.read("document.querySelector('[data-part=cases] [data-line]').dataset.line").await;
    let address = format!("/arenden/{case}");
    elin.goto(&address).await;
    page.see("[data-part=about]").await;
    page.picture("03-arende").await;

    // The village house: no coverage.
    server.stop();
    elin.goto(&address).await;
    elin.tap("[data-action=start-arrival]").await;
    page.see("[data-item=A-20]").await;
    for (item, answer) in
        [("A-20", "done"), ("A-21", "done"), ("A-22", "blocked"), ("A-23", "not_relevant")]
    {
        elin.tap(&format!("[data-item='{item}'] [data-answer={answer}]")).await;
        let stands = format!(
            "document.querySelector('[data-item=\"{item}\"]').dataset.status === '{answer}'"
        );
        page.until(&format!("{item} to be {answer}"), &stands).await;
    }
    elin.tap("[data-filter=unanswered]").await;
    page.picture("04-ankomst").await;
    let visit = elin.read("location.pathname").await;
    elin.goto(&address).await;
    for (title, department) in
        [("Skor till det yngsta barnet", "Integration"), ("Hosta: ring vårdcentralen", "Region")]
    {
        elin.tap("[data-part=tasks] [data-action=add-tasks]").await;
        elin.asked(&[("title", title), ("department", department)]).await;
        page.see_text("[data-part=tasks]", title).await;
    }
    elin.tap("[data-part=tasks] [data-action=attempt]").await;
    page.see_text("[data-part=tasks]", "1 kontaktförsök").await;
    page.picture("05-uppgifter").await;
    elin.tap("[data-part=tasks] [data-action=done]").await;
    page.see("[data-action=undo]").await;
    page.picture("06-angra").await;
    elin.tap("[data-action=undo]").await;
    page.until(
        "the task to be open again",
        "document.querySelectorAll('[data-part=tasks] [data-action=done]').length === 2",
    )
    .await;

    // The stairwell: a note as a draft, half a sentence at a time.
    elin.tap("[data-action=add-notes]").await;
    page.fill("[data-path$='/body'] textarea", "Modern visade hur spisen fungerar.").await;
    elin.saved("body").await;
    page.picture("07-utkast").await;
    let note = elin.read("location.pathname").await;

    // One tenant has changed rooms.
    elin.goto("/boenden").await;
    page.picture("08-boenden").await;
    elin.tap("[data-part=houses] [data-line] a").await;
    page.see("[data-part=board] .bed").await;
    page.picture("09-hus").await;
    elin.tap("[data-part=board] [data-action=move]").await;
    page.see("#ask").await;
    page.picture("10-flytta").await;
    let place = "[...document.querySelectorAll('#ask-to option')].map(o => o.text).find(t => t && !t.startsWith('V'))";
    let place = elin.read(place).await;
    elin.asked(&[("to", place.as_str())]).await;
    page.see_text(".toast", "Flyttad").await;
    page.picture("11-flyttad").await;
    elin.goto("/idag").await;
    page.see_text("[data-part=drafts]", "spisen").await;
    page.see("[data-part=unsent] [data-line]").await;
    page.picture("12-idag-utan-nat").await;
    elin.goto("/sok").await;
    page.fill("#search", "070-174").await;
    page.see("[data-part=found] [data-line]").await;
    page.picture("13-sok").await;

    // Back at the office.
    server.start();
    elin.in_step().await;
    elin.goto(&note).await;
    // A child's own voice comes from the child: the other sources are no choices then.
    elin.choose("kind", "child_voice").await;
    let gone = "!document.querySelector(\"[data-path$='/source'] [data-choice=guardian]\")";
    page.until("the guardian to be no choice", gone).await;
    elin.choose("source", "child").await;
    elin.tap("[data-action=sign]").await;
    page.see("#ask").await;
    elin.asked(&[]).await;
    page.see("[data-part=signed]").await;
    page.until(
        "the text to be fixed",
        "!document.querySelector('[data-path$=\"/body\"] textarea:not([readonly])')",
    )
    .await;
    elin.tap("[data-action=correct]").await;
    elin.asked(&[("text", "Det var fadern som visade."), ("reason", "Hörde fel")]).await;
    page.see_text("[data-part=corrections]", "fadern").await;
    page.picture("14-signerad").await;
    elin.in_step().await;
    elin.goto(&format!("/utskrift{visit}")).await;
    page.see("[data-part=own]").await;
    page.picture("15-protokoll").await;
    elin.goto("/surfplatta").await;
    page.see("[data-part=storage]").await;
    page.picture("16-surfplatta").await;
}

/// A housing inspector: a round in cellars; what is not OK becomes a deficiency with a day.
#[tokio::test(flavor = "multi_thread")]
async fn an_inspectors_round() {
    let (Some(driver), Some(mut server)) = (Driver::start(), Server::with_village()) else {
        return;
    };
    let mats = Person::arrives(&driver, &server, "boinspektor", "mats", TABLET).await;
    let page = &mats.profile;
    page.until("no cases in the way", "!document.querySelector('a[href=\"/arenden\"]')").await;
    mats.goto("/boenden").await;
    page.see("[data-part=houses] [data-line]").await;
    let house =
        mats.read("document.querySelector('[data-part=houses] [data-line]').dataset.line").await;
    let address = format!("/boenden/{house}");
    mats.goto(&address).await;
    mats.tap("[data-action=take-along]").await;
    mats.in_step().await;
    server.stop();
    // With the network cut: why a room takes so many, where the rule stands, what it rests on.
    let why = "[data-part=board] .room details.why";
    mats.tap(&format!("{why} summary")).await;
    for said in ["Högst", "4 m² per person", "Gäller", "EASO", "Area", "Vad ändrar det?"] {
        page.see_text(why, said).await;
    }
    page.picture("00-varfor").await;
    mats.tap("[data-action=start-run]").await;
    page.see("[data-item=B-F01]").await;
    for (item, answer) in
        [("B-F01", "not_ok"), ("B-F02", "ok"), ("B-F03", "not_ok"), ("B-F04", "ok")]
    {
        mats.tap(&format!("[data-item='{item}'] [data-answer={answer}]")).await;
        let stands = format!(
            "document.querySelector('[data-item=\"{item}\"]').dataset.status === '{answer}'"
        );
        page.until(&format!("{item} to be {answer}"), &stands).await;
    }
    page.fill("[data-item='B-F01'] textarea", "Batteri saknas i hallen").await;
    page.picture("01-inspektion").await;
    let run = mats.read("location.pathname").await;
    mats.goto(&address).await;
    page.see("[data-part=deficiencies] [data-line]").await;
    page.until(
        "two deficiencies",
        "document.querySelectorAll('[data-part=deficiencies] [data-line]').length === 2",
    )
    .await;
    page.picture("02-brister").await;
    // A spare battery: put right on the spot, and looked at again.
    mats.tap("[data-part=deficiencies] [data-action=fixed_claimed]").await;
    page.see("[data-part=deficiencies] [data-action=verified]").await;
    mats.tap("[data-part=deficiencies] [data-action=verified]").await;
    page.until(
        "one open deficiency",
        "document.querySelectorAll('[data-part=deficiencies] [data-action=still-there]').length === 1",
    )
    .await;
    page.picture("03-atgardad").await;
    // Answered by mistake: the deficiency goes with the answer.
    mats.goto(&run).await;
    mats.tap("[data-item='B-F03'] [data-answer=ok]").await;
    page.until(
        "B-F03 to be ok",
        "document.querySelector('[data-item=\"B-F03\"]').dataset.status === 'ok'",
    )
    .await;
    mats.goto(&address).await;
    page.until(
        "the mistake to be gone",
        "document.querySelectorAll('[data-part=deficiencies] [data-action=still-there]').length === 0",
    )
    .await;
    mats.goto(&run).await;
    mats.tap("[data-action=sign]").await;
    page.see("#ask").await;
    page.picture("04-signera").await;
    mats.asked(&[]).await;
    page.see("[data-action=reopen]").await;
    server.start();
    mats.in_step().await;
    mats.goto(&format!("/utskrift/brand/{house}")).await;
    page.see("[data-part=rooms] [data-line]").await;
    page.picture("05-brandlista").await;
    let shown = mats.read("document.querySelector('#main').innerText").await;
    assert!(!shown.contains("Rahimov"), "no names on the fire list: {shown}");
    mats.goto(&format!("/utskrift{run}")).await;
    page.see_text("[data-part=own]", "Egenkontroll, inte tillsyn").await;
    page.picture("06-protokoll").await;
}

/// A supervisor's first half hour at the desk.
#[tokio::test(flavor = "multi_thread")]
async fn a_supervisors_first_half_hour() {
    let (Some(driver), Some(server)) = (Driver::start(), Server::with_village()) else {
        return;
    };
    let ingrid = Person::arrives(&driver, &server, "enhetschef", "ingrid", DESK).await;
    let page = &ingrid.profile;
    page.see("[data-part=inbox-empty]").await;
    page.picture("01-idag").await;
    ingrid.goto("/boenden").await;
    page.see("[data-part=houses] [data-line]").await;
    page.picture("02-boenden").await;
    ingrid.tap("[data-part=houses] [data-line] a").await;
    page.see("[data-part=board] .room").await;
    page.picture("03-hus").await;
    ingrid.tap("[data-part=rules] [data-line=house_capacity] details.why summary").await;
    page.see_text("[data-line=house_capacity] details.why", "öppna sovrummen").await;
    page.picture("03-hus-varfor").await;
    // Ctrl-K from anywhere, a name without its marks.
    page.web()
        .execute(
            "window.dispatchEvent(new KeyboardEvent('keydown', {key: 'k', ctrlKey: true, bubbles: true}))",
            vec![],
        )
        .await
        .unwrap();
    page.see("#search").await;
    page.fill("#search", "rahim").await;
    page.see("[data-part=found] [data-line]").await;
    page.picture("04-sok").await;
    ingrid.tap("[data-part=found] [data-line] a").await;
    page.see("[data-path$='/given']").await;
    page.picture("05-person").await;
    clean::taken_out(&ingrid).await;
    ingrid.goto("/surfplatta").await;
    ingrid.tap("[data-action=theme-2]").await;
    page.until("the dark look", "document.documentElement.dataset.theme === 'dark'").await;
    page.picture("06-morkt").await;
    ingrid.tap("[data-action=speak-en]").await;
    page.see_text("h1", "This tablet").await;
    page.picture("07-english").await;
    ingrid.goto("/arenden").await;
    page.see("[data-part=cases] [data-line]").await;
    ingrid.tap("[data-part=cases] [data-line] a").await;
    page.see("[data-part=about]").await;
    page.picture("08-case-dark-english").await;
    clean::when_it_goes(&ingrid).await;
}

/// An administrator: adds a person, revokes a tablet left on a bus.
#[tokio::test(flavor = "multi_thread")]
async fn an_administrators_errand() {
    let (Some(driver), Some(mut server)) = (Driver::start(), Server::with_village()) else {
        return;
    };
    let sixten = Person::arrives(&driver, &server, "administrator", "sixten", DESK).await;
    let lost = Person::arrives(&driver, &server, "tappad", "mats", TABLET).await;
    let page = &sixten.profile;
    page.picture("01-idag").await;
    sixten.tap("a[href='/administration']").await;
    page.see("[data-part=server]").await;
    page.picture("02-administration").await;
    sixten.tap("[data-line='/administration/personer'] a").await;
    sixten.tap("[data-action=new]").await;
    sixten
        .asked(&[
            ("login", "tove"),
            ("name", "Tove Holm"),
            ("role", "Boinspektör"),
            ("password", "tove-i-provby-2026"),
        ])
        .await;
    page.see_text("[data-part=people]", "Tove Holm").await;
    page.picture("03-personer").await;
    sixten.goto("/administration/surfplattor").await;
    page.see_text("[data-part=devices]", "tappad").await;
    page.picture("04-surfplattor").await;
    let revoke = "[...document.querySelectorAll('[data-part=devices] li')]\
                  .find(line => line.innerText.includes('tappad')).dataset.line";
    let line = sixten.read(revoke).await;
    sixten.tap(&format!("[data-line='{line}'] [data-action=revoke]")).await;
    page.see("#ask").await;
    page.picture("05-sparra").await;
    sixten.asked(&[]).await;
    page.see_text(&format!("[data-line='{line}']"), "Spärrad").await;
    lost.profile
        .until(
            "the lost tablet to be out",
            "document.querySelector('#sync-mark')?.dataset.contact !== 'live'",
        )
        .await;
    server.stop();
    sixten.goto("/administration").await;
    page.see("main [role=alert]").await;
    page.picture("06-utan-server").await;
}

/// What `cargo xtask demo` shows: each role finds on its first screen what the demo promises.
#[tokio::test(flavor = "multi_thread")]
async fn the_demo_has_something_for_each_role() {
    let (Some(driver), Some(server)) = (Driver::start(), Server::with_town()) else { return };
    let elin = Person::arrives(&driver, &server, "demo-elin", "elin", TABLET).await;
    elin.profile.see("[data-part=due] [data-line]").await;
    elin.profile.see("[data-part=drafts] [data-line]").await;
    elin.profile.see("[data-part=visits] [data-line]").await;
    elin.profile.picture("01-idag").await;
    elin.goto("/boenden").await;
    elin.profile.see("[data-part=houses] [data-line]").await;
    elin.profile.picture("02-boenden").await;
    elin.goto("/arenden").await;
    elin.profile.see("[data-part=cases] [data-line]").await;
    elin.profile.picture("03-arenden").await;
    elin.tap("[data-part=cases] [data-line] a").await;
    elin.profile.see("[data-part=notes] [data-line]").await;
    elin.profile.picture("04-arende").await;
    let mats = Person::arrives(&driver, &server, "demo-mats", "mats", TABLET).await;
    mats.profile.see("[data-part=due] [data-line]").await;
    mats.profile.picture("01-idag").await;
    let ingrid = Person::arrives(&driver, &server, "demo-ingrid", "ingrid", DESK).await;
    ingrid.profile.see("[data-part=inbox] [data-line]").await;
    ingrid.profile.picture("01-idag").await;
    ingrid.goto("/inkorg").await;
    ingrid.profile.see("[data-inbox]").await;
    ingrid.profile.picture("02-inkorg").await;
}

/// A child of the unaccompanied is missing: the hours count from the moment it was seen last.
#[tokio::test(flavor = "multi_thread")]
async fn a_child_is_missing() {
    let (Some(driver), Some(server)) = (Driver::start(), Server::with_village()) else { return };
    let elin = Person::arrives(&driver, &server, "saknad", "elin", TABLET).await;
    let page = &elin.profile;
    elin.goto("/arenden").await;
    elin.tap("[data-action=new-case]").await;
    elin.asked(&[("label", "Provbarnet")]).await;
    page.see("[data-action=start-arrival]").await;
    let address = elin.read("location.pathname").await;
    elin.tap("[data-action=change]").await;
    elin.tap("[data-path=case_kind] [data-choice=unaccompanied]").await;
    elin.in_step().await;
    elin.goto(&address).await;
    page.see("[data-action=start-uam-arrival]").await;
    page.until(
        "no arrival of a household",
        "!document.querySelector('[data-action=start-arrival]')",
    )
    .await;
    page.picture("01-arende").await;
    elin.tap("[data-action=start-missing]").await;
    elin.asked(&[("last_seen_at", "2026-11-20 21:15")]).await;
    // Typed by the clock of the tablet, which may stand in another zone than Sweden's.
    let seen = elin.read("String(new Date('2026-11-20T21:15').getTime())").await;
    let until = When::Moment(seen.parse::<i64>().unwrap() + 2 * 3_600_000).written();
    page.see_text("[data-item=G-03]", &format!("försenad sedan {until}")).await;
    page.see_text(".visit > details.why summary", "Saknad sedan").await;
    elin.tap(".visit > details.why summary").await;
    page.see_text(".visit > details.why", "SKR").await;
    elin.tap("[data-item=G-03] .item-why summary").await;
    page.see_text("[data-item=G-03] .item-why", "Timmar efter händelsen").await;
    page.picture("02-saknad").await;
    page.fill("[data-item=G-07] [data-path$='/last_done'] input", "2026-11-27").await;
    page.see_text("[data-item=G-07]", "2026-12-04").await;
    page.picture("03-varje-vecka").await;
    elin.tap("[data-action=dates]").await;
    page.until(
        "the moment to stand there",
        "document.querySelector('#ask-last_seen_at')?.value === '2026-11-20 21:15'",
    )
    .await;
    page.picture("04-datum").await;
}
