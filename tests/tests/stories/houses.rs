//! What happens at houses: two moves, a blocked room, two measures, a deficiency, a signed inspection.

use crate::team::{Colleague, ELIN, INGRID, OSKAR, Team, told};

/// Where the stories take place.
struct Village {
    /// Two measure a room here, one of a deficiency and of an inspection.
    yard: String,
    room: String,
    smoke: String,
    run: String,
    /// One person is moved to two rooms here.
    small: String,
    moved: String,
    /// A room is blocked here.
    shared: String,
    mouldy: String,
}

async fn house(elin: &Colleague, name: &str) -> String {
    elin.goes("/boenden").await;
    elin.line("[data-part=houses] [data-line]", name).await
}

/// What everybody has from the morning on.
async fn morning(elin: &Colleague) -> Village {
    let small = house(elin, "Fiktiva huset").await;
    let shared = house(elin, "Provstigens boende").await;
    let yard = house(elin, "Provgården").await;
    // Somebody who has no place yet.
    elin.goes("/arenden").await;
    elin.answers("[data-action=new-case]", &[("label", "Familjen Väntan")]).await;
    elin.presses("[data-action=add-persons]").await;
    elin.types("given", "Hana").await;
    elin.types("family", "Väntan").await;

    elin.goes(&format!("/boenden/{yard}")).await;
    elin.presses("[data-part=board] [data-action=add-rooms]").await;
    elin.types("label", "Rum 3").await;
    elin.at.choose("kind", "bedroom").await;
    let room = elin.place().await;
    elin.goes(&format!("/boenden/{yard}")).await;
    let smoke = [("title", "Brandvarnare saknas"), ("severity", "14 dagar")];
    elin.answers("[data-action=add-deficiencies]", &smoke).await;
    let smoke = elin.line("[data-part=deficiencies] [data-line]", "Brandvarnare saknas").await;
    elin.presses(&format!("[data-line='{smoke}'] [data-action=fixed_claimed]")).await;
    elin.sees(&format!("[data-line='{smoke}'] [data-action=verified]")).await;
    elin.presses("[data-action=start-run]").await;
    elin.sees("[data-item=B-H09]").await;
    let run = elin.place().await;

    elin.goes(&format!("/boenden/{small}")).await;
    elin.sees("[data-part=board] .bed").await;
    let moved = "document.querySelector('[data-part=board] .room .bed').dataset.line";
    let moved = elin.at.read(moved).await;
    elin.goes(&format!("/boenden/{shared}")).await;
    let mouldy = elin.line("[data-part=board] .room", "Rum 3").await;
    Village { yard, room, smoke, run, small, moved, shared, mouldy }
}

/// Everything of the morning has come.
async fn takes_along(one: &Colleague, village: &Village) {
    one.goes(&format!("/boenden/{}", village.yard)).await;
    one.presses("[data-action=take-along]").await;
    one.sees(&format!("[data-line='{}']", village.run.trim_start_matches("/besok/"))).await;
    one.sees(&format!("[data-line='{}'] [data-action=verified]", village.smoke)).await;
}

/// Elin's part, without contact.
async fn elins_part(elin: &Colleague, village: &Village) {
    elin.tells("M-02");
    elin.goes(&format!("/boenden/{}", village.small)).await;
    let moving = format!("[data-line='{}'] [data-action=move]", village.moved);
    elin.answers(&moving, &[("to", "Lgh B"), ("from_date", "2026-11-03")]).await;
    elin.misses(&format!("[data-part=board] [data-line='{}']", village.moved)).await;
    elin.tells("M-05");
    elin.goes(&format!("/boenden/{}/rooms/{}", village.shared, village.mouldy)).await;
    elin.at.choose("status", "blocked").await;
    elin.types("blocked_reason", "Mögel").await;
    elin.goes(&format!("/boenden/{}", village.shared)).await;
    let mould = [("title", "Mögel i rum 3"), ("severity", "Genast")];
    elin.answers("[data-action=add-deficiencies]", &mould).await;
    elin.tells("M-06");
    elin.goes(&village.run).await;
    elin.presses("[data-item=B-H09] [data-answer=ok]").await;
    elin.sees("[data-item=B-H09][data-status=ok]").await;
    elin.answers("[data-action=sign]", &[]).await;
    elin.sees("[data-action=reopen]").await;
    elin.tells("M-08");
    elin.goes(&format!("/boenden/{}/deficiencies/{}", village.yard, village.smoke)).await;
    elin.types("deadline", "2030-12-01").await;
    elin.goes(&format!("/boenden/{}", village.yard)).await;
    let verified = format!("[data-line='{}'] [data-action=verified]", village.smoke);
    elin.presses(&verified).await;
    elin.misses(&verified).await;
    elin.tells("M-09");
    elin.goes(&village.room).await;
    elin.types("area_m2", "11,6").await;
    elin.shows("M-09-apart").await;
    elin.goes("/idag").await;
}

