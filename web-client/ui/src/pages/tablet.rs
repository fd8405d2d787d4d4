//! `/surfplatta`: what is on this device, how far it has come, language, lock, sign out.

use crate::prelude::*;
use ankomst_shared::app::{Command, Contact, Language, Reply, Status};

use crate::bridge::ask;
use crate::clock::moment;
use crate::icon::{Icon, icon};
use crate::parts::head;
use crate::react::{attr, dynamic, on};
use crate::state::ui;
use crate::text::{Text, fill, refusal, tr};
use crate::typing;

/// Shows this device.
pub fn tablet() -> AnyView {
    let status = ui().status;
    view! {
        {head(None, || tr(Text::TabletTitle).to_owned(), ().into_any())}
        <section class="card" aria-labelledby="h-sync">
            <h2 id="h-sync">{tr(Text::TabletSync)}</h2>
            {dynamic(move || status.get().map(|status| account(&status)))}
            <button type="button" class="button" data-action="sync-now" on:click=on(move |_| ask(Command::SyncNow, |_| {}))>
                {icon(Icon::Cloud)}{tr(Text::TabletSyncNow)}
            </button>
        </section>
        <section class="card" aria-labelledby="h-levels">
            <h2 id="h-levels">{tr(Text::TabletLevels)}</h2>
            <dl class="facts">
                <dt>{icon(Icon::Tablet)}{tr(Text::LevelSaved)}</dt><dd>{tr(Text::TabletLevelSaved)}</dd>
                <dt>{icon(Icon::Cloud)}{tr(Text::LevelReceived)}</dt><dd>{tr(Text::TabletLevelReceived)}</dd>
                <dt>{icon(Icon::Cloud)}{tr(Text::LevelShared)}</dt><dd>{tr(Text::TabletLevelShared)}</dd>
                <dt>{icon(Icon::Lock)}{tr(Text::LevelHeld)}</dt><dd>{tr(Text::TabletLevelHeld)}</dd>
            </dl>
        </section>
        <section class="card" aria-labelledby="h-language">
            <h2 id="h-language">{tr(Text::TabletLanguage)}</h2>
            {languages()}
        </section>
        <section class="card" aria-labelledby="h-person">
            <h2 id="h-person">{tr(Text::TabletPerson)}</h2>
            <p>{dynamic(move || status.with(|status| status.as_ref().and_then(|status| status.user.as_ref())
                .map(|user| format!("{} ({})", user.name, user.login))))}</p>
            <p class="help">{tr(Text::TabletLockHelp)}</p>
            <div class="actions">
                <button type="button" class="button primary" data-action="lock" on:click=on(move |_| leave(Command::Lock))>
                    {icon(Icon::Lock)}{tr(Text::TabletLock)}
                </button>
                <button type="button" class="button" data-action="sign-out" on:click=on(move |_| leave(Command::SignOut))>
                    {tr(Text::TabletSignOut)}
                </button>
            </div>
        </section>
    }
    .into_any()
}

fn account(status: &Status) -> AnyView {
    let line =
        |label: Text, value: String| view! { <dt>{tr(label)}</dt><dd class="figure">{value}</dd> };
    let contact = status.last_contact_ms.map_or_else(|| tr(Text::SyncNever).to_owned(), moment);
    view! {
        {status.storage_failing.then(|| view! {
            <p class="notice" data-tone="danger" role="alert">{icon(Icon::Danger)}{tr(Text::StorageFailing)}</p>
        })}
        {status.without_backup.then(|| view! { <p class="notice" data-tone="info">{tr(Text::TabletWithoutBackup)}</p> })}
        <dl class="facts">
            {line(Text::TabletDevice, status.device_name.clone().unwrap_or_default())}
            {line(Text::TabletContact, contact)}
            {line(Text::TabletContactState, contact_words(status.contact).to_owned())}
            {line(Text::TabletWaiting, status.waiting.to_string())}
            {line(Text::TabletReceived, status.received.to_string())}
            {line(Text::TabletHeld, status.held.to_string())}
            {line(Text::TabletDeposits, status.deposits.to_string())}
        </dl>
    }
    .into_any()
}

/// The state of contact in words.
pub fn contact_words(contact: Contact) -> &'static str {
    tr(match contact {
        Contact::Unknown => Text::ContactUnknown,
        Contact::Trying => Text::ContactTrying,
        Contact::Live => Text::ContactLive,
        Contact::None => Text::ContactNone,
    })
}

/// The two languages of the page.
pub fn languages() -> AnyView {
    let choice = |language: Language, code: &'static str, name: &'static str| {
        view! {
            <button type="button" class="chip-button" lang=code data-language=code
                aria-pressed=attr(move || (ui().language.get() == language).to_string())
                on:click=on(move |_| ui().speak(language))>{name}</button>
        }
    };
    view! {
        <div class="chips" role="group" aria-label=tr(Text::TabletLanguage)>
            {choice(Language::Sv, "sv", "Svenska")}{choice(Language::En, "en", "English")}
        </div>
    }
    .into_any()
}

fn leave(command: Command) {
    typing::commit_all();
    ask(command, |reply| match reply {
        Reply::Refused(why) => ui().say(fill(Text::TabletNotLeft, &[refusal(why)])),
        Reply::Status(status) => ui().take_status(status),
        _ => ui().refresh(),
    });
}
