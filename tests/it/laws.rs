//! The aligner's laws on worlds that nobody wrote by hand: what holds whatever two sides say.
//!
//! A failing world shrinks to its smallest and is told by proptest; it belongs into `engine.rs` or `fixtures/`.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use thor_cutover::align::Aligner;
use thor_cutover::model::feature::{Delivery, Feature};
use thor_cutover::model::observation::{Event, Observation, RestAnswer};
use thor_cutover::model::outcome::{Kind, Outcome};
use thor_cutover::model::time::Nanos;

use crate::engine::positions;

const MILLI: u64 = 1_000_000;

/// What happens next, and how long after what happened before.
#[derive(Debug, Clone)]
enum Happening {
    /// Prices of up to three symbols; 0 is a symbol that is not held.
    Push([u8; 3]),
    Answer([u8; 3]),
    Cut,
    Open,
    Garbage,
}

fn happening() -> impl Strategy<Value = (u64, Happening)> {
    let rows = || [0..4_u8, 0..3_u8, 0..2_u8];
    let what = prop_oneof![
        8 => rows().prop_map(Happening::Push),
        8 => rows().prop_map(Happening::Answer),
        1 => Just(Happening::Cut),
        1 => Just(Happening::Open),
        1 => Just(Happening::Garbage),
    ];
    (1..2_500_u64, what)
}

fn world() -> impl Strategy<Value = Vec<(u64, Happening)>> {
    proptest::collection::vec(happening(), 1..80)
}

