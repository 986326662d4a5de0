//! The laws of the house: who may import whom, how a file opens, who may print, what stands in `src`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Module of `src`, and the others it may name. A change of architecture is one reviewed line here.
///
/// The core (`json model contract frames align diff propose judge report`) is pure: no clock, no network, no files.
const LAW: &[(&str, &[&str])] = &[
    ("json", &[]),
    ("model", &["json"]),
    ("contract", &["json", "model", "error", "diff"]),
    ("diff", &["json", "model"]),
    ("frames", &["json", "model"]),
    ("align", &["json", "model", "diff", "frames"]),
    ("propose", &["json", "model", "diff", "frames"]),
    ("judge", &["model", "align"]),
    ("report", &["json", "model", "judge", "cli", "environment", "error", "line_diff"]),
    ("watch", &["model", "judge"]),
    ("clock", &["model", "system"]),
    ("environment", &[]),
    ("line_diff", &[]),
    ("bounded", &[]),
    ("own_folder", &[]),
    ("whole_file", &["system"]),
    ("system", &[]),
    ("secrets", &[]),
    ("error", &[]),
    ("cli", &["model"]),
    (
        "settings",
        &["bounded", "json", "model", "contract", "cli", "environment", "error", "secrets", "system"],
    ),
    ("recording", &["json", "model", "error", "diff", "system"]),
    ("storage", &["environment", "error", "model", "observe", "secrets"]),
    ("evidence", &["bounded", "model", "settings", "error", "observe", "own_folder", "secrets", "system"]),
    (
        "flags",
        &[
            "bounded",
            "model",
            "settings",
            "environment",
            "error",
            "line_diff",
            "own_folder",
            "secrets",
            "system",
        ],
    ),
    ("audit", &["model"]),
    (
        "observe",
        &[
            "bounded",
            "json",
            "model",
            "frames",
            "settings",
            "environment",
            "error",
            "clock",
            "recording",
            "own_folder",
            "secrets",
            "system",
        ],
    ),
    (
        "doctor",
        &[
            "json",
            "model",
            "frames",
            "settings",
            "environment",
            "error",
            "clock",
            "observe",
            "contract",
            "secrets",
            "system",
        ],
    ),
    ("emulator", &["model", "error", "clock"]),
    ("live", &["model", "environment", "report", "system", "(say)", "(screen)"]),
    (
        "commands",
        &[
            "align",
            "audit",
            "bounded",
            "cli",
            "clock",
            "contract",
            "doctor",
            "emulator",
            "environment",
            "error",
            "evidence",
            "flags",
            "json",
            "judge",
            "live",
            "model",
            "observe",
            "own_folder",
            "propose",
            "recording",
            "report",
            "secrets",
            "settings",
            "storage",
            "system",
            "watch",
            "(ask)",
            "(say)",
        ],
    ),
    (
        "lib",
        &["cli", "commands", "environment", "error", "model", "observe", "report", "secrets", "whole_file"],
    ),
    ("main", &[]),
];

/// Crates that bring a network, a terminal, files or a clock, and who may name them.
const SHELL_CRATES: &[(&str, &[&str])] = &[
    ("reqwest", &["observe", "doctor", "flags/served.rs", "storage"]),
    ("tokio_tungstenite", &["observe", "doctor", "emulator"]),
    ("axum", &["emulator", "commands/watch"]),
    ("hyper", &["emulator", "observe", "storage"]),
    ("object_store", &["storage"]),
    ("sse_stream", &["observe"]),
    ("rusqlite", &["evidence"]),
    ("tokio_postgres", &["evidence"]),
    ("whoami", &["environment.rs"]),
    ("crossterm", &["live"]),
    ("ratatui", &["live"]),
    (
        "fs_err",
        &[
            "commands",
            "settings",
            "evidence",
            "recording",
            "observe",
            "audit",
            "flags",
            "doctor",
            "whole_file.rs",
        ],
    ),
    (
        "std::fs",
        &[
            "commands",
            "evidence",
            "recording",
            "observe",
            "audit",
            "flags",
            "doctor",
            "bounded.rs",
            "environment.rs",
            "own_folder.rs",
            "system.rs",
            "storage",
            "whole_file.rs",
        ],
    ),
    ("rustix", &["system.rs"]),
    ("std::net", &["observe", "doctor", "emulator", "commands/watch", "cli", "settings"]),
    ("std::env", &["environment.rs"]),
    ("colored", &["report", "live"]),
    ("comfy_table", &["report", "live"]),
];

