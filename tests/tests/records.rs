//! What has no page of its own, recorded in a real browser, and the report of what was agreed.

use ankomst_tests::kit::browser::Driver;
use ankomst_tests::kit::person::Person;
use ankomst_tests::kit::server::Server;

const DESK: (u32, u32) = (1440, 900);

/// What has no page of its own is recorded all the same: a party, and a contract that names it.
#[tokio::test(flavor = "multi_thread")]
async fn a_supervisor_records_a_contract() {
    let (Some(driver), Some(server)) = (Driver::start(), Server::with_village()) else { return };
    let ingrid = Person::arrives(&driver, &server, "kontrakt", "ingrid", DESK).await;
    let page = &ingrid.profile;
    page.see("[data-part=kinds] [data-line=party]").await;
    ingrid.tap("[data-part=kinds] [data-line=party] a").await;
    ingrid.tap("[data-action=new-party]").await;
    ingrid.asked(&[("name", "Provbolaget Bostäder")]).await;
    page.see_text("h1", "Provbolaget Bostäder").await;
    page.picture("01-aktor").await;
    ingrid.goto("/boenden").await;
    ingrid.tap("[data-part=houses] [data-line] a").await;
    let house = ingrid.read("location.pathname").await;
    ingrid.tap("[data-part=more] [data-line=contract] a").await;
    ingrid.tap("[data-action=new-contract]").await;
    ingrid.asked(&[("title", "Kontrakt Provhuset"), ("kind", "Blockhyra")]).await;
    page.see_text("h1", "Kontrakt Provhuset").await;
    page.see_text("main", "Tips").await;
    page.see("[data-path=landlord]").await;
    page.fill("[data-path=rent] input", "8 500,50").await;
    ingrid.in_step().await;
    page.picture("02-kontrakt").await;
    ingrid.tap("[data-part=more] [data-line=damages] a").await;
    ingrid.tap("[data-action=add-damages]").await;
    page.see("[data-path$='/claim_state']").await;
    page.picture("03-skada").await;
    ingrid.goto(&format!("{house}/contract")).await;
    page.see_text("[data-part=records]", "Kontrakt Provhuset").await;
    ingrid.goto("/sok").await;
    page.fill("#search", "provhuset").await;
    page.see_text("[data-part=found]", "Kontrakt Provhuset").await;
}

/// What was agreed and how many came opens without contact: as a plot, as a table that says the same, and as a
/// file for a spreadsheet.
#[tokio::test(flavor = "multi_thread")]
async fn the_report_of_agreement_and_received_opens_without_contact() {
    let (Some(driver), Some(mut server)) = (Driver::start(), Server::with_examples()) else {
        return;
    };
    let chief = Person::arrives(&driver, &server, "avtal", "krokom", DESK).await;
    let page = &chief.profile;
    page.see("[data-part=kinds] [data-action=report]").await;
    server.stop();
    chief.goto("/idag").await;
    chief.tap("[data-part=kinds] [data-action=report]").await;
    page.see_text("h1", "Avtal och mottagande").await;
    // Every year with what came, and the range as a range.
    page.see_text("[data-part=table] tbody tr:last-child", "2013").await;
    for (column, wanted) in [("Mottagna", "17,17,32,26,33"), ("Lägst", "40"), ("Högst", "60")] {
        let said = chief.read(&column_of(column)).await;
        assert_eq!(said, wanted, "{column}");
    }
    page.see_text("[data-part=trend]", "summa 125, medel 25").await;
    page.see_text("[data-part=head]", "Krokom (exempel)").await;
    let drawn =
        "[...document.querySelectorAll('.plot .got')].map(bar => bar.getAttribute('width'))";
    let bars = chief.read(&format!("{drawn}.join(' ')")).await;
    let bars: Vec<u32> = bars.split(' ').map(|width| width.parse().unwrap()).collect();
    assert!(bars.len() == 5 && bars[2] > bars[3] && bars[0] == bars[1], "{bars:?}");
    page.until("the frame of the range", "document.querySelectorAll('.plot .range').length === 1")
        .await;
    page.picture("01-rapport").await;
    let folder = tempfile::tempdir().unwrap();
    page.downloads_to(folder.path()).await;
    chief.tap("[data-action=csv]").await;
    let file = page.downloaded(folder.path(), "R-01.csv").await;
    assert!(file.starts_with("\u{feff}Kommun;Krokom (exempel)\r\n"), "{file}");
    assert!(file.contains("\r\n2012;Flykting (konvention);;"), "{file}");
    // One year alone has an address.
    chief.goto("/rapport/avtal/2013").await;
    page.see("[data-part=table]").await;
    assert_eq!(chief.read(&column_of("Mottagna")).await, "");
    page.see_text("[data-part=without]", "Mottagna").await;
}

/// The cells of a column of the table.
fn column_of(name: &str) -> String {
    format!(
        "(at => at < 0 ? '' : [...document.querySelectorAll('[data-part=table] tbody tr')]
            .map(row => row.cells[at].textContent).filter(cell => cell).join())
        ([...document.querySelectorAll('[data-part=table] thead th')]
            .findIndex(head => head.textContent === {name:?}))"
    )
}
