//! What both sides said of an entity that differs, whole: the context in which a difference is read.
//!
//! Only made for a difference, and bounded: the differing fields first, then the others while there is room.

use std::collections::BTreeMap;

use crate::diff::compare::FieldDifference;
use crate::diff::field_table::{FieldTable, Notation, Side};
use crate::diff::parsed_entity::{FieldValue, ParsedEntity};
use crate::json::cursor::Shape;
use crate::json::number;
use crate::json::pointer::Pointer;
use crate::model::outcome::{Difference, Entity, Payloads};

/// Both sides as they were compared: what is equal under the rules reads alike, what differs as it was written.
pub fn both(
    plan: &FieldTable,
    entity: &Entity,
    rest: &ParsedEntity<'_>,
    ws: &ParsedEntity<'_>,
    differences: &[FieldDifference],
) -> Payloads {
    let differing = |field: usize| differences.iter().any(|difference| difference.field == field);
    let mut payloads = Payloads { entity: entity.clone(), ..Payloads::default() };
    let mut room = Payloads::MAX_BYTES;
    let fields = 0..plan.fields.len();
    for field in fields.clone().filter(|field| differing(*field)).chain(fields.filter(|f| !differing(*f))) {
        let pair = match (rest.get(field), ws.get(field)) {
            (Some(said), Some(_)) if !differing(field) => {
                let text = normalised(said, plan.fields[field].notation);
                (Some(text.clone()), Some(text))
            }
            (rest, ws) => (rest.map(as_written), ws.map(as_written)),
        };
        add(&mut payloads, &plan.fields[field].pointer, pair, &mut room);
    }
    payloads
}

/// One side's word where the other has none.
pub fn alone(plan: &FieldTable, entity: &Entity, side: Side, taken: &ParsedEntity<'_>) -> Payloads {
    let mut payloads = Payloads { entity: entity.clone(), ..Payloads::default() };
    let mut room = Payloads::MAX_BYTES;
    for (field, known) in plan.fields.iter().enumerate() {
        let text = taken.get(field).map(as_written);
        let pair = if side == Side::Rest { (text, None) } else { (None, text) };
        add(&mut payloads, &known.pointer, pair, &mut room);
    }
    payloads
}

fn add(
    payloads: &mut Payloads,
    pointer: &Pointer,
    (rest, ws): (Option<String>, Option<String>),
    room: &mut usize,
) {
    if rest.is_none() && ws.is_none() {
        return;
    }
    let size =
        |text: &Option<String>| text.as_ref().map_or(0, |text| text.len() + pointer.tokens().len() * 16);
    let needed = size(&rest).max(size(&ws));
    if needed > *room {
        payloads.left_out += 1;
        return;
    }
    *room -= needed;
    let put = |side: &mut BTreeMap<Pointer, String>, text: Option<String>| {
        side.extend(text.map(|text| (pointer.clone(), text)));
    };
    put(&mut payloads.rest, rest);
    put(&mut payloads.ws, ws);
}

/// JSON text, a number without the zeros and quotes by which the sides may differ.
fn normalised(value: &FieldValue<'_>, notation: Notation) -> String {
    let is_number = matches!(value.shape, Shape::Number | Shape::String)
        && notation == Notation::Value
        && number::is_number(value.text.as_bytes());
    match number::decimal(&value.text).filter(|_| is_number) {
        Some(decimal) => cut(&number::plain(&decimal)),
        None => as_written(value),
    }
}

fn as_written(value: &FieldValue<'_>) -> String {
    cut(&value.to_json())
}

fn cut(text: &str) -> String {
    crate::model::text::cut(text, Difference::MAX_TEXT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::compare::{Times, compare};
    use crate::diff::parsed_entity::parse_entity;
    use crate::model::time::Nanos;

    fn plan() -> FieldTable {
        let feature = serde_json::json!({
            "name": "positions", "order": 1, "flag": "WS", "frontend_flag": null, "key": [],
            "rest": { "path": "/", "select": "", "every": "1s" },
            "ws": [], "rest_only": ["/id"], "ws_only": [], "push_delay": "1s", "rest_staleness": "1s",
            "rules": [], "timers": [], "endpoints": [],
        });
        FieldTable::new(&serde_json::from_value(feature).unwrap())
    }

    fn told(rest: &str, ws: &str) -> Payloads {
        let mut plan = plan();
        let rest = parse_entity(&mut plan, Side::Rest, rest, &[]).unwrap();
        let ws = parse_entity(&mut plan, Side::Ws, ws, &[]).unwrap();
        let times = Times { rest: (Nanos(0), Nanos(1)), ws: (Nanos(0), Nanos(1)) };
        let differences = compare(&plan, &rest, &ws, times).differences;
        both(&plan, &Entity::new(), &rest, &ws, &differences)
    }

    fn said<'p>(side: &'p BTreeMap<Pointer, String>, field: &str) -> Option<&'p str> {
        side.get(&field.parse::<Pointer>().unwrap()).map(String::as_str)
    }

    #[test]
    fn what_is_equal_reads_alike_and_what_differs_as_it_was_written() {
        let payloads = told(
            r#"{"symbol": "SPY", "quantity": "10.0000", "mark_price": "455.00"}"#,
            r#"{"symbol": "SPY", "quantity": 10, "mark_price": 454.99}"#,
        );
        for side in [&payloads.rest, &payloads.ws] {
            assert_eq!(said(side, "/quantity"), Some("10"));
            assert_eq!(said(side, "/symbol"), Some("\"SPY\""));
        }
        assert_eq!(said(&payloads.rest, "/mark_price"), Some("\"455.00\""));
        assert_eq!(said(&payloads.ws, "/mark_price"), Some("454.99"));
    }

    #[test]
    fn a_large_entity_keeps_what_differs_and_counts_what_it_leaves_out() {
        let entity = |last: u32| {
            let fields: String =
                (0..500).map(|n| format!("\"field{n}\": \"{}\", ", "x".repeat(400))).collect();
            format!("{{{fields}\"zuletzt\": {last}}}")
        };
        let payloads = told(&entity(1), &entity(2));
        assert_eq!(
            (said(&payloads.rest, "/zuletzt"), said(&payloads.ws, "/zuletzt")),
            (Some("1"), Some("2"))
        );
        let bytes: usize = payloads.rest.values().map(String::len).sum();
        assert!(bytes <= Payloads::MAX_BYTES && payloads.left_out > 400, "{bytes} {}", payloads.left_out);
    }

    #[test]
    fn one_side_alone_has_no_other() {
        let mut plan = plan();
        let taken = parse_entity(&mut plan, Side::Ws, r#"{"symbol": "SPY"}"#, &[]).unwrap();
        let payloads = alone(&plan, &Entity::new(), Side::Ws, &taken);
        assert!(payloads.rest.is_empty());
        assert_eq!(said(&payloads.ws, "/symbol"), Some("\"SPY\""));
    }
}
