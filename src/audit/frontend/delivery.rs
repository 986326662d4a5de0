//! Whether what a socket says gets to who listens: a socket that the application opens, that somebody reads, and whose
//! messages go to where the listeners are kept.
//!
//! What cannot be followed is taken to deliver: only what is sure to be deaf is said to be.

use std::collections::{BTreeSet, HashSet};

use crate::audit::code::visit::{self, Part};
use crate::audit::code::{
    Argument, Call, CallForm, Expr, Kind, Operator, ParameterKind, Pattern, StatementKind,
};
use crate::audit::program::{CallSite, ClassId, Definition, Program, Site, Text};

use super::events::{TELLING_BY_NAME, told_name};
use super::mounted::Mounted;
use super::sockets::{
    Handed, Reader, brings_a_socket, is_asked_for, is_switched_off, opened, readers, running,
};
use super::subscriptions::Subscription;
use super::ticks::is_state;

/// Calls that take a message nowhere.
const NOWHERE: [&str; 14] = [
    "parse",
    "stringify",
    "log",
    "debug",
    "info",
    "warn",
    "error",
    "trace",
    "now",
    "String",
    "Number",
    "Boolean",
    "toString",
    "trim",
];
/// Questions to collections, and what is said to a socket: neither tells anybody else.
const QUIET: [&str; 28] = [
    "get",
    "has",
    "set",
    "add",
    "delete",
    "push",
    "keys",
    "values",
    "entries",
    "send",
    "close",
    "slice",
    "startsWith",
    "includes",
    "split",
    "clearTimeout",
    "filter",
    "map",
    "concat",
    "indexOf",
    "find",
    "some",
    "at",
    "splice",
    "pop",
    "shift",
    "unshift",
    "sort",
];
/// Calls that take away who listens.
const AWAY: [&str; 7] =
    ["delete", "off", "removeListener", "removeEventListener", "unsubscribe", "indexOf", "remove"];
/// Functions that hand on who listens, one to another.
const FARTHEST: u32 = 4;

/// Why a listener hears nothing.
#[derive(Debug, Clone)]
pub(in crate::audit) struct Deafness {
    /// The file and line that say so; `None`: nothing was found that could.
    pub at: Option<(usize, u32)>,
    pub reason: &'static str,
    /// `false`: it could not be shown to be otherwise.
    pub certain: bool,
}

pub(in crate::audit) struct Delivery<'r, 'p> {
    program: &'r Program<'p>,
    trusted: &'r [String],
    /// What holds for every listener.
    all: Option<Deafness>,
    /// What the functions that read the socket may run, and where they stand; `None`: not to be followed.
    told: Option<Told>,
}

struct Told {
    readers: BTreeSet<Site>,
    reached: BTreeSet<Site>,
    kept: HashSet<Kept>,
    /// Something is called that nobody knows.
    open: bool,
    at: (usize, u32),
}

impl Told {
    /// A listener of an object's events, where what is read is told only under names that are not its.
    fn by_another_name(&self, program: &Program<'_>, subscription: &Subscription<'_>) -> Option<Deafness> {
        let mut names: Vec<Option<String>> = Vec::new();
        for site in &self.reached {
            for call in program.calls_in_function(*site) {
                if TELLING_BY_NAME.contains(&call.callee.last_name()) {
                    let name = told_name(call.positional(0)?);
                    let texts = name.map(|name| program.texts(name, *site, None)).unwrap_or_default();
                    names.extend(texts.iter().map(Text::exact));
                    names.extend(texts.is_empty().then_some(None));
                }
            }
        }
        let is_other =
            |name: &Option<String>| name.as_ref().is_some_and(|it| *it != subscription.message_type);
        let reason = "what the WebSocket says is told under another name";
        let deaf = Deafness { at: Some(self.at), reason, certain: false };
        (!names.is_empty() && names.iter().all(is_other)).then_some(deaf)
    }
}

