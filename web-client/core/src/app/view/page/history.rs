//! `…/historik`: everything that was said in a record, the newest first. What was corrected stands here with
//! what corrected it, for whoever may read the record.

use ankomst_shared::app::{Act, Action, Body, Line, PageView, Refusal, Role, Sign, Tone};
use ankomst_shared::catalog::FieldType;
use ankomst_shared::ids::DocumentId;
use ankomst_shared::order;
use ankomst_shared::text::Word;
use ankomst_shared::value::Value;

use super::super::viewer::Viewer;
use super::made::{action, badge, part};

/// Most lines of the place; what is older is in the record all the same.
const LINES_MAX: usize = 300;

impl Viewer<'_> {
    pub(super) fn history(&mut self, id: DocumentId) -> Result<PageView, Refusal> {
        let kind = self.kind(id)?;
        let document = self.open.read(id).ok_or(Refusal::NotHere)?;
        let record = self.record(id)?;
        let mut said = document.all_history();
        order::sort_by_key(&mut said, |(_, one)| core::cmp::Reverse((one.meta.claimed_ms, one.id)));
        let mut lines = Vec::new();
        for (path, one) in said {
            let Some(at) = self.catalog.locate(&kind.id, &path) else { continue };
            if at.field.system && at.field.id != "tombstone" || lines.len() == LINES_MAX {
                continue;
            }
            let mut place = at.field.label.get(self.language).to_owned();
            if let (Some(list), Some(entry)) = (at.list, at.entry) {
                place = [&self.place(id, list, entry), " · ", &place].concat();
            }
            let mut value = match &at.field.typ {
                FieldType::Reference(to) => {
                    let code = one.value.as_str().unwrap_or_default();
                    let known = self.references(id, to).into_iter().find(|it| it.code == code);
                    known.map_or_else(String::new, |it| it.label)
                }
                _ => self.catalog.words(at.field, &one.value, self.language),
            };
            if let (Some(member), FieldType::Set(list)) = (at.member, &at.field.typ) {
                value =
                    [&self.catalog.code_words(list, member, self.language), ": ", &value].concat();
            }
            if value.is_empty() {
                self.w(Word::HistoryCleared).clone_into(&mut value);
            }
            let stands = record.value(path.as_str()) == Some(&one.value)
                || (record.value(path.as_str()).is_none() && one.value == Value::Null);
            let mut badges = Vec::new();
            if stands {
                badges.push(badge(self.w(Word::HistoryStands), Tone::Plain));
            }
            lines.push(Line {
                key: one.id.to_string(),
                title: place,
                detail: value,
                badges,
                figure: [&self.person(one.meta.user), " · ", &self.moment(one.meta.claimed_ms)]
                    .concat(),
                ..Line::default()
            });
        }
        let mut all = part("history", "", Body::Lines(lines, String::new()));
        self.w(Word::HistoryHelp).clone_into(&mut all.help);
        let clean = Act::Go(format!("/administration/rensa/{id}"));
        let clean = action("clean", self.w(Word::HistoryClear), Sign::Cross, clean);
        let supervises = self.open.identity.user.roles.contains(&Role::Supervisor) && !kind.server;
        let actions: Vec<Action> = if supervises { vec![clean] } else { Vec::new() };
        Ok(PageView {
            title: self.w(Word::History).to_owned(),
            back: Some((self.address(id), self.title(id))),
            actions,
            parts: vec![all],
            ..PageView::default()
        })
    }
}
