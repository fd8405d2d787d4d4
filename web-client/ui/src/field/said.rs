//! What else was said on a field, calmly; and, for those who may decide, the decision.

use crate::prelude::*;
use ankomst_shared::app::{
    Agreement, Command, FieldView, Reply, SettlementView, ShownRule, StatementView,
};
use ankomst_shared::ids::{ConflictId, DocumentId};
use ankomst_shared::packed::to_bytes;
use ankomst_shared::value::Value;

use super::Held;
use crate::bridge::ask;
use crate::clock::near;
use crate::dom::value_of;
use crate::icon::icon;
use crate::parts::{Asked, form_of, found};
use crate::react::{Live, attr, derived, dynamic, on};
use crate::state::ui;
use crate::text::{Text, fill, refusal, tr};
use crate::typing;
use ankomst_shared::app::Sign;

/// A decision being made; it outlives fresh views of the field.
#[derive(Clone, Copy)]
struct Draft {
    picked: Live<Option<Value>>,
    reason: Live<String>,
    fault: Live<Option<&'static str>>,
    form: Asked,
}

impl Draft {
    fn new(held: Held) -> Self {
        let form = Asked::new(form_at(held));
        let (picked, reason, fault) = (Live::new(None), Live::new(String::new()), Live::new(None));
        Self { picked, reason, fault, form }
    }

    /// Takes up what was typed before and not sent.
    fn take_up(self, held: Held, view: &FieldView) {
        let said: Vec<Value> = view.statements.iter().map(|said| said.value.clone()).collect();
        found(form_at(held), move |found| {
            for (question, value) in found {
                if question == REASON {
                    self.reason.set(value.as_str().unwrap_or_default().to_owned());
                } else if said.contains(&value) {
                    self.picked.set(Some(value));
                }
            }
        });
    }
}

const REASON: &str = "reason";

/// The form of a decision about a field.
fn form_at(held: Held) -> DocumentId {
    form_of(&to_bytes(&(held.document, held.path())))
}

/// Shows the other statements and the decisions; nothing while all agree.
pub fn said(held: Held) -> AnyView {
    let fresh = derived(move || held.view.get());
    let draft = Draft::new(held);
    let mut taken_up = false;
    dynamic(move || {
        let view = fresh.get();
        if may_decide(&view) && !core::mem::replace(&mut taken_up, true) {
            draft.take_up(held, &view);
        }
        let quiet = view.agreement == Agreement::Agreed && view.settlements.is_empty();
        (!quiet).then(|| account(held, &view, draft))
    })
}

fn account(held: Held, view: &FieldView, draft: Draft) -> AnyView {
    let rest = view.statements.iter().skip(1).map(also).collect_view();
    let first = view.statements.first().map(|statement| {
        view! { <li class="said-shown">{tr(Text::SaidShown)} " " {voice(statement)}</li> }
    });
    let open = view.agreement != Agreement::Agreed && view.agreement != Agreement::Settled;
    let may = may_decide(view);
    view! {
        <div class=if view.safety && open { "said said-safety" } else { "said" } role="group" aria-label=tr(Text::SaidLabel)>
            <p class="said-head">
                {icon(if view.safety && open { Sign::Danger } else { Sign::Differ })}
                <strong>{headline(view.agreement)}</strong> " " <span>{why(view.rule)}</span>
            </p>
            <ul>{first}{rest}</ul>
            {view.settlements.iter().map(|settlement| decided(held, settlement)).collect_view()}
            {may.then(|| decide(held, view, draft))}
        </div>
    }
    .into_any()
}

fn may_decide(view: &FieldView) -> bool {
    let open = view.agreement != Agreement::Agreed && view.agreement != Agreement::Settled;
    view.may_settle && open && view.conflict.is_some()
}

fn also(statement: &StatementView) -> AnyView {
    view! { <li>{tr(Text::SaidAlso)} " " {voice(statement)}</li> }.into_any()
}

/// One statement: what, who, when, on which device.
pub fn voice(statement: &StatementView) -> AnyView {
    let who = if statement.own { tr(Text::SaidYou).to_owned() } else { statement.who.clone() };
    let received = match statement.received_ms {
        Some(ms) => fill(Text::SaidReceived, &[&near(ms)]),
        None => tr(Text::SaidNotReceived).to_owned(),
    };
    let text = if statement.text.is_empty() {
        tr(Text::FieldEmpty).to_owned()
    } else {
        statement.text.clone()
    };
    view! {
        <b dir="auto">{text}</b>
        <span class="voice">
            {format!(", {who}, {}, {}", near(statement.claimed_ms), statement.device)}
            <span class="voice-received">{format!(" ({received})")}</span>
        </span>
    }
    .into_any()
}

