//! The ways from where a process starts to a place in the code: which tests stand on them, and which loop goes
//! round and round there.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use crate::audit::code::visit::{self, Context, Part};
use crate::audit::code::{Expr, Kind, Loop, Role, Statement, StatementKind};
use crate::audit::paths;
use crate::audit::program::{CallSite, Given, Program, Site, mentioned, within};
use crate::audit::websocket::gates;

use super::conditions::{Hurdles, StandIn};
use super::{Start, loops, threads};

/// Calls up to where a process starts; what lies farther is not known.
const MAX_CALLS: u32 = 12;

/// Decorators under which a function stays what it is.
const PLAIN: [&str; 9] = [
    "staticmethod",
    "classmethod",
    "property",
    "override",
    "wraps",
    "abstractmethod",
    "sync_to_async",
    "async_to_sync",
    "transaction.atomic",
];

/// How often something comes to run.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Beat {
    /// Again and again, with pauses of so many seconds; empty where the source does not say how long they are.
    Every(Vec<f64>),
    /// It is handed to something that may repeat it.
    Perhaps,
    Once,
}

impl Beat {
    fn rank(&self) -> u32 {
        match self {
            Self::Every(_) => 0,
            Self::Perhaps => 1,
            Self::Once => 2,
        }
    }
}

/// One way, or the best of several.
#[derive(Debug, Clone)]
pub(super) struct Lead {
    pub start: Start,
    pub beat: Beat,
}

impl Lead {
    fn behind(self, start: Start) -> Self {
        Self { start: start.and(self.start), ..self }
    }

    /// The better of two.
    pub fn or(self, other: Self) -> Self {
        let rank = |way: &Self| (way.start.rank(), way.beat.rank());
        match (self, other) {
            (
                Self { start: Start::Sure, beat: Beat::Every(mut all) },
                Self { start: Start::Sure, beat: Beat::Every(more) },
            ) => {
                all.extend(more);
                Self { start: Start::Sure, beat: Beat::Every(all) }
            }
            (one, other) if rank(&other) < rank(&one) => other,
            (one, _) => one,
        }
    }
}

/// What was found on the way so far, from the place upwards.
#[derive(Clone, Default)]
struct Round<'p> {
    /// The pauses of the innermost loop without an end, and where that stands.
    pauses: Option<(Vec<&'p Expr<'p>>, Site)>,
    /// The pauses of the functions below it, which each round comes to.
    below: Vec<(&'p Expr<'p>, Site)>,
    /// The calls that lead to it, innermost first.
    calls: Vec<Given<'p>>,
    handed_on: bool,
    /// What these calls are given must not be taken out again.
    keeps: bool,
}

/// Functions that are looked at on all ways to one place; beyond that it is not known whether anything leads there.
const MAX_STEPS: usize = 300;

/// How far the ways to one place have been followed.
#[derive(Default)]
pub(super) struct Trail {
    /// The functions of the way that is being taken.
    path: Vec<Site>,
    /// Functions on all ways so far.
    steps: usize,
}

pub(super) struct Leads<'a, 'r, 'p> {
    pub asked: Hurdles<'a, 'r, 'p>,
    /// Management commands that something in the tree starts.
    pub commands: &'a BTreeSet<String>,
    pub approaches: &'a Approaches<'p>,
}

/// How functions are come to, found out once for all timers.
#[derive(Default)]
pub(super) struct Approaches<'p> {
    known: RefCell<HashMap<Site, Rc<Approach<'p>>>>,
    /// The pauses that a function always comes to.
    pauses: RefCell<HashMap<Site, Rc<[&'p Expr<'p>]>>>,
}

/// How one function is come to.
struct Approach<'p> {
    calls: Vec<CallSite<'p>>,
    /// Where it is named besides, and what stands around that; `None` for a text.
    mentions: Vec<(Option<Context<'p, 'p>>, Site)>,
}

