//! Channels consumers: which message types each has a method for, and what that method sends to the browser.

use std::collections::BTreeSet;

use crate::audit::code::{Call, Expr, Kind, ParameterKind, Role, entry};
use crate::audit::names::type_key;
use crate::audit::program::{CallSite, ClassId, Definition, Piece, Program, Site, Step, Text};

use super::groups;

/// Methods that Channels itself calls or that the consumer calls: no message type leads to them.
const LIFECYCLE: [&str; 22] = [
    "connect",
    "disconnect",
    "receive",
    "receive_json",
    "decode_json",
    "encode_json",
    "send",
    "send_json",
    "send_group",
    "accept",
    "close",
    "dispatch",
    "websocket_connect",
    "websocket_disconnect",
    "websocket_receive",
    "get_handler_name",
    "http_request",
    "handle",
    "on_connect",
    "on_disconnect",
    "authenticate",
    "await_many_dispatch",
];

/// What a handler sends on to the browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::audit) enum Wire {
    /// The event as it came, under its own type.
    Same,
    /// A message with this type.
    Types(Vec<String>),
    /// The event's entry of this key: its own `type` counts.
    Entry(String),
    /// A message whose type is the event's entry of this key.
    TypeEntry(String),
}

pub(in crate::audit) struct Handler {
    pub consumer: usize,
    pub site: Site,
    /// The method's name; a type leads here after its dots became underscores.
    pub name: String,
    pub wire: Wire,
    /// Where the class has it, file and line: the method, or the attribute that is one.
    pub place: (usize, u32),
}

impl Handler {
    /// Channels calls it for events of this type.
    pub fn takes(&self, event: &str) -> bool {
        self.name == event.replace('.', "_")
    }
}

pub(in crate::audit) struct Consumer {
    pub class: ClassId,
    /// Groups it joins; `None` among them: one whose name the source does not say.
    pub groups: BTreeSet<Option<String>>,
    /// It dispatches by itself: any type finds a handler.
    pub catches_all: bool,
    /// Types it sends on its own account: pong, a greeting.
    pub own_types: BTreeSet<String>,
}

#[derive(Default)]
pub(in crate::audit) struct Consumers {
    pub consumers: Vec<Consumer>,
    pub handlers: Vec<Handler>,
    /// Groups that something in the tree joins; `None` among them: one whose name the source does not say.
    joined: BTreeSet<Option<String>>,
}

impl Consumers {
    pub fn new(program: &Program<'_>) -> Self {
        let mut found = Self::default();
        let production = |id: &ClassId| {
            program.is_python(id.unit) && !program.is_test(id.unit) && is_consumer(program, *id)
        };
        let classes: Vec<ClassId> = program.class_ids(program.python_units()).filter(production).collect();
        let bases: BTreeSet<ClassId> =
            classes.iter().flat_map(|class| program.ancestry(*class).0.into_iter().skip(1)).collect();
        let routed = routed(program);
        for class in classes {
            // What is only there to be inherited from gets no messages itself.
            if !bases.contains(&class) || routed.contains(&class) {
                found.consumer(program, class);
            }
        }
        found.joined = groups::joined(program, &found.consumers);
        found
    }

    /// Whether anything joins a group; `None` where that could not be found out.
    pub fn joined(&self, group: &str) -> Option<bool> {
        match self.joined.contains(&Some(group.to_owned())) {
            true => Some(true),
            false => (!self.consumers.is_empty() && !self.joined.contains(&None)).then_some(false),
        }
    }

