//! One text parsed by tree-sitter and lowered to the common form. Errors are data: what could be parsed around
//! an error is kept, and the line of the first error is said.

use tree_sitter::{Node, Parser};

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

/// One parser a language, reused from file to file by one thread.
pub(in crate::audit) struct Parsers {
    python: Parser,
    typescript: Parser,
    tsx: Parser,
}

impl Parsers {
    pub fn new() -> Self {
        Self {
            python: parser(&tree_sitter_python::LANGUAGE.into()),
            typescript: parser(&tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into()),
            tsx: parser(&tree_sitter_typescript::LANGUAGE_TSX.into()),
        }
    }

    pub fn parse<'s>(&mut self, language: Language, text: &'s str) -> Parsed<'s> {
        let parser = match language {
            Language::Python => &mut self.python,
            Language::TypeScript => &mut self.typescript,
            Language::Tsx => &mut self.tsx,
        };
        let Some(tree) = parser.parse(text, None) else {
            return Parsed { module: Module::default(), trouble: Some(Trouble::Refused) };
        };
        let root = tree.root_node();
        let (module, too_deep) = match language {
            Language::Python => python::lower(root, text),
            Language::TypeScript | Language::Tsx => typescript::lower(root, text),
        };
        let syntax = root.has_error().then(|| Trouble::Syntax(first_error(root)));
        Parsed { module, trouble: syntax.or(too_deep.map(Trouble::TooDeep)) }
    }
}

fn parser(language: &tree_sitter::Language) -> Parser {
    let mut parser = Parser::new();
    parser.set_language(language).expect("the grammar is compiled into this binary with a matching ABI");
    parser
}

/// The line of the first error, found by following the subtrees that contain one.
fn first_error(root: Node<'_>) -> u32 {
    let mut node = root;
    loop {
        if node.is_error() || node.is_missing() {
            return line(node);
        }
        let mut cursor = node.walk();
        let Some(child) = node.children(&mut cursor).find(Node::has_error) else { return line(node) };
        node = child;
    }
}

/// 1-based line of a node's first character.
pub(super) fn line(node: Node<'_>) -> u32 {
    u32::try_from(node.start_position().row).unwrap_or(u32::MAX - 1) + 1
}

/// The named children without comments.
pub(super) fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).filter(|child| child.kind() != "comment").collect()
}

/// The operator of a binary expression, as written.
pub(super) fn sign<'t>(node: Node<'t>) -> &'t str {
    node.child_by_field_name("operator").map_or("", |sign| sign.kind())
}
