//! What shells propose: the committed scripts in real shells, with the program behind them. fish, zsh and elvish are
//! Debian's packages of these names; a shell that is not here is skipped, loudly.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use portable_pty::CommandBuilder;
use thor_cutover::clock::Clock;
use thor_cutover::model::time::Nanos;

use crate::control::tool::Tool;
use crate::live::terminal::Terminal;

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("completions").join(name)
}

/// A PATH on which the program is this one.
fn path() -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_thor-cutover")).parent().unwrap().display().to_string();
    format!("{program}:{}", std::env::var_os("PATH").unwrap_or_default().to_string_lossy())
}

fn has(shell: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let is_here = std::env::split_paths(&paths).any(|folder| folder.join(shell).is_file());
    if !is_here {
        let is_ci = std::env::var_os("CI").is_some_and(|ci| ci == "true");
        assert!(!is_ci, "{shell} is not here: apt-get install {shell}");
        writeln!(std::io::stderr().lock(), "SKIPPED: {shell} is not here: apt-get install {shell}").unwrap();
    }
    is_here
}

fn lines(output: &std::process::Output) -> Vec<String> {
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "something was said at a prompt");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    said.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// What bash proposes for the last of these words.
fn bash(tool: &Tool, words: &[&str]) -> Vec<String> {
    let ask = "source \"$1\"; shift; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); COMP_TYPE=9\n\
               function_of=$(complete -p thor-cutover | sed 's/.*-F \\([^ ]*\\).*/\\1/')\n\
               $function_of thor-cutover \"${@: -1}\" \"${@: -2:1}\" 2> >(grep -v 'compopt: not currently' >&2)\n\
               printf '%s\\n' \"${COMPREPLY[@]}\"";
    let mut command = Command::new("bash");
    command.args(["-c", ask, "bash"]).arg(script("thor-cutover.bash")).args(words);
    lines(&command.env_clear().env("PATH", path()).current_dir(tool.path()).output().unwrap())
}

/// What fish proposes for a line, without its descriptions.
fn fish(tool: &Tool, line: &str) -> Vec<String> {
    let mut command = Command::new("fish");
    let ask = format!("source {}; complete -C '{line}'", script("thor-cutover.fish").display());
    command.args(["--no-config", "-c", &ask]).env_clear().env("HOME", tool.path()).env("PATH", path());
    lines(&command.current_dir(tool.path()).output().unwrap())
}

/// With a run, a sign-off that holds and one that was taken back.
fn with_a_ledger() -> (Tool, Vec<(String, String)>) {
    let tool = Tool::new();
    let word = ["--by", "Ada", "--role", "lead", "--note", "watched: two \"sessions\" $HOME"];
    let exported = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/ledger-of-version-1/export.ndjson");
    tool.run(&["evidence", "import", exported]).exits(0);
    for feature in ["positions", "intraday"] {
        tool.run(&[&["sign-off", feature][..], &word].concat()).exits(0);
    }
    let id_of = |kind: &str, feature: &str| {
        let listed =
            tool.run(&["evidence", "list", "--kind", kind, "--feature", feature, "--format", "json"]);
        listed.exits(0).json()["entries"][0]["id"].as_str().unwrap().to_owned()
    };
    let taken_back = id_of("sign-off", "intraday");
    tool.run(&["sign-off", "intraday", "--revoke", &taken_back, "--by", "Ada", "--note", "x"]).exits(0);
    let listed = tool.run(&["evidence", "list", "--format", "json"]).exits(0).json();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let entries = listed["entries"].as_array().unwrap();
    let entries = entries.iter().map(|entry| (text(&entry["id"]), text(&entry["kind"]))).collect();
    (tool, entries)
}