/// Oskar's part, without contact.
async fn oskars_part(oskar: &Colleague, village: &Village) {
    oskar.tells("M-02");
    oskar.goes(&format!("/boenden/{}", village.small)).await;
    let moving = format!("[data-line='{}'] [data-action=move]", village.moved);
    oskar.answers(&moving, &[("to", "Lgh C"), ("from_date", "2026-11-04")]).await;
    oskar.misses(&format!("[data-part=board] [data-line='{}']", village.moved)).await;
    oskar.tells("M-05");
    oskar.goes(&format!("/boenden/{}", village.shared)).await;
    let crowded = oskar.line("[data-part=board] .room", "Rum 1").await;
    let lodger = oskar.line(&format!("[data-line='{crowded}'] .bed"), "").await;
    let moving = format!("[data-line='{lodger}'] [data-action=move]");
    oskar.answers(&moving, &[("to", "Provstigens boende · Rum 3")]).await;
    let placing = format!("[data-line='{}'] [data-action=place]", village.mouldy);
    oskar.answers(&placing, &[("person", "Hana"), ("from_date", "2030-01-10")]).await;
    oskar.reads(&format!("[data-line='{}'] .bed", village.mouldy), "Hana").await;
    oskar.shows("M-05-apart").await;
    oskar.tells("M-06");
    oskar.goes(&village.run).await;
    oskar.presses("[data-item=B-H09] [data-answer=not_ok]").await;
    oskar.sees("[data-item=B-H09][data-status=not_ok]").await;
    oskar.tells("M-08");
    oskar.goes(&format!("/boenden/{}/deficiencies/{}", village.yard, village.smoke)).await;
    oskar.at.choose("severity", "S2").await;
    oskar.types("deadline", "2030-11-20").await;
    oskar.goes(&format!("/boenden/{}", village.yard)).await;
    oskar.presses(&format!("[data-line='{}'] [data-action=still-there]", village.smoke)).await;
    oskar.reads(&format!("[data-line='{}']", village.smoke), "Öppnad igen").await;
    oskar.tells("M-09");
    oskar.goes(&village.room).await;
    oskar.types("area_m2", "13,2").await;
    oskar.goes("/idag").await;
}

async fn two_moves(team: &Team, village: &Village) {
    told("M-02");
    let place = format!("/boenden/{}", village.small);
    let before = format!("{place}/occupancy/{}", village.moved);
    let days = [("2026-11-03", ELIN), ("2026-11-04", OSKAR)];
    let rooms = [("Lgh B", ELIN), ("Lgh C", OSKAR)];
    for one in team.all() {
        one.goes(&place).await;
        for room in ["Lgh B", "Lgh C"] {
            let room = one.line("[data-part=board] .room", room).await;
            let room = format!("[data-part=board] [data-line='{room}']");
            one.reads(&room, "Placerad på två ställen").await;
            one.reads(&format!("{room} .bed[data-tone=decide]"), "Oklart, olika uppgifter").await;
        }
        one.shows("M-02-house").await;
        one.goes(&before).await;
        one.is_told("[data-path$='/to_date']", "open", &days).await;
        one.is_told("[data-path$='/next_placement']", "open", &rooms).await;
        one.shows("M-02-before").await;
    }
    let ingrid = &team.ingrid;
    ingrid.warned(&village.small, "Placerad på två ställen").await;
    ingrid.finds(&village.small, "/to_date", &days).await;
    ingrid.decides("2026-11-04", "Nycklarna lämnades den dagen.").await;
    ingrid.finds(&village.small, "/next_placement", &rooms).await;
    ingrid.shows("M-02-inbox").await;
    ingrid.decides("Lgh C", "Lgh B är full.").await;
    ingrid.misses("[data-decide]").await;
    ingrid.misses(&format!("[data-inbox='{}'] [data-tone=decide]", village.small)).await;
    for one in [&team.elin, &team.oskar] {
        one.is_told("[data-path$='/next_placement']", "settled", &rooms).await;
        one.reads("[data-path$='/next_placement'] .decision", INGRID).await;
        one.goes(&place).await;
        one.sees("[data-part=board] .bed").await;
        one.misses("[data-part=board] .bed[data-tone=decide]").await;
        one.shows("M-02-settled").await;
    }
}

async fn a_blocked_room(team: &Team, village: &Village) {
    told("M-05");
    let room = format!("[data-part=board] [data-line='{}']", village.mouldy);
    for one in team.all() {
        one.goes(&format!("/boenden/{}", village.shared)).await;
        one.reads(&room, "Spärrat").await;
        one.reads(&room, "Mögel").await;
        one.reads(&room, "Bor någon i ett spärrat rum").await;
        // Who lives there lives there; who was to come is asked about.
        one.sees(&format!("{room} .bed[data-tone=plain]")).await;
        one.reads(&format!("{room} .bed[data-tone=decide]"), "Oklart").await;
        one.reads("[data-part=deficiencies]", "Mögel i rum 3").await;
        one.misses(&format!("{room} [data-action=place]")).await;
        one.shows("M-05-house").await;
    }
    let ingrid = &team.ingrid;
    ingrid.warned(&village.shared, "ett rum som inte får användas: Rum 3").await;
    ingrid.shows("M-05-inbox").await;
}

