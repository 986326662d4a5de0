//! What only a run as a whole tells: the time that was judged, the server's own clock, what may be chance.

use super::*;

#[test]
fn time_in_which_rest_failed_is_not_judged() {
    let mut film = market(|_, price| Some(price));
    film.observations.retain(|observation| {
        let at = observation.at.as_secs_f64();
        !matches!(observation.event, Event::Rest(_)) || !(20.0..50.0).contains(&at)
    });
    let report = film.judge(&positions());
    let judged: Vec<(u64, u64)> = report.features[0]
        .judged
        .iter()
        .map(|stretch| (stretch.from.round() as u64, stretch.to.round() as u64))
        .collect();
    assert_eq!(judged.len(), 2, "{judged:?}");
    assert_eq!((judged[0].1, judged[1]), (19, (50, 60)), "{judged:?}");
    let whole = market(|_, price| Some(price)).judge(&positions());
    assert_eq!(whole.features[0].judged.len(), 1);
}

#[test]
fn more_answers_than_one_an_interval_are_said_with_their_budget() {
    let noted = |film: &mut Film| {
        let report = film.judge(&positions());
        report.features[0].notes.iter().find(|note| note.kind == "extra_answers").map(|note| note.count)
    };
    let mut film = market(|_, price| Some(price));
    assert_eq!(noted(&mut film), None);
    for second in 10..20 {
        let again = film.observations.iter().find(|observation| {
            matches!(observation.event, Event::Rest(_))
                && observation.at.as_secs_f64().floor() as u32 == second
        });
        let again = again.expect("there is an answer a second").clone();
        film.at(again.at.as_secs_f64() + 0.05, again.event);
    }
    assert!(noted(&mut film).is_some_and(|count| (8..=10).contains(&count)));
}

/// Every tenth message comes after its successor, and the server says when it wrote each.
#[test]
fn a_servers_clock_that_steps_back_is_a_wrong_order_by_itself() {
    let film = |swaps: bool| {
        let mut film = Film::open();
        let pushed = |film: &mut Film, at: f64, second: u32, price: u32| {
            let rows = format!("[{}]", row("SPY", price));
            let text = format!(
                r#"{{"type":"positions","data":{{"timestamp":"2026-11-23T14:30:{second:02}Z","positions":{rows}}}}}"#
            );
            film.at(at, Event::Message(text.into()));
        };
        for second in 0..59u32 {
            let (t, price) = (1.0 + f64::from(second), 45_000 + second * 7);
            film.rest(t + 0.1, &format!("[{}]", row("SPY", price)));
            match second % 10 {
                5 if swaps => {}
                6 if swaps => {
                    pushed(&mut film, t + 0.3, second, price);
                    pushed(&mut film, t + 0.35, second - 1, price - 7);
                }
                _ => pushed(&mut film, t + 0.3, second, price),
            }
        }
        film
    };
    let mut feature = positions();
    feature.ws[0].clock = Some("/data/timestamp".parse().unwrap());
    assert_eq!(film(false).judge(&feature).verdict, Verdict::Go);
    let report = film(true).judge(&feature);
    assert_eq!(report.verdict, Verdict::NoGo);
    let said =
        |finding: &thor_cutover::model::run::Finding| finding.difference.ws.clone().unwrap_or_default();
    let found = report.features[0].findings.iter().find(|finding| said(finding).contains("its clock says"));
    assert_eq!(found.map(|finding| (finding.difference.kind, finding.count)), Some((Kind::Reordered, 6)));
}

