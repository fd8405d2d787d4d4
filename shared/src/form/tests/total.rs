//! Any catalog and any answers give an outcome: nothing panics, nothing runs on, every rule says how
//! it stands and why.

use proptest::prelude::*;

use super::*;
use crate::catalog::{
    Code, CodeList, Fold, Label, MergeCode, Operation, Package, Shape, Step, Whose,
};
use crate::packed::{from_bytes, to_bytes};

const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", ""];

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(NAMES.to_vec()).prop_map(str::to_owned)
}

fn operation() -> impl Strategy<Value = Operation> {
    use Operation as Op;
    prop::sample::select(vec![
        Op::Or,
        Op::And,
        Op::Not,
        Op::Equal,
        Op::Less,
        Op::AtMost,
        Op::In,
        Op::Add,
        Op::Subtract,
        Op::Multiply,
        Op::Divide,
        Op::Floor,
        Op::Length,
        Op::Kind,
        Op::File,
        Op::Answered,
        Op::If,
        Op::Where,
        Op::Months,
    ])
}

fn fold() -> impl Strategy<Value = Fold> {
    prop::sample::select(vec![Fold::Count, Fold::Sum, Fold::Lowest, Fold::Highest])
}

fn leaf() -> impl Strategy<Value = Step> {
    let whose = prop_oneof![
        4 => Just(Whose::Own),
        1 => Just(Whose::Record),
        2 => Just(Whose::It),
        1 => (name(), Just("list".to_owned())).prop_map(|(field, list)| Whose::Named(field, list)),
    ];
    let shape = prop::sample::select(vec![
        Shape::Plain,
        Shape::Plain,
        Shape::Decimal,
        Shape::Day,
        Shape::Set,
        Shape::Count,
    ]);
    prop_oneof![
        2 => (-9_000_i64..9_000).prop_map(Step::Number),
        1 => any::<i64>().prop_map(Step::Number),
        1 => "\\PC{0,8}|x|y".prop_map(Step::Text),
        1 => "[0-9-]{0,10}|2026-02-2[0-9]".prop_map(Step::Day),
        1 => any::<bool>().prop_map(Step::Truth),
        1 => prop::collection::vec("x|y|z", 0..4).prop_map(Step::Codes),
        1 => Just(Step::It),
        6 => (whose, name(), shape).prop_map(|(whose, name, shape)| Step::Answer(whose, name, shape)),
    ]
}

/// Steps that fit each other, and steps that do not.
fn formula() -> impl Strategy<Value = Formula> {
    let tree = leaf().prop_map(|step| vec![step]).prop_recursive(5, 60, 3, |inner| {
        let pair = (inner.clone(), inner.clone(), operation())
            .prop_map(|(one, other, operation)| [one, other, vec![Step::Do(operation)]].concat());
        let one = (inner.clone(), operation())
            .prop_map(|(one, operation)| [one, vec![Step::Do(operation)]].concat());
        let three = (inner.clone(), inner.clone(), inner.clone()).prop_map(|(one, two, three)| {
            [one, two, three, vec![Step::Do(Operation::If)]].concat()
        });
        let over = (fold(), name(), inner).prop_map(|(fold, list, body)| {
            let list = if list.is_empty() { list } else { "list".to_owned() };
            let length = u32::try_from(body.len()).unwrap();
            [vec![Step::Over(fold, list, length)], body].concat()
        });
        prop_oneof![3 => pair, 2 => one, 1 => three, 1 => over]
    });
    let anything = prop_oneof![
        8 => leaf(),
        4 => operation().prop_map(Step::Do),
        1 => (fold(), any::<u32>()).prop_map(|(fold, length)| Step::Over(fold, "list".to_owned(), length)),
    ];
    let soup = prop::collection::vec(anything, 0..40);
    prop_oneof![3 => tree, 1 => soup].prop_map(|steps| Formula { steps })
}

fn typ() -> impl Strategy<Value = FieldType> {
    prop::sample::select(vec![
        FieldType::Text,
        FieldType::Int(None, None),
        FieldType::Decimal(2, None),
        FieldType::Decimal(9, None),
        FieldType::Bool,
        FieldType::Date,
        FieldType::Time,
        FieldType::Choice("codes".to_owned()),
        FieldType::Set("codes".to_owned()),
        FieldType::Choice("nowhere".to_owned()),
        FieldType::Reference("list".to_owned()),
        FieldType::Reference("nowhere".to_owned()),
        FieldType::Count,
    ])
}

