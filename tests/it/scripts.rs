//! What `scripts/test` decides where a part is not to be had: it says loudly what it leaves out, with a count, and in
//! CI it fails. The script is run as it stands; what stands in are `cargo`, which only writes down what it was asked,
//! and the preparations of the parts that a case is not about.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A copy of the scripts, with a `cargo` that lists these tests.
struct Scripts {
    folder: tempfile::TempDir,
}

const LISTED: &str = "backend::clean::a: test\nbackend::clean::b: test\nledger::stores::postgres::a: test\n\
                      ledger::crowd::postgres_killed: test\nledger::tls::postgres_over_tls: test\n\
                      of_no_backend::a: test\nledger::stores::sqlite::a: test\n";

struct Ended {
    code: i32,
    out: String,
    err: String,
    /// What `cargo` was asked, a line each.
    asked: Vec<String>,
}

fn program(path: PathBuf, text: &str) {
    // What stands there may be a link to the machine's own program, which is not to be written to.
    let _ = std::fs::remove_file(&path);
    std::fs::write(&path, format!("#!/bin/bash\n{text}\n")).unwrap();
    crate::system::set_mode(&path, 0o755);
}

impl Scripts {
    /// With a `cargo` that has nextest or has not.
    fn new(nextest: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["scripts", "bin", "nowhere"] {
            std::fs::create_dir(at(name)).unwrap();
        }
        for name in ["test", "postgres-env"] {
            let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts").join(name);
            std::fs::copy(from, at("scripts").join(name)).unwrap();
        }
        program(at("scripts/backend-env"), "exit 0");
        for name in ["readers-env", "foreign-env", "browser-env", "shells-env", "moto-env"] {
            program(at("scripts").join(name), "exit 0");
        }
        std::fs::write(at("listed"), LISTED).unwrap();
        program(
            at("bin/cargo"),
            "echo \"$*\" >>asked\ncase \"$*\" in *--list) cat listed ;; esac\n[ \"$*\" != \"$FAILING\" ]",
        );
        if nextest {
            program(at("bin/cargo-nextest"), "exit 0");
        }
        // Of the machine's programs only those that the scripts use: none of PostgreSQL's, wherever they are.
        for name in ["bash", "cat", "dirname", "grep", "ls", "id", "env"] {
            let found = ["/usr/bin", "/bin"].map(|folder| Path::new(folder).join(name));
            let found = found.iter().find(|path| path.exists()).unwrap();
            crate::system::link(found, &at("bin").join(name));
        }
        Self { folder }
    }

    fn run(&self, variables: &[(&str, &str)]) -> Ended {
        let output = Command::new("/bin/bash")
            .arg(self.folder.path().join("scripts/test"))
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", self.folder.path().join("bin"))
            .env("POSTGRESQL_VERSIONS", self.folder.path().join("nowhere"))
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        let asked = std::fs::read_to_string(self.folder.path().join("asked")).unwrap_or_default();
        Ended {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
            asked: asked.lines().map(str::to_owned).collect(),
        }
    }
}

const POSTGRES: &str = "SKIPPED: PostgreSQL, its programs are not to be had (3 tests)";
const BACKEND: &str = "SKIPPED: the real backend, its parts are not to be had (2 tests)";

#[test]
fn without_the_programs_of_its_server_the_store_on_it_is_left_out_loudly() {
    for (nextest, words) in [(true, "-E not test(/postgres/)"), (false, "-- --skip postgres")] {
        let ended = Scripts::new(nextest).run(&[]);
        assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
        assert_eq!(ended.out.matches(POSTGRES).count(), 2, "before the tests and after them: {}", ended.out);
        let last = ended.asked.last().unwrap();
        assert!(last.contains("--test it") && last.ends_with(words), "{last}");
        assert!(ended.err.contains("apt-get install postgresql"), "{}", ended.err);
    }
}

#[test]
fn several_parts_are_left_out_each_with_its_count() {
    for (nextest, words) in [
        (true, "-E not test(/^backend::/) and not test(/postgres/)"),
        (false, "-- --skip backend:: --skip postgres"),
    ] {
        let scripts = Scripts::new(nextest);
        program(scripts.folder.path().join("scripts/backend-env"), "exit 3");
        let ended = scripts.run(&[]);
        assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
        assert!(ended.out.contains(POSTGRES) && ended.out.contains(BACKEND), "{}", ended.out);
        let last = ended.asked.last().unwrap();
        assert!(last.ends_with(words), "{last}");
        assert_eq!(ended.asked.iter().filter(|it| it.ends_with("--list")).count(), 1, "{:?}", ended.asked);
    }
}

#[test]
fn in_ci_nothing_is_left_out() {
    let ended = Scripts::new(true).run(&[("CI", "true")]);
    assert_eq!(ended.code, 1, "{}{}", ended.out, ended.err);
    assert!(ended.err.contains("FAILED: PostgreSQL, its programs are not to be had"), "{}", ended.err);
    assert!(ended.asked.is_empty(), "it fails at once: {:?}", ended.asked);
}

#[test]
fn what_fails_with_parts_left_out_fails() {
    for (failing, what) in [
        ("test --locked --quiet --lib --bins --test it -- --list", "tests that cannot be listed"),
        ("nextest run --locked --lib --bins --test it -E not test(/postgres/)", "tests that fail"),
    ] {
        let ended = Scripts::new(true).run(&[("FAILING", failing)]);
        assert_ne!(ended.code, 0, "{what}: {}{}", ended.out, ended.err);
    }
}

#[test]
fn with_every_part_nothing_is_said_to_be_left_out() {
    let scripts = Scripts::new(true);
    let versions = scripts.folder.path().join("versions");
    std::fs::create_dir_all(versions.join("17/bin")).unwrap();
    program(versions.join("17/bin/initdb"), "exit 0");
    program(scripts.folder.path().join("bin/setpriv"), "exit 0");
    program(scripts.folder.path().join("bin/id"), "[ $# = 1 ] && echo 1000");
    let ended = scripts.run(&[("POSTGRESQL_VERSIONS", versions.to_str().unwrap()), ("CI", "true")]);
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
    assert!(!ended.out.contains("SKIPPED"), "{}", ended.out);
    assert_eq!(ended.asked.last().unwrap(), "nextest run --locked --lib --bins --test it");
}
