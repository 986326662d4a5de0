//! One world before the judge: what it said, and whether it was right.

use std::collections::BTreeMap;

use thor_cutover::align::Engine;
use thor_cutover::json::pointer::Pointer;
use thor_cutover::judge::run::judge;
use thor_cutover::model::outcome::{Kind, Outcome};
use thor_cutover::model::run::{FeatureReport, Finding, RunReport};
use thor_cutover::model::thresholds::Thresholds;
use thor_cutover::model::verdict::Verdict;

use super::faults::Planted;
use super::shape::Shape;
use super::world::{Starved, Truth, World};

pub struct Judged {
    pub report: RunReport,
    /// Outcomes with the scene after which they were settled and their feature.
    pub outcomes: Vec<(usize, usize, Outcome)>,
}

/// Runs a world through the engine, observation by observation.
pub fn run(world: &World) -> Judged {
    let features = world.features();
    let mut panel = Engine::new(&features);
    let mut outcomes = Vec::new();
    for (place, scene) in world.scenes.iter().enumerate() {
        let settled = panel.push(&scene.observation);
        outcomes.extend(settled.into_iter().map(|(feature, outcome)| (place, feature, outcome)));
    }
    let tally = panel.finish(world.ended());
    let report = judge(&features, &tally, &Thresholds::default(), world.end, "campaign");
    Judged { report, outcomes }
}

/// How the judge did.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Score {
    /// As it must be.
    Right,
    /// Clean with little evidence: inconclusive is fair.
    Modest,
    /// A correct world called divergent, or an error.
    FalseAlarm(String),
    /// Too little evidence, or a visible fault, and yet GO.
    FalseGo(String),
    /// Plenty of evidence, and yet no GO.
    Timid(String),
    /// The fault was noticed, but not by its kind, field and entity.
    Misnamed(String),
    /// The fault was not noticed; at least it was not called GO.
    Missed(String),
}

pub fn score(world: &World, report: &RunReport) -> Score {
    let verdict = report.verdict;
    match &world.truth {
        Truth::Clean { .. } | Truth::Starved(_) if matches!(verdict, Verdict::NoGo | Verdict::Error) => {
            Score::FalseAlarm(complaints(report, None))
        }
        Truth::Starved(starved) => starved_score(*starved, report),
        Truth::Clean { plenty: true } if verdict != Verdict::Go => Score::Timid(open_gates(report)),
        Truth::Clean { .. } if verdict == Verdict::Go => Score::Right,
        Truth::Clean { .. } => Score::Modest,
        Truth::Faulty { feature, planted } => faulty_score(world, *feature, planted, report),
    }
}

fn starved_score(starved: Starved, report: &RunReport) -> Score {
    if report.verdict == Verdict::Go {
        return Score::FalseGo(format!("{starved:?} was called go"));
    }
    let named = report.features.iter().all(|feature| {
        feature.verdict == Verdict::Go
            || feature.gates.iter().any(|gate| gate.verdict == Verdict::Inconclusive && !gate.fix.is_empty())
    });
    if named {
        Score::Right
    } else {
        Score::Timid("inconclusive, but no gate says what is missing".to_owned())
    }
}

fn faulty_score(world: &World, feature: usize, planted: &Planted, report: &RunReport) -> Score {
    if let Some(other) =
        report.features.iter().enumerate().find(|(index, report)| {
            *index != feature && matches!(report.verdict, Verdict::NoGo | Verdict::Error)
        })
    {
        return Score::FalseAlarm(complaints(report, Some(other.0)));
    }
    let shape = &world.tracks[feature].shape;
    let mine = &report.features[feature];
    let named = mine.findings.iter().any(|finding| names(finding, planted, shape));
    match report.verdict {
        Verdict::NoGo if named => Score::Right,
        Verdict::Go => Score::FalseGo(format!("{:?} was called go", planted.fault)),
        Verdict::NoGo => Score::Misnamed(complaints(report, Some(feature))),
        _ => Score::Missed(open_gates(report)),
    }
}

/// Whether a finding is the planted one: its kind, its entity, its field.
pub fn names(finding: &Finding, planted: &Planted, shape: &Shape) -> bool {
    let found = &finding.difference;
    if !planted.kinds.contains(&found.kind) {
        return false;
    }
    // A finding about the stream as a whole, or about one entity of the whole state, names no entity.
    let whole = matches!(
        found.kind,
        Kind::Stalled
            | Kind::DroppedPush
            | Kind::WsLate
            | Kind::StaleRest
            | Kind::LateOrStale
            | Kind::Reordered
            | Kind::Unreadable
    );
    let entity = planted.entities.is_empty()
        || planted.entities.iter().any(|id| found.entity == shape.entity(*id))
        || (whole && found.entity.is_empty());
    let field = planted.columns.is_empty()
        || planted.columns.iter().any(|&column| found.field.as_ref() == Some(field_of(shape, column)))
        || (whole && found.field.is_none());
    entity && field
}

/// Differences are reported under the field's name in REST.
pub fn field_of(shape: &Shape, column: usize) -> &Pointer {
    &shape.columns[column].rest
}

/// The first findings, one line.
pub fn complaints(report: &RunReport, only: Option<usize>) -> String {
    let told = |feature: &FeatureReport| {
        let findings: Vec<String> = feature.findings.iter().take(3).map(finding_line).collect();
        let gates: Vec<&str> = feature
            .gates
            .iter()
            .filter(|gate| matches!(gate.verdict, Verdict::NoGo | Verdict::Error))
            .map(|gate| gate.code.as_str())
            .collect();
        format!("{}: {} [{}]", feature.feature, findings.join("; "), gates.join(", "))
    };
    let mine = |index: usize, feature: &FeatureReport| match only {
        Some(only) => only == index,
        None => matches!(feature.verdict, Verdict::NoGo | Verdict::Error),
    };
    let features = report.features.iter().enumerate().filter(|(index, feature)| mine(*index, feature));
    features.map(|(_, feature)| told(feature)).collect::<Vec<_>>().join(" | ")
}

pub fn finding_line(finding: &Finding) -> String {
    let found = &finding.difference;
    let entity: BTreeMap<String, &String> =
        found.entity.iter().map(|(pointer, text)| (pointer.to_string(), text)).collect();
    format!(
        "{} {} {} rest {} ws {} x{}",
        found.kind,
        entity.into_values().cloned().collect::<Vec<_>>().join("+"),
        found.field.as_ref().map_or_else(String::new, ToString::to_string),
        found.rest.as_deref().unwrap_or("-"),
        found.ws.as_deref().unwrap_or("-"),
        finding.count
    )
}

/// Gates that are not go, one line.
pub fn open_gates(report: &RunReport) -> String {
    let mut open = Vec::new();
    for feature in &report.features {
        for gate in feature.gates.iter().filter(|gate| gate.verdict != Verdict::Go) {
            open.push(format!("{}/{} {} ({})", feature.feature, gate.code, gate.verdict, gate.value));
        }
    }
    open.join(", ")
}
