//! What a page shows, made from records, drafts and names.
//!
//! Reading order: [`viewer`] (what every view needs), [`field`], [`form`], [`residence`], [`run`],
//! [`case`], [`inbox`].

mod case;
mod field;
mod form;
mod inbox;
mod residence;
mod run;
mod viewer;

use ankomst_shared::app::{Query, Refusal, View};

use self::viewer::Viewer;
use super::state::Core;
use crate::platform::Platform;

impl<P: Platform> Core<P> {
    /// Makes a view.
    pub(super) fn view(&self, query: &Query) -> Result<View, Refusal> {
        let language = self.0.state.borrow().language;
        self.with_open(|open| {
            let mut viewer = Viewer::new(open, language);
            match query {
                Query::Residences => Ok(View::Residences(viewer.residences())),
                Query::Residence(id) => viewer.residence(*id).map(View::Residence),
                Query::Run(id) => viewer.run(*id).map(View::Run),
                Query::Cases => Ok(View::Cases(viewer.cases())),
                Query::Case(id) => viewer.case(*id).map(View::Case),
                Query::Form { document, entry } => {
                    let entry = entry.as_ref().map(|(list, entry)| (list.as_str(), entry.as_str()));
                    viewer.form(*document, entry).map(View::Form)
                }
                Query::Inbox => Ok(View::Inbox(viewer.inbox())),
                Query::Changes(id) => viewer.changes(*id).map(View::Changes),
            }
        })
    }
}
