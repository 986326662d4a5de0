//! The forms of the audit's answer, each read by something that did not write it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use thor_cutover::commands::schema::SCHEMAS;

use super::fixture;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Runs `audit` in an empty folder, so that no configuration of this repository enters.
pub fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_thor-cutover"))
        .arg("audit")
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .output()
        .expect("the binary runs")
}

fn text(state: &str, arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let source = fixture(state);
    let mut all = vec!["--source", source.to_str().unwrap()];
    if state == "b" {
        std::fs::write(folder.path().join("thor-cutover.toml"), "contract = \"thor-b\"\n").unwrap();
    }
    all.extend(arguments);
    let output = run(folder.path(), &all);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn json_keeps_to_its_schema() {
    let (.., schema) = SCHEMAS.iter().find(|(name, ..)| *name == "audit").unwrap();
    for state in ["a", "b"] {
        let answer: serde_json::Value = serde_json::from_str(&text(state, &["--format", "json"])).unwrap();
        jsonschema::validate(schema().as_value(), &answer).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(answer["schema"], "thor-cutover/audit/1");
        assert_eq!((&answer["verdict"], &answer["exit_code"]), (&"nothing-claimed".into(), &0.into()));
        let first = &answer["findings"][0];
        for key in ["kind", "feature", "path", "line", "symbol", "reason", "confidence", "fingerprint"] {
            assert!(first.get(key).is_some(), "{key} is missing: {first}");
        }
        assert!(!answer["findings"].to_string().contains(root().to_str().unwrap()), "paths are relative");
    }
}

#[test]
fn the_same_tree_gives_the_same_answer() {
    let once = text("b", &["--format", "json"]);
    for _ in 0..3 {
        assert_eq!(once, text("b", &["--format", "json"]));
    }
}

#[test]
#[expect(clippy::print_stderr, clippy::disallowed_macros, reason = "a skipped check is said aloud")]
fn sarif_is_read_by_an_independent_reader() {
    let python = root().join(".venv/bin/python");
    let has = |module: &str| {
        Command::new(&python)
            .args(["-c", &format!("import {module}")])
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    };
    if !has("sarif_pydantic") {
        let why =
            "SKIPPED: no sarif_pydantic in .venv; .venv/bin/pip install -r tests/readers/requirements.txt";
        assert!(
            std::env::var_os("CI").is_none_or(|ci| ci != "true"),
            "with CI=true nothing is skipped. {why}"
        );
        eprintln!("{why}");
        return;
    }
    for state in ["a", "b"] {
        let sarif = text(state, &["--format", "sarif"]);
        let reader = root().join("tests/readers/read_sarif.py");
        let output = assert_cmd::Command::new(&python).arg(reader).write_stdin(sarif).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let json: serde_json::Value = serde_json::from_str(&text(state, &["--format", "json"])).unwrap();
        let findings = json["findings"].as_array().unwrap().len();
        let counts = String::from_utf8(output.stdout).unwrap();
        assert_eq!(counts.split(' ').next().unwrap(), findings.to_string(), "{counts}");
    }
}

#[test]
fn annotations_name_file_and_line_and_only_hazards() {
    let text = text("b", &["--format", "github"]);
    let missing =
        "::error file=backend/markets/services/bars.py,line=27,title=handler-missing::system_notice";
    assert!(text.contains(missing), "{text}");
    assert!(!text.contains("title=positions rest-route"), "{text}");
    assert!(text.lines().all(|line| line.starts_with("::")), "{text}");
}

#[test]
fn markdown_has_one_table_a_feature() {
    let text = text("a", &["--format", "markdown"]);
    for title in ["account\\_balance", "positions", "intraday", "global\\_market"] {
        assert!(text.contains(&format!("\n## {title}\n")), "{title}: {text}");
    }
    for line in text.lines().filter(|line| line.starts_with('|')) {
        let cells = line.replace("\\|", "").matches('|').count();
        assert_eq!(cells, 5, "{line}");
    }
}

#[test]
fn the_human_form_fits_eighty_columns() {
    for state in ["a", "b"] {
        for line in text(state, &["--color", "never"]).lines() {
            let width = unicode_width::UnicodeWidthStr::width(line);
            // A path is not broken: it must stay something to click on.
            assert!(width <= 80 || line.contains('/'), "{width}: {line}");
        }
    }
}

#[test]
fn the_plan_puts_callers_first_and_keeps_what_others_need() {
    let text = text("a", &["--plan", "positions", "--format", "markdown"]);
    let at = |what: &str| text.find(what).unwrap_or_else(|| panic!("{what} is not in the plan:\n{text}"));
    let order = [
        at("Stop the pollers"),
        at("`thor-frontend/src/pages/OrdersPage.tsx:11`"),
        at("Remove the requests"),
        at("Remove the routes"),
        at("`thor-backend/ActAndPos/urls.py:7`"),
        at("Remove the views"),
        at("Remove the flag reads"),
        at("First decide"),
        at("Keep"),
    ];
    assert!(order.is_sorted(), "{order:?}\n{text}");
    assert!(text.lines().filter(|line| line.starts_with("- [ ] `")).count() >= 10, "{text}");
    let keep = &text[at("## Keep")..];
    assert!(keep.contains("MarketMetricsJob"), "the shared timer stays: {keep}");
}

#[test]
fn a_folder_without_source_and_an_unknown_feature_are_usage_errors() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--source"), "{output:?}");
    let source = fixture("a");
    let output = run(folder.path(), &["--source", source.to_str().unwrap(), "position"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("positions"), "{output:?}");
    let output = run(folder.path(), &["--source", source.to_str().unwrap(), "--format", "junit"]);
    assert_eq!(output.status.code(), Some(2));
}
