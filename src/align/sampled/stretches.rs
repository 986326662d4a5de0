//! Answers close together that no push explains, of an entity that is explained before and after.

use std::collections::HashMap;
use std::time::Duration;

use crate::diff::digest::{Digest, Key};
use crate::model::time::Nanos;

/// Unexplained answers that are remembered, of all entities together.
const MAX_ANSWERS: usize = 32_768;
/// Answers on each side of a stretch that say how often one is unexplained anyway.
const AROUND: u64 = 50;
/// As few of these say nothing.
const LEAST_AROUND: u64 = 10;
/// A stretch that comes about by chance less often is none.
const CHANCE: f64 = 1e-6;
/// Pushes in a stretch, and answers, that make one.
const PUSHES: f64 = 4.0;
/// Of the answers of a stretch, those that are unexplained.
const DENSE: f64 = 0.85;
/// Unexplained answers elsewhere, of all there, up to which a stretch may have explained ones in it.
const SELDOM: f64 = 0.05;
/// Unexplained answers elsewhere, of all there, from which on the data move too freely for a stretch to tell.
const OFTEN: f64 = 0.25;

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
    /// Those of them that list the entity.
    pub listed: u64,
    /// REST's moves between those.
    pub moves: u64,
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
    pub fn wrong(
        &self,
        pause: Duration,
        age: Duration,
        usual: impl Fn(Key, u64) -> Option<UsualAnswers>,
    ) -> Option<WrongAnswers> {
        let mut found: Option<WrongAnswers> = None;
        for (key, answers) in &self.of_entity {
            let in_series = |one: &UnexplainedAnswer, next: &UnexplainedAnswer| one.series == next.series;
            for answers in answers.chunk_by(in_series) {
                let Some(usual) = answers.first().and_then(|first| usual(*key, first.series)) else {
                    continue;
                };
                for (begin, end) in unbroken(answers).chain(dense(answers, usual.answers)) {
                    let stretch = &answers[begin..end];
                    if is_no_chance(stretch, (&answers[..begin], &answers[end..]), usual, pause, age) {
                        let late = stretch.iter().filter(|it| it.is_late).count();
                        let is_late = late * 2 > stretch.len() || found.is_some_and(|found| found.is_late);
                        found = Some(WrongAnswers { is_late });
                    }
                }
            }
        }
        found
    }
}

/// The stretches of a series in which every answer is unexplained, as places among `answers`.
fn unbroken(answers: &[UnexplainedAnswer]) -> impl Iterator<Item = (usize, usize)> {
    let follows = |one: &UnexplainedAnswer, next: &UnexplainedAnswer| next.serial <= one.serial + 1;
    answers.chunk_by(follows).scan(0, |begin, stretch| {
        let end = *begin + stretch.len();
        Some((std::mem::replace(begin, end), end))
    })
}

/// The stretches of a series in which nearly every answer is unexplained, as places among `answers`. `all`: answers of
/// the series, the explained ones too.
///
/// Those are the segments of the highest score, where an unexplained answer scores by how much likelier it is in a
/// stretch than elsewhere, and an explained one by how much less likely.
fn dense(answers: &[UnexplainedAnswer], all: u64) -> Vec<(usize, usize)> {
    let usual = ((answers.len() as f64 + 1.0) / (all as f64 + 2.0)).min(DENSE / 2.0);
    let (unexplained, explained) = ((DENSE / usual).ln(), ((1.0 - DENSE) / (1.0 - usual)).ln());
    let mut found: Vec<(usize, usize)> = Vec::new();
    let (mut begin, mut end, mut score, mut best) = (0, 0, 0.0_f64, 0.0_f64);
    for (place, answer) in answers.iter().enumerate() {
        if let Some(before) = place.checked_sub(1).map(|before| answers[before]) {
            let between = answer.serial.saturating_sub(before.serial + 1);
            score += explained * between as f64;
        }
        if score <= 0.0 {
            if end > begin {
                found.push((begin, end));
            }
            (begin, end, score, best) = (place, place, 0.0, 0.0);
        }
        score += unexplained;
        if score > best {
            (best, end) = (score, place + 1);
        }
    }
    if end > begin {
        found.push((begin, end));
    }
    found
}

