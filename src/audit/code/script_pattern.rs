//! Binding and assignment patterns of scripts.

use oxc_ast::ast::{
    self, AssignmentTarget, AssignmentTargetMaybeDefault, AssignmentTargetProperty, BindingPattern,
};

use super::script::Lower;
use super::{Expr, Field, Kind, Pattern};

impl<'s> Lower<'s> {
    pub fn binding(&mut self, node: &BindingPattern<'_>) -> Pattern<'s> {
        if !self.enter() {
            return Pattern::Hole;
        }
        let pattern = match node {
            BindingPattern::BindingIdentifier(it) => Pattern::Name(self.slice(it.span)),
            BindingPattern::AssignmentPattern(it) => self.binding(&it.left),
            BindingPattern::ArrayPattern(it) => {
                let mut parts: Vec<Pattern<'s>> = it
                    .elements
                    .iter()
                    .map(|part| part.as_ref().map_or(Pattern::Hole, |part| self.binding(part)))
                    .collect();
                parts.extend(
                    it.rest.as_ref().map(|rest| Pattern::Rest(Box::new(self.binding(&rest.argument)))),
                );
                Pattern::List(parts)
            }
            BindingPattern::ObjectPattern(it) => {
                let mut fields: Vec<Field<'s>> = Vec::new();
                for property in &it.properties {
                    let default = match &property.value {
                        BindingPattern::AssignmentPattern(inner) => Some(self.expression(&inner.right)),
                        _ => None,
                    };
                    let pattern = self.binding(&property.value);
                    fields.push(Field { key: self.plain_key(&property.key), pattern, default });
                }
                fields.extend(it.rest.as_ref().map(|rest| {
                    let pattern = Pattern::Rest(Box::new(self.binding(&rest.argument)));
                    Field { key: "", pattern, default: None }
                }));
                Pattern::Record(fields)
            }
        };
        self.leave();
        pattern
    }

    pub fn target(&mut self, node: &AssignmentTarget<'_>) -> Pattern<'s> {
        if !self.enter() {
            return Pattern::Hole;
        }
        let pattern = match node {
            AssignmentTarget::AssignmentTargetIdentifier(it) => {
                let name = self.slice(it.span);
                self.module.changed.insert(name);
                Pattern::Name(name)
            }
            AssignmentTarget::ArrayAssignmentTarget(it) => {
                let mut parts: Vec<Pattern<'s>> = it
                    .elements
                    .iter()
                    .map(|part| part.as_ref().map_or(Pattern::Hole, |part| self.maybe_default(part).0))
                    .collect();
                parts.extend(it.rest.as_ref().map(|rest| Pattern::Rest(Box::new(self.target(&rest.target)))));
                Pattern::List(parts)
            }
            AssignmentTarget::ObjectAssignmentTarget(it) => {
                Pattern::Record(it.properties.iter().map(|property| self.field(property)).collect())
            }
            _ => Pattern::Place(self.target_value(node)),
        };
        self.leave();
        pattern
    }

    fn maybe_default(&mut self, node: &AssignmentTargetMaybeDefault<'_>) -> (Pattern<'s>, Option<Expr<'s>>) {
        match node {
            AssignmentTargetMaybeDefault::AssignmentTargetWithDefault(it) => {
                (self.target(&it.binding), Some(self.expression(&it.init)))
            }
            other => (other.as_assignment_target().map_or(Pattern::Hole, |target| self.target(target)), None),
        }
    }

    fn field(&mut self, node: &AssignmentTargetProperty<'_>) -> Field<'s> {
        match node {
            AssignmentTargetProperty::AssignmentTargetPropertyIdentifier(it) => {
                let key = self.slice(it.binding.span);
                self.module.changed.insert(key);
                let default = it.init.as_ref().map(|value| self.expression(value));
                Field { key, pattern: Pattern::Name(key), default }
            }
            AssignmentTargetProperty::AssignmentTargetPropertyProperty(it) => {
                let (pattern, default) = self.maybe_default(&it.binding);
                Field { key: self.plain_key(&it.name), pattern, default }
            }
        }
    }

    /// The place that is assigned to, as an expression.
    pub fn target_value(&mut self, node: &AssignmentTarget<'_>) -> Expr<'s> {
        let line = self.line(node);
        if let Some(member) = node.as_member_expression() {
            let place = self.member(member);
            self.module.changed.insert(place.last_name());
            return place;
        }
        match node {
            AssignmentTarget::AssignmentTargetIdentifier(it) => {
                let name = self.slice(it.span);
                self.module.changed.insert(name);
                Expr::new(line, Kind::Name(name))
            }
            AssignmentTarget::TSAsExpression(it) => self.expression(&it.expression),
            AssignmentTarget::TSSatisfiesExpression(it) => self.expression(&it.expression),
            AssignmentTarget::TSNonNullExpression(it) => self.expression(&it.expression),
            AssignmentTarget::TSTypeAssertion(it) => self.expression(&it.expression),
            _ => Expr::new(line, Kind::Other(Vec::new())),
        }
    }

    /// The key of a record, where it is written out; empty for a computed one.
    pub fn plain_key(&self, key: &ast::PropertyKey<'_>) -> &'s str {
        match key {
            ast::PropertyKey::StaticIdentifier(it) => self.slice(it.span),
            ast::PropertyKey::PrivateIdentifier(it) => self.slice(it.span),
            ast::PropertyKey::StringLiteral(it) => self.module_path(it),
            ast::PropertyKey::NumericLiteral(it) => self.slice(it.span),
            _ => "",
        }
    }
}
