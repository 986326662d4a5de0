//! Every Python file of a tree, parsed by ruff: its text, syntax and tokens.
//!
//! The floor for whoever asks about Python. `PythonSources::parse` reads all files in parallel and never fails: a
//! file that is broken or nested too deeply has a `trouble`, and what ruff made of it. `PythonModules` says which file a
//! module is. Files are named by their index in `PythonSources::files`, lines are 1-based, ranges are byte ranges of
//! `PythonFile::text`.

mod modules;

use ruff_python_ast::visitor::source_order::{SourceOrderVisitor, TraversalSignal, walk_body};
use ruff_python_ast::{AnyNodeRef, ModModule, PySourceType};
use ruff_python_parser::{Parsed, parse_unchecked_source};
use ruff_text_size::{TextRange, TextSize};

use super::lines::Lines;
use super::parallel;
use super::tree::{FileKind, Language, SourceTree};

pub(in crate::audit) use modules::PythonModules;

/// Syntax nested deeper than this is not followed: nobody writes it, and everything that reads syntax recurses.
pub(in crate::audit) const DEEPEST: usize = 1000;

/// What was wrong with a file that was parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::audit) enum Trouble {
    /// Line of the first error.
    Syntax(u32),
    TooDeep,
    /// There was no stack for it.
    Refused,
}

/// The Python files of a tree, sorted by path.
pub(in crate::audit) struct PythonSources<'t> {
    pub files: Vec<PythonFile<'t>>,
}

pub(in crate::audit) struct PythonFile<'t> {
    /// Relative to the root of the tree, with `/`.
    pub path: &'t str,
    pub text: &'t str,
    /// Syntax and tokens; with a `Syntax` trouble what could be read around the error, with `TooDeep` nothing.
    pub parsed: Parsed<ModModule>,
    pub trouble: Option<Trouble>,
    pub lines: Lines,
}

impl<'t> PythonSources<'t> {
    pub fn parse(tree: &'t SourceTree) -> Self {
        let python = |kind: FileKind| kind == FileKind::Code(Language::Python);
        let files: Vec<_> = tree.files.iter().filter(|file| python(file.kind)).collect();
        let parsed = parallel::each(files.len(), |at| PythonFile::parse(&files[at].path, &files[at].text));
        Self { files: parsed }
    }

    /// The file at this path.
    pub fn at_path(&self, path: &str) -> Option<usize> {
        self.files.binary_search_by(|file| file.path.cmp(path)).ok()
    }
}

impl<'t> PythonFile<'t> {
    fn parse(path: &'t str, text: &'t str) -> Self {
        let parsed = parse_unchecked_source(text, PySourceType::Python);
        let lines = Lines::of(text);
        if is_too_deep(&parsed) {
            // Dropping it would recurse as deeply as it is nested.
            std::mem::forget(parsed);
            let nothing = parse_unchecked_source("", PySourceType::Python);
            return Self { path, text, parsed: nothing, trouble: Some(Trouble::TooDeep), lines };
        }
        let trouble =
            parsed.errors().first().map(|error| Trouble::Syntax(lines.of_offset(error.location.start())));
        Self { path, text, parsed, trouble, lines }
    }

    pub fn syntax(&self) -> &ModModule {
        self.parsed.syntax()
    }

    /// As it is written.
    pub fn slice(&self, range: TextRange) -> &'t str {
        self.text.get(range.start().to_usize()..range.end().to_usize()).unwrap_or("")
    }

    pub fn line(&self, offset: TextSize) -> u32 {
        self.lines.of_offset(offset)
    }
}

fn is_too_deep(parsed: &Parsed<ModModule>) -> bool {
    struct Depth {
        now: usize,
        deepest: usize,
    }
    impl<'a> SourceOrderVisitor<'a> for Depth {
        fn enter_node(&mut self, _: AnyNodeRef<'a>) -> TraversalSignal {
            self.now += 1;
            self.deepest = self.deepest.max(self.now);
            if self.now > DEEPEST { TraversalSignal::Skip } else { TraversalSignal::Traverse }
        }

        fn leave_node(&mut self, _: AnyNodeRef<'a>) {
            self.now -= 1;
        }
    }
    let mut depth = Depth { now: 0, deepest: 0 };
    walk_body(&mut depth, &parsed.syntax().body);
    depth.deepest > DEEPEST
}