/// Whether a stretch has more unexplained answers than its neighbourhood says there should be.
///
/// REST may not move more often in it than elsewhere: data that move faster for a while are sampled worse.
fn is_no_chance(
    stretch: &[UnexplainedAnswer],
    (before, after): (&[UnexplainedAnswer], &[UnexplainedAnswer]),
    usual: UsualAnswers,
    pause: Duration,
    age: Duration,
) -> bool {
    let (Some(first), Some(last)) = (stretch.first(), stretch.last()) else { return false };
    let pushes = last.received.since(first.received).as_secs_f64() / pause.as_secs_f64();
    if pushes < PUSHES {
        return false;
    }
    let reads = reads(stretch, age);
    let tries = pushes.floor().min(reads);
    let answers = last.serial - first.serial + 1;
    let count = answers as f64;
    let moves = stretch.windows(2).filter(|pair| pair[0].digest != pair[1].digest).count() as f64;
    let (from, to) = (first.serial.saturating_sub(AROUND), last.serial + AROUND);
    let around = first.serial.saturating_sub(from.max(1)) + to.min(usual.answers).saturating_sub(last.serial);
    // An answer that does not list the entity explains nothing of it.
    let elsewhere_listed = usual.listed.saturating_sub(answers);
    let around = around.min(elsewhere_listed);
    let moves_elsewhere = (usual.moves as f64 - moves).max(0.0) / elsewhere_listed.max(1) as f64;
    if tries < PUSHES || around < LEAST_AROUND || moves > 1.5 * moves_elsewhere * count + 1.0 {
        return false;
    }
    let is_near = |it: &&UnexplainedAnswer| (from..=to).contains(&it.serial);
    let unexplained =
        before.iter().rev().take_while(is_near).count() + after.iter().take_while(is_near).count();
    // An answer is worth as much as it is in the stretch.
    let unexplained_in = stretch.len() as f64;
    let worth = reads / unexplained_in;
    let share = (unexplained as f64 * worth + 1.0) / (around as f64 * worth + 2.0);
    let inside = (unexplained_in / count).min(1.0);
    // Where much is unexplained elsewhere, chance makes a stretch of what it leaves out, too.
    let elsewhere = (before.len() + after.len()) as f64 / (usual.answers as f64 - count).max(1.0);
    if share >= inside || elsewhere > OFTEN || (inside < 1.0 && elsewhere > SELDOM) {
        return false;
    }
    // By Chernoff: as many as that of so many tries.
    let explained = if inside < 1.0 { (1.0 - inside) * ((1.0 - inside) / (1.0 - share)).ln() } else { 0.0 };
    let divergence = inside * (inside / share).ln() + explained;
    usual.answers as f64 * worth * (-tries / inside * divergence).exp() < CHANCE
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
        let usual = |_, _| Some(UsualAnswers { answers: 400, listed: 400, moves: 200 });
        stretches.wrong(Duration::from_secs(1), Duration::from_secs(age), usual)
    }

    #[test]
    fn a_stretch_is_told_from_chance_from_a_cache_and_from_data_that_move_faster() {
        let slow = |serial| serial / 3;
        assert_eq!(wrong(100..116, slow, 0), Some(WrongAnswers { is_late: false }));
        let but_for_some = (100..140).filter(|serial| serial % 9 != 0);
        assert_eq!(wrong(but_for_some, slow, 0), Some(WrongAnswers { is_late: false }), "some are chance");
        assert_eq!(wrong(100..106, slow, 0), None, "too few pushes");
        assert_eq!(wrong((20..380).filter(|serial| serial % 7 < 3), slow, 0), None, "here and there");
        assert!(wrong(100..116, |_| 1, 0).is_some());
        assert_eq!(wrong(100..116, |_| 1, 60), None, "one cache");
        assert_eq!(wrong(100..116, |serial| serial, 0), None, "it moves faster than elsewhere");
    }
}
