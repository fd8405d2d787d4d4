//! Before anything is shown: sign in with the server the first time, afterwards open this device's
//! vault with the passphrase, also without a network.

mod by_key;

use crate::prelude::*;
use ankomst_shared::app::{Command, Refusal, Reply, Screen, Sign, SignIn};
use ankomst_shared::limits::PIN_TRIES_MAX;

use self::by_key::{open_by_key, sign_in_by_key};
use crate::app::{NAME, contact_words};
use crate::bridge::ask;
use crate::clock::near;
use crate::dom::{focus, value_of};
use crate::icon::icon;
use crate::idle;
use crate::parts::{key_of, languages, page_title, save_copy, wait, waiting, wipe_notice};
use crate::react::{Live, attr, derived, dynamic, on};
use crate::state::ui;
use crate::text::{Text, fill, refusal, tr};

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

/// How somebody comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// As the device stands.
    Given,
    /// By the passphrase, though a PIN would do.
    Passphrase,
    /// With the server at hand.
    SignIn,
}

/// What is shared by the forms at the entrance.
#[derive(Clone, Copy)]
struct Door {
    way: Live<Way>,
    fault: Live<Option<&'static str>>,
}

impl Door {
    fn to(self, way: Way) {
        self.fault.set(None);
        ui().forgotten.set(false);
        self.way.set(way);
    }
}

/// Shows what fits this device: sign-in, unlock, PIN, or that it needs contact.
pub fn sign_in() -> AnyView {
    let standing = derived(|| {
        let status = ui().status;
        status.with(|status| {
            let status = status.as_ref()?;
            let screen = match &status.screen {
                // How often it may be wrong yet draws no new form.
                Screen::Pin { login, .. } => Screen::Pin { login: login.clone(), tries: 0 },
                other => other.clone(),
            };
            Some((screen, status.vaults.clone()))
        })
    });
    let door = Door { way: Live::new(Way::Given), fault: Live::new(None) };
    view! {
        <main id="main" class="entrance" tabindex="-1">
            <div class="entrance-card card">
                <p class="shell-name">{NAME}</p>
                {wipe_notice()}
                {dynamic(move || match (standing.get(), door.way.get()) {
                    (None, _) => view! { <p role="status">{tr(Text::PageOpening)}</p> }.into_any(),
                    (Some((Screen::Pin { login, .. }, _)), Way::Given) => pin(login, door),
                    (Some((Screen::Lease, _)), Way::Given) => lease(door),
                    (Some((_, known)), way) if known.is_empty() || way == Way::SignIn => first(!known.is_empty(), door),
                    (Some((_, known)), _) => unlock(known, door),
                })}
                {languages()}
            </div>
        </main>
    }
    .into_any()
}

fn entry(login: String, door: Door) -> Entry {
    let device = ui()
        .status
        .with_untracked(|status| status.as_ref().and_then(|status| status.device_name.clone()));
    Entry {
        login: Live::new(login),
        password: Live::new(String::new()),
        passphrase: Live::new(String::new()),
        repeated: Live::new(String::new()),
        device: Live::new(device.unwrap_or_default()),
        fault: door.fault,
        busy: Live::new(false),
    }
}

/// A field that the keyboard goes to at once: somebody was in and wants to go on.
fn ready(id: &'static str) {
    set_timeout(move || focus(id), core::time::Duration::from_millis(60));
}

fn quiet(name: &'static str, label: Text, act: fn(Door), door: Door) -> AnyView {
    view! {
        <button type="button" class="button quiet" data-action=name on:click=on(move |_| act(door))>{tr(label)}</button>
    }
    .into_any()
}

/// The screen of an open vault, before which a PIN stands.
fn pin(login: String, door: Door) -> AnyView {
    page_title(tr(Text::UnlockTitle));
    ready("pin");
    let it = entry(login.clone(), door);
    let open = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let typed = it.password.get_untracked();
        it.password.set(String::new());
        send(it, Command::Pin(typed));
    };
    let left = derived(|| {
        ui().status.with(|status| match status.as_ref().map(|status| &status.screen) {
            Some(Screen::Pin { tries, .. }) if *tries < PIN_TRIES_MAX => Some(*tries),
            _ => None,
        })
    });
    view! {
        <form novalidate id="pin-unlock" on:submit=on(open)>
            <h1>{tr(Text::UnlockTitle)}</h1>
            <p class="help">{fill(Text::PinHelp, &[&login])}</p>
            {input("pin", "password", "one-time-code", Text::Pin, it.password)}
            <p class="help" aria-live="polite">{dynamic(move || left.get().map(|left| fill(Text::PinTries, &[&left.to_string()])))}</p>
            {end(it, Text::UnlockDo, "open-pin")}
            {quiet("passphrase", Text::PinPassphrase, |door| door.to(Way::Passphrase), door)}
        </form>
    }
    .into_any()
}