fn headline(agreement: Agreement) -> &'static str {
    tr(match agreement {
        Agreement::Agreed => Text::SaidAgreed,
        Agreement::Open => Text::SaidOpen,
        Agreement::Settled => Text::SaidSettled,
        Agreement::Reopened => Text::SaidReopened,
        Agreement::SettledTwice => Text::SaidSettledTwice,
    })
}

fn why(rule: ShownRule) -> &'static str {
    tr(match rule {
        ShownRule::Only => Text::RuleOnly,
        ShownRule::Picked => Text::RulePicked,
        ShownRule::MostCautious => Text::RuleMostCautious,
        ShownRule::Decided => Text::RuleDecided,
        ShownRule::Union => Text::RuleUnion,
        ShownRule::First => Text::RuleFirst,
        ShownRule::Table => Text::RuleTable,
        ShownRule::Merged => Text::RuleMerged,
    })
}

fn decided(held: Held, settlement: &SettlementView) -> AnyView {
    let words = fill(
        Text::SaidDecision,
        &[&settlement.text, &settlement.who, &near(settlement.claimed_ms)],
    );
    let id = settlement.id.clone();
    let undo = move |_| {
        let Ok(settlement) = id.parse() else { return };
        ask(Command::Unsettle { document: held.document, settlement }, |reply| {
            if let Reply::Refused(why) = reply {
                ui().say(refusal(why));
            }
        });
    };
    view! {
        <p class="decision" data-settlement=settlement.id.clone()>
            {icon(Sign::Tick)}
            <span>{words} " " <q dir="auto">{settlement.reason.clone()}</q></span>
            {settlement.own.then(|| view! {
                <button type="button" class="button quiet" data-action="unsettle" on:click=on(undo)>
                    {tr(Text::SaidUndo)}
                </button>
            })}
        </p>
    }
    .into_any()
}

/// The form of a decision. It must be about what was shown: a conflict that has changed meanwhile
/// is refused by the core, and the person looks again.
fn decide(held: Held, view: &FieldView, draft: Draft) -> AnyView {
    let name = format!("{}-decide", held.id());
    let choices = view.statements.iter().enumerate();
    let choices = choices.map(|(at, said)| option(&name, at + 1, said, draft)).collect_view();
    let conflict = view.conflict;
    let settle = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if let Some(conflict) = conflict {
            send(held, conflict, draft);
        }
    };
    view! {
        <form class="decide" novalidate on:submit=on(settle)>
            <p class="question">{tr(Text::SettleQuestion)}</p>
            <div class="cards">{choices}</div>
            <label class="reason"><span>{tr(Text::SettleReason)}</span>
                <input type="text" dir="auto" autocomplete="off" data-action="settle-reason" prop:value=attr(move || draft.reason.get())
                    on:input=on(move |event| {
                        let typed = value_of(&event);
                        draft.form.keep(REASON, Value::text(&typed));
                        draft.reason.set(typed);
                    }) />
            </label>
            {dynamic(move || draft.fault.get().map(|fault| view! { <p class="fault" role="alert">{fault}</p> }))}
            <button type="submit" class="button primary" data-action="settle">{tr(Text::SettleDo)}</button>
            {draft.form.mark()}
        </form>
    }
    .into_any()
}

fn option(name: &str, number: usize, said: &StatementView, draft: Draft) -> AnyView {
    let value = said.value.clone();
    let shown = value.clone();
    let text =
        if said.text.is_empty() { tr(Text::FieldEmpty).to_owned() } else { said.text.clone() };
    view! {
        <label class="card-choice">
            <input type="radio" autocomplete="off" name=name.to_owned() data-pick=number.to_string()
                prop:checked=attr(move || draft.picked.with(|picked| picked.as_ref() == Some(&shown)))
                on:change=on(move |_| {
                    draft.form.keep("value", value.clone());
                    draft.picked.set(Some(value.clone()));
                }) />
            <span><b dir="auto">{text}</b> <small>{said.who.clone()}</small></span>
        </label>
    }
    .into_any()
}

fn send(held: Held, conflict: ConflictId, draft: Draft) {
    let reason = draft.reason.get_untracked().trim().to_owned();
    let Some(value) = draft.picked.get_untracked() else {
        return draft.fault.set(Some(tr(Text::SettlePickFirst)));
    };
    if reason.is_empty() {
        return draft.fault.set(Some(tr(Text::SettleReasonNeeded)));
    }
    typing::commit(held.document);
    let (document, path) = (held.document, held.path());
    let command = Command::Settle { document, path, conflict, value, reason };
    ask(command, move |reply| match reply {
        Reply::Refused(why) => draft.fault.set(Some(refusal(why))),
        _ => {
            draft.fault.set(None);
            draft.form.done();
            ui().say(tr(Text::SettleDone));
        }
    });
}
