//! Answers one right after the other that no push explains, of an entity that is explained before and after.

use std::collections::HashMap;
use std::time::Duration;

use crate::diff::digest::{Digest, Key};
use crate::model::time::Nanos;

/// Unexplained answers that are remembered, of all entities together.
const MAX_ANSWERS: usize = 32_768;
/// Answers on each side of a stretch that say how often one is unexplained anyway.
const AROUND: u64 = 50;
/// A stretch that comes about by chance less often is none.
const CHANCE: f64 = 1e-6;
/// Pushes in a stretch, and answers, that make one.
const PUSHES: f64 = 4.0;

/// The unexplained answers of a run, entity by entity.
#[derive(Debug, Clone, Default)]
pub struct Stretches {
    of_entity: HashMap<Key, Vec<UnexplainedAnswer>>,
    count: usize,
}

/// One answer that no push explains.
#[derive(Debug, Clone, Copy)]
struct UnexplainedAnswer {
    series: u64,
    /// Its number in the series.
    serial: u64,
    received: Nanos,
    digest: Option<Digest>,
    /// A push beyond D said what it says.
    is_late: bool,
}

/// How a run as a whole looks to the entity.
#[derive(Debug, Clone, Copy)]
pub struct UsualAnswers {
    /// Answers of its series.
    pub answers: u64,
    /// Moves of REST's an answer.
    pub motion: f64,
}

/// A stretch that is no chance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrongAnswers {
    /// Most of it was carried too late.
    pub is_late: bool,
}

impl Stretches {
    /// Takes an unexplained answer, by its series and its number there.
    pub fn take(
        &mut self,
        key: Key,
        (series, serial): (u64, u64),
        received: Nanos,
        digest: Option<Digest>,
        is_late: bool,
    ) {
        if self.count < MAX_ANSWERS {
            self.count += 1;
            let answer = UnexplainedAnswer { series, serial, received, digest, is_late };
            self.of_entity.entry(key).or_default().push(answer);
        }
    }

    /// The stretch that the data's own movement does not explain, if there is one. `pause`: between two pushes; `age`:
    /// how old REST's answers get.
    ///
    /// REST may not move more often in it than elsewhere: data that move faster for a while are sampled worse.
    pub fn wrong(
        &self,
        pause: Duration,
        age: Duration,
        usual: impl Fn(Key, u64) -> Option<UsualAnswers>,
    ) -> Option<WrongAnswers> {
        let mut found: Option<WrongAnswers> = None;
        for (key, answers) in &self.of_entity {
            let of_series = answers.chunk_by(|one, next| {
                one.series == next.series && (one.serial..=one.serial + 1).contains(&next.serial)
            });
            let mut begin = 0;
            for stretch in of_series {
                let end = begin + stretch.len();
                let neighbours = (&answers[..begin], &answers[end..]);
                begin = end;
                let (Some(first), Some(last)) = (stretch.first(), stretch.last()) else { continue };
                let pushes = last.received.since(first.received).as_secs_f64() / pause.as_secs_f64();
                if pushes < PUSHES {
                    continue;
                }
                let reads = reads(stretch, age);
                let tries = pushes.floor().min(reads);
                if tries < PUSHES {
                    continue;
                }
                let Some(usual) = usual(*key, first.series) else { continue };
                let count = (last.serial - first.serial + 1) as f64;
                let moves = stretch.windows(2).filter(|pair| pair[0].digest != pair[1].digest).count() as f64;
                if moves > 1.5 * usual.motion * count + 1.0 {
                    continue;
                }
                let (from, to) = (first.serial.saturating_sub(AROUND), last.serial + AROUND);
                let before = first.serial.saturating_sub(from.max(1));
                let after = to.min(usual.answers).saturating_sub(last.serial);
                let is_near =
                    |it: &&UnexplainedAnswer| it.series == first.series && (from..=to).contains(&it.serial);
                let unexplained = neighbours.0.iter().rev().take_while(is_near).count()
                    + neighbours.1.iter().take_while(is_near).count();
                // An answer is worth as much as it is in the stretch.
                let worth = reads / count;
                let share = (unexplained as f64 * worth + 1.0) / ((before + after) as f64 * worth + 2.0);
                if share < 1.0 && usual.answers as f64 * worth * share.powf(tries) < CHANCE {
                    let is_late = stretch.iter().filter(|it| it.is_late).count() * 2 > stretch.len();
                    found =
                        Some(WrongAnswers { is_late: is_late || found.is_some_and(|found| found.is_late) });
                }
            }
        }
        found
    }
}

/// How many answers of a stretch were read anew as far as anybody knows: those out of one cache are one.
fn reads(stretch: &[UnexplainedAnswer], age: Duration) -> f64 {
    let mut shown: HashMap<Option<Digest>, Nanos> = HashMap::new();
    let anew = stretch.iter().filter(|answer| {
        let since = shown.entry(answer.digest).or_insert(answer.received);
        let is_anew = *since == answer.received || *since + age < answer.received;
        if is_anew {
            *since = answer.received;
        }
        is_anew
    });
    anew.count() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    /// Two answers a second of which these are unexplained; `state`: which one each of them shows.
    fn wrong(
        serials: impl Iterator<Item = u64>,
        state: impl Fn(u64) -> u64,
        age: u64,
    ) -> Option<WrongAnswers> {
        let mut stretches = Stretches::default();
        for serial in serials {
            let shown = Some(Digest { strict: u128::from(state(serial)).into(), loose: 0 });
            stretches.take(Key::default(), (7, serial), Nanos(serial * SECOND / 2), shown, false);
        }
        let usual = |_, _| Some(UsualAnswers { answers: 400, motion: 0.5 });
        stretches.wrong(Duration::from_secs(1), Duration::from_secs(age), usual)
    }

    #[test]
    fn a_stretch_is_told_from_chance_from_a_cache_and_from_data_that_move_faster() {
        let slow = |serial| serial / 3;
        assert_eq!(wrong(100..116, slow, 0), Some(WrongAnswers { is_late: false }));
        assert_eq!(wrong(100..106, slow, 0), None, "too few pushes");
        assert_eq!(wrong((20..380).filter(|serial| serial % 7 < 3), slow, 0), None, "here and there");
        assert!(wrong(100..116, |_| 1, 0).is_some());
        assert_eq!(wrong(100..116, |_| 1, 60), None, "one cache");
        assert_eq!(wrong(100..116, |serial| serial, 0), None, "it moves faster than elsewhere");
    }
}
