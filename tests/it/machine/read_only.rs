//! Folders that may not be written, root included: a mount that is read-only.

use std::path::Path;

use thor_cutover::evidence::Ledger;

use super::full_disk::in_a_namespace;
use super::{observe, run, thor};
use crate::control::tool::{Said, Tool};
use crate::ledger::sample::store;

/// Where everything that is asked for lies.
fn laid_out(folder: &Path) {
    let mut ledger = Ledger::open(&store(folder)).unwrap();
    ledger.append(&[run(0), run(1), run(2)]).unwrap();
    drop(ledger);
    let text = "[evidence]\nstore = \"sqlite:evidence.db\"\n[flags]\nenv_files = [\".env\"]\n";
    std::fs::write(folder.join("thor-cutover.toml"), text).unwrap();
    std::fs::write(folder.join(".env"), "WS_FEATURE_ACCOUNT_BALANCE=true\n").unwrap();
}

fn remount(folder: &Path, how: &str) {
    let status = std::process::Command::new("mount").args(["-o", how]).arg(folder).status().unwrap();
    assert!(status.success(), "{how}");
}

#[test]
fn what_reads_goes_on_and_what_writes_says_what_it_could_not() {
    let name = "machine::read_only::what_reads_goes_on_and_what_writes_says_what_it_could_not";
    in_a_namespace(name, "mount -t tmpfs -o size=8m tmpfs \"$1\"", |disk| {
        laid_out(disk);
        let tool = Tool::new();
        let config = disk.join("thor-cutover.toml").display().to_string();
        let ask = |words: &[&str]| tool.run(&[words, &["--config", &config]].concat());
        let shown = run(1);
        let reads: [&[&str]; 5] = [
            &["evidence", "list", "--format", "json"],
            &["evidence", "show", shown.id()],
            &["status"],
            &["checklist", "account_balance", "--decision", "cutover", "--format", "json"],
            &["gates"],
        ];
        let answers: Vec<_> = reads.iter().map(|words| ask(words)).collect();
        let before = std::fs::read(disk.join("evidence.db")).unwrap();
        remount(disk, "remount,ro");

        for (words, writable) in reads.iter().zip(answers) {
            let answer = ask(words);
            assert_eq!(
                (answer.code, &answer.out),
                (writable.code, &writable.out),
                "{words:?}: {}",
                answer.err
            );
        }
        let exported = tool.path().join("export.ndjson").display().to_string();
        let writes: [&[&str]; 5] = [
            &["sign-off", "account_balance", "--by", "Ada", "--role", "lead", "--note", "looked"],
            &["evidence", "import", &exported],
            &["evidence", "prune", "--older-than", "1d", "--yes"],
            &["enable", "positions", "--force", "--reason", "read-only"],
            &["rollback", "account_balance"],
        ];
        super::export(&tool, 5);
        for words in writes {
            let refused = ask(words);
            assert_eq!(refused.code, 4, "{words:?}: {}{}", refused.out, refused.err);
            let all = refused.out + &refused.err;
            let what = if words[0] == "enable" || words[0] == "rollback" { ".env" } else { "evidence.db" };
            let why = if what == ".env" { "Read-only file system" } else { "cannot be written" };
            assert!(all.contains(what) && all.contains(why), "{words:?}: {all}");
        }
        let refused = observe(&tool, &thor(), &["--for", "60s", "--config", &config]).output().unwrap();
        let refused = Said::of(refused).exits(4);
        assert!(refused.err.contains("cannot be written"), "{}", refused.err);
        assert!(!refused.err.contains("observing"), "before anything is observed: {}", refused.err);
        assert_eq!(std::fs::read(disk.join("evidence.db")).unwrap(), before);
        assert_eq!(std::fs::read_to_string(disk.join(".env")).unwrap(), "WS_FEATURE_ACCOUNT_BALANCE=true\n");
    });
}
