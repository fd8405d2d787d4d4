//! Steps as they could be written: for tests, which read them again.

use super::super::super::model::{Fold, Operation, Step, Whose};

/// The text of steps that make one formula.
pub(super) fn text(steps: &[Step]) -> String {
    let mut pile: Vec<String> = Vec::new();
    let mut at = 0;
    while let Some(step) = steps.get(at) {
        at += 1;
        let part = match step {
            Step::Number(number) => number_text(*number),
            Step::Text(text) | Step::Day(text) => format!("'{text}'"),
            Step::Truth(yes) => yes.to_string(),
            Step::Codes(codes) => format!("['{}']", codes.join("', '")),
            Step::It => "it".to_owned(),
            Step::Answer(whose, field, _) => {
                let field = if field.is_empty() { "id" } else { field };
                match whose {
                    Whose::Own => field.to_owned(),
                    Whose::Record => format!("record.{field}"),
                    Whose::It => format!("it.{field}"),
                    Whose::Named(name, _) => format!("{name}.{field}"),
                }
            }
            Step::Over(fold, list, length) => {
                let end = at + usize::try_from(*length).unwrap();
                let body = text(&steps[at..end]);
                at = end;
                let name = match fold {
                    Fold::Count => "count",
                    Fold::Sum => "sum",
                    Fold::Lowest => "lowest",
                    Fold::Highest => "highest",
                };
                format!("{name}({list}, {body})")
            }
            Step::Do(operation) => done(*operation, &mut pile),
        };
        pile.push(part);
    }
    assert_eq!(pile.len(), 1, "{steps:?}");
    pile.pop().unwrap()
}

fn done(operation: Operation, pile: &mut Vec<String>) -> String {
    let last = pile.pop().unwrap();
    match operation {
        Operation::Not => return format!("(not {last})"),
        Operation::Answered => return format!("answered({last})"),
        Operation::Floor => return format!("floor({last})"),
        Operation::Length => return format!("length({last})"),
        Operation::Kind => return format!("number({last})"),
        Operation::File => return format!("file({last})"),
        _ => {}
    }
    let first = pile.pop().unwrap();
    let between = match operation {
        Operation::If => return format!("if({}, {first}, {last})", pile.pop().unwrap()),
        Operation::Months => return format!("months({first}, {last})"),
        Operation::Or => "or",
        Operation::And => "and",
        Operation::Equal => "==",
        Operation::Less => "<",
        Operation::AtMost => "<=",
        Operation::In => "in",
        Operation::Add => "+",
        Operation::Subtract => "-",
        Operation::Multiply => "*",
        Operation::Divide => "/",
        _ => "where",
    };
    format!("({first} {between} {last})")
}

fn number_text(number: i64) -> String {
    let sign = if number < 0 { "-" } else { "" };
    let size = number.unsigned_abs();
    format!("{sign}{}.{:03}", size / 1_000, size % 1_000)
}
