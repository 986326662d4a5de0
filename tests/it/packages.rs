//! Claims about what is handed out: packages, archives, the image, and the workflows that make them.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap()
}

fn manifest() -> toml::Table {
    read("Cargo.toml").parse().unwrap()
}

/// A program of .venv; `None`, said loudly, where `scripts/readers-env` has not run, and in CI a failure.
fn linter(name: &str) -> Option<Command> {
    let path = root().join(".venv/bin").join(name);
    if path.is_file() {
        let mut command = Command::new(path);
        command.current_dir(root());
        return Some(command);
    }
    assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "scripts/readers-env has not run");
    writeln!(std::io::stderr().lock(), "SKIPPED: no {name}: scripts/readers-env").unwrap();
    None
}

#[track_caller]
fn finds_nothing(command: &mut Command) {
    let output = command.output().unwrap();
    let said = [&output.stdout[..], &output.stderr].concat();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&said));
}

#[test]
fn the_workflows_have_no_finding() {
    let Some(mut jactionlint) = linter("jactionlint") else { return };
    let folder = root().join(".github/workflows");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    // Actions are named by their major version: whoever wants commits pins them in a copy of their own.
    jactionlint.args(["--no-online", "--ignore", "unpinned-uses", "--strict-exit"]).args(files);
    finds_nothing(&mut jactionlint);
    let Some(mut spoilt) = linter("jactionlint") else { return };
    let folder = tempfile::tempdir().unwrap();
    let workflow = folder.path().join("ci.yml");
    let text = read(".github/workflows/ci.yml").replace("runs-on: ubuntu-24.04", "runs-on: ubuntu-23.04");
    std::fs::write(&workflow, text).unwrap();
    let output = spoilt.args(["--no-online", "--ignore", "unpinned-uses"]).arg(workflow).output().unwrap();
    assert!(!output.status.success(), "a label that there is not is found");
}

#[test]
fn the_dockerfile_has_no_finding_and_its_user_is_nobody() {
    let text = read("Dockerfile");
    let users: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("USER ")).collect();
    assert_eq!(users, ["65532:65532"], "a number, so that runAsNonRoot can tell");
    assert_eq!(text.lines().filter(|line| line.starts_with("FROM ")).count(), 2);
    let Some(mut hadolint) = linter("hadolint") else { return };
    finds_nothing(hadolint.arg("Dockerfile"));
}

/// What an image's build reads has to be in its context.
#[test]
fn what_the_build_needs_is_in_the_context_of_the_image() {
    let ignored = read(".dockerignore");
    let taken: Vec<&str> = ignored.lines().filter_map(|line| line.strip_prefix('!')).collect();
    let manifest = manifest();
    for (section, several) in [("lib", false), ("bin", true), ("test", true), ("bench", true)] {
        let targets = match &manifest[section] {
            toml::Value::Array(all) if several => all.clone(),
            one => vec![one.clone()],
        };
        for target in targets {
            let name = target["name"].as_str().unwrap();
            let default = format!("{section}es/{name}.rs");
            let path = target.get("path").map_or(default.as_str(), |path| path.as_str().unwrap());
            let top = path.split('/').next().unwrap();
            assert!(taken.contains(&top), "{path} is not in the context");
        }
    }
    assert!(taken.contains(&"Cargo.lock") && taken.contains(&".cargo"), "{taken:?}");
}

#[test]
fn every_file_of_the_debian_package_is_there() {
    let manifest = manifest();
    let deb = &manifest["package"]["metadata"]["deb"];
    let made = ["target/release/thor-cutover", "target/package/man/*.1"];
    let assets = deb["assets"].as_array().unwrap();
    for asset in assets {
        let source = asset[0].as_str().unwrap();
        assert!(made.contains(&source) || root().join(source).is_file(), "{source}");
    }
    assert_eq!(assets.len(), 9);
    for script in ["postinst", "prerm", "postrm"] {
        let script = Path::new(deb["maintainer-scripts"].as_str().unwrap()).join(script);
        finds_nothing(Command::new("sh").arg("-n").arg(root().join(script)));
    }
}

