//! `checklist` through the binary: nothing claimed, exit codes alike in every format, ledgers it will not read.

use std::path::Path;

use jsonschema::validator_for;

use crate::control::tool::Tool;
use crate::ledger::sample::{Run, at};

/// The formats and how an answer in each is told from nothing.
const FORMATS: [(&str, &str); 5] = [
    ("human", "Gate"),
    ("json", "thor-cutover/checklist/1"),
    ("markdown", "| gate |"),
    ("junit", "<testsuites"),
    ("github", "::"),
];

#[test]
fn nothing_claimed_and_no_evidence_shows_what_each_feature_lacks() {
    let tool = Tool::new();
    let said = tool.run(&["checklist", "--format", "json"]).exits(0).json();
    assert_eq!(said["verdict"], "nothing-claimed");
    let features = said["features"].as_array().unwrap();
    assert_eq!(features.len(), 4);
    for feature in features {
        assert_eq!(feature["claimed"], false);
        assert!(feature["decision"].is_string());
        let lacking: Vec<&str> = feature["gates"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|gate| gate["verdict"] != "go")
            .map(|gate| gate["code"].as_str().unwrap())
            .collect();
        assert!(lacking.contains(&"evidence-present"), "{lacking:?}");
    }
    let human = tool.run(&["checklist"]).exits(0);
    for feature in ["account_balance", "positions", "intraday", "global_market"] {
        assert!(human.out.contains(feature), "{}", human.out);
    }
    assert!(human.out.contains("no source tree"), "said loudly: {}", human.out);
    assert!(!tool.path().join(".thor-cutover").exists(), "looking leaves no trace");
}

#[test]
fn a_waived_source_is_named_in_every_format() {
    let tool = Tool::with_flags_off();
    tool.write("thor-cutover.toml", "[source]\nnone = \"the backend is Java\"\n");
    for (format, _) in FORMATS {
        let said = tool.run(&["checklist", "account_balance", "--format", format]).exits(3);
        assert!(said.out.contains("the backend is Java"), "{format}: {}", said.out);
        if format != "junit" {
            assert!(!said.out.contains("of Thor was found"), "{format}: {}", said.out);
        }
    }
    let said = tool.run(&["checklist", "account_balance", "--format", "json"]).exits(3).json();
    assert_eq!(said["waived"], serde_json::json!({ "gates": 3, "reason": "the backend is Java" }));
    let said = tool.run(&["status"]).exits(0);
    let words = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("waived, no source tree: the backend is Java"), "{}", said.out);
    assert!(tool.run(&["audit"]).exits(2).err.contains("the backend is Java"));
    tool.run(&["checklist", "--since", "HEAD~1"]).exits(2);
    for wrong in ["none = \" \"", "none = \"Java\"\nroot = \".\""] {
        tool.write("thor-cutover.toml", &format!("[source]\n{wrong}\n"));
        let said = tool.run(&["checklist"]).exits(2);
        assert!(said.err.contains("thor-cutover.toml:2: `none`"), "{}", said.err);
    }
}

#[test]
fn the_exit_code_is_the_same_in_every_format() {
    let tool = Tool::with_flags_off();
    for (format, mark) in FORMATS {
        let said = tool.run(&["checklist", "account_balance", "--format", format]).exits(3);
        assert!(said.out.contains(mark), "{format}: {}", said.out);
        tool.run(&["checklist", "positions", "--decision", "cutover", "--format", format]).exits(1);
        tool.run(&["checklist", "--format", format]).exits(0);
    }
    for format in ["sarif", "html"] {
        tool.run(&["checklist", "--format", format]).exits(2);
    }
    tool.run(&["checklist", "acount_balance"]).exits(2);
    tool.run(&["checklist", "--require-source"]).exits(2);
    tool.run(&["checklist", "--since", "HEAD~1"]).exits(2);
    tool.run(&["checklist", "--source", "not-there"]).exits(2);
    tool.run(&["checklist", "--log-file", "not-there.log"]).exits(4);
}

#[test]
fn a_flag_that_is_on_claims_its_cutover() {
    let tool = Tool::new();
    tool.write(".env", "WS_FEATURE_ACCOUNT_BALANCE=true\n");
    let said = tool.run(&["checklist", "--format", "json"]).exits(3).json();
    assert_eq!(said["verdict"], "inconclusive");
    assert_eq!(said["features"][0]["claimed"], true);
    assert_eq!(said["features"][0]["decision"], "cutover");
    tool.write(".env", "WS_FEATURE_POSITIONS=true\n");
    let said = tool.run(&["checklist", "--format", "json"]).exits(1).json();
    assert_eq!(said["features"][1]["judged"], true, "out of order");
    assert_eq!(said["features"][0]["judged"], false);
}

