//! Spoilt before and after REST went.

use thor_cutover::judge::decision::Asked;
use thor_cutover::model::facts::finding::FindingKind;
use thor_cutover::model::facts::ledger::{Entry, FlagState, ManualGate, Revocation, SignOff};
use thor_cutover::model::facts::source::Hazard;
use thor_cutover::model::feature::Delivery;
use thor_cutover::model::outcome::Kind;
use thor_cutover::model::verdict::Verdict::{Inconclusive, NoGo};

use super::cases::{Case, DELETE, case, change, hazard, is_run};
use super::world::{FEATURE, World, revision, second, seen};

pub fn cases() -> Vec<Case> {
    vec![
        case("no live session", World::proven, DELETE, "evidence-present", Inconclusive, |w| {
            w.forget(|it| is_run(it, FlagState::On))
        }),
        case("one live session", World::proven, DELETE, "sessions-covered", Inconclusive, |w| {
            w.forget(|it| matches!(it, Entry::Run(run) if run.started_at == second(50)))
        }),
        case("a live session with a gap", World::proven, DELETE, "sessions-covered", Inconclusive, |w| {
            w.spoil_runs(|flag| flag == FlagState::On, |run| run.gap(20.0, 24.0))
        }),
        case("the shadow evidence is gone", World::proven, DELETE, "cutover-held", Inconclusive, |w| {
            w.forget(|it| is_run(it, FlagState::Off))
        }),
        case("diverging with the flag on", World::proven, DELETE, "parity", NoGo, |w| {
            let run = w.run(200, 10, FlagState::On).divergent();
            w.keep(&run);
        }),
        case("live evidence expired", World::proven, DELETE, "evidence-present", Inconclusive, |w| {
            w.now = second(15 * 86_400)
        }),
        case("the flag is off", World::proven, DELETE, "flag-on", NoGo, |w| w.set_flag(false)),
        case(
            "backend declarations contradict each other",
            World::proven,
            DELETE,
            "flag-on",
            Inconclusive,
            |w| {
                let mut other = w
                    .flags
                    .statements
                    .iter()
                    .find(|it| it.name == "WS_FEATURE_ACCOUNT_BALANCE")
                    .unwrap()
                    .clone();
                other.source = "docker-compose.yml:3".to_owned();
                other.on = false;
                w.flags.statements.push(other);
            },
        ),
        case("the frontend's flag is off", World::proven, DELETE, "flags-agree", NoGo, |w| {
            w.say("VITE_WS_FEATURE_ACCOUNT_BALANCE", Some("false"))
        }),
        case("never rolled back", World::proven, DELETE, "rollback-rehearsed", Inconclusive, |w| {
            w.forget(|it| matches!(it, Entry::FlagChange(change) if !change.on));
            w.forget(|it| matches!(it, Entry::Run(run) if run.started_at == second(107)));
        }),
        case(
            "rolled back, REST not looked at",
            World::proven,
            DELETE,
            "rollback-rehearsed",
            Inconclusive,
            |w| {
                w.forget(|it| matches!(it, Entry::Run(run) if run.started_at == second(107)));
            },
        ),
        case(
            "rolled back, REST answered with errors",
            World::proven,
            DELETE,
            "rollback-rehearsed",
            Inconclusive,
            |w| {
                let mut run = w.run(107, 5, FlagState::Off);
                run.report.features[0].rest_errors = 2;
                w.forget(|it| matches!(it, Entry::Run(run) if run.started_at == second(107)));
                w.keep(&run);
            },
        ),
        case(
            "on again, the WebSocket not looked at",
            World::proven,
            DELETE,
            "rollback-rehearsed",
            Inconclusive,
            |w| {
                w.forget(|it| matches!(it, Entry::Run(run) if run.started_at == second(115)));
            },
        ),
        case("nobody signed", World::proven, DELETE, "signed-off", Inconclusive, |w| {
            w.forget(|it| matches!(it, Entry::SignOff(_)))
        }),
        case("the sign-off was taken back", World::proven, DELETE, "signed-off", Inconclusive, |w| {
            let sign_off = w
                .entries
                .iter()
                .find_map(|it| if let Entry::SignOff(it) = it { Some(it.id.clone()) } else { None });
            w.entries.push(Entry::Revocation(Revocation {
                id: "revocation".to_owned(),
                at: second(200),
                feature: FEATURE.to_owned(),
                sign_off: sign_off.unwrap(),
                by: "Ada".to_owned(),
                note: "saw something".to_owned(),
                imported: None,
            }));
        }),
        case("signed before the flag went on", World::proven, DELETE, "signed-off", Inconclusive, |w| {
            w.edit_sign_off(ManualGate::SignOff, |it| it.at = second(0))
        }),
        case("signed for other code", World::proven, DELETE, "signed-off", Inconclusive, |w| {
            let other = |it: &mut SignOff| it.code.as_mut().unwrap().definitions[0].hash.clear();
            w.edit_sign_off(ManualGate::SignOff, other)
        }),
        case(
            "signed for another revision, long ago",
            World::proven,
            DELETE,
            "signed-off",
            Inconclusive,
            |w| {
                w.edit_sign_off(ManualGate::SignOff, |it| {
                    it.code = None;
                    it.revision = revision("r0");
                })
            },
        ),
        case(
            "the deletion took a line of the push",
            World::removed,
            DELETE,
            "evidence-present",
            Inconclusive,
            |w| {
                change(w, "AccountJob.run");
            },
        ),
        case(
            "the deletion took the builder",
            World::removed,
            DELETE,
            "evidence-present",
            Inconclusive,
            |w| {
                let code = w.source().code.as_mut().unwrap();
                code.definitions.retain(|it| it.name != "build_account_balance");
            },
        ),
        case(
            "the timer serves a feature that is not live",
            World::proven,
            DELETE,
            "timer-unshared",
            NoGo,
            |w| {
                w.say("WS_FEATURE_POSITIONS", Some("false"));
            },
        ),
        case(
            "the audit saw that the timer serves another feature",
            World::proven,
            DELETE,
            "timer-unshared",
            NoGo,
            |w| {
                w.say("WS_FEATURE_INTRADAY", None);
                w.source().timers[0].serves.insert("intraday".to_owned());
            },
        ),
        case("an admin page still calls the endpoint", World::proven, DELETE, "callers-gone", NoGo, |w| {
            w.source().callers = vec![seen("fetchBalance", "src/Admin.tsx")];
        }),
        case("its own poller still asks", World::proven, DELETE, "callers-gone", NoGo, |w| {
            w.source().callers = vec![seen("setInterval", "src/Balance.tsx")];
        }),
        case("the timer also feeds the WebSocket", World::proven, DELETE, "hazards-cleared", NoGo, |w| {
            w.source().hazards = vec![Hazard { kind: FindingKind::TimerFeedsWebsocket, ..hazard() }];
        }),
        case(
            "a REST-only field nobody accepted",
            World::proven,
            DELETE,
            "fields-accepted",
            Inconclusive,
            |w| w.edit_sign_off(ManualGate::SignOff, |it| it.accepts.clear()),
        ),
        case("a field that never moved", World::proven, DELETE, "fields-accepted", Inconclusive, |w| {
            w.spoil_runs(
                |_| true,
                |mut run| {
                    run.report.features[0].fields[1].moved_ws = 0;
                    run
                },
            )
        }),
        case(
            "on-change, and a change was missed in a gap",
            World::proven,
            DELETE,
            "gaps-healed",
            NoGo,
            |w| {
                w.feature().ws[0].delivery = Delivery::OnChange;
                w.spoil_runs(
                    |_| true,
                    |mut run| {
                        run.report.features[0].outcomes.insert(Kind::MissedInGap, 1);
                        run
                    },
                );
            },
        ),
        case(
            "deleted without live evidence",
            World::removed,
            Asked::Claimed,
            "evidence-present",
            Inconclusive,
            |w| w.forget(|it| is_run(it, FlagState::On)),
        ),
        case("deleted without a sign-off", World::removed, Asked::Claimed, "signed-off", Inconclusive, |w| {
            w.forget(|it| matches!(it, Entry::SignOff(_)))
        }),
        case(
            "only the timer deleted, too soon",
            World::enabled,
            Asked::Claimed,
            "sessions-covered",
            Inconclusive,
            |w| w.source().timers.clear(),
        ),
        case(
            "an endpoint deleted, and a caller left",
            World::proven,
            Asked::Claimed,
            "callers-gone",
            NoGo,
            |w| {
                w.source().endpoints.remove(0);
                w.source().callers = vec![seen("fetchBalance", "src/Admin.tsx")];
            },
        ),
        case(
            "deleted when its evidence had expired",
            World::removed,
            Asked::Claimed,
            "evidence-present",
            Inconclusive,
            |w| {
                w.git.removed_at.insert(FEATURE.to_owned(), second(15 * 86_400));
                w.now = second(16 * 86_400);
            },
        ),
        case("deleted, and the flag is off", World::removed, Asked::Claimed, "flag-on", NoGo, |w| {
            w.set_flag(false)
        }),
    ]
}
