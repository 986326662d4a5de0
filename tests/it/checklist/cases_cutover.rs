//! Spoilt before and after the flag went on.

use thor_cutover::judge::decision::Asked;
use thor_cutover::model::facts::fingerprint::HashedDefinition;
use thor_cutover::model::facts::git::Relation;
use thor_cutover::model::facts::ledger::{Entry, FlagState, ManualGate};
use thor_cutover::model::outcome::Entity;
use thor_cutover::model::stage::Stage;
use thor_cutover::model::verdict::Verdict::{Error, Go, Inconclusive, NoGo};

use super::cases::{CUTOVER, Case, case, change, commit, hazard, log};
use super::world::{FEATURE, World, revision, second, seen};
use crate::ledger::sample::Run;

pub fn cases() -> Vec<Case> {
    vec![
        case("no source tree", World::shadowed, CUTOVER, "integrated", Inconclusive, |w| w.source = None),
        case("no broadcast", World::shadowed, CUTOVER, "integrated", NoGo, |w| w.source().broadcasts.clear()),
        case("no handler", World::shadowed, CUTOVER, "integrated", NoGo, |w| w.source().handlers.clear()),
        case("no job", World::shadowed, CUTOVER, "integrated", NoGo, |w| w.source().producers.clear()),
        case("broadcast waits for the flag", World::shadowed, CUTOVER, "integrated", NoGo, |w| {
            w.source().gated_broadcasts = vec![seen("broadcast", "jobs/account.py")];
        }),
        case("an import is broken", World::shadowed, CUTOVER, "integrated", NoGo, |w| {
            w.source().missing_modules = vec![seen("api.gone", "jobs/account.py")];
        }),
        case("its file does not parse", World::shadowed, CUTOVER, "integrated", NoGo, |w| {
            w.source().unsearched = vec!["jobs/account.py".to_owned()];
        }),
        case(
            "a file that mentions it does not parse",
            World::shadowed,
            CUTOVER,
            "integrated",
            Inconclusive,
            |w| {
                w.source().unsearched = vec!["other.py".to_owned()];
            },
        ),
        case("nobody observed", World::integrated, CUTOVER, "evidence-present", Inconclusive, |_| {}),
        case("of another backend", World::shadowed, CUTOVER, "evidence-present", Inconclusive, |w| {
            w.spoil_runs(
                |_| true,
                |mut run| {
                    run.circumstances.target = "http://staging:8000".parse().unwrap();
                    run
                },
            )
        }),
        case("judged by other rules", World::shadowed, CUTOVER, "evidence-present", Inconclusive, |w| {
            w.feature().push_delay *= 2
        }),
        case(
            "judged by another version of the tool",
            World::shadowed,
            CUTOVER,
            "evidence-present",
            Inconclusive,
            |w| w.judging += 1,
        ),
        case("the builder changed since", World::shadowed, CUTOVER, "evidence-present", Inconclusive, |w| {
            change(w, "build_account_balance");
        }),
        case("the view changed since", World::shadowed, CUTOVER, "evidence-present", Inconclusive, |w| {
            change(w, "balance");
        }),
        case("a definition is gone", World::shadowed, CUTOVER, "evidence-present", Inconclusive, |w| {
            w.source().code.as_mut().unwrap().definitions.retain(|it| it.name != "AccountJob.run");
        }),
        case(
            "REST's own is gone, not claimed",
            World::shadowed,
            CUTOVER,
            "evidence-present",
            Inconclusive,
            |w| {
                w.source().code.as_mut().unwrap().definitions.retain(|it| !it.rest_only);
            },
        ),
        case("a definition is new", World::shadowed, CUTOVER, "evidence-present", Inconclusive, |w| {
            let code = w.source().code.as_mut().unwrap();
            let new = HashedDefinition { name: "second sender".to_owned(), ..code.definitions[0].clone() };
            code.definitions.push(new);
        }),
        case(
            "the tree was not fingerprinted",
            World::shadowed,
            CUTOVER,
            "evidence-present",
            Inconclusive,
            |w| {
                w.source().code = None;
            },
        ),
        case("fingerprinted otherwise", World::shadowed, CUTOVER, "evidence-present", Inconclusive, |w| {
            w.source().code.as_mut().unwrap().version += 1;
        }),
        case("a file that cannot be read", World::shadowed, CUTOVER, "evidence-present", Inconclusive, |w| {
            change(w, "build_account_balance");
            for entry in &mut w.entries {
                let Entry::Run(run) = entry else { continue };
                run.features[0].code = w.source.as_ref().unwrap().features[FEATURE].code.clone();
                run.features[0].code.as_mut().unwrap().definitions[0].hash.clear();
            }
            w.source().code.as_mut().unwrap().definitions[0].hash.clear();
        }),
        case("old, of another revision", World::shadowed, CUTOVER, "evidence-present", Inconclusive, |w| {
            w.without_fingerprints();
            w.git.head = revision("r2")
        }),
        case("old, of no ancestor", World::shadowed, CUTOVER, "evidence-present", Inconclusive, |w| {
            w.without_fingerprints();
            w.git.head = revision("r2");
            w.git.relations.insert("r1".to_owned(), Relation::NotAncestor);
        }),
        case("old, across a changed file", World::shadowed, CUTOVER, "evidence-present", Inconclusive, |w| {
            w.without_fingerprints();
            commit(w, "api/builders.py");
        }),
        case("old, observed with changes", World::shadowed, CUTOVER, "evidence-present", Inconclusive, |w| {
            w.spoil_runs(
                |_| true,
                |mut run| {
                    run.circumstances.revision.as_mut().unwrap().dirty = vec!["api/builders.py".to_owned()];
                    run
                },
            );
            w.without_fingerprints();
        }),
        case("old, with changes now", World::shadowed, CUTOVER, "evidence-present", Inconclusive, |w| {
            w.without_fingerprints();
            w.git.head.as_mut().unwrap().dirty = vec!["api/views.py".to_owned()];
        }),
        case("observed without a tree", World::shadowed, CUTOVER, "evidence-present", Inconclusive, |w| {
            w.spoil_runs(
                |_| true,
                |mut run| {
                    run.circumstances.revision = None;
                    run
                },
            );
            w.without_fingerprints();
        }),
        case("the revision is not known", World::shadowed, CUTOVER, "revision-known", Inconclusive, |w| {
            w.git.head = None;
            w.spoil_runs(
                |_| true,
                |mut run| {
                    run.circumstances.revision = None;
                    run
                },
            );
        }),
        case("observed with the flag on", World::shadowed, CUTOVER, "evidence-present", Inconclusive, |w| {
            w.spoil_runs(|_| true, |run| run.flag(FlagState::On))
        }),
        case(
            "observed with the flag unknown",
            World::shadowed,
            CUTOVER,
            "evidence-present",
            Inconclusive,
            |w| w.spoil_runs(|_| true, |run| run.flag(FlagState::Unknown)),
        ),
        case("expired", World::shadowed, CUTOVER, "evidence-present", Inconclusive, |w| {
            w.now = second(15 * 86_400)
        }),
        case("dated in the future", World::shadowed, CUTOVER, "evidence-present", Inconclusive, |w| {
            w.now = second(-100)
        }),
        case("one cent off, dated in the future", World::shadowed, CUTOVER, "parity", NoGo, |w| {
            let run = w.run(86_400, 10, FlagState::Off).divergent();
            w.keep(&run);
        }),
        case("one cent off after the clock was set back", World::shadowed, CUTOVER, "parity", NoGo, |w| {
            let run = w.run(-200, 10, FlagState::Off).divergent();
            w.keep(&run);
            w.last_run().written_after = Some(second(45));
        }),
        case(
            "clean after the clock was set back: when the session was watched is unknown",
            World::shadowed,
            CUTOVER,
            "sessions-covered",
            Inconclusive,
            |w| {
                w.observe(-200, 10, FlagState::Off);
                w.last_run().written_after = Some(second(45));
            },
        ),
        case(
            "rolled back after the clock was set back",
            World::enabled,
            CUTOVER,
            "evidence-present",
            Inconclusive,
            |w| {
                w.flag_change(40, false, false);
                let Some(Entry::FlagChange(change)) = w.entries.last_mut() else { panic!("a change") };
                change.written_after = Some(second(46));
                w.set_flag(false);
                w.now = second(15 * 86_400);
            },
        ),
        case("one cent off", World::shadowed, CUTOVER, "parity", NoGo, |w| {
            w.spoil_runs(|_| true, Run::divergent)
        }),
        case("one cent off in the last run", World::shadowed, CUTOVER, "parity", NoGo, |w| {
            let run = w.run(60, 10, FlagState::Off).divergent();
            w.keep(&run);
        }),
        case(
            "one cent off, then a short clean run",
            World::shadowed,
            CUTOVER,
            "sessions-covered",
            Inconclusive,
            |w| {
                let run = w.run(46, 2, FlagState::Off).divergent();
                w.keep(&run);
                w.observe(50, 5, FlagState::Off);
            },
        ),
        case(
            "two half sessions of two accounts",
            World::shadowed,
            CUTOVER,
            "sessions-covered",
            Inconclusive,
            |w| {
                w.spoil_runs(
                    |_| true,
                    |mut run| {
                        run.report.seconds = 30.0;
                        run
                    },
                );
                let mut other = w.run(20, 30, FlagState::Off);
                other.circumstances.account = Some("account-2".to_owned());
                w.keep(&other);
            },
        ),
        case("an inconclusive run", World::shadowed, CUTOVER, "evidence-present", Inconclusive, |w| {
            w.spoil_runs(|_| true, |run| run.verdict(Inconclusive))
        }),
        case(
            "a run that failed by itself",
            World::shadowed,
            CUTOVER,
            "evidence-present",
            Inconclusive,
            |w| w.spoil_runs(|_| true, |run| run.verdict(Error)),
        ),
        case("a mute run", World::shadowed, CUTOVER, "silence", Inconclusive, |w| {
            w.spoil_runs(
                |_| true,
                |run| {
                    let mut run = run.verdict(Inconclusive);
                    run.report.features[0].messages = 0;
                    run
                },
            )
        }),
        case("the newest run is mute", World::shadowed, CUTOVER, "silence", Inconclusive, |w| {
            let mut run = w.run(60, 10, FlagState::Off).verdict(Inconclusive);
            run.report.features[0].messages = 0;
            w.keep(&run);
        }),
        case("a frozen market", World::shadowed, CUTOVER, "transitions-covered", Inconclusive, |w| {
            w.spoil_runs(
                |_| true,
                |mut run| {
                    run.report.features[0].transitions = 0;
                    run
                },
            )
        }),
        case(
            "too few samples for today's threshold",
            World::shadowed,
            CUTOVER,
            "evidence-present",
            Inconclusive,
            |w| w.settings.thresholds.min_samples = 500,
        ),
        case("a row never told in any run", World::shadowed, CUTOVER, "entities-told", Inconclusive, |w| {
            for entry in &mut w.entries {
                let Entry::Run(run) = entry else { continue };
                run.features[0].untold = vec![entity("B"), entity("C")];
            }
        }),
        case("half a session", World::shadowed, CUTOVER, "sessions-covered", Inconclusive, |w| {
            w.spoil_runs(
                |_| true,
                |mut run| {
                    run.report.seconds = 30.0;
                    run
                },
            )
        }),
        case("a session with a gap", World::shadowed, CUTOVER, "sessions-covered", Inconclusive, |w| {
            w.spoil_runs(|_| true, |run| run.gap(20.0, 24.0))
        }),
        case(
            "a session that is still open",
            World::shadowed,
            CUTOVER,
            "sessions-covered",
            Inconclusive,
            |w| w.now = second(39),
        ),
        case("two sessions asked for", World::shadowed, CUTOVER, "sessions-covered", Inconclusive, |w| {
            w.settings.thresholds.shadow_sessions = 2
        }),
        case("no session configured", World::shadowed, CUTOVER, "sessions-covered", Inconclusive, |w| {
            w.settings.sessions.clear()
        }),
        case("a session on its holiday", World::shadowed, CUTOVER, "sessions-covered", Inconclusive, |w| {
            w.settings.sessions[0].holidays = vec![jiff::civil::date(2026, 11, 23)];
        }),
        case("an unknown time zone", World::shadowed, CUTOVER, "sessions-covered", Error, |w| {
            w.settings.sessions[0].time_zone = "Mars/Olympus".to_owned();
        }),
        case("an earlier feature is not live", World::shadowed, CUTOVER, "flag-order", NoGo, |w| {
            w.settings.features[1].order = 0
        }),
        case("a hazard is open", World::shadowed, CUTOVER, "hazards-cleared", NoGo, |w| {
            w.source().hazards = vec![hazard()];
        }),
        case("the logs tell of an error", World::shadowed, CUTOVER, "logs-clean", NoGo, |w| {
            log(w, 10);
        }),
        case(
            "enabled without evidence",
            World::enabled,
            Asked::Claimed,
            "evidence-present",
            Inconclusive,
            |w| w.forget(|it| matches!(it, Entry::Run(_))),
        ),
        case(
            "enabled, then the backend changed",
            World::enabled,
            Asked::Claimed,
            "evidence-present",
            Inconclusive,
            |w| {
                change(w, "build_account_balance");
            },
        ),
        case(
            "enabled, then the rules changed",
            World::enabled,
            Asked::Claimed,
            "evidence-present",
            Inconclusive,
            |w| w.feature().push_delay *= 2,
        ),
        case(
            "flipped by hand, and the evidence expired",
            World::enabled,
            Asked::Claimed,
            "evidence-present",
            Inconclusive,
            |w| {
                w.forget(|it| matches!(it, Entry::Grant(_)));
                w.now = second(15 * 86_400);
            },
        ),
        case("live and diverging", World::enabled, Asked::Claimed, "parity", NoGo, |w| {
            let run = w.run(50, 10, FlagState::On).divergent();
            w.keep(&run);
        }),
        case(
            "only the frontend is on",
            World::integrated,
            Asked::Claimed,
            "evidence-present",
            Inconclusive,
            |w| {
                w.say("VITE_WS_FEATURE_ACCOUNT_BALANCE", Some("true"));
            },
        ),
    ]
}

