//! The run gates: what one observed run proves, feature by feature.
//!
//! A gate is a function over a feature's tally that yields one row. A GO of a run means: these hold.

use crate::align::{EngineTally, Tally};
use crate::model::feature::{Delivery, Feature};
use crate::model::gate::Gate;
use crate::model::observation::End;
use crate::model::outcome::Kind;
use crate::model::run::{FeatureReport, Finding, Note, RunReport};
use crate::model::thresholds::Thresholds;
use crate::model::verdict::Verdict;

/// Everything a run gate may look at.
#[derive(Debug, Clone, Copy)]
pub struct Case<'c> {
    pub feature: &'c Feature,
    pub tally: &'c Tally,
    pub connection: &'c crate::model::run::Connection,
    pub thresholds: &'c Thresholds,
    pub end: End,
}

/// A run gate: stable code, what it means, and its judgment.
pub struct RunGate {
    pub code: &'static str,
    pub meaning: &'static str,
    judge: fn(&Case<'_>) -> Row,
}

struct Row {
    verdict: Verdict,
    value: String,
    threshold: String,
    n: u64,
    fix: String,
}

/// The run gates, in the order of the report.
pub const RUN_GATES: [RunGate; 13] = [
    RunGate { code: "rest-reached", meaning: "REST gave usable answers", judge: rest_reached },
    RunGate {
        code: "contract-seen",
        meaning: "messages of the feature's types were seen on the wire",
        judge: contract_seen,
    },
    RunGate {
        code: "parity",
        meaning: "every sampled state was carried with the same values",
        judge: parity,
    },
    RunGate {
        code: "dropped-push",
        meaning: "every state that REST moved to was pushed",
        judge: dropped_push,
    },
    RunGate {
        code: "freshness",
        meaning: "pushes and answers came within their declared delays",
        judge: freshness,
    },
    RunGate { code: "stall", meaning: "the stream never fell silent while REST moved", judge: stall },
    RunGate {
        code: "coverage",
        meaning: "no entity that REST lists stayed unexplained by the stream throughout",
        judge: coverage,
    },
    RunGate { code: "alignment", meaning: "few samples had to be excused", judge: alignment },
    RunGate {
        code: "continuity",
        meaning: "connection gaps and reconnects; counted, alone never blocking",
        judge: continuity,
    },
    RunGate { code: "samples", meaning: "enough samples were judged", judge: samples },
    RunGate {
        code: "transitions-covered",
        meaning: "the data moved, and both sides showed it",
        judge: transitions,
    },
    RunGate {
        code: "self-check",
        meaning: "faults planted into copies of the data were found",
        judge: self_check,
    },
    RunGate { code: "completed", meaning: "the run ended as planned", judge: completed },
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
            report(&Case { feature, tally: of_feature, connection: &tally.connection, thresholds, end })
        })
        .collect();
    // A run of nothing proves nothing.
    let verdict =
        Verdict::worst(reports.iter().map(|report| report.verdict)).unwrap_or(Verdict::Inconclusive);
    RunReport {
        schema: "thor-cutover/shadow-diff/1".to_owned(),
        verdict,
        exit_code: verdict.exit_code(),
        end: end.into(),
        seconds: tally.ended.as_secs_f64(),
        config_digest: config_digest.to_owned(),
        connection: tally.connection.clone(),
        features: reports,
        warnings: Vec::new(),
    }
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
                place: None,
            }
        })
        .collect();
    let judged = tally.judged();
    let mut findings: Vec<Finding> = tally.findings.values().cloned().collect();
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
            notes.push(Note {
                kind: "never_moved".to_owned(),
                field: Some(field.field.clone()),
                count: field.moved_rest.max(field.moved_ws),
                detail: detail.to_owned(),
            });
        }
    }
    if tally.findings_not_kept > 0 {
        notes.push(Note {
            kind: "more_findings".to_owned(),
            field: None,
            count: tally.findings_not_kept,
            detail: "further distinct differences, not listed".to_owned(),
        });
    }
    notes
}

