//! What assignments count: people who were received, without their names.

use crate::catalog::{Catalog, months_after, read_date};
use crate::document::Statement;
use crate::ids::{DeviceId, DocumentId};
use crate::merge::RecordState;
use crate::value::Value;

use super::year::Year;

const DAY_S: i64 = 86_400;

/// Below this age somebody is a child.
const ADULT: i64 = 18;

/// An assignment whose people were received, as far as a report may know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assigned {
    /// The record of the year it counts in.
    pub year: DocumentId,
    /// Code of the number it counts against.
    pub series: String,
    /// So many people.
    pub persons: i64,
    /// Children among them, where all years of birth are known.
    pub children: Option<i64>,
    /// Days from the decision until they came, and whether that was within two months, where both days are
    /// known.
    pub days: Option<(i64, bool)>,
    /// The device that said so.
    pub device: DeviceId,
    /// It was said after the year was locked.
    pub is_late: bool,
    /// People contradict each other on whether or when they were received.
    pub is_disputed: bool,
}

impl Assigned {
    /// Reads an assignment, if its people were received and count in one of these years. `arrived` tells when
    /// what was said in a document reached the server: what came after the lock of the year is late.
    #[must_use]
    pub fn read(
        catalog: &Catalog,
        years: &[Year],
        (id, record): (DocumentId, &RecordState),
        arrived: &mut dyn FnMut(DocumentId, &Statement) -> i64,
    ) -> Option<Self> {
        let state = record.text("state");
        let mut fields = record.fields.iter();
        let (_, said) = fields.find(|(path, _)| path.as_str() == "state")?;
        let said = said.statements.iter().find(|said| said.value.as_str() == Some("fulfilled"))?;
        if !matches!(state, "fulfilled" | "disputed") {
            return None;
        }
        let year: DocumentId = record.text("series_year").parse().ok()?;
        let year = years.iter().find(|one| one.id == year)?;
        let people = record.entries(catalog, "assignment", "persons_expected");
        let mut children = Some(0);
        for person in &people {
            let key = ["persons_expected/", person, "/birth_year"].concat();
            children = match record.value(&key) {
                Some(Value::Int(born)) => {
                    children.map(|sum| sum + i64::from(year.year.saturating_sub(*born) < ADULT))
                }
                _ => None,
            };
        }
        let day = |field: &str| read_date(record.text(field));
        let came = record.said("reception_on");
        let doubted = came.iter().any(|one| came.first() != Some(one));
        let days =
            day("decided_on").zip(day("reception_on")).filter(|(from, to)| from <= to && !doubted);
        let days = days.map(|(from, to)| {
            (
                from.duration_until(to).as_secs() / DAY_S,
                months_after(from, 2).is_none_or(|last| to <= last),
            )
        });
        let lock = year.lock.as_ref().map(|lock| arrived(year.id, lock));
        Some(Self {
            year: year.id,
            series: record.text("series").to_owned(),
            persons: i64::try_from(people.len()).ok()?,
            children,
            days,
            device: said.meta.device,
            is_late: lock.is_some_and(|lock| arrived(id, said) > lock),
            is_disputed: state == "disputed" || doubted,
        })
    }
}
