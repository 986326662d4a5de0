//! The noise floor: fields that differ between two REST reads made back to back.
//!
//! It explains a finding and proposes a rule; it never acquits and never adds a rule by itself.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::diff::field_table::{FieldId, FieldTable};
use crate::model::run::Note;
use crate::model::time::Nanos;

/// Two reads closer than this are a pair.
const BACK_TO_BACK: Duration = Duration::from_millis(50);
/// Pairs wanted of a run, and how many samples apart.
const PAIRS_WANTED: u64 = 5;
const SAMPLES_APART: u64 = 7;
/// Pairs needed before a field is called volatile.
const MIN_PAIRS: u64 = 3;

#[derive(Debug, Clone, Default)]
pub struct Volatile {
    last: Option<(u64, Nanos)>,
    samples: u64,
    pairs: u64,
    moved: BTreeMap<FieldId, u64>,
}

impl Volatile {
    /// Takes how often each field moved in a sample; returns whether a second read right now would make a useful pair.
    pub fn sample(&mut self, series: u64, sent: Nanos, received: Nanos, moves: &[u64]) -> bool {
        let pair =
            self.last.is_some_and(|(last, at)| last == series && sent >= at && sent.since(at) < BACK_TO_BACK);
        if pair {
            self.pairs += 1;
            for (field, _) in moves.iter().enumerate().filter(|(_, moves)| **moves > 0) {
                *self.moved.entry(field).or_default() += 1;
            }
        }
        self.last = Some((series, received));
        self.samples += 1;
        !pair && self.pairs < PAIRS_WANTED && self.samples % SAMPLES_APART == 1
    }

    /// Fields that moved in every pair.
    pub fn notes(&self, plan: &FieldTable) -> Vec<Note> {
        let always = self.moved.iter().filter(|(_, count)| self.pairs >= MIN_PAIRS && **count == self.pairs);
        always
            .filter_map(|(field, count)| {
                let field = plan.fields.get(*field)?;
                let ruled = matches!(field.role_name(), "ignored" | "countdown" | "rest_only");
                (!ruled).then(|| Note {
                    kind: "volatile".to_owned(),
                    field: Some(field.pointer.clone()),
                    count: *count,
                    detail: format!(
                        "differs between any two REST reads; if that is by nature: {{ field = \"{}\", compare = \"ignore\", reason = \"…\" }}",
                        field.pointer
                    ),
                    entities: Vec::new(),
                })
            })
            .collect()
    }
}
