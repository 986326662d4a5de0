//! Until when `--until-close` observes: the close of the features' market session. Pure, by calendar.

use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use crate::error::{Error, Result};
use crate::judge::decision::sessions::{Occurrence, occurrences};
use crate::model::feature::{Feature, span};
use crate::model::session::Session;

/// The session that a run covers.
#[derive(Debug, Clone, PartialEq)]
pub struct Close {
    /// When to begin; now, or the opening that is waited for.
    pub opens: Timestamp,
    pub at: Timestamp,
    /// What to tell the user.
    pub said: String,
}

/// How far ahead a session is looked for: no holiday lasts so long.
const HORIZON_DAYS: i64 = 14;

/// From when all of the features' markets are open, to the last of their closes; where they are never open together,
/// from the first opening on.
///
/// # Errors
/// Usage: no session lists any of the features, or none is due within two weeks.
pub fn close(sessions: &[Session], features: &[Feature], now: Timestamp) -> Result<Close> {
    let horizon = now
        .saturating_add((HORIZON_DAYS * 24).hours())
        .map_err(|error| Error::failed(anyhow::Error::new(error)))?;
    let mut coming: Vec<Vec<Occurrence>> = Vec::new();
    for feature in features {
        let of_it: Vec<&Session> =
            sessions.iter().filter(|session| session.features.contains(&feature.name)).collect();
        coming.push(occurrences(&of_it, now, horizon).map_err(Error::usage)?);
    }
    coming.retain(|of_it| !of_it.is_empty());
    let firsts = || coming.iter().filter_map(|of_it| of_it.first());
    let together = firsts().map(|first| first.open).max().unwrap_or(now).max(now);
    let at = |instant: Timestamp| {
        let open = |of_it: &Vec<Occurrence>| {
            let open = of_it.iter().filter(|it| it.open <= instant && instant < it.close);
            open.max_by_key(|it| it.close).cloned()
        };
        coming.iter().map(open).collect::<Option<Vec<Occurrence>>>()
    };
    let (opens, chosen) = match at(together) {
        Some(chosen) => (together, chosen),
        None => {
            let first = firsts().map(|first| first.open).min().unwrap_or(now);
            (first.max(now), firsts().cloned().collect())
        }
    };
    let Some(last) = chosen.iter().max_by_key(|occurrence| occurrence.close) else {
        let names: Vec<_> = features.iter().map(|feature| feature.name.as_str()).collect();
        return Err(Error::usage(format!("no market session of {} is due", names.join(", ")))
            .hint("list the features in a [[session]] of thor-cutover.toml, or say how long with --for"));
    };
    let of_last = sessions.iter().find(|session| session.name == last.name);
    let zone = of_last.map(|it| it.time_zone.as_str());
    let shown = |instant: Timestamp| local(instant, zone.unwrap_or("UTC"));
    let said = if opens <= now {
        format!("{} is open; observing until its close at {}", last.name, shown(last.close))
    } else {
        format!(
            "{} is closed; it opens at {}, in {}",
            last.name,
            shown(opens),
            span::display(whole_minutes(opens.duration_since(now).as_secs()))
        )
    };
    let said = match of_last.and_then(|session| session.doubt(last.day)) {
        Some(doubt) => format!("{said} ({doubt}: it may be none)"),
        None => said,
    };
    Ok(Close { opens, at: last.close, said })
}

/// `Mon 2026-11-30 09:30 EST`: as the market's own people say it.
fn local(instant: Timestamp, zone: &str) -> String {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    instant.to_zoned(zone).strftime("%a %Y-%m-%d %H:%M %Z").to_string()
}

