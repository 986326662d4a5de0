//! Settings: flags > environment > file > built-in contract, merged and validated once.
//!
//! Reads one file, the configuration; whether other files and servers it names exist is for others to find out.

mod audit;
mod backend;
mod evidence;
mod load;
mod session;
mod socket;
mod sources;
mod variables;
mod watch;
pub mod written;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

pub use load::{load, load_targets, of_text};
pub use sources::{FILE_NAME, VARIABLES, find_file};
pub use written::EnvReader;

use secrecy::SecretString;

use crate::contract::tree::WrittenAt;
use crate::error::{Error, Result, nearest};
use crate::json::pointer::Pointer;
use crate::model::facts::audit::{Mapping, Suppression};
use crate::model::feature::Feature;
use crate::model::routing::Routing;
use crate::model::session::Session;
use crate::model::store_url::StoreUrl;
use crate::model::thresholds::Thresholds;

/// Everything a command may want to know of the configuration. Relative paths are already joined.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The file it came from, if any.
    pub file: Option<PathBuf>,
    /// Whether that has no key.
    pub is_file_empty: bool,
    /// Folder that relative paths are relative to: the file's, else the current one.
    pub root: PathBuf,
    /// `thor-a`, `thor-b` or `none`.
    pub contract: String,
    pub backend: Backend,
    pub auth: AuthSettings,
    pub flags: FlagFiles,
    pub sessions: Vec<Session>,
    pub evidence: EvidenceSettings,
    pub source: SourceSettings,
    pub thresholds: Thresholds,
    pub watch: WatchSettings,
    /// What `watch` observes; none: what the rest says, once.
    pub targets: Vec<TargetSettings>,
    /// Sorted by `order`.
    pub features: Vec<Feature>,
    /// Field names whose text values are account numbers, pseudonymised when observed.
    pub identifiers: Vec<String>,
    /// Where recordings are brought besides.
    pub recording_store: Option<StoreUrl>,
    /// Where each key comes from that a feature is judged by, by feature; under the empty name what is no feature's.
    pub places: BTreeMap<String, BTreeMap<String, String>>,
    /// Said on stderr: what is allowed but probably not meant.
    pub warnings: Vec<String>,
}

impl Settings {
    /// Whether the backend is Thor, in one of its states: otherwise nothing of its ways is known.
    pub fn is_thor(&self) -> bool {
        self.backend.is_thor
    }

    /// The features of these names, in the order of the cutover; all of them for no name.
    /// An unknown name is a usage error with the nearest known one.
    pub fn select(&self, names: &[String]) -> Result<Vec<Feature>> {
        if self.features.is_empty() {
            return Err(Error::usage("no feature is configured")
                .hint("choose contract = \"thor-a\" or \"thor-b\", or write a [features.…] table"));
        }
        let known = || self.features.iter().map(|feature| feature.name.as_str());
        for name in names {
            if !known().any(|known| known == name) {
                let all: Vec<&str> = known().collect();
                let error = Error::usage(format!("unknown feature `{name}`"));
                return Err(match nearest(name, known()) {
                    Some(near) => error.hint(format!("did you mean `{near}`?")),
                    None => error.hint(format!("known features: {}", all.join(", "))),
                });
            }
        }
        let chosen = self.features.iter().filter(|feature| names.is_empty() || names.contains(&feature.name));
        Ok(chosen.cloned().collect())
    }
}

#[derive(Debug, Clone)]
pub struct Backend {
    /// Without a slash at the end.
    pub rest_url: url::Url,
    pub ws_url: url::Url,
    pub origin: String,
    /// The account that REST paths and message filters are pinned to.
    pub account_id: Option<String>,
    /// PEM file of extra trusted certificates, for both sides.
    pub ca_file: Option<PathBuf>,
    /// By which the client proves who it is.
    pub client_certificate: Option<ClientCertificate>,
    /// Instead of host and port, for both sides.
    pub unix_socket: Option<PathBuf>,
    /// HTTP proxy for both sides; environment proxies are not used unless named here.
    pub proxy: Option<url::Url>,
    pub headers: BTreeMap<String, String>,
    /// Headers of both sides whose values are secrets, by name.
    pub header_env: BTreeMap<String, FromVariable>,
    /// What is added to the query of both sides, by name.
    pub query_env: BTreeMap<String, FromVariable>,
    pub connect_timeout: Duration,
    pub request_timeout: Duration,
    /// Largest WebSocket message or REST body, in bytes.
    pub max_message: usize,
    pub socket: SocketSettings,
    /// Further ones, by name.
    pub sockets: BTreeMap<String, NamedSocket>,
    /// Whether it is Thor, by the contract.
    pub is_thor: bool,
}

