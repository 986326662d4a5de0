//! The self-check: faults planted into copies of the run's own data must be found.
//!
//! Two kinds, each only where it is detectable: a value in a copy of a REST sample that equals no candidate,
//! and the run of equal versions that alone explain a row taken out of a copy of the stream. What is planted
//! and where derives from the data, so that a replay plants the same.

use std::collections::BTreeSet;

use crate::align::classify::{self, ClassifyContext, SampledEntity};
use crate::align::explain::{self, RowCase, Standing, Terms};
use crate::align::history::History;
use crate::align::sample::Sample;
use crate::diff::compare::differing;
use crate::diff::field_table::{FieldId, FieldTable, Role, Side};
use crate::diff::normalise::{self, Batch, Row};
use crate::diff::parsed_entity::parse_entity;
use crate::json::number::{self, Tolerance};
use crate::model::feature::Compare;
use crate::model::run::SelfCheck;

/// Faults of each kind planted in a run.
const WANTED: u64 = 64;
/// After this many tries every further sample in [`THIN`] is tried.
const DENSE: u64 = 32;
const THIN: u64 = 16;
/// Versions that planting of one kind compares in a run before one fault of each field is enough. Thor's streams
/// leave a few hundred to compare with; in a flood there are thousands, and the check would cost more than the run.
const COMPARED: u64 = 16_384;

#[derive(Debug, Clone, Default)]
pub struct FaultInjector {
    seen: u64,
    values: Tried,
    drops: Tried,
    fields_planted: BTreeSet<FieldId>,
    fields_compared: BTreeSet<FieldId>,
    names: Vec<String>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Tried {
    plantable: u64,
    caught: u64,
    /// Versions looked at so far.
    compared: u64,
}

impl Tried {
    /// `lacks`: something was not exercised yet.
    fn wants_more(&self, lacks: bool) -> bool {
        self.plantable < WANTED && (self.compared < COMPARED || lacks)
    }
}

impl FaultInjector {
    /// Plants into copies of a sample that matched. `moved`: it shows another state than the one before.
    pub fn matched(
        &mut self,
        plan: &mut FieldTable,
        history: &History,
        sample: &Sample<'_>,
        terms: Terms,
        moved: bool,
    ) {
        self.seen += 1;
        if sample.rows.is_empty() || (self.seen > DENSE && !self.seen.is_multiple_of(THIN)) {
            return;
        }
        let row = &sample.rows[(self.seen as usize - 1) % sample.rows.len()];
        if self.values.wants_more(self.values.plantable == 0 || !self.names.is_empty()) {
            self.plant_value(plan, history, sample, row, terms);
        }
        if moved && self.drops.wants_more(self.drops.plantable == 0) {
            self.plant_drop(plan, history, sample, terms);
        }
        self.names = plan
            .fields
            .iter()
            .enumerate()
            .filter(|(id, field)| {
                field.is_compared() && self.fields_compared.contains(id) && !self.fields_planted.contains(id)
            })
            .map(|(_, field)| field.pointer.to_string())
            .collect();
    }

    /// A wrong value in one field of one row, through the whole path from text to field name.
    fn plant_value(
        &mut self,
        plan: &mut FieldTable,
        history: &History,
        sample: &Sample<'_>,
        row: &Row,
        terms: Terms,
    ) {
        let text = sample.text_of(row).to_owned();
        let Ok(taken) = parse_entity(plan, Side::Rest, &text, &[]) else { return };
        let fields: Vec<FieldId> = (0..plan.fields.len())
            .filter(|&id| {
                matches!(plan.fields[id].role, Role::Strict | Role::Loose(_)) && taken.get(id).is_some()
            })
            .collect();
        self.fields_compared.extend(&fields);
        // Those not planted yet first; the others in turn.
        let turn = self.seen as usize % fields.len().max(1);
        let (planted, fresh): (Vec<FieldId>, Vec<FieldId>) =
            fields[turn..].iter().chain(&fields[..turn]).partition(|id| self.fields_planted.contains(id));
        for field in fresh.into_iter().chain(planted) {
            let value = taken.get(field).expect("only present fields were listed");
            let Some(wrong) = wrong_value(plan, field, &value.text) else { continue };
            let json = value.to_json();
            let planted_json = if json.starts_with('"') { format!("\"{wrong}\"") } else { wrong };
            let path = plan.fields[field].pointer.tokens();
            let Some(planted) = splice(&text, path, &json, &planted_json) else { continue };
            if self.plant_text(plan, history, sample, row, &planted, terms) {
                self.fields_planted.insert(field);
                return;
            }
        }
    }

