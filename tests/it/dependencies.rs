//! docs/dependencies.md against Cargo.toml: every dependency has its line, and every line its dependency.

use std::collections::BTreeSet;
use std::path::Path;

use toml_edit::{DocumentMut, Item};

fn file(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// What the program is made of, on whatever system; what only tests use is left out.
fn declared(manifest: &DocumentMut) -> BTreeSet<String> {
    let names = |tables: &Item| -> Vec<String> {
        let table = tables.get("dependencies").and_then(Item::as_table_like);
        table.into_iter().flat_map(|table| table.iter()).map(|(name, _)| name.to_owned()).collect()
    };
    let targets = manifest["target"].as_table_like().unwrap();
    let of_targets = targets.iter().flat_map(|(_, target)| names(target));
    names(manifest.as_item()).into_iter().chain(of_targets).collect()
}

/// The rows of the page's tables: the crate, and what is said of it.
fn rows(page: &str) -> Vec<(String, Vec<String>)> {
    let lines = page.lines().filter(|line| line.starts_with("| `"));
    let row = |line: &str| {
        let mut cells = line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned());
        let name = cells.next().unwrap_or_default().trim_matches('`').to_owned();
        (name, cells.collect())
    };
    lines.map(row).collect()
}

#[test]
fn every_dependency_has_its_reason_and_every_reason_its_dependency() {
    let manifest: DocumentMut = file("Cargo.toml").parse().unwrap();
    let declared = declared(&manifest);
    assert!(declared.len() > 50, "only {} dependencies were found", declared.len());
    let rows = rows(&file("docs/dependencies.md"));
    let named: BTreeSet<String> = rows.iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(named.len(), rows.len(), "a crate is named twice");
    let without: Vec<_> = declared.difference(&named).collect();
    assert!(without.is_empty(), "say in docs/dependencies.md what they are for: {without:?}");
    let gone: Vec<_> = named.difference(&declared).collect();
    assert!(gone.is_empty(), "no dependencies any more: {gone:?}");
    for (name, cells) in &rows {
        assert!(matches!(cells.len(), 1 | 3), "{name}: {cells:?}");
        assert!(cells.iter().all(|cell| cell.len() > 4), "{name}: nothing is said: {cells:?}");
    }
}

#[test]
fn the_limits_that_the_page_names_are_there() {
    let limits = file("docs/limits.md");
    let page = file("docs/dependencies.md");
    let names = page
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|name| name.contains('_') && name.chars().all(|c| c.is_ascii_uppercase() || c == '_'));
    let names: BTreeSet<&str> = names.collect();
    assert!(names.len() >= 5, "{names:?}");
    let unknown: Vec<_> = names.into_iter().filter(|name| !limits.contains(&format!("`{name}`"))).collect();
    assert!(unknown.is_empty(), "docs/limits.md has no {unknown:?}");
}

#[test]
fn no_code_of_ours_is_unsafe() {
    let manifest: DocumentMut = file("Cargo.toml").parse().unwrap();
    assert_eq!(manifest["lints"]["rust"]["unsafe_code"].as_str(), Some("forbid"));
}
