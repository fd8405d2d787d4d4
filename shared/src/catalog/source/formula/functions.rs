//! What stands before parentheses: functions of one answer, and what is made of all entries of a list.

use super::super::super::model::{Fold, Operation, Step};
use super::parse::{Parser, Read, number, truth, wants};
use super::scope::{It, Type};
use super::words::Word;

impl Parser<'_> {
    pub(super) fn function(&mut self, name: &str) -> Read<Type> {
        let fold = match name {
            "count" => Fold::Count,
            "sum" => Fold::Sum,
            "lowest" => Fold::Lowest,
            "highest" => Fold::Highest,
            _ => return self.plain_function(name),
        };
        self.over(name, fold)
    }

    fn plain_function(&mut self, name: &str) -> Read<Type> {
        let start = self.steps.len();
        let first = self.where_()?;
        let what = format!("`{name}`");
        match name {
            "answered" => self.do_(Operation::Answered).map(|()| Type::Truth),
            "empty" => {
                self.do_(Operation::Answered)?;
                self.do_(Operation::Not).map(|()| Type::Truth)
            }
            "length" => match first {
                Type::Text | Type::Set(_) => self.do_(Operation::Length).map(|()| Type::Number),
                other => Err(wants(&what, "a text or a set", &other)),
            },
            "number" | "file" => match first {
                Type::Text if name == "file" => self.do_(Operation::File).map(|()| Type::Text),
                Type::Text => self.do_(Operation::Kind).map(|()| Type::Text),
                other => Err(wants(&what, "a text", &other)),
            },
            "floor" => {
                number(&what, &first)?;
                self.do_(Operation::Floor).map(|()| Type::Number)
            }
            "months" => {
                let first = if let Type::Quoted(text) = &first {
                    self.quoted(start, text, Type::Day)?
                } else {
                    first
                };
                if first != Type::Day {
                    return Err(wants(&what, "a day", &first));
                }
                self.needs(",")?;
                let count = self.where_()?;
                number(&what, &count)?;
                self.do_(Operation::Months).map(|()| Type::Day)
            }
            "if" => {
                truth(&what, &first)?;
                self.needs(",")?;
                let then_at = self.steps.len();
                let then = self.where_()?;
                self.needs(",")?;
                let else_at = self.steps.len();
                let otherwise = self.where_()?;
                let typ = self.same((then_at, then), (else_at, otherwise), "if")?;
                self.do_(Operation::If).map(|()| typ)
            }
            _ => Err(format!("there is no function `{name}`")),
        }
    }

    /// `count(rooms)`, `count(rooms, it.kind == 'kitchen')`, `sum(rooms, it.area_m2)`.
    fn over(&mut self, name: &str, fold: Fold) -> Read<Type> {
        let Some(Word::Name(id)) = self.words.get(self.at).cloned() else {
            return Err(format!("`{name}` wants a list of entries first"));
        };
        self.at += 1;
        let list = self.scope.kind.entry_lists.iter().find(|list| list.id == id);
        let list = list.ok_or_else(|| format!("there is no list of entries `{id}`"))?;
        if matches!(self.scope.it, It::Entry(_)) {
            return Err(format!(
                "`{name}` cannot stand inside another one, nor where `it` is an entry"
            ));
        }
        let at = self.steps.len();
        self.push(Step::Over(fold, id, 0))?;
        let outside = core::mem::replace(&mut self.scope.it, It::Entry(list));
        let typ = if self.sign(&[","]).is_some() {
            self.where_()?
        } else if fold == Fold::Count {
            self.push(Step::Truth(true))?;
            Type::Truth
        } else {
            return Err(format!("`{name}` wants what to look at in each entry"));
        };
        self.scope.it = outside;
        let length = u32::try_from(self.steps.len() - at - 1).unwrap_or(u32::MAX);
        if let Some(Step::Over(_, _, slot)) = self.steps.get_mut(at) {
            *slot = length;
        }
        match (fold, typ) {
            (Fold::Count, Type::Truth) | (Fold::Sum, Type::Number) => Ok(Type::Number),
            (Fold::Lowest | Fold::Highest, typ @ (Type::Number | Type::Day | Type::Time)) => {
                Ok(typ)
            }
            (Fold::Count, typ) => Err(wants("`count`", "yes or no", &typ)),
            (_, typ) => Err(wants(&format!("`{name}`"), "a number", &typ)),
        }
    }
}
