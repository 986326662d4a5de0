//! What is broadcast: every place where a message of a known type goes to the group, followed from the channel
//! layer back through helpers to the call that decides the type.

use std::collections::{BTreeSet, HashSet};

use crate::audit::code::{Call, CallForm, Expr, Kind, ParameterKind};
use crate::audit::liveness::Liveness;
use crate::audit::program::{Bound, CallSite, Definition, Env, Program, Site, Step, bind};

use super::handlers::{Consumers, Wire};
use super::message::{Message, What, inside, messages, types, types_at};
use super::need::{Need, Origin, Sought, is_handed_on};
use super::sends::{self, Send};
use super::state::{self, State, by_call};

pub(in crate::audit) struct Broadcast<'p> {
    pub site: Site,
    pub call: &'p Call<'p>,
    /// The event's type, by which Channels finds the handler; `None`: the source does not say.
    pub event: Option<String>,
    /// What is known of the event's type, with `{}` for each unknown part, where a part of it is.
    pub partial: Option<String>,
    /// The type inside, where the handler passes an entry of the event on.
    pub inner: Option<String>,
    /// `None`: the source does not say.
    pub group: Option<String>,
    pub state: State,
    /// The function that hands it to the channel layer, where that is another one.
    pub helper: Option<Site>,
}

#[derive(Default)]
pub(in crate::audit) struct Broadcasts<'p> {
    pub list: Vec<Broadcast<'p>>,
    /// Functions through which messages reach the channel layer.
    pub helpers: BTreeSet<Site>,
    /// Places where a message goes to the channel layer.
    pub sends: Vec<(&'p Call<'p>, Site)>,
}

impl<'p> Broadcasts<'p> {
    /// `helpers`: names of broadcast functions that the configuration knows, for trees that lack them.
    pub fn new(program: &Program<'p>, consumers: &Consumers, helpers: &[String]) -> Self {
        let mut search =
            Search { program, consumers, found: Self::default(), needs: Vec::new(), seen: HashSet::new() };
        for send in sends::find(program) {
            search.send(send);
        }
        while let Some(need) = search.needs.pop() {
            search.callers(&need);
        }
        let mut found = search.found;
        let mut known: BTreeSet<&str> = helpers.iter().map(String::as_str).collect();
        known.extend(found.helpers.iter().map(|helper| program.function(*helper).name));
        found.of_absent_helpers(program, &known);
        let liveness = Liveness::new(program, found.list.iter().map(|broadcast| broadcast.site));
        for broadcast in &mut found.list {
            if broadcast.state == State::Live {
                broadcast.state = state::of(program, &liveness, consumers, broadcast);
            }
        }
        found
            .list
            .sort_by_key(|broadcast| (broadcast.site.unit, broadcast.call.line, broadcast.event.clone()));
        found.list.dedup_by(|a, b| std::ptr::eq(a.call, b.call) && a.event == b.event && a.inner == b.inner);
        found
    }

    /// Calls of a known helper whose import leads nowhere in this tree.
    fn of_absent_helpers(&mut self, program: &Program<'p>, helpers: &BTreeSet<&str>) {
        for name in helpers.iter().filter(|name| !name.is_empty()) {
            for call in program.python_calls(name) {
                let elsewhere = program
                    .resolve(&call.call.callee, call.site)
                    .iter()
                    .all(|definition| matches!(definition, Definition::External(_)));
                if program.is_test(call.site.unit) || !elsewhere {
                    continue;
                }
                let message = call.call.keyword("message").or_else(|| call.call.positional(1));
                let Some(message) = message.or_else(|| call.call.positional(0)) else { continue };
                for shape in messages(program, message, call.site, None) {
                    let event = match shape {
                        Message::Type(event) => Some(event),
                        _ => None,
                    };
                    let state = State::Broken(format!("{name} is not where it is imported from"));
                    let (site, call) = (call.site, call.call);
                    self.list.push(Broadcast {
                        site,
                        call,
                        event,
                        partial: None,
                        inner: None,
                        group: None,
                        state,
                        helper: None,
                    });
                }
            }
        }
    }
}

struct Search<'r, 'p> {
    program: &'r Program<'p>,
    consumers: &'r Consumers,
    found: Broadcasts<'p>,
    needs: Vec<Need<'p>>,
    seen: HashSet<Need<'p>>,
}

