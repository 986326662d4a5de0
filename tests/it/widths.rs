//! Every report for people at 60, 80, 120 and 160 columns: nothing is wider than the terminal, and nothing that a person
//! copies is broken.

use unicode_width::UnicodeWidthStr as _;

use crate::control::tool::Tool;
use crate::pages;

const WIDTHS: [usize; 4] = [60, 80, 120, 160];

/// What the command says at a width, with what differs from run to run masked.
fn said(tool: &Tool, arguments: &[&str], width: usize) -> String {
    let output = tool.command(arguments).env("COLUMNS", width.to_string()).output().unwrap();
    assert!(
        output.status.code().is_some_and(|code| code != 2),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap().replace(&tool.path().display().to_string(), "/folder")
}

/// All widths one under the other, after the claims that hold at each.
fn at_every_width(tool: &Tool, arguments: &[&str], whole: &[&str]) -> String {
    let mut all = String::new();
    for width in WIDTHS {
        let text = said(tool, arguments, width);
        for line in text.lines() {
            // a word, a command or a value that is wider than the terminal stays whole
            let words = line.split_whitespace().map(|word| word.width()).max().unwrap_or(0);
            let is_payload = line.trim_start().starts_with(['-', '+', '/']) || line.contains(" · ");
            assert!(
                line.width() <= width || words + 12 > width || is_payload,
                "{arguments:?} at {width}: {}: {line}",
                line.width()
            );
        }
        for word in whole {
            assert!(text.contains(word), "{arguments:?} at {width}: {word} is broken:\n{text}");
        }
        all.push_str(&format!("===== {width} columns =====\n{text}\n"));
    }
    all
}

/// No path of this machine is in what it says: how long one is would decide where lines end.
fn of_another_team() -> Tool {
    let tool = Tool::with_flags_off();
    tool.write("thor-cutover.toml", "[source]\nnone = \"the backend is another team's\"\n");
    tool
}

#[test]
fn status() {
    let tool = Tool::with_flags_off();
    insta::assert_snapshot!(at_every_width(
        &tool,
        &["status"],
        &["account_balance", "thor-cutover shadow-diff account_balance"]
    ));
}

#[test]
fn checklist() {
    let tool = of_another_team();
    let whole = ["evidence-present", "sessions-covered", "INCONCLUSIVE"];
    insta::assert_snapshot!(at_every_width(&tool, &["checklist", "account_balance"], &whole));
}

#[test]
fn gates() {
    let tool = Tool::new();
    let whole = ["transitions-covered", "documentation-updated"];
    insta::assert_snapshot!(at_every_width(&tool, &["gates"], &whole));
}

#[test]
fn replay() {
    let tool = Tool::new();
    pages::hostile_recording(&tool);
    let whole = ["NO-GO", "account_balance", "transitions-covered", "/buying_power", "verdict: NO-GO"];
    insta::assert_snapshot!(at_every_width(&tool, &["replay", "run.ndjson"], &whole));
}

#[test]
fn enable_refused() {
    let tool = of_another_team();
    insta::assert_snapshot!(at_every_width(&tool, &["enable", "account_balance"], &["evidence-present:"]));
}

#[test]
fn evidence_list() {
    let tool = Tool::new();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/ledger-of-version-1/export.ndjson");
    tool.run(&["evidence", "import", folder]);
    let listed = tool.run(&["evidence", "list", "--format", "json"]).exits(0).json();
    let ids: Vec<String> = listed["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["id"].as_str().unwrap().to_owned())
        .collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    assert!(!ids.is_empty(), "the fixture has entries");
    insta::assert_snapshot!(at_every_width(&tool, &["evidence", "list"], &ids));
}

#[test]
fn audit() {
    let tool = Tool::new();
    let tree =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/checklist/one-feature-integrated");
    let copied =
        std::process::Command::new("cp").arg("-r").arg(tree.join(".")).arg(tool.path()).status().unwrap();
    assert!(copied.success());
    let text = at_every_width(&tool, &["audit", "account_balance"], &["backend/thor/urls.py:6"]);
    // the folder's own path stands last, and how long it is decides where that line ends
    let told = text.split("searched").map(|part| part.rsplit_once("=====\n").map_or(part, |(_, told)| told));
    insta::assert_snapshot!(told.collect::<String>());
}

#[test]
fn without_a_terminal_and_without_a_promise_a_report_is_80_columns_wide() {
    let tool = Tool::with_flags_off();
    let plain = tool.run(&["checklist", "account_balance"]).out;
    let plain = plain.replace(&tool.path().display().to_string(), "/folder");
    assert_eq!(plain, said(&tool, &["checklist", "account_balance"], 80));
    assert_ne!(plain, said(&tool, &["checklist", "account_balance"], 120));
}
