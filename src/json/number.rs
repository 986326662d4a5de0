//! Numbers by their text: canonical form, significant digits, distance. No binary floating point.
//!
//! A number here is any text of the JSON number grammar, whether it stood as a number or inside a string.

use std::borrow::Cow;
use std::str::FromStr as _;

use bigdecimal::{BigDecimal, RoundingMode, Zero as _};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::json::grammar;

/// How far two numbers may be apart. Kept as text: it is compared with decimals, not with floats.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tolerance {
    #[default]
    None,
    /// |a − b| < 10^-scale
    Scale(u32),
    /// |a − b| ≤ this, in the field's unit
    Absolute(String),
}

/// Decimal exponents beyond this are kept in scientific form: `1e999999999` must not become a gigabyte of zeros.
const PLAIN_EXPONENT: i64 = 400;

/// Whether the text is a number of the JSON grammar: no leading zeros, no plus sign, no spaces.
pub fn is_number(text: &[u8]) -> bool {
    grammar::number(text, 0) == Some(text.len())
}

/// One text for one value: `-0`, `1.50`, `15e-1` and `1.5` lose what does not count.
///
/// `number` must satisfy [`is_number`]. Borrowed where a prefix of the text already is canonical.
pub fn canonical(number: &str) -> Cow<'_, str> {
    if is_canonical(number) {
        return Cow::Borrowed(number);
    }
    let bytes = number.as_bytes();
    let Some(mark) = memchr::memchr3(b'.', b'e', b'E', bytes) else {
        return if number == "-0" { Cow::Borrowed("0") } else { plain_or_scientific(number) };
    };
    if bytes[mark] == b'.' && memchr::memchr2(b'e', b'E', &bytes[mark..]).is_none() && bytes.len() < 128 {
        let trimmed = number.trim_end_matches('0');
        let trimmed = trimmed.strip_suffix('.').unwrap_or(trimmed);
        return Cow::Borrowed(if trimmed == "-0" { "0" } else { trimmed });
    }
    spelled(number)
}

/// Whether a number is seen at once to be canonical, as most are: short, without an exponent, and the last digit counts.
#[inline]
pub fn is_canonical(number: &str) -> bool {
    let bytes = number.as_bytes();
    matches!(bytes, [.., b'1'..=b'9']) && bytes.len() <= 24 && !has_exponent(bytes)
}

/// Of a number of up to 24 bytes: no other of its bytes has the bit that `e` and `E` have.
fn has_exponent(number: &[u8]) -> bool {
    let word = |chunk: &[u8; 8]| u64::from_le_bytes(*chunk);
    let any = match (number.first_chunk::<8>(), number.last_chunk::<8>()) {
        (Some(first), Some(last)) => {
            let middle = number.get(8..16).and_then(<[u8]>::first_chunk::<8>).map_or(0, word);
            word(first) | middle | word(last)
        }
        _ => number.iter().fold(0, |any, byte| any | u64::from(*byte)),
    };
    any & u64::from_ne_bytes([0x40; 8]) != 0
}

fn plain_or_scientific(whole: &str) -> Cow<'_, str> {
    if whole.len() < 128 { Cow::Borrowed(whole) } else { spelled(whole) }
}

/// A number whose exponent is beyond 64 bits is compared as it is written.
fn spelled(number: &str) -> Cow<'_, str> {
    Digits::of(number).map_or(Cow::Borrowed(number), |digits| Cow::Owned(spell(&digits)))
}

/// Sign, significant digits without zeros at either end, and the exponent of the last digit.
struct Digits {
    negative: bool,
    digits: String,
    exponent: i64,
}

