//! Records with words of a test in every text that a form takes.

use ankomst_shared::app::{Act, Command, Input, Query, Reply, View};
use ankomst_shared::catalog::Catalog;
use ankomst_shared::ids::DocumentId;
use ankomst_shared::value::Value;
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::Tablet;

/// Gives the next words, for a text of one line or a long one.
pub(crate) type Words<'a> = &'a mut dyn FnMut(bool) -> String;

/// Writes into the texts of a form, one after the other; gives how many it took.
async fn fill(
    tablet: &Tablet,
    words: Words<'_>,
    (document, entry): (DocumentId, Option<(String, String)>),
) -> usize {
    let Some(View::Form(form)) = tablet.view(Query::Form { document, entry }).await else {
        return 0;
    };
    let mut written = 0;
    for view in form.sections.into_iter().flat_map(|section| section.fields) {
        let text = match &view.input {
            _ if view.read_only => continue,
            Input::LongText => words(true),
            // What has a form of its own would stay a draft that does not fit.
            Input::Text => words(false),
            _ => continue,
        };
        tablet.type_only(document, view.path.as_str(), Value::text(text)).await;
        written += 1;
    }
    tablet.must(Command::Commit(document)).await;
    written
}

/// A case and a house whose every text is of these words, and an entry in each of their lists; gives both, and how
/// many texts were written.
pub(crate) async fn written(server: &Server, words: Words<'_>) -> (DocumentId, DocumentId, usize) {
    let folder = tempfile::tempdir().unwrap();
    let tablet = Tablet::open(folder.path(), &server.url()).await;
    tablet.login("elin", "elin-i-provby").await;
    tablet.sync().await;
    let label = [("label", Value::text(words(false)))];
    let case = tablet.act(Act::NewCase, &label).await.document.unwrap();
    let house = tablet.listed("/boenden").await.first().unwrap().0;
    let mut count = 0;
    let kinds = ["case", "journal", "residence", "deficiencies"];
    for (kind, document) in kinds.into_iter().zip([case, case, house, house]) {
        if matches!(kind, "case" | "residence") {
            count += fill(&tablet, words, (document, None)).await;
        }
        for list in &Catalog::builtin().kind(kind).unwrap().entry_lists {
            let add = Act::Add { parent: document, list: list.id.clone() };
            // Lists of questions ask for texts, too; those that want more than texts are left out.
            let asked = ["title", "what", "name", "display", "given", "label", "body"];
            let asked =
                asked.into_iter().filter(|id| list.fields.iter().any(|field| field.id == *id));
            let answers = asked.map(|id| (id.to_owned(), Value::text(words(false)))).collect();
            let Reply::Acted(acted) = tablet.handle(Command::Act(add, answers)).await else {
                continue;
            };
            let Some(entry) = acted.entry else { continue };
            let at = (acted.document.unwrap_or(document), Some((list.id.clone(), entry)));
            count += fill(&tablet, words, at).await;
        }
    }
    tablet.sync().await;
    (case, house, count)
}
