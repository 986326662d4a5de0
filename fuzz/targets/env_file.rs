//! The editor of env files: what comes out is what went in, but for the one value that was set.
//!
//! Any text is an env file. Setting a flag to `true` or `false` gives a file that says so to the program that reads it,
//! in which every other name says what it said, and of which all but the value's own place is the same bytes.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use thor_cutover::flags::dialect::EnvDialect;
use thor_cutover::flags::env_file::{Assignment, EnvFile};

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    dialect: u8,
    name: u8,
    on: bool,
    text: &'a str,
}

fuzz_target!(|input: Input<'_>| {
    let dialects = [EnvDialect::Compose, EnvDialect::Dotenv, EnvDialect::Vite];
    let dialect = dialects[usize::from(input.dialect) % dialects.len()];
    let before = EnvFile::parse_as(input.text, dialect);
    assert_eq!(before.to_string(), input.text);
    let names: Vec<&str> = before.entries().map(|entry| entry.name.as_str()).chain(["FLAG"]).collect();
    let name = names[usize::from(input.name) % names.len()];
    let value = if input.on { "true" } else { "false" };

    let edited = before.set(name, value);
    let after = EnvFile::parse_as(&edited, dialect);
    assert_eq!(after.get(name).as_deref(), Some(value), "{edited:?}");
    let nobody = |_: &str| None;
    assert_eq!(after.get_expanded(name, &nobody).as_deref(), Some(value), "{edited:?}");
    assert!(after.refused().is_none() || before.refused().is_some(), "{edited:?}");
    assert_eq!(after.set(name, value), edited, "twice is not once");

    // Every assignment but the one that counts is what it was; where that could not be edited, one more follows.
    let is_appended = after.entries().count() > before.entries().count();
    assert!(!is_appended || edited.starts_with(input.text), "{edited:?}");
    let counts = before.find(name).map(|entry| entry.line).filter(|_| !is_appended);
    let others = |file: &EnvFile, edited: Option<usize>| -> Vec<(String, String)> {
        let others = file.entries().filter(|entry| Some(entry.line) != edited);
        others.map(|entry: &Assignment| (entry.name.clone(), entry.raw.clone())).collect()
    };
    let edited_line = after.find(name).map(|entry| entry.line);
    assert_eq!(others(&before, counts), others(&after, edited_line), "{edited:?}");

    // And so is every byte but its value's.
    if let Some(entry) = before.find(name).filter(|_| !is_appended) {
        let (old, new) = (entry.raw.as_str(), after.find(name).map_or("", |entry| &entry.raw));
        let same = common(input.text.bytes(), edited.bytes());
        let same_at_end = common(input.text.bytes().rev(), edited.bytes().rev());
        let touched = input.text.len().saturating_sub(same + same_at_end);
        assert!(touched <= old.len(), "{touched} bytes instead of {old:?}: {edited:?}");
        let written = edited.len().saturating_sub(same + same_at_end);
        // A blank may be needed between the value and a comment that stood behind none.
        assert!(written <= new.len() + 1, "{written} bytes for {new:?}: {edited:?}");
    }
});

fn common(one: impl Iterator<Item = u8>, other: impl Iterator<Item = u8>) -> usize {
    one.zip(other).take_while(|(a, b)| a == b).count()
}
