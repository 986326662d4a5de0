//! Python expressions lowered to the common form.

use super::parse::{DEEPEST, line, sign};
use super::python::Lower;
use super::syntax::{Node, children};
use super::{
    Argument, Call, CallForm, Comprehension, Entry, Expr, Kind, Operator, Pattern, Role, Statement,
    StatementKind,
};

impl<'s> Lower<'s> {
    /// Counts one level of nesting; `false` where it is too deep to go on.
    pub fn enter(&mut self, node: Node<'_>) -> bool {
        if self.depth >= DEEPEST {
            self.too_deep.get_or_insert(line(node));
            return false;
        }
        self.depth += 1;
        true
    }

    pub fn expression(&mut self, node: Node<'_>) -> Expr<'s> {
        let at = line(node);
        if !self.enter(node) {
            return Expr::new(at, Kind::Other(Vec::new()));
        }
        let kind = self.kind(node);
        self.depth -= 1;
        Expr::new(at, kind)
    }

    fn all(&mut self, node: Node<'_>) -> Vec<Expr<'s>> {
        children(node).map(|child| self.expression(child)).collect()
    }

    fn field_or_empty(&mut self, node: Node<'_>, name: &str) -> Expr<'s> {
        match node.child_by_field_name(name) {
            Some(child) => self.expression(child),
            None => Expr::new(line(node), Kind::Other(Vec::new())),
        }
    }

    fn kind(&mut self, node: Node<'_>) -> Kind<'s> {
        match node.kind() {
            "identifier" => Kind::Name(self.text(node)),
            "attribute" => {
                let object = self.field_or_empty(node, "object");
                let name = node.child_by_field_name("attribute").map_or("", |name| self.text(name));
                Kind::Member(Box::new(object), name)
            }
            "call" => self.call(node),
            "string" => self.string(node),
            "concatenated_string" => self.concatenated(node),
            "integer" | "float" => number(self.text(node)).map_or(Kind::Other(Vec::new()), Kind::Number),
            "true" => Kind::Bool(true),
            "false" => Kind::Bool(false),
            "none" => Kind::Null,
            "parenthesized_expression" => match children(node).next() {
                Some(inner) => self.expression(inner).kind,
                None => Kind::Other(Vec::new()),
            },
            "dictionary" => self.dictionary(node),
            "list" | "tuple" | "set" | "expression_list" | "pattern_list" => Kind::List(self.all(node)),
            "subscript" => {
                let object = self.field_or_empty(node, "value");
                let index = self.field_or_empty(node, "subscript");
                Kind::Index(Box::new(object), Box::new(index))
            }
            "await" => match children(node).next() {
                Some(inner) => Kind::Await(Box::new(self.expression(inner))),
                None => Kind::Other(Vec::new()),
            },
            "conditional_expression" => match children(node).collect::<Vec<_>>()[..] {
                [then, test, otherwise] => Kind::Choice(Box::new([
                    self.expression(test),
                    self.expression(then),
                    self.expression(otherwise),
                ])),
                _ => Kind::Other(self.all(node)),
            },
            "list_comprehension" | "generator_expression" | "set_comprehension" => self.comprehension(node),
            "dictionary_comprehension" => self.comprehension(node),
            "lambda" => self.lambda(node),
            "list_splat" | "dictionary_splat" | "parenthesized_list_splat" => match children(node).next() {
                Some(inner) => Kind::Spread(Box::new(self.expression(inner))),
                None => Kind::Other(Vec::new()),
            },
            "named_expression" => self.field_or_empty(node, "value").kind,
            "case_pattern" | "expression_statement" => match children(node).collect::<Vec<_>>()[..] {
                [inner] => self.expression(inner).kind,
                _ => Kind::Other(self.all(node)),
            },
            "dotted_name" => self.dotted_name(node),
            _ => self.operation(node),
        }
    }

    fn operation(&mut self, node: Node<'_>) -> Kind<'s> {
        match node.kind() {
            "binary_operator" => self.binary(node),
            "boolean_operator" => {
                let or = node.child_by_field_name("operator").is_some_and(|operator| operator.kind() == "or");
                let operator = if or { Operator::Or } else { Operator::And };
                Kind::Operation(operator, self.all(node))
            }
            "not_operator" => Kind::Operation(Operator::Not, self.all(node)),
            "comparison_operator" => {
                let equal =
                    node.child_by_field_name("operators").is_some_and(|operator| operator.kind() == "==");
                Kind::Operation(if equal { Operator::Equal } else { Operator::Other }, self.all(node))
            }
            "unary_operator" => Kind::Operation(Operator::Other, self.all(node)),
            _ => Kind::Other(self.all(node)),
        }
    }

    /// `a + b + c` leans left: the chain is followed in a loop, so that its length costs no stack.
    fn binary(&mut self, node: Node<'_>) -> Kind<'s> {
        let mut parts = Vec::new();
        let mut current = node;
        loop {
            if let Some(right) = current.child_by_field_name("right") {
                parts.push(self.expression(right));
            }
            let Some(left) = current.child_by_field_name("left") else { break };
            if left.kind() == "binary_operator" && sign(left) == sign(node) {
                current = left;
            } else {
                parts.push(self.expression(left));
                break;
            }
        }
        parts.reverse();
        let operator = match sign(node) {
            "+" => Operator::Add,
            "-" => Operator::Subtract,
            "*" => Operator::Multiply,
            "/" | "//" => Operator::Divide,
            "%" => Operator::Remainder,
            _ => Operator::Other,
        };
        Kind::Operation(operator, parts)
    }

    fn call(&mut self, node: Node<'_>) -> Kind<'s> {
        let callee = self.field_or_empty(node, "function");
        let mut arguments = Vec::new();
        if let Some(list) = node.child_by_field_name("arguments") {
            if list.kind() == "generator_expression" {
                arguments.push(Argument { name: None, value: self.expression(list), spread: false });
            } else {
                for child in children(list) {
                    arguments.push(self.argument(child));
                }
            }
        }
        Kind::Call(Box::new(Call { line: line(node), callee, arguments, form: CallForm::Plain }))
    }

    fn argument(&mut self, node: Node<'_>) -> Argument<'s> {
        if node.kind() == "keyword_argument" {
            let name = node.child_by_field_name("name").map(|name| self.text(name));
            return Argument { name, value: self.field_or_empty(node, "value"), spread: false };
        }
        let value = self.expression(node);
        match value.kind {
            Kind::Spread(inner) => Argument { name: None, value: *inner, spread: true },
            _ => Argument { name: None, value, spread: false },
        }
    }

    fn dictionary(&mut self, node: Node<'_>) -> Kind<'s> {
        let mut entries = Vec::new();
        for child in children(node) {
            if child.kind() == "pair" {
                let key = Some(self.field_or_empty(child, "key"));
                entries.push(Entry { key, value: self.field_or_empty(child, "value") });
            } else {
                let value = self.expression(child);
                let value = match value.kind {
                    Kind::Spread(inner) => *inner,
                    _ => value,
                };
                entries.push(Entry { key: None, value });
            }
        }
        Kind::Record(entries)
    }

    fn comprehension(&mut self, node: Node<'_>) -> Kind<'s> {
        let mut clauses = Vec::new();
        let mut conditions = Vec::new();
        for child in children(node) {
            match child.kind() {
                "for_in_clause" => {
                    let left =
                        child.child_by_field_name("left").map_or(Pattern::Hole, |left| self.pattern(left));
                    clauses.push((left, self.field_or_empty(child, "right")));
                }
                "if_clause" => conditions.extend(self.all(child)),
                _ => {}
            }
        }
        let element = match node.child_by_field_name("body") {
            Some(body) if body.kind() == "pair" => {
                let key = Some(self.field_or_empty(body, "key"));
                let value = self.field_or_empty(body, "value");
                Expr::new(line(body), Kind::Record(vec![Entry { key, value }]))
            }
            Some(body) => self.expression(body),
            None => Expr::new(line(node), Kind::Other(Vec::new())),
        };
        Kind::Comprehension(Box::new(Comprehension { element, clauses, conditions }))
    }

    fn lambda(&mut self, node: Node<'_>) -> Kind<'s> {
        let parameters = node.child_by_field_name("parameters").map(|list| self.parameters(list));
        let index = self.open(node, "", Role::Inline, parameters.unwrap_or_default(), Vec::new(), false);
        let outer = std::mem::replace(&mut self.function, index);
        let value = self.field_or_empty(node, "body");
        self.module.functions[index].body =
            vec![Statement { line: value.line, kind: StatementKind::Return(Some(value)) }];
        self.function = outer;
        Kind::Function(index)
    }

    fn dotted_name(&mut self, node: Node<'_>) -> Kind<'s> {
        let mut names = children(node);
        let Some(first) = names.next() else { return Kind::Name(self.text(node)) };
        let mut whole = Expr::new(line(first), Kind::Name(self.text(first)));
        for name in names {
            whole = Expr::new(line(name), Kind::Member(Box::new(whole), self.text(name)));
        }
        whole.kind
    }
}

fn number(text: &str) -> Option<f64> {
    let digits: String = text.chars().filter(|digit| *digit != '_').collect();
    digits.parse().ok()
}
