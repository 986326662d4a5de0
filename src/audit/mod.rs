//! The source audit: where Thor's REST timers, pollers, endpoints, broadcasts, handlers and flag reads are, what
//! they feed, and whether they are gone.
//!
//! `tree` reads, everything after it is pure: `code` parses Python and TypeScript into one form, `program` resolves
//! names across files, `routes`, `timers`, `websocket`, `flags` and `frontend` recognise what Django, Channels and
//! React make of it, `findings` draws the conclusions. It judges nothing: gates do.

mod code;
mod facts;
mod findings;
mod fingerprint;
mod flags;
mod frontend;
mod lines;
mod liveness;
mod names;
mod operations;
mod options;
mod parallel;
mod parse;
mod paths;
mod plan;
mod program;
mod python;
mod routes;
mod scripts;
mod searched;
mod suppress;
mod switch;
mod tasks;
mod timers;
mod tree;
mod urls;
mod websocket;

use std::collections::BTreeMap;

use crate::model::facts::audit::{AuditReport, Searched};
use crate::model::facts::fingerprint::CodeFingerprint;

pub use fingerprint::fingerprints;
pub use names::FeatureNames;
pub use options::{AuditOptions, KnownPage, KnownView};
pub use plan::plan;
pub use tree::{AuditError, FileKind, Language, SourceFile, SourceTree, UnreadFile};

use names::Names;
use program::Program;
use python::PythonSources;

/// Audits a tree for these features. Deterministic: the same tree, names and options give the same report.
pub fn audit(tree: &SourceTree, features: &[FeatureNames], options: &AuditOptions) -> AuditReport {
    // The caller's thread may have less of a stack than resolving needs.
    parallel::both(|| report(tree, &PythonSources::parse(tree), features, options), || ()).0
}

/// The same, with the fingerprint of the code behind each feature; none where nothing of any feature was recognised.
pub fn fingerprinted(
    tree: &SourceTree,
    features: &[FeatureNames],
    options: &AuditOptions,
) -> (AuditReport, BTreeMap<String, CodeFingerprint>) {
    let both = || {
        let python = PythonSources::parse(tree);
        let report = report(tree, &python, features, options);
        let recognised = report.features.iter().any(|facts| facts.recognised);
        let code = recognised.then(|| fingerprint::of_tree(tree, &python, &report));
        (report, code.unwrap_or_default())
    };
    parallel::both(both, || ()).0
}

fn report(
    tree: &SourceTree,
    python: &PythonSources<'_>,
    features: &[FeatureNames],
    options: &AuditOptions,
) -> AuditReport {
    let pages = parse::page_scripts(tree);
    let units = parse::units(tree, &pages, python);
    let names = Names::new(features);
    let program = Program::new(&units, tree);
    let survey = findings::Survey::new(tree, &program, &names, options);
    let searched =
        Searched { unresolved: searched::unknowns(&survey), ..searched::of(tree, &units, features) };
    let mut findings = survey.findings();
    findings::unread::add(&searched, features, &mut findings);
    let applied = suppress::apply(findings.finish(), features, options);
    let suppress::Applied { findings, suppressed, mapped, warnings } = applied;
    let (mut pages, mut beside) =
        parallel::both(|| findings::pages::of(&survey), || findings::beside::of(&survey));
    let facts = features.iter().enumerate().map(|(id, names)| {
        let pages = pages.remove(&id).unwrap_or_default();
        let beside = beside.remove(&id).unwrap_or_default();
        facts::of_feature(&names.feature, &findings, pages, beside)
    });
    let facts = facts.collect();
    let routes = survey.routes.routes.iter().flat_map(|route| route.paths.iter().map(ToString::to_string));
    let routes = routes.collect();
    AuditReport { searched, findings, suppressed, mapped, warnings, routes, features: facts }
}
