//! Faults in payloads: a JSON tree in, the same tree with the planted wrong in it.

use std::str::FromStr as _;

use bigdecimal::BigDecimal;
use serde_json::{Value, json};

use super::fault::{Fault, FaultSide, Planted, PlayedFeature};

/// Spoils one payload. `bound` is the symbol a templated REST path was filled with.
/// `false`: nothing is left to send.
pub(super) fn payload(
    planted: &[Planted],
    (feature, side): (PlayedFeature, FaultSide),
    bound: Option<&str>,
    payload: &mut Value,
) -> bool {
    let mut left = true;
    for fault in planted.iter().map(|planted| &planted.fault) {
        match fault {
            Fault::Value { feature: of, side: on, entity, field } if (*of, *on) == (feature, side) => {
                each(payload, (feature, side), |row| {
                    if entity.as_deref().is_none_or(|entity| is(row, bound, entity)) {
                        shift(row, field);
                    }
                });
            }
            Fault::MissingField { feature: of, side: on, field } if (*of, *on) == (feature, side) => {
                each(payload, (feature, side), |row| remove(row, field));
            }
            Fault::MissingEntity { feature: of, side: on, entity } if (*of, *on) == (feature, side) => {
                left &= without(payload, (feature, side), bound, entity);
            }
            _ => {}
        }
    }
    left
}

/// The pointers under which a payload keeps its entities: a list, or the one.
fn place(feature: PlayedFeature, side: FaultSide) -> &'static [&'static str] {
    match (feature, side) {
        (PlayedFeature::AccountBalance, FaultSide::Rest) => &[""],
        (PlayedFeature::Positions, FaultSide::Rest) => &["/positions"],
        (PlayedFeature::Intraday, FaultSide::Rest) => &["/intraday_latest"],
        (PlayedFeature::GlobalMarket, FaultSide::Rest) => &["/results", ""],
        (PlayedFeature::AccountBalance | PlayedFeature::Intraday, FaultSide::WebSocket) => &["/data"],
        (PlayedFeature::Positions, FaultSide::WebSocket) => &["/data/positions"],
        (PlayedFeature::GlobalMarket, FaultSide::WebSocket) => &["/data/markets", "/data"],
    }
}

fn entities(payload: &mut Value, (feature, side): (PlayedFeature, FaultSide)) -> Option<&mut Value> {
    let at = place(feature, side).iter().find(|at| payload.pointer(at).is_some())?;
    payload.pointer_mut(at)
}

fn each(payload: &mut Value, of: (PlayedFeature, FaultSide), mut spoil: impl FnMut(&mut Value)) {
    match entities(payload, of) {
        Some(Value::Array(rows)) => rows.iter_mut().for_each(spoil),
        Some(row @ Value::Object(_)) => spoil(row),
        _ => {}
    }
}

/// Takes an entity out of a list; `false` where the payload was about nothing else.
fn without(payload: &mut Value, of: (PlayedFeature, FaultSide), bound: Option<&str>, entity: &str) -> bool {
    match entities(payload, of) {
        Some(Value::Array(rows)) => rows.retain(|row| !is(row, bound, entity)),
        Some(row @ Value::Object(_)) if is(row, bound, entity) => {
            *row = Value::Null;
            return of.1 == FaultSide::Rest;
        }
        _ => {}
    }
    true
}

fn is(row: &Value, bound: Option<&str>, entity: &str) -> bool {
    let text = |field: &str| row.get(field).and_then(Value::as_str);
    let symbol = text("symbol").or(bound);
    let (wanted, asset_type) = match entity.split_once('/') {
        Some((symbol, asset_type)) => (symbol, Some(asset_type)),
        None => (entity, None),
    };
    text("country") == Some(entity)
        || symbol == Some(wanted) && asset_type.is_none_or(|wanted| text("asset_type") == Some(wanted))
}

fn shift(row: &mut Value, field: &str) {
    let Some(value) = row.pointer_mut(field) else { return };
    *value = match &*value {
        Value::Bool(flag) => json!(!flag),
        Value::Number(number) => match (number.as_i64(), a_cent_more(&number.to_string())) {
            (Some(whole), _) => json!(whole + 1),
            (None, Some(sum)) => json!(sum.parse::<f64>().unwrap_or_default()),
            (None, None) => Value::Null,
        },
        Value::String(text) => json!(a_cent_more(text).unwrap_or_else(|| format!("{text}?"))),
        _ => json!(0),
    };
}

