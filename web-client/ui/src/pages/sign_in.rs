//! Before anything is shown: sign in with the server the first time, afterwards open this device's
//! vault with the passphrase, also without a network.

use crate::prelude::*;
use ankomst_shared::app::{Command, Refusal, Reply, SignIn};

use crate::bridge::ask;
use crate::dom::value_of;
use crate::icon::icon;
use crate::parts::{languages, page_title, save_copy, wait, waiting, wipe_notice};
use crate::react::{Live, attr, derived, dynamic, on};
use crate::state::ui;
use crate::text::{Text, fill, refusal, tr};
use ankomst_shared::app::Sign;

/// Fewest characters of a passphrase.
const PASSPHRASE_MIN: usize = 12;

#[derive(Clone, Copy)]
struct Entry {
    login: Live<String>,
    password: Live<String>,
    passphrase: Live<String>,
    repeated: Live<String>,
    device: Live<String>,
    fault: Live<Option<&'static str>>,
    busy: Live<bool>,
}

/// Shows sign-in or unlock, whichever fits this device.
pub fn sign_in() -> AnyView {
    let vaults =
        derived(|| ui().status.with(|status| status.as_ref().map(|status| status.vaults.clone())));
    let other = Live::new(false);
    view! {
        <main id="main" class="entrance" tabindex="-1">
            <div class="entrance-card card">
                <p class="shell-name">"Ankomst"</p>
                {wipe_notice()}
                {dynamic(move || match vaults.get() {
                    None => view! { <p role="status">{tr(Text::PageOpening)}</p> }.into_any(),
                    Some(known) if known.is_empty() || other.get() => first(!known.is_empty(), other),
                    Some(known) => unlock(known, other),
                })}
                {languages()}
            </div>
        </main>
    }
    .into_any()
}

fn entry(login: String) -> Entry {
    let device = ui()
        .status
        .with_untracked(|status| status.as_ref().and_then(|status| status.device_name.clone()));
    Entry {
        login: Live::new(login),
        password: Live::new(String::new()),
        passphrase: Live::new(String::new()),
        repeated: Live::new(String::new()),
        device: Live::new(device.unwrap_or_default()),
        fault: Live::new(None),
        busy: Live::new(false),
    }
}

fn unlock(known: Vec<String>, other: Live<bool>) -> AnyView {
    page_title(tr(Text::UnlockTitle));
    let it = entry(known.first().cloned().unwrap_or_default());
    let people = known
        .iter()
        .map(|login| {
            let (mine, chosen) = (login.clone(), login.clone());
            view! {
                <button type="button" class="chip-button" data-vault=login.clone()
                    aria-pressed=attr(move || it.login.with(|login| *login == mine).to_string())
                    on:click=on(move |_| it.login.set(chosen.clone()))>{login.clone()}</button>
            }
        })
        .collect_view();
    let open = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let (login, passphrase) = (it.login.get_untracked(), it.passphrase.get_untracked());
        send(it, Command::Unlock { login, passphrase });
    };
    view! {
        <form novalidate id="unlock" on:submit=on(open)>
            <h1>{tr(Text::UnlockTitle)}</h1>
            <p class="help">{tr(Text::UnlockHelp)}</p>
            <p class="question">{tr(Text::UnlockWho)}</p>
            <div class="chips" role="group" aria-label=tr(Text::UnlockWho)>{people}</div>
            {input("passphrase", "password", "current-password", Text::SignInPassphrase, it.passphrase)}
            {waiting()}
            {end(it, Text::UnlockDo, "unlock")}
            <button type="button" class="button quiet" data-action="forgotten" on:click=on(move |_| { ui().forgotten.set(true); other.set(true) })>
                {tr(Text::UnlockForgotten)}
            </button>
            <button type="button" class="button quiet" data-action="other-person" on:click=on(move |_| { ui().forgotten.set(false); other.set(true) })>
                {tr(Text::UnlockOther)}
            </button>
            <button type="button" class="button quiet" data-action="safety-copy" on:click=on(|_| save_copy())>
                {tr(Text::SafetyDo)}
            </button>
        </form>
    }
    .into_any()
}

