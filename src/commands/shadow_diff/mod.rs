//! `shadow-diff`: do REST and WebSocket say the same? Observes both side by side over one socket.

pub(super) mod evidence;
pub(super) mod order;
pub mod outside;
pub mod record;
pub mod signals;
pub mod stop_rule;
mod store_check;
pub mod until_close;
pub(super) mod watch;

use std::collections::BTreeMap;
use std::time::Duration;

pub use evidence::digest_of;

use crate::cli::{Cli, Format, ShadowDiffArgs};
use crate::clock::Clock;
use crate::commands::known_code::KnownCode;
use crate::commands::served_flags::AskedBackend;
use crate::commands::shadow_diff::evidence::{EvidenceKeeper, RunAccount, RunStart};
use crate::commands::shadow_diff::order::{JudgedRun, RunOrder};
use crate::commands::shadow_diff::outside::Outside;
use crate::commands::shadow_diff::record::Beginning;
use crate::commands::shadow_diff::signals::Signals;
use crate::commands::shadow_diff::stop_rule::RunLength;
use crate::commands::storing::Storing;
use crate::commands::{identifiers, provenance};
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::live::{Live, Subject, Truth, WatchWish, WatchedFeature};
use crate::model::facts::ledger::FlagState;
use crate::model::feature::Feature;
use crate::model::run::{Connection, RunEnd, RunReport};
use crate::model::time::Nanos;
use crate::model::verdict::Verdict;
use crate::observe::key::PseudonymKey;
use crate::observe::pseudonyms::Pseudonyms;
use crate::observe::schedule::FLOOR;
use crate::report::Answer;
use crate::report::palette::Palette;
use crate::report::run::RunAnswer;
use crate::secrets::shown_url;
use crate::settings::{self, Backend, Settings};

/// How long at most a wait goes without looking at the clock.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// Observes, judges, keeps the evidence.
///
/// # Errors
/// Usage and configuration; and whatever kept the run from observing anything at all.
pub fn run(cli: &Cli, arguments: &ShadowDiffArgs, environment: &Environment) -> Result<Box<dyn Answer>> {
    let settings = settings::load(&cli.global, environment)?;
    let features = settings.select(&arguments.features)?;
    let (wish, close) = wish(arguments, &settings, &features)?;
    if let Some(every) = arguments.every.filter(|every| *every < FLOOR) {
        return Err(Error::usage(format!("--every {every:?} is below the floor of {FLOOR:?}"))
            .hint("Thor's endpoints may ask a broker: poll gently"));
    }
    for warning in &settings.warnings {
        crate::say(&format!("warning: {}", crate::model::text::visible(warning)));
    }
    store_check::refuse_unusable(arguments, &settings)?;
    let storing = match &arguments.record {
        Some(record) => Storing::begin(&settings, record, arguments.resume, environment)?,
        None => None,
    };
    if close.is_some() {
        // what is refused when the run begins is refused before its session is waited for
        evidence::refuse_source(arguments, &settings, environment)?;
        record::refuse(arguments)?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Error::failed(anyhow::Error::new(error).context("starting the runtime")))?;
    // a store on a server is asked for the key, which cannot be done from inside of the runtime
    let pseudonyms = pseudonyms(arguments, &settings)?;
    let call = Call { cli, arguments, environment, settings: &settings, features: &features };
    let answer = runtime.block_on(call.observe(wish, close, pseudonyms, storing));
    // a task that hangs, such as a store that does not answer, must not keep the process
    runtime.shutdown_background();
    answer
}

/// How long to observe; with `--until-close` instead to what wall-clock time, a moment after the close.
fn wish(
    arguments: &ShadowDiffArgs,
    settings: &Settings,
    features: &[Feature],
) -> Result<(RunLength, Option<until_close::Close>)> {
    if arguments.until_close {
        let mut close = until_close::close(&settings.sessions, features, Clock::wall())?;
        // polling stops D before the end, and the session shall be covered to its last second
        let after = features.iter().map(|feature| feature.push_delay).max().unwrap_or_default();
        close.at = close.at.saturating_add(after).unwrap_or(close.at);
        return Ok((RunLength::Decided, Some(close)));
    }
    match arguments.duration {
        Some(duration) if duration.is_zero() => Err(Error::usage("--for 0s observes nothing")
            .hint("say how long, such as --for 10m; without it, until every gate is decided")),
        Some(duration) => Ok((RunLength::For(duration), None)),
        None => Ok((RunLength::Decided, None)),
    }
}

