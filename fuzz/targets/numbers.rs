//! Numbers by their text against `bigdecimal`: two are equal exactly where their values are, whatever the notation.
//!
//! The input is two texts and a tolerance, a line each.

#![no_main]

use std::num::NonZeroU64;
use std::str::FromStr as _;

use bigdecimal::num_bigint::BigInt;
use bigdecimal::{BigDecimal, Zero as _};
use libfuzzer_sys::fuzz_target;
use serde_json::value::RawValue;
use thor_cutover::json::number::{
    self, Tolerance, canonical, decimal, equal, is_number, is_within_noise, rounded,
};

/// A number as whole digits and a power of ten, neither of them bounded.
struct Scientific {
    digits: BigInt,
    exponent: BigInt,
}

impl Scientific {
    fn of(number: &str) -> Self {
        let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let exponent = BigInt::from_str(exponent.trim_start_matches('+')).expect("digits");
        let mut digits = format!("{whole}{fraction}");
        let mut exponent = exponent - fraction.len();
        while digits.len() > 1 && digits.ends_with('0') {
            digits.pop();
            exponent += 1;
        }
        Self { digits: BigInt::from_str(&digits).unwrap_or_default(), exponent }
    }

    fn equals(&self, other: &Self) -> bool {
        self.digits == other.digits && (self.digits.is_zero() || self.exponent == other.exponent)
    }

    /// Whether its exponent, as written or of its digits, is near the end of 64 bits.
    fn is_beyond_sense(&self) -> bool {
        self.exponent.magnitude() >= &(1u64 << 62).into()
    }

    /// What `bigdecimal` can reckon with.
    fn value(&self) -> Option<BigDecimal> {
        let exponent = i64::try_from(&self.exponent).ok().filter(|exponent| exponent.abs() < 2_000)?;
        Some(BigDecimal::new(self.digits.clone(), -exponent))
    }
}

/// What serde_json takes for a number, in full.
fn is_number_to_serde(text: &str) -> bool {
    let starts = text.starts_with(|c: char| c == '-' || c.is_ascii_digit());
    let ends = text.ends_with(|c: char| c.is_ascii_digit());
    starts && ends && serde_json::from_str::<&RawValue>(text).is_ok()
}

fuzz_target!(|text: &str| {
    let mut lines = text.splitn(3, '\n');
    let (a, b) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let limit = lines.next().unwrap_or_default();
    for text in [a, b, limit] {
        assert_eq!(is_number(text.as_bytes()), is_number_to_serde(text), "{text:?}");
    }
    if !is_number(a.as_bytes()) || !is_number(b.as_bytes()) {
        assert_eq!(number::distance(a, b), None);
        return;
    }
    let (of_a, of_b) = (Scientific::of(a), Scientific::of(b));
    let are_equal = of_a.equals(&of_b);
    if of_a.is_beyond_sense() || of_b.is_beyond_sense() {
        // These are compared as they are written: equal ones may be taken for different, never the other way round.
        assert!(are_equal || canonical(a) != canonical(b));
        return;
    }
    assert_eq!(canonical(a) == canonical(b), are_equal, "{} and {}", canonical(a), canonical(b));
    assert_eq!(equal(a, b, &Tolerance::None), are_equal);
    for (text, of_text) in [(a, &of_a), (b, &of_b)] {
        let shortest = canonical(text);
        assert!(is_number(shortest.as_bytes()), "{shortest}");
        assert_eq!(canonical(&shortest), shortest);
        assert!(Scientific::of(&shortest).equals(of_text), "{shortest}");
        if let Some(value) = decimal(text) {
            assert_eq!(Some(&value), of_text.value().as_ref().or(Some(&value)));
            assert!(Scientific::of(&number::plain(&value)).equals(of_text), "{}", number::plain(&value));
        }
    }

    let (Some(x), Some(y)) = (of_a.value(), of_b.value()) else { return };
    let distance = (&x - &y).abs();
    if a.len().max(b.len()) < 1_000 {
        assert_eq!(number::distance(a, b).as_ref(), Some(&distance));
        let scale = u32::try_from(limit.len() % 12).expect("below 12");
        let step = BigDecimal::new(1.into(), i64::from(scale));
        assert_eq!(equal(a, b, &Tolerance::Scale(scale)), distance < step);
        if is_number(limit.as_bytes())
            && let Some(most) = Scientific::of(limit).value()
        {
            let within = equal(a, b, &Tolerance::Absolute(limit.to_owned()));
            assert_eq!(within, are_equal || distance <= most);
        }
        // At least as near as a unit of the last digit that is kept.
        let digits = NonZeroU64::new(15).expect("15");
        let near = Scientific::of(&rounded(a, digits)).value().expect("a number");
        let off = (&near - &x).abs() * BigDecimal::from(10u64.pow(14));
        assert!(off <= x.abs(), "{a} rounded is {near}");
    }
    // Noise is within four units of a double, as Rust prints and reads it.
    if is_within_noise(a, b) {
        let near: f64 = a.parse().expect("a number is one to Rust");
        assert!(near.abs() < 2f64.powi(53));
        let unit = BigDecimal::try_from(near.abs().next_up() - near.abs()).expect("finite");
        assert!(distance <= unit * BigDecimal::from(4), "{a} and {b}");
    }
});
