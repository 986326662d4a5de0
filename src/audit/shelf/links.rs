//! Which scripts lead to which, read off the text: every quoted text that is the path of a file of the tree counts
//! as an import of it. That is more than what is imported, and never less.

use std::collections::{BTreeSet, HashSet};

use super::Unit;
use crate::audit::parallel;
use crate::audit::tree::Language;

pub(in crate::audit) struct Links {
    /// For each file those that hold its path.
    from: Vec<Vec<usize>>,
}

/// No path in an import is longer.
const LONGEST: usize = 300;

impl Links {
    /// `resolve`: the file that a path written in another file means.
    pub fn new(units: &[Unit<'_>], resolve: impl Fn(&str, &str) -> Option<usize> + Sync) -> Self {
        let names = names(units);
        let targets = parallel::map(
            units.len(),
            || (),
            |(), unit| {
                let file = &units[unit];
                let mut found = BTreeSet::new();
                if file.language != Language::Python {
                    let near = quoted(file.text).filter(|text| may_be_path(text, &names));
                    found.extend(near.filter_map(|text| resolve(file.path, text)));
                }
                found
            },
        );
        let mut from = vec![Vec::new(); units.len()];
        for (unit, targets) in targets.into_iter().enumerate() {
            targets.into_iter().for_each(|target| from[target].push(unit));
        }
        Self { from }
    }

    /// The files from which an import may lead straight to this one.
    pub fn importers(&self, unit: usize) -> &[usize] {
        &self.from[unit]
    }

    /// The files from which imports may lead to one of these, themselves among them.
    pub fn leading_to(&self, units: impl IntoIterator<Item = usize>) -> BTreeSet<usize> {
        let mut queue: Vec<usize> = units.into_iter().collect();
        let mut found: BTreeSet<usize> = queue.iter().copied().collect();
        while let Some(unit) = queue.pop() {
            queue.extend(self.from[unit].iter().copied().filter(|from| found.insert(*from)));
        }
        found
    }
}

/// What the last part of a path to a file of the tree may be: a file's name up to its first dot, or a directory's.
fn names<'s>(units: &[Unit<'s>]) -> HashSet<&'s str> {
    let scripts = units.iter().filter(|unit| unit.language != Language::Python);
    scripts.flat_map(|unit| unit.path.split('/')).map(stem).collect()
}

fn stem(part: &str) -> &str {
    part.split('.').next().unwrap_or(part)
}

fn may_be_path(text: &str, names: &HashSet<&str>) -> bool {
    let path = text.split(['?', '#']).next().unwrap_or(text).trim_end_matches('/');
    let last = path.rsplit('/').next().unwrap_or(path);
    (text.starts_with('.') || text.contains(['/', '#']))
        && (stem(last).is_empty() || names.contains(stem(last)))
}

/// `true` where a function, a class or a name exported as `default` may be called this. A default export that is
/// an expression has no name of its own.
pub(in crate::audit) fn may_be_default(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + name.len()..]);
        // A comment may stand between.
        let declared = ["function", "class", "*", "/"].iter().any(|it| before.trim_end().ends_with(it));
        let exported = ["as", "/"].iter().any(|it| after.trim_start().starts_with(it));
        !before.ends_with(in_name) && !after.starts_with(in_name) && (declared || exported)
    })
}

fn in_name(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '$')
}

/// What stands between two quotes of a kind in one line. Each quote is taken to open a text, so that an apostrophe
/// or a comment before it cannot hide one.
pub(in crate::audit) fn quoted(text: &str) -> impl Iterator<Item = &str> {
    let bytes = text.as_bytes();
    let quotes = (0..bytes.len()).filter(|at| matches!(bytes[*at], b'"' | b'\'' | b'`'));
    quotes.filter_map(move |at| {
        let inside = &bytes[at + 1..bytes.len().min(at + 1 + LONGEST)];
        let end = inside.iter().position(|byte| *byte == bytes[at] || *byte == b'\n')?;
        (inside[end] == bytes[at]).then(|| text.get(at + 1..at + 1 + end)).flatten()
    })
}
