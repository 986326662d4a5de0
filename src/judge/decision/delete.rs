//! `delete`: may the REST timer and the endpoint go?

use std::collections::BTreeSet;

use crate::judge::decision::evidence::{Question, unproven_fields};
use crate::judge::decision::rehearsal::{Rehearsal, rehearsal};
use crate::judge::decision::revision::covers;
use crate::judge::decision::scope::Scope;
use crate::judge::decision::{
    DecisionFacts, DecisionRow, complete, cutover, flags, listed, shadow, stage, summary, unknown,
};
use crate::judge::gates;
use crate::model::facts::flags::FlagDisagreement;
use crate::model::facts::ledger::{FlagChange, FlagState, ManualGate, Seen, SignOff};
use crate::model::facts::source::Listening;
use crate::model::feature::{Delivery, Feature};
use crate::model::gate::Gate;
use crate::model::outcome::Kind;
use crate::model::stage::{Decision, Stage};
use crate::model::text::counted;
use crate::model::verdict::Verdict;

pub(super) fn gates(facts: &DecisionFacts<'_>, feature: &Feature) -> Vec<Gate> {
    let scope = Scope::of(facts, feature, Decision::Delete);
    let question = Question {
        facts,
        feature,
        scope: &scope,
        flag: FlagState::On,
        sessions: facts.thresholds.live_sessions,
    };
    let mut rows = vec![cutover::integrated(facts, feature), cutover_held(facts, feature)];
    rows.extend(question.rows());
    rows.push(gaps_healed(&question));
    rows.push(flag_on(facts, feature));
    rows.push(flags_agree(facts, feature));
    rows.push(rehearsed(facts, feature, &scope));
    rows.push(signed_off(facts, feature, &scope));
    rows.push(removals_known(facts, feature));
    rows.push(timer_unshared(facts, feature));
    rows.push(listener_reachable(facts, feature));
    rows.push(callers_gone(facts, feature));
    rows.push(cutover::hazards(facts, feature, Decision::Delete));
    rows.push(fields_accepted(&question));
    rows.extend(complete::logs_if_given(facts, feature, &scope));
    rows
}

/// What the live stage stands on: the evidence gates of `cutover`, as of its grant.
fn cutover_held(facts: &DecisionFacts<'_>, feature: &Feature) -> Gate {
    let about = [gates::EVIDENCE_PRESENT.code, gates::SESSIONS_COVERED.code, gates::FLAG_ORDER.code];
    let rows: Vec<Gate> = cutover::gates(facts, feature)
        .into_iter()
        .filter(|gate| about.contains(&gate.code.as_str()))
        .collect();
    summary(&gates::CUTOVER_HELD, &rows, "")
}

/// Whether it is known of each timer and endpoint that is not in the tree that it went, or that it never was there.
pub(super) fn removals_known(facts: &DecisionFacts<'_>, feature: &Feature) -> Gate {
    if facts.source.is_none() {
        return DecisionRow::without_source(facts, &gates::REMOVALS_KNOWN, "not searched")
            .fix("name Thor's checkout with --source DIR");
    }
    let untold = stage::standing(facts, feature).untold;
    let (verdict, value) = match untold.as_slice() {
        [] => (Verdict::Go, "all known".to_owned()),
        names => {
            (Verdict::Inconclusive, format!("not in the source, nobody knows since when: {}", listed(names)))
        }
    };
    DecisionRow::new(&gates::REMOVALS_KNOWN, verdict, value).against("none unknown").n(untold.len()).fix(format!(
        "name a revision before the deletion with --since REV, let CI fetch the whole history (fetch-depth: 0), or \
         correct `timers` and `endpoints` of {} in the configuration",
        feature.name
    ))
}

fn gaps_healed(question: &Question<'_, '_>) -> Gate {
    let missed: u64 =
        question.runs().iter().filter_map(|seen| seen.it.outcomes.get(&Kind::MissedInGap)).sum();
    let on_change = question.feature.delivery() == Delivery::OnChange;
    let verdict = match (question.runs().len(), on_change && missed > 0) {
        (0, _) => Verdict::Inconclusive,
        (_, true) => Verdict::NoGo,
        (_, false) => Verdict::Go,
    };
    let value = match question.feature.delivery() {
        _ if question.runs().is_empty() => "nothing observed".to_owned(),
        Delivery::OnChange => format!("{} missed in gaps", counted(missed, "change", "changes")),
        Delivery::Periodic => format!(
            "{} missed in gaps, healed by the next periodic message",
            counted(missed, "change", "changes")
        ),
    };
    let fix = match verdict {
        Verdict::NoGo => {
            "reconnecting replays nothing: let the client ask REST once after each reconnect, or send a snapshot on connect"
                .to_owned()
        }
        _ => format!("thor-cutover shadow-diff {} --until-close", question.feature.name),
    };
    DecisionRow::new(&gates::GAPS_HEALED, verdict, value)
        .against("0 for on-change features")
        .n(question.runs().len())
        .fix(fix)
}