    fn consumer(&mut self, program: &Program<'_>, class: ClassId) {
        let (ancestry, _) = program.ancestry(class);
        let methods: Vec<Site> = ancestry
            .iter()
            .flat_map(|id| {
                program.class(*id).methods.iter().map(|method| Site { unit: id.unit, function: *method })
            })
            .collect();
        let called = own_calls(program, &methods);
        let index = self.consumers.len();
        let mut consumer =
            Consumer { class, groups: BTreeSet::new(), catches_all: false, own_types: BTreeSet::new() };
        for site in &methods {
            let name = program.function(*site).name;
            consumer.catches_all |= matches!(name, "dispatch" | "__getattr__" | "get_handler_name");
            groups::of_function(program, *site, &mut consumer.groups);
            if is_handler(program, *site) && !called.contains(name) {
                if self.handlers.iter().any(|known| known.consumer == index && known.name == name) {
                    continue;
                }
                let place = (site.unit, program.function(*site).line);
                let (name, wire) = (name.to_owned(), wire(program, *site));
                self.handlers.push(Handler { consumer: index, site: *site, name, wire, place });
            } else {
                consumer.own_types.extend(sent_types(program, *site));
            }
        }
        consumer.groups.extend(groups::of_class(program, &ancestry));
        for CallSite { call, site } in program.python_calls("setattr") {
            let onto = call.positional(0).map(|onto| program.resolve(onto, site)).into_iter().flatten();
            let is_own = |it: Definition<'_>| matches!(it, Definition::Class(id) if ancestry.contains(&id));
            if !onto.into_iter().any(is_own) {
                continue;
            }
            let names = call.positional(1).map(|name| program.texts(name, site, None)).unwrap_or_default();
            let method = call.positional(2).and_then(|value| program.functions(value, site).first().copied());
            let names: Option<Vec<String>> = names.iter().map(Text::exact).collect();
            // What is set under a name that is not known may be a method for any type.
            let (Some(names), Some(method)) = (names, method) else {
                consumer.catches_all = true;
                continue;
            };
            self.handlers.extend(names.into_iter().map(|name| Handler {
                consumer: index,
                site: method,
                name,
                wire: wire(program, method),
                place: (site.unit, call.line),
            }));
        }
        self.consumers.push(consumer);
        for id in ancestry {
            self.assigned(program, index, id);
        }
    }

    /// `positions = relay`: an attribute that is a method under another name.
    fn assigned(&mut self, program: &Program<'_>, consumer: usize, id: ClassId) {
        let class = program.class(id);
        for (name, value) in &class.attributes {
            let known = self.handlers.iter().any(|known| known.consumer == consumer && known.name == *name);
            let body = Site { unit: id.unit, function: class.parent };
            // `positions = forward("positions")`: what a function of the tree makes.
            let makers = value.call().map(|made| program.functions(&made.callee, body)).unwrap_or_default();
            let made =
                makers.iter().flat_map(|maker| program.returns(*maker).into_iter().map(|it| (it, *maker)));
            let made = made.flat_map(|(result, maker)| program.functions(result, maker));
            let named = program.functions(value, body).into_iter().chain(sibling(program, id, value));
            let mut functions = named.chain(made);
            let Some(site) = functions.find(|site| !known && takes_event(program, *site, name)) else {
                continue;
            };
            let (name, wire, place) = ((*name).to_owned(), wire(program, site), (id.unit, value.line));
            self.handlers.push(Handler { consumer, site, name, wire, place });
        }
    }

    /// The handlers that a type leads to.
    pub fn handlers_of<'h>(&'h self, message_type: &'h str) -> impl Iterator<Item = &'h Handler> {
        let of = self.handlers.iter();
        of.filter(move |handler| handler.takes(message_type))
    }

    /// The consumers that get messages of a group and have no method for the type.
    pub fn without_handler(&self, message_type: &str, group: Option<&str>) -> Vec<&Consumer> {
        let handles = |index: usize, consumer: &Consumer| {
            let mut own = self.handlers_of(message_type);
            consumer.catches_all || own.any(|handler| handler.consumer == index)
        };
        let all: Vec<(usize, &Consumer)> = self.consumers.iter().enumerate().collect();
        let sure = |consumer: &Consumer| {
            group.is_some_and(|group| consumer.groups.contains(&Some(group.to_owned())))
        };
        let members: Vec<&(usize, &Consumer)> = all.iter().filter(|(_, consumer)| sure(consumer)).collect();
        if !members.is_empty() {
            return members
                .into_iter()
                .filter(|(index, consumer)| !handles(*index, consumer))
                .map(|(_, c)| *c)
                .collect();
        }
        // Which consumers get it is not known: only if none at all has a method is one missing for sure.
        match all.iter().any(|(index, consumer)| handles(*index, consumer)) {
            true => Vec::new(),
            false => all.into_iter().map(|(_, consumer)| consumer).collect(),
        }
    }
}

/// Classes that a routing names: `Traders.as_asgi()`.
fn routed(program: &Program<'_>) -> BTreeSet<ClassId> {
    let calls = program.python_calls("as_asgi").into_iter();
    calls.filter_map(|call| program.class_named(call.call.callee.receiver()?, call.site)).collect()
}

fn is_consumer(program: &Program<'_>, class: ClassId) -> bool {
    let (_, outside) = program.ancestry(class);
    let last = |base: &String| base.rsplit('.').next().unwrap_or(base).to_owned();
    let own = program.class(class);
    outside.iter().map(last).any(|base| base.ends_with("Consumer"))
        && !(own.methods.is_empty() && own.attributes.is_empty())
}

