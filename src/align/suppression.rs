//! What rules hid: how often, how large. A rule that hides much is a finding about the rule.

use std::collections::BTreeMap;

use bigdecimal::BigDecimal;

use crate::align::book::Book;
use crate::align::explain::Budget;
use crate::align::sample::Sample;
use crate::diff::compare::{compare, take_apart};
use crate::diff::number;
use crate::diff::plan::{FieldId, Plan, Role, RuleId, Side};
use crate::model::feature::{Compare, Origin};
use crate::model::run::{Note, Suppression};

#[derive(Debug, Clone, Default)]
struct Hid {
    count: u64,
    largest: Option<BigDecimal>,
}

#[derive(Debug, Clone, Default)]
pub struct Suppressions {
    hid: BTreeMap<(RuleId, FieldId), Hid>,
}

impl Suppressions {
    /// Looks at what rules hid in a sample that matched: in the entities whose hidden or loose parts differ.
    pub fn matched(&mut self, plan: &mut Plan, book: &Book, sample: &Sample, budget: Budget) {
        if !plan.has(|role| matches!(role, Role::Ignored(_) | Role::Loose(_) | Role::Countdown(_))) {
            return;
        }
        for row in &sample.rows {
            let Some(track) = book.tracks.get(&row.key) else { continue };
            let Some(version) = track.version_at(sample.received).or(track.versions.front()) else {
                continue;
            };
            let same = track.ws_hidden == row.hidden && version.digest == Some(row.digest);
            let Some(text) = version.text.as_ref().filter(|_| !same) else { continue };
            let Ok(rest) = take_apart(plan, Side::Rest, sample.text_of(row), sample.bound()) else {
                continue;
            };
            let Ok(ws) = take_apart(plan, version.told_by, text, &[]) else { continue };
            let times = budget.times(sample.sent, sample.received, version);
            for hidden in compare(plan, &rest, &ws, times).hidden {
                let hid = self.hid.entry((hidden.rule, hidden.field)).or_default();
                hid.count += 1;
                hid.largest = hid.largest.take().max(hidden.distance);
            }
        }
    }

    /// Every rule that hid something.
    pub fn report(&self, plan: &Plan) -> Vec<Suppression> {
        let mut report: Vec<Suppression> = self
            .hid
            .iter()
            .map(|((rule, field), hid)| {
                let rule = &plan.rules[*rule];
                Suppression {
                    field: plan.fields[*field].pointer.clone(),
                    rule: name(&rule.compare).to_owned(),
                    reason: rule.reason.clone().unwrap_or_default(),
                    count: hid.count,
                    largest: hid.largest.as_ref().map(number::plain).unwrap_or_default(),
                    origin: origin(&rule.origin),
                }
            })
            .collect();
        report.sort_by(|a, b| a.field.cmp(&b.field));
        report
    }
}

/// Rules of the user that never had a field to apply to; silent about built-in ones.
pub fn unused(plan: &Plan) -> Vec<Note> {
    let idle = plan.rules.iter().zip(&plan.applied).filter(|(_, applied)| !**applied);
    idle.filter(|(rule, _)| rule.origin != Origin::BuiltIn)
        .map(|(rule, _)| Note {
            kind: "unused_rule".to_owned(),
            field: Some(rule.rest.clone()),
            count: 0,
            detail: format!("the rule at {} never had a field to apply to", origin(&rule.origin)),
        })
        .collect()
}

/// A rule's `compare` as it is written in configuration.
pub fn name(compare: &Compare) -> &'static str {
    match compare {
        Compare::Exact => "exact",
        Compare::Decimal { .. } => "decimal",
        Compare::Instant { .. } => "instant",
        Compare::Countdown { .. } => "countdown",
        Compare::Text => "text",
        Compare::Ignore => "ignore",
        Compare::Derived { .. } => "derived",
    }
}

pub fn origin(origin: &Origin) -> String {
    match origin {
        Origin::BuiltIn => "built-in".to_owned(),
        Origin::File(file, line) => format!("{file}:{line}"),
    }
}