fn flag_on(facts: &DecisionFacts<'_>, feature: &Feature) -> Gate {
    let view = facts.flag(feature);
    let removed = matches!(stage::standing(facts, feature).stage, Some(Stage::Removed | Stage::Complete));
    let row = match view.backend {
        FlagState::On => DecisionRow::new(&gates::FLAG_ON, Verdict::Go, "on"),
        FlagState::Off if removed && view.silent => DecisionRow::new(
            &gates::FLAG_ON,
            Verdict::Go,
            "REST is gone and the flag is written nowhere any more",
        ),
        FlagState::Off => DecisionRow::new(&gates::FLAG_ON, Verdict::NoGo, "off"),
        FlagState::Unknown => DecisionRow::new(&gates::FLAG_ON, Verdict::Inconclusive, "sources disagree"),
    };
    row.against("on").fix(format!("thor-cutover enable {}", feature.name))
}

fn flags_agree(facts: &DecisionFacts<'_>, feature: &Feature) -> Gate {
    let view = facts.flag(feature);
    let all: &[FlagDisagreement] = facts.disagreements.get(&feature.name).map_or(&[], Vec::as_slice);
    let standing: Vec<&FlagDisagreement> = flags::standing(all).collect();
    let verdict = if standing.is_empty() { Verdict::Go } else { Verdict::NoGo };
    let messages: Vec<&str> = standing.iter().map(|it| it.message.as_str()).collect();
    let value = match (standing.is_empty(), feature.frontend_flag.is_some()) {
        (false, _) => listed(&messages),
        (true, true) => format!("backend {}, frontend {}", view.backend.as_str(), view.frontend.as_str()),
        (true, false) => format!("backend {}, no frontend flag", view.backend.as_str()),
    };
    DecisionRow::new(&gates::FLAGS_AGREE, verdict, value)
        .against("the same everywhere")
        .n(standing.len())
        .fix(standing.first().map_or("", |it| it.fix.as_str()))
}

fn rehearsed(facts: &DecisionFacts<'_>, feature: &Feature, scope: &Scope<'_>) -> Gate {
    let changes: Vec<&FlagChange> = facts
        .ledger
        .flag_changes
        .iter()
        .filter(|it| it.feature == feature.name && it.at <= facts.now)
        .collect();
    let name = &feature.name;
    let (verdict, value, fix) = match rehearsal(scope, &changes, facts.thresholds.min_samples) {
        Rehearsal::Done { off, on_again } => {
            (Verdict::Go, format!("off at {off:.0}, on again by {on_again:.0}"), String::new())
        }
        Rehearsal::NotLive => (
            Verdict::Inconclusive,
            "the flag was never seen on".to_owned(),
            format!("thor-cutover enable {name}"),
        ),
        Rehearsal::NotOff => (
            Verdict::Inconclusive,
            "never rolled back".to_owned(),
            format!(
                "thor-cutover rollback {name} --rehearsal, restart, thor-cutover shadow-diff {name}, then enable it again"
            ),
        ),
        Rehearsal::Skipped => (
            Verdict::Inconclusive,
            "rolled back and on again; no run in between showed REST right".to_owned(),
            format!("again, with a run in between: thor-cutover rollback {name} --rehearsal"),
        ),
        Rehearsal::RestUnproven => (
            Verdict::Inconclusive,
            "the flag went off; no run showed REST right".to_owned(),
            format!("with the flag off: thor-cutover shadow-diff {name}"),
        ),
        Rehearsal::NotOnAgain => (
            Verdict::Inconclusive,
            "flag off and REST right; the flag is not on again".to_owned(),
            format!("thor-cutover enable {name}"),
        ),
        Rehearsal::WebSocketUnproven => (
            Verdict::Inconclusive,
            "flag on again; no run showed the WebSocket right".to_owned(),
            format!("with the flag on: thor-cutover shadow-diff {name}"),
        ),
    };
    DecisionRow::new(&gates::ROLLBACK_REHEARSED, verdict, value)
        .against("rehearsed")
        .n(changes.len())
        .fix(fix)
}

