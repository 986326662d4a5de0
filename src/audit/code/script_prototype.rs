//! Classes as they were written before there were any: `function Poller(task) {…}` and
//! `Poller.prototype.start = function () {…}`.

use super::{Class, Expr, Kind, Module, Pattern, Role, Statement, StatementKind};

/// Makes a class of each function of the top level whose prototype is given something.
pub(super) fn make_classes(module: &mut Module<'_>) {
    let mut body = std::mem::take(&mut module.functions[0].body);
    let mut given: Vec<(&str, &str, usize)> = Vec::new();
    let mut bases: Vec<(&str, &str)> = Vec::new();
    for statement in &body {
        collect(statement, &mut given, &mut bases);
    }
    for statement in &mut body {
        let function = match &statement.kind {
            StatementKind::Function(function)
            | StatementKind::Assign {
                target: Pattern::Name(_),
                value: Expr { kind: Kind::Function(function), .. },
                ..
            } => *function,
            _ => continue,
        };
        let declared = &module.functions[function];
        let name = if declared.name.is_empty() { declared.label } else { declared.name };
        let own = given.iter().filter(|(owner, ..)| *owner == name);
        let methods: Vec<(&str, usize)> = own.map(|(_, method, function)| (*method, *function)).collect();
        if methods.is_empty() {
            continue;
        }
        let line = declared.line;
        let base = bases.iter().filter(|(heir, _)| *heir == name);
        let bases = base.map(|(_, base)| Expr::new(line, Kind::Name(base))).collect();
        let class = module.classes.len();
        let mut own = Vec::new();
        for (method, function) in std::iter::once(("constructor", function)).chain(methods) {
            let declared = &mut module.functions[function];
            (declared.name, declared.role, declared.class) = (method, Role::Method, Some(class));
            own.push(function);
        }
        module.classes.push(Class { name, line, bases, methods: own, ..Class::default() });
        match &mut statement.kind {
            StatementKind::Assign { value, .. } => value.kind = Kind::Class(class),
            kind => *kind = StatementKind::Class(class),
        }
    }
    module.functions[0].body = body;
}

/// What a statement gives to the prototype of a function, and from which it is made.
fn collect<'s>(
    statement: &Statement<'s>,
    given: &mut Vec<(&'s str, &'s str, usize)>,
    bases: &mut Vec<(&'s str, &'s str)>,
) {
    let mut record = |owner: &'s str, value: &Expr<'s>| {
        for entry in value.entries().unwrap_or_default() {
            if let (Some(Kind::Text(std::borrow::Cow::Borrowed(name))), Kind::Function(function)) =
                (entry.key.as_ref().map(|key| &key.kind), &entry.value.kind)
            {
                given.push((owner, name, *function));
            }
        }
    };
    match &statement.kind {
        StatementKind::Assign { target: Pattern::Place(place), value, .. } => match &place.kind {
            Kind::Member(object, "prototype") => {
                let Kind::Name(owner) = object.kind else { return };
                record(owner, value);
                // `Child.prototype = Object.create(Parent.prototype)`
                let made = value.call().and_then(|call| prototype_of(call.positional(0)?));
                bases.extend(made.map(|base| (owner, base)));
            }
            Kind::Member(object, name) => {
                if let (Some(owner), Kind::Function(function)) = (prototype_of(object), &value.kind) {
                    given.push((owner, name, *function));
                }
            }
            _ => {}
        },
        // `Object.assign(Poller.prototype, {…})`
        StatementKind::Expression(Expr { kind: Kind::Call(call), .. })
            if call.callee.last_name() == "assign" =>
        {
            if let (Some(owner), Some(value)) =
                (call.positional(0).and_then(prototype_of), call.positional(1))
            {
                record(owner, value);
            }
        }
        _ => {}
    }
}

fn prototype_of<'s>(expr: &Expr<'s>) -> Option<&'s str> {
    match &expr.kind {
        Kind::Member(object, "prototype") => match object.kind {
            Kind::Name(owner) => Some(owner),
            _ => None,
        },
        _ => None,
    }
}
