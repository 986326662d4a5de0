//! Cut off, newer, foreign or damaged: said clearly, never judged as if it were whole.

use thor_cutover::model::observation::{Event, Observation};
use thor_cutover::model::time::Nanos;
use thor_cutover::recording::{Header, Reader, RecordingError, Writer};

use super::read;

const HEADER: &str = "{\"thor_cutover_recording\":1}\n";

fn given(text: impl AsRef<[u8]>) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.ndjson");
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

fn message(at: u64) -> Observation<'static> {
    Observation::of(Nanos(at), Event::Message(format!("{{\"n\":{at}}}").into()))
}

#[test]
fn cut_at_every_byte_it_reads_the_whole_lines_and_says_so() {
    let message = r#"{"t":1,"ws":{"a":"é\u00e9\ud83d\ude00","b":[-0.5e+3,1E-2,true,null]}}"#;
    let whole = format!("{HEADER}{message}\n{}\n", r#"{"t":2,"end":"completed"}"#);
    for cut in HEADER.len()..whole.len() {
        let (_folder, path) = given(&whole.as_bytes()[..cut]);
        let (observations, reader) = read(&path).unwrap_or_else(|error| panic!("cut at {cut}: {error}"));
        let is_between_lines = whole.as_bytes()[..cut].ends_with(b"\n");
        let is_all_but_the_last_feed = cut + 1 == whole.len() || whole.as_bytes()[cut] == b'\n';
        assert_eq!(
            reader.warnings().is_empty(),
            is_between_lines || is_all_but_the_last_feed,
            "cut at {cut}"
        );
        assert_eq!(reader.end().is_some(), cut + 1 == whole.len(), "cut at {cut}");
        let expected = whole.as_bytes()[HEADER.len()..cut].iter().filter(|&&byte| byte == b'\n').count()
            + usize::from(is_all_but_the_last_feed);
        assert_eq!(observations.len(), expected, "cut at {cut}");
    }
}

#[test]
fn a_compressed_recording_that_was_never_closed_gives_all_that_was_flushed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.ndjson.zst");
    let mut writer = Writer::create(&path, &Header::default()).unwrap();
    for second in 0..100 {
        writer.write(&message(second * 1_000_000_000)).unwrap();
    }
    let as_killed = std::fs::read(&path).unwrap();
    drop(writer);
    std::fs::write(&path, &as_killed).unwrap();
    let (observations, reader) = read(&path).unwrap();
    assert_eq!(observations.len(), 100);
    assert_eq!(reader.end(), None);
}

#[test]
fn what_is_a_second_old_is_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.ndjson");
    let mut writer = Writer::create(&path, &Header::default()).unwrap();
    for tick in 0..=20 {
        writer.write(&message(tick * 100_000_000)).unwrap();
        let newest = read(&path).unwrap().0.last().map_or(0, |observation| observation.at.0);
        assert!(tick * 100_000_000 - newest < 1_000_000_000, "at tick {tick} only {newest} ns are on disk");
    }
    writer.close().unwrap();
}

#[test]
fn a_damaged_line_in_the_middle_is_an_error_with_its_place() {
    for line in [
        "{\"t\":1,\"ws\":{\"a\":}}",
        "{\"t\":1}",
        "{\"t\":1,\"wss\":{}}",
        "{\"ws\":{}}",
        "{\"t\":-1,\"ws\":{}}",
        "{\"t\":1,\"rest\":{\"feature\":\"x\",\"sent\":1}}",
        "{\"t\":1,\"gap\":\"holiday\"}",
        "{\"t\":1,\"ws_binary\":\"?\"}",
        "[1]",
        "\u{0}",
    ] {
        let (_folder, path) = given(format!("{HEADER}{line}\n{{\"t\":2,\"link\":\"open\"}}\n"));
        match read(&path) {
            Err(RecordingError::Line { line: 2, .. }) => {}
            other => panic!("{line}: {:?}", other.map(|(observations, _)| observations)),
        }
    }
}

#[test]
fn zeros_at_the_end_are_a_torn_line() {
    let (_folder, path) = given(format!("{HEADER}{{\"t\":2,\"link\":\"open\"}}\n\0\0\0\0"));
    let (observations, reader) = read(&path).unwrap();
    assert_eq!((observations.len(), reader.warnings().len()), (1, 1));
}

#[test]
fn nothing_may_stand_after_the_end_and_time_may_not_go_back() {
    let (_folder, path) =
        given(format!("{HEADER}{{\"t\":2,\"end\":\"completed\"}}\n{{\"t\":2,\"link\":\"open\"}}"));
    assert!(matches!(read(&path), Err(RecordingError::Line { line: 3, .. })));
    let (_folder, path) = given(format!("{HEADER}{{\"t\":2,\"link\":\"open\"}}\n{{\"t\":1,\"ws\":1}}\n"));
    assert!(matches!(read(&path), Err(RecordingError::Backwards { line: 3, .. })));
}

#[test]
fn a_newer_format_is_refused_even_if_the_rest_of_its_header_is_unknown() {
    let (_folder, path) = given("{\"thor_cutover_recording\":2,\"started_at\":{\"tai\":1}}\n");
    let error = Reader::open(&path).err().expect("refused");
    assert!(matches!(error, RecordingError::Newer { found: 2, .. }));
    assert!(error.to_string().contains("format 2"), "{error}");
}

#[test]
fn what_is_no_recording_is_named() {
    for text in ["\n", "hello", "{\"type\":\"positions\"}\n", "\u{1f}\u{8b}"] {
        let (_folder, path) = given(text);
        assert!(matches!(Reader::open(&path), Err(RecordingError::NotOne { .. })), "{text:?}");
    }
    for text in ["", "{\"thor_cut", "{\"thor_cutover_recording\":1,\"started_at\":\"20"] {
        let (_folder, path) = given(text);
        assert!(matches!(Reader::open(&path), Err(RecordingError::NotBegun { .. })), "{text:?}");
    }
    let header = "{\"thor_cutover_recording\":1,\"target\":\"é\",\"x\":-1.5e-3}";
    for cut in 1..header.len() {
        let (_folder, path) = given(&header.as_bytes()[..cut]);
        assert!(matches!(Reader::open(&path), Err(RecordingError::NotBegun { .. })), "cut at {cut}");
    }
    let missing = std::path::Path::new("/nonexistent/run.ndjson");
    assert!(matches!(Reader::open(missing), Err(RecordingError::Read { .. })));
}

#[test]
fn unknown_keys_beside_a_known_event_are_passed_over() {
    let (_folder, path) = given(format!("{HEADER}\n{{\"t\":2,\"link\":\"open\",\"peer\":{{\"ip\":1}}}}\n\n"));
    assert_eq!(read(&path).unwrap().0, [Observation::of(Nanos(2), Event::Open)]);
}
