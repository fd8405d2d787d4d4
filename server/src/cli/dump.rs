//! `ankomst dump`: every change with its state and everything it sets, for support and for the
//! check that nothing was lost. Contains what people wrote; for the holder of the keys only.

use std::collections::btree_map::{BTreeMap, Entry};

use ankomst_shared::chunk::parse;
use ankomst_shared::ids::base32;
use ankomst_shared::value::Value;
use serde_json::{Value as Json, json};

use crate::app::App;
use crate::storage::sqlite::log;

pub(super) fn run(app: &App) -> anyhow::Result<()> {
    let (chunks, kinds) = app.readers.read(|db| {
        let chunks = log::all_chunks(db)?;
        let mut kinds = BTreeMap::new();
        for chunk in &chunks {
            if let Entry::Vacant(kind) = kinds.entry(chunk.document) {
                kind.insert(log::document(db, chunk.document)?.map(|row| row.kind));
            }
        }
        Ok((chunks, kinds))
    })?;
    for chunk in chunks {
        let bytes = if chunk.is_wiped() {
            Vec::new()
        } else {
            app.keys.open_chunk(chunk.document, &chunk.hash, &chunk.sealed)?
        };
        let ops: Vec<Json> = parse(&bytes).map_or_else(
            |_| Vec::new(),
            |info| {
                let fields = info.ops.into_iter().filter_map(|op| Some((op.key, op.value?)));
                fields
                    .map(|(key, value)| json!({"path": key.as_str(), "value": plain(&value)}))
                    .collect()
            },
        );
        println!(
            "{}",
            json!({
                "received": chunk.received,
                "feed": chunk.feed,
                "document": chunk.document.to_string(),
                "kind": kinds.get(&chunk.document),
                "hash": base32(chunk.hash.as_bytes()),
                "state": chunk.state,
                "reason": chunk.reason,
                "user": chunk.user.to_string(),
                "device": chunk.device.to_string(),
                "ops": ops,
            })
        );
    }
    Ok(())
}

fn plain(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(yes) => json!(yes),
        Value::Int(number) => json!(number),
        Value::Str(text) => json!(text),
    }
}
