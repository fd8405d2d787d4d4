//! What can be done: buttons, the dialog with their questions, and taking back.

use crate::prelude::*;
use ankomst_shared::app::{Act, Acted, Action, Ask, Command, Input, Look, Question, Reply};
use ankomst_shared::packed::to_bytes;
use ankomst_shared::value::Value;
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlDialogElement, HtmlElement};

use crate::bridge::ask;
use crate::dom::{by_id, call, value_of};
use crate::field::{read_typed, shape_of};
use crate::icon::icon;
use crate::parts::passkey::answered;
use crate::parts::{Asked, forget, form_of, found, make_key};
use crate::react::{Live, dynamic, effect, on};
use crate::route::{Route, go};
use crate::state::ui;
use crate::text::{Text, refusal, tr};
use crate::typing;

/// Questions whose answers are kept nowhere.
const SECRETS: [&str; 2] = ["password", PIN];
/// One that nobody beside should read.
const PIN: &str = "pin";

/// The buttons of several actions.
pub fn buttons(actions: &[Action]) -> AnyView {
    actions.iter().map(|action| button(action.clone())).collect_view().into_any()
}

fn button(action: Action) -> AnyView {
    let class = match action.look {
        Look::Primary => "button primary",
        Look::Quiet => "button quiet",
        Look::Choice(_) => "chip-button",
        Look::Plain | Look::Switch(_) => "button",
    };
    let (role, checked) = match action.look {
        Look::Switch(is_on) => (Some("switch"), Some(is_on.to_string())),
        _ => (None, None),
    };
    let pressed = match (&action.look, &action.act) {
        (Look::Choice(_), Act::Theme(theme)) => Some((theme_now() == *theme).to_string()),
        (Look::Choice(chosen), _) => Some(chosen.to_string()),
        _ => None,
    };
    let (name, label, sign) = (action.name.clone(), action.label.clone(), action.sign);
    view! {
        <button type="button" class=class role=role aria-checked=checked aria-pressed=pressed data-action=name
            on:click=on(move |_| {
                if action.ask.is_some() {
                    open(action.clone());
                } else {
                    run(action.act.clone(), Vec::new(), |_| {});
                }
            })>
            {icon(sign)}<span>{label}</span>
        </button>
    }
    .into_any()
}

/// Does it, says so, goes where it leads, and offers to take it back.
pub fn run(
    act: Act,
    answers: Vec<(String, Value)>,
    then: impl FnOnce(Option<&'static str>) + 'static,
) {
    typing::commit_all();
    let line = focused_line();
    match &act {
        Act::Go(address) => return go(Route::parse(address)),
        Act::Print => return drop(web_sys::window().map(|window| window.print())),
        Act::Theme(theme) => return set_theme(*theme),
        Act::Persist => return persist(),
        Act::SafetyCopy => return save_copy(),
        Act::HandOver(false) => return save_file(Command::HandOver, Text::BundleSaved),
        Act::HandOver(true) => return take_file(),
        Act::Passkey => return make_key(),
        Act::Save(name, text) => return save(text.as_bytes(), name),
        _ => {}
    }
    ask(Command::Act(act, answers), move |reply| match reply {
        Reply::Acted(Acted { say, go: address, undo, .. }) => {
            then(None);
            ui().undo.set(undo);
            ui().say(say);
            if let Some(address) = address {
                go(Route::parse(&address));
            } else {
                stay_near(line);
            }
            ui().refresh();
        }
        Reply::Refused(why) => {
            ui().say(refusal(why));
            then(Some(refusal(why)));
        }
        _ => then(None),
    });
}

/// The line that the focus stands in.
fn focused_line() -> Option<String> {
    let active = web_sys::window()?.document()?.active_element()?;
    active.closest("[data-line]").ok()??.get_attribute("data-line")
}

/// A button that has gone with what it did must not take the keyboard's place with it.
fn stay_near(line: Option<String>) {
    set_timeout(
        move || {
            let Some(document) = web_sys::window().and_then(|window| window.document()) else {
                return;
            };
            let lost = document.active_element().is_none_or(|active| active.tag_name() == "BODY");
            if lost {
                let near = line.and_then(|line| {
                    let near = format!("[data-line=\"{line}\"] :is(a, button)");
                    document.query_selector(&near).ok()?
                });
                // What it stood in has gone, too.
                near.or_else(|| by_id("main")).iter().for_each(focus);
            }
        },
        core::time::Duration::from_millis(120),
    );
}

fn focus(element: &Element) {
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        let _ = element.focus();
    }
}

