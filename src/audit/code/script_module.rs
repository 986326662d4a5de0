//! What a script imports and exports.

use oxc_ast::ast::{self, ExportDefaultDeclarationKind, ImportDeclarationSpecifier, ModuleDeclaration};

use super::script::Lower;
use super::{Caught, Expr, Import, ImportNames, Kind, Pattern, ReExport, Role, Statement, StatementKind};

impl<'s> Lower<'s> {
    pub fn module_declaration(&mut self, node: &ModuleDeclaration<'_>, out: &mut Vec<Statement<'s>>) {
        match node {
            ModuleDeclaration::ImportDeclaration(it) => self.import(it, out),
            ModuleDeclaration::ExportAllDeclaration(it) => {
                let module = self.module_path(&it.source);
                match &it.exported {
                    Some(name) => {
                        let name = self.name(name);
                        self.push_import(self.line(&**it), module, ImportNames::Whole(name), false, out);
                        self.module.exports.push((name, name));
                    }
                    None => self.module.re_exports.push(ReExport { module, names: None }),
                }
            }
            ModuleDeclaration::ExportFromDeclaration(it) => {
                let module = self.module_path(&it.source);
                let names = it.specifiers.iter();
                let names = names.map(|it| (self.name(&it.local), self.name(&it.exported))).collect();
                self.module.re_exports.push(ReExport { module, names: Some(names) });
            }
            ModuleDeclaration::ExportNamedDeclaration(it) => {
                for specifier in &it.specifiers {
                    let names = (self.name(&specifier.exported), self.name(&specifier.local));
                    self.module.exports.push(names);
                }
            }
            ModuleDeclaration::ExportDeclaration(it) => {
                let before = out.len();
                self.declaration(&it.declaration, out);
                self.export_bound(&out[before..], |name| name);
            }
            ModuleDeclaration::ExportDefaultDeclaration(it) => self.export_default(it, out),
            ModuleDeclaration::TSExportAssignment(it) => {
                let value = self.expression(&it.expression);
                self.bind_default(value, out);
            }
            ModuleDeclaration::TSNamespaceExportDeclaration(_) => {}
        }
    }

    fn export_bound(&mut self, statements: &[Statement<'s>], exported: impl Fn(&'s str) -> &'s str) {
        let mut names = Vec::new();
        for statement in statements {
            match &statement.kind {
                StatementKind::Assign { target, .. } => pattern_names(target, &mut |name| names.push(name)),
                StatementKind::Function(index) => names.push(self.module.functions[*index].name),
                StatementKind::Class(index) => names.push(self.module.classes[*index].name),
                _ => {}
            }
        }
        self.module.exports.extend(names.into_iter().map(|name| (exported(name), name)));
    }

    /// `export default () => …` and `export default function () {…}` are functions named `default`.
    fn export_default(&mut self, it: &ast::ExportDefaultDeclaration<'_>, out: &mut Vec<Statement<'s>>) {
        let line = self.line(it);
        let before = out.len();
        match &it.declaration {
            ExportDefaultDeclarationKind::FunctionDeclaration(function) if function.id.is_some() => {
                let index = self.function(function, Role::Function);
                out.push(Statement { line, kind: StatementKind::Function(index) });
                self.export_bound(&out[before..], |_| "default");
            }
            ExportDefaultDeclarationKind::FunctionDeclaration(function) => {
                let index = self.function(function, Role::Function);
                self.bind_default(Expr::new(line, Kind::Function(index)), out);
            }
            ExportDefaultDeclarationKind::ClassDeclaration(class) => {
                let index = self.class(class);
                if class.id.is_some() {
                    out.push(Statement { line, kind: StatementKind::Class(index) });
                    self.export_bound(&out[before..], |_| "default");
                } else {
                    self.bind_default(Expr::new(line, Kind::Class(index)), out);
                }
            }
            ExportDefaultDeclarationKind::TSInterfaceDeclaration(_) => {}
            other => {
                if let Some(value) = other.as_expression() {
                    let mut value = self.expression(value);
                    if let Kind::Function(index) = value.kind {
                        self.module.functions[index].role = Role::Function;
                    }
                    value.line = line;
                    self.bind_default(value, out);
                }
            }
        }
    }

