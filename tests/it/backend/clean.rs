//! A clean backend is go: all four features, both states of Thor, also by the defaults of production.

use super::{Backend, Run, Tool};

const ALL: [&str; 4] = ["account_balance", "positions", "intraday", "global_market"];

fn assert_all_go(run: &Run) {
    assert_eq!(run.json()["verdict"], "go");
    for feature in ALL {
        let report = run.feature(feature);
        assert_eq!(report["verdict"], "go", "{feature}: {report:#}");
        assert_eq!(report["findings"], serde_json::json!([]), "{feature}");
        assert!(report["transitions"].as_u64().unwrap() >= 5, "{feature}: {report:#}");
        let check = &report["self_check"];
        assert!(check["plantable"].as_u64().unwrap() > 0 && check["caught"] == check["plantable"], "{check}");
    }
}

fn quick(contract: &str) -> Run {
    let backend =
        Backend::start(&["--contract", contract, "--tick", "0.3", "--market-ticks", "2", "--bar-ticks", "2"]);
    Tool::quick(&backend).shadow_diff("", 10).exits(0)
}

#[test]
fn all_four_features_of_state_a_are_go() {
    assert_all_go(&quick("a"));
}

#[test]
fn all_four_features_of_state_b_are_go() {
    assert_all_go(&quick("b"));
}

#[test]
fn by_the_defaults_of_production_all_four_features_are_go_when_their_delays_have_passed_twice() {
    let backend = Backend::start(&[]);
    let tool = Tool::by_contract(&backend);
    let run = tool.run("shadow-diff --format json").exits(0);
    assert_all_go(&run);
    // Twice C + D of the slowest feature, intraday: its stored bars may be two minutes old.
    assert!((244..320).contains(&run.took.as_secs()), "took {:?}", run.took);
    assert!(tool.path(".thor-cutover/evidence.db").exists(), "the run is kept as evidence");
}

#[test]
fn the_clean_balance_is_go_for_a_person_too() {
    let backend = Backend::start(&["--tick", "0.3"]);
    let run = Tool::quick(&backend)
        .run("shadow-diff account_balance --for 8s --every 100ms --no-evidence --color never")
        .exits(0);
    assert!(
        run.stdout.contains("account_balance") && run.stdout.to_lowercase().contains("go"),
        "{}",
        run.stdout
    );
}
