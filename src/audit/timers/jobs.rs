//! Jobs: objects with a `run` that are given to a registry, however they get there.

use std::collections::BTreeSet;

use crate::audit::code::{Call, Expr, Kind, entry};
use crate::audit::program::{Bound, CallSite, ClassId, Definition, Program, Site, Step, bind};

use super::{Shape, Timer, decorators, given_seconds, literal_name, own_seconds, seconds};

/// Methods by which a registry takes a job.
const REGISTERS: [&str; 7] = [
    "register",
    "register_job",
    "add_job",
    "add_task",
    "schedule_job",
    "register_periodic",
    "add_periodic_task",
];
/// Methods that a registry calls.
pub(super) const RUNS: [&str; 4] = ["run", "execute", "tick", "run_once"];

/// Classes that are jobs: they run, and they say when, or what they are called, or are named so.
pub(super) fn classes(program: &Program<'_>) -> BTreeSet<ClassId> {
    let mut found = BTreeSet::new();
    for id in program.class_ids(program.python_units()) {
        if program.is_test(id.unit) {
            continue;
        }
        let class = program.class(id);
        let runs = RUNS.iter().any(|name| program.method(id, name).is_some());
        let decides = program.method(id, "should_run").is_some();
        let named = class
            .attributes
            .iter()
            .any(|(name, _)| matches!(*name, "name" | "interval" | "interval_seconds"));
        let called_job = class.name.ends_with("Job") || class.name.ends_with("Task");
        if runs && is_plain(program, id) && (decides || named || called_job) {
            found.insert(id);
        }
    }
    found
}

/// The tree itself runs it: no base of it comes from elsewhere.
pub(super) fn is_of_tree(program: &Program<'_>, id: ClassId) -> bool {
    let (_, outside) = program.ancestry(id);
    let silent =
        |base: &String| matches!(base.rsplit('.').next(), Some("object" | "ABC" | "Protocol" | "Generic"));
    outside.iter().all(silent)
}

/// Nothing outside the tree runs it: none of its bases comes from there, but for those that say nothing.
fn is_plain(program: &Program<'_>, id: ClassId) -> bool {
    let (_, outside) = program.ancestry(id);
    outside.iter().all(|base| {
        matches!(base.rsplit('.').next(), Some("object" | "ABC" | "Protocol" | "Generic" | "Job" | "BaseJob"))
    })
}

pub(super) fn registered<'p>(program: &Program<'p>, classes: &BTreeSet<ClassId>) -> Vec<Timer<'p>> {
    let mut found = Vec::new();
    let mut taken: BTreeSet<(usize, u32)> = BTreeSet::new();
    for name in REGISTERS {
        for call in program.python_calls(name) {
            if program.is_test(call.site.unit) {
                continue;
            }
            for timer in of_registration(program, call.call, call.site, classes, &mut taken) {
                found.push(timer);
            }
        }
    }
    for class in classes {
        for call in program.constructions(*class) {
            let place = (call.site.unit, call.call.line);
            if taken.contains(&place) || program.is_test(call.site.unit) {
                continue;
            }
            if runs_at_once(program, call.call, call.site) {
                continue;
            }
            found.push(of_job(program, *class, Some((call.call, call.site)), None, place, Shape::Made));
        }
    }
    found.extend(by_class_decorator(program, classes));
    found.extend(decorators::find(program));
    found.extend(fluent(program));
    found
}

/// `@scheduled(interval=10) class MarketMetricsJob(Job)`, by a function of the tree that keeps the class.
fn by_class_decorator<'p>(program: &Program<'p>, classes: &BTreeSet<ClassId>) -> Vec<Timer<'p>> {
    let mut found = Vec::new();
    for id in classes {
        let class = program.class(*id);
        let site = Site { unit: id.unit, function: class.parent };
        for decorator in &class.decorators {
            let callee = decorator.call().map_or(decorator, |call| &call.callee);
            let is_other = matches!(callee.last_name(), "dataclass" | "total_ordering" | "final" | "define");
            if is_other || program.functions(callee, site).is_empty() {
                continue;
            }
            let registration = decorator.call().map(|call| (call, site));
            found.push(of_job(program, *id, None, registration, (id.unit, class.line), Shape::Made));
        }
    }
    found
}

