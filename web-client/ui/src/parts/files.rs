//! Pictures and other files of a record as tiles, and one of them large.

use std::cell::RefCell;

use crate::prelude::*;
use ankomst_shared::app::{
    Body, Command, FileAsk, FileView, FilesView, PageView, Query, Reply, Sign, View,
};
use ankomst_shared::ids::DocumentId;
use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::HtmlDialogElement;

use crate::bridge::ask;
use crate::dom::{by_id, call};
use crate::icon::icon;
use crate::live::follow;
use crate::parts::{badges, take};
use crate::react::{Kept, Live, attr, derived, dynamic, effect, on};
use crate::slots::{Slots, rows};
use crate::state::ui;
use crate::text::{Text, tr};

thread_local! {
    /// Addresses of pictures that are shown, by record and name.
    static SHOWN: RefCell<Vec<((DocumentId, String), String)>> = const { RefCell::new(Vec::new()) };
}

/// Nothing of them stays when somebody else comes, or nobody.
pub fn hide_files() {
    SHOWN.with_borrow_mut(Vec::clear);
    ui().viewing.set(None);
    call("hide", &[]);
}

/// Draws the files, with what takes in more; among other things only what takes a picture.
pub fn files(view: Live<FilesView>, among: bool) -> AnyView {
    let slots = Slots::new();
    effect(move || {
        view.with(|view| {
            slots.fill(view.files.iter().map(|file| (file.key.clone(), file.clone())));
        });
    });
    let at = derived(move || view.with(|view| view.at.clone()));
    view! {
        <ul class="files" hidden=attr(move || slots.is_empty())>{rows(slots, tile)}</ul>
        {dynamic(move || at.get().map(|at| {
            let picture = at.clone();
            view! {
                <div class="actions files-more">
                    <button type="button" class=if among { "button quiet" } else { "button" } data-action="add-picture" on:click=on(move |_| take(picture.clone(), true))>
                        {icon(Sign::Plus)}<span>{tr(Text::PictureAdd)}</span>
                    </button>
                    {(!among).then(|| view! {
                        <button type="button" class="button quiet" data-action="add-file" on:click=on(move |_| take(at.clone(), false))>
                            <span>{tr(Text::FileAdd)}</span>
                        </button>
                    })}
                </div>
            }
        }))}
    }
    .into_any()
}

fn tile(file: Live<FileView>) -> AnyView {
    let key = file.with_untracked(|file| file.key.clone());
    let inner = dynamic(move || {
        let file = file.get();
        let opened = file.clone();
        view! {
            <button type="button" class="file" data-action="show-file" on:click=on(move |_| ui().viewing.set(Some(opened.clone())))>
                {small(&file)}
                <span class="line-main">
                    <strong dir="auto">{file.caption.clone()}</strong>
                    <span class="quiet-text">{if file.elsewhere.is_empty() { file.detail.clone() } else { file.elsewhere.clone() }}</span>
                </span>
                {badges(core::slice::from_ref(&file.badge))}
            </button>
        }
    });
    view! { <li data-line=key>{inner}</li> }.into_any()
}

fn small(file: &FileView) -> AnyView {
    match &file.thumb {
        Some(name) => {
            let address = address((file.document, name), "image/jpeg");
            view! { <img src=attr(move || address.get()) alt=file.alt.clone() /> }.into_any()
        }
        None => view! { <span class="no-picture">{icon(Sign::Folder)}</span> }.into_any(),
    }
}

/// The address of a picture that is on this device; empty until it has been read.
fn address((document, name): (DocumentId, &str), mime: &str) -> Live<String> {
    let place = (document, name.to_owned());
    let known = SHOWN.with_borrow(|all| {
        all.iter().find(|(known, _)| *known == place).map(|(_, shown)| shown.clone())
    });
    let address = Kept::new(known.clone().unwrap_or_default());
    let live = address.live();
    if known.is_none() {
        let mime = mime.to_owned();
        read(place.clone(), Array::new(), move |parts| {
            let shown = call("show", &[parts.into(), mime.into()]);
            if let Some(shown) = shown.and_then(|shown| shown.as_string()) {
                SHOWN.with_borrow_mut(|all| all.push((place, shown.clone())));
                address.set(shown);
            }
        });
    }
    live
}

