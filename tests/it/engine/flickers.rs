//! Values that stand on the screen for a moment, again and again, in data that never stand still: no answer contradicts
//! them and none takes them back, and REST never says one of them.

use super::*;

/// A price that moves four times a second. REST is asked about each second, at times of its own. `shown`: what the stream
/// says in place of the price, by the number of the push.
fn moving(seconds: u32, shown: impl Fn(u32, u32) -> Option<u32>) -> Film {
    let mut film = Film::open();
    let mut random = fastrand::Rng::with_seed(11);
    let price = |push: u32| 45_000 + push * 3;
    let mut asked = 0.55;
    film.rest(0.2, &format!("[{}]", row("SPY", price(0))));
    for push in 0..seconds * 4 {
        let t = 0.5 + f64::from(push) * 0.25;
        let right = format!("[{}]", row("SPY", price(push)));
        let pushed =
            shown(push, price(push)).map_or(right.clone(), |price| format!("[{}]", row("SPY", price)));
        film.ws(t, &pushed);
        if asked < t + 0.2 {
            film.rest(asked.max(t + 0.03), &right);
            asked += 0.7 + random.f64() * 0.6;
        }
    }
    film
}

fn on_change() -> Feature {
    let mut feature = positions();
    feature.ws[0].delivery = Delivery::OnChange;
    feature
}

#[test]
fn a_value_that_rest_never_says_is_no_go_however_the_data_move_on() {
    let right = moving(90, |_, _| None).judge(&on_change());
    assert_eq!(right.verdict, Verdict::Go, "{:?}", kinds(&right));
    let nothing = moving(90, |push, _| (push % 4 == 2).then_some(0)).judge(&on_change());
    assert_eq!(nothing.verdict, Verdict::NoGo, "each fourth push says 0");
    let frozen = moving(90, |push, _| (push % 4 == 2).then_some(43_210)).judge(&on_change());
    assert_eq!(frozen.verdict, Verdict::NoGo, "a second sender stands still");
}

#[test]
fn a_value_that_rest_says_as_often_is_right() {
    // Every fourth push goes back to the same price, and so does REST, as an order book's best price does.
    let mut film = Film::open();
    let mut random = fastrand::Rng::with_seed(3);
    let price = |push: u32| if push % 4 == 2 { 45_000 } else { 45_100 + push };
    film.rest(0.2, &format!("[{}]", row("SPY", price(0))));
    let mut asked = 0.6;
    for push in 0..360u32 {
        let t = 0.5 + f64::from(push) * 0.25;
        film.ws(t, &format!("[{}]", row("SPY", price(push))));
        while asked < t + 0.25 {
            film.rest(f64::max(asked, t + 0.001), &format!("[{}]", row("SPY", price(push))));
            asked += 0.3 + random.f64() * 0.6;
        }
    }
    let report = film.judge(&on_change());
    assert_eq!(report.verdict, Verdict::Go, "{:?} {:?}", kinds(&report), report.features[0].outcomes);
}
