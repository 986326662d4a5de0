//! Claims about `status`: works anywhere, says who says what, asks the network only when told to.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn status(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_thor-cutover"))
        .arg("status")
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .output()
        .expect("the binary runs")
}

fn text(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn json(folder: &Path, arguments: &[&str]) -> Value {
    let arguments: Vec<&str> = arguments.iter().copied().chain(["--format", "json"]).collect();
    serde_json::from_str(&text(&status(folder, &arguments))).expect("JSON")
}

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, text).unwrap();
    }
    folder
}

/// Answers one request on loopback with `answer`; returns its URL.
fn server(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).unwrap();
        stream.write_all(answer.as_bytes()).unwrap();
    });
    format!("http://{address}/flags/?token=secret")
}

#[test]
fn an_empty_folder_is_in_shadow() {
    let folder = folder(&[]);
    insta::assert_snapshot!(text(&status(folder.path(), &[])));
    let report = json(folder.path(), &[]);
    assert_eq!(report["mode"], "shadow");
    assert_eq!(report["features"].as_array().unwrap().len(), 4);
    assert_eq!(report["features"][0]["stage"], Value::Null);
    assert_eq!(report["next"], "thor-cutover shadow-diff account_balance");
    assert!(text(&status(folder.path(), &[])).lines().count() <= 26, "more than one screen");
    assert!(fs_err::read_dir(folder.path()).unwrap().next().is_none(), "status leaves nothing behind");
}

