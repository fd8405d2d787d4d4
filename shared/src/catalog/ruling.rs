//! The packed form of what rules when people disagree: tables of states, and which value is the most
//! cautious.

/// How concurrent states of a field join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// Codes, from the one that rules over all others to the weakest.
    pub order: Vec<String>,
    /// States nobody leaves again.
    pub sticky: Vec<String>,
    /// Pairs of which neither may rule: the state is [`Machine::DISPUTED`] until a person decides.
    pub disputed: Vec<(String, String)>,
    /// What another, who did not know of a state, wrote elsewhere and what state that makes.
    pub late: Vec<Late>,
}

/// A state that does not stand when something was written at the same time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Late {
    /// The states it is about.
    pub from: Vec<String>,
    /// The list that was written in.
    pub list: String,
    /// The field of an entry that was written; any without. For a state of an entry, the field names it.
    pub field: Option<String>,
    /// The entry says yes here.
    pub when: Option<String>,
    /// The state there is then.
    pub to: String,
}

impl Machine {
    /// The code of a state that nobody knows.
    pub const DISPUTED: &'static str = "disputed";

    /// The state that two concurrent ones make.
    #[must_use]
    pub fn join<'a>(&self, one: &'a str, other: &'a str) -> &'a str {
        let pair = |(first, second): &(String, String)| {
            (first == one && second == other) || (first == other && second == one)
        };
        if self.disputed.iter().any(pair) {
            return Self::DISPUTED;
        }
        let rank = |code: &str| self.order.iter().position(|known| known == code);
        if rank(other).unwrap_or(usize::MAX) < rank(one).unwrap_or(usize::MAX) {
            other
        } else {
            one
        }
    }
}

/// Which of several values is the most cautious.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caution {
    /// Codes from the most to the least cautious.
    Order(Vec<String>),
    /// The lowest number.
    Lowest,
    /// The highest number.
    Highest,
    /// The earliest date.
    Earliest,
    /// The latest date.
    Latest,
    /// Yes before no.
    True,
    /// No before yes.
    False,
    /// The one of the checklist item the entry stands for.
    ByItem,
}

packed! {
    struct Machine { order, sticky, disputed, late }
    struct Late { from, list, field, when, to }
    enum Caution { Order(a), Lowest, Highest, Earliest, Latest, True, False, ByItem }
}