impl<'p> Approaches<'p> {
    fn to(&self, program: &Program<'p>, site: Site) -> Rc<Approach<'p>> {
        if let Some(known) = self.known.borrow().get(&site) {
            return Rc::clone(known);
        }
        let calls: Vec<CallSite<'p>> = program.callers(site).filter(|call| call.site != site).collect();
        let mentions = mentions(program, site, &calls);
        let found = Rc::new(Approach { calls, mentions });
        self.known.borrow_mut().insert(site, Rc::clone(&found));
        found
    }

    fn sure_pauses(&self, program: &Program<'p>, site: Site) -> Rc<[&'p Expr<'p>]> {
        let mut pauses = self.pauses.borrow_mut();
        Rc::clone(pauses.entry(site).or_insert_with(|| loops::sure_pauses(program, site).into()))
    }
}

impl<'p> Leads<'_, '_, 'p> {
    /// Whether a place is ever reached, and how often. `subject`: what stands for the timer there.
    pub fn to(&self, context: &Context<'p, 'p>, site: Site, subject: &StandIn, walk: &mut Trail) -> Lead {
        let own = self.asked.through(context, site, subject);
        self.around(context, site, Round::default(), walk, MAX_CALLS).behind(own)
    }

    /// The same of the call that registers a timer; what that registered must stay where it is.
    pub fn to_call(
        &self,
        context: &Context<'p, 'p>,
        CallSite { call, site }: CallSite<'p>,
        subject: &StandIn,
        walk: &mut Trail,
    ) -> Lead {
        let own = self.asked.through(context, site, subject).and(self.asked.taken_out(call, site));
        let round = Round { keeps: true, ..Round::default() };
        self.around(context, site, round, walk, MAX_CALLS).behind(own)
    }

    fn around(
        &self,
        context: &Context<'p, 'p>,
        site: Site,
        mut round: Round<'p>,
        walk: &mut Trail,
        left: u32,
    ) -> Lead {
        let program = self.asked.program;
        if program.never_runs(context, site) {
            let start = Start::Never("it stands where nothing ever comes".to_owned());
            return Lead { start, beat: Beat::Once };
        }
        let subject = StandIn::default();
        let tests =
            context.guards.iter().map(|guard| self.asked.lets(guard.test, site, guard.holds, &subject));
        let mut start = tests.fold(Start::Sure, Start::and);
        let endless = context.loops.iter().rev().find(|it| is_endless(program, it, site));
        match endless.filter(|_| round.pauses.is_none()) {
            Some(endless) => {
                start = start.and(self.ends(endless, site));
                round.pauses = Some((loops::pauses(endless), site));
                round.calls.clear();
            }
            None if round.pauses.is_none() => {
                let owner = program.owner(site);
                let pauses = self.approaches.sure_pauses(program, owner);
                round.below.extend(pauses.iter().map(|it| (*it, owner)));
            }
            None => {}
        }
        let further = left.checked_sub(1).map(|left| self.started(site, &round, walk, left));
        let far = || format!("more than {MAX_CALLS} calls lead to it");
        let further = further.unwrap_or_else(|| Some(self.lost(&round, far())));
        let nothing = || Lead { start: Start::Never("nothing calls it".to_owned()), beat: Beat::Once };
        further.unwrap_or_else(nothing).behind(start)
    }

