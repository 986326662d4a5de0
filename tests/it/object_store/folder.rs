//! A folder as a store: what is refused, what is brought, what is read from it.

use std::time::Duration;

use serde_json::Value;
use thor_cutover::emulator::{Emulator, Options, PASSWORD, USER};

use super::{body, files_below};
use crate::control::tool::{Said, Tool};
use crate::shards::month;

const SECRET: &str = "hushhushhushhushhush";

fn thor() -> Emulator {
    Emulator::start(Options { tick: Duration::from_millis(100), ..Options::default() }).unwrap()
}

/// Records some seconds, with a store.
fn record(tool: &Tool, thor: &Emulator, store: &str, more: &[&str]) -> Said {
    let mut command =
        tool.command(&["shadow-diff", "account_balance", "--every", "100ms", "--format", "json"]);
    command.args(more).env("THOR_USER", USER).env("THOR_PASSWORD", PASSWORD);
    command.env("THOR_CUTOVER_REST_URL", thor.rest_url()).env("THOR_CUTOVER_RECORDING_STORE", store);
    let output = command.output().unwrap();
    Said::of(output)
}

fn url(tool: &Tool, name: &str) -> String {
    url::Url::from_file_path(tool.path().join(name)).unwrap().to_string()
}

#[test]
fn a_rotated_recording_is_brought_to_the_store_and_says_the_same_from_there() {
    let (tool, thor) = (Tool::new(), thor());
    let store = url(&tool, "store");
    let run = ["--for", "4s", "--record", "run.ndjson.zst", "--rotate", "30KB"];
    let observed = record(&tool, &thor, &store, &run);
    assert!(matches!(observed.code, 0 | 3), "{}", observed.err);
    assert!(observed.err.contains(&format!("stored as {store}/run.2.ndjson.zst")), "{}", observed.err);
    let stored = files_below(&tool.path().join("store"));
    assert!(stored.len() > 1, "{stored:?}");
    for name in &stored {
        let (there, here) = (tool.path().join("store").join(name), tool.path().join(name));
        assert_eq!(fs_err::read(there).unwrap(), fs_err::read(here).unwrap(), "{name}");
    }
    assert!(!tool.path().join(".thor-cutover/unstored.json").exists());

    let urls: Vec<String> = stored.iter().map(|name| format!("{store}/{name}")).collect();
    let words: Vec<&str> = urls.iter().map(String::as_str).collect();
    let replayed = tool.run(&[&["replay", "--format", "json"], &words[..]].concat());
    assert_eq!(body(replayed.json()), body(serde_json::from_str(&observed.out).unwrap()));
    // a prefix is like a folder: each recording by itself
    let each = tool.run(&["replay", "--format", "json", &format!("{store}/")]).json();
    assert_eq!(each["runs"].as_array().unwrap().len(), 1, "{each:#}");
    assert_eq!(each["runs"][0]["report"], replayed.json());
    assert_eq!(each, tool.run(&["replay", "--format", "json", "store"]).json());

    // what is there is refused before anything is observed, and gone on with where that is meant
    let again = record(&tool, &thor, &store, &["--for", "1s", "--record", "elsewhere/run.ndjson.zst"]);
    assert_eq!(again.code, 2, "there is no such folder: {}", again.err);
    fs_err::create_dir(tool.path().join("elsewhere")).unwrap();
    let again = record(&tool, &thor, &store, &["--for", "1s", "--record", "elsewhere/run.ndjson.zst"]);
    assert_eq!(again.code, 2, "{}", again.err);
    assert!(again.err.contains("run.ndjson.zst is there from an earlier recording"), "{}", again.err);
    let resumed = record(&tool, &thor, &store, &["--for", "1s", "--record", "run.ndjson.zst", "--resume"]);
    assert!(matches!(resumed.code, 0 | 3), "{}", resumed.err);
    assert_eq!(files_below(&tool.path().join("store")).len(), stored.len() + 1);
}

#[test]
fn what_a_store_does_not_take_is_an_error_that_loses_nothing_and_is_brought_the_next_time() {
    let (tool, thor) = (Tool::new(), thor());
    let store = url(&tool, "store");
    // no folder can be made where a file is
    let in_the_way = tool.write("store", "a file");
    let failed = record(&tool, &thor, &store, &["--for", "1s", "--record", "one.ndjson"]);
    assert_eq!(failed.code, 4, "{}", failed.err);
    assert!(
        failed.err.contains("the recording is safe in") && failed.err.contains("one.ndjson"),
        "{}",
        failed.err
    );
    assert!(tool.path().join("one.ndjson").exists());
    fs_err::remove_file(in_the_way).unwrap();
    let next = record(&tool, &thor, &store, &["--for", "1s", "--record", "two.ndjson"]);
    assert!(matches!(next.code, 0 | 3), "{}", next.err);
    assert_eq!(files_below(&tool.path().join("store")), ["one.ndjson", "two.ndjson"]);
    assert!(!tool.path().join(".thor-cutover/unstored.json").exists());
}

