//! A record is cleaned twice: whoever knew of the first cleaning alone has not known of the second.

use super::*;

fn by_command(server: &Server, case: DocumentId) {
    let id = case.to_string();
    let how = ["clean", &id, FROM, "--reason", "Skyddad adress", "--by", "ingrid"];
    let said = server.command(&how);
    assert!(said.contains("earlier statements are gone"), "{said}");
}

async fn alike(tablets: &[&Tablet], case: DocumentId, wanted: &str) {
    for tablet in tablets {
        let there = |field: &FieldView| field.text == wanted;
        tablet.until_field((case, FROM), wanted, there).await;
        assert_eq!(tablet.field((case, FROM)).await.unwrap().agreement, Agreement::Agreed);
    }
}

#[test]
fn what_was_written_between_two_cleanings_waits_and_what_comes_after_both_counts() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let elin = signed_in(&server, &at("a"), "elin").await;
        let oskar = signed_in(&server, &at("b"), "oskar").await;
        let (case, entry) = told(&elin, &[&oskar]).await;
        corrected(&elin, (case, &entry)).await;
        alike(&[&oskar], case, "Sundsvall").await;
        server.stop_in_order();
        alone(&[&elin, &oskar]).await;
        by_command(&server, case);
        server.start();
        for tablet in [&elin, &oskar] {
            tablet.sync().await;
        }
        // Who knows of the first cleaning is heard in the field.
        oskar.answer(case, FROM, text("Kramfors")).await;
        oskar.sync().await;
        alike(&[&elin, &oskar], case, "Kramfors").await;
        assert_eq!(oskar.status().held, 0);
        server.stop_in_order();
        alone(&[&elin, &oskar]).await;
        oskar.answer(case, FROM, text("Härnösand")).await;
        by_command(&server, case);
        server.start();
        for tablet in [&elin, &oskar] {
            tablet.sync().await;
        }
        // He did not know of the second: it waits for a person, and he is told.
        assert!(oskar.eventually(SYNC_MAX, || oskar.status().held == 1).await);
        alike(&[&elin], case, "Kramfors").await;
        oskar.exchange().await;
        oskar.answer(case, FROM, text("Timrå")).await;
        oskar.sync().await;
        alike(&[&elin, &oskar], case, "Timrå").await;
        assert_eq!(oskar.status().held, 1);
        server.stop_in_order();
        let dump = server.dump();
        for (word, there) in [("Kanariegatan", false), ("Sundsvall", false), ("Härnösand", true)]
        {
            assert_eq!(dump.text().contains(word), there, "{word}");
        }
        // Everything that stays opens with the keys there are.
        assert!(dump.text().contains("Kramfors") && dump.text().contains("Timrå"));
    });
}
