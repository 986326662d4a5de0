//! Claims about `[socket]`: what is written there is what is done, and what cannot be is refused where it is written.

use secrecy::ExposeSecret as _;
use thor_cutover::cli::Global;
use thor_cutover::contract;
use thor_cutover::environment::Environment;
use thor_cutover::error::{Error, ErrorKind};
use thor_cutover::model::feature::Carries;
use thor_cutover::settings::{Ping, Settings, load};

fn with_file(toml: &str) -> Result<Settings, Error> {
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(folder.path().join("thor-cutover.toml"), toml).unwrap();
    let mut environment = Environment { folder: folder.path().to_owned(), ..Environment::default() };
    environment.variables.insert("WS_NAME".to_owned(), "O\"Neil \\ é".to_owned());
    load(&Global::default(), &environment)
}

#[test]
fn thors_way_is_the_default_of_every_key() {
    let settings = with_file("").unwrap();
    let socket = settings.backend.socket;
    assert!(socket.on_open.is_empty() && socket.pong.is_none() && socket.protocols.is_empty());
    assert!(!socket.decodes_binary && socket.routing.is_default());
    assert_eq!(socket.ping, Ping::Thor);
    assert!(settings.features.iter().all(|feature| feature.routing.is_default()));
    // what a default does not change, evidence does not lapse by
    let text = serde_json::to_string(&settings.features).unwrap();
    for key in ["routing", "removed", "sequence"] {
        assert!(!text.contains(key), "{key}");
    }
}

