//! The frame around every place: navigation, sync mark, what is said aloud, the update bar.

use crate::prelude::*;
use ankomst_shared::app::{Command, Contact, Language, Role, Status};
use wasm_bindgen::prelude::*;
use web_sys::Element;

use crate::bridge::ask;
use crate::clock::near;
use crate::dom::{boot, call};
use crate::icon::icon;
use crate::idle;
use crate::pages;
use crate::parts::{asking, hide_files, save_copy, taking, toast, viewer};
use crate::react::{attr, derived, dynamic, effect, on};
use crate::route::Route;
use crate::state::ui;
use crate::text::{Text, fill, tr};
use crate::typing;
use ankomst_shared::app::Sign;

/// The product's name. As a value, not as words in a view: fixed parts of views are made from markup.
pub const NAME: &str = "Ankomst";

/// Shows the app: the entrance, or the place the address names.
pub fn app() -> AnyView {
    let ui = ui();
    let person = derived(move || {
        ui.status.with(|status| {
            status.as_ref().and_then(|status| status.user.as_ref().map(|user| user.id))
        })
    });
    effect(move || {
        let code = if ui.language.get() == Language::Sv { "sv" } else { "en" };
        let root = web_sys::window().and_then(|window| window.document()?.document_element());
        if let Some(root) = root {
            let _ = root.set_attribute("lang", code);
        }
    });
    effect(move || {
        idle::turned(person.get().is_some());
        hide_files();
    });
    dynamic(move || {
        // Another language or another person is another page; nothing else draws it anew, least of
        // all a status that comes while somebody types.
        ui.language.track();
        let is_in = person.get().is_some();
        untrack(move || if is_in { frame() } else { pages::sign_in() })
    })
}

fn frame() -> AnyView {
    view! {
        <a class="skip" href="#main" >{tr(Text::NavSkip)}</a>
        {navigation()}
        <div class="stage">
            <div class="topline">{update_bar()}{warnings()}{taking()}<div class="topmarks">{sync_mark()}{lock_now()}</div></div>
            <main id="main" tabindex="-1">{dynamic(move || {
                let route = ui().route.get();
                untrack(move || place(route))
            })}</main>
        </div>
        {asking()}
        {viewer()}
        {toast()}
    }
    .into_any()
}

fn place(route: Route) -> AnyView {
    match route {
        Route::Visit(id) => pages::visit(id),
        Route::Inbox(open) => pages::inbox(open),
        Route::Search => pages::search(),
        Route::Page(address) => pages::place(address),
    }
}

fn navigation() -> AnyView {
    let link = |href: &'static str, sign: Sign, key: Text| {
        view! {
            <a href=href aria-current=attr(move || ui().route.get().path().starts_with(href).then_some("page"))>
                {icon(sign)}<span>{tr(key)}</span>
            </a>
        }
    };
    let has = |role: Role| derived(move || ui().has_role(role));
    let any = |roles: [Role; 3]| derived(move || roles.into_iter().any(|role| ui().has_role(role)));
    let works = any([Role::Caseworker, Role::ChildCaseworker, Role::Supervisor]);
    let (supervises, inspects) = (has(Role::Supervisor), has(Role::Inspector));
    let registers = any([Role::Supervisor, Role::Recipient, Role::Regional]);
    let administers = any([Role::Administrator, Role::Supervisor, Role::Auditor]);
    view! {
        <nav class="rail" aria-label=tr(Text::NavLabel)>
            <p class="rail-name" aria-hidden="true">{NAME}</p>
            {link("/idag", Sign::Day, Text::NavToday)}
            {dynamic(move || supervises.get().then(|| link("/inkorg", Sign::Inbox, Text::NavInbox)))}
            {dynamic(move || (works.get() || inspects.get()).then(|| link("/boenden", Sign::House, Text::NavResidences)))}
            {dynamic(move || works.get().then(|| link("/arenden", Sign::Folder, Text::NavCases)))}
            {link("/sok", Sign::Search, Text::NavSearch)}
            {dynamic(move || registers.get().then(|| link("/register", Sign::Cloud, Text::NavRegister)))}
            {dynamic(move || administers.get().then(|| link("/administration", Sign::Wheel, Text::NavAdministration)))}
            {link("/surfplatta", Sign::Tablet, Text::NavTablet)}
        </nav>
    }
    .into_any()
}

