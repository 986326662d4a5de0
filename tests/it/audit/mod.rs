//! The source audit on source trees: the two states of Thor with their known truth, and trees that misbehave.

mod admission;
mod answers;
mod beside;
mod claims;
mod delivered;
mod engines;
mod enums;
mod forms;
mod gated;
mod heard;
mod jobs;
mod mounted;
mod moved;
mod mutants;
mod polarity;
mod polling;
mod producers;
mod registrations;
mod repeats;
mod schedules;
mod sends;
mod shapes;
mod since;
mod trees;
mod truth;
mod unknown;
mod views;
mod wrappers;

use std::path::Path;
use std::process::Command;

use thor_cutover::audit::{AuditOptions, FeatureNames, SourceTree, audit};
use thor_cutover::model::facts::audit::AuditReport;

pub fn fixture(state: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/thor-source").join(state)
}

/// The names of a state's built-in contract.
pub fn names(state: &str) -> Vec<FeatureNames> {
    let frontend = |own: &str| match state {
        "b" => "VITE_WS_ENABLED".to_owned(),
        _ => format!("VITE_WS_FEATURE_{own}"),
    };
    let row = |feature: &str, types: &[&str], endpoints: &[&str], timers: &[&str]| FeatureNames {
        feature: feature.to_owned(),
        ws_types: types.iter().map(|it| (*it).to_owned()).collect(),
        endpoints: endpoints.iter().map(|it| (*it).to_owned()).collect(),
        timers: timers.iter().map(|it| (*it).to_owned()).collect(),
        flag: format!("WS_FEATURE_{}", feature.to_uppercase()),
        frontend_flag: Some(frontend(&feature.to_uppercase())),
        words: Vec::new(),
    };
    let balance = ["/api/accounts/balance/", "/api/actandpos/accounts/balance"];
    let positions = ["/api/actandpos/positions", "/api/actandpos/activity/today"];
    let (session, market) = match state {
        "b" => ("/api/session/", "global_markets_tick"),
        _ => ("/api/session", "market_status"),
    };
    vec![
        row("account_balance", &["account_balance", "balances", "balance"], &balance, &["MarketMetricsJob"]),
        row("positions", &["positions", "position"], &positions, &["MarketMetricsJob"]),
        row("intraday", &["intraday_bar"], &[session], &[]),
        row("global_market", &[market], &["/api/global-markets/markets/"], &["MarketMetricsJob"]),
    ]
}

pub fn git(folder: &Path, arguments: &[&str]) {
    let output = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"])
        .args(arguments)
        .output()
        .expect("git runs");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A file of a tree, its folders with it.
pub fn write(root: &Path, path: &str, content: impl AsRef<[u8]>) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

pub fn audit_of(state: &str) -> AuditReport {
    audit_at(&fixture(state), state)
}

pub fn audit_at(root: &Path, state: &str) -> AuditReport {
    let tree = SourceTree::read(root, &[]).expect("the tree is there");
    audit(&tree, &names(state), &AuditOptions::thor())
}
