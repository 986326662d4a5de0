//! The complete life of a feature, and the same with one thing missing or wrong at each step.

use thor_cutover::judge::decision::Asked;
use thor_cutover::model::facts::ledger::{Entry, FlagState, ManualGate};
use thor_cutover::model::run::RunEnd;
use thor_cutover::model::stage::{Decision, Stage};
use thor_cutover::model::verdict::Verdict::{self, Go, Inconclusive, NoGo};

use super::cases::{COMPLETE, CUTOVER, Case, DELETE, commit, hazard, log};
use super::world::{FEATURE, World, revision, second};
use super::{cases_complete, cases_cutover, cases_delete};

#[test]
fn each_step_of_a_clean_life_is_go_and_no_sooner() {
    let steps: [(&str, World, Option<Stage>, Decision, bool, Verdict); 6] = [
        ("integrated", World::integrated(), Some(Stage::Shadow), Decision::Cutover, false, Inconclusive),
        ("shadowed", World::shadowed(), Some(Stage::Shadow), Decision::Cutover, false, Go),
        ("enabled", World::enabled(), Some(Stage::Live), Decision::Cutover, true, Go),
        ("proven", World::proven(), Some(Stage::Live), Decision::Cutover, true, Go),
        ("removed", World::removed(), Some(Stage::Complete), Decision::Delete, true, Go),
        ("written down", World::written_down(), Some(Stage::Complete), Decision::Delete, true, Go),
    ];
    for (name, world, stage, decision, claimed, verdict) in steps {
        let it = world.decide(Asked::Claimed);
        assert_eq!((it.stage, it.decision, it.claimed), (stage, decision, claimed), "{name}");
        assert_eq!(it.verdict, verdict, "{name}: {:#?}", it.gates);
        assert_eq!(world.decide_through_a_file(Asked::Claimed), it, "{name}, through a ledger file");
    }
    assert_eq!(World::enabled().decide(DELETE).verdict, NoGo, "neither before the live sessions nor alone");
    assert_eq!(World::proven().decide(Asked::Next).verdict, Go, "the next decision of a proven feature");
    assert_eq!(World::removed().decide(COMPLETE).verdict, Inconclusive, "not before it is written down");
    assert_eq!(World::written_down().decide(COMPLETE).verdict, Go);
}

