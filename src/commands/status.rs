//! `status`: who says which flag is on, the mode, each feature's stage, every disagreement, the next step.
//!
//! Offline unless `--flags-url` is given. Changes nothing, and exits 0 whatever it finds.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::cli::{Global, StatusArgs};
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::flags::{self, declared::declared, disagree::disagreements, served::served};
use crate::model::facts::flags::{FlagFacts, FlagStatement, StatementKind};
use crate::model::feature::Feature;
use crate::model::stage::{Decision, Stage};
use crate::model::verdict::Verdict;
use crate::observe::tls;
use crate::report::Answer;
use crate::report::status::{FeatureStatus, FlagReading, Mode, NewestEvidence, StatusAnswer, StatusReport};
use crate::settings::{self, Settings};

/// What the source audit and the ledger established of each feature, by name. A feature that is not there was
/// not looked at.
#[derive(Debug, Clone, Default)]
pub struct StatusFacts {
    pub features: BTreeMap<String, KnownFeature>,
}

/// What is known of one feature apart from its flags.
#[derive(Debug, Clone, Default)]
pub struct KnownFeature {
    pub stage: Option<Stage>,
    /// Where the stage is unknown: what is missing.
    pub stage_reason: String,
    pub evidence: Option<NewestEvidence>,
    /// The flag as it was during the newest evidence.
    pub observed: Option<FlagStatement>,
}

pub fn run(args: &StatusArgs, global: &Global, environment: &Environment) -> Result<Box<dyn Answer>> {
    let settings = settings::load(global, environment)?;
    let mut flags = FlagFacts::default();
    if let Some(url) = &args.flags_url {
        flags.extend(ask(url, &settings)?);
    }
    if let Some(pid) = args.pid {
        flags.extend(
            flags::of_process(pid, &settings.features)
                .map_err(|line| Error::failed(anyhow::anyhow!(line)))?,
        );
    }
    flags.extend(declared(&settings.features, &settings.flags, environment));
    let facts = StatusFacts::default();
    flags.statements.extend(facts.features.values().filter_map(|known| known.observed.clone()));
    Ok(Box::new(StatusAnswer(report(&settings, &flags, &facts, environment))))
}

fn ask(url: &str, settings: &Settings) -> Result<FlagFacts> {
    let url = url::Url::parse(url)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .ok_or_else(|| Error::usage(format!("--flags-url is not an http(s) URL: {url:?}")))?;
    let failed = |line: String| {
        Error::failed(anyhow::anyhow!(line))
            .hint("is the backend up? without --flags-url, status asks nobody")
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| failed(format!("cannot start the network: {error}")))?;
    let timeout = settings.backend.request_timeout.min(Duration::from_secs(10));
    let tls = tls::client_config(settings.backend.ca_file.as_deref(), url.scheme() == "https")
        .map_err(|error| failed(error.to_string()))?;
    runtime.block_on(served(&url, &settings.features, (*tls).clone(), timeout)).map_err(failed)
}

/// Everything put together. Pure.
fn report(
    settings: &Settings,
    flags: &FlagFacts,
    facts: &StatusFacts,
    environment: &Environment,
) -> StatusReport {
    let features: Vec<_> =
        settings.features.iter().map(|feature| feature_status(feature, flags, facts)).collect();
    let live = features.iter().filter(|feature| feature.on).count();
    let mode = match live {
        0 => Mode::Shadow,
        all if all == features.len() => Mode::Full,
        _ => Mode::Partial,
    };
    let (next, next_reason) = next(&features);
    let shown =
        |path: &std::path::Path| path.strip_prefix(&environment.folder).unwrap_or(path).display().to_string();
    StatusReport {
        schema: "thor-cutover/status/1".to_owned(),
        exit_code: 0,
        mode,
        live,
        of: features.len(),
        contract: settings.contract.clone(),
        config: settings.file.as_deref().map(shown),
        rest_url: settings.backend.rest_url.as_str().trim_end_matches('/').to_owned(),
        sources: flags.sources.clone(),
        warnings: settings.warnings.iter().chain(&flags.warnings).cloned().collect(),
        features,
        next,
        next_reason,
    }
}

