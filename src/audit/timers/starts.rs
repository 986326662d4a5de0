//! Whether anything starts a timer: the tests around its registration and around the calls that lead there, what
//! runs its registry, and what it does when it runs.

use std::collections::BTreeSet;

use crate::audit::code::{Expr, Kind};
use crate::audit::flags::Flags;
use crate::audit::program::Program;
use crate::audit::websocket::gates;

use super::conditions::{Hurdles, StandIn};
use super::engines::Engines;
use super::ways::{Approaches, Leads, Trail};
use super::{Timer, decorators, idle, threads};

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
    pub fn rank(&self) -> u32 {
        match self {
            Self::Sure => 0,
            Self::Unclear(_) => 1,
            Self::Never(_) => 2,
        }
    }

    /// Both must let it through.
    pub fn and(self, other: Self) -> Self {
        if other.rank() > self.rank() { other } else { self }
    }

    /// The better of what is known so far and another way.
    pub fn better_of(known: Option<Self>, way: Self) -> Option<Self> {
        Some(known.filter(|known| known.rank() <= way.rank()).unwrap_or(way))
    }
}

/// What was found out of a timer.
pub(super) struct Course {
    pub start: Start,
    /// The pauses of the loop that runs it, in seconds.
    pub beat: Vec<f64>,
}

pub(super) fn of<'p>(
    program: &Program<'p>,
    flags: &Flags<'_, 'p>,
    commands: &BTreeSet<String>,
    engines: &Engines<'p>,
    approaches: &Approaches<'p>,
    timer: &Timer<'p>,
) -> Course {
    let asked = Hurdles { program, flags, names: &timer.names, class: timer.class, made: timer.made };
    let ways = Leads { asked, commands, approaches };
    let mut walk = Trail::default();
    let registered = timer.started_by.map_or(Start::Sure, |given| {
        let context = gates::context(program, given.call, given.site);
        let started = threads::started(program, given);
        ways.to_call(&context, given, &subject(given.call), &mut walk).start.and(started)
    });
    let (run, beat) = engines.run(&ways, timer, &mut walk);
    let loaded = decorators::of(&ways, timer, &mut walk);
    let start = timer.kept.clone().and(registered).and(loaded).and(run).and(idle::of(&ways.asked, timer));
    Course { start, beat }
}

/// What is registered: `job`, or `cls` of `registry.register(cls())`.
fn subject(call: &crate::audit::code::Call<'_>) -> StandIn {
    let named =
        |expr: &Expr<'_>| matches!(expr.kind, Kind::Name(_) | Kind::Member(..)).then(|| expr.dotted());
    let given =
        call.arguments.iter().find_map(|it| named(&it.value).or_else(|| named(&it.value.call()?.callee)));
    given.map(StandIn::of).unwrap_or_default()
}
