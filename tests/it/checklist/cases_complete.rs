//! Spoilt after REST went: something left, or not written down.

use thor_cutover::model::facts::ledger::{Entry, FlagState, ManualGate};
use thor_cutover::model::stage::Stage;
use thor_cutover::model::verdict::Verdict::{Inconclusive, NoGo};

use super::cases::{COMPLETE, Case, case, daphne, is_signed, log};
use super::world::{World, seen};

pub fn cases() -> Vec<Case> {
    vec![
        case("a poller is left", World::written_down, COMPLETE, "pollers-gone", NoGo, |w| {
            w.source().pollers = vec![seen("setInterval", "src/B.tsx")]
        }),
        case("a path is left in the code", World::written_down, COMPLETE, "urls-gone", NoGo, |w| {
            w.source().urls = vec![seen("/api/accounts/balance/", "src/b.ts")]
        }),
        case("a flag read is left", World::written_down, COMPLETE, "flag-reads-gone", NoGo, |w| {
            w.source().flag_reads = vec![seen("WS_FEATURE", "a.py")]
        }),
        case("a timer is left", World::written_down, COMPLETE, "timers-gone", NoGo, |w| {
            w.source().timers = World::integrated().source().timers.clone();
        }),
        case("an endpoint is left", World::written_down, COMPLETE, "endpoints-gone", NoGo, |w| {
            w.source().endpoints = vec![seen("/api/accounts/balance/", "urls.py")]
        }),
        case("no logs given", World::written_down, COMPLETE, "logs-clean", Inconclusive, |w| w.logs = None),
        case("empty logs", World::written_down, COMPLETE, "logs-clean", Inconclusive, |w| {
            w.logs.as_mut().unwrap().files[0].lines = 0
        }),
        case("logs of another day", World::written_down, COMPLETE, "logs-clean", Inconclusive, |w| {
            w.logs.as_mut().unwrap().files = vec![daphne(-200_000, -100_000)]
        }),
        case(
            "logs that end before the last run",
            World::written_down,
            COMPLETE,
            "logs-clean",
            Inconclusive,
            |w| w.logs.as_mut().unwrap().files = vec![daphne(-3600, 1)],
        ),
        case("logs without a time", World::written_down, COMPLETE, "logs-clean", Inconclusive, |w| {
            w.logs.as_mut().unwrap().files[0].span = None
        }),
        case("an error in the logs", World::written_down, COMPLETE, "logs-clean", NoGo, |w| {
            log(w, 60);
        }),
        case(
            "documentation not updated",
            World::written_down,
            COMPLETE,
            "documentation-updated",
            Inconclusive,
            |w| w.forget(|it| is_signed(it, ManualGate::Documentation)),
        ),
        case(
            "documentation signed while REST was there",
            World::written_down,
            COMPLETE,
            "documentation-updated",
            Inconclusive,
            |w| w.edit_sign_off(ManualGate::Documentation, |it| it.stage = Some(Stage::Live)),
        ),
        case("team not told", World::written_down, COMPLETE, "team-informed", Inconclusive, |w| {
            w.forget(|it| is_signed(it, ManualGate::Team))
        }),
        case("no release", World::written_down, COMPLETE, "release-tagged", Inconclusive, |w| {
            w.forget(|it| is_signed(it, ManualGate::Release))
        }),
        case("the tag is gone", World::written_down, COMPLETE, "release-tagged", Inconclusive, |w| {
            w.git.tags.clear()
        }),
        case("the tag contains other work", World::written_down, COMPLETE, "release-tagged", NoGo, |w| {
            w.git.tags.get_mut("v2").unwrap().contains.clear()
        }),
        case("never exported", World::written_down, COMPLETE, "evidence-archived", Inconclusive, |w| {
            w.forget(|it| matches!(it, Entry::Archive(_)))
        }),
        case(
            "exported before the last run",
            World::written_down,
            COMPLETE,
            "evidence-archived",
            Inconclusive,
            |w| w.observe(410, 20, FlagState::On),
        ),
        case("the deletion was not GO", World::written_down, COMPLETE, "delete-held", NoGo, |w| {
            w.set_flag(false)
        }),
    ]
}