#[test]
fn a_ledger_that_cannot_be_trusted_is_exit_4_without_a_verdict() {
    let spoil: [(&str, fn(&Path)); 4] = [
        ("truncated", |path| {
            let whole = std::fs::read(path).unwrap();
            std::fs::write(path, &whole[..whole.len() / 2]).unwrap();
        }),
        ("garbage", |path| std::fs::write(path, "x".repeat(5000)).unwrap()),
        ("newer", |path| {
            rusqlite::Connection::open(path).unwrap().pragma_update(None, "user_version", 9).unwrap();
        }),
        ("empty", |path| std::fs::write(path, "").unwrap()),
    ];
    for (name, spoil) in spoil {
        let tool = Tool::new();
        let path = tool.ledger().path().to_owned();
        spoil(&path);
        for (format, _) in FORMATS {
            let said = tool.run(&["checklist", "--format", format]).exits(4);
            assert!(said.out.is_empty(), "{name}: {}", said.out);
            assert!(said.err.contains("evidence.db") && said.err.contains("hint:"), "{name}: {}", said.err);
        }
    }
}

#[cfg(unix)]
#[test]
fn so_is_one_that_is_writable_by_everybody() {
    use std::os::unix::fs::PermissionsExt as _;
    let tool = Tool::new();
    let path = tool.ledger().path().to_owned();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
    assert!(tool.run(&["checklist"]).exits(4).out.is_empty());
}

/// Asking leaves everything as it was: the ledger, what waits beside it, the folder.
#[cfg(unix)]
#[test]
fn it_only_reads() {
    use std::os::unix::fs::PermissionsExt as _;
    let tool = Tool::new();
    tool.write(".env", "WS_FEATURE_POSITIONS=true\n");
    let run = Run::clean("positions", at("2026-11-23T14:30:00Z"), 600.0).record();
    tool.ledger().record_run(&run).unwrap();
    let store = tool.path().join(".thor-cutover");
    std::fs::write(store.join("pending.ndjson"), "not evidence\n").unwrap();
    let mode =
        |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    mode(&store.join("evidence.db"), 0o400);
    mode(&store, 0o500);
    let listed = || -> Vec<_> {
        let mut files: Vec<_> = std::fs::read_dir(&store)
            .unwrap()
            .map(|file| file.unwrap().path())
            .map(|path| {
                (path.clone(), std::fs::read(&path).unwrap(), path.metadata().unwrap().modified().unwrap())
            })
            .collect();
        files.sort();
        files
    };
    let before = listed();
    let said = as_nobody(&tool, &["checklist", "--format", "json"]);
    mode(&store, 0o700);
    let answer: serde_json::Value = serde_json::from_slice(&said.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&said.stderr)));
    assert!(answer["warnings"].to_string().contains("cannot be read"), "{:#}", answer["warnings"]);
    assert!(answer["features"][1]["gates"].to_string().contains("judged by other rules"), "{answer:#}");
    assert_eq!(listed(), before);
}

/// The tool as a user to whom permissions mean something: root may write everywhere.
#[cfg(unix)]
fn as_nobody(tool: &Tool, arguments: &[&str]) -> std::process::Output {
    let plain = tool.command(arguments);
    if !rustix::process::geteuid().is_root() {
        return { plain }.output().unwrap();
    }
    let owned = std::process::Command::new("chown").args(["-R", "nobody"]).arg(tool.path()).status().unwrap();
    assert!(owned.success());
    std::process::Command::new("setpriv")
        .args(["--reuid=nobody", "--clear-groups", "--"])
        .arg(plain.get_program())
        .args(plain.get_args())
        .current_dir(tool.path())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .output()
        .unwrap()
}

#[test]
fn the_summary_is_written_when_asked_and_named() {
    let tool = Tool::new();
    let summary = tool.path().join("summary.md");
    std::fs::write(&summary, "# before\n").unwrap();
    let output =
        tool.command(&["checklist", "--summary"]).env("GITHUB_STEP_SUMMARY", &summary).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let text = std::fs::read_to_string(&summary).unwrap();
    assert!(text.starts_with("# before\n# "), "appended: {text}");
    assert!(text.contains("nothing-claimed"), "{text}");
    assert!(tool.run(&["checklist", "--summary"]).exits(0).err.contains("GITHUB_STEP_SUMMARY"));
}

