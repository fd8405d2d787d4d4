//! Two tablets' worth of people: somebody is written down twice in two scripts, without contact; the page
//! says so beside the heading, why, and stays quiet once it is told that they are two.

use ankomst_tests::kit::browser::Driver;
use ankomst_tests::kit::person::Person;
use ankomst_tests::kit::server::Server;

const TABLET: (u32, u32) = (800, 1280);
const DESK: (u32, u32) = (1440, 900);

/// Makes a case with one person in it; gives the person's address.
async fn writes_down(one: &Person, label: &str, answers: &[(&str, &str)]) -> String {
    one.goto("/arenden").await;
    one.tap("[data-action=new-case]").await;
    one.asked(&[("label", label)]).await;
    one.profile.see("[data-part=persons]").await;
    one.tap("[data-action=add-persons]").await;
    one.profile.see("[data-path$='/given']").await;
    for (field, answer) in answers {
        one.profile.fill(&format!("[data-path$='/{field}'] input"), answer).await;
        one.saved(field).await;
    }
    one.read("location.pathname").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_written_down_twice_is_told_with_reasons_and_never_in_the_way() {
    let (Some(driver), Some(mut server)) = (Driver::start(), Server::with_village()) else {
        return;
    };
    let elin = Person::arrives(&driver, &server, "names-elin", "elin", TABLET).await;
    let page = &elin.profile;
    server.stop();
    let first = [("given", "Mohammed"), ("family", "Haddad"), ("birth_date", "1990-03-05")];
    let first = writes_down(&elin, "Familjen Haddad", &first).await;
    let second = [("native_name", "محمد حداد"), ("birth_date", "1990-05-03")];
    let second = writes_down(&elin, "حداد", &second).await;

    page.see("[data-action=twins]").await;
    page.picture("01-liknande").await;
    elin.tap("[data-action=twins]").await;
    page.see_text("main", "Förnamnet låter lika i arabisk skrift").await;
    page.see_text("main", "dag och månad har bytt plats").await;
    page.picture("02-skal").await;

    // Whom only the own script names is called by it.
    let (case, _) = second.split_once("/persons/").unwrap();
    elin.goto(case).await;
    page.see_text("[data-part=persons] strong", "محمد حداد").await;
    page.picture("02-namn").await;

    // A number with a wrong digit is told and kept.
    elin.goto(&first).await;
    page.fill("[data-path$='/personal_number'] input", "19900526-2383").await;
    page.see_text("[data-path$='/personal_number'] .fault", "Den sista siffran").await;
    page.picture("03-nummer").await;
    elin.goto(&second).await;
    elin.goto(&first).await;
    page.until(
        "the number to be there still",
        "document.querySelector(\"[data-path$='/personal_number'] input\").value.includes('2383')",
    )
    .await;

    elin.goto("/sok").await;
    page.fill("#search", "Мухаммед").await;
    page.see_text("[data-part=alike]", "Mohammed Haddad").await;
    page.picture("04-sok").await;
    page.fill("#search", "Mohammed").await;
    page.see_text("[data-part=found]", "Mohammed Haddad").await;
    page.picture("05-sok-skrivet").await;

    elin.goto("/arenden").await;
    elin.tap("[data-action=twins]").await;
    page.see("[data-action=not-same]").await;
    page.picture("06-lista").await;
    page.web().set_window_rect(0, 0, DESK.0, DESK.1).await.unwrap();
    page.picture("07-lista-bred").await;
    elin.goto("/surfplatta").await;
    elin.tap("[data-action=theme-2]").await;
    page.until("the dark look", "document.documentElement.dataset.theme === 'dark'").await;
    elin.tap("[data-action=speak-en]").await;
    page.see_text("h1", "This tablet").await;
    elin.goto("/lika").await;
    page.see_text("main", "Given name sounds alike in Arabic script").await;
    page.picture("08-lista-dark").await;
    // The pair that is most alike stands first; three men of one name, whom the village has, stay.
    elin.tap("[data-action=not-same]").await;
    page.until(
        "the two to be gone",
        "!document.querySelector('main').innerText.includes('Mohammed')",
    )
    .await;
    page.picture("09-kvar").await;
    elin.goto(&second).await;
    page.see("[data-path$='/given']").await;
    page.until("no more hint", "!document.querySelector('[data-action=twins]')").await;
}