#[test]
fn one_thing_missing_or_wrong_is_never_go_and_is_named() {
    let mut wrong = Vec::new();
    let cases: Vec<Case> = [cases_cutover::cases(), cases_delete::cases(), cases_complete::cases()]
        .into_iter()
        .flatten()
        .collect();
    for Case { name, world, asked, code, verdict, spoil } in &cases {
        let mut world = world();
        let observed = world.entries.iter().any(|it| matches!(it, Entry::Run(_)));
        assert!(
            !observed || world.decide(*asked).verdict == Go,
            "{name}: it is not the spoiling that does it"
        );
        spoil(&mut world);
        let decided = world.decide(*asked);
        let gate = decided.gates.iter().find(|gate| gate.code == *code);
        let said = gate.map(|gate| (gate.verdict, gate.value.clone(), gate.fix.is_empty()));
        if decided.verdict < *verdict
            || decided.verdict == Go
            || said.as_ref().map(|it| (it.0, it.2)) != Some((*verdict, false))
        {
            wrong.push(format!("{name}: {} overall, {code} says {said:?}", decided.verdict));
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    assert!(cases.len() >= 25);
}

#[test]
fn a_tree_that_is_not_to_be_had_is_waived_by_its_reason_and_counted() {
    let mut world = World::shadowed();
    for entry in &mut world.entries {
        if let Entry::Run(run) = entry {
            run.revision = None;
        }
    }
    world.source = None;
    world.git = thor_cutover::model::facts::git::GitFacts::default();
    assert_eq!(world.decide(CUTOVER).verdict, Inconclusive, "no tree, and nobody said why");
    world.no_source = Some("the backend is written in Java".to_owned());
    let decided = world.decide(CUTOVER);
    assert_eq!(decided.verdict, Go, "{:#?}", decided.gates);
    let waived: Vec<&str> =
        decided.gates.iter().filter(|gate| gate.waived).map(|gate| gate.code.as_str()).collect();
    assert_eq!(waived, ["integrated", "revision-known", "hazards-cleared"]);
    for gate in decided.gates.iter().filter(|gate| gate.waived) {
        assert_eq!(gate.value, "waived: the backend is written in Java", "{}", gate.code);
    }
    world.entries.retain(|entry| !matches!(entry, Entry::Run(_)));
    assert_eq!(world.decide(CUTOVER).verdict, Inconclusive, "what is asked of the runs is not waived");
}

/// What must not spoil anything: the other half of the promise.
#[test]
fn what_does_not_matter_changes_nothing() {
    let harmless: &[(&str, fn() -> World, Asked, fn(&mut World))] = &[
        ("a commit in which no definition changed", World::removed, Asked::Claimed, |w| {
            commit(w, "api/builders.py");
        }),
        ("definitions moved to other lines", World::shadowed, CUTOVER, |w| {
            w.source().code.as_mut().unwrap().definitions.iter_mut().for_each(|it| it.line += 40);
        }),
        ("a revision on another branch, of the same code", World::shadowed, CUTOVER, |w| {
            w.git.head = revision("r2");
        }),
        ("old evidence, another file changed", World::shadowed, CUTOVER, |w| {
            w.without_fingerprints();
            commit(w, "README.md");
        }),
        ("the evidence grew old after the deletion was committed", World::removed, Asked::Claimed, |w| {
            w.git.removed_at.insert(FEATURE.to_owned(), second(500));
            w.entries.retain(|it| !matches!(it, Entry::Grant(grant) if grant.at > second(500)));
            w.now = second(60 * 86_400);
        }),
        ("the consumed evidence grew old", World::enabled, Asked::Claimed, |w| w.now = second(60 * 86_400)),
        ("the tool was updated after the GO was consumed", World::enabled, Asked::Claimed, |w| {
            w.judging += 1
        }),
        ("an accepted hazard", World::shadowed, CUTOVER, |w| {
            w.source().hazards = vec![hazard()];
            w.sign(20, ManualGate::SignOff, Stage::Shadow, vec![hazard().fingerprint]);
        }),
        ("an interrupted run that proved a session", World::shadowed, CUTOVER, |w| {
            w.spoil_runs(
                |_| true,
                |mut run| {
                    run.report.end = RunEnd::Interrupted;
                    let mut gate = run.report.features[0].gates[0].clone();
                    gate.code = "completed".to_owned();
                    gate.verdict = Inconclusive;
                    run.report.features[0].gates.push(gate);
                    run.verdict(Inconclusive)
                },
            )
        }),
        ("a short gap", World::shadowed, CUTOVER, |w| w.spoil_runs(|_| true, |run| run.gap(20.0, 21.0))),
        ("a divergence repaired before the session", World::shadowed, CUTOVER, |w| {
            let run = w.run(-100, 10, FlagState::Off).divergent();
            w.keep(&run);
        }),
        ("one cent off by a clock that was ahead, then right and clean", World::integrated, CUTOVER, |w| {
            let ahead = w.run(86_400, 10, FlagState::Off).divergent();
            w.keep(&ahead);
            w.observe(-10, 55, FlagState::Off);
            w.last_run().written_after = Some(second(86_410));
            w.now = second(86_500);
        }),
        ("an error in the logs outside of the observed time", World::shadowed, CUTOVER, |w| {
            log(w, 5000);
        }),
        ("the flag lines went with REST", World::removed, Asked::Claimed, |w| {
            w.say("WS_FEATURE_ACCOUNT_BALANCE", None);
            w.say("VITE_WS_FEATURE_ACCOUNT_BALANCE", None);
        }),
    ];
    for (name, world, asked, touch) in harmless {
        let mut world = world();
        touch(&mut world);
        let decided = world.decide(*asked);
        let failing: Vec<_> = decided.gates.iter().filter(|gate| gate.verdict != Go).collect();
        assert_eq!(decided.verdict, Go, "{name}: {failing:#?}");
    }
}
