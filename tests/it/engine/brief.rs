//! What a screen shows after a connection gap, and what is too brief for it.

use super::*;

fn on_change() -> Feature {
    let mut feature = positions();
    feature.ws[0].delivery = Delivery::OnChange;
    feature
}

fn both(film: &mut Film, at: f64, price: u32) {
    film.ws(at, &format!("[{}]", float_row("SPY", price)));
    film.rest(at + 0.5, &format!("[{}]", row("SPY", price)));
}

/// REST moves while the connection is down, and the stream says nothing of it until the next change: the screen is
/// wrong until then, however soon REST's answer is taken for what the stream starts from.
#[test]
fn a_screen_is_stale_after_a_gap_until_the_stream_speaks() {
    let wrong = |speaks: bool| {
        let mut film = Film::open();
        for second in 0..20u32 {
            both(&mut film, 1.0 + f64::from(second), 45_000 + second);
        }
        film.at(21.0, Event::Closed { code: 1006, reason: "".into() });
        film.at(24.0, Event::Open);
        for second in 24..64u32 {
            film.rest(f64::from(second) + 0.5, &format!("[{}]", row("SPY", 50_000)));
        }
        for second in 64..90u32 {
            if speaks {
                both(&mut film, f64::from(second), 50_001 + second);
            } else {
                film.rest(f64::from(second) + 0.5, &format!("[{}]", row("SPY", 50_000)));
            }
        }
        let report = film.judge(&on_change());
        let found = report.features[0].findings.iter().find(|it| it.difference.kind == Kind::MissedInGap);
        found.expect("it is named").difference.wrong_ms.expect("for how long") / 1000
    };
    assert!((38..=41).contains(&wrong(true)), "{}", wrong(true));
    assert!((64..=67).contains(&wrong(false)), "{}", wrong(false));
}

/// A stream that puts changes together leaves out a state that the next one overtakes within a quarter of a second;
/// a state that stands for longer is owed.
#[test]
fn a_state_that_the_next_push_overtakes_at_once_is_owed_to_nobody() {
    let film = |overtaken_after: f64| {
        let mut film = Film::open();
        for second in 0..60u32 {
            both(&mut film, 1.0 + f64::from(second), 45_000 + second * 3);
        }
        film.rest(61.0, &format!("[{}]", row("SPY", 46_000)));
        film.ws(61.0 + overtaken_after, &format!("[{}]", float_row("SPY", 46_100)));
        for second in 64..75u32 {
            film.rest(f64::from(second), &format!("[{}]", row("SPY", 46_100)));
        }
        film.judge(&on_change())
    };
    let brief = film(0.1);
    assert_eq!(brief.verdict, Verdict::Go, "{:?}", kinds(&brief));
    assert_eq!(brief.features[0].outcomes.get(&Kind::NotComparable), Some(&1), "{:?}", kinds(&brief));
    let owed = film(1.8);
    assert_eq!(owed.verdict, Verdict::NoGo, "{:?}", kinds(&owed));
}
