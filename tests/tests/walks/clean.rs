//! What a supervisor takes out of the history of a record, and when all of it is destroyed.

use ankomst_tests::kit::person::Person;

/// A place that was written down by mistake is corrected, and then taken out of the history for good.
pub(crate) async fn taken_out(ingrid: &Person) {
    let page = &ingrid.profile;
    ingrid.goto("/arenden").await;
    page.see("[data-part=cases] [data-line]").await;
    ingrid.tap("[data-part=cases] [data-line] a").await;
    page.see("[data-part=about]").await;
    let case = ingrid.read("location.pathname").await;
    for place in ["Skyddade gatan 1", "Sundsvall"] {
        ingrid.goto(&format!("{case}/uppgifter")).await;
        page.fill("[data-path=arriving_from] input", place).await;
        ingrid.saved("arriving_from").await;
        ingrid.in_step().await;
    }
    ingrid.goto(&case).await;
    ingrid.tap("[data-line=history] a").await;
    page.see_text("[data-part=history]", "Skyddade gatan 1").await;
    page.picture("08-historik").await;
    ingrid.tap("[data-action=clean]").await;
    page.see_text("[data-line=arriving_from]", "Skyddade gatan 1").await;
    page.picture("09-rensa").await;
    ingrid.tap("[data-line=arriving_from] [data-action=clean]").await;
    page.see("#ask").await;
    page.picture("10-rensa-fraga").await;
    ingrid.asked(&[("reason", "Skyddad adress")]).await;
    let gone = "!document.querySelector('[data-line=arriving_from]')";
    page.until("nothing to lie behind it", gone).await;
    page.see_text("[data-part=done]", "Skyddad adress").await;
    page.picture("11-rensat").await;
    // The tablet changes to the record without it.
    ingrid.goto(&format!("{case}/historik")).await;
    let shown = "document.querySelector('[data-part=history]')?.innerText ?? 'gatan 1'";
    page.until("it to be gone", &format!("!({shown}).includes('gatan 1')")).await;
    ingrid.goto(&format!("{case}/uppgifter")).await;
    page.until(
        "what stands to stay",
        "document.querySelector('[data-path=arriving_from] input')?.value === 'Sundsvall'",
    )
    .await;
}

/// Why a case is kept, and until when.
pub(crate) async fn when_it_goes(ingrid: &Person) {
    let page = &ingrid.profile;
    ingrid.tap("[data-part=rules] [data-line=retention] details.why summary").await;
    page.see_text("[data-line=retention] details.why", "What changes it?").await;
    page.picture("09-why-dark-english").await;
    let reasons = ingrid.read("document.querySelector('[data-why*=retention]').dataset.why").await;
    ingrid.goto(&reasons).await;
    page.see_text("[data-part^=why-]", "Social Services Act").await;
    page.picture("10-reasons-dark-english").await;
}
