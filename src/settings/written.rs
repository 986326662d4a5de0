//! `thor-cutover.toml` as it is written: every key optional, nothing checked yet.
//!
//! These types are also the published JSON Schema of the configuration, so their comments are for users.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::contract::written::{FeatureWritten, Period, Size, TextValue};
use crate::json::pointer::Pointer;
use crate::model::facts::audit::{Mapping, Suppression};

/// The configuration of thor-cutover. Everything has a default.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FileWritten {
    /// Which built-in contract to start from: thor-a, thor-b or none. Default: thor-a
    pub contract: Option<String>,
    pub backend: BackendWritten,
    pub auth: AuthWritten,
    pub socket: SocketWritten,
    /// Further sockets, by name: what [socket] says, each with its own url. A feature names the one that carries it.
    pub sockets: BTreeMap<String, SocketWritten>,
    pub flags: FlagsWritten,
    /// Market sessions.
    pub session: Vec<SessionWritten>,
    pub evidence: EvidenceWritten,
    pub recording: RecordingWritten,
    pub source: SourceWritten,
    pub audit: AuditWritten,
    pub thresholds: ThresholdsWritten,
    pub watch: WatchWritten,
    /// What `watch` observes, where it is more than one backend or account. Default: what the rest of the file says.
    pub target: Vec<TargetWritten>,
    /// What differs from the built-in contract, feature by feature.
    pub features: BTreeMap<String, FeatureWritten>,
}

/// Where Thor runs.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BackendWritten {
    /// Base URL of the REST API.
    pub rest_url: Option<String>,
    /// URL of the WebSocket, the slash at the end included. Default: derived from rest_url.
    pub ws_url: Option<String>,
    /// Origin header of the handshake. Default: derived from rest_url.
    pub origin: Option<String>,
    /// The account to look at: added to REST paths, and other accounts' messages do not count.
    pub account_id: Option<TextValue>,
    /// PEM file of extra trusted certificates.
    pub ca_file: Option<String>,
    /// PEM file with the client's certificate, and those between it and its authority.
    pub client_certificate: Option<String>,
    /// PEM file with the certificate's private key.
    pub client_key: Option<String>,
    /// Unix socket by which the backend is reached, on both sides; the URLs say what is asked for.
    pub unix_socket: Option<String>,
    /// HTTP proxy for both sides.
    pub proxy: Option<String>,
    /// Extra headers of REST requests and of the handshake.
    pub headers: BTreeMap<String, String>,
    /// Such headers whose values are secrets: the name of the environment variable that holds each.
    pub header_env: BTreeMap<String, String>,
    /// Secrets in the query of REST requests and of the handshake, such as an API key: the name of the environment
    /// variable that holds each.
    pub query_env: BTreeMap<String, String>,
    /// How long to wait for a connection.
    pub connect_timeout: Option<Period>,
    /// How long to wait for an answer.
    pub request_timeout: Option<Period>,
    /// Largest message or body, in bytes.
    pub max_message: Option<usize>,
}

/// Credentials: where they are, never what they are.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AuthWritten {
    /// Environment variable with an access token.
    pub token_env: Option<String>,
    /// File with an access token.
    pub token_file: Option<String>,
    /// What stands before the token in the Authorization header; "" for the token alone. Default: Bearer
    pub scheme: Option<String>,
    /// How to get an access token.
    pub login: Option<LoginWritten>,
}

/// How to get an access token.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginWritten {
    /// Path that gives a token for a name and a password. Default: /api/users/login/
    pub path: Option<String>,
    /// Path that renews it. Default: /api/users/token/refresh/
    pub refresh_path: Option<String>,
    /// Name of the field that holds the user's name. Default: email
    pub username_field: Option<String>,
    /// Environment variable with the user's name. Default: THOR_USER
    pub username_env: Option<String>,
    /// Environment variable with the password. Default: THOR_PASSWORD
    pub password_env: Option<String>,
    /// Name of the field that holds the password. Default: password
    pub password_field: Option<String>,
    /// Where the answer has the access token: a member's name, or a pointer such as /data/token. Default: access
    pub access_field: Option<String>,
    /// Where it has the token that renews it; the renewal sends it under that name. Default: refresh
    pub refresh_field: Option<String>,
    /// Whether the login earns cookies, sent with every request and handshake to the backend's host; then the answer
    /// needs no token. Default: false
    pub cookies: Option<bool>,
    /// With cookies: the cookie that a GET of `path` sets, and that the login has to say again in a header, such as
    /// csrftoken of Django.
    pub csrf_cookie: Option<String>,
    /// That header. Default: X-CSRFToken
    pub csrf_header: Option<String>,
}

