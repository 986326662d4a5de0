//! Sockets of a browser's own: where they are opened and read, and whether the application ever gets there.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::audit::code::visit::{self, Part};
use crate::audit::code::{CallForm, Expr, ImportNames, Kind, Operator, Pattern, StatementKind};
use crate::audit::paths;
use crate::audit::program::{CallSite, Definition, Program, Site};
use crate::audit::websocket::gates;

use super::mounted::{later, started};

/// What browsers call by these names.
const LIFECYCLE: [&str; 6] =
    ["constructor", "render", "componentDidMount", "componentDidUpdate", "connectedCallback", "getSnapshot"];
/// Words in the names of packages that bring their own socket.
const PACKAGES: [&str; 14] = [
    "socket",
    "sse",
    "eventsource",
    "event-source",
    "stomp",
    "signalr",
    "centrifuge",
    "pusher",
    "ably",
    "mqtt",
    "graphql",
    "apollo",
    "urql",
    "partykit",
];
const LISTENING: [&str; 5] = ["addEventListener", "addListener", "on", "once", "onmessage"];

/// A place where a frame comes in.
pub(super) struct Reader<'p> {
    pub site: Site,
    pub line: u32,
    pub handler: &'p Expr<'p>,
}

impl<'p> Reader<'p> {
    /// The functions that are given the frame; of an object that listens itself its `handleEvent`.
    pub fn functions(&self, program: &Program<'p>) -> Vec<Site> {
        let found = program.functions(self.handler, self.site);
        if !found.is_empty() {
            return found;
        }
        let meant = program.resolve(self.handler, self.site).into_iter();
        meant
            .filter_map(|it| match it {
                Definition::Instance(class) => program.method(class, "handleEvent"),
                _ => None,
            })
            .collect()
    }
}

/// Who may call the functions of a record that a function gives back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Handed {
    /// A library may, without naming them here.
    ByLibraries,
    /// Whoever names them.
    ByName,
}

/// A file imports a package that opens sockets by itself.
pub(super) fn brings_a_socket(program: &Program<'_>, unit: usize) -> bool {
    let imports = program.module(unit).imports.iter();
    let outside = imports.filter(|it| !it.types_only && program.imported(unit, it).is_none());
    outside.filter(|it| !matches!(it.names, ImportNames::Nothing)).any(|import| {
        let lower = import.module.to_lowercase();
        lower.starts_with('.')
            || PACKAGES.iter().any(|word| lower.contains(word))
            || lower.split(['/', '-', '@']).any(|part| matches!(part, "ws" | "realtime" | "live" | "stream"))
    })
}

/// Hooks of a package that are given no address, or told not to connect.
pub(super) fn is_switched_off(program: &Program<'_>) -> bool {
    let hooks = program.script_calls("useWebSocket").into_iter();
    let mut hooks = hooks.filter(|it| !program.is_test(it.site.unit)).peekable();
    hooks.peek().is_some()
        && hooks.all(|it| {
            let off = |place: usize| it.call.positional(place).map(|it| &it.kind);
            program.is_outside(&it.call.callee, it.site, |path| path.contains("websocket"))
                && (matches!(off(0), Some(Kind::Null)) || matches!(off(2), Some(Kind::Bool(false))))
        })
}

/// What the place waits for is said somewhere: `if (action.type === 'live/connect')` and a dispatch of that action.
pub(super) fn is_asked_for<'p>(program: &Program<'p>, files: &BTreeSet<usize>, it: &CallSite<'p>) -> bool {
    let context = gates::context(program, it.call, it.site);
    let said = |text: &str| {
        let all = files.iter().map(|unit| program.units[*unit].text.matches(text).count());
        all.sum::<usize>() > 1
    };
    context.guards.iter().filter(|guard| guard.holds).all(|guard| {
        let mut named = Vec::new();
        visit::expression(guard.test, &mut |part| {
            if let Kind::Operation(Operator::Equal, parts) = &part.kind
                && parts.iter().any(|it| matches!(it.kind, Kind::Member(_, "type")))
            {
                named.extend(parts.iter().filter_map(Expr::literal));
            }
        });
        named.into_iter().all(said)
    })
}

/// The places where production code opens a browser's own socket.
pub(super) fn opened<'p>(program: &Program<'p>) -> Vec<CallSite<'p>> {
    let mut found = Vec::new();
    for name in program.words_like(|word| word.ends_with("WebSocket") || word.ends_with("EventSource")) {
        found.extend(program.script_calls(name).iter().copied().filter(|call| {
            call.call.form == CallForm::New
                && !program.is_test(call.site.unit)
                && !paths::is_declaration(program.path(call.site.unit))
                && program.class_named(&call.call.callee, call.site).is_none()
        }));
    }
    found
}

