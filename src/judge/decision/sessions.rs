//! Market sessions by calendar, and how much of each was watched. Time zones are the session's own.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use crate::model::facts::ledger::Window;
use crate::model::session::Session;

/// One session on one day.
#[derive(Debug, Clone, PartialEq)]
pub struct Occurrence {
    pub name: String,
    /// The day it opened, in its own time zone.
    pub day: Date,
    pub open: Timestamp,
    pub close: Timestamp,
}

/// How much of an occurrence was watched.
#[derive(Debug, Clone, PartialEq)]
pub struct Coverage {
    pub occurrence: Occurrence,
    /// Share of its time, 0 to 1.
    pub share: f64,
    /// Its close has passed.
    pub over: bool,
}

/// The occurrences that overlap `from..to`, in order of opening; an error names a zone nobody knows here.
pub fn occurrences(sessions: &[&Session], from: Timestamp, to: Timestamp) -> Result<Vec<Occurrence>, String> {
    let mut found = Vec::new();
    for session in sessions {
        let zone = TimeZone::get(&session.time_zone).map_err(|error| {
            format!("session {:?}: time zone {:?}: {error}", session.name, session.time_zone)
        })?;
        let mut day = from.to_zoned(zone.clone()).date().saturating_sub(1.day());
        let last = to.to_zoned(zone.clone()).date();
        while day <= last {
            found.extend(on(session, &zone, day).filter(|it| it.open < to && it.close > from));
            match day.tomorrow() {
                Ok(next) => day = next,
                Err(_) => break,
            }
        }
    }
    found.sort_by(|a, b| (a.open, a.close, &a.name).cmp(&(b.open, b.close, &b.name)));
    Ok(found)
}

fn on(session: &Session, zone: &TimeZone, day: Date) -> Option<Occurrence> {
    if !session.days.contains(&day.weekday()) || session.holidays.contains(&day) {
        return None;
    }
    let close = session.early_close.get(&day).copied().unwrap_or(session.close);
    let close_day = if close <= session.open { day.tomorrow().ok()? } else { day };
    let instant = |day: Date, time| Some(zone.to_zoned(day.to_datetime(time)).ok()?.timestamp());
    let (open, close) = (instant(day, session.open)?, instant(close_day, close)?);
    (open < close).then(|| Occurrence { name: session.name.clone(), day, open, close })
}

/// The union of windows, in order of time.
pub fn union(mut windows: Vec<Window>) -> Vec<Window> {
    windows.retain(|window| window.from < window.to);
    windows.sort_by_key(|window| (window.from, window.to));
    let mut merged: Vec<Window> = Vec::with_capacity(windows.len());
    for window in windows {
        match merged.last_mut() {
            Some(last) if window.from <= last.to => last.to = last.to.max(window.to),
            _ => merged.push(window),
        }
    }
    merged
}

/// The share of each occurrence that the windows (in order, apart) cover.
pub fn coverage(occurrences: &[Occurrence], watched: &[Window], now: Timestamp) -> Vec<Coverage> {
    let share = |it: &Occurrence| {
        let covered: SignedDuration = watched
            .iter()
            .map(|window| window.to.min(it.close).duration_since(window.from.max(it.open)))
            .filter(SignedDuration::is_positive)
            .sum();
        covered.as_secs_f64() / it.close.duration_since(it.open).as_secs_f64()
    };
    occurrences
        .iter()
        .map(|it| Coverage { occurrence: it.clone(), share: share(it), over: it.close <= now })
        .collect()
}

/// How far the feature is verified without a break: time outside of sessions breaks nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Verified {
    pub from: Timestamp,
    pub through: Timestamp,
    /// Seconds of the gap in session time that it starts after; `None` if it starts with the first evidence.
    pub after_gap: Option<f64>,
}

/// The newest stretch of contiguous windows. A gap in session time longer than `tolerated` starts it anew:
/// it is visible, never averaged away.
pub fn verified(
    occurrences: &[Occurrence],
    watched: &[Window],
    tolerated: SignedDuration,
) -> Option<Verified> {
    let first = watched.first()?;
    let mut verified = Verified { from: first.from, through: first.to, after_gap: None };
    for window in &watched[1..] {
        let lost = in_session(occurrences, verified.through, window.from);
        if lost > tolerated {
            verified =
                Verified { from: window.from, through: window.to, after_gap: Some(lost.as_secs_f64()) };
        } else {
            verified.through = window.to;
        }
    }
    Some(verified)
}

/// Session time between two instants; sessions that overlap count once.
fn in_session(occurrences: &[Occurrence], from: Timestamp, to: Timestamp) -> SignedDuration {
    let clipped = occurrences
        .iter()
        .map(|it| Window { from: it.open.max(from), to: it.close.min(to) })
        .filter(|window| window.from < window.to)
        .collect();
    union(clipped).iter().map(|window| window.to.duration_since(window.from)).sum()
}
