//! What `init --from` gathers: a recording's features, each with what its observations suggest.

use std::path::PathBuf;

use crate::contract;
use crate::error::{Error, Result};
use crate::model::feature::Feature;
use crate::model::proposal::Proposal;
use crate::model::routing::Routing;
use crate::propose::ProposalInput;
use crate::recording::{Header, Series};
use crate::report::proposal;

/// Longest name of a feature taken from a recording.
const LONGEST_NAME: usize = 64;

/// What stands in a file for a program that only a person can name.
pub const A_PROGRAM: &str = "THE_PROGRAM";

/// A recording as `init` sees it.
pub struct Recorded {
    header: Header,
    files: Vec<PathBuf>,
    series: Series,
    /// The features of its own configuration; none where its header has none.
    features: Vec<Feature>,
}

impl Recorded {
    /// Opens a recording's files as one run.
    ///
    /// # Errors
    /// Unreadable, no recording, or one whose configuration cannot be.
    pub fn open(files: &[PathBuf]) -> Result<Self> {
        let (header, series) = Series::open(files)?;
        let features = match &header.config {
            Some(config) => {
                series.check_one_config()?;
                config.features.clone()
            }
            None => Vec::new(),
        };
        if let Some(odd) = features.iter().find(|feature| !is_name(&feature.name)) {
            let name = crate::model::text::cut(&odd.name, LONGEST_NAME);
            return Err(Error::failed(anyhow::anyhow!("the recording has a feature of the name {name:?}"))
                .hint("a feature's name is lower-case letters, digits and underscores"));
        }
        Ok(Self { header, files: files.to_vec(), series, features })
    }

    /// The base URL that was observed.
    pub fn rest_url(&self) -> Option<&str> {
        Some(self.header.rest_url.as_str()).filter(|url| !url.is_empty())
    }

    /// The URL of the WebSocket that was observed, where it does not follow from the base URL.
    pub fn ws_url(&self) -> Option<&str> {
        let url = self.header.ws_url.as_str();
        let derived = self.header.rest_url.replacen("http", "ws", 1);
        let derived = format!("{}/ws/", derived.trim_end_matches('/'));
        let schemes =
            if self.transport("") == Some("sse") { ["http://", "https://"] } else { ["ws://", "wss://"] };
        let is_socket = schemes.iter().any(|scheme| url.starts_with(scheme));
        (is_socket && url != derived && url::Url::parse(url).is_ok()).then_some(url)
    }