#[test]
fn a_list_of_what_waits_that_cannot_be_read_is_said_and_kept() {
    let (tool, thor) = (Tool::new(), thor());
    let store = url(&tool, "store");
    tool.write(".thor-cutover/unstored.json", "{\"one.ndjson\":");
    let next = record(&tool, &thor, &store, &["--for", "1s", "--record", "two.ndjson"]);
    assert!(matches!(next.code, 0 | 3), "{}", next.err);
    assert!(next.err.contains("warning: what waits to be stored cannot be read"), "{}", next.err);
    assert_eq!(tool.read(".thor-cutover/unstored.unreadable"), "{\"one.ndjson\":");
    assert_eq!(files_below(&tool.path().join("store")), ["two.ndjson"]);
}

#[test]
fn shards_of_a_prefix_merged_are_what_one_machine_says_of_the_folder() {
    let tool = Tool::new();
    let folder = month(&tool, |at| at < 7);
    let prefix = format!("{}/", url(&tool, "month"));
    let whole = tool.run(&["replay", folder.to_str().unwrap(), "--format", "json"]);
    let mut results = Vec::new();
    for index in 1..=3 {
        let name = format!("result-{index}.json");
        let shard = format!("{index}/3");
        tool.run(&["replay", &prefix, "--shard", &shard, "--format", "json", "--output", &name]);
        results.push(name);
    }
    let words: Vec<&str> = results.iter().map(String::as_str).collect();
    let merged = tool.run(&[&["replay", "--merge", "--format", "json"], &words[..]].concat());
    assert_eq!((merged.code, merged.out), (whole.code, whole.out));
}

/// What is fetched lies in a folder of its own for a moment, which no report names.
#[test]
fn a_damaged_recording_in_a_store_is_named_by_its_url() {
    let tool = Tool::new();
    tool.write("store/torn.ndjson", "{\"thor_cutover_recording\":1}\nnot an observation\n{\"t\":1}\n");
    let store = url(&tool, "store");
    let alone = tool.run(&["replay", &format!("{store}/torn.ndjson")]).exits(4);
    let each = tool.run(&["replay", &format!("{store}/"), "--format", "json"]).exits(4).out;
    for said in [alone.err, each] {
        assert!(said.contains(&format!("{store}/torn.ndjson")), "{said}");
        let temporary = std::env::temp_dir().join("thor-cutover-");
        assert!(!said.contains(temporary.to_str().unwrap()), "{said}");
    }
    let gone = tool.run(&["replay", &format!("{store}/none.ndjson")]).exits(4).err;
    assert!(gone.contains("none.ndjson is not there"), "{gone}");
    let empty = tool.run(&["replay", &format!("{store}/empty/")]).exits(2).err;
    assert!(empty.contains("has no recording"), "{empty}");
}

#[test]
fn what_is_no_store_is_refused_and_no_secret_is_repeated() {
    let tool = Tool::new();
    for (text, says) in [
        (format!("s3://AKIA:{SECRET}@thor/run.ndjson"), "credentials come from the environment"),
        (format!("s3://thor/run.ndjson?X-Amz-Signature={SECRET}"), "neither a query nor a fragment"),
        (format!("https://{SECRET}@thor/run.ndjson"), "no object store is reached by https://"),
        ("s3:///run.ndjson".to_owned(), "it names no bucket"),
    ] {
        let replayed = tool.run(&["replay", &text]).exits(2).err;
        assert!(replayed.contains(says) && !replayed.contains(SECRET), "{replayed}");
        tool.write("thor-cutover.toml", &format!("[recording]\nstore = \"{text}\"\n"));
        let configured = tool.run(&["status"]).exits(2).err;
        assert!(configured.contains("thor-cutover.toml:2:") && configured.contains(says), "{configured}");
        assert!(!configured.contains(SECRET), "{configured}");
        fs_err::remove_file(tool.path().join("thor-cutover.toml")).unwrap();
    }
    let typed = tool.run(&["shadow-diff", "--record", "s3://thor/run.ndjson"]).exits(2).err;
    assert!(typed.contains("--record names a file") && typed.contains("[recording] store"), "{typed}");
}

/// A store that does not answer keeps nobody from observing.
#[test]
fn a_store_out_of_reach_is_said_before_and_after_and_no_secret_with_it() {
    let (tool, thor) = (Tool::new(), thor());
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut command =
        tool.command(&["shadow-diff", "account_balance", "--for", "1s", "--record", "run.ndjson"]);
    command.env("THOR_USER", USER).env("THOR_PASSWORD", PASSWORD);
    command
        .env("THOR_CUTOVER_REST_URL", thor.rest_url())
        .env("THOR_CUTOVER_RECORDING_STORE", "s3://thor/month");
    command.env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}")).env("AWS_ALLOW_HTTP", "true");
    command.env("AWS_ACCESS_KEY_ID", "AKIATHOR").env("AWS_SECRET_ACCESS_KEY", SECRET);
    let output = command.output().unwrap();
    let said =
        String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(said.contains("warning: cannot reach the object store of s3://thor/month/run.ndjson"), "{said}");
    assert!(said.contains("the recording is safe in"), "{said}");
    assert!(!said.contains(SECRET), "{said}");
    assert!(!said.contains("AKIATHOR"), "{said}");
    let noted: Value =
        serde_json::from_slice(&fs_err::read(tool.path().join(".thor-cutover/unstored.json")).unwrap())
            .unwrap();
    assert_eq!(noted.as_object().unwrap().values().next().unwrap(), "s3://thor/month/run.ndjson");
}
