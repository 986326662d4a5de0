//! Property: whatever a file holds, reading it ends in observations or in an error, never in a panic; the same ones
//! however many are asked for at once.

use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use thor_cutover::diff::template::{ParseToken, Preparse};
use thor_cutover::recording::Series;

use super::read;

/// Lines that are nearly right: pieces of the format in any order.
fn line() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("{\"t\":"),
        Just("1"),
        Just("18446744073709551615"),
        Just("-1"),
        Just("1e3"),
        Just(","),
        Just("\"ws\":"),
        Just("\"rest\":"),
        Just("{\"feature\":\"x\",\"sent\":1,"),
        Just("\"body\":"),
        Just("\"error\":\"e\"}"),
        Just("\"bound\":{\"a\":\"b\",\"a\":1}"),
        Just("null"),
        Just("{}"),
        Just("}"),
        Just("[["),
        Just("]]"),
        Just("\"link\":\"open\""),
        Just("\"gap\":\"suspended\""),
        Just("\"ns\":-5"),
        Just("\"end\":\"completed\""),
        Just("\"ws_text\":\"\\ud800\""),
        Just("\"ws_binary\":\"====\""),
        Just("\\"),
        Just("\u{0}"),
        Just("é"),
    ];
    vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// Lines that are right, mostly in order, or hold nothing.
fn good_line() -> impl Strategy<Value = String> {
    let text = prop_oneof![0..30usize, 3000..9000usize].prop_map(|length| "x".repeat(length));
    prop_oneof![
        8 => text.prop_map(|text| format!("{{\"t\":5,\"ws\":{{\"type\":\"a\",\"data\":\"{text}\"}}}}\n")),
        1 => Just("{\"t\":6,\"link\":\"open\"}\n".to_owned()),
        1 => Just(" \r\n".to_owned()),
        1 => Just("\n\n\n".to_owned()),
    ]
}

fn content() -> impl Strategy<Value = Vec<u8>> {
    let header = prop_oneof![
        4 => Just("{\"thor_cutover_recording\":1}".to_owned()),
        1 => Just("{\"thor_cutover_recording\":\"1\"}".to_owned()),
        1 => Just("{\"thor_cutover_recording\":1,\"config\":{\"features\":[{}]}}".to_owned()),
        1 => line(),
    ];
    let body = prop_oneof![
        3 => vec(line(), 0..8).prop_map(|lines| lines.join("\n").into_bytes()),
        3 => vec(prop_oneof![9 => good_line(), 1 => line()], 0..60).prop_map(|lines| lines.concat().into_bytes()),
        1 => vec(any::<u8>(), 0..200),
    ];
    (header, body).prop_map(|(header, body)| [header.as_bytes(), b"\n", &body].concat())
}

/// Judges nothing and tokenises nothing.
struct Listener;

impl Preparse for Listener {
    fn preparse(&mut self, _: &str, _: Option<&str>) -> Option<ParseToken> {
        None
    }
}

/// All that a recording says, one observation at a time or in batches, and how that ended.
fn told(path: &Path, in_batches: bool) -> Vec<String> {
    let mut series = match Series::open(&[path.to_owned()]) {
        Ok((_, series)) => series,
        Err(error) => return vec![error.to_string()],
    };
    let mut told = Vec::new();
    let end = if in_batches {
        series.for_each(&mut Listener, |_, seen, _| told.push(format!("{seen:?}")))
    } else {
        loop {
            match series.next() {
                Ok(Some(seen)) => told.push(format!("{seen:?}")),
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        }
    };
    told.extend(end.err().map(|error| error.to_string()));
    told.push(format!("{:?} {:?} {:?}", series.end(), series.at(), series.warnings()));
    told
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_or_refused(content in content(), compressed in any::<bool>(), cut in any::<u16>()) {
        let folder = tempfile::tempdir().unwrap();
        let name = if compressed { "run.ndjson.zst" } else { "run.ndjson" };
        let path = folder.path().join(name);
        let mut bytes = if compressed { zstd::encode_all(content.as_slice(), 1).unwrap() } else { content };
        bytes.truncate(usize::from(cut).max(8));
        std::fs::write(&path, &bytes).unwrap();
        if let Err(error) = read(&path) {
            prop_assert!(error.to_string().contains(name) && !error.hint().is_empty());
        }
        let (one_by_one, in_batches) = (told(&path, false), told(&path, true));
        prop_assert_eq!(one_by_one, in_batches);
    }
}
