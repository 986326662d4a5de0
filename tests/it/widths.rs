//! Every report for people at 60, 80, 120 and 160 columns: nothing is wider than the terminal, and nothing that a person
//! copies is broken.

use std::path::Path;

use thor_cutover::cli::Format;
use thor_cutover::environment::Environment;
use thor_cutover::model::diagnosis::{Diagnosis, Health, LikelyCause, Link, LinkState};
use thor_cutover::model::verdict::Verdict;
use thor_cutover::report::demo::{Demo, DemoAnswer, DemoFault, DemoFinding, DemoStep};
use thor_cutover::report::palette::Palette;
use thor_cutover::report::{self, Answer as _};
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
fn a_gate_explained() {
    let whole = ["asked by cutover, delete", "thor-cutover.toml"];
    insta::assert_snapshot!(at_every_width(&Tool::new(), &["gates", "--explain", "parity"], &whole));
}

#[test]
fn rollback() {
    let tool = Tool::with_flags_off();
    tool.write(".env", "WS_FEATURE_ACCOUNT_BALANCE=true\n");
    let whole = ["+WS_FEATURE_ACCOUNT_BALANCE=false", "VITE_WS_FEATURE_ACCOUNT_BALANCE"];
    insta::assert_snapshot!(at_every_width(&tool, &["rollback", "account_balance", "--dry-run"], &whole));
}

#[test]
fn replay() {
    let tool = Tool::new();
    pages::hostile_recording(&tool);
    let whole = ["NO-GO", "account_balance", "transitions-covered", "/buying_power", "verdict: NO-GO"];
    insta::assert_snapshot!(at_every_width(&tool, &["replay", "run.ndjson"], &whole));
}

