//! Two entities, field by field, under the rules: only for what the digests could not settle.

use std::borrow::Cow;
use std::num::NonZeroU64;
use std::time::Duration;

use bigdecimal::BigDecimal;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::diff::field_table::{Field, FieldId, FieldTable, Notation, Role, RuleId, Side, SpellingCounts};
use crate::diff::formula::Formula;
use crate::diff::normalise::canonical;
use crate::diff::parsed_entity::{FieldValue, ParsedEntity};
use crate::json::cursor::Shape;
use crate::json::instant;
use crate::json::number;
use crate::model::feature::Compare;
use crate::model::outcome::{Difference, Kind};
use crate::model::time::Nanos;

/// When the two entities were read, for fields that fall with time.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// REST's window: sent and received, C already taken off the first.
    pub rest: (Nanos, Nanos),
    /// The WebSocket's: D before its arrival, and its arrival.
    pub ws: (Nanos, Nanos),
}

/// A difference of one field.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldDifference {
    pub kind: Kind,
    pub field: FieldId,
    pub rest: Option<String>,
    pub ws: Option<String>,
    pub passes_with: Option<String>,
}

/// A rule that made two unequal values equal.
#[derive(Debug, Clone, PartialEq)]
pub struct Hidden {
    pub rule: RuleId,
    pub field: FieldId,
    /// How far apart they were, where both are numbers.
    pub distance: Option<BigDecimal>,
}

#[derive(Debug, Clone, Default)]
pub struct Comparison {
    pub differences: Vec<FieldDifference>,
    pub hidden: Vec<Hidden>,
}

/// The fields in which REST's word differs from the WebSocket's, without the words for people: as
/// [`compare`] finds them, for a fraction of what it costs.
pub fn differing<'c>(
    plan: &'c FieldTable,
    rest: &'c ParsedEntity<'_>,
    ws: &'c ParsedEntity<'_>,
    times: Times,
) -> impl Iterator<Item = (Kind, FieldId)> + use<'c> {
    let fields = 0..rest.len().max(ws.len());
    fields.filter_map(move |field| match standing(plan, field, rest.get(field), ws.get(field), times) {
        FieldEquality::Differs(kind) => Some((kind, field)),
        FieldEquality::Same | FieldEquality::Hidden(_) => None,
    })
}

/// Compares REST's word with the WebSocket's under the plan's rules.
pub fn compare(
    plan: &FieldTable,
    rest: &ParsedEntity<'_>,
    ws: &ParsedEntity<'_>,
    times: Times,
) -> Comparison {
    let mut comparison = Comparison::default();
    for field in 0..rest.len().max(ws.len()) {
        compare_field(plan, field, rest.get(field), ws.get(field), times, &mut comparison);
    }
    comparison
}

fn compare_field(
    plan: &FieldTable,
    field: FieldId,
    rest: Option<&FieldValue<'_>>,
    ws: Option<&FieldValue<'_>>,
    times: Times,
    comparison: &mut Comparison,
) {
    match standing(plan, field, rest, ws, times) {
        FieldEquality::Same => {}
        FieldEquality::Hidden(rule) => {
            let distance = rest.zip(ws).and_then(|(rest, ws)| number::distance(&rest.text, &ws.text));
            comparison.hidden.push(Hidden { rule, field, distance });
        }
        FieldEquality::Differs(kind) => {
            let passes_with =
                rest.zip(ws).and_then(|(rest, ws)| passing_tolerance(plan, field, rest, ws, times));
            let text = |value: Option<&FieldValue<'_>>| value.map(|value| cut(&value.to_json()));
            let (rest, ws) = (text(rest), text(ws));
            comparison.differences.push(FieldDifference { kind, field, rest, ws, passes_with });
        }
    }
}

/// How one field's two values compare.
enum FieldEquality {
    Same,
    /// A rule makes equal what is not.
    Hidden(RuleId),
    Differs(Kind),
}

fn standing(
    plan: &FieldTable,
    field: FieldId,
    rest: Option<&FieldValue<'_>>,
    ws: Option<&FieldValue<'_>>,
    times: Times,
) -> FieldEquality {
    let entry = &plan.fields[field];
    let hides = match entry.role {
        Role::Key => return FieldEquality::Same,
        // Both have it: its formula tells, unless a side cannot check it.
        Role::Derived(_) if !entry.crossed && rest.is_some() && ws.is_some() => return FieldEquality::Same,
        // One side only, by contract; compared where both have it. The baseline of an on-change stream is
        // REST's own text: it has REST's fields, which proves nothing about the WebSocket.
        Role::OneSided(_) if !entry.crossed || rest.is_none() || ws.is_none() => return FieldEquality::Same,
        Role::Ignored(rule) => Some(rule),
        _ => None,
    };
    let kind = match (rest, ws) {
        (None, None) => return FieldEquality::Same,
        (Some(_), None) => Kind::MissingInWs,
        (None, Some(_)) => Kind::MissingInRest,
        (Some(rest), Some(ws)) => match equality(plan, field, rest, ws, times) {
            Equality::Equal => return FieldEquality::Same,
            Equality::ByRule(rule) => return FieldEquality::Hidden(rule),
            Equality::Unequal => Kind::Value,
        },
    };
    hides.map_or(FieldEquality::Differs(kind), FieldEquality::Hidden)
}