#[test]
fn what_is_written_is_what_is_done() {
    let settings = with_file(
        "[socket]\non_open = [{ send = '{\"n\":\"${WS_NAME}\"}', after = { \"/ready\" = true } }, { send = 'CONNECT ${WS_NAME}' }, { send = '${NOWHERE}' }]\n\
         type = \"/event\"\neach = \"/a/*/b\"\nparse = \"/data\"\nping = \"#1\"\npong = { when = { \"/event\" = 2 }, send = \"{/id}\" }\n\
         protocols = [\"a\", \"b.c\"]\ndecode = \"auto\"\n\
         [features.positions.ws]\ncarries = \"merge\"\nsequence = \"/u\"\nremoved = { types = [\"gone\"], where = { \"/q\" = 0 } }\n",
    )
    .unwrap();
    let socket = &settings.backend.socket;
    let text = |at: usize| socket.on_open[at].text.as_ref().map(|text| text.expose_secret().to_owned());
    assert_eq!(text(0).as_deref(), Ok(r#"{"n":"O\"Neil \\ é"}"#), "escaped in JSON");
    assert_eq!(text(1).as_deref(), Ok("CONNECT O\"Neil \\ é"));
    assert_eq!(text(2), Err(&"NOWHERE".to_owned()));
    assert_eq!(socket.on_open[0].after.as_ref().unwrap()[&"/ready".parse().unwrap()], "true");
    assert_eq!(socket.ping, Ping::Text("#1".to_owned()));
    assert!(socket.decodes_binary);
    assert_eq!(socket.protocols, ["a", "b.c"]);
    let positions = &settings.features[1];
    assert_eq!(positions.routing, socket.routing);
    assert_eq!(positions.routing.kind.to_string(), "/event");
    assert_eq!(positions.carries(), Carries::Merge);
    let removed = positions.ws[0].removed.as_ref().unwrap();
    assert_eq!((removed.types.as_slice(), removed.fields["/q"].as_str()), (&["gone".to_owned()][..], "0"));
    // what decides how messages are read decides what evidence is worth
    let plain = with_file("").unwrap();
    assert_ne!(contract::digest_one(positions), contract::digest_one(&plain.features[1]));
    let other = &settings.features[0];
    assert_ne!(contract::digest_one(other), contract::digest_one(&plain.features[0]));
    assert_eq!(settings.places["positions"]["routing.type"], "thor-cutover.toml:3");
    let again: thor_cutover::model::feature::Feature =
        serde_json::from_str(&serde_json::to_string(positions).unwrap()).unwrap();
    assert_eq!(again, *positions, "as in a recording's header");
}

#[test]
fn what_cannot_be_is_refused_where_it_is_written() {
    for (toml, message, hint) in [
        ("[socket]\ntypes = \"/x\"\n", "thor-cutover.toml:2: unknown key `types`", "`type`"),
        (
            "[socket]\ntransport = \"sse\"\n",
            "thor-cutover.toml:2: transport = \"sse\" needs [backend] ws_url",
            "",
        ),
        (
            "[backend]\nws_url = \"ws://h/x/\"\n[socket]\ntransport = \"sse\"\n",
            "thor-cutover.toml:2: `ws_url` is not an http(s) URL",
            "",
        ),
        (
            "[backend]\nws_url = \"http://h/x\"\n[socket]\ntransport = \"sse\"\nping = \"none\"\n",
            "thor-cutover.toml:5: `ping` means nothing with transport = \"sse\"",
            "",
        ),
        (
            "[socket]\ntransport = \"command\"\n",
            "thor-cutover.toml:2: transport = \"command\" needs",
            "bridge.js",
        ),
        ("[socket]\ncommand = [\"x\"]\n", "thor-cutover.toml:2: `command` means nothing", ""),
        (
            "[socket]\ntransport = \"command\"\ncommand = [\"x\"]\nquery_env = { a = \"B\" }\n",
            "thor-cutover.toml:4: `query_env` means nothing",
            "",
        ),
        (
            "[socket]\ntransport = \"command\"\ncommand = [\"x\",\n\"--api-key=PLANTED-abc\"]\n",
            "thor-cutover.toml:4: --api-key is a secret",
            "environment",
        ),
        ("[socket]\nseparator = \",\"\n", "thor-cutover.toml:2: `separator` is text", "SignalR"),
        ("[socket]\nseparator = \"\"\n", "thor-cutover.toml:2: `separator` is empty", "SignalR"),
        (
            "[socket]\nping = \"none\"\nping_every = \"20s\"\n",
            "thor-cutover.toml:3: `ping_every` with",
            "protocol",
        ),
        ("[socket]\nping_every = \"20ms\"\n", "thor-cutover.toml:2: `ping_every` is shorter", ""),
        (
            "[auth]\nlogin = { csrf_cookie = \"csrftoken\" }\n",
            "thor-cutover.toml:2: `csrf_cookie` needs `cookies = true`",
            "",
        ),
        ("[socket]\ntransport = \"mqtt\"\n", "thor-cutover.toml:2: unknown value \"mqtt\"", "command"),
        ("[socket]\nhar = \"x\"\n", "thor-cutover.toml:2: unknown key `har`", ""),
        ("[sockets.x]\nping = \"none\"\n", "thor-cutover.toml:1: [sockets.x] lacks `url`", "ws://localhost"),
        ("[features.positions.rest]\nmethod = \"POST\"\n", "thor-cutover.toml:2: a POST may change", "reads"),
        (
            "[features.positions.rest]\nmethod = \"PUT\"\n",
            "thor-cutover.toml:2: unknown value \"PUT\"",
            "GET, POST",
        ),
        ("[features.positions.rest]\nbody = \"{}\"\n", "thor-cutover.toml:2: `body` means nothing", ""),
        (
            "[features.positions.rest]\nmethod = \"POST\"\nreads = \"x\"\nbody = \"{\"\n",
            "thor-cutover.toml:4: `body` is no JSON",
            "",
        ),
        (
            "[features.positions.rest]\nmethod = \"POST\"\nreads = \"x\"\nbody = '{\"token\":\"PLANTED-x\"}'\n",
            "thor-cutover.toml:4: token is a secret",
            "",
        ),
        ("[features.positions.rest]\nnext = \"next\"\n", "thor-cutover.toml:2: a JSON Pointer", ""),
        ("[features.positions.rest]\nnext = \"\"\n", "thor-cutover.toml:2: `next` is link or a pointer", ""),
        (
            "[features.positions.rest]\nnext = \"/next\"\nmethod = \"POST\"\nreads = \"x\"\n",
            "thor-cutover.toml:2: `next` with method = \"POST\"",
            "",
        ),
        ("[socket]\nurl = \"ws://x/\"\n", "thor-cutover.toml:2: the URL of the one socket is `ws_url`", ""),
        ("[sockets.a]\nurl = \"http://x/\"\n", "thor-cutover.toml:2: `url` is not a ws(s) URL", ""),
        ("[sockets.a]\nurl = \"ws://x/?token=PLANTED-a\"\n", "`url` has the secret token in its query", ""),
        ("[sockets.a]\nurl = \"ws://me:PLANTED-b@x/\"\n", "`url` carries a user name or password", ""),
        (
            "[sockets.a]\nurl = \"ws://x/\"\ntransport = \"command\"\ncommand = [\"x\"]\n",
            "thor-cutover.toml:2: `url` means nothing with transport = \"command\"",
            "",
        ),
        ("[sockets.\"a b\"]\nurl = \"ws://x/\"\n", "\"a b\" is no name for a socket", ""),
        (
            "[sockets.prices]\nurl = \"ws://x/\"\n[features.positions]\nsocket = \"price\"\n",
            "thor-cutover.toml:4: there is no [sockets.price]",
            "did you mean \"prices\"?",
        ),
        ("[features.positions]\nsocket = \"x\"\n", "thor-cutover.toml:2: there is no [sockets.x]", "its url"),
        (
            "[sockets.a]\nurl = \"ws://x/\"\non_open = [{ send = \"${A B}\" }]\n",
            "thor-cutover.toml:3: `${` begins",
            "",
        ),
        ("[auth]\nscheme = \"a b\"\n", "thor-cutover.toml:2: `scheme` is one word", "Token"),
        ("[auth.login]\naccess_field = \"\"\n", "thor-cutover.toml:2: `access_field` is a member's name", ""),
        ("[backend]\nclient_key = \"k.pem\"\n", "`client_key` needs `client_certificate`", "PEM"),
        (
            "[backend]\nunix_socket = \"x.sock\"\nproxy = \"http://p:1\"\n",
            "thor-cutover.toml:2: `unix_socket` beside `proxy`",
            "",
        ),
        ("[socket]\ntype = \"x\"\n", "thor-cutover.toml:2: a JSON Pointer starts with '/'", ""),
        ("[socket]\ntype = \"\"\n", "[socket] type is \"\"", "types = [\"*\"]"),
        ("[socket]\nparse = \"/a/*\"\n", "thor-cutover.toml:2: `parse` is one place", ""),
        ("[socket]\ndecode = \"msgpack\"\n", "thor-cutover.toml:2: unknown value \"msgpack\"", "text, auto"),
        ("[socket]\nping = \"\"\n", "thor-cutover.toml:2: `ping` is empty", "protocol"),
        ("[socket]\nsecret_env = [\"X\"]\n", "thor-cutover.toml:2: `secret_env` means nothing", ""),
        (
            "[socket]\nplain_env = [\"SYMBL\"]\non_open = [{ send = '${SYMBOL}' }]\n",
            "thor-cutover.toml:2: `plain_env` has SYMBL, which no message",
            "${NAME}",
        ),
        (
            "[socket]\nplain_env = [\"WS_TOKEN\"]\non_open = [{ send = '${WS_TOKEN}' }]\n",
            "thor-cutover.toml:2: `plain_env` has WS_TOKEN, whose name",
            "rename",
        ),
        (
            "[socket]\nprotocols = [\"a\",\n\"b c\"]\n",
            "thor-cutover.toml:3: not the name of a subprotocol",
            "",
        ),
        (
            "[socket]\n\non_open = [{ after = { \"/a\" = 1 } }]\n",
            "thor-cutover.toml:3: missing field `send`",
            "",
        ),
        ("[socket]\non_open = [{ send = \"x\", after = {} }]\n", "thor-cutover.toml:2: `after` is empty", ""),
        ("[socket]\non_open = [{ send = \"x\", expects = {} }]\n", "unknown key `expects`", "`expect`"),
        ("[socket]\non_open = [{ send = \"${A B}\" }]\n", "thor-cutover.toml:2: `${` begins", "${WS_TOKEN}"),
        ("[socket]\non_open = [{ send = \"${A\" }]\n", "thor-cutover.toml:2: `${` begins", ""),
        ("[socket]\npong = { when = {}, send = \"x\" }\n", "thor-cutover.toml:2: `when` is empty", ""),
        (
            "[socket]\npong = { when = { \"/a\" = 1 }, send = \"{/id\" }\n",
            "thor-cutover.toml:2: `{/` begins",
            "",
        ),
        ("[socket]\nheader_env = { \"a b\" = \"X\" }\n", "thor-cutover.toml:2: not a header's name", ""),
        ("[features.positions.ws]\ncarries = \"partial\"\n", "thor-cutover.toml:2: unknown value", "merge"),
        ("[features.positions.ws]\nremoved = {}\n", "thor-cutover.toml:2: `removed` says neither", "where"),
        (
            "[features.positions.ws]\nremoved = { types = [\"x\"] }\n",
            "thor-cutover.toml:2: `removed.types` beside",
            "upsert",
        ),
        ("[features.positions.ws]\nremoved = { when = 1 }\n", "unknown key `when`", "`where`"),
        ("[features.positions.ws]\nsequence = \"u\"\n", "thor-cutover.toml:2: a JSON Pointer", ""),
    ] {
        let error = with_file(toml).expect_err(toml);
        assert_eq!(error.kind, ErrorKind::Usage, "{toml}");
        let hinted = error.hint.clone().unwrap_or_default();
        assert!(error.to_string().contains(message), "{toml}\nexpected: {message}\ngot: {error}");
        assert!(hinted.contains(hint), "{toml}\nexpected hint: {hint}\ngot: {hinted}");
    }
}

#[test]
fn a_variable_of_the_handshake_that_is_not_set_is_warned_about_with_its_place() {
    let settings = with_file("[socket]\nheader_env = { X-Key = \"NOWHERE\" }\n").unwrap();
    assert_eq!(settings.warnings, ["thor-cutover.toml:2: NOWHERE is not set, so X-Key is not sent"]);
}

/// A variable is a secret unless the configuration says what it is; one that looks like a word is asked about.
#[test]
fn a_variable_that_is_no_secret_is_left_where_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let toml = "[socket]\nplain_env = [\"WS_PLAIN\"]\non_open = [{ send = '{\"a\":\"${WS_PLAIN}\",\"b\":\"${WS_NAMED}\",\"c\":\"${WS_WORD}\",\"d\":\"${WS_LONG}\"}' }]\n\
                [features.positions.ws]\nfilter = { \"/data/symbol\" = \"ETH-NAMED\" }\n";
    fs_err::write(folder.path().join("thor-cutover.toml"), toml).unwrap();
    let mut environment = Environment { folder: folder.path().to_owned(), ..Environment::default() };
    for (name, value) in [
        ("WS_PLAIN", "BTC-PLAIN"),
        ("WS_NAMED", "ETH-NAMED"),
        ("WS_WORD", "SOL-WORDY"),
        ("WS_LONG", "a key / of \"its\" own"),
    ] {
        environment.variables.insert(name.to_owned(), value.to_owned());
    }
    let settings = load(&Global::default(), &environment).unwrap();
    let text = settings.backend.socket.on_open[0].text.as_ref().unwrap();
    assert!(text.expose_secret().contains("BTC-PLAIN") && text.expose_secret().contains("SOL-WORDY"));
    let shown = |text: &str| thor_cutover::secrets::redacted(text).into_owned();
    assert_eq!(shown("BTC-PLAIN ETH-NAMED"), "BTC-PLAIN ETH-NAMED");
    assert_eq!(shown("SOL-WORDY, a key / of \"its\" own"), "[secret], [secret]");
    let [warning] = settings.warnings.as_slice() else { panic!("{:?}", settings.warnings) };
    assert!(
        warning.contains("what WS_WORD holds") && warning.contains("plain_env = [\"WS_WORD\"]"),
        "{warning}"
    );
    assert!(!warning.contains("SOL"), "{warning}");
}
