//! What a TypeScript module imports and exports.

use super::parse::line;
use super::syntax::{Node, children};
use super::typescript::Lower;
use super::{Caught, Import, ImportNames, Kind, Pattern, ReExport, Role, Statement, StatementKind};

impl<'s> Lower<'s> {
    pub fn import(&mut self, node: Node<'_>, out: &mut Vec<Statement<'s>>) {
        let types_only = self.text(node).strip_prefix("import").is_some_and(|rest| {
            rest.trim_start().strip_prefix("type").is_some_and(|rest| rest.starts_with([' ', '{', '\n']))
        }) && !self.text(node).contains("import type from");
        let source = node.child_by_field_name("source");
        let mut named = Vec::new();
        let mut whole = None;
        let mut module = source.map(|source| self.quoted(source)).unwrap_or_default();
        for clause in children(node) {
            if clause.kind() == "import_require_clause" {
                module = clause
                    .child_by_field_name("source")
                    .map(|source| self.quoted(source))
                    .unwrap_or_default();
                whole = children(clause).next().map(|name| self.text(name));
            }
            if clause.kind() != "import_clause" {
                continue;
            }
            for part in children(clause) {
                match part.kind() {
                    "identifier" => named.push(("default", self.text(part))),
                    "namespace_import" => whole = children(part).next().map(|name| self.text(name)),
                    "named_imports" => named.extend(self.specifiers(part)),
                    _ => {}
                }
            }
        }
        if let Some(local) = whole {
            self.push_import(line(node), module, ImportNames::Whole(local), types_only, out);
        }
        if !named.is_empty() {
            self.push_import(line(node), module, ImportNames::Named(named), types_only, out);
        } else if whole.is_none() {
            self.push_import(line(node), module, ImportNames::Nothing, types_only, out);
        }
    }

    fn specifiers(&self, node: Node<'_>) -> Vec<(&'s str, &'s str)> {
        children(node)
            .filter_map(|specifier| {
                let name = self.text(specifier.child_by_field_name("name")?).trim_matches(['"', '\'']);
                let alias = specifier.child_by_field_name("alias").map(|alias| self.text(alias));
                Some((name, alias.unwrap_or(name)))
            })
            .collect()
    }

    pub fn push_import(
        &mut self,
        line: u32,
        module: &'s str,
        names: ImportNames<'s>,
        types_only: bool,
        out: &mut Vec<Statement<'s>>,
    ) {
        let (function, caught) = (self.function, Caught::No);
        self.module.imports.push(Import { line, module, names, function, caught, types_only });
        out.push(Statement { line, kind: StatementKind::Import(self.module.imports.len() - 1) });
    }

    /// `const x = require('y')` binds like an import; `false` where it is something else.
    pub fn require(&mut self, name: Node<'_>, value: Node<'_>, out: &mut Vec<Statement<'s>>) -> bool {
        let Some(callee) = value.child_by_field_name("function") else { return false };
        if value.kind() != "call_expression" || self.text(callee) != "require" {
            return false;
        }
        let mut arguments = value.child_by_field_name("arguments").map(children).unwrap_or_default();
        let Some(source) = arguments.next().filter(|source| source.kind() == "string") else { return false };
        let module = self.quoted(source);
        let names = match self.pattern(name) {
            Pattern::Name(local) => ImportNames::Whole(local),
            Pattern::Record(fields) => ImportNames::Named(
                fields
                    .iter()
                    .filter_map(|field| match field.pattern {
                        Pattern::Name(local) => Some((field.key, local)),
                        _ => None,
                    })
                    .collect(),
            ),
            _ => ImportNames::Nothing,
        };
        self.push_import(line(name), module, names, false, out);
        true
    }

    pub fn quoted(&self, node: Node<'_>) -> &'s str {
        self.text(node).trim_matches(['"', '\'', '`'])
    }

    pub fn export(&mut self, node: Node<'_>, out: &mut Vec<Statement<'s>>) {
        let source = node.child_by_field_name("source").map(|source| self.quoted(source));
        let clause = children(node).find(|child| child.kind() == "export_clause");
        if let Some(clause) = clause {
            let names = self.specifiers(clause);
            match source {
                Some(module) => self.module.re_exports.push(ReExport { module, names: Some(names) }),
                None => {
                    self.module.exports.extend(names.into_iter().map(|(local, exported)| (exported, local)))
                }
            }
            return;
        }
        if let Some(module) = source {
            self.re_export_all(node, module, out);
            return;
        }
        let default = node.tokens().any(|child| child.kind() == "default");
        let before = out.len();
        if let Some(declaration) = node.child_by_field_name("declaration") {
            self.statement(declaration, out);
        } else if let Some(value) = node.child_by_field_name("value") {
            let value = self.default_value(value);
            let kind = StatementKind::Assign { target: Pattern::Name("default"), value, augmented: false };
            out.push(Statement { line: line(node), kind });
        }
        let mut exports = Vec::new();
        for statement in &out[before..] {
            self.bound_names(statement, &mut |name| exports.push(name));
        }
        for name in exports {
            self.module.exports.push((if default { "default" } else { name }, name));
        }
    }

    /// `export default () => …` and `export default function () {…}` are functions named `default`.
    fn default_value(&mut self, value: Node<'_>) -> super::Expr<'s> {
        if matches!(value.kind(), "arrow_function" | "function_expression") {
            let index = self.function_like(value, Role::Function);
            return super::Expr::new(line(value), Kind::Function(index));
        }
        self.expression(value)
    }

    fn re_export_all(&mut self, node: Node<'_>, module: &'s str, out: &mut Vec<Statement<'s>>) {
        let namespace = children(node).find(|child| child.kind() == "namespace_export");
        match namespace.and_then(|namespace| children(namespace).next().map(|name| self.text(name))) {
            Some(name) => {
                self.push_import(line(node), module, ImportNames::Whole(name), false, out);
                self.module.exports.push((name, name));
            }
            None => self.module.re_exports.push(ReExport { module, names: None }),
        }
    }

    fn bound_names(&self, statement: &Statement<'s>, found: &mut impl FnMut(&'s str)) {
        match &statement.kind {
            StatementKind::Assign { target, .. } => pattern_names(target, found),
            StatementKind::Function(index) => found(self.module.functions[*index].name),
            StatementKind::Class(index) => found(self.module.classes[*index].name),
            _ => {}
        }
    }
}

fn pattern_names<'s>(pattern: &Pattern<'s>, found: &mut impl FnMut(&'s str)) {
    match pattern {
        Pattern::Name(name) => found(name),
        Pattern::List(parts) => parts.iter().for_each(|part| pattern_names(part, found)),
        Pattern::Record(fields) => fields.iter().for_each(|field| pattern_names(&field.pattern, found)),
        Pattern::Rest(inner) => pattern_names(inner, found),
        Pattern::Place(_) | Pattern::Hole => {}
    }
}