/// What the user called for, merged and validated.
pub struct Call<'a> {
    pub cli: &'a Cli,
    pub arguments: &'a ShadowDiffArgs,
    pub environment: &'a Environment,
    pub settings: &'a Settings,
    /// As configured, account numbers in the clear.
    pub features: &'a [Feature],
}

impl Call<'_> {
    async fn observe(
        &self,
        wish: RunLength,
        close: Option<until_close::Close>,
        pseudonyms: Option<Pseudonyms>,
        storing: Option<Storing>,
    ) -> Result<Box<dyn Answer>> {
        let mut signals = Signals::install()
            .map_err(|error| Error::failed(anyhow::Error::new(error).context("catching signals")))?;
        if let Some(close) = close.as_ref().filter(|close| close.opens > Clock::wall())
            && !self.wait_for(close, &mut signals).await
        {
            return Ok(Box::new(self.nothing_observed(close)));
        }
        let answer = self.observe_now(wish, close, pseudonyms, signals, storing, &Outside::machine()).await?;
        Ok(Box::new(answer))
    }

    /// Observes from now on, judges, keeps the evidence.
    ///
    /// # Errors
    /// As [`run`].
    pub async fn observe_now(
        &self,
        wish: RunLength,
        close: Option<until_close::Close>,
        pseudonyms: Option<Pseudonyms>,
        mut signals: Signals,
        storing: Option<Storing>,
        outside: &Outside,
    ) -> Result<RunAnswer> {
        let configured = match &pseudonyms {
            Some(pseudonyms) => pseudonyms.features(self.features),
            None => self.features.to_vec(),
        };
        let account = self.settings.backend.account_id.as_deref().map(|account| match &pseudonyms {
            Some(pseudonyms) => pseudonyms.of(account).into_owned(),
            None => account.to_owned(),
        });
        let is_traced = self.cli.global.format == Format::Html;
        let observer = std::process::id();
        let beginning =
            Beginning::of(self.arguments, self.settings, configured, observer, is_traced, outside)?;
        if !self.cli.global.quiet {
            crate::say(&opening(self.settings, self.features));
            let said = beginning.said.iter().chain(close.as_ref().map(|close| &close.said));
            said.for_each(|said| crate::say(said));
        }
        // looks into git, the source tree and the env files, which takes its time: before anything has to be read
        let backend = AskedBackend::begin(self.settings).await;
        if let Some(trouble) = backend.trouble() {
            crate::say(&trouble);
        }
        let served = backend.served();
        let flags = provenance::flags_with(self.settings, self.environment, served());
        let flags = provenance::flag_states(self.settings, &flags);
        let subject = self.subject(&flags, beginning.clock.now());
        let evidence = EvidenceKeeper::of(
            self.arguments,
            self.settings,
            self.features,
            RunAccount {
                configured: account,
                key: pseudonyms.as_ref().map(Pseudonyms::fingerprint),
                seen: pseudonyms.as_ref().map(Pseudonyms::accounts_seen).unwrap_or_default(),
            },
            flags,
            RunStart {
                at: beginning.clock.started_at(),
                observer: beginning.observer,
                known: &KnownCode::default(),
                served,
                outside,
            },
            self.environment,
        )?;
        if evidence.is_of_no_code() {
            crate::say(&format!("warning: {}", evidence::of_no_code(self.settings.is_thor())));
        }
        let color = Palette::decide_for_stderr(self.cli.global.color, self.environment).color;
        let shown = match (self.cli.global.quiet, self.arguments.plain) {
            (true, _) => WatchWish::Nothing,
            (false, true) => WatchWish::Lines,
            (false, false) => WatchWish::View,
        };
        let see = |signals: &mut Signals| {
            let (live, keys) = Live::begin(subject, self.environment, color, shown);
            signals.listen_to(keys);
            live
        };
        let order = RunOrder {
            settings: self.settings,
            environment: self.environment,
            features: self.features,
            every: self.arguments.every,
            samples: self.arguments.samples,
            length: wish,
            until: close.map(|close| tokio::sync::watch::channel(close.at).1),
            is_traced,
            outside,
        };
        let run = order.run(beginning, pseudonyms, &evidence, &mut signals, see, &mut |_| {}).await?;
        let JudgedRun { report, trace, failure } = run;
        let mut answer = RunAnswer::new("shadow-diff", report, self.cli.global.verbose > 0).with_trace(trace);
        if let Some(path) = &self.arguments.record {
            let parts: Vec<_> =
                crate::recording::existing(path).iter().map(|part| part.display().to_string()).collect();
            let parts = parts.join(" ");
            answer.hint(format!("recorded; judge it again with `thor-cutover replay {parts}`"));
        }
        tokio::select! {
            biased;
            () = signals.next() => return Err(Error::failed(anyhow::anyhow!(
                "interrupted a second time: the evidence may not have been kept"
            ))),
            kept = evidence.keep(answer.report.clone()) => kept.tell(&mut answer),
        }
        if let (Some(storing), Some(path)) = (storing, self.arguments.record.clone()) {
            tokio::select! {
                biased;
                () = signals.next() => {
                    answer.hint("warning: interrupted: the next `shadow-diff --record` brings the recording to the store".to_owned());
                }
                brought = tokio::task::spawn_blocking(move || storing.bring(&path)) => match brought {
                    Ok(brought) => brought.tell(&mut answer),
                    Err(error) => answer.fail(&Error::failed(error)),
                },
            }
        }
        if let Some(trouble) = backend.trouble() {
            answer.hint(trouble);
        }
        if let Some(failure) = failure {
            answer.fail(&failure);
        }
        Ok(answer)
    }

    /// Sleeps until the market opens, and asks nobody for anything; false where the run is not to begin.
    async fn wait_for(&self, close: &until_close::Close, signals: &mut Signals) -> bool {
        if self.arguments.no_wait {
            return false;
        }
        if !self.cli.global.quiet {
            crate::say(&format!("{}; waiting for it, Ctrl-C ends the wait", close.said));
        }
        loop {
            let left = close.opens.duration_since(Clock::wall());
            let Some(left) = Duration::try_from(left).ok().filter(|left| !left.is_zero()) else {
                return true;
            };
            tokio::select! {
                biased;
                () = signals.next() => return false,
                // a machine that slept meanwhile is late by no more than this
                () = tokio::time::sleep(left.min(LONGEST_SLEEP)) => {}
            }
        }
    }

    /// The answer of a run that did not begin: it proves nothing, and says when there will be something to see.
    fn nothing_observed(&self, close: &until_close::Close) -> RunAnswer {
        let report = RunReport {
            schema: String::new(),
            verdict: Verdict::Inconclusive,
            exit_code: Verdict::Inconclusive.exit_code(),
            end: RunEnd::Interrupted,
            seconds: 0.0,
            config_digest: crate::contract::digest(self.features),
            connection: Connection::default(),
            sockets: BTreeMap::new(),
            features: Vec::new(),
            warnings: vec![format!("nothing was observed: {}", close.said)],
        };
        RunAnswer::new("shadow-diff", report, false)
    }

    /// What the live view knows beforehand.
    fn subject(&self, flags: &BTreeMap<String, FlagState>, begun: Nanos) -> Subject {
        let seen = |feature: &Feature| {
            let is_on = flags.get(&feature.name) == Some(&FlagState::On);
            WatchedFeature::new(feature, if is_on { Truth::WebSocket } else { Truth::Rest })
        };
        Subject {
            target: self.settings.backend.rest_url.to_string(),
            begun,
            features: self.features.iter().map(seen).collect(),
        }
    }
}

