//! The recording of a run: begun anew, or gone on with after an interruption.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::align::Engine;
use crate::cli::ShadowDiffArgs;
use crate::clock::Clock;
use crate::commands::shadow_diff::outside::Outside;
use crate::error::{Error, Result};
use crate::model::feature::{Feature, in_force};
use crate::model::observation::{Event, Observation};
use crate::model::time::Nanos;
use crate::recording::{self, Config, Disk, FORMAT, Header, Parts, RecordingError, Series};
use crate::secrets::shown_url;
use crate::settings::{Backend, Settings, Transport};

/// Where a run begins: at nothing, or where an earlier one stopped.
pub struct Beginning {
    pub clock: Clock,
    /// The features by the rules that are in force; expired ones are in the recording only, so that it can be
    /// judged again from its own date.
    pub judged: Vec<Feature>,
    /// What has expired, in words.
    pub expired: Vec<String>,
    pub digest: String,
    /// Empty, or with everything that was taken over.
    pub panel: Engine,
    pub recording: Option<Parts>,
    /// Tells this run from others that began at the same instant.
    pub observer: u32,
    /// What was taken over, for the user.
    pub said: Option<String>,
}

impl Beginning {
    /// `configured`: the features as they may be recorded, expired rules included; `observer`: what tells the run from
    /// others that begin at the same instant.
    ///
    /// # Errors
    /// The file cannot be written; with `--resume`, what is there cannot be read or was recorded under another
    /// configuration.
    pub fn of(
        arguments: &ShadowDiffArgs,
        settings: &Settings,
        configured: Vec<Feature>,
        observer: u32,
        is_traced: bool,
        outside: &Outside,
    ) -> Result<Self> {
        let config = Config { features: configured, thresholds: settings.thresholds.clone() };
        let parts = arguments.record.as_deref().map(recording::existing).unwrap_or_default();
        if let (true, Some(base), [_, ..]) = (arguments.resume, &arguments.record, parts.as_slice())
            && let Some(beginning) = Self::again(base, &parts, &config, arguments.rotate, is_traced, outside)?
        {
            return Ok(beginning);
        }
        refuse_later_parts(&parts)?;
        let mut beginning = Self::at(outside.clock(), &config.features, observer, is_traced);
        if let Some(base) = &arguments.record {
            let header = Header {
                format: FORMAT,
                started_at: beginning.clock.started_at(),
                features: config.features.iter().map(|feature| feature.name.clone()).collect(),
                rest_url: shown_url(settings.backend.rest_url.as_str()),
                ws_url: shown_url(settings.backend.ws_url.as_str()),
                sockets: urls_of_sockets(settings, &config.features),
                transports: transports(settings, &config.features),
                config: Some(config),
                config_digest: Some(beginning.digest.clone()),
                tool: concat!("thor-cutover ", env!("CARGO_PKG_VERSION")).to_owned(),
                observer: Some(beginning.observer),
                part: 1,
            };
            let disk = Arc::clone(&outside.disk);
            beginning.recording = Some(Parts::create_on(disk, base, header, arguments.rotate)?);
        }
        Ok(beginning)
    }

    /// `is_traced`: what becomes of each sample is kept for a page.
    fn at(clock: Clock, configured: &[Feature], observer: u32, is_traced: bool) -> Self {
        let day = clock.started_at().to_zoned(jiff::tz::TimeZone::UTC).date();
        let (judged, expired) = in_force(configured.to_vec(), day);
        let digest = crate::contract::digest(&judged);
        let mut panel = Engine::new(&judged);
        if is_traced {
            panel = panel.with_outcomes().with_deferred();
        }
        Self { clock, judged, expired, digest, panel, recording: None, observer, said: None }
    }

