//! Python statements lowered to the common form.

use super::parse::line;
use super::syntax::{Node, children};
use super::{
    Case, Caught, Expr, Function, Handler, Kind, Loop, Module, Pattern, Role, Statement, StatementKind, Try,
};

/// The module, and the line where nesting was cut off if it was.
pub(super) fn lower<'s>(root: Node<'_>, source: &'s str) -> (Module<'s>, Option<u32>) {
    let mut lower = Lower::new(source);
    lower.module.functions.push(Function {
        name: "",
        label: "",
        line: 1,
        parent: 0,
        class: None,
        role: Role::Module,
        is_async: false,
        parameters: Vec::new(),
        decorators: Vec::new(),
        body: Vec::new(),
    });
    let body = lower.block(root);
    lower.module.functions[0].body = body;
    (lower.module, lower.too_deep)
}

pub(super) struct Lower<'s> {
    pub source: &'s str,
    pub module: Module<'s>,
    /// The function being lowered.
    pub function: usize,
    pub depth: u32,
    pub too_deep: Option<u32>,
    pub class: Option<usize>,
    pub caught: Caught,
    pub types_only: bool,
}

impl<'s> Lower<'s> {
    fn new(source: &'s str) -> Self {
        Self {
            source,
            module: Module::default(),
            function: 0,
            depth: 0,
            too_deep: None,
            class: None,
            caught: Caught::No,
            types_only: false,
        }
    }

