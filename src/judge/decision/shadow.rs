//! `shadow`: is the feature integrated, so that it can be observed?

use crate::judge::decision::{DecisionFacts, DecisionRow, listed};
use crate::judge::gates;
use crate::model::facts::ledger::Seen;
use crate::model::facts::source::FeatureSource;
use crate::model::feature::Feature;
use crate::model::gate::Gate;
use crate::model::text::counted;
use crate::model::verdict::Verdict;

pub(super) fn gates(facts: &DecisionFacts<'_>, feature: &Feature) -> Vec<Gate> {
    let found = source_found(facts, feature);
    let Some(source) = facts.source.and_then(|source| source.features.get(&feature.name)) else {
        return vec![found];
    };
    let types = feature.ws.iter().flat_map(|ws| &ws.types).map(String::as_str).collect::<Vec<_>>().join(", ");
    vec![
        found,
        must_be_there(
            &gates::JOB_FOUND,
            &source.producers,
            "write and register a job that produces the data",
        ),
        must_be_there(
            &gates::BROADCAST_FOUND,
            &source.broadcasts,
            &format!("send a message of type {types}"),
        ),
        must_be_absent(
            &gates::BROADCAST_UNGATED,
            &source.gated_broadcasts,
            "broadcast always and let the flag decide what the screen reads: shadow mode needs both",
        ),
        must_be_there(
            &gates::HANDLER_FOUND,
            &source.handlers,
            &format!(
                "give the consumer a method for {types}: a type without one closes every client with 1011"
            ),
        ),
        must_be_absent(&gates::IMPORTS_RESOLVE, &source.missing_modules, "repair the import"),
        files_parse(facts, source),
    ]
}

pub(super) fn source_found(facts: &DecisionFacts<'_>, feature: &Feature) -> Gate {
    let row = match facts.source {
        None => DecisionRow::without_source(facts, &gates::SOURCE_FOUND, "no source tree of Thor was found"),
        Some(source) => {
            let recognised = source.features.get(&feature.name).is_some_and(|it| it.recognised);
            let known = facts.ledger.baselines.iter().any(|it| it.feature == feature.name)
                || facts.since.iter().any(|it| it.feature == feature.name);
            let value =
                format!("{} searched, {} parsed", counted(source.files, "file", "files"), source.parsed);
            let (verdict, value) = match (recognised, known) {
                (true, _) => (Verdict::Go, value),
                // Its REST side may be gone, its WebSocket side may not: this is another tree, or a part of it.
                (false, true) => (
                    Verdict::Inconclusive,
                    format!("{value}, nothing of {} recognised any more", feature.name),
                ),
                (false, false) => {
                    (Verdict::Inconclusive, format!("{value}, nothing of {} recognised", feature.name))
                }
            };
            DecisionRow::new(&gates::SOURCE_FOUND, verdict, value).n(source.files)
        }
    };
    row.against("recognised").fix("name Thor's checkout with --source DIR")
}

pub(super) fn files_parse(facts: &DecisionFacts<'_>, source: &FeatureSource) -> Gate {
    let names = &source.unsearched;
    let verdict = if names.iter().any(|path| source.sources.contains(path)) {
        Verdict::NoGo
    } else if names.is_empty() {
        Verdict::Go
    } else {
        Verdict::Inconclusive
    };
    let others = facts.source.map_or(0, |it| it.unparsed.len()).saturating_sub(names.len());
    let value = match (names.is_empty(), others) {
        (true, 0) => "all parse".to_owned(),
        (true, n) => format!("{n} do not parse, none of them mentions the feature"),
        (false, _) => format!("{} that mention the feature do not parse: {}", names.len(), listed(names)),
    };
    DecisionRow::new(&gates::FILES_PARSE, verdict, value)
        .against("every file that mentions it")
        .n(facts.source.map_or(0, |it| it.files))
        .fix("repair the file, or leave it out of the search")
}

fn must_be_there(description: &gates::Description, seen: &[Seen], fix: &str) -> Gate {
    let verdict = if seen.is_empty() { Verdict::NoGo } else { Verdict::Go };
    DecisionRow::new(description, verdict, places(seen)).against("at least 1").n(seen.len()).fix(fix)
}

fn must_be_absent(description: &gates::Description, seen: &[Seen], fix: &str) -> Gate {
    let verdict = if seen.is_empty() { Verdict::Go } else { Verdict::NoGo };
    DecisionRow::new(description, verdict, places(seen))
        .against("none")
        .n(seen.len())
        .at(seen.first().map(|seen| &seen.place))
        .fix(fix)
}

/// `AccountJob (jobs.py:17), …`
pub(super) fn places(seen: &[Seen]) -> String {
    let names: Vec<String> =
        seen.iter().map(|it| format!("{} ({}:{})", it.name, it.place.path, it.place.line)).collect();
    listed(&names)
}