/// PEM files of a certificate with its chain, and of its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// A socket of `[sockets]`.
#[derive(Debug, Clone)]
pub struct NamedSocket {
    pub url: url::Url,
    pub settings: SocketSettings,
}

impl Backend {
    /// The backend as it is for the features of one socket: that of this name, or the one of `[socket]`. Secrets of
    /// `[backend]` go to no other host.
    #[must_use]
    pub fn for_socket(&self, name: Option<&str>) -> Self {
        let mut backend = self.clone();
        if let Some(named) = name.and_then(|name| self.sockets.get(name)) {
            backend.ws_url = named.url.clone();
            backend.socket = named.settings.clone();
            if named.url.host() != self.rest_url.host() {
                backend.header_env.clear();
                backend.query_env.clear();
                backend.client_certificate = None;
                backend.unix_socket = None;
            }
        }
        backend
    }

    /// The sockets that carry these features, each once.
    pub fn sockets_of(features: &[Feature]) -> Vec<Option<String>> {
        let mut sockets: Vec<Option<String>> = Vec::new();
        for feature in features {
            if !sockets.contains(&feature.socket) {
                sockets.push(feature.socket.clone());
            }
        }
        sockets
    }
}

/// How the WebSocket is talked to; Thor's way by default.
#[derive(Debug, Clone, Default)]
pub struct SocketSettings {
    pub transport: Transport,
    pub on_open: Vec<OnOpen>,
    pub routing: Routing,
    pub ping: Ping,
    /// How often it is sent whatever comes; `None`: into silence only.
    pub ping_every: Option<Duration>,
    pub pong: Option<Pong>,
    /// Headers of the handshake whose values are secrets, by name.
    pub header_env: BTreeMap<String, FromVariable>,
    /// What is added to the handshake's query, by name.
    pub query_env: BTreeMap<String, FromVariable>,
    /// Subprotocols that are offered.
    pub protocols: Vec<String>,
    /// Whether binary frames are read as JSON, compressed or not.
    pub decodes_binary: bool,
    /// What stands between the messages of one text frame, and after the last.
    pub separator: Option<String>,
}

impl SocketSettings {
    /// The messages of a text frame.
    pub fn messages<'t>(&self, frame: &'t str) -> impl Iterator<Item = &'t str> {
        let separator = self.separator.clone();
        let parts: Vec<&str> = match &separator {
            Some(separator) => {
                frame.split(separator.as_str()).filter(|part| !part.trim().is_empty()).collect()
            }
            None => vec![frame],
        };
        parts.into_iter()
    }
}

/// What pushes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Transport {
    #[default]
    WebSocket,
    /// Server-sent events.
    Sse,
    /// A program that prints one JSON event a line, and its arguments.
    Command(Vec<String>),
}

/// A message that is sent once the socket is open.
#[derive(Debug, Clone)]
pub struct OnOpen {
    /// With its variables filled in, or the name of one that is not set.
    pub text: std::result::Result<SecretString, String>,
    /// The message to wait for before.
    pub after: Option<MessagePattern>,
    /// The answer to wait for.
    pub expect: Option<MessagePattern>,
}

/// Pointers into a message and the text that each must lead to.
pub type MessagePattern = BTreeMap<Pointer, String>;

/// What is sent into silence.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Ping {
    /// As Thor's frontend does.
    #[default]
    Thor,
    /// A ping of the WebSocket protocol.
    Protocol,
    None,
    Text(String),
}

/// How pings of the server's own are answered.
#[derive(Debug, Clone)]
pub struct Pong {
    pub when: MessagePattern,
    /// `{/id}` stands for what the message has at `/id`.
    pub text: String,
}

/// A secret value, and the environment variable that it comes from; `None` where that is not set.
#[derive(Debug, Clone)]
pub struct FromVariable {
    pub variable: String,
    pub value: Option<secrecy::SecretString>,
}

/// Where credentials come from; the secrets themselves are read by `observe/auth`.
#[derive(Debug, Clone)]
pub struct AuthSettings {
    /// What stands before the token in the header; may be empty.
    pub scheme: String,
    pub token_env: Option<String>,
    pub token_file: Option<PathBuf>,
    pub login: Option<Login>,
}