/// How to talk to a WebSocket server that is not Thor; every key has Thor's way as its default.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SocketWritten {
    /// Of a socket in [sockets]: its ws(s) URL, or the http(s) URL of an event stream. The one of [socket] is ws_url in
    /// [backend].
    pub url: Option<String>,
    /// What pushes: websocket, sse (server-sent events at ws_url) or command (a program that prints one JSON event a
    /// line). Default: websocket
    pub transport: TransportWritten,
    /// With transport = "command": the program and its arguments. A path with a slash is relative to this file.
    pub command: Vec<String>,
    /// What is sent once the socket is open, in order, and again after each reconnect.
    pub on_open: Vec<OnOpenWritten>,
    /// Where a message says of which type it is; "" with types = ["*"]: nowhere, everything is told apart by filters
    /// and by its shape. Default: /type
    #[serde(rename = "type")]
    pub kind: Option<Pointer>,
    /// Several events in one frame: where the list of them is, "" for the frame itself; * stands for each element of a
    /// list on the way, as in /updates/*/values. Other pointers then see each event in the place of the list.
    pub each: Option<Pointer>,
    /// Where a string of the message holds JSON, which is read in the string's place.
    pub parse: Option<Pointer>,
    /// What is sent into silence: protocol (a ping of the WebSocket protocol), none, or a text of its own. Default: the
    /// ping of Thor's frontend
    pub ping: Option<String>,
    /// How often that is sent whatever comes, for a server that closes on a client that says nothing. Default: into
    /// silence only
    pub ping_every: Option<Period>,
    /// How pings of the server's own are answered.
    pub pong: Option<PongWritten>,
    /// Headers of the handshake whose values are secrets: the name of the environment variable that holds each.
    pub header_env: BTreeMap<String, String>,
    /// Secrets in the handshake's query: the name of the environment variable that holds each.
    pub query_env: BTreeMap<String, String>,
    /// Variables in on_open that are no secrets, such as a symbol: their values stay in what is recorded and compared. Those
    /// that features name in the clear do so, too; every other is taken for a secret.
    pub plain_env: Vec<String>,
    /// With transport = "command": environment variables from which the program has its secrets. What they hold is shown
    /// and recorded nowhere, whatever the program says.
    pub secret_env: Vec<String>,
    /// Subprotocols that are offered.
    pub protocols: Vec<String>,
    /// What is read of binary frames: nothing (text), or JSON, also compressed by gzip or deflate (auto). Default: text
    pub decode: DecodeWritten,
    /// What stands between the messages of one text frame, or after each: "\n" for a JSON a line, "\u001e" for SignalR.
    pub separator: Option<String>,
}

/// A message to send.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OnOpenWritten {
    /// Its text; ${NAME} stands for an environment variable, escaped where the text is JSON.
    pub send: String,
    /// Pointers into the message to wait for before it is sent, and what must be there.
    pub after: Option<BTreeMap<Pointer, TextValue>>,
    /// Pointers into the answer to wait for once it is sent, and what must be there. An answer with something else there
    /// ends the attempt.
    pub expect: Option<BTreeMap<Pointer, TextValue>>,
}

/// An answer to messages that ask for one.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PongWritten {
    /// Pointers into such a message, and what must be there.
    pub when: BTreeMap<Pointer, TextValue>,
    /// The answer's text; {/id} stands for what the message has at /id.
    pub send: String,
}

/// What pushes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TransportWritten {
    #[default]
    Websocket,
    Sse,
    Command,
}

/// What is read of binary frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DecodeWritten {
    #[default]
    Text,
    Auto,
}

/// The program that reads the backend's env files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EnvReader {
    /// Docker Compose.
    #[default]
    Compose,
    /// python-dotenv.
    Dotenv,
}

/// Files that declare the flags; later ones win. What is not written here is Thor's: it lies below `[source] root`, where that is named.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FlagsWritten {
    /// Env files with the backend's flags. `enable` and `rollback` edit each that names the flag, else the first.
    pub env_files: Vec<String>,
    /// Who reads the backend's env files: compose (Docker Compose, the default) or dotenv (python-dotenv). They differ
    /// in comments, quotes and variables. The frontend's are read as Vite reads them.
    pub env_reader: EnvReader,
    /// Env files with the frontend's flags, edited in the same way.
    pub frontend_env_files: Vec<String>,
    /// Compose files whose services set flags; read, never edited.
    pub compose_files: Vec<String>,
    /// A URL that serves the running backend's flags as a JSON object. `watch` and `shadow-diff` ask it every 5 s while
    /// they observe, and `doctor` once; `status` asks what `--flags-url` names.
    pub served_url: Option<String>,
}

/// A market session by its own time zone.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionWritten {
    /// What the session is called in reports.
    pub name: String,
    /// IANA name, such as America/New_York.
    pub time_zone: String,
    /// When it opens: HH:MM.
    #[schemars(with = "String")]
    pub open: jiff::civil::Time,
    /// When it closes: HH:MM; at or before `open` means the next day.
    #[schemars(with = "String")]
    pub close: jiff::civil::Time,
    /// mon, tue, wed, thu, fri, sat, sun. Default: Monday to Friday.
    pub days: Option<Vec<Day>>,
    /// Days without a session.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub holidays: Vec<jiff::civil::Date>,
    /// Half days and when they close: { "2026-11-27" = "13:00" }
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub early_close: BTreeMap<jiff::civil::Date, jiff::civil::Time>,
    /// The last day up to which holidays and half days are listed; of a later session it is said that it may be none.
    #[schemars(with = "Option<String>")]
    pub holidays_until: Option<jiff::civil::Date>,
    /// Features that need it.
    pub features: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

