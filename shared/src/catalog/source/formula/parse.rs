//! From the words of a formula to its steps, with the type of every part; what stands before
//! parentheses is in `functions`.

use super::super::super::model::{Formula, Operation, Step};
use super::scope::{It, Scope, Type, is_day};
use super::words::{Word, words};

/// Deepest nesting of parentheses, brackets and functions.
const DEPTH_MAX: usize = 12;
/// Most codes in one pair of brackets.
const CODES_MAX: usize = 64;

pub(super) type Read<T> = Result<T, String>;

pub(super) struct Parser<'a> {
    pub(super) words: Vec<Word>,
    pub(super) at: usize,
    depth: usize,
    pub(super) steps: Vec<Step>,
    pub(super) scope: Scope<'a>,
}

/// Reads a formula; calculated fields stand in it by their names.
pub(super) fn formula(text: &str, scope: Scope<'_>) -> Read<(Vec<Step>, Type)> {
    let mut parser = Parser { words: words(text)?, at: 0, depth: 0, steps: Vec::new(), scope };
    let typ = parser.where_()?;
    match parser.words.get(parser.at) {
        None => Ok((parser.steps, typ)),
        Some(word) => Err(format!("{} is not expected after what stands before it", shown(word))),
    }
}

fn shown(word: &Word) -> String {
    match word {
        Word::Name(name) => format!("`{name}`"),
        Word::Text(text) => format!("'{text}'"),
        Word::Sign(sign) => format!("`{sign}`"),
        Word::Number(_) => "a number".to_owned(),
    }
}

pub(super) fn wants(what: &str, wanted: &str, found: &Type) -> String {
    format!("{what} wants {wanted}, not {}", found.named())
}

pub(super) fn truth(what: &str, found: &Type) -> Read<()> {
    if *found == Type::Truth { Ok(()) } else { Err(wants(what, "yes or no", found)) }
}

pub(super) fn number(what: &str, found: &Type) -> Read<()> {
    if *found == Type::Number { Ok(()) } else { Err(wants(what, "a number", found)) }
}

