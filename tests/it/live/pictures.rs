//! Views drawn into a buffer: what stands where, at two sizes; and that no size, text or palette breaks it.

use std::collections::BTreeMap;
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::Color;
use thor_cutover::cli::Format;
use thor_cutover::environment::Environment;
use thor_cutover::json::pointer::Pointer;
use thor_cutover::live::focus::{Focus, KeyPress};
use thor_cutover::live::render::Picture;
use thor_cutover::live::theme::Theme;
use thor_cutover::live::view::{FeatureRow, Left, LinkView, Truth, View, so_far};
use thor_cutover::model::gate::Gate;
use thor_cutover::model::outcome::{Difference, Entity, Kind, Payloads, Persistence};
use thor_cutover::model::run::{
    Connection, Differing, FeatureReport, FieldReport, Finding, Quantiles, RunEnd, RunReport, SelfCheck,
};
use thor_cutover::model::verdict::Verdict;
use thor_cutover::report::Answer as _;
use thor_cutover::report::palette::Palette;
use thor_cutover::report::run::RunAnswer;

fn pointer(text: &str) -> Pointer {
    text.parse().unwrap()
}

fn spy() -> Entity {
    Entity::from([(pointer("/symbol"), "SPY".to_owned()), (pointer("/asset_type"), "EQ".to_owned())])
}

/// A difference of one field of SPY.
pub fn differing(field: &str, rest: &str, ws: &str) -> Finding {
    Finding {
        difference: Difference {
            kind: Kind::Value,
            entity: spy(),
            field: Some(pointer(field)),
            rest: Some(rest.to_owned()),
            ws: Some(ws.to_owned()),
            excess_ms: None,
            wrong_ms: Some(8_500),
            passes_with: Some("0.01".to_owned()),
            nearest_ms: Some(-120),
            persistence: Persistence::Confirmed,
        },
        count: 50,
        first_at: 11.0,
        last_at: 61.2,
        fingerprint: field.to_owned(),
    }
}

fn gate(code: &str, verdict: Verdict, value: &str, threshold: &str) -> Gate {
    Gate {
        code: code.to_owned(),
        verdict,
        value: value.to_owned(),
        threshold: threshold.to_owned(),
        n: 1,
        fix: String::new(),
        waived: false,
        place: None,
    }
}

fn feature(name: &str, samples: u64, gates: Vec<Gate>) -> FeatureReport {
    FeatureReport {
        feature: name.to_owned(),
        verdict: Verdict::worst(gates.iter().map(|gate| gate.verdict)).unwrap(),
        samples,
        rest_errors: 0,
        messages: samples * 12,
        filtered: 0,
        outcomes: BTreeMap::from([(Kind::Match, samples)]),
        transitions: samples / 2,
        judged: Vec::new(),
        untold: Vec::new(),
        skew_ms: Quantiles { p50: 12.0, p99: 80.0, max: 95.0 },
        candidates: Quantiles::default(),
        longest_silence: Some(1.1),
        failure_rate_bound: None,
        self_check: SelfCheck::default(),
        fields: Vec::new(),
        gates,
        findings: Vec::new(),
        differing: Vec::new(),
        notes: Vec::new(),
        suppressed: Vec::new(),
    }
}

/// Four features: one that holds, one that differs, two that are not decided.
pub fn report() -> RunReport {
    let parity = || gate("parity", Verdict::Go, "0", "none");
    let few = |n: &str| gate("samples", Verdict::Inconclusive, n, "at least 10");
    let mut positions = feature(
        "positions",
        1_234,
        vec![gate("parity", Verdict::NoGo, "50 × value in 1234 samples", "none"), few("4")],
    );
    positions.outcomes.insert(Kind::Value, 50);
    positions.rest_errors = 3;
    positions.findings = vec![differing("/mark_price", "\"455.030000\"", "455.04")];
    let side = |price: &str| {
        let fields =
            ["/asset_type", "/cost", "/currency", "/mark_price", "/multiplier", "/quantity", "/symbol"];
        let value = |field: &str| if field == "/mark_price" { price.to_owned() } else { "\"10\"".to_owned() };
        fields.iter().map(|field| (pointer(field), value(field))).collect::<BTreeMap<_, _>>()
    };
    let mut rest = side("\"455.030000\"");
    rest.insert(pointer("/id"), "34".to_owned());
    positions.fields =
        vec![FieldReport { field: pointer("/id"), role: "rest_only".to_owned(), moved_rest: 0, moved_ws: 0 }];
    positions.differing = vec![Differing {
        at: 61.2,
        payloads: Payloads { entity: spy(), rest, ws: side("455.04"), left_out: 0 },
    }];
    let features = vec![
        feature("account_balance", 1_201, vec![parity()]),
        positions,
        feature(
            "intraday",
            4,
            vec![parity(), few("4"), gate("transitions-covered", Verdict::Inconclusive, "0", "at least 5")],
        ),
        feature(
            "global_market",
            0,
            vec![gate("contract-seen", Verdict::Inconclusive, "no message seen", "at least 1")],
        ),
    ];
    RunReport {
        schema: String::new(),
        verdict: Verdict::NoGo,
        exit_code: 1,
        end: RunEnd::Completed,
        seconds: 63.0,
        config_digest: String::new(),
        connection: Connection { opened: 1, messages: 29_999, ..Connection::default() },
        sockets: std::collections::BTreeMap::new(),
        features,
        warnings: Vec::new(),
    }
}

