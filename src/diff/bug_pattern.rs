//! Differences that bugs make and markets do not: a wrong sign, a power of ten, a truncated or decorated number, the last
//! of many digits, a whole hour, the case of letters, two values swapped.

use bigdecimal::{BigDecimal, RoundingMode};

use crate::diff::field_table::{FieldId, FieldTable, Notation};
use crate::diff::parsed_entity::{FieldValue, ParsedEntity};
use crate::json::instant;
use crate::json::number;

const HOUR: u128 = 3_600_000_000_000;

/// Whether two entities that differ in just these fields differ by bug_pattern only.
pub fn is_bug_pattern(
    plan: &FieldTable,
    fields: &[FieldId],
    one: &ParsedEntity<'_>,
    other: &ParsedEntity<'_>,
) -> bool {
    let pairs: Option<Vec<(&FieldValue<'_>, &FieldValue<'_>)>> =
        fields.iter().map(|&field| Some((one.get(field)?, other.get(field)?))).collect();
    let Some(pairs) = pairs.filter(|pairs| !pairs.is_empty()) else { return false };
    changed_places(&pairs)
        || fields.iter().zip(&pairs).all(|(&field, (one, other))| match plan.fields[field].notation {
            Notation::Instant => is_whole_hours(one, other),
            Notation::Value => are_numbers_by_a_bug_pattern(one, other) || is_dressed_up(one, other),
            Notation::Exact | Notation::Text => is_dressed_up(one, other),
        })
}

/// Whether both sides have the same values, in other fields.
fn changed_places(pairs: &[(&FieldValue<'_>, &FieldValue<'_>)]) -> bool {
    let spelled = |value: &FieldValue<'_>| match number::decimal(&value.text) {
        Some(number) => number::plain(&number),
        None => value.text.clone().into_owned(),
    };
    let mut one: Vec<String> = pairs.iter().map(|(one, _)| spelled(one)).collect();
    let mut other: Vec<String> = pairs.iter().map(|(_, other)| spelled(other)).collect();
    one.sort_unstable();
    other.sort_unstable();
    pairs.len() > 1 && one == other
}

fn is_whole_hours(one: &FieldValue<'_>, other: &FieldValue<'_>) -> bool {
    match (instant::parse(&one.text), instant::parse(&other.text)) {
        (Some(one), Some(other)) => one.nanoseconds.abs_diff(other.nanoseconds) % HOUR == 0,
        _ => false,
    }
}

fn are_numbers_by_a_bug_pattern(one: &FieldValue<'_>, other: &FieldValue<'_>) -> bool {
    let decimal = |value: &FieldValue<'_>| {
        number::is_number(value.text.as_bytes()).then(|| number::decimal(&value.text)).flatten()
    };
    let (Some(one), Some(other)) = (decimal(one), decimal(other)) else { return false };
    if one == 0 || other == 0 {
        return false;
    }
    let digits = |number: &BigDecimal| number.abs().normalized().into_bigint_and_exponent().0;
    let least = one.abs().max(other.abs()) * BigDecimal::new(1.into(), 12);
    digits(&one) == digits(&other) || (&one - &other).abs() < least || is_cut_short(&one, &other)
}

/// Whether one is the other with at least two decimals fewer, rounded or cut off.
fn is_cut_short(one: &BigDecimal, other: &BigDecimal) -> bool {
    let decimals = |number: &BigDecimal| number.normalized().fractional_digit_count().max(0);
    let (short, long) = if decimals(one) < decimals(other) { (one, other) } else { (other, one) };
    let scale = decimals(short);
    let cut = |mode| long.with_scale_round(scale, mode) == *short;
    decimals(long) >= scale + 2 && (cut(RoundingMode::HalfEven) || cut(RoundingMode::Down))
}

