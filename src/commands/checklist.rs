//! `checklist`: go or no-go before a flag is flipped or a REST timer is deleted.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::PathBuf;

use crate::cli::{ChecklistArgs, DecisionArg, Format, Global};
use crate::commands::decision::{Asking, Gathered, baselines};
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::evidence::{Ledger, id};
use crate::judge::decision::scope::grant;
use crate::judge::decision::{Asked, Decided};
use crate::model::facts::ledger::{Entry, Grant};
use crate::model::stage::Decision;
use crate::model::verdict::Verdict;
use crate::report::checklist::{ChecklistReport, SearchedFiles};
use crate::report::checklist::{github, human, junit, markdown};
use crate::report::{Answer, unsupported};
use crate::settings::{self, Settings};

pub fn run(args: &ChecklistArgs, global: &Global, environment: &Environment) -> Result<Box<dyn Answer>> {
    let settings = settings::load(global, environment)?;
    let features = settings.select(&args.features)?;
    let asked = asked(args);
    let from_here = |paths: &[PathBuf]| paths.iter().map(|path| environment.folder.join(path)).collect();
    let asking = Asking {
        revision: args.revision.clone(),
        since: args.since.clone(),
        logs: from_here(&args.log_file),
        console_logs: from_here(&args.console_log),
        ..Asking::of(&settings, args.source.as_deref(), environment)
    };
    let folder = &asking.folder;
    if let (true, Some(since)) = (asking.unaudited, &asking.since) {
        return Err(Error::usage(format!("--since {since} looks back at a source tree, and there is none"))
            .hint("[source] none says so; name a tree with --source DIR, or take `none` out"));
    }
    let gathered = Gathered::gather(&settings, &asking, environment)?;
    if args.require_source && gathered.source.is_none() {
        return Err(Error::usage(format!("no source tree of Thor in {}", folder.display()))
            .hint("name Thor's checkout with --source DIR or [source] root"));
    }
    let decided: Vec<Decided> =
        features.iter().map(|feature| gathered.decide(&settings, feature, asked)).collect();
    remember(&gathered, &settings, &decided)?;
    let revision = gathered.git.head.as_ref().map(|head| head.short());
    let searched = gathered.source.as_ref().map(|it| SearchedFiles {
        files: it.files,
        parsed: it.parsed,
        unparsed: it.unparsed.len(),
        unresolved: it.unresolved,
        mapped: it.mapped,
        accepted: it.accepted,
    });
    let mut report = ChecklistReport::of(decided, asked, revision, searched);
    report.warnings.extend_from_slice(&gathered.warnings);
    report.waive(gathered.no_source.as_deref());
    if gathered.source.is_none() && gathered.no_source.is_none() {
        report.warnings.push(format!(
            "no source tree of Thor in {}: what is gone cannot be seen, and no decision can be GO; \
             name the checkout with --source DIR",
            folder.display()
        ));
    }
    let hints = if args.summary { summarise(&report, environment)? } else { Vec::new() };
    Ok(Box::new(ChecklistAnswer { report, hints }))
}

/// Puts on the ledger what later decisions need: what the audit saw of REST, so that its absence later means
/// gone; and that a deletion was GO when it was first seen, so that its evidence no longer grows old.
fn remember(gathered: &Gathered, settings: &Settings, decided: &[Decided]) -> Result<()> {
    let now = gathered.now;
    let head = gathered.git.head.as_ref();
    let known: BTreeSet<&str> = gathered.ledger.baselines.iter().map(|it| it.id.as_str()).collect();
    let seen = gathered.source.as_ref().map(|source| baselines(source, head, now)).unwrap_or_default();
    let mut entries: Vec<Entry> =
        seen.into_iter().filter(|it| !known.contains(it.id.as_str())).map(Entry::Baseline).collect();
    let deleted = decided.iter().filter(|it| it.claimed && it.decision == Decision::Delete);
    for it in deleted.filter(|it| it.verdict == Verdict::Go) {
        let feature = settings.features.iter().find(|feature| feature.name == it.feature);
        let granted = feature.and_then(|feature| grant(&gathered.facts(settings), feature, Decision::Delete));
        if granted.is_none() {
            entries.push(Entry::Grant(Grant {
                id: id(now, &["grant", &it.feature, "delete"]),
                at: now,
                feature: it.feature.clone(),
                decision: Decision::Delete,
                rules: gathered.rules.get(&it.feature).cloned().unwrap_or_default(),
                target: gathered.target.clone(),
                revision: head.cloned(),
                code: gathered.code(&it.feature),
                imported: None,
            }));
        }
    }
    if !entries.is_empty() {
        Ledger::open(&settings.evidence.store)?.append(&entries)?;
    }
    Ok(())
}

/// Without a feature named: what is claimed. With one: its next decision.
fn asked(args: &ChecklistArgs) -> Asked {
    match args.decision {
        None if args.features.is_empty() => Asked::Claimed,
        None => Asked::Next,
        Some(DecisionArg::Claimed) => Asked::Claimed,
        Some(DecisionArg::Next) => Asked::Next,
        Some(DecisionArg::Shadow) => Asked::This(Decision::Shadow),
        Some(DecisionArg::Cutover) => Asked::This(Decision::Cutover),
        Some(DecisionArg::Delete) => Asked::This(Decision::Delete),
        Some(DecisionArg::Complete) => Asked::This(Decision::Complete),
    }
}

/// Appends the Markdown to the job's summary, where GitHub names a file for it; elsewhere says that it did not.
fn summarise(report: &ChecklistReport, environment: &Environment) -> Result<Vec<String>> {
    let Some(path) = environment.get("GITHUB_STEP_SUMMARY") else {
        return Ok(vec!["no summary written: GITHUB_STEP_SUMMARY is not set".to_owned()]);
    };
    let mut file = fs_err::OpenOptions::new().append(true).create(true).open(path).map_err(Error::failed)?;
    file.write_all(markdown::markdown(report).as_bytes()).map_err(Error::failed)?;
    Ok(Vec::new())
}

/// `checklist`, ready to be rendered.
#[derive(Debug)]
struct ChecklistAnswer {
    report: ChecklistReport,
    hints: Vec<String>,
}

impl Answer for ChecklistAnswer {
    fn exit_code(&self) -> u8 {
        self.report.exit_code
    }

    fn render(&self, format: Format, _: &Environment) -> Result<String> {
        match format {
            Format::Human => Ok(human::human(&self.report)),
            Format::Json => {
                let json = serde_json::to_string_pretty(&self.report).map_err(anyhow::Error::new)?;
                Ok(json + "\n")
            }
            Format::Markdown => Ok(markdown::markdown(&self.report)),
            Format::Junit => junit::junit(&self.report),
            Format::Github => Ok(github::github(&self.report)),
            other => Err(unsupported("checklist", other, "human, json, markdown, junit, github")),
        }
    }

    fn hints(&self) -> Vec<String> {
        self.hints.clone()
    }
}
