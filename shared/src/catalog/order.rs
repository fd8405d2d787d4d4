//! The most cautious of several values (merge code S).

use core::cmp::Ordering;

use super::model::Caution;
use crate::value::Value;

/// Gives the position of the most cautious value. The answer depends on the values only, not on
/// their order: of equal ones the first is given. `None` without values.
///
/// A cleared value says nothing and is the least cautious; a value the order does not know is the
/// most cautious, because nobody can tell what it means.
#[must_use]
pub fn most_cautious(caution: &Caution, values: &[&Value]) -> Option<usize> {
    let mut best: Option<(usize, &Value)> = None;
    for (at, value) in values.iter().enumerate() {
        let better =
            best.is_none_or(|(_, known)| compare(caution, value, known) == Ordering::Greater);
        if better {
            best = Some((at, value));
        }
    }
    best.map(|(at, _)| at)
}

/// Compares by caution: greater is more cautious.
fn compare(caution: &Caution, one: &Value, other: &Value) -> Ordering {
    rank(caution, one)
        .cmp(&rank(caution, other))
        .then_with(|| if one == other { Ordering::Equal } else { one.cmp(other) })
}

/// Rank of a value: (class, key within the class).
fn rank(caution: &Caution, value: &Value) -> (u8, i128) {
    const CLEARED: (u8, i128) = (0, 0);
    const UNKNOWN: (u8, i128) = (2, 0);
    if value.is_null() {
        return CLEARED;
    }
    let known = match caution {
        Caution::Order(order) => value.as_str().and_then(|code| {
            let at = order.iter().position(|known| known == code)?;
            i128::try_from(order.len() - at).ok()
        }),
        Caution::Lowest => number(value).map(|number| -number),
        Caution::Highest => number(value),
        Caution::Earliest => day(value).map(|day| -day),
        Caution::Latest => day(value),
        Caution::True | Caution::False => {
            if let Value::Bool(yes) = value {
                Some(i128::from(*yes == matches!(caution, Caution::True)))
            } else {
                None
            }
        }
        Caution::ByItem => None,
    };
    known.map_or(UNKNOWN, |key| (1, key))
}

/// A number in millionths.
fn number(value: &Value) -> Option<i128> {
    match value {
        Value::Int(number) => Some(i128::from(*number) * 1_000_000),
        Value::Str(text) => {
            let text = super::check::decimal(text, 6)?;
            let negative = text.starts_with('-');
            let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
            let whole: i128 = whole.parse().ok()?;
            let part: i128 = format!("{part:0<6}").parse().ok()?;
            Some(whole * 1_000_000 + if negative { -part } else { part })
        }
        Value::Null | Value::Bool(_) => None,
    }
}

fn day(value: &Value) -> Option<i128> {
    let date = super::check::read_date(value.as_str()?)?;
    let key =
        i128::from(date.year()) * 512 + i128::from(date.month()) * 32 + i128::from(date.day());
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pick<'a>(caution: &Caution, values: &[&'a str]) -> &'a str {
        let owned: Vec<Value> = values.iter().map(|text| Value::text(*text)).collect();
        let refs: Vec<&Value> = owned.iter().collect();
        values[most_cautious(caution, &refs).unwrap()]
    }

    #[test]
    fn the_cautious_value_rules() {
        let order =
            Caution::Order(vec!["not_ok".into(), "not_checked".into(), "ok".into(), "na".into()]);
        assert_eq!(pick(&order, &["ok", "not_ok", "na"]), "not_ok");
        assert_eq!(pick(&order, &["na", "ok"]), "ok");
        assert_eq!(pick(&Caution::Lowest, &["13.2", "9", "11.6"]), "9");
        assert_eq!(pick(&Caution::Highest, &["13.2", "9"]), "13.2");
        assert_eq!(pick(&Caution::Earliest, &["2026-11-06", "2026-11-03"]), "2026-11-03");
        assert_eq!(pick(&Caution::Lowest, &["-0.5", "0.25"]), "-0.5");
    }

    #[test]
    fn a_value_nobody_knows_is_the_most_cautious_and_a_cleared_one_the_least() {
        let order = Caution::Order(vec!["bad".into(), "good".into()]);
        assert_eq!(pick(&order, &["bad", "from-a-newer-version"]), "from-a-newer-version");
        let values = [&Value::Null, &Value::text("good")];
        assert_eq!(most_cautious(&order, &values), Some(1));
    }

    proptest! {
        #[test]
        fn the_choice_does_not_depend_on_the_order(
            mut values in proptest::collection::vec("[a-d]|-?[0-9]{1,3}(\\.[0-9]{1,2})?", 1..6),
            turn in 0_usize..6,
        ) {
            let cautions = [Caution::Lowest, Caution::Highest, Caution::Order(vec!["a".into(), "b".into()])];
            for caution in cautions {
                let owned: Vec<Value> = values.iter().map(Value::text).collect();
                let refs: Vec<&Value> = owned.iter().collect();
                let first = owned[most_cautious(&caution, &refs).unwrap()].clone();
                let turned = turn % values.len();
                values.rotate_left(turned);
                let owned: Vec<Value> = values.iter().map(Value::text).collect();
                let refs: Vec<&Value> = owned.iter().collect();
                prop_assert_eq!(&owned[most_cautious(&caution, &refs).unwrap()], &first);
            }
        }
    }
}
