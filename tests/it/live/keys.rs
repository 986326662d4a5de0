//! The keys, the size and the ways a run ends: whatever happens, the terminal is given back as it was.

use std::time::Duration;

use serde_json::Value;
use thor_cutover::emulator::Fault;

use super::terminal::Terminal;
use super::{Stage, a_cent_off};

const ALTERNATE: &str = "\u{1b}[?1049h";
const TO_A_FILE: [&str; 4] = ["--format", "json", "--output", "answer.json"];

fn answer(stage: &Stage) -> Value {
    serde_json::from_str(&std::fs::read_to_string(stage.path().join("answer.json")).unwrap()).unwrap()
}

#[test]
fn f_chooses_d_shows_the_difference_sizes_are_followed_and_q_keeps_the_evidence() {
    let stage = Stage::with(vec![a_cent_off()]);
    let arguments = [&["account_balance", "positions", "--for", "10m"], &TO_A_FILE[..]].concat();
    let mut terminal = Terminal::start(&stage, &arguments, &[]);
    let shown = terminal.wait_for("▸ account_balance");
    assert!(shown.contains("WebSocket") && shown.contains("REST"), "both sources of truth:\n{shown}");
    terminal.wait_for("open for");
    terminal.press("f");
    terminal.wait_for("▸ positions");
    // a difference gets its name once nothing can excuse it any more
    let shown = terminal.wait_for("newest difference at");
    assert!(shown.contains("/mark_price") && shown.contains("NO-GO"), "{shown}");

    terminal.press("d");
    let shown = terminal.wait_for("+++ WebSocket");
    assert!(shown.contains("- /mark_price") && shown.contains("+ /mark_price"), "{shown}");
    assert!(shown.contains("the same"), "unchanged fields are folded:\n{shown}");
    terminal.press("f");
    terminal.wait_for("account_balance: no difference so far");
    terminal.press("fd");
    terminal.wait_for("▸ positions");

    terminal.resize(140, 40);
    terminal.wait_for("messages/s");
    terminal.resize(50, 12);
    terminal.wait_gone("messages/s");
    let is_at_the_bottom = |screen: &vt100::Screen| screen.rows(0, 50).nth(11).unwrap().contains(" q ");
    terminal.wait("the keys in the last of 12 rows", is_at_the_bottom);

    terminal.press("q");
    assert_eq!(terminal.exit_code(), 1, "{}", terminal.bytes());
    terminal.is_given_back();
    let shown = terminal.wait_for("evidence kept in");
    assert!(!shown.contains("▸"), "the view is gone:\n{shown}");
    let answer = answer(&stage);
    assert_eq!((&answer["end"], &answer["verdict"]), (&"interrupted".into(), &"no-go".into()));
}

#[test]
fn the_answer_stands_on_the_screen_that_stays() {
    let stage = Stage::with(Vec::new());
    let mut terminal = Terminal::start(&stage, &["account_balance", "--for", "10m", "--no-evidence"], &[]);
    terminal.wait_for("▸ account_balance");
    terminal.press("q");
    terminal.exit_code();
    terminal.is_given_back();
    terminal.wait_for("verdict:");
    let answer = terminal.wait_after("verdict:");
    assert!(terminal.bytes().contains("\u{1b}[38;5;"), "the view has colour on a terminal");
    assert!(answer.contains("\u{1b}[1;3"), "the answer has, too: {answer:?}");
}

#[test]
fn ctrl_c_as_a_key_is_the_signal() {
    let stage = Stage::with(Vec::new());
    let arguments = [&["account_balance", "--for", "10m"], &TO_A_FILE[..]].concat();
    let mut terminal = Terminal::start(&stage, &arguments, &[]);
    terminal.wait_for("open for");
    terminal.press("\u{3}");
    let code = terminal.exit_code();
    terminal.is_given_back();
    terminal.wait_for("evidence kept in");
    assert_eq!((&answer(&stage)["end"], code), (&"interrupted".into(), 3));
}

#[test]
fn a_second_ctrl_c_ends_at_once() {
    let stage = Stage::with(Vec::new());
    let mut terminal = Terminal::start(&stage, &["account_balance", "--for", "10m"], &[]);
    terminal.wait_for("open for");
    terminal.press("\u{3}\u{3}");
    let code = terminal.exit_code();
    terminal.is_given_back();
    // 3 where the evidence was kept before the second one came
    assert!(code == 4 || code == 3, "{code}: {}", terminal.bytes());
    assert!(code == 3 || terminal.wait_for("a second time").contains("error:"));
}

#[test]
fn signals_give_the_terminal_back() {
    let stage = Stage::with(Vec::new());
    for signal in ["-TERM", "-INT", "-HUP"] {
        let mut terminal =
            Terminal::start(&stage, &["account_balance", "--for", "10m", "--no-evidence"], &[]);
        terminal.wait_for("open for");
        terminal.signal(signal);
        assert_eq!(terminal.exit_code(), 3, "{signal}");
        terminal.is_given_back();
    }
}

#[test]
fn a_failure_gives_the_terminal_back() {
    let stage = Stage::with(Vec::new());
    // the recording may not grow beyond some hundred kilobytes
    let limit = "trap '' XFSZ; ulimit -f 300; exec \"$0\" \"$@\"";
    let program = ["sh", "-c", limit, env!("CARGO_BIN_EXE_thor-cutover")];
    let arguments = ["positions", "--for", "10m", "--no-evidence", "--record", "run.ndjson"];
    let mut terminal = Terminal::start_by(&program, &stage, &arguments, &[]);
    terminal.wait_for("▸ positions");
    assert_eq!(terminal.exit_code(), 4);
    terminal.is_given_back();
    terminal.wait_after("error:");
}

