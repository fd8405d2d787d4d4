//! `/administration/surfplattor`: enrolled tablets, revoking and wiping a lost one.

use ankomst_shared::app::{Acted, Badge, Body, Line, PageView, Sign, Tone};
use ankomst_shared::ids::DeviceId;
use ankomst_shared::text::Word;

use super::made::badge;
use super::{Desk, DeskError};
use crate::storage::sqlite::devices::{self, Standing, State};
use crate::storage::sqlite::{accounts, log};

pub(super) const HERE: &str = "/administration/surfplattor";
/// A tablet silent for longer is marked, in milliseconds (two weeks).
const SILENT_MS: i64 = 14 * 24 * 3_600_000;

impl Desk {
    pub(super) fn devices(&self) -> Result<PageView, DeskError> {
        let (devices, holdings, names) = self.app.readers.read(|db| {
            let devices = accounts::devices(db)?;
            let mut holdings = Vec::new();
            for (device, _) in &devices {
                let noted = devices::standing(db, device.id)?;
                holdings.push((log::holdings(db, device.id)?.len(), noted));
            }
            let unit = self.me.unit;
            let names = accounts::device_names(db, unit)?;
            Ok((devices, holdings, names))
        })?;
        let mut lines: Vec<(i64, Line)> = Vec::new();
        for ((device, login), (held, noted)) in devices.into_iter().zip(holdings) {
            if !names.iter().any(|(id, _)| *id == device.id) {
                continue;
            }
            let known = noted.map(|noted| noted.seen_ms);
            let seen_ms = self.app.presence.left_ms(device.id).max(known);
            let mut badges = self.noted_badges(noted.as_ref());
            if noted.is_some_and(|noted| noted.state > State::Active) {
                // Its badge says more.
            } else if !device.active {
                badges.push(badge(self.w(Word::DeskRevoked), Tone::Danger));
            } else if self.app.presence.is_live(device.id) {
                badges.push(badge(self.w(Word::DeskConnected), Tone::Good));
            } else if seen_ms.is_some_and(|ms| self.app.now_ms() - ms > SILENT_MS) {
                badges.push(badge(self.w(Word::DeskSilent), Tone::Decide));
            }
            let id = device.id.to_string();
            let what = (Word::DeskRevoke, Sign::Lock, Word::DeskRevokeHelp);
            let revoke = self.act_of(HERE, ("revoke", &id), what, Vec::new());
            let what = (Word::DeskWipe, Sign::Cross, Word::DeskWipeHelp);
            let wipe = self.act_of(HERE, ("wipe", &id), what, Vec::new());
            let revocable = self.administers() && device.active;
            let wipeable =
                self.administers() && noted.is_some_and(|noted| noted.state < State::Lost);
            let actions = [revocable.then_some(revoke), wipeable.then_some(wipe)];
            lines.push((
                seen_ms.unwrap_or_default(),
                Line {
                    href: Some(format!("{HERE}/{id}")),
                    key: id,
                    title: device.name,
                    detail: format!("{login} · {}", self.f(Word::DeskHolds, &[&held.to_string()])),
                    figure: seen_ms.map_or_else(String::new, Self::moment),
                    badges,
                    actions: actions.into_iter().flatten().collect(),
                    ..Line::default()
                },
            ));
        }
        lines.sort_by_key(|(seen_ms, _)| *seen_ms);
        let lines = lines.into_iter().map(|(_, line)| line).collect();
        let none = self.w(Word::DeskDevicesNone).to_owned();
        Ok(PageView {
            title: self.w(Word::DeskDevices).to_owned(),
            back: Some(self.back()),
            parts: vec![self.part("devices", Word::DeskDevices, Body::Lines(lines, none))],
            ..PageView::default()
        })
    }

    /// What is noted of a tablet, as badges.
    fn noted_badges(&self, noted: Option<&Standing>) -> Vec<Badge> {
        let Some(noted) = noted else { return Vec::new() };
        let at =
            |word, ms: Option<i64>| self.f(word, &[&ms.map_or_else(String::new, Self::moment)]);
        let mut badges = match noted.state {
            State::Active => Vec::new(),
            State::Retired => vec![badge(self.w(Word::DeskRetired), Tone::Plain)],
            State::Lost => vec![badge(&at(Word::DeskWipeOrdered, noted.ordered_ms), Tone::Danger)],
            State::Wiped => vec![badge(&at(Word::DeskWiped, noted.receipt_ms), Tone::Good)],
        };
        if noted.cloned_ms.is_some() {
            badges.push(badge(&at(Word::DeskCloned, noted.cloned_ms), Tone::Danger));
        }
        badges
    }

    /// Orders a tablet to be wiped.
    pub(super) async fn wipe(&self, device: &str) -> Result<Acted, DeskError> {
        let id = self.own_device(device)?;
        let now_ms = self.app.now_ms();
        let found = self.app.writer.write(move |db| devices::order_wipe(db, id, now_ms)).await?;
        if found { Ok(self.said(Word::DeskWipeDone)) } else { Err(DeskError::Nowhere) }
    }

    /// A tablet of the person's own unit.
    pub(super) fn own_device(&self, device: &str) -> Result<DeviceId, DeskError> {
        let id: DeviceId = device.parse().map_err(|_| DeskError::Nowhere)?;
        let names = self.app.readers.read(|db| accounts::device_names(db, self.me.unit))?;
        names.iter().any(|(known, _)| *known == id).then_some(id).ok_or(DeskError::Nowhere)
    }

    pub(super) async fn revoke(&self, device: &str) -> Result<Acted, DeskError> {
        let id = self.own_device(device)?;
        let found = self.app.writer.write(move |db| accounts::revoke_device(db, id)).await?;
        if found { Ok(self.said(Word::DeskRevokedDone)) } else { Err(DeskError::Nowhere) }
    }
}
