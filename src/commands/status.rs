//! `status`: who says which flag is on, the mode, each feature's stage and newest evidence, every disagreement,
//! what the next decision lacks, the next step.
//!
//! Offline unless `--flags-url` is given. Changes nothing, and exits 0 whatever it finds.

use std::path::Path;
use std::time::Duration;

use crate::cli::{Global, StatusArgs};
use crate::clock::Clock;
use crate::commands::decision::{Asking, Gathered, ledger_facts};
use crate::commands::provenance::named_source;
use crate::commands::served_flags::ask_and_wait;
use crate::environment::Environment;
use crate::error::{Error, ErrorKind, Result};
use crate::flags::{self, disagree::disagreements};
use crate::judge::decision::scope::not_counted;
use crate::judge::decision::{Asked, Decided};
use crate::model::facts::flags::{DisagreementKind, FlagFacts, FlagSide, FlagStatement, StatementKind};
use crate::model::facts::ledger::{FeatureRun, FlagState as Flag, LedgerFacts, RunRecord};
use crate::model::feature::Feature;
use crate::model::stage::{Decision, Stage};
use crate::model::verdict::Verdict;
use crate::report::Answer;
use crate::report::status::{FeatureStatus, FlagReading, Mode, NewestEvidence, StatusAnswer, StatusReport};
use crate::settings::{self, Settings};

/// Evidence is shown until it is this many times as old as evidence may be: "expired" says more than "none".
const AGES_SHOWN: u32 = 2;

/// How long a ledger is waited for that another program or the network holds up.
const PATIENCE: Duration = Duration::from_secs(1);

/// No faster than this: each round reads every file anew.
const LEAST_PAUSE: Duration = Duration::from_millis(200);

pub fn run(args: &StatusArgs, global: &Global, environment: &Environment) -> Result<Box<dyn Answer>> {
    let settings = settings::load(global, environment)?;
    let mut running = FlagFacts::default();
    if let Some(url) = &args.flags_url {
        running.extend(ask(url, &settings)?);
    }
    if let Some(pid) = args.pid {
        running.extend(
            flags::of_process(pid, &settings.features)
                .map_err(|line| Error::failed(anyhow::anyhow!(line)))?,
        );
    }
    let now = Clock::wall();
    let (ledger, warnings, exit_code) = match ledger_facts(&settings, now, AGES_SHOWN, PATIENCE) {
        Ok((facts, warnings)) => (facts, warnings, 0),
        Err(error) if error.kind == ErrorKind::Usage => return Err(error),
        // Who says what about the flags is worth knowing all the same.
        Err(error) => (LedgerFacts::default(), vec![error.to_string()], error.exit_code()),
    };
    let tree = named_source(&settings, args.source.as_deref(), environment);
    let asking =
        Asking { unaudited: tree.is_none(), ..Asking::of(&settings, args.source.as_deref(), environment) };
    let mut gathered = Gathered::around(ledger, warnings, now, &settings, &asking, environment)?;
    running.extend(std::mem::take(&mut gathered.flags));
    gathered.flags = running;
    let observed: Vec<_> =
        settings.features.iter().filter_map(|feature| observed(feature, &gathered)).collect();
    gathered.flags.statements.extend(observed);
    gathered.disagreements = settings
        .features
        .iter()
        .map(|feature| (feature.name.clone(), disagreements(feature, &gathered.flags)))
        .collect();
    let searched = gathered.source.is_some();
    let unknown = match &tree {
        None => match &gathered.no_source {
            Some(reason) => format!("what is asked of the source is waived, no source tree: {reason}"),
            None => "no source tree is named; say --source DIR, or [source] root".to_owned(),
        },
        Some(tree) => format!("nothing of Thor was recognised in {}", shown(tree, environment)),
    };
    let features: Vec<FeatureStatus> =
        settings.features.iter().map(|feature| feature_status(feature, &settings, &gathered)).collect();
    let (next, next_reason) = next(&features);
    let live = features.iter().filter(|feature| feature.on).count();
    let report = StatusReport {
        schema: "thor-cutover/status/1".to_owned(),
        exit_code,
        mode: match features.iter().filter(|feature| feature.is_switched()).count() {
            0 => Mode::Shadow,
            all if all == features.len() => Mode::Full,
            _ => Mode::Partial,
        },
        live,
        of: features.len(),
        contract: settings.contract.clone(),
        config: settings.file.as_deref().map(|path| shown(path, environment)),
        rest_url: crate::secrets::shown_url(settings.backend.rest_url.as_str())
            .trim_end_matches('/')
            .to_owned(),
        source: tree.filter(|_| searched).map(|tree| shown(&tree, environment)),
        stage_reason: if searched { String::new() } else { unknown },
        sources: std::mem::take(&mut gathered.flags.sources),
        warnings: gathered.warnings.clone(),
        features,
        next,
        next_reason,
    };
    let again_after = args.watch.map(|pause| pause.max(LEAST_PAUSE));
    Ok(Box::new(StatusAnswer { report, again_after }))
}