    pub fn text(&self, node: Node<'_>) -> &'s str {
        self.source.get(node.byte_range()).unwrap_or("")
    }

    fn field(&mut self, node: Node<'_>, name: &str) -> Expr<'s> {
        match node.child_by_field_name(name) {
            Some(child) => self.expression(child),
            None => Expr::new(line(node), Kind::Other(Vec::new())),
        }
    }

    pub fn block(&mut self, node: Node<'_>) -> Vec<Statement<'s>> {
        let mut statements = Vec::new();
        for child in children(node) {
            self.statement(child, &mut statements);
        }
        statements
    }

    pub fn body(&mut self, node: Node<'_>, field: &str) -> Vec<Statement<'s>> {
        node.child_by_field_name(field).map(|block| self.block(block)).unwrap_or_default()
    }

    fn statement(&mut self, node: Node<'_>, out: &mut Vec<Statement<'s>>) {
        if !self.enter(node) {
            return;
        }
        let at = line(node);
        match node.kind() {
            "expression_statement" => {
                for child in children(node) {
                    self.expression_statement(child, out);
                }
            }
            "decorated_definition" => self.decorated(node, out),
            "function_definition" => {
                let index = self.function(node, Vec::new());
                out.push(Statement { line: at, kind: StatementKind::Function(index) });
            }
            "class_definition" => {
                let index = self.class(node);
                out.push(Statement { line: at, kind: StatementKind::Class(index) });
            }
            "import_statement" | "import_from_statement" => self.import(node, out),
            kind => {
                if let Some(kind) = self.compound(kind, node) {
                    out.push(Statement { line: at, kind });
                }
            }
        }
        self.depth -= 1;
    }

    fn compound(&mut self, kind: &str, node: Node<'_>) -> Option<StatementKind<'s>> {
        Some(match kind {
            "return_statement" => {
                StatementKind::Return(children(node).next().map(|value| self.expression(value)))
            }
            "raise_statement" => {
                StatementKind::Raise(children(node).next().map(|value| self.expression(value)))
            }
            "if_statement" => self.if_statement(node),
            "while_statement" => StatementKind::Loop(Loop {
                line: line(node),
                binding: None,
                head: self.field(node, "condition"),
                body: self.body(node, "body"),
            }),
            "for_statement" => StatementKind::Loop(Loop {
                line: line(node),
                binding: node.child_by_field_name("left").map(|left| self.pattern(left)),
                head: self.field(node, "right"),
                body: self.body(node, "body"),
            }),
            "try_statement" => self.try_statement(node),
            "with_statement" => self.with_statement(node),
            "match_statement" => self.match_statement(node),
            "break_statement" | "continue_statement" => StatementKind::Leave,
            "ERROR" => StatementKind::Block { heads: Vec::new(), body: self.block(node) },
            "pass_statement" | "global_statement" | "nonlocal_statement" | "type_alias_statement" => {
                return None;
            }
            _ => {
                let parts = children(node).map(|part| self.expression(part)).collect();
                StatementKind::Expression(Expr::new(line(node), Kind::Other(parts)))
            }
        })
    }

    fn expression_statement(&mut self, node: Node<'_>, out: &mut Vec<Statement<'s>>) {
        let at = line(node);
        match node.kind() {
            "string" | "concatenated_string" => {}
            "assignment" => {
                let Some(left) = node.child_by_field_name("left") else { return };
                let Some(right) = node.child_by_field_name("right") else { return };
                let target = self.pattern(left);
                let value = if right.kind() == "assignment" {
                    self.expression_statement(right, out);
                    self.field(right, "left")
                } else {
                    self.expression(right)
                };
                out.push(Statement {
                    line: at,
                    kind: StatementKind::Assign { target, value, augmented: false },
                });
            }
            "augmented_assignment" => {
                let Some(left) = node.child_by_field_name("left") else { return };
                let target = self.pattern(left);
                let value = self.field(node, "right");
                out.push(Statement {
                    line: at,
                    kind: StatementKind::Assign { target, value, augmented: true },
                });
            }
            _ => {
                let value = self.expression(node);
                out.push(Statement { line: at, kind: StatementKind::Expression(value) });
            }
        }
    }

    fn if_statement(&mut self, node: Node<'_>) -> StatementKind<'s> {
        let test = self.field(node, "condition");
        let outer = self.types_only;
        self.types_only |= test.last_name() == "TYPE_CHECKING";
        let then = self.body(node, "consequence");
        self.types_only = outer;
        let alternatives: Vec<Node<'_>> = node.children_by_field_name("alternative").collect();
        let mut otherwise = Vec::new();
        for clause in alternatives.into_iter().rev() {
            otherwise = match clause.kind() {
                "elif_clause" => vec![Statement {
                    line: line(clause),
                    kind: StatementKind::If {
                        test: self.field(clause, "condition"),
                        then: self.body(clause, "consequence"),
                        otherwise,
                    },
                }],
                _ => self.body(clause, "body"),
            };
        }
        StatementKind::If { test, then, otherwise }
    }

    fn try_statement(&mut self, node: Node<'_>) -> StatementKind<'s> {
        let clauses: Vec<Node<'_>> =
            children(node).filter(|clause| clause.kind().starts_with("except")).collect();
        let catches_imports = clauses.iter().any(|clause| {
            let head = self.text(*clause).lines().next().unwrap_or("");
            let bare = head.trim_end().trim_end_matches(':').trim() == "except";
            bare || ["ImportError", "ModuleNotFoundError", "Exception"].iter().any(|name| head.contains(name))
        });
        let outer = self.caught;
        if catches_imports {
            self.caught = Caught::Yes;
        }
        let body = self.body(node, "body");
        self.caught = outer;
        let handlers = clauses.into_iter().map(|clause| self.except_clause(clause)).collect();
        let mut after = Vec::new();
        for clause in children(node) {
            match clause.kind() {
                "else_clause" => after.extend(self.body(clause, "body")),
                "finally_clause" => {
                    for block in children(clause) {
                        after.extend(self.block(block));
                    }
                }
                _ => {}
            }
        }
        StatementKind::Try(Try { body, handlers, after })
    }

    fn except_clause(&mut self, clause: Node<'_>) -> Handler<'s> {
        let mut caught = None;
        let mut body = Vec::new();
        for child in children(clause) {
            match child.kind() {
                "block" => body = self.block(child),
                "as_pattern" => caught = children(child).next().map(|kind| self.expression(kind)),
                _ if caught.is_none() => caught = Some(self.expression(child)),
                _ => {}
            }
        }
        Handler { line: line(clause), caught, body }
    }

    fn with_statement(&mut self, node: Node<'_>) -> StatementKind<'s> {
        let mut heads = Vec::new();
        let mut body = Vec::new();
        for clause in children(node).filter(|child| child.kind() == "with_clause") {
            for item in children(clause) {
                let Some(value) = item.child_by_field_name("value") else { continue };
                if value.kind() == "as_pattern"
                    && let [subject, alias] = children(value).collect::<Vec<_>>()[..]
                {
                    let target = children(alias).next().map_or(Pattern::Hole, |name| self.pattern(name));
                    let value = self.expression(subject);
                    let kind = StatementKind::Assign { target, value, augmented: false };
                    body.push(Statement { line: line(item), kind });
                } else {
                    heads.push(self.expression(value));
                }
            }
        }
        body.extend(self.body(node, "body"));
        StatementKind::Block { heads, body }
    }

    fn match_statement(&mut self, node: Node<'_>) -> StatementKind<'s> {
        let subject = self.field(node, "subject");
        let clauses = node.child_by_field_name("body").map(children).unwrap_or_default();
        let cases = clauses
            .filter(|clause| clause.kind() == "case_clause")
            .map(|clause| {
                let values = children(clause)
                    .filter(|child| child.kind() == "case_pattern")
                    .map(|pattern| self.expression(pattern))
                    .collect();
                Case { line: line(clause), values, body: self.body(clause, "consequence") }
            })
            .collect();
        StatementKind::Switch { subject, cases }
    }

    pub fn pattern(&mut self, node: Node<'_>) -> Pattern<'s> {
        match node.kind() {
            "identifier" => Pattern::Name(self.text(node)),
            "pattern_list" | "tuple_pattern" | "list_pattern" | "expression_list" | "tuple" => {
                Pattern::List(children(node).map(|part| self.pattern(part)).collect())
            }
            "list_splat_pattern" | "list_splat" => {
                let inner = node.first_named_child().map_or(Pattern::Hole, |inner| self.pattern(inner));
                Pattern::Rest(Box::new(inner))
            }
            _ => Pattern::Place(self.expression(node)),
        }
    }
}
