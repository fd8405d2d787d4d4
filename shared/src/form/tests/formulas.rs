//! What each operation of a formula makes of what it is given, and how a result becomes an answer.

use super::*;
use crate::catalog::{Fold, MergeCode, Operation as Op, Package, Shape, Step, Whose};
use crate::document::{ChangeMeta, Statement, StatementId};
use crate::ids::{ActorId, ChangeHash, DeviceId, UserId};

/// What stands in the record that formulas are reckoned in.
const STANDS: &str = "yes=true no=false n=4 text=abc blank=_ day=2026-01-31 area=2.5 set/a=true set/b=true \
    list/A/n=1 list/A/yes=true list/B/n=3 list/B/yes=false persons/A/n=7 count/x=2 count/y=3 named=bbbbbbbbbbbbbbba";

fn own(name: &str, shape: Shape) -> Step {
    Step::Answer(Whose::Own, name.to_owned(), shape)
}

fn plain(name: &str) -> Step {
    own(name, Shape::Plain)
}

fn reckoned(steps: &[Step]) -> (Term, Option<Why>) {
    let mut record = record(&answers(STANDS));
    record.fields.insert(FieldPath::parse("blank").unwrap(), FieldState::typed(Value::text("  ")));
    let mut reckoner = Reckoner::new(Catalog::builtin(), "case", &record);
    let place = Place { prefix: "", entry: A, it: It::Nothing };
    let found = reckoner.reckon(&Formula { steps: steps.to_vec() }, place);
    (found.term, found.why)
}

/// The result of an operation on what these steps give.
fn made(operation: Op, of: &[Step]) -> Term {
    reckoned(&[of, &[Step::Do(operation)]].concat()).0
}

/// So many, in thousandths.
fn number(thousandths: i64) -> Step {
    Step::Number(thousandths)
}

#[test]
fn an_answer_that_is_missing_leaves_open_only_what_depends_on_it() {
    let [yes, no, open] = [plain("yes"), plain("no"), plain("nobody_said")];
    let (truth, unknown) = (Term::Truth, || Term::Unknown);
    for (one, other, and, or) in [
        (&yes, &yes, truth(true), truth(true)),
        (&yes, &no, truth(false), truth(true)),
        (&no, &yes, truth(false), truth(true)),
        (&no, &no, truth(false), truth(false)),
        (&yes, &open, unknown(), truth(true)),
        (&open, &yes, unknown(), truth(true)),
        (&no, &open, truth(false), unknown()),
        (&open, &no, truth(false), unknown()),
        (&open, &open, unknown(), unknown()),
    ] {
        let both = [one.clone(), other.clone()];
        assert_eq!((made(Op::And, &both), made(Op::Or, &both)), (and, or), "{one:?} {other:?}");
    }
    assert_eq!(made(Op::Not, std::slice::from_ref(&yes)), Term::Truth(false));
    assert_eq!(made(Op::Not, std::slice::from_ref(&no)), Term::Truth(true));
    assert_eq!(made(Op::Not, std::slice::from_ref(&open)), Term::Unknown);
    let four = || number(4_000);
    assert_eq!(made(Op::If, &[yes.clone(), plain("n"), number(0)]), Term::Number(4_000));
    assert_eq!(made(Op::If, &[no.clone(), plain("n"), number(7_000)]), Term::Number(7_000));
    assert_eq!(made(Op::If, &[open.clone(), four(), four()]), Term::Unknown);
    assert_eq!(made(Op::If, &[yes.clone(), plain("n"), open.clone()]), Term::Number(4_000));
    assert_eq!(made(Op::Where, &[four(), yes]), Term::Number(4_000));
    assert_eq!(made(Op::Where, &[four(), no]), Term::Unknown);
    for operation in [Op::Floor, Op::Length] {
        assert_eq!(reckoned(&[open.clone(), Step::Do(operation)]), (Term::Unknown, None));
    }
    assert_eq!(reckoned(&[plain("blank")]), (Term::Unknown, None), "blanks are no answer");
    assert_eq!(made(Op::Equal, &[plain("blank"), plain("text")]), Term::Unknown);
}