fn shown(path: &Path, environment: &Environment) -> String {
    match path.strip_prefix(&environment.folder) {
        Ok(path) if path.as_os_str().is_empty() => ".".to_owned(),
        Ok(path) => path.display().to_string(),
        Err(_) => path.display().to_string(),
    }
}

fn ask(url: &str, settings: &Settings) -> Result<FlagFacts> {
    let url = url::Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https")).ok_or_else(
        || {
            Error::usage(format!("--flags-url is not an http(s) URL: {:?}", crate::secrets::shown_url(url)))
                .hint("such as http://localhost:8000/api/cutover/flags/")
        },
    )?;
    let failed = |line: String| {
        Error::failed(anyhow::anyhow!(line))
            .hint("is the backend up? without --flags-url, status asks nobody")
    };
    ask_and_wait(&url, settings).map_err(failed)
}

/// The newest run in which the feature was judged, and what it said.
fn newest<'g>(feature: &Feature, gathered: &'g Gathered) -> Option<(&'g RunRecord, &'g FeatureRun)> {
    let of_feature = |run: &'g RunRecord| run.features.iter().find(|it| it.feature == feature.name);
    gathered
        .ledger
        .runs
        .iter()
        .filter_map(|run| Some((run, of_feature(run)?)))
        .max_by_key(|(run, _)| (run.ended_at, &run.id))
}

/// The flag as it was while the newest evidence was taken.
fn observed(feature: &Feature, gathered: &Gathered) -> Option<FlagStatement> {
    let (run, it) = newest(feature, gathered)?;
    let on = match it.flag {
        Flag::On => true,
        Flag::Off => false,
        Flag::Unknown => return None,
    };
    Some(FlagStatement {
        source: run.id.clone(),
        kind: StatementKind::Observed,
        side: FlagSide::Backend,
        name: feature.flag.clone(),
        raw: Some(it.flag.as_str().to_owned()),
        on,
        warning: None,
    })
}

fn feature_status(feature: &Feature, settings: &Settings, gathered: &Gathered) -> FeatureStatus {
    let flags = &gathered.flags;
    let state = |name: &str| {
        let said = flags.effective(name).filter(|said| said.kind != StatementKind::Observed);
        FlagReading {
            name: name.to_owned(),
            on: said.is_some_and(|said| said.on),
            source: said.map(|said| said.source.clone()),
        }
    };
    let names = [Some(feature.flag.as_str()), feature.frontend_flag.as_deref()];
    let of_it = flags.statements.iter().filter(|it| names.contains(&Some(it.name.as_str())));
    let backend = state(&feature.flag);
    let decided = gathered.decide(settings, feature, Asked::Next);
    let evidence = newest(feature, gathered).map(|(run, it)| NewestEvidence {
        run: run.id.clone(),
        verdict: it.verdict,
        at: run.ended_at.to_string(),
        age_seconds: gathered.now.duration_since(run.ended_at).as_secs(),
        flag: it.flag,
        not_counted: not_counted(&gathered.facts(settings), feature, decided.decision, run),
    });
    let mut contradictions = gathered.disagreements.get(&feature.name).cloned().unwrap_or_default();
    if decided.stage == Some(Stage::Complete) {
        // No code reads the flag any more: that it was on when the feature was observed is no reason to set it again.
        contradictions.retain(|it| it.kind != DisagreementKind::Observed);
    }
    FeatureStatus {
        feature: feature.name.clone(),
        order: feature.order,
        stage: decided.stage,
        on: backend.on,
        frontend: feature.frontend_flag.as_deref().map(state),
        flags: of_it.cloned().collect(),
        disagreements: contradictions,
        next: next_of(&feature.name, backend.on, &decided, evidence.as_ref()),
        backend,
        evidence,
        decision: decided.decision,
        verdict: decided.verdict,
        missing: decided.gates.into_iter().filter(|gate| gate.verdict != Verdict::Go).collect(),
    }
}