enum Equality {
    Equal,
    ByRule(RuleId),
    Unequal,
}

fn equality(
    plan: &FieldTable,
    field: FieldId,
    rest: &FieldValue<'_>,
    ws: &FieldValue<'_>,
    times: Times,
) -> Equality {
    let entry = &plan.fields[field];
    let mut seen = SpellingCounts::default();
    if canonical(rest.shape, &rest.text, entry.notation, &mut seen)
        == canonical(ws.shape, &ws.text, entry.notation, &mut seen)
    {
        return match entry.role {
            // A countdown that stands still while time passes is as wrong as one that runs away.
            Role::Countdown(rule) => countdown(plan, rule, rest, ws, times).0,
            _ => Equality::Equal,
        };
    }
    match entry.role {
        Role::Countdown(rule) => return countdown(plan, rule, rest, ws, times).0,
        Role::Loose(rule) | Role::Derived(rule) if within(&plan.rules[rule].compare, rest, ws) => {
            return Equality::ByRule(rule);
        }
        _ => {}
    }
    if !are_numbers(entry.notation, rest, ws) {
        return Equality::Unequal;
    }
    // A string against a number is a number, whatever its notation; two strings are only without an exponent.
    let one_is_text = rest.shape != ws.shape;
    let noisy = |value: &FieldValue<'_>| value.shape == Shape::Number && number::is_noisy(&value.text);
    let equal = (one_is_text && number::canonical(&rest.text) == number::canonical(&ws.text))
        || (noisy(rest) && number::is_within_noise(&rest.text, &ws.text))
        || (noisy(ws) && number::is_within_noise(&ws.text, &rest.text));
    if equal { Equality::Equal } else { Equality::Unequal }
}

fn are_numbers(notation: Notation, rest: &FieldValue<'_>, ws: &FieldValue<'_>) -> bool {
    notation == Notation::Value
        && number::is_number(rest.text.as_bytes())
        && number::is_number(ws.text.as_bytes())
        && [rest.shape, ws.shape].iter().all(|shape| matches!(shape, Shape::Number | Shape::String))
}

/// The smallest tolerance with which two unequal numbers would have passed.
fn passing_tolerance(
    plan: &FieldTable,
    field: FieldId,
    rest: &FieldValue<'_>,
    ws: &FieldValue<'_>,
    times: Times,
) -> Option<String> {
    let entry = &plan.fields[field];
    if let Role::Countdown(rule) = entry.role {
        return countdown(plan, rule, rest, ws, times).1;
    }
    let distance =
        are_numbers(entry.notation, rest, ws).then(|| number::distance(&rest.text, &ws.text)).flatten();
    distance.map(|distance| number::plain(&distance))
}

fn within(compare: &Compare, rest: &FieldValue<'_>, ws: &FieldValue<'_>) -> bool {
    match compare {
        Compare::Decimal { tolerance } | Compare::Derived { tolerance, .. } => {
            number::is_number(rest.text.as_bytes())
                && number::is_number(ws.text.as_bytes())
                && number::equal(&rest.text, &ws.text, tolerance)
        }
        Compare::Instant { tolerance } => match (instant::parse(&rest.text), instant::parse(&ws.text)) {
            (Some(rest), Some(ws)) => rest.nanoseconds.abs_diff(ws.nanoseconds) <= tolerance.as_nanos(),
            _ => false,
        },
        _ => false,
    }
}

/// REST must read what the WebSocket read, less the time between the two reads; else with the smallest tolerance
/// that would have passed.
fn countdown(
    plan: &FieldTable,
    rule: RuleId,
    rest: &FieldValue<'_>,
    ws: &FieldValue<'_>,
    times: Times,
) -> (Equality, Option<String>) {
    let unequal = (Equality::Unequal, None);
    let Compare::Countdown { tolerance } = &plan.rules[rule].compare else { return unequal };
    let (Some(rest), Some(ws)) = (seconds(rest), seconds(ws)) else { return unequal };
    let span = |later: Nanos, earlier: Nanos| {
        BigDecimal::new((i128::from(later.0) - i128::from(earlier.0)).into(), 9)
    };
    let tolerance = duration(*tolerance);
    let least = &ws - span(times.rest.1, times.ws.0) - &tolerance;
    let most = &ws - span(times.rest.0, times.ws.1) + &tolerance;
    if rest >= least && rest <= most {
        return (if rest == ws { Equality::Equal } else { Equality::ByRule(rule) }, None);
    }
    let beyond = if rest < least { least - rest } else { rest - most };
    (Equality::Unequal, Some(number::plain(&(beyond + tolerance))))
}