#[test]
fn texts_sets_and_lists_are_asked_for_what_is_in_them() {
    let text = |text: &str| Step::Text(text.to_owned());
    for (one, other, wanted) in [
        (plain("text"), text("abc"), true),
        (plain("text"), text("abd"), false),
        (plain("yes"), Step::Truth(true), true),
        (plain("yes"), Step::Truth(false), false),
        (plain("no"), Step::Truth(false), true),
    ] {
        assert_eq!(made(Op::Equal, &[one, other]), Term::Truth(wanted));
    }
    let set = || own("set", Shape::Set);
    assert_eq!(made(Op::In, &[text("b"), set()]), Term::Truth(true));
    assert_eq!(made(Op::In, &[text("c"), set()]), Term::Truth(false));
    assert_eq!(made(Op::Length, &[set()]), Term::Number(2_000));
    assert_eq!(made(Op::Length, &[text("åäö")]), Term::Number(3_000));
    assert_eq!(made(Op::Answered, &[set()]), Term::Truth(true));
    assert_eq!(made(Op::Answered, &[own("nobody_said", Shape::Set)]), Term::Truth(false));
    assert_eq!(made(Op::Answered, &[plain("text")]), Term::Truth(true));
    assert_eq!(made(Op::Answered, &[plain("no")]), Term::Truth(true));
    assert_eq!(made(Op::Answered, &[plain("nobody_said")]), Term::Truth(false));
    assert_eq!(reckoned(&[own("count", Shape::Count)]).0, Term::Number(5_000));
    assert_eq!(reckoned(&[own("", Shape::Plain)]).0, Term::Text(A.to_owned()), "the entry itself");
    let named = Step::Answer(
        Whose::Named("named".to_owned(), "list".to_owned()),
        "n".to_owned(),
        Shape::Plain,
    );
    assert_eq!(reckoned(&[named]).0, Term::Number(3_000), "of the entry a field names");
}

#[test]
fn lists_are_gone_through_entry_by_entry() {
    let of = |fold: Fold, field: &str| {
        let body = Step::Answer(Whose::It, field.to_owned(), Shape::Plain);
        reckoned(&[Step::Over(fold, "list".to_owned(), 1), body])
    };
    assert_eq!(of(Fold::Count, "yes"), (Term::Number(1_000), None));
    assert_eq!(of(Fold::Sum, "n"), (Term::Number(4_000), None));
    assert_eq!(of(Fold::Lowest, "n"), (Term::Number(1_000), None));
    assert_eq!(of(Fold::Highest, "n"), (Term::Number(3_000), None));
    assert_eq!(of(Fold::Sum, "nobody_said"), (Term::Number(0), None));
    assert_eq!(of(Fold::Highest, "nobody_said"), (Term::Unknown, None));
    assert_eq!(of(Fold::Sum, "yes").1, Some(Why::Malformed), "no sum of conditions");
    let many = |list: &str| [Step::Over(Fold::Count, list.to_owned(), 1), Step::Truth(true)];
    let all =
        [&many("list")[..], &many("persons"), &many("list"), &[Step::Do(Op::Subtract)]].concat();
    let all = [&all[..], &[Step::Do(Op::Subtract)]].concat();
    assert_eq!(reckoned(&all).0, Term::Number(3_000), "two, less one less two: each its own list");
    // The two entries, whose own numbers are told apart from those of the record.
    let over = [
        Step::Over(Fold::Count, "list".to_owned(), 3),
        Step::Answer(Whose::It, "n".to_owned(), Shape::Plain),
        plain("n"),
        Step::Do(Op::Less),
    ];
    assert_eq!(reckoned(&over).0, Term::Number(2_000));
    let itself = [
        Step::Over(Fold::Count, "list".to_owned(), 3),
        Step::Answer(Whose::It, String::new(), Shape::Plain),
        Step::Text(B.to_owned()),
        Step::Do(Op::Equal),
    ];
    assert_eq!(reckoned(&itself).0, Term::Number(1_000));
}

