//! What the screen showed when REST answered, in numbers, and whether these are proof.

use std::time::Duration;

use crate::align::flash::FlashTally;
use crate::align::unsaid::UnsaidTally;

/// Whether contradictions are more than a few, and more than what comes and goes in REST itself would give.
fn exceeds_chance(contradicted: u64, answers: u64, flickers: u64) -> bool {
    contradicted >= 3 && contradicted * 50 >= answers && contradicted > 3 * flickers + 2
}

impl ScreenTally {
    /// Whether the contradictions are more than chance and more than what flickering data would give.
    pub fn is_proof(&self) -> bool {
        self.is_proof_by_values()
            || self.is_proof_by_rows()
            || self.flashes.is_proof()
            || self.unsaid.is_proof()
    }

    /// Whether all of them together are.
    pub fn is_proof_by_values(&self) -> bool {
        let is_by_phantom = self.has_phantom && self.contradicted > 0;
        let FieldContradictions { contradicted, flickers } = self.worst_field;
        exceeds_chance(self.contradicted, self.answers, self.flickers)
            || exceeds_chance(contradicted, self.answers, flickers)
            || is_by_phantom
    }

    /// Whether those about whole rows are, by themselves: that values flicker is no reason for a row to be missing.
    pub fn is_proof_by_rows(&self) -> bool {
        exceeds_chance(self.contradicted_rows, self.answers, self.vanishings)
    }
}

/// Of one field.
#[derive(Debug, Clone, Copy, Default)]
pub struct FieldContradictions {
    /// Answers that contradict the screen in it.
    pub contradicted: u64,
    /// States that REST showed once and left again for the one before: what data that flicker do to both sides.
    pub flickers: u64,
}

impl FieldContradictions {
    /// By how much they are more than what flickers in REST too.
    pub fn excess(&self) -> i64 {
        self.contradicted.cast_signed() - 3 * self.flickers.cast_signed()
    }
}

/// What the screen showed when REST answered.
#[derive(Debug, Clone, Copy, Default)]
pub struct ScreenTally {
    /// The lateness that the run shows: 99 % of the answers with news.
    pub skew: Duration,
    /// Answers.
    pub answers: u64,
    /// Answers that the screen contradicted.
    pub contradicted: u64,
    /// States that REST showed once and left again for the one before, in whichever field.
    pub flickers: u64,
    /// Of the field that is contradicted most, by what flickers in it.
    pub worst_field: FieldContradictions,
    /// Those in which a row stands on one side only.
    pub contradicted_rows: u64,
    /// How often REST did not list what it had listed.
    pub vanishings: u64,
    /// The stream goes back to states that it had left, far more often than REST does.
    pub goes_back: bool,
    /// A row came on the screen again and again that REST never listed.
    pub has_phantom: bool,
    /// States that the stream showed for a moment.
    pub flashes: FlashTally,
    pub unsaid: UnsaidTally,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values that go back and forth between two caches are no reason for a row to be missing.
    #[test]
    fn rows_are_proof_by_themselves_where_values_flicker() {
        let screen = |rows: u64, flickers: u64, vanishings: u64| ScreenTally {
            answers: 168,
            contradicted: 50,
            flickers,
            worst_field: FieldContradictions { contradicted: 50, flickers },
            contradicted_rows: rows,
            vanishings,
            ..ScreenTally::default()
        };
        assert!(screen(0, 0, 0).is_proof_by_values() && screen(0, 0, 0).is_proof());
        assert!(!screen(0, 34, 0).is_proof());
        assert!(screen(40, 34, 0).is_proof() && !screen(40, 34, 0).is_proof_by_values());
        assert!(!screen(2, 34, 0).is_proof(), "two may be chance");
        assert!(!screen(40, 34, 20).is_proof(), "what REST drops again and again");
    }
}
