//! Polling that is kept on purpose for when the WebSocket is down: `connected ? 60000 : 5000`, `enabled: !live`.

use crate::audit::code::visit::{self, Context};
use crate::audit::code::{Entry, Expr, Kind, StatementKind, entry};
use crate::audit::program::{Bound, Definition, Program, Site, bind};
use crate::audit::switch;

/// Words that name the WebSocket by themselves.
const SURE: [&str; 6] = ["ws", "websocket", "socket", "realtime", "streaming", "livefeed"];
/// Words that name a connection of any kind.
const PERHAPS: [&str; 6] = ["connected", "connection", "live", "online", "open", "stream"];

/// Words of a name that is true while the WebSocket is not there.
const AGAINST: [&str; 9] =
    ["disabled", "disconnected", "down", "off", "closed", "offline", "lost", "fallback", "rest"];
/// Words by which a name is a flag: whether the WebSocket is to be used, and not whether it is there.
const FLAG: [&str; 10] =
    ["enabled", "disabled", "feature", "features", "flag", "flags", "on", "off", "use", "cutover"];

/// What the WebSocket does to a poller.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Bearing {
    /// Nothing, or it polls only while the connection is there.
    #[default]
    Free,
    /// It polls, or polls more often, while the WebSocket is not used.
    Fallback,
    /// It does not poll while the WebSocket's flag is off.
    Off,
}

/// What the interval says of it.
pub(super) fn of_interval<'p>(program: &Program<'p>, delay: &'p Expr<'p>, site: Site) -> Bearing {
    let mut deciding = tests(program, delay, site, 5);
    // `enabled && 5000`
    deciding.extend(matches!(delay.kind, Kind::Operation(..)).then_some((delay, site)));
    match deciding.into_iter().any(|(test, site)| is_about_socket(program, test, site)) {
        true => while_off(program, delay, site, true),
        false => Bearing::Free,
    }
}

/// What the tests around it say.
pub(super) fn of_context<'p>(program: &Program<'p>, context: &Context<'p, 'p>, site: Site) -> Bearing {
    let guards = context.guards.iter().filter(|guard| is_about_socket(program, guard.test, site));
    guards.map(|guard| while_off(program, guard.test, site, guard.holds)).max().unwrap_or_default()
}

/// What `enabled: !connected` beside the option says.
pub(super) fn of_entries<'p>(program: &Program<'p>, entries: &'p [Entry<'p>], site: Site) -> Bearing {
    let said = |key: &str, wanted: bool| {
        let value = &entry(entries, key)?.value;
        is_about_socket(program, value, site).then(|| while_off(program, value, site, wanted))
    };
    let all = [said("enabled", true), said("skip", false), said("isPaused", false)];
    all.into_iter().flatten().max().unwrap_or_default()
}

/// What a callback does that returns before it asks: `if (!live) return`.
pub(super) fn of_callbacks(program: &Program<'_>, functions: Vec<Site>) -> Bearing {
    let mut found: Option<Bearing> = None;
    for site in functions {
        visit::function(program.function(site), &mut |part, context| {
            let visit::Part::Statement(statement) = part else { return };
            let acts = match &statement.kind {
                StatementKind::Expression(value) | StatementKind::Return(Some(value)) => {
                    visit::any(value, |part| matches!(part.kind, Kind::Call(_)))
                }
                StatementKind::Assign { value, .. } => {
                    visit::any(value, |part| matches!(part.kind, Kind::Await(_)))
                }
                _ => false,
            };
            if acts {
                let own = of_context(program, context, site);
                found = Some(found.map_or(own, |known| known.min(own)));
            }
        });
    }
    found.filter(|found| *found == Bearing::Off).unwrap_or_default()
}

/// How a test about the WebSocket that must come out as `wanted` bears on what it lets through.
fn while_off<'p>(program: &Program<'p>, test: &'p Expr<'p>, site: Site, wanted: bool) -> Bearing {
    let switch = |only_flags: bool| {
        move |part: &'p Expr<'p>, site: Site| {
            let words = words(name_of(part)?);
            let is_flag = words.iter().any(|word| FLAG.contains(&word.as_str()));
            let is_own = names_socket(program, part, site) && (is_flag || !only_flags);
            is_own.then(|| !words.iter().any(|word| AGAINST.contains(&word.as_str())))
        }
    };
    let says = |on: bool, only_flags: bool| switch::says(program, (test, site), on, &switch(only_flags));
    if says(false, true) == Some(!wanted) {
        return Bearing::Off;
    }
    match (says(false, false), says(true, false)) {
        (Some(off), Some(on)) if off != wanted && on == wanted => Bearing::Free,
        _ => Bearing::Fallback,
    }
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
            if matches!(statement.kind, StatementKind::Return(_)) {
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
    visit::any(test, |part| names_socket(program, part, site) || leads_to_socket(program, part, site, 3))
}

/// `FLAGS.positions`, where that is `import.meta.env.VITE_WS_FEATURE_POSITIONS === 'true'`.
fn leads_to_socket<'p>(program: &Program<'p>, part: &'p Expr<'p>, site: Site, left: u32) -> bool {
    let Some(left) = left.checked_sub(1).filter(|_| name_of(part).is_some()) else { return false };
    let is_sure = |it: &Expr<'p>| {
        name_of(it).is_some_and(|name| words(name).iter().any(|word| SURE.contains(&word.as_str())))
    };
    program.values(part, site).any(|(value, owner)| {
        !std::ptr::eq(value, part)
            && !matches!(value.kind, Kind::Record(_))
            && visit::any(value, |it| is_sure(it) || leads_to_socket(program, it, owner, left))
    })
}

fn name_of<'p>(expr: &Expr<'p>) -> Option<&'p str> {
    match &expr.kind {
        Kind::Name(name) | Kind::Member(_, name) => Some(name),
        _ => None,
    }
}

/// The name is one of the WebSocket, or of a connection that code of the WebSocket made.
fn names_socket<'p>(program: &Program<'p>, part: &'p Expr<'p>, site: Site) -> bool {
    let Some(name) = name_of(part) else { return false };
    let words = words(name);
    let has = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
    has(&SURE) || (has(&PERHAPS) && comes_from_socket(program, part, site, 2))
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
