//! Identity numbers: personal and coordination numbers, agency file numbers.
//!
//! Source: Skatteverket's rules as in the domain paper 9.2. Month 00 and day 60 are legal in
//! coordination numbers (birth date unconfirmed), so no date of birth is derived from them.

/// Reads a personal or coordination number with twelve digits, with or without a hyphen; gives the
/// twelve digits when the check digit fits.
#[must_use]
pub fn personal(text: &str) -> Option<String> {
    let digits: String =
        text.chars().filter(|letter| !matches!(letter, '-' | '+' | ' ' | '\u{a0}')).collect();
    let numbers: Vec<u32> = digits.chars().map_while(|letter| letter.to_digit(10)).collect();
    if digits.len() != 12 || numbers.len() != 12 {
        return None;
    }
    let part = |from: usize, to: usize| {
        numbers.iter().take(to).skip(from).fold(0_u32, |sum, digit| sum * 10 + digit)
    };
    let (year, month, day) = (part(0, 4), part(4, 6), part(6, 8));
    let is_coordination = day >= 60;
    let real_day = if is_coordination { day - 60 } else { day };
    let fits = (1850..=2200).contains(&year)
        && real_day <= 31
        && if is_coordination { month <= 12 } else { is_date(year, month, day) };
    (fits && luhn(&numbers)).then_some(digits)
}

fn is_date(year: u32, month: u32, day: u32) -> bool {
    let date = || {
        let (year, month, day) =
            (i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?);
        jiff::civil::Date::new(year, month, day).ok()
    };
    date().is_some()
}

/// Luhn over the last ten digits, weights 2 and 1 in turn.
fn luhn(numbers: &[u32]) -> bool {
    let sum: u32 = numbers
        .iter()
        .skip(2)
        .zip([2, 1].iter().cycle())
        .map(|(digit, weight)| digit * weight)
        .map(|product| product / 10 + product % 10)
        .sum();
    sum.is_multiple_of(10)
}

/// Reads an agency file number of eight digits; gives it as `NN-NNNNNN`.
#[must_use]
pub fn dossier(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|letter| !matches!(letter, '-' | ' ')).collect();
    if digits.len() != 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (office, number) = digits.split_at_checked(2)?;
    Some(format!("{office}-{number}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLISHED: [&str; 11] = [
        "194401229085",
        "195503142027",
        "196603193373",
        "199005262382",
        "201306132380",
        "202204082388",
        "198706872382",
        "198200832387",
        "198300902395",
        "198108602395",
        "200706602398",
    ];

    #[test]
    fn published_test_numbers_fit_and_every_other_check_digit_is_refused() {
        for number in PUBLISHED {
            assert_eq!(personal(number).as_deref(), Some(number), "{number}");
            let (body, last) = number.split_at(11);
            for digit in (0..10).map(|digit: u32| digit.to_string()).filter(|digit| digit != last) {
                assert_eq!(personal(&format!("{body}{digit}")), None, "{body}{digit}");
            }
        }
    }

    #[test]
    fn hyphen_plus_and_space_are_read_and_other_text_is_refused() {
        assert_eq!(personal("19440122-9085").as_deref(), Some("194401229085"));
        assert_eq!(personal("19440122+9085").as_deref(), Some("194401229085"));
        for text in ["", "9085", "19441322-9085", "194402309085", "1944012290855", "19440122908a"] {
            assert_eq!(personal(text), None, "{text}");
        }
        assert_eq!(dossier("99 123456").as_deref(), Some("99-123456"));
        assert_eq!(dossier("99-12345"), None);
    }
}