    /// Plants a row's text with one value changed; `false` where it would not show.
    fn plant_text(
        &mut self,
        plan: &mut FieldTable,
        history: &History,
        sample: &Sample<'_>,
        row: &Row,
        planted: &str,
        terms: Terms,
    ) -> bool {
        let Some(track) = history.entities.get(&row.key) else { return false };
        // Independent of digests: whether the planted value equals a candidate's.
        let window = terms.budget.window(sample.sent, sample.received);
        let versions: Vec<_> = track.window(window.0, window.1).collect();
        self.values.compared += versions.len() as u64;
        let Ok(wrong_taken) = parse_entity(plan, Side::Rest, planted, sample.bound()) else { return false };
        for version in versions {
            let Some(version_text) = track.text_of(version) else { return false };
            let Ok(ws) = parse_entity(plan, version.source, &version_text, &[]) else { return false };
            let times = terms.budget.times(sample.sent, sample.received, version);
            if differing(plan, &wrong_taken, &ws, times).next().is_none() {
                return false;
            }
        }
        let mut batch = Batch::default();
        if normalise::read(plan, Side::Rest, planted, sample.bound(), &mut batch).is_err() {
            return false;
        }
        self.values.plantable += 1;
        let Some(&planted_row) = batch.rows.first() else { return true };
        let since = if terms.snapshot { terms.seeded } else { track.seeded };
        let case = RowCase {
            row: &Row { key: row.key, ..planted_row },
            text: planted,
            bound: sample.bound(),
            sample: (sample.sent, sample.received),
            budget: terms.budget,
            since: since.or(Some(sample.sent)),
            without: None,
        };
        let unexplained = explain::entity(plan, Some(track), &case, None) != Standing::Explained;
        self.values.caught += u64::from(unexplained && planted_row.digest != row.digest);
        true
    }

    /// The pushes that alone explain a row, taken out: the row must become unexplained and get a blocking name.
    fn plant_drop(&mut self, plan: &mut FieldTable, history: &History, sample: &Sample<'_>, terms: Terms) {
        let window = terms.budget.window(sample.sent, sample.received);
        let place = sample.rows.iter().find_map(|row| {
            let track = history.entities.get(&row.key)?;
            let place = track.period_of(row.digest, sample.received)?;
            let period = &track.intervals[place];
            let fresh = period.first == sample.received && period.other_sent.is_some();
            let complete = if terms.snapshot { terms.seeded } else { track.seeded }
                .is_some_and(|since| terms.budget.reads_after(since, sample.sent));
            (fresh && complete).then_some((row, track))
        });
        let Some((row, track)) = place else { return };
        let text = sample.text_of(row);
        let without = Some(row.digest);
        let since = if terms.snapshot { terms.seeded } else { track.seeded };
        let others: Vec<_> =
            track.window(window.0, window.1).filter(|version| version.digest != without).collect();
        // Naming what is unexplained compares it with all that is remembered.
        self.drops.compared += (others.len() + track.versions.len()) as u64;
        let all_strict = !(plan.has.loose || plan.has.countdown);
        if others.is_empty() || !all_strict {
            return;
        }
        // Independent of digests: an equal version under another digest, such as one from before a one-sided
        // field turned up on the other side, would explain the row as well.
        let Ok(rest) = parse_entity(plan, Side::Rest, text, sample.bound()) else { return };
        for version in others {
            let Some(version_text) = track.text_of(version) else { continue };
            let Ok(ws) = parse_entity(plan, version.source, &version_text, &[]) else { return };
            let at = terms.budget.times(sample.sent, sample.received, version);
            if differing(plan, &rest, &ws, at).next().is_none() {
                return;
            }
        }
        self.drops.plantable += 1;
        let case = RowCase {
            row,
            text,
            bound: sample.bound(),
            sample: (sample.sent, sample.received),
            budget: terms.budget,
            since,
            without,
        };
        let standing = explain::entity(plan, Some(track), &case, None);
        let scene = ClassifyContext {
            budget: terms.budget,
            snapshot: terms.snapshot,
            stalled: false,
            last_word: track.ws_word,
            without,
            overdue: None,
        };
        let shown = SampledEntity {
            digest: row.digest,
            text,
            bound: sample.bound(),
            sent: sample.sent,
            received: sample.received,
        };
        let class = classify::present(plan, Some(track), shown, scene);
        self.drops.caught += u64::from(standing == Standing::Unexplained && class.kind.blocks());
    }

