//! What rules hid: how often, how large. A rule that hides much is a finding about the rule.

use std::collections::BTreeMap;

use bigdecimal::BigDecimal;

use crate::align::entity_history::EntityHistory;
use crate::align::explain::Budget;
use crate::align::history::History;
use crate::align::sample::Sample;
use crate::align::version::Version;
use crate::diff::compare::compare;
use crate::diff::field_table::{FieldId, FieldTable, Role, RuleId, Side};
use crate::diff::normalise::Row;
use crate::diff::parsed_entity::parse_entity;
use crate::json::number;
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
    pub fn matched(&mut self, plan: &mut FieldTable, history: &History, sample: &Sample<'_>, budget: Budget) {
        if !(plan.has.loose || plan.has.countdown || plan.has.ignored) {
            return;
        }
        for row in sample.rows.iter() {
            let Some(track) = history.entities.get(&row.key) else { continue };
            let Some(version) = track.version_at(sample.received).or(track.versions.front()) else {
                continue;
            };
            let same = track.ws.hidden == row.hidden && version.digest == Some(row.digest);
            if same || self.known_by_hash(plan, track, version, row) {
                continue;
            }
            let Some(text) = track.text_of(version) else { continue };
            let Ok(rest) = parse_entity(plan, Side::Rest, sample.text_of(row), sample.bound()) else {
                continue;
            };
            let Ok(ws) = parse_entity(plan, version.source, &text, &[]) else { continue };
            let times = budget.times(sample.sent, sample.received, version);
            for hidden in compare(plan, &rest, &ws, times).hidden {
                let hid = self.hid.entry((hidden.rule, hidden.field)).or_default();
                hid.count += 1;
                hid.largest = hid.largest.take().max(hidden.distance);
            }
        }
    }

    /// Counts without a look at the texts, where the newest words of both sides are meant and what their rules hid
    /// are only fields that one side lacks. `false`: nothing was counted, the texts have to tell.
    fn known_by_hash(
        &mut self,
        plan: &FieldTable,
        track: &EntityHistory,
        version: &Version,
        row: &Row,
    ) -> bool {
        let is_newest = track.versions.back().is_some_and(|last| last.serial == version.serial)
            && track.rest.digest == Some(row.digest)
            && track.rest.hidden == row.hidden;
        if !is_newest || version.source != Side::Ws || plan.is_noisy {
            return false;
        }
        let said = |values: &[u64], field: FieldId| values.get(field).copied().unwrap_or(0);
        let mut alone = Vec::new();
        for (field, known) in plan.fields.iter().enumerate() {
            let Some(rule) = rule_of(known.role) else { continue };
            match (said(&track.rest.values, field), said(&track.ws.values, field), known.role) {
                (0, 0, _) => {}
                (0, _, Role::Ignored(_)) | (_, 0, Role::Ignored(_)) => alone.push((rule, field)),
                (rest, ws, Role::Ignored(_) | Role::Loose(_)) if rest == ws => {}
                _ => return false,
            }
        }
        for place in alone {
            self.hid.entry(place).or_default().count += 1;
        }
        true
    }

    /// Every rule that hid something.
    pub fn report(&self, plan: &FieldTable) -> Vec<Suppression> {
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

/// The rule by which a field may hide a difference.
fn rule_of(role: Role) -> Option<RuleId> {
    match role {
        Role::Ignored(rule) | Role::Loose(rule) | Role::Countdown(rule) => Some(rule),
        _ => None,
    }
}

/// Rules of the user that never had a field to apply to; silent about built-in ones.
pub fn unused(plan: &FieldTable) -> Vec<Note> {
    let idle = plan.rules.iter().zip(&plan.applied).filter(|(_, applied)| !**applied);
    idle.filter(|(rule, _)| rule.origin != Origin::BuiltIn)
        .map(|(rule, _)| {
            Note::of(
                "unused_rule",
                Some(rule.rest.clone()),
                0,
                format!("the rule at {} never had a field to apply to", origin(&rule.origin)),
            )
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
