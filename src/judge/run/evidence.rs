//! Gates about the evidence: whether there is enough of it, and whether it can be trusted.

use crate::align::MAX_ENTITIES;
use crate::judge::run::{Case, Measured, has_findings, measured, pass_unless, percent};
use crate::model::feature::Delivery;
use crate::model::observation::End;
use crate::model::outcome::Kind;
use crate::model::text::counted;
use crate::model::verdict::Verdict;

/// Share of answers that may stay open at the end, and that may be uncovered, in percent.
const MAX_PENDING: f64 = 10.0;
const MAX_NOT_COVERED: f64 = 20.0;
/// Share of the run that may be without a connection, in percent.
const MAX_BLIND: f64 = 15.0;
/// Closes with 1011 from which the server, not the network, is at fault.
const SERVER_ERRORS: u64 = 3;
/// What a gate says that failed only because another one did.
const BECAUSE_NOTHING_MATCHED: &str = "follows from the findings: cure these first";

pub(super) fn coverage(case: &Case<'_>) -> Measured {
    if case.tally.refused > 0 {
        return measured(
            Verdict::Inconclusive,
            format!("more than {MAX_ENTITIES} entities: the others were not followed"),
            "every entity",
            case.tally.refused,
            "divide the feature: a `rest.path` for a part of it, with a `ws.filter` for the same part",
        );
    }
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
    measured(
        pass_unless(!missing.is_empty(), Verdict::Inconclusive),
        value,
        "every entity",
        missing.len() as u64,
        if has_findings(case) {
            BECAUSE_NOTHING_MATCHED
        } else {
            "their samples were all read before the stream's word about them was complete: observe longer than \
         `rest_staleness` and `push_delay` together"
        },
    )
}

pub(super) fn alignment(case: &Case<'_>) -> Measured {
    let Case { tally, thresholds, feature, .. } = case;
    // What moved in a gap, or may have, is known to be wrong on the screen, and says nothing of the pushes.
    let excused = tally.count(Kind::Unaligned) + tally.count(Kind::MissedInGap);
    let all = tally.judged() + excused;
    let share = |count: u64| if all == 0 { 0.0 } else { count as f64 / all as f64 };
    let excused = share(excused);
    let torn = if feature.delivery() == Delivery::OnChange { share(tally.count(Kind::Torn)) } else { 0.0 };
    let bad = excused > thresholds.max_unaligned || torn > thresholds.max_torn;
    measured(
        pass_unless(bad, Verdict::Inconclusive),
        format!("{:.1} % unaligned or missed in a gap, {:.1} % torn", excused * 100.0, torn * 100.0),
        format!("at most {:.0} % and {:.0} %", thresholds.max_unaligned * 100.0, thresholds.max_torn * 100.0),
        all,
        "too many samples fell into gaps, or were read so soon after one that a gap may be why, or between two states: \
         observe again on a quieter connection, longer than `rest_staleness` after a reconnect",
    )
}

pub(super) fn continuity(case: &Case<'_>) -> Measured {
    let connection = case.connection;
    let missed = case.tally.count(Kind::MissedInGap);
    let mut value = format!(
        "{}, {:.1} s blind",
        counted(connection.reconnects, "reconnect", "reconnects"),
        connection.blind_seconds
    );
    if missed > 0 {
        value.push_str(&format!(
            ", {} of changes missed in gaps (screen wrong for {:.1} s)",
            counted(missed, "sample", "samples"),
            case.tally.missed_in_gap.as_secs_f64()
        ));
    }
    let crashes = connection.closes.get(&1011).copied().unwrap_or(0);
    let blind = if case.seconds > 0.0 { connection.blind_seconds * 100.0 / case.seconds } else { 0.0 };
    if crashes >= SERVER_ERRORS {
        value.push_str(&format!(", {crashes} closes with 1011"));
    }
    let bad = crashes >= SERVER_ERRORS || blind > MAX_BLIND;
    let fix = if crashes >= SERVER_ERRORS {
        "the server closes every client with 1011: a type that the consumer has no handler for, an exception in it, or a lost Redis; `thor-cutover doctor` says more"
    } else {
        "most of the run was without a connection: `thor-cutover doctor` says why"
    };
    measured(
        pass_unless(bad, Verdict::Inconclusive),
        value,
        format!("fewer than {SERVER_ERRORS} closes with 1011, at most {MAX_BLIND:.0} % blind"),
        connection.opened,
        fix,
    )
}