/// Sign-offs of the feature that nobody took back, of the code as it still is.
pub(super) fn standing_sign_offs<'a>(
    facts: &DecisionFacts<'a>,
    feature: &Feature,
) -> impl Iterator<Item = &'a SignOff> {
    let ledger = facts.ledger;
    let revoked: BTreeSet<&str> = ledger.revocations.iter().map(|it| it.sign_off.as_str()).collect();
    let standing: Vec<&SignOff> = ledger
        .sign_offs
        .iter()
        .filter(|it| it.feature == feature.name && !revoked.contains(it.id.as_str()) && it.at <= facts.now)
        .filter(|&it| covers(facts, feature, it.into()).is_ok())
        .collect();
    standing.into_iter()
}

fn signed_off(facts: &DecisionFacts<'_>, feature: &Feature, scope: &Scope<'_>) -> Gate {
    let changes = facts.ledger.flag_changes.iter().filter(|it| it.feature == feature.name && it.on);
    let runs = scope.with_flag(FlagState::On).map(|seen| seen.run.started_at);
    let enabled = changes.map(|it| it.at).chain(runs).min();
    let of_gate = |it: &&SignOff| it.gate == ManualGate::SignOff;
    let signed: Vec<&SignOff> = standing_sign_offs(facts, feature).filter(of_gate).collect();
    let in_time = signed.iter().rfind(|it| enabled.is_none_or(|enabled| it.at >= enabled));
    let made = facts.ledger.sign_offs.iter().filter(|it| it.feature == feature.name).filter(of_gate).count();
    let (verdict, value) = match in_time {
        Some(it) => (Verdict::Go, format!("{}, {}: {}", it.by, it.role, it.note)),
        None if !signed.is_empty() => (Verdict::Inconclusive, "signed before the flag went on".to_owned()),
        None if made > 0 => (Verdict::Inconclusive, format!("{made} taken back, or of other code")),
        None => (Verdict::Inconclusive, "nobody".to_owned()),
    };
    DecisionRow::new(&gates::SIGNED_OFF, verdict, value)
        .against("a name, a role and a note")
        .n(made)
        .fix(format!("thor-cutover sign-off {} --by NAME --role ROLE --note NOTE", feature.name))
}

fn timer_unshared(facts: &DecisionFacts<'_>, feature: &Feature) -> Gate {
    let own: BTreeSet<&str> = feature.timers.iter().map(String::as_str).collect();
    let mut waiting: BTreeSet<(String, &str)> = BTreeSet::new();
    for other in facts.features.iter().filter(|it| it.name != feature.name && !cutover::is_live(facts, it)) {
        let named = other.timers.iter().filter(|timer| own.contains(timer.as_str()));
        waiting.extend(named.map(|timer| (timer.clone(), other.name.as_str())));
        let source = facts.source.and_then(|source| source.features.get(&feature.name));
        let served =
            source.into_iter().flat_map(|it| &it.timers).filter(|timer| timer.serves.contains(&other.name));
        waiting.extend(served.map(|timer| (timer.seen.name.clone(), other.name.as_str())));
    }
    let place = facts
        .source
        .and_then(|source| source.features.get(&feature.name))
        .and_then(|it| {
            it.timers.iter().find(|timer| waiting.iter().any(|(name, _)| *name == timer.seen.name))
        })
        .map(|timer| &timer.seen.place);
    let verdict = if waiting.is_empty() { Verdict::Go } else { Verdict::NoGo };
    let names: Vec<String> =
        waiting.iter().map(|(timer, other)| format!("{timer} still serves {other}")).collect();
    let others: BTreeSet<&str> = waiting.iter().map(|(_, other)| *other).collect();
    let timers: BTreeSet<&str> = waiting.iter().map(|(timer, _)| timer.as_str()).collect();
    let join = |set: &BTreeSet<&str>| set.iter().copied().collect::<Vec<_>>().join(", ");
    let value = if waiting.is_empty() {
        "no timer is shared with a feature that is not live".to_owned()
    } else {
        listed(&names)
    };
    let may_go =
        if feature.endpoints.is_empty() { "nothing else".to_owned() } else { feature.endpoints.join(", ") };
    DecisionRow::new(&gates::TIMER_UNSHARED, verdict, value).against("none").n(own.len()).at(place).fix(
        format!(
            "keep {} until {} are live; of {} only these may go once the other gates pass: {may_go}",
            join(&timers),
            join(&others),
            feature.name
        ),
    )
}