#[test]
fn a_reconnect_is_seen_and_stays_in_sight() {
    let stage = Stage::with(Vec::new());
    let mut terminal = Terminal::start(&stage, &["account_balance", "--for", "10m", "--no-evidence"], &[]);
    terminal.wait_for("open for");
    stage.emulator.plant(Fault::Close { code: 3000, after: Duration::ZERO });
    let shown = terminal.wait_for("connected again");
    assert!(shown.contains("WebSocket closed: 3000"), "{shown}");
    terminal.wait_for("1 reconnect ");
    terminal.press("q");
    terminal.exit_code();
    terminal.is_given_back();
    // and is said once more where it can be read afterwards
    terminal.wait_after("WebSocket closed: 3000");
}

#[test]
fn without_colour_no_byte_of_it_is_written() {
    let stage = Stage::with(Vec::new());
    let run = ["account_balance", "--for", "10m", "--no-evidence"];
    let never = [&run[..], &["--color", "never"]].concat();
    for (arguments, variables) in [(&run[..], &[("NO_COLOR", "1")][..]), (&never[..], &[])] {
        let mut terminal = Terminal::start(&stage, arguments, variables);
        terminal.wait_for("▸ account_balance");
        terminal.press("q");
        terminal.exit_code();
        terminal.wait_after("verdict:");
        let bytes = terminal.bytes();
        for hue in ('0'..='8').flat_map(|hue| ["3", "4", "9"].map(|kind| format!("\u{1b}[{kind}{hue}"))) {
            assert!(!bytes.contains(&hue), "{hue:?} in {bytes:?}");
        }
    }
}

#[test]
fn neither_quiet_nor_a_dumb_terminal_gets_a_view() {
    let stage = Stage::with(Vec::new());
    let run = ["account_balance", "--for", "2s", "--no-evidence"];
    let quiet = [&run[..], &["-q"]].concat();
    for (arguments, variables) in [(&quiet[..], &[][..]), (&run[..], &[("TERM", "dumb")])] {
        let mut terminal = Terminal::start(&stage, arguments, variables);
        terminal.exit_code();
        terminal.wait_for("verdict:");
        assert!(!terminal.bytes().contains(ALTERNATE), "{}", terminal.bytes());
    }
}

#[test]
fn the_third_findings_payloads_are_reached_at_every_size() {
    let everywhere = |field: &str| Fault::Value {
        feature: thor_cutover::emulator::PlayedFeature::Positions,
        side: thor_cutover::emulator::FaultSide::WebSocket,
        entity: None,
        field: field.to_owned(),
    };
    let stage = Stage::with(vec![everywhere("/mark_price")]);
    let mut terminal = Terminal::start(&stage, &["positions", "--for", "10m", "--no-evidence"], &[]);
    terminal.wait_for("newest difference at");
    terminal.press("l");
    terminal.wait_for("choose");
    for (columns, rows) in [(60, 20), (80, 24), (160, 50)] {
        terminal.resize(columns, rows);
        // three at least, one for each position
        let list = terminal.wait_for("▸ value");
        let is_listed = |line: &str| line.contains("value  /mark_price");
        let listed: Vec<&str> = list.lines().filter(|line| is_listed(line)).collect();
        assert!(listed.len() >= 3, "{columns}×{rows}:\n{list}");
        terminal.press("\u{1b}[B\u{1b}[B");
        let third_of = |screen: &vt100::Screen| screen.rows(0, columns).filter(|line| is_listed(line)).nth(2);
        let list = terminal
            .wait("the third is chosen", |screen| third_of(screen).is_some_and(|line| line.contains('▸')));
        // narrow screens cut the name
        let third = list.lines().filter(|line| is_listed(line)).nth(2).unwrap();
        let third = third.split("/symbol=").nth(1).unwrap();
        let third: String = third.chars().take_while(|c| c.is_alphanumeric()).collect();
        terminal.press("\r");
        let shown = terminal.wait_for("+++ WebSocket");
        assert!(
            shown.contains("positions: finding at") && shown.contains(&third),
            "{columns}×{rows}:\n{shown}"
        );
        assert!(shown.contains("- /mark_price") && shown.contains("+ /mark_price"), "{shown}");
        terminal.press("\u{1b}");
        terminal.wait_for("choose");
        terminal.press("\u{1b}[A\u{1b}[A");
    }
    terminal.press("?");
    let help = terminal.wait_for("What the keys do");
    assert!(help.contains("suspected") && help.contains("end the run"), "{help}");
    terminal.press("?\u{1b}");
    terminal.resize(60, 20);
    let shown = terminal.wait_for("▸ positions");
    assert!(shown.lines().any(|line| line.contains("▸ positions") && line.contains("NO-GO")), "{shown}");
    terminal.press("q");
    assert_eq!(terminal.exit_code(), 1);
    terminal.is_given_back();
}

#[test]
fn plain_says_lines_on_a_terminal_too() {
    let stage = Stage::with(vec![a_cent_off()]);
    let arguments = ["positions", "--for", "20s", "--no-evidence", "--plain"];
    let mut terminal = Terminal::start(&stage, &arguments, &[]);
    let shown = terminal.wait_for("positions: value");
    assert!(shown.contains("observing positions"), "{shown}");
    assert_eq!(terminal.exit_code(), 1);
    assert!(!terminal.bytes().contains(ALTERNATE), "a screen was drawn");
}
