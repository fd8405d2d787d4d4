//! Records of kinds that have no page of their own: a list of them, and one with its form and all that
//! belongs to it. What there is, the catalog says.

use ankomst_shared::app::{Act, Action, Body, Line, PageView, Refusal, Sign};
use ankomst_shared::catalog::{Field, FieldType, Kind, MergeCode, Required};
use ankomst_shared::find::fits;
use ankomst_shared::ids::DocumentId;
use ankomst_shared::text::Word;

use super::super::viewer::Viewer;
use super::made::{action, asked, by_title, part, primary};

/// Kinds that are shown in pages of their own.
const OWN_PAGES: [&str; 3] = ["residence", "case", "run"];

impl Viewer<'_> {
    /// The records of a kind: those of a record, or those that stand alone.
    pub(super) fn records(
        &mut self,
        kind: &'static Kind,
        parent: Option<DocumentId>,
    ) -> Result<PageView, Refusal> {
        if !self.is_shown(kind, parent) {
            return Err(Refusal::NoPlace);
        }
        let ids = self.of_kind_at(kind, parent);
        let mut lines: Vec<Line> = ids.into_iter().map(|id| self.record_line(id)).collect();
        by_title(&mut lines);
        let none = self.w(Word::EntriesNone).to_owned();
        let mut actions =
            if kind.server { Vec::new() } else { vec![self.new_action(kind, parent)] };
        if kind.id == "year" {
            actions.push(self.report_action());
        }
        Ok(PageView {
            title: kind.label.get(self.language).to_owned(),
            back: parent.map(|parent| (self.address(parent), self.title(parent))),
            actions,
            parts: vec![part("records", "", Body::Lines(lines, none))],
            ..PageView::default()
        })
    }

    /// One record: its form, and the way to all that belongs to it.
    pub(super) fn any(&mut self, id: DocumentId, kind: &Kind) -> Result<PageView, Refusal> {
        let mut page = self.whole(id)?;
        let parent = self.open.headers.get(&id).and_then(|header| header.parent);
        let above = parent.map_or_else(String::new, |parent| self.address(parent));
        page.back =
            Some((format!("{above}/{}", kind.id), kind.label.get(self.language).to_owned()));
        let mut line = self.record_line(id);
        line.badges.append(&mut page.badges);
        (page.title, page.badges) = (line.title, line.badges);
        page.parts.extend(self.late_part(id));
        page.parts.extend(self.files_part(id, ""));
        if kind.id == "year" {
            page.actions.extend(self.lock_action(id));
        }
        if let Some(rules) = self.rules_part(id, ("", "")) {
            page.parts.insert(0, rules);
        }
        let mut more = self.more(id);
        if let Body::Lines(lines, _) = &mut more.body {
            // The whole form stands here already.
            lines.retain(|line| line.key != "whole");
        }
        page.parts.push(more);
        Ok(page)
    }

    /// The ways to the kinds of a record, or to those that stand alone.
    pub(super) fn kind_lines(&mut self, parent: Option<DocumentId>) -> Vec<Line> {
        let above = parent.map_or_else(String::new, |parent| self.address(parent));
        let mut lines = Vec::new();
        for kind in &self.catalog.package().kinds {
            if !self.is_shown(kind, parent) {
                continue;
            }
            let number = self.of_kind_at(kind, parent).len();
            lines.push(Line {
                key: kind.id.clone(),
                href: Some(format!("{above}/{}", kind.id)),
                title: kind.label.get(self.language).to_owned(),
                figure: number.to_string(),
                ..Line::default()
            });
        }
        lines
    }

    /// Records of kinds without pages of their own that are found by these words.
    pub(super) fn find_others(&mut self, words: &[String], lines: &mut Vec<Line>) {
        for kind in &self.catalog.package().kinds {
            if kind.single || OWN_PAGES.contains(&kind.id.as_str()) {
                continue;
            }
            for id in self.of_kind(&kind.id) {
                let mut text = self.found_by(id, "");
                for list in &kind.entry_lists {
                    text.push_str(&self.found_by(id, &list.id));
                }
                if fits(words, &text) {
                    lines.push(self.record_line(id));
                }
            }
        }
    }

    /// Whether the person has a kind that belongs there and has no page of its own.
    fn is_shown(&self, kind: &Kind, parent: Option<DocumentId>) -> bool {
        let own = kind.single || OWN_PAGES.contains(&kind.id.as_str());
        let to = parent.and_then(|parent| self.kind(parent).ok());
        !own && kind.may_belong_to(to) && kind.is_had_by(&self.open.identity.user.roles)
    }

    fn of_kind_at(&self, kind: &Kind, parent: Option<DocumentId>) -> Vec<DocumentId> {
        let mut ids = self.of_kind(&kind.id);
        ids.retain(|id| self.open.headers.get(id).is_some_and(|header| header.parent == parent));
        ids
    }

    /// A record as a line that leads to it.
    fn record_line(&mut self, id: DocumentId) -> Line {
        let open = self.record(id).map_or(0, |record| record.open());
        let kind = self.kind(id).ok();
        let title = self.title(id);
        let title = match kind {
            Some(kind) if title.is_empty() => kind.label.get(self.language).to_owned(),
            _ => title,
        };
        let state = kind.and_then(|kind| kind.anchored("state"));
        let mut badges: Vec<_> =
            state.and_then(|field| self.state(id, &field.id)).into_iter().collect();
        badges.extend(self.conflicts(open));
        Line { key: id.to_string(), href: Some(self.address(id)), title, badges, ..Line::default() }
    }

    /// Makes a record, as an action that asks what it is called and what never changes.
    fn new_action(&mut self, kind: &Kind, parent: Option<DocumentId>) -> Action {
        let act = Act::New { kind: kind.id.clone(), parent };
        let new = action(&format!("new-{}", kind.id), self.w(Word::Add), Sign::Plus, act);
        let is_asked = |field: &&Field| {
            let needed = field.required == Required::Creation && field.merge != MergeCode::M;
            let first = field.merge == MergeCode::I || field.anchor.as_deref() == Some("title");
            needed && !field.system && (first || matches!(field.typ, FieldType::Choice(_)))
        };
        let home = parent.unwrap_or(DocumentId::from_bytes([0; 16]));
        let fields: Vec<&Field> = kind.fields.iter().filter(is_asked).collect();
        primary(asked(new, "", self.questions(home, &fields)))
    }
}