impl<'p> Search<'_, 'p> {
    fn send(&mut self, send: Send<'p>) {
        self.found.sends.push((send.call, send.site));
        let groups = send.group().map(|group| self.program.texts(group, send.site, None)).unwrap_or_default();
        let group = match groups.as_slice() {
            [only] => only.exact(),
            _ => None,
        };
        let origin = Origin(send.call, send.site);
        let state = by_call(self.program, send.call, send.site, None);
        let sought = Sought { origin, what: What::Message, event: None, group, state };
        let Some(message) = send.message() else {
            return self.push(send.call, send.site, (None, None), &sought, None);
        };
        for shape in messages(self.program, message, send.site, None) {
            self.found_of(shape, origin, message, &sought, None);
        }
    }

    fn need(&mut self, need: Need<'p>) {
        if self.seen.len() < 512 && self.seen.insert(need.clone()) {
            self.found.helpers.insert(need.function);
            self.needs.push(need);
        }
    }

    /// What was found of a message at a call: its type, or that a caller further out decides it.
    fn found_of(
        &mut self,
        shape: Message<'p>,
        Origin(call, site): Origin<'p>,
        message: &'p Expr<'p>,
        sought: &Sought<'p>,
        helper: Option<Site>,
    ) {
        match (shape, sought.what) {
            (Message::Type(found), _) if sought.event.is_some() => {
                self.push(call, site, (sought.event.clone(), Some(found)), sought, helper);
            }
            (Message::Type(event), What::Message) => {
                self.known(Origin(call, site), message, &event, sought, helper);
            }
            (Message::Type(event), _) => self.push(call, site, (Some(event), None), sought, helper),
            (Message::Given(function, index, steps), _) => {
                self.need(Need { sought: sought.clone(), function, index, steps });
            }
            (Message::TypeGiven(function, index, steps), _) => {
                let sought = Sought { what: What::Type, ..sought.clone() };
                self.need(Need { sought, function, index, steps });
            }
            (Message::Chosen(table, function, index, steps), _) => {
                let sought = Sought { what: What::Key(table), ..sought.clone() };
                self.need(Need { sought, function, index, steps });
            }
            (Message::Unknown, _) => self.push(call, site, (sought.event.clone(), None), sought, helper),
        }
    }

    /// An event of a known type. If its handler passes an entry on, the type inside that entry counts as well.
    fn known(
        &mut self,
        Origin(call, site): Origin<'p>,
        message: &'p Expr<'p>,
        event: &str,
        sought: &Sought<'p>,
        helper: Option<Site>,
    ) {
        let passed = self.consumers.handlers_of(event).find_map(|handler| match &handler.wire {
            Wire::Entry(key) => Some((key.clone(), What::Message)),
            Wire::TypeEntry(key) => Some((key.clone(), What::Type)),
            _ => None,
        });
        let inside = passed.map(|(key, what)| (inside(self.program, message, site, &key, what), what));
        let Some((shapes, what)) = inside.filter(|(shapes, _)| !shapes.is_empty()) else {
            self.push(call, site, (Some(event.to_owned()), None), sought, helper);
            return;
        };
        let origin = Origin(call, site);
        let sought = Sought { origin, what, event: Some(event.to_owned()), ..sought.clone() };
        for shape in shapes {
            self.found_of(shape, origin, message, &sought, helper);
        }
    }

    fn push(
        &mut self,
        call: &'p Call<'p>,
        site: Site,
        (event, inner): (Option<String>, Option<String>),
        sought: &Sought<'p>,
        helper: Option<Site>,
    ) {
        let is_partial = event.as_deref().is_some_and(|event| event.contains("{}"));
        let (event, partial) = if is_partial { (None, event) } else { (event, None) };
        // Of the type inside only a part is known: that is not known either.
        let inner = inner.filter(|inner| !inner.contains("{}"));
        let (group, state) = (sought.group.clone(), sought.state.clone());
        self.found.list.push(Broadcast { site, call, event, partial, inner, group, state, helper });
    }

    /// Every call of a helper: what it gives for the parameter that matters.
    fn callers(&mut self, need: &Need<'p>) {
        let program = self.program;
        if program.function(need.function).name == "__getattr__" && need.index == 1 {
            return self.named_by_attribute(need);
        }
        let takes_rest = program.function(need.function).parameters.get(need.index);
        let takes_rest = takes_rest.is_some_and(|it| it.kind == ParameterKind::RestKeywords);
        let mut called = false;
        let makers = program.made_to_be_used(need.function);
        let callers = makers.unwrap_or_else(|| program.callers(need.function).collect());
        for call in callers {
            called = true;
            // Where something was given before, the call that gave it says it.
            let is_given = |call: &'p Call<'p>| {
                matches!(bind(program, call, need.function, need.index, &need.steps), Bound::Argument(..))
            };
            let kept = call.call.form == CallForm::Later && program.names_of(need.function).len() > 1;
            let before = program.given_before(call.call);
            if kept && !is_given(call.call) || before.is_some_and(is_given) {
                continue;
            }
            let state = by_call(program, call.call, call.site, Some(need.function));
            let sought = Sought { state: need.sought.state.clone().and(state), ..need.sought.clone() };
            // `push(type="x", data=…)` of `def push(**message)`
            if let Some(own) =
                call.call.keyword("type").filter(|_| takes_rest && need.sought.what == What::Message)
            {
                for shape in types(program, own, call.site, None) {
                    self.found_of(shape, Origin(call.call, call.site), own, &sought, Some(need.function));
                }
                continue;
            }
            let (given, owner, done) = match bind(program, call.call, need.function, need.index, &need.steps)
            {
                Bound::Argument(value, done) => (value, call.site, done),
                Bound::Default(value) => (value, need.function, need.steps.len()),
                Bound::Unknown => {
                    self.misfit(call.call, call.site, need);
                    continue;
                }
            };
            let env = Env { function: need.function, call: call.call, caller: call.site, outer: None };
            let env = (owner == need.function).then_some(&env);
            let shapes = match (&need.steps[done..], need.sought.what) {
                ([], What::Message) => messages(program, given, owner, env),
                ([], What::Type) => types(program, given, owner, env),
                // A member of an enumeration.
                ([Step::Key("value")], What::Type) => types(program, given, owner, env),
                // The helper takes `message["type"]` out of what it is given.
                ([Step::Key("type")], What::Type) => messages(program, given, owner, env),
                // `{"type": event.topic}`, where the caller gives an event of its own class.
                (rest, What::Type) => types_at(program, given, rest, owner),
                (rest, What::Key(table)) => {
                    let known = rest.is_empty().then(|| table.types(program, given, owner, env)).flatten();
                    known.unwrap_or_else(|| table.all(program))
                }
                _ => vec![Message::Unknown],
            };
            for shape in shapes {
                self.found_of(shape, Origin(call.call, call.site), given, &sought, Some(need.function));
            }
        }
        // Something else calls it, such as a signal: what it gives is not known.
        let special = program.function(need.function).name.starts_with("__");
        if !called && (special || is_handed_on(program, need.function)) {
            let Origin(call, site) = need.sought.origin;
            self.push(call, site, (need.sought.event.clone(), None), &need.sought, None);
        }
    }

    /// `publisher.positions(rows)` of an object that answers to any name: the name is what is asked for.
    fn named_by_attribute(&mut self, need: &Need<'p>) {
        let program = self.program;
        let Some(class) = program.class_of(need.function) else { return };
        let mut known = false;
        for unit in program.python_with(program.kept_as(class)) {
            for CallSite { call, site } in
                program.calls_of(unit).filter(|call| !program.is_test(call.site.unit))
            {
                let Kind::Member(object, name) = &call.callee.kind else { continue };
                let of_it = |it: &Definition<'p>| {
                    let Definition::Instance(id) = it else { return false };
                    program.ancestry(*id).0.contains(&class) && program.method(*id, name).is_none()
                };
                if program.resolve(object, site).iter().any(of_it) {
                    known = true;
                    let event = match need.sought.what {
                        What::Type => Message::Type((*name).to_owned()),
                        What::Message | What::Key(_) => Message::Unknown,
                    };
                    self.found_of(event, Origin(call, site), &call.callee, &need.sought, None);
                }
            }
        }
        if !known {
            let Origin(call, site) = need.sought.origin;
            self.push(call, site, (need.sought.event.clone(), None), &need.sought, None);
        }
    }

    /// A call that does not even give the parameter: kept, so that it is not overlooked.
    fn misfit(&mut self, call: &'p Call<'p>, site: Site, need: &Need<'p>) {
        let event = call
            .arguments
            .iter()
            .flat_map(|argument| messages(self.program, &argument.value, site, None))
            .find_map(|shape| match shape {
                Message::Type(event) => Some(event),
                _ => None,
            });
        self.push(call, site, (event, None), &need.sought, Some(need.function));
    }
}
