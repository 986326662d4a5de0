//! `doctor` as a person calls it: the binary against the emulated Thor, one thing wrong at a time.

mod foreign;

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::Value;
use thor_cutover::emulator::{Dialect, Emulator, Fault, Options, PASSWORD, PlayedFeature, USER};

/// A doctor's visit: the configuration, the options, what the environment holds.
struct Visit {
    folder: tempfile::TempDir,
    options: Vec<String>,
    /// Empty: no log-in is in the environment.
    password: &'static str,
    /// Long enough for every feature that speaks; silence takes longer to tell.
    listen: &'static str,
}

impl Visit {
    fn to(emulator: &Emulator) -> Self {
        Self::at(&emulator.rest_url())
    }

    /// Cadences of a second, so that silence is silence within seconds.
    fn at(rest_url: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut text = format!(
            "[backend]\nrest_url = \"{rest_url}\"\naccount_id = \"PAPER-1-4C1D22AB\"\n[auth.login]\n"
        );
        for feature in ["account_balance", "positions", "intraday"] {
            text.push_str(&format!(
                "[features.{feature}]\npush_delay = \"1s\"\n[features.{feature}.ws]\nevery = \"1s\"\n"
            ));
        }
        std::fs::write(folder.path().join("thor-cutover.toml"), text).unwrap();
        Self { folder, options: Vec::new(), password: PASSWORD, listen: "2s" }
    }

    fn with(mut self, options: &[&str]) -> Self {
        self.options.extend(options.iter().map(|option| (*option).to_owned()));
        self
    }

    fn listening(mut self, listen: &'static str) -> Self {
        self.listen = listen;
        self
    }

    fn line(self, before: &str, after: &str) -> Self {
        let path = self.folder.path().join("thor-cutover.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(before));
        std::fs::write(&path, text.replacen(before, after, 1)).unwrap();
        self
    }

    fn run(&self) -> Output {
        let user = if self.password.is_empty() { "" } else { USER };
        Command::new(env!("CARGO_BIN_EXE_thor-cutover"))
            .current_dir::<&Path>(self.folder.path())
            .env_clear()
            .env("THOR_USER", user)
            .env("THOR_PASSWORD", self.password)
            .args(["doctor", "--for", self.listen])
            .args(&self.options)
            .output()
            .unwrap()
    }

    fn json(self) -> Value {
        let output = self.with(&["--format", "json"]).run();
        let answer: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        assert_eq!(output.status.code(), answer["exit_code"].as_i64().map(|code| code as i32));
        let schema = schemars::schema_for!(thor_cutover::model::diagnosis::Diagnosis);
        if let Err(error) = jsonschema::validate(schema.as_value(), &answer) {
            panic!("{error}\n{answer:#}");
        }
        answer
    }
}

fn quick() -> Options {
    Options { tick: Duration::from_millis(50), bar_ticks: 4, market_ticks: 4, ..Options::default() }
}

fn with(fault: Fault) -> Emulator {
    Emulator::start(Options { faults: vec![fault], ..quick() }).unwrap()
}

fn link<'v>(answer: &'v Value, code: &str) -> &'v Value {
    let links = answer["links"].as_array().unwrap();
    links.iter().find(|link| link["code"] == code).unwrap_or_else(|| panic!("no link {code}: {answer:#}"))
}

/// The chain is broken at this link first, for a reason with these words, with advice that has those.
#[track_caller]
fn broken_at(answer: &Value, code: &str, cause: &str, next: &str) {
    assert_eq!(answer["verdict"], "broken", "{answer:#}");
    assert_eq!(answer["exit_code"], 4);
    assert_eq!(link(answer, code)["state"], "broken", "{answer:#}");
    let broken = answer["links"].as_array().unwrap().iter().find(|link| link["state"] == "broken");
    assert_eq!(broken.unwrap()["code"], code, "the first broken link");
    assert_eq!(answer["first"], link(answer, code)["trouble"]);
    let said = |key: &str| answer["first"][key].as_str().unwrap();
    assert!(said("cause").contains(cause), "{}", said("cause"));
    assert!(said("next").contains(next), "{}", said("next"));
}

#[test]
fn a_sound_chain_is_sound_in_both_states() {
    for (dialect, contract) in [(Dialect::A, "thor-a"), (Dialect::B, "thor-b")] {
        let emulator = Emulator::start(Options { dialect, ..quick() }).unwrap();
        let answer =
            Visit::to(&emulator).line("[backend]", &format!("contract = \"{contract}\"\n[backend]")).json();
        assert_eq!((&answer["verdict"], &answer["exit_code"]), (&"sound".into(), &0.into()), "{answer:#}");
        assert_eq!(answer["fits"], contract);
        assert!(answer.get("first").is_none());
        let codes: Vec<&str> =
            answer["links"].as_array().unwrap().iter().map(|l| l["code"].as_str().unwrap()).collect();
        assert_eq!(
            codes,
            [
                "configuration",
                "dns",
                "tcp",
                "tls",
                "contract",
                "rest",
                "auth",
                "account",
                "websocket-handshake",
                "first-frame",
                "heartbeat",
                "connection",
                "feature:account_balance",
                "feature:positions",
                "feature:intraday",
                "feature:global_market",
                "redis",
                "flags",
            ]
        );
        for code in ["rest", "auth", "account", "websocket-handshake", "heartbeat", "feature:intraday"] {
            assert_eq!(link(&answer, code)["state"], "holds", "{code}");
        }
    }
}

