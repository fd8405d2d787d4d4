//! `/administration/surfplattor/…`: what one tablet has with it: how much of each kind, and which records, to those who
//! may read them. So a lost tablet can be told about person by person.

use std::collections::BTreeMap;

use ankomst_shared::app::{Body, Line, PageView, Tone};
use ankomst_shared::order;
use ankomst_shared::text::Word;

use super::devices::HERE;
use super::{Desk, DeskError};
use crate::storage::sqlite::accounts;
use crate::storage::sqlite::log;
use crate::sync::access;

/// Most records that one page names.
const NAMED_MAX: usize = 500;

impl Desk {
    pub(super) fn holds(&self, device: &str) -> Result<PageView, DeskError> {
        let id = self.own_device(device)?;
        let (name, records) = self.app.readers.read(|db| {
            let name = accounts::device(db, id)?.map(|device| device.name).unwrap_or_default();
            let (mut records, mut count) = (Vec::new(), 0);
            for document in log::holdings(db, id)? {
                if let Some(row) = log::document(db, document)? {
                    let reads = row.parent.is_none()
                        && count <= NAMED_MAX
                        && access::may_read(db, &self.me, &row)?.is_some();
                    count += usize::from(reads);
                    records.push((row, reads));
                }
            }
            Ok((name, records))
        })?;
        let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
        let mut lines = Vec::new();
        for (row, reads) in records {
            *kinds.entry(self.kind_label(&row.kind)).or_default() += 1;
            if reads {
                lines.push(Line {
                    key: row.id.to_string(),
                    title: self.record_title(&row)?,
                    detail: self.kind_label(&row.kind),
                    ..Line::default()
                });
            }
        }
        order::sort_by_key(&mut lines, |line: &Line| order::swedish(&line.title));
        let counted = |(kind, count): (String, usize)| (Tone::Plain, vec![kind, count.to_string()]);
        let holds_some = !kinds.is_empty();
        let heading =
            [Word::DeskHoldsKind, Word::DeskHoldsCount].map(|word| self.w(word).to_owned());
        let table = std::iter::once((Tone::Plain, heading.to_vec()));
        let table = table.chain(kinds.into_iter().map(counted)).collect();
        let is_cut = lines.len() > NAMED_MAX;
        lines.truncate(NAMED_MAX);
        let none = self.w(Word::DeskHoldsNone).to_owned();
        let cut = is_cut.then(|| self.notice("cut", Tone::Decide, Word::DeskHoldsCut));
        let kinds =
            holds_some.then(|| self.part("kinds", Word::DeskHoldsKinds, Body::Table(table)));
        let records = self.part("records", Word::DeskHoldsRecords, Body::Lines(lines, none));
        Ok(PageView {
            title: self.f(Word::DeskHoldsOf, &[&name]),
            back: Some((HERE.to_owned(), self.w(Word::DeskDevices).to_owned())),
            parts: kinds.into_iter().chain(cut).chain([records]).collect(),
            ..PageView::default()
        })
    }
}
