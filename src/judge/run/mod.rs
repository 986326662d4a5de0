//! The run gates: what one observed run proves, feature by feature.
//!
//! A gate is a function over a feature's tally that yields one row. A GO of a run means: these hold.

mod data;
mod evidence;

use std::collections::BTreeMap;

use crate::align::{EngineTally, Tally};
use crate::model::feature::Feature;
use crate::model::gate::Gate;
use crate::model::observation::End;
use crate::model::outcome::blocking;
use crate::model::run::{Connection, FeatureReport, Finding, Note, RunReport};
use crate::model::thresholds::Thresholds;
use crate::model::verdict::Verdict;

/// Everything a run gate may look at.
#[derive(Debug, Clone, Copy)]
pub struct Case<'c> {
    pub feature: &'c Feature,
    pub tally: &'c Tally,
    pub connection: &'c Connection,
    pub thresholds: &'c Thresholds,
    pub end: End,
    /// Length of the run in seconds.
    pub seconds: f64,
}

/// A run gate: stable code, what it means, and its judgment.
pub struct RunGate {
    pub code: &'static str,
    pub meaning: &'static str,
    judge: fn(&Case<'_>) -> Measured,
}

/// What a gate measured and what it thinks of it.
struct Measured {
    verdict: Verdict,
    value: String,
    threshold: String,
    n: u64,
    fix: String,
}

/// The run gates, in the order of the report.
pub const RUN_GATES: [RunGate; 18] = [
    RunGate { code: "rest-reached", meaning: "REST gave usable answers", judge: data::rest_reached },
    RunGate {
        code: "rest-errors",
        meaning: "few requests failed: time without an answer is time without evidence",
        judge: data::rest_errors,
    },
    RunGate {
        code: "contract-seen",
        meaning: "messages of the feature's types were seen on the wire",
        judge: data::contract_seen,
    },
    RunGate {
        code: "parity",
        meaning: "every sampled state was carried with the same values",
        judge: data::parity,
    },
    RunGate {
        code: "dropped-push",
        meaning: "every state that REST moved to was pushed",
        judge: data::dropped_push,
    },
    RunGate {
        code: "freshness",
        meaning: "pushes and answers came within their declared delays",
        judge: data::freshness,
    },
    RunGate {
        code: "justified",
        meaning: "what the screen showed was true when REST was asked",
        judge: data::justified,
    },
    RunGate { code: "stall", meaning: "the stream never fell silent while REST moved", judge: data::stall },
    RunGate {
        code: "coverage",
        meaning: "no entity that REST lists stayed unexplained by the stream throughout",
        judge: evidence::coverage,
    },
    RunGate { code: "key-unique", meaning: "the key tells entities apart", judge: evidence::key_unique },
    RunGate {
        code: "comparable",
        meaning: "few answers fell between two pushes of a periodic stream",
        judge: evidence::comparable,
    },
    RunGate { code: "decided", meaning: "few answers stayed open or uncovered", judge: evidence::decided },
    RunGate { code: "alignment", meaning: "few samples had to be excused", judge: evidence::alignment },
    RunGate {
        code: "continuity",
        meaning: "connection gaps and reconnects; counted, alone never blocking",
        judge: evidence::continuity,
    },
    RunGate { code: "samples", meaning: "enough samples were judged", judge: evidence::samples },
    RunGate {
        code: "transitions-covered",
        meaning: "the data moved, and both sides showed it",
        judge: evidence::transitions,
    },
    RunGate {
        code: "self-check",
        meaning: "faults planted into copies of the data were found",
        judge: evidence::self_check,
    },
    RunGate { code: "completed", meaning: "the run ended as planned", judge: evidence::completed },
];

/// Judges a finished (or, for a look in between, an unfinished) run.
pub fn judge(
    features: &[Feature],
    tally: &EngineTally,
    thresholds: &Thresholds,
    end: End,
    config_digest: &str,
) -> RunReport {
    let reports: Vec<FeatureReport> = features
        .iter()
        .zip(&tally.features)
        .map(|(feature, of_feature)| {
            report(&Case {
                feature,
                tally: of_feature,
                connection: tally.connection_of(feature),
                thresholds,
                end,
                seconds: tally.ended.as_secs_f64(),
            })
        })
        .collect();
    // A run of nothing proves nothing.
    let verdict =
        Verdict::worst(reports.iter().map(|report| report.verdict)).unwrap_or(Verdict::Inconclusive);
    RunReport {
        // the command whose answer it becomes names the schema
        schema: String::new(),
        verdict,
        exit_code: verdict.exit_code(),
        end: end.into(),
        seconds: tally.ended.as_secs_f64(),
        config_digest: config_digest.to_owned(),
        connection: tally.connection.clone(),
        sockets: sockets(tally),
        features: reports,
        warnings: Vec::new(),
    }
}

/// Each socket that has a name, where there is more than the one of `[socket]`.
fn sockets(tally: &EngineTally) -> BTreeMap<String, Connection> {
    let named =
        tally.sockets.iter().filter_map(|(name, connection)| Some((name.clone()?, connection.clone())));
    named.collect()
}

fn report(case: &Case<'_>) -> FeatureReport {
    let Case { feature, tally, .. } = case;
    let gates: Vec<Gate> = RUN_GATES
        .iter()
        .map(|gate| {
            let row = (gate.judge)(case);
            Gate {
                code: gate.code.to_owned(),
                verdict: row.verdict,
                value: row.value,
                threshold: row.threshold,
                n: row.n,
                fix: if row.verdict == Verdict::Go { String::new() } else { row.fix },
                waived: false,
                place: None,
            }
        })
        .collect();
    let judged = tally.judged();
    let mut findings: Vec<Finding> = tally.findings.merged.values().cloned().collect();
    findings.sort_by(|a, b| {
        (
            !a.difference.kind.blocks(),
            a.difference.kind,
            std::cmp::Reverse(a.count),
            &a.difference.entity,
            &a.difference.field,
        )
            .cmp(&(
                !b.difference.kind.blocks(),
                b.difference.kind,
                std::cmp::Reverse(b.count),
                &b.difference.entity,
                &b.difference.field,
            ))
    });
    FeatureReport {
        feature: feature.name.clone(),
        verdict: Verdict::worst(gates.iter().map(|gate| gate.verdict)).unwrap_or(Verdict::Inconclusive),
        samples: tally.rest_answers,
        rest_errors: tally.rest_errors,
        messages: tally.messages,
        filtered: tally.filtered,
        outcomes: tally.outcomes.clone(),
        transitions: tally.transitions,
        judged: tally.judged_time.clone(),
        untold: tally.untold.clone(),
        skew_ms: tally.skew_ms(),
        candidates: tally.candidate_counts(),
        longest_silence: tally.longest_silence.map(|silence| silence.as_secs_f64()),
        failure_rate_bound: (judged > 0).then(|| (3.0 / judged as f64).min(1.0)),
        self_check: tally.self_check.clone(),
        fields: tally.fields.clone(),
        gates,
        findings,
        differing: tally.differing.iter().rev().cloned().collect(),
        notes: notes(tally),
        suppressed: tally.suppressed.clone(),
    }
}

fn notes(tally: &Tally) -> Vec<Note> {
    let mut notes = tally.notes.clone();
    for field in &tally.fields {
        if field.role == "both" && (field.moved_rest == 0 || field.moved_ws == 0) {
            let detail = match (field.moved_rest, field.moved_ws) {
                (0, 0) => "never moved on either side",
                (0, _) => "never moved in REST",
                _ => "never moved on the WebSocket",
            };
            let moves = field.moved_rest.max(field.moved_ws);
            notes.push(Note::of("never_moved", Some(field.field.clone()), moves, detail));
        }
    }
    if tally.findings.not_kept > 0 {
        let detail = "further distinct differences, not listed";
        notes.push(Note::of("more_findings", None, tally.findings.not_kept, detail));
    }
    notes
}

fn measured(
    verdict: Verdict,
    value: impl Into<String>,
    threshold: impl Into<String>,
    n: u64,
    fix: impl Into<String>,
) -> Measured {
    Measured { verdict, value: value.into(), threshold: threshold.into(), n, fix: fix.into() }
}

fn pass_unless(bad: bool, otherwise: Verdict) -> Verdict {
    if bad { otherwise } else { Verdict::Go }
}

/// A share in percent; 0 of nothing is 0.
fn percent(part: u64, all: u64) -> f64 {
    if all == 0 { 0.0 } else { part as f64 * 100.0 / all as f64 }
}

/// Whether something was found that decides by itself, so that other gates fail only because of it.
fn has_findings(case: &Case<'_>) -> bool {
    blocking(&case.tally.outcomes) > 0
}
