//! Broadcasts to which only timers lead that never run: nobody sends them.

use std::collections::BTreeSet;

use crate::audit::program::{Program, Site};
use crate::audit::timers::{Start, Timer, Timers};
use crate::audit::websocket::{Broadcasts, State, is_handed_on};

/// What only stopped timers send is never sent.
pub(super) fn silence(program: &Program<'_>, timers: &Timers<'_>, broadcasts: &mut Broadcasts<'_>) {
    let is_stopped = |timer: &&Timer<'_>| matches!(timer.start, Start::Never(_));
    let stopped: Vec<&Timer<'_>> = timers.list.iter().filter(is_stopped).collect();
    if stopped.is_empty() {
        return;
    }
    let running = timers.list.iter().filter(|timer| !is_stopped(timer));
    let running = program.reach(running.flat_map(|timer| timer.runs.iter().copied()));
    for timer in &stopped {
        let runs: BTreeSet<Site> = timer.runs.iter().copied().collect();
        let reached = program.reach(runs.iter().copied());
        for broadcast in broadcasts.list.iter_mut().filter(|it| it.state == State::Live) {
            let site = program.owner(broadcast.site);
            let only = reached.contains(&site) && !running.contains(&site);
            if only && is_led_by(program, site, &runs, &reached) {
                broadcast.state =
                    State::Dormant(format!("{}, which would send it, never runs", timer.symbol));
            }
        }
    }
}

/// Every way to a function begins in one of these.
fn is_led_by(program: &Program<'_>, site: Site, roots: &BTreeSet<Site>, reached: &BTreeSet<Site>) -> bool {
    let mut queue = vec![site];
    let mut seen = BTreeSet::from([site]);
    while let Some(site) = queue.pop() {
        if site.function == 0 {
            return false;
        }
        let is_root = roots.contains(&site);
        for call in program.callers(site) {
            let from = program.owner(call.site);
            // Whoever runs all jobs calls this one by no name of its own.
            let surely = program.functions(&call.call.callee, call.site).contains(&site);
            if !reached.contains(&from) && (surely || !is_root) {
                return false;
            }
            if reached.contains(&from) && !is_root && seen.insert(from) {
                queue.push(from);
            }
        }
        if !is_root && is_handed_on(program, site) {
            return false;
        }
    }
    true
}
