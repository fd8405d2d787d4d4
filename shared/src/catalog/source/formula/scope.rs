//! What the names in a formula stand for, and of what type their answers are.

use super::super::super::model::{EntryList, Field, FieldType, Kind, Package, Shape, Whose};

/// What a formula, or a part of it, gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Type {
    /// Yes or no.
    Truth,
    /// A number.
    Number,
    /// A day.
    Day,
    /// A point in time.
    Time,
    /// A code of a list.
    Code(String),
    /// Any codes of a list.
    Set(String),
    /// Any text.
    Text,
    /// An entry of a list, or another record.
    Entry(String),
    /// A text as it stands in the formula: a code, a day or a text, as what it is compared with asks.
    Quoted(String),
    /// Such texts in brackets.
    Bracket(Vec<String>),
}

impl Type {
    /// In words, for faults.
    pub(super) fn named(&self) -> String {
        match self {
            Self::Truth => "yes or no".to_owned(),
            Self::Number => "a number".to_owned(),
            Self::Day => "a day".to_owned(),
            Self::Time => "a point in time".to_owned(),
            Self::Code(list) => format!("a code of `{list}`"),
            Self::Set(list) => format!("codes of `{list}`"),
            Self::Text | Self::Quoted(_) => "a text".to_owned(),
            Self::Entry(list) => format!("an entry of `{list}`"),
            Self::Bracket(_) => "codes in brackets".to_owned(),
        }
    }
}

/// What `it` stands for.
#[derive(Debug, Clone, Copy)]
pub(super) enum It<'a> {
    /// Nothing.
    Nothing,
    /// A code of a list.
    Code(&'a str),
    /// An entry.
    Entry(&'a EntryList),
}

/// Where a formula stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) package: &'a Package,
    pub(super) kind: &'a Kind,
    /// The list whose entries it is for; none for the record.
    pub(super) list: Option<&'a EntryList>,
    pub(super) it: It<'a>,
}

/// An answer as a formula asks for it.
pub(super) type Asked = (Whose, String, Shape, Type);

impl<'a> Scope<'a> {
    fn own(&self) -> &'a [Field] {
        self.list.map_or(&self.kind.fields, |list| &list.fields)
    }

    /// What a field's answer is.
    pub(super) fn field_type(&self, field: &Field) -> (Shape, Type) {
        match &field.typ {
            FieldType::Int(..) => (Shape::Plain, Type::Number),
            FieldType::Count => (Shape::Count, Type::Number),
            FieldType::Decimal(..) => (Shape::Decimal, Type::Number),
            FieldType::Bool => (Shape::Plain, Type::Truth),
            FieldType::Date => (Shape::Day, Type::Day),
            FieldType::Time => (Shape::Plain, Type::Time),
            FieldType::Choice(list) => (Shape::Plain, Type::Code(list.clone())),
            FieldType::Set(list) => (Shape::Set, Type::Set(list.clone())),
            FieldType::Reference(to) => {
                let list = self.kind.named_list(to).map_or(to, |list| &list.id);
                (Shape::Plain, Type::Entry(list.clone()))
            }
            FieldType::Text
            | FieldType::LongText
            | FieldType::Phone
            | FieldType::Email
            | FieldType::Postcode
            | FieldType::PersonalNumber
            | FieldType::DossierNumber => (Shape::Plain, Type::Text),
        }
    }

    /// What a name stands for, or two with a point between.
    pub(super) fn answer(&self, first: &str, second: Option<&str>) -> Result<Asked, String> {
        match (first, second) {
            ("record", Some(name)) => self.of(&self.kind.fields, Whose::Record, name),
            ("it", Some(name)) => match self.it {
                It::Entry(list) if name == "id" => Ok(entry(Whose::It, list)),
                It::Entry(list) => self.of(&list.fields, Whose::It, name),
                It::Code(_) | It::Nothing => Err("`it` has no fields here".to_owned()),
            },
            ("id", None) => {
                let list = self.list.ok_or("only an entry of a list has an `id`")?;
                Ok(entry(Whose::Own, list))
            }
            (name, None) => self.of(self.own(), Whose::Own, name),
            (name, Some(second)) => {
                let (.., typ) = self.of(self.own(), Whose::Own, name)?;
                let list = match &typ {
                    Type::Entry(list) => self.kind.named_list(list),
                    _ => None,
                };
                let list = list.ok_or_else(|| format!("`{name}` names no entry of this record"))?;
                self.of(&list.fields, Whose::Named(name.to_owned(), list.id.clone()), second)
            }
        }
    }

    fn of(&self, fields: &[Field], whose: Whose, name: &str) -> Result<Asked, String> {
        let field = fields.iter().find(|field| field.id == name);
        let field = field.ok_or_else(|| format!("there is no field `{name}`"))?;
        let (shape, typ) = self.field_type(field);
        Ok((whose, name.to_owned(), shape, typ))
    }

    /// Whether a list has a code.
    pub(super) fn code(&self, list: &str, code: &str) -> Result<(), String> {
        let known = self.package.lists.iter().find(|known| known.id == list);
        if known.is_some_and(|known| known.codes.iter().any(|one| one.id == code)) {
            Ok(())
        } else {
            Err(format!("`{list}` has no code `{code}`"))
        }
    }
}

fn entry(whose: Whose, list: &EntryList) -> Asked {
    (whose, String::new(), Shape::Plain, Type::Entry(list.id.clone()))
}

/// Whether a text is a day that exists.
pub(in super::super) fn is_day(text: &str) -> bool {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    let (Some(year), Some(month), Some(day), None) = (year, month, day, parts.next()) else {
        return false;
    };
    let date = (year.parse(), month.parse(), day.parse());
    let (Ok(year), Ok(month), Ok(day)) = date else { return false };
    text.len() == 10 && jiff::civil::Date::new(year, month, day).is_ok()
}
