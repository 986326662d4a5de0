//! Property: any sequence of observations comes back as it went in, plain and compressed.

use std::borrow::Cow;

use proptest::collection::vec;
use proptest::prelude::*;
use thor_cutover::model::observation::{End, Event, GapReason, Observation, RestAnswer};
use thor_cutover::model::rest_cause::RestCause;
use thor_cutover::model::time::Nanos;
use thor_cutover::recording::{Config, Header, Reader, canonical};

use super::{read, write};

/// JSON with whatever whitespace a server may print, and with text that a careless writer would break.
fn json() -> impl Strategy<Value = String> {
    let space = prop_oneof![Just(""), Just(" "), Just("\n"), Just("\r\n\t")];
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("-0".to_owned()),
        Just("1.50".to_owned()),
        Just("1e400".to_owned()),
        "[1-9][0-9]{0,40}(\\.[0-9]{1,30})?",
        any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
        Just("\"\\u0000 \\ud800 \\\"\\\\\"".to_owned()),
    ];
    let tree = leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(|items| format!("[{}]", items.join(", "))),
            vec((any::<String>(), inner), 0..5).prop_map(|fields| {
                let fields = fields
                    .into_iter()
                    .map(|(name, value)| format!("{}:\n {value}", serde_json::to_string(&name).unwrap()));
                format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
            }),
        ]
    });
    (space.clone(), tree, space).prop_map(|(before, tree, after)| format!("{before}{tree}{after}"))
}

fn payload() -> impl Strategy<Value = Cow<'static, str>> {
    prop_oneof![
        4 => json(),
        1 => any::<String>(),
        1 => Just("<!DOCTYPE html>\n<h1>Not Found</h1>\u{1b}[2J".to_owned()),
        1 => Just("{\"type\":\"positions\",\"data\":".to_owned()),
    ]
    .prop_map(Cow::Owned)
}

fn text() -> impl Strategy<Value = Cow<'static, str>> {
    any::<String>().prop_map(Cow::Owned)
}

fn event() -> impl Strategy<Value = Event<'static>> {
    prop_oneof![
        1 => Just(Event::Open),
        1 => Just(Event::Opening),
        1 => (any::<u16>(), text()).prop_map(|(code, reason)| Event::Closed { code, reason }),
        1 => text().prop_map(|reason| Event::ConnectFailed { reason }),
        4 => payload().prop_map(|text| Event::Message(text.into())),
        1 => any::<u32>().prop_map(|bytes| Event::Binary { bytes: bytes as usize }),
        4 => (text(), any::<u64>(), any::<u16>(), payload(), vec((text(), text()), 0..3)).prop_map(
            |(feature, sent, status, body, bound)| {
                Event::Rest(RestAnswer { feature, sent: Nanos(sent), status, body: body.into(), bound })
            }
        ),
        1 => (text(), any::<u64>(), any::<u16>(), text()).prop_map(|(feature, sent, status, error)| {
            Event::RestError { feature, sent: Nanos(sent), cause: RestCause::of_status(status), error }
        }),
        1 => (
            prop_oneof![Just(GapReason::Suspended), Just(GapReason::ClockJump), Just(GapReason::QueueOverflow)],
            any::<u64>()
        )
            .prop_map(|(reason, lasted)| Event::Gap { reason, lasted: Nanos(lasted) }),
    ]
}

