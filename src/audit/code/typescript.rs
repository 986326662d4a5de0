//! TypeScript and JavaScript statements lowered to the common form. Types leave no trace.

use std::borrow::Cow;

use super::parse::{DEEPEST, line};
use super::syntax::{Node, children};
use super::{
    Case, Expr, Function, Handler, Kind, Loop, Module, Pattern, Role, Statement, StatementKind, Try,
};

/// The module, and the line where nesting was cut off if it was.
pub(super) fn lower<'s>(root: Node<'_>, source: &'s str) -> (Module<'s>, Option<u32>) {
    let mut lower = Lower { source, module: Module::default(), function: 0, depth: 0, too_deep: None };
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
}

impl<'s> Lower<'s> {
    pub fn text(&self, node: Node<'_>) -> &'s str {
        self.source.get(node.byte_range()).unwrap_or("")
    }

    /// Counts one level of nesting; `false` where it is too deep to go on.
    pub fn enter(&mut self, node: Node<'_>) -> bool {
        if self.depth >= DEEPEST {
            self.too_deep.get_or_insert(line(node));
            return false;
        }
        self.depth += 1;
        true
    }

    pub fn field(&mut self, node: Node<'_>, name: &str) -> Expr<'s> {
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

    /// The statements of a field that is a block or a single statement.
    pub fn body(&mut self, node: Node<'_>, field: &str) -> Vec<Statement<'s>> {
        match node.child_by_field_name(field) {
            Some(block) if block.kind() == "statement_block" => self.block(block),
            Some(single) => {
                let mut statements = Vec::new();
                self.statement(single, &mut statements);
                statements
            }
            None => Vec::new(),
        }
    }

    pub fn statement(&mut self, node: Node<'_>, out: &mut Vec<Statement<'s>>) {
        if !self.enter(node) {
            return;
        }
        match node.kind() {
            "import_statement" => self.import(node, out),
            "export_statement" => self.export(node, out),
            "lexical_declaration" | "variable_declaration" => {
                for declarator in children(node) {
                    self.declarator(declarator, out);
                }
            }
            "function_declaration" | "generator_function_declaration" => {
                let index = self.function_like(node, Role::Function);
                out.push(Statement { line: line(node), kind: StatementKind::Function(index) });
            }
            "class_declaration" | "abstract_class_declaration" => {
                let index = self.class(node);
                out.push(Statement { line: line(node), kind: StatementKind::Class(index) });
            }
            "enum_declaration" => self.enumeration(node, out),
            "expression_statement" => {
                for child in children(node) {
                    self.expression_statement(child, out);
                }
            }
            kind => {
                if let Some(kind) = self.compound(kind, node) {
                    out.push(Statement { line: line(node), kind });
                }
            }
        }
        self.depth -= 1;
    }

    /// Remembers what a nameless function was given to.
    pub fn label(&mut self, value: &Expr<'s>, label: &'s str) {
        if let Kind::Function(index) = value.kind {
            self.module.functions[index].label = label;
        }
    }

    fn compound(&mut self, kind: &str, node: Node<'_>) -> Option<StatementKind<'s>> {
        Some(match kind {
            "interface_declaration"
            | "type_alias_declaration"
            | "ambient_declaration"
            | "function_signature"
            | "empty_statement"
            | "debugger_statement"
            | "hash_bang_line" => return None,
            "return_statement" => {
                StatementKind::Return(children(node).next().map(|value| self.expression(value)))
            }
            "throw_statement" => {
                StatementKind::Raise(children(node).next().map(|value| self.expression(value)))
            }
            "if_statement" => {
                let test = self.field(node, "condition");
                let then = self.body(node, "consequence");
                let mut otherwise = Vec::new();
                for clause in node.child_by_field_name("alternative").map(children).unwrap_or_default() {
                    if clause.kind() == "statement_block" {
                        otherwise.extend(self.block(clause));
                    } else {
                        self.statement(clause, &mut otherwise);
                    }
                }
                StatementKind::If { test, then, otherwise }
            }
            "while_statement" | "do_statement" | "for_statement" => self.counted_loop(node),
            "for_in_statement" => StatementKind::Loop(Loop {
                line: line(node),
                binding: node.child_by_field_name("left").map(|left| self.pattern(left)),
                head: self.field(node, "right"),
                body: self.body(node, "body"),
            }),
            "try_statement" => self.try_statement(node),
            "switch_statement" => self.switch(node),
            "break_statement" | "continue_statement" => StatementKind::Leave,
            "statement_block" | "ERROR" => StatementKind::Block { heads: Vec::new(), body: self.block(node) },
            "labeled_statement" | "internal_module" | "module" => {
                StatementKind::Block { heads: Vec::new(), body: self.body(node, "body") }
            }
            _ => StatementKind::Expression(self.expression(node)),
        })
    }

    fn counted_loop(&mut self, node: Node<'_>) -> StatementKind<'s> {
        let mut body = Vec::new();
        if let Some(initializer) = node.child_by_field_name("initializer")
            && initializer.is_named()
        {
            self.statement(initializer, &mut body);
        }
        // `for (;;)` has an empty statement there.
        let stated = |condition: &Node<'_>| condition.is_named() && condition.kind() != "empty_statement";
        let head = match node.child_by_field_name("condition").filter(stated) {
            Some(condition) if condition.kind() == "expression_statement" => {
                let inner = children(condition).next().unwrap_or(condition);
                self.expression(inner)
            }
            Some(condition) => self.expression(condition),
            None => Expr::new(line(node), Kind::Bool(true)),
        };
        body.extend(self.body(node, "body"));
        StatementKind::Loop(Loop { line: line(node), binding: None, head, body })
    }

    fn try_statement(&mut self, node: Node<'_>) -> StatementKind<'s> {
        let body = self.body(node, "body");
        let handlers = node
            .child_by_field_name("handler")
            .map(|clause| Handler { line: line(clause), caught: None, body: self.body(clause, "body") })
            .into_iter()
            .collect();
        let after =
            node.child_by_field_name("finalizer").map(|clause| self.body(clause, "body")).unwrap_or_default();
        StatementKind::Try(Try { body, handlers, after })
    }

    fn switch(&mut self, node: Node<'_>) -> StatementKind<'s> {
        let subject = self.field(node, "value");
        let mut cases = Vec::new();
        for clause in node.child_by_field_name("body").map(children).unwrap_or_default() {
            let values =
                clause.child_by_field_name("value").map(|value| self.expression(value)).into_iter().collect();
            let mut body = Vec::new();
            let statements: Vec<Node<'_>> = clause.children_by_field_name("body").collect();
            for statement in statements {
                self.statement(statement, &mut body);
            }
            cases.push(Case { line: line(clause), values, body });
        }
        StatementKind::Switch { subject, cases }
    }

    fn declarator(&mut self, node: Node<'_>, out: &mut Vec<Statement<'s>>) {
        if node.kind() != "variable_declarator" {
            return;
        }
        let Some(name) = node.child_by_field_name("name") else { return };
        let Some(value) = node.child_by_field_name("value") else { return };
        if self.require(name, value, out) {
            return;
        }
        let target = self.pattern(name);
        let value = self.expression(value);
        if let Pattern::Name(label) = target {
            self.label(&value, label);
        }
        out.push(Statement {
            line: line(node),
            kind: StatementKind::Assign { target, value, augmented: false },
        });
    }

    /// An expression that stands as a statement; assignments become bindings.
    pub fn expression_statement(&mut self, node: Node<'_>, out: &mut Vec<Statement<'s>>) {
        let at = line(node);
        match node.kind() {
            "assignment_expression" | "augmented_assignment_expression" => {
                let augmented = node.kind() == "augmented_assignment_expression";
                let Some(left) = node.child_by_field_name("left") else { return };
                let target = self.pattern(left);
                let value = self.field(node, "right");
                out.push(Statement { line: at, kind: StatementKind::Assign { target, value, augmented } });
            }
            "parenthesized_expression" => {
                for child in children(node) {
                    self.expression_statement(child, out);
                }
            }
            "string" => {}
            _ => {
                let value = self.expression(node);
                out.push(Statement { line: at, kind: StatementKind::Expression(value) });
            }
        }
    }

    fn enumeration(&mut self, node: Node<'_>, out: &mut Vec<Statement<'s>>) {
        let Some(name) = node.child_by_field_name("name") else { return };
        let members = node.child_by_field_name("body").map(children).unwrap_or_default();
        let mut entries = Vec::new();
        for member in members.filter(|member| member.kind() == "enum_assignment") {
            let Some(key) = member.child_by_field_name("name") else { continue };
            let key =
                Expr::new(line(key), Kind::Text(Cow::Borrowed(self.text(key).trim_matches(['"', '\'']))));
            entries.push(super::Entry { key: Some(key), value: self.field(member, "value") });
        }
        let target = Pattern::Name(self.text(name));
        let value = Expr::new(line(node), Kind::Record(entries));
        out.push(Statement {
            line: line(node),
            kind: StatementKind::Assign { target, value, augmented: false },
        });
    }
}
