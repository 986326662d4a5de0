//! What a statement that starts or routes something holds for others: other registrations, other routes.
//!
//! `register_all_jobs` registers the job that pushes and, beside it, the REST timer that is to be deleted. Only what
//! is nothing but the same call, or the same kind of list element, for somebody else is left out; everything that
//! could bear on the entry in question stays.

use std::collections::HashSet;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{DictItem, Expr, Stmt, StmtFor};
use ruff_text_size::{Ranged as _, TextRange, TextSize};

use crate::audit::python::PythonFile;

/// The ranges of a statement that belong to others. `mentions` tells whether a range names what is asked about.
pub(super) fn of_others(
    file: &PythonFile<'_>,
    statement: &Stmt,
    mentions: &dyn Fn(TextRange) -> bool,
) -> Vec<TextRange> {
    let mut callees = Callees { file, mentions, found: HashSet::new(), loops: Vec::new() };
    callees.visit_stmt(statement);
    let mut entries = OtherEntries {
        file,
        mentions,
        callees: callees.found,
        dropped: Vec::new(),
        in_own_loop: false,
        is_table: statement.is_assign_stmt() || statement.is_ann_assign_stmt(),
    };
    entries.visit_stmt(statement);
    let mut dropped = entries.dropped;
    if let Stmt::FunctionDef(function) = statement {
        drop_unused(&function.body, &mut dropped);
    } else if let Stmt::ClassDef(class) = statement {
        for method in class.body.iter().filter_map(Stmt::as_function_def_stmt) {
            drop_unused(&method.body, &mut dropped);
        }
    }
    dropped
}

/// The functions that statements call with what is asked about: `registry.register`.
struct Callees<'f, 'm> {
    file: &'f PythonFile<'f>,
    mentions: &'m dyn Fn(TextRange) -> bool,
    found: HashSet<&'f str>,
    /// Variables of loops over it.
    loops: Vec<&'f str>,
}

impl<'a> Visitor<'a> for Callees<'_, '_> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        if let Stmt::Expr(it) = statement
            && let Expr::Call(call) = &*it.value
        {
            let range = call.arguments.range;
            let names_it = |range: TextRange| {
                let names = words(self.file.slice(range));
                names.iter().any(|word| self.loops.contains(word))
            };
            if (self.mentions)(range) || names_it(range) {
                self.found.insert(self.file.slice(call.func.range()));
            }
        }
        if let Stmt::For(it) = statement
            && (self.mentions)(it.iter.range())
        {
            self.loops.extend(words(self.file.slice(it.target.range())));
        }
        visitor::walk_stmt(self, statement);
    }
}

struct OtherEntries<'f, 'm> {
    file: &'f PythonFile<'f>,
    mentions: &'m dyn Fn(TextRange) -> bool,
    callees: HashSet<&'f str>,
    dropped: Vec<TextRange>,
    /// Inside a loop over what is asked about, its variables are it.
    in_own_loop: bool,
    /// An assignment at the top level: its dictionaries may be tables of entries.
    is_table: bool,
}

impl OtherEntries<'_, '_> {
    fn is_others(&self, statement: &Stmt) -> bool {
        if (self.mentions)(statement.range()) {
            return false;
        }
        let all = |body: &[Stmt]| !body.is_empty() && body.iter().all(|it| self.is_others(it));
        match statement {
            Stmt::Expr(it) => match &*it.value {
                Expr::Call(call) => {
                    !self.in_own_loop && self.callees.contains(self.file.slice(call.func.range()))
                }
                _ => false,
            },
            Stmt::For(StmtFor { body, orelse, .. }) => orelse.is_empty() && all(body),
            Stmt::If(it) => all(&it.body) && it.elif_else_clauses.iter().all(|clause| all(&clause.body)),
            _ => false,
        }
    }

    /// Elements of a list in which another one is asked about; `true` if the list is one of entries.
    fn elements(&mut self, elements: &[Expr], list: TextRange) -> bool {
        let own: Vec<usize> =
            (0..elements.len()).filter(|at| (self.mentions)(elements[*at].range())).collect();
        let alike = elements.windows(2).all(|pair| kind(&pair[0]) == kind(&pair[1]));
        if own.is_empty() || !alike || elements.iter().any(|it| kind(it) == 0) {
            return false;
        }
        let last = own.last().copied().unwrap_or(0);
        let own_paths: Vec<&str> = own.iter().filter_map(|at| first_text(&elements[*at])).collect();
        for (at, element) in elements.iter().enumerate() {
            let before_it = at < last && may_shadow(element, &own_paths);
            if !own.contains(&at) && !before_it {
                self.dropped.push(element.range());
            }
            let bracket = list.end() - TextSize::new(1);
            let next = elements.get(at + 1).map_or(bracket, |next| next.start());
            // The comma behind an element goes and comes with its neighbours.
            self.dropped.push(TextRange::new(element.end(), next.max(element.end())));
        }
        true
    }
}

