//! Gates about the data: what REST said, what the stream said, whether they were the same.

use crate::align::Tally;
use crate::judge::run::{Case, Measured, measured, pass_unless, percent};
use crate::model::feature::Delivery;
use crate::model::outcome::Kind;
use crate::model::text::counted;
use crate::model::verdict::Verdict;

/// Share of requests that may fail, in percent.
const MAX_ERRORS: f64 = 20.0;

pub(super) fn rest_reached(case: &Case<'_>) -> Measured {
    let Case { tally, feature, .. } = case;
    let n = tally.rest_answers + tally.rest_errors;
    let verdict = match (tally.rest_answers, tally.rest_errors) {
        (0, 0) => Verdict::Inconclusive,
        (0, _) => Verdict::Error,
        _ => Verdict::Go,
    };
    let why = tally.last_rest_error.as_deref().unwrap_or("no request was answered");
    measured(
        verdict,
        format!(
            "{}, {}",
            counted(tally.rest_answers, "answer", "answers"),
            counted(tally.rest_errors, "error", "errors")
        ),
        "at least 1 answer",
        n,
        format!("{} {} failed: {why}", feature.rest.method(), feature.rest.path),
    )
}

/// The causes of REST's errors, the most frequent first.
fn causes(tally: &Tally) -> String {
    let mut causes: Vec<(&String, &u64)> = tally.rest_error_words.iter().collect();
    causes.sort_by_key(|(cause, count)| (std::cmp::Reverse(**count), *cause));
    let named: Vec<String> =
        causes.iter().take(4).map(|(cause, count)| format!("{count} × {cause}")).collect();
    named.join("; ")
}

pub(super) fn rest_errors(case: &Case<'_>) -> Measured {
    let Case { tally, .. } = case;
    let all = tally.rest_answers + tally.rest_errors;
    let share = percent(tally.rest_errors, all);
    let value = match tally.rest_errors {
        0 => format!("0 of {all}"),
        errors => format!("{errors} of {all}: {}", causes(tally)),
    };
    let bad = tally.rest_answers > 0 && share > MAX_ERRORS;
    measured(
        pass_unless(bad, Verdict::Inconclusive),
        value,
        format!("at most {MAX_ERRORS:.0} % of the requests"),
        all,
        "what was not answered was not compared: cure the cause named here, then observe again",
    )
}

pub(super) fn contract_seen(case: &Case<'_>) -> Measured {
    let Case { tally, feature, .. } = case;
    let types: Vec<&str> =
        feature.ws.iter().flat_map(|source| source.types.iter().map(String::as_str)).collect();
    let types = types.join(", ");
    let value = if tally.messages == 0 {
        format!("no message of type {types} seen")
    } else {
        counted(tally.messages, "message", "messages")
    };
    let fix = if tally.filtered > 0 {
        format!(
            "{} for others: check `ws.filter`",
            counted(tally.filtered, "message of its types was", "messages of its types were")
        )
    } else if case.connection.opened == 0 {
        "the WebSocket never opened: `thor-cutover doctor` says why".to_owned()
    } else if let Some(heard) = heard(case) {
        format!(
            "{heard}: check `ws.types` and that the feature is sent to this connection; `thor-cutover doctor` says what \
             comes, and by what it can be told apart"
        )
    } else {
        // Of a backend that is not Thor nothing is known of flags that a frontend has, too.
        let shadow = if feature.frontend_flag.is_some() { " with the flag off (shadow mode)" } else { "" };
        format!("check that the backend sends {types}{shadow}, and observe longer")
    };
    measured(
        pass_unless(tally.messages == 0, Verdict::Inconclusive),
        value,
        "at least 1 message",
        tally.messages,
        fix,
    )
}

/// What did arrive, where nothing of the feature did.
fn heard(case: &Case<'_>) -> Option<String> {
    let connection = case.connection;
    if connection.messages == 0 {
        return None;
    }
    let mut types: Vec<(&String, &u64)> = connection.types.iter().collect();
    types.sort_by_key(|(kind, count)| (std::cmp::Reverse(**count), *kind));
    if connection.binary_frames == connection.messages {
        return Some(format!(
            "{} frames came, all of them binary ([socket] decode = \"auto\" reads JSON in them)",
            connection.messages
        ));
    }
    if types.is_empty() && connection.list_frames > 0 {
        return Some(format!(
            "{} frames came, {} of them a list ([socket] each = \"\" reads each element of such an array as a message)",
            connection.messages, connection.list_frames
        ));
    }
    if types.is_empty() {
        let names = connection.untyped_names.join(", ");
        let first =
            if names.is_empty() { String::new() } else { format!("; the first one's names: {names}") };
        let routing = &case.feature.routing;
        let lacks = if routing.has_types() {
            format!("none has a text {}", routing.kind)
        } else {
            "none has what `ws.select` names".to_owned()
        };
        return Some(format!("{} came, {lacks}{first}", counted(connection.messages, "frame", "frames")));
    }
    let named: Vec<String> = types.iter().take(6).map(|(kind, count)| format!("{count} {kind}")).collect();
    Some(format!("{} came: {}", counted(connection.messages, "frame", "frames"), named.join(", ")))
}

fn count(tally: &Tally, kinds: &[Kind]) -> u64 {
    kinds.iter().map(|kind| tally.count(*kind)).sum()
}

