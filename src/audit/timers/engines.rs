//! What runs the jobs of a registry: the places where the tree's own code calls each job's `run`, and the way from
//! where a process starts, through a loop that never ends, to there.

use std::collections::BTreeSet;

use crate::audit::code::visit::{self, Context, Part};
use crate::audit::code::{Expr, Kind, Pattern, StatementKind};
use crate::audit::program::{Bound, ClassId, Definition, Program, Site, bind};

use super::conditions::StandIn;
use super::idle::only_tells;
use super::jobs::{RUNS, is_of_tree};
use super::ways::{Beat, Lead, Leads, Trail};
use super::{Shape, Start, Timer};

/// Names and calls from a registry to where it is made.
const FARTHEST: u32 = 5;

/// One place that runs whatever job it is given: `job.run(ctx)`.
struct Dispatch<'p> {
    site: Site,
    context: Context<'p, 'p>,
    job: &'p Expr<'p>,
    /// The class of the method in which it stands.
    class: Option<ClassId>,
}

pub(super) struct Engines<'p> {
    dispatches: Vec<Dispatch<'p>>,
}

impl<'p> Engines<'p> {
    pub fn new(program: &Program<'p>, jobs: &BTreeSet<ClassId>) -> Self {
        let mut dispatches = Vec::new();
        let units = program.python_with(RUNS).into_iter().filter(|unit| !program.is_test(*unit));
        for site in program.sites(units) {
            visit::function(program.function(site), &mut |part, context| {
                let Part::Expression(expr) = part else { return };
                let Some(job) = run_of(expr).filter(|job| is_job(program, job, site, jobs)) else { return };
                let class = program.class_of(site);
                dispatches.push(Dispatch { site, context: context.clone(), job, class });
            });
        }
        Self { dispatches }
    }

    /// Whether anything runs a job that is registered, and how long the loop that does pauses.
    pub fn run(&self, ways: &Leads<'_, '_, 'p>, timer: &Timer<'p>, walk: &mut Trail) -> (Start, Vec<f64>) {
        let program = ways.asked.program;
        let Some(class) = timer.class.filter(|class| is_of_tree(program, *class)) else {
            return (Start::Sure, Vec::new());
        };
        if !matches!(timer.shape, Shape::Registered | Shape::Made) {
            return (Start::Sure, Vec::new());
        }
        let registry = registry(program, timer);
        let kept = match registry.register {
            Some(register) => keeps(ways, timer, register),
            None => Start::Sure,
        };
        let own = self.of(program, class, registry.class);
        let start = match own.is_empty() {
            false => {
                let each = own.iter().map(|dispatch| self.by(ways, dispatch, &registry, walk));
                each.reduce(Lead::or)
            }
            true if registry.is_outside => None,
            true => {
                let start = Start::Unclear("nothing was found that runs what is registered".to_owned());
                Some(Lead { start, beat: Beat::Perhaps })
            }
        };
        match start {
            None => (kept, Vec::new()),
            Some(Lead { start, beat: Beat::Every(seconds) }) => (kept.and(start), seconds),
            Some(Lead { start, beat: Beat::Perhaps }) => (kept.and(start), Vec::new()),
            Some(Lead { start, beat: Beat::Once }) => {
                let once = Start::Unclear("nothing was found that runs it again and again".to_owned());
                (kept.and(start).and(once), Vec::new())
            }
        }
    }

    /// The places that may run a job: those of its own registry, where that has some.
    fn of(&self, program: &Program<'p>, class: ClassId, registry: Option<ClassId>) -> Vec<&Dispatch<'p>> {
        let (ancestry, _) = program.ancestry(class);
        let runs = |it: &&Dispatch<'p>| match it.job.dotted().as_str() {
            "self" | "cls" => it.class.is_some_and(|class| ancestry.contains(&class)),
            _ => true,
        };
        let all: Vec<&Dispatch<'p>> = self.dispatches.iter().filter(runs).collect();
        let family = registry.map(|it| (program.ancestry(it).0, it));
        let is_own = |it: &&&Dispatch<'p>| {
            let (Some((family, registry)), Some(class)) = (&family, it.class) else { return false };
            family.contains(&class) || program.ancestry(class).0.contains(registry)
        };
        let own: Vec<&Dispatch<'p>> = all.iter().filter(is_own).copied().collect();
        if own.is_empty() { all } else { own }
    }

    fn by(
        &self,
        ways: &Leads<'_, '_, 'p>,
        dispatch: &Dispatch<'p>,
        registry: &Registry,
        walk: &mut Trail,
    ) -> Lead {
        let program = ways.asked.program;
        let subject = StandIn::of(dispatch.job.dotted());
        let way = ways.to(&dispatch.context, dispatch.site, &subject, walk);
        let run = match dispatch.class {
            Some(class) if registry.class == Some(class) => asked_of(program, dispatch.site, FARTHEST),
            _ => None,
        };
        let another = match (&registry.made, &run) {
            (Some(made), Some(run)) => !made.is_empty() && !run.is_empty() && made.is_disjoint(run),
            _ => false,
        };
        let start = if another {
            Start::Never("nothing runs the registry that it is given to".to_owned())
        } else {
            Start::Sure
        };
        Lead { start: start.and(way.start), beat: way.beat }
    }
}

