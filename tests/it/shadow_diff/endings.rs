//! How runs end: as planned, by a signal, by a kill.

use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use thor_cutover::emulator::Emulator;
use thor_cutover::evidence::Ledger;
use thor_cutover::model::run::RunEnd;
use thor_cutover::recording::Reader;

use super::{json, observe, stderr, thor, thor_cutover};

/// A run in the background that records to `run.ndjson`.
fn begin(emulator: &Emulator, folder: &Path) -> Child {
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin("thor-cutover"));
    command
        .current_dir(folder)
        .env_clear()
        .env("THOR_USER", thor_cutover::emulator::USER)
        .env("THOR_PASSWORD", thor_cutover::emulator::PASSWORD)
        .args(["shadow-diff", "account_balance", "--every", "100ms", "--record", "run.ndjson"])
        .args(["--for", "60s", "--format", "json", "--rest-url", &emulator.rest_url()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// Waits until the recording holds this many bytes.
fn wait_for(path: &Path, bytes: u64) {
    for _ in 0..500 {
        if std::fs::metadata(path).is_ok_and(|metadata| metadata.len() >= bytes) {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("{} did not grow", path.display());
}

#[expect(clippy::disallowed_methods, reason = "how long it takes is what is tested")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(unix)]
#[test]
fn a_signal_ends_a_run_cleanly_and_it_is_at_best_inconclusive() {
    for signal in ["INT", "TERM", "HUP"] {
        let emulator = thor(Vec::new());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.ndjson");
        let child = begin(&emulator, folder.path());
        wait_for(&path, 20_000);
        let sent = now();
        std::process::Command::new("kill")
            .args([&format!("-{signal}"), &child.id().to_string()])
            .status()
            .unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(sent.elapsed() < Duration::from_secs(5), "{signal}");
        let report = json(&output);
        assert_eq!(output.status.code(), Some(3), "{signal}: {}", stderr(&output));
        assert_eq!((&report["end"], &report["verdict"]), (&"interrupted".into(), &"inconclusive".into()));
        assert!(std::fs::read_to_string(&path).unwrap().ends_with("\"end\":\"interrupted\"}\n"), "{signal}");
        assert!(folder.path().join(".thor-cutover/evidence.db").exists(), "{signal}: the evidence is kept");
    }
}

#[test]
fn a_kill_loses_at_most_a_second() {
    let emulator = thor(Vec::new());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.ndjson");
    let mut child = begin(&emulator, folder.path());
    wait_for(&path, 20_000);
    std::thread::sleep(Duration::from_secs(7));
    let (header, _) = Reader::open(&path).unwrap();
    child.kill().unwrap();
    #[expect(clippy::disallowed_methods, reason = "how much is lost is what is tested")]
    let killed = jiff::Timestamp::now();
    child.wait().unwrap();
    let (_, mut reader) = Reader::open(&path).unwrap();
    while reader.next().unwrap().is_some() {}
    assert_eq!(reader.end(), None);
    let lived = Duration::try_from(killed.duration_since(header.started_at)).unwrap();
    let lost = lived.saturating_sub(Duration::from_nanos(reader.at().0));
    assert!(lost < Duration::from_millis(1100), "{lost:?} of {lived:?} are lost");
    let store = format!("sqlite:{}", folder.path().join(".thor-cutover/evidence.db").display());
    let facts = Ledger::open(&store).unwrap().facts(jiff::Timestamp::UNIX_EPOCH).unwrap();
    let kept = Duration::try_from(killed.duration_since(facts.runs[0].ended_at)).unwrap();
    assert!(kept < Duration::from_millis(1300), "the ledger misses {kept:?}");
    assert_eq!(facts.runs[0].end, RunEnd::Interrupted);
    let output =
        thor_cutover(folder.path()).args(["replay", "run.ndjson", "--format", "json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert_eq!(json(&output)["end"], "interrupted");
}

/// A process that did not run, whatever the reason, is blind: what it reads afterwards came at another time.
#[cfg(unix)]
#[test]
fn a_process_that_was_stopped_reports_a_gap_and_no_finding() {
    let emulator = thor(Vec::new());
    let folder = tempfile::tempdir().unwrap();
    let child = begin(&emulator, folder.path());
    let signal = |name: &str| {
        std::process::Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
    };
    wait_for(&folder.path().join("run.ndjson"), 60_000);
    signal("-STOP");
    std::thread::sleep(Duration::from_millis(3500));
    signal("-CONT");
    std::thread::sleep(Duration::from_secs(4));
    signal("-INT");
    let output = child.wait_with_output().unwrap();
    let report = json(&output);
    assert_eq!(report["verdict"], "inconclusive", "{report:#}");
    let gaps = report["connection"]["gaps"].as_array().unwrap();
    assert!(gaps.iter().any(|gap| gap["reason"].as_str().unwrap().contains("suspended")), "{gaps:#?}");
    assert!(report["connection"]["blind_seconds"].as_f64().unwrap() > 3.0, "{report:#}");
}

#[test]
fn until_close_ends_a_moment_after_the_close() {
    let emulator = thor(Vec::new());
    let folder = tempfile::tempdir().unwrap();
    #[expect(clippy::disallowed_methods, reason = "a session has to close while the test waits")]
    let now = jiff::Zoned::now().with_time_zone(jiff::tz::TimeZone::UTC);
    let clock_face = |seconds: i64| {
        let at = now.saturating_add(jiff::SignedDuration::from_secs(seconds));
        format!("{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second())
    };
    let session = format!(
        "[[session]]\nname = \"short\"\ntime_zone = \"UTC\"\nopen = \"{}\"\nclose = \"{}\"\n\
         days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"]\nfeatures = [\"account_balance\"]\n",
        clock_face(-3600),
        clock_face(8),
    );
    std::fs::write(folder.path().join("thor-cutover.toml"), session).unwrap();
    let arguments = ["account_balance", "--until-close", "--every", "100ms", "--format", "json"];
    let output = observe(&emulator, folder.path(), &arguments);
    let report = json(&output);
    assert!(stderr(&output).contains("short is open"), "{}", stderr(&output));
    assert_eq!((&report["end"], &report["verdict"]), (&"completed".into(), &"go".into()), "{report:#}");
    // the close, and two seconds for the last push; some of it passed before the run began
    let seconds = report["seconds"].as_f64().unwrap();
    assert!((6.0..11.5).contains(&seconds), "{seconds}");
}

#[test]
fn until_close_without_a_session_is_exit_2() {
    let folder = tempfile::tempdir().unwrap();
    session_in(folder.path(), 60);
    let output =
        thor_cutover(folder.path()).args(["shadow-diff", "global_market", "--until-close"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("[[session]]"), "{}", stderr(&output));
}

#[test]
fn a_number_of_samples_is_kept_to() {
    let emulator = thor(Vec::new());
    let folder = tempfile::tempdir().unwrap();
    let started = now();
    let output = observe(
        &emulator,
        folder.path(),
        &["account_balance", "--samples", "15", "--every", "100ms", "--format", "json", "--no-evidence"],
    );
    assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());
    let samples = json(&output)["features"][0]["samples"].as_u64().unwrap();
    assert!((15..=16).contains(&samples), "{samples}");
}

#[test]
fn polling_stops_before_the_end_so_that_nothing_is_pending() {
    let emulator = thor(Vec::new());
    let folder = tempfile::tempdir().unwrap();
    let output = observe(
        &emulator,
        folder.path(),
        &["account_balance", "--for", "6s", "--every", "100ms", "--format", "json", "--no-evidence"],
    );
    let report = json(&output);
    assert_eq!(report["features"][0]["outcomes"].get("pending"), None, "{report:#}");
    let seconds = report["seconds"].as_f64().unwrap();
    assert!((6.0..7.5).contains(&seconds), "{seconds}");
}

/// A configuration whose one session opens so many seconds from now, and lasts a few.
fn session_in(folder: &Path, seconds: i64) {
    let now = thor_cutover::clock::Clock::wall().to_zoned(jiff::tz::TimeZone::UTC);
    let at =
        |seconds: i64| (&now + jiff::SignedDuration::from_secs(seconds)).strftime("%H:%M:%S").to_string();
    let text = format!(
        "[[session]]\nname = \"soon\"\ntime_zone = \"UTC\"\nopen = \"{}\"\nclose = \"{}\"\n\
         days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"]\nfeatures = [\"account_balance\"]\n\
         [features.account_balance]\npush_delay = \"500ms\"\n",
        at(seconds),
        at(seconds + 4)
    );
    std::fs::write(folder.join("thor-cutover.toml"), text).unwrap();
}

#[test]
fn a_closed_market_is_not_polled_and_without_waiting_it_is_exit_3_with_the_hour_it_opens() {
    let emulator = thor(Vec::new());
    let folder = tempfile::tempdir().unwrap();
    session_in(folder.path(), 3 * 3600);
    let arguments = ["account_balance", "--until-close", "--no-wait", "--format", "json"];
    let output = observe(&emulator, folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["verdict"], &report["features"]), (&"inconclusive".into(), &serde_json::json!([])));
    let warning = report["warnings"][0].as_str().unwrap();
    assert!(warning.contains("nothing was observed: soon is closed; it opens at"), "{warning}");
    assert!(!folder.path().join(".thor-cutover/evidence.db").exists(), "nothing is evidence of nothing");
    let output = observe(&emulator, folder.path(), &["account_balance", "--until-close", "--no-wait"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(!said.contains("samples") && said.contains("without --no-wait"), "{said}");
}

#[test]
fn a_market_that_opens_soon_is_waited_for_and_then_observed_to_its_close() {
    let emulator = thor(Vec::new());
    let folder = tempfile::tempdir().unwrap();
    session_in(folder.path(), 5);
    let begun = now();
    let arguments = ["account_balance", "--until-close", "--every", "200ms", "--format", "json"];
    let output = observe(&emulator, folder.path(), &arguments);
    let said = stderr(&output);
    assert!(said.contains("soon is closed; it opens at") && said.contains("waiting for it"), "{said}");
    let waited = said.find("waiting for it").unwrap();
    assert!(waited < said.find("observing account_balance").unwrap(), "{said}");
    assert!(begun.elapsed() >= Duration::from_secs(7), "{:?}: {said}", begun.elapsed());
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let seconds = report["seconds"].as_f64().unwrap();
    assert!((3.0..7.5).contains(&seconds), "it was observed while it was open, not longer: {seconds}");
}