    /// Whether a loop without an end ends all the same.
    fn ends(&self, endless: &'p Loop<'p>, site: Site) -> Start {
        let program = self.asked.program;
        let mut counted: BTreeSet<&str> = BTreeSet::new();
        visit::block(&endless.body, &mut |part, _| {
            if let Part::Statement(Statement {
                kind: StatementKind::Assign { target, augmented: true, .. },
                ..
            }) = part
                && let crate::audit::code::Pattern::Name(name) = target
            {
                counted.insert(name);
            }
        });
        let mut found = Start::Sure;
        visit::block(&endless.body, &mut |part, context| {
            let Part::Statement(statement) = part else { return };
            let leaves = match statement.kind {
                StatementKind::Break => context.loops.is_empty(),
                StatementKind::Return(_) => true,
                StatementKind::Raise(_) => context.tries.iter().all(|it| it.handlers.is_empty()),
                _ => visit::is_exit(statement),
            };
            if !leaves || context.handling > 0 || program.never_runs(context, site) {
                return;
            }
            let counts = |test: &'p Expr<'p>| {
                visit::any(test, |part| matches!(part.kind, Kind::Name(name) if counted.contains(name)))
            };
            let asks = context.guards.iter().filter(|it| !program.is_always(it.test, site, it.holds));
            let asks: Vec<_> = asks.collect();
            let why = || format!("its loop ends in {}", self.asked.line(statement.line, site));
            let way = match asks.as_slice() {
                [] if context.loops.is_empty() => Start::Never(why()),
                asks if asks.iter().any(|it| counts(it.test)) => Start::Unclear(why()),
                _ => Start::Sure,
            };
            found = std::mem::replace(&mut found, Start::Sure).and(way);
        });
        found
    }

    /// The best of the ways to a function; `None` where it leads to itself.
    fn started(&self, site: Site, round: &Round<'p>, walk: &mut Trail, left: u32) -> Option<Lead> {
        let program = self.asked.program;
        let site = program.owner(site);
        let function = program.function(site);
        let is_plain = |it: &Expr<'p>| PLAIN.contains(&it.call().map_or(it, |call| &call.callee).last_name());
        walk.steps += 1;
        if site.function == 0 {
            return Some(self.end(round, Start::Sure, Beat::Once));
        }
        if !function.decorators.iter().all(is_plain) {
            return Some(self.end(round, Start::Sure, Beat::Perhaps));
        }
        if walk.path.contains(&site) {
            return None;
        }
        if walk.steps > MAX_STEPS {
            return Some(self.lost(round, format!("more than {MAX_STEPS} functions lead to it")));
        }
        walk.path.push(site);
        let mut round = round.clone();
        round.handed_on |= self.hands_on_itself(site);
        let round = &round;
        let approach = self.approaches.to(program, site);
        let mut best: Option<Lead> = None;
        let better = |best: &mut Option<Lead>, way: Lead| {
            *best = Some(match best.take() {
                Some(known) => known.or(way),
                None => way,
            });
        };
        for call in &approach.calls {
            let context = gates::context(program, call.call, call.site);
            let mut round = round.clone();
            round.calls.push((site, call.call, call.site));
            let kept = round.keeps.then(|| self.asked.taken_out(call.call, call.site));
            let started = threads::started(program, *call);
            let way = self.around(&context, call.site, round, walk, left);
            better(&mut best, way.behind(started.and(kept.unwrap_or(Start::Sure))));
        }
        // What is handed on, or named by a text, may be called as well.
        for (context, other) in &approach.mentions {
            let mut round = round.clone();
            round.handed_on = true;
            better(
                &mut best,
                match context {
                    Some(context) => self.around(context, *other, round, walk, left),
                    None => self.end(&round, Start::Sure, Beat::Perhaps),
                },
            );
        }
        let best = best.or_else(|| self.asked_from_outside(site, round, walk, left)).or_else(|| {
            let start = Start::Never(format!("nothing calls {}", function.name));
            Some(Lead { start, beat: Beat::Once })
        });
        walk.path.pop();
        best
    }

    /// `threading.Timer(5, beat).start()` in `beat`.
    fn hands_on_itself(&self, site: Site) -> bool {
        let program = self.asked.program;
        let name = program.function(site).name;
        let own = program.calls_in_function(site).into_iter();
        let given = own.flat_map(|call| &call.arguments).map(|it| &it.value);
        given.into_iter().any(|it| it.last_name() == name && program.functions(it, site).contains(&site))
    }

