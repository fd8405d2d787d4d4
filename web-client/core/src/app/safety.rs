//! The safety copy: everything on this device that the server does not have, as a file.

use ankomst_shared::app::Refusal;
use ankomst_shared::catalog::written_date;
use ankomst_shared::ids::DocumentId;
use ankomst_shared::sign::copy;

use super::drafted::read_drafted_key;
use super::rows::{Stage, deposit_id, read_deposit_key};
use super::state::{Core, Open};
use crate::platform::Platform;
use crate::store::{Store, Table};

impl<P: Platform> Core<P> {
    /// Name and contents of the file; nothing when there is nothing to keep. Needs no open vault: all
    /// work lies here sealed to the server. With one open it holds also what could not be written.
    pub(super) async fn safety_copy(&self) -> Result<Option<(String, Vec<u8>)>, Refusal> {
        let is_open = self.0.state.borrow().open.is_some();
        if is_open {
            // What cannot become a change on the disk goes into the copy from memory.
            let _stay = self.commit_all_drafts().await;
        }
        let _turn = self.0.turn.take().await;
        let kept = self.0.platform.store().load(Table::Deposits, b"").await;
        if kept.is_err() && !is_open {
            return Err(Refusal::Storage);
        }
        let kept = kept.unwrap_or_default();
        // What is half typed in the open vault comes from memory, but for what cannot be opened.
        let is_in_memory = |key: &[u8], id: DocumentId| {
            let is =
                |open: &mut Open| Ok(key.starts_with(open.user().as_bytes()) && !open.is_aside(id));
            self.with_open(is) == Ok(true)
        };
        let rows = kept.iter().filter(|(key, _)| {
            !read_drafted_key(key).is_some_and(|document| is_in_memory(key, document))
        });
        let mut pieces: Vec<Vec<u8>> = rows.map(|(_, sealed)| sealed.clone()).collect();
        if is_open {
            let missing = self.with_open(|open| {
                let mut missing = Vec::new();
                for (document, rows) in &open.chunks {
                    for (hash, row) in rows {
                        let id = Some((open.user(), deposit_id(hash)));
                        let is_kept = kept.iter().any(|(key, _)| read_deposit_key(key) == id);
                        if row.stage == Stage::Unsent && !is_kept {
                            missing.push((*document, row.clone()));
                        }
                    }
                }
                Ok(missing)
            })?;
            for (document, row) in missing {
                pieces.push(self.deposited(document, &row)?);
            }
            pieces.extend(self.sealed_drafts()?);
        }
        let day = written_date(self.now().today());
        Ok((!pieces.is_empty()).then(|| (format!("ankomst-{day}.safety"), copy::write(&pieces))))
    }
}