fn view() -> View {
    let row = |index: u64| FeatureRow {
        truth: if index == 0 { Truth::WebSocket } else { Truth::Rest },
        every: Duration::from_secs(1),
        silence_limit: Some(Duration::from_secs(3)),
        suspected: 0,
        age: (index < 3).then(|| Duration::from_millis(400 + index * 1_700)),
        second: 300,
        arrivals: (0..240).map(|second| (second * (index + 3)) % 7).collect(),
        latency: (0..48).map(|at| (f64::from(62 + at * 5), f64::from(18 + at * 7 % 31))).collect(),
        skew: (0..239).map(|at| (f64::from(62 + at), 40.0 + f64::from(at / 60) * 13.0)).collect(),
    };
    View {
        target: "http://localhost:8000/".to_owned(),
        report: report(),
        link: LinkView::Open { since: Duration::from_secs(62) },
        elapsed: Duration::from_secs(63),
        left: Left::AtMost(Duration::from_secs(537)),
        rows: (0..4).map(row).collect(),
        said: Vec::new(),
    }
}

/// A sound run in its first minute.
fn sound() -> View {
    let mut view = view();
    view.report.features.remove(1);
    view.rows.remove(1);
    view.report.verdict = Verdict::Inconclusive;
    view
}

/// Cut off for the second time.
fn cut_off() -> View {
    let why = "1011 a handler failed".to_owned();
    let mut view = sound();
    view.report.connection =
        Connection { opened: 2, reconnects: 1, blind_seconds: 4.2, ..view.report.connection };
    view.said = vec![
        "0:31  WebSocket closed: 1006 the connection ended without a close frame".to_owned(),
        "0:34  WebSocket connected again".to_owned(),
        format!("1:01  WebSocket closed: {why}"),
    ];
    view.link = LinkView::Down { since: Duration::from_secs(2), why };
    view.report = so_far(&view.report, true, &[]);
    view
}

#[test]
fn nothing_is_go_while_the_socket_is_down_or_something_is_suspected() {
    let mut open = report();
    open.features.truncate(1);
    open.verdict = Verdict::Go;
    assert_eq!(so_far(&open, false, &[0]).verdict, Verdict::Go);
    for shown in [so_far(&open, true, &[0]), so_far(&open, false, &[1])] {
        assert_eq!(
            (shown.verdict, shown.features[0].verdict),
            (Verdict::Inconclusive, Verdict::Inconclusive)
        );
    }
    let mut view = sound();
    view.rows[0].suspected = 1;
    view.report = so_far(&view.report, false, &[1]);
    let text: String =
        drawn(&view, "", (100, 24), false).content().iter().map(|cell| cell.symbol()).collect();
    assert!(text.contains("1 suspected"), "{text}");
}

fn focus(keys: &str) -> Focus {
    let mut focus = Focus::default();
    for key in keys.chars() {
        focus.press(KeyPress::Char(key));
    }
    focus
}

fn drawn(view: &View, keys: &str, size: (u16, u16), color: bool) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).unwrap();
    let focus = focus(keys);
    let picture = Picture { view, focus: &focus, theme: Theme::of_terminal(color, None) };
    terminal.draw(|frame| frame.render_widget(picture, frame.area())).unwrap();
    terminal.backend().buffer().clone()
}

fn text(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width).max(1);
    let lines = buffer.content.chunks(width).map(|cells| {
        let line: String = cells.iter().map(|cell| cell.symbol()).collect();
        line.trim_end().to_owned() + "\n"
    });
    lines.collect()
}

