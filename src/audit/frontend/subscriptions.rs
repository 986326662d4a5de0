//! Who listens to which message type: hooks and methods that take the type as a text, and code that looks at the
//! `type` of a parsed message itself.

use std::collections::BTreeSet;

use crate::audit::code::{Call, Expr, Kind, entry};
use crate::audit::program::{Bound, Definition, Given, Piece, Program, Site, bind, within};
use crate::audit::{parallel, paths};

use super::message_types::is_parse;
use super::streams;

pub(in crate::audit) struct Subscription<'p> {
    pub unit: usize,
    pub site: Site,
    pub line: u32,
    pub message_type: String,
    /// The function it stands in.
    pub symbol: String,
    /// The listener's name, or `message.type`.
    pub form: String,
    /// The call that subscribes; `None` where the type is looked at by hand.
    pub through: Option<&'p Call<'p>>,
}

/// Methods that take a type and a function.
const METHODS: [&str; 10] = [
    "subscribe",
    "on",
    "addHandler",
    "addMessageHandler",
    "onMessage",
    "addListener",
    "addEventListener",
    "registerHandler",
    "listen",
    "onType",
];
/// What a socket itself tells: no message types.
const EVENTS: [&str; 14] = [
    "open",
    "close",
    "error",
    "message",
    "connect",
    "disconnect",
    "connected",
    "disconnected",
    "reconnect",
    "connection",
    "status",
    "ping",
    "pong",
    "*",
];

pub(in crate::audit) fn find<'p>(program: &Program<'p>, extra: &[String]) -> Vec<Subscription<'p>> {
    let sockets = parallel::each(program.units.len(), |unit| is_about_socket(program.units[unit].text));
    let mut search = Search {
        program,
        sockets,
        found: Vec::new(),
        seen: BTreeSet::new(),
        callbacks: BTreeSet::new(),
        buses: BTreeSet::new(),
    };
    search.callbacks.extend(search.readers());
    search.buses = search.told_buses();
    for name in program.words_like(|word| is_listener(word, extra)) {
        for call in program.script_calls(name) {
            if search.is_production(call.site) && search.listens(call.call, call.site, extra) {
                search.call(call.call, call.site, (call.call, call.site), &[]);
                let first = call.call.positional(0);
                search
                    .callbacks
                    .extend(first.map(|first| program.functions(first, call.site)).into_iter().flatten());
            }
        }
    }
    search.told();
    search.callbacks.extend(streams::told(program));
    let mut registries = Vec::new();
    let callbacks = search.callbacks.iter().map(|site| site.unit);
    let sockets = (0..program.units.len()).filter(|unit| search.sockets[*unit] && !program.is_python(*unit));
    let units: BTreeSet<usize> = callbacks.chain(sockets).collect();
    for site in program.sites(units) {
        let about = search.sockets[site.unit] || search.callbacks.contains(&site);
        if about && search.is_production(site) {
            search.by_hand(site);
            search.kept_by_type(site);
            search.registries(site, &mut registries);
        }
    }
    // Only code from which imports lead to a registry can enter something into it.
    let keeping = registries.iter().map(|(_, unit)| *unit);
    let registries: Vec<&'p Expr<'p>> = registries.iter().map(|(registry, _)| *registry).collect();
    for site in program.sites(program.leading_to(keeping)) {
        if search.is_production(site) && site.function != 0 {
            search.entered(site, &registries);
        }
    }
    let mut found = search.found;
    found.sort_by(|a, b| (a.unit, a.line, &a.message_type).cmp(&(b.unit, b.line, &b.message_type)));
    found.dedup_by(|a, b| (a.unit, a.line, &a.message_type) == (b.unit, b.line, &b.message_type));
    found
}

/// It opens a socket, or hears what another window or a worker hears from one.
fn is_about_socket(text: &str) -> bool {
    const WORDS: [&str; 8] = [
        "WebSocket",
        "websocket",
        "webSocket",
        "useWs",
        "socket.io",
        "SharedWorker",
        "BroadcastChannel",
        "EventSource",
    ];
    WORDS.iter().any(|word| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some())
}

fn is_listener(name: &str, extra: &[String]) -> bool {
    if METHODS.contains(&name) || extra.iter().any(|known| known == name) {
        return true;
    }
    let lower = name.to_lowercase();
    let about = ["ws", "websocket", "socket", "realtime"].iter().any(|word| lower.contains(word));
    name.starts_with("use") && about
}

pub(super) struct Search<'r, 'p> {
    pub program: &'r Program<'p>,
    /// For each file: it deals with the WebSocket.
    pub sockets: Vec<bool>,
    found: Vec<Subscription<'p>>,
    seen: BTreeSet<(usize, u32, String)>,
    /// Functions that a listener is given: their first parameter is the message.
    pub callbacks: BTreeSet<Site>,
    /// Objects on which a message's type is told as an event: the address of what made them, or their class.
    pub buses: BTreeSet<usize>,
}

