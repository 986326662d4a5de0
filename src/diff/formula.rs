//! Invariants of derived fields: `(mark_price - avg_price) * quantity`, in exact decimals.
//!
//! Names are members of the entity; numbers, `+ - * /`, unary minus and parentheses are all there is.

use bigdecimal::{BigDecimal, Zero as _};

use crate::json::number;

/// A parsed formula.
#[derive(Debug, Clone, PartialEq)]
pub enum Formula {
    Number(BigDecimal),
    Field(String),
    Negate(Box<Formula>),
    Operation(Box<Formula>, char, Box<Formula>),
}

/// Parentheses deeper than this are no formula a person wrote.
const MAX_DEPTH: usize = 32;

impl Formula {
    /// Parses a formula; the error says what was expected where.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parser = Parser { rest: text.trim_start(), depth: 0 };
        let formula = parser.sum()?;
        if parser.rest.is_empty() {
            Ok(formula)
        } else {
            Err(format!("unexpected {:?} in formula {text:?}", parser.rest))
        }
    }

    /// The value, or `None` where a field is absent, no number, or a divisor is zero.
    pub fn evaluate(&self, field: &dyn Fn(&str) -> Option<BigDecimal>) -> Option<BigDecimal> {
        match self {
            Self::Number(number) => Some(number.clone()),
            Self::Field(name) => field(name),
            Self::Negate(inner) => Some(-inner.evaluate(field)?),
            Self::Operation(left, operator, right) => {
                let (left, right) = (left.evaluate(field)?, right.evaluate(field)?);
                match operator {
                    '+' => Some(left + right),
                    '-' => Some(left - right),
                    '*' => Some(left * right),
                    _ if right.is_zero() => None,
                    _ => Some(left / right),
                }
            }
        }
    }
}

struct Parser<'t> {
    rest: &'t str,
    depth: usize,
}

impl Parser<'_> {
    fn take(&mut self, wanted: &[char]) -> Option<char> {
        let c = self.rest.chars().next().filter(|c| wanted.contains(c))?;
        self.rest = self.rest[c.len_utf8()..].trim_start();
        Some(c)
    }

    fn sum(&mut self) -> Result<Formula, String> {
        let mut left = self.product()?;
        while let Some(operator) = self.take(&['+', '-']) {
            left = Formula::Operation(Box::new(left), operator, Box::new(self.product()?));
        }
        Ok(left)
    }

    fn product(&mut self) -> Result<Formula, String> {
        let mut left = self.atom()?;
        while let Some(operator) = self.take(&['*', '/']) {
            left = Formula::Operation(Box::new(left), operator, Box::new(self.atom()?));
        }
        Ok(left)
    }

    fn atom(&mut self) -> Result<Formula, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(format!("a formula nested deeper than {MAX_DEPTH}"));
        }
        let formula = if self.take(&['-']).is_some() {
            Formula::Negate(Box::new(self.atom()?))
        } else if self.take(&['(']).is_some() {
            let inner = self.sum()?;
            self.take(&[')']).ok_or("a parenthesis is not closed")?;
            inner
        } else {
            let length = self
                .rest
                .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'))
                .unwrap_or(self.rest.len());
            let word = &self.rest[..length];
            self.rest = self.rest[length..].trim_start();
            match word.chars().next() {
                None => return Err(format!("a field or a number is missing before {:?}", self.rest)),
                Some(c) if c.is_ascii_digit() => {
                    Formula::Number(number::decimal(word).ok_or_else(|| format!("not a number: {word:?}"))?)
                }
                Some(_) => Formula::Field(word.to_owned()),
            }
        };
        self.depth -= 1;
        Ok(formula)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nesting_ends_somewhere() {
        let nested = |depth: usize| format!("{}1{}", "(".repeat(depth), ")".repeat(depth));
        assert!(Formula::parse(&nested(MAX_DEPTH - 1)).is_ok());
        let refused = Formula::parse(&nested(100_000)).expect_err("refused");
        assert!(refused.contains("nested deeper than 32"), "{refused}");
    }

    #[test]
    fn computes_profit_and_refuses_nonsense() {
        let field = |name: &str| match name {
            "mark" => number::decimal("190.00"),
            "avg" => number::decimal("200.00"),
            "qty" => number::decimal("10.5"),
            _ => None,
        };
        let pl = Formula::parse("(mark - avg) * qty").unwrap().evaluate(&field).unwrap();
        assert_eq!(number::plain(&pl), "-105");
        let share = Formula::parse(" -(avg - mark) / avg * 100 ").unwrap().evaluate(&field).unwrap();
        assert_eq!(number::plain(&share), "-5");
        assert_eq!(Formula::parse("mark / 0").unwrap().evaluate(&field), None);
        assert_eq!(Formula::parse("other + 1").unwrap().evaluate(&field), None);
        for text in ["", "mark -", "(mark", "mark)", "mark $ avg", "1.2.3", &"(".repeat(1000)] {
            assert!(Formula::parse(text).is_err(), "{text}");
        }
    }
}