/// One feature's next command: observe where its flag as it is now was not; else what a GO allows, or the checklist.
fn next_of(name: &str, on: bool, decided: &Decided, evidence: Option<&NewestEvidence>) -> String {
    let observable = decided.stage.is_none_or(|stage| matches!(stage, Stage::Shadow | Stage::Live));
    let needed = if on { Flag::On } else { Flag::Off };
    let proven = evidence.is_some_and(|newest| {
        newest.verdict == Verdict::Go && newest.not_counted.is_none() && newest.flag == needed
    });
    if observable && !proven {
        return format!("thor-cutover shadow-diff {name}");
    }
    let decision = decided.decision;
    match (decided.verdict, decision) {
        (Verdict::Go, Decision::Cutover) => format!("thor-cutover enable {name}"),
        (Verdict::Go, Decision::Delete) => format!("thor-cutover audit --plan {name}"),
        _ => format!("thor-cutover checklist {name} --decision {decision}"),
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
    // Evidence of another flag state is cured by observing again.
    let contradicted =
        |it: &&FeatureStatus| it.disagreements.iter().any(|it| it.kind != DisagreementKind::Observed);
    if let Some(feature) = features.iter().find(contradicted) {
        let why =
            format!("the sources contradict each other about {}; make them agree first", feature.feature);
        return ("thor-cutover status".to_owned(), why);
    }
    let first_off = features.iter().find(|feature| !feature.is_switched());
    if let Some(off) = first_off
        && let Some(ahead) = features.iter().find(|feature| feature.on && feature.order > off.order)
    {
        let why = format!(
            "{} is on before {}: features go one after the other, in order",
            ahead.feature, off.feature
        );
        return (format!("thor-cutover checklist {}", ahead.feature), why);
    }
    match features.iter().find(|feature| feature.stage != Some(Stage::Complete)) {
        Some(feature) => (feature.next.clone(), reason(feature)),
        None if features.is_empty() => {
            ("thor-cutover init".to_owned(), "a contract or features of your own are needed".to_owned())
        }
        None => (
            "thor-cutover checklist --decision complete".to_owned(),
            "nothing of any feature's REST path is left: see whether everything is written down".to_owned(),
        ),
    }
}

fn reason(feature: &FeatureStatus) -> String {
    let name = &feature.feature;
    let observes = feature.next.contains(" shadow-diff ");
    if feature.verdict == Verdict::Go && !observes {
        return format!("{name} is GO for {}: {}", feature.decision, feature.decision.question());
    }
    if !observes {
        return format!("{name} is the next in order: see what is missing for {}", feature.decision);
    }
    match &feature.evidence {
        None => format!("{name} is the next in order: see first whether REST and WebSocket agree"),
        Some(NewestEvidence { not_counted: Some(why), .. }) => {
            format!("{name} is the next in order; its newest evidence does not count: {why}")
        }
        Some(newest) if newest.verdict == Verdict::Go => {
            format!("the flag of {name} was switched since its newest evidence: see whether both still agree")
        }
        Some(newest) => format!("{name} is the next in order; its newest evidence is {}", newest.verdict),
    }
}
