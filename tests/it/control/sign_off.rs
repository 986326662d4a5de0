//! `sign-off`: a name, a role and a note or nothing; taken back by name; releases held against git.

use std::path::Path;
use std::process::Command;

use thor_cutover::model::facts::ledger::{Entry, ManualGate};

use super::tool::Tool;

const WORD: [&str; 6] = ["--by", "Ada", "--role", "lead", "--note", "watched two sessions"];

fn with<'a>(first: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [first, more].concat()
}

#[test]
fn without_a_terminal_every_word_must_be_said() {
    let tool = Tool::new();
    for missing in 0..3 {
        let mut word = WORD.to_vec();
        word.drain(missing * 2..missing * 2 + 2);
        let said = tool.run(&with(&["sign-off", "positions"], &word)).exits(2);
        assert!(said.err.contains(WORD[missing * 2]), "{}", said.err);
    }
    let blank = ["sign-off", "positions", "--by", "Ada", "--role", "lead", "--note", " \t "];
    tool.run(&blank).exits(2);
    assert!(!tool.path().join(".thor-cutover").exists(), "nothing was written");
}

#[test]
fn a_word_is_kept_and_can_be_taken_back_once() {
    let tool = Tool::new();
    tool.run(&with(&["sign-off", "positions", "--accept", "/id"], &WORD)).exits(0);
    let entries = tool.entries();
    let [Entry::SignOff(sign_off)] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!((sign_off.gate, sign_off.by.as_str()), (ManualGate::SignOff, "Ada"));
    assert_eq!(sign_off.accepts, ["/id"]);

    let revoke =
        ["sign-off", "positions", "--revoke", &sign_off.id, "--by", "Ada", "--note", "a wrong price"];
    tool.run(&revoke).exits(0);
    assert_eq!(tool.entries().len(), 2, "the sign-off stays readable");
    tool.run(&revoke).exits(2);
    tool.run(&["sign-off", "positions", "--revoke", "1999", "--by", "Ada", "--note", "x"]).exits(2);
}

#[test]
fn what_no_checklist_asks_about_is_not_accepted() {
    let tool = Tool::new();
    for (name, hint) in [("cash", "/cash"), ("silent-pgae", "did you mean silent-page?"), ("", "/symbol=SPY")]
    {
        let said = tool.run(&with(&["sign-off", "positions", "--accept", name], &WORD)).exits(2);
        assert!(said.err.contains(hint), "{}", said.err);
    }
    assert!(!tool.path().join(".thor-cutover").exists(), "nothing was written");
    for name in ["silent-page", "/symbol=SPY", "0123456789abcdef"] {
        tool.run(&with(&["sign-off", "positions", "--accept", name], &WORD)).exits(0);
    }
}

#[test]
fn on_a_terminal_it_asks() {
    let tool = Tool::new();
    let pty = portable_pty::native_pty_system().openpty(portable_pty::PtySize::default()).unwrap();
    let mut command = portable_pty::CommandBuilder::new(env!("CARGO_BIN_EXE_thor-cutover"));
    command.args(["sign-off", "positions", "--by", "Ada"]);
    command.cwd(tool.path());
    let mut child = pty.slave.spawn_command(command).unwrap();
    drop(pty.slave);
    let mut reader = pty.master.try_clone_reader().unwrap();
    let drain = std::thread::spawn(move || {
        let mut text = Vec::new();
        // A terminal whose other end is closed reads as an error on Linux.
        let _ = std::io::Read::read_to_end(&mut reader, &mut text);
        String::from_utf8_lossy(&text).into_owned()
    });
    let mut writer = pty.master.take_writer().unwrap();
    std::io::Write::write_all(&mut writer, b"\n  \nlead\nwatched it\n").unwrap();
    let status = child.wait().unwrap();
    drop(writer);
    drop(pty.master);
    let text = drain.join().unwrap();
    assert!(status.success(), "{text}");
    assert!(text.contains("role: ") && text.contains("note"), "{text}");
    assert!(text.contains("it needs a role"), "an empty answer may be a slip: {text}");
    let entries = tool.entries();
    let [Entry::SignOff(sign_off)] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!((sign_off.role.as_str(), sign_off.note.as_str()), ("lead", "watched it"));
}

#[test]
fn a_release_is_held_against_git() {
    let tool = Tool::new();
    git(tool.path(), &["init", "-q"]);
    commit(tool.path(), "one");
    git(tool.path(), &["tag", "v1"]);
    commit(tool.path(), "two");
    let release = ["sign-off", "positions", "--gate", "release"];
    tool.run(&with(&release, &WORD)).exits(2);
    let said = tool.run(&with(&with(&release, &["--tag", "v9"]), &WORD)).exits(2);
    assert!(said.err.contains("no tag"), "{}", said.err);
    let said = tool.run(&with(&with(&release, &["--tag", "v1"]), &WORD)).exits(2);
    assert!(said.err.contains("does not contain"), "{}", said.err);
    git(tool.path(), &["tag", "v2"]);
    tool.run(&with(&with(&release, &["--tag", "v2"]), &WORD)).exits(0);
    let entries = tool.entries();
    let [Entry::SignOff(sign_off)] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!(sign_off.tag.as_deref(), Some("v2"));
    assert_eq!(sign_off.revision.as_ref().unwrap().commit.len(), 40);
}

pub fn commit(folder: &Path, name: &str) {
    std::fs::write(folder.join("file"), name).unwrap();
    git(folder, &["add", "file"]);
    git(folder, &["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", name]);
}

pub fn git(folder: &Path, arguments: &[&str]) {
    let output = Command::new("git").arg("-C").arg(folder).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}