    /// What pushes on the socket of this name, `""` being the one of `[socket]`, where it is no WebSocket. What was
    /// recorded before it was said is told by its URL.
    fn transport(&self, name: &str) -> Option<&'static str> {
        let url = if name.is_empty() { Some(&self.header.ws_url) } else { self.header.sockets.get(name) };
        let is_asked = url.is_some_and(|url| url.starts_with("http://") || url.starts_with("https://"));
        match self.header.transports.get(name).map(String::as_str) {
            Some("command") => Some("command"),
            Some("sse") => Some("sse"),
            _ => is_asked.then_some("sse"),
        }
    }

    /// What is left out of the file, as no recording has it.
    fn left_out(&self, contract: &str) -> Vec<String> {
        let mut names: Vec<&str> =
            self.features.iter().map(|feature| feature.socket.as_deref().unwrap_or_default()).collect();
        names.sort_unstable();
        names.dedup();
        let programs = names.into_iter().filter(|name| self.transport(name) == Some("command"));
        let mut said: Vec<String> = programs
            .map(|name| {
                let table = if name.is_empty() { "[socket]".to_owned() } else { format!("[sockets.{name}]") };
                format!("{table} was a program, and a recording does not name it: write it where {A_PROGRAM} stands")
            })
            .collect();
        if contract == contract::NO_CONTRACT {
            said.push(
                "left out, as no recording has it: on_open, header_env, query_env, protocols, ping, pong, decode and \
                 separator of each socket; write those again that the run had"
                    .to_owned(),
            );
        }
        said
    }

    /// The built-in contract whose features are most like the recorded ones.
    pub fn contract(&self) -> Option<&'static str> {
        let like = |name: &str| {
            let built_in = contract::built_in(name);
            let same = |recorded: &&Feature| {
                built_in.iter().any(|it| {
                    let types = |feature: &Feature| {
                        feature.ws.iter().flat_map(|ws| ws.types.clone()).collect::<Vec<_>>()
                    };
                    it.name == recorded.name
                        && it.rest.select == recorded.rest.select
                        && types(it) == types(recorded)
                })
            };
            self.features.iter().filter(same).count()
        };
        if self.features.is_empty() {
            return None;
        }
        let names = contract::CONTRACTS.map(|(name, _)| name);
        // the first one where several are alike
        let best = names.into_iter().rev().max_by_key(|name| like(name))?;
        Some(if like(best) == 0 { "none" } else { best })
    }

    /// Reads all observations; the suggestions, their text for a configuration on this contract, and what
    /// was read past.
    ///
    /// # Errors
    /// A damaged recording; none of its features known.
    pub fn propose(mut self, contract: &str) -> Result<Proposals> {
        let built_in = contract::built_in(contract);
        if self.features.is_empty() {
            let named = |feature: &Feature| {
                self.header.features.is_empty() || self.header.features.contains(&feature.name)
            };
            self.features = built_in.iter().filter(|feature| named(feature)).cloned().collect();
        }
        if self.features.is_empty() {
            let names = self.header.features.join(", ");
            return Err(Error::usage(format!(
                "contract {contract} has none of the recorded features ({names})"
            ))
            .hint("--contract names the one that the recording was made under"));
        }
        let mut intakes: Vec<ProposalInput> = self.features.iter().map(ProposalInput::new).collect();
        while let Some(observation) = self.series.next()? {
            for intake in &mut intakes {
                intake.push(&observation);
            }
        }
        let all: Vec<Proposal> = intakes.iter().map(ProposalInput::propose).collect();
        let files: Vec<String> = self.files.iter().map(|file| file.display().to_string()).collect();
        let mut toml = proposal::heading(&files.join(", "));
        for (proposal, recorded) in all.iter().zip(&self.features) {
            let built_in = built_in.iter().find(|it| it.name == recorded.name);
            toml.push_str(&proposal::toml(proposal, recorded, built_in));
        }
        let carried_by = |name: &Option<String>| {
            let feature = self.features.iter().find(|feature| feature.socket == *name);
            feature.map(|feature| feature.routing.clone()).unwrap_or_default()
        };
        let mut names: Vec<&String> = self.features.iter().filter_map(|it| it.socket.as_ref()).collect();
        names.sort();
        names.dedup();
        let sockets = names.into_iter().map(|name| RecordedSocket {
            name: name.clone(),
            url: self.header.sockets.get(name).cloned().unwrap_or_default(),
            routing: carried_by(&Some(name.clone())),
            transport: self.transport(name),
        });
        let mut warnings = self.series.warnings();
        warnings.extend(self.left_out(contract));
        Ok(Proposals {
            all,
            toml,
            routing: carried_by(&None),
            sockets: sockets.collect(),
            transport: self.transport(""),
            warnings,
        })
    }
}

/// What a recording suggests.
pub struct Proposals {
    pub all: Vec<Proposal>,
    pub toml: String,
    /// How the recorded messages were told apart.
    pub routing: Routing,
    /// What pushed on the socket of `[socket]`, where it was no WebSocket.
    pub transport: Option<&'static str>,
    /// The same of those that came by further sockets.
    pub sockets: Vec<RecordedSocket>,
    pub warnings: Vec<String>,
}

/// A socket of `[sockets]` as it was recorded.
pub struct RecordedSocket {
    pub name: String,
    /// Empty where the recording does not say.
    pub url: String,
    pub routing: Routing,
    /// What pushed, where it was no WebSocket.
    pub transport: Option<&'static str>,
}

fn is_name(name: &str) -> bool {
    name.len() <= LONGEST_NAME
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}
