//! What happens in one case: a ticked item, notes, somebody removed, a need, two decisions.

use crate::team::{Colleague, ELIN, OSKAR, Team, told};

const LABEL: &str = "Familjen Warsame";

/// Where the stories take place.
struct Household {
    /// The id of the case, and its address.
    id: String,
    case: String,
    run: String,
    yusuf: String,
    selam: String,
    noor: String,
    drafted: String,
    signed: String,
}

async fn adds_person(elin: &Colleague, case: &str, given: &str) -> String {
    elin.goes(case).await;
    elin.presses("[data-action=add-persons]").await;
    elin.types("given", given).await;
    elin.types("family", "Warsame").await;
    elin.place().await
}

async fn adds_note(elin: &Colleague, case: &str, body: &str) -> String {
    elin.goes(case).await;
    elin.presses("[data-action=add-notes]").await;
    elin.types("body", body).await;
    elin.place().await
}

/// What everybody has from the morning on.
async fn morning(elin: &Colleague) -> Household {
    elin.goes("/arenden").await;
    elin.answers("[data-action=new-case]", &[("label", LABEL)]).await;
    elin.sees("[data-action=add-persons]").await;
    let case = elin.place().await;
    let yusuf = adds_person(elin, &case, "Yusuf").await;
    let noor = adds_person(elin, &case, "Noor").await;
    let selam = adds_person(elin, &case, "Selam").await;
    elin.at.choose("special_needs", "SN-05").await;
    let drafted = adds_note(elin, &case, "Hembesok 12 nov. Alla var hemma.").await;
    let signed = adds_note(elin, &case, "Hembesök.").await;
    elin.at.choose("source", "person").await;
    elin.goes(&case).await;
    elin.presses("[data-action=start-arrival]").await;
    elin.sees("[data-item=A-43]").await;
    let run = elin.place().await;
    let id = case.trim_start_matches("/arenden/").to_owned();
    Household { id, case, run, yusuf, selam, noor, drafted, signed }
}

/// Elin's part, without contact.
async fn elins_part(elin: &Colleague, home: &Household) {
    elin.tells("M-03");
    elin.goes(&home.run).await;
    elin.presses("[data-item=A-43] [data-answer=done]").await;
    elin.sees("[data-item=A-43][data-status=done]").await;
    elin.tells("M-07");
    elin.goes(&home.drafted).await;
    elin.presses("[data-path$='/body'] textarea").await;
    elin.jumps(END).await;
    elin.keys(" Spisen är trasig.", 1).await;
    elin.at.saved("/body").await;
    elin.tells("M-10");
    elin.goes(&home.signed).await;
    elin.types("body", "Hembesök. Modern grät.").await;
    elin.tells("M-12");
    elin.goes(&home.yusuf).await;
    elin.answers("[data-action=remove]", &[("reason", "Fel person.")]).await;
    elin.goes(&home.yusuf).await;
    elin.sees("[data-part=removed]").await;
    elin.tells("M-26");
    elin.goes(&home.selam).await;
    elin.presses(NEED).await;
    elin.at.profile.fill("[data-path$='/special_needs'] .removal input", "Barnet är fött.").await;
    elin.at.saved("/special_needs").await;
    elin.shows("M-26-apart").await;
    elin.tells("M-22");
    adds_guardian(elin, home, ("Maja Ek", "2026-11-03")).await;
    elin.tells("M-32");
    elin.goes(&format!("{}/uppgifter", home.case)).await;
    elin.types("phone", "070-174 06 05").await;
    elin.goes("/idag").await;
}

/// Oskar's part, without contact.
async fn oskars_part(oskar: &Colleague, home: &Household) {
    oskar.tells("M-03");
    oskar.goes(&home.run).await;
    oskar.presses("[data-item=A-43] [data-answer=doing]").await;
    oskar.sees("[data-item=A-43][data-status=doing]").await;
    oskar.tells("M-07");
    oskar.goes(&home.drafted).await;
    oskar.presses("[data-path$='/body'] textarea").await;
    oskar.jumps(START).await;
    oskar.keys(RIGHT, "Hembes".len()).await;
    oskar.keys(DELETE, 1).await;
    oskar.keys("ö", 1).await;
    oskar.keys(RIGHT, "k 12 nov. ".len()).await;
    oskar.keys("Barnen sov. ", 1).await;
    oskar.at.saved("/body").await;
    oskar.tells("M-10");
    oskar.goes(&home.signed).await;
    oskar.answers("[data-action=sign]", &[]).await;
    oskar.sees("[data-part=signed]").await;
    oskar.tells("M-12");
    oskar.goes(&home.yusuf).await;
    oskar.types("phone", "070-174 06 06").await;
    oskar.tells("M-26");
    oskar.goes(&format!("{}/need_actions", home.case)).await;
    oskar.presses("[data-action=add-need_actions]").await;
    oskar.sees("[data-path$='/action']").await;
    let person = home.selam.rsplit('/').next().unwrap();
    oskar.at.choose("person", person).await;
    oskar.at.choose("need", "SN-05").await;
    oskar.types("action", "Bottenvåning i december.").await;
    oskar.shows("M-26-apart").await;
    oskar.tells("M-22");
    adds_guardian(oskar, home, ("Per Alm", "2026-11-04")).await;
    oskar.tells("M-32");
    oskar.goes(&format!("{}/uppgifter", home.case)).await;
    oskar.types("phone", "070-174 06 07").await;
    oskar.goes("/idag").await;
}

