//! `/administration`: where to go, the catalog, the server.

use ankomst_shared::app::{Body, Line, PageView, Tone};
use ankomst_shared::catalog::Catalog;
use ankomst_shared::text::Word;

use super::{Desk, DeskError, guard};
use crate::care;
use crate::storage::sqlite::{accounts, backed, grants, held, log};

/// What was opened in emergencies is counted so far.
const OPENED_MAX: usize = 200;

impl Desk {
    pub(super) fn overview(&self) -> Result<PageView, DeskError> {
        let (people, devices, held, feed, epoch, backup_ms, opened) =
            self.app.readers.read(|db| {
                Ok((
                    accounts::users(db)?.len(),
                    accounts::devices(db)?.len(),
                    held::count(db)?,
                    log::head(db)?.feed,
                    log::epoch(db)?,
                    backed::made_ms(db)?,
                    grants::of_need(db, self.me.unit, OPENED_MAX)?.len(),
                ))
            })?;
        let fresh =
            care::age_ms(backup_ms, self.app.now_ms()).is_some_and(|age| age <= care::FRESH_MS);
        let mut parts = Vec::new();
        if !fresh {
            parts.push(self.notice("backup", Tone::Decide, Word::DeskNoBackup));
        }
        if self.app.ballast.is_low() {
            parts.push(self.notice("disk", Tone::Decide, Word::DeskDiskFull));
        }
        if self.app.audit.is_damaged() {
            parts.push(self.notice("access-log", Tone::Danger, Word::DeskLogDamaged));
        } else if self.app.audit.is_failing() {
            parts.push(self.notice("access-log", Tone::Decide, Word::DeskLogFailsHelp));
        }
        let waiting = usize::try_from(held).unwrap_or(usize::MAX);
        let mut lines = vec![
            self.link("/administration/personer", Word::DeskPeople, people),
            self.link("/administration/surfplattor", Word::DeskDevices, devices),
            self.link(super::held::HERE, Word::DeskHeld, waiting),
            self.way("/administration/organisation", Word::DeskOrganisation),
            self.link(guard::HERE, Word::DeskGuard, opened),
            self.way(super::destroyed::HERE, Word::DeskDestroyedAll),
        ];
        // The access log is for who reviews it.
        lines.extend(self.reviews().then(|| self.way(super::log::HERE, Word::DeskLog)));
        parts.push(self.part("places", Word::Administration, Body::Lines(lines, String::new())));
        let fact = |word: Word, value: String| (self.w(word).to_owned(), value);
        let backup = backup_ms.map_or_else(|| self.w(Word::ContactNever).to_owned(), Self::moment);
        let server = vec![
            fact(Word::DeskVersion, env!("CARGO_PKG_VERSION").to_owned()),
            fact(Word::DeskEpoch, epoch.map_or_else(String::new, |epoch| epoch.to_string())),
            fact(Word::DeskVisible, feed.to_string()),
            fact(Word::DeskHeld, held.to_string()),
            fact(Word::DeskBackup, backup),
        ];
        parts.push(self.part("server", Word::DeskServer, Body::Facts(server)));
        let package = Catalog::builtin().package();
        let lists = package.kinds.iter().flat_map(|kind| &kind.entry_lists);
        let fields = package.kinds.iter().map(|kind| kind.fields.len()).sum::<usize>()
            + lists.map(|list| list.fields.len()).sum::<usize>();
        let mut catalog = vec![
            fact(Word::DeskPackage, format!("{} v{}", package.id, package.version)),
            fact(Word::DeskKinds, package.kinds.len().to_string()),
            fact(Word::DeskFields, fields.to_string()),
        ];
        for list in self.app.catalog().checklists() {
            let label = list.label.get(self.language).to_owned();
            catalog.push((label, format!("v{} · {}", list.version, list.items.len())));
        }
        parts.push(self.part("catalog", Word::DeskCatalog, Body::Facts(catalog)));
        let title = self.w(Word::Administration).to_owned();
        Ok(PageView { title, parts, ..PageView::default() })
    }

    /// A link without a figure.
    fn way(&self, address: &str, word: Word) -> Line {
        Line { figure: String::new(), ..self.link(address, word, 0) }
    }

    /// The way back to the overview.
    pub(super) fn back(&self) -> (String, String) {
        ("/administration".to_owned(), self.w(Word::Administration).to_owned())
    }
}