fn first(may_go_back: bool, other: Live<bool>) -> AnyView {
    page_title(tr(Text::SignInTitle));
    let it = entry(String::new());
    let enrolled = it.device.with_untracked(|name| !name.is_empty());
    let go = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if let Some(fault) = fault_of(it) {
            return it.fault.set(Some(fault));
        }
        send(
            it,
            Command::SignIn(SignIn {
                login: it.login.get_untracked().trim().to_owned(),
                password: it.password.get_untracked(),
                passphrase: it.passphrase.get_untracked(),
                device_name: it.device.get_untracked().trim().to_owned(),
                forgotten: ui().forgotten.get_untracked(),
            }),
        );
    };
    view! {
        <form novalidate id="sign-in" on:submit=on(go)>
            <h1>{tr(Text::SignInTitle)}</h1>
            <p class="help">{tr(if ui().forgotten.get_untracked() { Text::UnlockForgottenHelp } else { Text::SignInHelp })}</p>
            {input("login", "text", "username", Text::SignInLogin, it.login)}
            {input("password", "password", "current-password", Text::SignInPassword, it.password)}
            {(!enrolled).then(|| input("device-name", "text", "off", Text::SignInDevice, it.device))}
            {input("passphrase", "password", "new-password", Text::SignInPassphrase, it.passphrase)}
            <p class="help" id="passphrase-strength" aria-live="polite">{dynamic(move || strength(&it.passphrase.get()))}</p>
            {input("passphrase-repeat", "password", "new-password", Text::SignInRepeat, it.repeated)}
            {waiting()}
            {end(it, Text::SignInDo, "sign-in")}
            {may_go_back.then(|| view! {
                <button type="button" class="button quiet" data-action="back-to-unlock" on:click=on(move |_| other.set(false))>
                    {tr(Text::SignInBack)}
                </button>
            })}
        </form>
    }
    .into_any()
}

fn input(
    id: &'static str,
    kind: &'static str,
    complete: &'static str,
    label: Text,
    value: Live<String>,
) -> AnyView {
    view! {
        <div class="field">
            <label for=id><span class="question">{tr(label)}</span></label>
            <input id=id name=id type=kind autocomplete=complete autocapitalize="none" spellcheck="false" required
                prop:value=attr(move || value.get()) on:input=on(move |event| value.set(value_of(&event))) aria-describedby="entry-fault" />
        </div>
    }
    .into_any()
}

fn end(it: Entry, label: Text, action: &'static str) -> AnyView {
    view! {
        <p class="fault" id="entry-fault" role="alert">{dynamic(move || it.fault.get())}</p>
        <button type="submit" class="button primary wide" data-action=action aria-busy=attr(move || it.busy.get().to_string())>
            {icon(Sign::Lock)}{dynamic(move || tr(if it.busy.get() { Text::SignInBusy } else { label }))}
        </button>
    }
    .into_any()
}

fn fault_of(it: Entry) -> Option<&'static str> {
    let blank = |text: Live<String>| text.with_untracked(|text| text.trim().is_empty());
    if blank(it.login) || blank(it.password) || blank(it.device) {
        Some(tr(Text::SignInAllNeeded))
    } else if it.passphrase.with_untracked(|text| text.chars().count() < PASSPHRASE_MIN) {
        Some(refusal(Refusal::ShortPassphrase))
    } else if it.passphrase.get_untracked() != it.repeated.get_untracked() {
        Some(tr(Text::SignInDiffer))
    } else {
        None
    }
}

/// How strong a passphrase is, in words: length and variety decide.
fn strength(passphrase: &str) -> String {
    let length = passphrase.chars().count();
    let distinct =
        passphrase.char_indices().filter(|(at, sign)| passphrase.find(*sign) == Some(*at)).count();
    if length < PASSPHRASE_MIN {
        let missing = PASSPHRASE_MIN.saturating_sub(length).to_string();
        return fill(Text::StrengthMissing, &[&missing]);
    }
    tr(match (length, distinct) {
        (_, 0..=5) => Text::StrengthWeak,
        (12..=15, _) => Text::StrengthFair,
        (_, _) => Text::StrengthGood,
    })
    .to_owned()
}

fn send(it: Entry, command: Command) {
    if it.busy.get_untracked() {
        return;
    }
    it.busy.set(true);
    it.fault.set(None);
    ask(command, move |reply| {
        // Opening the vault may already have replaced this form.
        it.busy.set(false);
        match reply {
            Reply::Refused(why) => {
                if let Refusal::Wait(seconds) = why {
                    wait(seconds);
                }
                it.fault.set(Some(refusal(why)));
            }
            Reply::Status(status) => ui().take_status(status),
            _ => {
                ui().forgotten.set(false);
                ui().refresh();
            }
        }
    });
}