fn field() -> impl Strategy<Value = Field> {
    let maybe = || prop::option::of(formula());
    let needed =
        prop::sample::select(vec![Required::Optional, Required::Creation, Required::Signing]);
    (name(), typ(), needed, [maybe().boxed(), maybe().boxed(), maybe().boxed(), maybe().boxed()])
        .prop_map(|(id, typ, required, [relevant, required_if, calculate, choices])| Field {
            id,
            label: Label::default(),
            help: None,
            typ,
            merge: MergeCode::R,
            required,
            required_if,
            sensitivity: 1,
            section: String::new(),
            relevant,
            calculate,
            choices,
            caution: None,
            machine: None,
            anchor: None,
            finds: None,
            removal_needs_reason: false,
            system: false,
            source: None,
        })
}

fn constraints() -> impl Strategy<Value = Vec<Constraint>> {
    let one = (name(), formula()).prop_map(|(at, holds)| Constraint {
        id: "c".to_owned(),
        at,
        holds,
        say: Label::default(),
    });
    prop::collection::vec(one, 0..4)
}

fn package() -> impl Strategy<Value = Package> {
    let fields = || prop::collection::vec(field(), 0..6);
    (fields(), constraints(), fields(), constraints()).prop_map(
        |(own, rules, inner, inner_rules)| {
            let list = EntryList {
                id: "list".to_owned(),
                fields: inner,
                constraints: inner_rules,
                ..EntryList::default()
            };
            let code = |id: &str| Code { id: id.to_owned(), label: Label::default(), help: None };
            Package {
                kinds: vec![Kind {
                    id: "kind".to_owned(),
                    fields: own,
                    constraints: rules,
                    entry_lists: vec![list],
                    ..Kind::default()
                }],
                lists: vec![CodeList {
                    id: "codes".to_owned(),
                    label: Label::default(),
                    closed: true,
                    codes: vec![code("x"), code("y")],
                }],
                ..Package::default()
            }
        },
    )
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        (-20_i64..20).prop_map(Value::Int),
        any::<i64>().prop_map(Value::Int),
        "x|y|z|-?[0-9]{1,4}(\\.[0-9]{1,2})?|2026-0[1-9]-[0-3][0-9]|\\PC{0,10}".prop_map(Value::Str),
        prop::sample::select(vec![A, B]).prop_map(Value::text),
    ]
}

fn given() -> impl Strategy<Value = RecordState> {
    let key = prop_oneof![
        prop::sample::select(vec!["a", "b", "c", "d", "e"]).prop_map(str::to_owned),
        ("[a-e]", "x|y").prop_map(|(field, member)| format!("{field}/{member}")),
        ("[a-e]", prop::sample::select(vec![A, B]))
            .prop_map(|(field, entry)| format!("list/{entry}/{field}")),
        ("[a-e]", "x|y").prop_map(|(field, member)| format!("list/{A}/{field}/{member}")),
    ];
    prop::collection::vec((key, value()), 0..20).prop_map(|answers| {
        let pairs: Vec<(&str, Value)> =
            answers.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
        record(&pairs)
    })
}

proptest! {
    // More than elsewhere; `PROPTEST_CASES` counts here, too.
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases * 3 / 2))]

    #[test]
    fn engine_total_on_random_catalogs_and_answers(package in package(), record in given()) {
        let catalog = Catalog::of(package);
        let kind = catalog.kind("kind").unwrap();
        let found = evaluate(&catalog, kind, &record);
        prop_assert_eq!(&evaluate(&catalog, kind, &record), &found, "twice the same");
        let entries = record.entries(&catalog, "kind", "list").len();
        let list = &kind.entry_lists[0];
        let named = |fields: &[Field], prefix: &str| {
            fields.iter().filter(|field| FieldPath::parse(&format!("{prefix}{}", field.id)).is_ok()).count()
        };
        prop_assert_eq!(found.asked.len(), named(&kind.fields, "") + entries * named(&list.fields, "list/x/"));
        for asked in &found.asked {
            prop_assert!(asked.relevant || !asked.required && asked.calculated.is_none());
            prop_assert!(asked.required || !asked.missing);
            prop_assert_eq!(asked.field.relevant.is_some(), asked.reasons.iter().any(|why| why.rule.ends_with(" relevant")));
            for one in asked.choices.iter().flatten() {
                prop_assert!(one == "x" || one == "y" || *one == A || *one == B);
            }
            if asked.relevant && asked.field.calculate.is_some() && asked.calculated.is_none() {
                prop_assert!(found.unclear.iter().any(|why| why.path == asked.path), "it says why");
            }
        }
        for broken in &found.broken {
            prop_assert!(found.asked.iter().any(|asked| asked.path == broken.path && asked.relevant));
        }
    }

    #[test]
    fn any_formula_is_packed_and_read_again(formula in formula()) {
        prop_assert_eq!(from_bytes::<Formula>(&to_bytes(&formula)), Some(formula));
    }
}