/// What outlives the call of a function: a collection, an object of the tree, a parameter of a function around it.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Kept {
    /// The address of its expression.
    Value(usize),
    Object(ClassId),
    Given(Site, usize),
}

impl<'r, 'p> Delivery<'r, 'p> {
    /// `trusted`: functions of which the configuration says that they listen.
    pub fn new(
        program: &'r Program<'p>,
        mounted: &Mounted,
        subscriptions: &[Subscription<'p>],
        trusted: &'r [String],
    ) -> Self {
        let unknown = Self { program, trusted, all: None, told: None };
        let deaf = |at, reason, certain| Self {
            program,
            trusted,
            all: Some(Deafness { at, reason, certain }),
            told: None,
        };
        // Nobody asks where nobody listens.
        let Some(files) = mounted.files().filter(|_| !subscriptions.is_empty()) else { return unknown };
        if files.iter().any(|unit| brings_a_socket(program, *unit)) {
            return if is_switched_off(program) {
                deaf(None, "the WebSocket is switched off", true)
            } else {
                unknown
            };
        }
        let opens = opened(program);
        let Some(first) = opens.first() else {
            return deaf(None, "no code was found that opens a WebSocket", false);
        };
        let at = |call: &CallSite<'p>| Some((call.site.unit, call.call.line));
        // What a worker opens, or what only a worker's messages lead to, is not followed.
        if files.iter().any(|unit| program.units[*unit].text.contains("Worker(")) {
            return unknown;
        }
        let [running, named] =
            [Handed::ByLibraries, Handed::ByName].map(|handed| running(program, files, handed));
        let is_top = |site: Site| site.function == 0 && files.contains(&site.unit);
        let runs = |site: Site| is_top(site) || running.contains(&site);
        let opening = |known: &BTreeSet<Site>| {
            opens
                .iter()
                .any(|it| (is_top(it.site) || known.contains(&it.site)) && is_asked_for(program, files, it))
        };
        if !opening(&named) {
            let certain = !opening(&running);
            return deaf(at(first), "nothing that the application runs opens the WebSocket", certain);
        }
        if opens.iter().any(|call| call.call.callee.last_name() != "WebSocket") {
            return unknown;
        }
        let readers: Vec<Reader<'p>> =
            readers(program, files).into_iter().filter(|it| runs(it.site)).collect();
        let Some(reader) = readers.first() else {
            return deaf(at(first), "nothing reads what the WebSocket says", true);
        };
        let handlers: Vec<Vec<Site>> = readers.iter().map(|it| it.functions(program)).collect();
        if handlers.iter().any(Vec::is_empty) {
            return unknown;
        }
        let reached = program.reach(handlers.into_iter().flatten());
        let read_at = (reader.site.unit, reader.line);
        if !reached.iter().any(|site| does_something(program, *site)) {
            return deaf(Some(read_at), "what the WebSocket says is read and goes nowhere", true);
        }
        let told = Told {
            readers: readers.iter().map(|it| it.site).collect(),
            kept: kept(program, &reached),
            open: reached.iter().any(|site| calls_the_unknown(program, *site)),
            reached,
            at: read_at,
        };
        Self { program, trusted, all: None, told: Some(told) }
    }

    /// Why this listener hears nothing; `None`: it may.
    pub fn deafness(&self, subscription: &Subscription<'p>) -> Option<Deafness> {
        if let Some(all) = self.all.as_ref().filter(|_| !self.trusted.contains(&subscription.form)) {
            return Some(all.clone());
        }
        let through = subscription.through?;
        let listens: Vec<Site> = functions(self.program, &through.callee, subscription.site);
        if let Some(told) = self.told.as_ref().filter(|_| listens.is_empty()) {
            return told.by_another_name(self.program, subscription);
        }
        if listens.is_empty() || self.trusted.contains(&subscription.form) {
            return None;
        }
        if let Some(function) =
            listens.iter().find(|it| leaves_alone(self.program, through, subscription.site, **it))
        {
            let at = Some((function.unit, self.program.function(*function).line));
            return Some(Deafness {
                at,
                reason: "who listens is given no message: the function is never used",
                certain: true,
            });
        }
        let told = self.told.as_ref()?;
        let leads = self.program.reach(listens);
        let meet = |known: &BTreeSet<Site>| leads.iter().any(|site| known.contains(site));
        let inside = |site: &Site| told.readers.iter().any(|reader| self.program.is_inside(*reader, *site));
        let open = || leads.iter().any(|site| calls_the_unknown(self.program, *site));
        if told.open || open() || meet(&told.readers) || meet(&told.reached) || leads.iter().any(inside) {
            return None;
        }
        let kept = kept(self.program, &leads);
        if kept.is_empty() || kept.iter().any(|it| told.kept.contains(it)) {
            return None;
        }
        let reason = "what the WebSocket says could not be followed to where the listeners are kept";
        Some(Deafness { at: Some(told.at), reason, certain: false })
    }
}

/// The function calls something, or changes something, with what it was told.
fn does_something(program: &Program<'_>, site: Site) -> bool {
    if !program.places(site).is_empty() {
        return true;
    }
    let mut found = false;
    visit::function(program.function(site), &mut |part, context| match part {
        Part::Expression(expr) => match &expr.kind {
            Kind::Call(call) => {
                let nowhere = NOWHERE.contains(&call.callee.last_name()) || call.form == CallForm::New;
                found |= !context.dead && !nowhere;
            }
            Kind::Yield(_) => found = true,
            _ => {}
        },
        Part::Statement(statement) => {
            // `latest = JSON.parse(event.data)`, a variable of the module.
            if let StatementKind::Assign { target: Pattern::Name(name), .. } = &statement.kind {
                found |= program.is_bound_around(name, site);
            }
        }
    });
    found
}

/// Something is called of which nobody knows what it is: it may be the listeners.
fn calls_the_unknown(program: &Program<'_>, site: Site) -> bool {
    let unknown = |definition: &Definition<'_>| match definition {
        Definition::Function(_) | Definition::Class(_) | Definition::Instance(_) => false,
        // The setter of React's state is known.
        Definition::Part(value, ..) => !is_state(value),
        // React's own, and what a browser brings.
        Definition::External(path) => {
            let own = ["react.", "console.", "JSON.", "Math.", "Date", "Object.", "Array."];
            !own.iter().any(|start| path.starts_with(start)) && !is_timer(path)
        }
        _ => true,
    };
    visit::calls(program.function(site)).into_iter().any(|call| {
        let name = call.callee.last_name();
        let known = program.resolve(&call.callee, site);
        let quiet = NOWHERE.contains(&name) || QUIET.contains(&name) || call.form == CallForm::New;
        !quiet && (known.is_empty() || known.iter().any(unknown))
    })
}

