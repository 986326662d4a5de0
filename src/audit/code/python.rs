//! Python statements and definitions, as ruff parsed them, in the common form.

use ruff_python_ast::{
    ElifElseClause, ExceptHandler, Expr as Node, MatchCase, Pattern as CasePattern, Stmt, StmtTry, StmtWith,
};
use ruff_text_size::{Ranged, TextRange};

use super::{
    Case, Caught, DEEPEST, Expr, Handler, ImportNames, Kind, Loop, Module, Pattern, Statement, StatementKind,
    Try,
};
use crate::audit::python::PythonFile;

/// The module, and the line where nesting was cut off if it was.
pub(in crate::audit) fn lower<'s>(file: &PythonFile<'s>) -> (Module<'s>, Option<u32>) {
    let mut lower = Lower::new(file);
    let body = lower.block(&file.syntax().body);
    lower.module.functions[0].body = body;
    (lower.module, lower.too_deep)
}

pub(super) struct Lower<'f, 's> {
    file: &'f PythonFile<'s>,
    pub module: Module<'s>,
    /// The function being lowered.
    pub function: usize,
    depth: usize,
    too_deep: Option<u32>,
    pub class: Option<usize>,
    pub caught: Caught,
    pub types_only: bool,
    /// Names bound inside an expression (`:=`), to stand before its statement.
    pub bound: Vec<Statement<'s>>,
}

impl<'f, 's> Lower<'f, 's> {
    fn new(file: &'f PythonFile<'s>) -> Self {
        Self {
            file,
            module: Module::empty(),
            function: 0,
            depth: 0,
            too_deep: None,
            class: None,
            caught: Caught::No,
            types_only: false,
            bound: Vec::new(),
        }
    }

