//! `replay`: the same judgment from recordings. Reads them as a stream, writes nothing.

use std::path::PathBuf;

use crate::align::Engine;
use crate::cli::{Cli, ReplayArgs};
use crate::environment::Environment;
use crate::error::{Error, Result, nearest};
use crate::judge::run::judge;
use crate::model::feature::{Feature, in_force};
use crate::model::run::RunReport;
use crate::recording::{Config, Header, Series};
use crate::report::Answer;
use crate::report::run::RunAnswer;
use crate::settings;

/// Judges the recordings as one run: by `--config` if given, else by what they were recorded under, else by
/// the settings of this call.
///
/// # Errors
/// Unreadable or damaged recordings; usage and configuration.
pub fn run(cli: &Cli, arguments: &ReplayArgs, environment: &Environment) -> Result<Box<dyn Answer>> {
    let (header, mut series) = Series::open(&arguments.files)?;
    let config = config(cli, environment, &header, &series)?;
    let features = select(&config.features, &arguments.features, &header)?;
    let day = header.started_at.to_zoned(jiff::tz::TimeZone::UTC).date();
    let (features, warnings) = in_force(features, day);
    let mut panel = Engine::new(&features);
    series.for_each(&mut panel, Engine::push_preparsed)?;
    let digest = crate::contract::digest(&features);
    let tally = panel.finish(series.at());
    let report = judge(&features, &tally, &config.thresholds, series.end(), &digest);
    let mut answer = RunAnswer::new("replay", report, cli.global.verbose > 0);
    answer.report.warnings.extend(warnings);
    answer.report.warnings.extend(series.warnings());
    Ok(Box::new(answer))
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

fn config(cli: &Cli, environment: &Environment, header: &Header, series: &Series) -> Result<Config> {
    if let (false, Some(config)) = (is_config_named(environment), &header.config) {
        series.check_one_config()?;
        return Ok(config.clone());
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
    Ok(Config { features, thresholds: settings.thresholds })
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
