//! Until when `--until-close` observes: the close of the features' market session. Pure, by calendar.

use jiff::{Timestamp, ToSpan as _};

use crate::error::{Error, Result};
use crate::judge::decision::sessions::{Occurrence, occurrences};
use crate::model::feature::Feature;
use crate::model::session::Session;

/// The session that a run covers.
#[derive(Debug, Clone, PartialEq)]
pub struct Close {
    pub at: Timestamp,
    /// What to tell the user.
    pub said: String,
}

/// The latest close among the features' sessions that are open at `now`, or else that open next.
///
/// # Errors
/// Usage: no session lists any of the features, or none is due within two weeks.
pub fn close(sessions: &[Session], features: &[Feature], now: Timestamp) -> Result<Close> {
    let mut chosen: Vec<Occurrence> = Vec::new();
    for feature in features {
        let of_it: Vec<&Session> =
            sessions.iter().filter(|session| session.features.contains(&feature.name)).collect();
        let horizon = now
            .saturating_add((14 * 24).hours())
            .map_err(|error| Error::failed(anyhow::Error::new(error)))?;
        let coming = occurrences(&of_it, now, horizon).map_err(Error::usage)?;
        chosen.extend(coming.into_iter().next());
    }
    let Some(last) = chosen.iter().max_by_key(|occurrence| occurrence.close) else {
        let names: Vec<_> = features.iter().map(|feature| feature.name.as_str()).collect();
        return Err(Error::usage(format!("no market session of {} is due", names.join(", ")))
            .hint("list the features in a [[session]] of thor-cutover.toml, or say how long with --for"));
    };
    let opens = chosen.iter().map(|occurrence| occurrence.open).min().unwrap_or(last.open);
    let state = if opens <= now { "is open".to_owned() } else { format!("opens at {opens}") };
    Ok(Close {
        at: last.close,
        said: format!("{} {state}; observing until its close at {}", last.name, last.close),
    })
}

#[cfg(test)]
mod tests {
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
        assert!(close("2026-11-23T21:00:00Z").said.contains("opens at 2026-11-30T14:30:00Z"));
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
}