/// Who may ask which system this is, besides `system.rs`, and why.
const ASKS_FOR_THE_SYSTEM: &[(&str, &str)] = &[
    ("commands/signals.rs", "signals are another type on each"),
    ("commands/watch/http.rs", "/proc is Linux"),
    ("evidence/login.rs", "a host that is a unix socket is a variant on Unix only"),
    ("flags/process.rs", "/proc is Linux"),
    ("observe/http.rs", "reqwest has the function on Unix only"),
];

/// Files beyond 450 lines that nobody could divide yet, and how long they may be.
const LONG: &[(&str, usize)] = &[];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below a folder of the repository: its path there, with `/`, and its text.
pub fn sources(folder: &str) -> Vec<(String, String)> {
    fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
        for entry in fs_err::read_dir(folder).expect("a folder of the repository") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                collect(&path, into);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                into.push(path);
            }
        }
    }
    let mut paths = Vec::new();
    collect(&root().join(folder), &mut paths);
    paths.sort();
    assert!(!paths.is_empty(), "{folder} has no Rust files");
    paths
        .into_iter()
        .map(|path| {
            let text = fs_err::read_to_string(&path).expect("a source file");
            let shown = path
                .strip_prefix(root().join(folder))
                .expect("below it")
                .to_string_lossy()
                .replace('\\', "/");
            (shown, text)
        })
        .collect()
}

/// The text without comments and without the contents of strings, so that words in prose are no code.
/// Line ends stay.
pub fn code(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '/' if chars.peek() == Some(&'/') => while chars.next_if(|&c| c != '\n').is_some() {},
            '"' => {
                code.push('"');
                while let Some(inner) = chars.next() {
                    match inner {
                        '\\' => {
                            chars.next();
                        }
                        '"' => break,
                        '\n' => code.push('\n'),
                        _ => {}
                    }
                }
                code.push('"');
            }
            // a quote as a character, plain or escaped, opens no string
            '\'' => {
                let mut ahead = chars.clone();
                let escaped = ahead.next() == Some('\\');
                let closes = if escaped { ahead.nth(1) } else { ahead.next() } == Some('\'');
                if closes {
                    chars.by_ref().take(if escaped { 3 } else { 2 }).for_each(drop);
                }
                code.push('\'');
            }
            other => code.push(other),
        }
    }
    code
}

