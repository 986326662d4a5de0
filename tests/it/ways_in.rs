//! Claims about secrets, for the further ways in: sockets of their own, cookies of a login, a program, a client's key.
//! Whatever a server or a program says back of them, no output, recording or store has it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::control::tool::{Said, Tool};
use crate::observe::server::{Asked, Order, Reply, Server};
use crate::observe::tls;
use crate::secrets::{left, readings};

const OPENING: &str = "side-PLANTED/7777 \\ \"x\"";
const HEADER: &str = "side-hdr-PLANTED/8888=";
const QUERY: &str = "side+qry/PLANTED&9999";
const COOKIE: &str = "ck-PLANTED-session-1234567";
const TOKEN: &str = "plain-tok-PLANTED-4444";
const PASSWORD: &str = "pw PLANTED %55 word";
const PROGRAM: &str = "prog-PLANTED/6666+";

/// In a variable whose name says nothing.
const WORD: &str = "word-PLANTED/5555+";

const SECRETS: [&str; 8] = [OPENING, HEADER, QUERY, COOKIE, TOKEN, PASSWORD, PROGRAM, WORD];

fn run(tool: &Tool, arguments: &[&str]) -> Said {
    let output = tool
        .command(arguments)
        .env("PLANT_OPENING", OPENING)
        .env("PLANT_HEADER", HEADER)
        .env("PLANT_QUERY", QUERY)
        .env("PLANT_USER", "somebody")
        .env("PLANT_PASSWORD", PASSWORD)
        .env("PLANT_PROGRAM_TOKEN", PROGRAM)
        .env("PLANT_WORD", WORD)
        .output()
        .unwrap();
    Said::of(output)
}

/// What of the secrets a text has, and how often something was taken out of it.
#[derive(Default)]
struct Search {
    found: Vec<String>,
    taken_out: usize,
}

impl Search {
    fn look(&mut self, what: &str, text: &str) {
        self.taken_out += text.matches("[secret]").count();
        let readings = readings(text);
        let has = |secret: &&&str| {
            let beginning: String = secret.chars().take(14).collect();
            readings.iter().any(|reading| reading.contains(&beginning))
        };
        self.found.extend(SECRETS.iter().filter(has).map(|secret| format!("{what} has {secret}")));
    }

    fn look_everywhere(&mut self, tool: &Tool, runs: &[&[&str]]) {
        for arguments in runs {
            let said = run(tool, arguments);
            assert!(!said.err.contains("panicked"), "{arguments:?}: {}", said.err);
            self.look(&format!("{arguments:?}"), &(said.out + &said.err));
        }
        for (what, text) in left(tool) {
            self.look(&what, &text);
        }
    }

    fn is_clean(&self, least: usize) {
        assert!(self.found.is_empty(), "{}", self.found.join("\n"));
        assert!(self.taken_out >= least, "they were said back {} times only", self.taken_out);
    }
}

const RUNS: &[&[&str]] = &[
    &[
        "shadow-diff",
        "positions",
        "--for",
        "2s",
        "--every",
        "200ms",
        "--record",
        "r.ndjson",
        "--format",
        "json",
    ],
    &["-vv", "shadow-diff", "positions", "--for", "1s", "--no-evidence"],
    &["doctor", "positions", "--for", "1s"],
    &["doctor", "positions", "--for", "1s", "--format", "json"],
    &["replay", "r.ndjson"],
    &["evidence", "export", "evidence.ndjson"],
    &["init", "--yes", "--from", "r.ndjson", "--config", "made.toml"],
];

fn echo(asked: &Asked) -> String {
    let header = |name: &str| asked.headers.get(name).cloned().unwrap_or_default();
    [header("authorization"), header("cookie"), header("x-side"), asked.target.clone(), asked.body.clone()]
        .join(" ; ")
}

