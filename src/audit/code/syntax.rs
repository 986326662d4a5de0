//! A parsed file's syntax tree, copied from the parser once and in order: an entry a node, each behind the one it
//! is written in.
//!
//! The parser's own tree finds children, fields and names of kinds anew each time it is asked, and lowering asks
//! all the time; here an answer is a step or two in one list. Nothing is left out that lowering could ask for.

use tree_sitter::{Language, Parser, Tree};

/// A language's parser and the names its trees use.
pub(super) struct Grammar {
    parser: Parser,
    kinds: Vec<String>,
    fields: Vec<String>,
    /// Kinds whose inside lowering never looks at.
    opaque: Vec<bool>,
}

impl Grammar {
    pub fn new(language: &Language, opaque: &[&str]) -> Self {
        let mut parser = Parser::new();
        parser.set_language(language).expect("the grammar is compiled into this binary with a matching ABI");
        let name = |name: Option<&str>| name.unwrap_or("").to_owned();
        let ids = |count: usize| (0..count).filter_map(|id| u16::try_from(id).ok());
        let kinds: Vec<String> =
            ids(language.node_kind_count()).map(|id| name(language.node_kind_for_id(id))).collect();
        // Fields are numbered from one on.
        let fields = ids(language.field_count() + 1).map(|id| name(language.field_name_for_id(id))).collect();
        let opaque = kinds.iter().map(|kind| opaque.contains(&kind.as_str())).collect();
        Self { parser, kinds, fields, opaque }
    }

    /// `None` where the parser gives up.
    pub fn parse(&mut self, text: &str) -> Option<Tree> {
        self.parser.parse(text, None)
    }

    /// The tree in order, its root first.
    pub fn copy(&self, tree: &Tree) -> Syntax<'_> {
        let mut nodes: Vec<Entry<'_>> = Vec::with_capacity(tree.root_node().descendant_count());
        let mut cursor = tree.walk();
        // What is being walked: the entry, and how many of its children are still to come.
        let mut open: Vec<(usize, u32)> = Vec::new();
        loop {
            let node = cursor.node();
            let kind = usize::from(node.kind_id());
            let range = node.byte_range();
            nodes.push(Entry {
                kind: self.kinds.get(kind).map_or("ERROR", String::as_str),
                field: cursor.field_id().map_or("", |field| &self.fields[usize::from(field.get())]),
                start: short(range.start),
                end: short(range.end),
                line: short(node.start_position().row).saturating_add(1),
                after: 0,
                named: node.is_named(),
            });
            let this = nodes.len() - 1;
            let inside = node.child_count();
            let is_opaque = self.opaque.get(kind).is_some_and(|opaque| *opaque);
            if inside > 0 && !is_opaque && cursor.goto_first_child() {
                open.push((this, inside - 1));
                continue;
            }
            nodes[this].after = short(nodes.len());
            // Counted, because asking for a sibling that is not there takes the parser's tree long.
            loop {
                let Some((parent, left)) = open.pop() else { return Syntax { nodes } };
                if left > 0 && cursor.goto_next_sibling() {
                    open.push((parent, left - 1));
                    break;
                }
                cursor.goto_parent();
                nodes[parent].after = short(nodes.len());
            }
        }
    }
}

/// Sources are not parsed beyond two megabytes.
fn short(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

pub(super) struct Syntax<'g> {
    nodes: Vec<Entry<'g>>,
}

struct Entry<'g> {
    kind: &'g str,
    /// What it is to its parent; empty for nothing in particular.
    field: &'g str,
    start: u32,
    end: u32,
    line: u32,
    /// The entry behind its last descendant.
    after: u32,
    named: bool,
}

impl<'g> Syntax<'g> {
    pub fn root(&self) -> Node<'_> {
        Node { nodes: &self.nodes, at: 0 }
    }
}

#[derive(Clone, Copy)]
pub(super) struct Node<'t> {
    nodes: &'t [Entry<'t>],
    at: u32,
}

impl<'t> Node<'t> {
    fn entry(self) -> &'t Entry<'t> {
        &self.nodes[self.at as usize]
    }

    pub fn kind(self) -> &'t str {
        self.entry().kind
    }

    /// Named in the grammar: no mere token.
    pub fn is_named(self) -> bool {
        self.entry().named
    }

    pub fn byte_range(self) -> std::ops::Range<usize> {
        self.entry().start as usize..self.entry().end as usize
    }

    /// 1-based line of the first character.
    pub fn line(self) -> u32 {
        self.entry().line
    }

    /// Everything directly inside, tokens and comments too.
    pub fn tokens(self) -> Tokens<'t> {
        Tokens { nodes: self.nodes, next: self.at + 1, end: self.entry().after }
    }

    /// The first that is `name` to this node.
    pub fn child_by_field_name(self, name: &str) -> Option<Self> {
        self.tokens().find(|child| child.entry().field == name)
    }

    /// All that are `name` to this node.
    pub fn children_by_field_name(self, name: &'static str) -> impl Iterator<Item = Self> {
        self.tokens().filter(move |child| child.entry().field == name)
    }

    pub fn first_named_child(self) -> Option<Self> {
        self.tokens().find(|child| child.is_named())
    }
}

/// The named nodes directly inside, without comments.
pub(super) fn children(node: Node<'_>) -> Children<'_> {
    Children(node.tokens())
}

#[derive(Clone, Default)]
pub(super) struct Children<'t>(Tokens<'t>);

impl<'t> Iterator for Children<'t> {
    type Item = Node<'t>;

    fn next(&mut self) -> Option<Node<'t>> {
        self.0.find(|child| child.is_named() && child.kind() != "comment")
    }
}

#[derive(Clone, Default)]
pub(super) struct Tokens<'t> {
    nodes: &'t [Entry<'t>],
    next: u32,
    end: u32,
}

impl<'t> Iterator for Tokens<'t> {
    type Item = Node<'t>;

    fn next(&mut self) -> Option<Node<'t>> {
        if self.next >= self.end {
            return None;
        }
        let node = Node { nodes: self.nodes, at: self.next };
        self.next = node.entry().after;
        Some(node)
    }
}
