//! Python expressions in the common form.

use std::borrow::Cow;

use ruff_python_ast::{
    Arguments, BoolOp, CmpOp, Comprehension as Clause, Expr as Node, ExprCall, FStringPart,
    InterpolatedStringElement, Number, Operator as Sign, UnaryOp,
};
use ruff_text_size::Ranged;

use super::python::Lower;
use super::python_call;
use super::text::{borrowed, join};
use super::{
    Argument, Class, Comprehension, Entry, Expr, Function, Kind, Operator, Role, Statement, StatementKind,
};

impl<'s> Lower<'_, 's> {
    pub fn expression(&mut self, node: &Node) -> Expr<'s> {
        let at = self.line(node);
        if !self.enter(node) {
            return Expr::new(at, Kind::Other(Vec::new()));
        }
        let kind = self.kind(node);
        self.leave();
        Expr::new(at, kind)
    }

    fn all<'e>(&mut self, nodes: impl IntoIterator<Item = &'e Node>) -> Vec<Expr<'s>> {
        nodes.into_iter().map(|node| self.expression(node)).collect()
    }

    fn boxed(&mut self, node: &Node) -> Box<Expr<'s>> {
        Box::new(self.expression(node))
    }

    fn kind(&mut self, node: &Node) -> Kind<'s> {
        match node {
            Node::Name(it) => Kind::Name(self.slice(it.range)),
            Node::Attribute(it) => Kind::Member(self.boxed(&it.value), self.slice(it.attr.range)),
            Node::Call(it) => {
                if let Some(class) = self.made_class(it) {
                    return class;
                }
                let callee = self.expression(&it.func);
                let arguments = self.arguments(&it.arguments);
                let line = self.line(it);
                python_call::called(callee, arguments, line)
            }
            Node::StringLiteral(it) => Kind::Text(borrowed(self.slice(it.range), it.value.to_str())),
            Node::FString(it) => self.template(it.value.iter()),
            Node::NumberLiteral(it) => match &it.value {
                Number::Int(number) => {
                    let digits: String = number.to_string();
                    digits.parse().map_or(Kind::Other(Vec::new()), Kind::Number)
                }
                Number::Float(number) => Kind::Number(*number),
                Number::Complex { .. } => Kind::Other(Vec::new()),
            },
            Node::BooleanLiteral(it) => Kind::Bool(it.value),
            Node::NoneLiteral(_) => Kind::Null,
            Node::Dict(it) => {
                let entry = |item: &ruff_python_ast::DictItem| Entry {
                    key: item.key.as_ref().map(|key| self.expression(key)),
                    value: self.expression(&item.value),
                };
                Kind::Record(it.items.iter().map(entry).collect())
            }
            Node::List(it) => Kind::List(self.all(&it.elts)),
            Node::Tuple(it) => Kind::List(self.all(&it.elts)),
            Node::Set(it) => Kind::List(self.all(&it.elts)),
            Node::Subscript(it) => Kind::Index(self.boxed(&it.value), self.boxed(&it.slice)),
            Node::Await(it) => Kind::Await(self.boxed(&it.value)),
            Node::If(it) => Kind::Choice(Box::new([
                self.expression(&it.test),
                self.expression(&it.body),
                self.expression(&it.orelse),
            ])),
            Node::ListComp(it) => self.comprehension(&it.elt, &it.generators),
            Node::SetComp(it) => self.comprehension(&it.elt, &it.generators),
            Node::Generator(it) => self.comprehension(&it.elt, &it.generators),
            Node::DictComp(it) => {
                let key = it.key.as_ref().map(|key| self.expression(key));
                let value = self.expression(&it.value);
                let line = self.line(it);
                self.clauses_of(Expr::new(line, Kind::Record(vec![Entry { key, value }])), &it.generators)
            }
            Node::Lambda(it) => {
                let parameters = it.parameters.as_ref().map(|list| self.parameters(list)).unwrap_or_default();
                let index = self.module.functions.len();
                self.module.functions.push(Function {
                    line: self.line(it),
                    parent: self.function,
                    role: Role::Inline,
                    parameters,
                    ..Function::top()
                });
                let outer = std::mem::replace(&mut self.function, index);
                let value = self.expression(&it.body);
                self.module.functions[index].body =
                    vec![Statement { line: value.line, kind: StatementKind::Return(Some(value)) }];
                self.function = outer;
                Kind::Function(index)
            }
            Node::Starred(it) => Kind::Spread(self.boxed(&it.value)),
            Node::Named(it) => {
                let target = self.pattern(&it.target);
                let value = self.expression(&it.value);
                let kind = StatementKind::Assign { target, value, augmented: false };
                self.bound.push(Statement { line: self.line(it), kind });
                self.expression(&it.target).kind
            }
            other => self.operation(other),
        }
    }

    fn operation(&mut self, node: &Node) -> Kind<'s> {
        match node {
            Node::BinOp(_) => self.binary(node),
            Node::BoolOp(it) => {
                let operator = if it.op == BoolOp::Or { Operator::Or } else { Operator::And };
                Kind::Operation(operator, self.all(&it.values))
            }
            Node::UnaryOp(it) => match (it.op, self.expression(&it.operand)) {
                (UnaryOp::Not, operand) => Kind::Operation(Operator::Not, vec![operand]),
                (UnaryOp::USub, Expr { kind: Kind::Number(number), .. }) => Kind::Number(-number),
                (_, operand) => Kind::Operation(Operator::Other, vec![operand]),
            },
            Node::Compare(it) => {
                let mut parts = self.all(std::iter::once(&*it.left).chain(&it.comparators));
                let operator = match *it.ops {
                    [CmpOp::Eq, ..] => Operator::Equal,
                    [CmpOp::NotEq | CmpOp::IsNot] => Operator::Unequal,
                    [CmpOp::In | CmpOp::NotIn] => Operator::Among,
                    [CmpOp::Lt | CmpOp::Gt] => Operator::Less,
                    [CmpOp::LtE | CmpOp::GtE] => Operator::AtMost,
                    _ => Operator::Other,
                };
                if matches!(*it.ops, [CmpOp::Gt | CmpOp::GtE]) {
                    parts.reverse();
                }
                let compared = Kind::Operation(operator, parts);
                match *it.ops {
                    [CmpOp::NotIn] => {
                        Kind::Operation(Operator::Not, vec![Expr::new(self.line(it), compared)])
                    }
                    _ => compared,
                }
            }
            Node::Yield(it) => {
                self.module.functions[self.function].is_generator = true;
                match &it.value {
                    Some(value) => Kind::Yield(self.boxed(value)),
                    None => Kind::Other(Vec::new()),
                }
            }
            Node::YieldFrom(it) => {
                self.module.functions[self.function].is_generator = true;
                Kind::Other(self.all([&*it.value]))
            }
            Node::Slice(it) => {
                let parts = [&it.lower, &it.upper, &it.step];
                Kind::Other(self.all(parts.into_iter().filter_map(|part| part.as_deref())))
            }
            _ => Kind::Other(Vec::new()),
        }
    }

    /// `type("Rows", (Base,), {"kind": kind})` is a class.
    fn made_class(&mut self, it: &ExprCall) -> Option<Kind<'s>> {
        let named = it.func.as_name_expr().is_some_and(|name| name.id == "type");
        let [name, Node::Tuple(bases), body @ Node::Dict(_)] = &*it.arguments.args else { return None };
        if !named {
            return None;
        }
        let name = match self.expression(name).kind {
            Kind::Text(Cow::Borrowed(name)) => name,
            _ => "type",
        };
        let (line, bases, body) = (self.line(it), self.all(&bases.elts), self.expression(body).kind);
        let Kind::Record(entries) = body else { return None };
        let attributes = entries.into_iter().filter_map(|entry| match entry.key?.kind {
            Kind::Text(Cow::Borrowed(name)) => Some((name, entry.value)),
            _ => None,
        });
        let attributes = attributes.collect();
        let parent = self.function;
        self.module.classes.push(Class { name, line, parent, bases, attributes, ..Class::default() });
        Some(Kind::Class(self.module.classes.len() - 1))
    }

    /// `a + b + c` leans left: the chain is followed in a loop, so that its length costs no nesting.
    fn binary(&mut self, node: &Node) -> Kind<'s> {
        let Node::BinOp(top) = node else { return Kind::Other(Vec::new()) };
        let mut parts = vec![self.expression(&top.right)];
        let mut left = &*top.left;
        while let Node::BinOp(inner) = left {
            if inner.op != top.op {
                break;
            }
            parts.push(self.expression(&inner.right));
            left = &inner.left;
        }
        parts.push(self.expression(left));
        parts.reverse();
        let operator = match top.op {
            Sign::Add => Operator::Add,
            Sign::Sub => Operator::Subtract,
            Sign::Mult => Operator::Multiply,
            Sign::Div | Sign::FloorDiv => Operator::Divide,
            Sign::Mod => Operator::Remainder,
            Sign::Pow => Operator::Power,
            _ => Operator::Other,
        };
        Kind::Operation(operator, parts)
    }

    pub fn arguments(&mut self, list: &Arguments) -> Vec<Argument<'s>> {
        let mut arguments = Vec::new();
        for node in &list.args {
            let value = self.expression(node);
            arguments.push(match value.kind {
                Kind::Spread(inner) => Argument { name: None, value: *inner, spread: true },
                _ => Argument { name: None, value, spread: false },
            });
        }
        for keyword in &list.keywords {
            let name = keyword.arg.as_ref().map(|name| self.slice(name.range));
            let value = self.expression(&keyword.value);
            arguments.push(Argument { name, value, spread: name.is_none() });
        }
        arguments
    }

    fn comprehension(&mut self, element: &Node, clauses: &[Clause]) -> Kind<'s> {
        let element = self.expression(element);
        self.clauses_of(element, clauses)
    }

    fn clauses_of(&mut self, element: Expr<'s>, generators: &[Clause]) -> Kind<'s> {
        let mut clauses = Vec::new();
        let mut conditions = Vec::new();
        for generator in generators {
            clauses.push((self.pattern(&generator.target), self.expression(&generator.iter)));
            conditions.extend(self.all(&generator.ifs));
        }
        Kind::Comprehension(Box::new(Comprehension { element, clauses, conditions }))
    }

    fn template<'e>(&mut self, parts: impl Iterator<Item = &'e FStringPart>) -> Kind<'s> {
        let mut found = Vec::new();
        for part in parts {
            match part {
                FStringPart::Literal(it) => {
                    let text = borrowed(self.slice(it.range), &it.value);
                    found.push(Expr::new(self.line(it), Kind::Text(text)));
                }
                FStringPart::FString(it) => {
                    for element in &it.elements {
                        match element {
                            InterpolatedStringElement::Literal(it) => {
                                let text = borrowed(self.slice(it.range()), &it.value);
                                found.push(Expr::new(self.line(it), Kind::Text(text)));
                            }
                            InterpolatedStringElement::Interpolation(it) => {
                                found.push(self.expression(&it.expression));
                            }
                        }
                    }
                }
            }
        }
        join(found)
    }
}
