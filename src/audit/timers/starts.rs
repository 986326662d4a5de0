//! Whether anything starts a timer: the tests around its registration and around the calls that lead there, and what
//! takes it out of its registry again.

use crate::audit::code::visit::{self, Part};
use crate::audit::code::{Call, Expr, Kind, Role};
use crate::audit::flags::Flags;
use crate::audit::liveness::mentioned;
use crate::audit::program::{CallSite, Program, Site, Taken, kept, taken};
use crate::audit::websocket::broadcasts::callers;
use crate::audit::websocket::gates;

use super::{Timer, idle};

/// Calls up to what starts a timer.
const FARTHEST: u32 = 6;

/// Whether something starts a timer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::audit) enum Start {
    Sure,
    /// Nothing ever does; why.
    Never(String),
    /// It hangs on something that the source does not say.
    Unclear(String),
}

impl Start {
    fn rank(&self) -> u32 {
        match self {
            Self::Sure => 0,
            Self::Unclear(_) => 1,
            Self::Never(_) => 2,
        }
    }

    /// Both must let it through.
    fn and(self, other: Self) -> Self {
        if other.rank() > self.rank() { other } else { self }
    }
}

pub(super) fn of<'p>(program: &Program<'p>, flags: &Flags<'_, 'p>, timer: &Timer<'p>) -> Start {
    let asks = Asks { program, flags, names: &timer.names };
    let started = timer.started_by.map_or(Start::Sure, |call| asks.way(call, FARTHEST));
    started.and(idle::of(program, timer))
}

struct Asks<'a, 'r, 'p> {
    program: &'a Program<'p>,
    flags: &'a Flags<'r, 'p>,
    /// The timer's own names.
    names: &'a [String],
}

impl<'p> Asks<'_, '_, 'p> {
    /// Whether a call happens, and what it did lasts.
    fn way(&self, CallSite { call, site }: CallSite<'p>, left: u32) -> Start {
        let program = self.program;
        let Some(left) = left.checked_sub(1) else { return Start::Sure };
        let context = gates::context(program, call, site);
        if program.never_runs(&context, site) {
            return Start::Never("its registration stands where nothing ever comes".to_owned());
        }
        let asked = context.guards.iter().filter(|guard| !program.is_always(guard.test, site, guard.holds));
        let asked = asked.filter(|guard| self.flags.mentioned(guard.test, site).is_none());
        let asked = asked.map(|guard| guard.test).find(|test| program.is_configured(test, site));
        let own = asked.map_or(Start::Sure, |test| {
            Start::Unclear(format!("line {} asks whether it is registered", test.line))
        });
        own.and(self.taken_out(call, site)).and(self.started(site, left))
    }

    /// Whether anything starts a function.
    fn started(&self, site: Site, left: u32) -> Start {
        let program = self.program;
        let site = program.owner(site);
        let function = program.function(site);
        if site.function == 0 || !function.decorators.is_empty() {
            return Start::Sure;
        }
        let calls: Vec<CallSite<'p>> = callers(program, site).filter(|call| call.site != site).collect();
        let ways = calls.iter().map(|call| self.way(*call, left)).min_by_key(Start::rank);
        match ways {
            Some(Start::Sure) => Start::Sure,
            // Also what is handed on, or named by a text, may be called.
            _ if self.is_mentioned(site, &calls) => Start::Sure,
            Some(way) => way,
            None if self.is_asked_from_outside(site) => Start::Sure,
            None => Start::Never(format!("nothing calls {}", function.name)),
        }
    }

    /// Something outside of the tree may call it.
    fn is_asked_from_outside(&self, site: Site) -> bool {
        let function = self.program.function(site);
        let of_class = self.program.class_of(site).map(|class| self.program.ancestry(class).1);
        function.role != Role::Function && of_class.is_none_or(|outside| !outside.is_empty())
            || function.name.starts_with("__")
    }

