//! Claims about `fuzz/`, a workspace of its own that the program's build does not see: that it hangs together is found
//! here, what it finds by `scripts/fuzz`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn toml(path: &str) -> toml::Table {
    fs_err::read_to_string(root().join(path)).unwrap().parse().unwrap()
}

/// The names of the files in `fuzz/targets`.
fn targets() -> BTreeSet<String> {
    let files = fs_err::read_dir(root().join("fuzz/targets")).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    names.map(|name| name.strip_suffix(".rs").unwrap().to_owned()).collect()
}

#[test]
fn every_target_is_built() {
    let manifest = toml("fuzz/Cargo.toml");
    let built: Vec<&str> =
        manifest["bin"].as_array().unwrap().iter().map(|bin| bin["name"].as_str().unwrap()).collect();
    assert!(built.is_sorted(), "{built:?}");
    assert_eq!(built.into_iter().map(str::to_owned).collect::<BTreeSet<_>>(), targets());
}

/// What is fuzzed is what is shipped: with the same versions of everything.
#[test]
fn the_crates_of_the_program_have_the_same_versions() {
    let versions = |path| -> BTreeMap<String, BTreeSet<String>> {
        let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for package in toml(path)["package"].as_array().unwrap() {
            let text = |key: &str| package[key].as_str().unwrap().to_owned();
            versions.entry(text("name")).or_default().insert(text("version"));
        }
        versions
    };
    let (ours, fuzzed) = (versions("Cargo.lock"), versions("fuzz/Cargo.lock"));
    let differing: Vec<_> = (ours.iter())
        .filter_map(|(name, ours)| Some((name, ours, fuzzed.get(name)?)))
        .filter(|(_, ours, fuzzed)| ours.is_disjoint(fuzzed))
        .collect();
    assert!(differing.is_empty(), "cargo update in fuzz/: {differing:?}");
    for package in ["libfuzzer-sys", "arbitrary"] {
        assert!(
            fuzzed.contains_key(package) && !ours.contains_key(package),
            "{package} in the program's tree"
        );
    }
}

#[test]
fn every_target_has_its_seeds() {
    let python = ["python3", "python"].into_iter().find(|name| {
        let found = Command::new(name).arg("--version").output();
        found.is_ok_and(|said| said.status.success())
    });
    let Some(python) = python else {
        assert!(std::env::var_os("CI").is_none(), "no Python");
        return;
    };
    for target in targets() {
        let folder = tempfile::tempdir().unwrap();
        let seeds = root().join("fuzz/seeds.py");
        let made = Command::new(python).arg(seeds).arg(&target).arg(folder.path()).output().unwrap();
        assert!(made.status.success(), "{target}: {}", String::from_utf8_lossy(&made.stderr));
        let files = fs_err::read_dir(folder.path().join("seeds")).unwrap();
        let sizes: Vec<u64> = files.map(|file| file.unwrap().metadata().unwrap().len()).collect();
        assert!(!sizes.is_empty() && sizes.iter().sum::<u64>() < 500_000, "{target}: {sizes:?}");
    }
}

#[cfg(unix)]
fn fuzz(arguments: &[&str]) -> std::process::Output {
    Command::new(root().join("scripts/fuzz")).args(arguments).output().unwrap()
}

#[cfg(unix)]
#[test]
fn what_is_no_target_or_no_time_is_refused_before_anything_is_built() {
    for (arguments, word) in [
        (&["--minutes", "1", "nonsense"][..], "cursor"),
        (&["--minutes", "soon"], "--minutes asks for a whole number"),
        (&["--minutes"], "--minutes asks for a whole number"),
        (&["--hours", "1"], "unknown option --hours"),
    ] {
        let said = fuzz(arguments);
        let error = String::from_utf8_lossy(&said.stderr).into_owned();
        assert_eq!(said.status.code(), Some(2), "{arguments:?}: {error}");
        assert!(error.contains(word), "{arguments:?}: {error}");
        assert!(said.stdout.is_empty());
    }
}
