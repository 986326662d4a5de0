//! Where code hands a message to the channel layer: calls of `group_send`, under whatever name, and those mentions of
//! it of which no call could be found: whoever is given them may send anything.

use std::collections::{BTreeSet, HashSet};

use crate::audit::code::visit::{self, Part};
use crate::audit::code::{Call, CallForm, Expr, Kind, Pattern, StatementKind};
use crate::audit::program::{CallSite, Definition, Program, Site, Step};

const SEND: &str = "group_send";

/// What is called as the function that it is given.
const WRAPPERS: [&str; 3] = ["async_to_sync", "sync_to_async", "database_sync_to_async"];

#[derive(Clone, Copy)]
pub(super) struct Send<'p> {
    pub call: &'p Call<'p>,
    pub site: Site,
    /// Arguments that were given before: `partial(layer.group_send, "g")`.
    given: usize,
}

impl<'p> Send<'p> {
    pub fn group(&self) -> Option<&'p Expr<'p>> {
        let first = self.call.positional(0).filter(|_| self.given == 0);
        first.or_else(|| self.call.keyword("group"))
    }

    /// `None`: the call does not say, as in `group_send(*args)`.
    pub fn message(&self) -> Option<&'p Expr<'p>> {
        let place = 1_usize.saturating_sub(self.given);
        self.call.positional(place).or_else(|| self.call.keyword("message"))
    }
}

pub(super) fn find<'p>(program: &Program<'p>) -> Vec<Send<'p>> {
    let production = |call: &CallSite<'p>| !program.is_test(call.site.unit);
    let (mut found, mut held) = (Vec::new(), Vec::new());
    for call in program.python_calls(SEND).into_iter().filter(production) {
        let send = Send { call: call.call, site: call.site, given: 0 };
        // `send = partial(layer.group_send, "g")`, and later `send(message)`.
        match call.call.form == CallForm::Later && send.message().is_none() {
            true => held.push(call),
            false => found.push(send),
        }
    }
    let looked_up = program.python_calls("getattr").into_iter().map(|call| call.site.unit);
    let units: BTreeSet<usize> = program.python_with([SEND]).into_iter().chain(looked_up).collect();
    for site in program.sites(units.into_iter().filter(|unit| !program.is_test(*unit))) {
        for mention in mentions(program, site, &held) {
            let sends = through(program, &mention, site);
            if sends.is_empty() && !mention.is_bound {
                found.extend(mention.around.map(|call| Send { call, site, given: 1 }));
            }
            found.extend(sends);
        }
    }
    for call in ["exec", "eval"].iter().flat_map(|name| program.python_calls(name)).filter(production) {
        if call.call.callee.receiver().is_none() && may_send(program, &call) {
            found.push(Send { call: call.call, site: call.site, given: 1 });
        }
    }
    let mut seen = HashSet::new();
    found.retain(|send| seen.insert(std::ptr::from_ref(send.call)));
    found
}

/// A place that names `group_send` and does not call it.
struct Mention<'p> {
    /// The names under which it may be called.
    names: BTreeSet<&'p str>,
    /// It is kept under a name: where nothing calls that name, nothing is sent.
    is_bound: bool,
    /// The call that is given it.
    around: Option<&'p Call<'p>>,
}