#[test]
fn a_socket_of_its_own_and_the_cookies_of_a_login_are_said_back_nowhere() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let refuses = Arc::new(Mutex::new(false));
    let mood = Arc::clone(&refuses);
    let server = runtime.block_on(Server::start(move |asked| {
        let text = serde_json::to_string(&echo(asked)).unwrap();
        if asked.method == "POST" {
            let cookie = format!("sessionid={COOKIE}; HttpOnly");
            return Reply::with_headers(200, &[("Set-Cookie", &cookie)], &format!("{{\"key\":\"{TOKEN}\"}}"));
        }
        match *mood.lock().unwrap() {
            true => Reply::status(401, &format!("{{\"detail\":{text}}}")),
            false => Reply::with_headers(
                200,
                &[("ETag", &format!("\"{COOKIE}\"")), ("Link", &format!("</p?x={COOKIE}>; rel=\"prev\""))],
                &format!("{{\"positions\":[{{\"symbol\":\"SPY\",\"asset_type\":\"EQ\",\"note\":{text}}}]}}"),
            ),
        }
    }));
    let configuration = format!(
        "[backend]\nrest_url = \"{}\"\nws_url = \"ws://127.0.0.1:1/\"\n[auth]\nscheme = \"Token\"\n\
         login = {{ path = \"/login/\", username_env = \"PLANT_USER\", password_env = \"PLANT_PASSWORD\", \
         access_field = \"key\", cookies = true }}\n\
         [sockets.side]\nurl = \"{}\"\nheader_env = {{ X-Side = \"PLANT_HEADER\" }}\nquery_env = {{ token = \"PLANT_QUERY\" }}\n\
         on_open = [{{ send = '{{\"type\":\"auth\",\"token\":\"${{PLANT_OPENING}}\"}}' }}]\n\
         [features.positions]\nsocket = \"side\"\n[features.positions.rest]\nauth = true\n",
        server.rest_url(),
        server.ws_url()
    );
    let mut search = Search::default();
    for refuse in [false, true] {
        *refuses.lock().unwrap() = refuse;
        let tool = Tool::new();
        tool.write("thor-cutover.toml", &configuration);
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    std::thread::sleep(Duration::from_millis(120));
                    let all = format!("{OPENING} {HEADER} {QUERY} {COOKIE} {TOKEN} {PASSWORD}");
                    let text = serde_json::to_string(&all).unwrap();
                    server.say(&format!(
                        "{{\"type\":\"positions\",\"data\":{{\"positions\":[{{\"symbol\":\"SPY\",\"asset_type\":\"EQ\",\
                         \"note\":{text}}}]}}}}"
                    ));
                    server.say(&format!("no JSON: {all}"));
                    server.order(Order::Close(4001, "bye ck-PLANTED-session-1234567"));
                }
            });
            search.look_everywhere(&tool, RUNS);
            done.store(true, Ordering::Relaxed);
        });
    }
    search.is_clean(50);
    // they were sent, each where it belongs
    let handshakes = server.handshakes();
    assert!(handshakes.iter().any(|it| it["cookie"].contains(COOKIE) && it["x-side"] == HEADER));
    let asked = server.asked();
    assert!(
        asked
            .iter()
            .any(|it| it.headers.get("authorization").is_some_and(|it| it == &format!("Token {TOKEN}")))
    );
    assert!(
        !asked.iter().any(|it| it.headers.contains_key("x-side")),
        "a socket's header is no header of REST"
    );
    assert!(
        server.heard().iter().any(|it| it.to_text().is_ok_and(|text| text.contains("side-PLANTED/7777")))
    );
}