impl Digits {
    /// `None` where the exponent is beyond 64 bits.
    fn of(number: &str) -> Option<Self> {
        let (negative, rest) = number.strip_prefix('-').map_or((false, number), |rest| (true, rest));
        let (mantissa, exponent) = rest.split_once(['e', 'E']).unwrap_or((rest, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        let significant = all.trim_start_matches('0');
        let digits = significant.trim_end_matches('0');
        let dropped = (significant.len() - digits.len()) as i64;
        if digits.is_empty() {
            return Some(Self { negative: false, digits: "0".to_owned(), exponent: 0 });
        }
        let exponent: i64 = exponent.parse().ok()?;
        let exponent = exponent.checked_sub(fraction.len() as i64)?.checked_add(dropped)?;
        Some(Self { negative, digits: digits.to_owned(), exponent })
    }
}

fn spell(number: &Digits) -> String {
    let sign = if number.negative { "-" } else { "" };
    let Digits { digits, exponent, .. } = number;
    let top = exponent.saturating_add(digits.len() as i64);
    if top > PLAIN_EXPONENT || *exponent < -PLAIN_EXPONENT {
        return format!("{sign}{digits}e{exponent}");
    }
    match usize::try_from(*exponent) {
        Ok(zeros) => format!("{sign}{digits}{}", "0".repeat(zeros)),
        Err(_) => match usize::try_from(top) {
            Ok(split) if split > 0 => format!("{sign}{}.{}", &digits[..split], &digits[split..]),
            _ => format!("{sign}0.{}{digits}", "0".repeat(usize::try_from(-top).unwrap_or(0))),
        },
    }
}

/// Significant digits as printed, zeros at the end of a fraction included.
pub fn significant_digits(number: &str) -> usize {
    let mantissa = number.split(['e', 'E']).next().unwrap_or(number);
    mantissa.bytes().filter(u8::is_ascii_digit).skip_while(|digit| *digit == b'0').count()
}

/// Too short for 16 digits and a point.
pub const NEVER_NOISY: usize = 16;

/// Whether a JSON number looks like the shortest print of a double that carries noise (0.1 + 0.2):
/// a fraction or an exponent, and 16 or 17 significant digits. More than 17 no double prints, so they count exactly.
pub fn is_noisy(number: &str) -> bool {
    number.len() > NEVER_NOISY
        && memchr::memchr3(b'.', b'e', b'E', number.as_bytes()).is_some()
        && (16..=17).contains(&significant_digits(number))
}

/// A number's canonical text, rounded to so many significant digits.
pub fn rounded(number: &str, digits: std::num::NonZeroU64) -> String {
    match decimal(number) {
        Some(value) => plain(&value.with_precision_round(digits, RoundingMode::HalfEven)),
        None => canonical(number).into_owned(),
    }
}

/// Longer numbers are compared by their digits only: arithmetic on them would cost the square of their length.
const MAX_ARITHMETIC: usize = 2_048;

/// A number as a decimal; `None` where it is longer than [`MAX_ARITHMETIC`] or its exponent is beyond sense.
pub fn decimal(number: &str) -> Option<BigDecimal> {
    if number.len() > MAX_ARITHMETIC {
        return None;
    }
    let digits = Digits::of(number)?;
    match digits.exponent {
        // nothing times ten to whatever: the exponent that it is written with would cost its size
        0 if digits.digits == "0" => Some(BigDecimal::zero()),
        -10_000..=10_000 => BigDecimal::from_str(number).ok(),
        _ => None,
    }
}

/// A decimal in plain notation, without zeros that do not count.
pub fn plain(value: &BigDecimal) -> String {
    let text = value.normalized().to_plain_string();
    canonical(&text).into_owned()
}

/// Whether two numbers are equal within a tolerance.
pub fn equal(a: &str, b: &str, tolerance: &Tolerance) -> bool {
    if canonical(a) == canonical(b) {
        return true;
    }
    let (Some(a), Some(b)) = (decimal(a), decimal(b)) else { return false };
    let distance = (&a - &b).abs();
    match tolerance {
        Tolerance::None => false,
        Tolerance::Scale(scale) => distance < BigDecimal::new(1.into(), i64::from(*scale)),
        Tolerance::Absolute(limit) => decimal(limit).is_some_and(|limit| distance <= limit),
    }
}

/// Whether `other` is what `double` stands for, a double's noise aside: at most four units in the last place of that
/// double apart, where doubles still have a fraction: ids and counts beyond 2^53 are no arithmetic's noise.
pub fn is_within_noise(double: &str, other: &str) -> bool {
    const UNITS: u8 = 4;
    let (Some(printed), Some(other)) = (decimal(double), decimal(other)) else { return false };
    let Ok(near) = double.parse::<f64>() else { return false };
    // Beyond 2^53 a double counts in whole steps: what differs there is an id or a count.
    if near.abs() >= (1_u64 << f64::MANTISSA_DIGITS) as f64 {
        return false;
    }
    // Two whole numbers that differ are two ids or counts, also where four units are more than one.
    if printed.is_integer() && other.is_integer() && printed != other {
        return false;
    }
    let unit = near.abs().next_up() - near.abs();
    let Ok(unit) = BigDecimal::try_from(unit) else { return false };
    (printed - other).abs() <= unit * BigDecimal::from(UNITS)
}

/// |a − b| as text; `None` where one is no number.
pub fn distance(a: &str, b: &str) -> Option<BigDecimal> {
    if !is_number(a.as_bytes()) || !is_number(b.as_bytes()) {
        return None;
    }
    Some((decimal(a)? - decimal(b)?).abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exponent_is_found_wherever_it_stands() {
        for length in 1..=24 {
            let digits = "7".repeat(length);
            assert!(!has_exponent(digits.as_bytes()), "{digits}");
            assert!(!has_exponent(format!("-{}.5", &digits[..length.min(20)]).as_bytes()));
            for place in 0..length {
                for letter in ["e", "E"] {
                    let number = format!("{}{letter}{}", &digits[..place], &digits[place + 1..]);
                    assert!(has_exponent(number.as_bytes()), "{number}");
                }
            }
        }
    }

    #[test]
    fn one_value_has_one_canonical_text() {
        for (text, expected) in [
            ("-0", "0"),
            ("-0.00", "0"),
            ("0e5", "0"),
            ("1.50", "1.5"),
            ("15e-1", "1.5"),
            ("150E-2", "1.5"),
            ("100", "100"),
            ("1e2", "100"),
            ("200.000000", "200"),
            ("0.00010", "0.0001"),
            ("1e-4", "0.0001"),
            ("-12.0e1", "-120"),
            ("1e999999999", "1e999999999"),
            ("10e999999998", "1e999999999"),
            ("0e99999999999999999999", "0"),
        ] {
            assert!(is_number(text.as_bytes()), "{text}");
            assert_eq!(canonical(text), expected, "{text}");
        }
        for text in ["", "-", "01", "1.", ".5", "+1", "1e", "1e+", "NaN", " 1", "1 ", "0x1", "1_000"] {
            assert!(!is_number(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn twenty_eight_digits_count_and_a_cent_is_a_cent() {
        let none = Tolerance::None;
        assert!(!equal("1234567890123456789012345.678", "1234567890123456789012345.679", &none));
        assert!(equal("48210.50", "48210.5", &none));
        assert!(!equal("455.00", "454.99", &Tolerance::Scale(2)));
        assert!(equal("455.004", "455.00", &Tolerance::Scale(2)));
        assert!(equal("455.00", "454.99", &Tolerance::Absolute("0.01".into())));
        assert!(!equal("12345678901234567890", "12345678901234567891", &none));
    }

    #[test]
    fn noise_of_a_double_is_equal_to_what_it_meant() {
        assert!(is_noisy("0.30000000000000004"));
        assert!(!is_noisy("12345678901234567"), "an integer is no noise");
        assert!(!is_noisy("1.000000000000000000000000001"), "28 digits are no double");
        assert!(is_within_noise("0.30000000000000004", "0.3"));
        assert!(is_within_noise("1995.0000000000002", "1995.00"));
        assert!(is_within_noise("194866.00000000003", "194866"));
        assert!(is_within_noise("-196432.53999999998", "-19643254E-2"));
        assert!(!is_within_noise("0.31000000000000004", "0.3"));
        // a cent at twenty thousand million, six units at ten trillion, a millisecond of an epoch
        assert!(!is_within_noise("20000000000.010002", "20000000000.02"));
        assert!(!is_within_noise("98765432109876.54", "98765432109870.54"));
        assert!(!is_within_noise("1545913819.0990329", "1545913819.098"));
        // an id that went through a double
        assert!(!is_within_noise("1.2345678901234568e18", "1234567890123456789"));
        assert!(!is_within_noise("1234567890123456.0", "1234567890123457"));
    }

    /// Both are infinite to a double, and one is a thousand times the other.
    #[test]
    fn exponents_beyond_64_bits_are_not_all_the_same() {
        let (one, other) = ("1e99999999999999999999", "1e100000000000000000002");
        assert_ne!(canonical(one), canonical(other));
        assert!(!equal(one, other, &Tolerance::None) && !equal(one, other, &Tolerance::Scale(2)));
        assert!(equal(one, one, &Tolerance::None));
        assert_ne!(canonical("1e-99999999999999999999"), canonical("1e-88888888888888888888"));
    }

    #[test]
    fn a_zero_costs_nothing_whatever_its_exponent() {
        for zero in ["0e-90229022", "0.00e-999999999", "-0E+999999999"] {
            assert!(!equal(zero, "4", &Tolerance::Scale(2)), "{zero}");
            assert!(equal(zero, "0.00", &Tolerance::None), "{zero}");
            assert_eq!(distance(zero, "4").map(|far| plain(&far)).as_deref(), Some("4"));
        }
    }

    #[test]
    fn a_long_number_costs_what_its_length_costs() {
        let long = "7".repeat(1_000_000);
        assert!(!equal(&long, &format!("{long}.5"), &Tolerance::Scale(2)), "no arithmetic on it");
        assert!(equal(&long, &format!("{long}.0"), &Tolerance::None));
    }
}
