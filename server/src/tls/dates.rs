//! From when to when a certificate counts. Reads just that of its DER form; whether the rest is sound
//! is the TLS library's to say.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// From when to when a certificate counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dates {
    /// Not before.
    pub from: Timestamp,
    /// Not after.
    pub until: Timestamp,
}

/// Reads the dates of a certificate in DER form.
#[must_use]
pub fn of(certificate: &[u8]) -> Option<Dates> {
    let (whole, _) = inside(certificate, SEQUENCE)?;
    let (signed, _) = inside(whole, SEQUENCE)?;
    let signed = inside(signed, VERSION).map_or(signed, |(_, rest)| rest);
    let (_serial, signed) = inside(signed, INTEGER)?;
    let (_algorithm, signed) = inside(signed, SEQUENCE)?;
    let (_issuer, signed) = inside(signed, SEQUENCE)?;
    let (validity, _) = inside(signed, SEQUENCE)?;
    let (from, rest) = time(validity)?;
    let (until, _) = time(rest)?;
    Some(Dates { from, until })
}

/// The contents of a DER value of that kind, and what follows it.
fn inside(bytes: &[u8], kind: u8) -> Option<(&[u8], &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = if *first < 0x80 {
        (usize::from(*first), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        if digits.len() > 4 {
            return None;
        }
        (digits.iter().fold(0, |sum, digit| (sum << 8) | usize::from(*digit)), rest)
    };
    if *tag == kind { rest.split_at_checked(length) } else { None }
}

fn time(bytes: &[u8]) -> Option<(Timestamp, &[u8])> {
    let (text, format, rest) = match inside(bytes, UTC_TIME) {
        Some((text, rest)) => (text, "%y%m%d%H%M%SZ", rest),
        None => {
            inside(bytes, GENERALIZED_TIME).map(|(text, rest)| (text, "%Y%m%d%H%M%SZ", rest))?
        }
    };
    let civil = DateTime::strptime(format, core::str::from_utf8(text).ok()?).ok()?;
    Some((civil.to_zoned(TimeZone::UTC).ok()?.timestamp(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(from: (i32, u8, u8), until: (i32, u8, u8)) -> Vec<u8> {
        let mut how = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        how.not_before = rcgen::date_time_ymd(from.0, from.1, from.2);
        how.not_after = rcgen::date_time_ymd(until.0, until.1, until.2);
        let key = rcgen::KeyPair::generate().unwrap();
        how.self_signed(&key).unwrap().der().to_vec()
    }

    #[test]
    fn the_dates_are_those_it_was_made_with_in_both_forms_of_a_time() {
        let cases = [
            (((1999, 1, 2), (2049, 12, 31)), "1999-01-02T00:00:00Z", "2049-12-31T00:00:00Z"),
            (((2050, 1, 1), (2120, 6, 7)), "2050-01-01T00:00:00Z", "2120-06-07T00:00:00Z"),
        ];
        for ((from, until), first, last) in cases {
            let dates = of(&made(from, until)).unwrap();
            assert_eq!(
                (dates.from.to_string().as_str(), dates.until.to_string().as_str()),
                (first, last)
            );
        }
    }

    #[test]
    fn what_is_cut_off_or_none_has_no_dates() {
        let whole = made((2026, 1, 1), (2027, 1, 1));
        for end in 0..130 {
            assert_eq!(of(&whole[..end]), None, "{end}");
        }
        assert_eq!(of(b"0\x84\xff\xff\xff\xff"), None);
        assert_eq!(of(b"0\x89123456789"), None);
    }
}