/// Where the evidence is kept.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EvidenceWritten {
    /// The ledger: sqlite: and a path; for a team postgres://user@host/database, the password by libpq's variables.
    pub store: Option<String>,
    /// Environment variable with the ledger's URL, which may hold a password.
    pub store_env: Option<String>,
    /// Folder of what lies beside a PostgreSQL: evidence that waits for it, a copy of its key. Beside a file it is that
    /// file's. Default: .thor-cutover
    pub folder: Option<String>,
    /// Evidence older than this counts no more. Default: 14d
    pub max_age: Option<Period>,
    /// Environment variable with the key of the team's pseudonyms, as `evidence key export` writes it. Default: the
    /// ledger's own key.
    pub identifiers_key_env: Option<String>,
    /// Public keys as minisign writes them: with any named, imported evidence counts only if one of them signed it.
    pub trusted_keys: Vec<String>,
}

/// What is kept of what was observed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RecordingWritten {
    /// Names of fields whose texts are account numbers: pseudonymised when they are observed.
    pub identifiers: Vec<String>,
    /// Where recordings are brought besides, as soon as a file of them is whole: s3://bucket/prefix, or file:///folder.
    /// Credentials, region and endpoint come from the variables AWS_*. Needs a program with the feature object-store.
    pub store: Option<String>,
}

/// Thor's source tree, for `audit` and for stages.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SourceWritten {
    /// The checkout's folder. Default: the current folder; `status` searches only what is named.
    pub root: Option<String>,
    /// Why there is no tree that the audit could read, such as a backend in another language: waives what is asked
    /// of the source. Named in every report.
    pub none: Option<String>,
    /// Further trees, such as a frontend in its own repository.
    pub extra_roots: Vec<String>,
    /// Names that differ from Thor's usual ones, by role: helpers (functions that broadcast), listeners
    /// (functions of the frontend that listen to a type), base_urls (what clients put before a path).
    pub names: BTreeMap<String, Vec<String>>,
}

/// What a person knows of what the audit of the source finds.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AuditWritten {
    /// Requests and broadcasts whose target the audit could not find out: which features they are for. One that is
    /// neither mapped nor suppressed may be anything, and blocks the deletion of every feature.
    pub map: Vec<Mapping>,
    /// Findings that are accepted, why, and until when.
    pub suppress: Vec<Suppression>,
}

/// The service that observes every session.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WatchWritten {
    /// Folder of the recordings, one for each window of evidence. Default: .thor-cutover/watch
    pub folder: Option<String>,
    /// How long a recording is kept. Default: 90d
    pub keep: Option<Period>,
    /// How large all recordings may be together, such as 20GB; the oldest go first. Default: 20GB
    pub max_size: Option<Size>,
    /// Whether a recording that goes here also goes from the store of [recording]. Default: false
    pub prune_store: Option<bool>,
    /// Address on which /metrics and /healthz are served, such as 127.0.0.1:9464. Default: they are not served
    pub listen: Option<String>,
    /// Whether that may be an address that other machines reach. Default: false
    pub expose: Option<bool>,
    /// Who is told of differences, verdicts and ends of sessions.
    pub notify: NotifyWritten,
    /// Another file of a recording is begun after this much, before compression. Default: 1GB
    pub rotate: Option<Size>,
}

/// Who is told of each new difference, each change of a verdict and each end of a session. A notice is one JSON object;
/// `thor-cutover schema notice` describes it.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NotifyWritten {
    /// A program and its arguments, run once a notice with the notice on its stdin. That it is there is found out when
    /// the service begins.
    pub command: Vec<String>,
    /// Environment variable with the URL that notices are posted to: such a URL is a secret.
    pub url_env: Option<String>,
    /// Notices of differences and verdicts within an hour, at most; ends of sessions are always told. Default: 20
    pub per_hour: Option<usize>,
}

/// A backend or an account that `watch` observes by itself: its tables are laid over those of the file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetWritten {
    /// What it is called in logs and in the names of recordings: letters, digits, _ and -.
    pub name: String,
    /// Features to observe there. Default: all
    #[serde(default)]
    pub features: Vec<String>,
    /// What differs from [backend].
    #[serde(default)]
    pub backend: BackendWritten,
    /// What differs from [auth].
    #[serde(default)]
    pub auth: AuthWritten,
}

/// What the gates hold measurements against.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ThresholdsWritten {
    /// Samples that a feature needs for a verdict.
    pub min_samples: Option<u64>,
    /// Changes that both sides must have shown.
    pub min_transitions: Option<u64>,
    /// Share of samples that may be excused, 0 to 1.
    pub max_unaligned: Option<f64>,
    /// Share of samples that no single version explains although each entity is explained, 0 to 1.
    pub max_torn: Option<f64>,
    /// Full market sessions in shadow before the flag may go on.
    pub shadow_sessions: Option<u64>,
    /// Full market sessions with the flag on before REST may go.
    pub live_sessions: Option<u64>,
    /// Share of a session that must be covered to count as full, 0 to 1.
    pub session_coverage: Option<f64>,
}
