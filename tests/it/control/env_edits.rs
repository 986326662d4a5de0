//! Claims about editing env files: several commands at once lose nothing, and a kill leaves the old file or the new.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::tool::Tool;

const FEATURES: [(&str, &str); 4] = [
    ("account_balance", "WS_FEATURE_ACCOUNT_BALANCE"),
    ("positions", "WS_FEATURE_POSITIONS"),
    ("intraday", "WS_FEATURE_INTRADAY"),
    ("global_market", "WS_FEATURE_GLOBAL_MARKET"),
];

fn start(folder: &Path, feature: &str, on: bool) -> Child {
    let arguments: &[&str] =
        if on { &["enable", feature, "--force", "--reason", "a race"] } else { &["rollback", feature] };
    Command::new(env!("CARGO_BIN_EXE_thor-cutover"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn of_four_commands_at_once_every_success_is_on_disk() {
    let tool = Tool::new();
    let mut lost = Vec::new();
    for round in 0..50_usize {
        // Each feature is to be switched away from what stands there.
        let wanted = |at: usize| (round + at).is_multiple_of(2);
        let text: String = FEATURES
            .iter()
            .enumerate()
            .map(|(at, (_, flag))| format!("{flag}={} # kept\n", !wanted(at)))
            .collect();
        tool.write(".env", &text);
        let children: Vec<Child> = FEATURES
            .iter()
            .enumerate()
            .map(|(at, (feature, _))| start(tool.path(), feature, wanted(at)))
            .collect();
        let done: Vec<bool> = children.into_iter().map(|mut child| child.wait().unwrap().success()).collect();
        let text = tool.read(".env");
        for (at, (_, flag)) in FEATURES.iter().enumerate() {
            let line = format!("{flag}={} # kept\n", wanted(at));
            if done[at] && !text.contains(&line) {
                lost.push(format!("round {round}: {flag} is not {}", wanted(at)));
            }
        }
        assert!(done.iter().all(|done| *done), "round {round}: {done:?}");
        assert_eq!(text.lines().count(), 4, "{text}");
    }
    assert!(lost.is_empty(), "{}", lost.join("\n"));
}

#[test]
fn a_kill_at_any_moment_leaves_the_old_file_or_the_new_one() {
    let tool = Tool::new();
    let padding = "# a line that makes the writing take its time\n".repeat(8_000);
    let text = |on: bool| format!("{padding}WS_FEATURE_POSITIONS={on}\n{padding}");
    let (off, on) = (text(false), text(true));
    let drafts = tool.path().join(".thor-cutover/env");
    let being_written = || {
        let names = std::fs::read_dir(&drafts).into_iter().flatten().flatten();
        names.filter(|entry| entry.file_name().to_string_lossy().starts_with("draft-")).count()
    };
    let (mut in_between, mut old, mut new) = (0, 0, 0);
    for round in 0..200_u64 {
        tool.write(".env", &on);
        let _ = std::fs::remove_dir_all(&drafts);
        let mut child = start(tool.path(), "positions", false);
        // Most are killed in the middle of writing, one in four wherever it is by then.
        if round % 4 == 0 {
            std::thread::sleep(Duration::from_millis(round % 97));
        } else {
            while being_written() == 0 && child.try_wait().unwrap().is_none() {
                std::thread::yield_now();
            }
            std::thread::sleep(Duration::from_micros(round * 37 % 4_000));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        in_between += usize::from(being_written() > 0);
        match tool.read(".env") {
            text if text == on => old += 1,
            text if text == off => new += 1,
            text => panic!("round {round}: a torn file of {} bytes", text.len()),
        }
    }
    assert!(in_between >= 50, "only {in_between} kills landed between open and rename");
    assert_eq!(old + new, 200);
    let left = being_written();
    assert!(start(tool.path(), "positions", false).wait().unwrap().success());
    assert_eq!((tool.read(".env") == off, being_written()), (true, 0), "what {left} kills left is cleared");
}
