//! TypeScript functions, parameters, patterns and classes lowered to the common form.

use super::parse::line;
use super::syntax::{Node, children};
use super::typescript::Lower;
use super::{
    Class, Expr, Field, Function, Kind, Parameter, ParameterKind, Pattern, Role, Statement, StatementKind,
};

impl<'s> Lower<'s> {
    /// A declaration, expression, arrow or method: its index in the module.
    pub fn function_like(&mut self, node: Node<'_>, role: Role) -> usize {
        let name =
            node.child_by_field_name("name").map_or("", |name| self.text(name).trim_matches(['"', '\'']));
        let is_async = node.tokens().any(|child| child.kind() == "async");
        self.module.functions.push(Function {
            name,
            label: "",
            line: line(node),
            parent: self.function,
            class: None,
            role,
            is_async,
            parameters: Vec::new(),
            decorators: Vec::new(),
            body: Vec::new(),
        });
        let index = self.module.functions.len() - 1;
        let outer = std::mem::replace(&mut self.function, index);
        let parameters = self.parameters(node);
        let mut body = self.fields_of_parameters(node);
        body.extend(self.function_body(node));
        let function = &mut self.module.functions[index];
        (function.parameters, function.body) = (parameters, body);
        self.function = outer;
        index
    }

    /// `constructor(private base: string)` assigns `this.base`.
    fn fields_of_parameters(&self, node: Node<'_>) -> Vec<Statement<'s>> {
        let parameters = node.child_by_field_name("parameters").map(children).unwrap_or_default();
        let mut found = Vec::new();
        for parameter in parameters {
            let is_field =
                parameter.tokens().any(|child| matches!(child.kind(), "accessibility_modifier" | "readonly"));
            let name = parameter.child_by_field_name("pattern").filter(|name| name.kind() == "identifier");
            let Some(name) = name.filter(|_| is_field) else { continue };
            let (at, name) = (line(name), self.text(name));
            let this = Box::new(Expr::new(at, Kind::Name("this")));
            let target = Pattern::Place(Expr::new(at, Kind::Member(this, name)));
            let value = Expr::new(at, Kind::Name(name));
            found.push(Statement {
                line: at,
                kind: StatementKind::Assign { target, value, augmented: false },
            });
        }
        found
    }

    fn function_body(&mut self, node: Node<'_>) -> Vec<Statement<'s>> {
        let Some(body) = node.child_by_field_name("body") else { return Vec::new() };
        if body.kind() == "statement_block" {
            return self.block(body);
        }
        let mut inner = body;
        while inner.kind() == "parenthesized_expression"
            && let Some(child) = children(inner).next()
        {
            inner = child;
        }
        if inner.kind().ends_with("assignment_expression") {
            let mut statements = Vec::new();
            self.expression_statement(inner, &mut statements);
            return statements;
        }
        let value = self.expression(body);
        vec![Statement { line: value.line, kind: StatementKind::Return(Some(value)) }]
    }

    fn parameters(&mut self, node: Node<'_>) -> Vec<Parameter<'s>> {
        if let Some(single) = node.child_by_field_name("parameter") {
            let pattern = self.pattern(single);
            return vec![Parameter { pattern, default: None, kind: ParameterKind::Plain }];
        }
        let mut parameters = Vec::new();
        for child in node.child_by_field_name("parameters").map(children).unwrap_or_default() {
            let Some(pattern) =
                child.child_by_field_name("pattern").or_else(|| child.child_by_field_name("name"))
            else {
                continue;
            };
            if pattern.kind() == "this" {
                continue;
            }
            let pattern = self.pattern(pattern);
            let default = child.child_by_field_name("value").map(|value| self.expression(value));
            let kind = match pattern {
                Pattern::Rest(_) => ParameterKind::Rest,
                _ => ParameterKind::Plain,
            };
            parameters.push(Parameter { pattern, default, kind });
        }
        parameters
    }

    pub fn pattern(&mut self, node: Node<'_>) -> Pattern<'s> {
        if !self.enter(node) {
            return Pattern::Hole;
        }
        let pattern = match node.kind() {
            "identifier" | "shorthand_property_identifier_pattern" | "undefined" => {
                Pattern::Name(self.text(node))
            }
            "array_pattern" => self.list_pattern(node),
            "object_pattern" => {
                Pattern::Record(children(node).map(|child| self.record_field(child)).collect())
            }
            "assignment_pattern" => {
                node.child_by_field_name("left").map_or(Pattern::Hole, |left| self.pattern(left))
            }
            "rest_pattern" => {
                let inner = children(node).next().map_or(Pattern::Hole, |inner| self.pattern(inner));
                Pattern::Rest(Box::new(inner))
            }
            "parenthesized_expression" | "non_null_expression" => {
                children(node).next().map_or(Pattern::Hole, |inner| self.pattern(inner))
            }
            _ => Pattern::Place(self.expression(node)),
        };
        self.depth -= 1;
        pattern
    }

    /// `[, second]` keeps its hole, so that positions stay right.
    fn list_pattern(&mut self, node: Node<'_>) -> Pattern<'s> {
        let mut parts = Vec::new();
        let mut expecting = true;
        let tokens: Vec<Node<'_>> = node.tokens().collect();
        for token in tokens {
            match token.kind() {
                "[" | "]" | "comment" => {}
                "," => {
                    if expecting {
                        parts.push(Pattern::Hole);
                    }
                    expecting = true;
                }
                _ => {
                    parts.push(self.pattern(token));
                    expecting = false;
                }
            }
        }
        Pattern::List(parts)
    }

    fn record_field(&mut self, node: Node<'_>) -> Field<'s> {
        match node.kind() {
            "pair_pattern" => {
                let key = node
                    .child_by_field_name("key")
                    .map_or("", |key| self.text(key).trim_matches(['"', '\'']));
                let value = node.child_by_field_name("value");
                let default = value
                    .filter(|value| value.kind() == "assignment_pattern")
                    .and_then(|value| value.child_by_field_name("right"))
                    .map(|right| self.expression(right));
                let pattern = value.map_or(Pattern::Hole, |value| self.pattern(value));
                Field { key, pattern, default }
            }
            "object_assignment_pattern" => {
                let left = node.child_by_field_name("left");
                let key = left.map_or("", |left| self.text(left));
                let default = node.child_by_field_name("right").map(|right| self.expression(right));
                let pattern = left.map_or(Pattern::Hole, |left| self.pattern(left));
                Field { key, pattern, default }
            }
            "rest_pattern" => Field { key: "", pattern: self.pattern(node), default: None },
            _ => Field { key: self.text(node), pattern: self.pattern(node), default: None },
        }
    }

    pub fn class(&mut self, node: Node<'_>) -> usize {
        let name = node.child_by_field_name("name").map_or("", |name| self.text(name));
        let mut bases = Vec::new();
        for heritage in children(node).filter(|child| child.kind() == "class_heritage") {
            for clause in children(heritage).filter(|clause| clause.kind() == "extends_clause") {
                bases.push(self.field(clause, "value"));
            }
        }
        self.module.classes.push(Class {
            name,
            line: line(node),
            parent: self.function,
            bases,
            methods: Vec::new(),
            attributes: Vec::new(),
        });
        let index = self.module.classes.len() - 1;
        for member in node.child_by_field_name("body").map(children).unwrap_or_default() {
            self.member(index, member);
        }
        index
    }

    fn member(&mut self, class: usize, node: Node<'_>) {
        match node.kind() {
            "method_definition" => {
                let method = self.function_like(node, Role::Method);
                self.module.functions[method].class = Some(class);
                self.module.classes[class].methods.push(method);
            }
            "public_field_definition" => {
                let name = node.child_by_field_name("name").map_or("", |name| self.text(name));
                let Some(value) = node.child_by_field_name("value") else { return };
                if matches!(value.kind(), "arrow_function" | "function_expression") {
                    let method = self.function_like(value, Role::Method);
                    let function = &mut self.module.functions[method];
                    (function.name, function.class, function.line) = (name, Some(class), line(node));
                    self.module.classes[class].methods.push(method);
                } else {
                    let value = self.expression(value);
                    self.module.classes[class].attributes.push((name, value));
                }
            }
            "class_static_block" => {
                let body = self.body(node, "body");
                for statement in body {
                    if let StatementKind::Expression(value) = statement.kind {
                        self.module.classes[class].attributes.push(("", value));
                    }
                }
            }
            _ => {}
        }
    }

    pub fn class_expression(&mut self, node: Node<'_>) -> Expr<'s> {
        let index = self.class(node);
        Expr::new(line(node), Kind::Class(index))
    }
}