/// The dialog of the action that is being asked about; part of the frame.
pub fn asking() -> AnyView {
    let asked = ui().asking;
    dynamic(move || {
        asked.with(|asked| {
            asked.clone().and_then(|action| {
                let ask = action.ask.clone()?;
                Some(dialog(action, ask))
            })
        })
    })
}

/// Asks, with what was half typed before.
fn open(mut action: Action) {
    found(form_of(&to_bytes(&action.act)), move |found| {
        if let Some(ask) = &mut action.ask {
            for (id, value) in found {
                let question = ask.questions.iter_mut().find(|one| one.id == id);
                // What can be chosen may have changed since.
                if let Some(question) = question.filter(|one| is_possible(&one.input, &value)) {
                    question.value = value;
                }
            }
        }
        ui().asking.set(Some(action));
    });
}

fn is_possible(input: &Input, value: &Value) -> bool {
    match input {
        Input::Choice(all) => all.iter().any(|one| value.as_str() == Some(&one.code)),
        _ => true,
    }
}

/// The form is done or given up: nothing of it is kept.
fn close() {
    if let Some(action) = ui().asking.get_untracked() {
        forget(form_of(&to_bytes(&action.act)));
    }
    ui().asking.set(None);
}

fn dialog(action: Action, question: Ask) -> AnyView {
    let fault = Live::new(None::<&'static str>);
    let answers: Live<Vec<(String, Value)>> = Live::new(
        question.questions.iter().map(|one| (one.id.clone(), one.value.clone())).collect(),
    );
    let needed: Vec<String> =
        question.questions.iter().filter(|one| one.required).map(|one| one.id.clone()).collect();
    effect(|| {
        set_timeout(
            || {
                let dialog = by_id("ask").and_then(|it| it.dyn_into::<HtmlDialogElement>().ok());
                if let Some(dialog) = dialog.filter(|dialog| !dialog.open()) {
                    let _ = dialog.show_modal();
                }
            },
            core::time::Duration::ZERO,
        );
    });
    let act = action.act.clone();
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let given = answers.get_untracked();
        let lacks = |id: &String| given.iter().any(|(known, value)| known == id && value.is_null());
        if needed.iter().any(lacks) {
            return fault.set(Some(tr(Text::AskNeeded)));
        }
        let given = given.into_iter().filter(|(_, value)| !value.is_null()).collect();
        run(act.clone(), given, move |why| match why {
            None => close(),
            Some(why) => fault.set(Some(why)),
        });
    };
    let form = Asked::new(form_of(&to_bytes(&action.act)));
    let fields =
        question.questions.into_iter().map(|one| answer(one, form, answers)).collect_view();
    let help = question.help;
    view! {
        <dialog id="ask" class="card" aria-labelledby="ask-heading" on:close=on(|_: web_sys::Event| close())>
            <form novalidate autocomplete="off" on:submit=on(submit)>
                <h2 id="ask-heading">{question.title}</h2>
                {(!help.is_empty()).then(|| view! { <p class="help">{help}</p> })}
                {fields}
                <p class="fault" role="alert">{dynamic(move || fault.get())}</p>
                <div class="actions">
                    <button type="submit" class="button primary" data-action="ask-done">{icon(action.sign)}<span>{question.done}</span></button>
                    <button type="button" class="button" data-action="ask-cancel" on:click=on(|_| close())>{tr(Text::AskCancel)}</button>
                    {form.mark()}
                </div>
            </form>
        </dialog>
    }
    .into_any()
}