/// A gate that no outcome of these kinds may touch.
fn none_of(case: &Case<'_>, kinds: &[Kind], fix: &str) -> Measured {
    let bad = count(case.tally, kinds);
    let judged = case.tally.judged();
    let listed: Vec<String> = kinds
        .iter()
        .filter(|kind| case.tally.count(**kind) > 0)
        .map(|kind| format!("{} × {kind}", case.tally.count(*kind)))
        .collect();
    let value = if bad == 0 {
        format!("0 of {judged}")
    } else {
        format!("{} in {}", listed.join(", "), counted(judged, "sample", "samples"))
    };
    measured(pass_unless(bad > 0, Verdict::NoGo), value, "none", judged, fix)
}

pub(super) fn parity(case: &Case<'_>) -> Measured {
    let account = case.tally.findings.merged.keys().any(|(kind, _, field)| {
        let is_account = |name: &str| matches!(name, "account_id" | "account_number" | "broker_account_id");
        *kind == Kind::Value
            && field.as_ref().and_then(|field| field.tokens().last()).is_some_and(|name| is_account(name))
    });
    let takes_away = case.feature.ws.iter().any(|source| source.removed.is_some());
    let fix = if case.tally.count(Kind::MissingInWs) > 0 && case.tally.is_partial() {
        "messages carry only what changed: declare `carries = \"upsert\"` if that is meant"
    } else if case.tally.count(Kind::MissingInRest) > 0 && takes_away {
        "REST no longer has what the stream did not take away: push the removal, or declare `rest.complete = false` where \
         REST lists a part only"
    } else if account {
        "the two sides speak of different accounts: pin the account in `rest.path` and `ws.filter`"
    } else {
        "the findings name the fields; compare the message builder with the REST serializer"
    };
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
        fix,
    )
}

pub(super) fn dropped_push(case: &Case<'_>) -> Measured {
    let dropped = none_of(
        case,
        &[Kind::DroppedPush],
        "REST moved and nobody pushed it: every write path of the feature has to broadcast",
    );
    let (tally, moved) = (case.tally, case.tally.moved_in_sequence_gap);
    match tally.count(Kind::SequenceGap) {
        0 if tally.unnumbered > 0 && tally.unnumbered == tally.messages && dropped.verdict == Verdict::Go => {
            measured(
                Verdict::Inconclusive,
                format!(
                    "{}; none of {} messages has the number that `ws.sequence` names",
                    dropped.value, tally.messages
                ),
                dropped.threshold,
                dropped.n,
                "check `ws.sequence`: a pointer into the whole message, to a whole number",
            )
        }
        0 => dropped,
        holes if moved > 0 => measured(
            Verdict::NoGo,
            format!("{}; {holes} sequence_gap, {moved} of them while REST moved", dropped.value),
            dropped.threshold,
            dropped.n,
            "by the stream's own numbers messages did not come while REST moved: find out who drops them",
        ),
        holes if dropped.verdict == Verdict::Go => measured(
            Verdict::Inconclusive,
            format!("{}; {holes} sequence_gap", dropped.value),
            dropped.threshold,
            dropped.n,
            "by the stream's own numbers messages did not come: find out who drops them, or whether `ws.sequence` counts \
             other messages too",
        ),
        holes => measured(
            dropped.verdict,
            format!("{}; {holes} sequence_gap", dropped.value),
            dropped.threshold,
            dropped.n,
            dropped.fix,
        ),
    }
}

pub(super) fn freshness(case: &Case<'_>) -> Measured {
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
        return measured(
            Verdict::Inconclusive,
            format!("silent for {:.1} s", silence.as_secs_f64()),
            format!("at most {:.1} s between messages", feature.silence_limit().as_secs_f64()),
            tally.messages,
            "the stream is slower than declared; REST did not move meanwhile, so nothing was proven: check `ws.every`",
        );
    }
    late
}

pub(super) fn stall(case: &Case<'_>) -> Measured {
    none_of(
        case,
        &[Kind::Stalled],
        "the socket was open and mute: look at the group membership, the leader's lock and the worker's channel layer",
    )
}

pub(super) fn justified(case: &Case<'_>) -> Measured {
    let screen = case.tally.screen;
    let answers = case.tally.rest_answers;
    let verdict = if screen.is_proof() {
        Verdict::NoGo
    } else {
        let together = screen.contradicted >= 10 && screen.contradicted > 3 * screen.flickers;
        let many = together || (screen.worst_field.contradicted >= 10 && screen.worst_field.excess() > 0);
        let is_odd = many || screen.flashes.is_odd() || screen.goes_back || screen.unsaid.is_odd();
        pass_unless(is_odd, Verdict::Inconclusive)
    };
    let flashes = &screen.flashes;
    let flashed = if flashes.count > 0 {
        format!(
            "; {} states stood for {:.1} s in all before they were taken back, {} answers say one of them",
            flashes.count, flashes.seconds, flashes.borne_out
        )
    } else {
        String::new()
    };
    let unsaid = if screen.unsaid.is_odd() || screen.unsaid.is_proof() {
        format!("; {} values of one field that REST never said", screen.unsaid.unsaid)
    } else {
        String::new()
    };
    let goes_back = if screen.goes_back {
        "; the stream goes back to states that it had left, REST does not"
    } else {
        ""
    };
    measured(
        verdict,
        format!(
            "{} of {answers} answers contradict the screen{flashed}{unsaid}{goes_back} (lateness of this run: {:.0} ms)",
            screen.contradicted,
            screen.skew.as_secs_f64() * 1000.0
        ),
        "at most 2, or 2 %, or what flickers in REST too",
        answers,
        "the stream showed what REST never said before, during and after: look for a second sender, a cache, a wrong push",
    )
}