    /// Something outside of the tree may call it.
    fn asked_from_outside(&self, site: Site, round: &Round<'p>, walk: &mut Trail, left: u32) -> Option<Lead> {
        let program = self.asked.program;
        let function = program.function(site);
        let outside = program.class_of(site).map(|class| program.ancestry(class).1).unwrap_or_default();
        let is_thread = outside.iter().any(|base| base.ends_with("Thread") || base.ends_with("Process"));
        if let (true, "run", Some(class)) = (is_thread, function.name, program.class_of(site)) {
            let made = program.constructions(class).filter(|call| !program.is_test(call.site.unit));
            let ways = made.map(|call| {
                let context = gates::context(program, call.call, call.site);
                self.around(&context, call.site, round.clone(), walk, left)
            });
            let nothing = || Start::Never(format!("nothing makes a {}", program.class(class).name));
            return ways.reduce(Lead::or).or_else(|| Some(Lead { start: nothing(), beat: Beat::Once }));
        }
        let is_free = function.role != Role::Function && program.class_of(site).is_none();
        if outside.is_empty() && !is_free && !function.name.starts_with("__") {
            return None;
        }
        let start = match paths::management_command(program.path(site.unit)) {
            Some(command) if !self.commands.contains(command) => Start::Unclear(format!(
                "only `manage.py {command}` runs it, which nothing in this tree starts"
            )),
            _ => Start::Sure,
        };
        let once = matches!(function.name, "handle" | "ready");
        Some(self.end(round, start, if once { Beat::Once } else { Beat::Perhaps }))
    }

    /// The way is not followed any farther.
    fn lost(&self, round: &Round<'p>, why: String) -> Lead {
        self.end(round, Start::Unclear(why), Beat::Perhaps)
    }

    fn end(&self, round: &Round<'p>, start: Start, otherwise: Beat) -> Lead {
        let program = self.asked.program;
        let beat = match &round.pauses {
            Some((pauses, site)) => {
                let chain: Vec<Given<'p>> = round.calls.iter().rev().copied().collect();
                let seconds = |pause: &&'p Expr<'p>| {
                    within(&chain, None, &mut |env| program.numbers(pause, *site, env))
                };
                let longest = |(pause, site): &(&'p Expr<'p>, Site)| {
                    program.numbers(pause, *site, None).into_iter().fold(0.0, f64::max)
                };
                let below: f64 = round.below.iter().map(longest).sum();
                let mut every: Vec<f64> = pauses.iter().flat_map(seconds).map(|it| it + below).collect();
                if every.is_empty() && below > 0.0 {
                    every.push(below);
                }
                Beat::Every(every)
            }
            None if round.handed_on => Beat::Perhaps,
            None => otherwise,
        };
        Lead { start, beat }
    }
}

/// Where a function is named other than in these calls, and what stands around that; `None` for a text.
fn mentions<'p>(
    program: &Program<'p>,
    site: Site,
    calls: &[CallSite<'p>],
) -> Vec<(Option<Context<'p, 'p>>, Site)> {
    let name = program.function(site).name;
    let units = program.python_with([name]).into_iter().filter(|unit| !program.is_test(*unit));
    let is_own = |expr: &Expr<'p>| calls.iter().any(|call| std::ptr::eq(&raw const call.call.callee, expr));
    let mut found = Vec::new();
    let others = units.flat_map(|unit| program.mentioning(unit, name));
    for other in others.filter(|other| *other != site) {
        visit::function(program.function(other), &mut |part, context| {
            let Part::Expression(expr) = part else { return };
            if mentioned(expr) != Some(name) || is_own(expr) {
                return;
            }
            let means = program.functions(expr, other);
            if matches!(expr.kind, Kind::Text(_)) {
                found.push((None, other));
            } else if means.is_empty() || means.contains(&site) {
                found.push((Some(context.clone()), other));
            }
        });
    }
    found
}

/// It goes round until something stops the process: `while True`, `for tick in count()`.
fn is_endless<'p>(program: &Program<'p>, it: &'p Loop<'p>, site: Site) -> bool {
    match it.binding {
        None => loops::is_endless(&it.head),
        Some(_) => it.head.call().is_some_and(|call| {
            matches!(call.callee.last_name(), "count" | "cycle" | "repeat" | "iter")
                || program.functions(&call.callee, site).iter().any(|it| program.function(*it).is_generator)
        }),
    }
}