/// A vault that is open and not to be read before the server has answered.
fn lease(door: Door) -> AnyView {
    page_title(tr(Text::LeaseTitle));
    let status = ui().status;
    let said = derived(move || {
        let status = status.get().unwrap_or_default();
        let since = status.last_contact_ms.map_or_else(String::new, near);
        let shed = if status.shed { tr(Text::LeaseShed) } else { "" };
        let safe = fill(Text::LeaseSafe, &[&status.waiting.to_string()]);
        (fill(Text::LeaseSince, &[&since]), [safe.as_str(), shed].join(" "))
    });
    let contact = derived(move || status.with(|status| status.as_ref().map(|it| it.contact)));
    let ended = derived(move || {
        status.with(|status| status.as_ref().is_some_and(|status| status.sign_in_needed))
    });
    view! {
        <div id="lease" class="entrance-lease">
            <h1>{tr(Text::LeaseTitle)}</h1>
            {dynamic(move || said.with(|(since, safe)| view! { <p>{since.clone()}</p><p>{safe.clone()}</p> }))}
            <p>{tr(Text::LeaseDo)}</p>
            <p class="help" role="status">{dynamic(move || contact.get().map(contact_words))}</p>
            <button type="button" class="button primary wide" data-action="contact" on:click=on(|_| ask(Command::SyncNow, |_| {}))>
                {icon(Sign::Cloud)}<span>{tr(Text::LeaseAsk)}</span>
            </button>
            {dynamic(move || ended.get().then(|| view! {
                <p class="notice" data-tone="decide">{tr(Text::SessionEnded)}</p>
                {quiet("sign-in-again", Text::SignInDo, |door| door.to(Way::SignIn), door)}
            }))}
            {quiet("lock-now", Text::LockNow, |_| idle::shut(), door)}
            {quiet("safety-copy", Text::SafetyDo, |_| save_copy(), door)}
        </div>
    }
    .into_any()
}

fn unlock(known: Vec<String>, door: Door) -> AnyView {
    page_title(tr(Text::UnlockTitle));
    let it = entry(known.first().cloned().unwrap_or_default(), door);
    let with_key = it.login.with_untracked(|login| key_of(login).is_some());
    ready(if with_key { "open-key" } else { "passphrase" });
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
            {dynamic(move || key_of(&it.login.get()).map(|key| view! {
                <button type="button" class="button primary wide" id="open-key" data-action="open-key"
                    aria-busy=attr(move || it.busy.get().to_string()) on:click=on(move |_| open_by_key(it, key.clone()))>
                    {icon(Sign::Lock)}<span>{tr(Text::KeyOpen)}</span>
                </button>
            }))}
            {input("passphrase", "password", "current-password", Text::SignInPassphrase, it.passphrase)}
            {waiting()}
            {end(it, Text::UnlockDo, "unlock")}
            {quiet("forgotten", Text::UnlockForgotten, |door| { door.to(Way::SignIn); ui().forgotten.set(true) }, door)}
            {quiet("other-person", Text::UnlockOther, |door| door.to(Way::SignIn), door)}
            {quiet("safety-copy", Text::SafetyDo, |_| save_copy(), door)}
        </form>
    }
    .into_any()
}

fn signing_in(it: Entry, passkey: Vec<Vec<u8>>) -> SignIn {
    SignIn {
        login: it.login.get_untracked().trim().to_owned(),
        password: it.password.get_untracked(),
        passphrase: it.passphrase.get_untracked(),
        device_name: it.device.get_untracked().trim().to_owned(),
        forgotten: ui().forgotten.get_untracked(),
        passkey,
    }
}

fn first(may_go_back: bool, door: Door) -> AnyView {
    page_title(tr(Text::SignInTitle));
    let it = entry(String::new(), door);
    let enrolled = it.device.with_untracked(|name| !name.is_empty());
    let go = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if let Some(fault) = fault_of(it, true) {
            return it.fault.set(Some(fault));
        }
        send(it, Command::SignIn(signing_in(it, Vec::new())));
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
            <button type="button" class="button wide" data-action="sign-in-key" on:click=on(move |_| sign_in_by_key(it))>
                {icon(Sign::Lock)}<span>{tr(Text::KeySignIn)}</span>
            </button>
            <p class="help">{tr(Text::KeySignInHelp)}</p>
            {may_go_back.then(|| quiet("back-to-unlock", Text::SignInBack, |door| door.to(Way::Given), door))}
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
            <input id=id name=id type=kind inputmode=(id == "pin").then_some("numeric") autocomplete=complete autocapitalize="none" spellcheck="false" required
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

fn fault_of(it: Entry, by_password: bool) -> Option<&'static str> {
    let blank = |text: Live<String>| text.with_untracked(|text| text.trim().is_empty());
    if blank(it.login) || by_password && blank(it.password) || blank(it.device) {
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
    if !it.busy.get_untracked() {
        carry(it, command);
    }
}

/// Carries a command out for a form, which may be gone by then.
fn carry(it: Entry, command: Command) {
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