fn feature_status(feature: &Feature, flags: &FlagFacts, facts: &StatusFacts) -> FeatureStatus {
    let known = facts.features.get(&feature.name).cloned().unwrap_or_else(|| KnownFeature {
        stage_reason: "no source tree was searched, and no ledger read".to_owned(),
        ..KnownFeature::default()
    });
    let state = |name: &str| FlagReading {
        name: name.to_owned(),
        on: flags.is_on(name),
        source: flags.effective(name).map(|statement| statement.source.clone()),
    };
    let names = [Some(feature.flag.as_str()), feature.frontend_flag.as_deref()];
    let of_it = flags.statements.iter().filter(|it| names.contains(&Some(it.name.as_str())));
    let on = flags.is_on(&feature.flag);
    FeatureStatus {
        feature: feature.name.clone(),
        order: feature.order,
        stage: known.stage,
        stage_reason: known.stage_reason,
        on,
        backend: state(&feature.flag),
        frontend: feature.frontend_flag.as_deref().map(state),
        flags: of_it.cloned().collect(),
        disagreements: disagreements(feature, flags),
        next: next_of(&feature.name, on, known.stage, known.evidence.as_ref()),
        evidence: known.evidence,
    }
}

/// One feature's next command: observe until there is a GO, then ask the checklist.
fn next_of(name: &str, on: bool, stage: Option<Stage>, evidence: Option<&NewestEvidence>) -> String {
    let proven = evidence.is_some_and(|newest| newest.verdict == Verdict::Go);
    match stage {
        Some(stage @ (Stage::Removed | Stage::Complete)) => {
            format!("thor-cutover checklist {name} --decision {}", stage.next())
        }
        Some(Stage::NotIntegrated) => {
            format!("thor-cutover checklist {name} --decision {}", Decision::Shadow)
        }
        _ if !proven => format!("thor-cutover shadow-diff {name}"),
        _ if on => format!("thor-cutover checklist {name} --decision {}", Decision::Delete),
        _ => format!("thor-cutover checklist {name} --decision {}", Decision::Cutover),
    }
}

/// The one command to type next, and why: contradictions first, then the cutover's order.
fn next(features: &[FeatureStatus]) -> (String, String) {
    let doubtful = |it: &&FlagStatement| it.warning.is_some() && !it.on && it.kind == StatementKind::Declared;
    if let Some(said) = features.iter().flat_map(|feature| &feature.flags).find(doubtful) {
        let why = format!(
            "correct {} in {} first: it does not say what was probably meant",
            said.name, said.source
        );
        return ("thor-cutover status".to_owned(), why);
    }
    if let Some(feature) = features.iter().find(|feature| !feature.disagreements.is_empty()) {
        let why =
            format!("the sources contradict each other about {}; make them agree first", feature.feature);
        return ("thor-cutover status".to_owned(), why);
    }
    let first_off = features.iter().find(|feature| !feature.on);
    if let Some(off) = first_off
        && let Some(ahead) = features.iter().find(|feature| feature.on && feature.order > off.order)
    {
        let why = format!(
            "{} is on before {}: features go one after the other, in order",
            ahead.feature, off.feature
        );
        return (format!("thor-cutover checklist {}", ahead.feature), why);
    }
    match (first_off, features.last()) {
        (Some(off), _) => {
            let why = match &off.evidence {
                Some(newest) => {
                    format!("{} is the next in order; its newest evidence is {}", off.feature, newest.verdict)
                }
                None => format!(
                    "{} is the next in order: see first whether REST and WebSocket agree",
                    off.feature
                ),
            };
            (off.next.clone(), why)
        }
        (None, Some(_)) => (
            "thor-cutover checklist".to_owned(),
            "every flag is on: see for each feature whether its REST timer may be deleted".to_owned(),
        ),
        (None, None) => {
            ("thor-cutover init".to_owned(), "a contract or features of your own are needed".to_owned())
        }
    }
}
