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
#[allow(dead_code, unused_imports, reason = "the fingerprint of the code builds on it")]
mod python;
mod routes;
mod scripts;
mod suppress;
mod timers;
mod tree;
mod urls;
mod websocket;

use crate::model::facts::audit::{AuditReport, Searched, Unparsed};

pub use fingerprint::fingerprints;
pub use names::FeatureNames;
pub use options::{AuditOptions, KnownPage, KnownView};
pub use plan::plan;
pub use tree::{AuditError, FileKind, Language, SourceFile, SourceTree, UnreadFile};

use names::Names;
use parse::Unit;
use program::Program;
use python::PythonSources;

/// Audits a tree for these features. Deterministic: the same tree, names and options give the same report.
pub fn audit(tree: &SourceTree, features: &[FeatureNames], options: &AuditOptions) -> AuditReport {
    // The caller's thread may have less of a stack than resolving needs.
    parallel::both(|| report(tree, features, options), || ()).0
}

fn report(tree: &SourceTree, features: &[FeatureNames], options: &AuditOptions) -> AuditReport {
    let pages = parse::page_scripts(tree);
    let python = PythonSources::parse(tree);
    let units = parse::units(tree, &pages, &python);
    let names = Names::new(features);
    let program = Program::new(&units, tree);
    let survey = findings::Survey::new(tree, &program, &names, options);
    let findings = survey.findings().finish();
    let unresolved = facts::unknowns(&survey);
    let searched = Searched { unresolved, ..searched(tree, &units, features) };
    let (findings, suppressed, warnings) = suppress::apply(findings, options);
    let mut pages = findings::pages::of(&survey);
    let facts = features.iter().enumerate().map(|(id, names)| {
        let pages = pages.remove(&id).unwrap_or_default();
        facts::of_feature(&names.feature, &findings, &searched, pages)
    });
    let facts = facts.collect();
    let routes = survey.routes.routes.iter().flat_map(|route| route.paths.iter().map(ToString::to_string));
    let routes = routes.collect();
    AuditReport { searched, findings, suppressed, warnings, routes, features: facts }
}

fn searched(tree: &SourceTree, units: &[Unit<'_>], features: &[FeatureNames]) -> Searched {
    let troubles = parse::troubles(units);
    let mut unparsed: Vec<Unparsed> = tree
        .unread
        .iter()
        .map(|file| Unparsed {
            path: file.path.clone(),
            line: None,
            reason: file.reason.clone(),
            mentions: match file.searchable {
                true => facts::mentions(&file.bytes, features),
                false => features.iter().map(|names| names.feature.clone()).collect(),
            },
        })
        .collect();
    unparsed.extend(troubles.iter().map(|(path, line, reason)| {
        let text = tree.files.iter().find(|file| file.path == *path).map_or("", |file| file.text.as_str());
        Unparsed {
            path: path.clone(),
            line: line.map(|line| line as usize),
            reason: reason.clone(),
            mentions: facts::mentions(text.as_bytes(), features),
        }
    }));
    unparsed.sort();
    let count =
        |python: bool| units.iter().filter(|unit| (unit.language == Language::Python) == python).count();
    let documents = tree.files.iter().filter(|file| file.kind == FileKind::Document).count();
    let considered: Vec<&SourceFile> =
        tree.files.iter().filter(|file| file.kind != FileKind::Operation).collect();
    let already: std::collections::HashSet<&str> = considered.iter().map(|file| file.path.as_str()).collect();
    let unread = tree.unread.iter().filter(|file| !already.contains(file.path.as_str())).count();
    Searched {
        root: tree.root.to_string_lossy().into_owned(),
        revision: tree.revision.clone(),
        files: considered.len() + unread,
        parsed: units.len() - troubles.len(),
        python: count(true),
        typescript: count(false),
        documents,
        bytes: considered.iter().map(|file| file.text.len() as u64).sum(),
        unparsed,
        left_out: tree.left_out.clone(),
        notes: tree.notes.iter().cloned().chain(parse::unread_pages(units)).collect(),
        unresolved: Vec::new(),
    }
}