fn run() -> impl Strategy<Value = Vec<Observation<'static>>> {
    let end = prop_oneof![Just(None), Just(Some(End::Completed)), Just(Some(End::Interrupted))];
    (vec((any::<u32>(), event()), 0..40), end).prop_map(|(events, end)| {
        let mut at = 0;
        let events = events.into_iter().chain(end.map(|end| (0, Event::End(end))));
        events
            .map(|(pause, event)| {
                at += u64::from(pause);
                Observation::of(Nanos(at), event)
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_what_is_read(run in run(), compressed in any::<bool>()) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(if compressed { "run.ndjson.zst" } else { "run.ndjson" });
        write(&path, &Header::default(), &run);
        let (back, reader) = read(&path).unwrap();
        let expected: Vec<_> = run.into_iter().map(|seen| canonical(seen)).collect();
        prop_assert_eq!(back, expected);
        prop_assert!(reader.warnings().is_empty());
    }

    /// What a run is judged from is `canonical`; recording must not change it once more.
    #[test]
    fn a_canonical_observation_stays_as_it_is(event in event()) {
        let once = canonical(Observation::of(Nanos(1), event));
        prop_assert_eq!(canonical(once.clone()), once);
    }
}

#[test]
fn the_header_comes_back() {
    let header = Header {
        started_at: "2026-11-23T14:30:00Z".parse().unwrap(),
        features: vec!["positions".to_owned()],
        rest_url: "http://localhost:8000".to_owned(),
        ws_url: "ws://localhost:8000/ws/".to_owned(),
        config: Some(Config { features: Vec::new(), thresholds: Default::default() }),
        config_digest: Some("abc".to_owned()),
        tool: "thor-cutover 0.1.0".to_owned(),
        part: 3,
        ..Header::default()
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.ndjson");
    write(&path, &header, &[]);
    assert_eq!(Reader::open(&path).unwrap().0, header);
}

/// The lines as they are published: people and other programs write them by hand.
#[test]
fn the_published_format_is_written_and_read() {
    let lines = [
        "{\"thor_cutover_recording\":1,\"started_at\":\"1970-01-01T00:00:00Z\",\"features\":[],\"rest_url\":\"\",\"ws_url\":\"\"}",
        r#"{"t":100,"link":"open"}"#,
        r#"{"t":1200345,"ws":{"type":"positions","data":{"quantity":10.50}}}"#,
        r#"{"t":2400567,"rest":{"feature":"positions","sent":2300100,"status":200,"body":{"positions":[]}}}"#,
        r#"{"t":2400568,"rest":{"feature":"intraday","sent":2300100,"status":200,"bound":{"symbol":"ES"},"body":[]}}"#,
        r#"{"t":2400569,"rest":{"feature":"intraday","sent":2300100,"status":502,"text":"<html>"}}"#,
        r#"{"t":2900000,"rest":{"feature":"positions","sent":2800100,"error":"timeout"}}"#,
        r#"{"t":3000000,"link":"closed","code":1006}"#,
        r#"{"t":3000000,"link":"closed","code":1011,"reason":"no handler"}"#,
        r#"{"t":3000000,"link":"failed","reason":"refused"}"#,
        r#"{"t":3100000,"ws_text":"not json"}"#,
        r#"{"t":3100000,"ws":null}"#,
        r#"{"t":3100001,"ws_binary":null,"bytes":4}"#,
        r#"{"t":3200000,"gap":"suspended","ns":5}"#,
        r#"{"t":9000000,"end":"completed"}"#,
    ];
    let folder = tempfile::tempdir().unwrap();
    let (by_hand, by_us) = (folder.path().join("by-hand.ndjson"), folder.path().join("by-us.ndjson"));
    std::fs::write(&by_hand, lines.join("\n")).unwrap();
    let (observations, reader) = read(&by_hand).unwrap();
    assert_eq!(observations.len(), lines.len() - 1);
    assert_eq!(reader.end(), Some(End::Completed));
    write(&by_us, &Header::default(), &observations);
    assert_eq!(std::fs::read_to_string(&by_us).unwrap(), lines.join("\n") + "\n");
}

#[test]
fn a_binary_frame_kept_in_base64_counts_by_its_length() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.ndjson");
    std::fs::write(&path, "{\"thor_cutover_recording\":1}\n{\"t\":1,\"ws_binary\":\"AAECAw==\"}\n").unwrap();
    assert_eq!(read(&path).unwrap().0[0].event, Event::Binary { bytes: 4 });
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_a_recording() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.ndjson");
    std::fs::write(&path, "an older, world-readable file").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    write(&path, &Header::default(), &[]);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}
