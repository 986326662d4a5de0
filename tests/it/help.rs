//! Claims about what explains the tool: help texts, completions, man pages and schemas are what is committed.
//! `UPDATE=1 cargo test --test it help::` writes them anew.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use clap::CommandFactory as _;
use clap::ValueEnum as _;
use clap_complete::Shell;
use thor_cutover::cli::Cli;
use thor_cutover::commands::schema::SCHEMAS;
use unicode_width::UnicodeWidthStr as _;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The program without any environment.
pub fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_thor-cutover"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .output()
        .expect("the binary runs")
}

fn stdout(arguments: &[&str]) -> String {
    let output = run(&root(), arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Compares with the committed file, or writes it where `UPDATE` is set.
fn committed(file: &Path, text: &str) {
    if std::env::var_os("UPDATE").is_some() {
        fs_err::create_dir_all(file.parent().expect("a folder")).expect("its folder");
        fs_err::write(file, text).expect("the file");
    }
    let committed = fs_err::read_to_string(file).unwrap_or_default().replace("\r\n", "\n");
    assert!(
        committed == text,
        "{} is not what the tool says now; look at the difference, then UPDATE=1 cargo test --test it help::\n{}",
        file.display(),
        similar::TextDiff::from_lines(&committed, text).unified_diff()
    );
}

/// Every command's name and its help, 80 columns wide.
fn helps() -> Vec<(String, String)> {
    let mut tool = Cli::command().term_width(80);
    tool.build();
    let mut helps = vec![("thor-cutover".to_owned(), tool.clone().render_long_help().to_string())];
    for command in tool.get_subcommands().filter(|command| command.get_name() != "help") {
        let help = command.clone().term_width(80).render_long_help().to_string();
        helps.push((command.get_name().to_owned(), help));
    }
    helps
}

#[test]
fn help_texts_are_as_committed() {
    let folder = root().join("fixtures/help");
    for (name, help) in helps() {
        committed(&folder.join(format!("{name}.txt")), &help);
    }
    let known: Vec<String> = helps().into_iter().map(|(name, _)| format!("{name}.txt")).collect();
    for entry in fs_err::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(known.contains(&name), "fixtures/help/{name} belongs to no command");
    }
}

#[test]
fn help_fits_80_columns_and_says_what_every_argument_is() {
    for (name, help) in helps() {
        for line in help.lines() {
            assert!(line.width() <= 80, "{name}: too wide: {line}");
        }
    }
    let mut tool = Cli::command();
    tool.build();
    for command in tool.get_subcommands().filter(|command| command.get_name() != "help") {
        assert!(command.get_about().is_some(), "{} says nothing about itself", command.get_name());
        for argument in command.get_arguments() {
            assert!(argument.get_help().is_some(), "{} {}", command.get_name(), argument.get_id());
        }
    }
}

#[test]
fn completions_are_as_committed() {
    for (shell, file) in [
        (Shell::Bash, "thor-cutover.bash"),
        (Shell::Zsh, "_thor-cutover"),
        (Shell::Fish, "thor-cutover.fish"),
        (Shell::PowerShell, "_thor-cutover.ps1"),
        (Shell::Elvish, "thor-cutover.elv"),
    ] {
        let script = stdout(&["completions", &shell.to_string()]);
        committed(&root().join("completions").join(file), &script);
    }
    assert_eq!(Shell::value_variants().len(), 5, "every shell is committed");
}

#[test]
fn features_of_ones_own_are_completed_by_nobody_and_refused_by_nobody() {
    use clap::Parser as _;
    Cli::try_parse_from(["thor-cutover", "shadow-diff", "my_own", "--for", "10s"]).unwrap();
}

#[test]
fn every_command_has_a_man_page() {
    assert!(stdout(&["man"]).contains(".TH thor-cutover 1"));
    for (name, _) in helps().into_iter().skip(1) {
        let page = stdout(&["man", &name]);
        assert!(page.contains(&format!(".TH thor-cutover-{name} 1")), "{name}");
    }
    let page = stdout(&["man", "sign-off"]);
    let synopsis = page.split(".SH SYNOPSIS\n").nth(1).and_then(|rest| rest.split("\n.SH ").next()).unwrap();
    let lines: Vec<&str> = synopsis.lines().collect();
    assert_eq!(lines[0], ".SY \"thor\\-cutover sign\\-off\"", "{synopsis}");
    assert!(lines.contains(&"[\\fB\\-\\-accept\\fR\\~\\fINAME\\fR]..."), "{synopsis}");
    assert!(lines.contains(&"\\fIFEATURE\\fR") && !synopsis.contains("rest\\-url"), "{synopsis}");
    assert!(page.contains(".SH \"GLOBAL OPTIONS\"") && page.contains("rest\\-url"), "{page}");
    let output = run(&root(), &["man", "statsu"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("did you mean `status`?"));
}

#[test]
fn schemas_are_schemas() {
    for (name, ..) in SCHEMAS {
        let schema: serde_json::Value = serde_json::from_str(&stdout(&["schema", name])).unwrap();
        jsonschema::meta::validate(&schema).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(stdout(&["schema"]).contains(name));
    }
    let names: std::collections::BTreeSet<&str> = SCHEMAS.iter().map(|(name, ..)| *name).collect();
    assert_eq!(names.len(), SCHEMAS.len(), "a name stands twice");
    let output = run(&root(), &["schema", "statuss"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn the_configurations_schema_accepts_the_documented_example_and_no_unknown_key() {
    let schema: serde_json::Value = serde_json::from_str(&stdout(&["schema", "config"])).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let text = fs_err::read_to_string(root().join("fixtures/config-every-key/thor-cutover.toml")).unwrap();
    let mut example: serde_json::Value = toml::from_str(&text).unwrap();
    let errors: Vec<String> = validator.iter_errors(&example).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    example["backend"]["rest_ulr"] = "x".into();
    assert!(!validator.is_valid(&example));
}

#[test]
fn init_writes_a_file_that_every_command_accepts_and_never_overwrites() {
    let folder = tempfile::tempdir().unwrap();
    let output =
        run(folder.path(), &["init", "--yes", "--contract", "thor-b", "--rest-url", "https://thor.example"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let text = fs_err::read_to_string(folder.path().join("thor-cutover.toml")).unwrap();
    assert!(text.contains("contract = \"thor-b\"") && text.contains("rest_url = \"https://thor.example\""));
    let output = run(folder.path(), &["status"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let again = run(folder.path(), &["init", "--yes"]);
    assert_eq!(again.status.code(), Some(2));
    assert_eq!(fs_err::read_to_string(folder.path().join("thor-cutover.toml")).unwrap(), text);
}

#[test]
fn every_line_that_init_comments_out_can_be_uncommented() {
    let above = tempfile::tempdir().unwrap();
    let folder = above.path().join("here");
    for name in ["here", "thor"] {
        fs_err::create_dir(above.path().join(name)).unwrap();
    }
    assert_eq!(run(&folder, &["init", "--yes"]).status.code(), Some(0));
    let path = folder.join("thor-cutover.toml");
    let text = fs_err::read_to_string(&path).unwrap();
    let uncommented: String = text
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(setting) if !setting.is_empty() && !setting.starts_with(' ') => format!("{setting}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    assert!(uncommented.lines().filter(|line| !line.starts_with('#')).count() > 30, "{uncommented}");
    fs_err::write(&path, uncommented).unwrap();
    let output = run(&folder, &["status"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn init_without_a_terminal_or_with_a_wrong_contract_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in
        [&["init"][..], &["init", "--yes", "--contract", "thor-z"], &["init", "--yes", "--rest-url", "x"]]
    {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!folder.path().join("thor-cutover.toml").exists(), "{arguments:?}");
    }
}

#[test]
fn a_misspelt_command_is_a_usage_error_with_the_nearest_one() {
    let output = run(&root(), &["shadowdiff"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("shadow-diff"));
}

#[test]
#[cfg(unix)]
fn init_asks_on_a_terminal() {
    use std::io::{Read as _, Write as _};
    let folder = tempfile::tempdir().unwrap();
    let pair = portable_pty::native_pty_system().openpty(portable_pty::PtySize::default()).unwrap();
    let mut command = portable_pty::CommandBuilder::new(env!("CARGO_BIN_EXE_thor-cutover"));
    command.arg("init");
    command.cwd(folder.path());
    let mut child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader().unwrap();
    let seen = std::thread::spawn(move || {
        let mut seen = Vec::new();
        // a terminal whose process has ended reads as an error on Linux
        let _ = reader.read_to_end(&mut seen);
        String::from_utf8_lossy(&seen).into_owned()
    });
    let mut writer = pair.master.take_writer().unwrap();
    writer.write_all(b"thor-z\nthor-b\nnowhere\nhttps://thor.example\n7\n").unwrap();
    assert!(child.wait().unwrap().success());
    drop(writer);
    drop(pair.master);
    let seen = seen.join().unwrap();
    assert!(seen.contains("Base URL of Thor's REST API [http://localhost:8000]"), "{seen}");
    assert!(seen.contains("unknown contract \"thor-z\"") && seen.contains("once more"), "{seen}");
    assert!(!seen.contains("thor-cutover.toml:"), "a line of a file that is not there: {seen}");
    let text = fs_err::read_to_string(folder.path().join("thor-cutover.toml")).unwrap();
    for line in ["contract = \"thor-b\"", "rest_url = \"https://thor.example\"", "account_id = \"7\""] {
        assert!(text.lines().any(|it| it == line), "{line} in:\n{text}");
    }
}

#[test]
fn every_gate_has_a_page_and_an_unknown_one_the_nearest() {
    use std::collections::BTreeSet;
    use thor_cutover::judge::{explained::EXPLANATIONS, gates, run::RUN_GATES};
    let explained: BTreeSet<&str> = EXPLANATIONS.iter().map(|it| it.code).collect();
    assert_eq!(explained.len(), EXPLANATIONS.len(), "a page stands twice");
    let decided = gates::ALL.iter().map(|gate| gate.code);
    let asked: BTreeSet<&str> = RUN_GATES.iter().map(|gate| gate.code).chain(decided).collect();
    assert_eq!(explained, asked);
    let page = stdout(&["gates", "--explain", "parity"]);
    for told in ["asked by run", "asked by cutover, delete", "Why", "What to do", "454.99"] {
        assert!(page.contains(told), "{told}: {page}");
    }
    let json: serde_json::Value =
        serde_json::from_str(&stdout(&["gates", "--explain", "samples", "--format", "json"])).unwrap();
    assert!(json["gates"][0]["explanation"]["why"].as_str().unwrap().contains("prove little"), "{json}");
    let unknown = run(&root(), &["gates", "--explain", "parityy"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("did you mean `parity`?"));
}