#[test]
fn what_stands_where() {
    for (name, view, keys) in [
        ("sound", sound(), ""),
        ("divergence", view(), "f"),
        ("in-full", view(), "fd"),
        ("cut-off", cut_off(), ""),
    ] {
        for size in [(60, 20), (80, 24), (160, 50)] {
            let picture = text(&drawn(&view, keys, size, true));
            insta::assert_snapshot!(format!("{name}-{}x{}", size.0, size.1), picture);
        }
    }
}

#[test]
fn the_answer_afterwards_tells_the_same_difference() {
    Palette { color: false }.apply();
    let mut report = report();
    let others = ["AAPL", "TSLA"].map(|symbol| {
        let mut finding = differing("/mark_price", "1", "2");
        finding.difference.entity.insert(pointer("/symbol"), symbol.to_owned());
        finding.last_at = 11.0;
        finding
    });
    report.features[1].findings.extend(others);
    // an entity that one side lacks altogether
    let mut missing = differing("/close", "\"present\"", "");
    missing.difference = Difference { kind: Kind::MissingInWs, field: None, ws: None, ..missing.difference };
    report.features[2].findings = vec![missing];
    let mut whole = report.features[1].differing[0].clone();
    whole.payloads.ws.clear();
    report.features[2].differing = vec![whole];
    let answer = RunAnswer::new("shadow-diff", report, false);
    insta::assert_snapshot!(answer.render(Format::Human, &Environment::default()).unwrap());
}

#[test]
fn no_size_breaks_it() {
    for view in [
        view(),
        cut_off(),
        View { rows: Vec::new(), report: RunReport { features: Vec::new(), ..report() }, ..view() },
    ] {
        for keys in ["", "f", "fd"] {
            for (width, height) in (1..=30).map(|n| (n * 8 - 7, n)).chain((1..30).map(|n| (80, n))) {
                drawn(&view, keys, (width, height), true);
            }
        }
    }
}

#[test]
fn eighty_columns_hold_long_numbers_and_names() {
    let mut view = view();
    let features = &mut view.report.features;
    features[1].feature = "a_feature_with_a_very_long_name".to_owned();
    for feature in features.iter_mut() {
        feature.messages = 123_456_789;
        feature.samples = 12_345_678;
        feature.transitions = 9_999_999;
        feature.skew_ms.p99 = 123_456.0;
    }
    view.rows.iter_mut().for_each(|row| row.age = Some(Duration::from_secs(7_200)));
    let picture = text(&drawn(&view, "f", (80, 24), true));
    for whole in ["123,456,789 messages", "12,345,678 samples", "9,999,999", "123 s", "120m/1s"] {
        assert!(picture.contains(whole), "{whole} in\n{picture}");
    }
}

#[test]
fn without_colour_no_cell_has_any_and_nothing_is_lost() {
    for (view, keys) in [(view(), "f"), (view(), "fd"), (cut_off(), "")] {
        let (plain, colored) = (drawn(&view, keys, (80, 24), false), drawn(&view, keys, (80, 24), true));
        assert!(plain.content.iter().all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset));
        assert!(colored.content.iter().any(|cell| cell.fg != Color::Reset));
        assert_eq!(text(&plain), text(&colored));
    }
}

#[test]
fn what_a_server_sends_is_shown_and_not_obeyed() {
    let mut view = view();
    let evil = "\u{1b}]0;owned\u{7}\u{202e}日本\r\n";
    let feature = &mut view.report.features[1];
    feature.feature = format!("positions{evil}");
    feature.findings = vec![differing("/mark_price", evil, "1")];
    feature.findings[0].difference.entity = Entity::from([(pointer("/symbol"), evil.to_owned())]);
    feature.differing[0].payloads.entity = Entity::from([(pointer("/symbol"), evil.to_owned())]);
    feature.differing[0].payloads.rest.insert(pointer("/mark_price"), evil.to_owned());
    feature.gates[0].value = evil.to_owned();
    for keys in ["f", "fd"] {
        for size in [(80, 24), (200, 50)] {
            let picture = text(&drawn(&view, keys, size, true));
            assert!(picture.contains("\\u{1b}]0;owned"), "{picture}");
            let is_hidden = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
            assert!(!picture.contains(is_hidden), "{picture:?}");
        }
    }
}

#[test]
fn a_share_below_all_is_never_rounded_up_to_it() {
    let mut view = view();
    view.report.features[1].outcomes = BTreeMap::from([(Kind::Match, 99_999), (Kind::Value, 1)]);
    let picture = text(&drawn(&view, "", (80, 24), true));
    assert!(picture.contains("99.9 %"), "{picture}");
}
