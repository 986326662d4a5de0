//! The `type` of a message that code puts together: in a record, through constants, builders and spreads.

use crate::audit::code::visit::{self, Part};
use crate::audit::code::{Call, Expr, Kind, Pattern, StatementKind, entry};
use crate::audit::program::{Bound, Definition, Env, Piece, Program, Site, Step, Text, bind};

use super::tables::{TypeTable, looked_up};

/// What the source says about a message.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Message<'p> {
    /// Its type.
    Type(String),
    /// The whole message is a parameter of the function: its callers decide.
    Given(Site, usize, Vec<Step<'p>>),
    /// Its type is a parameter of the function.
    TypeGiven(Site, usize, Vec<Step<'p>>),
    /// Its type stands in a table, under a key that is a parameter of the function.
    Chosen(TypeTable<'p>, Site, usize, Vec<Step<'p>>),
    Unknown,
}

/// What a place holds: a whole message, only a type, or the key under which a table has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum What<'p> {
    Message,
    Type,
    Key(TypeTable<'p>),
}

const FARTHEST: u32 = 8;

pub(super) fn messages<'p>(
    program: &Program<'p>,
    expr: &'p Expr<'p>,
    site: Site,
    env: Option<&Env<'_, 'p>>,
) -> Vec<Message<'p>> {
    let mut found = Vec::new();
    collect(program, expr, site, env, FARTHEST, &mut found);
    found.dedup();
    if found.is_empty() { vec![Message::Unknown] } else { found }
}

fn collect<'p>(
    program: &Program<'p>,
    expr: &'p Expr<'p>,
    site: Site,
    env: Option<&Env<'_, 'p>>,
    left: u32,
    found: &mut Vec<Message<'p>>,
) {
    let Some(left) = left.checked_sub(1) else { return };
    if let Kind::Member(object, "__dict__") = &expr.kind {
        return collect(program, object, site, env, left, found);
    }
    let definitions = match &expr.kind {
        Kind::Record(_) | Kind::Call(_) => vec![Definition::Value(expr, site)],
        _ => program.resolve(expr, site),
    };
    for definition in definitions {
        // An object of a class of the tree: what made it says its type.
        if matches!(definition, Definition::Instance(_)) {
            // Inside of a method: what the call asks it of, `Balance(row).event()`.
            let asked = env.filter(|env| env.function == site && program.class_of(site).is_some());
            if let Some((receiver, env)) = asked.and_then(|env| Some((env.call.callee.receiver()?, env))) {
                match receiver.call() {
                    Some(made) => of_call(program, made, env.caller, env.outer, left, found),
                    None => collect(program, receiver, env.caller, env.outer, left, found),
                }
                continue;
            }
            for (value, owner) in program.origins(expr, site) {
                if let Some(call) = value.call() {
                    of_call(program, call, owner, env, left, found);
                }
            }
            continue;
        }
        match definition {
            Definition::Value(value, owner) => match &value.kind {
                Kind::Record(entries) => {
                    if let Some(own) = entry(entries, "type") {
                        found.extend(types(program, &own.value, owner, env));
                        continue;
                    }
                    let before = found.len();
                    for spread in entries.iter().filter(|entry| entry.key.is_none()) {
                        collect(program, &spread.value, owner, env, left, found);
                    }
                    if found.len() == before {
                        found.extend(assigned_type(program, value, owner, env));
                    }
                }
                Kind::Call(call) => of_call(program, call, owner, env, left, found),
                // `BASE | {"data": data}`: the last one that says it wins.
                Kind::Operation(_, parts) => {
                    let before = found.len();
                    for part in parts.iter().rev() {
                        if found.len() == before {
                            collect(program, part, owner, env, left, found);
                        }
                    }
                }
                _ => {}
            },
            Definition::Parameter(function, index, steps) => {
                given(program, (function, index, steps), env, left, found);
            }
            Definition::Element(over, owner, _) => {
                for (item, site) in program.items(over, owner, left) {
                    collect(program, item, site, env, left, found);
                }
            }
            _ => {}
        }
    }
}

