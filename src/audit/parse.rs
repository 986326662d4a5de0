//! All files parsed.

use super::code::parse::{Parsers, Trouble};
use super::parallel;
use super::program::Unit;
use super::scripts;
use super::tree::{FileKind, Language, SourceTree};

pub(super) struct Parsed<'p> {
    pub units: Vec<Unit<'p>>,
    /// Path, line, reason of what could not be parsed.
    pub troubles: Vec<(String, Option<u32>, String)>,
}

/// For each file its inline scripts, if it is a page and has any.
pub(super) fn page_scripts(tree: &SourceTree) -> Vec<Option<String>> {
    let of = |file: &super::SourceFile| {
        (file.kind == FileKind::Page).then(|| scripts::of_page(&file.text)).flatten()
    };
    tree.files.iter().map(of).collect()
}

pub(super) fn all<'p>(tree: &'p SourceTree, pages: &'p [Option<String>]) -> Parsed<'p> {
    let jobs: Vec<(&'p str, Language, &'p str)> = tree
        .files
        .iter()
        .zip(pages)
        .filter_map(|(file, page)| match (file.kind, page) {
            (FileKind::Code(language), _) => Some((file.path.as_str(), language, file.text.as_str())),
            (FileKind::Page, Some(script)) => Some((file.path.as_str(), Language::Tsx, script.as_str())),
            _ => None,
        })
        .collect();
    let done = parallel::map(jobs.len(), Parsers::new, |parsers, index| {
        let (_, language, text) = jobs[index];
        parsers.parse(language, text)
    });
    let mut parsed = Parsed { units: Vec::with_capacity(jobs.len()), troubles: Vec::new() };
    for ((path, language, text), file) in jobs.into_iter().zip(done) {
        if let Some((line, reason)) = file.trouble.and_then(|trouble| describe(trouble, path)) {
            parsed.troubles.push((path.to_owned(), line, reason));
        }
        parsed.units.push(Unit { path, language, text, module: file.module });
    }
    parsed
}

/// Inline scripts hold template syntax: what does not parse there is no fault of the file.
fn describe(trouble: Trouble, path: &str) -> Option<(Option<u32>, String)> {
    match trouble {
        Trouble::Syntax(_) if scripts::is_page(path) => None,
        Trouble::Syntax(line) => {
            Some((Some(line), "syntax error: what stands around it was read".to_owned()))
        }
        Trouble::TooDeep(line) => Some((Some(line), "nested too deeply: cut off there".to_owned())),
        Trouble::Refused => Some((None, "the parser gave up".to_owned())),
    }
}
