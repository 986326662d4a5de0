//! Timers on the server, and what each is to the features.

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::code::Expr;
use crate::audit::names::FeatureId;
use crate::audit::program::{ClassId, Program, Site};
use crate::audit::routes::View;
use crate::audit::timers::{Shape, Start, Timer};
use crate::audit::websocket::{Broadcast, State};
use crate::model::facts::audit::{Confidence, FindingKind, TimerRole};

use super::Survey;
use super::collector::{Collector, Draft};
use super::{grounds, resources, rest};

/// What a timer is to one feature, and how that is known.
struct Tie {
    role: TimerRole,
    confidence: Confidence,
    why: String,
    /// It sends the feature's message.
    sends: bool,
}

pub(super) fn add(survey: &Survey<'_, '_>, collector: &mut Collector) {
    let read_by: Vec<BTreeSet<ClassId>> =
        survey.names.ids().map(|feature| read_models(survey, feature)).collect();
    for timer in &survey.timers.list {
        let ties = ties(survey, timer, &read_by);
        if ties.is_empty() {
            let reason = format!("{}; no feature found behind it", describe(timer));
            collector.push(draft(survey, timer, FindingKind::Timer, reason).confidence(of_shape(timer)));
        }
        for (feature, tie) in &ties {
            let name = survey.feature_name(*feature);
            let reason = format!("{}; {}", describe(timer), tie.why);
            let confidence = if of_shape(timer) < tie.confidence { of_shape(timer) } else { tie.confidence };
            collector.push(
                draft(survey, timer, FindingKind::Timer, reason)
                    .feature(Some(name.clone()))
                    .confidence(confidence)
                    .role(tie.role),
            );
            if tie.sends && tie.role == TimerRole::Rest {
                let reason = "named as the feature's REST timer, but it also sends the feature's WebSocket message: \
                              deleting it silences the WebSocket";
                let kind = FindingKind::TimerFeedsWebsocket;
                collector.push(draft(survey, timer, kind, reason).feature(Some(name)));
            }
        }
        shared(survey, timer, &ties, collector);
    }
    job_classes(survey, collector);
}

fn draft(survey: &Survey<'_, '_>, timer: &Timer<'_>, kind: FindingKind, reason: impl Into<String>) -> Draft {
    let related = timer.runs.iter().map(|site| survey.place(site.unit, survey.program.function(*site).line));
    Draft::new(kind, survey.place(timer.unit, timer.line), &*timer.symbol, reason)
        .interval_ms(milliseconds(&timer.seconds, 1000.0))
        .inert(matches!(timer.start, Start::Never(_)))
        .unclear(matches!(timer.start, Start::Unclear(_)))
        .beat_ms(milliseconds(&timer.beat, 1000.0))
        .basis(basis(timer))
        .related(related.collect())
}

/// Why it is not known whether the timer runs, or that it never does, without the numbers of lines.
fn basis(timer: &Timer<'_>) -> String {
    let (Start::Never(why) | Start::Unclear(why)) = &timer.start else { return String::new() };
    let mut parts = why.split("line ");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |found, part| found + "line " + part.trim_start_matches(|c: char| c.is_ascii_digit()))
}

/// Milliseconds, some thirty years: what is longer never comes, either.
const LONGEST: f64 = 1e12;

/// Whole milliseconds, in the order they were found.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be in range")]
pub(super) fn milliseconds(numbers: &[f64], factor: f64) -> Vec<u64> {
    let whole = numbers.iter().map(|number| (number * factor).round().min(LONGEST));
    whole.filter(|number| *number >= 1.0).map(|number| number as u64).collect()
}

