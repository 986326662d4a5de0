//! What networks do, done to the traffic between the observer and a moving Thor: no false finding, no
//! silent loss, every gap in the report.

mod connection;
#[cfg(target_os = "linux")]
mod soak;
mod traffic;

use std::time::Duration;

use serde_json::Value;
use thor_cutover::emulator::{Emulator, Options, PASSWORD, USER};

use crate::proxy::Proxy;

struct Line {
    proxy: Proxy,
    _emulator: Emulator,
    folder: tempfile::TempDir,
}

impl Line {
    async fn to_a_moving_thor(options: Options) -> Self {
        let emulator = Emulator::start(Options { tick: Duration::from_millis(100), ..options }).unwrap();
        let proxy = Proxy::start(emulator.address()).await;
        Self { proxy, _emulator: emulator, folder: tempfile::tempdir().unwrap() }
    }

    /// A run of `shadow-diff` beside whatever the test does meanwhile; its report.
    fn observe(&self, features: &[&str], seconds: u64) -> tokio::task::JoinHandle<Value> {
        let mut command = tokio::process::Command::new(assert_cmd::cargo::cargo_bin("thor-cutover"));
        command
            .current_dir(self.folder.path())
            .env_clear()
            .env("THOR_USER", USER)
            .env("THOR_PASSWORD", PASSWORD)
            .arg("shadow-diff")
            .args(features)
            .args(["--every", "100ms", "--format", "json", "--no-evidence", "--record", "run.ndjson"])
            .args(["--for", &format!("{seconds}s"), "--rest-url", &self.proxy.rest_url()])
            .args(["--origin", "http://127.0.0.1"])
            .kill_on_drop(true);
        tokio::spawn(async move {
            let output = command.output().await.unwrap();
            serde_json::from_slice(&output.stdout)
                .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
        })
    }
}

/// How often this kind of outcome occurred for the first feature.
fn count(report: &Value, kind: &str) -> u64 {
    report["features"][0]["outcomes"].get(kind).and_then(Value::as_u64).unwrap_or(0)
}