    /// Replays what is there, and goes on in a new part: as if the run had only been disconnected. `None` where a
    /// kill left nothing to go on with.
    fn again(
        base: &Path,
        parts: &[PathBuf],
        config: &Config,
        rotate: Option<u64>,
        is_traced: bool,
        outside: &Outside,
    ) -> Result<Option<Self>> {
        let (header, series) = match Series::open(parts) {
            Err(RecordingError::NotBegun { .. }) => return Ok(None),
            opened => opened?,
        };
        series.check_one_config()?;
        if header.config.as_ref() != Some(config) {
            return Err(Error::usage(format!(
                "{} was recorded under another configuration and cannot be resumed",
                base.display()
            ))
            .hint("record to another file, or observe the same features by the same rules"));
        }
        let observer = header.observer.unwrap_or_else(std::process::id);
        let clock = Clock::resumed(outside.time, header.started_at);
        let mut beginning = Self::at(clock, &config.features, observer, is_traced);
        let disk = Arc::clone(&outside.disk);
        let resumed = take_over(disk, base, (header, series), &mut beginning.panel, rotate)?;
        beginning.recording = Some(resumed.recording);
        let ago = match beginning.clock.now() {
            now if now < resumed.at => "nobody knows how long ago: the clock was set back since".to_owned(),
            now => {
                let seconds = now.since(resumed.at).as_secs();
                let ago = crate::model::feature::span::display(std::time::Duration::from_secs(seconds));
                format!("{ago} ago")
            }
        };
        beginning.clock = beginning.clock.past(resumed.at);
        beginning.said =
            Some(format!("resuming {} after {} observations, {ago}", base.display(), resumed.observations));
        Ok(Some(beginning))
    }
}

/// A recording that is gone on with.
pub struct Resumed {
    pub recording: Parts,
    /// How many observations were taken over.
    pub observations: u64,
    /// When the last of them was.
    pub at: Nanos,
}

/// Gives the judge everything of a recording, and begins its next part: as if the run had only been disconnected.
///
/// # Errors
/// What is there cannot be read; the next part cannot be written.
pub fn take_over(
    disk: Arc<dyn Disk>,
    base: &Path,
    (mut header, mut series): (Header, Series),
    panel: &mut Engine,
    rotate: Option<u64>,
) -> Result<Resumed> {
    let mut observations = 0u64;
    series.for_each(panel, |panel, observation, token| {
        if !matches!(observation.event, Event::End(_)) {
            panel.push_preparsed(observation, token);
            observations += 1;
        }
    })?;
    header.part = series.next_part();
    let features = header.config.as_ref().map(|config| config.features.clone()).unwrap_or_default();
    let mut recording = Parts::create_on(disk, base, header, rotate)?;
    // from the last thing that was seen until the next handshake nobody was looking
    for socket in Backend::sockets_of(&features) {
        let event = Event::Closed { code: 1006, reason: "the observer was not running".into() };
        let seam = Observation { at: series.at(), event, socket: socket.map(Into::into) };
        recording.write(&seam)?;
        panel.push(&seam);
    }
    Ok(Resumed { recording, observations, at: series.at() })
}

/// Where each socket of `[sockets]` is that carries one of the features.
fn urls_of_sockets(settings: &Settings, features: &[Feature]) -> BTreeMap<String, String> {
    let url = |name: String| {
        let url = shown_url(settings.backend.sockets.get(&name)?.url.as_str());
        Some((name, url))
    };
    Backend::sockets_of(features).into_iter().flatten().filter_map(url).collect()
}

/// What pushes, of each socket that is no WebSocket.
fn transports(settings: &Settings, features: &[Feature]) -> BTreeMap<String, String> {
    let named = |name: Option<String>| {
        let transport = match settings.backend.for_socket(name.as_deref()).socket.transport {
            Transport::WebSocket => return None,
            Transport::Sse => "sse",
            Transport::Command(_) => "command",
        };
        Some((name.unwrap_or_default(), transport.to_owned()))
    };
    Backend::sockets_of(features).into_iter().filter_map(named).collect()
}

/// Refuses parts of an older recording that the new one would seem to go on with.
///
/// # Errors
/// Usage.
pub fn refuse(arguments: &ShadowDiffArgs) -> Result<()> {
    let parts = arguments.record.as_deref().map(recording::existing).unwrap_or_default();
    if arguments.resume { Ok(()) } else { refuse_later_parts(&parts) }
}

/// Later parts of an older recording would pass for parts of the new one, and may be wanted: they are
/// neither kept in silence nor removed.
fn refuse_later_parts(parts: &[PathBuf]) -> Result<()> {
    match parts.get(1) {
        None => Ok(()),
        Some(part) => Err(Error::usage(format!("{} is there from an earlier recording", part.display()))
            .hint("go on with that one by --resume, move its parts away, or record to another name")),
    }
}
