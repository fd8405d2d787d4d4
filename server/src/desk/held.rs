//! `/administration/hallna`: changes that wait for a person; who, on which device, why.

use ankomst_shared::app::{Body, Line, PageView, Tone};
use ankomst_shared::ids::base32;
use ankomst_shared::text::Word;

use super::{Desk, DeskError};
use crate::storage::sqlite::{accounts, log};
use crate::sync::access;

impl Desk {
    pub(super) fn held(&self) -> Result<PageView, DeskError> {
        let lines = self.app.readers.read(|db| {
            let names = accounts::device_names(db, self.me.unit)?;
            let rights = access::rights_now(db, &self.me)?;
            let mut lines = Vec::new();
            for chunk in log::held(db, None)? {
                let Some(document) = log::document(db, chunk.document)? else { continue };
                if !access::oversees(db, &rights, &document)? {
                    continue;
                }
                let user = accounts::user(db, chunk.user)?;
                let device = names.iter().find(|(id, _)| *id == chunk.device);
                lines.push(Line {
                    key: base32(chunk.hash.as_bytes()),
                    title: user.map(|user| user.name).unwrap_or_default(),
                    detail: format!(
                        "{} · {} · {}",
                        device.map(|(_, name)| name.as_str()).unwrap_or_default(),
                        document.kind,
                        chunk.reason.unwrap_or_default()
                    ),
                    figure: Self::moment(chunk.received_ms),
                    ..Line::default()
                });
            }
            Ok(lines)
        })?;
        let none = self.w(Word::DeskHeldNone).to_owned();
        Ok(PageView {
            title: self.w(Word::DeskHeld).to_owned(),
            back: Some(self.back()),
            parts: vec![
                self.notice("how", Tone::Info, Word::DeskHeldHelp),
                self.part("held", Word::DeskHeld, Body::Lines(lines, none)),
            ],
            ..PageView::default()
        })
    }
}
