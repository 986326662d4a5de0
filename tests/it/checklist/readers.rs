//! Each format read by something that is not ours: libraries from PyPI, in the repository's `.venv`.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::control::tool::Tool;

/// What the independent reader understood; `None`, said loudly, where it is not installed.
fn read(kind: &str, files: &[&Path]) -> Option<serde_json::Value> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let python = root.join(".venv/bin/python");
    if !root.join(".venv/.readers").exists() {
        assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "scripts/readers-env has not run");
        let said = writeln!(
            std::io::stderr().lock(),
            "SKIPPED: no independent reader of {kind}: scripts/readers-env"
        );
        said.unwrap();
        return None;
    }
    let output = Command::new(python)
        .arg(root.join("fixtures/readers/read.py"))
        .arg(kind)
        .args(files)
        .output()
        .unwrap();
    assert!(output.status.success(), "{kind}: {}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// A checklist in one format, written to a file.
fn written(tool: &Tool, format: &str, arguments: &[&str]) -> PathBuf {
    let file = tool.path().join(format!("checklist.{format}"));
    let more = ["--format", format, "--output", file.to_str().unwrap()];
    tool.run(&[&["checklist"], arguments, &more].concat());
    file
}

/// Flags on out of order, and a log that tries to be more than text.
fn claiming() -> Tool {
    let tool = Tool::new();
    tool.write(".env", "WS_FEATURE_POSITIONS=true\n");
    tool.write(
        "ws.log",
        "ERROR websocket <script>alert(1)</script> [x](http://e) ![i](j) | ]]> &amp; \u{7}\n",
    );
    tool
}

const LOG: [&str; 2] = ["--log-file", "ws.log"];

#[test]
fn junit_has_a_case_for_each_gate() {
    let tool = claiming();
    let Some(read) = read("junit", &[&written(&tool, "junit", &LOG)]) else { return };
    let json = tool.run(&[&["checklist", "--format", "json"][..], &LOG].concat()).exits(1).json();
    for feature in json["features"].as_array().unwrap() {
        let (name, decision) = (feature["feature"].as_str().unwrap(), feature["decision"].as_str().unwrap());
        let cases = &read["suites"][format!("{name}: {decision}")];
        let gates = feature["gates"].as_array().unwrap();
        assert_eq!(cases.as_object().unwrap().len(), gates.len(), "{name}");
        for gate in gates {
            let expected = match (gate["verdict"].as_str().unwrap(), feature["judged"].as_bool().unwrap()) {
                ("go", _) => "passed",
                (_, false) => "skipped",
                ("error", true) => "error",
                (_, true) => "failure",
            };
            assert_eq!(cases[gate["code"].as_str().unwrap()], expected, "{name} {gate}");
        }
    }
    assert!(read["failures"].as_u64().unwrap() > 0 && read["skipped"].as_u64().unwrap() > 0, "{read}");
}

#[test]
fn json_is_as_the_printed_schema_says() {
    let tool = claiming();
    let schema = tool.path().join("schema.json");
    std::fs::write(&schema, tool.run(&["schema", "checklist"]).exits(0).out).unwrap();
    let Some(read) = read("json", &[&written(&tool, "json", &LOG), &schema]) else { return };
    assert_eq!(read["errors"], serde_json::json!([]));
}

#[test]
fn markdown_renders_as_tables_of_text() {
    let tool = claiming();
    let Some(read) = read("markdown", &[&written(&tool, "markdown", &LOG)]) else { return };
    assert_eq!(read["strange"], serde_json::json!([]), "no HTML, link or image came out of a log");
    assert!(read["headings"][0].as_str().unwrap().contains("no-go"), "{read}");
    let gates = &read["tables"][0];
    assert_eq!(gates[0], serde_json::json!(["gate", "verdict", "measured", "needed", "what to do"]));
    for row in gates.as_array().unwrap() {
        assert_eq!(row.as_array().unwrap().len(), 5, "{row}");
    }
    let text = gates.to_string();
    assert!(
        text.contains("<script>alert(1)</script> [x](http://e) ![i](j) | ]]> &amp;"),
        "as it was: {text}"
    );
}
