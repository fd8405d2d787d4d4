//! `/administration/surfplattor`: enrolled tablets, and revoking a lost one.

use ankomst_shared::app::{Acted, Body, Line, PageView, Sign, Tone};
use ankomst_shared::ids::DeviceId;
use ankomst_shared::text::Word;

use super::made::badge;
use super::{Desk, DeskError};
use crate::storage::sqlite::{accounts, log};

const HERE: &str = "/administration/surfplattor";
/// A tablet silent for longer is marked, in milliseconds (two weeks).
const SILENT_MS: i64 = 14 * 24 * 3_600_000;

impl Desk {
    pub(super) fn devices(&self) -> Result<PageView, DeskError> {
        let (devices, seen, holdings, names) = self.app.readers.read(|db| {
            let devices = accounts::devices(db)?;
            let mut holdings = Vec::new();
            for (device, _) in &devices {
                holdings.push(log::holdings(db, device.id)?.len());
            }
            let unit = self.me.unit;
            let names = accounts::device_names(db, unit)?;
            Ok((devices, accounts::devices_seen(db, unit)?, holdings, names))
        })?;
        let mut lines: Vec<(i64, Line)> = Vec::new();
        for ((device, login), held) in devices.into_iter().zip(holdings) {
            if !names.iter().any(|(id, _)| *id == device.id) {
                continue;
            }
            let known = seen.iter().find(|(id, _, _)| *id == device.id).map(|(_, _, ms)| *ms);
            let seen_ms = self.app.presence.left_ms(device.id).max(known);
            let mut badges = Vec::new();
            if !device.active {
                badges.push(badge(self.w(Word::DeskRevoked), Tone::Danger));
            } else if self.app.presence.is_live(device.id) {
                badges.push(badge(self.w(Word::DeskConnected), Tone::Good));
            } else if seen_ms.is_some_and(|ms| self.app.now_ms() - ms > SILENT_MS) {
                badges.push(badge(self.w(Word::DeskSilent), Tone::Decide));
            }
            let id = device.id.to_string();
            let what = (Word::DeskRevoke, Sign::Lock, Word::DeskRevokeHelp);
            let revoke = self.act_of(HERE, ("revoke", &id), what, Vec::new());
            let offered = self.administers() && device.active;
            lines.push((
                seen_ms.unwrap_or_default(),
                Line {
                    key: id,
                    title: device.name,
                    detail: format!("{login} · {}", self.f(Word::DeskHolds, &[&held.to_string()])),
                    figure: seen_ms.map_or_else(String::new, Self::moment),
                    badges,
                    actions: offered.then_some(revoke).into_iter().collect(),
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

    pub(super) async fn revoke(&self, device: &str) -> Result<Acted, DeskError> {
        let id: DeviceId = device.parse().map_err(|_| DeskError::Nowhere)?;
        let names = self.app.readers.read(|db| accounts::device_names(db, self.me.unit))?;
        if !names.iter().any(|(known, _)| *known == id) {
            return Err(DeskError::Nowhere);
        }
        let found = self.app.writer.write(move |db| accounts::revoke_device(db, id)).await?;
        if found { Ok(self.said(Word::DeskRevokedDone)) } else { Err(DeskError::Nowhere) }
    }
}
