//! Which recordings go: those that are too old, then the oldest until the rest is small enough. The newest one stays,
//! however large it is: it is what the newest evidence can be judged again by.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// All files of one window's recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRecording<T> {
    /// What its owner knows it by.
    pub id: T,
    pub bytes: u64,
    pub closed_at: Timestamp,
    /// Whether it is being written, or its evidence is not kept yet: such a one never goes.
    pub is_needed: bool,
}

/// How long recordings stay, and how large they may be together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    pub keep: Duration,
    pub max_bytes: u64,
}

/// Why a recording goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outdated {
    TooOld,
    /// All together are larger than they may be.
    NoRoom,
}

impl Retention {
    /// The recordings that go, oldest first.
    pub fn outdated<T: Clone + Ord>(
        &self,
        recordings: &[KeptRecording<T>],
        now: Timestamp,
    ) -> Vec<(T, Outdated)> {
        let keep = SignedDuration::try_from(self.keep).unwrap_or(SignedDuration::MAX);
        let mut total: u64 = recordings.iter().map(|recording| recording.bytes).sum();
        let mut oldest: Vec<&KeptRecording<T>> =
            recordings.iter().filter(|recording| !recording.is_needed).collect();
        oldest.sort_by(|a, b| (a.closed_at, &a.id).cmp(&(b.closed_at, &b.id)));
        let newest = recordings.iter().map(|recording| recording.closed_at).max();
        let mut outdated = Vec::new();
        for recording in oldest {
            let why = if now.duration_since(recording.closed_at) > keep {
                Outdated::TooOld
            } else if total > self.max_bytes && Some(recording.closed_at) != newest {
                Outdated::NoRoom
            } else {
                continue;
            };
            total -= recording.bytes;
            outdated.push((recording.id.clone(), why));
        }
        outdated
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recording(day: i8, bytes: u64, is_needed: bool) -> KeptRecording<i8> {
        let closed_at =
            jiff::civil::date(2026, 11, day).to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp();
        KeptRecording { id: day, bytes, closed_at, is_needed }
    }

    fn outdated(keep_days: u64, max_bytes: u64, recordings: &[KeptRecording<i8>]) -> Vec<i8> {
        let retention = Retention { keep: Duration::from_secs(keep_days * 86_400), max_bytes };
        let outdated = retention.outdated(recordings, "2026-11-28T12:00:00Z".parse().unwrap());
        outdated.into_iter().map(|(id, _)| id).collect()
    }

    #[test]
    fn age_and_size_each_send_the_oldest_away_and_what_is_needed_stays() {
        let all = [
            recording(27, 10, false),
            recording(1, 10, true),
            recording(20, 10, false),
            recording(2, 10, false),
        ];
        assert_eq!(outdated(90, 1_000, &all), Vec::<i8>::new());
        assert_eq!(outdated(10, 1_000, &all), [2]);
        assert_eq!(outdated(90, 25, &all), [2, 20]);
        assert_eq!(outdated(90, 0, &all), [2, 20], "the newest stays");
        assert_eq!(outdated(0, 1_000, &all), [2, 20, 27]);
    }
}