/// `socket.onmessage = …`, `socket.addEventListener('message', …)`.
pub(super) fn readers<'p>(program: &Program<'p>, files: &BTreeSet<usize>) -> Vec<Reader<'p>> {
    let mut found = Vec::new();
    for site in program.sites(files.iter().copied()) {
        for (place, handler) in program.places(site) {
            if matches!(place.last_name(), "onmessage") {
                found.push(Reader { site, line: place.line, handler });
            }
        }
    }
    for name in LISTENING {
        for CallSite { call, site } in program.script_calls(name).iter().copied() {
            let is_message = call
                .positional(0)
                .and_then(Expr::literal)
                .is_some_and(|it| it.eq_ignore_ascii_case("message"));
            if let (true, true, Some(handler)) = (is_message, files.contains(&site.unit), call.positional(1))
            {
                found.push(Reader { site, line: call.line, handler });
            }
        }
    }
    found
}

/// What the application runs, methods only where somebody names them.
pub(super) fn running(program: &Program<'_>, files: &BTreeSet<usize>, handed: Handed) -> BTreeSet<Site> {
    let mut waiting: HashMap<&str, Vec<Site>> = HashMap::new();
    for site in program.sites(files.iter().copied()) {
        let function = program.function(site);
        for name in [function.name, function.label].into_iter().filter(|name| !name.is_empty()) {
            waiting.entry(name).or_default().push(site);
        }
    }
    let mut found = BTreeSet::new();
    let mut queue: Vec<Site> = started(program, files);
    queue.extend(LIFECYCLE.iter().filter_map(|name| waiting.remove(name)).flatten());
    let tops = files.iter().map(|unit| Site { unit: *unit, function: 0 });
    let mut named: Vec<Site> = tops.collect();
    loop {
        while let Some(site) = queue.pop() {
            if site.function != 0 && found.insert(site) {
                named.push(site);
                let mut idle = only_written(program, site);
                if handed == Handed::ByName {
                    idle.extend(given_back(program, site));
                }
                queue.extend(program.edges(site).iter().filter(|it| !idle.contains(it)));
                queue.extend(later(program, site));
            }
        }
        let Some(site) = named.pop() else { return found };
        for name in mentioned(program, site) {
            queue.extend(waiting.remove(name).into_iter().flatten());
        }
    }
}

/// Functions that a function only gives a name, and does not name itself: `const open = () => …`.
fn only_written(program: &Program<'_>, site: Site) -> Vec<Site> {
    let mut written: Vec<(&str, usize)> = Vec::new();
    let mut named = HashSet::new();
    visit::function(program.function(site), &mut |part, _| match part {
        Part::Statement(statement) => {
            if let StatementKind::Assign { target: Pattern::Name(name), value, .. } = &statement.kind
                && let Kind::Function(function) = value.kind
            {
                written.push((name, function));
            }
        }
        Part::Expression(Expr { kind: Kind::Name(name), .. }) => {
            named.insert(*name);
        }
        Part::Expression(_) => {}
    });
    let idle = written.into_iter().filter(|(name, _)| !named.contains(name));
    idle.map(|(_, function)| Site { unit: site.unit, function }).collect()
}

/// The functions in the records that a function gives back: `return { on(type, tell) { … }, connect() { … } }`.
fn given_back(program: &Program<'_>, site: Site) -> Vec<Site> {
    let mut found = Vec::new();
    for value in program.returns(site) {
        for entry in value.entries().unwrap_or_default() {
            if let (Some(_), Kind::Function(function)) = (&entry.key, &entry.value.kind) {
                found.push(Site { unit: site.unit, function: *function });
            }
        }
    }
    found
}

/// The members that a function names: `x.connect`, `const { connect } = x`.
fn mentioned<'p>(program: &Program<'p>, site: Site) -> HashSet<&'p str> {
    let mut found = HashSet::new();
    let function = program.function(site);
    function.parameters.iter().for_each(|it| taken(&it.pattern, &mut found));
    visit::function(function, &mut |part, context| match part {
        Part::Expression(Expr { kind: Kind::Member(_, name), .. }) if !context.dead => {
            found.insert(*name);
        }
        Part::Statement(statement) => {
            if let StatementKind::Assign { target, .. } = &statement.kind {
                taken(target, &mut found);
                // `socket.connect = …` names what it makes.
                if let Pattern::Place(Expr { kind: Kind::Member(_, name), .. }) = target {
                    found.remove(name);
                }
            }
        }
        Part::Expression(_) => {}
    });
    found
}

fn taken<'p>(pattern: &Pattern<'p>, found: &mut HashSet<&'p str>) {
    match pattern {
        Pattern::Record(fields) => {
            for field in fields {
                found.insert(field.key);
                taken(&field.pattern, found);
            }
        }
        Pattern::List(parts) => parts.iter().for_each(|part| taken(part, found)),
        Pattern::Rest(inner) => taken(inner, found),
        Pattern::Name(_) | Pattern::Place(_) | Pattern::Hole => {}
    }
}
