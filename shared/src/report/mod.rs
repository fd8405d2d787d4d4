//! Reports that supervisors owe. So far R-01, agreement and received for each year.
//!
//! Reading order: [`number`] (versions of a number, and how is rounded), [`year`] (a year's record as plain
//! figures), [`assigned`] (what assignments count), [`row`] (what the report consists of), [`mod@cell`] (as text, in the order of the columns),
//! [`trend`] (what follows from several years), [`head`] (what holds for all of it), [`csv`].
//!
//! Pure: the records, what assignments count, and names come in; whoever has the same changes has the same
//! report. All numbers are whole or whole tenths and hundredths; a range stays a range.

pub mod assigned;
pub mod cell;
pub mod csv;
pub mod head;
pub mod number;
pub mod row;
#[cfg(test)]
mod tests;
pub mod trend;
pub mod year;
