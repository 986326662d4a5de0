//! The aligner on small worlds written by hand: each test is one claim of the alignment model.

mod brief;
mod flickers;
mod parts;
mod screen;
mod whole_run;

use std::time::Duration;

use thor_cutover::align::{Engine, EngineTally};
use thor_cutover::json::number::Tolerance;
use thor_cutover::judge::run::judge;
use thor_cutover::model::feature::{
    Carries, Compare, Delivery, Feature, Origin, Removed, RestSource, Rule, WsSource,
};
use thor_cutover::model::observation::{End, Event, Observation, RestAnswer};
use thor_cutover::model::outcome::Kind;
use thor_cutover::model::run::RunReport;
use thor_cutover::model::thresholds::Thresholds;
use thor_cutover::model::time::Nanos;
use thor_cutover::model::verdict::Verdict;

/// `positions`: a keyed snapshot, periodic each second, D = 2 s, C = 1 s.
pub fn positions() -> Feature {
    Feature {
        name: "positions".into(),
        order: 1,
        flag: "WS_FEATURE_POSITIONS".into(),
        frontend_flag: None,
        rest: RestSource {
            path: "/positions".into(),
            select: "/positions".parse().unwrap(),
            every: Duration::from_secs(1),
            complete: false,
            for_each: Default::default(),
            auth: false,
            next: None,
            post: None,
        },
        ws: vec![WsSource {
            types: vec!["positions".into()],
            select: "/data/positions".parse().unwrap(),
            carries: Carries::Snapshot,
            delivery: Delivery::Periodic,
            every: Duration::from_secs(1),
            filter: Default::default(),
            clock: None,
            removed: None,
            sequence: None,
        }],
        socket: None,
        routing: Default::default(),
        key: vec!["/symbol".parse().unwrap()],
        rest_only: vec![],
        ws_only: vec![],
        push_delay: Duration::from_secs(2),
        rest_staleness: Duration::from_secs(1),
        rules: vec![],
        timers: vec![],
        endpoints: vec![],
        sessions: vec![],
    }
}

pub struct Film {
    pub observations: Vec<Observation<'static>>,
}

impl Film {
    pub fn open() -> Self {
        let mut film = Self { observations: vec![] };
        film.at(0.0, Event::Open);
        film
    }

    pub fn at(&mut self, seconds: f64, event: Event<'static>) -> &mut Self {
        self.observations.push(Observation::of(Nanos::from_secs_f64(seconds), event));
        self
    }

