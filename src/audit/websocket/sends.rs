//! Where code hands a message to the channel layer: `group_send`, directly or wrapped by `async_to_sync`.

use crate::audit::code::visit::{self, Part};
use crate::audit::code::{Call, Expr, Kind};
use crate::audit::program::{Definition, Program, Site};

#[derive(Clone, Copy)]
pub(super) struct Send<'p> {
    pub call: &'p Call<'p>,
    pub site: Site,
}

impl<'p> Send<'p> {
    pub fn group(&self) -> Option<&'p Expr<'p>> {
        self.call.positional(0).or_else(|| self.call.keyword("group"))
    }

    pub fn message(&self) -> Option<&'p Expr<'p>> {
        self.call.positional(1).or_else(|| self.call.keyword("message"))
    }
}

pub(super) fn find<'p>(program: &Program<'p>) -> Vec<Send<'p>> {
    let production = |site: Site| !program.is_test(site.unit);
    let mut found: Vec<Send<'p>> = program
        .python_calls("group_send")
        .iter()
        .filter(|call| production(call.site))
        .map(|call| Send { call: call.call, site: call.site })
        .collect();
    for wrapper in program.python_calls("async_to_sync") {
        if production(wrapper.site) && wraps_group_send(wrapper.call) {
            found.extend(through_variable(program, wrapper.call, wrapper.site));
        }
    }
    found.retain(|send| send.message().is_some());
    found
}

fn wraps_group_send(call: &Call<'_>) -> bool {
    matches!(call.callee.last_name(), "async_to_sync" | "sync_to_async")
        && call.positional(0).is_some_and(|first| first.last_name() == "group_send")
}

/// `send = async_to_sync(layer.group_send)` and later `send(group, message)`.
fn through_variable<'p>(program: &Program<'p>, wrapper: &'p Call<'p>, site: Site) -> Vec<Send<'p>> {
    let mut found = Vec::new();
    for function in 0..program.module(site.unit).functions.len() {
        let here = Site { unit: site.unit, function };
        visit::function(program.function(here), &mut |part, _| {
            let Part::Expression(Expr { kind: Kind::Call(call), .. }) = part else { return };
            if call.arguments.len() < 2 || !matches!(call.callee.kind, Kind::Name(_) | Kind::Member(..)) {
                return;
            }
            let same = program.resolve(&call.callee, here).iter().any(|definition| match definition {
                Definition::Value(value, _) => value.call().is_some_and(|made| std::ptr::eq(made, wrapper)),
                _ => false,
            });
            if same {
                found.push(Send { call, site: here });
            }
        });
    }
    found
}