/// A market that comes and goes between two pushes all the time: that REST seems to have held a state twice is no
/// finding, and no proof of the opposite.
#[test]
fn a_few_answers_that_seem_owed_are_chance_where_many_fell_between_two_pushes() {
    let judged = |free: usize| {
        let mut film = Film::open();
        for second in 0..90usize {
            let t = 1.0 + second as f64;
            let base = 40_000 + second as u32 * 10;
            let state = |price: u32| format!("[{}]", row("SPY", price));
            // Between two pushes the price goes up and comes back, where it is free.
            let is_free = second % 90 < free;
            film.ws(t, &state(base));
            film.rest(t + 0.1, &state(base));
            film.rest(t + 0.5, &state(if is_free { base + 5 } else { base }));
        }
        // Once REST seems to hold a state of long ago.
        for at in [91.3, 92.9, 94.7] {
            film.rest(at, &format!("[{}]", row("SPY", 40_500)));
        }
        for second in 91..105 {
            film.ws(f64::from(second), &format!("[{}]", row("SPY", 40_890)));
        }
        for second in 95..105 {
            film.rest(f64::from(second) + 0.5, &format!("[{}]", row("SPY", 40_890)));
        }
        film.judge(&positions())
    };
    let (still, free) = (judged(0), judged(85));
    assert_eq!(still.verdict, Verdict::NoGo, "{:?}", still.features[0].outcomes);
    assert_eq!(free.verdict, Verdict::Inconclusive, "{:?}", free.features[0].outcomes);
}