fn rows(prices: [u8; 3]) -> String {
    let held = ["AAPL", "SPY", "TSLA"].into_iter().zip(prices).filter(|(_, price)| *price > 0);
    let rows: Vec<String> =
        held.map(|(symbol, price)| format!(r#"{{"symbol":"{symbol}","mark_price":{price}}}"#)).collect();
    format!("[{}]", rows.join(","))
}

/// The observations of a world; a request takes 20 ms or less.
fn film(world: &[(u64, Happening)]) -> Vec<Observation<'static>> {
    let mut at = Nanos::ZERO;
    let mut film = vec![Observation::of(at, Event::Open)];
    for (pause, happening) in world {
        let before = at;
        at = at + Duration::from_millis(*pause);
        let event = match happening {
            Happening::Push(prices) => Event::Message(
                format!(r#"{{"type":"positions","data":{{"positions":{}}}}}"#, rows(*prices)).into(),
            ),
            Happening::Answer(prices) => Event::Rest(RestAnswer {
                feature: "positions".into(),
                sent: before.max(Nanos(at.0.saturating_sub(20 * MILLI))),
                status: 200,
                body: format!(r#"{{"positions":{}}}"#, rows(*prices)).into(),
                bound: vec![],
            }),
            Happening::Cut => Event::Closed { code: 1006, reason: "".into() },
            Happening::Open => Event::Open,
            Happening::Garbage => Event::Message("{\"type\":".into()),
        };
        film.push(Observation::of(at, event));
    }
    film
}

fn feature(delivery: Delivery, delay: u64, staleness: u64) -> Feature {
    let mut feature = positions();
    feature.ws[0].delivery = delivery;
    feature.push_delay = Duration::from_millis(delay);
    feature.rest_staleness = Duration::from_millis(staleness);
    feature
}

/// Every outcome; `ticks`: the machine's clock is moved on so often between two observations.
fn outcomes(feature: &Feature, film: &[Observation<'static>], ticks: u64) -> (Vec<Outcome>, usize) {
    let mut aligner = Aligner::new(feature).with_outcomes();
    let mut held = 0;
    let mut last = Nanos::ZERO;
    for observation in film {
        let known = observation.known_from();
        for tick in 1..=ticks {
            let now = Nanos(last.0 + known.0.saturating_sub(last.0) * tick / (ticks + 1));
            aligner.advance(now);
        }
        aligner.push(observation);
        held = held.max(aligner.tally().held_bytes);
        last = observation.at;
    }
    let end = last + Duration::from_secs(90);
    aligner.advance(end);
    let all = std::iter::from_fn(|| aligner.poll_outcome()).collect();
    aligner.finish(end);
    (all, held)
}

/// What became of each sample that was settled.
fn by_sample(outcomes: &[Outcome]) -> BTreeMap<(Nanos, Nanos), Kind> {
    outcomes.iter().map(|outcome| (outcome.window, outcome.kind)).collect()
}

fn delivery() -> impl Strategy<Value = Delivery> {
    prop_oneof![Just(Delivery::Periodic), Just(Delivery::OnChange)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// Outcomes depend on the times inside observations, never on how often the machine is told the time.
    #[test]
    fn how_often_the_clock_is_looked_at_changes_nothing(world in world(), delivery in delivery(), ticks in 1..9_u64) {
        let feature = feature(delivery, 2_000, 1_000);
        let film = film(&world);
        prop_assert_eq!(outcomes(&feature, &film, 0).0, outcomes(&feature, &film, ticks).0);
    }

    /// What another feature does on the same socket is nothing to this one, wherever it comes in between.
    #[test]
    fn what_is_independent_may_come_in_any_order(world in world(), places in proptest::collection::vec((any::<u16>(), any::<bool>()), 0..20)) {
        let feature = feature(Delivery::Periodic, 2_000, 1_000);
        let alone = film(&world);
        let mut mixed = alone.clone();
        for (place, is_answer) in places {
            let place = 1 + usize::from(place) % mixed.len();
            let at = mixed[place - 1].at;
            let event = if is_answer {
                Event::Rest(RestAnswer {
                    feature: "intraday".into(), sent: at, status: 200, body: "{\"positions\":[]}".into(), bound: vec![],
                })
            } else {
                Event::Message("{\"type\":\"intraday_bar\",\"data\":{\"type\":\"positions\",\"positions\":[]}}".into())
            };
            mixed.insert(place, Observation::of(at, event));
        }
        prop_assert_eq!(outcomes(&feature, &alone, 0).0, outcomes(&feature, &mixed, 0).0);
    }

    /// A larger D or C may leave more unsaid, but it never makes a difference of what matched.
    #[test]
    fn more_budget_never_turns_a_match_into_a_difference(
        world in world(), delay in 0..3_000_u64, staleness in 0..2_000_u64, more in (0..3_000_u64, 0..3_000_u64),
    ) {
        let film = film(&world);
        let strict = by_sample(&outcomes(&feature(Delivery::Periodic, delay, staleness), &film, 0).0);
        let lenient = by_sample(&outcomes(&feature(Delivery::Periodic, delay + more.0, staleness + more.1), &film, 0).0);
        for (sample, kind) in strict.iter().filter(|(_, kind)| **kind == Kind::Match) {
            let other = lenient.get(sample);
            prop_assert!(other.is_none_or(|other| !other.blocks()), "{sample:?}: {kind} became {other:?}");
        }
    }

    /// Where the stream says at once and in order what REST says, nothing is ever held against it.
    #[test]
    fn a_stream_that_tells_everything_is_never_accused(states in proptest::collection::vec(([1..4_u8, 0..3_u8, 0..2_u8], 1..3_000_u64, 1..1_900_u64), 1..60)) {
        let mut world = Vec::new();
        for (prices, pause, delay) in states {
            world.push((pause, Happening::Answer(prices)));
            world.push((delay, Happening::Push(prices)));
        }
        let film = film(&world);
        let accused: Vec<Outcome> = outcomes(&feature(Delivery::Periodic, 2_000, 1_000), &film, 0)
            .0.into_iter().filter(|outcome| outcome.kind.blocks()).collect();
        prop_assert!(accused.is_empty(), "{accused:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    /// Memory is bounded by time and bytes, however long and wide the messages are.
    #[test]
    fn memory_is_bounded(width in 1..400_usize, pause in 1..40_u64, seed in any::<u32>()) {
        let feature = feature(Delivery::Periodic, 2_000, 1_000);
        let mut aligner = Aligner::new(&feature);
        let filler = "x".repeat(2_000);
        let mut at = Nanos::ZERO;
        let mut held = 0;
        aligner.push(&Observation::of(at, Event::Open));
        for turn in 0..1_500_u32 {
            at = at + Duration::from_millis(pause);
            let price = turn.wrapping_mul(seed | 1) % 1_000;
            let rows: Vec<String> = (0..width)
                .map(|row| format!(r#"{{"symbol":"S{row}","mark_price":{price},"note":"{filler}"}}"#))
                .take(1 + (turn as usize % 8))
                .collect();
            let text = format!(r#"{{"type":"positions","data":{{"positions":[{}]}}}}"#, rows.join(","));
            aligner.push(&Observation::of(at, Event::Message(text.into())));
            held = held.max(aligner.tally().held_bytes);
        }
        // 16 MiB a feature, and what one second may add before it is swept
        let one_second = 1_000 / pause as usize * 8 * 2_100;
        prop_assert!(held <= (16 << 20) + one_second, "{held}");
    }
}