#[test]
fn replay_of_each() {
    let tool = Tool::new();
    pages::hostile_recording(&tool);
    let recording = tool.read("run.ndjson");
    tool.write("month/paper/us-regular.20261123T143000Z.ndjson", &recording);
    tool.write("month/main/us-regular.20261123T143000Z.ndjson", "no recording\n");
    let whole = ["main/us-regular.20261123T143000Z.ndjson", "paper/us-regular.20261123T143000Z.ndjson"];
    insta::assert_snapshot!(at_every_width(&tool, &["replay", "month"], &whole));
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

/// The same for an answer that is a value: one that depends on a clock or a network.
fn told(name: &str, whole: &[&str], say: impl Fn(&Environment) -> String) -> String {
    Palette { color: false }.apply();
    let mut all = String::new();
    for width in WIDTHS {
        let text = say(&Environment { columns: Some(width), ..Environment::default() });
        for line in text.lines() {
            let widest = line.split_whitespace().map(|word| word.width()).max().unwrap_or(0);
            assert!(line.width() <= width || widest + 12 > width, "{name} at {width}: {line}");
        }
        for word in whole {
            assert!(text.contains(word), "{name} at {width}: {word} is broken:\n{text}");
        }
        all.push_str(&format!("===== {width} columns =====\n{text}\n"));
    }
    all
}

#[test]
fn doctor() {
    let link = |code: &str, state: LinkState, found: &str, took_ms: Option<u64>| Link {
        code: code.to_owned(),
        state,
        found: found.to_owned(),
        took_ms,
        trouble: None,
    };
    let trouble = LikelyCause {
        cause: "Channels' AllowedHostsOriginValidator refuses an Origin that is not in ALLOWED_HOSTS"
            .to_owned(),
        next: "thor-cutover doctor --origin http://thor.example, or add its host to ALLOWED_HOSTS".to_owned(),
    };
    let mut refused = link(
        "websocket-handshake",
        LinkState::Broken,
        "403 Forbidden, after the upgrade was asked for",
        Some(12),
    );
    refused.trouble = Some(trouble.clone());
    let mut diagnosis = Diagnosis {
        schema: String::new(),
        verdict: Health::Broken,
        exit_code: 4,
        first: Some(trouble),
        links: vec![
            link("configuration", LinkState::Holds, "thor-cutover.toml, contract thor-a, 4 features", None),
            link(
                "rest-login",
                LinkState::NotNeeded,
                "no credentials are configured, and none were asked for",
                Some(3),
            ),
            refused,
            link("feature:account_balance", LinkState::Unknown, "needs the link before it", None),
            link(
                "redis",
                LinkState::Doubtful,
                "it answers, and no channel layer has a key in it",
                Some(1_204),
            ),
        ],
        fits: None,
    };
    let whole = ["feature:account_balance", "403", "--origin", "BROKEN"];
    let broken = told("doctor", &whole, |environment| report::doctor::human(&diagnosis, environment.width()));
    diagnosis.links.truncate(2);
    (diagnosis.verdict, diagnosis.first) = (Health::Sound, None);
    let whole = ["thor-cutover shadow-diff"];
    let sound = told("doctor", &whole, |environment| report::doctor::human(&diagnosis, environment.width()));
    insta::assert_snapshot!(broken + &sound);
}

#[test]
fn demo() {
    let text = "what the command said\n".to_owned();
    let step = |command: &str| DemoStep {
        command: command.to_owned(),
        why: "2. Do REST and WebSocket say the same? Both are watched side by side.".to_owned(),
        exit_code: 1,
        text: text.clone(),
        json: serde_json::Value::Null,
    };
    let answer = DemoAnswer::new(Demo {
        rest_url: "http://127.0.0.1:45678/".to_owned(),
        planted: DemoFault {
            feature: "positions".to_owned(),
            entity: "/symbol=SPY, /asset_type=EQ".to_owned(),
            field: "/mark_price".to_owned(),
            what: "the WebSocket says a cent more than REST".to_owned(),
        },
        found: Some(DemoFinding {
            field: "/mark_price".to_owned(),
            rest: "\"455.030000\"".to_owned(),
            ws: "455.04".to_owned(),
            count: 1,
        }),
        accused: Vec::new(),
        verdicts: [("positions".to_owned(), Verdict::NoGo), ("intraday".to_owned(), Verdict::Go)].into(),
        steps: vec![step("thor-cutover shadow-diff --for 12s --every 250ms")],
    });
    let whole = ["thor-cutover doctor --rest-url http://localhost:8000", "1 time.", "/mark_price"];
    insta::assert_snapshot!(told("demo", &whole, |environment| answer
        .render(Format::Human, environment)
        .unwrap()));
}

#[test]
fn init() {
    let mut all = String::new();
    // one can copy it whole
    let next = "Next: thor-cutover replay --config thor-cutover.toml run.ndjson";
    for width in WIDTHS {
        // it never overwrites, and says so
        let tool = Tool::new();
        all.push_str(&format!("===== {width} columns =====\n{}\n", said(&tool, &["init", "--yes"], width)));
        let tool = Tool::new();
        let recording = "fixtures/proposals/a-recording-names-what-differs/recording.ndjson";
        std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join(recording), tool.path().join("run.ndjson"))
            .unwrap();
        all.push_str(&said(&tool, &["init", "--yes", "--from", "run.ndjson"], width));
        assert!(
            all.lines().all(|line| line.width() <= width || line == next || line.starts_with("=====")),
            "{all}"
        );
    }
    assert_eq!(all.matches(next).count(), WIDTHS.len(), "{all}");
    insta::assert_snapshot!(all);
}

#[test]
fn report_of_the_cutover() {
    let tool = of_another_team();
    let whole =
        ["thor-cutover report --format html --output cutover.html", "account_balance", "INCONCLUSIVE"];
    let text = at_every_width(&tool, &["report"], &whole);
    insta::with_settings!({ filters => vec![(r"\d{4}-\d\d-\d\d \d\d:\d\d", "YYYY-MM-DD HH:MM")] }, {
        insta::assert_snapshot!(text);
    });
}

#[test]
fn sign_off() {
    let tool = of_another_team();
    let note = "watched two sessions of the whole book, and compared the totals with the broker's own page";
    let mut all = String::new();
    for width in WIDTHS {
        let sign =
            ["sign-off", "positions", "--by", "Ada", "--role", "lead", "--accept", "/id", "--note", note];
        let text = said(&tool, &sign, width);
        // an id and a time are of the same length whenever it is
        let (first, rest) = text.split_once('\n').unwrap();
        let (when, rest) = rest.split_once(" UTC ").unwrap();
        assert_eq!((first.len(), when.len()), ("20261123T143000Z-0123456789 sign off".len(), 16), "{text}");
        all.push_str(&format!("===== {width} columns =====\nID sign off\nWHEN UTC {rest}\n"));
    }
    insta::assert_snapshot!(all);
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
    let plan = at_every_width(&tool, &["audit", "--plan", "account_balance"], &["backend/thor/urls.py:6"]);
    insta::assert_snapshot!("audit_plan", plan);
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