/// The job whose `run` is called, or handed on.
fn run_of<'p>(expr: &'p Expr<'p>) -> Option<&'p Expr<'p>> {
    match &expr.kind {
        Kind::Member(job, name) => RUNS.contains(name).then_some(&**job),
        Kind::Call(call) if call.callee.is_name("getattr") => {
            let name = call.positional(1)?.literal()?;
            RUNS.contains(&name).then(|| call.positional(0)).flatten()
        }
        _ => None,
    }
}

/// It may be any job that somebody registered: an element of a loop, a parameter, what nobody could follow and is
/// called so.
fn is_job<'p>(program: &Program<'p>, job: &'p Expr<'p>, site: Site, jobs: &BTreeSet<ClassId>) -> bool {
    let written = job.dotted().to_lowercase();
    if matches!(written.as_str(), "self" | "cls") {
        let own = program.class_of(site);
        // `super().run()` and a `run` that calls another of its own are no engine.
        return own.is_some_and(|own| jobs.contains(&own) || is_base_of(program, own, jobs));
    }
    let called_so = ["job", "task"].iter().any(|word| written.contains(word));
    let meant = program.resolve(job, site);
    if meant.is_empty() {
        return called_so;
    }
    meant.iter().any(|it| match it {
        Definition::Instance(class) | Definition::Class(class) => {
            jobs.contains(class) && !matches!(job.kind, Kind::Call(_)) && called_so
        }
        Definition::Element(..) => true,
        Definition::Parameter(..) | Definition::Part(..) | Definition::Value(..) => called_so,
        _ => false,
    })
}

fn is_base_of(program: &Program<'_>, class: ClassId, jobs: &BTreeSet<ClassId>) -> bool {
    jobs.iter().any(|job| program.ancestry(*job).0.contains(&class))
}

/// What a timer is given to.
struct Registry {
    class: Option<ClassId>,
    /// The function of the tree that takes it.
    register: Option<Site>,
    /// It comes from outside of the tree.
    is_outside: bool,
    /// Where it is made, as far as that could be followed.
    made: Option<BTreeSet<usize>>,
}

fn registry<'p>(program: &Program<'p>, timer: &Timer<'p>) -> Registry {
    let nothing = Registry { class: None, register: None, is_outside: false, made: None };
    let Some(given) = timer.started_by.filter(|_| timer.shape == Shape::Registered) else { return nothing };
    let callee = &given.call.callee;
    let register = program.functions(callee, given.site).into_iter().next();
    let receiver = callee.receiver();
    let meant = receiver.map(|it| program.resolve(it, given.site)).unwrap_or_default();
    let instance = meant.iter().find_map(|it| match it {
        Definition::Instance(class) => Some(*class),
        _ => None,
    });
    let made = receiver.and_then(|it| made_at(program, it, given.site, FARTHEST));
    // `def register_all(registry)`: its callers know which class that is.
    let of_caller = || {
        let (class, made) = receiver.and_then(|it| given_by_callers(program, it, given.site, FARTHEST))?;
        Some((class, Some(made)))
    };
    let class = instance.or_else(|| program.class_of(register?));
    let (class, made) = match (class, made) {
        (Some(class), made) => (Some(class), made),
        (None, made) => of_caller().map_or((None, made), |(class, made)| (Some(class), made)),
    };
    let register = register.or_else(|| program.method(class?, callee.last_name()));
    let is_outside = program.is_outside(callee, given.site, |_| true)
        || meant.iter().any(|it| match it {
            Definition::Value(value, owner) => {
                value.call().is_some_and(|call| program.is_outside(&call.callee, *owner, |_| true))
            }
            _ => false,
        });
    Registry { class, register, is_outside, made }
}

/// The class of an object that a function is given, where all its callers make one themselves; and where they do.
fn given_by_callers<'p>(
    program: &Program<'p>,
    object: &'p Expr<'p>,
    site: Site,
    left: u32,
) -> Option<(ClassId, BTreeSet<usize>)> {
    let left = left.checked_sub(1)?;
    let (mut class, mut made) = (None, BTreeSet::new());
    for (value, owner) in arguments(program, object, site)? {
        let own = program.resolve(value, owner).into_iter().find_map(|it| match it {
            Definition::Instance(class) => Some(class),
            _ => None,
        });
        match own {
            Some(own) => {
                class = Some(own);
                made.extend(made_at(program, value, owner, left)?);
            }
            None => {
                let (own, more) = given_by_callers(program, value, owner, left)?;
                class = Some(own);
                made.extend(more);
            }
        }
    }
    Some((class?, made))
}

/// What the callers of a function give for the parameter that an expression names.
fn arguments<'p>(
    program: &Program<'p>,
    object: &'p Expr<'p>,
    site: Site,
) -> Option<Vec<(&'p Expr<'p>, Site)>> {
    let mut found = Vec::new();
    for meant in program.resolve(object, site) {
        let Definition::Parameter(function, index, steps) = meant else { return None };
        if !steps.is_empty() {
            return None;
        }
        for call in program.callers(function) {
            match bind(program, call.call, function, index, &[]) {
                Bound::Argument(value, _) => found.push((value, call.site)),
                _ => return None,
            }
        }
    }
    (!found.is_empty()).then_some(found)
}

