//! What conditions, constraints and calculations are packed as: steps in the order they are reckoned,
//! operands before what is done with them. No step holds another, so that reading and reckoning a
//! formula never nests deeper than the program that does it, whoever wrote it.
//!
//! How a formula is written: `docs/catalog.md`. Read and checked by `source::formula` at build time,
//! reckoned by `crate::form`.

/// A formula.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Formula {
    /// Its steps.
    pub steps: Vec<Step>,
}

/// One step: puts something on the pile, or takes from it what it works on and puts the result there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A number, in thousandths.
    Number(i64),
    /// A text or code.
    Text(String),
    /// A day, `yyyy-mm-dd`.
    Day(String),
    /// Yes or no.
    Truth(bool),
    /// Codes in brackets.
    Codes(Vec<String>),
    /// An answer: whose, of which field, and how its value is read. A field without a name is the
    /// entry itself.
    Answer(Whose, String, Shape),
    /// The choice that is judged.
    It,
    /// The steps that follow, so many of them, once for each entry of a list.
    Over(Fold, String, u32),
    /// Something done with what is on the pile.
    Do(Operation),
}

/// Whose answer is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// Of the entry (or record) the formula belongs to.
    Own,
    /// Of the record the entry is in.
    Record,
    /// Of the entry that is judged, or gone through.
    It,
    /// Of the entry that a field names: the field, and the list the entry is in.
    Named(String, String),
}

/// How a value is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// As it is: yes or no, whole number, point in time, text, code.
    Plain,
    /// A decimal in a text.
    Decimal,
    /// A day in a text.
    Day,
    /// The members of a set.
    Set,
    /// The sum of countings.
    Count,
}

/// What is made of the entries of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fold {
    /// For how many something holds.
    Count,
    /// The sum of what is known.
    Sum,
    /// The lowest of what is known.
    Lowest,
    /// The highest of what is known.
    Highest,
}

/// What can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Either holds.
    Or,
    /// Both hold.
    And,
    /// It does not hold.
    Not,
    /// Both are the same.
    Equal,
    /// The first is less, or before.
    Less,
    /// The first is not more, or not after.
    AtMost,
    /// The first is among the second.
    In,
    /// Sum; also days after a day.
    Add,
    /// Difference; also days before a day, and days between days.
    Subtract,
    /// Product.
    Multiply,
    /// Quotient, to thousandths.
    Divide,
    /// The whole number below.
    Floor,
    /// Letters of a text, members of a set.
    Length,
    /// Whether there is an answer.
    Answered,
    /// The second if the first holds, the third if not.
    If,
    /// The first if the second holds, nothing if not.
    Where,
    /// A day so many months later.
    Months,
    /// The kind of an identity number, as a text; empty for a text that is none.
    Kind,
    /// The Migration Agency's file in the number of a file or card.
    File,
}

/// What must hold between answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraint {
    /// Stable id within the kind or list.
    pub id: String,
    /// The field it is shown at; it counts only while that field is relevant.
    pub at: String,
    /// What must hold.
    pub holds: Formula,
    /// What is wrong when it does not, and what to do.
    pub say: super::model::Label,
}

impl Formula {
    /// Most steps of one formula.
    pub const STEPS_MAX: usize = 200;
}

packed! {
    struct Formula { steps }
    enum Step {
        Number(a), Text(a), Day(a), Truth(a), Codes(a), Answer(a, b, c), It, Over(a, b, c), Do(a)
    }
    enum Whose { Own, Record, It, Named(a, b) }
    enum Shape { Plain, Decimal, Day, Set, Count }
    enum Fold { Count, Sum, Lowest, Highest }
    enum Operation {
        Or, And, Not, Equal, Less, AtMost, In, Add, Subtract, Multiply, Divide, Floor, Length, Answered,
        If, Where, Months, Kind, File
    }
    struct Constraint { id, at, holds, say }
}
