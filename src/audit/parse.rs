//! Every file of code parsed, in parallel, and what was wrong with it.

use super::code::{Module, python};
use super::python::{PythonSources, Trouble};
use super::tree::{FileKind, Language, SourceTree};
use super::{parallel, scripts};

/// One file of code: a page's scripts, too.
#[derive(Debug)]
pub(in crate::audit) struct Unit<'s> {
    pub path: &'s str,
    pub language: Language,
    pub text: &'s str,
    pub module: Module<'s>,
    pub trouble: Option<Trouble>,
}

/// For each file its inline scripts, if it is a page and has any.
pub(super) fn page_scripts(tree: &SourceTree) -> Vec<Option<String>> {
    let of = |file: &super::SourceFile| {
        (file.kind == FileKind::Page).then(|| scripts::of_page(&file.text)).flatten()
    };
    tree.files.iter().map(of).collect()
}

/// All files of code, in the order of the tree.
pub(super) fn units<'s>(
    tree: &'s SourceTree,
    pages: &'s [Option<String>],
    python: &PythonSources<'s>,
) -> Vec<Unit<'s>> {
    let code: Vec<(&'s str, Language, &'s str)> = tree
        .files
        .iter()
        .zip(pages)
        .filter_map(|(file, page)| match (file.kind, page) {
            (FileKind::Code(language), _) => Some((file.path.as_str(), language, file.text.as_str())),
            (FileKind::Page, Some(script)) => Some((file.path.as_str(), Language::Tsx, script.as_str())),
            _ => None,
        })
        .collect();
    parallel::each(code.len(), |at| {
        let (path, language, text) = code[at];
        let (module, trouble) = match language {
            Language::Python => match python.at_path(path) {
                Some(file) => {
                    let file = &python.files[file];
                    let (module, too_deep) = python::lower(file);
                    (module, file.trouble.or(too_deep.map(|_| Trouble::TooDeep)))
                }
                None => (Module::empty(), None),
            },
            Language::TypeScript | Language::Tsx => scripts::parsed(path, text),
        };
        Unit { path, language, text, module, trouble }
    })
}

/// Path, line and reason of what could not be parsed.
pub(super) fn troubles(units: &[Unit<'_>]) -> Vec<(String, Option<u32>, String)> {
    let described = |unit: &Unit<'_>| {
        let (line, reason) = match unit.trouble? {
            Trouble::Syntax(_) if scripts::is_page(unit.path) => {
                (None, "its inline script could not be parsed and was not searched")
            }
            Trouble::Syntax(line) => (Some(line), "syntax error: what stands around it was not read"),
            Trouble::TooDeep => (None, "nested too deeply to be followed"),
            Trouble::Refused => (None, "the parser gave up"),
        };
        Some((unit.path.to_owned(), line, reason.to_owned()))
    };
    units.iter().filter_map(described).collect()
}
