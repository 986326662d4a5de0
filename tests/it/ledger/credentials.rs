//! What opens a team's ledger is in no output, recording or store, in any escaping.

use thor_cutover::emulator::{Emulator, Options, PASSWORD as THOR_PASSWORD, USER};
use thor_cutover::evidence::{Ledger, LedgerPlace, line_of};

use super::server::Server;
use crate::control::tool::Tool;
use crate::secrets::{left, readings};

/// What opens a team's ledger and signs its exports: the server's password, the key of pseudonyms, the signing key.
#[test]
fn what_opens_a_ledger_on_postgres_is_nowhere() {
    const OPENS: &str = "pg+PLANTED/1%20x9";
    let server = Server::start();
    let database = server.database();
    database.admin(&format!("CREATE ROLE planted LOGIN SUPERUSER PASSWORD '{OPENS}'"));
    let form: String = url::form_urlencoded::byte_serialize(OPENS.as_bytes()).collect();
    let with_password = |user: &str| database.url_of(user).replace('@', &format!(":{form}@"));
    let emulator = Emulator::start(Options::default()).unwrap();
    let (tool, safe) = (Tool::new(), Tool::new());
    let kept_safe = |name: &str| safe.path().join(name).display().to_string();
    let (team, signing) = (kept_safe("team.key"), kept_safe("signing.key"));
    safe.run(&["evidence", "key", "export", &team]).exits(0);
    safe.run(&["evidence", "signing-key", &signing]).exits(0);
    let key = safe.read("team.key").trim().to_owned();
    let signs = safe.read("signing.key").lines().last().unwrap().to_owned();
    tool.write("thor-cutover.toml", "[evidence]\nstore_env = \"LEDGER\"\nidentifiers_key_env = \"TEAM\"\n");
    let said = |store: &str, arguments: &[&str]| {
        let mut command = tool.command(arguments);
        command.env("LEDGER", store).env("TEAM", &key).env("THOR_CUTOVER_REST_URL", emulator.rest_url());
        command.env("THOR_USER", USER).env("THOR_PASSWORD", THOR_PASSWORD);
        let output = command.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code().unwrap(), text(&output.stdout) + &text(&output.stderr))
    };
    let mut found = Vec::new();
    let mut look = |what: &str, text: &str| {
        let readings = readings(text);
        for secret in [OPENS, &key, &signs] {
            if readings.iter().any(|reading| reading.contains(secret)) {
                found.push(format!("{what} has {secret}"));
            }
        }
    };
    let good = with_password("planted");
    let run = ["shadow-diff", "account_balance", "--for", "6s", "--every", "150ms", "--record", "r.ndjson"];
    let commands: [&[&str]; 8] = [
        &run,
        &["evidence", "list", "--format", "json"],
        &["evidence", "key", "fingerprint"],
        &["evidence", "export"],
        &["evidence", "export", "e.ndjson", "--sign", &signing],
        &["evidence", "verify"],
        &["checklist", "--format", "json"],
        &["status"],
    ];
    for arguments in commands {
        let (code, text) = said(&good, arguments);
        // how long a busy machine would have to watch is not the question here
        let may_be_undecided = ["checklist", "shadow-diff"].contains(&arguments[0]);
        assert!(
            code == 0 || (code == 3 && may_be_undecided) || (code == 1 && arguments[0] == "checklist"),
            "{arguments:?}: {text}"
        );
        look(&format!("{arguments:?}"), &text);
    }
    let mut place = LedgerPlace::from(&database.url_of("planted"));
    place.password = Some(secrecy::SecretString::from(OPENS));
    let whole = Ledger::read(place).unwrap().unwrap().whole().unwrap().0;
    assert!(whole.iter().any(|stored| stored.body.contains("--record r.ndjson")), "the command line is kept");
    whole.iter().for_each(|stored| look("the ledger", &line_of(stored)));

    for store in
        [with_password("nobody"), good.replace("127.0.0.1:", "127.0.0.1:x"), good.replacen("es:", ":", 1)]
    {
        let (code, text) = said(&store, &["evidence", "list"]);
        assert!(code == 4 || code == 2, "{text}");
        look("a wrong URL", &text);
    }
    server.kill();
    for arguments in [&["evidence", "list"][..], &["checklist"], &["status"], &run] {
        let (code, text) = said(&good, arguments);
        assert_eq!(code, 4, "{arguments:?}: {text}");
        look(&format!("{arguments:?} without a server"), &text);
    }
    assert!(tool.path().join(".thor-cutover/pending.ndjson").exists(), "the last run waits");
    for (name, text) in left(&tool) {
        look(&name, &text);
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
