//! The files of code put on the shelf, and what was wrong with those that were parsed.

use super::code::parse::Trouble;
use super::scripts;
use super::shelf::{Shelf, Unit};
use super::tree::{FileKind, Language, SourceTree};

/// For each file its inline scripts, if it is a page and has any.
pub(super) fn page_scripts(tree: &SourceTree) -> Vec<Option<String>> {
    let of = |file: &super::SourceFile| {
        (file.kind == FileKind::Page).then(|| scripts::of_page(&file.text)).flatten()
    };
    tree.files.iter().map(of).collect()
}

pub(super) fn shelf<'s>(tree: &'s SourceTree, pages: &'s [Option<String>]) -> Shelf<'s> {
    let units = tree.files.iter().zip(pages).filter_map(|(file, page)| {
        let (language, text) = match (file.kind, page) {
            (FileKind::Code(language), _) => (language, file.text.as_str()),
            (FileKind::Page, Some(script)) => (Language::Tsx, script.as_str()),
            _ => return None,
        };
        Some(Unit { path: &file.path, language, text })
    });
    Shelf::new(units.collect())
}

/// Path, line and reason of what could not be parsed.
pub(super) fn troubles(shelf: &Shelf<'_>) -> Vec<(String, Option<u32>, String)> {
    let described = |(unit, trouble): (&Unit<'_>, Option<Trouble>)| {
        let (line, reason) = describe(trouble?, unit.path)?;
        Some((unit.path.to_owned(), line, reason))
    };
    shelf.read().filter_map(described).collect()
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
