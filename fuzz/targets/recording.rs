//! Recordings: whatever a file holds, reading it ends in observations or in an error that says where.
//!
//! Without a header of its own the input gets one. Read one by one and in batches it says the same. What was read is
//! written, read again and is the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use thor_cutover::diff::template::{ParseToken, Preparse};
use thor_cutover::model::observation::{End, Observation};
use thor_cutover::recording::{Header, Reader, RecordingError, Series, Writer};
use thor_cutover_fuzz::scratch;

const HEADER: &[u8] = b"{\"thor_cutover_recording\":1}\n";

/// Tokenises nothing.
struct Nobody;

impl Preparse for Nobody {
    fn preparse(&mut self, _: &str, _: Option<&str>) -> Option<ParseToken> {
        None
    }
}

/// What a file says.
#[derive(Debug, PartialEq)]
struct Said {
    observations: Vec<Observation<'static>>,
    error: Option<String>,
    warnings: Vec<String>,
    end: Option<End>,
}

fuzz_target!(|bytes: &[u8]| {
    let has_header = bytes.starts_with(b"{\"thor_cutover_recording");
    let file = if has_header { bytes.to_vec() } else { [HEADER, bytes].concat() };
    let path = scratch::file("run.ndjson", &file);
    let one_by_one = match Reader::open(&path) {
        Ok((_, reader)) => read(reader),
        Err(error) => {
            assert!(error.to_string().contains("run.ndjson"), "{error}");
            assert!(Series::open(&[path]).is_err());
            return;
        }
    };
    let (_, mut series) = Series::open(std::slice::from_ref(&path)).expect("it was opened before");
    let mut observations = Vec::new();
    let done =
        series.for_each(&mut Nobody, |_, observation, _| observations.push(observation.clone().into_owned()));
    assert_eq!(observations, one_by_one.observations, "in batches");
    assert_eq!(done.err().map(|error| error.to_string()), one_by_one.error);
    assert_eq!(series.warnings(), one_by_one.warnings);
    assert_eq!(series.end(), one_by_one.end.unwrap_or(End::Interrupted));
    assert!(observations.is_sorted_by_key(|observation| observation.at), "time goes back");

    let path = scratch::path("again.ndjson");
    let mut writer = Writer::create(&path, &Header::default()).expect("a recording");
    observations.iter().for_each(|observation| writer.write(observation).expect("room"));
    writer.close().expect("room");
    let (_, reader) = Reader::open(&path).expect("written by ourselves");
    let again = read(reader);
    assert_eq!((again.error, again.warnings), (None, vec![]));
    assert_eq!(again.observations, observations, "written and read again");
});

fn read(mut reader: Reader) -> Said {
    let mut observations = Vec::new();
    let error = loop {
        match reader.next() {
            Ok(Some(observation)) => observations.push(observation.into_owned()),
            Ok(None) => break None,
            Err(error) => break Some(error),
        }
    };
    if let Some(error) = &error {
        let says_where = matches!(
            error,
            RecordingError::Line { line: 2.., .. } | RecordingError::Backwards { line: 2.., .. }
        );
        assert!(says_where, "{error}");
    }
    let error = error.map(|error| error.to_string());
    Said { observations, error, warnings: reader.warnings().to_vec(), end: reader.end() }
}