async fn adds_guardian(one: &Colleague, home: &Household, (name, day): (&str, &str)) {
    one.goes(&format!("{}/guardians", home.case)).await;
    one.presses("[data-action=add-guardians]").await;
    one.sees("[data-path$='/name']").await;
    let child = home.noor.rsplit('/').next().unwrap();
    one.at.choose("child", child).await;
    one.at.choose("kind", "god_man").await;
    one.types("name", name).await;
    one.types("decided_on", day).await;
}

const START: char = '\u{e011}';
const END: char = '\u{e010}';
const RIGHT: &str = "\u{e014}";
const DELETE: &str = "\u{e017}";
const NEED: &str = "[data-path$='/special_needs'] [data-choice=SN-05]";

async fn ticked_and_unticked(team: &Team, home: &Household) {
    told("M-03");
    let said = [("Klar", ELIN), ("Pågår", OSKAR)];
    for one in team.all() {
        one.goes(&home.run).await;
        one.sees("[data-item=A-43][data-status=doing]").await;
        one.is_told("[data-item=A-43]", "open", &said).await;
        one.shows("M-03-run").await;
    }
    let run = home.run.trim_start_matches("/besok/");
    team.ingrid.finds(run, "item/A-43/task_status", &said).await;
    team.ingrid.shows("M-03-inbox").await;
    team.ingrid.decides("Klar", "Ringde skolan.").await;
    for one in [&team.elin, &team.oskar] {
        one.sees("[data-item=A-43][data-status=done][data-agreement=settled]").await;
        one.is_told("[data-item=A-43]", "settled", &said).await;
    }
}

async fn a_note_of_two(team: &Team, home: &Household) {
    told("M-07");
    let both = "Hembesök 12 nov. Barnen sov. Alla var hemma. Spisen är trasig.";
    for one in team.all() {
        one.goes(&home.drafted).await;
        one.sees("[data-path$='/body'][data-agreement=agreed]").await;
        let stands =
            format!("document.querySelector(\"[data-path$='/body'] textarea\").value === {both:?}");
        one.at.profile.until("the words of both to stand there", &stands).await;
        one.shows("M-07-note").await;
    }
}

async fn signed_meanwhile(team: &Team, home: &Household) {
    told("M-10");
    for one in team.all() {
        one.goes(&home.signed).await;
        one.reads("[data-part=signed]", OSKAR).await;
        one.reads("[data-part=late]", "Hembesök. Modern grät.").await;
        one.reads("[data-part=late]", ELIN).await;
        one.reads("[data-part=signed-text]", "Hembesök.").await;
        one.reads("[data-path$='/body'] .fixed-value", "Hembesök.").await;
        one.shows("M-10-note").await;
    }
    let ingrid = &team.ingrid;
    let journal = ingrid.inbox_of("Journal", LABEL).await;
    ingrid.opens_late(&journal).await;
    let body = format!("{}/body", home.signed.rsplit('/').next().unwrap());
    ingrid.finds(&journal, &body, &[]).await;
    ingrid.reads("#inbox-detail .before-after", "Hembesök.").await;
    ingrid.reads("#inbox-detail .detail > p", "Hembesök. Modern grät., Elin Lindqvist").await;
    ingrid.shows("M-10-inbox").await;
    // What came late stands in the question already.
    team.elin.answers("[data-action=correct]", &[("reason", "Kom inte med.")]).await;
    for one in team.all() {
        one.goes(&home.signed).await;
        one.reads("[data-part=corrections]", "Modern grät.").await;
        one.reads("[data-part=corrections]", ELIN).await;
    }
}

