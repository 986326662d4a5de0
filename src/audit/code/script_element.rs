//! JSX in the common form: a component is a call with one record, an HTML element or fragment is only its parts.

use std::borrow::Cow;

use oxc_ast::ast::{
    self, JSXAttributeItem, JSXAttributeValue, JSXChild, JSXElementName, JSXMemberExpressionObject,
};

use oxc_span::GetSpan as _;

use super::script::Lower;
use super::script_call::asked;
use super::{Argument, Call, CallForm, Entry, Expr, Kind};

impl<'s> Lower<'s> {
    pub fn element(&mut self, it: &ast::JSXElement<'_>) -> Kind<'s> {
        let mut inside = self.content(&it.children);
        let line = self.line(it);
        let mut entries: Vec<Entry<'s>> = Vec::new();
        for attribute in &it.opening_element.attributes {
            let entry = self.attribute(attribute);
            entries.push(entry);
        }
        let Some(callee) = self.component(&it.opening_element.name) else {
            inside.extend(entries.into_iter().map(|entry| self.shown(&it.opening_element.name, entry)));
            return Kind::Other(inside);
        };
        if !inside.is_empty() {
            let key = Some(Expr::new(line, Kind::Text(Cow::Borrowed("children"))));
            entries.push(Entry { key, value: Expr::new(line, Kind::List(inside)) });
        }
        let value = Expr::new(line, Kind::Record(entries));
        let arguments = vec![Argument { name: None, value, spread: false }];
        Kind::Call(Box::new(Call { line, callee, arguments, form: CallForm::Element }))
    }

    pub fn content(&mut self, children: &[JSXChild<'_>]) -> Vec<Expr<'s>> {
        let mut found = Vec::new();
        for child in children {
            let line = self.line(child);
            match child {
                JSXChild::Element(it) => {
                    let kind = if self.enter() {
                        let kind = self.element(it);
                        self.leave();
                        kind
                    } else {
                        Kind::Other(Vec::new())
                    };
                    found.push(Expr::new(line, kind));
                }
                JSXChild::Fragment(it) => {
                    if self.enter() {
                        let inside = self.content(&it.children);
                        self.leave();
                        found.push(Expr::new(line, Kind::Other(inside)));
                    }
                }
                JSXChild::ExpressionContainer(it) => {
                    found.extend(it.expression.as_expression().map(|value| self.expression(value)));
                }
                JSXChild::Spread(it) => found.push(self.expression(&it.expression)),
                JSXChild::Text(_) => {}
            }
        }
        found
    }

    /// The value of an HTML element's attribute: the browser asks for what its `src` says.
    fn shown(&self, element: &JSXElementName<'_>, entry: Entry<'s>) -> Expr<'s> {
        let Entry { key, value } = entry;
        let is_source = key.as_ref().and_then(Expr::literal) == Some("src");
        if !is_source || matches!(value.kind, Kind::Text(_)) {
            return value;
        }
        let line = value.line;
        let element = Box::new(Expr::new(line, Kind::Name(self.slice(element.span()))));
        Expr::new(line, asked(Expr::new(line, Kind::Member(element, "src")), value))
    }

    fn component(&mut self, name: &JSXElementName<'_>) -> Option<Expr<'s>> {
        let line = self.line(name);
        match name {
            JSXElementName::IdentifierReference(it) => Some(Expr::new(line, Kind::Name(self.slice(it.span)))),
            JSXElementName::MemberExpression(it) => Some(self.element_member(it)),
            _ => None,
        }
    }

    fn element_member(&mut self, it: &ast::JSXMemberExpression<'_>) -> Expr<'s> {
        let line = self.line(it);
        let object = match &it.object {
            JSXMemberExpressionObject::IdentifierReference(it) => {
                Expr::new(line, Kind::Name(self.slice(it.span)))
            }
            JSXMemberExpressionObject::MemberExpression(it) if self.enter() => {
                let inner = self.element_member(it);
                self.leave();
                inner
            }
            _ => Expr::new(line, Kind::Name("this")),
        };
        Expr::new(line, Kind::Member(Box::new(object), self.slice(it.property.span)))
    }

    fn attribute(&mut self, node: &JSXAttributeItem<'_>) -> Entry<'s> {
        let line = self.line(node);
        let it = match node {
            JSXAttributeItem::SpreadAttribute(it) => {
                return Entry { key: None, value: self.expression(&it.argument) };
            }
            JSXAttributeItem::Attribute(it) => it,
        };
        let name = match &it.name {
            ast::JSXAttributeName::Identifier(name) => self.slice(name.span),
            ast::JSXAttributeName::NamespacedName(name) => self.slice(name.span),
        };
        let key = Some(Expr::new(line, Kind::Text(Cow::Borrowed(name))));
        let value = match &it.value {
            None => Expr::new(line, Kind::Bool(true)),
            Some(JSXAttributeValue::StringLiteral(text)) => Expr::new(line, Kind::Text(self.quoted(text))),
            Some(JSXAttributeValue::ExpressionContainer(it)) => match it.expression.as_expression() {
                Some(value) => self.expression(value),
                None => Expr::new(line, Kind::Other(Vec::new())),
            },
            Some(JSXAttributeValue::Element(it)) if self.enter() => {
                let kind = self.element(it);
                self.leave();
                Expr::new(line, kind)
            }
            Some(JSXAttributeValue::Fragment(it)) => Expr::new(line, Kind::Other(self.content(&it.children))),
            Some(_) => Expr::new(line, Kind::Other(Vec::new())),
        };
        self.label(&value, name);
        Entry { key, value }
    }
}