#[test]
fn bash_completes_commands_features_gates_and_files() {
    let tool = Tool::new();
    tool.write("READ.md", "");
    for (words, expected) in [
        (&["thor-cutover", "shadow"][..], &["shadow-diff"][..]),
        (&["thor-cutover", "enable", "p"], &["positions"]),
        (&["thor-cutover", "shadow-diff", "positions", "in"], &["intraday"]),
        (&["thor-cutover", "shadow-diff", "positions", "p"], &[]),
        (&["thor-cutover", "sign-off", "g"], &["global_market"]),
        (&["thor-cutover", "audit", "--plan", "acc"], &["account_balance"]),
        (&["thor-cutover", "evidence", "list", "--feature", "g"], &["global_market"]),
        (&["thor-cutover", "gates", "transitions"], &["transitions-covered"]),
        (&["thor-cutover", "sign-off", "positions", "--gate", "r"], &["release"]),
        (&["thor-cutover", "checklist", "--decision", "cut"], &["cutover"]),
        (&["thor-cutover", "checklist", "--for"], &["--format"]),
        (&["thor-cutover", "checklist", "--format", "ju"], &["junit"]),
        (&["thor-cutover", "init", "--contract", "thor-"], &["thor-a", "thor-b"]),
        (&["thor-cutover", "init", "--from", "READ"], &["READ.md"]),
        (&["thor-cutover", "schema", "conf"], &["config"]),
        (&["thor-cutover", "man", "shadow"], &["shadow-diff"]),
        (&["thor-cutover", "rollback", ""], &["account_balance", "positions", "intraday", "global_market"]),
    ] {
        assert_eq!(bash(&tool, words), expected, "{words:?}");
    }
    let options = bash(&tool, &["thor-cutover", "status", "--"]);
    assert!(
        options.contains(&"--watch".to_owned()) && options.contains(&"--config".to_owned()),
        "{options:?}"
    );
    tool.write(
        "other.toml",
        "contract = \"none\"\n[features.orders]\nkey = [\"/id\"]\n\
         [features.orders.rest]\npath = \"/orders\"\nselect = \"\"\nevery = \"5s\"\n\
         [features.orders.ws]\ntypes = [\"order\"]\nselect = \"/data\"\ncarries = \"upsert\"\n\
         delivery = \"on_change\"\nevery = \"1s\"\n",
    );
    let own = ["thor-cutover", "--config", "other.toml", "shadow-diff", ""];
    assert_eq!(bash(&tool, &own), ["orders"], "the features are those of the configuration");
    tool.write("other.toml", "contract = [");
    assert_eq!(bash(&tool, &own).len(), 4, "the built-in ones, where it cannot be read");
}

#[test]
fn ids_are_completed_from_the_ledger_which_stays_as_it_is() {
    let (tool, entries) = with_a_ledger();
    let ids = |kinds: &[&str]| -> Vec<String> {
        let of_kind =
            entries.iter().rev().filter(|(_, kind)| kinds.is_empty() || kinds.contains(&kind.as_str()));
        of_kind.map(|(id, _)| id.clone()).collect()
    };
    let ledger = tool.path().join(".thor-cutover/evidence.db");
    let before = std::fs::read(&ledger).unwrap();
    assert_eq!(bash(&tool, &["thor-cutover", "evidence", "show", ""]), ids(&[]));
    let first = &ids(&[])[0];
    assert_eq!(
        bash(&tool, &["thor-cutover", "evidence", "show", &first[..first.len() - 2]]),
        [first.as_str()]
    );
    assert_eq!(bash(&tool, &["thor-cutover", "evidence", "verify", ""]), ids(&["run"]));
    let of_positions = bash(&tool, &["thor-cutover", "sign-off", "positions", "--revoke", ""]);
    assert_eq!(of_positions.len(), 1, "{of_positions:?}");
    assert!(ids(&["sign_off"]).contains(&of_positions[0]));
    let taken_back = bash(&tool, &["thor-cutover", "sign-off", "intraday", "--revoke", ""]);
    assert!(!ids(&["sign_off"]).iter().any(|id| taken_back.contains(id)), "{taken_back:?}");
    assert_eq!(std::fs::read(&ledger).unwrap(), before);
    if has("fish") {
        let shown = fish(&tool, "thor-cutover evidence show ");
        let (id, what) = shown[0].split_once('\t').unwrap();
        assert_eq!(id, first);
        assert!(what.starts_with("revocation: takes back"), "{what}");
    }
}