/// Reads all pieces of a file; of one that is not here nothing comes, but it is fetched.
fn read(place: (DocumentId, String), parts: Array, then: impl FnOnce(Array) + 'static) {
    let number = parts.length();
    let get = FileAsk::Get(place.0, place.1.clone(), number);
    ask(Command::File(get), move |reply| {
        if let Reply::Piece(bytes, count) = reply
            && count > 0
        {
            parts.push(&Uint8Array::from(bytes.as_slice()));
            if number + 1 < count { read(place, parts, then) } else { then(parts) }
        }
    });
}

/// One file, large; part of the frame.
pub fn viewer() -> AnyView {
    let viewing = ui().viewing;
    dynamic(move || viewing.get().map(|file| untrack(move || dialog(file))))
}

fn dialog(first: FileView) -> AnyView {
    let file = Live::new(first.clone());
    let (key, place) = (first.key.clone(), (first.document, first.name.clone()));
    follow(Query::Page(first.href.clone()), move |view| {
        if let View::Page(PageView { parts, .. }) = view {
            let bodies = parts.into_iter().map(|part| part.body);
            let mut all = bodies.filter_map(|body| match body {
                Body::Files(view) => Some(view.files),
                _ => None,
            });
            let found = all.next().and_then(|all| all.into_iter().find(|one| one.key == key));
            if let Some(found) = found {
                file.fresh(found);
            }
        }
    });
    if !first.elsewhere.is_empty() {
        ask(Command::File(FileAsk::Get(place.0, place.1.clone(), 0)), |_| {});
    }
    let is_here = derived(move || file.with(|file| file.elsewhere.is_empty()));
    let is_picture = first.mime.starts_with("image/");
    let (mime, alt, saved) = (first.mime.clone(), first.alt.clone(), place.clone());
    let large = dynamic(move || {
        if !is_here.get() {
            view! { <p class="help" role="status">{file.with(|file| file.elsewhere.clone())} " " {tr(Text::FileComes)}</p> }.into_any()
        } else if is_picture {
            let address = address((place.0, &place.1), &mime);
            view! { <img src=attr(move || address.get()) alt=alt.clone() /> }.into_any()
        } else {
            ().into_any()
        }
    });
    effect(|| {
        set_timeout(
            || {
                let dialog = by_id("viewer").and_then(|it| it.dyn_into::<HtmlDialogElement>().ok());
                if let Some(dialog) = dialog.filter(|dialog| !dialog.open()) {
                    let _ = dialog.show_modal();
                }
            },
            core::time::Duration::ZERO,
        );
    });
    // The browser gives the focus back to where it was.
    let close = || {
        let dialog = by_id("viewer").and_then(|it| it.dyn_into::<HtmlDialogElement>().ok());
        dialog.iter().for_each(HtmlDialogElement::close);
    };
    let save = move || {
        let name = file.with_untracked(|file| file_name(&file.caption, &file.mime));
        read(saved.clone(), Array::new(), move |parts| {
            call("save", &[parts.into(), name.into()]);
        });
    };
    view! {
        <dialog id="viewer" class="card" aria-labelledby="viewer-heading" on:close=on(|_: web_sys::Event| ui().viewing.set(None))>
            <h2 id="viewer-heading" dir="auto">{dynamic(move || file.with(|file| file.caption.clone()))}</h2>
            {large}
            <p class="quiet-text">{dynamic(move || file.with(|file| file.detail.clone()))}</p>
            {dynamic(move || file.with(|file| badges(core::slice::from_ref(&file.badge))))}
            <div class="actions">
                <button type="button" class="button primary" data-action="viewer-close" on:click=on(move |_| close())>{tr(Text::FileClose)}</button>
                <a class="button" href=first.href.clone() on:click=on(move |_: web_sys::MouseEvent| close())>{icon(Sign::Pencil)}<span>{tr(Text::FileEdit)}</span></a>
                {dynamic(move || is_here.get().then(|| {
                    let save = save.clone();
                    view! {
                        <button type="button" class="button quiet" data-action="save-file" on:click=on(move |_| save())>{tr(Text::FileOpen)}</button>
                    }
                }))}
            </div>
        </dialog>
    }
    .into_any()
}

/// What a file is called where it is saved.
fn file_name(caption: &str, mime: &str) -> String {
    let name: String = caption.chars().filter(|sign| !"/\\:*?\"<>|".contains(*sign)).collect();
    let end = match mime {
        "image/jpeg" => ".jpg",
        "application/pdf" => ".pdf",
        _ => "",
    };
    let name = name.trim();
    // Most have been called so where they were chosen.
    [name, if name.ends_with(end) { "" } else { end }].concat()
}
