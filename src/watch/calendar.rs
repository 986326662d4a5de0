//! Which windows of evidence are due, by the sessions' own calendars and time zones.

use std::collections::BTreeMap;
use std::fmt;

use jiff::{SignedDuration, Timestamp, ToSpan as _};

use crate::judge::decision::sessions::{Occurrence, occurrences};
use crate::model::session::Session;

/// Sessions that overlap are one window, unless they would go on for longer than this.
const LONGEST_WINDOW: SignedDuration = SignedDuration::from_hours(25);
/// Whether sessions go on without a gap is looked for so far on both sides: markets close on weekends, or never.
const CHAIN_HOURS: i64 = 8 * 24;

/// What a window of evidence is known by, from one process to the next.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct WindowKey {
    pub target: String,
    pub session: String,
    /// When it may begin.
    pub opens: Timestamp,
}

impl fmt::Display for WindowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} on {}", self.session, self.opens.strftime("%Y-%m-%d"), self.target)
    }
}

/// One window of evidence: these features, from here to there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueWindow {
    pub key: WindowKey,
    /// In the order of the cutover.
    pub features: Vec<String>,
    pub closes: Timestamp,
}

/// The windows of a target that overlap `from..to`, in order of opening.
///
/// Sessions of one feature that overlap, as London and New York do, are one window: no minute is observed twice, and
/// none is lost where one gives way to the other. Where they overlap around the clock, each is watched from where those
/// before it have closed. Features whose stretches are the same share a window, and its socket.
///
/// # Errors
/// A time zone that nobody knows here.
pub fn due(
    target: &str,
    sessions: &[Session],
    features: &[String],
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<DueWindow>, String> {
    let since = from.saturating_sub(CHAIN_HOURS.hours()).unwrap_or(Timestamp::MIN);
    let until = to.saturating_add(CHAIN_HOURS.hours()).unwrap_or(Timestamp::MAX);
    let mut windows: BTreeMap<(Timestamp, Timestamp, String), Vec<String>> = BTreeMap::new();
    for feature in features {
        let of_it: Vec<&Session> =
            sessions.iter().filter(|session| session.features.contains(feature)).collect();
        for (opens, closes, session) in stretches(occurrences(&of_it, since, until)?) {
            if closes > from && opens < to {
                windows.entry((opens, closes, session)).or_default().push(feature.clone());
            }
        }
    }
    let window = |((opens, closes, session), features)| DueWindow {
        key: WindowKey { target: target.to_owned(), session, opens },
        features,
        closes,
    };
    Ok(windows.into_iter().map(window).collect())
}

/// Occurrences, in order of opening, as stretches of which no two overlap, with the names of their sessions.
fn stretches(occurrences: Vec<Occurrence>) -> Vec<(Timestamp, Timestamp, String)> {
    let mut chains: Vec<(Timestamp, Vec<Occurrence>)> = Vec::new();
    for occurrence in occurrences {
        match chains.last_mut() {
            Some((closes, chain)) if occurrence.open < *closes => {
                *closes = occurrence.close.max(*closes);
                chain.push(occurrence);
            }
            _ => chains.push((occurrence.close, vec![occurrence])),
        }
    }
    let mut stretches = Vec::new();
    for (closes, chain) in chains {
        let opens = chain[0].open;
        if closes.duration_since(opens) <= LONGEST_WINDOW {
            let mut names: Vec<&str> = chain.iter().map(|it| it.name.as_str()).collect();
            names.dedup();
            stretches.push((opens, closes, names.join("+")));
            continue;
        }
        let mut watched_until = Timestamp::MIN;
        for Occurrence { name, open, close, .. } in chain {
            let opens = open.max(watched_until);
            if opens < close {
                watched_until = close;
                stretches.push((opens, close, name));
            }
        }
    }
    stretches
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::{Weekday, time};

    fn session(name: &str, zone: &str, open: (i8, i8), close: (i8, i8), features: &[&str]) -> Session {
        Session {
            name: name.to_owned(),
            time_zone: zone.to_owned(),
            open: time(open.0, open.1, 0, 0),
            close: time(close.0, close.1, 0, 0),
            days: vec![
                Weekday::Monday,
                Weekday::Tuesday,
                Weekday::Wednesday,
                Weekday::Thursday,
                Weekday::Friday,
            ],
            holidays: Vec::new(),
            holidays_until: None,
            early_close: BTreeMap::new(),
            features: features.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn told(windows: &[DueWindow]) -> Vec<String> {
        let tell = |it: &DueWindow| {
            format!("{} {} {} {}", it.key.session, it.key.opens, it.closes, it.features.join("+"))
        };
        windows.iter().map(tell).collect()
    }

    #[test]
    fn sessions_of_one_feature_that_overlap_are_one_window() {
        let sessions = [
            session("london", "Europe/London", (8, 0), (16, 30), &["market"]),
            session("us", "America/New_York", (9, 30), (16, 0), &["balance", "market"]),
            session("lunch", "America/New_York", (12, 0), (13, 0), &["market"]),
        ];
        let features = ["balance", "market"].map(str::to_owned);
        let windows =
            due("main", &sessions, &features, at("2026-11-23T06:00:00Z"), at("2026-11-24T06:00:00Z"));
        let expected = [
            "london+us+lunch 2026-11-23T08:00:00Z 2026-11-23T21:00:00Z market",
            "us 2026-11-23T14:30:00Z 2026-11-23T21:00:00Z balance",
        ];
        assert_eq!(told(&windows.unwrap()), expected);
        // whenever it is asked, a window has the same key
        let later = due("main", &sessions, &features, at("2026-11-23T20:59:00Z"), at("2026-11-23T22:00:00Z"));
        assert_eq!(told(&later.unwrap()), expected);
    }

    #[test]
    fn sessions_that_overlap_around_the_clock_follow_each_other() {
        let always = |name, open, close| {
            let mut session = session(name, "UTC", open, close, &["market"]);
            session.days.extend([Weekday::Saturday, Weekday::Sunday]);
            session
        };
        let sessions = [always("day", (0, 0), (13, 0)), always("night", (12, 0), (1, 0))];
        let features = ["market".to_owned()];
        let windows =
            due("main", &sessions, &features, at("2026-11-23T06:00:00Z"), at("2026-11-24T06:00:00Z"))
                .unwrap();
        assert_eq!(
            told(&windows),
            [
                "day 2026-11-23T01:00:00Z 2026-11-23T13:00:00Z market",
                "night 2026-11-23T13:00:00Z 2026-11-24T01:00:00Z market",
                "day 2026-11-24T01:00:00Z 2026-11-24T13:00:00Z market"
            ]
        );
        let later = due("main", &sessions, &features, at("2026-11-23T13:30:00Z"), at("2026-11-23T14:00:00Z"));
        assert_eq!(told(&later.unwrap()), [told(&windows)[1].clone()]);
    }

    #[test]
    fn features_of_the_same_stretch_share_a_window() {
        let sessions = [session("us", "America/New_York", (9, 30), (16, 0), &["a", "b"])];
        let features = ["a", "b", "c"].map(str::to_owned);
        let (from, to) = (at("2026-11-20T06:00:00Z"), at("2026-11-23T23:00:00Z"));
        let windows = due("main", &sessions, &features, from, to).unwrap();
        assert_eq!(
            told(&windows),
            [
                "us 2026-11-20T14:30:00Z 2026-11-20T21:00:00Z a+b",
                "us 2026-11-23T14:30:00Z 2026-11-23T21:00:00Z a+b"
            ]
        );
    }

    #[test]
    fn a_market_that_never_closes_has_a_window_a_day() {
        let mut always = session("always", "UTC", (0, 0), (0, 0), &["a"]);
        always.days = vec![Weekday::Saturday, Weekday::Sunday, Weekday::Monday];
        let (from, to) = (at("2026-11-28T12:00:00Z"), at("2026-11-30T12:00:00Z"));
        let windows = due("main", &[always], &["a".to_owned()], from, to).unwrap();
        assert_eq!(windows.len(), 3);
        assert!(windows.windows(2).all(|pair| pair[0].closes == pair[1].key.opens), "{windows:?}");
    }
}