fn callers_gone(facts: &DecisionFacts<'_>, feature: &Feature) -> Gate {
    let Some(source) = facts.source.and_then(|source| source.features.get(&feature.name)) else {
        return DecisionRow::without_source(facts, &gates::CALLERS_GONE, "not searched")
            .against("none")
            .fix("name Thor's checkout with --source DIR");
    };
    let (callers, unknown) = (&source.callers, unknown::of(source));
    let verdict = match (callers.is_empty(), unknown.is_empty()) {
        (false, _) => Verdict::NoGo,
        (true, false) => Verdict::Inconclusive,
        (true, true) => Verdict::Go,
    };
    let found = (!callers.is_empty() || unknown.is_empty()).then(|| shadow::places(callers));
    let said: Vec<String> = found.into_iter().chain(unknown.iter().map(|it| it.to_string())).collect();
    let place = callers.iter().chain(unknown.iter().flat_map(|it| it.seen)).next();
    let row = DecisionRow::new(&gates::CALLERS_GONE, verdict, said.join("; and "))
        .against("none")
        .n(callers.len() + unknown.iter().map(|it| it.seen.len()).sum::<usize>())
        .at(place.map(|seen| &seen.place));
    if let (true, Some(first)) = (callers.is_empty(), unknown.first()) {
        return row.fix(first.fix);
    }
    row.fix("callers go first: let each of them read the WebSocket, or another endpoint; thor-cutover audit --plan lists them")
}

/// The stream is worth nothing to a page that does not listen.
fn listener_reachable(facts: &DecisionFacts<'_>, feature: &Feature) -> Gate {
    let Some((all, source)) = facts.source.and_then(|all| Some((all, all.features.get(&feature.name)?)))
    else {
        return DecisionRow::new(&gates::LISTENER_REACHABLE, Verdict::Inconclusive, "not searched")
            .against("at least 1")
            .fix("name Thor's checkout with --source DIR");
    };
    let listeners: Vec<Seen> = source
        .pages
        .iter()
        .filter(|page| page.listens)
        .map(|page| Seen { name: page.name.clone(), place: page.place.clone() })
        .collect();
    let silent = &source.silent_pages;
    let (verdict, value) = match source.listening {
        _ if !silent.is_empty() => (
            Verdict::NoGo,
            format!("polled before, and now neither asks nor listens: {}", shadow::places(silent)),
        ),
        _ if let Some(deaf) = &source.deaf => {
            let verdict = if deaf.certain { Verdict::NoGo } else { Verdict::Inconclusive };
            let at = deaf.place.as_ref().map(|place| format!(" ({place})")).unwrap_or_default();
            (verdict, format!("{}{at}", deaf.reason))
        }
        Listening::Yes if listeners.is_empty() => {
            (Verdict::Go, "a listener that the application runs".to_owned())
        }
        Listening::Yes => (Verdict::Go, shadow::places(&listeners)),
        Listening::Perhaps => (
            Verdict::Inconclusive,
            "there is a listener, and it could not be shown that the application leads to it".to_owned(),
        ),
        Listening::No if all.scripts == 0 => {
            (Verdict::Inconclusive, "no frontend in the tree that was searched".to_owned())
        }
        Listening::No => (Verdict::NoGo, "no page listens to the feature's messages".to_owned()),
    };
    let fix = match (silent.is_empty(), source.listening) {
        (true, _) if source.deaf.is_some() => {
            "let what the socket says get to who listens; where it does by code that the audit cannot follow, name the \
             function that listens under [source] names.listeners"
        }
        (true, Listening::No) => {
            "let each page that polled subscribe to the feature's messages; where one does by a function that the audit does \
             not know, name it under [source] names.listeners"
        }
        _ => {
            "let each page that polled subscribe to the feature's messages, in code that the application leads to"
        }
    };
    DecisionRow::new(&gates::LISTENER_REACHABLE, verdict, value)
        .against("at least 1")
        .n(listeners.len())
        .at(silent.iter().chain(&listeners).next().map(|seen| &seen.place))
        .fix(fix)
}

fn fields_accepted(question: &Question<'_, '_>) -> Gate {
    let row = |verdict, value: String| {
        DecisionRow::new(&gates::FIELDS_ACCEPTED, verdict, value).against("all accepted")
    };
    if !question.scope.bound.iter().any(|seen| seen.passes) {
        return row(Verdict::Inconclusive, "no clean run".to_owned()).fix(question.observe());
    }
    let accepted = cutover::accepted(question.facts, question.feature);
    let all = unproven_fields(question);
    let open: Vec<&String> = all.iter().filter(|field| !accepted.contains(&field.as_str())).collect();
    let verdict = if open.is_empty() { Verdict::Go } else { Verdict::Inconclusive };
    let value = match (all.len(), open.as_slice()) {
        (0, _) => "every field moved on both sides".to_owned(),
        (n, []) => format!("{} accepted by name", counted(n, "field", "fields")),
        (_, open) => format!("only in REST or never moved: {}", listed(open)),
    };
    let flags: Vec<String> = open.iter().map(|field| format!("--accept {field}")).collect();
    row(verdict, value).n(all.len()).fix(format!(
        "observe until they move, or accept them by name: thor-cutover sign-off {} {}",
        question.feature.name,
        flags.join(" ")
    ))
}
