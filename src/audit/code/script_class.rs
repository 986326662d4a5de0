//! Functions, parameters and classes of scripts.

use oxc_ast::ast::{self, ArrowFunctionBody, ClassElement};

use super::script::Lower;
use super::{Class, Expr, Function, Kind, Parameter, ParameterKind, Pattern, Role, Statement, StatementKind};

impl<'s> Lower<'s> {
    /// A declaration, expression or method: its index in the module.
    pub fn function(&mut self, it: &ast::Function<'_>, role: Role) -> usize {
        let name = it.id.as_ref().map_or("", |name| self.slice(name.span));
        let line = self.line(it);
        let (index, outer) = self.open(name, line, role, it.r#async);
        let parameters = self.parameters(&it.params);
        let mut body = self.fields_of_parameters(&it.params);
        if let Some(statements) = &it.body {
            body.extend(self.block(&statements.statements));
        }
        self.close(index, outer, parameters, body);
        index
    }

    pub fn arrow(&mut self, it: &ast::ArrowFunctionExpression<'_>) -> usize {
        let line = self.line(it);
        let (index, outer) = self.open("", line, Role::Inline, it.r#async);
        let parameters = self.parameters(&it.params);
        let body = match &it.body {
            ArrowFunctionBody::FunctionBody(body) => self.block(&body.statements),
            other => other.as_expression().map(|value| self.arrow_value(value)).unwrap_or_default(),
        };
        self.close(index, outer, parameters, body);
        index
    }

    fn arrow_value(&mut self, value: &ast::Expression<'_>) -> Vec<Statement<'s>> {
        if let ast::Expression::AssignmentExpression(_) = value {
            let mut statements = Vec::new();
            self.expression_statement(value, &mut statements);
            return statements;
        }
        let value = self.expression(value);
        vec![Statement { line: value.line, kind: StatementKind::Return(Some(value)) }]
    }

    fn open(&mut self, name: &'s str, line: u32, role: Role, is_async: bool) -> (usize, usize) {
        let index = self.module.functions.len();
        let parent = self.function;
        self.module.functions.push(Function { name, line, parent, role, is_async, ..Function::top() });
        (index, std::mem::replace(&mut self.function, index))
    }

    fn close(
        &mut self,
        index: usize,
        outer: usize,
        parameters: Vec<Parameter<'s>>,
        body: Vec<Statement<'s>>,
    ) {
        let function = &mut self.module.functions[index];
        (function.parameters, function.body) = (parameters, body);
        self.function = outer;
    }

    fn parameters(&mut self, list: &ast::FormalParameters<'_>) -> Vec<Parameter<'s>> {
        let mut parameters = Vec::new();
        for it in &list.items {
            let pattern = self.binding(&it.pattern);
            let default = it.initializer.as_ref().map(|value| self.expression(value));
            parameters.push(Parameter { pattern, default, kind: ParameterKind::Plain });
        }
        if let Some(rest) = &list.rest {
            let pattern = Pattern::Rest(Box::new(self.binding(&rest.rest.argument)));
            parameters.push(Parameter { pattern, default: None, kind: ParameterKind::Rest });
        }
        parameters
    }

    /// `constructor(private base: string)` assigns `this.base`.
    fn fields_of_parameters(&self, list: &ast::FormalParameters<'_>) -> Vec<Statement<'s>> {
        let fields = list.items.iter().filter(|it| it.accessibility.is_some() || it.readonly);
        let assigned = fields.filter_map(|it| {
            let ast::BindingPattern::BindingIdentifier(name) = &it.pattern else { return None };
            let (line, name) = (self.line(it), self.slice(name.span));
            let this = Box::new(Expr::new(line, Kind::Name("this")));
            let target = Pattern::Place(Expr::new(line, Kind::Member(this, name)));
            let value = Expr::new(line, Kind::Name(name));
            Some(Statement { line, kind: StatementKind::Assign { target, value, augmented: false } })
        });
        assigned.collect()
    }

    pub fn class(&mut self, it: &ast::Class<'_>) -> usize {
        let bases = it.heritage.iter().map(|heritage| self.expression(&heritage.expression)).collect();
        let index = self.module.classes.len();
        self.module.classes.push(Class {
            name: it.id.as_ref().map_or("", |name| self.slice(name.span)),
            line: self.line(it),
            parent: self.function,
            bases,
            ..Class::default()
        });
        for member in &it.body.body {
            self.class_member(index, member);
        }
        index
    }

    fn class_member(&mut self, class: usize, node: &ClassElement<'_>) {
        match node {
            ClassElement::MethodDefinition(it) if it.value.body.is_some() => {
                let method = self.function(&it.value, Role::Method);
                let (name, line) = (self.plain_key(&it.key), self.line(&**it));
                self.own(class, method, name, line);
            }
            ClassElement::PropertyDefinition(it) => {
                let name = self.plain_key(&it.key);
                let Some(value) = &it.value else { return };
                let value = self.expression(value);
                if let Kind::Function(method) = value.kind {
                    self.module.functions[method].role = Role::Method;
                    let line = self.line(&**it);
                    self.own(class, method, name, line);
                } else {
                    self.module.classes[class].attributes.push((name, value));
                }
            }
            ClassElement::StaticBlock(it) => {
                for statement in self.block(&it.body) {
                    if let StatementKind::Expression(value) = statement.kind {
                        self.module.classes[class].attributes.push(("", value));
                    }
                }
            }
            _ => {}
        }
    }

    fn own(&mut self, class: usize, method: usize, name: &'s str, line: u32) {
        let function = &mut self.module.functions[method];
        (function.name, function.class, function.line) = (name, Some(class), line);
        self.module.classes[class].methods.push(method);
    }
}
