//! What was lawfully destroyed: said on the first place for a month, what tells of lost work until that is confirmed, and
//! where it stood.

use ankomst_shared::app::{Act, Body, PageView, Part, Sign, Tone};
use ankomst_shared::catalog::written_date;
use ankomst_shared::text::Word;

use super::super::super::lost::Lost;
use super::super::viewer::Viewer;
use super::made::{action, notice, part, primary};

/// So long it stands on the first place, in milliseconds.
const SAID_MS: i64 = 30 * 86_400_000;

impl Viewer<'_> {
    /// What was destroyed here lately.
    pub(super) fn lost_parts(&self) -> Vec<Part> {
        let since = self.now.ms.saturating_sub(SAID_MS);
        let all = self.open.standing.lost.iter().rev();
        all.filter(|one| one.is_open() || one.at_ms >= since && !one.is_seen)
            .map(|one| self.lost(one))
            .collect()
    }

    /// The place of what was destroyed here.
    pub(super) fn lost_page(&self, address: &str) -> Option<PageView> {
        let mut all = self.open.standing.lost.iter();
        let one = all.find(|one| address.contains(&one.what.record.to_string()))?;
        let parts = vec![self.lost(one)];
        Some(PageView { title: self.lost_title(one), parts, ..PageView::default() })
    }

    fn lost_title(&self, Lost { what, .. }: &Lost) -> String {
        let kind = self.catalog.kind(&what.kind).map_or("", |kind| kind.label.get(self.language));
        [kind, &what.number].join(" ").trim().to_owned()
    }

    fn lost(&self, one: &Lost) -> Part {
        let what = &one.what;
        let day = self.now.local(what.at_ms).map(|at| written_date(at.date())).unwrap_or_default();
        let ground = match what.ground.as_str() {
            "retention" => self.w(Word::LostRetention),
            "archive" => self.w(Word::LostArchive),
            _ => self.w(Word::LostDecision),
        };
        let mut said = if what.ground.is_empty() {
            self.f(Word::LostPlain, &[&day])
        } else {
            self.f(Word::LostDetail, &[&day, ground, &what.reference, &what.ask])
        };
        if one.unsent > 0 {
            said = [said, self.f(Word::LostUnsent, &[&one.unsent.to_string()])].join(" ");
        }
        let tone = if one.unsent > 0 { Tone::Danger } else { Tone::Info };
        let (key, help) = (what.record.to_string(), [self.lost_title(one), said].join(". "));
        if !one.is_open() {
            return notice(&key, tone, help);
        }
        let seen = action("lost-seen", self.w(Word::IntroDone), Sign::Tick, Act::Seen(what.record));
        let actions = vec![primary(seen)];
        Part { help, actions, ..part(&key, self.lost_title(one), Body::Text(Vec::new())) }
    }
}