/// `XJob().run(ctx)`: used once, by hand.
fn runs_at_once<'p>(program: &Program<'p>, made: &Call<'p>, site: Site) -> bool {
    RUNS.iter().flat_map(|name| program.python_calls(name)).any(|call| {
        call.site == site
            && call.call.callee.receiver().and_then(Expr::call).is_some_and(|inner| std::ptr::eq(inner, made))
    })
}

/// The jobs that one registration takes: one, or each element of what a loop runs over.
fn of_registration<'p>(
    program: &Program<'p>,
    call: &'p Call<'p>,
    site: Site,
    classes: &BTreeSet<ClassId>,
    taken: &mut BTreeSet<(usize, u32)>,
) -> Vec<Timer<'p>> {
    let mut found = Vec::new();
    for argument in call.arguments.iter().take(3) {
        for (value, owner, element) in candidates(program, &argument.value, site) {
            let (class, made) = match job(program, value, owner, classes) {
                Some(job) => job,
                None => continue,
            };
            // `cls(name, every)` in a loop over a table: the call that makes each of them.
            let by_loop = argument.value.call().filter(|_| element && made.is_none());
            let place = if element { (owner.unit, value.line) } else { (site.unit, call.line) };
            if let Some(made) = made {
                taken.insert((owner.unit, made.line));
            }
            taken.insert(place);
            let made = made.map(|made| (made, owner)).or(by_loop.map(|made| (made, site)));
            found.push(of_job(program, class, made, Some((call, site)), place, Shape::Registered));
        }
        if !found.is_empty() {
            return found;
        }
    }
    of_function(program, call, site).into_iter().collect()
}

/// The values a registered expression may stand for: itself, a variable's value, the elements of a loop's list
/// (`true`: each is written, and can be deleted, in a place of its own).
fn candidates<'p>(program: &Program<'p>, expr: &'p Expr<'p>, site: Site) -> Vec<(&'p Expr<'p>, Site, bool)> {
    // `registry.register(job_class())` in a loop over classes: each class is written in a place of its own.
    let (named, mut found) = match &expr.kind {
        Kind::Name(_) => {
            let origins = program.origins(expr, site).into_iter();
            (expr, origins.map(|(value, owner)| (value, owner, false)).collect())
        }
        Kind::Call(made)
            if matches!(made.callee.kind, Kind::Name(_) | Kind::Index(..) | Kind::Member(..)) =>
        {
            (&made.callee, Vec::new())
        }
        _ => return vec![(expr, site, false)],
    };
    for definition in program.resolve(named, site) {
        if let Definition::Parameter(function, index, steps) = &definition
            && steps.is_empty()
        {
            found.extend(given(program, *function, *index).map(|(value, owner)| (value, owner, true)));
        }
        let Definition::Element(over, owner, steps) = definition else { continue };
        for (item, owner, steps) in elements(program, over, owner, &steps) {
            match (&item.kind, steps) {
                // `[cls(every) for cls, every in JOBS]`
                (Kind::Call(made), []) if is_element(program, &made.callee, owner) => {
                    found.extend(candidates(program, item, owner));
                }
                _ => found.extend(part_of(program, item, owner, steps).map(|part| (part, owner, true))),
            }
        }
    }
    if found.is_empty() && matches!(expr.kind, Kind::Call(_)) { vec![(expr, site, false)] } else { found }
}

/// What a loop runs over, with the steps that are left to what is asked for; a record's entries by key and value.
fn elements<'p, 's>(
    program: &Program<'p>,
    over: &'p Expr<'p>,
    site: Site,
    steps: &'s [Step<'p>],
) -> Vec<(&'p Expr<'p>, Site, &'s [Step<'p>])> {
    let of_items = over.call().filter(|call| call.callee.last_name() == "items" && call.arguments.is_empty());
    let records = of_items.and_then(|call| call.callee.receiver()).map(|it| program.records(it, site));
    if let (Some(records), [Step::Index(at), rest @ ..]) = (records, steps) {
        let entries = records.flat_map(|(all, owner)| all.iter().map(move |it| (it, owner)));
        let parts = entries.filter_map(|(it, owner)| {
            let part = if *at == 0 { it.key.as_ref() } else { Some(&it.value) };
            Some((part?, owner, rest))
        });
        return parts.collect();
    }
    // Which of them `JOBS[2:]` leaves out, its loop does not say.
    let over = match &over.kind {
        Kind::Index(list, at) if matches!(at.kind, Kind::Other(_)) => list,
        _ => over,
    };
    program.items(over, site, 8).into_iter().map(|(item, owner)| (item, owner, steps)).collect()
}