/// A hash of an entity's fields that have no tolerance, with numbers rounded to hide the noise of doubles. Entities with
/// different hashes differ, except for numbers on either side of a rounding: good enough to name a difference, not for
/// a verdict.
pub fn approx_hash(plan: &FieldTable, taken: &ParsedEntity<'_>) -> NonZeroU64 {
    const DIGITS: NonZeroU64 = NonZeroU64::new(11).expect("11 is not zero");
    let sum = plan.fields.iter().enumerate().fold(0, |sum: u64, (field, entry)| {
        let value = taken.get(field).filter(|_| matches!(entry.role, Role::Key | Role::Strict));
        let Some(value) = value else { return sum };
        let (tag, text) = canonical(value.shape, &value.text, entry.notation, &mut SpellingCounts::default());
        let is_long =
            entry.notation == Notation::Value && number::significant_digits(&text) as u64 > DIGITS.get();
        let text = if is_long && number::is_number(text.as_bytes()) {
            Cow::Owned(number::rounded(&text, DIGITS))
        } else {
            text
        };
        sum.wrapping_add(xxh3_64_with_seed(text.as_bytes(), (field as u64) << 8 | u64::from(tag)))
    });
    NonZeroU64::new(sum).unwrap_or(NonZeroU64::MIN)
}

/// Whether each countdown of a later text is where the earlier one's had to be by then.
pub fn countdowns_follow(
    plan: &FieldTable,
    earlier: (&ParsedEntity<'_>, (Nanos, Nanos)),
    later: (&ParsedEntity<'_>, (Nanos, Nanos)),
) -> bool {
    let times = Times { rest: later.1, ws: earlier.1 };
    plan.fields.iter().enumerate().all(|(field, entry)| {
        let Role::Countdown(rule) = entry.role else { return true };
        match (later.0.get(field), earlier.0.get(field)) {
            (None, None) => true,
            (Some(later), Some(earlier)) => {
                !matches!(countdown(plan, rule, later, earlier, times).0, Equality::Unequal)
            }
            _ => false,
        }
    })
}

fn seconds(value: &FieldValue<'_>) -> Option<BigDecimal> {
    number::is_number(value.text.as_bytes()).then(|| number::decimal(&value.text)).flatten()
}

fn duration(duration: Duration) -> BigDecimal {
    BigDecimal::new(duration.as_nanos().into(), 9)
}

/// Derived fields whose formula does not hold inside one entity.
pub fn broken_invariants(plan: &FieldTable, side: Side, taken: &ParsedEntity<'_>) -> Vec<FieldDifference> {
    let mut broken = Vec::new();
    for (field, entry) in plan.fields.iter().enumerate() {
        let Role::Derived(rule) = entry.role else { continue };
        let Compare::Derived { formula, tolerance } = &plan.rules[rule].compare else { continue };
        let (Some(value), Ok(formula)) = (taken.get(field), Formula::parse(formula)) else { continue };
        let operand = |name: &str| operand(plan, entry, taken, name);
        let Some(expected) = formula.evaluate(&operand) else { continue };
        let expected = number::plain(&expected);
        let holds = number::is_number(value.text.as_bytes())
            && (number::equal(&value.text, &expected, tolerance)
                || (number::is_noisy(&value.text) && is_computed_alike(&value.text, &expected)));
        if !holds {
            let says = Some(cut(&value.to_json()));
            let (rest, ws) = if side == Side::Rest { (says, None) } else { (None, says) };
            let passes_with =
                number::distance(&value.text, &expected).map(|distance| number::plain(&distance));
            broken.push(FieldDifference { kind: Kind::Invariant, field, rest, ws, passes_with });
        }
    }
    broken
}

/// Whether a double differs from what exact arithmetic gives by no more than doubles lose on the way.
fn is_computed_alike(double: &str, exact: &str) -> bool {
    let (Some(double), Some(exact)) = (number::decimal(double), number::decimal(exact)) else { return false };
    (&double - &exact).abs() <= double.abs().max(exact.abs()) * BigDecimal::new(1.into(), 12)
}

/// Derived fields whose formula cannot be checked in this entity, as an operand is missing.
pub fn unchecked_invariants(plan: &FieldTable, taken: &ParsedEntity<'_>) -> Vec<FieldId> {
    let fields = plan.fields.iter().enumerate();
    fields
        .filter(|(field, entry)| {
            let Role::Derived(rule) = entry.role else { return false };
            let Compare::Derived { formula, .. } = &plan.rules[rule].compare else { return false };
            taken.get(*field).is_some()
                && Formula::parse(formula).is_ok_and(|formula| {
                    formula.evaluate(&|name: &str| operand(plan, entry, taken, name)).is_none()
                })
        })
        .map(|(field, _)| field)
        .collect()
}

/// A formula's operand: the field of that name beside the derived one.
fn operand(plan: &FieldTable, derived: &Field, taken: &ParsedEntity<'_>, name: &str) -> Option<BigDecimal> {
    let parents = derived.pointer.tokens().split_last().map_or(&[][..], |(_, parents)| parents);
    let pointer = crate::json::pointer::Pointer::from_tokens(parents.iter().cloned()).join(name);
    let field = plan.fields.iter().position(|field| field.pointer == pointer)?;
    let value = taken.get(field)?;
    number::is_number(value.text.as_bytes()).then(|| number::decimal(&value.text)).flatten()
}

fn cut(text: &str) -> String {
    crate::model::text::cut(text, Difference::MAX_TEXT)
}
