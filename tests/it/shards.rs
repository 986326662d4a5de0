//! Claims about many recordings: each is judged by itself, several machines share them out, and their results merged are
//! what one machine would have said. A part that is missing, there twice or another list's is never a GO.

use std::path::{Path, PathBuf};

use clap::Parser as _;
use proptest::prelude::*;
use proptest::test_runner::{Config as PropertyConfig, TestRunner};
use serde_json::{Value, json};
use thor_cutover::cli::{Cli, Format};
use thor_cutover::commands::dispatch;
use thor_cutover::environment::Environment;
use thor_cutover::recording::Config;
use thor_cutover::settings::of_text;

use crate::control::tool::{Said, Tool};

/// The recordings of the claims in `fixtures/`, with what they are judged by: go, no-go and inconclusive.
fn recordings() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut all = Vec::new();
    for entry in fs_err::read_dir(folder).unwrap() {
        let claim = entry.unwrap().path();
        let Ok(text) = std::fs::read_to_string(claim.join("recording.ndjson")) else { continue };
        let (header, rest) = text.split_once('\n').unwrap();
        let mut header: Value = serde_json::from_str(header).unwrap();
        if header.get("config").is_none() {
            let path = claim.join("thor-cutover.toml");
            let settings = of_text(&fs_err::read_to_string(&path).unwrap(), &path).unwrap();
            let names: Vec<String> = serde_json::from_value(header["features"].clone()).unwrap();
            let features = settings.select(&names).unwrap();
            header["config"] =
                serde_json::to_value(Config { features, thresholds: settings.thresholds }).unwrap();
        }
        let name = claim.file_name().unwrap().to_str().unwrap().to_owned();
        all.push((name, format!("{header}\n{rest}")));
    }
    all.sort();
    assert!(all.len() > 9, "too few recordings to share out");
    all
}

/// A folder with these of the recordings, some of them in folders of it, as a service keeps those of its targets.
pub fn month(tool: &Tool, chosen: impl Fn(usize) -> bool) -> PathBuf {
    for (at, (name, text)) in recordings().into_iter().enumerate().filter(|(at, _)| chosen(*at)) {
        let target = if at % 2 == 0 { "main" } else { "paper" };
        tool.write(&format!("month/{target}/{name}.ndjson"), &text);
        tool.write(&format!("month/{target}/{name}.window.json"), "{}");
    }
    tool.path().join("month")
}

/// The answer without a process of its own.
fn answer(tool: &Tool, arguments: &[&str]) -> (u8, String) {
    let words: Vec<&str> = ["thor-cutover"].iter().chain(arguments).copied().collect();
    let environment = Environment {
        arguments: words.iter().map(|it| (*it).into()).collect(),
        folder: tool.path().to_owned(),
        ..Environment::default()
    };
    let cli = Cli::try_parse_from(&words).unwrap();
    let answer = dispatch(&cli, &environment).unwrap_or_else(|error| panic!("{arguments:?}: {error}"));
    (answer.exit_code(), answer.render(Format::Json, &environment).unwrap())
}

/// The results of `of` shards of the month, as files.
fn shards(tool: &Tool, month: &Path, of: u32) -> Vec<String> {
    let month = month.to_str().unwrap();
    (1..=of)
        .map(|index| {
            let (_, text) = answer(tool, &["replay", month, "--shard", &format!("{index}/{of}")]);
            tool.write(&format!("results-{of}/{index}.json"), &text).to_str().unwrap().to_owned()
        })
        .collect()
}

fn merged(tool: &Tool, files: &[String]) -> (u8, String) {
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    answer(tool, &[&["replay", "--merge"], &files[..]].concat())
}

#[test]
fn merged_shards_are_what_one_machine_says_byte_for_byte() {
    let tool = Tool::new();
    let month = month(&tool, |_| true);
    let whole = answer(&tool, &["replay", month.to_str().unwrap()]);
    let said: Value = serde_json::from_str(&whole.1).unwrap();
    assert_eq!((whole.0, &said["verdict"]), (1, &json!("no-go")));
    assert_eq!(said["runs"].as_array().unwrap().len(), recordings().len());
    for of in [1, 3, 7, 40] {
        let mut files = shards(&tool, &month, of);
        files.reverse();
        assert_eq!(merged(&tool, &files), whole, "{of} shards");
    }
}