/// A part of an element: of a tuple, of a record, of an object of a dataclass.
fn part_of<'p>(
    program: &Program<'p>,
    item: &'p Expr<'p>,
    site: Site,
    steps: &[Step<'p>],
) -> Option<&'p Expr<'p>> {
    let [step, rest @ ..] = steps else { return Some(item) };
    let part = match (&item.kind, step) {
        (Kind::List(parts), Step::Index(index)) => parts.get(*index),
        (Kind::Record(entries), Step::Key(name)) => entry(entries, name).map(|it| &it.value),
        (Kind::Call(made), Step::Key(name)) => {
            let class = program.class_named(&made.callee, site)?;
            let at = program.class(class).fields.iter().position(|field| field == name);
            made.keyword(name).or_else(|| made.positional(at?))
        }
        _ => return Some(item),
    };
    part_of(program, part?, site, rest)
}

fn is_element<'p>(program: &Program<'p>, expr: &'p Expr<'p>, site: Site) -> bool {
    program.resolve(expr, site).iter().any(|it| matches!(it, Definition::Element(..)))
}

/// What the calls of a function of the tree give for one of its parameters: each is written in a place of its own.
fn given<'p>(
    program: &Program<'p>,
    function: Site,
    index: usize,
) -> impl Iterator<Item = (&'p Expr<'p>, Site)> {
    program.callers(function).filter_map(move |CallSite { call, site }| {
        match bind(program, call, function, index, &[]) {
            Bound::Argument(value, _) => Some((value, site)),
            _ => None,
        }
    })
}

/// The job class of a value, and the call that made the object.
fn job<'p>(
    program: &Program<'p>,
    value: &'p Expr<'p>,
    site: Site,
    classes: &BTreeSet<ClassId>,
) -> Option<(ClassId, Option<&'p Call<'p>>)> {
    program.resolve(value, site).into_iter().find_map(|definition| match definition {
        Definition::Instance(class) | Definition::Class(class) => {
            let runs =
                classes.contains(&class) || RUNS.iter().any(|name| program.method(class, name).is_some());
            runs.then(|| (class, value.call()))
        }
        _ => None,
    })
}

fn of_job<'p>(
    program: &Program<'p>,
    class: ClassId,
    made: Option<(&'p Call<'p>, Site)>,
    registration: Option<(&'p Call<'p>, Site)>,
    place: (usize, u32),
    shape: Shape,
) -> Timer<'p> {
    let name = program.class(class).name;
    let mut names = vec![name.to_owned()];
    let mut runs: Vec<Site> =
        RUNS.iter().chain(&["should_run"]).filter_map(|method| program.method(class, method)).collect();
    let (ancestry, _) = program.ancestry(class);
    // `def run(self): self.push()` of a base, where the job has its own `push`.
    let inherited = |name: &str| ancestry[1..].iter().any(|base| program.own_method(*base, name).is_some());
    let own = program.class(class).methods.iter().map(|method| Site { unit: class.unit, function: *method });
    runs.extend(own.filter(|method| inherited(program.function(*method).name)));
    for id in ancestry {
        let body = program.class(id);
        let site = Site { unit: id.unit, function: body.parent };
        let own = body.attributes.iter().find(|(attribute, _)| *attribute == "name");
        names.extend(own.and_then(|(_, value)| literal_name(program, value, site)));
    }
    let mut symbol = name.to_owned();
    // `InlineJob("name", 5, function)`: the function runs, and the name says more than the class.
    if let Some((call, site)) = made {
        for argument in &call.arguments {
            let functions = program.functions(&argument.value, site);
            if !functions.is_empty() {
                runs.extend(functions);
                if let Some(own) = call.positional(0).or_else(|| call.keyword("name")) {
                    let own = literal_name(program, own, site);
                    symbol = own.clone().unwrap_or(symbol);
                    names.extend(own);
                }
            }
        }
    }
    // What is given and could not be read is not known: never the default.
    let before = made.and_then(|(call, site)| Some((program.given_before(call)?, site)));
    let calls = || [registration, made, before].into_iter().flatten();
    let interval = calls().find_map(|(call, site)| given_seconds(program, call, site));
    let interval = interval
        .or_else(|| own_seconds(program, class, made))
        .or_else(|| Some(calls().flat_map(|(call, site)| positional_number(program, call, site)).collect()));
    let started_by = registration.or(made).map(|(call, site)| CallSite { call, site });
    let timer = Timer::new(place, symbol, shape);
    let made = made.map(|(call, _)| call);
    Timer {
        names,
        seconds: interval.unwrap_or_default(),
        runs,
        class: Some(class),
        started_by,
        made,
        ..timer
    }
}

