//! What a plot is made of.

/// One figure of a plot, held against a number or a range.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bar {
    /// What it is of, such as a year.
    pub label: String,
    /// The figure.
    pub value: Option<u32>,
    /// The lower end.
    pub least: Option<u32>,
    /// The upper end.
    pub most: Option<u32>,
    /// What stands beside it.
    pub text: String,
}

packed! {
    struct Bar { label, value, least, most, text }
}
