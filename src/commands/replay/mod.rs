//! `replay`: the same judgment from recordings, or from a browser's HAR. Reads them as a stream, writes nothing.

mod each;
mod fetched;
mod har;
mod listing;
mod merge;

use std::path::PathBuf;

use crate::align::{Engine, EngineTally};
use crate::cli::{Cli, Format, ReplayArgs};
use crate::commands::identifiers;
use crate::commands::replay::fetched::NamedFiles;
use crate::environment::Environment;
use crate::error::{Error, Result, nearest};
use crate::judge::run::judge;
use crate::model::feature::{Feature, in_force};
use crate::model::run::RunReport;
use crate::model::time::Nanos;
use crate::observe::pseudonyms::{Pseudonyms, is_pseudonym};
use crate::recording::har::is_har;
use crate::recording::{Config, Header, Series};
use crate::report::Answer;
use crate::report::run::RunAnswer;
use crate::report::run::trace::RunTrace;
use crate::settings;

/// Judges the recordings as one run, or each by itself; or merges what shards of them came to.
///
/// # Errors
/// Unreadable or damaged recordings; usage and configuration.
pub fn run(cli: &Cli, arguments: &ReplayArgs, environment: &Environment) -> Result<Box<dyn Answer>> {
    if arguments.merge {
        return Ok(Box::new(merge::run(cli, arguments)?));
    }
    let named = NamedFiles::of(&arguments.files, environment)?;
    let is_each = arguments.each || arguments.shard.is_some() || named.has_prefix;
    if is_each || named.files.iter().any(|path| path.is_dir()) {
        return Ok(Box::new(each::run(&named, cli, arguments, environment)?));
    }
    let local = named.fetch(&named.files)?;
    let answer = one_run(&local.files, cli, arguments, environment);
    let mut answer = answer.map_err(|error| local.named_in(error))?;
    answer.report.warnings.iter_mut().for_each(|warning| *warning = local.named(warning));
    Ok(Box::new(answer))
}

/// The judgment of files that are one run: of recordings, or of a HAR alone.
fn one_run(
    files: &[PathBuf],
    cli: &Cli,
    arguments: &ReplayArgs,
    environment: &Environment,
) -> Result<RunAnswer> {
    match files.iter().find(|path| is_har(path)) {
        Some(path) if files.len() == 1 => har::run(path, cli, arguments, environment),
        Some(path) => {
            let error = Error::usage(format!("{} is a HAR and is replayed alone", path.display()));
            Err(error.hint("thor-cutover replay FILE once for each; recordings of one run go together"))
        }
        None => recorded(files, cli, arguments, environment),
    }
}

/// The judgment of recordings as one run: by `--config` if given, else by what they were recorded under, else by the
/// settings of this call.
fn recorded(
    files: &[PathBuf],
    cli: &Cli,
    arguments: &ReplayArgs,
    environment: &Environment,
) -> Result<RunAnswer> {
    let (header, mut series) = Series::open(files)?;
    let (config, of_accounts) = config(cli, environment, &header, &series)?;
    let features = select(&config.features, &arguments.features, &header)?;
    let day = header.started_at.to_zoned(jiff::tz::TimeZone::UTC).date();
    let (features, warnings) = in_force(features, day);
    let mut panel = Engine::new(&features);
    let mut trace = None;
    if cli.global.format == Format::Html {
        panel = panel.with_outcomes().with_deferred();
        let mut samples = RunTrace::of(features.len());
        series.for_each(&mut panel, |panel, observation, token| {
            panel.push_preparsed(observation, token);
            note_outcomes(panel, &mut samples);
        })?;
        trace = Some(samples);
    } else {
        series.for_each(&mut panel, Engine::push_preparsed)?;
    }
    let digest = crate::contract::digest(&features);
    let tally = finish(panel, series.at(), trace.as_mut());
    let report = judge(&features, &tally, &config.thresholds, series.end(), &digest);
    let mut answer = RunAnswer::new("replay", report, cli.global.verbose > 0).with_trace(trace);
    answer.report.warnings.extend(of_accounts.into_iter().chain(warnings));
    answer.report.warnings.extend(series.warnings());
    Ok(answer)
}

/// Hands what has been settled to the page's trace.
pub fn note_outcomes(panel: &mut Engine, trace: &mut RunTrace) {
    while let Some((feature, outcome)) = panel.poll_outcome() {
        trace.note(feature, &outcome);
    }
    while let Some((feature, outcome)) = panel.poll_deferred() {
        trace.note_deferred(feature, &outcome);
    }
}

/// Ends the run; what was settled only then goes to the trace too.
pub fn finish(panel: Engine, end: Nanos, trace: Option<&mut RunTrace>) -> EngineTally {
    match trace {
        Some(trace) => panel.finish_after(end, |panel| note_outcomes(panel, trace)),
        None => panel.finish(end),
    }
}

