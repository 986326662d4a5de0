//! The speed of the source audit: 5,000 files read from disk and audited, on as many threads as there are cores.
//!
//! The tree is the Thor of the fixtures inside a large repository made around it (`grown` says how it is made and
//! that it is like what is found). `cargo bench --bench audit` prints files, megabytes, megabytes a second, and the
//! processor time, which says more than the clock on a machine that does other things as well.
//! `AUDIT_FILES=20000` makes a larger tree, `AUDIT_TREE=DIR` measures a tree of your own.

use std::path::PathBuf;
use std::time::Instant;

use thor_cutover::audit::{AuditOptions, FeatureNames, SourceTree, audit};

mod grown;

#[expect(clippy::disallowed_macros, reason = "a benchmark's answer is what it prints")]
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn main() {
    let wanted = setting("AUDIT_FILES").and_then(|text| text.parse().ok()).unwrap_or(5000);
    let (root, made) = match setting("AUDIT_TREE") {
        Some(tree) => (PathBuf::from(tree), None),
        None => {
            let folder = tempfile::tempdir().expect("a temporary folder");
            grown::grow(folder.path(), wanted);
            (folder.path().to_path_buf(), Some(folder))
        }
    };
    let mut best = f64::INFINITY;
    for round in 1..=3 {
        let (start, before) = (Instant::now(), processor_seconds());
        let tree = SourceTree::read(&root, &[]).expect("the tree is there");
        let read = start.elapsed().as_secs_f64();
        let report = audit(&tree, &names(), &AuditOptions::thor());
        let whole = start.elapsed().as_secs_f64();
        let processor = processor_seconds() - before;
        best = best.min(whole);
        let searched = &report.searched;
        let megabytes = searched.bytes as f64 / 1e6;
        println!(
            "round {round}: {} files ({} parsed), {megabytes:.1} MB, {} findings: read {read:.2} s, whole {whole:.2} s, \
             processor {processor:.2} s, {:.1} MB/s, {:.0} files/s",
            searched.files,
            searched.parsed,
            report.findings.len(),
            megabytes / whole,
            searched.files as f64 / whole
        );
    }
    println!("best of 3: {best:.2} s (goal: at most 1.5 s for 5,000 files on two cores)");
    drop(made);
}

#[expect(clippy::disallowed_methods, reason = "a benchmark has no command line of its own")]
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// User and system time of this process so far, all threads; not a number where the system does not say.
fn processor_seconds() -> f64 {
    let ticks = |text: String| -> Option<f64> {
        let after_name = text.rsplit_once(") ")?.1;
        let fields: Vec<&str> = after_name.split(' ').collect();
        Some(fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?)
    };
    std::fs::read_to_string("/proc/self/stat").ok().and_then(ticks).map_or(f64::NAN, |ticks| ticks / 100.0)
}

fn names() -> Vec<FeatureNames> {
    let row = |feature: &str, kind: &str, endpoint: &str| FeatureNames {
        feature: feature.to_owned(),
        ws_types: vec![kind.to_owned()],
        endpoints: vec![endpoint.to_owned()],
        timers: vec!["MarketMetricsJob".to_owned()],
        flag: format!("WS_FEATURE_{}", feature.to_uppercase()),
        frontend_flag: Some(format!("VITE_WS_FEATURE_{}", feature.to_uppercase())),
        words: Vec::new(),
    };
    vec![
        row("account_balance", "account_balance", "/api/accounts/balance/"),
        row("positions", "positions", "/api/actandpos/positions"),
        row("intraday", "intraday_bar", "/api/session"),
        row("global_market", "market_status", "/api/global-markets/markets/"),
    ]
}