#[test]
fn whatever_recordings_and_however_many_shards() {
    let count = recordings().len();
    let mut runner = TestRunner::new(PropertyConfig { cases: 12, ..PropertyConfig::default() });
    let chosen = (1usize..1 << count, 1u32..9);
    let outcome = runner.run(&chosen, |(mask, of)| {
        let tool = Tool::new();
        let month = month(&tool, |at| mask >> at & 1 == 1);
        let whole = answer(&tool, &["replay", "--each", month.to_str().unwrap()]);
        prop_assert_eq!(merged(&tool, &shards(&tool, &month, of)), whole);
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn each_recording_is_judged_as_it_would_be_alone_and_nothing_is_written() {
    let tool = Tool::new();
    let month = month(&tool, |at| at < 4);
    let before = listing(tool.path());
    let each = tool.run(&["replay", "month", "--format", "json"]).json();
    let validator = jsonschema::validator_for(&tool.run(&["schema", "replay-each"]).json()).unwrap();
    let errors: Vec<String> = validator.iter_errors(&each).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    for run in each["runs"].as_array().unwrap() {
        let file = month.join(run["recording"].as_str().unwrap());
        let alone = tool.run(&["replay", file.to_str().unwrap(), "--format", "json"]);
        assert_eq!(run["report"], alone.json(), "{}", file.display());
        assert_eq!(run["verdict"], run["report"]["verdict"]);
    }
    assert_eq!(listing(tool.path()), before);
}

fn listing(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs_err::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(listing(&path));
        }
        all.push(path);
    }
    all.sort();
    all
}

#[test]
fn a_shard_to_which_nothing_falls_is_no_go_by_itself_and_no_loss_to_all() {
    let tool = Tool::new();
    let only_go = recordings().iter().position(|(name, _)| name == "decimal-strings-equal-floats").unwrap();
    month(&tool, |at| at == only_go);
    let first = tool.run(&["replay", "month", "--shard", "1/2", "--format", "json", "--output", "1.json"]);
    first.exits(0);
    let second = tool.run(&["replay", "month", "--shard", "2/2", "--format", "json", "--output", "2.json"]);
    second.exits(3);
    let empty: Value = serde_json::from_str(&tool.read("2.json")).unwrap();
    assert_eq!((&empty["verdict"], &empty["runs"]), (&json!("inconclusive"), &json!([])));
    assert!(tool.run(&["replay", "month", "--shard", "2/2"]).exits(3).out.contains("part 2/2: 0 of 1"));
    assert!(tool.run(&["replay", "--merge", "1.json", "2.json"]).exits(0).out.contains("verdict: GO"));
}

#[test]
fn a_job_of_kubernetes_counts_from_zero() {
    let tool = Tool::new();
    month(&tool, |at| at < 5);
    let job = |index: Option<&str>| -> Said {
        let mut command = tool.command(&["replay", "month", "--shard", "/3", "--format", "json"]);
        index.map(|index| command.env("JOB_COMPLETION_INDEX", index));
        let output = command.output().unwrap();
        Said::of(output)
    };
    for (index, shard) in [("0", "1/3"), ("2", "3/3")] {
        let named = tool.run(&["replay", "month", "--shard", shard, "--format", "json"]);
        assert_eq!(job(Some(index)).out, named.out);
    }
    for (index, said) in [
        (None, "JOB_COMPLETION_INDEX, which is not set"),
        (Some(""), "JOB_COMPLETION_INDEX, which is not set"),
        (Some("3"), "has parts 0 to 2"),
        (Some("-1"), "has parts 0 to 2"),
        (Some("4294967295"), "has parts 0 to 2"),
    ] {
        let refused = job(index).exits(2);
        assert!(refused.err.contains(said) && refused.out.is_empty(), "{index:?}: {}", refused.err);
    }
    let wrong = tool.run(&["replay", "month", "--shard", "4/3"]).exits(2);
    assert!(wrong.err.contains("K from 1 to N"), "{}", wrong.err);
}

#[test]
fn results_that_do_not_belong_together_are_an_error_and_never_a_go() {
    let tool = Tool::new();
    let go = |at: usize| {
        let name = &recordings()[at].0;
        ["alias-types-are-one-stream", "decimal-strings-equal-floats"].contains(&name.as_str())
    };
    let all = month(&tool, go);
    let three = shards(&tool, &all, 3);
    let two = shards(&tool, &all, 2);
    assert_eq!(merged(&tool, &three).0, 0);
    let refused = |files: &[&str], said: &str| {
        let merged = tool.run(&[&["replay", "--merge"], files].concat()).exits(4);
        assert!(merged.err.contains(said) && merged.out.is_empty(), "{said}: {}", merged.err);
    };
    refused(&[&three[0], &three[2]], "part 2 of 3 missing");
    refused(&[&three[0]], "parts 2, 3 of 3 missing");
    refused(&[&three[0], &three[1], &three[1], &three[2]], "are both part 2/3");
    refused(&[&three[0], &three[1], &two[1]], "parts of 3 and of 2");
    let whole = answer(&tool, &["replay", all.to_str().unwrap()]).1;
    let whole = tool.write("whole.json", &whole);
    refused(&[whole.to_str().unwrap()], "does not say which part it is");

    let other = Tool::new();
    let more = month(&other, |at| go(at) || at == 0);
    let foreign = shards(&other, &more, 3);
    refused(&[&three[0], &three[1], &foreign[2]], "different lists");

    // two observers of one day name their recordings alike
    let same_names = Tool::new();
    month(&same_names, go);
    for file in ["main", "paper"].map(|target| same_names.path().join("month").join(target)) {
        for recording in fs_err::read_dir(file).unwrap().map(|entry| entry.unwrap().path()) {
            let text = fs_err::read_to_string(&recording).unwrap();
            fs_err::write(&recording, text + "\n").unwrap();
        }
    }
    let of_another = shards(&same_names, &same_names.path().join("month"), 3);
    refused(&[&three[0], &three[1], &of_another[2]], "different lists");

    let changed = |change: &dyn Fn(&mut Value)| {
        let mut result: Value = serde_json::from_str(&fs_err::read_to_string(&three[1]).unwrap()).unwrap();
        change(&mut result);
        let path = tool.write("changed.json", &result.to_string());
        path.to_str().unwrap().to_owned()
    };
    let with = |change: &dyn Fn(&mut Value), said: &str| {
        refused(&[&three[0], &changed(change), &three[2]], said);
    };
    with(&|it| it["judged"]["judging"] = 99.into(), "different versions");
    with(&|it| it["judged"]["tool"] = "thor-cutover 0.0.9".into(), "different versions");
    with(&|it| it["judged"]["config"] = "ab".into(), "different configurations");
    with(&|it| it["schema"] = "thor-cutover/replay-each/3".into(), "its schema is");
    with(&|it| it["schema"] = "thor-cutover/replay/1".into(), "its schema is");
    with(&|it| it["runs"] = json!([]), "not the list");
    with(&|it| it["runs"][0]["bytes"] = 7.into(), "not the list");
    with(&|it| it["runs"][0]["recording"] = "main/another.ndjson".into(), "not the list");
    with(&|it| it["runs"][0]["verdict"] = "no-go".into(), "not what its own rows say");
    with(&|it| it["runs"][0]["report"]["features"][0]["verdict"] = "no-go".into(), "not what its own rows");
    with(&|it| it["runs"][0]["report"]["features"] = json!([]), "not what its own rows say");
    with(&|it| drop(it["runs"][0].as_object_mut().unwrap().remove("report")), "neither a report nor");
    with(&|it| it["shard"]["index"] = 0.into(), "does not say which part");
    for (name, text) in [("empty", ""), ("text", "not JSON"), ("number", "7"), ("deep", &"[".repeat(100_000))]
    {
        let path = tool.write(&format!("{name}.json"), text);
        refused(&[&three[0], path.to_str().unwrap(), &three[2]], "is not a result of a shard");
    }
    refused(&["nowhere.json"], "nowhere.json");
}

#[test]
fn a_verdict_in_a_result_cannot_be_better_than_its_gates() {
    let tool = Tool::new();
    let no_go = recordings().iter().position(|(name, _)| name.contains("always-wrong-is-no-go")).unwrap();
    let file = shards(&tool, &month(&tool, |at| at == no_go), 1).remove(0);
    let mut result: Value = serde_json::from_str(&fs_err::read_to_string(&file).unwrap()).unwrap();
    let run = &mut result["runs"][0];
    run["verdict"] = "go".into();
    run["report"]["verdict"] = "go".into();
    run["report"]["exit_code"] = 0.into();
    run["report"]["features"][0]["verdict"] = "go".into();
    let path = tool.write("better.json", &result.to_string());
    let merged = tool.run(&["replay", "--merge", path.to_str().unwrap()]).exits(4);
    assert!(merged.err.contains("not what its own rows say"), "{}", merged.err);
}

/// Another machine's result is a file of strangers: what it calls a gate reaches the terminal as text.
#[test]
fn a_gate_of_a_result_is_no_command_of_the_terminal() {
    let tool = Tool::new();
    let no_go = recordings().iter().position(|(name, _)| name.contains("never-explained-is-no-go")).unwrap();
    let file = shards(&tool, &month(&tool, |at| at == no_go), 1).remove(0);
    let mut result: Value = serde_json::from_str(&fs_err::read_to_string(&file).unwrap()).unwrap();
    let gates = result["runs"][0]["report"]["features"][0]["gates"].as_array_mut().unwrap();
    gates.iter_mut().for_each(|gate| gate["code"] = "\u{1b}[2Jparity".into());
    let path = tool.write("hostile.json", &result.to_string());
    for format in ["human", "markdown", "github"] {
        let said = tool.run(&["replay", "--merge", path.to_str().unwrap(), "--format", format]).exits(3).out;
        assert!(!said.contains('\u{1b}') && said.contains("u{1b}"), "{format}: {said}");
    }
}

#[test]
fn the_results_may_be_a_folder() {
    let tool = Tool::new();
    let month = month(&tool, |at| at < 5);
    shards(&tool, &month, 3);
    let whole = tool.run(&["replay", "month", "--format", "json"]);
    assert_eq!(tool.run(&["replay", "--merge", "results-3", "--format", "json"]).out, whole.out);
    let empty = tool.run(&["replay", "--merge", "month"]).exits(2);
    assert!(empty.err.contains("has no *.json"), "{}", empty.err);
}

/// A recording cut into files, as one that is rotated by size is.
fn in_parts(tool: &Tool, parts: usize) -> String {
    let (_, text) =
        recordings().into_iter().find(|(name, _)| name == "decimal-strings-equal-floats").unwrap();
    let (header, lines) = text.split_once('\n').unwrap();
    let mut header: Value = serde_json::from_str(header).unwrap();
    let lines: Vec<&str> = lines.lines().collect();
    for (at, chunk) in lines.chunks(lines.len().div_ceil(parts)).enumerate() {
        header["part"] = (at + 1).into();
        let number = if at == 0 { String::new() } else { format!(".{}", at + 1) };
        tool.write(&format!("month/run{number}.ndjson"), &format!("{header}\n{}\n", chunk.join("\n")));
    }
    text
}

#[test]
fn the_parts_of_a_recording_are_one_and_none_may_be_missing() {
    let tool = Tool::new();
    let whole = tool.write("whole.ndjson", &in_parts(&tool, 11));
    let alone = tool.run(&["replay", whole.to_str().unwrap(), "--format", "json"]).exits(0).json();
    let each = tool.run(&["replay", "month", "--format", "json"]).exits(0).json();
    assert_eq!(each["runs"][0]["report"], alone);
    assert_eq!((&each["runs"][0]["files"], each["runs"].as_array().unwrap().len()), (&json!(11), 1));
    fs_err::remove_file(tool.path().join("month/run.4.ndjson")).unwrap();
    let hole = tool.run(&["replay", "month"]).exits(4);
    assert!(hole.out.contains("its part 4 is not among the files"), "{}", hole.out);
    fs_err::remove_file(tool.path().join("month/run.ndjson")).unwrap();
    let headless = tool.run(&["replay", "month", "--format", "json"]).exits(4).json();
    let said = headless["runs"][0]["error"].as_str().unwrap();
    assert!(said.contains("its part 1 is not among the files"), "{said}");
}

#[test]
fn what_cannot_be_judged_is_an_error_beside_the_others() {
    let tool = Tool::new();
    month(&tool, |at| at < 2);
    tool.write("month/damaged.ndjson", "not a recording\n");
    let said = tool.run(&["replay", "month", "--format", "json"]).exits(4).json();
    let verdicts: Vec<&Value> = said["runs"].as_array().unwrap().iter().map(|it| &it["verdict"]).collect();
    assert_eq!((verdicts.len(), verdicts[0]), (3, &json!("error")), "{said}");
    assert!(said["runs"][0]["error"].as_str().unwrap().contains("is not a recording"), "{said}");
    assert!(verdicts[1..].iter().all(|it| **it != "error"), "{said}");
    // and is carried through a merge
    for shard in ["1/2", "2/2"] {
        let file = format!("{}.json", &shard[..1]);
        tool.run(&["replay", "month", "--shard", shard, "--format", "json", "--output", &file]);
    }
    let merged = tool.run(&["replay", "--merge", "1.json", "2.json", "--format", "json"]).exits(4);
    assert_eq!(merged.json(), said);
    let empty = Tool::new();
    empty.write("month/notes.txt", "nothing");
    assert!(empty.run(&["replay", "month"]).exits(2).err.contains("month has no recording"));
}

#[test]
fn every_form_names_each_recording_and_the_worst_verdict() {
    let tool = Tool::new();
    month(&tool, |_| true);
    for (format, verdict) in [
        ("human", "verdict: NO-GO"),
        ("markdown", "replay: no-go"),
        ("junit", "no-go"),
        ("github", "::error"),
    ] {
        let said = tool.run(&["replay", "month", "--format", format]).exits(1).out;
        assert!(said.contains(verdict), "{format}: {said}");
        let plain = said.replace('\\', "");
        for (name, _) in recordings() {
            assert!(plain.contains(&name), "{format}: {name}: {said}");
        }
    }
    for refused in [&["replay", "month"][..], &["replay", "--shard", "1/2", "month"]] {
        let said = tool.run(&[refused, &["--format", "html"]].concat()).exits(2);
        assert!(said.err.contains("`replay --each` has no html format"), "{}", said.err);
    }
    let shard = tool.run(&["replay", "month", "--shard", "1/2"]);
    assert!(shard.err.contains("only what is written with --format json can be merged"), "{}", shard.err);
}
