//! `/administration/personer/lank/…`: the one-time link of a person, to be scanned or sent, as long as it is shown.

use ankomst_shared::app::{Acted, Body, PageView, Tone};
use ankomst_shared::text::Word;
use fast_qr::QRBuilder;
use fast_qr::convert::Builder;
use fast_qr::convert::svg::SvgBuilder;
use fast_qr::qr::QRCodeError;

use super::people;
use super::{Desk, DeskError};
use crate::accounts::link;
use crate::storage::accesses::entry::What;

/// The place, and behind it whose link it is.
pub(super) const HERE: &str = "/administration/personer/lank/";

impl Desk {
    /// Makes a link and goes to where it is shown.
    pub(super) async fn make_link(&self, user: &str) -> Result<Acted, DeskError> {
        let user = self.account(user)?;
        link::make(&self.app, user.id, self.by().entry(What::LinkMade)).await?;
        Ok(Acted { go: Some(format!("{HERE}{}", user.id)), ..Acted::default() })
    }

    pub(super) fn link_of(&self, user: &str) -> Result<PageView, DeskError> {
        let user = self.account(user)?;
        if !self.administers() {
            return Err(DeskError::NotAllowed);
        }
        let back = (people::HERE.to_owned(), self.w(Word::DeskPeople).to_owned());
        let parts = match self.app.handed.of(user.id, self.app.now_ms()) {
            None => vec![self.notice("gone", Tone::Info, Word::DeskLinkGone)],
            Some(secret) => {
                let address = format!("{}{}#{secret}", self.origin, link::PATH);
                let hours = link::LINK_HOURS.to_string();
                let mut code =
                    self.part("code", Word::DeskLinkCode, Body::Picture(picture(&address)));
                code.help = self.f(Word::DeskLinkScan, &[&hours]);
                let said = vec![(self.w(Word::DeskLinkAddress).to_owned(), address)];
                vec![code, self.part("address", Word::DeskLinkSend, Body::Facts(said))]
            }
        };
        Ok(PageView {
            title: self.f(Word::DeskLinkOf, &[&user.name]),
            back: Some(back),
            parts,
            ..PageView::default()
        })
    }
}

/// An address as a QR code, as the address of a picture; none for what is too long for one.
fn picture(address: &str) -> String {
    let code = |address: &str| -> Result<String, QRCodeError> {
        Ok(SvgBuilder::default().margin(4).to_str(&QRBuilder::new(address).build()?))
    };
    let drawn = code(address).unwrap_or_default();
    let escaped: Vec<String> = drawn
        .chars()
        .map(|sign| if sign.is_ascii_alphanumeric() { sign.to_string() } else { hex(sign) })
        .collect();
    format!("data:image/svg+xml,{}", escaped.concat())
}

/// A sign as an address takes it; a drawing has ASCII only.
fn hex(sign: char) -> String {
    format!("%{:02X}", u32::from(sign))
}