/// `/symbol` with this value.
fn entity(symbol: &str) -> Entity {
    Entity::from([("/symbol".parse().expect("a pointer"), symbol.to_owned())])
}

#[test]
fn an_entity_told_in_some_run_or_accepted_by_name_is_told() {
    let told = |worlds: &[&[&str]], accepts: &[&str]| {
        let mut world = World::integrated();
        for (index, untold) in worlds.iter().enumerate() {
            world.observe(-10 + 60 * index as i64, 55, FlagState::Off);
            if let Some(Entry::Run(run)) = world.entries.last_mut() {
                run.features[0].untold = untold.iter().map(|symbol| entity(symbol)).collect();
            }
        }
        world.sign(
            180,
            ManualGate::SignOff,
            Stage::Shadow,
            accepts.iter().map(|name| (*name).to_owned()).collect(),
        );
        let decided = world.decide(CUTOVER);
        let gate = decided.gates.iter().find(|gate| gate.code == "entities-told").expect("the gate is asked");
        (gate.verdict, gate.value.clone())
    };
    assert_eq!(told(&[&["B", "C"], &["B"]], &[]), (Inconclusive, "never told: /symbol=B".to_owned()));
    assert_eq!(told(&[&["B"], &["C"]], &[]), (Go, "every one had a message".to_owned()));
    assert_eq!(told(&[&["B"]], &["/symbol=B"]), (Go, "1 never told, accepted by name".to_owned()));
}
