//! Property: whatever a file holds, reading it ends in observations or in an error, never in a panic.

use proptest::collection::vec;
use proptest::prelude::*;

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

fn content() -> impl Strategy<Value = Vec<u8>> {
    let header = prop_oneof![
        4 => Just("{\"thor_cutover_recording\":1}".to_owned()),
        1 => Just("{\"thor_cutover_recording\":\"1\"}".to_owned()),
        1 => Just("{\"thor_cutover_recording\":1,\"config\":{\"features\":[{}]}}".to_owned()),
        1 => line(),
    ];
    let body = prop_oneof![
        3 => vec(line(), 0..8).prop_map(|lines| lines.join("\n").into_bytes()),
        1 => vec(any::<u8>(), 0..200),
    ];
    (header, body).prop_map(|(header, body)| [header.as_bytes(), b"\n", &body].concat())
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
    }
}
