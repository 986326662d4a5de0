//! What runs again and again on the server: registered jobs, schedules, threads, timers, sleep loops.

mod conditions;
mod decorators;
mod engines;
mod idle;
mod jobs;
mod loops;
mod schedules;
mod selection;
mod starts;
mod taken_out;
mod threads;
mod ways;

use std::collections::BTreeSet;

use super::code::{Call, Expr, Kind, Parameter};
use super::flags::Flags;
use super::operations::Operations;
use super::paths;
use super::program::{Bound, CallSite, ClassId, Program, Site};

pub(in crate::audit) use starts::Start;

/// How a timer came to be recognised, for the reason given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::audit) enum Shape {
    /// Given to a registry that runs it.
    Registered,
    /// Made, and given to something that could not be followed.
    Made,
    /// An entry of a schedule.
    Scheduled,
    Thread,
    /// `threading.Timer` and the like: once, unless it starts itself again.
    Delayed {
        again: bool,
    },
    SleepLoop,
}

pub(in crate::audit) struct Timer<'p> {
    pub unit: usize,
    pub line: u32,
    /// The job's class, its name, or the function that runs.
    pub symbol: String,
    /// All names by which a configuration may call it.
    pub names: Vec<String>,
    pub shape: Shape,
    pub seconds: Vec<f64>,
    /// The functions that run.
    pub runs: Vec<Site>,
    pub class: Option<ClassId>,
    /// Started only by this management command, and nothing in the tree starts that.
    pub unstarted_command: Option<String>,
    /// The call that registers or starts it.
    pub started_by: Option<CallSite<'p>>,
    /// The call that makes its object.
    pub made: Option<&'p Call<'p>>,
    /// Whether it stays in the schedule that has it.
    pub kept: Start,
    pub start: Start,
    /// The pauses of the loop that runs it, in seconds: it runs no more often, whatever its own interval.
    pub beat: Vec<f64>,
}

impl Timer<'_> {
    /// One that is called after what it runs.
    fn new((unit, line): (usize, u32), symbol: impl Into<String>, shape: Shape) -> Self {
        let symbol = symbol.into();
        let names = vec![symbol.clone()];
        let (seconds, runs, class, unstarted_command) = (Vec::new(), Vec::new(), None, None);
        Self {
            unit,
            line,
            symbol,
            names,
            shape,
            seconds,
            runs,
            class,
            unstarted_command,
            started_by: None,
            made: None,
            kept: Start::Sure,
            start: Start::Sure,
            beat: Vec::new(),
        }
    }
}

pub(in crate::audit) struct Timers<'p> {
    pub list: Vec<Timer<'p>>,
    /// Job classes of the tree.
    pub classes: BTreeSet<ClassId>,
    /// Management commands that something in the tree starts.
    commands: BTreeSet<String>,
}

impl<'p> Timers<'p> {
    pub fn new(program: &Program<'p>, operations: Operations) -> Self {
        let Operations { commands, celery } = operations;
        let classes = jobs::classes(program);
        let mut list = jobs::registered(program, &classes);
        list.extend(schedules::find(program));
        list.extend(threads::find(program));
        list.extend(loops::find(program));
        list.sort_by(|a, b| (a.unit, a.line, &a.symbol).cmp(&(b.unit, b.line, &b.symbol)));
        list.dedup_by(|a, b| (a.unit, a.line, &a.symbol) == (b.unit, b.line, &b.symbol));
        for timer in &mut list {
            let command = paths::management_command(program.path(timer.unit));
            timer.unstarted_command =
                command.filter(|command| !commands.contains(*command)).map(str::to_owned);
            timer.kept = timer.kept.clone().and(schedules::served(timer, celery));
        }
        Self { list, classes, commands }
    }

    /// Finds out which of them anything starts; what hangs on a feature's flag comes back with it.
    pub fn follow(&mut self, program: &Program<'p>, flags: &Flags<'_, 'p>) {
        let engines = engines::Engines::new(program, &self.classes);
        let approaches = ways::Approaches::default();
        for timer in &mut self.list {
            let course = starts::of(program, flags, &self.commands, &engines, &approaches, timer);
            (timer.start, timer.beat) = (course.start, course.beat);
        }
    }
}

/// Names under which code gives an interval in seconds.
const SECONDS: [&str; 9] = [
    "interval_seconds",
    "interval",
    "seconds",
    "every",
    "period",
    "every_seconds",
    "interval_s",
    "delay",
    "run_every",
];

/// The interval among the arguments of a call, in seconds.
fn seconds<'p>(program: &Program<'p>, call: &'p Call<'p>, site: Site) -> Vec<f64> {
    given_seconds(program, call, site).unwrap_or_default()
}

/// The same; `None` where the call gives none, empty where it could not be read.
fn given_seconds<'p>(program: &Program<'p>, call: &'p Call<'p>, site: Site) -> Option<Vec<f64>> {
    for (name, factor) in
        [("minutes", 60.0), ("hours", 3600.0), ("milliseconds", 0.001), ("interval_ms", 0.001)]
    {
        if let Some(value) = call.keyword(name) {
            let numbers = program.numbers(value, site, None).into_iter();
            return Some(numbers.map(|number| number * factor).collect());
        }
    }
    let value = SECONDS.iter().find_map(|name| call.keyword(name))?;
    Some(program.numbers(value, site, None))
}

/// The interval a job's own constructor or class sets, where the call gives none; `None` where they know of none.
fn own_seconds<'p>(
    program: &Program<'p>,
    class: ClassId,
    call: Option<(&'p Call<'p>, Site)>,
) -> Option<Vec<f64>> {
    if let Some(constructor) = program.method(class, "__init__") {
        let function = program.function(constructor);
        let named = |it: &Parameter<'_>| SECONDS.contains(&it.name());
        if let Some(index) = function.parameters.iter().position(named) {
            let default = || function.parameters[index].default.as_ref();
            let of_default = |value| program.numbers(value, constructor, None);
            return Some(match call {
                Some((call, caller)) => match super::program::bind(program, call, constructor, index, &[]) {
                    Bound::Argument(value, _) => program.numbers(value, caller, None),
                    Bound::Default(value) => of_default(value),
                    Bound::Unknown => Vec::new(),
                },
                None => default().map(of_default).unwrap_or_default(),
            });
        }
    }
    let (ancestry, _) = program.ancestry(class);
    ancestry.into_iter().find_map(|id| {
        let body = program.class(id);
        let site = Site { unit: id.unit, function: body.parent };
        let (_, value) = body.attributes.iter().find(|(name, _)| SECONDS.contains(name))?;
        Some(program.numbers(value, site, None))
    })
}

/// A text argument or attribute: the job's own name.
fn literal_name<'p>(program: &Program<'p>, expr: &'p Expr<'p>, site: Site) -> Option<String> {
    matches!(expr.kind, Kind::Text(_) | Kind::Name(_) | Kind::Member(..))
        .then(|| program.texts(expr, site, None).into_iter().find_map(|text| text.exact()))
        .flatten()
        .filter(|name| !name.is_empty())
}

/// `realtime.tasks.push` and `realtime.tasks:push`: the function of that module.
fn by_path(program: &Program<'_>, path: &str, site: Site) -> Option<Site> {
    let (module, name) = path.rsplit_once(['.', ':'])?;
    let unit = program.python_modules().resolve(program.path(site.unit), module)?;
    let function = program.module(unit).functions.iter().position(|own| own.name == name)?;
    Some(Site { unit, function })
}
