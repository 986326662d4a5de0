//! From comparison rules as written to rules that hold together: one per pair of names, reasons where something is
//! forgiven, tolerances that fit what is compared.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::contract::tree::{Problem, WrittenAt, WrittenNode};
use crate::contract::written::{CompareWritten, RuleWritten};
use crate::diff::formula::Formula;
use crate::json::number::Tolerance;
use crate::json::pointer::Pointer;
use crate::model::feature::{Compare, Origin, Rule, span};

/// The rules under `feature`'s key `rules`.
pub fn build(
    feature: &WrittenNode,
    written: Vec<RuleWritten>,
    key: &[Pointer],
) -> Result<Vec<Rule>, Problem> {
    let mut seen: BTreeMap<Pointer, (Compare, BTreeMap<Pointer, &WrittenAt>)> = BTreeMap::new();
    let mut rules = Vec::with_capacity(written.len());
    for (at, rule) in written.into_iter().enumerate() {
        let place = feature.place_of(&["rules", &at.to_string()]);
        let rule = build_one(rule, place, key)?;
        let (compare, names) =
            seen.entry(rule.rest.clone()).or_insert((rule.compare.clone(), BTreeMap::new()));
        if let Some(first) = names.insert(rule.ws.clone(), place) {
            let message = format!("a second rule for `{}`; the first is at {first}", rule.rest);
            return Err(Problem::at(place, message));
        }
        if *compare != rule.compare {
            let message = format!("another rule compares `{}` differently", rule.rest);
            return Err(Problem::at(place, message)
                .hint("one field is compared in one way, whatever a message calls it"));
        }
        rules.push(rule);
    }
    Ok(rules)
}

fn build_one(written: RuleWritten, place: &WrittenAt, key: &[Pointer]) -> Result<Rule, Problem> {
    let (rest, ws) = match (&written.field, &written.rest, &written.ws) {
        (Some(field), None, None) => (field.clone(), field.clone()),
        (None, Some(rest), Some(ws)) => (rest.clone(), ws.clone()),
        (None, Some(name), None) | (None, None, Some(name)) => (name.clone(), name.clone()),
        (None, None, None) => {
            return Err(Problem::at(place, "the rule names no field")
                .hint("write field = \"/name\", or rest and ws where the two names differ"));
        }
        (Some(_), ..) => {
            return Err(Problem::at(place, "`field` stands for both names: leave out `rest` and `ws`"));
        }
    };
    if rest.is_root() || ws.is_root() {
        return Err(Problem::at(place, "a rule is about a field, not about the whole entity"));
    }
    if matches!(written.compare, Some(CompareWritten::Ignore)) && key.contains(&rest) {
        return Err(Problem::at(place, format!("`{rest}` is part of the key and cannot be ignored")));
    }
    let compare = compare(&written, place)?;
    let forgives = !matches!(
        &compare,
        Compare::Exact
            | Compare::Text
            | Compare::Decimal { tolerance: Tolerance::None }
            | Compare::Instant { tolerance: Duration::ZERO }
            | Compare::Countdown { tolerance: Duration::ZERO }
            | Compare::Derived { tolerance: Tolerance::None, .. }
    );
    let reason = written.reason.filter(|reason| !reason.trim().is_empty());
    if forgives && reason.is_none() {
        return Err(Problem::at(
            place,
            format!("the rule for `{rest}` forgives differences and gives no reason"),
        )
        .hint("add reason = \"…\": a report shows it beside what the rule hid"));
    }
    let origin = match place.built_in {
        true => Origin::BuiltIn,
        false => Origin::File(place.source.to_string(), place.line),
    };
    Ok(Rule { rest, ws, compare, reason, expires: written.expires, origin })
}

fn compare(written: &RuleWritten, place: &WrittenAt) -> Result<Compare, Problem> {
    let kind = written.compare.unwrap_or(CompareWritten::Decimal);
    let takes = match kind {
        CompareWritten::Decimal => ["scale", "tolerance"].as_slice(),
        CompareWritten::Derived => &["scale", "tolerance", "formula"],
        CompareWritten::Instant | CompareWritten::Countdown => &["tolerance"],
        CompareWritten::Exact | CompareWritten::Text | CompareWritten::Ignore => &[],
    };
    let given = [
        ("scale", written.scale.is_some()),
        ("tolerance", written.tolerance.is_some()),
        ("formula", written.formula.is_some()),
    ];
    if let Some((key, _)) = given.iter().find(|(key, there)| *there && !takes.contains(key)) {
        let kind = format!("{kind:?}").to_lowercase();
        return Err(Problem::at(place, format!("`{key}` means nothing with compare = {kind:?}")));
    }
    Ok(match kind {
        CompareWritten::Exact => Compare::Exact,
        CompareWritten::Text => Compare::Text,
        CompareWritten::Ignore => Compare::Ignore,
        CompareWritten::Decimal => Compare::Decimal { tolerance: number(written, place)? },
        CompareWritten::Instant => Compare::Instant { tolerance: duration(written, place)? },
        CompareWritten::Countdown => Compare::Countdown { tolerance: duration(written, place)? },
        CompareWritten::Derived => {
            let Some(formula) = written.formula.clone() else {
                return Err(Problem::at(place, "a derived field needs its formula")
                    .hint("such as formula = \"(mark_price - avg_price) * quantity\""));
            };
            Formula::parse(&formula).map_err(|error| {
                Problem::at(place, format!("not a formula: {formula:?}: {error}"))
                    .hint("fields of the same entity, numbers, + - * / and parentheses")
            })?;
            Compare::Derived { formula, tolerance: number(written, place)? }
        }
    })
}

fn number(written: &RuleWritten, place: &WrittenAt) -> Result<Tolerance, Problem> {
    match (written.scale, &written.tolerance) {
        (None, None) => Ok(Tolerance::None),
        (Some(scale), None) if scale <= 30 => Ok(Tolerance::Scale(scale)),
        (Some(scale), None) => Err(Problem::at(place, format!("`scale` is at most 30, not {scale}"))),
        (None, Some(text)) if is_plain_decimal(&text.0) => {
            Ok(match text.0.contains(|c| matches!(c, '1'..='9')) {
                true => Tolerance::Absolute(text.0.clone()),
                false => Tolerance::None,
            })
        }
        (None, Some(text)) => Err(Problem::at(place, format!("not a tolerance for numbers: {:?}", text.0))
            .hint("a plain decimal in the field's unit, such as \"0.01\"")),
        (Some(_), Some(_)) => Err(Problem::at(place, "either `scale` or `tolerance`, not both")),
    }
}

/// Digits with at most one point among them.
fn is_plain_decimal(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole) && digits(fraction)
}

fn duration(written: &RuleWritten, place: &WrittenAt) -> Result<Duration, Problem> {
    match &written.tolerance {
        None => Ok(Duration::ZERO),
        Some(text) => span::parse(&text.0).map_err(|message| Problem::at(place, message)),
    }
}
