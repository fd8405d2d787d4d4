//! What a page shows, made from records, drafts and names.
//!
//! Reading order: [`viewer`] (what every view needs), [`field`], [`form`], [`broken`],
//! [`run`], [`inbox`],
//! [`page`] (places described as data).

mod broken;
mod field;
mod form;
mod inbox;
mod page;
mod run;
mod viewer;

use ankomst_shared::app::{Query, Refusal, View};

pub(super) use self::page::address;
use self::viewer::Viewer;
pub(super) use self::viewer::home;
use super::state::Core;
use crate::platform::Platform;
pub(super) use ankomst_shared::rules::overdue::status_field;

impl<P: Platform> Core<P> {
    /// Makes a view.
    pub(super) fn view(&self, query: &Query) -> Result<View, Refusal> {
        let storage = self.0.state.borrow().storage;
        let around = (self.status(), self.now(), storage);
        let (view, is_new) = self.with_open(|open| {
            let mut viewer = Viewer::new(open, around);
            let view = match query {
                Query::Page(address) => viewer.page(address).map(View::Page),
                Query::Run(id) => viewer.run(*id).map(View::Run),
                Query::Form { document, entry } => {
                    let entry = entry.as_ref().map(|(list, entry)| (list.as_str(), entry.as_str()));
                    viewer.form(*document, entry).map(View::Form)
                }
                Query::Inbox => Ok(View::Inbox(viewer.inbox())),
                Query::Changes(id) => viewer.changes(*id).map(View::Changes),
            };
            let is_new = viewer.wants_files(query);
            Ok((view, is_new))
        })?;
        if is_new {
            self.0.lane.put(());
        }
        view
    }
}
