//! Calls by way of something that calls for them: `async_to_sync(f)(a)`, `partial(f, a)`, `pool.submit(f, a)`,
//! `task.delay(a)`, `Thread(target=f, args=(a,))` are calls of `f` with `a`; `getattr(a, "b")` is `a.b`, and `dict(a=b)` a record.

use std::borrow::Cow;

use super::{Argument, Call, CallForm, Entry, Expr, Kind, Operator};

/// Wrappers whose result is called as what they are given.
const SAME: [&str; 3] = ["async_to_sync", "sync_to_async", "database_sync_to_async"];

/// Functions that call one of their arguments with those behind it, and which one that is.
const HANDING: [(&str, usize); 7] = [
    ("submit", 0),
    ("to_thread", 0),
    ("run_in_executor", 1),
    ("call_soon", 0),
    ("call_soon_threadsafe", 0),
    ("call_later", 1),
    ("run_coroutine_threadsafe", 0),
];

pub(super) fn called<'s>(callee: Expr<'s>, mut arguments: Vec<Argument<'s>>, line: u32) -> Kind<'s> {
    let callee = match through_wrapper(callee) {
        Ok(inner) => {
            let call = Call { line, callee: inner, arguments, form: CallForm::Plain };
            return Kind::Await(Box::new(Expr::new(line, Kind::Call(Box::new(call)))));
        }
        Err(callee) => callee,
    };
    let name = callee.last_name();
    if callee.is_name("dict") && arguments.iter().any(|it| it.name.is_some()) {
        return record(arguments);
    }
    if callee.is_name("getattr")
        && let Some(kind) = attribute(&mut arguments, line)
    {
        return kind;
    }
    if name == "partial" && arguments.first().is_some_and(names_code) {
        let given = arguments.remove(0).value;
        return later(given, arguments, line).kind;
    }
    if name == "apply_async" && callee.receiver().is_some_and(is_name) {
        let given = arguments.iter_mut().find(|it| it.name == Some("args")).map(|it| &mut it.value.kind);
        if let (Some(Kind::List(items)), Kind::Member(..)) = (given, &callee.kind) {
            let given = items.drain(..).map(|value| Argument { name: None, value, spread: false }).collect();
            let Kind::Member(task, _) = callee.kind else { unreachable!("just looked at") };
            return later(*task, given, line).kind;
        }
    }
    if name == "delay" && callee.receiver().is_some_and(is_name) {
        let Kind::Member(task, _) = callee.kind else { unreachable!("a name with a receiver is a member") };
        return later(*task, arguments, line).kind;
    }
    if let Some((_, at)) = HANDING.iter().find(|(handing, _)| *handing == name)
        && arguments.len() > at + 1
        && names_code(&arguments[*at])
    {
        let rest = arguments.split_off(at + 1);
        let Argument { name, value, spread } = arguments.remove(*at);
        arguments.push(Argument { name, value: later(value, rest, line), spread });
    }
    started(&mut arguments, line);
    Kind::Call(Box::new(Call { line, callee, arguments, form: CallForm::Plain }))
}

/// `dict(known, type="x", **more)` is a record.
fn record(arguments: Vec<Argument<'_>>) -> Kind<'_> {
    let entry = |Argument { name, value, .. }| {
        let key = name.map(|name| Expr::new(value.line, Kind::Text(Cow::Borrowed(name))));
        Entry { key, value }
    };
    Kind::Record(arguments.into_iter().map(entry).collect())
}

/// `getattr(a, "b")` is `a.b`, and `getattr(a, "b", c)` may be `c`.
fn attribute<'s>(arguments: &mut Vec<Argument<'s>>, line: u32) -> Option<Kind<'s>> {
    let [_, key, ..] = arguments.as_slice() else { return None };
    let Kind::Text(Cow::Borrowed(name)) = key.value.kind else { return None };
    let default = (arguments.len() == 3).then(|| arguments.remove(2).value);
    let member = Kind::Member(Box::new(arguments.swap_remove(0).value), name);
    Some(match default {
        Some(default) => Kind::Operation(Operator::Coalesce, vec![Expr::new(line, member), default]),
        None => member,
    })
}

/// `target=f, args=(a, b)`.
fn started<'s>(arguments: &mut Vec<Argument<'s>>, line: u32) {
    let at = |arguments: &[Argument<'s>], name: &str| arguments.iter().position(|it| it.name == Some(name));
    let Some(target) = at(arguments, "target").filter(|at| names_code(&arguments[*at])) else { return };
    let Some(args) = at(arguments, "args") else { return };
    let Kind::List(items) = &mut arguments[args].value.kind else { return };
    let given: Vec<Argument<'s>> =
        items.drain(..).map(|value| Argument { name: None, value, spread: false }).collect();
    let nothing = Expr::new(line, Kind::Null);
    let code = std::mem::replace(&mut arguments[target].value, nothing);
    arguments[target].value = later(code, given, line);
}

/// The function that `async_to_sync(f)` stands for.
fn through_wrapper(callee: Expr<'_>) -> Result<Expr<'_>, Expr<'_>> {
    match callee.kind {
        Kind::Call(mut wrapper)
            if SAME.contains(&wrapper.callee.last_name())
                && wrapper.arguments.len() == 1
                && names_code(&wrapper.arguments[0]) =>
        {
            Ok(wrapper.arguments.remove(0).value)
        }
        kind => Err(Expr::new(callee.line, kind)),
    }
}

fn names_code(argument: &Argument<'_>) -> bool {
    !argument.spread && is_name(&argument.value)
}

fn is_name(value: &Expr<'_>) -> bool {
    matches!(value.kind, Kind::Name(_) | Kind::Member(..))
}

/// A call that happens later, with what is given now.
fn later<'s>(callee: Expr<'s>, arguments: Vec<Argument<'s>>, line: u32) -> Expr<'s> {
    if arguments.is_empty() {
        return callee;
    }
    let call = Call { line, callee, arguments, form: CallForm::Later };
    Expr::new(line, Kind::Call(Box::new(call)))
}
