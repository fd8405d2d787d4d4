//! Everything on a tablet as its owner's key opens it, for the question what is still on it.

use std::path::Path;

use ankomst_core::store::{Store, Table};
use ankomst_core::vault::VaultRecord;
use ankomst_core::vault::passphrase::unwrap;

use super::device::passphrase;
use super::store::FileStore;

/// All rows of a tablet's store that the person's key opens, one after another. The tablet may be on.
pub async fn opened(folder: &Path, login: &str) -> Vec<u8> {
    let store = FileStore::open(folder).unwrap();
    let rows = store.load(Table::Meta, &[]).await.unwrap();
    let mut records = rows.iter().filter_map(|(_, row)| minicbor::decode::<VaultRecord>(row).ok());
    let record = records.find(|record| record.login == login).unwrap();
    let key = unwrap(&record.wrapped, &passphrase(login)).unwrap();
    let mut all = Vec::new();
    for table in Table::ALL {
        for (id, row) in store.load(table, &[]).await.unwrap() {
            all.extend(key.open(table, &id, &row).unwrap_or_default());
        }
    }
    all
}