fn describe(timer: &Timer<'_>) -> String {
    let form = match timer.shape {
        Shape::Registered => "job registered to run again and again",
        Shape::Made => "job made here and handed on to a registry that could not be followed",
        Shape::Scheduled => "scheduled to run again and again",
        Shape::Thread => "thread that loops with a pause",
        Shape::Delayed { again: true } => "delayed call that starts itself again",
        Shape::Delayed { again: false } => "delayed call",
        Shape::SleepLoop => "endless loop with a pause",
    };
    let mut text = form.to_owned();
    if let Some(seconds) = timer.seconds.first() {
        text.push_str(&format!(", every {seconds} s"));
    }
    match &timer.start {
        Start::Sure => {}
        Start::Never(why) => text.push_str(&format!("; it never runs: {why}")),
        Start::Unclear(why) => text.push_str(&format!("; whether it runs is not known: {why}")),
    }
    if let Some(command) = &timer.unstarted_command {
        text.push_str(&format!("; only `manage.py {command}` runs it, which nothing in this tree starts"));
    }
    text
}

fn of_shape(timer: &Timer<'_>) -> Confidence {
    match timer.shape {
        _ if timer.unstarted_command.is_some() => Confidence::POSSIBLE,
        Shape::Delayed { again: false } => Confidence::POSSIBLE,
        Shape::Made => Confidence::LIKELY,
        _ => Confidence::CERTAIN,
    }
}

fn ties(
    survey: &Survey<'_, '_>,
    timer: &Timer<'_>,
    read_by: &[BTreeSet<ClassId>],
) -> BTreeMap<FeatureId, Tie> {
    let reached = survey.program.reach(timer.runs.iter().copied());
    let mut ties: BTreeMap<FeatureId, Tie> = BTreeMap::new();
    let sends = sent_features(survey, &reached);
    let written = resources::written(survey.program, timer.runs.iter().copied());
    let feeds: Vec<(FeatureId, String)> = survey
        .names
        .ids()
        .filter_map(|feature| {
            let model = written.intersection(&read_by[feature]).next()?;
            Some((feature, survey.program.class(*model).name.to_owned()))
        })
        .collect();
    for feature in timer.names.iter().flat_map(|name| survey.names.of_timer(name)) {
        let touches = sends.contains(&feature) || feeds.iter().any(|(fed, _)| *fed == feature);
        let why = if touches {
            "the configuration names it as the feature's REST timer".to_owned()
        } else {
            "the configuration names it as the feature's REST timer, but nothing in its code feeds the feature".to_owned()
        };
        let confidence = Confidence::LIKELY;
        ties.insert(feature, Tie { role: TimerRole::Rest, confidence, why, sends: sends.contains(&feature) });
    }
    for feature in asked_features(survey, &reached) {
        let why = "it asks the feature's REST endpoint".to_owned();
        ties.entry(feature).or_insert(Tie {
            role: TimerRole::Rest,
            confidence: Confidence::CERTAIN,
            why,
            sends: false,
        });
    }
    for feature in &sends {
        let why = "it sends the feature's WebSocket message: it stays".to_owned();
        let confidence = Confidence::CERTAIN;
        ties.entry(*feature).or_insert(Tie { role: TimerRole::Producer, confidence, why, sends: true });
    }
    // A model that most features read tells none of them apart.
    if feeds.len() <= 2 {
        for (feature, model) in feeds {
            let why =
                format!("it writes {model}, which the feature's view reads: it produces the data and stays");
            let confidence = Confidence::LIKELY;
            ties.entry(feature).or_insert(Tie { role: TimerRole::Producer, confidence, why, sends: false });
        }
    }
    if ties.is_empty()
        && let Some(feature) = timer.names.iter().find_map(|name| survey.names.of_words(name))
    {
        let why = "only its name points to the feature".to_owned();
        let (role, confidence) = (TimerRole::Unclear, Confidence::POSSIBLE);
        ties.insert(feature, Tie { role, confidence, why, sends: false });
    }
    ties
}