/// As GitHub shows them: the first ten annotations, each in one line.
#[test]
fn github_gets_an_annotation_a_feature_the_worst_first_and_at_most_ten() {
    let tool = Tool::with_flags_off();
    tool.write(".env", "WS_FEATURE_INTRADAY=true\nWS_FEATURE_ACCOUNT_BALANCE=true\n");
    let said = tool.run(&["checklist", "--format", "github"]).exits(1);
    let marks = |out: &str| -> Vec<String> {
        let shown =
            |line: &&str| ["::error ", "::warning ", "::notice "].iter().any(|mark| line.starts_with(mark));
        out.lines().filter(shown).map(str::to_owned).collect()
    };
    let annotations = marks(&said.out);
    assert_eq!(annotations.len(), 2, "one each for what is claimed: {}", said.out);
    assert!(
        annotations[0].starts_with("::error title=intraday cutover%3A no-go::flag-order: "),
        "{annotations:?}"
    );
    assert!(annotations[0].contains("To do: ") && annotations[0].contains("%0Aalso: "), "{annotations:?}");
    assert!(
        annotations[1].starts_with("::warning title=account_balance cutover%3A inconclusive::"),
        "{annotations:?}"
    );
    let features: String = (0..12)
        .map(|at| {
            format!(
                "[features.f{at}]\norder = {at}\nflag = \"WS_FEATURE_F{at}\"\nkey = []\nrest = {{ path = \"/api/{at}\", \
                 select = \"/x\", every = \"10s\" }}\nws = {{ types = [\"t{at}\"], select = \"/data\", carries = \
                 \"snapshot\", delivery = \"periodic\", every = \"10s\" }}\n"
            )
        })
        .collect();
    tool.write("thor-cutover.toml", &format!("contract = \"none\"\n{features}"));
    tool.write(".env", &(0..12).map(|at| format!("WS_FEATURE_F{at}=true\n")).collect::<String>());
    let said = tool.run(&["checklist", "--format", "github"]);
    let annotations = marks(&said.out);
    assert_eq!(annotations.len(), 10, "{}{}", said.out, said.err);
    assert!(annotations[9].contains("; 3 more features are in the log"), "{annotations:?}");
    assert_eq!(said.out.lines().filter(|line| line.starts_with("::group::")).count(), 12);
}

#[test]
fn what_a_name_in_a_log_says_stays_text() {
    let tool = Tool::new();
    tool.write("ws.log", "ERROR websocket \u{1b}[31m::error::x <b>|`@all` https://x %0A\r\n");
    let of = |format: &str| {
        tool.run(&["checklist", "account_balance", "--log-file", "ws.log", "--format", format]).out
    };
    for (format, _) in FORMATS {
        assert!(!of(format).contains('\u{1b}'), "{format}");
    }
    let markdown = of("markdown");
    assert!(markdown.contains("&lt;b&gt;\\|\\`&#64;&#8203;all\\` https&#58;//x"), "{markdown}");
    let github = of("github");
    let commands: Vec<&str> = github.lines().filter(|line| line.trim_start().starts_with("::")).collect();
    let ours = ["::group::", "::endgroup::", "::error ", "::warning ", "::notice "];
    assert!(commands.iter().all(|line| ours.iter().any(|begin| line.starts_with(begin))), "{github}");
    assert!(github.contains("::error::x") && !github.contains("##["), "{github}");
}

/// Every JSON answer of the ledger's commands against the schema that the tool prints.
#[test]
fn json_is_as_its_schema_says() {
    let tool = Tool::with_flags_off();
    tool.ledger()
        .record_run(&Run::clean("positions", at("2026-11-23T14:30:00Z"), 600.0).divergent().record())
        .unwrap();
    let answers: [(&str, &[&str]); 9] = [
        ("checklist", &["checklist"]),
        ("checklist", &["checklist", "positions", "--decision", "complete"]),
        ("gates", &["gates"]),
        ("evidence", &["evidence", "list"]),
        ("evidence", &["evidence", "prune", "--older-than", "1h"]),
        ("evidence-show", &["evidence", "show", "20261123"]),
        ("enable", &["enable", "positions"]),
        ("rollback", &["rollback", "positions", "--dry-run"]),
        ("sign-off", &["sign-off", "positions", "--by", "A", "--role", "B", "--note", "C"]),
    ];
    for (name, arguments) in answers {
        let schema = tool.run(&["schema", name]).exits(0).json();
        let answer = tool.run(&[arguments, &["--format", "json"]].concat()).json();
        let validator = validator_for(&schema).unwrap();
        let errors: Vec<String> = validator.iter_errors(&answer).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}\n{answer:#}");
        assert_eq!(answer["schema"], format!("thor-cutover/{name}/1"));
    }
}