#[test]
fn where_something_is_wrong_nothing_is_proposed_nothing_said_and_nobody_waited_for() {
    // takes connections and never says a word
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let tool = Tool::new();
    tool.write("broken.db", "no database, but long enough to be looked at");
    let server = format!("postgres://ada@{}/thor", silent.local_addr().unwrap());
    for store in ["sqlite:broken.db", "sqlite:nowhere/evidence.db", "mysql://x", &server] {
        let clock = Clock::start();
        let words = ["thor-cutover", "--evidence", store, "evidence", "show", ""];
        let proposed = bash(&tool, &words);
        assert!(!proposed.iter().any(|word| word.starts_with("20")), "{store}: {proposed:?}");
        let took = clock.now().since(Nanos::ZERO);
        assert!(took < Duration::from_secs(5), "{store}: {took:?}");
    }
    silent.set_nonblocking(true).unwrap();
    assert!(silent.accept().is_err(), "a server was asked");
    assert!(!tool.path().join(".thor-cutover").exists() && !tool.path().join("nowhere").exists());
    for (shell, arguments) in
        [("nushell", &["--", "thor-cutover", "st"][..]), ("bash", &[]), ("bash", &["--"])]
    {
        let mut command = tool.command(arguments);
        let output = command.env("_THOR_CUTOVER_COMPLETE", shell).output().unwrap();
        assert_eq!((output.status.code(), lines(&output)), (Some(0), Vec::new()), "{shell} {arguments:?}");
    }
}

#[test]
fn fish_completes_with_descriptions() {
    if !has("fish") {
        return;
    }
    let tool = Tool::new();
    assert_eq!(fish(&tool, "thor-cutover gates transi"), ["transitions-covered"]);
    assert_eq!(fish(&tool, "thor-cutover enable p"), ["positions"]);
    let commands = fish(&tool, "thor-cutover sta");
    assert!(commands.len() == 1 && commands[0].starts_with("status\tWhich flags are on"), "{commands:?}");
}

/// As it is installed: a file on zsh's `fpath`, which answers from the first time on.
#[test]
fn zsh_completes_at_a_prompt() {
    if !has("zsh") {
        return;
    }
    let (tool, entries) = with_a_ledger();
    std::fs::copy(script("_thor-cutover"), tool.write("fpath/_thor-cutover", "")).unwrap();
    let begin = "PS1='ready> '; fpath=($PWD/fpath $fpath); autoload -U compinit; compinit -u -D";
    tool.write(".zshrc", begin);
    let mut command = CommandBuilder::new("zsh");
    command.args(["-d", "-i"]);
    command.env_clear();
    for (name, value) in [("PATH", path().as_str()), ("TERM", "xterm"), ("HOME", ".")] {
        command.env(name, value);
    }
    command.env("ZDOTDIR", tool.path());
    command.cwd(tool.path());
    let mut terminal = Terminal::of(command);
    terminal.wait_for("ready>");
    terminal.press("thor-cutover gates transi\t");
    terminal.wait_for("thor-cutover gates transitions-covered");
    terminal.press("\u{15}thor-cutover enable pos\t");
    terminal.wait_for("thor-cutover enable positions");
    let sign_off = &entries.iter().find(|(_, kind)| kind == "sign_off").unwrap().0;
    terminal.press("\u{15}thor-cutover sign-off positions --revoke \t");
    terminal.wait_for(sign_off);
    terminal.press("\u{15}exit\r");
}

#[test]
fn elvish_completes_by_the_committed_script() {
    if !has("elvish") {
        return;
    }
    let tool = Tool::new();
    let mut command = CommandBuilder::new("elvish");
    command.args(["-norc"]);
    command.env_clear();
    for (name, value) in [("PATH", path().as_str()), ("TERM", "xterm"), ("HOME", "."), ("SHELL", "elvish")] {
        command.env(name, value);
    }
    command.cwd(tool.path());
    let mut terminal = Terminal::of(command);
    terminal.press(&format!("eval (slurp < {}); echo lo'aded'\r", script("thor-cutover.elv").display()));
    terminal.wait_for("\nloaded");
    terminal.press("thor-cutover gates transi\t");
    terminal.wait_for("thor-cutover gates transitions-covered");
    terminal.press("\u{3}exit\r");
}
