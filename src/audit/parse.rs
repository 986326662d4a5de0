//! All files parsed, on as many threads as there are cores; the result does not depend on their number.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::code::parse::{Parsed as ParsedFile, Parsers, Trouble};
use super::program::Unit;
use super::scripts;
use super::tree::{FileKind, Language, SourceTree};

pub(super) struct Parsed<'p> {
    pub units: Vec<Unit<'p>>,
    /// Path, line, reason of what could not be parsed.
    pub troubles: Vec<(String, Option<u32>, String)>,
}

/// Lowering recurses, to a bounded depth that needs more than a thread has by default.
const STACK: usize = 32 * 1024 * 1024;

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
    let mut done = parallel(&jobs);
    done.sort_by_key(|(index, _)| *index);
    let mut parsed = Parsed { units: Vec::with_capacity(jobs.len()), troubles: Vec::new() };
    for (index, file) in done {
        let (path, language, text) = jobs[index];
        if let Some((line, reason)) = file.trouble.and_then(|trouble| describe(trouble, path)) {
            parsed.troubles.push((path.to_owned(), line, reason));
        }
        parsed.units.push(Unit { path, language, text, module: file.module });
    }
    parsed
}

fn parallel<'p>(jobs: &[(&'p str, Language, &'p str)]) -> Vec<(usize, ParsedFile<'p>)> {
    let threads =
        std::thread::available_parallelism().map_or(2, std::num::NonZero::get).min(jobs.len().max(1));
    let next = AtomicUsize::new(0);
    let work = || {
        let mut parsers = Parsers::new();
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some((_, language, text)) = jobs.get(index) else { return done };
            done.push((index, parsers.parse(*language, text)));
        }
    };
    std::thread::scope(|scope| {
        let spawned: Vec<_> = (0..threads)
            .map(|_| std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work))
            .collect();
        let mut done = Vec::with_capacity(jobs.len());
        let mut any = false;
        for thread in spawned.into_iter().flatten() {
            any = true;
            match thread.join() {
                Ok(part) => done.extend(part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        // No thread could be started: this one does it all.
        if any { done } else { work() }
    })
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