async fn removed_and_edited(team: &Team, home: &Household) {
    told("M-12");
    for one in team.all() {
        one.goes(&home.yusuf).await;
        one.reads("[data-part=revived]", "Elin Lindqvist har tagit bort detta (Fel person.)").await;
        let phone = "document.querySelector(\"[data-path$='/phone'] input\")?.value ?? ''";
        let phone = format!("({phone}).replaceAll(/[ -]/g, '').endsWith('701740606')");
        one.at.profile.until("the telephone to stand there", &phone).await;
        one.shows("M-12-person").await;
        one.goes(&home.case).await;
        one.reads("[data-part=persons]", "Yusuf Warsame").await;
        one.reads(".notice", "ändrad av en annan: Yusuf Warsame").await;
    }
    let ingrid = &team.ingrid;
    ingrid.warned(&home.id, "Borttagen av en, ändrad av en annan: Yusuf Warsame").await;
    ingrid.shows("M-12-inbox").await;
    ingrid.goes(&home.yusuf).await;
    ingrid.answers("[data-action=remove]", &[("reason", "Fel person, kontrollerat.")]).await;
    for one in team.all() {
        one.goes(&home.yusuf).await;
        one.reads("[data-part=removed]", "kontrollerat").await;
        one.reads("[data-part=was]", "174 06 06").await;
        one.shows("M-12-removed").await;
    }
}

async fn a_need_acted_on(team: &Team, home: &Household) {
    told("M-26");
    let said = [("Gravid: Barnet är fött.", ELIN), ("Gravid: Ja", OSKAR)];
    for one in team.all() {
        one.goes(&home.selam).await;
        one.sees("[data-path$='/special_needs'][data-agreement=open]").await;
        one.at
            .profile
            .until("the need to stand there", &format!("document.querySelector({NEED:?}).checked"))
            .await;
        one.is_told("[data-path$='/special_needs']", "open", &said).await;
        one.shows("M-26-person").await;
        one.goes(&format!("{}/need_actions", home.case)).await;
        one.reads("[data-part=need_actions]", "Bottenvåning i december.").await;
    }
    team.ingrid.finds(&home.id, "/special_needs", &said).await;
    team.ingrid.shows("M-26-inbox").await;
}

async fn two_guardians(team: &Team, home: &Household) {
    told("M-22");
    for one in team.all() {
        one.goes(&format!("{}/guardians", home.case)).await;
        one.reads("[data-part=guardians]", "Maja Ek").await;
        one.reads("[data-part=guardians]", "Per Alm").await;
        one.reads("[data-tone=decide]", "Flera gäller samtidigt: Företrädare för barn").await;
        one.shows("M-22-guardians").await;
    }
    team.ingrid.warned(&home.id, "Flera gäller samtidigt: Företrädare för barn").await;
    team.ingrid.shows("M-22-inbox").await;
}

/// Both see that they differ, decide differently without contact, and decide again.
async fn two_decisions(team: &mut Team, home: &Household) {
    told("M-32");
    let facts = format!("{}/uppgifter", home.case);
    let said = [("06 05", ELIN), ("06 07", OSKAR)];
    for one in team.all() {
        one.goes(&facts).await;
        one.is_told("[data-path=phone]", "open", &said).await;
    }
    team.parts();
    for (one, number, reason) in
        [(&team.elin, "06 05", "Ringde och frågade."), (&team.oskar, "06 07", "Stod på kortet.")]
    {
        one.goes(&facts).await;
        one.settles("[data-path=phone]", number, reason).await;
    }
    team.meets().await;
    for one in team.all() {
        one.goes(&facts).await;
        one.is_told("[data-path=phone]", "settled_twice", &said).await;
        for reason in ["Ringde och frågade.", "Stod på kortet."] {
            one.reads("[data-path=phone] .decision q", reason).await;
        }
        one.shows("M-32-twice").await;
    }
    team.ingrid.finds(&home.id, "phone", &said).await;
    team.ingrid.shows("M-32-inbox").await;
    team.elin.settles("[data-path=phone]", "06 07", "Vi har pratat.").await;
    for one in [&team.elin, &team.oskar] {
        one.is_told("[data-path=phone]", "settled", &said).await;
        one.reads("[data-path=phone] .decision q", "Vi har pratat.").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_two_said_in_a_case() {
    let names = ["berattelse-elin", "berattelse-oskar", "berattelse-ingrid"];
    let Some(mut team) = Team::gathers(names).await else { return };
    let home = morning(&team.elin).await;
    team.in_step().await;
    team.parts();
    tokio::join!(elins_part(&team.elin, &home), oskars_part(&team.oskar, &home));
    team.meets().await;
    ticked_and_unticked(&team, &home).await;
    a_note_of_two(&team, &home).await;
    signed_meanwhile(&team, &home).await;
    removed_and_edited(&team, &home).await;
    a_need_acted_on(&team, &home).await;
    two_guardians(&team, &home).await;
    two_decisions(&mut team, &home).await;
}
