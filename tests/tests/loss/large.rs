//! Much typed at once: more than one change may carry.

use ankomst_shared::catalog::{Catalog, Field, FieldType};
use ankomst_shared::ids::EntryId;
use ankomst_shared::limits::FIELD_TEXT_BYTES_MAX;
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::device::SYNC_MAX;

use crate::kit::{local, new_case, signed_in, text};

#[test]
fn nine_texts_of_64_kib_in_one_commit_are_shared() {
    let Some(mut server) = Server::empty() else { return };
    server.command(&["seed", "--pack", "sp-1", "--seed", "1"]);
    server.start();
    let folder = tempfile::tempdir().unwrap();
    let intakes = Catalog::builtin().kind("case").unwrap().entry_list("intakes").unwrap();
    let is_text = |field: &&Field| matches!(field.typ, FieldType::Text | FieldType::LongText);
    let fields = intakes.fields.iter().filter(is_text);
    let entry = EntryId::from_bytes([7; 10]);
    let fields: Vec<String> =
        fields.map(|field| format!("intakes/{entry}/{}", field.id)).take(9).collect();
    assert_eq!(fields.len(), 9);
    let long = "å".repeat(FIELD_TEXT_BYTES_MAX / 2);
    local(async {
        let writer = signed_in(&server, &folder.path().join("writer"), "elin").await;
        let case = new_case(&writer, "Mycket på en gång").await;
        for field in &fields {
            writer.type_only(case, field, text(&long)).await;
        }
        writer.must(ankomst_shared::app::Command::Commit(case)).await;
        assert!(writer.sync_until_idle(SYNC_MAX).await, "{:?}", writer.status());
        let reader = signed_in(&server, &folder.path().join("reader"), "elin").await;
        reader.sync().await;
        for field in &fields {
            reader.until_field((case, field), field, |shown| shown.value == text(&long)).await;
        }
        let lost = server.dump().lacks(&writer.heard().acked);
        assert!(lost.is_empty(), "{lost:?}");
    });
}