fn single(steps: Vec<Step>) -> (Catalog, RecordState) {
    let list = EntryList { id: "list".to_owned(), ..EntryList::default() };
    let field = Field {
        id: "x".to_owned(),
        typ: FieldType::Int(None, None),
        calculate: Some(Formula { steps }),
        ..Catalog::builtin().kind("case").unwrap().field("phone").unwrap().clone()
    };
    let kind = Kind {
        id: "kind".to_owned(),
        fields: vec![field],
        entry_lists: vec![list],
        ..Kind::default()
    };
    (
        Catalog::of(Package { kinds: vec![kind], ..Package::default() }),
        record(&answers("n=4 d=0 m=9007199254740993")),
    )
}

#[test]
fn what_cannot_be_reckoned_says_why() {
    let own = |name: &str| Step::Answer(Whose::Own, name.to_owned(), Shape::Plain);
    let done = Step::Do;
    let cases = [
        (vec![own("n"), own("d"), done(Operation::Divide)], Why::DivideByZero),
        (vec![own("m"), own("m"), done(Operation::Multiply)], Why::TooLarge),
        (vec![Step::Number(i64::MAX), own("n"), done(Operation::Add)], Why::TooLarge),
        (vec![own("n"), own("gone"), done(Operation::Add)], Why::Empty),
        (vec![own("n"), Step::Truth(true), done(Operation::Add)], Why::Malformed),
        (vec![done(Operation::Add)], Why::Malformed),
        (vec![own("n"), own("n")], Why::Malformed),
        (Vec::new(), Why::Malformed),
        (vec![Step::Day("2026-02-30".to_owned())], Why::Malformed),
    ];
    for (steps, wanted) in cases {
        let (catalog, record) = single(steps.clone());
        let found = evaluate(&catalog, catalog.kind("kind").unwrap(), &record);
        let why: Vec<Why> = found.unclear.iter().map(|one| one.why).collect();
        assert_eq!((why, &found.asked[0].calculated), (vec![wanted], &None), "{steps:?}");
    }
    let (catalog, record) = single(vec![own("n"), own("n"), done(Operation::Multiply)]);
    let found = evaluate(&catalog, catalog.kind("kind").unwrap(), &record);
    assert_eq!((&found.asked[0].calculated, found.unclear), (&Some(Value::Int(16)), Vec::new()));
}

#[test]
fn what_cannot_be_reckoned_in_one_part_says_nothing_of_another() {
    let own = |name: &str| Step::Answer(Whose::Own, name.to_owned(), Shape::Plain);
    let broken =
        [own("n"), own("d"), Step::Do(Operation::Divide), own("n"), Step::Do(Operation::Less)];
    let none = [
        Step::Over(Fold::Count, "list".to_owned(), 1),
        Step::Truth(true),
        own("n"),
        Step::Do(Operation::Less),
    ];
    for parts in [[&broken[..], &none[..]], [&none[..], &broken[..]]] {
        let mut steps = parts.concat();
        steps.push(Step::Do(Operation::Or));
        steps.extend([own("n"), own("m"), Step::Do(Operation::If)]);
        let (catalog, record) = single(steps);
        let found = evaluate(&catalog, catalog.kind("kind").unwrap(), &record);
        let none_is_less_than_four = (&found.asked[0].calculated, found.unclear);
        assert_eq!(none_is_less_than_four, (&Some(Value::Int(4)), Vec::new()));
    }
}

#[test]
fn a_record_that_is_too_large_is_given_up_with_a_reason() {
    let body =
        vec![Step::Answer(Whose::It, "a".to_owned(), Shape::Set), Step::Do(Operation::Length)];
    let (catalog, _) = single([vec![Step::Over(Fold::Sum, "list".to_owned(), 2)], body].concat());
    let mut answers = Vec::new();
    for number in 0..2_000 {
        let entry = crate::ids::EntryId::from_bytes({
            let mut bytes = [0; 10];
            bytes[..8].copy_from_slice(&u64::to_be_bytes(number));
            bytes
        });
        answers.push(format!("list/{entry}/a/x"));
    }
    let pairs: Vec<(&str, Value)> =
        answers.iter().map(|key| (key.as_str(), Value::Bool(true))).collect();
    let found = evaluate(&catalog, catalog.kind("kind").unwrap(), &record(&pairs));
    assert_eq!(found.unclear[0].why, Why::TooMuch);
    let few = evaluate(&catalog, catalog.kind("kind").unwrap(), &record(&pairs[..50]));
    assert_eq!(few.asked[0].calculated, Some(Value::Int(50)));
}
