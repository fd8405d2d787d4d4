//! Pages that the server describes: administration and the register need contact, and nothing of them is
//! kept here.

use ankomst_shared::app::{Acted, Body, PAGE_FORM, PageView, Part, Refusal, Tone};
use ankomst_shared::packed::{Packed, from_bytes, to_bytes};
use ankomst_shared::text::Word;
use ankomst_shared::value::Value;

use super::state::Core;
use crate::platform::{HttpAnswer, Platform};

/// Where those pages stand.
pub(super) const SERVER_PAGES: [&str; 2] = ["/administration", "/register"];
/// What is searched for on the server; below what was found here, so never a refusal.
const SERVER_SEARCH: &str = "/register/sok/";

impl<P: Platform> Core<P> {
    /// Asks the server for one of its pages.
    pub(super) async fn server_page(&self, address: &str) -> Result<PageView, Refusal> {
        let question = (address.to_owned(), self.status().language);
        match self.ask_server("/api/v1/desk/page", &question).await {
            Err(Refusal::NoContact) if address.starts_with(SERVER_SEARCH) => {
                let notice = Part {
                    key: "no-contact".to_owned(),
                    title: String::new(),
                    help: self.say(Word::ServerNoContact, &[]),
                    actions: Vec::new(),
                    body: Body::Notice(Tone::Info),
                };
                Ok(PageView { parts: vec![notice], ..PageView::default() })
            }
            other => other,
        }
    }

    /// Asks the server to do what one of its pages offered.
    pub(super) async fn server_act(
        &self,
        page: &str,
        name: &str,
        answers: Vec<(String, Value)>,
    ) -> Result<Acted, Refusal> {
        let question = ((page.to_owned(), name.to_owned()), (self.status().language, answers));
        let acted = self.ask_server("/api/v1/desk/act", &question).await?;
        self.tell(vec![ankomst_shared::app::Query::Page(page.to_owned())]);
        Ok(acted)
    }

    /// A question in the packed form of pages; a server with another form says so.
    async fn ask_server<T: Packed>(
        &self,
        path: &str,
        question: &impl Packed,
    ) -> Result<T, Refusal> {
        if self.0.state.borrow().open.is_none() {
            return Err(Refusal::Locked);
        }
        let body = to_bytes(&(PAGE_FORM, to_bytes(question)));
        from_bytes(&self.post_in(path, body).await?.body).ok_or(Refusal::OtherBuild)
    }

    /// A request of whoever is in; the session is renewed if that is all it takes.
    pub(super) async fn post_in(&self, path: &str, body: Vec<u8>) -> Result<HttpAnswer, Refusal> {
        match self.post(path, body.clone()).await {
            Err(Refusal::NotAllowed) if self.refresh().await.0 == 204 => {
                self.post(path, body).await
            }
            other => other,
        }
    }
}
