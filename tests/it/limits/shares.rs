//! Shares of a run beyond which it proves nothing: up to each the run is GO, beyond it is inconclusive and says which.

use std::fmt::Write as _;

use serde_json::Value;

use crate::control::tool::Tool;

/// A recording of `account_balance`, line by line.
#[derive(Default)]
struct Recording {
    /// With the instant in milliseconds, to be put in order.
    lines: Vec<(u64, String)>,
}

impl Recording {
    fn line(&mut self, at: u64, what: &str) {
        self.lines.push((at, what.to_owned()));
    }

    fn data(cash: u64) -> String {
        let rest = "\"net_liquidation\":1.0,\"equity\":1.0,\"buying_power\":1.0,\"day_trade_bp\":1.0";
        format!("{{\"account_id\":\"a\",\"cash\":{cash}.5,{rest}}}")
    }

    fn message(&mut self, at: u64, cash: u64) {
        self.line(at, &format!("\"ws\":{{\"type\":\"account_balance\",\"data\":{}}}", Self::data(cash)));
    }

    fn answer(&mut self, at: u64, cash: u64) {
        let (sent, body) = ((at - 50) * 1_000_000, Self::data(cash));
        let answer =
            format!("\"feature\":\"account_balance\",\"sent\":{sent},\"status\":200,\"body\":{body}");
        self.line(at, &format!("\"rest\":{{{answer}}}"));
    }

    fn error(&mut self, at: u64) {
        let sent = (at - 50) * 1_000_000;
        self.line(
            at,
            &format!("\"rest\":{{\"feature\":\"account_balance\",\"sent\":{sent},\"error\":\"timeout\"}}"),
        );
    }

    fn closed(&mut self, at: u64, code: u16) {
        self.line(at, &format!("\"link\":\"closed\",\"code\":{code}"));
    }

    fn opened(&mut self, at: u64) {
        self.line(at, "\"link\":\"open\"");
    }

    /// A clean run of these seconds: a push at each, and an answer half a second later.
    fn clean(seconds: std::ops::Range<u64>) -> Self {
        let mut recording = Self::default();
        recording.opened(0);
        for second in seconds {
            recording.message(second * 1000, 1000 + second);
            recording.answer(second * 1000 + 500, 1000 + second);
        }
        recording
    }

    /// Judged up to this instant: its verdict, and the gates that are not GO.
    fn judged(mut self, end: u64) -> (String, Vec<String>) {
        self.lines.sort_by_key(|(at, _)| *at);
        let mut text = String::from("{\"thor_cutover_recording\":1,\"features\":[\"account_balance\"]}\n");
        for (at, line) in &self.lines {
            writeln!(text, "{{\"t\":{},{line}}}", at * 1_000_000).unwrap();
        }
        writeln!(text, "{{\"t\":{},\"end\":\"completed\"}}", end * 1_000_000).unwrap();
        let tool = Tool::new();
        tool.write("run.ndjson", &text);
        let report = tool.run(&["replay", "run.ndjson", "--format", "json"]).json();
        let gates = report["features"][0]["gates"].as_array().unwrap();
        let failing = gates.iter().filter(|gate| gate["verdict"] != "go");
        let shown = |gate: &Value| gate["code"].as_str().unwrap().to_owned();
        (report["verdict"].as_str().unwrap().to_owned(), failing.map(shown).collect())
    }
}

fn proves_nothing(gate: &str) -> (String, Vec<String>) {
    ("inconclusive".to_owned(), vec![gate.to_owned()])
}

fn is_go() -> (String, Vec<String>) {
    ("go".to_owned(), Vec::new())
}

#[test]
fn one_request_in_five_may_fail_and_no_more() {
    let with_errors = |errors: u64| {
        let mut recording = Recording::clean(1..41);
        (0..errors).for_each(|number| recording.error(number * 2000 + 1800));
        recording.judged(45_000)
    };
    assert_eq!(with_errors(10), is_go());
    assert_eq!(with_errors(11), proves_nothing("rest-errors"));
}

#[test]
fn one_answer_in_ten_may_stay_open_and_no_more() {
    let with_open = |open: u64| {
        let mut recording = Recording::clean(1..41);
        // a state that a push would carry within its delay, if the run went on
        (0..open).for_each(|number| recording.answer(41_000 + number * 60, 9999));
        recording.judged(41_900)
    };
    assert_eq!(with_open(4), is_go());
    assert_eq!(with_open(6), proves_nothing("decided"));
}

#[test]
fn one_answer_in_five_may_come_before_the_streams_first_word_and_no_more() {
    let with_early = |early: u64| {
        // its first push is long due by then
        let mut recording = Recording::clean(200..240);
        (0..early).for_each(|number| recording.answer(150_000 + number * 1000, 1));
        recording.judged(245_000)
    };
    assert_eq!(with_early(9), is_go());
    assert_eq!(with_early(14), proves_nothing("decided"));
}

#[test]
fn a_seventh_of_the_time_may_be_without_a_connection_and_no_more() {
    let blind = |milliseconds: u64| {
        let mut recording = Recording::clean(1..41);
        recording.closed(40_600, 1006);
        recording.opened(40_600 + milliseconds);
        for second in 60..64 {
            recording.message(second * 1000, 1000 + second);
            recording.answer(second * 1000 + 500, 1000 + second);
        }
        recording.judged(66_000)
    };
    assert_eq!(blind(6_000), is_go());
    assert_eq!(blind(12_000), proves_nothing("continuity"));
}

#[test]
fn a_server_that_closes_three_times_with_1011_has_a_fault_of_its_own() {
    let closes = |times: u64| {
        let mut recording = Recording::clean(1..41);
        for number in 0..times {
            recording.closed(10_600 + number * 5_000, 1011);
            recording.opened(10_650 + number * 5_000);
        }
        recording.judged(45_000)
    };
    assert_eq!(closes(2), is_go());
    assert_eq!(closes(3), proves_nothing("continuity"));
}