fn mentions<'p>(program: &Program<'p>, site: Site, held: &[CallSite<'p>]) -> Vec<Mention<'p>> {
    let mut called: HashSet<*const Expr<'p>> = HashSet::new();
    let mut calls: Vec<&'p Call<'p>> = Vec::new();
    let mut loose: Vec<&'p Expr<'p>> = Vec::new();
    // What is kept under a name, and what is returned.
    let mut kept: Vec<(&'p str, &'p Expr<'p>)> = Vec::new();
    let is_held =
        |expr: &Expr<'p>| expr.call().is_some_and(|call| held.iter().any(|it| std::ptr::eq(it.call, call)));
    visit::function(program.function(site), &mut |part, _| match part {
        Part::Expression(expr) => {
            if let Kind::Call(call) = &expr.kind {
                called.insert(&raw const call.callee);
                calls.push(call);
            }
            let named = matches!(expr.kind, Kind::Name(SEND) | Kind::Member(_, SEND));
            let mentions = named && !called.contains(&std::ptr::from_ref(expr));
            if mentions || expr.literal() == Some(SEND) || is_held(expr) || may_look_up(program, expr, site) {
                loose.push(expr);
            }
        }
        Part::Statement(statement) => match &statement.kind {
            StatementKind::Assign { target: Pattern::Name(name), value, .. } => kept.push((name, value)),
            StatementKind::Assign { target: Pattern::Place(place), value, .. } => {
                kept.push((place.last_name(), value));
            }
            StatementKind::Return(Some(value)) => kept.push((program.own_name(site), value)),
            _ => {}
        },
    });
    let holds = |whole: &'p Expr<'p>, part: &'p Expr<'p>| visit::any(whole, |it| std::ptr::eq(it, part));
    let of = |mention: &'p Expr<'p>| {
        let own = kept.iter().filter(|(_, value)| holds(value, mention));
        let whole = |value: &'p Expr<'p>| std::ptr::eq(value, mention) || is_wrapper(value);
        let is_bound = mention.literal().is_none() && own.clone().any(|(_, value)| whole(value));
        // Visited from outside in: the last one is the nearest.
        let given = |call: &&&'p Call<'p>| call.arguments.iter().any(|given| holds(&given.value, mention));
        let around = calls.iter().rfind(given).or(calls.first()).copied();
        Mention { names: own.map(|(name, _)| *name).collect(), is_bound, around }
    };
    loose.into_iter().map(of).collect()
}

/// `getattr(layer, name)`, where the name is, or may be, `group_send`.
fn may_look_up<'p>(program: &Program<'p>, expr: &'p Expr<'p>, site: Site) -> bool {
    let call = expr.call().filter(|call| call.callee.is_name("getattr"));
    let asked = call.and_then(|call| Some((call.positional(0)?, call.positional(1)?)));
    asked.is_some_and(|(object, name)| {
        let names = program.texts(name, site, None);
        let is_layer = object.last_name().contains("layer");
        names.iter().any(|name| name.exact().map_or(is_layer, |name| name == SEND))
    })
}

/// Code that is a text, `exec(code)`, and names the channel layer, or is not known where the layer is at hand.
fn may_send<'p>(program: &Program<'p>, CallSite { call, site }: &CallSite<'p>) -> bool {
    let texts = call.positional(0).map(|code| program.texts(code, *site, None)).unwrap_or_default();
    let at_hand = || program.units[site.unit].text.contains("channel_layer");
    texts.iter().any(|text| text.exact().map_or_else(at_hand, |code| code.contains(SEND)))
}

fn is_wrapper(value: &Expr<'_>) -> bool {
    value.call().is_some_and(|call| WRAPPERS.contains(&call.callee.last_name()))
}

/// The calls, in its own file and where its names are written, that turn out to be of it.
fn through<'p>(program: &Program<'p>, mention: &Mention<'p>, site: Site) -> Vec<Send<'p>> {
    let names = mention.names.iter().copied().filter(|name| !name.is_empty());
    let units: BTreeSet<usize> = program.python_with(names).into_iter().chain([site.unit]).collect();
    let calls =
        units.into_iter().filter(|unit| !program.is_test(*unit)).flat_map(|unit| program.calls_of(unit));
    let others = calls.filter(|it| it.call.callee.last_name() != SEND && !it.call.arguments.is_empty());
    let of = |CallSite { call, site }| {
        // What it was given before, which is no part of what it means.
        let before = program.origins(&call.callee, site).into_iter().find_map(|(value, _)| {
            let before =
                value.call().filter(|it| it.form == CallForm::Later && it.callee.last_name() == SEND);
            before.map(|it| it.arguments.len())
        });
        let given = || program.resolve(&call.callee, site).iter().any(|it| sends(program, it, DEEPEST));
        before.or_else(|| given().then_some(0)).map(|given| Send { call, site, given })
    };
    others.filter_map(of).collect()
}

/// Functions that give back functions, no deeper.
const DEEPEST: u32 = 3;

/// What is called is `group_send` in the end.
fn sends<'p>(program: &Program<'p>, callee: &Definition<'p>, left: u32) -> bool {
    let Some(left) = left.checked_sub(1) else { return false };
    let any = |value: &'p Expr<'p>, owner: Site| {
        program.resolve(value, owner).iter().any(|it| sends(program, it, left))
    };
    match callee {
        Definition::Part(_, _, steps)
        | Definition::Parameter(_, _, steps)
        | Definition::Element(_, _, steps)
            if steps.last() == Some(&Step::Key(SEND)) =>
        {
            true
        }
        Definition::External(path) => path.rsplit('.').next() == Some(SEND),
        Definition::Value(value, owner) => {
            let Some(call) = value.call() else { return false };
            if is_wrapper(value) {
                return call.positional(0).is_some_and(|inner| any(inner, *owner));
            }
            let makers = program.functions(&call.callee, *owner);
            may_look_up(program, value, *owner)
                || makers.into_iter().any(|maker| program.returns(maker).into_iter().any(|it| any(it, maker)))
        }
        _ => false,
    }
}
