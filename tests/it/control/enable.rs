//! `enable` refuses without GO, and when forced edits nothing but the value.

use thor_cutover::model::facts::ledger::Entry;

use super::tool::Tool;

const FORCED: [&str; 5] = ["enable", "account_balance", "--force", "--reason", "staging only"];

#[test]
fn without_evidence_it_is_refused_and_nothing_changes() {
    let tool = Tool::with_flags_off();
    let said = tool.run(&["enable", "account_balance"]).exits(3);
    assert!(said.out.starts_with("refused, nothing was changed"), "{}", said.out);
    assert!(!said.out.contains("+WS_FEATURE"), "a diff reads as if it were done: {}", said.out);
    assert!(said.out.contains("evidence-present"), "it names what is missing: {}", said.out);
    assert!(tool.read(".env").contains("WS_FEATURE_ACCOUNT_BALANCE=false"));
    assert!(!tool.path().join(".thor-cutover").exists());
}

#[test]
fn out_of_order_it_is_refused_as_no_go() {
    let tool = Tool::with_flags_off();
    let said = tool.run(&["enable", "positions", "--format", "json"]).exits(1).json();
    assert!(said["lacking"].as_array().unwrap().iter().any(|gate| gate["code"] == "flag-order"));
    assert_eq!(said["done"], false);
}

#[test]
fn force_needs_a_reason_that_says_something() {
    let tool = Tool::with_flags_off();
    tool.run(&["enable", "account_balance", "--force"]).exits(2);
    tool.run(&["enable", "account_balance", "--force", "--reason", "  "]).exits(2);
}

#[test]
fn forced_it_edits_both_sides_keeps_everything_else_and_says_so_on_the_ledger() {
    let tool = Tool::with_flags_off();
    let said = tool.run(&FORCED).exits(0);
    assert_eq!(
        tool.read(".env"),
        "# Thor\nSECRET_KEY=hush\nWS_FEATURE_ACCOUNT_BALANCE=true # not yet\nDEBUG=1\n"
    );
    assert_eq!(tool.read("thor-frontend/.env"), "VITE_WS_FEATURE_ACCOUNT_BALANCE=\"true\"\r\nVITE_X=1\r\n");
    assert!(tool.read(".thor-cutover/env/.env.bak").contains("WS_FEATURE_ACCOUNT_BALANCE=false"));
    assert_eq!(tool.read(".thor-cutover/.gitignore"), "*\n", "the tool's own folder ignores itself");
    assert!(
        said.out.contains("restart the backend") && said.out.contains("rebuild the frontend"),
        "{}",
        said.out
    );
    assert!(!said.out.contains("hush"), "lines around the change are nobody's business");
    let entries = tool.entries();
    let [Entry::FlagChange(change)] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!((change.on, change.forced.as_deref()), (true, Some("staging only")), "and no GO was used");
}

#[test]
fn a_dry_run_shows_the_change_and_makes_none() {
    let tool = Tool::with_flags_off();
    let mut arguments = FORCED.to_vec();
    arguments.push("--dry-run");
    let said = tool.run(&arguments).exits(0);
    assert!(said.out.contains("-WS_FEATURE_ACCOUNT_BALANCE=false # not yet"), "{}", said.out);
    assert!(said.out.contains("+WS_FEATURE_ACCOUNT_BALANCE=true # not yet"), "{}", said.out);
    assert!(tool.read(".env").contains("WS_FEATURE_ACCOUNT_BALANCE=false"));
    assert!(!tool.path().join(".thor-cutover").exists());
}

#[test]
fn one_file_for_both_sides_is_edited_once() {
    let tool = Tool::new();
    tool.write(".env", "WS_FEATURE_ACCOUNT_BALANCE=false\nVITE_WS_FEATURE_ACCOUNT_BALANCE=false\n");
    tool.write("thor-cutover.toml", "[flags]\nenv_files = [\".env\"]\nfrontend_env_files = [\".env\"]\n");
    tool.run(&FORCED).exits(0);
    assert_eq!(tool.read(".env"), "WS_FEATURE_ACCOUNT_BALANCE=true\nVITE_WS_FEATURE_ACCOUNT_BALANCE=true\n");
}

#[test]
fn bytes_that_are_not_utf_8_survive() {
    let tool = Tool::new();
    let path = tool.path().join(".env");
    std::fs::write(&path, b"NAME=Andr\xe9\nWS_FEATURE_ACCOUNT_BALANCE=false\n").unwrap();
    tool.run(&FORCED).exits(0);
    assert_eq!(std::fs::read(path).unwrap(), b"NAME=Andr\xe9\nWS_FEATURE_ACCOUNT_BALANCE=true\n");
}

#[test]
fn another_declaration_that_says_otherwise_is_pointed_at() {
    let tool = Tool::with_flags_off();
    let compose = "services:\n  web:\n    environment:\n      WS_FEATURE_ACCOUNT_BALANCE: \"false\"\n";
    tool.write("docker-compose.yml", compose);
    let said = tool.run(&FORCED).exits(0);
    assert!(said.out.contains("docker-compose.yml:4"), "{}", said.out);
}

#[cfg(unix)]
#[test]
fn permissions_owner_and_symbolic_links_are_kept() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let tool = Tool::new();
    let real = tool.write("shared/backend.env", "WS_FEATURE_ACCOUNT_BALANCE=false\n");
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o640)).unwrap();
    let foreign = std::os::unix::fs::chown(&real, Some(12_345), Some(54_321)).is_ok();
    std::os::unix::fs::symlink("shared/backend.env", tool.path().join(".env")).unwrap();
    tool.run(&FORCED).exits(0);
    assert!(tool.path().join(".env").symlink_metadata().unwrap().is_symlink(), "the link is still a link");
    assert_eq!(std::fs::read_to_string(&real).unwrap(), "WS_FEATURE_ACCOUNT_BALANCE=true\n");
    let metadata = std::fs::metadata(&real).unwrap();
    assert_eq!(metadata.permissions().mode() & 0o777, 0o640);
    if foreign {
        assert_eq!((metadata.uid(), metadata.gid()), (12_345, 54_321));
    }
    let copy = std::fs::metadata(tool.path().join(".thor-cutover/env/.env.bak")).unwrap();
    assert_eq!(copy.permissions().mode() & 0o777, 0o600, "the copy is nobody else's business");
    let names: Vec<_> = std::fs::read_dir(tool.path().join("shared")).unwrap().flatten().collect();
    assert_eq!(names.len(), 1, "nothing is left beside the file: {names:?}");
}