    /// A name other than in these calls.
    fn is_mentioned(&self, site: Site, calls: &[CallSite<'p>]) -> bool {
        let program = self.program;
        let name = program.function(site).name;
        let units = program.python_with([name]).into_iter().filter(|unit| !program.is_test(*unit));
        let is_own =
            |expr: &Expr<'p>| calls.iter().any(|call| std::ptr::eq(&raw const call.call.callee, expr));
        program.sites(units).filter(|other| *other != site).any(|other| {
            let mut found = false;
            visit::function(program.function(other), &mut |part, _| {
                if let Part::Expression(expr) = part {
                    found = found || mentioned(expr) == Some(name) && !is_own(expr);
                }
            });
            found
        })
    }

    /// What the rest of a function takes out of what a call was given or asked.
    fn taken_out(&self, call: &'p Call<'p>, site: Site) -> Start {
        let program = self.program;
        let given = call.arguments.iter().map(|argument| &argument.value).chain(call.callee.receiver());
        let registries: Vec<String> = given
            .filter(|it| matches!(it.kind, Kind::Name(_) | Kind::Member(..)))
            .map(Expr::dotted)
            .filter(|name| !matches!(name.as_str(), "self" | "cls"))
            .collect();
        let is_registry = |object: &Expr<'p>| {
            let written = object.dotted();
            let of_it = |name: &String| {
                let field = |(of, list): (&str, &str)| of == name && holds_jobs(list);
                written == *name || written.rsplit_once('.').is_some_and(field)
            };
            registries.iter().any(of_it)
        };
        let mut found = Start::Sure;
        visit::function(program.function(site), &mut |part, context| {
            let Some((line, what)) = taken(part, &is_registry) else { return };
            if line <= call.line || program.never_runs(context, site) {
                return;
            }
            let way = self.taken(&what, site);
            // It may be put off to the end of the program.
            let sure = context.guards.is_empty() && context.tries.is_empty() && context.handling == 0;
            let way = match way {
                Start::Never(why) if !sure => Start::Unclear(why),
                way => way,
            };
            found = std::mem::replace(&mut found, Start::Sure).and(way);
        });
        found
    }

    /// Whether what is taken out is this timer.
    fn taken(&self, what: &Taken<'p>, site: Site) -> Start {
        let why = "it is taken out of its registry again".to_owned();
        let (named, keeps) = match what {
            Taken::All => return Start::Never(why),
            Taken::Some => return Start::Unclear(why),
            Taken::These(given) => (self.named(given, site), false),
            Taken::Filtered(conditions) => {
                let Some((test, keeps)) = kept(conditions) else { return Start::Unclear(why) };
                (self.named(test, site), keeps)
            }
        };
        match named {
            None => Start::Unclear(why),
            Some(own) if own != keeps => Start::Never(why),
            Some(_) => Start::Sure,
        }
    }

    /// Whether one of the names, texts or classes in an expression is the timer's; `None` where none can be read.
    fn named(&self, expr: &'p Expr<'p>, site: Site) -> Option<bool> {
        let program = self.program;
        let mut names: Vec<String> = Vec::new();
        visit::expression(expr, &mut |part| match &part.kind {
            Kind::Text(text) => names.push(text.to_string()),
            Kind::Name(_) | Kind::Member(..) => {
                names.extend(
                    program.class_named(part, site).map(|class| program.class(class).name.to_owned()),
                );
                let items = program.items(part, site, 8).into_iter();
                let texts = items.flat_map(|(item, owner)| program.texts(item, owner, None));
                let texts = texts.chain(program.texts(part, site, None));
                names.extend(texts.filter_map(|text| text.exact()));
            }
            _ => {}
        });
        (!names.is_empty()).then(|| names.iter().any(|name| self.names.contains(name)))
    }
}

/// A field of this name holds what is registered.
fn holds_jobs(name: &str) -> bool {
    let name = name.to_lowercase();
    ["job", "task", "timer", "entr", "regist", "schedule"].iter().any(|word| name.contains(word))
}