#[test]
fn a_source_that_is_not_there_is_exit_2_and_says_so() {
    let output = status(folder(&[]).path(), &["--source", "/nonexistent"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("no source tree at /nonexistent"), "{said}");
    let folder = folder(&[("thor-cutover.toml", "[source]\nroot = \"gone\"\n")]);
    assert_eq!(status(folder.path(), &[]).status.code(), Some(2));
}

#[test]
fn a_tree_is_searched_only_where_one_is_named_and_the_stage_is_the_checklists() {
    let tree = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/checklist/one-feature-integrated");
    let empty = folder(&[]);
    let report = json(empty.path(), &["--source", tree]);
    let stages = |report: &Value| {
        let features = report["features"].as_array().unwrap();
        features.iter().map(|it| it["stage"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(stages(&report), ["shadow", "not-integrated", "not-integrated", "not-integrated"]);
    assert_eq!(report["source"], tree);
    let checklist = Command::new(env!("CARGO_BIN_EXE_thor-cutover"))
        .args(["checklist", "--decision", "next", "--format", "json", "--source", tree])
        .current_dir(folder(&[]).path())
        .env_clear()
        .output()
        .unwrap();
    let checklist: Value = serde_json::from_slice(&checklist.stdout).unwrap();
    assert_eq!(stages(&checklist), stages(&report));
    for (said, decided) in
        report["features"].as_array().unwrap().iter().zip(checklist["features"].as_array().unwrap())
    {
        assert_eq!((&said["decision"], &said["verdict"]), (&decided["decision"], &decided["verdict"]));
        let lacking = decided["gates"].as_array().unwrap().iter().filter(|gate| gate["verdict"] != "go");
        assert_eq!(said["missing"].as_array().unwrap().len(), lacking.count());
    }
    let here = json(Path::new(tree), &[]);
    assert_eq!((&here["features"][0]["stage"], &here["source"]), (&Value::Null, &Value::Null));
    assert!(here["stage_reason"].as_str().unwrap().contains("--source DIR"), "{here}");
    assert!(fs_err::read_dir(empty.path()).unwrap().next().is_none(), "status leaves nothing behind");
}

#[test]
fn a_ledger_that_cannot_be_read_is_exit_4_and_the_flags_are_shown_all_the_same() {
    let folder = folder(&[
        (".env", "WS_FEATURE_ACCOUNT_BALANCE=true\n"),
        (".thor-cutover/evidence.db", "this is no database at all"),
    ]);
    let output = status(folder.path(), &["--format", "json"]);
    assert_eq!(output.status.code(), Some(4));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["exit_code"], &report["live"]), (&4.into(), &1.into()));
    let warnings = report["warnings"].to_string();
    assert!(warnings.contains("evidence.db"), "{warnings}");
}

#[test]
fn watching_says_it_again_with_what_changed() {
    use std::io::BufRead as _;
    let folder = folder(&[(".env", "WS_FEATURE_ACCOUNT_BALANCE=false\n")]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_thor-cutover"))
        .args(["status", "--watch", "300ms"])
        .current_dir(folder.path())
        .env_clear()
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = std::io::BufReader::new(child.stdout.take().unwrap()).lines();
    let mut modes =
        lines.by_ref().map(Result::unwrap).filter(|line| line.contains("switched to the WebSocket"));
    assert!(modes.next().unwrap().starts_with("SHADOW"));
    fs_err::write(folder.path().join(".env"), "WS_FEATURE_ACCOUNT_BALANCE=true\n").unwrap();
    let changed = modes.by_ref().take(20).any(|line| line.starts_with("PARTIAL 1/4"));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(changed, "it never said that the flag is on");
}

#[test]
fn who_says_what_is_shown_within_80_columns() {
    let folder = folder(&[
        (
            ".env",
            "WS_FEATURE_ACCOUNT_BALANCE=true\nWS_FEATURE_POSITIONS=\" true\"\nWS_FEATURE_INTRADY=true\n",
        ),
        ("thor-frontend/.env", "VITE_WS_FEATURE_ACCOUNT_BALANCE=yes\n"),
        ("compose.yaml", "services:\n  web:\n    environment:\n      WS_FEATURE_ACCOUNT_BALANCE: 'False'\n"),
    ]);
    let text = text(&status(folder.path(), &[]));
    for line in text.lines() {
        assert!(unicode_width::UnicodeWidthStr::width(line) <= 80, "too wide: {line}");
    }
    insta::assert_snapshot!(text);
}

#[test]
fn modes_count_the_backends_flags() {
    let all = "WS_FEATURE_ACCOUNT_BALANCE=true\nWS_FEATURE_POSITIONS=True\nWS_FEATURE_INTRADAY=TRUE\n\
               WS_FEATURE_GLOBAL_MARKET=true\n";
    let report = json(folder(&[(".env", all)]).path(), &[]);
    assert_eq!((&report["mode"], &report["live"]), (&"full".into(), &4.into()));
    let report = json(folder(&[(".env", "WS_FEATURE_ACCOUNT_BALANCE=true\n")]).path(), &[]);
    assert_eq!((&report["mode"], &report["live"], &report["of"]), (&"partial".into(), &1.into(), &4.into()));
}

#[test]
fn a_feature_ahead_of_its_order_is_the_next_thing_to_look_at() {
    let on = "WS_FEATURE_INTRADAY=true\n";
    let front = "VITE_WS_FEATURE_INTRADAY=true\n";
    let report = json(folder(&[(".env", on), ("thor-frontend/.env", front)]).path(), &[]);
    assert_eq!(report["next"], "thor-cutover checklist intraday");
    assert!(report["next_reason"].as_str().unwrap().contains("before account_balance"));
}

#[test]
fn a_running_backend_is_believed_before_files() {
    let folder = folder(&[(".env", "WS_FEATURE_POSITIONS=true\n")]);
    let url = server("HTTP/1.1 200 OK\r\nContent-Length: 31\r\n\r\n{\"WS_FEATURE_POSITIONS\": false}");
    let report = json(folder.path(), &["--flags-url", &url]);
    assert_eq!(report["mode"], "shadow");
    let positions = &report["features"][1];
    assert_eq!(positions["disagreements"][0]["kind"], "running");
    assert_eq!(positions["flags"][0]["kind"], "served");
    assert!(!report.to_string().contains("secret"), "a URL's query may hold a token");
}

#[test]
fn a_flags_url_that_leads_elsewhere_is_not_followed() {
    let url = server("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/x\r\nContent-Length: 0\r\n\r\n");
    let output = status(folder(&[]).path(), &["--flags-url", &url]);
    assert_eq!(output.status.code(), Some(4));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("302") && !said.contains("secret"), "{said}");
}

#[test]
fn a_flags_url_without_flags_or_without_a_server_is_an_error() {
    for answer in [
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>",
    ] {
        let output = status(folder(&[]).path(), &["--flags-url", &server(answer)]);
        assert_eq!(output.status.code(), Some(4), "{answer}");
    }
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let output = status(folder(&[]).path(), &["--flags-url", &format!("http://{nobody}/")]);
    assert_eq!(output.status.code(), Some(4));
    let output = status(folder(&[]).path(), &["--flags-url", "ftp://x/"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn formats_that_status_lacks_are_usage_errors() {
    let output = status(folder(&[]).path(), &["--format", "sarif"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("human, json"));
}

#[test]
fn a_configuration_error_is_exit_2_with_its_line() {
    let folder = folder(&[("thor-cutover.toml", "\n[flags]\nenv_file = [\".env\"]\n")]);
    let output = status(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("thor-cutover.toml:3: unknown key `env_file`"), "{said}");
    assert!(said.contains("did you mean `env_files`?"), "{said}");
}

#[test]
fn what_a_file_says_cannot_command_the_terminal() {
    let folder = folder(&[(".env", "WS_FEATURE_POSITIONS=\"\u{1b}[31mtrue\"\n")]);
    let text = text(&status(folder.path(), &[]));
    assert!(!text.contains('\u{1b}'), "{text:?}");
    assert!(text.contains("\\u{1b}"), "{text}");
}

#[test]
fn the_json_is_what_its_schema_says() {
    let folder = folder(&[(".env", "WS_FEATURE_POSITIONS=1\nWS_FEATURE_INTRADAY=true\n")]);
    let report = json(folder.path(), &[]);
    let schema =
        Command::new(env!("CARGO_BIN_EXE_thor-cutover")).args(["schema", "status"]).output().unwrap();
    let schema: Value = serde_json::from_slice(&schema.stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    let mut broken = report;
    broken["mode"] = "half".into();
    assert!(!validator.is_valid(&broken));
}
