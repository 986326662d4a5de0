//! `cutover`: may the flag go on?

use std::collections::BTreeSet;

use crate::judge::decision::evidence::Question;
use crate::judge::decision::scope::Scope;
use crate::judge::decision::{DecisionFacts, DecisionRow, complete, listed, shadow, stage, summary};
use crate::judge::gates;
use crate::model::facts::finding::FindingKind;
use crate::model::facts::ledger::FlagState;
use crate::model::facts::source::Hazard;
use crate::model::feature::Feature;
use crate::model::gate::Gate;
use crate::model::outcome::Entity;
use crate::model::run::FeatureReport;
use crate::model::stage::{Decision, Stage};
use crate::model::verdict::Verdict;

pub(super) fn gates(facts: &DecisionFacts<'_>, feature: &Feature) -> Vec<Gate> {
    let scope = Scope::of(facts, feature, Decision::Cutover);
    let question = Question {
        facts,
        feature,
        scope: &scope,
        flag: FlagState::Off,
        sessions: facts.thresholds.shadow_sessions,
    };
    let mut rows = vec![integrated(facts, feature)];
    rows.extend(question.rows());
    rows.push(entities_told(&question));
    rows.push(flag_order(facts, feature));
    rows.push(hazards(facts, feature, Decision::Cutover));
    rows.extend(complete::logs_if_given(facts, feature, &scope));
    rows
}

pub(super) fn integrated(facts: &DecisionFacts<'_>, feature: &Feature) -> Gate {
    let gates = shadow::gates(facts, feature);
    let fix = format!("thor-cutover checklist {} --decision shadow", feature.name);
    summary(&gates::INTEGRATED, &gates, &fix)
}

/// What REST lists all the time and the stream never spoke of may never be pushed at all.
fn entities_told(question: &Question<'_, '_>) -> Gate {
    let row = |verdict, value: String| {
        DecisionRow::new(&gates::ENTITIES_TOLD, verdict, value).against("all told, or accepted")
    };
    if !question.runs().iter().any(|seen| seen.passes) {
        return row(Verdict::Inconclusive, "no clean run".to_owned()).fix(question.observe());
    }
    let accepted = accepted(question.facts, question.feature);
    let untold: Vec<String> = untold(question).into_iter().map(named).collect();
    let open: Vec<&String> = untold.iter().filter(|name| !accepted.contains(&name.as_str())).collect();
    let verdict = if open.is_empty() { Verdict::Go } else { Verdict::Inconclusive };
    let value = match (untold.len(), open.as_slice()) {
        (0, _) => "every one had a message".to_owned(),
        (n, []) => format!("{n} never told, accepted by name"),
        (_, open) => format!("never told: {}", listed(open)),
    };
    let flags: Vec<String> = open.iter().take(5).map(|name| format!("--accept '{name}'")).collect();
    row(verdict, value).n(untold.len()).fix(format!(
        "observe until they are told, see whether they are pushed at all, or accept them by name: thor-cutover \
         sign-off {} {}",
        question.feature.name,
        flags.join(" ")
    ))
}

/// Entities that each clean run lists as untold. A list that is full may go on behind its last name.
fn untold<'a>(question: &Question<'_, 'a>) -> Vec<&'a Entity> {
    let runs = question.runs().into_iter().filter(|seen| seen.passes);
    let lists: Vec<&[Entity]> = runs.map(|seen| seen.it.untold.as_slice()).collect();
    let may_hold = |list: &[Entity], entity: &Entity| {
        list.binary_search(entity).is_ok()
            || (list.len() >= FeatureReport::MAX_UNTOLD && list.last().is_some_and(|last| entity > last))
    };
    let all: BTreeSet<&Entity> = lists.iter().copied().flatten().collect();
    all.into_iter().filter(|entity| lists.iter().all(|list| may_hold(list, entity))).collect()
}

/// `/symbol=SPY`; several keys joined by commas.
fn named(entity: &Entity) -> String {
    let parts: Vec<String> = entity.iter().map(|(key, value)| format!("{key}={value}")).collect();
    parts.join(",")
}