fn row(
    verdict: Verdict,
    value: impl Into<String>,
    threshold: impl Into<String>,
    n: u64,
    fix: impl Into<String>,
) -> Row {
    Row { verdict, value: value.into(), threshold: threshold.into(), n, fix: fix.into() }
}

fn pass_unless(bad: bool, otherwise: Verdict) -> Verdict {
    if bad { otherwise } else { Verdict::Go }
}

fn rest_reached(case: &Case<'_>) -> Row {
    let Case { tally, feature, .. } = case;
    let n = tally.rest_answers + tally.rest_errors;
    let verdict = match (tally.rest_answers, tally.rest_errors) {
        (0, 0) => Verdict::Inconclusive,
        (0, _) => Verdict::Error,
        _ => Verdict::Go,
    };
    let why = tally.last_rest_error.as_deref().unwrap_or("no request was answered");
    row(
        verdict,
        format!("{} answers, {} errors", tally.rest_answers, tally.rest_errors),
        "at least 1 answer",
        n,
        format!("GET {} failed: {why}", feature.rest.path),
    )
}

fn contract_seen(case: &Case<'_>) -> Row {
    let Case { tally, feature, .. } = case;
    let types: Vec<&str> =
        feature.ws.iter().flat_map(|source| source.types.iter().map(String::as_str)).collect();
    let types = types.join(", ");
    let value = if tally.messages == 0 {
        format!("no message of type {types} seen")
    } else {
        format!("{} messages", tally.messages)
    };
    let fix = if tally.filtered > 0 {
        format!("{} messages of its types were for others: check `ws.filter`", tally.filtered)
    } else if case.connection.opened == 0 {
        "the WebSocket never opened: `thor-cutover doctor` says why".to_owned()
    } else {
        format!("check that Thor broadcasts {types} with the flag off (shadow mode), and observe longer")
    };
    row(
        pass_unless(tally.messages == 0, Verdict::Inconclusive),
        value,
        "at least 1 message",
        tally.messages,
        fix,
    )
}

fn count(tally: &Tally, kinds: &[Kind]) -> u64 {
    kinds.iter().map(|kind| tally.count(*kind)).sum()
}

/// A gate that no outcome of these kinds may touch.
fn none_of(case: &Case<'_>, kinds: &[Kind], fix: &str) -> Row {
    let bad = count(case.tally, kinds);
    let judged = case.tally.judged();
    let listed: Vec<String> = kinds
        .iter()
        .filter(|kind| case.tally.count(**kind) > 0)
        .map(|kind| format!("{} {kind}", case.tally.count(*kind)))
        .collect();
    let value =
        if bad == 0 { format!("0 of {judged}") } else { format!("{} of {judged}", listed.join(", ")) };
    row(pass_unless(bad > 0, Verdict::NoGo), value, "none", judged, fix)
}

fn parity(case: &Case<'_>) -> Row {
    none_of(
        case,
        &[
            Kind::Value,
            Kind::MissingInWs,
            Kind::MissingInRest,
            Kind::Invariant,
            Kind::Unreadable,
            Kind::Reordered,
        ],
        "the findings name the fields; compare the message builder with the REST serializer",
    )
}

fn dropped_push(case: &Case<'_>) -> Row {
    none_of(
        case,
        &[Kind::DroppedPush],
        "REST moved and nobody pushed it: every write path of the feature has to broadcast",
    )
}

fn freshness(case: &Case<'_>) -> Row {
    let late = none_of(
        case,
        &[Kind::WsLate, Kind::StaleRest, Kind::LateOrStale],
        "beyond the declared delays: make it faster, or declare `push_delay` / `rest_staleness` as they are",
    );
    let Case { tally, feature, .. } = case;
    let silence = tally.longest_silence.unwrap_or_default();
    if late.verdict == Verdict::Go
        && tally.count(Kind::Stalled) == 0
        && feature.delivery() == Delivery::Periodic
        && silence > feature.silence_limit()
    {
        return row(
            Verdict::Inconclusive,
            format!("silent for {:.1} s", silence.as_secs_f64()),
            format!("at most {:.1} s between messages", feature.silence_limit().as_secs_f64()),
            tally.messages,
            "the stream is slower than declared; REST did not move meanwhile, so nothing was proven: check `ws.every`",
        );
    }
    late
}