fn is_timer(path: &str) -> bool {
    matches!(
        path.trim_start_matches("window."),
        "setTimeout" | "setInterval" | "clearTimeout" | "clearInterval"
    )
}

/// What functions use that is not their own.
fn kept<'p>(program: &Program<'p>, of: &BTreeSet<Site>) -> HashSet<Kept> {
    let own = |site: &Site| site.function != 0 && of.contains(site);
    let mut found = HashSet::new();
    for site in of {
        visit::function(program.function(*site), &mut |part, _| {
            let Part::Expression(expr) = part else { return };
            if !matches!(expr.kind, Kind::Name(_) | Kind::Member(..)) {
                return;
            }
            for definition in program.resolve(expr, *site) {
                match definition {
                    Definition::Value(value, owner) if !own(&owner) && keeps(value) => {
                        found.insert(Kept::Value(std::ptr::from_ref(value).addr()));
                    }
                    Definition::Part(value, owner, _) if !own(&owner) && is_state(value) => {
                        found.insert(Kept::Value(std::ptr::from_ref(value).addr()));
                    }
                    Definition::Instance(class) if !expr.is_name("this") => {
                        found.insert(Kept::Object(class));
                    }
                    Definition::Parameter(function, index, _) if !own(&function) => {
                        found.insert(Kept::Given(function, index));
                    }
                    _ => {}
                }
            }
        });
    }
    found
}

