//! From a piece of source to its hash: its tokens and how deeply each line is indented, without comments and
//! docstrings.

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Stmt, StmtClassDef};
use ruff_text_size::{Ranged as _, TextRange};
use xxhash_rust::xxh3::Xxh3;

use super::reads::docstring;
use crate::audit::python::PythonFile;

/// Hash of the tokens in a range, those in `dropped` left out.
pub(super) fn of_range(file: &PythonFile<'_>, range: TextRange, dropped: &[TextRange]) -> String {
    let docstrings = docstrings_in(file, range);
    let left_out = |at: TextRange| {
        dropped.iter().chain(&docstrings).any(|dropped| dropped.contains_range(at) && !at.is_empty())
    };
    let mut hasher = Xxh3::new();
    let tokens: &[ruff_python_ast::token::Token] = file.parsed.tokens();
    let first = tokens.partition_point(|token| token.start() < range.start());
    let mut depth = 0_i32;
    let mut begins_line = true;
    for token in tokens[first..].iter().take_while(|token| token.end() <= range.end()) {
        match token.kind() {
            TokenKind::Comment | TokenKind::NonLogicalNewline | TokenKind::EndOfFile => {}
            TokenKind::Newline => begins_line = true,
            TokenKind::Indent => depth += 1,
            TokenKind::Dedent => depth -= 1,
            _ if left_out(token.range()) => {}
            _ => {
                if std::mem::take(&mut begins_line) {
                    hasher.update(b"\n");
                    hasher.update(&depth.to_le_bytes());
                }
                text(&mut hasher, file.slice(token.range()));
            }
        }
    }
    format!("{:032x}", hasher.digest128())
}

/// Hash of a few words, such as an import taken apart.
pub(super) fn of_words<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    let mut hasher = Xxh3::new();
    words.into_iter().for_each(|word| text(&mut hasher, word));
    format!("{:032x}", hasher.digest128())
}

/// Hash of a whole file: of its tokens, or of its bytes where it cannot be read as Python.
pub(super) fn of_file(file: &PythonFile<'_>) -> String {
    match file.trouble {
        None => of_range(file, TextRange::up_to(ruff_text_size::TextSize::of(file.text)), &[]),
        Some(_) => of_words([file.text]),
    }
}

/// With its length before it: `a b` is not `ab`.
fn text(hasher: &mut Xxh3, text: &str) {
    hasher.update(&(text.len() as u64).to_le_bytes());
    hasher.update(text.as_bytes());
}

fn docstrings_in(file: &PythonFile<'_>, range: TextRange) -> Vec<TextRange> {
    struct Docstrings(Vec<TextRange>);
    impl<'a> Visitor<'a> for Docstrings {
        fn visit_stmt(&mut self, statement: &'a Stmt) {
            let body: &[Stmt] = match statement {
                Stmt::FunctionDef(it) => &it.body,
                Stmt::ClassDef(it) => &it.body,
                _ => &[],
            };
            self.0.extend(docstring(body).map(|it| it.range()));
            visitor::walk_stmt(self, statement);
        }
    }
    let body = &file.syntax().body;
    let mut found = Docstrings(docstring(body).map(|it| it.range()).into_iter().collect());
    for statement in body.iter().filter(|it| it.range().intersect(range).is_some()) {
        found.visit_stmt(statement);
    }
    found.0
}

/// The parts of a class that are named one by one: its methods.
pub(super) fn methods(class: &StmtClassDef) -> Vec<(&str, TextRange)> {
    let methods = class.body.iter().filter_map(Stmt::as_function_def_stmt);
    methods.map(|it| (it.name.id.as_str(), it.range())).collect()
}
