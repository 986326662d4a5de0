//! A stream that says everything once and then only what moves: what it said whole is what its parts are merged into.

use super::*;

/// Everything once after it opened, then prices alone; REST from the start. `all`, `part`: what both messages say of SPY's
/// price, in cents.
fn said(all: impl Fn(u32) -> u32, part: impl Fn(u32) -> u32) -> Film {
    let price = |second: u32| 45_000 + second / 2 * 7;
    let mut film = Film::open();
    film.rest(0.1, &format!("[{},{}]", row("SPY", price(0)), row("ORD", 100)));
    let whole = format!("[{},{}]", row("SPY", all(price(0))), row("ORD", 100));
    let whole = format!(r#"{{"type":"positions_all","data":{{"positions":{whole}}}}}"#);
    film.at(0.3, Event::Message(whole.into()));
    for second in 1..80u32 {
        let t = f64::from(second);
        if second % 2 == 0 {
            let told = part(price(second));
            let told = format!("{}.{:02}", told / 100, told % 100);
            film.ws(t + 0.1, &format!(r#"[{{"symbol":"SPY","mark_price":"{told}"}}]"#));
        }
        film.rest(t + 0.5, &format!("[{},{}]", row("SPY", price(second)), row("ORD", 100)));
    }
    film
}

/// A source of parts beside one of this kind, either of them first.
fn sources(carries: Carries, parts_first: bool) -> Feature {
    let mut feature = positions();
    feature.rest_staleness = Duration::from_secs(1);
    let mut parts = feature.ws[0].clone();
    parts.carries = Carries::Merge;
    parts.delivery = Delivery::OnChange;
    let mut all = parts.clone();
    all.carries = carries;
    all.types = vec!["positions_all".into()];
    feature.ws = if parts_first { vec![parts, all] } else { vec![all, parts] };
    feature
}

#[test]
fn parts_are_merged_into_what_another_source_said_whole() {
    for (carries, parts_first) in [
        (Carries::Snapshot, true),
        (Carries::Snapshot, false),
        (Carries::Upsert, true),
        (Carries::Upsert, false),
    ] {
        let feature = sources(carries, parts_first);
        let what = format!("{carries:?}, parts first: {parts_first}");
        let right = said(|price| price, |price| price).judge(&feature);
        assert_eq!(
            right.verdict,
            Verdict::Go,
            "{what}: {:?} {:?}",
            kinds(&right),
            right.features[0].outcomes
        );
        let wrong = said(|price| price, |price| price + 100).judge(&feature);
        assert_eq!(wrong.verdict, Verdict::NoGo, "{what}");
    }
}

#[test]
fn what_is_said_whole_later_takes_the_place_of_what_was_merged() {
    let feature = sources(Carries::Snapshot, true);
    let again = |quantity: &str| {
        let mut film = said(|price| price, |price| price);
        let price = 45_000 + 40 / 2 * 7;
        let rows = format!("[{},{}]", row("SPY", price), row("ORD", 100));
        let rows = rows.replacen("10.5000", quantity, 1);
        let text = format!(r#"{{"type":"positions_all","data":{{"positions":{rows}}}}}"#);
        film.at(40.3, Event::Message(text.into()));
        film.observations.sort_by_key(|observation| observation.at);
        film.judge(&feature).verdict
    };
    assert_eq!(again("10.5"), Verdict::Go);
    assert_eq!(again("9.5"), Verdict::NoGo, "it stays on the screen through the parts that follow");
}

/// What the stream says first is on the screen, whatever REST says of it.
#[test]
fn a_first_message_that_is_wrong_stays_wrong_until_it_is_said_again() {
    let judged = |quantity: &str| {
        let mut feature = positions();
        feature.ws[0].carries = Carries::Merge;
        feature.ws[0].delivery = Delivery::OnChange;
        let mut film = Film::open();
        let price = |second: u32| 45_000 + second / 2 * 7;
        film.ws(0.05, &format!("[{}]", row("SPY", price(0)).replace("10.5000", quantity)));
        for second in 0..80u32 {
            let t = f64::from(second);
            if second % 2 == 0 && second > 0 {
                let told = price(second);
                let told = format!("{}.{:02}", told / 100, told % 100);
                film.ws(t + 0.1, &format!(r#"[{{"symbol":"SPY","mark_price":"{told}"}}]"#));
            }
            film.rest(t + 0.5, &format!("[{}]", row("SPY", price(second))));
        }
        film.judge(&feature)
    };
    let right = judged("10.5000");
    assert_eq!(right.verdict, Verdict::Go, "{:?}", kinds(&right));
    assert_eq!(judged("7.0000").verdict, Verdict::NoGo);
}

/// A row that the first whole message lacks is not there, although REST lists it.
#[test]
fn a_row_that_was_left_out_of_the_whole_is_missing() {
    let judged = |first: &str| {
        let mut feature = sources(Carries::Snapshot, false);
        feature.ws[1].carries = Carries::Upsert;
        let mut film = Film::open();
        let price = |second: u32| 45_000 + second / 2 * 7;
        let text = format!(r#"{{"type":"positions_all","data":{{"positions":[{first}]}}}}"#);
        film.at(0.05, Event::Message(text.into()));
        for second in 0..80u32 {
            let t = f64::from(second);
            if second % 2 == 0 && second > 0 {
                film.ws(t + 0.1, &format!("[{}]", row("SPY", price(second))));
            }
            film.rest(t + 0.5, &format!("[{},{}]", row("SPY", price(second)), row("ORD", 100)));
        }
        film.judge(&feature)
    };
    let right = judged(&format!("{},{}", row("SPY", 45_000), row("ORD", 100)));
    assert_eq!(right.verdict, Verdict::Go, "{:?}", kinds(&right));
    assert_eq!(judged(&row("SPY", 45_000)).verdict, Verdict::NoGo);
}
