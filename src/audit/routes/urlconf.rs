//! URLconf files: `urlpatterns`, `path`, `re_path`, `include`, nested as Django nests them.

use std::collections::BTreeSet;

use crate::audit::code::visit::{self, Part};
use crate::audit::code::{Call, Expr, Kind, Parameter, ParameterKind, Pattern, StatementKind};
use crate::audit::flags::Flags;
use crate::audit::program::{
    Bound, Definition, Given, Piece, Program, Site, Step, Taken, Text, bind, taken, within,
};
use crate::audit::urls::{Slash, UrlPath, of_path, of_regex};

use super::{Entrance, Passage, Route, Routes, View, ninja, router, shadowed, view};

/// Deeper includes than this are given up: a URLconf that includes itself must not hang the audit.
const DEEPEST: u32 = 24;

pub(super) fn read<'p>(program: &Program<'p>, flags: &Flags<'_, 'p>) -> Routes {
    let mut reader = Reader {
        program,
        flags,
        routes: Routes::default(),
        open: Vec::new(),
        includes: Vec::new(),
        calls: Vec::new(),
    };
    let roots = roots(program);
    reader.routes.complete = !roots.is_empty();
    for unit in roots {
        let first = reader.routes.routes.len();
        reader.urlconf(unit, "", DEEPEST);
        shadowed::mark(program, &mut reader.routes.routes[first..]);
    }
    reader.routes
}

/// What `ROOT_URLCONF` names; without one, the URLconfs that no other includes.
fn roots(program: &Program<'_>) -> BTreeSet<usize> {
    let mut roots = BTreeSet::new();
    let mut confs = Vec::new();
    for unit in program.python_with(["ROOT_URLCONF", "urlpatterns"]) {
        let top = Site { unit, function: 0 };
        for statement in &program.function(top).body {
            let StatementKind::Assign { target: Pattern::Name(name), value, .. } = &statement.kind else {
                continue;
            };
            match *name {
                "ROOT_URLCONF" => {
                    let texts = program.texts(value, top, None);
                    let modules = texts.iter().filter_map(crate::audit::program::Text::exact);
                    roots.extend(
                        modules.filter_map(|module| {
                            program.python_modules().resolve(program.path(unit), &module)
                        }),
                    );
                }
                "urlpatterns" => confs.push(unit),
                _ => {}
            }
        }
    }
    if !roots.is_empty() {
        return roots;
    }
    let mut included = BTreeSet::new();
    for call in program.calls_named("include") {
        if let Some(target) = call.call.positional(0) {
            included.extend(included_modules(program, target, call.site));
        }
    }
    confs.into_iter().filter(|unit| !included.contains(unit)).collect()
}

/// The URLconf files that the argument of `include` means.
fn included_modules(program: &Program<'_>, target: &Expr<'_>, site: Site) -> Vec<usize> {
    if let Kind::List(items) = &target.kind {
        return items.first().map(|first| included_modules(program, first, site)).unwrap_or_default();
    }
    match target.literal() {
        Some(module) => {
            program.python_modules().resolve(program.path(site.unit), module).into_iter().collect()
        }
        None => Vec::new(),
    }
}

pub(super) struct Reader<'r, 'p> {
    pub program: &'r Program<'p>,
    flags: &'r Flags<'r, 'p>,
    pub routes: Routes,
    /// URLconfs being read, against cycles.
    open: Vec<(usize, String)>,
    /// The lines that include what is being read.
    includes: Vec<(usize, u32)>,
    /// The calls of functions that give back what is being read, outermost first.
    calls: Vec<Given<'p>>,
}