#[test]
fn no_server() {
    let emulator = Emulator::start(quick()).unwrap();
    let url = emulator.rest_url();
    drop(emulator);
    let answer = Visit::at(&url).json();
    broken_at(&answer, "tcp", "nothing listens on 127.0.0.1:", "daphne -p");
    assert_eq!(link(&answer, "rest")["state"], "unknown");
    assert_eq!(link(&answer, "feature:positions")["state"], "unknown");
}

#[test]
fn the_port_of_another_program() {
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap();
    let serving = std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        for _ in 0..4 {
            let (mut stream, _) = other.accept().unwrap();
            let _ = stream.set_read_timeout(Some(Duration::from_millis(300)));
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 27\r\nConnection: close\r\n\r\n<!doctype html><p>Vite</p>\n",
            );
        }
    });
    let answer = Visit::at(&format!("http://{address}")).json();
    broken_at(&answer, "rest", "not with Thor's API", "--rest-url");
    // The visit asks as often as it needs; whatever is left of the four answers is taken here.
    while !serving.is_finished() {
        let _ = std::net::TcpStream::connect(address);
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn an_unknown_host() {
    let answer = Visit::at("http://thor.invalid:8000").json();
    broken_at(&answer, "dns", "thor.invalid is not known", "getent hosts thor.invalid");
}

#[test]
fn tls_where_there_is_none() {
    let emulator = Emulator::start(quick()).unwrap();
    let port = emulator.address().port();
    let answer = Visit::at(&format!("https://localhost:{port}")).json();
    broken_at(&answer, "tls", "does not speak TLS", &format!("--rest-url http://localhost:{port}"));
}

#[test]
fn wsgi_instead_of_asgi() {
    let emulator = with(Fault::Handshake { status: 404 });
    broken_at(&Visit::to(&emulator).json(), "websocket-handshake", "WSGI", "daphne");
}

#[test]
fn no_slash() {
    let emulator = Emulator::start(quick()).unwrap();
    let url = emulator.ws_url();
    let answer = Visit::to(&emulator).with(&["--ws-url", url.trim_end_matches('/')]).json();
    let next = format!("thor-cutover doctor --ws-url {url}");
    broken_at(&answer, "websocket-handshake", "slash at the end of ws_url", &next);
}

#[test]
fn an_origin_that_is_not_allowed() {
    let emulator = Emulator::start(quick()).unwrap();
    let answer = Visit::to(&emulator).with(&["--origin", "https://elsewhere.example"]).json();
    let next = format!("thor-cutover doctor --origin http://localhost:{}", emulator.address().port());
    broken_at(&answer, "websocket-handshake", "ALLOWED_HOSTS", &next);
    let port = emulator.address().port();
    let healed = Visit::to(&emulator).with(&["--origin", &format!("http://localhost:{port}")]).json();
    assert_eq!(healed["verdict"], "sound", "the proposed command heals it");
}

#[test]
fn an_expired_token() {
    let emulator = Emulator::start(quick()).unwrap();
    let visit = Visit::to(&emulator).line("[auth.login]", "[auth]\ntoken_file = \"token\"");
    let token = token_of(&emulator);
    emulator.expire_tokens();
    std::fs::write(visit.folder.path().join("token"), &token).unwrap();
    let output = visit.run();
    let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    assert!(!text.contains(&token), "the token stays secret");
    broken_at(&visit.json(), "auth", "expired", "THOR_USER");
}

fn token_of(emulator: &Emulator) -> String {
    let body = serde_json::json!({"email": USER, "password": PASSWORD}).to_string();
    let request = format!(
        "POST /api/users/login/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    use std::io::{Read as _, Write as _};
    let mut stream = std::net::TcpStream::connect(emulator.address()).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let body: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
    body["access"].as_str().unwrap().to_owned()
}

#[test]
fn no_credentials_and_wrong_ones() {
    let emulator = Emulator::start(quick()).unwrap();
    let mut none = Visit::to(&emulator);
    none.password = "";
    broken_at(&none.json(), "auth", "no credentials are configured", "THOR_USER");
    let mut wrong = Visit::to(&emulator);
    wrong.password = "guess";
    broken_at(&wrong.json(), "auth", "Invalid credentials", "[auth] login");
}

#[test]
fn a_wrong_account() {
    let emulator = Emulator::start(quick()).unwrap();
    let answer = Visit::to(&emulator).line("PAPER-1-4C1D22AB", "PAPER-9-87654321").json();
    broken_at(&answer, "account", "no account …4321", "[backend] account_id");
    assert!(!answer.to_string().contains("87654321"), "account numbers stay private");
    assert_eq!(link(&answer, "auth")["state"], "holds");
}

#[test]
fn redis_is_down() {
    let emulator = with(Fault::Handshake { status: 500 });
    broken_at(&Visit::to(&emulator).json(), "websocket-handshake", "Redis", "redis-cli ping");
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let healthy = Emulator::start(quick()).unwrap();
    let answer = Visit::to(&healthy).with(&["--redis", &format!("redis://{free}")]).json();
    // Messages arrive, so the one that was named is not the channel layer's.
    let redis = link(&answer, "redis");
    assert_eq!(redis["state"], "doubtful", "{answer:#}");
    assert!(redis["trouble"]["cause"].as_str().unwrap().contains("another one"), "{redis:#}");
}

#[test]
fn redis_answers_a_ping() {
    let redis = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = redis.local_addr().unwrap();
    let asked = std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        let (mut stream, _) = redis.accept().unwrap();
        let mut question = [0; 14];
        stream.read_exact(&mut question).unwrap();
        stream.write_all(b"+PONG\r\n").unwrap();
        question
    });
    let emulator = Emulator::start(quick()).unwrap();
    let answer = Visit::to(&emulator).with(&["--redis", &format!("redis://{address}")]).json();
    assert_eq!(link(&answer, "redis")["state"], "holds", "{answer:#}");
    assert_eq!(&asked.join().unwrap(), b"*1\r\n$4\r\nPING\r\n");
}