fn sent_features(survey: &Survey<'_, '_>, reached: &BTreeSet<Site>) -> BTreeSet<FeatureId> {
    let here = survey.broadcasts.list.iter().filter(|broadcast| {
        let runs = reached.contains(&broadcast.site) || is_kept_for(survey.program, broadcast, reached);
        runs && !matches!(broadcast.state, State::Broken(_))
    });
    let types = here.flat_map(|broadcast| [&broadcast.inner, &broadcast.event]).flatten();
    types.flat_map(|message_type| survey.names.of_type(message_type)).collect()
}

/// `balance = Announcer.of("balance")` at the top of a module says the type; who calls `balance(row)` sends it.
fn is_kept_for<'p>(program: &Program<'p>, broadcast: &Broadcast<'p>, reached: &BTreeSet<Site>) -> bool {
    let calls = |site: &Site| {
        let mut calls = program.calls_in_function(*site).into_iter();
        calls.any(|call| program.is_result(&call.callee, *site, broadcast.call))
    };
    broadcast.site.function == 0 && reached.iter().any(calls)
}

fn asked_features(survey: &Survey<'_, '_>, reached: &BTreeSet<Site>) -> BTreeSet<FeatureId> {
    let asks = survey.asks.iter().filter(|ask| ask.site.is_some_and(|site| reached.contains(&site)));
    asks.flat_map(|ask| ask.features.iter().copied()).collect()
}

/// The models that the feature's views read.
fn read_models(survey: &Survey<'_, '_>, feature: FeatureId) -> BTreeSet<ClassId> {
    let program = survey.program;
    let mut sites = Vec::new();
    let mut also: Vec<(&Expr<'_>, Site)> = Vec::new();
    for (route, features) in survey.routes.routes.iter().zip(&survey.route_features) {
        if !features.direct.contains(&feature) && !features.alias.contains(&feature) {
            continue;
        }
        sites.extend(rest::view_sites(program, &route.view));
        if let View::Class(class) = &route.view {
            let body = program.class(*class);
            let site = Site { unit: class.unit, function: body.parent };
            also.extend(body.attributes.iter().map(|(_, value)| (value, site)));
        }
    }
    resources::read(program, sites, &also)
}

fn shared(
    survey: &Survey<'_, '_>,
    timer: &Timer<'_>,
    ties: &BTreeMap<FeatureId, Tie>,
    collector: &mut Collector,
) {
    let firm: Vec<FeatureId> = ties
        .iter()
        .filter(|(_, tie)| tie.role == TimerRole::Rest || tie.sends)
        .map(|(feature, _)| *feature)
        .collect();
    if firm.len() < 2 {
        return;
    }
    for feature in &firm {
        let others: Vec<String> =
            firm.iter().filter(|other| *other != feature).map(|other| survey.feature_name(*other)).collect();
        let reason = format!("also serves {}: it may go only when all of them are live", others.join(", "));
        collector.push(
            draft(survey, timer, FindingKind::SharedTimer, reason)
                .feature(Some(survey.feature_name(*feature))),
        );
    }
}

/// The classes of jobs that the configuration names as REST timers, registered or not.
fn job_classes(survey: &Survey<'_, '_>, collector: &mut Collector) {
    let named = survey.program.words_like(|word| !survey.names.of_timer(word).is_empty());
    for class in survey.program.class_ids(survey.program.python_with(named)) {
        let body = survey.program.class(class);
        if survey.program.is_test(class.unit) {
            continue;
        }
        let registered = survey.timers.list.iter().any(|timer| timer.class == Some(class));
        for feature in survey.names.of_timer(body.name) {
            let reason =
                if registered { "the class of the job" } else { "the class of a job that nothing registers" };
            // Something may register it all the same, by its name.
            let named = || survey.program.python_with([body.name]).into_iter().collect();
            let basis = if registered { String::new() } else { grounds::of_files(survey.program, &named()) };
            collector.push(
                Draft::new(FindingKind::JobClass, survey.place(class.unit, body.line), body.name, reason)
                    .feature(Some(survey.feature_name(feature)))
                    .basis(basis),
            );
        }
    }
}