fn of_call<'p>(
    program: &Program<'p>,
    call: &'p Call<'p>,
    site: Site,
    env: Option<&Env<'_, 'p>>,
    left: u32,
    found: &mut Vec<Message<'p>>,
) {
    let callees = program.functions(&call.callee, site);
    for callee in &callees {
        let inner = Env { function: *callee, call, caller: site, outer: env };
        for value in program.returns(*callee) {
            collect(program, value, *callee, Some(&inner), left, found);
        }
    }
    if !callees.is_empty() {
        return;
    }
    // `dict(type="x", …)`, `Message(type="x").dict()`, `json.loads(json.dumps(x))`, `copy(x)`.
    if let Some(value) = call.keyword("type").or_else(|| given_type(program, call, site)) {
        found.extend(types(program, value, site, env));
    } else if let Some((value, owner)) = class_type(program, call, site) {
        found.extend(types(program, value, owner, env));
    } else if let Some(receiver) = call.callee.receiver().filter(|receiver| made(program, receiver, site)) {
        collect(program, receiver, site, env, left, found);
    } else if let Some(receiver) =
        call.callee.receiver().filter(|_| AS_RECORD.contains(&call.callee.last_name()))
    {
        collect(program, receiver, site, env, left, found);
    } else if WRAPPERS.contains(&call.callee.last_name()) {
        let first = if call.callee.last_name() == "cast" { call.positional(1) } else { call.positional(0) };
        if let Some(first) = first {
            collect(program, first, site, env, left, found);
        }
    }
}

/// Functions whose result is the message they are given.
const WRAPPERS: [&str; 8] = ["loads", "dumps", "dict", "copy", "deepcopy", "cast", "asdict", "vars"];

/// Methods by which an object gives itself as a record.
const AS_RECORD: [&str; 7] = ["model_dump", "dict", "_asdict", "asdict", "to_dict", "as_dict", "copy"];

/// The receiver is made by a call, here or where the variable got its value.
fn made<'p>(program: &Program<'p>, receiver: &'p Expr<'p>, site: Site) -> bool {
    receiver.call().is_some()
        || program.origins(receiver, site).iter().any(|(value, _)| value.call().is_some())
}

/// `Message(topic, data)`, where the class has its `type` first, or keeps what its constructor is given as one.
fn given_type<'p>(program: &Program<'p>, call: &'p Call<'p>, site: Site) -> Option<&'p Expr<'p>> {
    program.resolve(&call.callee, site).into_iter().find_map(|definition| {
        let Definition::Class(class) = definition else { return None };
        let Some(constructor) = program.method(class, "__init__") else {
            let ancestry = program.ancestry(class).0.into_iter().rev();
            let mut fields: Vec<&str> = Vec::new();
            for field in ancestry.flat_map(|id| &program.class(id).fields) {
                // A field that is written again keeps its place.
                if !fields.contains(field) {
                    fields.push(field);
                }
            }
            return call.positional(fields.iter().position(|field| *field == "type")?);
        };
        let kept = program.places(constructor).iter().find(|(place, _)| place.last_name() == "type");
        let (_, value) = kept?;
        program.resolve(value, constructor).into_iter().find_map(|it| match it {
            Definition::Parameter(function, index, steps) if function == constructor && steps.is_empty() => {
                call.positional(index.checked_sub(1)?)
            }
            _ => None,
        })
    })
}

/// `BalanceMessage(data)`, where the class says `type: str = "balances"`.
fn class_type<'p>(program: &Program<'p>, call: &'p Call<'p>, site: Site) -> Option<(&'p Expr<'p>, Site)> {
    program.resolve(&call.callee, site).into_iter().find_map(|definition| {
        let Definition::Class(class) = definition else { return None };
        program.ancestry(class).0.into_iter().find_map(|id| {
            let body = program.class(id);
            let own = body.attributes.iter().rev().find(|(name, _)| *name == "type")?;
            // `type: str = field(default="balances")`
            let field = own.1.call().filter(|made| made.callee.last_name() == "field");
            let value = field.and_then(|made| made.keyword("default")).unwrap_or(&own.1);
            Some((value, Site { unit: id.unit, function: body.parent }))
        })
    })
}

/// A parameter: what the call in the environment gives, otherwise what any caller may give.
fn given<'p>(
    program: &Program<'p>,
    (function, index, steps): (Site, usize, Vec<Step<'p>>),
    env: Option<&Env<'_, 'p>>,
    left: u32,
    found: &mut Vec<Message<'p>>,
) {
    let Some(current) = Env::of(env, function) else {
        return found.push(Message::Given(function, index, steps));
    };
    match bind(program, current.call, function, index, &steps) {
        Bound::Argument(value, _) => collect(program, value, current.caller, current.outer, left, found),
        Bound::Default(value) => collect(program, value, function, None, left, found),
        Bound::Unknown => found.push(Message::Unknown),
    }
}

/// The texts of a `type` entry.
pub(super) fn types<'p>(
    program: &Program<'p>,
    value: &'p Expr<'p>,
    site: Site,
    env: Option<&Env<'_, 'p>>,
) -> Vec<Message<'p>> {
    let texts = || program.texts(value, site, env).into_iter().map(of_text).collect();
    let kept = if env.is_none() { given_to_maker(program, value, site) } else { None };
    looked_up(program, value, site, env).or(kept.map(|it| vec![it])).unwrap_or_else(texts)
}