fn answer(question: Question, form: Asked, answers: Live<Vec<(String, Value)>>) -> AnyView {
    let Question { id, label, input, value, .. } = question;
    let field = format!("ask-{id}");
    let first = shape_of(&value, &input);
    let (kind, is_pin) = (input.clone(), id == PIN);
    let said = move |event: web_sys::Event| {
        let value = read_typed(&kind, &value_of(&event));
        let mut all = answers.get_untracked();
        for (known, old) in &mut all {
            if *known == id {
                old.clone_from(&value);
            }
        }
        answers.set(all);
        if !SECRETS.contains(&id.as_str()) {
            form.keep(&id, value);
        }
    };
    let typed = match input {
        Input::Choice(choices) => {
            let options = choices.into_iter().map(|choice| {
                let chosen = choice.code == first;
                view! { <option value=choice.code selected=chosen>{choice.label}</option> }
            });
            let options = options.collect_view();
            view! {
                <select id=field.clone() on:change=on(said)><option value="">{tr(Text::FieldChoose)}</option>{options}</select>
            }
            .into_any()
        }
        Input::Bool => view! {
            <select id=field.clone() on:change=on(said)>
                <option value="">{tr(Text::FieldChoose)}</option>
                <option value="true" selected=value == Value::Bool(true)>{tr(Text::FieldYes)}</option>
                <option value="false" selected=value == Value::Bool(false)>{tr(Text::FieldNo)}</option>
            </select>
        }
        .into_any(),
        Input::LongText => view! {
            <textarea id=field.clone() rows="4" dir="auto" on:input=on(said)>{first}</textarea>
        }
        .into_any(),
        Input::Date | Input::Time => {
            let (class, keys, form) = match input {
                Input::Date => ("date", "numeric", Text::FieldDateForm),
                _ => ("moment", "text", Text::FieldTimeForm),
            };
            view! {
                <input id=field.clone() type="text" class=class inputmode=keys autocomplete="off"
                    placeholder=tr(form) value=first on:input=on(said) />
            }
            .into_any()
        }
 _ if is_pin => view! {
            <input id=field.clone() type="password" inputmode="numeric" autocomplete="one-time-code" on:input=on(said) />
        }
        .into_any(),
        _ => view! {
            <input id=field.clone() type="text" class="wide" dir="auto" autocomplete="off" value=first on:input=on(said) />
        }
        .into_any(),
    };
    view! { <div class="field"><label for=field class="question">{label}</label>{typed}</div> }
        .into_any()
}

/// What was said, with the way back for as long as it is shown.
pub fn toast() -> AnyView {
    let (said, undo) = (ui().said, ui().undo);
    effect(move || {
        if said.with(|said| !said.is_empty()) {
            let shown = said.get_untracked();
            set_timeout(
                move || {
                    if said.get_untracked() == shown {
                        said.set(String::new());
                        undo.set(None);
                    }
                },
                core::time::Duration::from_secs(10),
            );
        }
    });
    view! {
        <div class="toast" role="status" aria-live="polite">
            <span>{dynamic(move || said.get())}</span>
            {dynamic(move || undo.get().map(|act| view! {
                <button type="button" class="button" data-action="undo" on:click=on(move |_| {
                    undo.set(None);
                    run(act.clone(), Vec::new(), move |_| undo.set(None));
                })>{tr(Text::Undo)}</button>
            }))}
        </div>
    }
    .into_any()
}

fn root() -> Option<HtmlElement> {
    web_sys::window()?.document()?.document_element()?.dyn_into().ok()
}

/// 0 as the device, 1 light, 2 dark.
fn theme_now() -> u8 {
    match root().and_then(|root| root.get_attribute("data-theme")).as_deref() {
        Some("light") => 1,
        Some("dark") => 2,
        _ => 0,
    }
}

fn set_theme(theme: u8) {
    let Some(root) = root() else { return };
    let name = match theme {
        1 => "light",
        2 => "dark",
        _ => "",
    };
    let storage = web_sys::window().and_then(|window| window.local_storage().ok().flatten());
    if name.is_empty() {
        let _ = root.remove_attribute("data-theme");
    } else {
        let _ = root.set_attribute("data-theme", name);
    }
    if let Some(storage) = storage {
        let _ = storage.set_item("theme", name);
    }
    ui().redraw();
}

fn save(bytes: &[u8], name: &str) {
    call("save", &[js_sys::Uint8Array::from(bytes).into(), name.into()]);
}

/// Saves what the server does not have as a file.
pub fn save_copy() {
    save_file(Command::SafetyCopy, Text::SafetySaved);
}

fn save_file(command: Command, said: Text) {
    ask(command, move |reply| match reply {
        Reply::File(Some((name, bytes))) => {
            save(&bytes, &name);
            ui().say(tr(said));
        }
        Reply::Refused(why) => ui().say(refusal(why)),
        _ => ui().say(tr(Text::SafetyNone)),
    });
}

/// Asks for a file of another tablet and takes it in.
fn take_file() {
    let picked = Closure::once_into_js(|bytes: js_sys::Uint8Array| {
        ask(Command::TakeFile(bytes.to_vec()), answered);
    });
    call("pick", &[picked]);
}

fn persist() {
    if let Some(window) = web_sys::window()
        && let Ok(asked) = window.navigator().storage().persist()
    {
        drop(asked);
        ui().say(tr(Text::PersistAsked));
    }
}