/// A value in which something can be kept; a context only leads to one.
fn keeps(value: &Expr<'_>) -> bool {
    match &value.kind {
        Kind::Call(call) => call.callee.last_name() != "createContext",
        Kind::Record(_) | Kind::List(_) => true,
        _ => false,
    }
}

/// The functions of the tree that an expression calls.
fn functions<'p>(program: &Program<'p>, callee: &'p Expr<'p>, site: Site) -> Vec<Site> {
    let known = program.resolve(callee, site).into_iter();
    known
        .filter_map(|it| if let Definition::Function(function) = it { Some(function) } else { None })
        .collect()
}

/// The function is given who is to be told, and neither it nor what it hands that on to ever uses it.
fn leaves_alone<'p>(program: &Program<'p>, call: &'p Call<'p>, site: Site, function: Site) -> bool {
    let is_function = |value: &'p Expr<'p>| {
        matches!(value.kind, Kind::Function(_)) || !program.functions(value, site).is_empty()
    };
    if call.arguments.iter().any(|it| it.spread) {
        return false;
    }
    let named = |it: &Argument<'p>| matches!(it.value.kind, Kind::Name(_) | Kind::Member(..));
    let place = call.arguments.iter().position(|it| is_function(&it.value));
    // A setter of React's state is a function of no file: it stands behind the type.
    let place = place.or_else(|| call.arguments.get(1).filter(|it| named(it)).map(|_| 1));
    place.is_some_and(|place| !uses_given(program, function, place, FARTHEST))
}

/// `true` as well where that cannot be found out.
fn uses_given(program: &Program<'_>, function: Site, place: usize, left: u32) -> bool {
    let Some(left) = left.checked_sub(1) else { return true };
    let parameters = &program.function(function).parameters;
    if parameters.iter().any(|it| it.kind != ParameterKind::Plain) {
        return true;
    }
    let name = match parameters.get(place).map(|it| &it.pattern) {
        Some(Pattern::Name(name)) => *name,
        Some(_) => return true,
        None => "arguments",
    };
    let inside = program.sites([function.unit]).filter(|site| program.is_inside(*site, function));
    inside.map(|site| used(program, site, name, left)).any(|(uses, idle)| uses > idle)
}

/// How often a function names something, and how often only for nothing: in the list of what an effect hangs on, and
/// handed on to a function that never uses it.
fn used(program: &Program<'_>, site: Site, name: &str, left: u32) -> (usize, usize) {
    let (mut uses, mut idle) = (0, 0);
    visit::function(program.function(site), &mut |part, _| {
        let Part::Expression(expr) = part else { return };
        uses += usize::from(expr.is_name(name));
        // What is compared, or taken away again, is told nothing.
        if let Kind::Operation(Operator::Equal | Operator::Unequal, parts) = &expr.kind {
            idle += parts.iter().filter(|it| it.is_name(name)).count();
        }
        let Kind::Call(call) = &expr.kind else { return };
        if AWAY.contains(&call.callee.last_name()) {
            idle += call.arguments.iter().filter(|it| it.value.is_name(name)).count();
            return;
        }
        let effect = call.callee.last_name().starts_with("use");
        for (place, argument) in call.arguments.iter().enumerate() {
            match &argument.value.kind {
                Kind::List(items) if effect && place > 0 => {
                    idle += items.iter().filter(|it| it.is_name(name)).count();
                }
                Kind::Name(given) if *given == name => {
                    let known = program.resolve(&call.callee, site);
                    let drops = |it: &Definition<'_>| matches!(it, Definition::Function(function) if !uses_given(program, *function, place, left));
                    idle += usize::from(!known.is_empty() && known.iter().all(drops));
                }
                _ => {}
            }
        }
    });
    (uses, idle)
}