    fn bind_default(&mut self, value: Expr<'s>, out: &mut Vec<Statement<'s>>) {
        let line = value.line;
        let kind = StatementKind::Assign { target: Pattern::Name("default"), value, augmented: false };
        out.push(Statement { line, kind });
        self.module.exports.push(("default", "default"));
    }

    fn import(&mut self, it: &ast::ImportDeclaration<'_>, out: &mut Vec<Statement<'s>>) {
        let (line, module) = (self.line(it), self.module_path(&it.source));
        let types_only = it.import_kind.is_type();
        let mut named = Vec::new();
        let mut whole = None;
        for specifier in it.specifiers.iter().flatten() {
            match specifier {
                ImportDeclarationSpecifier::ImportSpecifier(it) if !it.import_kind.is_type() => {
                    named.push((self.name(&it.imported), self.slice(it.local.span)));
                }
                ImportDeclarationSpecifier::ImportSpecifier(_) => {}
                ImportDeclarationSpecifier::ImportDefaultSpecifier(it) => {
                    named.push(("default", self.slice(it.local.span)));
                }
                ImportDeclarationSpecifier::ImportNamespaceSpecifier(it) => {
                    whole = Some(self.slice(it.local.span));
                }
            }
        }
        if let Some(local) = whole {
            self.push_import(line, module, ImportNames::Whole(local), types_only, out);
        }
        if !named.is_empty() {
            self.push_import(line, module, ImportNames::Named(named), types_only, out);
        } else if whole.is_none() {
            let types_only = types_only || it.specifiers.as_ref().is_some_and(|names| !names.is_empty());
            self.push_import(line, module, ImportNames::Nothing, types_only, out);
        }
    }

    pub fn import_equals(&mut self, it: &ast::TSImportEqualsDeclaration<'_>, out: &mut Vec<Statement<'s>>) {
        if let ast::TSModuleReference::ExternalModuleReference(source) = &it.module_reference {
            let module = self.module_path(&source.expression);
            let local = ImportNames::Whole(self.slice(it.id.span));
            self.push_import(self.line(it), module, local, it.import_kind.is_type(), out);
        }
    }

    fn push_import(
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

    /// `import('./lazy')`: nothing is bound, but the file is loaded.
    pub fn lazy_import(&mut self, source: &ast::Expression<'_>, line: u32) {
        if let ast::Expression::StringLiteral(source) = source {
            let (module, function) = (self.module_path(source), self.function);
            let (names, caught) = (ImportNames::Nothing, Caught::No);
            self.module.imports.push(Import { line, module, names, function, caught, types_only: false });
        }
    }

    /// `const x = require('y')` binds like an import; `false` where it is something else.
    pub fn require(
        &mut self,
        name: &ast::BindingPattern<'_>,
        value: &ast::Expression<'_>,
        out: &mut Vec<Statement<'s>>,
    ) -> bool {
        let ast::Expression::CallExpression(call) = value else { return false };
        let ast::Expression::Identifier(callee) = &call.callee else { return false };
        let [ast::Argument::StringLiteral(source)] = call.arguments.as_slice() else { return false };
        if callee.name != "require" {
            return false;
        }
        let module = self.module_path(source);
        let names = match self.binding(name) {
            Pattern::Name(local) => ImportNames::Whole(local),
            Pattern::Record(fields) => {
                let named = fields.iter().filter_map(|field| match field.pattern {
                    Pattern::Name(local) => Some((field.key, local)),
                    _ => None,
                });
                ImportNames::Named(named.collect())
            }
            _ => ImportNames::Nothing,
        };
        self.push_import(self.line(&**call), module, names, false, out);
        true
    }

    fn name(&self, name: &ast::ModuleExportName<'_>) -> &'s str {
        match name {
            ast::ModuleExportName::IdentifierName(it) => self.slice(it.span),
            ast::ModuleExportName::IdentifierReference(it) => self.slice(it.span),
            ast::ModuleExportName::StringLiteral(it) => self.module_path(it),
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
