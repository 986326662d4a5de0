//! Decimal numbers as Thor's database keeps them: an integer and a scale, never a binary float.
//!
//! Thor writes the same number in two ways, a string of fixed scale where a model serializer made it and a
//! float where a dict was built by hand; both are made here.

use std::fmt;

use serde_json::Value;

/// `mantissa × 10^-scale`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fixed {
    mantissa: i64,
    scale: u32,
}

impl Fixed {
    pub const fn new(mantissa: i64, scale: u32) -> Self {
        Self { mantissa, scale }
    }

    /// An amount of money, two decimals.
    pub const fn cents(mantissa: i64) -> Self {
        Self::new(mantissa, 2)
    }

    pub fn mantissa(self) -> i64 {
        self.mantissa
    }

    /// The same scale, `steps` units of the last decimal higher.
    pub fn plus(self, steps: i64) -> Self {
        Self { mantissa: self.mantissa + steps, ..self }
    }

    /// The number at another scale, rounded half to even as Django rounds.
    pub fn at_scale(self, scale: u32) -> Self {
        Self::rounded(i128::from(self.mantissa), self.scale, scale)
    }

    /// Sum at this number's scale.
    pub fn add(self, other: Self) -> Self {
        self.plus(other.at_scale(self.scale).mantissa)
    }

    /// Difference at this number's scale.
    pub fn sub(self, other: Self) -> Self {
        self.plus(-other.at_scale(self.scale).mantissa)
    }

    pub fn mul(self, other: Self, scale: u32) -> Self {
        Self::rounded(i128::from(self.mantissa) * i128::from(other.mantissa), self.scale + other.scale, scale)
    }

    /// Quotient at `scale`; `other` is positive.
    pub fn div(self, other: Self, scale: u32) -> Self {
        let numerator = i128::from(self.mantissa) * power(other.scale + scale);
        Self::narrowed(half_even(numerator, i128::from(other.mantissa) * power(self.scale)), scale)
    }

    /// As a hand-built dict gives it: a JSON float.
    pub fn float(self) -> Value {
        let nearest: f64 = self.to_string().parse().expect("a decimal's text is a float's text");
        Value::from(nearest)
    }

    /// As a model serializer gives it: a JSON string of fixed scale.
    pub fn text(self) -> Value {
        Value::from(self.to_string())
    }

    fn rounded(mantissa: i128, from: u32, to: u32) -> Self {
        let mantissa =
            if to >= from { mantissa * power(to - from) } else { half_even(mantissa, power(from - to)) };
        Self::narrowed(mantissa, to)
    }

    fn narrowed(mantissa: i128, scale: u32) -> Self {
        let mantissa = i64::try_from(mantissa).expect("the emulated market stays below 10^12");
        Self { mantissa, scale }
    }
}

fn power(exponent: u32) -> i128 {
    10_i128.pow(exponent)
}

/// `numerator / denominator` to the nearest integer, ties to even; the denominator is positive.
fn half_even(numerator: i128, denominator: i128) -> i128 {
    let quotient = numerator.div_euclid(denominator);
    let twice = numerator.rem_euclid(denominator) * 2;
    let up = twice > denominator || (twice == denominator && quotient % 2 != 0);
    quotient + i128::from(up)
}

impl fmt::Display for Fixed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.mantissa < 0 { "-" } else { "" };
        let digits = self.mantissa.unsigned_abs();
        let unit = 10_u64.pow(self.scale);
        if self.scale == 0 {
            return write!(f, "{sign}{digits}");
        }
        write!(f, "{sign}{}.{:0width$}", digits / unit, digits % unit, width = self.scale as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_both_of_thors_ways() {
        let price = Fixed::new(190_000_000, 6);
        assert_eq!(price.text(), Value::from("190.000000"));
        assert_eq!(price.float().to_string(), "190.0");
        assert_eq!(Fixed::cents(-5).to_string(), "-0.05");
    }

    #[test]
    fn rounds_half_to_even_on_both_sides_of_zero() {
        let at_two = |mantissa| Fixed::new(mantissa, 3).at_scale(2).mantissa();
        assert_eq!([at_two(1_005), at_two(1_015), at_two(-1_005), at_two(-1_015)], [100, 102, -100, -102]);
    }

    #[test]
    fn multiplies_and_divides_exactly_before_rounding() {
        let quantity = Fixed::new(105_000, 4);
        let price = Fixed::new(190_000_000, 6);
        assert_eq!(price.mul(quantity, 2), Fixed::cents(199_500));
        assert_eq!(Fixed::cents(-10_500).div(Fixed::cents(210_000), 4), Fixed::new(-500, 4));
    }
}
