//! Many messages over a bad line: run by `scripts/test --soak`.

use std::time::Duration;

use serde_json::Value;
use thor_cutover::emulator::{Emulator, Options, PASSWORD, USER};

use crate::proxy::{Proxy, Spoil};

const CUTS: u64 = 50;
const SECONDS: u64 = 420;

/// Peak and present memory of a process, in KiB.
#[cfg(target_os = "linux")]
fn memory(pid: u32) -> Option<(u64, u64)> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let of = |name: &str| {
        status.lines().find(|line| line.starts_with(name))?.split_whitespace().nth(1)?.parse().ok()
    };
    Some((of("VmHWM:")?, of("VmRSS:")?))
}

#[cfg(target_os = "linux")]
#[tokio::test]
#[ignore = "seven minutes: scripts/test --soak"]
async fn two_hundred_thousand_messages_fifty_cuts_and_failing_requests_make_no_finding() {
    let options = Options {
        tick: Duration::from_millis(5),
        access_lifetime: Duration::from_secs(15),
        ..Options::default()
    };
    let emulator = Emulator::start(options).unwrap();
    let proxy = Proxy::start(emulator.address()).await;
    proxy.spoil(Spoil { fail_one_in: 10, ..Spoil::default() });
    let folder = tempfile::tempdir().unwrap();
    let mut command = tokio::process::Command::new(assert_cmd::cargo::cargo_bin("thor-cutover"));
    command
        .current_dir(folder.path())
        .env_clear()
        .env("THOR_USER", USER)
        .env("THOR_PASSWORD", PASSWORD)
        .args(["shadow-diff", "--every", "200ms", "--format", "json", "--record", "run.ndjson.zst"])
        .args(["--for", &format!("{SECONDS}s"), "--rest-url", &proxy.rest_url()])
        .args(["--origin", "http://127.0.0.1"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .kill_on_drop(true);
    let child = command.spawn().unwrap();
    let pid = child.id().unwrap();
    let output = tokio::spawn(child.wait_with_output());
    // a connection has to live five seconds before the next attempt comes soon
    let pause = Duration::from_secs(SECONDS) / (CUTS as u32 + 3);
    let mut halfway = 0;
    for cut in 1..=CUTS {
        for _ in 0..500 {
            if proxy.sockets() >= cut {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        tokio::time::sleep(pause.saturating_sub(Duration::from_millis(700))).await;
        proxy.cut();
        if cut == CUTS / 2 {
            halfway = memory(pid).unwrap().0;
        }
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    let (peak, _) = memory(pid).unwrap();
    let output = output.await.unwrap().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let figures = format!(
        "{} messages, {} token refreshes, ",
        report["connection"]["messages"],
        emulator.counters().refreshes,
    ) + &format!("peak {peak} KiB, halfway {halfway} KiB, {:#}", report["connection"]);

    std::fs::write(concat!(env!("CARGO_TARGET_TMPDIR"), "/soak.txt"), &figures).unwrap();
    assert_ne!(report["verdict"], "no-go", "{report:#}");
    assert_ne!(report["verdict"], "error", "{report:#}");
    for feature in report["features"].as_array().unwrap() {
        // what changed while the line was cut is missing from the stream, and that is true
        let kinds = feature["findings"].as_array().unwrap().iter().map(|finding| &finding["kind"]);
        assert!(kinds.into_iter().all(|kind| kind == "missed_in_gap"), "{feature:#}");
        assert!(feature["rest_errors"].as_u64().unwrap() > 20, "{feature:#}");
    }
    assert!(report["connection"]["messages"].as_u64().unwrap() >= 200_000, "{figures}");
    assert_eq!(report["connection"]["closes"]["1006"], CUTS, "{figures}");
    assert_eq!(report["connection"]["gaps"].as_array().unwrap().len() as u64, CUTS, "{figures}");
    assert!(emulator.counters().refreshes >= 20, "{:?}", emulator.counters());
    assert!(peak < 64 * 1024, "{figures}");
    assert!(peak <= halfway + halfway / 10, "{figures}");
}
