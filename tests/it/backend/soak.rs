//! What takes minutes: run by `scripts/test --soak`.

use super::{Backend, Tool};
#[cfg(unix)]
use crate::watch::scrapes::scraped;

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

#[test]
#[cfg(unix)]
#[ignore = "half an hour, or THOR_CUTOVER_SOAK_SECONDS: scripts/test --soak"]
#[expect(clippy::disallowed_methods, reason = "how long it lasts is up to whoever calls it")]
fn a_service_that_is_scraped_each_second_has_flat_memory_and_tells_the_ledgers_counts() {
    let seconds = std::env::var("THOR_CUTOVER_SOAK_SECONDS").ok().and_then(|text| text.parse().ok());
    let backend = Backend::start(&["--tick", "0.3"]);
    let said = |variable, word| (variable, backend.said(word));
    let contract = format!("thor-{}", backend.said("contract"));
    let variables = [
        ("THOR_CUTOVER_CONTRACT", contract.as_str()),
        said("THOR_CUTOVER_ACCOUNT_ID", "account_id"),
        said("THOR_USER", "user"),
        said("THOR_PASSWORD", "password"),
    ];
    let memory = scraped(backend.said("rest_url"), seconds.unwrap_or(1_800), &variables);
    // once it has settled in, a third of the way
    let (third, last) = (memory[memory.len() / 3], memory[memory.len() - 2]);
    assert!(last < third + (4 << 20), "memory grows: {third} bytes, then {last}");
}
