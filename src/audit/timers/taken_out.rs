//! What is taken out of a registry again: `registry.jobs.clear()` after all of them were registered.

use crate::audit::code::visit::{self, Part};
use crate::audit::code::{Call, Expr, Kind};
use crate::audit::program::{Site, Taken, kept, taken};

use super::Start;
use super::conditions::Hurdles;

/// Methods that put something into a list.
pub(super) const ADDS: [&str; 7] = ["append", "add", "extend", "insert", "push", "put", "appendleft"];

impl<'p> Hurdles<'_, '_, 'p> {
    /// What the rest of a function takes out of what a call was given or asked.
    pub fn taken_out(&self, call: &'p Call<'p>, site: Site) -> Start {
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

    /// Whether the function that runs over a list leaves nothing in it for the next time.
    pub fn emptied(&self, head: &'p Expr<'p>, site: Site) -> Start {
        let program = self.program;
        let list = match head.call().filter(|call| call.callee.receiver().is_none()) {
            Some(call) => call.positional(0).unwrap_or(head),
            None => head,
        };
        let Kind::Member(..) = list.kind else { return Start::Sure };
        let name = list.dotted();
        let is_list = |expr: &Expr<'p>| matches!(expr.kind, Kind::Member(..)) && expr.dotted() == name;
        let (mut start, mut is_filled) = (Start::Sure, false);
        visit::function(program.function(site), &mut |part, context| {
            if let Part::Expression(Expr { kind: Kind::Call(call), .. }) = part {
                let adds = ADDS.contains(&call.callee.last_name());
                is_filled |= adds && call.callee.receiver().is_some_and(is_list);
            }
            let Some((_, what)) = taken(part, &is_list) else { return };
            if context.guards.is_empty() && context.handling == 0 && !context.dead {
                start = std::mem::replace(&mut start, Start::Sure).and(self.taken(&what, site));
            }
        });
        if is_filled { Start::Sure } else { start }
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
}

/// A field of this name holds what is registered.
fn holds_jobs(name: &str) -> bool {
    let name = name.to_lowercase();
    ["job", "task", "timer", "entr", "regist", "schedule"].iter().any(|word| name.contains(word))
}
