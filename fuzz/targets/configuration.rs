//! `thor-cutover.toml`: any text is settings or an error that names a place in it.
//!
//! What a configuration describes goes into a recording's header and comes out of it as the same.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use thor_cutover::error::ErrorKind;
use thor_cutover::model::feature::Feature;
use thor_cutover::settings::of_text;

const NAME: &str = "thor-cutover.toml";

fuzz_target!(|text: &str| {
    match of_text(text, Path::new(NAME)) {
        Ok(settings) => {
            let written = serde_json::to_string(&settings.features).expect("features are plain data");
            let read: Vec<Feature> = serde_json::from_str(&written).expect("written by ourselves");
            assert_eq!(read, settings.features);
        }
        Err(error) => {
            assert_eq!(error.kind, ErrorKind::Usage, "{error}");
            let said = error.to_string();
            let line = said.strip_prefix(NAME).and_then(|rest| rest.strip_prefix(':')).unwrap_or_default();
            let line: usize = line.split(':').next().and_then(|line| line.parse().ok()).unwrap_or_default();
            assert!((1..=text.lines().count().max(1) + 1).contains(&line), "no place: {said}");
        }
    }
});
