//! A form by sections; leaving a section makes one change of what was typed in it.

use crate::prelude::*;
use ankomst_shared::app::{FieldView, FormView};
use ankomst_shared::ids::DocumentId;

use crate::dom::has_left;
use crate::field::field;
use crate::icon::icon;
use crate::react::{Live, derived, dynamic, on};
use crate::slots::{Slots, each, rows};
use crate::text::{Text, fill, tr};
use crate::typing;
use ankomst_shared::app::Sign;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Shape {
    id: String,
    label: String,
    fields: Vec<String>,
    answered: usize,
}

/// A form on the page.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    document: DocumentId,
    sections: Slots<Shape>,
    fields: Slots<FieldView>,
    protected: Live<bool>,
}

impl Form {
    /// Makes the form of a document, empty until its first view.
    pub fn new(document: DocumentId) -> Self {
        Self { document, sections: Slots::new(), fields: Slots::new(), protected: Live::new(false) }
    }

    /// Takes in a fresh view.
    pub fn take(self, view: FormView) {
        self.protected.set(view.protected);
        let mut shapes = Vec::new();
        for section in view.sections {
            let mut keys = Vec::new();
            let answered = section.fields.iter().filter(|field| !field.text.is_empty()).count();
            for field in section.fields {
                let key = field.path.as_str().to_owned();
                self.fields.put(&key, field);
                keys.push(key);
            }
            let Some(shape) = shape(section.id, section.label, keys, answered) else { continue };
            shapes.push((shape.id.clone(), shape));
        }
        self.sections.fill(shapes);
    }
}

fn shape(id: String, label: String, fields: Vec<String>, answered: usize) -> Option<Shape> {
    (!fields.is_empty()).then_some(Shape { id, label, fields, answered })
}

/// Shows a form.
pub fn form(form: Form) -> AnyView {
    let protected = move || {
        form.protected.get().then(|| view! {
            <p class="notice" data-tone="danger">{icon(Sign::Shield)}<strong>{tr(Text::ProtectedNotice)}</strong></p>
        })
    };
    view! {
        {protected}
        <div class="form">
            <nav class="form-sections" aria-label=tr(Text::FormSections)>
                {rows(form.sections, section_link)}
            </nav>
            <div class="form-body">{rows(form.sections, move |shape| section(form, shape))}</div>
        </div>
    }
    .into_any()
}

fn section_link(shape: Live<Shape>) -> AnyView {
    let first = shape.get_untracked();
    view! {
        <a href=format!("#s-{}", first.id)>
            <span>{first.label}</span>
            <small>{dynamic(move || shape.with(|shape| fill(
                Text::FormOf, &[&shape.answered.to_string(), &shape.fields.len().to_string()],
            )))}</small>
        </a>
    }
    .into_any()
}

fn section(form: Form, shape: Live<Shape>) -> AnyView {
    let first = shape.get_untracked();
    let keys = derived(move || shape.with(|shape| shape.fields.clone()));
    let heading = format!("hs-{}", first.id);
    let labelled = heading.clone();
    view! {
        <section class="card form-section" id=format!("s-{}", first.id) aria-labelledby=labelled
            on:focusout=on(move |event| if has_left(&event) { typing::commit(form.document); })>
            <h2 id=heading>{first.label}</h2>
            {each(move || keys.get(), move |key| {
                form.fields.get(&key).map_or_else(|| ().into_any(), |view| field(form.document, view))
            })}
        </section>
    }
    .into_any()
}
