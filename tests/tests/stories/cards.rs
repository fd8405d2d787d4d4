//! Two cards of two cases are said to be of one person, edited by all three without contact, and taken apart.

use crate::team::{Colleague, ELIN, OSKAR, Team, told};

/// Where the story takes place: the cards of the aunt’s case and of the family’s, and their ids.
struct Cards {
    aunt: String,
    family: String,
    one: String,
    two: String,
}

async fn adds(elin: &Colleague, label: &str, answers: &[(&str, &str)]) -> (String, String) {
    elin.goes("/arenden").await;
    elin.answers("[data-action=new-case]", &[("label", label)]).await;
    elin.sees("[data-action=add-persons]").await;
    let case = elin.place().await;
    elin.presses("[data-action=add-persons]").await;
    for (field, answer) in answers {
        elin.types(field, answer).await;
    }
    (case, elin.place().await)
}

/// What everybody has from the morning on.
async fn morning(elin: &Colleague) -> Cards {
    let given = [("given", "Hanan"), ("family", "B."), ("birth_date", "2017-03-01")];
    let (aunt, one) = adds(elin, "Mostern", &given).await;
    let given = [("given", "Hanan"), ("family", "Bashir"), ("birth_date", "2017-01-01")];
    let (family, two) = adds(elin, "Familjen Bashir", &given).await;
    Cards { aunt, family, one, two }
}

fn id(address: &str) -> &str {
    address.rsplit('/').next().unwrap_or_default()
}

/// Oskar says on his tablet that they are one; the card of the family is shown from then on.
async fn joins(oskar: &Colleague, cards: &Cards) {
    oskar.tells("M-01");
    oskar.goes(&cards.one).await;
    oskar.presses("[data-action=same]").await;
    let line = format!("[data-part=everybody] [data-line$='{}']", id(&cards.two));
    oskar.presses(&format!("{line} [data-action=same]")).await;
    oskar.sees("#ask").await;
    oskar.shows("M-01-ask").await;
    oskar.at.asked(&[("reason", "Modern och mostern säger samma.")]).await;
    oskar.goes(&cards.aunt).await;
    oskar.reads("[data-part=persons]", "Hanan Bashir").await;
    oskar.goes(&cards.two).await;
    oskar.sees("[data-part=cards]").await;
    oskar.shows("M-01-top").await;
    oskar.reads("[data-part=cards]", "Modern och mostern säger samma.").await;
    oskar.reads(".beside", "Kortet Hanan B.").await;
    oskar.shows("M-01-joined").await;
}

/// Elin, who does not know of it, writes on both cards.
async fn writes_on(elin: &Colleague, cards: &Cards) {
    elin.goes(&cards.one).await;
    elin.types("phone", "070-174 06 05").await;
    elin.goes(&cards.two).await;
    elin.types("native_name", "حنان").await;
    elin.goes("/idag").await;
}