/// The modules of `src` that code names through `crate::`; a function of lib.rs stands in parentheses.
fn named(code: &str) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for (at, found) in code.match_indices("crate::") {
        let is_whole_word = !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$');
        if !is_whole_word {
            continue;
        }
        let after = &code[at + found.len()..];
        match after.strip_prefix('{') {
            None => {
                named.insert(first_name(after));
            }
            Some(group) => {
                let mut depth = 0usize;
                let mut starts = true;
                for (at, c) in group.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => starts = true,
                        c if c.is_whitespace() => {}
                        _ if starts && depth == 0 => {
                            named.insert(first_name(&group[at..]));
                            starts = false;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    named
}

fn first_name(path: &str) -> String {
    let end = path.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(path.len());
    let name = &path[..end];
    if path[end..].starts_with('(') { format!("({name})") } else { name.to_owned() }
}

/// How many `super::` lead from a file's module to the crate's root.
fn depth(file: &str) -> usize {
    file.trim_end_matches(".rs").trim_end_matches("/mod").split('/').count()
}

/// `flags` of `flags/mod.rs`, `cli` of `cli.rs`.
fn module_of(file: &str) -> &str {
    let first = file.split('/').next().unwrap_or(file);
    first.strip_suffix(".rs").unwrap_or(first)
}

#[test]
fn modules_import_what_the_law_allows() {
    let law: BTreeMap<_, _> = LAW.iter().copied().collect();
    let mut broken = Vec::new();
    // lib.rs declares the modules, so it names them without `crate::`.
    let mut unused: BTreeSet<(&str, &str)> = LAW
        .iter()
        .filter(|(module, _)| *module != "lib")
        .flat_map(|(module, allowed)| allowed.iter().map(|name| (*module, *name)))
        .collect();
    for (file, text) in sources("src") {
        let module = module_of(&file);
        let Some(allowed) = law.get(module) else {
            broken.push(format!("src/{file}: `{module}` has no line in the law"));
            continue;
        };
        let code = code(&text).replace(&"super::".repeat(depth(&file)), "crate::");
        for name in
            named(&code).into_iter().filter(|name| name.starts_with('(') || law.contains_key(name.as_str()))
        {
            unused.retain(|(holder, permission)| !(*holder == module && *permission == name));
            if name != module && !allowed.contains(&name.as_str()) {
                broken.push(format!("src/{file}: `{module}` may not name `{name}`"));
            }
        }
    }
    broken.extend(
        unused
            .iter()
            .map(|(module, name)| format!("`{module}` never names `{name}`: take the permission back")),
    );
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn crates_of_the_shell_stay_in_the_shell() {
    let mut broken = Vec::new();
    for (file, text) in sources("src") {
        let code = code(&text);
        for (krate, homes) in SHELL_CRATES {
            let at_home = homes.iter().any(|home| file == *home || file.starts_with(&format!("{home}/")))
                || homes.contains(&module_of(&file));
            let path = format!("{krate}::");
            let names = code
                .match_indices(&path)
                .any(|(at, _)| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':'));
            if names && !at_home {
                broken.push(format!("src/{file} names {krate}, whose homes are {}", homes.join(", ")));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_law_reads_code_and_not_prose() {
    let text = "//! crate::observe in prose\nuse crate::{align::Aligner, model::{run, time}};\n\
                let s = \"crate::evidence\"; let q = '\"'; crate::say(\"x\"); // crate::doctor\nuse crate::diff;\n\
                let e = '\\''; let _ = $crate::x; 'a: loop { crate::flags::go() }";
    let names: Vec<String> = named(&code(text)).into_iter().collect();
    assert_eq!(names, ["(say)", "align", "diff", "flags", "model"]);
    assert_eq!((depth("cli.rs"), depth("flags/mod.rs"), depth("flags/rule.rs")), (1, 1, 2));
}

#[test]
fn every_file_opens_by_saying_what_it_is() {
    for folder in ["src", "tests", "benches", "fuzz"] {
        for (file, text) in sources(folder) {
            let first = text.lines().next().unwrap_or_default();
            assert!(first.starts_with("//! ") && first.len() > 12, "{folder}/{file} opens with {first:?}");
        }
    }
}

#[test]
fn nobody_prints_but_lib() {
    for (file, text) in sources("src") {
        let code = code(&text);
        for forbidden in ["println!", "eprintln!", "print!(", "eprint!(", "dbg!(", "todo!("] {
            let is_there = code
                .match_indices(forbidden)
                .any(|(at, _)| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'));
            assert!(!is_there, "src/{file} has {forbidden}");
        }
        // a panic alone, on whatever thread, cannot go back to main
        let exits = code.matches("process::exit").count();
        assert!(exits == usize::from(file == "lib.rs"), "src/{file} has process::exit {exits} times");
        for handle in ["io::stdout()", "io::stderr()", "io::stdin()"] {
            let is_there = code
                .match_indices(handle)
                .any(|(at, _)| !code[at + handle.len()..].starts_with(".is_terminal"));
            assert!(!is_there || file == "lib.rs", "src/{file} takes {handle}: only lib.rs prints and asks");
        }
    }
}

#[test]
fn time_enters_in_clock_only() {
    for (file, text) in sources("src") {
        for forbidden in ["Instant::now()", "SystemTime::now()", "Timestamp::now()", "Zoned::now()"] {
            assert!(file == "clock.rs" || !code(&text).contains(forbidden), "src/{file} has {forbidden}");
        }
    }
}

#[test]
fn one_file_knows_where_systems_differ() {
    for (file, text) in sources("src") {
        let code = code(&text);
        let code = code.split("#[cfg(test)]").next().unwrap_or_default();
        let asks = ["cfg(unix)", "cfg(not(unix", "cfg(windows)", "target_os", "cfg!(", "std::os::"]
            .into_iter()
            .find(|word| code.contains(word));
        let may = file == "system.rs" || ASKS_FOR_THE_SYSTEM.iter().any(|(known, _)| *known == file);
        assert!(asks.is_none() || may, "src/{file} has {asks:?}: that belongs into system.rs");
    }
}

#[test]
fn names_say_something() {
    for folder in ["src", "tests", "fuzz"] {
        for (file, _) in sources(folder) {
            for part in file.trim_end_matches(".rs").split('/') {
                let empty = ["util", "utils", "helper", "helpers", "common", "misc", "imp", "stuff"];
                assert!(!empty.contains(&part), "{folder}/{file}: {part} says nothing");
            }
        }
    }
}

#[test]
fn files_stay_small_enough_to_read() {
    let sizes: Vec<(String, usize)> =
        sources("src").into_iter().map(|(file, text)| (file, text.lines().count())).collect();
    let mut lines: Vec<usize> = sizes.iter().map(|(_, lines)| *lines).collect();
    lines.sort_unstable();
    assert!(
        lines[lines.len() / 2] <= 150,
        "half of the files are longer than {} lines",
        lines[lines.len() / 2]
    );
    let limit = |file: &str| LONG.iter().find(|(long, _)| *long == file).map_or(450, |(_, lines)| *lines);
    let long: Vec<_> = sizes.iter().filter(|(file, lines)| *lines > limit(file)).collect();
    assert!(long.is_empty(), "too long to read: {long:?}");
    let stale: Vec<_> = LONG
        .iter()
        .filter(|(long, _)| !sizes.iter().any(|(file, lines)| file == long && *lines > 450))
        .collect();
    assert!(stale.is_empty(), "no longer long: {stale:?}");
}

#[test]
fn the_listing_of_src_is_the_design() {
    let listed: BTreeSet<String> = fs_err::read_dir(root().join("src"))
        .expect("src")
        .map(|entry| {
            entry.expect("an entry").file_name().to_string_lossy().trim_end_matches(".rs").to_owned()
        })
        .collect();
    let known: BTreeSet<String> = LAW.iter().map(|(module, _)| (*module).to_owned()).collect();
    let foreign: Vec<_> = listed.difference(&known).collect();
    assert!(foreign.is_empty(), "src has rooms the design does not know: {foreign:?}");
}

#[test]
fn the_top_level_is_short() {
    let known = [
        "Cargo.lock",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "Cargo.toml",
        "Dockerfile",
        "action.yml",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "README.md",
        "SECURITY.md",
        "benches",
        "completions",
        "deny.toml",
        "docs",
        "packaging",
        "fixtures",
        "fuzz",
        "rustfmt.toml",
        "scripts",
        "src",
        "target",
        "tests",
        "typos.toml",
    ];
    for entry in fs_err::read_dir(root()).expect("the repository") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        assert!(
            name.starts_with('.') || known.contains(&name.as_str()),
            "{name} has no place at the top level"
        );
    }
}

#[test]
fn one_tls_provider_and_no_dangerous_number_feature() {
    let lock = fs_err::read_to_string(root().join("Cargo.lock")).expect("Cargo.lock is committed");
    for forbidden in ["aws-lc-rs", "openssl", "native-tls", "rust_decimal"] {
        assert!(!lock.contains(&format!("name = \"{forbidden}\"")), "{forbidden} has come into the tree");
    }
    let number: serde_json::Value =
        serde_json::from_str("{\"$serde_json::private::Number\": \"1\"}").expect("JSON");
    assert!(
        number.is_object(),
        "serde_json's arbitrary_precision is on: floats break in tagged and flattened types"
    );
}
