//! Frames late, lost, doubled, out of order; requests that fail; a line that is slow.

use std::time::Duration;

use serde_json::Value;
use thor_cutover::emulator::Options;

use super::{Line, count};
use crate::proxy::Spoil;

async fn observed(spoil: Spoil) -> Value {
    let line = Line::to_a_moving_thor(Options::default()).await;
    line.proxy.spoil(spoil);
    line.observe(&["account_balance"], 12).await.unwrap()
}

#[tokio::test]
async fn a_proxy_that_spoils_nothing_changes_nothing() {
    let report = observed(Spoil::default()).await;
    assert_eq!(report["verdict"], "go", "{report:#}");
}

#[tokio::test]
async fn a_delay_within_the_declared_one_is_no_finding() {
    let report = observed(Spoil { delay: Duration::from_millis(700), ..Spoil::default() }).await;
    assert_eq!(report["verdict"], "go", "{report:#}");
    assert!(report["features"][0]["skew_ms"]["p99"].as_f64().unwrap() >= 500.0, "{report:#}");
}

#[tokio::test]
async fn a_delay_beyond_the_declared_one_is_late_and_nothing_else() {
    let report = observed(Spoil { delay: Duration::from_secs(4), ..Spoil::default() }).await;
    assert_eq!(report["verdict"], "no-go", "{report:#}");
    assert!(count(&report, "ws_late") > 0, "{report:#}");
    assert_eq!(count(&report, "value"), 0, "{report:#}");
}

#[tokio::test]
async fn frames_twice_are_harmless() {
    let report = observed(Spoil { duplicate_one_in: 3, ..Spoil::default() }).await;
    assert_eq!(report["verdict"], "go", "{report:#}");
}

#[tokio::test]
async fn frames_that_are_lost_are_found() {
    // How much can be told in so short a run depends on where they are lost; it is GO in none.
    for _ in 0..3 {
        let report = observed(Spoil { drop_one_in: 3, ..Spoil::default() }).await;
        if report["verdict"] == "no-go" {
            return;
        }
        assert_eq!(report["verdict"], "inconclusive", "{report:#}");
    }
    panic!("they are found in none of three runs");
}

#[tokio::test]
async fn requests_that_fail_are_counted_and_nothing_else() {
    let line = Line::to_a_moving_thor(Options::default()).await;
    line.proxy.spoil(Spoil { fail_one_in: 10, ..Spoil::default() });
    let report = line.observe(&["account_balance"], 12).await.unwrap();
    assert_eq!(report["verdict"], "go", "{report:#}");
    let errors = report["features"][0]["rest_errors"].as_u64().unwrap();
    assert!(errors > 0 && errors <= line.proxy.failed(), "{errors} of {}", line.proxy.failed());
}

/// All four features come over this line, and each piece of a frame waits for the one before.
#[tokio::test]
async fn a_slow_line_that_keeps_up_is_no_finding() {
    let report = observed(Spoil { bytes_per_second: Some(150_000), ..Spoil::default() }).await;
    assert_eq!(report["verdict"], "go", "{report:#}");
    assert!(report["features"][0]["messages"].as_u64().unwrap() > 50, "{report:#}");
}
