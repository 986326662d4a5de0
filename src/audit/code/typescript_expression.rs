//! TypeScript expressions, JSX among them, lowered to the common form.

use std::borrow::Cow;

use super::parse::{line, sign};
use super::python_text::{join, unescape};
use super::syntax::{Children, Node, children};
use super::typescript::Lower;
use super::{Argument, Call, CallForm, Entry, Expr, Import, ImportNames, Kind, Operator, Role};

impl<'s> Lower<'s> {
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

    fn kind(&mut self, node: Node<'_>) -> Kind<'s> {
        match node.kind() {
            "identifier" | "this" | "super" | "meta_property" | "import" | "property_identifier" => {
                Kind::Name(self.text(node))
            }
            "member_expression" | "nested_identifier" => {
                let object = self.field(node, "object");
                let name = node.child_by_field_name("property").map_or("", |name| self.text(name));
                Kind::Member(Box::new(object), name)
            }
            "call_expression" => self.call(node),
            "new_expression" => {
                let callee = self.field(node, "constructor");
                let arguments = self.arguments(node);
                Kind::Call(Box::new(Call { line: line(node), callee, arguments, form: CallForm::New }))
            }
            "string" => {
                let text = self.text(node);
                let inner = text.get(1..text.len().saturating_sub(1)).unwrap_or("");
                Kind::Text(unescape(inner))
            }
            "template_string" => self.template(node),
            "number" => number(self.text(node)).map_or(Kind::Other(Vec::new()), Kind::Number),
            "true" => Kind::Bool(true),
            "false" => Kind::Bool(false),
            "null" | "undefined" => Kind::Null,
            "object" => self.object(node),
            "array" => Kind::List(self.all(node)),
            "subscript_expression" => {
                let object = self.field(node, "object");
                let index = self.field(node, "index");
                Kind::Index(Box::new(object), Box::new(index))
            }
            "arrow_function" | "function_expression" | "generator_function" => {
                Kind::Function(self.function_like(node, Role::Inline))
            }
            "class" => self.class_expression(node).kind,
            "parenthesized_expression"
            | "as_expression"
            | "satisfies_expression"
            | "non_null_expression"
            | "instantiation_expression"
            | "jsx_expression" => match children(node).next() {
                Some(inner) => self.expression(inner).kind,
                None => Kind::Other(Vec::new()),
            },
            "type_assertion" => match children(node).last() {
                Some(inner) => self.expression(inner).kind,
                None => Kind::Other(Vec::new()),
            },
            "spread_element" => match children(node).next() {
                Some(inner) => Kind::Spread(Box::new(self.expression(inner))),
                None => Kind::Other(Vec::new()),
            },
            "await_expression" => match children(node).next() {
                Some(inner) => Kind::Await(Box::new(self.expression(inner))),
                None => Kind::Other(Vec::new()),
            },
            "jsx_element" => self.element(node.child_by_field_name("open_tag"), children(node)),
            "jsx_self_closing_element" => self.element(Some(node), Children::default()),
            _ => self.operation(node),
        }
    }

    fn operation(&mut self, node: Node<'_>) -> Kind<'s> {
        match node.kind() {
            "ternary_expression" => Kind::Choice(Box::new([
                self.field(node, "condition"),
                self.field(node, "consequence"),
                self.field(node, "alternative"),
            ])),
            "binary_expression" => self.binary(node),
            "unary_expression" => {
                let not = node.child_by_field_name("operator").is_some_and(|sign| sign.kind() == "!");
                Kind::Operation(if not { Operator::Not } else { Operator::Other }, self.all(node))
            }
            "type_arguments" | "type_annotation" | "regex" | "jsx_text" | "jsx_closing_element" => {
                Kind::Other(Vec::new())
            }
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
            if left.kind() == "binary_expression" && sign(left) == sign(node) {
                current = left;
            } else {
                parts.push(self.expression(left));
                break;
            }
        }
        parts.reverse();
        let operator = match sign(node) {
            "&&" => Operator::And,
            "||" | "??" => Operator::Or,
            "===" | "==" => Operator::Equal,
            "+" => Operator::Add,
            "-" => Operator::Subtract,
            "*" => Operator::Multiply,
            "/" => Operator::Divide,
            "%" => Operator::Remainder,
            _ => Operator::Other,
        };
        Kind::Operation(operator, parts)
    }

    fn call(&mut self, node: Node<'_>) -> Kind<'s> {
        let callee = self.field(node, "function");
        let arguments = self.arguments(node);
        if callee.is_name("import")
            && let Some(source) =
                node.child_by_field_name("arguments").and_then(|list| list.first_named_child())
            && source.kind() == "string"
        {
            let (module, function) = (self.quoted(source), self.function);
            let names = ImportNames::Nothing;
            let caught = super::Caught::No;
            self.module.imports.push(Import {
                line: line(node),
                module,
                names,
                function,
                caught,
                types_only: false,
            });
        }
        Kind::Call(Box::new(Call { line: line(node), callee, arguments, form: CallForm::Plain }))
    }

    fn arguments(&mut self, node: Node<'_>) -> Vec<Argument<'s>> {
        let Some(list) = node.child_by_field_name("arguments") else { return Vec::new() };
        if list.kind() == "template_string" {
            return vec![Argument { name: None, value: self.expression(list), spread: false }];
        }
        self.all(list)
            .into_iter()
            .map(|value| match value.kind {
                Kind::Spread(inner) => Argument { name: None, value: *inner, spread: true },
                _ => Argument { name: None, value, spread: false },
            })
            .collect()
    }

    fn template(&mut self, node: Node<'_>) -> Kind<'s> {
        let mut parts = Vec::new();
        for child in children(node) {
            match child.kind() {
                "string_fragment" | "escape_sequence" => {
                    parts.push(Expr::new(line(child), Kind::Text(unescape(self.text(child)))));
                }
                "template_substitution" => match children(child).next() {
                    Some(inner) => parts.push(self.expression(inner)),
                    None => parts.push(Expr::new(line(child), Kind::Other(Vec::new()))),
                },
                _ => {}
            }
        }
        join(parts)
    }

    fn object(&mut self, node: Node<'_>) -> Kind<'s> {
        let mut entries = Vec::new();
        for child in children(node) {
            match child.kind() {
                "pair" => {
                    let label = child.child_by_field_name("key").map_or("", |key| self.quoted(key));
                    let key = child.child_by_field_name("key").map(|key| self.key(key));
                    let value = self.field(child, "value");
                    self.label(&value, label);
                    entries.push(Entry { key, value });
                }
                "shorthand_property_identifier" => {
                    let name = self.text(child);
                    let key = Some(Expr::new(line(child), Kind::Text(Cow::Borrowed(name))));
                    entries.push(Entry { key, value: Expr::new(line(child), Kind::Name(name)) });
                }
                "method_definition" => {
                    let key = child.child_by_field_name("name").map(|name| self.key(name));
                    let index = self.function_like(child, Role::Inline);
                    let function = &mut self.module.functions[index];
                    (function.label, function.name) = (function.name, "");
                    entries.push(Entry { key, value: Expr::new(line(child), Kind::Function(index)) });
                }
                "spread_element" => {
                    if let Some(inner) = children(child).next() {
                        entries.push(Entry { key: None, value: self.expression(inner) });
                    }
                }
                _ => {}
            }
        }
        Kind::Record(entries)
    }

    fn key(&mut self, node: Node<'_>) -> Expr<'s> {
        let kind = match node.kind() {
            "computed_property_name" => match children(node).next() {
                Some(inner) => return self.expression(inner),
                None => Kind::Other(Vec::new()),
            },
            "string" => Kind::Text(unescape(self.quoted(node))),
            _ => Kind::Text(Cow::Borrowed(self.text(node))),
        };
        Expr::new(line(node), kind)
    }

    /// A component is a call with one record; an HTML element or fragment is only its parts.
    fn element(&mut self, tag: Option<Node<'_>>, content: Children<'_>) -> Kind<'s> {
        let mut inside = Vec::new();
        for child in content {
            if !matches!(child.kind(), "jsx_opening_element" | "jsx_closing_element" | "jsx_text") {
                inside.push(self.expression(child));
            }
        }
        let Some(tag) = tag else { return Kind::Other(inside) };
        let name = tag.child_by_field_name("name");
        let mut entries = Vec::new();
        let attributes: Vec<Node<'_>> = tag.children_by_field_name("attribute").collect();
        for attribute in attributes {
            entries.push(self.attribute(attribute));
        }
        let component = name.filter(|name| {
            name.kind() == "member_expression"
                || self.text(*name).starts_with(|first: char| first.is_uppercase())
        });
        let Some(component) = component else {
            inside.extend(entries.into_iter().map(|entry| entry.value));
            return Kind::Other(inside);
        };
        if !inside.is_empty() {
            let key = Some(Expr::new(line(tag), Kind::Text(Cow::Borrowed("children"))));
            entries.push(Entry { key, value: Expr::new(line(tag), Kind::List(inside)) });
        }
        let callee = self.expression(component);
        let value = Expr::new(line(tag), Kind::Record(entries));
        let arguments = vec![Argument { name: None, value, spread: false }];
        Kind::Call(Box::new(Call { line: line(tag), callee, arguments, form: CallForm::Element }))
    }

    fn attribute(&mut self, node: Node<'_>) -> Entry<'s> {
        let mut parts = children(node);
        if node.kind() == "jsx_expression" {
            let value = parts.next().map(|inner| self.expression(inner));
            let value = match value {
                Some(Expr { kind: Kind::Spread(inner), .. }) => *inner,
                Some(other) => other,
                None => Expr::new(line(node), Kind::Other(Vec::new())),
            };
            return Entry { key: None, value };
        }
        let key = parts.next().map(|name| Expr::new(line(name), Kind::Text(Cow::Borrowed(self.text(name)))));
        let value = match parts.next() {
            Some(value) => self.expression(value),
            None => Expr::new(line(node), Kind::Bool(true)),
        };
        Entry { key, value }
    }
}

fn number(text: &str) -> Option<f64> {
    let digits: String = text.chars().filter(|digit| *digit != '_').collect();
    digits.parse().ok()
}