    pub fn report(&self) -> SelfCheck {
        let mut not_exercised = Vec::new();
        if self.values.plantable == 0 {
            not_exercised.push("wrong value".to_owned());
        }
        if self.drops.plantable == 0 {
            not_exercised.push("dropped push".to_owned());
        }
        not_exercised.extend(self.names.iter().cloned());
        SelfCheck {
            plantable: self.values.plantable + self.drops.plantable,
            caught: self.values.caught + self.drops.caught,
            not_exercised,
        }
    }
}

/// A value just beyond what the field's rule lets pass; `None` where none can be made.
fn wrong_value(plan: &FieldTable, field: FieldId, text: &str) -> Option<String> {
    if plan.fields[field].notation == crate::diff::field_table::Notation::Instant {
        return wrong_instant(text);
    }
    if !number::is_number(text.as_bytes())
        || plan.fields[field].notation != crate::diff::field_table::Notation::Value
    {
        return match text {
            "true" => Some("false".to_owned()),
            "false" => Some("true".to_owned()),
            _ if text.contains(['"', '\\']) => None,
            _ if number::is_number(text.as_bytes()) => Some(format!("{text}1")),
            _ => Some(format!("{text}~")),
        };
    }
    let value = number::decimal(text)?;
    let (_, scale) = value.as_bigint_and_exponent();
    let unit = bigdecimal::BigDecimal::new(1.into(), scale.max(0));
    let tolerance = match plan.fields[field].role {
        Role::Loose(rule) => match &plan.rules[rule].compare {
            Compare::Decimal { tolerance: Tolerance::Scale(scale) } => {
                bigdecimal::BigDecimal::new(1.into(), i64::from(*scale))
            }
            Compare::Decimal { tolerance: Tolerance::Absolute(limit) } => number::decimal(limit)?,
            _ => return None,
        },
        _ => 0.into(),
    };
    // A double's noise reaches the 12th digit; a fault has to be larger than that to be one.
    let noise = value.abs() * bigdecimal::BigDecimal::new(1.into(), 11);
    let noisy = plan.fields[field].seen.iter().any(|seen| seen.noisy > 0);
    let step = if noisy { unit.max(noise) } else { unit };
    let mut wrong = number::plain(&(value + tolerance * 2 + step));
    if noisy && wrong.len() > 16 {
        wrong.truncate(16);
    }
    Some(wrong.trim_end_matches('.').to_owned())
}

/// Another instant in the same notation: the next year's, or an epoch's some hours later.
fn wrong_instant(text: &str) -> Option<String> {
    if number::is_number(text.as_bytes()) {
        return Some(number::plain(&(number::decimal(text)? + bigdecimal::BigDecimal::from(9_000_000))));
    }
    let year: u32 = text.get(..4)?.parse().ok()?;
    Some(format!("{}{}", year + 1, &text[4..]))
}

/// The entity's text with the value at `path` replaced.
fn splice(text: &str, path: &[String], old: &str, new: &str) -> Option<String> {
    let pointer = crate::json::pointer::Pointer::from_tokens(path.iter().cloned());
    let found = crate::json::locate::locate(text, &[&pointer]).ok()?.pop()??;
    if found != old {
        return None;
    }
    let start = crate::json::cursor::offset(text, found)?;
    Some(format!("{}{}{}", &text[..start], new, &text[start + found.len()..]))
}