fn flag_order(facts: &DecisionFacts<'_>, feature: &Feature) -> Gate {
    let earlier: Vec<&Feature> = facts.features.iter().filter(|it| it.order < feature.order).collect();
    let waiting: Vec<&str> =
        earlier.iter().filter(|it| !is_live(facts, it)).map(|it| it.name.as_str()).collect();
    let verdict = if waiting.is_empty() { Verdict::Go } else { Verdict::NoGo };
    let value = if waiting.is_empty() {
        match earlier.len() {
            0 => "it is the first".to_owned(),
            1 => "the one before it is live".to_owned(),
            many => format!("the {many} before it are live"),
        }
    } else {
        format!("not live yet: {}", listed(&waiting))
    };
    let first = waiting.first().copied().unwrap_or_default();
    DecisionRow::new(&gates::FLAG_ORDER, verdict, value)
        .against("all earlier features live")
        .n(earlier.len())
        .fix(format!("first bring {first} through: thor-cutover checklist {first}"))
}

/// Whether the WebSocket feeds the screens of a feature: its flag is on, or its REST path is gone.
pub(super) fn is_live(facts: &DecisionFacts<'_>, feature: &Feature) -> bool {
    facts.flag(feature).backend == FlagState::On
        || matches!(stage::standing(facts, feature).stage, Some(Stage::Removed | Stage::Complete))
}

/// Hazards of taking REST away: `delete` asks for them. Every other one bears on the WebSocket path.
const OF_DELETION: [FindingKind; 2] = [FindingKind::TimerFeedsWebsocket, FindingKind::SharedEndpoint];

/// Hazards that other gates judge, each for itself: shared timers and callers by `delete`, what is written though
/// no route serves it by `complete`, fields that differ by nature by every run.
const JUDGED_ELSEWHERE: [FindingKind; 6] = [
    FindingKind::SharedTimer,
    FindingKind::FallbackPoller,
    FindingKind::UnroutedUrl,
    FindingKind::MissingSlash,
    FindingKind::VolatileField,
    FindingKind::SilentPage,
];

pub(super) fn hazards(facts: &DecisionFacts<'_>, feature: &Feature, decision: Decision) -> Gate {
    let Some(source) = facts.source.and_then(|source| source.features.get(&feature.name)) else {
        return DecisionRow::without_source(facts, &gates::HAZARDS_CLEARED, "not searched")
            .against("none open")
            .fix("name Thor's checkout with --source DIR");
    };
    let accepted = accepted(facts, feature);
    let asked = |it: &&Hazard| {
        let of_deletion = OF_DELETION.contains(&it.kind);
        !JUDGED_ELSEWHERE.contains(&it.kind) && of_deletion == (decision == Decision::Delete)
    };
    let found: Vec<&Hazard> = source.hazards.iter().filter(asked).collect();
    let is_accepted =
        |it: &Hazard| accepted.iter().any(|name| *name == it.fingerprint || *name == it.kind.code());
    let open: Vec<&Hazard> = found.iter().copied().filter(|it| !is_accepted(it)).collect();
    let verdict = if open.is_empty() { Verdict::Go } else { Verdict::NoGo };
    let names: Vec<String> =
        open.iter().map(|it| format!("{} ({}:{})", it.kind.code(), it.place.path, it.place.line)).collect();
    let value = match (open.len(), found.len()) {
        (0, 0) => "none found".to_owned(),
        (0, n) => format!("{n} found, all accepted"),
        _ => listed(&names),
    };
    let fix = open.first().map_or(String::new(), |hazard| {
        let (reason, name) = (&hazard.reason, &hazard.fingerprint);
        format!("{reason}; or accept it by name: thor-cutover sign-off {} --accept {name}", feature.name)
    });
    DecisionRow::new(&gates::HAZARDS_CLEARED, verdict, value)
        .against("none open")
        .n(found.len())
        .at(open.first().map(|it| &it.place))
        .fix(fix)
}

/// What people accepted by name for the feature, in sign-offs that still stand.
pub(super) fn accepted<'a>(facts: &DecisionFacts<'a>, feature: &Feature) -> Vec<&'a str> {
    super::delete::standing_sign_offs(facts, feature)
        .flat_map(|sign_off| sign_off.accepts.iter().map(String::as_str))
        .collect()
}