/// The unit runs a program that the package installs, with a command that there is or that is coming: `watch`.
#[test]
fn the_service_runs_what_is_installed_where_nothing_else_may_be_written() {
    let unit = read("packaging/thor-cutover.service");
    let value = |key: &str| -> Vec<&str> {
        unit.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('=')).collect()
    };
    assert_eq!(
        value("ExecStart"),
        ["/usr/bin/thor-cutover --config /etc/thor-cutover/thor-cutover.toml watch"]
    );
    assert_eq!(value("ProtectSystem"), ["strict"]);
    assert_eq!(value("DynamicUser"), ["yes"]);
    assert_eq!(value("CapabilityBoundingSet"), [""]);
    let state = value("WorkingDirectory")[0];
    assert_eq!(state, format!("/var/lib/{}", value("StateDirectory")[0]));
    assert!(value("Environment")[0].ends_with(&format!("sqlite:{state}/evidence.db")), "the ledger is in it");
    assert_eq!(value("RestartPreventExitStatus"), ["2 4"], "what waiting does not cure");
}

/// The manifest among a release's files is ours, and names the repository that released it: ours cannot know.
#[test]
fn the_manifest_of_a_release_says_where_the_archives_are() {
    let release = read(".github/workflows/release.yml");
    let command =
        release.lines().map(str::trim).find(|line| line.starts_with("sed ") && line.contains("Cargo.toml"));
    let command = command.unwrap().strip_suffix(" >files/Cargo.toml").unwrap();
    let output = Command::new("bash")
        .args(["-c", command])
        .envs([("GITHUB_SERVER_URL", "https://github.example"), ("GITHUB_REPOSITORY", "desk/thor-cutover")])
        .current_dir(root())
        .output()
        .unwrap();
    let mut released: toml::Table = String::from_utf8(output.stdout).unwrap().parse().unwrap();
    let package = released["package"].as_table_mut().unwrap();
    let repository = package.remove("repository").unwrap();
    assert_eq!(repository.as_str(), Some("https://github.example/desk/thor-cutover"));
    assert_eq!(released, manifest(), "and nothing else is changed");
}

/// `cargo binstall` and the release have one idea of an archive's name.
#[test]
fn the_archives_of_a_release_are_those_that_binstall_asks_for() {
    let manifest = manifest();
    let binstall = &manifest["package"]["metadata"]["binstall"];
    let url = binstall["pkg-url"].as_str().unwrap();
    assert!(url.ends_with("/v{ version }/{ name }-{ target }.{ archive-format }"), "{url}");
    assert_eq!(binstall["bin-dir"].as_str(), Some("{ name }-{ target }/{ bin }{ binary-ext }"));
    let release = read(".github/workflows/release.yml");
    assert!(release.contains("name=thor-cutover-$TARGET\n"));
    let targets: Vec<&str> = release
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- { target: ")?.split(',').next())
        .collect();
    assert_eq!(targets.len(), 5, "{targets:?}");
    for target in targets {
        let own = binstall["overrides"].get(target);
        let form = own.unwrap_or(binstall)["pkg-fmt"].as_str().unwrap();
        let form_of_release = if target.contains("windows") { "zip" } else { "tgz" };
        assert_eq!(form, form_of_release, "{target}");
        assert!(release.contains(&format!("\"$name.{form}\"")), "{form}");
    }
}

#[test]
fn the_changelog_names_this_version_or_what_is_not_released() {
    let version = env!("CARGO_PKG_VERSION");
    let changelog = read("CHANGELOG.md");
    let first = changelog.lines().find(|line| line.starts_with("## ")).unwrap();
    assert!(first == "## [Unreleased]" || first.starts_with(&format!("## [{version}] - ")), "{first}");
}

#[test]
#[ignore = "takes minutes, root, cargo-deb, debootstrap and Debian's archive"]
fn the_package_goes_into_a_clean_root_and_out_of_it() {
    let output = Command::new(root().join("scripts/package"))
        .args(["--profile", "release", "--check"])
        .output()
        .unwrap();
    let why = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.code() == Some(3) && std::env::var_os("CI").is_none_or(|ci| ci != "true") {
        writeln!(std::io::stderr().lock(), "SKIPPED: no package: {why}").unwrap();
        return;
    }
    assert!(output.status.success(), "{why}");
    let demo = read("target/package/demo.txt");
    assert!(demo.contains("NO-GO"), "the planted fault was not found: {demo}");
}