/// The calls that make an object, told apart by where they are written; `None` where they could not be followed.
fn made_at<'p>(
    program: &Program<'p>,
    object: &'p Expr<'p>,
    site: Site,
    left: u32,
) -> Option<BTreeSet<usize>> {
    let left = left.checked_sub(1)?;
    let one = |value: &'p Expr<'p>, owner: Site| {
        let call = value.call()?;
        let makes = program.class_named(&call.callee, owner).is_some();
        makes.then(|| std::ptr::from_ref(call).addr())
    };
    match &object.kind {
        Kind::Call(_) => Some(BTreeSet::from([one(object, site)?])),
        Kind::Name(_) => {
            if let Some(given) = arguments(program, object, site) {
                let each = given.into_iter().map(|(value, owner)| made_at(program, value, owner, left));
                return each.collect::<Option<Vec<_>>>().map(|all| all.into_iter().flatten().collect());
            }
            let origins = program.origins(object, site);
            let all: Option<BTreeSet<usize>> =
                origins.iter().map(|(value, owner)| one(value, *owner)).collect();
            all.filter(|all| !all.is_empty())
        }
        _ => None,
    }
}

/// The objects of which a method is asked, over the calls of its own class; `None` where they could not be followed.
fn asked_of(program: &Program<'_>, method: Site, left: u32) -> Option<BTreeSet<usize>> {
    let left = left.checked_sub(1)?;
    let mut found = BTreeSet::new();
    for call in program.callers(program.owner(method)) {
        let receiver = call.call.callee.receiver()?;
        match receiver.dotted().as_str() {
            "self" | "cls" => found.extend(asked_of(program, call.site, left)?),
            _ => found.extend(made_at(program, receiver, call.site, left)?),
        }
    }
    Some(found)
}

/// Whether a function of the tree keeps what it is given.
fn keeps<'p>(ways: &Leads<'_, '_, 'p>, timer: &Timer<'p>, register: Site) -> Start {
    let program = ways.asked.program;
    let Some(given) = timer.started_by else { return Start::Sure };
    let function = program.function(register);
    let taken = |index: usize| {
        let bound = bind(program, given.call, register, index, &[]);
        matches!(bound, Bound::Argument(value, _) if value.literal().is_none())
    };
    let indices = 0..function.parameters.len();
    let Some(job) = indices.into_iter().find(|index| taken(*index)) else { return Start::Sure };
    keeps_given(ways, register, job)
}

/// Whether a function keeps what it is given for one of its parameters.
pub(super) fn keeps_given<'p>(ways: &Leads<'_, '_, 'p>, register: Site, index: usize) -> Start {
    let program = ways.asked.program;
    let function = program.function(register);
    let Some(job) = function.parameters.get(index).map(|it| it.name()) else { return Start::Sure };
    let mut names: Vec<&str> = vec![job];
    // `def turn(): job()` in it runs the job where `turn` is kept.
    let inside =
        program.sites([register.unit]).filter(|it| *it != register && program.is_inside(*it, register));
    names.extend(
        inside
            .filter(|it| {
                let mut mentions = false;
                visit::function(program.function(*it), &mut |part, _| {
                    mentions |= matches!(part, Part::Expression(expr) if expr.is_name(job));
                });
                mentions && !program.function(*it).name.is_empty()
            })
            .map(|it| program.function(it).name),
    );
    let mut best: Option<Start> = None;
    visit::function(function, &mut |part, context| {
        let Part::Statement(statement) = part else { return };
        let mentions = |value: &Expr<'p>| visit::any(value, |it| names.iter().any(|name| it.is_name(name)));
        let does = match &statement.kind {
            StatementKind::Assign { target: Pattern::Name(name), value, .. } => {
                if mentions(value) && !names.contains(name) {
                    names.push(name);
                }
                false
            }
            StatementKind::Loop(it) => {
                if let (Some(Pattern::Name(name)), true) = (&it.binding, mentions(&it.head)) {
                    names.push(name);
                }
                false
            }
            StatementKind::Assign { target, value, .. } => {
                mentions(value) || matches!(target, Pattern::Place(place) if mentions(place))
            }
            StatementKind::Expression(value) | StatementKind::Return(Some(value)) => {
                visit::any(value, |part| match &part.kind {
                    Kind::Call(call) => {
                        !only_tells(&call.callee) && call.arguments.iter().any(|it| mentions(&it.value))
                    }
                    Kind::Function(_) => true,
                    _ => false,
                })
            }
            _ => false,
        };
        if !does || program.never_runs(context, register) {
            return;
        }
        let way = ways.asked.through(context, register, &StandIn::of(job));
        best = Start::better_of(best.take(), way);
    });
    best.unwrap_or_else(|| Start::Never(format!("{} does not keep what it is given", function.name)))
}
