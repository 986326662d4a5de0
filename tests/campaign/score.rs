//! Whether the judge was right about a world, feature by feature.

use std::collections::BTreeMap;

use thor_cutover::model::run::{FeatureReport, Finding, RunReport};
use thor_cutover::model::verdict::Verdict;

use super::faults::{Fault, Planted};
use super::shape::Shape;
use super::truth::Owed;
use super::world::World;

/// How the judge did, worst last.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Score {
    /// As it must be.
    Right,
    /// Inconclusive where that is fair.
    Modest,
    /// A fault that the wire hardly shows went by.
    Unseen,
    /// Rich, and yet no GO; or a fault beyond the skew, and yet only inconclusive.
    Timid(String),
    /// No-go, but not by the fault's kind, field and entity; or not said by name.
    Misnamed(String),
    /// A correct world called divergent, or an error.
    FalseAlarm(String),
    /// Too little evidence, or a fault that shows, and yet GO.
    FalseGo(String),
}

pub fn score(world: &World, report: &RunReport) -> Score {
    let each = world.truth.owed.iter().enumerate().map(|(place, owed)| {
        let planted = world.truth.planted.as_ref().filter(|(feature, _)| *feature == place);
        let shape = &world.tracks[place].shape;
        of_feature(*owed, planted.map(|(_, planted)| planted), shape, &report.features[place])
    });
    each.max().unwrap_or(Score::Right)
}

fn of_feature(owed: Owed, planted: Option<&Planted>, shape: &Shape, report: &FeatureReport) -> Score {
    let verdict = report.verdict;
    let is_named = || {
        planted.is_none_or(|planted| {
            planted.kinds.is_empty() || report.findings.iter().any(|finding| names(finding, planted, shape))
        })
    };
    match (owed, verdict) {
        (_, Verdict::Error) => Score::FalseAlarm(complaints(report)),
        (Owed::Go | Owed::NotNoGo | Owed::Inconclusive, Verdict::NoGo) => {
            Score::FalseAlarm(complaints(report))
        }
        (Owed::Go | Owed::NotNoGo, Verdict::Go) => Score::Right,
        (Owed::Go, _) => Score::Timid(open_gates(report)),
        (Owed::NotNoGo, _) => Score::Modest,
        (Owed::Inconclusive, Verdict::Go) => Score::FalseGo("too little, and called go".to_owned()),
        (Owed::Inconclusive, _) if says_what_is_missing(report) => Score::Right,
        (Owed::Inconclusive, _) => Score::Misnamed("no gate says what is missing".to_owned()),
        (Owed::Named("unique"), Verdict::NoGo) => Score::FalseAlarm(complaints(report)),
        (Owed::Named(word), _) if mentions(report, word) => Score::Right,
        (Owed::Named(_), Verdict::NoGo) if is_named() => Score::Right,
        (Owed::Named(word), Verdict::NoGo) => Score::Misnamed(format!("no {word}: {}", complaints(report))),
        (Owed::Named(word), Verdict::Go) => Score::FalseGo(format!("the report has no word {word}")),
        (Owed::Named(word), _) => Score::Misnamed(format!("the report has no word {word}")),
        (Owed::NoGo | Owed::NotGo | Owed::Any, Verdict::NoGo) if is_named() => Score::Right,
        (Owed::NoGo | Owed::NotGo | Owed::Any, Verdict::NoGo) => Score::Misnamed(complaints(report)),
        (Owed::NoGo | Owed::NotGo, Verdict::Go) => Score::FalseGo(String::new()),
        (Owed::NoGo, _) => Score::Timid(open_gates(report)),
        (Owed::NotGo | Owed::Any, Verdict::Inconclusive) => Score::Modest,
        (Owed::Any, Verdict::Go) => Score::Unseen,
    }
}

fn says_what_is_missing(report: &FeatureReport) -> bool {
    report.gates.iter().any(|gate| gate.verdict == Verdict::Inconclusive && !gate.fix.is_empty())
}

/// Whether a word stands anywhere in what the report says of the feature.
fn mentions(report: &FeatureReport, word: &str) -> bool {
    let json = serde_json::to_string(report).expect("a report is serialisable");
    json.contains(word)
}

/// Whether a finding is the planted one: its kind, its entity, its field.
pub fn names(finding: &Finding, planted: &Planted, shape: &Shape) -> bool {
    let found = &finding.difference;
    let kind = found.kind.to_string();
    if !planted.kinds.contains(&kind.as_str()) {
        return false;
    }
    // A finding about the stream as a whole, or about one entity of the whole state, names no entity.
    let whole = !matches!(kind.as_str(), "value" | "invariant");
    let entity = planted.entities.is_empty()
        || planted.entities.iter().any(|id| found.entity == shape.entity(*id))
        || (whole && found.entity.is_empty());
    let is_column = |column: &usize| {
        let column = &shape.columns[*column];
        let nested = format!("{}/", column.rest);
        found.field.as_ref().is_some_and(|field| {
            *field == column.rest
                || (planted.fault == Fault::RenamedField && field.to_string().starts_with(&nested))
        })
    };
    let field = planted.columns.is_empty()
        || planted.columns.iter().any(is_column)
        || (whole && found.field.is_none());
    entity && field
}

/// The first findings, one line.
pub fn complaints(report: &FeatureReport) -> String {
    let findings: Vec<String> = report.findings.iter().take(3).map(finding_line).collect();
    let blocks = report.gates.iter().filter(|gate| matches!(gate.verdict, Verdict::NoGo | Verdict::Error));
    let gates: Vec<&str> = blocks.map(|gate| gate.code.as_str()).collect();
    format!("{}: {} [{}]", report.feature, findings.join("; "), gates.join(", "))
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
pub fn open_gates(report: &FeatureReport) -> String {
    let open = report.gates.iter().filter(|gate| gate.verdict != Verdict::Go);
    let open: Vec<String> =
        open.map(|gate| format!("{} {} ({})", gate.code, gate.verdict, gate.value)).collect();
    format!("{}: {}", report.feature, open.join(", "))
}