#[test]
fn numbers_and_days_are_reckoned_to_thousandths() {
    for (operation, one, other, wanted) in [
        (Op::Add, 2_500, 4_000, 6_500),
        (Op::Subtract, 2_500, 4_000, -1_500),
        (Op::Multiply, 2_500, 4_000, 10_000),
        (Op::Multiply, 1_500, -1_500, -2_250),
        (Op::Divide, 10_000, 4_000, 2_500),
        (Op::Divide, 1_000, 3_000, 333),
    ] {
        let found = made(operation, &[number(one), number(other)]);
        assert_eq!(found, Term::Number(wanted), "{operation:?} {one} {other}");
    }
    for (one, other, less, at_most, equal) in [
        (1_000, 2_000, true, true, false),
        (2_000, 2_000, false, true, true),
        (3_000, 2_000, false, false, false),
    ] {
        let both = [number(one), number(other)];
        let found = [Op::Less, Op::AtMost, Op::Equal].map(|operation| made(operation, &both));
        assert_eq!(found, [less, at_most, equal].map(Term::Truth), "{one} {other}");
    }
    for (whole, wanted) in [(2_700, 2_000), (2_000, 2_000), (-500, -1_000)] {
        assert_eq!(made(Op::Floor, &[number(whole)]), Term::Number(wanted), "{whole}");
    }
    assert_eq!(reckoned(&[own("area", Shape::Decimal)]).0, Term::Number(2_500));
    let day = |text: &str| Step::Day(text.to_owned());
    let one_more = [own("day", Shape::Day), number(ONE), Step::Do(Op::Add)];
    let equal = [&one_more[..], &[day("2026-02-01"), Step::Do(Op::Equal)]].concat();
    assert_eq!(reckoned(&equal).0, Term::Truth(true), "the day after");
    for (months, wanted) in [(1_000, "2026-02-28"), (13_000, "2027-02-28"), (-2_000, "2025-11-30")]
    {
        let later = [own("day", Shape::Day), number(months), Step::Do(Op::Months)];
        let equal = [&later[..], &[day(wanted), Step::Do(Op::Equal)]].concat();
        assert_eq!(reckoned(&equal).0, Term::Truth(true), "{months}");
    }
    let none = [number(1_000), number(0), Step::Do(Op::Divide)];
    assert_eq!(reckoned(&none), (Term::Unknown, Some(Why::DivideByZero)));
}

#[test]
fn a_result_becomes_an_answer_of_the_type_of_its_field() {
    let (list, text) = (|| "case_state".to_owned(), |text: &str| Term::Text(text.to_owned()));
    let day = |written: &str| Term::Number(reckon_day(written));
    let cases = [
        (FieldType::Bool, Term::Truth(true), Some(Value::Bool(true))),
        (FieldType::Bool, Term::Truth(false), Some(Value::Bool(false))),
        (FieldType::Bool, Term::Number(1_000), None),
        (FieldType::Int(None, None), Term::Number(2_999), Some(Value::Int(2))),
        (FieldType::Int(None, None), Term::Number(-1), Some(Value::Int(-1))),
        (FieldType::Time, Term::Number(7_000), Some(Value::Int(7))),
        (FieldType::Decimal(1, None), Term::Number(12_349), Some(Value::text("12.3"))),
        (FieldType::Date, day("2026-02-28"), Some(Value::text("2026-02-28"))),
        (FieldType::Date, day("1850-01-01"), Some(Value::text("1850-01-01"))),
        (FieldType::Date, Term::Number(reckon_day("1850-01-01") - ONE), None),
        (FieldType::Date, text("2026-02-28"), Some(Value::text("2026-02-28"))),
        (FieldType::Choice(list()), text("active"), Some(Value::text("active"))),
        (FieldType::Text, Term::Truth(true), None),
    ];
    for (typ, term, wanted) in cases {
        assert_eq!(answer(&typ, term.clone()), wanted, "{typ:?} {term:?}");
    }
}

fn reckon_day(written: &str) -> i64 {
    let steps = [Step::Day(written.to_owned())];
    let (Term::Number(day), _) = reckoned(&steps) else { panic!("{written} is no day") };
    day
}

#[test]
fn decimals_are_rounded_away_from_zero_and_written_without_noughts_at_the_end() {
    for (number, places, wanted) in [
        (0, 2, "0"),
        (1_234, 3, "1.234"),
        (1_234, 2, "1.23"),
        (1_235, 2, "1.24"),
        (1_250, 1, "1.3"),
        (1_249, 1, "1.2"),
        (1_500, 0, "2"),
        (1_499, 0, "1"),
        (1_005, 3, "1.005"),
        (1_050, 2, "1.05"),
        (12_100, 2, "12.1"),
        (20_000, 1, "20"),
        (999_950, 1, "1000"),
        (-1_250, 1, "-1.3"),
        (-600, 0, "-1"),
        (-4, 2, "0"),
        (-500, 3, "-0.5"),
    ] {
        assert_eq!(decimal(number, places), wanted, "{number} {places}");
    }
}

