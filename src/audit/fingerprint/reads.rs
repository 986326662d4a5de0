//! What a top-level statement reads: names that its own scopes do not bind, dotted texts, attributes of objects.

use std::collections::HashMap;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Comprehension, ExceptHandler, Expr, ExprContext, Parameters, Pattern, Stmt};
use ruff_text_size::{Ranged as _, TextRange};

use super::bind::{Binding, Bindings};

/// A name, with the attributes written behind it: `views.positions` is `[views, positions]`.
#[derive(Debug, Clone)]
pub(super) struct ReadName<'a> {
    pub range: TextRange,
    pub parts: Vec<&'a str>,
    /// The import inside the function that binds the first part.
    pub imported: Option<Binding<'a>>,
    /// Nothing but the module is named, and it is handed on.
    pub in_call: bool,
}

/// Everything that one top-level statement reads.
#[derive(Debug, Default)]
pub(super) struct Reads<'a> {
    pub names: Vec<ReadName<'a>>,
    /// Every text, with those that could be dotted names among them.
    pub texts: Vec<(TextRange, &'a str)>,
    /// Attributes of what only the running program knows: parameters, results of calls.
    pub attributes: Vec<(TextRange, &'a str)>,
    /// `eval`, `importlib.import_module(name)`, `getattr(module, name)`: the file decides.
    pub computed: Vec<TextRange>,
    /// `global` declarations, by the name.
    pub globals: Vec<&'a str>,
}

impl<'a> Reads<'a> {
    pub fn of(statement: &'a Stmt) -> Self {
        let mut reader = ScopedReader { scopes: Vec::new(), reads: Self::default() };
        reader.visit_stmt(statement);
        reader.reads
    }
}

/// The names that one function, class, lambda or comprehension binds; with the import where it is one.
struct LocalNames<'a> {
    bound: HashMap<&'a str, Option<Binding<'a>>>,
    is_class: bool,
}

struct ScopedReader<'a> {
    scopes: Vec<LocalNames<'a>>,
    reads: Reads<'a>,
}

/// Calls that look something up by a text.
const LOOKUPS: [&str; 8] =
    ["eval", "exec", "compile", "__import__", "globals", "locals", "import_module", "import_string"];

impl<'a> ScopedReader<'a> {
    fn in_function(&mut self, parameters: Option<&'a Parameters>, body: &'a [Stmt]) {
        let mut bound: HashMap<&str, Option<Binding<'_>>> = HashMap::new();
        for parameter in parameters.into_iter().flat_map(Parameters::iter) {
            bound.insert(parameter.name().id.as_str(), None);
        }
        let bindings = Bindings::of(body);
        for (name, all) in bindings.names {
            let import = |binding: &Binding<'a>| {
                matches!(binding, Binding::Module { .. } | Binding::Member { .. }).then_some(*binding)
            };
            bound.insert(name, all.iter().find_map(import));
        }
        let mut others = OtherBindings { bound: &mut bound, outer: Vec::new() };
        others.visit_body(body);
        let outer = others.outer;
        for name in outer {
            bound.remove(name);
            self.reads.globals.push(name);
        }
        self.scopes.push(LocalNames { bound, is_class: false });
        self.visit_body(without_docstring(body));
        self.scopes.pop();
    }

    fn comprehension(&mut self, generators: &'a [Comprehension], parts: &[&'a Expr]) {
        let mut bound = HashMap::new();
        generators.iter().for_each(|it| targets(&it.target, &mut bound));
        if let Some(first) = generators.first() {
            self.visit_expr(&first.iter);
        }
        self.scopes.push(LocalNames { bound, is_class: false });
        for (at, generator) in generators.iter().enumerate() {
            if at > 0 {
                self.visit_expr(&generator.iter);
            }
            self.visit_expr(&generator.target);
            generator.ifs.iter().for_each(|test| self.visit_expr(test));
        }
        parts.iter().for_each(|part| self.visit_expr(part));
        self.scopes.pop();
    }

    /// What the innermost scope that binds it says; `None`: the module, or nothing.
    fn local(&self, name: &str) -> Option<Option<Binding<'a>>> {
        let inner = self.scopes.len().saturating_sub(1);
        let visible = |(at, scope): &(usize, &LocalNames<'a>)| !scope.is_class || *at == inner;
        let mut visible = self.scopes.iter().enumerate().rev().filter(visible);
        visible.find_map(|(_, scope)| scope.bound.get(name).copied())
    }

    /// `root.a.b`, read as one.
    fn chain(&mut self, root: &'a str, mut parts: Vec<&'a str>, range: TextRange, in_call: bool) {
        match self.local(root) {
            Some(None) => self.reads.attributes.extend(parts.into_iter().map(|part| (range, part))),
            found => {
                parts.insert(0, root);
                let imported = found.flatten();
                self.reads.names.push(ReadName { range, parts, imported, in_call });
            }
        }
    }

    fn argument(&mut self, argument: &'a Expr) {
        if let Expr::Name(name) = argument {
            self.chain(&name.id, Vec::new(), name.range, true);
        } else if let Some((root, parts)) = dotted(argument) {
            self.chain(root, parts, argument.range(), true);
        } else {
            self.visit_expr(argument);
        }
    }
}

