//! The connection: when nothing could arrive, and why.

use thor_cutover::model::observation::GapReason;

use super::dice::Dice;
use super::shape::{MILLIS, SECOND};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Before the first handshake.
    Start,
    /// The socket was closed with this code and opened again after so many failed attempts.
    Closed { code: u16, attempts: u8 },
    /// The machine slept; what came meanwhile is delivered at its end.
    Slept(GapReason),
    /// The observer's queue overflowed; what came meanwhile is lost.
    Overflow,
    /// A frame nobody can read arrived; nothing of ours is lost.
    Garbage,
}

/// A stretch in which nothing could arrive, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blind {
    pub from: i64,
    pub to: i64,
    pub cause: Cause,
}

/// A whole run's connection, in order, the start included.
#[derive(Debug, Clone)]
pub struct Line {
    pub blinds: Vec<Blind>,
    pub length: i64,
}

impl Line {
    pub fn draw(length: i64, dice: &mut Dice) -> Self {
        let open = if dice.chance(50) { 0 } else { dice.between(0, 400) * MILLIS };
        let mut blinds = vec![Blind { from: i64::MIN / 4, to: open, cause: Cause::Start }];
        let count = *dice.pick(&[0, 0, 0, 0, 0, 1, 1, 3]);
        let mut at = open + length / 20;
        for _ in 0..count {
            at += dice.between(length / 20, length / (count + 1));
            let lasted = dice.spread(MILLIS, (length / 20).clamp(2 * MILLIS, 20 * SECOND));
            if at + lasted + SECOND >= length {
                break;
            }
            let cause = match dice.below(10) {
                0 => Cause::Slept(*dice.pick(&[GapReason::Suspended, GapReason::ClockJump])),
                1 => Cause::Overflow,
                _ => Cause::Closed {
                    code: *dice.pick(&[1000, 1006, 1011, 1012]),
                    attempts: dice.below(3) as u8,
                },
            };
            // An overflow is told when it is over, while answers go on arriving: it is over soon.
            let lasted = if cause == Cause::Overflow { lasted.min(40 * MILLIS) } else { lasted };
            blinds.push(Blind { from: at, to: at + lasted, cause });
            at += lasted;
        }
        let mut line = Self { blinds, length };
        for _ in 0..*dice.pick(&[0, 0, 0, 0, 0, 1, 2]) {
            let at = dice.between(open + 1, length - 1);
            if !line.is_blind(at, at) {
                line.cut(Blind { from: at, to: at, cause: Cause::Garbage });
            }
        }
        line
    }

    /// Whether a message sent and due at these times is lost.
    pub fn loses(&self, sent: i64, arrives: i64) -> bool {
        self.blinds.iter().any(|blind| match blind.cause {
            Cause::Start | Cause::Closed { .. } => sent < blind.to && arrives >= blind.from,
            Cause::Overflow => (blind.from..=blind.to).contains(&arrives),
            Cause::Slept(_) | Cause::Garbage => false,
        })
    }

    /// When something due at `at` reaches us: at once, or when the machine wakes.
    pub fn held(&self, at: i64) -> i64 {
        let asleep =
            |blind: &&Blind| matches!(blind.cause, Cause::Slept(_)) && (blind.from..=blind.to).contains(&at);
        self.blinds.iter().find(asleep).map_or(at, |blind| blind.to)
    }

    /// Whether the machine sleeps at `at`: nobody asks then.
    pub fn sleeps(&self, at: i64) -> bool {
        self.held(at) != at
            || self
                .blinds
                .iter()
                .any(|blind| matches!(blind.cause, Cause::Slept(_)) && (blind.from..=blind.to).contains(&at))
    }

    /// Whether any blind stretch touches `[from, to]`.
    pub fn is_blind(&self, from: i64, to: i64) -> bool {
        self.blinds.iter().any(|blind| blind.from <= to && blind.to >= from)
    }

    /// Connected stretches, from and to.
    pub fn clear(&self) -> Vec<(i64, i64)> {
        let starts = self.blinds.iter().map(|blind| blind.to);
        let ends = self.blinds.iter().skip(1).map(|blind| blind.from).chain([self.length]);
        starts.zip(ends).collect()
    }

    /// Adds a stretch where there is none; faults use it.
    pub fn cut(&mut self, blind: Blind) {
        self.blinds.push(blind);
        self.blinds.sort_by_key(|blind| blind.from);
    }
}
