//! Claims about pages: `report` tells a month, `replay` a run; each is one small file in which everything that a
//! server sends stays text, and a browser has nothing to complain of.

pub mod browser;
mod month;

use self::month::{FEATURES, HOSTILE, tool};
use crate::control::tool::Tool;

/// Markup of strangers in a page or in Markdown.
fn refuse_markup(text: &str) {
    for raw in ["<script", "<img", "\u{202e}", "\u{1b}", "</style><"] {
        assert!(!text.contains(raw), "{raw:?} came through");
    }
    assert!(text.contains("gnp.exe"), "what was planted is not there at all");
}

#[test]
fn a_month_is_one_small_page_that_asks_nobody_for_anything() {
    let tool = tool();
    let said = tool.run(&["report", "--format", "html", "--output", "cutover.html"]).exits(0);
    assert_eq!(said.out, "");
    let page = tool.read("cutover.html");
    assert!(page.len() < 1_000_000, "{} bytes", page.len());
    refuse_markup(&page);
    for reference in
        ["http-equiv=\"refresh\"", "url(", "@import", "<iframe", "<form", "javascript:", "<link rel=\"s"]
    {
        assert!(!page.contains(reference), "{reference}");
    }
    for feature in FEATURES {
        assert!(page.contains(&format!("{feature}</a>")), "{feature}");
    }
    for told in
        ["What was not seen", "Grace", "desk lead", "takes back", "flag on", "mark_price", "454.99", "every"]
    {
        assert!(page.contains(told), "{told}");
    }
    assert_eq!(page.matches("role=\"img\"").count(), 1 + 3 * 4, "a timeline, and three charts a feature");
}

#[test]
fn the_same_is_told_as_json_and_as_markdown() {
    let tool = tool();
    let json = tool.run(&["report", "--format", "json"]).exits(0).json();
    let schema = tool.run(&["schema", "report"]).exits(0).json();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&json).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    let positions = &json["features"][1];
    assert_eq!(positions["runs"].as_array().unwrap().len(), 40);
    let findings = positions["findings"].as_array().unwrap();
    assert_eq!((findings.len(), positions["more_findings"].as_u64()), (8, Some(82)));
    assert_eq!(findings[0]["payloads"]["ws"]["/mark_price"], "454.99");
    let own: Vec<&str> =
        positions["own_rules"].as_array().unwrap().iter().map(|rule| rule["key"].as_str().unwrap()).collect();
    assert_eq!(own, ["ws"], "only what somebody here wrote");
    let kinds: Vec<&str> =
        json["events"].as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["revocation", "sign_off", "flag_change", "flag_change", "flag_change"]);
    let sessions = json["features"][0]["sessions"].as_array().unwrap();
    assert!(sessions.len() >= 18, "{}", sessions.len());
    let markdown = tool.run(&["report", "--format", "markdown"]).exits(0).out;
    refuse_markup(&markdown);
    for told in ["## What was not seen", "| **/mark\\_price** | 455.00 | 454.99 |", "Grace"] {
        assert!(markdown.contains(told), "{told}: {markdown}");
    }
}

#[test]
fn a_shorter_time_and_fewer_features_can_be_asked_for() {
    let tool = tool();
    let json = tool.run(&["report", "positions", "--last", "1w", "--format", "json"]).exits(0).json();
    let [positions] = json["features"].as_array().unwrap().as_slice() else { panic!("{json}") };
    let runs = positions["runs"].as_array().unwrap().len();
    assert!((8..=12).contains(&runs), "{runs}");
    let said = json["not_seen"].to_string();
    assert!(said.contains("older than the time told here"), "{said}");
    tool.run(&["report", "positons"]).exits(2);
}

#[test]
fn without_a_ledger_the_page_says_that_nothing_was_seen() {
    let tool = Tool::new();
    for format in ["human", "json", "markdown", "html"] {
        let said = tool.run(&["report", "--format", format]).exits(0);
        assert!(said.out.contains("nothing has been observed"), "{format}: {}", said.out);
    }
    assert!(!tool.path().join(".thor-cutover").exists(), "it only reads");
}

/// A recording in which REST and the WebSocket say different things, some of them hostile.
pub fn hostile_recording(tool: &Tool) {
    let balance = |cash: &str| serde_json::json!({"account_number": "1", "cash": cash, "buying_power": cash, "status": HOSTILE});
    let mut lines = vec![
        serde_json::json!({"thor_cutover_recording": 1, "started_at": "2026-11-23T14:30:00Z",
            "features": ["account_balance"]}),
        serde_json::json!({"t": 100, "link": "open"}),
    ];
    // a value that is held for long is owed by the stream
    for second in 1u64..180 {
        let at = second * 1_000_000_000;
        let (rest, ws) = (format!("{}.00", second / 30), format!("{}.01", second / 30));
        if second % 5 == 0 {
            lines.push(serde_json::json!({"t": at, "ws": {"type": "account_balance", "data": balance(&ws)}}));
        }
        lines.push(serde_json::json!({"t": at + 400_000_000, "rest": {"feature": "account_balance",
            "sent": at + 390_000_000, "status": 200, "body": balance(&rest)}}));
    }
    lines.push(serde_json::json!({"t": 181_000_000_000u64, "end": "completed"}));
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    tool.write("run.ndjson", &text);
}

#[test]
fn a_run_is_one_page_with_its_samples_and_both_sides_of_what_differs() {
    let tool = Tool::new();
    hostile_recording(&tool);
    let page = tool.run(&["replay", "run.ndjson", "--format", "html"]).exits(1).out;
    refuse_markup(&page);
    assert!(page.len() < 1_000_000, "{} bytes", page.len());
    for told in [
        "class=\"f-no-go\"",
        "\ndiffers\n",
        "REST said",
        "Into the run",
        "class=\"differs\"",
        "/cash",
        "1:40",
    ] {
        assert!(page.contains(told), "{told}");
    }
}

#[test]
fn a_run_speaks_to_pull_requests_and_to_ci_as_a_checklist_does() {
    let tool = Tool::new();
    hostile_recording(&tool);
    let markdown = tool.run(&["replay", "run.ndjson", "--format", "markdown"]).exits(1).out;
    refuse_markup(&markdown);
    assert!(markdown.starts_with("# ❌ thor-cutover replay: no-go\n"), "{markdown}");
    assert!(markdown.contains("| field | REST said | WebSocket said |"), "{markdown}");
    let github = tool.run(&["replay", "run.ndjson", "--format", "github"]).exits(1).out;
    let annotations: Vec<&str> = github.lines().filter(|line| line.starts_with("::error ")).collect();
    assert_eq!(annotations.len(), 1, "one for the one feature: {github}");
    assert!(annotations[0].contains("parity") || annotations[0].contains("value"), "{github}");
    assert!(github.lines().all(|line| !line.contains('\u{1b}')), "{github}");
    let junit = tool.run(&["replay", "run.ndjson", "--format", "junit"]).exits(1).out;
    let json = tool.run(&["replay", "run.ndjson", "--format", "json"]).exits(1).json();
    let gates = json["features"][0]["gates"].as_array().unwrap();
    assert_eq!(junit.matches("<testcase ").count(), gates.len(), "{junit}");
    let failing = gates.iter().filter(|gate| gate["verdict"] != "go").count();
    assert_eq!(junit.matches("<failure ").count(), failing, "{junit}");
}