#[cfg(unix)]
#[test]
fn what_a_program_says_of_its_secret_is_nowhere() {
    use std::os::unix::fs::PermissionsExt as _;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let server = runtime.block_on(Server::start(|_| {
        Reply::json(format!(
            "{{\"positions\":[{{\"symbol\":\"SPY\",\"asset_type\":\"EQ\",\"note\":\"{PROGRAM}\"}}]}}"
        ))
    }));
    let tool = Tool::new();
    let script = tool.write(
        "bridge.sh",
        "#!/bin/sh\necho '{\"type\":\"positions\",\"data\":{\"positions\":[{\"symbol\":\"SPY\",\"asset_type\":\"EQ\",\"note\":\"x '\"$PLANT_PROGRAM_TOKEN\"'\"}]}}'\n\
         echo \"no JSON $PLANT_PROGRAM_TOKEN $PLANT_WORD\"\nsleep 0.3\necho \"refused: $PLANT_PROGRAM_TOKEN or $PLANT_WORD\" >&2\nexit 1\n",
    );
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    for table in ["[socket]", "[sockets.side]"] {
        let socket = if table == "[socket]" { "" } else { "[features.positions]\nsocket = \"side\"\n" };
        tool.write(
            "thor-cutover.toml",
            &format!(
                "[backend]\nrest_url = \"{}\"\n{table}\ntransport = \"command\"\ncommand = [\"./bridge.sh\"]\nsecret_env = [\"PLANT_WORD\"]\n{socket}\
                 [features.positions.rest]\nauth = false\n",
                server.rest_url()
            ),
        );
        let mut search = Search::default();
        search.look_everywhere(&tool, RUNS);
        search.is_clean(10);
        let report = run(&tool, &["replay", "r.ndjson", "--format", "json"]).json();
        assert!(report["features"][0]["messages"].as_u64() > Some(1), "{report:#}");
        std::fs::remove_file(tool.path().join("made.toml")).unwrap();
        std::fs::remove_dir_all(tool.path().join(".thor-cutover")).unwrap();
    }
}

/// A key is read from its file and is in nothing that leaves the process, even where a server knows it.
#[test]
fn a_clients_key_is_nowhere() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let key = std::fs::read_to_string(tls::fixture("client.key")).unwrap();
    let lines: Vec<String> =
        key.lines().filter(|line| !line.starts_with("-----")).map(str::to_owned).collect();
    let said = lines.join(" ");
    let server = runtime.block_on(Server::start(move |_| {
        Reply::json(format!(
            "{{\"positions\":[{{\"symbol\":\"SPY\",\"asset_type\":\"EQ\",\"note\":\"{said}\"}}]}}"
        ))
    }));
    let address = runtime.block_on(tls::in_front_of(&server, Some("client-ca.pem")));
    let tool = Tool::new();
    let configuration = |key: &str| {
        format!(
            "[backend]\nrest_url = \"https://{address}\"\nca_file = {:?}\nclient_certificate = {:?}\nclient_key = {key:?}\n\
             [features.positions.rest]\nauth = false\n",
            tls::fixture("ca.pem"),
            tls::fixture("client.pem"),
        )
    };
    tool.write("thor-cutover.toml", &configuration(tls::fixture("client.key").to_str().unwrap()));
    let has_key = |text: &str| lines.iter().any(|line| text.contains(&line[..24.min(line.len())]));
    let mut found = Vec::new();
    let mut taken_out = 0;
    for arguments in RUNS.iter().take(5) {
        let said = run(&tool, arguments);
        let all = said.out + &said.err;
        taken_out += all.matches("[secret]").count();
        if has_key(&all) {
            found.push(format!("{arguments:?}"));
        }
    }
    for (what, text) in left(&tool) {
        taken_out += text.matches("[secret]").count();
        if has_key(&text) {
            found.push(what);
        }
    }
    assert!(found.is_empty() && taken_out > 3, "{taken_out} {found:?}");
    // a file that is no key is not shown either
    tool.write("other.key", "hush-PLANTED-not-a-key\n");
    tool.write("thor-cutover.toml", &configuration("other.key"));
    let said = run(&tool, &["shadow-diff", "positions", "--for", "1s"]).exits(4);
    assert!(said.err.contains("other.key") && !said.err.contains("hush"), "{}", said.err);
}
