//! Polling that is kept on purpose for when the WebSocket is down: `connected ? 60000 : 5000`, `enabled: !live`.

use crate::audit::code::visit::{self, Context};
use crate::audit::code::{Entry, Expr, Kind, entry};
use crate::audit::program::{Bound, Definition, Program, Site, bind};

/// Words that name the WebSocket by themselves.
const SURE: [&str; 6] = ["ws", "websocket", "socket", "realtime", "streaming", "livefeed"];
/// Words that name a connection of any kind.
const PERHAPS: [&str; 6] = ["connected", "connection", "live", "online", "open", "stream"];

/// The interval depends on the WebSocket's state.
pub(super) fn of_interval<'p>(program: &Program<'p>, delay: &'p Expr<'p>, site: Site) -> bool {
    tests(program, delay, site, 5).into_iter().any(|(test, site)| is_about_socket(program, test, site))
}

/// The poller only runs, or only does not run, while the WebSocket is up.
pub(super) fn of_context<'p>(program: &Program<'p>, context: &Context<'p, 'p>, site: Site) -> bool {
    context.guards.iter().any(|guard| is_about_socket(program, guard.test, site))
}

/// `enabled: !connected` beside the option.
pub(super) fn of_entries<'p>(program: &Program<'p>, entries: &'p [Entry<'p>], site: Site) -> bool {
    entry(entries, "enabled").is_some_and(|enabled| is_about_socket(program, &enabled.value, site))
}

/// The tests that decide between the values of an expression.
fn tests<'p>(program: &Program<'p>, expr: &'p Expr<'p>, site: Site, left: u32) -> Vec<(&'p Expr<'p>, Site)> {
    let Some(left) = left.checked_sub(1) else { return Vec::new() };
    let mut found = Vec::new();
    visit::expression(expr, &mut |part| {
        if let Kind::Choice(parts) = &part.kind {
            found.push((&parts[0], site));
        }
    });
    if matches!(expr.kind, Kind::Name(_) | Kind::Member(..) | Kind::Function(_) | Kind::Call(_)) {
        for definition in program.resolve(expr, site) {
            match definition {
                Definition::Function(function) => found.extend(of_function(program, function)),
                Definition::Value(value, owner) if !std::ptr::eq(value, expr) => {
                    found.extend(tests(program, value, owner, left));
                }
                Definition::Value(value, owner) => {
                    let callees = value.call().map(|call| program.functions(&call.callee, owner));
                    found.extend(
                        callees.into_iter().flatten().flat_map(|callee| of_function(program, callee)),
                    );
                }
                _ => {}
            }
        }
        for (origin, owner) in program.origins(expr, site) {
            if !std::ptr::eq(origin, expr) {
                found.extend(tests(program, origin, owner, left));
            }
        }
    }
    found
}

/// The tests around a function's results.
fn of_function<'p>(program: &Program<'p>, function: Site) -> Vec<(&'p Expr<'p>, Site)> {
    let mut found = Vec::new();
    visit::function(program.function(function), &mut |part, context| match part {
        visit::Part::Statement(statement) => {
            if matches!(statement.kind, crate::audit::code::StatementKind::Return(_)) {
                found.extend(context.guards.iter().map(|guard| (guard.test, function)));
            }
        }
        visit::Part::Expression(expr) => {
            if let Kind::Choice(parts) = &expr.kind {
                found.push((&parts[0], function));
            }
        }
    });
    found
}

fn is_about_socket<'p>(program: &Program<'p>, test: &'p Expr<'p>, site: Site) -> bool {
    visit::any(test, |part| {
        let name = match &part.kind {
            Kind::Name(name) | Kind::Member(_, name) => *name,
            _ => return false,
        };
        let words = words(name);
        let has = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
        has(&SURE) || (has(&PERHAPS) && comes_from_socket(program, part, site, 2))
    })
}

/// The value was made by code that deals with the WebSocket, or a caller gives one that was.
fn comes_from_socket<'p>(program: &Program<'p>, expr: &'p Expr<'p>, site: Site, left: u32) -> bool {
    let about = |text: &str| {
        let text = text.to_lowercase();
        text.contains("websocket") || text.contains("usews") || text.contains("socket.io")
    };
    let elsewhere = |unit: usize| unit != site.unit && about(program.units[unit].text);
    let root = match &expr.kind {
        Kind::Member(object, _) => object,
        _ => expr,
    };
    let made = program.bound_calls(root, site).into_iter().any(|(call, owner)| {
        about(&call.callee.dotted())
            || program.functions(&call.callee, owner).iter().any(|callee| {
                elsewhere(callee.unit) || about(program.path(callee.unit)) || about(program.own_name(*callee))
            })
    });
    made || program.resolve(root, site).iter().chain(&program.resolve(expr, site)).any(|definition| {
        match definition {
            Definition::Value(value, owner) | Definition::Part(value, owner, _) => {
                if elsewhere(owner.unit) {
                    return true;
                }
                let Some(call) = value.call() else { return false };
                about(&call.callee.dotted())
                    || program.functions(&call.callee, *owner).iter().any(|callee| {
                        let function = program.function(*callee);
                        about(program.path(callee.unit)) || about(function.name) || about(function.label)
                    })
            }
            Definition::Function(function) => elsewhere(function.unit),
            Definition::Parameter(function, index, steps) => {
                left > 0
                    && program.script_calls_to(*function).iter().any(|call| {
                        match bind(program, call.call, *function, *index, steps) {
                            Bound::Argument(given, _) => {
                                comes_from_socket(program, given, call.site, left - 1)
                            }
                            _ => false,
                        }
                    })
            }
            _ => false,
        }
    })
}

/// `wsConnected` is `ws`, `connected`; `isWSConnected` is `is`, `ws`, `connected`.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let characters: Vec<char> = name.chars().collect();
    let mut word = String::new();
    for (at, character) in characters.iter().enumerate() {
        let next_lower = characters.get(at + 1).is_some_and(|next| next.is_lowercase());
        let last_lower = at > 0 && characters[at - 1].is_lowercase();
        let breaks = character.is_uppercase() && (last_lower || (next_lower && !word.is_empty()));
        if (breaks || !character.is_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word).to_lowercase());
        }
        if character.is_alphanumeric() {
            word.push(*character);
        }
    }
    words.push(word.to_lowercase());
    // `webSocketUp` comes out as `web`, `socket`, `up`.
    words
}