/// The judgment of recordings by what they were recorded under, and when they began.
///
/// # Errors
/// Unreadable or damaged recordings, and such as have no configuration.
pub fn judged_again(files: &[PathBuf]) -> Result<(jiff::Timestamp, RunReport)> {
    let (header, mut series) = Series::open(files)?;
    series.check_one_config()?;
    let Some(config) = &header.config else {
        return Err(Error::failed(anyhow::anyhow!("it does not say by which rules it was judged")));
    };
    let day = header.started_at.to_zoned(jiff::tz::TimeZone::UTC).date();
    let (features, _) = in_force(config.features.clone(), day);
    let mut panel = Engine::new(&features);
    series.for_each(&mut panel, Engine::push_preparsed)?;
    let digest = crate::contract::digest(&features);
    let tally = panel.finish(series.at());
    let report = judge(&features, &tally, &config.thresholds, series.end(), &digest);
    Ok((header.started_at, report))
}

/// What the recordings are judged by, and what is to be said of its accounts.
fn config(
    cli: &Cli,
    environment: &Environment,
    header: &Header,
    series: &Series,
) -> Result<(Config, Vec<String>)> {
    if let (false, Some(config)) = (is_config_named(environment), &header.config) {
        series.check_one_config()?;
        return Ok((config.clone(), Vec::new()));
    }
    let settings = settings::load(&cli.global, environment)?;
    // what the recording says it observed, not everything that could be configured
    let features: Vec<Feature> = settings
        .select(&[])?
        .into_iter()
        .filter(|feature| header.features.is_empty() || header.features.contains(&feature.name))
        .collect();
    if features.is_empty() {
        return Err(Error::usage(format!(
            "none of the recorded features ({}) is configured",
            header.features.join(", ")
        ))
        .hint("name a configuration that has them with --config"));
    }
    let recorded = header.config.as_ref().map_or(&[][..], |config| &config.features);
    let (features, warnings) = if recorded.iter().any(hides_accounts) {
        let key = identifiers::local_key(&settings)?;
        as_recorded(features, recorded, key.map(|key| Pseudonyms::new(key, &settings.identifiers)).as_ref())
    } else {
        (features, Vec::new())
    };
    Ok((Config { features, thresholds: settings.thresholds }, warnings))
}

/// What a feature's messages and answers are told apart by, as it is configured.
fn chosen(feature: &mut Feature) -> impl Iterator<Item = &mut String> {
    let filters = feature.ws.iter_mut().flat_map(|source| source.filter.values_mut());
    filters.chain(feature.rest.for_each.values_mut().flatten())
}

/// Whether two configurations of a feature filter by the same members and fill in as many values.
fn is_told_apart_alike(one: &Feature, other: &Feature) -> bool {
    let filters = |feature: &Feature| -> Vec<Vec<String>> {
        feature.ws.iter().map(|source| source.filter.keys().cloned().collect()).collect()
    };
    let variables = |feature: &Feature| -> Vec<(String, usize)> {
        let each = feature.rest.for_each.iter();
        each.map(|(variable, values)| (variable.clone(), values.len())).collect()
    };
    filters(one) == filters(other) && variables(one) == variables(other)
}

fn hides_accounts(feature: &Feature) -> bool {
    chosen(&mut feature.clone()).any(|value| is_pseudonym(value))
}

/// The features with the pseudonyms that a recording has in place of account numbers. Without the key of the
/// pseudonyms the recording's own are taken where only these can be meant, and that is said.
fn as_recorded(
    mut features: Vec<Feature>,
    recorded: &[Feature],
    pseudonyms: Option<&Pseudonyms>,
) -> (Vec<Feature>, Vec<String>) {
    if let Some(pseudonyms) = pseudonyms {
        features = pseudonyms.features(&features);
    }
    let mut warnings = Vec::new();
    for feature in &mut features {
        let Some(recorded) = recorded.iter().find(|recorded| recorded.name == feature.name) else { continue };
        if !is_told_apart_alike(feature, recorded) {
            continue;
        }
        let mut recorded = recorded.clone();
        let theirs: Vec<String> = chosen(&mut recorded).map(|value| value.clone()).collect();
        let name = feature.name.clone();
        for (ours, theirs) in chosen(feature).zip(theirs).filter(|(ours, theirs)| *ours != theirs) {
            if !is_pseudonym(&theirs) {
                continue;
            }
            if is_pseudonym(ours) {
                warnings.push(format!(
                    "{name}: the recording's account is {theirs}, the configured one {ours}: another account, or \
                     hidden under another key"
                ));
            } else if pseudonyms.is_none() {
                warnings.push(format!(
                    "{name}: the recording has {theirs} for the account, and its key is not here: it is taken for \
                     the configured one"
                ));
                *ours = theirs;
            }
        }
    }
    warnings.dedup();
    (features, warnings)
}

/// Whether `--config` was typed. The variable that stands for it is for the other commands: it must not
/// change what a recording was judged by.
fn is_config_named(environment: &Environment) -> bool {
    environment
        .arguments
        .iter()
        .filter_map(|argument| argument.to_str())
        .any(|argument| argument == "--config" || argument.starts_with("--config="))
}

fn select(features: &[Feature], names: &[String], header: &Header) -> Result<Vec<Feature>> {
    let known = || features.iter().map(|feature| feature.name.as_str());
    for name in names {
        if !known().any(|known| known == name) {
            let error = Error::usage(format!("the recording has no feature `{name}`"));
            return Err(match nearest(name, known()) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint(format!("it has: {}", header.features.join(", "))),
            });
        }
    }
    Ok(features.iter().filter(|feature| names.is_empty() || names.contains(&feature.name)).cloned().collect())
}
