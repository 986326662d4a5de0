//! Many messages over a bad line: run by `scripts/test --soak`.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use thor_cutover::emulator::{Emulator, Options, PASSWORD, USER};

use crate::backend::Backend;
use crate::proxy::{Proxy, Spoil};

const CUTS: u64 = 50;
/// By half of this every ring of remembered states has gone round once and holds all the memory it will ever hold.
const SECONDS: u64 = 800;

/// Peak and present memory of a process in KiB, less the pages of its program file: a debug build has 35 MB of
/// those.
#[cfg(target_os = "linux")]
fn memory(pid: u32) -> Option<(u64, u64)> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let of = |name: &str| -> Option<u64> {
        status.lines().find(|line| line.starts_with(name))?.split_whitespace().nth(1)?.parse().ok()
    };
    let file = of("RssFile:")?;
    Some((of("VmHWM:")? - file, of("VmRSS:")? - file))
}

/// A long run over a line that is cut again and again and loses a tenth of the requests.
#[cfg(target_os = "linux")]
struct Soak<'s> {
    name: &'s str,
    upstream: SocketAddr,
    user: &'s str,
    password: &'s str,
    /// More of the configuration.
    options: &'s [&'s str],
    messages: u64,
}

#[cfg(target_os = "linux")]
impl Soak<'_> {
    async fn run(&self) -> Value {
        let proxy = Proxy::start(self.upstream).await;
        proxy.spoil(Spoil { fail_one_in: 10, ..Spoil::default() });
        let folder = tempfile::tempdir().unwrap();
        let mut command = tokio::process::Command::new(assert_cmd::cargo::cargo_bin("thor-cutover"));
        command
            .current_dir(folder.path())
            .env_clear()
            .env("THOR_USER", self.user)
            .env("THOR_PASSWORD", self.password)
            .args(["shadow-diff", "--every", "200ms", "--format", "json", "--record", "run.ndjson.zst"])
            .args(["--for", &format!("{SECONDS}s"), "--rest-url", &proxy.rest_url()])
            .args(["--origin", "http://127.0.0.1"])
            .args(self.options)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .kill_on_drop(true);
        let child = command.spawn().unwrap();
        let pid = child.id().unwrap();
        let course = tokio::spawn(async move {
            let mut course = Vec::new();
            while let Some((_, now)) = memory(pid) {
                course.push(now);
                tokio::time::sleep(Duration::from_secs(5)).await;
            }
            course
        });
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
                halfway = memory(pid).unwrap().1;
            }
        }
        tokio::time::sleep(Duration::from_secs(3)).await;
        let (peak, last) = memory(pid).unwrap();
        let output = output.await.unwrap().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let connection = &report["connection"];
        let course = course.await.unwrap();
        let figures = format!(
            "peak {peak} KiB, halfway {halfway} KiB, last {last} KiB, every 5 s: {course:?}\n{connection:#}"
        );
        let path = format!("{}/{}.txt", env!("CARGO_TARGET_TMPDIR"), self.name);
        std::fs::write(path, &figures).unwrap();
        assert_ne!(report["verdict"], "no-go", "{report:#}");
        assert_ne!(report["verdict"], "error", "{report:#}");
        for feature in report["features"].as_array().unwrap() {
            // what changed while the line was cut is missing from the stream, and that is true
            let kinds = feature["findings"].as_array().unwrap().iter().map(|finding| &finding["kind"]);
            assert!(kinds.into_iter().all(|kind| kind == "missed_in_gap"), "{feature:#}");
            assert!(feature["rest_errors"].as_u64().unwrap() > 20, "{feature:#}");
        }
        assert!(connection["messages"].as_u64().unwrap() >= self.messages, "{figures}");
        assert_eq!(connection["closes"]["1006"], CUTS, "{figures}");
        assert_eq!(connection["gaps"].as_array().unwrap().len() as u64, CUTS, "{figures}");
        assert!(peak < 64 * 1024, "{figures}");
        assert!(last <= halfway + halfway / 10, "{figures}");
        report
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
#[ignore = "fourteen minutes: scripts/test --soak"]
async fn two_hundred_thousand_messages_fifty_cuts_and_failing_requests_make_no_finding() {
    let options = Options {
        tick: Duration::from_millis(5),
        access_lifetime: Duration::from_secs(15),
        ..Options::default()
    };
    let emulator = Emulator::start(options).unwrap();
    let soak = Soak {
        name: "soak-emulator",
        upstream: emulator.address(),
        user: USER,
        password: PASSWORD,
        options: &[],
        messages: 200_000,
    };
    soak.run().await;
    assert!(emulator.counters().refreshes >= 20, "{:?}", emulator.counters());
}

/// About 100 messages a second: beyond 400 Channels itself loses some.
#[cfg(target_os = "linux")]
#[tokio::test]
#[ignore = "fourteen minutes: scripts/test --soak"]
async fn twenty_thousand_messages_of_the_real_backend_over_the_same_line_make_no_finding() {
    let backend = Backend::start(&["--tick", "0.03", "--access-seconds", "15"]);
    let upstream = backend.said("rest_url").trim_start_matches("http://").parse().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("thor-cutover.toml");
    let text = format!("[backend]\naccount_id = \"{}\"\n[auth]\nlogin = {{}}\n", backend.said("account_id"));
    std::fs::write(&config, text).unwrap();
    let soak = Soak {
        name: "soak-backend",
        upstream,
        user: backend.said("user"),
        password: backend.said("password"),
        options: &["--config", config.to_str().unwrap()],
        messages: 20_000,
    };
    soak.run().await;
}
