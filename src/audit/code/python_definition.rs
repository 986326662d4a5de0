//! Python functions, parameters, classes and imports in the common form.

use std::borrow::Cow;

use ruff_python_ast::{
    Keyword, ParameterWithDefault, Parameters, Stmt, StmtClassDef, StmtFunctionDef, StmtImportFrom,
};

use super::python::Lower;
use super::{
    Class, Expr, Function, Import, ImportNames, Kind, Parameter, ParameterKind, Pattern, Role, Statement,
    StatementKind,
};

impl<'s> Lower<'_, 's> {
    pub fn function(&mut self, it: &StmtFunctionDef) -> usize {
        let decorators: Vec<Expr<'s>> =
            it.decorator_list.iter().map(|decorator| self.expression(&decorator.expression)).collect();
        let is_static = decorators.iter().any(|decorator| decorator.is_name("staticmethod"));
        let role = match self.class {
            Some(_) if is_static => Role::StaticMethod,
            Some(_) => Role::Method,
            None => Role::Function,
        };
        let parameters = self.parameters(&it.parameters);
        let index = self.module.functions.len();
        self.module.functions.push(Function {
            name: self.slice(it.name.range),
            line: self.line(&it.name),
            parent: self.function,
            role,
            is_async: it.is_async,
            parameters,
            decorators,
            ..Function::top()
        });
        let (function, class) = (self.function, self.class.take());
        (self.function, self.module.functions[index].class) = (index, class);
        let body = self.block(&it.body);
        self.module.functions[index].body = body;
        (self.function, self.class) = (function, class);
        index
    }

    pub fn parameters(&mut self, list: &Parameters) -> Vec<Parameter<'s>> {
        let mut parameters = Vec::new();
        let plain = list.posonlyargs.iter().chain(&list.args).map(|it| (it, ParameterKind::Plain));
        for (it, kind) in plain {
            parameters.push(self.parameter(it, kind));
        }
        if let Some(rest) = &list.vararg {
            let pattern = Pattern::Name(self.slice(rest.name.range));
            parameters.push(Parameter { pattern, default: None, kind: ParameterKind::Rest });
        }
        for it in &list.kwonlyargs {
            parameters.push(self.parameter(it, ParameterKind::KeywordOnly));
        }
        if let Some(rest) = &list.kwarg {
            let pattern = Pattern::Name(self.slice(rest.name.range));
            parameters.push(Parameter { pattern, default: None, kind: ParameterKind::RestKeywords });
        }
        parameters
    }

    fn parameter(&mut self, it: &ParameterWithDefault, kind: ParameterKind) -> Parameter<'s> {
        let default = it.default.as_ref().map(|value| self.expression(value));
        Parameter { pattern: Pattern::Name(self.slice(it.parameter.name.range)), default, kind }
    }

    pub fn class(&mut self, it: &StmtClassDef) -> usize {
        let (bases, keywords) =
            it.arguments.as_ref().map_or((&[][..], &[][..]), |given| (&given.args, &given.keywords));
        let bases = bases.iter().map(|base| self.expression(base)).collect();
        let made_by = |it: &&Keyword| it.arg.as_ref().is_none_or(|name| name.id == "metaclass");
        let metaclass = keywords.iter().find(made_by).map(|it| self.expression(&it.value));
        let decorators = it.decorator_list.iter().map(|it| self.expression(&it.expression)).collect();
        let index = self.module.classes.len();
        self.module.classes.push(Class {
            name: self.slice(it.name.range),
            line: self.line(&it.name),
            parent: self.function,
            bases,
            decorators,
            metaclass,
            ..Class::default()
        });
        let typed = it.body.iter().filter_map(|statement| match statement {
            Stmt::AnnAssign(it) => it.target.as_name_expr().map(|name| self.slice(name.range)),
            _ => None,
        });
        let fields = typed.collect();
        self.module.classes[index].fields = fields;
        let outer = self.class.replace(index);
        let body = self.block(&it.body);
        self.class = outer;
        self.class_members(index, body);
        self.automatic_values(index);
        index
    }

    /// `BALANCE = auto()` is `"balance"` in a `StrEnum`, and `"BALANCE"` in Django's `TextChoices`.
    fn automatic_values(&mut self, index: usize) {
        let class = &mut self.module.classes[index];
        let is_of = |name: &str| class.bases.iter().any(|base| base.last_name() == name);
        let (lower, as_written) = (is_of("StrEnum"), is_of("TextChoices"));
        for (name, value) in class.attributes.iter_mut().filter(|_| lower || as_written) {
            if value.call().is_some_and(|call| call.callee.last_name() == "auto" && call.arguments.is_empty())
            {
                let text = if lower { Cow::Owned(name.to_lowercase()) } else { Cow::Borrowed(*name) };
                value.kind = Kind::Text(text);
            }
        }
    }

    fn class_members(&mut self, index: usize, body: Vec<Statement<'s>>) {
        for statement in body {
            let class = &mut self.module.classes[index];
            match statement.kind {
                StatementKind::Function(method) => class.methods.push(method),
                StatementKind::Class(inner) => {
                    let value = Expr::new(statement.line, Kind::Class(inner));
                    let name = self.module.classes[inner].name;
                    self.module.classes[index].attributes.push((name, value));
                }
                StatementKind::Assign { target: Pattern::Name(name), value, .. } => {
                    class.attributes.push((name, value));
                }
                // `topic, every = "bar", 1.0`
                StatementKind::Assign { target: Pattern::List(names), value, .. } => {
                    if let Kind::List(values) = value.kind {
                        let pairs = names.into_iter().zip(values);
                        class.attributes.extend(pairs.filter_map(|(name, value)| match name {
                            Pattern::Name(name) => Some((name, value)),
                            _ => None,
                        }));
                    }
                }
                StatementKind::If { then, otherwise, .. } => {
                    self.class_members(index, then);
                    self.class_members(index, otherwise);
                }
                StatementKind::Expression(value) => class.attributes.push(("", value)),
                _ => {}
            }
        }
    }

    /// As written, dots and all.
    pub fn module_name(&self, it: &StmtImportFrom) -> &'s str {
        let text = self.slice(it.range);
        let Some(module) = &it.module else {
            let dots = text.find('.').map_or("", |at| &text[at..]);
            let end = dots.find(|character: char| character != '.').unwrap_or(dots.len());
            return &dots[..end];
        };
        let start = it.range.start().to_usize();
        let (from, to) = (module.range.start().to_usize() - start, module.range.end().to_usize() - start);
        let dots = text[..from].bytes().rev().take_while(|byte| *byte == b'.').count();
        text.get(from - dots..to).unwrap_or("")
    }

    pub fn import(
        &mut self,
        line: u32,
        module: &'s str,
        names: ImportNames<'s>,
        out: &mut Vec<Statement<'s>>,
    ) {
        let (function, caught, types_only) = (self.function, self.caught, self.types_only);
        self.module.imports.push(Import { line, module, names, function, caught, types_only });
        out.push(Statement { line, kind: StatementKind::Import(self.module.imports.len() - 1) });
    }
}