/// The sync mark. It speaks of the server only by the server's own answers.
fn sync_mark() -> AnyView {
    let status = ui().status;
    let line = move || status.with(|status| status.as_ref().map(sync_words).unwrap_or_default());
    let state = move || {
        status.with(|status| {
            status.as_ref().map_or("unknown", |status| match status.contact {
                Contact::Unknown => "unknown",
                Contact::Trying => "trying",
                Contact::Live => "live",
                Contact::Asks => "asks",
                Contact::Busy(_) => "busy",
                Contact::None => "none",
            })
        })
    };
    let number = move |pick: fn(&Status) -> u32| {
        status.with(|status| status.as_ref().map(pick)).unwrap_or_default().to_string()
    };
    view! {
        <details class="sync-mark" id="sync-mark" data-contact=state
            data-waiting=attr(move || number(|status| status.waiting))
            data-received=attr(move || number(|status| status.received))>
            <summary>{icon(Sign::Cloud)}<span>{line}</span></summary>
            <div class="sync-open card">
                {dynamic(move || status.get().map(|status| view! {
                    <p><strong>{contact_words(status.contact)}</strong></p>
                    <p>{fill(Text::SyncWaitingLong, &[&status.waiting.to_string()])}</p>
                    <p>{fill(Text::SyncReceivedLong, &[&status.received.to_string()])}</p>
                    {(status.held > 0).then(|| view! { <p>{fill(Text::SyncHeldLong, &[&status.held.to_string()])}</p> })}
                    {(status.files > 0).then(|| view! { <p>{fill(Text::SyncFilesLong, &[&status.files.to_string()])}</p> })}
                    {status.first_sync.map(|(left, all)| view! {
                        <p>{fill(Text::SyncFirst, &[&all.saturating_sub(left).to_string(), &all.to_string()])}</p>
                    })}
                }))}
                <p><a href="/surfplatta">{tr(Text::SyncMore)}</a></p>
            </div>
        </details>
    }
    .into_any()
}

/// Shuts the screen, from wherever one is.
fn lock_now() -> AnyView {
    view! {
        <button type="button" class="lock-now" data-action="lock-now" aria-label=tr(Text::LockNow) title=tr(Text::LockNow)
            aria-keyshortcuts="Control+Shift+L" on:click=on(|_| idle::shut())>{icon(Sign::Lock)}</button>
    }
    .into_any()
}

fn sync_words(status: &Status) -> String {
    let mut parts = vec![tr(Text::SyncSavedHere).to_owned()];
    if let Some((left, all)) = status.first_sync.filter(|(left, _)| *left > 0) {
        parts.push(fill(
            Text::SyncFirst,
            &[&all.saturating_sub(left).to_string(), &all.to_string()],
        ));
    }
    if status.waiting > 0 {
        parts.push(fill(Text::SyncWaiting, &[&status.waiting.to_string()]));
    }
    if status.files > 0 {
        parts.push(fill(Text::SyncFiles, &[&status.files.to_string()]));
    }
    parts.push(match status.last_contact_ms {
        Some(ms) => fill(Text::SyncContact, &[&near(ms)]),
        None => tr(Text::SyncNever).to_owned(),
    });
    parts.join(" · ")
}

fn warnings() -> AnyView {
    let status = ui().status;
    let is = move |pick: fn(&Status) -> bool| {
        derived(move || status.with(|status| status.as_ref().is_some_and(pick)))
    };
    let (failing, sign_in) =
        (is(|status| status.storage_failing), is(|status| status.sign_in_needed));
    let outdated = is(|status| status.outdated);
    effect(move || {
        if outdated.get() {
            call("look", &[]);
        }
    });
    let aside =
        derived(move || status.with(|status| status.as_ref().map_or(0, |status| status.aside)));
    let ends =
        derived(move || status.with(|status| status.as_ref().and_then(|it| it.lease_ends_ms)));
    view! {
        {dynamic(move || ends.get().map(|ms| view! {
            <p class="notice" data-tone="decide" role="status" id="lease-near">{fill(Text::LeaseNear, &[&near(ms)])}</p>
        }))}
        {dynamic(move || (aside.get() > 0).then(|| view! {
            <p class="notice" data-tone="danger" role="status" id="aside">{icon(Sign::Danger)}
                <span>{tr(Text::AsideNotice)} " " <a href="/surfplatta">{tr(Text::NavTablet)}</a></span>
            </p>
        }))}
        {dynamic(move || failing.get().then(|| view! {
            <p class="notice" data-tone="danger" role="alert">{icon(Sign::Danger)}
                <span>{tr(Text::StorageFailing)}</span>
                <button type="button" class="button" data-action="safety-copy" on:click=on(|_| save_copy())>{tr(Text::SafetyDo)}</button>
            </p>
        }))}
        {dynamic(move || sign_in.get().then(|| view! {
            <p class="notice" data-tone="decide">{tr(Text::SessionEnded)} " " <a href="/surfplatta">{tr(Text::NavTablet)}</a></p>
        }))}
        {dynamic(move || outdated.get().then(|| view! {
            <p class="notice" data-tone="decide" role="alert" id="outdated">{tr(Text::Outdated)}</p>
        }))}
    }
    .into_any()
}

