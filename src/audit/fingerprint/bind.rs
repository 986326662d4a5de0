//! What the top level of a module binds: definitions, assignments and imports, whatever block they stand in.

use std::collections::HashMap;

use ruff_python_ast::{Alias, ExceptHandler, Expr, Stmt};

/// One way in which a name gets its meaning.
#[derive(Debug, Clone, Copy)]
pub(in crate::audit) enum Binding<'a> {
    /// A definition, an assignment, a loop, a `with`.
    Here,
    /// `import a.b as c`: the module itself; without `as` the first of its names.
    Module { dotted: &'a str, renamed: bool },
    /// `from module import name`, with so many dots before it.
    Member { level: u32, module: &'a str, name: &'a str },
}

/// The bindings of one module's top level.
#[derive(Debug, Default)]
pub(in crate::audit) struct Bindings<'a> {
    pub names: HashMap<&'a str, Vec<Binding<'a>>>,
    /// `from module import *`: dots and module.
    pub stars: Vec<(u32, &'a str)>,
}

impl<'a> Bindings<'a> {
    pub fn of(body: &'a [Stmt]) -> Self {
        let mut bindings = Self::default();
        bindings.block(body);
        bindings
    }

    fn add(&mut self, name: &'a str, binding: Binding<'a>) {
        self.names.entry(name).or_default().push(binding);
    }

    fn block(&mut self, body: &'a [Stmt]) {
        for statement in body {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(it) => self.add(&it.name.id, Binding::Here),
            Stmt::ClassDef(it) => self.add(&it.name.id, Binding::Here),
            Stmt::Assign(it) => it.targets.iter().for_each(|target| self.target(target)),
            Stmt::AnnAssign(it) => self.target(&it.target),
            Stmt::AugAssign(it) => self.target(&it.target),
            Stmt::TypeAlias(it) => self.target(&it.name),
            Stmt::Expr(it) => {
                if let Expr::Named(named) = &*it.value {
                    self.target(&named.target);
                }
            }
            Stmt::For(it) => {
                self.target(&it.target);
                self.block(&it.body);
                self.block(&it.orelse);
            }
            Stmt::While(it) => {
                self.block(&it.body);
                self.block(&it.orelse);
            }
            Stmt::If(it) => {
                if let Expr::Named(named) = &*it.test {
                    self.target(&named.target);
                }
                self.block(&it.body);
                it.elif_else_clauses.iter().for_each(|clause| self.block(&clause.body));
            }
            Stmt::With(it) => {
                let targets = it.items.iter().filter_map(|item| item.optional_vars.as_deref());
                targets.for_each(|target| self.target(target));
                self.block(&it.body);
            }
            Stmt::Match(it) => it.cases.iter().for_each(|case| self.block(&case.body)),
            Stmt::Try(it) => {
                self.block(&it.body);
                for ExceptHandler::ExceptHandler(handler) in &it.handlers {
                    self.block(&handler.body);
                }
                self.block(&it.orelse);
                self.block(&it.finalbody);
            }
            Stmt::Import(it) => it.names.iter().for_each(|alias| self.import(alias)),
            Stmt::ImportFrom(it) => {
                let module = it.module.as_ref().map_or("", |module| module.id.as_str());
                for alias in &it.names {
                    let name = alias.name.id.as_str();
                    if name == "*" {
                        self.stars.push((it.level, module));
                        continue;
                    }
                    let local = alias.asname.as_ref().map_or(name, |local| local.id.as_str());
                    self.add(local, Binding::Member { level: it.level, module, name });
                }
            }
            _ => {}
        }
    }

    fn import(&mut self, alias: &'a Alias) {
        let dotted = alias.name.id.as_str();
        match &alias.asname {
            Some(local) => self.add(&local.id, Binding::Module { dotted, renamed: true }),
            None => {
                let first = dotted.split('.').next().unwrap_or(dotted);
                self.add(first, Binding::Module { dotted, renamed: false });
            }
        }
    }

    fn target(&mut self, target: &'a Expr) {
        match target {
            Expr::Name(name) => self.add(&name.id, Binding::Here),
            Expr::Tuple(it) => it.elts.iter().for_each(|part| self.target(part)),
            Expr::List(it) => it.elts.iter().for_each(|part| self.target(part)),
            Expr::Starred(it) => self.target(&it.value),
            _ => {}
        }
    }
}