/// A kind of one field that must be answered.
fn asking(typ: FieldType) -> Catalog {
    let base = Catalog::builtin().kind("case").unwrap().field("phone").unwrap().clone();
    let (id, required) = ("x".to_owned(), Required::Creation);
    let field = Field { id, typ, required, merge: MergeCode::R, ..base };
    let kind = Kind { id: "kind".to_owned(), fields: vec![field], ..Kind::default() };
    Catalog::of(Package { kinds: vec![kind], ..Package::default() })
}

#[test]
fn what_was_counted_chosen_or_written_is_answered_and_nothing_else_is() {
    let cases = [
        (FieldType::Text, "x", Value::text("a"), true),
        (FieldType::Text, "x", Value::text(" \n"), false),
        (FieldType::Text, "x", Value::Null, false),
        (FieldType::Text, "y", Value::text("a"), false),
        (FieldType::Bool, "x", Value::Bool(false), true),
        (FieldType::Int(None, None), "x", Value::Int(0), true),
        (FieldType::Set("any".to_owned()), "x/a", Value::Bool(true), true),
        (FieldType::Set("any".to_owned()), "x/a", Value::Bool(false), false),
        (FieldType::Count, "x/a", Value::Int(2), true),
        (FieldType::Count, "x/a", Value::Int(0), false),
        (FieldType::Count, "y/a", Value::Int(2), false),
    ];
    for (typ, key, value, wanted) in cases {
        let catalog = asking(typ.clone());
        let record = record(&[(key, value.clone())]);
        let found = evaluate(&catalog, catalog.kind("kind").unwrap(), &record);
        assert_eq!(!found.asked[0].missing, wanted, "{typ:?} {key} {value:?}");
    }
    // What the program itself writes is asked of nobody.
    let mut package = asking(FieldType::Text).package().clone();
    package.kinds[0].fields[0].system = true;
    let catalog = Catalog::of(package);
    let found = evaluate(&catalog, catalog.kind("kind").unwrap(), &record(&[]));
    assert_eq!((found.asked[0].required, found.asked[0].missing), (true, false));
}

#[test]
fn a_condition_on_the_record_holds_does_not_or_is_not_known_yet() {
    let catalog = Catalog::builtin();
    let record = record(&answers("state=closing"));
    let mut form = Form::new(catalog, catalog.kind("case").unwrap(), &record);
    let is = |code: &str| Formula {
        steps: vec![plain("state"), Step::Text(code.to_owned()), Step::Do(Op::Equal)],
    };
    assert_eq!(form.holds(&is("closing")), Some(true));
    assert_eq!(form.holds(&is("active")), Some(false));
    let open = vec![plain("priority"), Step::Text("high".to_owned()), Step::Do(Op::Equal)];
    assert_eq!(form.holds(&Formula { steps: open }), None);
}

#[test]
fn an_answer_names_each_change_that_said_it_once() {
    let said = |place: u8| Statement {
        value: Value::Bool(true),
        id: StatementId { counter: 1, actor: ActorId::from_bytes([place; 16]) },
        change: ChangeHash::from_bytes([place; 32]),
        meta: ChangeMeta {
            device: DeviceId::from_bytes([place; 16]),
            user: UserId::from_bytes([place; 16]),
            claimed_ms: 0,
            clock_offset_s: None,
            review_heads: Vec::new(),
        },
    };
    let mut record = record(&answers("set/a=true set/b=true settled=true count/x=2 none=_"));
    for (key, places) in [("set/a", vec![1, 2]), ("set/b", vec![2, 3]), ("settled", vec![4])] {
        let state = record.fields.get_mut(&FieldPath::parse(key).unwrap()).unwrap();
        state.statements = places.into_iter().map(said).collect();
    }
    let empty = record.fields.get_mut(&FieldPath::parse("none").unwrap()).unwrap();
    empty.value = Value::Null;
    let of = |key: &str, is_wide| fact(&record, (FieldPath::parse(key).unwrap(), is_wide));
    let named = |fact: &Fact| fact.changes.iter().map(|one| one.as_bytes()[0]).collect::<Vec<_>>();
    let set = of("set", true);
    assert_eq!((set.value.clone(), named(&set)), (Some(Value::text("a,b")), vec![1, 2, 3]));
    assert_eq!(named(&of("set", false)), Vec::<u8>::new(), "members are asked for as such");
    assert_eq!(named(&of("settled", false)), [4]);
    assert_eq!(of("count", true).value, Some(Value::Int(2)));
    assert_eq!(of("none", false).value, None, "cleared is no answer");
    // Another set whose name begins alike is another set.
    assert_eq!(of("se", true).value, None);
}