/// The first number written among the positional arguments.
pub(super) fn positional_number<'p>(program: &Program<'p>, call: &'p Call<'p>, site: Site) -> Vec<f64> {
    let plain = call.arguments.iter().filter(|argument| argument.name.is_none());
    plain
        .map(|argument| program.numbers(&argument.value, site, None))
        .find(|found| !found.is_empty())
        .unwrap_or_default()
}

/// A function registered with an interval: `scheduler.add_job(fn, "interval", seconds=5)`.
fn of_function<'p>(program: &Program<'p>, call: &'p Call<'p>, site: Site) -> Option<Timer<'p>> {
    let interval = seconds(program, call, site);
    // `add_job(push, IntervalTrigger(seconds=5))`
    let mut triggers = call.arguments.iter().filter_map(|it| it.value.call());
    let trigger = triggers.find(|it| it.callee.last_name().ends_with("Trigger"));
    let interval = match trigger.filter(|_| interval.is_empty()) {
        Some(trigger) => seconds(program, trigger, site),
        None => interval,
    };
    let periodic = call.callee.last_name() == "add_periodic_task";
    let interval = if periodic { positional_number(program, call, site) } else { interval };
    let runs: Vec<Site> = call
        .arguments
        .iter()
        .flat_map(|argument| match argument.value.call().filter(|_| periodic) {
            Some(signature) => {
                signature.callee.receiver().map(|task| program.functions(task, site)).unwrap_or_default()
            }
            None => match argument.value.literal() {
                Some(path) => super::by_path(program, path, site).into_iter().collect(),
                None => program.functions(&argument.value, site),
            },
        })
        .collect();
    if (interval.is_empty() && trigger.is_none() && !periodic) || runs.is_empty() {
        return None;
    }
    let text = call.arguments.iter().find_map(|argument| argument.value.literal());
    let function = program.function(*runs.first()?).name.to_owned();
    let names = text.map(str::to_owned).into_iter().chain([function.clone()]).collect();
    Some(Timer {
        names,
        seconds: interval,
        runs,
        started_by: Some(CallSite { call, site }),
        ..Timer::new((site.unit, call.line), function, Shape::Registered)
    })
}

/// `schedule.every(10).seconds.do(refresh)`.
fn fluent<'p>(program: &Program<'p>) -> Vec<Timer<'p>> {
    let mut found = Vec::new();
    for call in program.python_calls("do").iter().copied() {
        if program.is_test(call.site.unit) {
            continue;
        }
        let (mut factor, mut every) = (1.0, None);
        let mut link = call.call.callee.receiver();
        while let Some(expr) = link {
            match expr.last_name() {
                "minute" | "minutes" => factor = 60.0,
                "hour" | "hours" => factor = 3600.0,
                "day" | "days" => factor = 86400.0,
                _ => {}
            }
            if let Some(inner) = expr.call().filter(|inner| inner.callee.last_name() == "every") {
                every = Some(inner);
                break;
            }
            link = expr.call().map_or(expr.receiver(), |inner| inner.callee.receiver());
        }
        let (Some(every), Some(task)) = (every, call.call.positional(0)) else { continue };
        let runs = program.functions(task, call.site);
        let Some(first) = runs.first() else { continue };
        let name = program.function(*first).name.to_owned();
        let numbers = every.positional(0).map(|number| program.numbers(number, call.site, None));
        found.push(Timer {
            started_by: Some(call),
            seconds: numbers.map_or(vec![factor], |all| all.iter().map(|one| one * factor).collect()),
            runs,
            ..Timer::new((call.site.unit, call.call.line), name, Shape::Scheduled)
        });
    }
    found
}
