//! What takes minutes: run by `scripts/test --soak`.

use super::{Backend, Tool};

#[test]
#[ignore = "ten minutes: scripts/test --soak"]
fn ten_minutes_at_a_tenth_of_a_second_without_a_false_finding() {
    let backend = Backend::start(&["--tick", "0.3"]);
    let tool = Tool::by_contract(&backend);
    let run =
        tool.run("shadow-diff --for 10m --every 100ms --no-evidence --format json --record soak.ndjson.zst");
    let run = run.exits(0);
    for feature in ["account_balance", "positions", "intraday", "global_market"] {
        let report = run.feature(feature);
        assert_eq!(report["findings"], serde_json::json!([]), "{feature}");
        assert!(report["samples"].as_u64().unwrap() > 2_000, "{feature}: {report:#}");
    }
}