fn update_bar() -> AnyView {
    let (ready, status) = (ui().update_ready, ui().status);
    // What the device cannot write would go with the page that holds it.
    let failing =
        derived(move || status.with(|status| status.as_ref().is_some_and(|it| it.storage_failing)));
    dynamic(move || {
        (ready.get() && !failing.get()).then(|| view! {
            <p class="notice" data-tone="info" id="update-bar">
                <span>{tr(Text::UpdateReady)}</span>
                <button type="button" class="button" data-action="update" on:click=on(move |_| update())>{tr(Text::UpdateDo)}</button>
                <button type="button" class="button quiet" on:click=on(move |_| ready.set(false))>{tr(Text::UpdateLater)}</button>
            </p>
        })
    })
}

/// What contact looks like, in words.
pub fn contact_words(contact: Contact) -> String {
    let words = match contact {
        Contact::Unknown => Text::ContactUnknown,
        Contact::Trying => Text::ContactTrying,
        Contact::Live => Text::ContactLive,
        Contact::Asks => Text::ContactAsks,
        Contact::Busy(ms) => return fill(Text::ContactBusy, &[&near(ms)]),
        Contact::None => Text::ContactNone,
    };
    tr(words).to_owned()
}

/// Commits what was typed, then lets the waiting version take over.
fn update() {
    typing::commit_all();
    call("update", &[]);
}

/// Hears from `boot.js` that a new version waits, and tells it when this page must not go and what stands on its
/// prints.
pub fn listen_for_update() {
    let status = ui().status;
    effect(move || {
        let Some((status, boot)) = status.get().zip(boot()) else { return };
        for (name, value) in
            [("failing", status.storage_failing.into()), ("unit", JsValue::from(status.unit))]
        {
            let _ = js_sys::Reflect::set(&boot, &name.into(), &value);
        }
    });
    let ready = ui().update_ready;
    let is_ready = boot()
        .and_then(|boot| js_sys::Reflect::get(&boot, &"updateReady".into()).ok())
        .is_some_and(|value| value.is_truthy());
    ready.set(is_ready);
    let heard = Closure::<dyn FnMut()>::new(move || ready.set(true));
    if let Some(window) = web_sys::window() {
        let _ = window
            .add_event_listener_with_callback("ankomst-update", heard.as_ref().unchecked_ref());
    }
    heard.forget();
}

/// Tells the core what stands on a sheet: the address of the place, of its lines, and of all that it leads to.
pub fn listen_for_prints() {
    let heard = Closure::<dyn FnMut()>::new(move || {
        let Some(window) = web_sys::window() else { return };
        let Some(document) = window.document() else { return };
        let mut places = vec![window.location().pathname().unwrap_or_default()];
        if let Ok(found) = document.query_selector_all("main :is(a[href], [data-line])") {
            for at in 0..found.length() {
                if let Some(one) = found.get(at).and_then(|one| one.dyn_into::<Element>().ok()) {
                    places.extend(
                        one.get_attribute("href").or_else(|| one.get_attribute("data-line")),
                    );
                }
            }
        }
        ask(Command::Printed(places), |_| {});
    });
    if let Some(window) = web_sys::window() {
        let _ =
            window.add_event_listener_with_callback("beforeprint", heard.as_ref().unchecked_ref());
    }
    heard.forget();
}
