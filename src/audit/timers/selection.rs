//! Which of several jobs a loop comes to: all that its list holds, a part of them, or some that could not be followed.

use crate::audit::code::visit::{self, Context, Part};
use crate::audit::code::{Call, Comprehension, Expr, Kind, Loop, Pattern, Statement, StatementKind};
use crate::audit::program::{CallSite, Definition, Site};

use super::Start;
use super::conditions::{Hurdles, StandIn};
use super::taken_out::ADDS;

/// Names and functions from a loop to the list that it runs over.
const FARTHEST: u32 = 5;

/// Functions that give back as many as they are given.
const SAME: [&str; 17] = [
    "list",
    "tuple",
    "sorted",
    "reversed",
    "enumerate",
    "iter",
    "copy",
    "deepcopy",
    "values",
    "items",
    "keys",
    "set",
    "zip",
    "shuffled",
    "gather",
    "chain",
    "from_iterable",
];

impl<'p> Hurdles<'_, '_, 'p> {
    /// Whether all that stands around a place, in its own function, lets a job through.
    pub fn through(&self, context: &Context<'p, 'p>, site: Site, subject: &StandIn) -> Start {
        let mut subject = subject.clone();
        let mut start = Start::Sure;
        for outer in &context.loops {
            let Some(binding) = &outer.binding else { continue };
            let names = names(binding);
            if !names.contains(&root(&subject.job)) {
                continue;
            }
            let own = root(&subject.job).to_owned();
            subject.beside.extend(names.into_iter().filter(|name| *name != own).map(str::to_owned));
            start = start
                .and(self.over(&outer.head, site, FARTHEST))
                .and(self.goes_on(outer, site, &subject))
                .and(self.emptied(&outer.head, site));
        }
        let tests = context.guards.iter().map(|guard| self.lets(guard.test, site, guard.holds, &subject));
        tests.fold(start, Start::and)
    }

    /// Whether a loop over jobs comes to the second of them.
    fn goes_on(&self, of: &'p Loop<'p>, site: Site, subject: &StandIn) -> Start {
        let mut found = Start::Sure;
        visit::block(&of.body, &mut |part, context| {
            let Part::Statement(Statement { kind: StatementKind::Break | StatementKind::Return(_), line }) =
                part
            else {
                return;
            };
            let own = context.loops.is_empty() && context.handling == 0;
            if !own || self.program.never_runs(context, site) {
                return;
            }
            let chooses = context.guards.iter().any(|it| self.tells_apart(it.test, subject));
            if context.guards.is_empty() || chooses {
                found = Start::Unclear(format!("its loop over the jobs ends in {}", self.line(*line, site)));
            }
        });
        found
    }

    /// Whether all that is registered is among what a loop runs over.
    fn over(&self, head: &'p Expr<'p>, site: Site, left: u32) -> Start {
        let unclear = || {
            Start::Unclear(format!("which jobs {} runs could not be followed", self.line(head.line, site)))
        };
        let Some(left) = left.checked_sub(1) else { return unclear() };
        match &head.kind {
            Kind::Name(_) => {
                let values = self.program.origins(head, site).into_iter();
                values
                    .filter(|(value, _)| !std::ptr::eq(*value, head) && !self.is_filled(head, value))
                    .map(|(value, owner)| self.over(value, owner, left))
                    .fold(Start::Sure, Start::and)
            }
            Kind::Member(..) => {
                // A property: `for job in self.active`.
                let callees = self.program.resolve(head, site).into_iter().filter_map(|it| match it {
                    Definition::Function(function) => Some(function),
                    _ => None,
                });
                self.returned(callees.collect(), left).unwrap_or(Start::Sure)
            }
            Kind::List(items) if items.is_empty() => Start::Never("its loop runs over nothing".to_owned()),
            Kind::List(_) | Kind::Record(_) => Start::Sure,
            Kind::Await(inner) | Kind::Spread(inner) => self.over(inner, site, left),
            Kind::Choice(parts) => {
                let both = parts[1..].iter().map(|part| self.over(part, site, left));
                both.min_by_key(Start::rank).unwrap_or(Start::Sure)
            }
            Kind::Comprehension(inner) => self.comprehended(inner, site, left),
            Kind::Call(call) => self.called(call, site, left).unwrap_or_else(unclear),
            // `jobs[:]`
            Kind::Index(list, at) => match &at.kind {
                Kind::Other(parts) if parts.is_empty() => self.over(list, site, left),
                Kind::Other(_) => unclear(),
                _ => Start::Sure,
            },
            _ => unclear(),
        }
    }

