//! Claims about what is refused before anything is observed: formats that a command does not have, files that could
//! not be written; and that a duration is written in one way everywhere.

use std::process::Output;
use std::time::Duration;

use clap::CommandFactory as _;
use thor_cutover::cli::{Cli, Format, offered};
use thor_cutover::model::feature::span;

use crate::help::run;

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A run that would take seconds, and end with 4: nobody listens there.
const UNREACHABLE: [&str; 5] =
    ["shadow-diff", "--rest-url", "http://127.0.0.1:9", "--ws-url", "ws://127.0.0.1:9/ws/"];

#[test]
fn a_format_that_the_command_does_not_have_is_refused_before_anything_is_observed() {
    let folder = tempfile::tempdir().unwrap();
    let after = run(folder.path(), &[&UNREACHABLE[..], &["--format", "sarif"]].concat());
    assert_eq!(after.status.code(), Some(2), "{}", said(&after));
    assert!(!said(&after).contains("observing"), "{}", said(&after));
    // an option of the tool itself, which knows every format
    let before = run(folder.path(), &[&["--format", "sarif"], &UNREACHABLE[..]].concat());
    assert_eq!(before.status.code(), Some(2), "{}", said(&before));
    assert!(said(&before).contains("`shadow-diff` has no sarif format"), "{}", said(&before));
    let plan = run(folder.path(), &["audit", "--plan", "positions", "--format", "sarif"]);
    assert_eq!(plan.status.code(), Some(2), "{}", said(&plan));
    assert!(said(&plan).contains("it has: human, json, markdown"), "{}", said(&plan));
    assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 0, "something was begun");
}

#[test]
fn every_commands_help_lists_the_formats_that_it_has_and_no_other() {
    let mut tool = Cli::command();
    tool.build();
    for command in tool.get_subcommands().filter(|command| command.get_name() != "help") {
        let option = command.get_arguments().find(|argument| argument.get_id() == "format").unwrap();
        let listed: Vec<String> =
            option.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
        let has: Vec<&str> = offered(command.get_name()).iter().map(|format| format.as_str()).collect();
        assert_eq!(listed, has, "{}", command.get_name());
        assert!(has.starts_with(&["human", "json"]), "{}", command.get_name());
    }
    assert!(offered("shadow-diff").contains(&Format::Html) && !offered("status").contains(&Format::Html));
}

#[test]
fn a_file_that_cannot_be_written_is_refused_before_anything_is_observed() {
    let folder = tempfile::tempdir().unwrap();
    let files = ["nowhere/answer.json", ".", "answer.json/inside"];
    fs_err::write(folder.path().join("answer.json"), "kept").unwrap();
    for option in ["--output", "--record"] {
        for file in files {
            let output = run(folder.path(), &[&UNREACHABLE[..], &[option, file]].concat());
            assert_eq!(output.status.code(), Some(2), "{option} {file}: {}", said(&output));
            let error = said(&output);
            assert!(error.contains(option) && error.contains(file), "{error}");
            assert!(!error.contains("observing"), "{error}");
        }
    }
    let missing = run(folder.path(), &[&UNREACHABLE[..], &["--output", "no where/a"]].concat());
    assert!(said(&missing).contains("mkdir -p '"), "{}", said(&missing));
    assert_eq!(fs_err::read_to_string(folder.path().join("answer.json")).unwrap(), "kept");
    assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 1, "something was left behind");
}

/// The evidence of a day would be lost, or would count for nothing.
#[test]
fn a_store_that_could_not_take_the_evidence_is_refused_before_anything_is_observed() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &[u8]| fs_err::write(folder.path().join(name), text).unwrap();
    write("notes.db", b"no database, but long enough to be looked at");
    write("empty.db", b"");
    let other = rusqlite::Connection::open(folder.path().join("other.db")).unwrap();
    other.execute_batch("CREATE TABLE a (b)").unwrap();
    drop(other);
    for (store, why) in [
        ("sqlite:notes.db", "does not begin as an SQLite database"),
        ("sqlite:empty.db", "it has only 0 bytes"),
        ("sqlite:other.db", "of another program"),
        ("sqlite:.", "it is not a file"),
        ("sqlite:notes.db/evidence.db", "notes.db is not a folder"),
    ] {
        for more in [&[][..], &["--keep-identifiers"], &["--until-close"]] {
            let output = run(folder.path(), &[&UNREACHABLE[..], &["--evidence", store], more].concat());
            let error = said(&output);
            assert!(matches!(output.status.code(), Some(2 | 4)), "{store}: {error}");
            assert!(error.contains(why) && error.contains("hint:"), "{store} {more:?}: {error}");
            assert!(!error.contains("observing") && !error.contains("waiting"), "{store}: {error}");
        }
    }
    let without =
        run(folder.path(), &[&UNREACHABLE[..], &["--evidence", "sqlite:notes.db", "--no-evidence"]].concat());
    assert!(
        said(&without).contains("observing"),
        "nothing is kept, so nothing is asked of it: {}",
        said(&without)
    );
    // nothing is made before there is something to keep
    let fresh = run(folder.path(), &[&UNREACHABLE[..], &["--evidence", "sqlite:new/evidence.db"]].concat());
    assert_eq!(fresh.status.code(), Some(4), "{}", said(&fresh));
    assert!(!folder.path().join("new/evidence.db").exists());
}

