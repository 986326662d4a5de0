//! Properties of what meets a server's text first: pseudonyms, answers, frames.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value};
use thor_cutover::model::observation::Event;
use thor_cutover::model::rest_cause::Unusable;
use thor_cutover::observe::answer;
use thor_cutover::observe::key::PseudonymKey;
use thor_cutover::observe::pseudonyms::Pseudonyms;

use super::Setup;
use super::server::{Order, Reply, Server};

fn pseudonyms() -> Pseudonyms {
    Pseudonyms::new(PseudonymKey::of([9; 32]), &["account_id".to_owned(), "number \"q\"".to_owned()])
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => Just("account_id".to_owned()),
        1 => Just("number \"q\"".to_owned()),
        2 => Just("symbol".to_owned()),
        1 => "account_id.{0,2}",
        1 => any::<String>(),
    ]
}

fn tree() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        "[A-Z]{3}-[0-9]{4}".prop_map(Value::from),
        Just(Value::from("account_id")),
        Just(Value::from("\":\"x\",\"account_id\":\"A\"")),
        any::<String>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i32>().prop_map(|eighths| Value::from(f64::from(eighths) / 8.0)),
        Just(Value::Null),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            vec((name(), inner), 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// The tree as it should come out: the slow and obvious way.
fn expected(value: Value, p: &Pseudonyms, name: &str) -> Value {
    let is_named = name == "account_id" || name == "number \"q\"";
    match value {
        Value::String(text) if is_named => Value::from(p.of(&text).into_owned()),
        Value::Number(number) if is_named => match p.of(&number.to_string()) {
            std::borrow::Cow::Borrowed(_) => Value::Number(number),
            std::borrow::Cow::Owned(pseudonym) => Value::from(pseudonym),
        },
        Value::Array(items) => items.into_iter().map(|item| expected(item, p, "")).collect(),
        Value::Object(map) => {
            map.into_iter().map(|(name, value)| (name.clone(), expected(value, p, &name))).collect()
        }
        other => other,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn exactly_the_named_values_become_pseudonyms(tree in tree(), pretty in any::<bool>()) {
        let p = pseudonyms();
        let text = if pretty { serde_json::to_string_pretty(&tree) } else { serde_json::to_string(&tree) }.unwrap();
        let hidden = p.text(&text);
        let read: Value = serde_json::from_str(&hidden).unwrap();
        prop_assert_eq!(&read, &expected(tree, &p, ""));
        prop_assert_eq!(p.text(&hidden), hidden.as_ref(), "replacing twice is replacing once");
    }

    #[test]
    fn any_text_survives_hiding(text in any::<String>(), piece in "[\"\\\\:{}, a-z0-9]{0,30}") {
        pseudonyms().text(&text);
        pseudonyms().text(&format!("\"account_id\"{piece}"));
    }

    #[test]
    fn any_body_is_data_or_a_reason_without_control_characters(body in vec(any::<u8>(), 0..200), status in 100u16..600) {
        let refused = answer::refused(status, None, &body);
        prop_assert!(!refused.chars().any(char::is_control), "{refused:?}");
        if let Err(Unusable { why: reason, .. }) = answer::data(body) {
            prop_assert!(!reason.chars().any(char::is_control), "{reason:?}");
        }
    }
}

/// Bytes that are no WebSocket frames, or are meant to look like some.
#[tokio::test]
async fn any_bytes_on_an_open_socket_end_in_a_close_or_in_frames() {
    let mut dice = 0x9e37_79b9_7f4a_7c15_u64;
    let mut byte = move || {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        (dice >> 24) as u8
    };
    let server = Server::start(|_| Reply::json("{}")).await;
    for case in 0..40 {
        let mut watcher = Setup::of(&server).begin().await.unwrap();
        watcher.until("open", |event| *event == Event::Open).await;
        let length = 2 + usize::from(byte()) % 60;
        let mut bytes: Vec<u8> = (0..length).map(|_| byte()).collect();
        if case % 2 == 0 {
            // a plausible beginning: text, final, unmasked, short
            bytes[0] = 0x81;
            bytes[1] &= 0x1f;
        }
        server.order(Order::Raw(bytes));
        server.order(Order::Cut);
        watcher.until("close", |event| matches!(event, Event::Closed { .. })).await;
        watcher.observer.end().await;
    }
}