pub(super) fn samples(case: &Case<'_>) -> Measured {
    let judged = case.tally.judged();
    let wanted = case.thresholds.min_samples;
    let feature = case.feature;
    let least = 2.0 * (feature.push_delay + feature.rest_staleness).as_secs_f64();
    let is_short = case.seconds < least;
    let fix = if is_short {
        format!("observe for at least {least:.0} s: twice `push_delay` and `rest_staleness` together")
    } else if has_findings(case) {
        BECAUSE_NOTHING_MATCHED.to_owned()
    } else {
        "observe longer, or poll more often with --every".to_owned()
    };
    measured(
        pass_unless(judged < wanted || is_short, Verdict::Inconclusive),
        format!("{judged} in {:.0} s", case.seconds),
        format!("at least {wanted}, in at least {least:.0} s"),
        judged,
        fix,
    )
}

pub(super) fn key_unique(case: &Case<'_>) -> Measured {
    let Case { tally, feature, .. } = case;
    let key: Vec<String> = feature.key.iter().map(ToString::to_string).collect();
    let value = match &tally.twin {
        None => "every key stands once".to_owned(),
        Some(twin) => {
            let who = if twin.is_rest { "REST" } else { "the WebSocket" };
            let name: Vec<String> =
                twin.entity.iter().map(|(field, value)| format!("{field}={value}")).collect();
            format!("not unique in {} payloads: {who} has {} twice", tally.twins, name.join(" "))
        }
    };
    measured(
        pass_unless(tally.twins > 0, Verdict::Inconclusive),
        value,
        "unique in every answer and snapshot",
        tally.twins,
        format!("`key = [{}]` does not tell entities apart: add the field that does", key.join(", ")),
    )
}

pub(super) fn comparable(case: &Case<'_>) -> Measured {
    let Case { tally, .. } = case;
    let found = &tally.comparable;
    let all = tally.judged() + tally.count(Kind::NotComparable);
    let value = found.inconclusive.clone().unwrap_or_else(|| match found.between {
        0 => format!("0 of {all} answers fell between two pushes"),
        count => format!("{count} of {all} answers fell between two pushes"),
    });
    measured(
        pass_unless(found.inconclusive.is_some(), Verdict::Inconclusive),
        value,
        "at most 20 %, and no more than freely moving data would",
        all,
        if has_findings(case) {
            BECAUSE_NOTHING_MATCHED
        } else {
            "the data move faster than they are pushed: poll more often with --every, so that answers on both sides of a \
             push tell; or push on change, and say so with ws.delivery = \"on_change\""
        },
    )
}

pub(super) fn decided(case: &Case<'_>) -> Measured {
    let Case { tally, .. } = case;
    let (pending, uncovered) = (tally.count(Kind::Pending), tally.count(Kind::NotCovered));
    let all = tally.rest_answers;
    let bad_pending = percent(pending, all) > MAX_PENDING;
    let bad_cover = percent(uncovered.saturating_sub(tally.uncovered_before_due), all) > MAX_NOT_COVERED;
    let fix = if bad_pending {
        "the last answers still waited for their push: observe longer than `push_delay`, or declare it as it is"
    } else {
        "the stream's word was not complete for them: observe longer than `rest_staleness` and `push_delay` together"
    };
    measured(
        pass_unless(bad_pending || bad_cover, Verdict::Inconclusive),
        format!("{pending} open at the end, {uncovered} not covered, of {all}"),
        format!("at most {MAX_PENDING:.0} % and {MAX_NOT_COVERED:.0} %"),
        all,
        fix,
    )
}

pub(super) fn transitions(case: &Case<'_>) -> Measured {
    let seen = case.tally.transitions;
    let wanted = case.thresholds.min_transitions;
    measured(
        pass_unless(seen < wanted, Verdict::Inconclusive),
        seen.to_string(),
        format!("at least {wanted}"),
        case.tally.judged(),
        if has_findings(case) {
            BECAUSE_NOTHING_MATCHED
        } else {
            "the data hardly moved: equal samples of a frozen market prove nothing; observe while the market is open"
        },
    )
}

pub(super) fn self_check(case: &Case<'_>) -> Measured {
    let check = &case.tally.self_check;
    let verdict = if check.plantable == 0 {
        Verdict::Inconclusive
    } else {
        pass_unless(check.caught < check.plantable, Verdict::Error)
    };
    let fix = if check.plantable == 0 && has_findings(case) {
        BECAUSE_NOTHING_MATCHED
    } else if check.plantable == 0 {
        "no place where a planted fault would show: the data did not move enough"
    } else {
        "a planted fault went unnoticed: do not trust this run, and report it with the recording"
    };
    measured(verdict, format!("{} of {} caught", check.caught, check.plantable), "all", check.plantable, fix)
}

pub(super) fn completed(case: &Case<'_>) -> Measured {
    let interrupted = case.end == End::Interrupted;
    measured(
        pass_unless(interrupted, Verdict::Inconclusive),
        if interrupted { "interrupted" } else { "completed" },
        "completed",
        1,
        "the run was cut short: what it saw is kept, run it again to its end",
    )
}