#[test]
fn an_answer_that_fails_leaves_the_file_of_the_last_one_alone() {
    let folder = tempfile::tempdir().unwrap();
    let answer = folder.path().join("answer.json");
    fs_err::write(&answer, "the last one").unwrap();
    let output = run(folder.path(), &["replay", "nowhere.ndjson", "--output", "answer.json"]);
    assert_eq!(output.status.code(), Some(4), "{}", said(&output));
    assert_eq!(fs_err::read_to_string(answer).unwrap(), "the last one");
}

#[test]
fn a_duration_is_written_in_one_way_everywhere() {
    let hours = |hours: u64| Duration::from_secs(hours * 3600);
    for (text, duration) in [
        ("90d", hours(90 * 24)),
        ("14d", hours(14 * 24)),
        ("2h", hours(2)),
        ("1w 2d", hours(9 * 24)),
        ("1d12h", hours(36)),
        ("1m 30s", Duration::from_secs(90)),
        ("100ms", Duration::from_millis(100)),
    ] {
        assert_eq!(span::parse(text), Ok(duration), "{text}");
    }
    for text in ["", "5", "1 month", "1y", "-2s", "soon"] {
        let refused = span::parse(text).unwrap_err();
        assert!(refused.contains("duration"), "{text}: {refused}");
    }
    let folder = tempfile::tempdir().unwrap();
    let config = "[evidence]\nmax_age = \"2w\"\n[features.positions.ws]\nevery = \"1d\"\n";
    fs_err::write(folder.path().join("thor-cutover.toml"), config).unwrap();
    let accepted = run(folder.path(), &["status"]);
    assert_eq!(accepted.status.code(), Some(0), "{}", said(&accepted));
    // there is no ledger to prune, but the duration was understood
    let prune = run(folder.path(), &["evidence", "prune", "--older-than", "90d"]);
    assert!(said(&prune).contains("there is no ledger"), "{}", said(&prune));
}

#[test]
fn short_help_leaves_out_what_every_command_has() {
    let folder = tempfile::tempdir().unwrap();
    let text = |flag| {
        let output = run(folder.path(), &["checklist", flag]);
        String::from_utf8(output.stdout).unwrap()
    };
    let (short, long) = (text("-h"), text("--help"));
    for option in ["--decision", "--log-file", "--format"] {
        assert!(short.contains(option) && long.contains(option), "{option}");
    }
    for option in ["--rest-url", "--ws-url", "--origin", "--evidence"] {
        assert!(!short.contains(option) && long.contains(option), "{option}");
    }
    assert!(short.lines().count() * 3 < long.lines().count() * 2, "{short}");
}

/// Evidence of no known code counts for no decision: that is said before weeks of it are kept.
#[test]
fn a_source_tree_that_is_not_there_is_refused_or_said_before_anything_is_observed() {
    let folder = tempfile::tempdir().unwrap();
    let rest = ["--rest-url", "http://127.0.0.1:1/"];
    for command in ["watch", "shadow-diff"] {
        let output = run(folder.path(), &[&[command, "--source", "nowhere"], &rest[..]].concat());
        assert_eq!(output.status.code(), Some(2), "{command}: {}", said(&output));
        assert!(said(&output).contains("nowhere"), "{command}: {}", said(&output));
    }
    let output = run(folder.path(), &[&UNREACHABLE[..], &["--for", "1s"]].concat());
    assert!(said(&output).contains("of no known code"), "{}", said(&output));
    let output = run(folder.path(), &[&UNREACHABLE[..], &["--for", "1s", "--no-evidence"]].concat());
    assert!(!said(&output).contains("of no known code"), "{}", said(&output));
}
