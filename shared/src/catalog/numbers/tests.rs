//! Numbers as people write them, and what is wrong with some.

use proptest::prelude::*;

use super::*;

/// Skatteverket's published test numbers of the domain paper 9.2, none of them invented.
#[rustfmt::skip]
const PUBLISHED: [&str; 106] = [
    "194401229085", "194608188886", "194108166978", "194907121794", "195503142027",
    "196210053143", "196501253063", "195603032193", "196508163257", "196510313114",
    "196608253081", "196707293467", "196805249288", "197503259280", "196603193373",
    "196604072618", "196705203252", "197101169295", "197902199285", "198007299285",
    "198207169288", "198501169885", "198508199885", "197902069272", "198009269252",
    "198106079257", "198109079296", "198412099296", "199005262382", "199101282383",
    "199110282382", "199207072381", "199305262389", "199501052386", "199004012390",
    "199102132397", "199105192398", "199110122398", "199202252392", "199303312392",
    "199610162381", "199805212389", "200007132384", "200107222382", "199710242398",
    "200001282391", "200201252392", "200206092397", "200506202381", "200507242386",
    "200512202383", "200707112389", "200306212390", "200309012391", "200410212393",
    "200506052398", "200802112383", "200808302384", "200810232389", "200901222380",
    "201204122384", "200807132394", "200901072397", "200901252395", "201001032398",
    "201111242390", "201306132380", "201410272387", "201704232386", "201808282386",
    "201812252383", "201405112390", "201410062390", "201512252394", "201608122394",
    "201803182391", "202111112385", "202204082388", "202211262387", "202308252382",
    "202002102396", "202102202393", "202102242399", "202208282398", "198706872382",
    "199312792386", "200505852384", "200606832384", "200707832382", "200901772384",
    "200908752389", "199203762399", "199504822397", "200010642395", "202201772395",
    "202302772393", "198200832387", "201000852382", "198300902395", "199900882391",
    "200300802394", "201000802395", "198108602395", "198210602390", "200706602398",
    "201311602393",
];

fn published() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(PUBLISHED.to_vec())
}

#[test]
fn every_published_test_number_fits_and_every_other_check_digit_is_refused() {
    for number in PUBLISHED {
        assert_eq!(personal(number).as_deref(), Ok(number), "{number}");
        let (body, last) = number.split_at(11);
        for digit in (0..10).map(|digit: u32| digit.to_string()).filter(|digit| digit != last) {
            let wrong = personal(&format!("{body}{digit}"));
            assert_eq!(wrong, Err(NumberFault::CheckDigit), "{body}{digit}");
        }
    }
}

#[test]
fn a_coordination_number_gives_no_date_of_birth_and_unsure_ones_come_last() {
    let read = |text: &&str| Number::read(text).unwrap();
    let (mut personal, mut unsure) = (0, 0);
    for number in PUBLISHED.iter().map(read) {
        let is_real = number.kind == NumberKind::Personal;
        assert_eq!(number.born().is_some(), is_real, "{number:?}");
        personal += usize::from(is_real);
        unsure += usize::from(number.place().0);
    }
    assert_eq!((personal, PUBLISHED.len() - personal, unsure), (84, 22, 10));
    let [later, unknown] = ["202302772393", "198200832387"].map(|text| Number::read(text).unwrap());
    assert!(later.place() < unknown.place());
}

#[test]
fn a_number_is_read_as_people_write_it() {
    let whole = Ok("194401229085".to_owned());
    for text in [
        "19440122-9085",
        "19440122+9085",
        "19440122 9085",
        " 1944 0122-9085 ",
        "194401229085",
        "19440122\u{2011}9085",
        "19440122\u{a0}9085",
    ] {
        assert_eq!(personal(text), whole, "{text}");
    }
    let at = |text: &str, year| read_identity(text, Some(year)).map(|number| number.text);
    assert_eq!(at("440122-9085", 2026), whole);
    assert_eq!(at("440122+9085", 2046), whole, "in the year in which she turns 102");
    assert_eq!(at("900526 2382", 2026).as_deref(), Ok("199005262382"));
    assert_eq!(at("220408-2388", 2026).as_deref(), Ok("202204082388"));
    assert_eq!(at("830090-2395", 2026).as_deref(), Ok("198300902395"));
    let number = Number::read("194401229085").unwrap();
    assert_eq!(
        (number.short(2026), number.short(2043), number.short(2044)),
        ("440122-9085".into(), "440122-9085".into(), "440122+9085".into())
    );
    assert_eq!(number.shown(), "19440122-9085");
}