    pub fn slice(&self, range: TextRange) -> &'s str {
        self.file.slice(range)
    }

    pub fn line(&self, node: &impl Ranged) -> u32 {
        self.file.line(node.range().start())
    }

    /// Counts one level of nesting; `false` where it is too deep to go on.
    pub fn enter(&mut self, node: &impl Ranged) -> bool {
        if self.depth >= DEEPEST {
            self.too_deep.get_or_insert(self.line(node));
            return false;
        }
        self.depth += 1;
        true
    }

    pub fn leave(&mut self) {
        self.depth -= 1;
    }

    pub fn block(&mut self, body: &[Stmt]) -> Vec<Statement<'s>> {
        let mut statements = Vec::with_capacity(body.len());
        let outer = std::mem::take(&mut self.bound);
        for statement in body {
            self.statement(statement, &mut statements);
        }
        self.bound = outer;
        statements
    }

    fn statement(&mut self, node: &Stmt, out: &mut Vec<Statement<'s>>) {
        if !self.enter(node) {
            return;
        }
        let at = out.len();
        let line = self.line(node);
        match node {
            Stmt::FunctionDef(it) => {
                let index = self.function(it);
                let line = self.module.functions[index].line;
                out.push(Statement { line, kind: StatementKind::Function(index) });
            }
            Stmt::ClassDef(it) => {
                for decorator in &it.decorator_list {
                    let value = self.expression(&decorator.expression);
                    out.push(Statement { line: value.line, kind: StatementKind::Expression(value) });
                }
                let index = self.class(it);
                let line = self.module.classes[index].line;
                out.push(Statement { line, kind: StatementKind::Class(index) });
            }
            Stmt::Import(it) => {
                for alias in &it.names {
                    let module = self.slice(alias.name.range);
                    let names = alias
                        .asname
                        .as_ref()
                        .map_or(ImportNames::Dotted, |local| ImportNames::Whole(self.slice(local.range)));
                    self.import(line, module, names, out);
                }
            }
            Stmt::ImportFrom(it) => {
                let module = self.module_name(it);
                let names = if it.names.iter().any(|alias| alias.name.id.as_str() == "*") {
                    ImportNames::Star
                } else {
                    let local = |alias: &ruff_python_ast::Alias| {
                        let name = self.slice(alias.name.range);
                        (name, alias.asname.as_ref().map_or(name, |local| self.slice(local.range)))
                    };
                    ImportNames::Named(it.names.iter().map(local).collect())
                };
                self.import(line, module, names, out);
            }
            Stmt::Expr(it) if matches!(*it.value, Node::StringLiteral(_)) => {}
            Stmt::Assign(it) => self.assignment(&it.targets, &it.value, line, out),
            Stmt::AnnAssign(it) => {
                if let Some(value) = &it.value {
                    let target = self.pattern(&it.target);
                    let value = self.expression(value);
                    out.push(Statement {
                        line,
                        kind: StatementKind::Assign { target, value, augmented: false },
                    });
                }
            }
            Stmt::AugAssign(it) => {
                let target = self.pattern(&it.target);
                self.changes(&target, true);
                let value = self.expression(&it.value);
                out.push(Statement { line, kind: StatementKind::Assign { target, value, augmented: true } });
            }
            Stmt::Global(it) => {
                self.module.changed.extend(it.names.iter().map(|name| self.file.slice(name.range)))
            }
            Stmt::Nonlocal(it) => {
                self.module.changed.extend(it.names.iter().map(|name| self.file.slice(name.range)))
            }
            other => {
                if let Some(kind) = self.compound(other) {
                    out.push(Statement { line, kind });
                }
            }
        }
        if !self.bound.is_empty() {
            out.splice(at..at, self.bound.drain(..));
        }
        self.leave();
    }

    /// What an assignment changes that was declared before: a field, or a name that is counted up.
    fn changes(&mut self, target: &Pattern<'s>, augmented: bool) {
        match target {
            Pattern::Name(name) if augmented => {
                self.module.changed.insert(name);
            }
            // The constructor declares fields.
            Pattern::Place(place) if self.module.functions[self.function].name != "__init__" => {
                self.module.changed.insert(place.last_name());
            }
            _ => {}
        }
    }

    /// `a = b = value`: the others get what the last one got.
    fn assignment(&mut self, targets: &[Node], node: &Node, line: u32, out: &mut Vec<Statement<'s>>) {
        let Some((last, others)) = targets.split_last() else { return };
        let target = self.pattern(last);
        self.changes(&target, false);
        let value = self.expression(node);
        out.push(Statement { line, kind: StatementKind::Assign { target, value, augmented: false } });
        // A name can be written again; what is made stays one.
        let plain = matches!(node, Node::Name(_) | Node::Attribute(_)) || node.is_literal_expr();
        for other in others {
            let target = self.pattern(other);
            self.changes(&target, false);
            let value = self.expression(if plain { node } else { last });
            out.push(Statement { line, kind: StatementKind::Assign { target, value, augmented: false } });
        }
    }

    fn compound(&mut self, node: &Stmt) -> Option<StatementKind<'s>> {
        Some(match node {
            Stmt::Return(it) => StatementKind::Return(it.value.as_ref().map(|value| self.expression(value))),
            Stmt::Raise(it) => StatementKind::Raise(it.exc.as_ref().map(|value| self.expression(value))),
            Stmt::If(it) => {
                let test = self.expression(&it.test);
                let outer = self.types_only;
                self.types_only |= test.last_name() == "TYPE_CHECKING";
                let then = self.block(&it.body);
                self.types_only = outer;
                let otherwise = self.clauses(&it.elif_else_clauses);
                StatementKind::If { test, then, otherwise }
            }
            Stmt::While(it) => {
                let head = self.expression(&it.test);
                let mut body = self.block(&it.body);
                body.extend(self.block(&it.orelse));
                StatementKind::Loop(Loop { line: self.line(it), binding: None, head, body })
            }
            Stmt::For(it) => {
                let binding = Some(self.pattern(&it.target));
                let head = self.expression(&it.iter);
                let mut body = self.block(&it.body);
                body.extend(self.block(&it.orelse));
                StatementKind::Loop(Loop { line: self.line(it), binding, head, body })
            }
            Stmt::Try(it) => self.try_statement(it),
            Stmt::With(it) => self.with(it),
            Stmt::Match(it) => {
                let subject = self.expression(&it.subject);
                let cases = it.cases.iter().map(|case| self.case(case)).collect();
                StatementKind::Switch { subject, cases }
            }
            Stmt::Break(_) => StatementKind::Break,
            Stmt::Continue(_) => StatementKind::Continue,
            Stmt::Expr(it) => StatementKind::Expression(self.expression(&it.value)),
            Stmt::Assert(it) => {
                let parts =
                    std::iter::once(&it.test).chain(&it.msg).map(|part| self.expression(part)).collect();
                StatementKind::Expression(Expr::new(self.line(it), Kind::Other(parts)))
            }
            Stmt::Delete(it) => {
                let parts = it.targets.iter().map(|part| self.expression(part)).collect();
                StatementKind::Expression(Expr::new(self.line(it), Kind::Other(parts)))
            }
            _ => return None,
        })
    }

    fn clauses(&mut self, clauses: &[ElifElseClause]) -> Vec<Statement<'s>> {
        let mut otherwise = Vec::new();
        for clause in clauses.iter().rev() {
            let line = self.line(clause);
            otherwise = match &clause.test {
                Some(test) => {
                    let test = self.expression(test);
                    let then = self.block(&clause.body);
                    vec![Statement { line, kind: StatementKind::If { test, then, otherwise } }]
                }
                None => self.block(&clause.body),
            };
        }
        otherwise
    }

    fn try_statement(&mut self, it: &StmtTry) -> StatementKind<'s> {
        let catches_imports = it.handlers.iter().any(|ExceptHandler::ExceptHandler(handler)| {
            handler.type_.as_ref().is_none_or(|caught| {
                let caught = self.slice(caught.range());
                ["ImportError", "ModuleNotFoundError", "Exception"].iter().any(|name| caught.contains(name))
            })
        });
        let outer = self.caught;
        if catches_imports {
            self.caught = Caught::Yes;
        }
        let body = self.block(&it.body);
        self.caught = outer;
        let mut handlers = Vec::new();
        for ExceptHandler::ExceptHandler(handler) in &it.handlers {
            let caught = handler.type_.as_ref().map(|caught| self.expression(caught));
            handlers.push(Handler { line: self.line(handler), caught, body: self.block(&handler.body) });
        }
        let mut after = self.block(&it.orelse);
        after.extend(self.block(&it.finalbody));
        StatementKind::Try(Try { body, handlers, after })
    }

    fn with(&mut self, it: &StmtWith) -> StatementKind<'s> {
        let mut heads = Vec::new();
        let mut body = Vec::new();
        for item in &it.items {
            let line = self.line(item);
            let value = self.expression(&item.context_expr);
            match &item.optional_vars {
                Some(alias) => {
                    let target = self.pattern(alias);
                    body.push(Statement {
                        line,
                        kind: StatementKind::Assign { target, value, augmented: false },
                    });
                }
                None => heads.push(value),
            }
        }
        body.extend(self.block(&it.body));
        StatementKind::Block { heads, body }
    }

    fn case(&mut self, case: &MatchCase) -> Case<'s> {
        let mut values = Vec::new();
        self.case_values(&case.pattern, &mut values);
        let mut body = self.block(&case.body);
        if let Some(guard) = &case.guard {
            let test = self.expression(guard);
            let then = std::mem::take(&mut body);
            body.push(Statement {
                line: test.line,
                kind: StatementKind::If { test, then, otherwise: Vec::new() },
            });
        }
        Case { line: self.line(case), values, body }
    }

    fn case_values(&mut self, pattern: &CasePattern, values: &mut Vec<Expr<'s>>) {
        if !self.enter(pattern) {
            return;
        }
        match pattern {
            CasePattern::MatchValue(it) => values.push(self.expression(&it.value)),
            CasePattern::MatchOr(it) => it.patterns.iter().for_each(|part| self.case_values(part, values)),
            CasePattern::MatchAs(it) => {
                if let Some(inner) = &it.pattern {
                    self.case_values(inner, values);
                }
            }
            CasePattern::MatchMapping(it) => {
                for (key, part) in it.keys.iter().zip(&it.patterns) {
                    let key = Some(self.expression(key));
                    let mut inner = Vec::new();
                    self.case_values(part, &mut inner);
                    let line = self.line(part);
                    let value = match <[_; 1]>::try_from(inner) {
                        Ok([only]) => only,
                        Err(several) => Expr::new(line, Kind::Other(several)),
                    };
                    let entry = super::Entry { key, value };
                    values.push(Expr::new(line, Kind::Record(vec![entry])));
                }
            }
            _ => {}
        }
        self.leave();
    }

    pub fn pattern(&mut self, node: &Node) -> Pattern<'s> {
        if !self.enter(node) {
            return Pattern::Hole;
        }
        let pattern = match node {
            Node::Name(it) => Pattern::Name(self.slice(it.range)),
            Node::Tuple(it) => Pattern::List(it.elts.iter().map(|part| self.pattern(part)).collect()),
            Node::List(it) => Pattern::List(it.elts.iter().map(|part| self.pattern(part)).collect()),
            Node::Starred(it) => Pattern::Rest(Box::new(self.pattern(&it.value))),
            other => Pattern::Place(self.expression(other)),
        };
        self.leave();
        pattern
    }
}