fn stall(case: &Case<'_>) -> Row {
    none_of(
        case,
        &[Kind::Stalled],
        "the socket was open and mute: look at the group membership, the leader's lock and the worker's channel layer",
    )
}

fn coverage(case: &Case<'_>) -> Row {
    let missing = &case.tally.never_explained;
    let named: Vec<String> = missing
        .iter()
        .take(3)
        .map(|entity| entity.values().map(String::as_str).collect::<Vec<_>>().join(" "))
        .map(|name| if name.is_empty() { "the feature itself".to_owned() } else { name })
        .collect();
    let value = match missing.len() {
        0 => "all explained at least once".to_owned(),
        count => format!("{count} never explained: {}", named.join(", ")),
    };
    row(
        pass_unless(!missing.is_empty(), Verdict::Inconclusive),
        value,
        "every entity",
        missing.len() as u64,
        "their samples were all read before the stream's word about them was complete: observe longer than \
         `rest_staleness` and `push_delay` together",
    )
}

fn alignment(case: &Case<'_>) -> Row {
    let Case { tally, thresholds, .. } = case;
    let all = tally.judged() + tally.count(Kind::Unaligned);
    let share = |count: u64| if all == 0 { 0.0 } else { count as f64 / all as f64 };
    let unaligned = share(tally.count(Kind::Unaligned));
    let torn = share(tally.count(Kind::Torn));
    let bad = unaligned > thresholds.max_unaligned || torn > thresholds.max_torn;
    row(
        pass_unless(bad, Verdict::Inconclusive),
        format!("{:.1} % unaligned, {:.1} % torn", unaligned * 100.0, torn * 100.0),
        format!("at most {:.0} % and {:.0} %", thresholds.max_unaligned * 100.0, thresholds.max_torn * 100.0),
        all,
        "too many samples fell into gaps or between two states: observe again on a quieter connection",
    )
}

fn continuity(case: &Case<'_>) -> Row {
    let connection = case.connection;
    let missed = case.tally.count(Kind::MissedInGap);
    let mut value = format!("{} reconnects, {:.1} s blind", connection.reconnects, connection.blind_seconds);
    if missed > 0 {
        value.push_str(&format!(
            ", {missed} samples of changes missed in gaps (screen wrong for {:.1} s)",
            case.tally.missed_in_gap.as_secs_f64()
        ));
    }
    row(Verdict::Go, value, "counted", connection.opened, "")
}

fn samples(case: &Case<'_>) -> Row {
    let judged = case.tally.judged();
    let wanted = case.thresholds.min_samples;
    row(
        pass_unless(judged < wanted, Verdict::Inconclusive),
        judged.to_string(),
        format!("at least {wanted}"),
        judged,
        "observe longer, or poll more often with --every",
    )
}

fn transitions(case: &Case<'_>) -> Row {
    let seen = case.tally.transitions;
    let wanted = case.thresholds.min_transitions;
    row(
        pass_unless(seen < wanted, Verdict::Inconclusive),
        seen.to_string(),
        format!("at least {wanted}"),
        case.tally.judged(),
        "the data hardly moved: equal samples of a frozen market prove nothing; observe while the market is open",
    )
}

fn self_check(case: &Case<'_>) -> Row {
    let check = &case.tally.self_check;
    let verdict = if check.plantable == 0 {
        Verdict::Inconclusive
    } else {
        pass_unless(check.caught < check.plantable, Verdict::Error)
    };
    let fix = if check.plantable == 0 {
        "no place where a planted fault would show: the data did not move enough"
    } else {
        "a planted fault went unnoticed: do not trust this run, and report it with the recording"
    };
    row(verdict, format!("{} of {} caught", check.caught, check.plantable), "all", check.plantable, fix)
}

fn completed(case: &Case<'_>) -> Row {
    let interrupted = case.end == End::Interrupted;
    row(
        pass_unless(interrupted, Verdict::Inconclusive),
        if interrupted { "interrupted" } else { "completed" },
        "completed",
        1,
        "the run was cut short: what it saw is kept, run it again to its end",
    )
}
