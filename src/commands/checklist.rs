//! `checklist`: go or no-go before a flag is flipped or a REST timer is deleted. It only reads.

use std::io::Write as _;
use std::path::PathBuf;

use crate::cli::{ChecklistArgs, DecisionArg, Format, Global};
use crate::commands::decision::{Asking, Gathered};
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::judge::decision::{Asked, Decided};
use crate::model::facts::flags::FlagFacts;
use crate::model::facts::source::SourceFacts;
use crate::model::stage::Decision;
use crate::report::checklist::{ChecklistReport, SearchedFiles};
use crate::report::checklist::{github, human, junit, markdown};
use crate::report::{Answer, unsupported};
use crate::settings::{self, FlagFiles};

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
    let revision = gathered.git.head.as_ref().map(|head| head.short());
    let searched = gathered.source.as_ref().map(searched_files);
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
    report.warnings.extend(unseen_flags(&settings.flags, &gathered.flags));
    let hints = if args.summary { summarise(&report, environment)? } else { Vec::new() };
    Ok(Box::new(ChecklistAnswer { report, hints }))
}

/// That nothing is there which could say that a flag is on: then "none is on" is no news.
fn unseen_flags(files: &FlagFiles, found: &FlagFacts) -> Option<String> {
    let all = || [&files.env_files, &files.frontend_env_files, &files.compose_files].into_iter().flatten();
    let first = all().next()?;
    let is_unseen = found.statements.is_empty() && !all().any(|path| path.is_file());
    is_unseen.then(|| {
        format!(
            "there is no {}, nor another file that declares flags: one that is on cannot be seen; [flags] names them",
            first.display()
        )
    })
}

/// How much of the source was read, in numbers.
pub fn searched_files(source: &SourceFacts) -> SearchedFiles {
    SearchedFiles {
        files: source.files,
        parsed: source.parsed,
        unparsed: source.unparsed.len(),
        unresolved: source.unresolved,
        mapped: source.mapped,
        accepted: source.accepted,
    }
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

    fn render(&self, format: Format, environment: &Environment) -> Result<String> {
        match format {
            Format::Human => Ok(human::human(&self.report, environment.width())),
            Format::Json => {
                let json = serde_json::to_string_pretty(&self.report).map_err(anyhow::Error::new)?;
                Ok(json + "\n")
            }
            Format::Markdown => Ok(markdown::markdown(&self.report)),
            Format::Junit => junit::junit(&self.report),
            Format::Github => Ok(github::github(&self.report)),
            other => Err(unsupported("checklist", other)),
        }
    }

    fn hints(&self) -> Vec<String> {
        self.hints.clone()
    }
}