/// Whether two texts have the same letters and digits, whatever their case, spaces and signs of currency.
fn is_dressed_up(one: &FieldValue<'_>, other: &FieldValue<'_>) -> bool {
    let bare = |value: &FieldValue<'_>| -> String {
        let kept = |c: &char| c.is_alphanumeric() || matches!(c, '.' | '-');
        value.text.chars().filter(kept).flat_map(char::to_lowercase).collect()
    };
    one.text != other.text && !bare(one).is_empty() && bare(one) == bare(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::field_table::Side;
    use crate::diff::parsed_entity::parse_entity;

    fn bug_pattern(one: &str, other: &str) -> bool {
        let feature = serde_json::json!({
            "name": "positions", "order": 1, "flag": "WS", "frontend_flag": null, "key": [],
            "rest": { "path": "/", "select": "", "every": "1s" },
            "ws": [], "rest_only": [], "ws_only": [], "push_delay": "1s", "rest_staleness": "1s",
            "rules": [{ "rest": "/at", "ws": "/at", "compare": { "instant": {} }, "origin": "built_in" }],
            "timers": [], "endpoints": [],
        });
        let feature = serde_json::from_value(feature).unwrap_or_else(|error| panic!("{error}"));
        let mut plan = FieldTable::new(&feature);
        let one = parse_entity(&mut plan, Side::Rest, one, &[]).unwrap();
        let other = parse_entity(&mut plan, Side::Ws, other, &[]).unwrap();
        let fields: Vec<FieldId> =
            (0..plan.fields.len()).filter(|&field| one.get(field) != other.get(field)).collect();
        is_bug_pattern(&plan, &fields, &one, &other)
    }

    #[test]
    fn code_slips_and_markets_move() {
        assert!(bug_pattern(r#"{"cash": 12.5}"#, r#"{"cash": -12.5}"#), "a sign");
        assert!(bug_pattern(r#"{"cash": 12.5}"#, r#"{"cash": 1250}"#), "a power of ten");
        assert!(
            bug_pattern(r#"{"n": 1234567890.1234567891}"#, r#"{"n": 1234567890.1234567892}"#),
            "the last digit"
        );
        assert!(
            bug_pattern(r#"{"at": "2026-01-12T14:30:05Z"}"#, r#"{"at": "2026-01-12T15:30:05Z"}"#),
            "a zone"
        );
        assert!(
            bug_pattern(r#"{"bid": 4, "ask": 5, "x": 1}"#, r#"{"bid": 5, "ask": 4, "x": 1}"#),
            "changed places"
        );
        assert!(bug_pattern(r#"{"cash": -86710.29}"#, r#"{"cash": -86710.0}"#), "cut to a whole number");
        assert!(bug_pattern(r#"{"cash": 726.17}"#, r#"{"cash": 726.169983}"#), "rounded");
        assert!(bug_pattern(r#"{"cash": -46081.91}"#, r#"{"cash": "$-46,081.91"}"#), "dressed up");
        assert!(bug_pattern(r#"{"status": "PRECLOSE"}"#, r#"{"status": "preclose "}"#), "another case");
        assert!(!bug_pattern(r#"{"status": "PRECLOSE"}"#, r#"{"status": "OPEN"}"#), "another status");
        assert!(!bug_pattern(r#"{"cash": 12.5}"#, r#"{"cash": 12.51}"#), "a cent is a move");
        assert!(!bug_pattern(r#"{"cash": 12.5}"#, r#"{"cash": 12}"#), "half a dollar may be a move");
        assert!(!bug_pattern(r#"{"cash": 0}"#, r#"{"cash": 12.51}"#), "nothing has no sign and no scale");
        assert!(!bug_pattern(r#"{"bid": 4, "ask": 5}"#, r#"{"bid": 5, "ask": 6}"#), "both moved");
        assert!(
            !bug_pattern(r#"{"at": "2026-01-12T14:30:05Z"}"#, r#"{"at": "2026-01-12T14:30:06Z"}"#),
            "time went on"
        );
        assert!(!bug_pattern(r#"{"cash": 12.5}"#, r#"{}"#), "one is absent");
    }
}
