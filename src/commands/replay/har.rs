//! A browser's HAR judged as a run: by the configuration, as a recording that has none.

use std::path::Path;

use crate::align::Engine;
use crate::cli::{Cli, ReplayArgs};
use crate::commands::identifiers;
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::judge::run::judge;
use crate::model::feature::{Feature, in_force};
use crate::model::observation::{End, Event, Observation};
use crate::model::text::visible;
use crate::observe::browser::{BrowserLog, BrowserRun};
use crate::observe::intake::Intake;
use crate::observe::key::PseudonymKey;
use crate::observe::pseudonyms::Pseudonyms;
use crate::recording::har;
use crate::report::run::RunAnswer;
use crate::settings::{self, Settings};

/// The verdict of a page's own requests and messages.
///
/// # Errors
/// A file that is no HAR or cannot be read; usage and configuration, and where the HAR has no request of any feature.
pub fn run(path: &Path, cli: &Cli, arguments: &ReplayArgs, environment: &Environment) -> Result<RunAnswer> {
    let settings = settings::load(&cli.global, environment)?;
    let configured = settings.select(&arguments.features)?;
    let mut log = BrowserLog::new(&settings.backend, &configured).map_err(Error::usage)?;
    let read = har::read(path, |entry| log.take(&entry))?;
    let run = log.finish(&read, &configured);
    let mut notes = run.notes.clone();
    let features = asked(configured, &run, arguments, &mut notes)?;
    let pseudonyms = pseudonyms(&settings, read.digest)?;
    let judged = pseudonyms.as_ref().map_or_else(|| features.clone(), |it| it.features(&features));
    let day = run.started_at.to_zoned(jiff::tz::TimeZone::UTC).date();
    let (judged, expired) = in_force(judged, day);
    // Every configured feature has its place: the requests were counted by it.
    let sources = run.polled(pseudonyms.as_ref());
    let intake = Intake::new(sources, pseudonyms, &settings.backend, &run.sockets);
    let mut engine = Engine::new(&judged);
    for mut arrival in run.arrivals {
        engine.push(&intake.observe(&mut arrival));
    }
    engine.push(&Observation::of(run.end, Event::End(End::Completed)));
    let tally = engine.finish(run.end);
    let digest = crate::contract::digest(&judged);
    let report = judge(&judged, &tally, &settings.thresholds, End::Completed, &digest);
    let mut answer = RunAnswer::new("replay", report, cli.global.verbose > 0);
    let notes = notes.into_iter().map(|note| format!("HAR: {note}"));
    answer.report.warnings.extend(notes.chain(expired).map(|warning| visible(&warning)));
    Ok(answer)
}

/// The features whose requests are in it: of others nothing was seen.
fn asked(
    configured: Vec<Feature>,
    run: &BrowserRun,
    arguments: &ReplayArgs,
    notes: &mut Vec<String>,
) -> Result<Vec<Feature>> {
    let (features, others): (Vec<_>, Vec<_>) =
        configured.into_iter().zip(&run.asked).partition(|(_, asked)| **asked);
    let names = |all: &[(Feature, &bool)]| {
        let named = all.iter().map(|(it, _)| format!("{} ({} {})", it.name, it.rest.method(), path_of(it)));
        named.collect::<Vec<_>>().join(", ")
    };
    if features.is_empty() || (!arguments.features.is_empty() && !others.is_empty()) {
        let error = Error::usage(format!("the HAR has no request of {}", names(&others)));
        let there =
            if run.others.is_empty() { String::new() } else { format!("; it has {}", run.others.join(", ")) };
        let told = notes.iter().filter(|note| note.contains("not what the configuration asks for"));
        let told: String = told.map(|note| format!("; {note}")).collect();
        return Err(error.hint(visible(&format!(
            "a page is judged while it still polls: check rest.path and [backend] rest_url{told}{there}"
        ))));
    }
    if !others.is_empty() {
        notes.push(format!("it has no request of {}, so of these nothing is said", names(&others)));
    }
    Ok(features.into_iter().map(|(feature, _)| feature).collect())
}

/// Without the query, which may hold an account number.
fn path_of(feature: &Feature) -> &str {
    feature.rest.path.split('?').next().unwrap_or_default()
}

/// Pseudonyms under the key that is here, else under one that is the file's own: the same file is told in the same way.
fn pseudonyms(settings: &Settings, digest: [u8; 32]) -> Result<Option<Pseudonyms>> {
    if settings.identifiers.is_empty() {
        return Ok(None);
    }
    let key = identifiers::local_key(settings)?.unwrap_or_else(|| PseudonymKey::of(digest));
    Ok(Some(Pseudonyms::new(key, &settings.identifiers)))
}
