//! Imports that lead nowhere in this tree. Where the error is caught, nobody ever sees it.

use crate::audit::code::{Caught, Import, ImportNames};
use crate::audit::paths;
use crate::audit::program::Program;
use crate::model::facts::audit::{Confidence, FindingKind};

use super::Survey;
use super::collector::{Collector, Draft};

pub(super) fn add(survey: &Survey<'_, '_>, collector: &mut Collector) {
    for unit in 0..survey.program.units.len() {
        let path = survey.program.path(unit);
        if paths::is_test(path) || paths::is_declaration(path) || crate::audit::scripts::is_page(path) {
            continue;
        }
        for import in &survey.program.module(unit).imports {
            if import.types_only {
                continue;
            }
            if survey.program.is_python(unit) {
                python(survey, unit, import, collector);
            } else if survey.program.script_modules().is_missing(path, import.module) {
                missing(survey, unit, import, collector);
            }
        }
        for export in &survey.program.module(unit).re_exports {
            if survey.program.script_modules().is_missing(path, export.module) {
                let reason = "no such module in this tree";
                let place = survey.place(unit, 1);
                collector.push(Draft::new(FindingKind::MissingModule, place, export.module, reason));
            }
        }
    }
}

/// Offered in a way that the source does not show, or as a module of its own.
fn is_open(program: &Program<'_>, target: usize, name: &str) -> bool {
    let (path, text) = (program.path(target), program.units[target].text);
    ["__getattr__", "globals()", "setattr(sys.modules"].iter().any(|mark| text.contains(mark))
        || text.contains(&format!("global {name}"))
        || matches!(program.python_modules().submodule(path, name), Some(unit) if unit != target)
        || program.python_modules().has_directory(path, name)
}

fn python<'p>(survey: &Survey<'_, 'p>, unit: usize, import: &'p Import<'p>, collector: &mut Collector) {
    let program = survey.program;
    let path = program.path(unit);
    if program.python_modules().is_missing(path, import.module) {
        // `from . import x` where the package is only a directory.
        missing(survey, unit, import, collector);
        return;
    }
    let (ImportNames::Named(names), Some(target)) = (&import.names, program.imported(unit, import)) else {
        return;
    };
    for (name, _) in names {
        if has_name(program, target, name) {
            continue;
        }
        let shown = format!("{}.{name}", import.module);
        let reason = format!("{} has no `{name}`{}", program.path(target), swallowed(import));
        let feature = survey.names.of_words(name).map(|feature| survey.feature_name(feature));
        collector.push(
            Draft::new(FindingKind::MissingName, survey.place(unit, import.line), shown, reason)
                .feature(feature)
                .confidence(Confidence::LIKELY),
        );
    }
}

fn swallowed(import: &Import<'_>) -> &'static str {
    match import.caught {
        Caught::Yes => "; the error is caught, so nobody sees it",
        Caught::No => "",
    }
}

fn missing(survey: &Survey<'_, '_>, unit: usize, import: &Import<'_>, collector: &mut Collector) {
    let reason = format!("no such module in this tree{}", swallowed(import));
    let names: Vec<&str> = match &import.names {
        ImportNames::Named(names) => names.iter().map(|(name, _)| *name).collect(),
        _ => Vec::new(),
    };
    let words = std::iter::once(import.module).chain(names);
    let feature = words.filter_map(|word| survey.names.of_words(word)).next();
    collector.push(
        Draft::new(FindingKind::MissingModule, survey.place(unit, import.line), import.module, reason)
            .feature(feature.map(|feature| survey.feature_name(feature))),
    );
}

/// A Python module offers the name, or may do so in a way the source does not show.
fn has_name<'p>(program: &Program<'p>, target: usize, name: &'p str) -> bool {
    if is_open(program, target, name) || program.offers(target, name) {
        return true;
    }
    let mut stars = program
        .module(target)
        .imports
        .iter()
        .filter(|import| matches!(import.names, ImportNames::Star) && import.function == 0);
    stars.any(|import| program.imported(target, import).is_none())
}
