//! The indicators of the plans as a file that another system reads: one row for each value, its columns fixed.

use ankomst_shared::text::Word;

use super::records::Records;
use super::{Row, Table, Told};

pub(super) fn make(records: &Records, _told: &Told<'_>) -> Vec<Table> {
    let mut rows = Vec::new();
    for plan in records.of("plan") {
        for one in records.listed(plan, "indicators") {
            let mut values: Vec<(&str, &str, &str)> = records
                .listed(plan, "actuals")
                .filter(|actual| actual.text("indicator") == one.id)
                .map(|actual| (actual.text("period"), actual.text("value"), actual.text("source")))
                .collect();
            values.sort_unstable();
            if values.is_empty() {
                values.push(("", "", ""));
            }
            for (period, value, source) in values {
                let cells = [
                    plan.state.text("dnr"),
                    plan.state.text("title"),
                    one.text("key"),
                    one.text("name"),
                    one.text("baseline"),
                    one.text("target"),
                    period,
                    value,
                    source,
                ];
                let cells = cells.map(str::to_owned).to_vec();
                rows.push(Row { is_grave: false, cells, href: None });
            }
        }
    }
    vec![Table {
        id: "indicators",
        title: Word::RegisterIndicators,
        help: Word::RegisterIndicatorsFile,
        columns: vec![
            ("plan_dnr", Word::RegisterPlanNumber),
            ("plan_title", Word::RegisterPlan),
            ("key", Word::RegisterKey),
            ("name", Word::RegisterIndicator),
            ("baseline", Word::RegisterBaseline),
            ("target", Word::RegisterTarget),
            ("period", Word::RegisterPeriod),
            ("value", Word::RegisterValue),
            ("source", Word::RegisterSource),
        ],
        rows,
        in_file_only: false,
    }]
}