impl<'a> Visitor<'a> for ScopedReader<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(it) => {
                it.decorator_list.iter().for_each(|decorator| self.visit_decorator(decorator));
                self.visit_parameters(&it.parameters);
                it.returns.iter().for_each(|returns| self.visit_annotation(returns));
                self.in_function(Some(&it.parameters), &it.body);
            }
            Stmt::ClassDef(it) => {
                it.decorator_list.iter().for_each(|decorator| self.visit_decorator(decorator));
                it.arguments.iter().for_each(|arguments| self.visit_arguments(arguments));
                let names = Bindings::of(&it.body).names;
                let bound = names.into_keys().map(|name| (name, None)).collect();
                self.scopes.push(LocalNames { bound, is_class: true });
                self.visit_body(without_docstring(&it.body));
                self.scopes.pop();
            }
            Stmt::Import(_) | Stmt::ImportFrom(_) => {}
            _ => visitor::walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Name(name) if name.ctx != ExprContext::Store => {
                self.chain(&name.id, Vec::new(), name.range, false);
            }
            Expr::Name(_) => {}
            Expr::Attribute(it) => match dotted(expression) {
                Some((root, parts)) => self.chain(root, parts, it.range, false),
                None => {
                    self.reads.attributes.push((it.range, &it.attr.id));
                    self.visit_expr(&it.value);
                }
            },
            Expr::Call(it) => {
                let range = it.range();
                let called = match &*it.func {
                    Expr::Name(name) => name.id.as_str(),
                    Expr::Attribute(attribute) => attribute.attr.id.as_str(),
                    _ => "",
                };
                if LOOKUPS.contains(&called) && !(called == "compile" && it.func.is_attribute_expr()) {
                    self.reads.computed.push(range);
                }
                if called == "getattr"
                    && let [object, name, ..] = &*it.arguments.args
                    && let Some((root, mut parts)) = dotted(object).or_else(|| bare(object))
                {
                    match name {
                        Expr::StringLiteral(text) => {
                            parts.push(text.value.to_str());
                            self.chain(root, parts, range, false);
                        }
                        _ if self.local(root).is_none() => self.reads.computed.push(range),
                        _ => {}
                    }
                }
                self.visit_expr(&it.func);
                it.arguments.args.iter().for_each(|argument| self.argument(argument));
                it.arguments.keywords.iter().for_each(|keyword| self.argument(&keyword.value));
            }
            Expr::StringLiteral(it) => self.reads.texts.push((it.range, it.value.to_str())),
            Expr::Lambda(it) => {
                let mut bound = HashMap::new();
                if let Some(parameters) = &it.parameters {
                    self.visit_parameters(parameters);
                    bound.extend(parameters.iter().map(|parameter| (parameter.name().id.as_str(), None)));
                }
                self.scopes.push(LocalNames { bound, is_class: false });
                self.visit_expr(&it.body);
                self.scopes.pop();
            }
            Expr::ListComp(it) => self.comprehension(&it.generators, &[&it.elt]),
            Expr::SetComp(it) => self.comprehension(&it.generators, &[&it.elt]),
            Expr::Generator(it) => self.comprehension(&it.generators, &[&it.elt]),
            Expr::DictComp(it) => {
                let parts: Vec<&Expr> = it.key.as_deref().into_iter().chain([&*it.value]).collect();
                self.comprehension(&it.generators, &parts);
            }
            _ => visitor::walk_expr(self, expression),
        }
    }
}

/// What a function binds besides what `Bindings` knows: `except … as`, captures of `match`, `:=`; and `global`.
struct OtherBindings<'b, 'a> {
    bound: &'b mut HashMap<&'a str, Option<Binding<'a>>>,
    outer: Vec<&'a str>,
}

impl<'a> Visitor<'a> for OtherBindings<'_, 'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
            Stmt::Global(it) => self.outer.extend(it.names.iter().map(|name| name.id.as_str())),
            _ => visitor::walk_stmt(self, statement),
        }
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(it) = handler;
        if let Some(name) = &it.name {
            self.bound.entry(&name.id).or_default();
        }
        visitor::walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        let name = match pattern {
            Pattern::MatchAs(it) => it.name.as_ref(),
            Pattern::MatchStar(it) => it.name.as_ref(),
            Pattern::MatchMapping(it) => it.rest.as_ref(),
            _ => None,
        };
        if let Some(name) = name {
            self.bound.entry(&name.id).or_default();
        }
        visitor::walk_pattern(self, pattern);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        if let Expr::Named(it) = expression
            && let Expr::Name(name) = &*it.target
        {
            self.bound.entry(&name.id).or_default();
        }
        visitor::walk_expr(self, expression);
    }
}

fn targets<'a>(target: &'a Expr, bound: &mut HashMap<&'a str, Option<Binding<'a>>>) {
    match target {
        Expr::Name(name) => {
            bound.insert(&name.id, None);
        }
        Expr::Tuple(it) => it.elts.iter().for_each(|part| targets(part, bound)),
        Expr::List(it) => it.elts.iter().for_each(|part| targets(part, bound)),
        Expr::Starred(it) => targets(&it.value, bound),
        _ => {}
    }
}

/// The root and the attributes of `root.a.b`.
pub(super) fn dotted(expression: &Expr) -> Option<(&str, Vec<&str>)> {
    let mut parts = Vec::new();
    let mut at = expression;
    while let Expr::Attribute(it) = at {
        parts.push(it.attr.id.as_str());
        at = &it.value;
    }
    let Expr::Name(name) = at else { return None };
    parts.reverse();
    (!parts.is_empty()).then_some((name.id.as_str(), parts))
}

fn bare(expression: &Expr) -> Option<(&str, Vec<&str>)> {
    match expression {
        Expr::Name(name) => Some((name.id.as_str(), Vec::new())),
        _ => None,
    }
}

/// A text that is the first statement of a body says something to people only.
pub(super) fn docstring(body: &[Stmt]) -> Option<&Stmt> {
    let first = body.first()?;
    matches!(first, Stmt::Expr(it) if it.value.is_string_literal_expr()).then_some(first)
}

fn without_docstring(body: &[Stmt]) -> &[Stmt] {
    &body[usize::from(docstring(body).is_some())..]
}