impl OtherEntries<'_, '_> {
    /// Rows of a table of settings, such as Celery's schedule: each a dictionary of its own.
    fn rows(&mut self, rows: &[DictItem], table: TextRange) -> bool {
        let own = |row: &DictItem| (self.mentions)(row.value.range());
        if !rows.iter().all(|row| row.value.is_dict_expr()) || !rows.iter().any(own) {
            return false;
        }
        let start = |row: &DictItem| row.key.as_ref().map_or(row.value.start(), |key| key.start());
        let mut dropped = Vec::new();
        for (at, row) in rows.iter().enumerate() {
            let end = row.value.end();
            let next = rows.get(at + 1).map_or(table.end() - TextSize::new(1), start);
            dropped.push(TextRange::new(if own(row) { end } else { start(row) }, next.max(end)));
        }
        self.dropped.append(&mut dropped);
        true
    }
}

impl<'a> Visitor<'a> for OtherEntries<'_, '_> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        if self.is_others(statement) {
            self.dropped.push(statement.range());
            return;
        }
        if let Stmt::For(it) = statement
            && (self.mentions)(it.iter.range())
        {
            if let Expr::Tuple(tuple) = &*it.iter {
                self.elements(&tuple.elts, tuple.range);
            } else {
                self.visit_expr(&it.iter);
            }
            let outer = std::mem::replace(&mut self.in_own_loop, true);
            self.visit_body(&it.body);
            self.visit_body(&it.orelse);
            self.in_own_loop = outer;
            return;
        }
        visitor::walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        let is_list = match expression {
            Expr::List(it) => self.elements(&it.elts, it.range),
            Expr::Set(it) => self.elements(&it.elts, it.range),
            Expr::Dict(it) if self.is_table => self.rows(&it.items, it.range),
            _ => false,
        };
        if !is_list {
            visitor::walk_expr(self, expression);
        }
    }
}

/// Assignments and imports of a function whose names only what was dropped reads.
fn drop_unused(body: &[Stmt], dropped: &mut Vec<TextRange>) {
    if dropped.is_empty() {
        return;
    }
    #[derive(Default)]
    struct Names<'a>(Vec<(TextRange, &'a str)>);
    impl<'a> Visitor<'a> for Names<'a> {
        fn visit_expr(&mut self, expression: &'a Expr) {
            if let Expr::Name(name) = expression
                && !name.ctx.is_store()
            {
                self.0.push((name.range, &name.id));
            }
            visitor::walk_expr(self, expression);
        }
    }
    let mut names = Names::default();
    names.visit_body(body);
    for statement in body {
        let bound: Vec<&str> = match statement {
            Stmt::Assign(it) => match &*it.targets {
                [Expr::Name(name)] if it.value.is_call_expr() => vec![&name.id],
                _ => continue,
            },
            Stmt::ImportFrom(it) => {
                it.names.iter().map(|it| it.asname.as_ref().unwrap_or(&it.name).id.as_str()).collect()
            }
            _ => continue,
        };
        let uses: Vec<TextRange> =
            names.0.iter().filter(|(_, name)| bound.contains(name)).map(|(range, _)| *range).collect();
        let is_dropped = |range: &TextRange| dropped.iter().any(|dropped| dropped.contains_range(*range));
        if !uses.is_empty() && uses.iter().all(is_dropped) {
            dropped.push(statement.range());
        }
    }
}

/// Elements of one list are entries if they are of one kind; numbers and the like are none.
fn kind(element: &Expr) -> u8 {
    match element {
        Expr::Call(_) => 1,
        Expr::Tuple(_) | Expr::List(_) => 2,
        Expr::Name(_) | Expr::Attribute(_) => 3,
        Expr::StringLiteral(_) => 4,
        Expr::Dict(_) => 5,
        _ => 0,
    }
}

fn first_text(element: &Expr) -> Option<&str> {
    let first = match element {
        Expr::Call(call) => call.arguments.args.first()?,
        Expr::Tuple(tuple) => tuple.elts.first()?,
        _ => return None,
    };
    first.as_string_literal_expr().map(|it| it.value.to_str())
}

/// Django takes the first route that fits: one before it may answer in its stead.
fn may_shadow(element: &Expr, own: &[&str]) -> bool {
    let Expr::Call(call) = element else { return false };
    let name = match &*call.func {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.id.as_str(),
        _ => return true,
    };
    match name {
        "path" => match first_text(element) {
            Some(text) => text.contains('<') || own.iter().any(|own| own.starts_with(text)),
            None => true,
        },
        "re_path" | "url" => true,
        _ => false,
    }
}

/// The identifiers in a piece of source.
fn words(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect()
}