    pub fn ws(&mut self, seconds: f64, rows: &str) -> &mut Self {
        self.at(
            seconds,
            Event::Message(format!(r#"{{"type":"positions","data":{{"positions":{rows}}}}}"#).into()),
        )
    }

    pub fn rest(&mut self, seconds: f64, rows: &str) -> &mut Self {
        let answer = RestAnswer {
            feature: "positions".into(),
            sent: Nanos::from_secs_f64(seconds - 0.02),
            status: 200,
            body: format!(r#"{{"positions":{rows}}}"#).into(),
            bound: vec![],
        };
        self.at(seconds, Event::Rest(answer))
    }

    pub fn judge(&mut self, feature: &Feature) -> RunReport {
        self.observations.sort_by_key(|observation| observation.at);
        let mut panel = Engine::new(std::slice::from_ref(feature));
        for observation in &self.observations {
            panel.push(observation);
        }
        let end = self.observations.last().map(|last| last.at).unwrap_or_default();
        let tally: EngineTally = panel.finish(end + Duration::from_secs(3));
        judge(std::slice::from_ref(feature), &tally, &Thresholds::default(), End::Completed, "test")
    }
}

fn row(symbol: &str, price: u32) -> String {
    format!(
        r#"{{"symbol":"{symbol}","mark_price":"{}.{:02}","quantity":"10.5000"}}"#,
        price / 100,
        price % 100
    )
}

fn float_row(symbol: &str, price: u32) -> String {
    let text = format!("{}.{:02}", price / 100, price % 100);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!(r#"{{"quantity":10.5,"symbol":"{symbol}","mark_price":{text}}}"#)
}

/// Two symbols that move each second for a minute; the push comes 0.3 s after REST can show it.
fn market(mut ws_price: impl FnMut(usize, u32) -> Option<u32>) -> Film {
    let mut film = Film::open();
    let mut price = 45_500;
    for second in 0..60usize {
        price = price + 7 * (second as u32 % 5) + 1 - 3 * (second as u32 % 3);
        let t = 1.0 + second as f64;
        film.rest(t + 0.1, &format!("[{},{}]", row("AAPL", 19_000 + second as u32), row("SPY", price)));
        if let Some(price) = ws_price(second, price) {
            film.ws(
                t + 0.3,
                &format!("[{},{}]", float_row("SPY", price), float_row("AAPL", 19_000 + second as u32)),
            );
        }
    }
    film
}

fn justified(report: &RunReport) -> Verdict {
    report.features[0].gates.iter().find(|gate| gate.code == "justified").unwrap().verdict
}

fn kinds(report: &RunReport) -> Vec<(Kind, u64)> {
    report.features[0].outcomes.iter().map(|(kind, count)| (*kind, *count)).collect()
}

#[test]
fn a_correct_backend_is_go_although_rest_is_always_ahead() {
    let report = market(|_, price| Some(price)).judge(&positions());
    assert_eq!(report.verdict, Verdict::Go, "{}", serde_json::to_string_pretty(&report).unwrap());
    assert!(
        report.features[0].notes.iter().any(|note| note.kind == "type"),
        "strings against floats are noted"
    );
    assert!(report.features[0].self_check.plantable > 20);
}

#[test]
fn a_cent_is_a_cent() {
    let report = market(|_, price| Some(price - 1)).judge(&positions());
    assert_eq!(report.verdict, Verdict::NoGo);
    let finding = &report.features[0].findings[0].difference;
    assert_eq!(finding.kind, Kind::Value, "{:?}", kinds(&report));
    assert_eq!(finding.field.as_ref().unwrap().to_string(), "/mark_price");
    assert_eq!(finding.entity.values().next().unwrap(), "SPY");
    assert_eq!(finding.passes_with.as_deref(), Some("0.01"));
}

#[test]
fn a_push_that_never_came_is_named() {
    let report = market(|second, price| (second != 30).then_some(price)).judge(&positions());
    // One state that the next push heals: two samplers may have missed each other, so it is no proof, and no GO.
    assert_eq!(report.verdict, Verdict::Inconclusive, "{:?}", kinds(&report));
    let comparable = report.features[0].gates.iter().find(|gate| gate.code == "comparable").unwrap();
    assert!(comparable.value.contains("one push did not come"), "{}", comparable.value);
    // Two such holes are.
    let report = market(|second, price| (second != 20 && second != 40).then_some(price)).judge(&positions());
    assert_eq!(report.verdict, Verdict::NoGo);
    assert_eq!(report.features[0].outcomes.get(&Kind::DroppedPush), Some(&2), "{:?}", kinds(&report));
}

#[test]
fn silence_while_rest_moves_is_a_stall_and_silence_from_the_start_proves_nothing() {
    let report = market(|second, price| (second < 20).then_some(price)).judge(&positions());
    assert_eq!(report.verdict, Verdict::NoGo);
    assert!(report.features[0].outcomes.contains_key(&Kind::Stalled), "{:?}", kinds(&report));
    let report = market(|_, _| None).judge(&positions());
    assert_eq!(report.verdict, Verdict::Inconclusive);
    assert_eq!(kinds(&report), [(Kind::NotCovered, 60)]);
}

#[test]
fn silence_is_a_stall_also_where_the_market_comes_back_to_old_prices() {
    let mut film = Film::open();
    for second in 0..60u32 {
        let t = 1.0 + f64::from(second);
        let price = 19_000 + (second % 3) * 7;
        film.rest(t + 0.1, &format!("[{}]", row("AAPL", price)));
        if second < 20 {
            film.ws(t + 0.3, &format!("[{}]", float_row("AAPL", price)));
        }
    }
    let report = film.judge(&positions());
    assert_eq!(report.verdict, Verdict::NoGo);
    let outcomes = &report.features[0].outcomes;
    assert!(outcomes[&Kind::Stalled] > 20, "{:?}", kinds(&report));
    assert_eq!(outcomes.len(), 2, "matches and the stall: {:?}", kinds(&report));
    let freshness = report.features[0].gates.iter().find(|gate| gate.code == "freshness").unwrap();
    assert_eq!(freshness.verdict, Verdict::Go, "the stall gate says it: {freshness:?}");
}

#[test]
fn the_self_check_plants_no_drop_where_an_equal_state_stays() {
    let mut feature = positions();
    feature.ws[0].delivery = Delivery::OnChange;
    feature.rest_only = vec!["/name".parse().unwrap()];
    let rows = |price: u32| {
        format!(
            r#"[{{"symbol":"AAPL","name":"APPLE","price":1}},{{"symbol":"SPY","name":"SPDR","price":{price}}}]"#
        )
    };
    let mut film = Film::open();
    film.rest(1.5, &rows(7)).rest(3.0, &rows(7));
    // The declared one-sided field turns up in the first message: from here on it is compared.
    film.ws(3.2, &rows(8)).rest(3.3, &rows(8)).rest(3.4, &rows(8));
    film.ws(6.2, &rows(9)).rest(6.3, &rows(9)).rest(6.4, &rows(9));
    let check = film.judge(&feature).features[0].self_check.clone();
    assert!(check.plantable > 0 && check.caught == check.plantable, "{check:?}");
    assert!(!check.not_exercised.contains(&"dropped push".to_owned()), "{check:?}");
}

#[test]
fn a_frozen_market_proves_nothing() {
    let mut film = Film::open();
    for second in 1..100 {
        film.rest(second as f64, &format!("[{}]", row("SPY", 45_500)));
        film.ws(second as f64 + 0.5, &format!("[{}]", float_row("SPY", 45_500)));
    }
    let report = film.judge(&positions());
    assert_eq!(report.verdict, Verdict::Inconclusive);
    let lacking: Vec<&str> = report.features[0]
        .gates
        .iter()
        .filter(|gate| gate.verdict != Verdict::Go)
        .map(|gate| gate.code.as_str())
        .collect();
    assert_eq!(lacking, ["transitions-covered"]);
}

#[test]
fn a_field_that_one_side_lacks_blocks_unless_it_is_declared() {
    let mut feature = positions();
    let mut film = market(|_, price| Some(price));
    for observation in &mut film.observations {
        if let Event::Rest(answer) = &mut observation.event {
            answer.body = answer.body.replace(r#""quantity""#, r#""note":"kept","quantity""#).into();
        }
    }
    let report = film.judge(&feature);
    assert_eq!(report.features[0].findings[0].difference.kind, Kind::MissingInWs);
    assert_eq!(report.verdict, Verdict::NoGo);
    feature.rest_only = vec!["/note".parse().unwrap()];
    assert_eq!(film.judge(&feature).verdict, Verdict::Go);
}

#[test]
fn an_entity_that_one_side_lacks_blocks() {
    let mut film = market(|_, price| Some(price));
    for observation in &mut film.observations {
        if let Event::Message(text) = &mut observation.event {
            let start = text.find(r#",{"quantity":10.5,"symbol":"AAPL""#).unwrap();
            *text = format!("{}]}}}}", &text[..start]).into();
        }
    }
    let report = film.judge(&positions());
    let difference = &report.features[0].findings[0].difference;
    assert_eq!(
        (difference.kind, difference.field.clone()),
        (Kind::MissingInWs, None),
        "{:?}",
        kinds(&report)
    );
    assert_eq!(difference.entity.values().next().unwrap(), "AAPL");
}

#[test]
fn late_beyond_the_budget_is_late_and_within_it_is_not() {
    let late = |delay: f64| {
        let mut film = Film::open();
        for second in 0..60u32 {
            let rows = |f: fn(&str, u32) -> String| format!("[{}]", f("SPY", 45_500 + second * 3));
            film.rest(f64::from(second) + 1.1, &rows(row));
            film.ws(f64::from(second) + 1.0 + delay, &rows(float_row));
        }
        film.judge(&positions())
    };
    assert_eq!(late(1.9).verdict, Verdict::Go);
    let report = late(4.0);
    assert_eq!(report.verdict, Verdict::NoGo);
    let (kind, _) = report.features[0]
        .outcomes
        .iter()
        .filter(|(kind, _)| kind.blocks())
        .max_by_key(|(_, count)| **count)
        .unwrap();
    assert_eq!(*kind, Kind::WsLate, "{:?}", kinds(&report));
}

#[test]
fn a_lost_connection_excuses_its_window_and_nothing_else() {
    let mut film = market(|second, price| (!(20..24).contains(&second)).then_some(price));
    film.at(20.9, Event::Closed { code: 1006, reason: "".into() });
    film.at(25.1, Event::Open);
    let report = film.judge(&positions());
    assert_eq!(report.verdict, Verdict::Go, "{:?}", kinds(&report));
    // What REST moved to meanwhile is missed, and named; only what says nothing new is merely unaligned.
    let count = |kind| report.features[0].outcomes.get(&kind).copied().unwrap_or(0);
    assert!(count(Kind::MissedInGap) >= 4, "{:?}", kinds(&report));
    assert_eq!(report.connection.reconnects, 1);
}

/// REST shows a state that the stream said within C, in an answer torn between two of its states; with more states
/// since than are remembered, nobody knows any more.
#[test]
fn what_was_forgotten_for_want_of_room_is_not_covered() {
    let burst_of = |count: u32| {
        let mut film = market(|_, price| Some(price));
        film.rest(80.1, &format!("[{},{}]", row("AAPL", 19_100), row("SPY", 45_000)));
        film.ws(80.2, &format!("[{},{}]", float_row("AAPL", 19_100), float_row("SPY", 45_000)));
        for step in 0..count {
            let at = 80.3 + 0.6 * f64::from(step) / f64::from(count);
            film.ws(at, &format!("[{},{}]", float_row("AAPL", 19_101), float_row("SPY", 50_000 + step)));
        }
        film.rest(81.0, &format!("[{},{}]", row("AAPL", 19_101), row("SPY", 45_000)));
        kinds(&film.judge(&positions()))
    };
    assert_eq!(burst_of(500), [(Kind::Match, 61), (Kind::Torn, 1)]);
    assert_eq!(burst_of(3_000), [(Kind::Match, 61), (Kind::NotCovered, 1)]);
}

/// REST is within the tolerance of what the stream said within C, in texts that there was no room for.
#[test]
fn what_only_a_forgotten_text_could_tell_is_not_covered() {
    let mut feature = positions();
    feature.rules = vec![Rule {
        rest: "/mark_price".parse().unwrap(),
        ws: "/mark_price".parse().unwrap(),
        compare: Compare::Decimal { tolerance: Tolerance::Absolute("0.01".into()) },
        reason: Some("test".into()),
        expires: None,
        origin: Origin::BuiltIn,
    }];
    feature.ws_only = vec!["/note".parse().unwrap()];
    let mut burst_of = |bytes: usize, carries| {
        feature.ws[0].carries = carries;
        let mut film = market(|_, price| Some(price));
        let note = "x".repeat(bytes);
        for (step, price) in [45_000, 50_000, 50_100, 50_200].into_iter().enumerate() {
            let spy = float_row("SPY", price).replace('}', &format!(r#","note":"{note}"}}"#));
            film.ws(80.2 + 0.2 * step as f64, &format!("[{},{spy}]", float_row("AAPL", 19_100)));
        }
        let spy = row("SPY", 45_000).replace("450.00", "450.005");
        film.rest(81.05, &format!("[{},{spy}]", row("AAPL", 19_100)));
        kinds(&film.judge(&feature))
    };
    for carries in [Carries::Snapshot, Carries::Upsert] {
        assert_eq!(burst_of(10, carries), [(Kind::Match, 61)]);
        assert_eq!(burst_of(6 << 20, carries), [(Kind::Match, 60), (Kind::NotCovered, 1)]);
    }
}

#[test]
fn hostile_payloads_are_findings_not_crashes() {
    for payload in [
        r#"{"type":"positions","data":{"positions":[{"symbol":"SPY","mark_price":NaN}]}}"#.to_owned(),
        format!(
            r#"{{"type":"positions","data":{{"positions":[{}1{}]}}}}"#,
            "[".repeat(10_000),
            "]".repeat(10_000)
        ),
        r#"{"type":"positions","data":{"positions":[{"symbol":"SPY","symbol":"QQQ"}]}}"#.to_owned(),
        r#"{"type":"positions","data":{"positions":[{"symbol":"\ud800","mark_price":1e999999999}]}}"#
            .to_owned(),
        r#"{"type":"positions","data":{}}"#.to_owned(),
    ] {
        let mut film = market(|_, price| Some(price));
        film.at(30.5, Event::Message(payload.clone().into()));
        let report = film.judge(&positions());
        assert_ne!(report.verdict, Verdict::Error, "{payload:.80}");
    }
    let mut film = market(|_, price| Some(price));
    film.at(30.5, Event::Message(r#"{"type":"positions","data":{"positions":[NaN]}}"#.into()));
    let report = film.judge(&positions());
    assert_eq!(report.features[0].outcomes[&Kind::Unreadable], 1);
}

#[test]
fn rules_for_time_and_tolerance() {
    let rule = |field: &str, compare| Rule {
        rest: field.parse().unwrap(),
        ws: field.parse().unwrap(),
        compare,
        reason: Some("test".into()),
        expires: None,
        origin: Origin::BuiltIn,
    };
    let mut feature = positions();
    feature.rules = vec![
        rule("/mark_price", Compare::Decimal { tolerance: Tolerance::Absolute("0.01".into()) }),
        rule("/closes_in", Compare::Countdown { tolerance: Duration::from_secs(1) }),
        rule("/seen", Compare::Ignore),
    ];
    let film = |closes: fn(u32) -> u32| {
        let mut film = Film::open();
        for second in 0..60u32 {
            let body = |price: u32, closes: u32| {
                format!(
                    r#"[{{"symbol":"SPY","mark_price":{}.{:02},"closes_in":{closes},"seen":{}}}]"#,
                    price / 100,
                    price % 100,
                    price * 31 + closes
                )
            };
            film.rest(f64::from(second) + 1.1, &body(45_500 + second * 5, 9_000 - second));
            film.ws(f64::from(second) + 1.3, &body(45_501 + second * 5, closes(second)));
        }
        film
    };
    let report = film(|second| 9_000 - second).judge(&feature);
    assert_eq!(report.verdict, Verdict::Go, "{:?} {:?}", kinds(&report), report.features[0].findings.first());
    let hidden: Vec<&str> = report.features[0].suppressed.iter().map(|hidden| hidden.rule.as_str()).collect();
    assert!(hidden.contains(&"decimal") && hidden.contains(&"ignore"), "{hidden:?}");
    let report = film(|_| 9_000).judge(&feature);
    assert_eq!(report.verdict, Verdict::NoGo, "a countdown that stands still");
    assert_eq!(report.features[0].findings[0].difference.field.as_ref().unwrap().to_string(), "/closes_in");
}

#[test]
fn a_rule_no_longer_applies_after_its_last_day() {
    use thor_cutover::model::feature::{Compare, Origin, in_force};
    let mut feature = positions();
    let pointer: thor_cutover::json::pointer::Pointer = "/mark_price".parse().unwrap();
    feature.rules = vec![Rule {
        rest: pointer.clone(),
        ws: pointer,
        compare: Compare::Ignore,
        reason: Some("until the serializer is mended".into()),
        expires: Some("2026-11-20".parse().unwrap()),
        origin: Origin::File("thor-cutover.toml".into(), 12),
    }];
    let on = |day: &str| in_force(vec![feature.clone()], day.parse().unwrap());
    let (held, warnings) = on("2026-11-20");
    assert!(warnings.is_empty());
    assert_eq!(
        market(|_, price| Some(price - 1)).judge(&held[0]).features[0].outcomes.get(&Kind::Value),
        None
    );
    let (held, warnings) = on("2026-11-21");
    assert!(warnings[0].contains("thor-cutover.toml:12"), "{warnings:?}");
    assert_eq!(market(|_, price| Some(price - 1)).judge(&held[0]).verdict, Verdict::NoGo);
}