#[test]
fn what_is_wrong_is_said() {
    for (text, fault) in [
        ("", NumberFault::Length),
        ("9085", NumberFault::Length),
        ("1944012290855", NumberFault::Length),
        ("440122-9085", NumberFault::Century),
        ("19441322-9085", NumberFault::Date),
        ("19440230-9085", NumberFault::Date),
        ("19441292-9085", NumberFault::Date),
        ("19441362-9085", NumberFault::Date),
        ("18440122-9085", NumberFault::Date),
        ("19440122908a", NumberFault::Signs),
        ("19900101-R123", NumberFault::Signs),
        ("19440122-9086", NumberFault::CheckDigit),
    ] {
        assert_eq!(personal(text), Err(fault), "{text}");
    }
}

#[test]
fn every_kind_is_told_from_its_form() {
    for (text, kind, form) in [
        ("19900526-2382", NumberKind::Personal, "199005262382"),
        ("19820083 2387", NumberKind::Coordination, "198200832387"),
        ("19900101-R123", NumberKind::Interim, "19900101R123"),
        ("19900101t123", NumberKind::Interim, "19900101T123"),
        ("99 123456", NumberKind::Dossier, "99-123456"),
        ("99123456", NumberKind::Dossier, "99-123456"),
        ("99-123456/1", NumberKind::Lma, "99-123456/1"),
        ("99123456 / 12", NumberKind::Lma, "99-123456/12"),
    ] {
        let read = Number::read(text).unwrap();
        assert_eq!((read.kind, read.text.as_str()), (kind, form), "{text}");
        assert_eq!(Number::read(&read.shown()).unwrap(), read);
    }
    for text in ["99-12345", "99-123456/", "99-123456/123", "99-123456/a", "19900101-Q123", "i dag"]
    {
        assert_eq!(Number::read(text), None, "{text}");
    }
    assert_eq!(file_of("99-123456/1").as_deref(), Some("99-123456"));
    assert_eq!(file_of("99123456").as_deref(), Some("99-123456"));
    assert_eq!(file_of("19900526-2382"), None);
}

proptest! {
    #[test]
    fn reading_is_total_and_what_is_shown_is_read_again(text in "\\PC{0,20}|[0-9TRS/ +-]{6,16}") {
        if let Some(number) = Number::read(&text) {
            prop_assert_eq!(Number::read(&number.shown()), Some(number.clone()));
            prop_assert!(is_same(&text, &number.text), "{} {:?}", text, number);
            prop_assert!(number.born().is_none() || number.kind == NumberKind::Personal);
        }
        let _any_year = read_identity(&text, Some(2026));
    }

    #[test]
    fn ten_digits_are_the_same_as_twelve_and_nobody_elses(one in published(), other in published()) {
        let short = Number::read(one).unwrap().short(2026);
        prop_assert!(is_same(one, &short) && is_same(&short, one));
        prop_assert_eq!(is_same(one, other), one == other);
        let read = read_identity(&short, Some(2026)).unwrap();
        prop_assert_eq!(read.text, one);
    }

    #[test]
    fn one_wrong_digit_is_always_noticed(number in published(), at in 0_usize..12, by in 1_u8..10) {
        let mut digits: Vec<u8> = number.bytes().collect();
        digits[at] = b'0' + (digits[at] - b'0' + by) % 10;
        let wrong = String::from_utf8(digits).unwrap();
        // The century has no part in the check digit.
        prop_assert!(at < 2 || personal(&wrong).is_err(), "{}", wrong);
    }
}
