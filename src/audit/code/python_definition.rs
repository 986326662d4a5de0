//! Python functions, parameters, classes and imports lowered to the common form.

use super::parse::line;
use super::python::Lower;
use super::syntax::{Node, children};
use super::{
    Class, Expr, Function, Import, ImportNames, Kind, Parameter, ParameterKind, Pattern, Role, Statement,
    StatementKind,
};

impl<'s> Lower<'s> {
    pub fn decorated(&mut self, node: Node<'_>, out: &mut Vec<Statement<'s>>) {
        let mut decorators = Vec::new();
        for child in children(node) {
            match child.kind() {
                "decorator" => {
                    decorators.extend(children(child).map(|inner| self.expression(inner)));
                }
                "function_definition" => {
                    let index = self.function(child, std::mem::take(&mut decorators));
                    out.push(Statement { line: line(child), kind: StatementKind::Function(index) });
                }
                "class_definition" => {
                    for decorator in std::mem::take(&mut decorators) {
                        let at = decorator.line;
                        out.push(Statement { line: at, kind: StatementKind::Expression(decorator) });
                    }
                    let index = self.class(child);
                    out.push(Statement { line: line(child), kind: StatementKind::Class(index) });
                }
                _ => {}
            }
        }
    }

    pub fn function(&mut self, node: Node<'_>, decorators: Vec<Expr<'s>>) -> usize {
        let name = node.child_by_field_name("name").map_or("", |name| self.text(name));
        let is_static = decorators.iter().any(|decorator| decorator.is_name("staticmethod"));
        let role = match self.class {
            Some(_) if is_static => Role::StaticMethod,
            Some(_) => Role::Method,
            None => Role::Function,
        };
        let is_async = node.tokens().next().is_some_and(|first| first.kind() == "async");
        let parameters = node.child_by_field_name("parameters").map(|list| self.parameters(list));
        let index = self.open(node, name, role, parameters.unwrap_or_default(), decorators, is_async);
        let (function, class) = (self.function, self.class.take());
        (self.function, self.module.functions[index].class) = (index, class);
        let body = self.body(node, "body");
        self.module.functions[index].body = body;
        (self.function, self.class) = (function, class);
        index
    }

    /// An empty function: the caller fills its body.
    pub fn open(
        &mut self,
        node: Node<'_>,
        name: &'s str,
        role: Role,
        parameters: Vec<Parameter<'s>>,
        decorators: Vec<Expr<'s>>,
        is_async: bool,
    ) -> usize {
        self.module.functions.push(Function {
            name,
            label: "",
            line: line(node),
            parent: self.function,
            class: None,
            role,
            is_async,
            parameters,
            decorators,
            body: Vec::new(),
        });
        self.module.functions.len() - 1
    }

    pub fn parameters(&mut self, list: Node<'_>) -> Vec<Parameter<'s>> {
        let mut kind = ParameterKind::Plain;
        let mut parameters = Vec::new();
        for child in children(list) {
            let (name, default, this) = match child.kind() {
                "identifier" => (Some(child), None, kind),
                "default_parameter" | "typed_default_parameter" => {
                    (child.child_by_field_name("name"), child.child_by_field_name("value"), kind)
                }
                "typed_parameter" => {
                    let inner = child.first_named_child();
                    let this = inner.map_or(kind, |inner| rest_kind(inner.kind()).unwrap_or(kind));
                    (inner.map(|inner| inner.first_named_child().unwrap_or(inner)), None, this)
                }
                "keyword_separator" => {
                    kind = ParameterKind::KeywordOnly;
                    continue;
                }
                other => match rest_kind(other) {
                    Some(rest) => (child.first_named_child(), None, rest),
                    None => continue,
                },
            };
            if this == ParameterKind::Rest {
                kind = ParameterKind::KeywordOnly;
            }
            let pattern = name.map_or(Pattern::Hole, |name| Pattern::Name(self.text(name)));
            let default = default.map(|value| self.expression(value));
            parameters.push(Parameter { pattern, default, kind: this });
        }
        parameters
    }

    pub fn class(&mut self, node: Node<'_>) -> usize {
        let name = node.child_by_field_name("name").map_or("", |name| self.text(name));
        let bases = node.child_by_field_name("superclasses").map(children).unwrap_or_default();
        let bases = bases.map(|base| self.expression(base)).collect();
        self.module.classes.push(Class {
            name,
            line: line(node),
            parent: self.function,
            bases,
            methods: Vec::new(),
            attributes: Vec::new(),
        });
        let index = self.module.classes.len() - 1;
        let outer = self.class.replace(index);
        let body = self.body(node, "body");
        self.class = outer;
        self.class_members(index, body);
        index
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
                StatementKind::If { then, otherwise, .. } => {
                    self.class_members(index, then);
                    self.class_members(index, otherwise);
                }
                StatementKind::Expression(value) => class.attributes.push(("", value)),
                _ => {}
            }
        }
    }

    pub fn import(&mut self, node: Node<'_>, out: &mut Vec<Statement<'s>>) {
        let names: Vec<(&'s str, Option<&'s str>)> = node
            .children_by_field_name("name")
            .map(|name| match name.child_by_field_name("alias") {
                Some(alias) => (
                    name.child_by_field_name("name").map_or("", |inner| self.text(inner)),
                    Some(self.text(alias)),
                ),
                None => (self.text(name), None),
            })
            .collect();
        if node.kind() == "import_from_statement" {
            let module = node.child_by_field_name("module_name").map_or("", |module| self.text(module));
            let star = children(node).any(|child| child.kind() == "wildcard_import");
            let names = if star {
                ImportNames::Star
            } else {
                ImportNames::Named(
                    names.into_iter().map(|(name, alias)| (name, alias.unwrap_or(name))).collect(),
                )
            };
            self.push_import(line(node), module, names, out);
        } else {
            for (module, alias) in names {
                let names = alias.map_or(ImportNames::Dotted, ImportNames::Whole);
                self.push_import(line(node), module, names, out);
            }
        }
    }

    fn push_import(
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

fn rest_kind(kind: &str) -> Option<ParameterKind> {
    match kind {
        "list_splat_pattern" => Some(ParameterKind::Rest),
        "dictionary_splat_pattern" => Some(ParameterKind::RestKeywords),
        _ => None,
    }
}