/// Seconds of a wait are noise.
fn whole_minutes(seconds: i64) -> Duration {
    Duration::from_secs(seconds.unsigned_abs().max(60) / 60 * 60)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use jiff::civil::{Weekday, date, time};

    fn session(name: &str, open: i8, close: i8, features: &[&str]) -> Session {
        Session {
            name: name.to_owned(),
            time_zone: "America/New_York".to_owned(),
            open: time(open, 30, 0, 0),
            close: time(close, 0, 0, 0),
            days: vec![Weekday::Monday, Weekday::Tuesday],
            holidays: vec![date(2026, 11, 24)],
            early_close: BTreeMap::from([(date(2026, 12, 1), time(13, 0, 0, 0))]),
            holidays_until: Some(date(2026, 12, 31)),
            features: features.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    fn feature(name: &str) -> Feature {
        let mut feature = crate::contract::built_in("thor-a").remove(0);
        feature.name = name.to_owned();
        feature
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn an_open_session_ends_at_its_close_and_a_closed_one_at_the_next() {
        let sessions = [session("us", 9, 16, &["positions"])];
        let close =
            |now| close(&sessions, &[feature("positions"), feature("global_market")], at(now)).unwrap();
        // Monday, 10:00 in New York
        assert_eq!(close("2026-11-23T15:00:00Z").at, at("2026-11-23T21:00:00Z"));
        assert!(close("2026-11-23T15:00:00Z").said.contains("is open"));
        // before the open, and after the close: Tuesday is a holiday, so it is next Monday
        assert_eq!(close("2026-11-23T12:00:00Z").at, at("2026-11-23T21:00:00Z"));
        assert_eq!(close("2026-11-23T21:00:00Z").at, at("2026-11-30T21:00:00Z"));
        let next = close("2026-11-23T21:00:00Z");
        assert_eq!(next.opens, at("2026-11-30T14:30:00Z"));
        assert!(next.said.contains("it opens at Mon 2026-11-30 09:30 EST, in 6d 17h 30m"), "{}", next.said);
    }

    #[test]
    fn the_latest_close_counts_and_a_night_goes_into_the_next_day() {
        let sessions = [session("us", 9, 16, &["positions"]), session("night", 18, 8, &["intraday"])];
        let both = [feature("positions"), feature("intraday")];
        let close = close(&sessions, &both, at("2026-11-23T15:00:00Z")).unwrap();
        assert_eq!(close.at, at("2026-11-24T13:00:00Z"));
    }

    #[test]
    fn a_feature_without_a_session_has_no_close() {
        let error = close(&[], &[feature("global_market")], at("2026-11-23T15:00:00Z")).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains("global_market"), "{error}");
    }

    #[test]
    fn a_half_day_ends_at_its_early_close() {
        let sessions = [session("us", 9, 16, &["positions"])];
        let close = close(&sessions, &[feature("positions")], at("2026-12-01T15:00:00Z")).unwrap();
        assert_eq!(close.at, at("2026-12-01T18:00:00Z"));
    }

    #[test]
    fn several_markets_are_waited_for_until_all_are_open_together() {
        let mut london = session("london", 8, 16, &["global_market"]);
        london.time_zone = "Europe/London".to_owned();
        let sessions = [session("us", 9, 16, &["positions"]), london];
        let both = [feature("positions"), feature("global_market")];
        // Monday, 12:00 in London: New York opens two and a half hours later, and closes last
        let close = close(&sessions, &both, at("2026-11-23T12:00:00Z")).unwrap();
        assert_eq!(close.opens, at("2026-11-23T14:30:00Z"));
        assert_eq!(close.at, at("2026-11-23T21:00:00Z"));
    }

    #[test]
    fn each_of_thors_features_has_a_session_that_its_contract_knows() {
        let settings = crate::settings::of_text("", std::path::Path::new("x.toml")).unwrap();
        for now in ["2026-11-28T12:00:00Z", "2027-03-14T12:00:00Z"] {
            for feature in &settings.features {
                let one = std::slice::from_ref(feature);
                let close = super::close(&settings.sessions, one, at(now)).unwrap();
                assert!(close.opens > at(now), "{} is polled on a weekend", feature.name);
            }
            let all = super::close(&settings.sessions, &settings.features, at(now)).unwrap();
            let hours = all.at.duration_since(all.opens).as_hours();
            assert!(hours <= 7, "markets that are closed are polled for hours: {hours}");
        }
    }

    #[test]
    fn the_holidays_of_every_market_are_known_and_beyond_their_last_year_that_is_said() {
        let settings = crate::settings::of_text("", std::path::Path::new("x.toml")).unwrap();
        let only = |name: &str| {
            let of_name = settings.sessions.iter().filter(|session| session.name == name);
            of_name.cloned().map(|session| Session { features: vec!["x".to_owned()], ..session }).collect()
        };
        let opens = |name: &str, now: &str| {
            let sessions: Vec<Session> = only(name);
            let close = close(&sessions, &[feature("x")], at(now)).unwrap();
            (close.opens.to_string(), close.at.to_string(), close.said)
        };
        for (name, now, open, close) in [
            // the Emperor's birthday of 2027 is a Tuesday; Tokyo has no half days
            ("tokyo", "2027-02-22T12:00:00Z", "2027-02-24T00:00:00Z", "2027-02-24T06:30:00Z"),
            // 2026 ends with a half day in London, after Boxing Day was kept on a Monday
            ("london", "2026-12-25T12:00:00Z", "2026-12-29T08:00:00Z", "2026-12-29T16:30:00Z"),
            ("london", "2026-12-30T20:00:00Z", "2026-12-31T08:00:00Z", "2026-12-31T12:30:00Z"),
            // Independence Day of 2027 is a Sunday
            ("us-regular", "2027-07-03T12:00:00Z", "2027-07-06T13:30:00Z", "2027-07-06T20:00:00Z"),
        ] {
            let (opens, closes, said) = opens(name, now);
            assert_eq!((opens.as_str(), closes.as_str()), (open, close), "{name} {now}");
            assert!(!said.contains("listed"), "{said}");
        }
        for name in ["tokyo", "london", "us-regular"] {
            let (.., said) = opens(name, "2028-01-01T12:00:00Z");
            let doubt = format!("the holidays of {name} are listed up to 2027-12-31 only");
            assert!(said.contains(&doubt), "{said}");
        }
    }

    /// New York put its clocks forward on 2026-03-08 and back on 2026-11-01, at two in the morning.
    #[test]
    fn a_session_keeps_its_hours_when_the_clocks_change() {
        let sessions = [session("us", 9, 16, &["positions"])];
        let opens = |now| close(&sessions, &[feature("positions")], at(now)).unwrap().opens;
        assert_eq!(opens("2026-03-06T22:00:00Z"), at("2026-03-09T13:30:00Z"));
        assert_eq!(opens("2026-10-30T22:00:00Z"), at("2026-11-02T14:30:00Z"));
        let mut night = session("night", 18, 8, &["positions"]);
        night.days = vec![Weekday::Saturday];
        let night = [night];
        let long = |now| {
            let close = close(&night, &[feature("positions")], at(now)).unwrap();
            close.at.duration_since(close.opens).as_secs_f64() / 3600.0
        };
        // from 18:30 to 08:00, an hour less or more
        assert_eq!((long("2026-03-07T20:00:00Z"), long("2026-10-31T20:00:00Z")), (12.5, 14.5));
    }
}