impl<'p> Search<'_, 'p> {
    pub fn is_production(&self, site: Site) -> bool {
        let path = self.program.path(site.unit);
        !self.program.is_python(site.unit) && !paths::is_test(path) && !paths::is_declaration(path)
    }

    /// The call takes message types of the WebSocket, not any other kind of event.
    fn listens(&self, call: &'p Call<'p>, site: Site, extra: &[String]) -> bool {
        let name = call.callee.last_name();
        if extra.iter().any(|known| known == name) {
            return true;
        }
        if name.starts_with("use") {
            // A hook may ask for a flag or a status as well: its name must say that it listens.
            let lower = name.to_lowercase();
            return ["message", "event", "subscri", "listen", "channel", "topic"]
                .iter()
                .any(|word| lower.contains(word));
        }
        let subject = call.callee.receiver().unwrap_or(&call.callee);
        let named = subject.last_name().to_lowercase();
        let by_name = call.callee.receiver().is_some()
            && ["ws", "socket", "realtime"].iter().any(|word| named.contains(word));
        // `Live.shared().subscribe(type, tell)`
        let made = subject.call().map(|made| self.program.functions(&made.callee, site));
        by_name
            || made.into_iter().flatten().any(|maker| self.sockets[maker.unit])
            || self.program.resolve(subject, site).iter().any(|definition| match definition {
                Definition::Instance(class) | Definition::Class(class) => self.sockets[class.unit],
                Definition::Function(function) => self.sockets[function.unit],
                Definition::Module(unit) => self.sockets[*unit],
                Definition::Value(value, owner) | Definition::Part(value, owner, _) => {
                    let made = value.call().map(|made| made.callee.dotted()).unwrap_or_default();
                    let bus = ["EventTarget", "Emitter", "mitt"].iter().any(|kind| made.contains(kind));
                    is_about_socket(&made)
                        || self.buses.contains(&std::ptr::from_ref(*value).addr())
                        || made.contains("useWs")
                        || (self.sockets[owner.unit] && bus)
                        || (self.sockets[owner.unit]
                            && (owner.unit != site.unit
                                || value.entries().is_some_and(|it| entry(it, name).is_some())))
                }
                _ => false,
            })
    }

    /// The functions that a function is given and calls with a parsed frame: `open((message) => …)`.
    fn told(&mut self) {
        let program = self.program;
        let sockets =
            (0..program.units.len()).filter(|unit| self.sockets[*unit] && !program.is_python(*unit));
        let mut found = Vec::new();
        for call in sockets.flat_map(|unit| program.calls_of(unit)) {
            let given = call.call.positional(0);
            let is_frame = |given: &'p Expr<'p>| program.values(given, call.site).any(|(it, _)| is_parse(it));
            if !self.is_production(call.site) || !given.is_some_and(is_frame) {
                continue;
            }
            for definition in program.resolve(&call.call.callee, call.site) {
                let Definition::Parameter(function, index, steps) = definition else { continue };
                for giving in program.script_calls_to(function) {
                    match bind(program, giving.call, function, index, &steps) {
                        Bound::Argument(value, done) if done == steps.len() => {
                            found.extend(program.functions(value, giving.site));
                        }
                        _ => {}
                    }
                }
            }
        }
        self.callbacks.extend(found);
    }

    /// Takes the types of a call's first argument; a type that is a parameter is looked for at the callers.
    fn call(
        &mut self,
        inner: &'p Call<'p>,
        inner_site: Site,
        (call, site): (&'p Call<'p>, Site),
        chain: &[Given<'p>],
    ) {
        let Some(first) = inner.positional(0) else { return };
        let given: Vec<&'p Expr<'p>> = match &first.kind {
            Kind::List(items) => items.iter().collect(),
            _ => vec![first],
        };
        for value in given {
            self.value((value, inner_site), (call, site), chain);
        }
    }

    fn value(
        &mut self,
        (value, inner_site): (&'p Expr<'p>, Site),
        (call, site): (&'p Call<'p>, Site),
        chain: &[Given<'p>],
    ) {
        for text in within(chain, None, &mut |env| self.program.texts(value, inner_site, env)) {
            if let [Piece::Parameter(function, ..)] = text.pieces.as_slice() {
                if chain.is_empty() {
                    self.callers(*function, value, inner_site);
                }
                continue;
            }
            if let Some(message_type) = text.exact() {
                self.push((site, call.line), &message_type, call.callee.last_name(), Some(call));
            }
        }
    }

    /// The calls of a function whose parameter is the type.
    pub fn callers(&mut self, function: Site, value: &'p Expr<'p>, value_site: Site) {
        for call in self.program.script_calls_to(function) {
            if self.is_production(call.site) {
                let chain = [(function, call.call, call.site)];
                self.value((value, value_site), (call.call, call.site), &chain);
            }
        }
    }

    pub fn push(
        &mut self,
        (site, line): (Site, u32),
        message_type: &str,
        form: &str,
        through: Option<&'p Call<'p>>,
    ) {
        let plausible = !message_type.is_empty()
            && message_type.len() <= 64
            && message_type
                .chars()
                .all(|character| character.is_alphanumeric() || "._-:".contains(character));
        if !plausible || EVENTS.contains(&message_type) {
            return;
        }
        if self.seen.insert((site.unit, line, message_type.to_owned())) {
            let symbol = self.program.name(site).to_owned();
            self.found.push(Subscription {
                unit: site.unit,
                site,
                line,
                message_type: message_type.to_owned(),
                symbol,
                form: form.to_owned(),
                through,
            });
        }
    }
}