async fn after_signing(team: &Team, village: &Village) {
    told("M-06");
    for one in team.all() {
        one.goes(&village.run).await;
        one.sees("[data-item=B-H09][data-status=ok]").await;
        let late = "[data-item=B-H09] [data-late]";
        one.reads(late, "Kom efter signeringen").await;
        one.reads(late, OSKAR).await;
        one.shows("M-06-run").await;
    }
    let ingrid = &team.ingrid;
    let run = village.run.trim_start_matches("/besok/");
    ingrid.opens_late(run).await;
    ingrid.finds(run, "item/B-H09/status", &[("Stämmer", ELIN), ("Stämmer inte", OSKAR)]).await;
    ingrid.shows("M-06-inbox").await;
    ingrid.goes(&village.run).await;
    ingrid.answers("[data-action=reopen]", &[("reason", "Något nytt har kommit.")]).await;
    for one in team.all() {
        one.goes(&village.run).await;
        one.sees("[data-item=B-H09][data-status=not_ok]").await;
        one.is_told("[data-item=B-H09]", "open", &[("Stämmer", ELIN), ("Stämmer inte", OSKAR)])
            .await;
        one.shows("M-06-reopened").await;
    }
}

async fn still_broken(team: &Team, village: &Village) {
    told("M-08");
    let line = format!("[data-part=deficiencies] [data-line='{}']", village.smoke);
    let days = [("2030-11-20", OSKAR), ("2030-12-01", ELIN)];
    for one in team.all() {
        one.goes(&format!("/boenden/{}", village.yard)).await;
        one.reads(&line, "Öppnad igen").await;
        one.reads(&line, "Inom 72 timmar").await;
        one.reads(&line, "2030-11-20").await;
        one.sees(&format!("{line} [data-action=still-there]")).await;
        one.shows("M-08-house").await;
        one.goes(&format!("/boenden/{}/deficiencies/{}", village.yard, village.smoke)).await;
        one.is_told("[data-path$='/deadline']", "open", &days).await;
        one.reads("[data-path$='/deadline'] .said", "Det försiktigaste gäller").await;
        one.shows("M-08-deficiency").await;
    }
    let ingrid = &team.ingrid;
    let home = ingrid.inbox_of("Brister", "Provgården").await;
    ingrid.finds(&home, &format!("{}/deadline", village.smoke), &days).await;
    ingrid.shows("M-08-inbox").await;
    // What the inspection of M-06 found is called by what its item demands.
    ingrid.reads("[data-change] .quiet-text", "Inga skadedjur").await;
}

async fn two_measures(team: &Team, village: &Village) {
    told("M-09");
    let areas = [("11,6", ELIN), ("13,2", OSKAR)];
    for one in team.all() {
        one.goes(&village.room).await;
        one.is_told("[data-path$='/area_m2']", "open", &areas).await;
        let stands = "document.querySelector(\"[data-path$='/area_m2'] input\").value === '11,6'";
        one.at.profile.until("the smaller area to stand there", stands).await;
        // Why it takes two: both measures, who said them, and what deciding would change.
        let why = "[data-line=room_capacity] details.why";
        one.presses(&format!("{why} summary")).await;
        for said in ["11,6 m² (Elin Lindqvist", "också 13,2 m² (Oskar Nyström", "golvytan till 3"]
        {
            one.reads(why, said).await;
        }
        one.shows("M-09-room").await;
        one.goes(&format!("/boenden/{}", village.yard)).await;
        let room = one.line("[data-part=board] .room", "Rum 3").await;
        // Four square metres for each.
        one.reads(&format!("[data-part=board] [data-line='{room}']"), "högst 2").await;
    }
    let ingrid = &team.ingrid;
    ingrid.finds(&village.yard, "/area_m2", &areas).await;
    ingrid.shows("M-09-inbox").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_two_said_of_houses() {
    let names = ["berattelse-hus-elin", "berattelse-hus-oskar", "berattelse-hus-ingrid"];
    let Some(mut team) = Team::gathers(names).await else { return };
    let village = morning(&team.elin).await;
    team.in_step().await;
    tokio::join!(
        takes_along(&team.elin, &village),
        takes_along(&team.oskar, &village),
        takes_along(&team.ingrid, &village),
    );
    team.in_step().await;
    team.parts();
    tokio::join!(elins_part(&team.elin, &village), oskars_part(&team.oskar, &village));
    team.meets().await;
    two_moves(&team, &village).await;
    a_blocked_room(&team, &village).await;
    after_signing(&team, &village).await;
    still_broken(&team, &village).await;
    two_measures(&team, &village).await;
}
