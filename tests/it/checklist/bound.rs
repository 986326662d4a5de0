//! Evidence of another configuration is not counted, and the key that differs is named with both values and where each
//! comes from.

use std::collections::BTreeMap;

use thor_cutover::judge::decision::Asked;
use thor_cutover::model::facts::ledger::{EffectiveKey, Entry};
use thor_cutover::model::stage::Decision;
use thor_cutover::model::verdict::Verdict;

use super::world::{FEATURE, World};
use crate::control::tool::Tool;
use crate::observe::server::{Reply, Server};

fn key(value: &str, from: &str) -> EffectiveKey {
    EffectiveKey { value: value.to_owned(), from: from.to_owned() }
}

fn evidence(world: &World) -> (Verdict, String) {
    let decided = world.decide(Asked::This(Decision::Cutover));
    let gate = decided.gates.into_iter().find(|gate| gate.code == "evidence-present").unwrap();
    (gate.verdict, gate.value)
}

#[test]
fn the_key_that_differs_is_named_with_both_values_and_their_places() {
    let mut world = World::shadowed();
    for entry in &mut world.entries {
        if let Entry::Run(run) = entry {
            for it in &mut run.features {
                it.rules = "another".to_owned();
                it.keys = BTreeMap::from([
                    ("push_delay".to_owned(), key("2.0", "thor-cutover.toml:4")),
                    ("rest_only".to_owned(), key("[]", "thor-a")),
                ]);
            }
        }
    }
    let (verdict, said) = evidence(&world);
    assert_eq!(verdict, Verdict::Inconclusive);
    assert!(said.ends_with("not counted: 1 judged by other rules"), "nothing to compare with: {said}");
    let now = [("push_delay", key("5.0", "THOR.toml:9")), ("rest_only", key("[]", "thor-a"))];
    let now = now.map(|(name, key)| (name.to_owned(), key));
    world.keys.insert(FEATURE.to_owned(), now.into());
    let (_, said) = evidence(&world);
    let named = "judged by other rules: push_delay was 2.0 (thor-cutover.toml:4), is 5.0 (THOR.toml:9) here";
    assert!(said.ends_with(named), "{said}");
    world.keys.get_mut(FEATURE).unwrap().insert("rest_only".to_owned(), key("[\"/x\"]", "thor-a"));
    assert!(evidence(&world).1.ends_with("here, and 1 more keys"), "{}", evidence(&world).1);
}

/// What a colleague's machine has in a variable, CI has not.
#[test]
fn a_variable_that_only_the_observer_had_is_named() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = runtime.block_on(Server::start(|_| Reply::json("{\"positions\":[]}")));
    for (account, shown) in [("1", "was 1 (THOR_CUTOVER_ACCOUNT_ID)"), ("U7654321", "was (the account)")] {
        let tool = Tool::new();
        tool.write("thor-cutover.toml", &format!("[backend]\nrest_url = \"{}\"\n", server.rest_url()));
        let arguments = ["shadow-diff", "positions", "--for", "1s", "--every", "200ms"];
        tool.command(&arguments).env("THOR_CUTOVER_ACCOUNT_ID", account).output().unwrap();
        let said = tool.run(&["checklist", "positions", "--decision", "cutover", "--format", "json"]);
        let gates = said.json()["features"][0]["gates"].to_string();
        assert!(gates.contains("judged by other rules: backend.account_id was "), "{gates}");
        assert!(gates.contains(shown) && gates.contains("is not set (by default) here"), "{gates}");
        let json = serde_json::to_string(&tool.entries()).unwrap();
        assert!(account.len() < 6 || !json.contains(account), "no account number on the ledger: {json}");
        let status = tool.run(&["status"]).exits(0).out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            status.contains(
                "the newest evidence of positions does not count: judged by other rules: backend.account_id"
            ),
            "{status}"
        );
    }
}