impl<'p> Reader<'_, 'p> {
    fn urlconf(&mut self, unit: usize, prefix: &str, left: u32) {
        let key = (unit, prefix.to_owned());
        let Some(left) = left.checked_sub(1) else { return };
        if self.open.contains(&key) {
            return;
        }
        self.open.push(key);
        self.list("urlpatterns", Site { unit, function: 0 }, prefix, left);
        self.open.pop();
    }

    /// Everything put into the list of this name at a module's top level, and not taken out again.
    fn list(&mut self, name: &str, top: Site, prefix: &str, left: u32) {
        let program = self.program;
        let mut values: Vec<(&'p Expr<'p>, Option<String>)> = Vec::new();
        let is_list = |expr: &Expr<'p>| expr.is_name(name);
        visit::function(program.function(top), &mut |part, context| {
            if program.never_runs(context, top) {
                return;
            }
            let asks = context.guards.iter().filter(|guard| !program.is_always(guard.test, top, guard.holds));
            let asks: Vec<_> = asks.filter(|it| self.flags.mentioned(it.test, top).is_none()).collect();
            let doubt = asks.iter().find(|it| program.is_configured(it.test, top));
            let doubt = doubt.map(|it| format!("line {} asks whether it is routed", it.test.line));
            if let Some((line, what)) = taken(part, &is_list) {
                let sure = matches!(what, Taken::All) && asks.is_empty();
                let lost = || Some(format!("line {line} takes routes out of the list again"));
                match sure {
                    true => values.clear(),
                    false => values.iter_mut().for_each(|(_, doubt)| *doubt = lost()),
                }
            }
            match part {
                Part::Statement(statement) => {
                    if let StatementKind::Assign { target: Pattern::Name(target), value, augmented } =
                        &statement.kind
                        && *target == name
                    {
                        let replaces = !augmented && asks.is_empty() && context.tries.is_empty();
                        if replaces && !visit::any(value, |part| part.is_name(name)) {
                            values.clear();
                        }
                        values.push((value, doubt));
                    }
                }
                Part::Expression(expr) => {
                    if let Kind::Call(call) = &expr.kind
                        && matches!(call.callee.last_name(), "append" | "extend" | "insert")
                        && call.callee.receiver().is_some_and(|receiver| receiver.is_name(name))
                        && let Some(last) = call.arguments.last()
                    {
                        values.push((&last.value, doubt));
                    }
                }
            }
        });
        for (value, doubt) in values {
            let first = self.routes.routes.len();
            self.patterns(value, top, prefix, left);
            let Some(doubt) = doubt else { continue };
            for route in &mut self.routes.routes[first..] {
                route.entrance.around = Some(Passage::Unclear(doubt.clone()));
            }
        }
    }

    /// A list of patterns, or one pattern, in any of the ways they are put together.
    fn patterns(&mut self, expr: &'p Expr<'p>, site: Site, prefix: &str, left: u32) {
        let Some(left) = left.checked_sub(1) else { return };
        match &expr.kind {
            Kind::List(items) => items.iter().for_each(|item| self.patterns(item, site, prefix, left)),
            Kind::Operation(_, parts) => {
                parts.iter().for_each(|part| self.patterns(part, site, prefix, left))
            }
            Kind::Choice(parts) => parts[1..].iter().for_each(|part| self.patterns(part, site, prefix, left)),
            Kind::Spread(inner) => self.patterns(inner, site, prefix, left),
            Kind::Comprehension(inner) => self.patterns(&inner.element, site, prefix, left),
            Kind::Call(call) => self.call(call, site, prefix, left),
            Kind::Member(object, "urls") if self.is_router(object, site) => {
                router::routes(self, object, site, prefix);
            }
            Kind::Member(object, "urls") if ninja::made(self.program, object, site).is_some() => {
                ninja::routes(self, object, site, prefix, left);
            }
            Kind::Name(name) if *name == "urlpatterns" => {}
            Kind::Name(_) | Kind::Member(..) => self.named(expr, site, prefix, left),
            _ => {}
        }
    }

    fn is_router(&self, object: &'p Expr<'p>, site: Site) -> bool {
        router::made(self.program, object, site).is_some()
    }

    /// A list kept under another name, here or in another module.
    fn named(&mut self, expr: &'p Expr<'p>, site: Site, prefix: &str, left: u32) {
        let definitions = self.program.resolve(expr, site);
        if definitions.is_empty() {
            self.unknown(prefix);
        }
        for definition in definitions {
            match definition {
                Definition::Value(value, owner) => self.patterns(value, owner, prefix, left),
                Definition::Module(unit) => self.urlconf(unit, prefix, left),
                Definition::Parameter(function, index, steps) => {
                    self.given((function, index, &steps), prefix, left);
                }
                // Not to be looked into: what lies below is not known.
                _ => self.unknown(prefix),
            }
        }
    }

    /// The patterns that a function is given of which the list is made.
    fn given(&mut self, (function, index, steps): (Site, usize, &[Step<'p>]), prefix: &str, left: u32) {
        let Some(at) = self.calls.iter().rposition(|(known, ..)| *known == function) else {
            return self.unknown(prefix);
        };
        let (_, call, caller) = self.calls[at];
        let is_rest = |it: &Parameter<'_>| it.kind == ParameterKind::Rest && steps.is_empty();
        let values: Vec<&'p Expr<'p>> = match bind(self.program, call, function, index, steps) {
            Bound::Argument(value, done) if done == steps.len() => vec![value],
            _ if self.program.function(function).parameters.get(index).is_some_and(is_rest) => {
                let given = call.arguments.iter().filter(|given| given.name.is_none());
                given.skip(index).map(|given| &given.value).collect()
            }
            _ => return self.unknown(prefix),
        };
        let inner = self.calls.split_off(at);
        values.into_iter().for_each(|value| self.patterns(value, caller, prefix, left));
        self.calls.extend(inner);
    }

    fn unknown(&mut self, prefix: &str) {
        self.routes.unknown.push(UrlPath::of_route(prefix, None));
    }

    fn call(&mut self, call: &'p Call<'p>, site: Site, prefix: &str, left: u32) {
        match call.callee.last_name() {
            "path" | "re_path" | "url" => self.path(call, site, prefix, left),
            "include" => {
                if let Some(target) = call.positional(0) {
                    self.include(target, site, prefix, left);
                }
            }
            "static" | "staticfiles_urlpatterns" => {}
            _ => {
                let program = self.program;
                let inside = program.functions(&call.callee, site);
                if inside.is_empty() {
                    call.arguments
                        .iter()
                        .for_each(|argument| self.patterns(&argument.value, site, prefix, left));
                }
                for function in inside {
                    self.calls.push((function, call, site));
                    for value in program.returns(function) {
                        self.patterns(value, function, prefix, left);
                    }
                    self.calls.pop();
                }
            }
        }
    }

    fn path(&mut self, call: &'p Call<'p>, site: Site, prefix: &str, left: u32) {
        let program = self.program;
        let Some(route) = call.positional(0).or_else(|| call.keyword("route")) else { return };
        let Some(target) = call.positional(1).or_else(|| call.keyword("view")) else { return };
        let is_regex = call.callee.last_name() != "path";
        let written = |text: &Text<'_>| match is_regex {
            true => of_regex(&text.with_holes()),
            false => vec![(of_path(&text.with_holes()), None)],
        };
        let made = target.call().filter(|made| made.callee.last_name() == "as_view");
        let view = made.and_then(|made| made.callee.receiver()).unwrap_or(target);
        let outer = made.map(|made| view::options(program, made, site)).unwrap_or_default();
        let pairs = router::pairs(program, route, view, site, call.line);
        if pairs.is_empty() {
            return self.decorated(site, prefix);
        }
        if !matches!(pairs.as_slice(), [(_, only, ..)] if std::ptr::eq(*only, view)) {
            for (route, view, owner, line) in pairs {
                let texts = program.texts(route, owner, None);
                for (own, slash) in texts.iter().flat_map(written) {
                    let path = UrlPath::of_route(&format!("{prefix}{own}"), slash);
                    let (view, inner) = view::target(program, view, owner, &self.calls);
                    self.push_route(owner.unit, line, path, view, outer.clone().or(inner));
                }
            }
            return;
        }
        let texts = within(&self.calls, None, &mut |env| program.texts(route, site, env));
        if texts.iter().all(|text| !text.pieces.iter().any(|it| matches!(it, Piece::Literal(_)))) {
            return self.decorated(site, prefix);
        }
        let zipped = router::zipped(program, &texts, view, site);
        let paths =
            texts.iter().enumerate().flat_map(|(at, text)| written(text).into_iter().map(move |it| (at, it)));
        for (at, (own, slash)) in paths {
            if let Some((view, owner, line)) = zipped.get(at) {
                let path = UrlPath::of_route(&format!("{prefix}{own}"), slash);
                let (view, inner) = view::target(program, view, *owner, &self.calls);
                self.push_route(owner.unit, *line, path, view, outer.clone().or(inner));
                continue;
            }
            let whole = format!("{prefix}{own}");
            let included = target.call().filter(|inner| inner.callee.last_name() == "include");
            if let Some(inner) = included {
                if let Some(inner) = inner.positional(0) {
                    self.include(inner, site, &whole, left);
                }
            } else if matches!(&target.kind, Kind::Member(_, "urls")) {
                self.patterns(target, site, &whole, left);
            } else {
                self.route(call, target, site, (&whole, slash));
                let takes = text_of(&texts[at], is_regex).map(|start| format!("{prefix}{start}"));
                if let Some(route) = self.routes.routes.last_mut() {
                    route.takes = takes;
                }
            }
        }
    }

    /// `@registry.route("session")`, where code of the registry's own puts the routes together: `path(rule, view)`.
    fn decorated(&mut self, registry: Site, prefix: &str) {
        let program = self.program;
        let class = program.class_of(registry);
        let mut known = false;
        for site in program.sites(program.python_units()).filter(|site| !program.is_test(site.unit)) {
            let declared = program.function(site);
            let around = Site { unit: site.unit, function: declared.parent };
            for call in declared.decorators.iter().filter_map(Expr::call) {
                let Some(rule) = call.positional(0).filter(|rule| rule.literal().is_some()) else { continue };
                let registers = |it: &Site| {
                    it.unit == registry.unit && class.is_none_or(|own| program.class_of(*it) == Some(own))
                };
                if !program.functions(&call.callee, around).iter().any(registers) {
                    continue;
                }
                for text in program.texts(rule, around, None) {
                    let path = UrlPath::of_route(&format!("{prefix}{}", of_path(&text.with_holes())), None);
                    self.push_route(site.unit, call.line, path, View::Function(site), Entrance::default());
                    known = true;
                }
            }
        }
        if !known {
            self.unknown(prefix);
        }
    }

    fn route(&mut self, call: &'p Call<'p>, target: &'p Expr<'p>, site: Site, path: (&str, Option<Slash>)) {
        let (view, entrance) = view::target(self.program, target, site, &self.calls);
        let name = call.keyword("name").and_then(Expr::literal).map(str::to_owned);
        let extra = call.positional(2).or_else(|| call.keyword("kwargs"));
        let initial = target.call().is_some_and(|inner| {
            inner.callee.last_name() == "as_view"
                && inner.arguments.iter().any(|argument| argument.name.is_some())
        });
        let extra = extra.is_some_and(|extra| matches!(extra.kind, Kind::Record(_) | Kind::Name(_)));
        // `endpoint("balance/", Balance)`: the call that says the rule is where the route is written.
        let rule = call.positional(0).map(|rule| self.program.texts(rule, site, None)).unwrap_or_default();
        let given = rule.iter().flat_map(|text| &text.pieces).find_map(|piece| match piece {
            Piece::Parameter(function, ..) => self.calls.iter().rfind(|(known, ..)| known == function),
            _ => None,
        });
        let (unit, line) = given.map_or((site.unit, call.line), |(_, call, caller)| (caller.unit, call.line));
        self.routes.routes.push(Route {
            unit,
            line,
            paths: vec![UrlPath::of_route(path.0, path.1)],
            view,
            entrance,
            takes: None,
            name,
            through: self.includes.clone(),
            parametrised: extra || initial,
        });
    }

    fn include(&mut self, target: &'p Expr<'p>, site: Site, prefix: &str, left: u32) {
        self.includes.push((site.unit, target.line));
        self.included(target, site, prefix, left);
        self.includes.pop();
    }

    fn included(&mut self, target: &'p Expr<'p>, site: Site, prefix: &str, left: u32) {
        let Some(left) = left.checked_sub(1) else { return };
        match &target.kind {
            // `include((patterns, "namespace"))`
            Kind::List(items) if matches!(items.as_slice(), [_, Expr { kind: Kind::Text(_), .. }]) => {
                self.included(&items[0], site, prefix, left);
            }
            Kind::Text(module) => {
                match self.program.python_modules().resolve(self.program.path(site.unit), module) {
                    Some(unit) => self.urlconf(unit, prefix, left),
                    None => self.unknown(prefix),
                }
            }
            _ => self.patterns(target, site, prefix, left),
        }
    }

    pub(super) fn push_route(
        &mut self,
        unit: usize,
        line: u32,
        path: UrlPath,
        view: View,
        entrance: Entrance,
    ) {
        self.routes.routes.push(Route {
            unit,
            line,
            paths: vec![path],
            view,
            entrance,
            takes: None,
            name: None,
            through: self.includes.clone(),
            parametrised: false,
        });
    }
}

/// The text with which every path begins that the route takes, where it takes all of them.
fn text_of(route: &Text<'_>, is_regex: bool) -> Option<String> {
    let text = route.exact()?;
    if !is_regex {
        let (start, rest) = text.split_once("<path:")?;
        return (rest.split_once('>')?.1.is_empty() && !start.contains('<')).then(|| start.to_owned());
    }
    let text = text.trim_start_matches('^').trim_end_matches('$');
    let start = [".*", ".+", "(.*)", "(.+)"].iter().find_map(|end| text.strip_suffix(end))?;
    let is_plain = |c: char| c.is_alphanumeric() || "-_/".contains(c);
    start.chars().all(is_plain).then(|| start.to_owned())
}
