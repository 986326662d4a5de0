//! Names in `src`: a type's name stands once, and numbers that belong together have names.

use std::collections::BTreeMap;

use crate::house::{code, sources};

/// Type names that stand twice in `src`, and why. The audit's inside is not looked at.
const NAMED_TWICE: &[(&str, &str)] = &[
    ("Finding", "an audit's and a run's, both published under this name by `schema`"),
    ("Suppression", "an audit's and a run's, both published under this name by `schema`"),
];

/// The types that code declares. An indented `type` belongs to a trait.
fn declared_types(code: &str) -> Vec<&str> {
    let declared = |line: &'_ str| -> Option<(usize, usize)> {
        let start = line.len() - line.trim_start().len();
        let mut rest = &line[start..];
        if let Some(after) = rest.strip_prefix("pub") {
            rest = match after.strip_prefix('(') {
                Some(scope) => scope.split_once(") ")?.1,
                None => after.strip_prefix(' ')?,
            };
        }
        let keyword =
            ["struct ", "enum ", "trait ", "union ", "type "].iter().find(|word| rest.starts_with(**word))?;
        if *keyword == "type " && start > 0 {
            return None;
        }
        let from = line.len() - rest.len() + keyword.len();
        let name = &line[from..];
        let length = name.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(name.len());
        Some((from, from + length))
    };
    code.lines().filter_map(|line| declared(line).map(|(from, to)| &line[from..to])).collect()
}

#[test]
fn a_type_name_stands_once() {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (file, text) in sources("src") {
        if !file.starts_with("audit/") {
            for name in declared_types(&code(&text)) {
                places.entry(name.to_owned()).or_default().push(file.clone());
            }
        }
    }
    assert!(places.len() > 300, "only {} types were found", places.len());
    let is_excused = |name: &str| NAMED_TWICE.iter().any(|(excused, _)| *excused == name);
    places.retain(|_, files| files.len() > 1);
    let unexcused: Vec<_> = places.iter().filter(|(name, _)| !is_excused(name)).collect();
    assert!(unexcused.is_empty(), "give each its own name: {unexcused:#?}");
    let stale: Vec<_> = NAMED_TWICE.iter().filter(|(name, _)| !places.contains_key(*name)).collect();
    assert!(stale.is_empty(), "no longer twice: {stale:?}");
}

/// Fields of structs that are a tuple of more than two numbers: which is which is not said.
fn tuples_of_numbers(code: &str) -> Vec<&str> {
    let number = |word: &str| {
        let word = word.trim();
        let is_primitive = word.len() > 1
            && word.starts_with(['u', 'i', 'f'])
            && (word[1..].parse::<u8>().is_ok() || &word[1..] == "size");
        is_primitive || ["Nanos", "Duration"].contains(&word)
    };
    let mut found = Vec::new();
    let mut in_struct = false;
    for line in code.lines() {
        let trimmed = line.trim_start();
        if trimmed.contains("struct ") {
            in_struct = true;
        }
        if in_struct {
            let mut tuples = line.split('(').skip(1).filter_map(|rest| rest.split(')').next());
            if tuples.any(|tuple| tuple.split(',').filter(|word| number(word)).count() > 2) {
                found.push(trimmed);
            }
        }
        if line.contains('}') || trimmed.ends_with(';') {
            in_struct = false;
        }
    }
    found
}

#[test]
fn no_field_is_a_tuple_of_three_numbers() {
    let mut broken = Vec::new();
    for (file, text) in sources("src") {
        broken.extend(tuples_of_numbers(&code(&text)).into_iter().map(|line| format!("src/{file}: {line}")));
    }
    assert!(broken.is_empty(), "name the numbers: {broken:#?}");
}

#[test]
fn types_and_tuples_are_read_from_code() {
    let code = "pub(super) struct A {\n    at: (u64, Nanos, usize),\n    two: (f64, f64),\n}\nimpl B for C {\n    type Output = D;\n}\n\
                pub enum E<'a> {}\ntype F = (u8, u8, u8);\n    struct G(u32, u32, u32);\nfn h(x: (u64, u64, u64)) {}";
    assert_eq!(declared_types(code), ["A", "E", "F", "G"]);
    assert_eq!(tuples_of_numbers(code), ["at: (u64, Nanos, usize),", "struct G(u32, u32, u32);"]);
}