/// The sum at the scale of the text, if it is a decimal.
fn a_cent_more(text: &str) -> Option<String> {
    let sum = BigDecimal::from_str(text).ok()? + BigDecimal::from_str("0.01").ok()?;
    Some(sum.to_plain_string())
}

fn remove(row: &mut Value, field: &str) {
    let Some((parent, name)) = field.rsplit_once('/') else { return };
    if let Some(fields) = row.pointer_mut(parent).and_then(Value::as_object_mut) {
        fields.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::Nanos;

    fn spoilt(
        fault: Fault,
        of: (PlayedFeature, FaultSide),
        bound: Option<&str>,
        mut body: Value,
    ) -> (bool, Value) {
        let left = payload(&[Planted::new(fault, Nanos::ZERO)], of, bound, &mut body);
        (left, body)
    }

    fn value(feature: PlayedFeature, side: FaultSide, entity: Option<&str>, field: &str) -> Fault {
        Fault::Value { feature, side, entity: entity.map(str::to_owned), field: field.to_owned() }
    }

    #[test]
    fn a_cent_on_one_holding_only_and_in_its_own_type() {
        let of = (PlayedFeature::Positions, FaultSide::WebSocket);
        let body = json!({"data": {"positions": [
            {"symbol": "SPY", "asset_type": "EQ", "mark_price": 455.1},
            {"symbol": "SPY", "asset_type": "OP", "mark_price": 7.0},
        ]}});
        let (_, one) = spoilt(value(of.0, of.1, Some("SPY/EQ"), "/mark_price"), of, None, body.clone());
        assert_eq!(one.pointer("/data/positions/0/mark_price").unwrap().to_string(), "455.11");
        assert_eq!(one.pointer("/data/positions/1"), body.pointer("/data/positions/1"));

        let of = (PlayedFeature::Positions, FaultSide::Rest);
        let body = json!({"positions": [{"symbol": "SPY", "quantity": "10.5000", "ok": true}]});
        let (_, rest) = spoilt(value(of.0, of.1, None, "/quantity"), of, None, body.clone());
        assert_eq!(rest.pointer("/positions/0/quantity"), Some(&json!("10.5100")));
        let (_, flag) = spoilt(value(of.0, of.1, None, "/ok"), of, None, body);
        assert_eq!(flag.pointer("/positions/0/ok"), Some(&json!(false)));
    }

    #[test]
    fn an_entity_leaves_a_list_or_takes_its_message_with_it() {
        let gone =
            |feature, side, entity: &str| Fault::MissingEntity { feature, side, entity: entity.into() };
        let of = (PlayedFeature::GlobalMarket, FaultSide::Rest);
        let body = json!({"results": [{"country": "Japan"}, {"country": "USA"}]});
        assert_eq!(
            spoilt(gone(of.0, of.1, "Japan"), of, None, body),
            (true, json!({"results": [{"country": "USA"}]}))
        );
        let of = (PlayedFeature::Intraday, FaultSide::WebSocket);
        let body = json!({"data": {"country": "USA", "symbol": "ES", "open": 1.0}});
        assert!(!spoilt(gone(of.0, of.1, "ES"), of, None, body.clone()).0);
        assert!(spoilt(gone(of.0, of.1, "YM"), of, None, body).0);
        let of = (PlayedFeature::Intraday, FaultSide::Rest);
        let body = json!({"future": "ES", "intraday_latest": {"open": 1.0}});
        let (left, body) = spoilt(gone(of.0, of.1, "ES"), of, Some("ES"), body);
        assert_eq!((left, body["intraday_latest"].clone()), (true, Value::Null));
    }

    #[test]
    fn a_nested_field_goes_and_the_rest_stays() {
        let of = (PlayedFeature::GlobalMarket, FaultSide::WebSocket);
        let fault = Fault::MissingField { feature: of.0, side: of.1, field: "/market_status/status".into() };
        let body =
            json!({"data": {"country": "Japan", "market_status": {"status": "OPEN", "next_event": "close"}}});
        let (_, body) = spoilt(fault, of, None, body);
        assert_eq!(body.pointer("/data/market_status"), Some(&json!({"next_event": "close"})));
    }
}
