//! What stood on the screen has to have been true.

use super::*;

/// A number that REST writes now with and now without a double's noise flickers for nobody: it excuses no push that
/// shows what REST never said.
#[test]
fn a_doubles_noise_in_rest_is_no_flicker_that_excuses_wrong_pushes() {
    let row = |price: &str, quantity: u32, noise: bool| {
        let cash = if noise { "12.300000000000002" } else { "12.3" };
        format!(r#"[{{"symbol":"SPY","mark_price":"{price}","quantity":{quantity},"cash":{cash}}}]"#)
    };
    let judged = |wrong: &str| {
        let mut film = Film::open();
        for second in 0..60u32 {
            let t = 1.0 + f64::from(second);
            let (first, then) = (second * 2, second * 2 + 1);
            film.ws(t, &row("450.00", first, false));
            film.rest(t + 0.1, &row("450.00", first, false));
            film.ws(t + 0.4, &row(wrong, then, false));
            film.rest(t + 0.7, &row("450.00", then, true));
            film.ws(t + 0.9, &row("450.00", then, false));
        }
        let mut feature = positions();
        feature.rest_staleness = Duration::ZERO;
        let report = film.judge(&feature);
        (report.verdict, justified(&report))
    };
    assert_eq!(judged("450.00"), (Verdict::Go, Verdict::Go));
    assert_eq!(judged("1.00"), (Verdict::NoGo, Verdict::NoGo));
}

/// A price that stands on the screen for a moment after each push and is taken back, at times when nobody asks REST:
/// of so many seconds REST's answers would have had their share. Where digits vary or a tolerance holds, only texts tell.
#[test]
fn what_the_stream_shows_for_a_moment_again_and_again_has_to_be_borne_out_by_some_answer() {
    let row = |price: &str, quantity: u32, noise: bool| {
        let cash = if noise { "12.300000000000002" } else { "12.3" };
        format!(r#"[{{"symbol":"SPY","mark_price":{price},"quantity":{quantity},"cash":{cash}}}]"#)
    };
    let judged = |wrong: &str, noise: bool, rules: Vec<Rule>| {
        let mut film = Film::open();
        for second in 0..90u32 {
            let (t, quantity) = (1.0 + f64::from(second), second * 3);
            film.rest(t + 0.05, &row("450.00", quantity, false));
            film.ws(t + 0.1, &row("450.00", quantity, noise && second % 2 == 0));
            film.ws(t + 0.2, &row(wrong, quantity + 1, false));
            film.ws(t + 0.7, &row("450.00", quantity + 2, false));
            film.rest(t + 0.9, &row("450.00", quantity + 2, noise && second % 2 == 1));
        }
        let report = film.judge(&Feature { rules, ..positions() });
        justified(&report)
    };
    let within = || Rule {
        rest: "/mark_price".parse().unwrap(),
        ws: "/mark_price".parse().unwrap(),
        compare: Compare::Decimal { tolerance: Tolerance::Absolute("0.05".into()) },
        reason: Some("rounded by the broker".into()),
        expires: None,
        origin: Origin::BuiltIn,
    };
    for noise in [false, true] {
        assert_eq!(judged("450.00", noise, vec![]), Verdict::Go, "noise: {noise}");
        assert_eq!(judged("1.00", noise, vec![]), Verdict::NoGo, "noise: {noise}");
    }
    assert_eq!(judged("450.01", false, vec![within()]), Verdict::Go);
    assert_eq!(judged("1.00", false, vec![within()]), Verdict::NoGo);
}

/// Where each answer lists what it was asked for, nothing that the stream says of others can be borne out.
#[test]
fn what_the_stream_says_for_a_moment_of_what_rest_was_never_asked_is_no_riddle() {
    let mut feature = positions();
    feature.ws[0].carries = Carries::Upsert;
    let mut film = Film::open();
    for second in 0..90u32 {
        let t = 1.0 + f64::from(second);
        film.rest(t + 0.3, &format!("[{}]", row("SPY", 45_500 + 7 * second)));
        film.ws(t, &format!("[{}]", float_row("SPY", 45_500 + 7 * second)));
        film.ws(t + 0.01, &format!("[{}]", float_row("NQ", 100 + second % 2)));
    }
    let report = film.judge(&feature);
    let gate = report.features[0].gates.iter().find(|gate| gate.code == "justified").unwrap();
    assert_eq!((gate.verdict, report.verdict == Verdict::NoGo), (Verdict::Go, false), "{gate:?}");
}

/// `positions` as events on change, of which one says that a row is gone.
fn closed_by_event() -> Feature {
    let mut feature = positions();
    feature.ws[0].carries = Carries::Upsert;
    feature.ws[0].delivery = Delivery::OnChange;
    feature.ws[0].removed =
        Some(Removed { fields: [("/gone".to_owned(), "yes".to_owned())].into(), ..Removed::default() });
    feature
}

/// An order that is closed and opened again, REST's list being of what is open: nobody says that it was not listed,
/// and the stream has D to bring it back. One that REST lists all the time is missing on the screen.
#[test]
fn a_row_that_comes_back_to_a_list_is_no_row_that_was_missing_all_the_time() {
    let feature = closed_by_event();
    let judged = |is_always_listed: bool| {
        let mut film = Film::open();
        for quarter in 0..240u32 {
            let (t, price) = (1.0 + f64::from(quarter) / 4.0, 45_500 + quarter);
            let has_order = is_always_listed || !(24..160).contains(&quarter);
            let order = if has_order { format!(",{}", row("ORD", 100)) } else { String::new() };
            film.rest(t + 0.1, &format!("[{}{order}]", row("SPY", price)));
            film.ws(t + 0.05, &format!("[{}]", float_row("SPY", price)));
        }
        film.ws(1.0, &format!("[{}]", float_row("ORD", 100)));
        film.ws(7.5, r#"[{"symbol":"ORD","gone":"yes"}]"#);
        film.ws(42.8, &format!("[{}]", float_row("ORD", 100)));
        film.judge(&feature)
    };
    assert_eq!(justified(&judged(false)), Verdict::Go);
    assert_eq!(justified(&judged(true)), Verdict::NoGo);
}

/// Closed in the stream, listed for another second by an answer out of a cache, then no more, and opened again: that
/// later answer left it out, which counts although the list need not be whole.
#[test]
fn a_row_that_a_cache_lists_for_a_while_after_it_was_closed_was_not_missing() {
    let feature = closed_by_event();
    let judged = |listed_for: u32| {
        let mut film = Film::open();
        for quarter in 0..240u32 {
            let (t, price) = (1.0 + f64::from(quarter) / 4.0, 45_500 + quarter);
            let has_order = quarter % 48 < 24 + listed_for || quarter % 48 == 47;
            let order = if has_order { format!(",{}", row("ORD", 100)) } else { String::new() };
            film.rest(t + 0.1, &format!("[{}{order}]", row("SPY", price)));
            film.ws(t + 0.05, &format!("[{}]", float_row("SPY", price)));
        }
        for cycle in 0..5u32 {
            let t = 1.0 + f64::from(cycle) * 12.0;
            film.ws(t, &format!("[{}]", float_row("ORD", 100)));
            film.ws(t + 6.0, r#"[{"symbol":"ORD","gone":"yes"}]"#);
        }
        film.judge(&feature)
    };
    assert_eq!(justified(&judged(4)), Verdict::Go);
    assert_eq!(justified(&judged(24)), Verdict::NoGo);
}

/// REST answers out of a cache of ten seconds that is filled when the switch is off, each time; that it was on
/// meanwhile only the stream tells. What may have been read before the push came does not contradict it.
#[test]
fn an_answer_that_may_be_older_than_the_screen_is_no_contradiction() {
    let mut feature = positions();
    feature.rest_staleness = Duration::from_secs(10);
    feature.ws[0].every = Duration::from_secs(10);
    let row = |on: bool, price: u32| format!(r#"[{{"symbol":"SPY","on":{on},"mark_price":{price}}}]"#);
    // it stays on for as long after the push
    let judged = |on: f64| {
        let mut film = Film::open();
        for half in 0..240u32 {
            film.rest(1.4 + f64::from(half) / 2.0, &row(false, half / 20));
        }
        for cycle in 0..6u32 {
            let t = 6.0 + f64::from(cycle) * 20.0;
            film.ws(t, &row(true, cycle * 2));
            film.ws(t + on, &row(false, cycle * 2 + 1));
        }
        film.judge(&feature)
    };
    assert_eq!(justified(&judged(10.2)), Verdict::Go);
    assert_eq!(justified(&judged(14.2)), Verdict::NoGo);
}

/// Data that move when they please, every `pause` seconds or so, for three minutes, sampled by a push a second and an answer a second; `wrong`: what a push says of
/// the price in its place.
fn two_samplers(seed: u64, pause: f64, mut wrong: impl FnMut(u32, u32) -> Option<u32>) -> RunReport {
    let seconds = 180u32;
    let mut dice = fastrand::Rng::with_seed(seed);
    let mut moves = vec![(0.0, 45_000u32, 100u32)];
    while let Some(&(at, price, quantity)) = moves.last().filter(|last| last.0 < f64::from(seconds)) {
        let price = price + dice.u32(0..60) - 30;
        moves.push((at + pause * (0.5 + dice.f64()), price, quantity + dice.u32(0..3)));
    }
    let rows = |at: f64, said: Option<u32>| {
        let now = moves.partition_point(|moved| moved.0 <= at) - 1;
        let (_, price, quantity) = moves[now];
        let price = said.unwrap_or(price);
        format!(
            r#"[{{"symbol":"SPY","mark_price":"{}.{:02}","quantity":"{quantity}.0000"}}]"#,
            price / 100,
            price % 100
        )
    };
    let phase = dice.f64();
    let mut film = Film::open();
    for second in 0..seconds {
        let at = f64::from(second) + 0.1;
        let now = moves.partition_point(|moved| moved.0 <= at) - 1;
        film.ws(at + 0.05 + dice.f64() * 0.2, &rows(at, wrong(second, moves[now].1)));
        let asked = f64::from(second) + 0.02 + phase;
        film.rest(asked, &rows(asked - 0.01, None));
    }
    film.judge(&positions())
}

fn unsaid(report: &RunReport) -> Option<u64> {
    report.features[0].notes.iter().find(|note| note.kind == "unsaid").map(|note| note.count)
}

/// No answer can tell by itself: the price moves before the next one comes.
#[test]
fn a_price_that_every_fourth_push_makes_up_is_not_go_however_fast_the_market_moves() {
    for seed in 0..12 {
        let report = two_samplers(seed, 2.0, |push, price| (push % 4 == 3).then_some(price + 50));
        assert_ne!(report.verdict, Verdict::Go, "seed {seed}: {:?}", report.features[0].outcomes);
        assert!(unsaid(&report).is_some_and(|count| count >= 30), "seed {seed}: {:?}", unsaid(&report));
    }
}

#[test]
fn what_each_sampler_misses_of_the_other_is_no_reason_for_doubt() {
    for seed in 0..90 {
        let pause = [0.7, 1.2, 2.0][seed as usize % 3];
        let report = two_samplers(seed, pause, |_, _| None);
        assert_eq!(unsaid(&report), None, "seed {seed}");
        assert_ne!(report.verdict, Verdict::NoGo, "seed {seed}: {:?}", report.features[0].outcomes);
    }
}

/// A field that goes back and forth in REST says nothing about another that does not.
#[test]
fn one_fields_flicker_does_not_excuse_wrong_pushes_of_another() {
    let mut film = Film::open();
    for second in 0..120u32 {
        let t = 1.0 + f64::from(second);
        // The price moves on right after two pushes that make one up, so that none of them is taken back.
        let (price, quantity) = (45_000 + (second + 3) / 8 * 10, 10 + u32::from(second % 2 == 0));
        let rows = |price: u32| {
            format!(
                r#"[{{"symbol":"SPY","mark_price":"{}.{:02}","quantity":"{quantity}.0000"}}]"#,
                price / 100,
                price % 100
            )
        };
        film.ws(t + 0.1, &rows(if matches!(second % 8, 3 | 4) { price + 55 } else { price }));
        film.rest(t + 0.5, &rows(price));
    }
    let report = film.judge(&positions());
    assert_eq!(justified(&report), Verdict::NoGo, "{:?}", report.features[0].gates);
}

/// Answers may be ten seconds old, so that no value can be held against them; but none of them ever lacked the field.
#[test]
fn a_field_that_pushes_lack_for_longer_than_answers_are_old_is_missing() {
    let judged = |rest_has_it: bool| {
        let mut film = Film::open();
        for second in 0..120u32 {
            let t = 1.0 + f64::from(second);
            let rows = |second: u32, whole: bool| {
                let price = 45_000 + if (50..60).contains(&second) { 119 } else { second / 3 * 7 };
                let quantity = if whole { r#","quantity":"10.0000""# } else { "" };
                format!(r#"[{{"symbol":"SPY","mark_price":"{}.{:02}"{quantity}}}]"#, price / 100, price % 100)
            };
            let is_cut = (50..60).contains(&second);
            film.ws(t + 0.1, &rows(second, !is_cut));
            // a cache of five seconds
            let read = second / 5 * 5;
            film.rest(t + 0.5, &rows(read, rest_has_it || !(50..60).contains(&read)));
        }
        let mut feature = positions();
        feature.rest_staleness = Duration::from_secs(10);
        film.judge(&feature)
    };
    let lacking = judged(true);
    assert_eq!(justified(&lacking), Verdict::NoGo, "{:?}", lacking.features[0].outcomes);
    assert!(kinds(&lacking).iter().any(|(kind, _)| *kind == Kind::MissingInWs));
    assert_ne!(judged(false).verdict, Verdict::NoGo, "{:?}", judged(false).features[0].outcomes);
}
