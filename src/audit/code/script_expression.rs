//! Expressions of scripts in the common form.

use std::borrow::Cow;

use oxc_ast::ast::{
    self, ArrayExpressionElement, BinaryOperator, ChainElement, Expression, LogicalOperator,
    MemberExpression, ObjectPropertyKind, PropertyKey, PropertyKind, UnaryOperator,
};
use oxc_span::GetSpan as _;

use super::script::Lower;
use super::script_call::{asked, called, effect, member, sets_source};
use super::text::{borrowed, join};
use super::{Argument, Call, CallForm, Entry, Expr, Kind, Operator, Role};

impl<'s> Lower<'s> {
    pub fn expression(&mut self, node: &Expression<'_>) -> Expr<'s> {
        let line = self.line(node);
        if !self.enter() {
            return Expr::new(line, Kind::Other(Vec::new()));
        }
        let kind = self.kind(node);
        self.leave();
        Expr::new(line, kind)
    }

    fn kind(&mut self, node: &Expression<'_>) -> Kind<'s> {
        if let Some(member) = node.as_member_expression() {
            return self.member(member).kind;
        }
        match node {
            Expression::Identifier(it) if it.name == "undefined" => Kind::Null,
            Expression::Identifier(_)
            | Expression::ThisExpression(_)
            | Expression::Super(_)
            | Expression::ImportMeta(_)
            | Expression::NewTarget(_) => Kind::Name(self.slice(node.span())),
            Expression::StringLiteral(it) => Kind::Text(self.quoted(it)),
            Expression::NumericLiteral(it) => Kind::Number(it.value),
            Expression::BooleanLiteral(it) => Kind::Bool(it.value),
            Expression::NullLiteral(_) => Kind::Null,
            Expression::TemplateLiteral(it) => self.template(it),
            Expression::TaggedTemplateExpression(it) => {
                let callee = self.expression(&it.tag);
                let line = self.line(node);
                let value = Expr::new(line, self.template(&it.quasi));
                called(callee, vec![Argument { name: None, value, spread: false }], line, CallForm::Plain)
            }
            Expression::CallExpression(it) => self.call(it),
            Expression::NewExpression(it) => {
                let callee = self.expression(&it.callee);
                let arguments = self.arguments(&it.arguments);
                called(callee, arguments, self.line(node), CallForm::New)
            }
            Expression::ImportExpression(it) => {
                let line = self.line(node);
                self.lazy_import(&it.source, line);
                let value = self.expression(&it.source);
                let callee = Expr::new(line, Kind::Name("import"));
                called(callee, vec![Argument { name: None, value, spread: false }], line, CallForm::Plain)
            }
            Expression::ChainExpression(it) => match &it.expression {
                ChainElement::CallExpression(it) => self.call(it),
                ChainElement::TSNonNullExpression(it) => self.expression(&it.expression).kind,
                other => match other.as_member_expression() {
                    Some(member) => self.member(member).kind,
                    None => Kind::Other(Vec::new()),
                },
            },
            Expression::ObjectExpression(it) => self.record(it),
            Expression::ArrayExpression(it) => {
                let mut items = Vec::with_capacity(it.elements.len());
                for element in &it.elements {
                    items.push(match element {
                        ArrayExpressionElement::SpreadElement(it) => {
                            let line = self.line(&**it);
                            Expr::new(line, Kind::Spread(Box::new(self.expression(&it.argument))))
                        }
                        other => match other.as_expression() {
                            Some(value) => self.expression(value),
                            None => Expr::new(self.line(other), Kind::Null),
                        },
                    });
                }
                Kind::List(items)
            }
            Expression::ArrowFunctionExpression(it) => Kind::Function(self.arrow(it)),
            Expression::FunctionExpression(it) => Kind::Function(self.function(it, Role::Inline)),
            Expression::ClassExpression(it) => Kind::Class(self.class(it)),
            Expression::AwaitExpression(it) => Kind::Await(Box::new(self.expression(&it.argument))),
            Expression::JSXElement(it) => self.element(it),
            Expression::JSXFragment(it) => Kind::Other(self.content(&it.children)),
            Expression::ParenthesizedExpression(it) => self.expression(&it.expression).kind,
            Expression::TSAsExpression(it) => self.expression(&it.expression).kind,
            Expression::TSSatisfiesExpression(it) => self.expression(&it.expression).kind,
            Expression::TSNonNullExpression(it) => self.expression(&it.expression).kind,
            Expression::TSInstantiationExpression(it) => self.expression(&it.expression).kind,
            Expression::TSTypeAssertion(it) => self.expression(&it.expression).kind,
            _ => self.operation(node),
        }
    }

    fn operation(&mut self, node: &Expression<'_>) -> Kind<'s> {
        match node {
            Expression::ConditionalExpression(it) => Kind::Choice(Box::new([
                self.expression(&it.test),
                self.expression(&it.consequent),
                self.expression(&it.alternate),
            ])),
            Expression::LogicalExpression(_) => self.logical(node),
            Expression::BinaryExpression(_) => self.binary(node),
            Expression::UnaryExpression(it) => match (it.operator, self.expression(&it.argument)) {
                (UnaryOperator::LogicalNot, operand) => Kind::Operation(Operator::Not, vec![operand]),
                (UnaryOperator::UnaryNegation, Expr { kind: Kind::Number(number), .. }) => {
                    Kind::Number(-number)
                }
                (UnaryOperator::Void, Expr { kind: Kind::Number(_), .. }) => Kind::Null,
                (UnaryOperator::Void, operand) => Kind::Other(vec![operand]),
                (_, operand) => Kind::Operation(Operator::Other, vec![operand]),
            },
            Expression::AssignmentExpression(it) => {
                let place = self.target_value(&it.left);
                let value = self.expression(&it.right);
                match sets_source(&it.left) {
                    true => asked(place, value),
                    false => Kind::Other(vec![place, value]),
                }
            }
            Expression::SequenceExpression(it) => {
                let mut parts: Vec<Expr<'s>> =
                    it.expressions.iter().map(|part| self.expression(part)).collect();
                // `(0, f)(a)`
                parts.retain(|part| !matches!(part.kind, Kind::Number(_)));
                match parts.len() {
                    1 => parts.remove(0).kind,
                    _ => Kind::Other(parts),
                }
            }
            // A saga waits for what it yields.
            Expression::YieldExpression(it) => match &it.argument {
                Some(value) => Kind::Await(Box::new(self.expression(value))),
                None => Kind::Other(Vec::new()),
            },
            Expression::UpdateExpression(it) => {
                if let ast::SimpleAssignmentTarget::AssignmentTargetIdentifier(it) = &it.argument {
                    let name = self.slice(it.span);
                    self.module.changed.insert(name);
                }
                let place = it.argument.as_member_expression().map(|place| self.member(place));
                self.module.changed.extend(place.as_ref().map(Expr::last_name));
                Kind::Other(place.into_iter().collect())
            }
            Expression::PrivateInExpression(it) => Kind::Other(vec![self.expression(&it.right)]),
            _ => Kind::Other(Vec::new()),
        }
    }

    /// `a || b || c` leans left: the chain is followed in a loop, so that its length costs no nesting.
    fn logical(&mut self, node: &Expression<'_>) -> Kind<'s> {
        let Expression::LogicalExpression(top) = node else { return Kind::Other(Vec::new()) };
        let mut parts = vec![self.expression(&top.right)];
        let mut left = &top.left;
        while let Expression::LogicalExpression(inner) = left
            && inner.operator == top.operator
        {
            parts.push(self.expression(&inner.right));
            left = &inner.left;
        }
        parts.push(self.expression(left));
        parts.reverse();
        let operator = match top.operator {
            LogicalOperator::And => Operator::And,
            LogicalOperator::Or => Operator::Or,
            LogicalOperator::Coalesce => Operator::Coalesce,
        };
        Kind::Operation(operator, parts)
    }

    fn binary(&mut self, node: &Expression<'_>) -> Kind<'s> {
        let Expression::BinaryExpression(top) = node else { return Kind::Other(Vec::new()) };
        let mut parts = vec![self.expression(&top.right)];
        let mut left = &top.left;
        while let Expression::BinaryExpression(inner) = left
            && inner.operator == top.operator
        {
            parts.push(self.expression(&inner.right));
            left = &inner.left;
        }
        parts.push(self.expression(left));
        if !matches!(top.operator, BinaryOperator::GreaterThan | BinaryOperator::GreaterEqualThan) {
            parts.reverse();
        }
        let operator = match top.operator {
            BinaryOperator::StrictEquality | BinaryOperator::Equality => Operator::Equal,
            BinaryOperator::StrictInequality | BinaryOperator::Inequality => Operator::Unequal,
            BinaryOperator::LessThan | BinaryOperator::GreaterThan => Operator::Less,
            BinaryOperator::LessEqualThan | BinaryOperator::GreaterEqualThan => Operator::AtMost,
            BinaryOperator::Addition => Operator::Add,
            BinaryOperator::Subtraction => Operator::Subtract,
            BinaryOperator::Multiplication => Operator::Multiply,
            BinaryOperator::Division => Operator::Divide,
            BinaryOperator::Remainder => Operator::Remainder,
            BinaryOperator::Exponential => Operator::Power,
            _ => Operator::Other,
        };
        Kind::Operation(operator, parts)
    }

    pub fn member(&mut self, node: &MemberExpression<'_>) -> Expr<'s> {
        let line = self.line(node);
        let kind = match node {
            MemberExpression::StaticMemberExpression(it) => {
                Kind::Member(Box::new(self.expression(&it.object)), self.slice(it.property.span))
            }
            MemberExpression::PrivateFieldExpression(it) => {
                Kind::Member(Box::new(self.expression(&it.object)), self.slice(it.field.span))
            }
            MemberExpression::ComputedMemberExpression(it) => {
                member(self.expression(&it.object), self.expression(&it.expression))
            }
        };
        Expr::new(line, kind)
    }

    fn call(&mut self, it: &ast::CallExpression<'_>) -> Kind<'s> {
        let callee = self.expression(&it.callee);
        let arguments = self.arguments(&it.arguments);
        // In a chain over several lines each call stands where its own name does.
        let line = match &it.callee {
            ast::Expression::StaticMemberExpression(member) => self.line(&member.property),
            _ => self.line(it),
        };
        let is_saga = matches!(callee.kind, Kind::Name("call" | "fork" | "spawn" | "cps"))
            && self.source.contains("redux-saga");
        let (callee, arguments) = if is_saga { effect(callee, arguments) } else { (callee, arguments) };
        called(callee, arguments, line, CallForm::Plain)
    }

    fn arguments(&mut self, list: &[ast::Argument<'_>]) -> Vec<Argument<'s>> {
        let mut arguments = Vec::with_capacity(list.len());
        for argument in list {
            match argument {
                ast::Argument::SpreadElement(it) => {
                    arguments.push(Argument {
                        name: None,
                        value: self.expression(&it.argument),
                        spread: true,
                    });
                }
                other => {
                    if let Some(value) = other.as_expression() {
                        arguments.push(Argument { name: None, value: self.expression(value), spread: false });
                    }
                }
            }
        }
        arguments
    }

    fn template(&mut self, it: &ast::TemplateLiteral<'_>) -> Kind<'s> {
        let mut parts = Vec::new();
        let mut inserted = it.expressions.iter();
        for quasi in &it.quasis {
            let value = quasi.value.cooked.as_ref().unwrap_or(&quasi.value.raw);
            if !value.is_empty() {
                let text = borrowed(self.slice(quasi.span), value);
                parts.push(Expr::new(self.line(quasi), Kind::Text(text)));
            }
            parts.extend(inserted.next().map(|value| self.expression(value)));
        }
        join(parts)
    }

    fn record(&mut self, it: &ast::ObjectExpression<'_>) -> Kind<'s> {
        let mut entries = Vec::with_capacity(it.properties.len());
        for property in &it.properties {
            let it = match property {
                ObjectPropertyKind::SpreadProperty(it) => {
                    entries.push(Entry { key: None, value: self.expression(&it.argument) });
                    continue;
                }
                ObjectPropertyKind::ObjectProperty(it) => it,
            };
            let label = self.plain_key(&it.key);
            let key = Some(self.key(&it.key, it.computed));
            let mut value = self.expression(&it.value);
            self.label(&value, label);
            if let Kind::Function(index) = value.kind {
                if it.method || it.kind == PropertyKind::Get {
                    self.module.functions[index].line = self.line(&**it);
                    value.line = self.line(&**it);
                }
                if it.kind == PropertyKind::Get {
                    // `get url() {…}` is asked like a value: what it returns.
                    let callee = Box::new(Call {
                        line: value.line,
                        callee: value,
                        arguments: Vec::new(),
                        form: CallForm::Plain,
                    });
                    value = Expr::new(callee.line, Kind::Call(callee));
                }
            }
            entries.push(Entry { key, value });
        }
        Kind::Record(entries)
    }

    fn key(&mut self, key: &PropertyKey<'_>, computed: bool) -> Expr<'s> {
        let line = self.line(key);
        match key {
            PropertyKey::StringLiteral(it) => Expr::new(line, Kind::Text(self.quoted(it))),
            other => match other.as_expression() {
                Some(value) if computed => self.expression(value),
                _ => Expr::new(line, Kind::Text(Cow::Borrowed(self.plain_key(key)))),
            },
        }
    }
}