/// The method of the same class body that a bare name means there.
fn sibling(program: &Program<'_>, id: ClassId, value: &Expr<'_>) -> Option<Site> {
    let Kind::Name(name) = value.kind else { return None };
    program.own_method(id, name)
}

/// `(self, event)`, public, not called by Channels under a fixed name.
fn is_handler(program: &Program<'_>, site: Site) -> bool {
    let function = program.function(site);
    function.role == Role::Method && takes_event(program, site, function.name)
}

fn takes_event(program: &Program<'_>, site: Site, name: &str) -> bool {
    let function = program.function(site);
    let plain = function
        .parameters
        .iter()
        .filter(|parameter| parameter.kind == ParameterKind::Plain && parameter.default.is_none());
    plain.count() == 2
        && !name.starts_with('_')
        && !LIFECYCLE.contains(&name)
        && function.decorators.iter().all(|decorator| !decorator.last_name().contains("sync_to_async"))
}

/// Names that the methods call on `self`.
fn own_calls<'p>(program: &Program<'p>, methods: &[Site]) -> BTreeSet<&'p str> {
    let mut called = BTreeSet::new();
    for site in methods {
        let own = program.function(*site).parameters.first().map_or("self", |first| first.name());
        let calls = program.calls_in_function(*site).into_iter();
        let own = calls.filter(|call| call.callee.receiver().is_some_and(|receiver| receiver.is_name(own)));
        called.extend(own.map(|call| call.callee.last_name()));
    }
    called
}

/// The payload of `self.send(text_data=json.dumps(x))` or `self.send_json(x)`.
fn payloads<'p>(program: &Program<'p>, site: Site) -> Vec<&'p Expr<'p>> {
    let sends = |call: &&Call<'p>| {
        let own = call.callee.receiver().is_some_and(|receiver| matches!(receiver.kind, Kind::Name(_)));
        own && matches!(call.callee.last_name(), "send" | "send_json")
    };
    let calls = program.calls_in_function(site).into_iter().filter(sends);
    let given = calls.filter_map(|call| {
        call.keyword("text_data").or_else(|| call.keyword("content")).or_else(|| call.positional(0))
    });
    given.map(|given| dumped(program, given, site)).collect()
}

/// `json.dumps(x)` is `x`, also where it was put into a variable first.
fn dumped<'p>(program: &Program<'p>, expr: &'p Expr<'p>, site: Site) -> &'p Expr<'p> {
    let inner = |call: &'p Call<'p>| {
        matches!(call.callee.last_name(), "dumps" | "dump" | "encode").then(|| call.positional(0)).flatten()
    };
    if let Some(first) = expr.call().and_then(inner) {
        return first;
    }
    program.results_of(expr, site).find_map(|(call, _)| inner(call)).unwrap_or(expr)
}

fn wire(program: &Program<'_>, site: Site) -> Wire {
    let mut types = Vec::new();
    for payload in payloads(program, site) {
        if let Some(key) = entry_of(program, payload, site) {
            return Wire::Entry(key);
        }
        for record in records(program, payload, site) {
            let Some(found) = record else { continue };
            if let Some(key) = entry_of(program, found, site).filter(|key| key != "type") {
                return Wire::TypeEntry(key);
            }
            let texts = program.texts(found, site, None);
            types.extend(texts.iter().filter_map(Text::exact));
        }
    }
    types.sort();
    types.dedup();
    if types.is_empty() { Wire::Same } else { Wire::Types(types) }
}

/// `event["message"]`, `event.get("message")`, also where a variable holds it: the key.
fn entry_of<'p>(program: &Program<'p>, expr: &'p Expr<'p>, site: Site) -> Option<String> {
    program.resolve(expr, site).into_iter().find_map(|definition| match definition {
        Definition::Parameter(function, 1, steps) if function == site => match steps.as_slice() {
            [Step::Key(key)] => Some((*key).to_owned()),
            _ => None,
        },
        _ => None,
    })
}

/// The `type` entries of the records that a payload may be.
fn records<'p>(program: &Program<'p>, payload: &'p Expr<'p>, site: Site) -> Vec<Option<&'p Expr<'p>>> {
    let records = program.records(payload, site);
    records.map(|(entries, _)| entry(entries, "type").map(|found| &found.value)).collect()
}

fn sent_types(program: &Program<'_>, site: Site) -> Vec<String> {
    let mut found = Vec::new();
    for payload in payloads(program, site) {
        for value in records(program, payload, site).into_iter().flatten() {
            for text in program.texts(value, site, None) {
                if let [Piece::Literal(literal)] = text.pieces.as_slice() {
                    found.push(type_key(literal));
                }
            }
        }
    }
    found
}