/// Everybody sees one person, with what both cards say.
async fn is_one(team: &Team, cards: &Cards) {
    told("M-01");
    for one in team.all() {
        one.goes("/sok/Hanan").await;
        one.reads("[data-part=found] li", "Hanan Bashir").await;
        let found = "document.querySelectorAll('[data-part=found] li[data-line]').length === 1";
        one.at.profile.until("one person to be found", found).await;
        one.goes(&cards.two).await;
        one.reads("[data-part=cards]", OSKAR).await;
        // What only the other card knows stands here, and says from where.
        let phone = format!("[data-path='persons/{}/phone']", id(&cards.two));
        one.reads(&format!("{phone} .beside"), "Från kortet Hanan B.").await;
        let shown = format!("document.querySelector(\"{phone} input\").value.length > 0");
        one.at.profile.until("the telephone of the other card", &shown).await;
        one.reads(&format!("[data-path='persons/{}/family'] .beside", id(&cards.two)), "B.").await;
        one.shows("M-01-joined").await;
    }
    // The same in English on a dark desk.
    let ingrid = &team.ingrid;
    ingrid.goes("/surfplatta").await;
    ingrid.at.tap("[data-action=theme-2]").await;
    ingrid.at.tap("[data-action=speak-en]").await;
    ingrid.goes(&cards.two).await;
    ingrid.reads("[data-part=cards]", "Same person as Hanan Bashir").await;
    ingrid.shows("M-01-top").await;
    let own = format!("[data-path='persons/{}/phone']", id(&cards.one));
    ingrid.reads(&format!(".form-section:has({own}) h2"), "The card Hanan B.").await;
    ingrid.shows("M-01-other").await;
    ingrid.reads("[data-part=about]", "Mostern").await;
    ingrid.shows("M-01-about").await;
    ingrid.goes("/surfplatta").await;
    ingrid.at.tap("[data-action=speak-sv]").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_cards_of_one_person() {
    let names = ["kort-elin", "kort-oskar", "kort-ingrid"];
    let Some(mut team) = Team::gathers(names).await else { return };
    let cards = morning(&team.elin).await;
    team.in_step().await;
    team.parts();
    tokio::join!(writes_on(&team.elin, &cards), joins(&team.oskar, &cards));
    team.meets().await;
    is_one(&team, &cards).await;

    // Later, again without contact: on the card shown, and in the part of the other one.
    let (one, two) = (id(&cards.one).to_owned(), id(&cards.two).to_owned());
    team.parts();
    team.ingrid.goes(&cards.two).await;
    team.ingrid.types(&format!("persons/{two}/profession"), "elev").await;
    team.oskar.goes(&cards.two).await;
    team.oskar.types(&format!("persons/{one}/given"), "Hanane").await;
    team.elin.goes("/idag").await;
    team.oskar.goes("/idag").await;
    team.ingrid.goes("/idag").await;
    team.meets().await;

    // Elin takes them apart while Oskar, not knowing, goes on writing.
    team.elin.goes(&cards.two).await;
    team.elin.reads("[data-part=cards]", "Hanane").await;
    team.parts();
    let apart = format!("[data-part=cards] [data-line='{one}'] [data-action=cards]");
    team.elin.presses(&apart).await;
    team.elin.reads("[data-part=since]", "Hanane").await;
    team.elin.reads("[data-part=since]", "elev").await;
    team.elin.shows("M-01-apart").await;
    team.elin.answers("[data-action=apart]", &[("reason", "De är kusiner.")]).await;
    team.elin.reads("[data-part=said]", "De är kusiner.").await;
    team.elin.shows("M-01-said").await;
    team.oskar.goes(&cards.two).await;
    team.oskar.types(&format!("persons/{two}/lma_number"), "99-123456/1").await;
    team.oskar.goes("/idag").await;
    team.meets().await;

    // Each is itself, with what was written on it.
    for colleague in team.all() {
        colleague.goes(&cards.aunt).await;
        colleague.reads("[data-part=persons]", "Hanane B.").await;
        colleague.goes(&cards.family).await;
        colleague.reads("[data-part=persons]", "Hanan Bashir").await;
        colleague.goes(&cards.two).await;
        colleague.misses("[data-part=cards]").await;
        let value = |field: &str| {
            format!("document.querySelector(\"[data-path$='/{field}'] input\")?.value ?? ''")
        };
        for (field, wanted) in
            [("profession", "elev"), ("phone", ""), ("lma_number", "99-123456/1")]
        {
            let stands = format!("({}) === {wanted:?}", value(field));
            colleague.at.profile.until(&format!("{field} to be its own"), &stands).await;
        }
        colleague.goes(&format!("{}/kort", cards.one)).await;
        for said in ["Modern och mostern säger samma.", "De är kusiner.", OSKAR, ELIN] {
            colleague.reads("[data-part=said]", said).await;
        }
    }
    // What belongs to the other is written there, too; it stays where it was.
    let line = "[data-part=since] li:has([data-action=write-over])";
    team.ingrid.reads(line, "elev").await;
    let over = format!("[data-part=since] [data-line='{two}-profession'] [data-action=write-over]");
    team.ingrid.presses(&over).await;
    team.ingrid.misses(&over).await;
    team.ingrid.goes(&cards.one).await;
    let stands = "document.querySelector(\"[data-path$='/profession'] input\").value === 'elev'";
    team.ingrid.at.profile.until("the profession to be written over", stands).await;
    team.ingrid.shows("M-01-single").await;
}