/// `self.kind`, which the constructor was given: each object has its own, and where objects are made to be used at once,
/// `Push("positions").send()`, what makes them says it.
fn given_to_maker<'p>(program: &Program<'p>, value: &'p Expr<'p>, site: Site) -> Option<Message<'p>> {
    let Kind::Member(object, _) = &value.kind else { return None };
    let known = if object.is_name("self") { program.resolve(value, site) } else { return None };
    let [Definition::Parameter(constructor, index, steps)] = &known[..] else { return None };
    program.made_to_be_used(*constructor)?;
    Some(Message::TypeGiven(*constructor, *index, steps.clone()))
}

/// The texts of a part of what is given.
pub(super) fn types_at<'p>(
    program: &Program<'p>,
    given: &'p Expr<'p>,
    steps: &[Step<'p>],
    site: Site,
) -> Vec<Message<'p>> {
    match program.texts_at(given, steps, site) {
        none if none.is_empty() => vec![Message::Unknown],
        texts => texts.into_iter().map(of_text).collect(),
    }
}

fn of_text(text: Text<'_>) -> Message<'_> {
    match (text.exact(), text.pieces.as_slice()) {
        (Some(exact), _) => Message::Type(exact),
        (None, [Piece::Parameter(function, index, steps)]) => {
            Message::TypeGiven(*function, *index, steps.clone())
        }
        _ if text.pieces.iter().any(|piece| matches!(piece, Piece::Literal(known) if !known.is_empty())) => {
            Message::Type(text.with_holes())
        }
        _ => Message::Unknown,
    }
}

/// `message = {}` and later `message["type"] = "x"`.
fn assigned_type<'p>(
    program: &Program<'p>,
    record: &'p Expr<'p>,
    site: Site,
    env: Option<&Env<'_, 'p>>,
) -> Vec<Message<'p>> {
    let mut found = Vec::new();
    visit::function(program.function(site), &mut |part, _| {
        let (object, value) = match part {
            Part::Statement(statement) => {
                let StatementKind::Assign { target: Pattern::Place(place), value, .. } = &statement.kind
                else {
                    return;
                };
                let Kind::Index(object, key) = &place.kind else { return };
                if key.literal() != Some("type") {
                    return;
                }
                (&**object, value)
            }
            // `message.update(type="x")`, `message.update({"type": "x"})`
            Part::Expression(Expr { kind: Kind::Call(call), .. }) if call.callee.last_name() == "update" => {
                let given = call.positional(0).and_then(|given| match &given.kind {
                    Kind::Record(entries) => entry(entries, "type").map(|own| &own.value),
                    _ => None,
                });
                let (Some(object), Some(value)) = (call.callee.receiver(), call.keyword("type").or(given))
                else {
                    return;
                };
                (object, value)
            }
            Part::Expression(_) => return,
        };
        if program.is_value(object, site, record) {
            found.extend(types(program, value, site, env));
        }
    });
    found
}

/// What the entry `key` of a message is, also where a function of the tree puts the message together; empty where
/// the message could not be looked into.
pub(super) fn inside<'p>(
    program: &Program<'p>,
    message: &'p Expr<'p>,
    site: Site,
    key: &str,
    what: What<'p>,
) -> Vec<Message<'p>> {
    let shapes = |found: &'p Expr<'p>, owner: Site, env: Option<&Env<'_, 'p>>| match what {
        What::Message => messages(program, found, owner, env),
        What::Type => types(program, found, owner, env),
        What::Key(table) => table.types(program, found, owner, env).unwrap_or_else(|| table.all(program)),
    };
    let mut all = Vec::new();
    for definition in program.resolve(message, site) {
        let Definition::Value(value, owner) = definition else { continue };
        match &value.kind {
            Kind::Record(entries) => {
                all.extend(entry(entries, key).map(|found| shapes(&found.value, owner, None)));
            }
            Kind::Call(call) => {
                for callee in program.functions(&call.callee, owner) {
                    let env = Env { function: callee, call, caller: owner, outer: None };
                    for built in program.returns(callee) {
                        let found = record_entry(program, built, callee, key);
                        all.extend(found.map(|(found, site)| shapes(found, site, Some(&env))));
                    }
                }
            }
            _ => {}
        }
    }
    all.into_iter().flatten().collect()
}

fn record_entry<'p>(
    program: &Program<'p>,
    message: &'p Expr<'p>,
    site: Site,
    key: &str,
) -> Option<(&'p Expr<'p>, Site)> {
    let mut records = program.records(message, site);
    records.find_map(|(entries, owner)| entry(entries, key).map(|found| (&found.value, owner)))
}