/// The server writes the same number now with and now without a double's noise: nothing goes back by that.
#[test]
fn a_doubles_noise_that_comes_and_goes_is_no_return_to_an_earlier_state() {
    let pushed = |price: u32, noise: bool| {
        let price = format!("{}.{:02}", price / 100, price % 100);
        let digits = if noise { format!("{price}00000000001") } else { price };
        format!(r#"[{{"symbol":"SPY","quantity":10,"mark_price":{digits}}}]"#)
    };
    let asked = |price: u32| {
        format!(r#"[{{"symbol":"SPY","quantity":10,"mark_price":"{}.{:02}"}}]"#, price / 100, price % 100)
    };
    let judged = |goes_back: bool| {
        let mut film = Film::open();
        for second in 0..90u32 {
            let (t, price) = (1.0 + f64::from(second), 45_000 + second / 3 * 10);
            film.rest(t + 0.1, &asked(price));
            film.ws(t + 0.2, &pushed(price, second % 2 == 0));
            if goes_back && second % 3 == 1 {
                // for a moment what was before, and no answer sees it
                film.ws(t + 0.4, &pushed(price - 10, false));
                film.ws(t + 0.6, &pushed(price, false));
            }
            film.rest(t + 0.7, &asked(price));
        }
        let report = film.judge(&positions());
        let gate = report.features[0].gates.iter().find(|gate| gate.code == "justified").cloned();
        gate.map(|gate| (gate.verdict, gate.value.contains("goes back"))).unwrap()
    };
    assert_eq!(judged(false), (Verdict::Go, false));
    assert!(judged(true).1, "what does go back is seen");
}

/// A minute of staleness, and the stream stands still for most of it after a reconnect: whether a gap is why cannot be
/// told, so the run is no proof.
#[test]
fn answers_that_a_gap_may_explain_prove_nothing_when_there_are_many() {
    let judged = |stands_still: bool| {
        let mut feature = positions();
        feature.rest_staleness = Duration::from_secs(60);
        let mut film = Film::open();
        film.at(20.5, Event::Closed { code: 1006, reason: "".into() });
        film.at(20.9, Event::Open);
        for second in 1..150u32 {
            let (t, price) = (f64::from(second), 45_000 + second);
            film.rest(t + 0.1, &format!("[{}]", row("SPY", price)));
            let said = if stands_still && (22..75).contains(&second) { 45_021 } else { price };
            film.ws(t + 0.3, &format!("[{}]", row("SPY", said)));
        }
        film.judge(&feature)
    };
    let open = |report: &RunReport| -> Vec<String> {
        let gates = report.features[0].gates.iter().filter(|gate| gate.verdict != Verdict::Go);
        gates.map(|gate| format!("{}: {}", gate.code, gate.value)).collect()
    };
    assert_eq!(open(&judged(false)), Vec::<String>::new());
    let report = judged(true);
    assert!(
        open(&report).iter().any(|gate| gate.starts_with("alignment")),
        "{:?}",
        report.features[0].outcomes
    );
}

/// Only what moved, sent as if it were all: each push takes the other row off the screen, and REST lists both throughout.
#[test]
fn what_moved_sent_as_a_snapshot_is_a_row_missing_and_says_upsert() {
    let mut film = Film::open();
    for second in 0..30u32 {
        let t = 1.1 + f64::from(second);
        let moved = if second % 2 == 0 { "SPY" } else { "AAPL" };
        film.ws(t, &format!("[{}]", float_row(moved, 100 + second)));
        let (spy, aapl) = (100 + second - second % 2, 100 + second - (second + 1) % 2);
        film.rest(t + 0.34, &format!("[{},{}]", row("SPY", spy), row("AAPL", aapl)));
    }
    let report = film.judge(&positions());
    assert_eq!(justified(&report), Verdict::NoGo);
    let missing = kinds(&report).into_iter().find(|(kind, _)| *kind == Kind::MissingInWs);
    assert!(missing.is_some_and(|(_, count)| count >= 20), "{:?}", report.features[0].outcomes);
    let parity = report.features[0].gates.iter().find(|gate| gate.code == "parity").unwrap();
    assert!(parity.fix.contains("upsert"), "{}", parity.fix);
}

/// Nothing is open, nothing is said; then REST lists a row, and the next tick of two seconds tells it. A stream that says
/// nothing of it at its tick and D is silent.
#[test]
fn the_first_push_after_a_quiet_time_has_its_tick() {
    let mut feature = positions();
    feature.ws[0].carries = Carries::Upsert;
    feature.ws[0].every = Duration::from_secs(2);
    feature.push_delay = Duration::from_millis(500);
    let is_stalled = |tells: f64| {
        let mut film = Film::open();
        for quarter in 0..240u32 {
            let t = 1.0 + f64::from(quarter) / 4.0;
            let is_open = !(10.0..=30.0).contains(&t);
            let listed = if is_open { row("SPY", 45_500 + quarter / 8) } else { String::new() };
            film.rest(t + 0.1, &format!("[{listed}]"));
            if is_open && quarter % 8 == 0 && (t < 10.0 || t >= tells) {
                film.ws(t + 0.05, &format!("[{}]", float_row("SPY", 45_500 + quarter / 8)));
            }
        }
        kinds(&film.judge(&feature)).iter().any(|(kind, _)| *kind == Kind::Stalled)
    };
    assert!(!is_stalled(30.0));
    assert!(is_stalled(40.0));
}

/// The first message tells that the stream lacks what the formula needs: from there on the field is compared as it
/// stands, and what was read before is not another state for it.
#[test]
fn a_formula_that_the_stream_cannot_check_makes_no_difference_by_itself() {
    let mut feature = positions();
    feature.ws[0].delivery = Delivery::OnChange;
    feature.rest_only = vec!["/avg_price".parse().unwrap()];
    feature.rules = vec![Rule {
        rest: "/gain".parse().unwrap(),
        ws: "/gain".parse().unwrap(),
        compare: Compare::Derived {
            formula: "(mark_price - avg_price) * quantity".into(),
            tolerance: Tolerance::default(),
        },
        reason: Some("recomputed on every read".into()),
        expires: None,
        origin: Origin::BuiltIn,
    }];
    let film = |wrong: bool| {
        let mut film = Film::open();
        for second in 0..60u32 {
            let (t, mark) = (1.0 + f64::from(second), 101 + second / 6);
            let gain = (mark - 100) * 10;
            let of = |gain: u32, average: &str| {
                format!(r#"[{{"symbol":"SPY","mark_price":{mark},"quantity":10,{average}"gain":{gain}}}]"#)
            };
            film.rest(t + 0.1, &of(gain, r#""avg_price":100,"#));
            if second % 6 == 0 {
                film.ws(t + 0.05, &of(gain + u32::from(wrong && second > 20), ""));
            }
        }
        film.judge(&feature)
    };
    let right = film(false);
    assert_eq!(kinds(&right), [(Kind::Match, 60)]);
    assert_eq!(film(true).verdict, Verdict::NoGo, "and it is compared");
}

/// The end that is counted down to moves between two pushes, and the rest of the row is equal by a tolerance only.
#[test]
fn a_countdown_that_begins_anew_waits_for_its_push() {
    let mut feature = positions();
    feature.rest.every = Duration::from_secs(2);
    feature.ws[0].every = Duration::from_secs(5);
    let rule = |field: &str, compare: Compare| Rule {
        rest: field.parse().unwrap(),
        ws: field.parse().unwrap(),
        compare,
        reason: Some("by nature".into()),
        expires: None,
        origin: Origin::BuiltIn,
    };
    feature.rules = vec![
        rule("/delta", Compare::Decimal { tolerance: Tolerance::Absolute("0.01".into()) }),
        rule("/left", Compare::Countdown { tolerance: Duration::from_secs(1) }),
    ];
    let film = |pushed: bool| {
        let mut film = Film::open();
        let left = |at: f64, moves_at: f64| if at < moves_at { 9_000.0 - at } else { 20_000.0 - at };
        for count in 0..60u32 {
            let at = 1.0 + f64::from(count) * 2.0;
            let row =
                |delta: f64, left: f64| format!(r#"[{{"symbol":"SPY","delta":{delta},"left":{left:.0}}}]"#);
            film.rest(at, &row(7.004 + f64::from(count / 10), left(at, 76.0)));
            if count % 5 == 0 {
                for at in [at, at + 5.0] {
                    let moves_at = if pushed { 76.0 } else { 1e9 };
                    film.ws(at - 0.5, &row(7.0 + f64::from(count / 10), left(at - 0.5, moves_at)));
                }
            }
        }
        film.judge(&feature)
    };
    let right = film(true);
    assert!(!right.features[0].outcomes.contains_key(&Kind::Value), "{:?}", kinds(&right));
    let wrong = film(false);
    assert!(wrong.features[0].outcomes.contains_key(&Kind::Value), "{:?}", kinds(&wrong));
}

/// A page asks once and then listens: where the answer comes out of a cache, what was pushed since it was read counts.
#[test]
fn a_part_that_came_before_an_old_answer_is_not_lost() {
    let judged = |lost: bool| {
        let mut feature = positions();
        feature.ws[0].carries = Carries::Merge;
        feature.ws[0].delivery = Delivery::OnChange;
        let mut film = Film::open();
        let price = |second: u32| 45_000 + second / 2 * 7;
        for second in 0..80u32 {
            let t = f64::from(second);
            // The quantity moves once, before the first answer that counts, and that answer is a second old.
            let whole = |price: u32, quantity: u32| {
                let row = row("SPY", price);
                format!("[{}]", row.replace("10.5000", &format!("{quantity}.0000")))
            };
            if second == 1 && !lost {
                film.ws(t + 0.6, r#"[{"symbol":"SPY","quantity":"12.0000"}]"#);
            }
            if second >= 2 && second % 2 == 0 {
                let price = price(second);
                film.ws(
                    t + 0.3,
                    &format!(r#"[{{"symbol":"SPY","mark_price":"{}.{:02}"}}]"#, price / 100, price % 100),
                );
            }
            let read = if second < 3 { second.saturating_sub(1) } else { second };
            film.rest(t + 0.5, &whole(price(read), if read >= 2 { 12 } else { 10 }));
        }
        film.judge(&feature)
    };
    let report = judged(false);
    assert_eq!(
        report.verdict,
        Verdict::Go,
        "{:?} {:?}",
        report.features[0].outcomes,
        report.features[0].findings
    );
    assert_eq!(judged(true).verdict, Verdict::NoGo);
}

/// A row that a message of its own takes away, before REST has said a word: there is nothing to merge, and it is gone.
#[test]
fn a_row_that_is_taken_away_before_the_first_answer_is_gone() {
    let judged = |taken: &str| {
        let mut feature = positions();
        feature.ws[0].carries = Carries::Merge;
        feature.ws[0].delivery = Delivery::OnChange;
        feature.rest.complete = true;
        feature.rest_staleness = Duration::from_secs(2);
        feature.ws[0].types.push("closed".into());
        feature.ws[0].removed = Some(Removed { types: vec!["closed".into()], ..Removed::default() });
        let mut film = Film::open();
        film.ws(1.31, &format!("[{},{}]", row("SPY", 45_000), row("ORD", 100)));
        film.ws(1.32, r#"[{"symbol":"ORD","mark_price":"1.01"}]"#);
        let closed = format!(r#"{{"type":"closed","data":{{"positions":[{{"symbol":"{taken}"}}]}}}}"#);
        film.at(1.33, Event::Message(closed.into()));
        for second in 1..80u32 {
            let (t, price) = (f64::from(second), 45_000 + second / 2 * 7);
            if second % 2 == 0 {
                let price = format!("{}.{:02}", price / 100, price % 100);
                film.ws(t + 0.1, &format!(r#"[{{"symbol":"SPY","mark_price":"{price}"}}]"#));
            }
            film.rest(t + 0.5, &format!("[{}]", row("SPY", price)));
        }
        film.judge(&feature)
    };
    let right = judged("ORD");
    assert_eq!(right.verdict, Verdict::Go, "{:?}", kinds(&right));
    assert_ne!(judged("ELSE").verdict, Verdict::Go);
}

/// A price that walks by a few cents at a time, each about so many seconds: what it is at any time.
fn walk(seed: u64, seconds: f64, step: i64) -> impl Fn(f64) -> i64 {
    let mut random = fastrand::Rng::with_seed(seed);
    let (mut at, mut price, mut states) = (0.0, 45_000, vec![(0.0, 45_000)]);
    while at < 200.0 {
        at += seconds * (0.5 + random.f64());
        price += random.i64(-step..=step);
        states.push((at, price));
    }
    move |at| states[states.partition_point(|(from, _)| *from <= at).max(1) - 1].1
}

/// Data that change ten times between two pushes: those that a push carries are the ones that moved right before it, and
/// that is no sign that pushes come when data move.
#[test]
fn data_that_are_faster_than_the_pushes_are_no_lost_ones() {
    for seed in 0..8 {
        let mut feature = positions();
        feature.ws[0].every = Duration::from_secs(3);
        feature.push_delay = Duration::from_secs(1);
        feature.rest_staleness = Duration::ZERO;
        let [price, quantity] = [walk(seed, 0.4, 30), walk(seed + 100, 0.4, 30)];
        let rows = |at: f64| {
            format!("[{}]", row("SPY", 45_000).replace("10.5000", &quantity(at).to_string()))
                .replace("450.00", &format!("{}.{:02}", price(at) / 100, price(at) % 100))
        };
        let mut film = Film::open();
        for second in 1..120u32 {
            let t = f64::from(second);
            if second % 3 == 0 {
                film.ws(t + 0.1, &rows(t));
                film.rest(t + 0.15, &rows(t + 0.14));
            }
            film.rest(t + 0.5, &rows(t + 0.49));
        }
        let report = film.judge(&feature);
        assert_ne!(report.verdict, Verdict::NoGo, "seed {seed}: {:?}", kinds(&report));
    }
}

/// Behind a cache of ten seconds REST never says what came and went in between; all its answers of that time are one.
/// What the stream makes up again and again is none of that.
#[test]
fn what_comes_and_goes_behind_a_cache_is_no_contradiction() {
    let judged = |seed: u64, wrong: bool| {
        let mut feature = positions();
        feature.ws[0].delivery = Delivery::OnChange;
        feature.push_delay = Duration::from_secs(2);
        feature.rest_staleness = Duration::from_secs(10);
        let price = walk(seed, if wrong { 40.0 } else { 5.0 }, if wrong { 400 } else { 2 });
        let rows = |price: i64| {
            format!("[{}]", row("SPY", 45_000))
                .replace("450.00", &format!("{}.{:02}", price / 100, price % 100))
        };
        let mut film = Film::open();
        let mut said = 0;
        for tenth in 1..1_200u32 {
            let t = f64::from(tenth) / 10.0;
            let is_wrong = wrong && tenth % 60 < 20 && tenth > 100;
            let now = if is_wrong { price(t) * 100 } else { price(t) };
            if said != now {
                film.ws(t + 0.05, &rows(now));
                said = now;
            }
            if tenth % 10 == 7 {
                film.rest(t + 0.02, &rows(price((t / 9.7).floor() * 9.7)));
            }
        }
        film.judge(&feature)
    };
    for seed in 0..12 {
        let report = judged(seed, false);
        assert_ne!(report.verdict, Verdict::NoGo, "seed {seed}: {:?}", kinds(&report));
    }
    assert_eq!(judged(3, true).verdict, Verdict::NoGo);
}