    /// A list that begins empty, and to which code of the tree adds something.
    fn is_filled(&self, named: &'p Expr<'p>, value: &'p Expr<'p>) -> bool {
        let program = self.program;
        let is_empty = matches!(&value.kind, Kind::List(items) if items.is_empty());
        let units = || program.python_with([named.last_name()]);
        let adds = |call: CallSite<'p>| {
            let onto = call.call.callee.receiver().filter(|_| ADDS.contains(&call.call.callee.last_name()));
            onto.is_some_and(|onto| program.is_value(onto, call.site, value))
        };
        is_empty && units().into_iter().flat_map(|unit| program.calls_of(unit)).any(adds)
    }

    fn comprehended(&self, inner: &'p Comprehension<'p>, site: Site, left: u32) -> Start {
        let Some((pattern, over)) = inner.clauses.first() else { return Start::Sure };
        let names = names(pattern);
        let mut subject = StandIn::of(*names.last().unwrap_or(&""));
        subject.beside = names.iter().rev().skip(1).map(|name| (*name).to_owned()).collect();
        let tests = inner.conditions.iter().map(|test| self.lets(test, site, true, &subject));
        tests.fold(self.over(over, site, left), Start::and)
    }

    fn called(&self, call: &'p Call<'p>, site: Site, left: u32) -> Option<Start> {
        let callees = self.program.functions(&call.callee, site);
        if !callees.is_empty() {
            return self.returned(callees, left);
        }
        if !SAME.contains(&call.callee.last_name()) {
            return None;
        }
        let given = call.positional(0).or_else(|| call.callee.receiver())?;
        Some(self.over(given, site, left))
    }

    /// What functions give back; `None` where that could not be found out.
    fn returned(&self, functions: Vec<Site>, left: u32) -> Option<Start> {
        let each = functions.into_iter().map(|function| {
            if self.program.function(function).is_generator {
                return self.yielded(function);
            }
            let values = self.program.returns(function).into_iter();
            values.map(|value| self.over(value, function, left)).reduce(Start::and)
        });
        each.collect::<Option<Vec<Start>>>()?.into_iter().reduce(Start::and)
    }

    /// `for job in self.jobs: if job.due(): yield job`
    fn yielded(&self, function: Site) -> Option<Start> {
        let mut best: Option<Start> = None;
        visit::function(self.program.function(function), &mut |part, context| {
            let Part::Expression(Expr { kind: Kind::Yield(value), .. }) = part else { return };
            let way = match self.program.never_runs(context, function) {
                true => Start::Never("what gives it the jobs gives none".to_owned()),
                false => self.through(context, function, &StandIn::of(value.dotted())),
            };
            best = Start::better_of(best.take(), way);
        });
        best
    }
}

/// The names that a pattern binds, in order.
fn names<'p>(pattern: &Pattern<'p>) -> Vec<&'p str> {
    match pattern {
        Pattern::Name(name) => vec![name],
        Pattern::List(parts) => parts.iter().flat_map(names).collect(),
        Pattern::Rest(inner) => names(inner),
        Pattern::Record(_) | Pattern::Place(_) | Pattern::Hole => Vec::new(),
    }
}

/// `entry` of `entry.job`.
fn root(dotted: &str) -> &str {
    dotted.split(['.', '[']).next().unwrap_or(dotted)
}