#[derive(Debug, Clone)]
pub struct Login {
    pub path: String,
    pub refresh_path: Option<String>,
    pub username_field: String,
    pub username_env: String,
    pub password_env: String,
    pub password_field: String,
    /// Where the answer has its tokens.
    pub access: Pointer,
    pub refresh: Pointer,
    /// Whether it earns cookies.
    pub cookies: bool,
    pub csrf: Option<Csrf>,
}

/// A cookie that is earned before the login, and the header in which every POST says it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Csrf {
    pub cookie: String,
    pub header: String,
}

impl AuthSettings {
    /// Whether there is a login whose cookies are sent.
    pub fn earns_cookies(&self) -> bool {
        self.login.as_ref().is_some_and(|login| login.cookies)
    }
}

impl Default for AuthSettings {
    fn default() -> Self {
        Self { scheme: "Bearer".to_owned(), token_env: None, token_file: None, login: None }
    }
}

#[derive(Debug, Clone, Default)]
pub struct FlagFiles {
    pub env_files: Vec<PathBuf>,
    /// Who reads them.
    pub env_reader: EnvReader,
    pub frontend_env_files: Vec<PathBuf>,
    pub compose_files: Vec<PathBuf>,
    /// A URL that serves the flags of the running backend; asked only when a command is told to.
    pub served_url: Option<url::Url>,
}

#[derive(Debug, Clone)]
pub struct EvidenceSettings {
    /// `sqlite:<path>`, the path already joined, or `postgres://…` without a password.
    pub store: String,
    pub password: Option<SecretString>,
    /// libpq's password file, whether it is there or not.
    pub password_file: Option<PathBuf>,
    /// PEM file with the certificates that a PostgreSQL server's must come from.
    pub root_certificates: Option<PathBuf>,
    /// Folder of what lies beside the ledger: pending evidence, the key of pseudonyms.
    pub folder: PathBuf,
    pub max_age: Duration,
    /// The team's key of pseudonyms, where one is named.
    pub identifiers_key: Option<FromVariable>,
    /// Public keys, in minisign's form, whose signature makes imported evidence count; where there are none,
    /// no signature is asked for.
    pub trusted_keys: Vec<String>,
    /// In whose name the ledger is written: `user@host`.
    pub writer: String,
}

/// How the service observes.
#[derive(Debug, Clone)]
pub struct WatchSettings {
    /// Of the recordings; already joined.
    pub folder: PathBuf,
    /// How long recordings are kept.
    pub keep: Duration,
    /// How large they may be together.
    pub max_bytes: u64,
    /// Whether what goes here also goes from the store.
    pub prunes_store: bool,
    /// Where /metrics and /healthz are served, if they are.
    pub listen: Option<SocketAddr>,
    /// Whether others may reach that.
    pub expose: bool,
    pub notify: NotifySettings,
    /// Bytes of one file of a recording, before compression.
    pub rotate: u64,
}

/// Who is told.
#[derive(Debug, Clone)]
pub struct NotifySettings {
    /// A program and its arguments; empty: none.
    pub command: Vec<String>,
    /// Where that is written.
    pub command_at: WrittenAt,
    pub url: Option<FromVariable>,
    pub per_hour: usize,
}

impl NotifySettings {
    /// Whether the same are told, and as often.
    pub fn tells_as(&self, other: &Self) -> bool {
        let variable = |it: &Self| it.url.as_ref().map(|url| url.variable.clone());
        (&self.command, self.per_hour) == (&other.command, other.per_hour)
            && variable(self) == variable(other)
    }
}

/// One of `[[target]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetSettings {
    pub name: String,
    /// Those to observe there; none: all.
    pub features: Vec<String>,
}

#[derive(Debug, Clone, Default)]
pub struct SourceSettings {
    pub root: Option<PathBuf>,
    /// Why there is no tree to search: the gates that ask for one are waived.
    pub none: Option<String>,
    pub extra_roots: Vec<PathBuf>,
    /// Names that differ from Thor's usual ones, by role, for the audit.
    pub names: BTreeMap<String, Vec<String>>,
    /// What requests and broadcasts of unknown target are for.
    pub mappings: Vec<Mapping>,
    /// Findings of the audit that are accepted.
    pub suppressions: Vec<Suppression>,
}
