//! Differences in which code goes wrong and no market moves: a sign, a power of ten, a number cut short or dressed up,
//! the last of many digits, a whole hour, letters' case, two values that changed places.

use bigdecimal::{BigDecimal, RoundingMode};

use crate::diff::plan::{FieldId, Notation, Plan};
use crate::diff::taken::{Taken, Value};
use crate::json::instant;
use crate::json::number;

const HOUR: u128 = 3_600_000_000_000;

/// Whether two entities that differ in just these fields differ by slips only.
pub fn is_slip(plan: &Plan, fields: &[FieldId], one: &Taken<'_>, other: &Taken<'_>) -> bool {
    let pairs: Option<Vec<(&Value<'_>, &Value<'_>)>> =
        fields.iter().map(|&field| Some((one.get(field)?, other.get(field)?))).collect();
    let Some(pairs) = pairs.filter(|pairs| !pairs.is_empty()) else { return false };
    changed_places(&pairs)
        || fields.iter().zip(&pairs).all(|(&field, (one, other))| match plan.fields[field].notation {
            Notation::Instant => is_whole_hours(one, other),
            Notation::Value => are_numbers_by_a_slip(one, other) || is_dressed_up(one, other),
            Notation::Exact | Notation::Text => is_dressed_up(one, other),
        })
}

/// Whether both sides have the same values, in other fields.
fn changed_places(pairs: &[(&Value<'_>, &Value<'_>)]) -> bool {
    let spelled = |value: &Value<'_>| match number::decimal(&value.text) {
        Some(number) => number::plain(&number),
        None => value.text.clone().into_owned(),
    };
    let mut one: Vec<String> = pairs.iter().map(|(one, _)| spelled(one)).collect();
    let mut other: Vec<String> = pairs.iter().map(|(_, other)| spelled(other)).collect();
    one.sort_unstable();
    other.sort_unstable();
    pairs.len() > 1 && one == other
}

fn is_whole_hours(one: &Value<'_>, other: &Value<'_>) -> bool {
    match (instant::parse(&one.text), instant::parse(&other.text)) {
        (Some(one), Some(other)) => one.nanoseconds.abs_diff(other.nanoseconds) % HOUR == 0,
        _ => false,
    }
}

fn are_numbers_by_a_slip(one: &Value<'_>, other: &Value<'_>) -> bool {
    let decimal = |value: &Value<'_>| {
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
fn is_dressed_up(one: &Value<'_>, other: &Value<'_>) -> bool {
    let bare = |value: &Value<'_>| -> String {
        let kept = |c: &char| c.is_alphanumeric() || matches!(c, '.' | '-');
        value.text.chars().filter(kept).flat_map(char::to_lowercase).collect()
    };
    one.text != other.text && !bare(one).is_empty() && bare(one) == bare(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::plan::Side;
    use crate::diff::taken::take_apart;

    fn slips(one: &str, other: &str) -> bool {
        let feature = serde_json::json!({
            "name": "positions", "order": 1, "flag": "WS", "frontend_flag": null, "key": [],
            "rest": { "path": "/", "select": "", "every": "1s" },
            "ws": [], "rest_only": [], "ws_only": [], "push_delay": "1s", "rest_staleness": "1s",
            "rules": [{ "rest": "/at", "ws": "/at", "compare": { "instant": {} }, "origin": "built_in" }],
            "timers": [], "endpoints": [],
        });
        let feature = serde_json::from_value(feature).unwrap_or_else(|error| panic!("{error}"));
        let mut plan = Plan::new(&feature);
        let one = take_apart(&mut plan, Side::Rest, one, &[]).unwrap();
        let other = take_apart(&mut plan, Side::Ws, other, &[]).unwrap();
        let fields: Vec<FieldId> =
            (0..plan.fields.len()).filter(|&field| one.get(field) != other.get(field)).collect();
        is_slip(&plan, &fields, &one, &other)
    }

    #[test]
    fn code_slips_and_markets_move() {
        assert!(slips(r#"{"cash": 12.5}"#, r#"{"cash": -12.5}"#), "a sign");
        assert!(slips(r#"{"cash": 12.5}"#, r#"{"cash": 1250}"#), "a power of ten");
        assert!(
            slips(r#"{"n": 1234567890.1234567891}"#, r#"{"n": 1234567890.1234567892}"#),
            "the last digit"
        );
        assert!(slips(r#"{"at": "2026-01-12T14:30:05Z"}"#, r#"{"at": "2026-01-12T15:30:05Z"}"#), "a zone");
        assert!(
            slips(r#"{"bid": 4, "ask": 5, "x": 1}"#, r#"{"bid": 5, "ask": 4, "x": 1}"#),
            "changed places"
        );
        assert!(slips(r#"{"cash": -86710.29}"#, r#"{"cash": -86710.0}"#), "cut to a whole number");
        assert!(slips(r#"{"cash": 726.17}"#, r#"{"cash": 726.169983}"#), "rounded");
        assert!(slips(r#"{"cash": -46081.91}"#, r#"{"cash": "$-46,081.91"}"#), "dressed up");
        assert!(slips(r#"{"status": "PRECLOSE"}"#, r#"{"status": "preclose "}"#), "another case");
        assert!(!slips(r#"{"status": "PRECLOSE"}"#, r#"{"status": "OPEN"}"#), "another status");
        assert!(!slips(r#"{"cash": 12.5}"#, r#"{"cash": 12.51}"#), "a cent is a move");
        assert!(!slips(r#"{"cash": 12.5}"#, r#"{"cash": 12}"#), "half a dollar may be a move");
        assert!(!slips(r#"{"cash": 0}"#, r#"{"cash": 12.51}"#), "nothing has no sign and no scale");
        assert!(!slips(r#"{"bid": 4, "ask": 5}"#, r#"{"bid": 5, "ask": 6}"#), "both moved");
        assert!(
            !slips(r#"{"at": "2026-01-12T14:30:05Z"}"#, r#"{"at": "2026-01-12T14:30:06Z"}"#),
            "time went on"
        );
        assert!(!slips(r#"{"cash": 12.5}"#, r#"{}"#), "one is absent");
    }
}
