//! Code that looks at a message's type itself: `switch (message.type)`, `message.type === "x"`,
//! `handlers[message.type]`, and lists and maps into which others enter who is to be told.

use std::collections::BTreeSet;

use crate::audit::code::visit::{self, Part};
use crate::audit::code::{Expr, Kind, Operator, Pattern, StatementKind};
use crate::audit::program::{Bound, CallSite, Definition, Piece, Site, Step, Text, bind};

use super::events::{TELLING_BY_NAME, told_name};
use super::queries::HOOKS;
use super::refetches::key_of;
use super::repeaters::listed;
use super::sockets;
use super::subscriptions::Search;

impl<'p> Search<'_, 'p> {
    /// `switch (message.type)`, `message.type === "x"`, `handlers[message.type]`.
    pub fn by_hand(&mut self, site: Site) {
        let program = self.program;
        let mut found: Vec<(Site, u32, String)> = Vec::new();
        let mut given: Vec<(Site, &'p Expr<'p>)> = Vec::new();
        let mut records: Vec<(Site, usize, Vec<Step<'p>>)> = Vec::new();
        visit::function(program.function(site), &mut |part, _| match part {
            Part::Statement(statement) => {
                if let StatementKind::Switch { subject, cases } = &statement.kind
                    && self.is_type_of_message(subject, site)
                {
                    for case in cases {
                        for value in &case.values {
                            let texts = program.texts(value, site, None);
                            found.extend(
                                texts.iter().filter_map(Text::exact).map(|text| (site, case.line, text)),
                            );
                        }
                    }
                }
            }
            Part::Expression(expr) => match &expr.kind {
                Kind::Operation(Operator::Equal, parts) => {
                    if let [left, right] = parts.as_slice() {
                        for (one, other) in [(left, right), (right, left)] {
                            if self.is_type_of_message(one, site) {
                                let texts = program.texts(other, site, None);
                                found.extend(
                                    texts.iter().filter_map(Text::exact).map(|text| (site, expr.line, text)),
                                );
                                given.extend(texts.iter().filter_map(|text| match text.pieces.as_slice() {
                                    [Piece::Parameter(function, ..)] => Some((*function, other)),
                                    _ => None,
                                }));
                            }
                        }
                    }
                }
                Kind::Index(object, index) if self.is_type_of_message(index, site) => {
                    for definition in program.resolve(object, site) {
                        match definition {
                            Definition::Value(Expr { kind: Kind::Record(entries), .. }, owner) => {
                                let keys = entries.iter().filter_map(|entry| entry.key.as_ref());
                                let named =
                                    keys.filter_map(|key| Some((owner, key.line, key.literal()?.to_owned())));
                                found.extend(named);
                            }
                            // `useSocket({ positions: show })`, and `saved.current = handlers` in it.
                            Definition::Parameter(function, index, steps) => {
                                records.push((function, index, steps));
                            }
                            Definition::Part(value, owner, steps)
                                if steps.as_slice() == [Step::Key("current")] =>
                            {
                                let kept = program.assigned_to_current(value, owner).into_iter();
                                let meant = kept.flat_map(|(it, site)| program.resolve(it, site));
                                records.extend(meant.filter_map(|it| match it {
                                    Definition::Parameter(function, index, steps) => {
                                        Some((function, index, steps))
                                    }
                                    _ => None,
                                }));
                            }
                            // `for (const handlers of all) handlers[message.type]?.(message.data)`
                            Definition::Element(list, owner, steps) => {
                                let kept = listed(program, list, owner, &steps).into_iter();
                                records.extend(kept.map(|it| (it.function, it.index, it.steps)));
                            }
                            _ => {}
                        }
                    }
                }
                _ => {}
            },
        });
        for (function, index, steps) in records {
            for CallSite { call, site } in program.script_calls_to(function) {
                let Bound::Argument(value, _) = bind(program, call, function, index, &steps) else {
                    continue;
                };
                let entries = program.records(value, site).flat_map(|(entries, _)| entries);
                for key in entries.filter_map(|entry| entry.key.as_ref()) {
                    if let Some(message_type) = key.literal().filter(|_| self.is_production(site)) {
                        self.push((site, key.line), message_type, call.callee.last_name(), Some(call));
                    }
                }
            }
        }
        // `message.type === type`, where the function's callers say which type.
        for (function, value) in given {
            self.callers(function, value, site);
        }
        for (owner, line, message_type) in found {
            // Where it is written, if the function itself is the one that listens.
            let at = if owner.unit == site.unit { site } else { owner };
            self.push((at, line), &message_type, "message.type", None);
        }
    }

    /// Records and maps from which listeners are taken by a message's type: `listeners[message.type]`,
    /// `this.handlers.get(message.type)`.
    pub fn registries(&self, site: Site, found: &mut Vec<(&'p Expr<'p>, usize)>) {
        visit::function(self.program.function(site), &mut |part, _| {
            let Part::Expression(expr) = part else { return };
            if let Some((object, key)) = looked_up(expr)
                && self.is_type_of_message(key, site)
            {
                found.extend(self.kept(object, site));
            }
        });
    }

    /// The value a registry was made as, and the file in which.
    fn kept(&self, object: &'p Expr<'p>, site: Site) -> Option<(&'p Expr<'p>, usize)> {
        let mut values = self.program.values(object, site);
        let value = values.find(|(value, _)| matches!(value.kind, Kind::Record(_) | Kind::Call(_)));
        value.map(|(value, owner)| (value, owner.unit))
    }

    /// A function that enters its parameter into a registry: its callers say which type.
    pub fn entered(&mut self, site: Site, registries: &[&'p Expr<'p>]) {
        let program = self.program;
        let mut given: Vec<(Site, &'p Expr<'p>)> = Vec::new();
        visit::function(program.function(site), &mut |part, _| {
            let Part::Expression(expr) = part else { return };
            let Some((object, key)) = looked_up(expr) else { return };
            let registry = self.kept(object, site);
            if !registry.is_some_and(|(it, _)| registries.iter().any(|known| std::ptr::eq(*known, it))) {
                return;
            }
            for text in program.texts(key, site, None) {
                if let [Piece::Parameter(function, ..)] = text.pieces.as_slice() {
                    given.push((*function, key));
                }
            }
        });
        for (function, key) in given {
            self.callers(function, key, site);
        }
    }

    /// `x.type` where `x` was parsed from a frame, or is a parameter called after one.
    pub fn is_type_of_message(&self, expr: &'p Expr<'p>, site: Site) -> bool {
        if let Kind::Name("type") = expr.kind {
            return self.program.resolve(expr, site).iter().any(|definition| match definition {
                Definition::Part(value, _, steps) => {
                    is_parse(value) && steps.as_slice() == [Step::Key("type")]
                }
                Definition::Element(value, _, steps) => {
                    is_gone_over(value) && steps.as_slice() == [Step::Key("type")]
                }
                Definition::Parameter(function, index, steps) => {
                    let given = *index == 0 && self.callbacks.contains(function);
                    steps.as_slice() == [Step::Key("type")]
                        && (given || self.is_message_parameter(*function, *index))
                }
                _ => false,
            });
        }
        let Kind::Member(object, "type") = &expr.kind else { return false };
        // `event.data.type`, where a worker or another window has parsed the frame.
        if let Kind::Member(event, "data") = &object.kind {
            return self.program.resolve(event, site).iter().any(|definition| match definition {
                Definition::Parameter(function, 0, steps) => {
                    steps.is_empty() && self.callbacks.contains(function)
                }
                _ => false,
            });
        }
        let Kind::Name(name) = object.kind else { return false };
        let lower = name.to_lowercase();
        let named = ["msg", "message", "frame", "envelope", "packet"].iter().any(|word| lower.contains(word));
        self.program.resolve(object, site).iter().any(|definition| match definition {
            // `const message = yield take(channel)`
            Definition::Value(value, _) => is_parse(value) || (named && value.call().is_some()),
            // `const { lastJsonMessage } = useWebSocket(url)`
            Definition::Part(value, ..) => {
                named && value.call().is_some_and(|made| made.callee.last_name().contains("Socket"))
            }
            // `for await (const message of messages(socket))`
            Definition::Element(value, _, steps) => named && steps.is_empty() && is_gone_over(value),
            Definition::Parameter(function, index, steps) => {
                let given = *index == 0 && self.callbacks.contains(function);
                let whole = steps.is_empty() || (given && steps.as_slice() == [Step::Key("data")]);
                whole && (given || named)
            }
            _ => false,
        })
    }

    /// The functions that hear what comes from a socket, a worker or another window.
    pub fn readers(&self) -> BTreeSet<Site> {
        let units = (0..self.program.units.len())
            .filter(|unit| self.sockets[*unit] && !self.program.is_python(*unit));
        let units: BTreeSet<usize> = units.collect();
        let readers = sockets::readers(self.program, &units).into_iter();
        readers.flat_map(|it| it.functions(self.program)).collect()
    }

    /// What a message's type is told on as the name of an event: `bus.emit(message.type, message.data)`.
    pub fn told_buses(&self) -> BTreeSet<usize> {
        let program = self.program;
        let calls = TELLING_BY_NAME.into_iter().flat_map(|name| program.script_calls(name));
        let told =
            calls.filter(|it| self.sockets[it.site.unit] && self.is_production(it.site)).filter(|it| {
                let named = it.call.positional(0).and_then(told_name);
                named.is_some_and(|named| self.is_type_of_message(named, it.site))
            });
        let buses = told.filter_map(|it| Some(program.resolve(it.call.callee.receiver()?, it.site)));
        let addresses = buses.flatten().filter_map(|it| match it {
            Definition::Value(value, _) => Some(std::ptr::from_ref(value).addr()),
            _ => None,
        });
        addresses.collect()
    }

    /// What is kept under a message's type, whatever that is, and asked for by it: `setState({ [message.type]: data })`
    /// and `useStore((state) => state.positions)`, `setQueryData([message.type], data)` and `useQuery({ queryKey })`.
    pub fn kept_by_type(&mut self, site: Site) {
        let program = self.program;
        let (mut stores, mut queries) = (false, false);
        visit::function(program.function(site), &mut |part, _| {
            let Part::Expression(Expr { kind: Kind::Call(call), .. }) = part else { return };
            let Some(first) = call.positional(0) else { return };
            let mut is_kept = false;
            visit::expression(first, &mut |part| match &part.kind {
                Kind::Record(entries) => {
                    let mut keys = entries.iter().filter_map(|entry| entry.key.as_ref());
                    is_kept |= keys.any(|key| self.is_type_of_message(key, site));
                }
                Kind::List(items) => is_kept |= items.iter().any(|it| self.is_type_of_message(it, site)),
                _ => {}
            });
            match call.callee.last_name() {
                "setState" | "set" => stores |= is_kept,
                "setQueryData" | "setQueriesData" => queries |= is_kept,
                _ => {}
            }
        });
        let mut found: Vec<(Site, u32, String)> = Vec::new();
        let made = program.function(Site { function: 0, ..site }).body.iter().filter(|_| stores);
        for statement in made {
            let StatementKind::Assign { target: Pattern::Name(name), value, .. } = &statement.kind else {
                continue;
            };
            if value.call().is_none_or(|made| made.callee.last_name() != "create") {
                continue;
            }
            for CallSite { call, site } in program.script_calls_into(site.unit, name) {
                let chosen = call.positional(0).map(|it| program.functions(it, site)).unwrap_or_default();
                for value in chosen.into_iter().flat_map(|it| program.returns(it)) {
                    if let Kind::Member(_, kept) = value.kind {
                        found.push((site, call.line, kept.to_owned()));
                    }
                }
            }
        }
        let hooks = HOOKS.iter().filter(|_| queries).flat_map(|name| program.script_calls(name));
        for CallSite { call, site } in hooks {
            let key = call.positional(0).map(|given| key_of(program, given, site)).unwrap_or_default();
            found.extend(key.into_iter().flatten().map(|part| (site, call.line, part)));
        }
        found.retain(|(at, ..)| self.is_production(*at));
        for (at, line, kept) in found {
            self.push((at, line), &kept, "message.type", None);
        }
    }

    fn is_message_parameter(&self, function: Site, _index: usize) -> bool {
        let name = self.program.name(function).to_lowercase();
        ["message", "frame", "dispatch"].iter().any(|word| name.contains(word))
    }
}

/// What gives messages one after another: `messages(socket)`.
fn is_gone_over(value: &Expr<'_>) -> bool {
    value.call().is_some_and(|call| {
        let name = call.callee.last_name().to_lowercase();
        ["message", "frame", "socket"].iter().any(|word| name.contains(word))
    })
}

/// A frame that is made into a message.
pub(super) fn is_parse(value: &Expr<'_>) -> bool {
    const PARSES: [&str; 4] = ["parse", "safeParse", "parseMessage", "decode"];
    value.call().is_some_and(|call| PARSES.contains(&call.callee.last_name()))
}

/// `object[key]`, `object.get(key)`, `object.set(key, …)`: the object and the key.
fn looked_up<'p>(expr: &'p Expr<'p>) -> Option<(&'p Expr<'p>, &'p Expr<'p>)> {
    match &expr.kind {
        Kind::Index(object, key) => Some((object, key)),
        Kind::Call(call) if matches!(call.callee.last_name(), "get" | "set" | "has") => {
            Some((call.callee.receiver()?, call.positional(0)?))
        }
        _ => None,
    }
}