fn opening(settings: &Settings, features: &[Feature]) -> String {
    let names: Vec<_> = features.iter().map(|feature| feature.name.as_str()).collect();
    let sockets = Backend::sockets_of(features).into_iter();
    let urls: Vec<_> =
        sockets.map(|name| shown_url(settings.backend.for_socket(name.as_deref()).ws_url.as_str())).collect();
    format!(
        "observing {} on {} and {}",
        names.join(", "),
        shown_url(settings.backend.rest_url.as_str()),
        urls.join(", ")
    )
}

/// Pseudonyms under the team's key or the store's; where nothing will be kept, under a key that is forgotten with the
/// run.
fn pseudonyms(arguments: &ShadowDiffArgs, settings: &Settings) -> Result<Option<Pseudonyms>> {
    if arguments.keep_identifiers || settings.identifiers.is_empty() {
        return Ok(None);
    }
    let keeps_nothing = arguments.no_evidence && arguments.record.is_none();
    let key = if keeps_nothing {
        PseudonymKey::random().map_err(|error| {
            Error::failed(anyhow::Error::new(error).context("a key for pseudonyms"))
                .hint("--keep-identifiers needs no key")
        })?
    } else {
        identifiers::key(settings)?
    };
    Ok(Some(Pseudonyms::new(key, &settings.identifiers)))
}
