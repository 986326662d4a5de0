//! One text parsed by tree-sitter and lowered to the common form. Errors are data: what could be parsed around
//! an error is kept, and the line of the first error is said.

use super::syntax::Grammar;
use super::{Module, python, typescript};
use crate::audit::tree::Language;

/// Deeper than this and an expression is cut off: generated or hostile text must not exhaust the stack.
pub(super) const DEEPEST: u32 = 250;

#[derive(Debug, Default)]
pub(in crate::audit) struct Parsed<'s> {
    pub module: Module<'s>,
    pub trouble: Option<Trouble>,
}

/// Why a part of a file could not be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::audit) enum Trouble {
    /// Line of the first syntax error.
    Syntax(u32),
    /// Line where the nesting was cut off.
    TooDeep(u32),
    /// The parser gave up.
    Refused,
}

/// Types of TypeScript, and texts, are taken whole or not at all.
const OPAQUE: [&str; 6] = ["type_annotation", "type_arguments", "string", "regex", "jsx_text", "comment"];

/// One parser a language, reused from file to file by one thread.
pub(in crate::audit) struct Parsers {
    python: Grammar,
    typescript: Grammar,
    tsx: Grammar,
}

impl Parsers {
    pub fn new() -> Self {
        Self {
            python: Grammar::new(&tree_sitter_python::LANGUAGE.into(), &[]),
            typescript: Grammar::new(&tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(), &OPAQUE),
            tsx: Grammar::new(&tree_sitter_typescript::LANGUAGE_TSX.into(), &OPAQUE),
        }
    }

    pub fn parse<'s>(&mut self, language: Language, text: &'s str) -> Parsed<'s> {
        let grammar = match language {
            Language::Python => &mut self.python,
            Language::TypeScript => &mut self.typescript,
            Language::Tsx => &mut self.tsx,
        };
        let Some(tree) = grammar.parse(text) else {
            return Parsed { module: Module::default(), trouble: Some(Trouble::Refused) };
        };
        let syntax = grammar.copy(&tree);
        let (module, too_deep) = match language {
            Language::Python => python::lower(syntax.root(), text),
            Language::TypeScript | Language::Tsx => typescript::lower(syntax.root(), text),
        };
        let root = tree.root_node();
        let broken = root.has_error().then(|| Trouble::Syntax(first_error(root)));
        Parsed { module, trouble: broken.or(too_deep.map(Trouble::TooDeep)) }
    }
}

/// The line of the first error, found by following the subtrees that contain one.
fn first_error(root: tree_sitter::Node<'_>) -> u32 {
    let mut node = root;
    loop {
        if node.is_error() || node.is_missing() {
            return line_of(node);
        }
        let mut cursor = node.walk();
        let Some(child) = node.children(&mut cursor).find(tree_sitter::Node::has_error) else {
            return line_of(node);
        };
        node = child;
    }
}

fn line_of(node: tree_sitter::Node<'_>) -> u32 {
    u32::try_from(node.start_position().row).unwrap_or(u32::MAX - 1) + 1
}

/// 1-based line of a node's first character.
pub(super) fn line(node: super::syntax::Node<'_>) -> u32 {
    node.line()
}

/// The operator of a binary expression, as written.
pub(super) fn sign(node: super::syntax::Node<'_>) -> &str {
    node.child_by_field_name("operator").map_or("", super::syntax::Node::kind)
}
