//! Calls by way of something that calls for them: `f.call(it, a)`, `f.apply(it, [a])`, `Reflect.apply(f, it, [a])` and
//! `f.bind(it, a)` are calls of `f` with `a`, and `image.src = url` is one of the server.

use std::borrow::Cow;

use oxc_ast::ast;

use super::{Argument, Call, CallForm, Expr, Kind};

pub(super) fn called<'s>(
    callee: Expr<'s>,
    mut arguments: Vec<Argument<'s>>,
    line: u32,
    form: CallForm,
) -> Kind<'s> {
    let call = |callee, arguments, form| Kind::Call(Box::new(Call { line, callee, arguments, form }));
    if form != CallForm::Plain || arguments.iter().take(2).any(|it| it.spread) {
        return call(callee, arguments, form);
    }
    if callee.last_name() == "apply"
        && callee.receiver().is_some_and(|it| it.is_name("Reflect"))
        && arguments.len() == 3
        && is_name(&arguments[0].value)
    {
        let given = listed(arguments.remove(2));
        return call(arguments.remove(0).value, given, form);
    }
    let on_something = arguments.first().is_some_and(|first| is_instance(&callee, &first.value));
    match callee.kind {
        Kind::Member(function, "call") if on_something => {
            arguments.remove(0);
            call(*function, arguments, form)
        }
        Kind::Member(function, "apply") if on_something && arguments.len() == 2 => {
            let given = listed(arguments.remove(1));
            call(*function, given, form)
        }
        Kind::Member(function, "bind") if on_something && arguments.len() == 1 => function.kind,
        Kind::Member(function, "bind") if on_something => {
            arguments.remove(0);
            call(*function, arguments, CallForm::Later)
        }
        kind => call(Expr::new(callee.line, kind), arguments, form),
    }
}

/// What a saga asks to be called: `call(load, name)` is `load(name)`, `call([api, api.get], path)` is `api.get(path)`.
pub(super) fn effect<'s>(
    callee: Expr<'s>,
    mut arguments: Vec<Argument<'s>>,
) -> (Expr<'s>, Vec<Argument<'s>>) {
    let is_plain = arguments.first().is_some_and(|first| !first.spread);
    let known = |given: &Expr<'s>| match &given.kind {
        Kind::List(pair) => {
            matches!(pair.as_slice(), [_, function] if is_name(function) || function.literal().is_some())
        }
        _ => is_name(given),
    };
    if !is_plain || !arguments.first().is_some_and(|first| known(&first.value)) {
        return (callee, arguments);
    }
    let first = arguments.remove(0).value;
    let line = first.line;
    match first.kind {
        Kind::List(mut pair) => {
            let function = pair.pop();
            match (pair.pop(), function) {
                (Some(object), Some(Expr { kind: Kind::Text(Cow::Borrowed(name)), .. })) => {
                    (Expr::new(line, Kind::Member(Box::new(object), name)), arguments)
                }
                (_, Some(function)) => (function, arguments),
                (_, None) => (callee, arguments),
            }
        }
        kind => (Expr::new(line, kind), arguments),
    }
}

/// `object["name"]` is `object.name`.
pub(super) fn member<'s>(object: Expr<'s>, key: Expr<'s>) -> Kind<'s> {
    match key.kind {
        Kind::Text(Cow::Borrowed(name)) if is_identifier(name) => Kind::Member(Box::new(object), name),
        _ => Kind::Index(Box::new(object), Box::new(key)),
    }
}

/// A picture, a frame or a script whose `src` is set asks for it; an object's own field is none of these.
pub(super) fn sets_source(target: &ast::AssignmentTarget<'_>) -> bool {
    let ast::AssignmentTarget::StaticMemberExpression(place) = target else { return false };
    place.property.name == "src" && !matches!(place.object, ast::Expression::ThisExpression(_))
}

/// The request that setting such a place makes, as a call of it.
pub(super) fn asked<'s>(place: Expr<'s>, value: Expr<'s>) -> Kind<'s> {
    let (line, arguments) = (place.line, vec![Argument { name: None, value, spread: false }]);
    Kind::Call(Box::new(Call { line, callee: place, arguments, form: CallForm::Plain }))
}

fn is_identifier(name: &str) -> bool {
    let in_name = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    name.starts_with(|first: char| !first.is_numeric()) && name.chars().all(in_name)
}

/// What a function's own method is given first: the object on which the function runs, or none.
fn is_instance(callee: &Expr<'_>, first: &Expr<'_>) -> bool {
    let function = callee.receiver().filter(|it| is_name(it));
    function.is_some_and(|function| match &first.kind {
        Kind::Null | Kind::Name("this" | "window" | "globalThis" | "self") => true,
        Kind::Name(_) | Kind::Member(..) => {
            function.receiver().is_some_and(|object| object.dotted() == first.dotted())
        }
        _ => false,
    })
}

/// The elements of a list as arguments.
fn listed(list: Argument<'_>) -> Vec<Argument<'_>> {
    match list.value.kind {
        Kind::List(items) => items.into_iter().map(element).collect(),
        kind => vec![Argument { name: None, value: Expr::new(list.value.line, kind), spread: true }],
    }
}

fn element(item: Expr<'_>) -> Argument<'_> {
    match item.kind {
        Kind::Spread(inner) => Argument { name: None, value: *inner, spread: true },
        _ => Argument { name: None, value: item, spread: false },
    }
}

fn is_name(value: &Expr<'_>) -> bool {
    matches!(value.kind, Kind::Name(_) | Kind::Member(..))
}
