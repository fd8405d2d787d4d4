//! `/rutiner[/<checklist>]`: every checklist to be read and printed without a house or case, so that a routine is
//! known before it is needed.

use ankomst_shared::app::{Act, Body, Line, PageView, Refusal, Sign, Tone};
use ankomst_shared::catalog::diff::due_words;
use ankomst_shared::catalog::{Checklist, Item};
use ankomst_shared::text::Word;

use super::super::viewer::Viewer;
use super::made::{action, badge, by_title, part};

/// The place.
pub(super) const HERE: &str = "/rutiner";

impl Viewer<'_> {
    pub(super) fn routines(&self) -> PageView {
        let newest = |list: &&&Checklist| {
            let newest = self.catalog.newest_checklist(&list.id);
            newest.is_none_or(|newest| newest.version == list.version)
        };
        let lists = self.catalog.checklists().iter().filter(newest);
        let mut lines: Vec<Line> = lists
            .map(|list| Line {
                key: list.id.clone(),
                href: Some([HERE, "/", &list.id].concat()),
                title: list.label.get(self.language).to_owned(),
                figure: list.items.len().to_string(),
                ..Line::default()
            })
            .collect();
        by_title(&mut lines);
        let back = Some(("/idag".to_owned(), self.w(Word::Today).to_owned()));
        let parts = vec![part("routines", "", Body::Lines(lines, String::new()))];
        PageView { title: self.w(Word::Routines).to_owned(), back, parts, ..PageView::default() }
    }

    pub(super) fn routine(&self, id: &str) -> Result<PageView, Refusal> {
        let list = self.catalog.newest_checklist(id).ok_or(Refusal::NoPlace)?;
        let parts = list.groups.iter().map(|group| {
            let items = list.items.iter().filter(|item| item.group == group.id);
            let lines = items.map(|item| self.routine_line(item)).collect();
            part(&group.id, group.label.get(self.language), Body::Lines(lines, String::new()))
        });
        Ok(PageView {
            title: list.label.get(self.language).to_owned(),
            back: Some((HERE.to_owned(), self.w(Word::Routines).to_owned())),
            badges: vec![badge(["v", &list.version.to_string()].concat(), Tone::Plain)],
            actions: vec![action("print", self.w(Word::Print), Sign::Print, Act::Print)],
            parts: parts.collect(),
        })
    }

    /// An item: what is to be done, when, by whom, and where that comes from.
    fn routine_line(&self, item: &Item) -> Line {
        let named = |list: &str, codes: &[String]| {
            let words = codes.iter().map(|code| self.catalog.code_words(list, code, self.language));
            words.collect::<Vec<_>>().join(", ")
        };
        let due = item.due.as_ref().map(|due| due_words(self.catalog, due, self.language));
        let limit = item.threshold.as_ref().map(|limit| limit.get(self.language).to_owned());
        let mut detail = vec![
            due.unwrap_or_default(),
            limit.unwrap_or_default(),
            named("department", &item.departments),
            named("source", &item.sources),
        ];
        detail.retain(|part| !part.is_empty());
        Line {
            key: item.id.clone(),
            title: item.label.get(self.language).to_owned(),
            detail: detail.join(" · "),
            figure: item.id.clone(),
            ..Line::default()
        }
    }
}