impl Parser<'_> {
    pub(super) fn sign(&mut self, signs: &[&'static str]) -> Option<&'static str> {
        let found = match self.words.get(self.at)? {
            Word::Sign(sign) => signs.iter().find(|known| *known == sign).copied(),
            _ => None,
        };
        self.at += usize::from(found.is_some());
        found
    }

    fn name(&mut self, name: &str) -> bool {
        let is = matches!(self.words.get(self.at), Some(Word::Name(found)) if found == name);
        self.at += usize::from(is);
        is
    }

    pub(super) fn needs(&mut self, sign: &'static str) -> Read<()> {
        self.sign(&[sign]).map(|_| ()).ok_or_else(|| format!("`{sign}` is missing"))
    }

    pub(super) fn push(&mut self, step: Step) -> Read<()> {
        self.steps.push(step);
        if self.steps.len() > Formula::STEPS_MAX {
            return Err(format!("it has more than {} steps", Formula::STEPS_MAX));
        }
        Ok(())
    }

    pub(super) fn do_(&mut self, operation: Operation) -> Read<()> {
        self.push(Step::Do(operation))
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        if self.depth == DEPTH_MAX {
            return Err(format!("it nests deeper than {DEPTH_MAX}"));
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    pub(super) fn where_(&mut self) -> Read<Type> {
        let typ = self.or()?;
        if !self.name("where") {
            return Ok(typ);
        }
        let condition = self.or()?;
        truth("`where`", &condition)?;
        self.do_(Operation::Where)?;
        Ok(typ)
    }

    fn or(&mut self) -> Read<Type> {
        let mut typ = self.and()?;
        while self.name("or") {
            truth("`or`", &typ)?;
            typ = self.and()?;
            truth("`or`", &typ)?;
            self.do_(Operation::Or)?;
        }
        Ok(typ)
    }

    fn and(&mut self) -> Read<Type> {
        let mut typ = self.not()?;
        while self.name("and") {
            truth("`and`", &typ)?;
            typ = self.not()?;
            truth("`and`", &typ)?;
            self.do_(Operation::And)?;
        }
        Ok(typ)
    }

    fn not(&mut self) -> Read<Type> {
        let mut times = 0;
        while self.name("not") {
            times += 1;
        }
        let typ = self.compared()?;
        for _ in 0..times {
            truth("`not`", &typ)?;
            self.do_(Operation::Not)?;
        }
        Ok(typ)
    }

    fn compared(&mut self) -> Read<Type> {
        let start = self.steps.len();
        let first = self.sum()?;
        let middle = self.steps.len();
        if self.name("in") {
            let second = self.sum()?;
            self.within(&first, &second)?;
            self.do_(Operation::In)?;
            return Ok(Type::Truth);
        }
        let Some(sign) = self.sign(&["==", "!=", "<=", ">=", "<", ">"]) else { return Ok(first) };
        let second = self.sum()?;
        let typ = self.same((start, first), (middle, second), sign)?;
        let is_ordered = matches!(typ, Type::Number | Type::Day | Type::Time);
        if !is_ordered && !matches!(sign, "==" | "!=") {
            return Err(wants(&format!("`{sign}`"), "numbers, days or times", &typ));
        }
        // More is: not at most. So there are fewer operations.
        let (operation, is_turned) = match sign {
            "==" => (Operation::Equal, false),
            "!=" => (Operation::Equal, true),
            "<" => (Operation::Less, false),
            ">=" => (Operation::Less, true),
            "<=" => (Operation::AtMost, false),
            _ => (Operation::AtMost, true),
        };
        self.do_(operation)?;
        if is_turned {
            self.do_(Operation::Not)?;
        }
        Ok(Type::Truth)
    }

    /// The one type of two parts; a quoted text becomes what the other one is.
    pub(super) fn same(
        &mut self,
        one: (usize, Type),
        other: (usize, Type),
        what: &str,
    ) -> Read<Type> {
        let ((one_at, one), (other_at, other)) = (one, other);
        match (one, other) {
            (Type::Quoted(text), typ) => self.quoted(one_at, &text, typ),
            (typ, Type::Quoted(text)) => self.quoted(other_at, &text, typ),
            (one, other) if one == other && !matches!(one, Type::Bracket(_) | Type::Set(_)) => {
                Ok(one)
            }
            (one, other) => {
                Err(format!("`{what}` wants two alike, not {} and {}", one.named(), other.named()))
            }
        }
    }

    pub(super) fn quoted(&mut self, at: usize, text: &str, typ: Type) -> Read<Type> {
        match &typ {
            Type::Code(list) => self.scope.code(list, text)?,
            Type::Text | Type::Quoted(_) => {}
            Type::Day if is_day(text) => {
                if let Some(step) = self.steps.get_mut(at) {
                    *step = Step::Day(text.to_owned());
                }
            }
            Type::Day => return Err(format!("'{text}' is no day, like '2026-11-25'")),
            other => return Err(format!("'{text}' is not {}", other.named())),
        }
        Ok(typ)
    }

    fn within(&self, one: &Type, many: &Type) -> Read<()> {
        match (one, many) {
            (Type::Code(list), Type::Bracket(codes)) => {
                codes.iter().try_for_each(|code| self.scope.code(list, code))
            }
            (Type::Quoted(code), Type::Set(list)) => self.scope.code(list, code),
            (Type::Code(one), Type::Set(list)) if one == list => Ok(()),
            (Type::Text | Type::Quoted(_), Type::Bracket(_)) => Ok(()),
            (one, many) => Err(format!("`in` cannot look for {} in {}", one.named(), many.named())),
        }
    }

    fn sum(&mut self) -> Read<Type> {
        let start = self.steps.len();
        let mut typ = self.product()?;
        while let Some(sign) = self.sign(&["+", "-"]) {
            let middle = self.steps.len();
            let mut other = self.product()?;
            if let (Type::Quoted(text), Type::Day) = (&typ, &other) {
                typ = self.quoted(start, &text.clone(), Type::Day)?;
            } else if let (Type::Day, Type::Quoted(text)) = (&typ, &other) {
                other = self.quoted(middle, &text.clone(), Type::Day)?;
            }
            typ = match (&typ, sign, &other) {
                (Type::Number, _, Type::Number) | (Type::Day, "-", Type::Day) => Type::Number,
                (Type::Day, _, Type::Number) => Type::Day,
                (one, sign, other) => {
                    let (one, other) = (one.named(), other.named());
                    return Err(format!("`{sign}` does not work with {one} and {other}"));
                }
            };
            self.do_(if sign == "+" { Operation::Add } else { Operation::Subtract })?;
        }
        Ok(typ)
    }

    fn product(&mut self) -> Read<Type> {
        let typ = self.signed()?;
        while let Some(sign) = self.sign(&["*", "/"]) {
            number(&format!("`{sign}`"), &typ)?;
            let other = self.signed()?;
            number(&format!("`{sign}`"), &other)?;
            self.do_(if sign == "*" { Operation::Multiply } else { Operation::Divide })?;
        }
        Ok(typ)
    }

    fn signed(&mut self) -> Read<Type> {
        if self.sign(&["-"]).is_none() {
            return self.primary();
        }
        if let Some(Word::Number(number)) = self.words.get(self.at) {
            let number = -*number;
            self.at += 1;
            self.push(Step::Number(number))?;
            return Ok(Type::Number);
        }
        self.push(Step::Number(0))?;
        let typ = self.primary()?;
        number("`-`", &typ)?;
        self.do_(Operation::Subtract)?;
        Ok(typ)
    }

    fn primary(&mut self) -> Read<Type> {
        let word = self.words.get(self.at).cloned().ok_or("it ends too early")?;
        self.at += 1;
        match word {
            Word::Number(number) => {
                self.push(Step::Number(number))?;
                Ok(Type::Number)
            }
            Word::Text(text) => {
                self.push(Step::Text(text.clone()))?;
                Ok(Type::Quoted(text))
            }
            Word::Sign("(") => {
                let typ = self.deeper(Self::where_)?;
                self.needs(")")?;
                Ok(typ)
            }
            Word::Sign("[") => self.bracket(),
            Word::Name(name) if self.sign(&["("]).is_some() => {
                let typ = self.deeper(|parser| parser.function(&name))?;
                self.needs(")")?;
                Ok(typ)
            }
            Word::Name(name) => self.named(&name),
            word @ Word::Sign(_) => Err(format!("{} stands where an answer should", shown(&word))),
        }
    }

    fn bracket(&mut self) -> Read<Type> {
        let mut codes = Vec::new();
        loop {
            let Some(Word::Text(code)) = self.words.get(self.at).cloned() else {
                return Err("brackets hold codes, like ['open', 'closed']".to_owned());
            };
            self.at += 1;
            codes.push(code);
            if self.sign(&[","]).is_none() {
                break;
            }
        }
        self.needs("]")?;
        if codes.len() > CODES_MAX {
            return Err(format!("brackets hold {CODES_MAX} codes at most"));
        }
        self.push(Step::Codes(codes.clone()))?;
        Ok(Type::Bracket(codes))
    }

    fn named(&mut self, name: &str) -> Read<Type> {
        if matches!(name, "true" | "false") {
            self.push(Step::Truth(name == "true"))?;
            return Ok(Type::Truth);
        }
        let mut second = None;
        if self.sign(&["."]).is_some() {
            let Some(Word::Name(field)) = self.words.get(self.at).cloned() else {
                return Err(format!("a field is missing after `{name}.`"));
            };
            self.at += 1;
            second = Some(field);
        } else if name == "it" {
            let It::Code(list) = self.scope.it else {
                return Err("`it` alone is a choice; there is none here".to_owned());
            };
            self.push(Step::It)?;
            return Ok(Type::Code(list.to_owned()));
        }
        let (whose, field, shape, typ) = self.scope.answer(name, second.as_deref())?;
        self.push(Step::Answer(whose, field, shape))?;
        Ok(typ)
    }
}
