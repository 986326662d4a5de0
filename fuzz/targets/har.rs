//! A browser's HAR: any file is a log of entries or an error in words, and what comes of it is in order of time.

#![no_main]

use std::path::Path;
use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use thor_cutover::observe::browser::BrowserLog;
use thor_cutover::observe::queue::Arrived;
use thor_cutover::recording::{RecordingError, har};
use thor_cutover::settings::{Settings, of_text};
use thor_cutover_fuzz::scratch;

const CONFIGURATION: &str = include_str!("../../fixtures/har/thor-cutover.toml");

fuzz_target!(|bytes: &[u8]| {
    static SETTINGS: OnceLock<Settings> = OnceLock::new();
    let settings = SETTINGS.get_or_init(|| of_text(CONFIGURATION, Path::new("har.toml")).expect("a fixture"));
    let path = scratch::file("page.har", bytes);
    let mut log = BrowserLog::new(&settings.backend, &settings.features).expect("a page's feature");
    let mut entries = 0;
    let read = har::read(&path, |entry| {
        entries += 1;
        let _ = (entry.is_from_cache(), entry.is_socket());
        log.take(&entry)
    });
    let read = match read {
        Ok(read) => read,
        Err(RecordingError::Har { why, .. }) => {
            assert!(!why.is_empty());
            return;
        }
        Err(error) => panic!("{error}"),
    };
    assert_eq!(read.entries, entries);
    let run = log.finish(&read, &settings.features);
    assert!(run.arrivals.is_sorted_by_key(|arrival| arrival.at), "time goes back");
    for arrival in &run.arrivals {
        assert!(arrival.at <= run.end, "after the end");
        if let Arrived::Answer { sent, .. } | Arrived::RestError { sent, .. } = &arrival.what {
            assert!(*sent <= arrival.at, "answered before it was sent");
        }
    }
});