#[test]
fn a_silent_feature() {
    let emulator = with(Fault::Silent { feature: PlayedFeature::Positions, after: Duration::ZERO });
    let answer = Visit::to(&emulator).listening("5s").json();
    broken_at(
        &answer,
        "feature:positions",
        "no job broadcasts `positions`",
        "checklist positions --decision shadow",
    );
    assert_eq!(link(&answer, "feature:account_balance")["state"], "holds");
    let short = Visit::to(&emulator).listening("300ms").json();
    assert_eq!(link(&short, "feature:positions")["state"], "unknown", "too early to say");
    let others = Visit::to(&emulator).with(&["account_balance"]).json();
    assert_eq!(others["verdict"], "sound", "only what was asked for is waited for");
}

#[test]
fn a_type_without_a_handler() {
    let emulator = with(Fault::HandlerMissing { feature: PlayedFeature::GlobalMarket });
    let answer = Visit::to(&emulator).json();
    broken_at(&answer, "connection", "no method for", "thor-cutover audit");
}

#[test]
fn a_mute_server() {
    let emulator = with(Fault::Mute { after: Duration::ZERO });
    broken_at(&Visit::to(&emulator).json(), "first-frame", "open and dead", "--ws-url");
}

#[test]
fn messages_for_another_account_only() {
    let emulator = Emulator::start(quick()).unwrap();
    let answer = Visit::to(&emulator).line("account_id = \"PAPER-1-4C1D22AB\"", "account_id = \"2\"").json();
    broken_at(&answer, "feature:account_balance", "all for another account", "account_id");
}

#[test]
fn the_other_state_of_thor() {
    let emulator = Emulator::start(Options { dialect: Dialect::B, ..quick() }).unwrap();
    let answer = Visit::to(&emulator).json();
    broken_at(&answer, "contract", "answers as thor-b", "contract = \"thor-b\"");
}

#[test]
fn served_flags_are_shown() {
    let flags = std::iter::once(("WS_FEATURE_POSITIONS".to_owned(), true)).collect();
    let emulator = Emulator::start(Options { flags, ..quick() }).unwrap();
    let url = format!("{}/api/cutover/flags/", emulator.rest_url());
    let served = |url: &str| {
        Visit::to(&emulator).line("[auth.login]", &format!("[flags]\nserved_url = \"{url}\"\n[auth.login]"))
    };
    let answer = served(&url).json();
    assert_eq!(link(&answer, "flags")["found"], "on: WS_FEATURE_POSITIONS");
    let answer = served(&url.replace("/flags/", "/nothing/")).json();
    broken_at(&answer, "flags", "404", "curl -si");
}

#[test]
fn a_person_reads_ticks_and_one_cause() {
    let emulator = Emulator::start(quick()).unwrap();
    let output = Visit::to(&emulator).with(&["--origin", "https://elsewhere.example"]).run();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("✓ rest"), "{text}");
    assert!(text.contains("✗ websocket-handshake"), "{text}");
    assert!(text.contains("BROKEN: Channels refuses the Origin"), "{text}");
    assert!(text.lines().last().unwrap().starts_with("next: thor-cutover doctor --origin"), "{text}");
    assert!(!text.contains('\u{1b}'), "no colour into a pipe");
    let output = Visit::to(&emulator).with(&["positionss"]).run();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("did you mean `positions`"));
}
