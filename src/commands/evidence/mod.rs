//! `evidence`: list, show, export, import, copy, verify and prune what the ledger holds; its keys.

mod keys;
mod travel;
mod verify;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::cli::{EvidenceAction, EvidenceArgs, Global, KeyAction, KindArg};
use crate::clock::Clock;
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::evidence::{Ledger, chain, id};
use crate::model::facts::ledger::{Checkpoint, Entry, LedgerFacts, RunRecord};
use crate::model::text::counted;
use crate::report::Answer;
use crate::report::ledger::{EntryAnswer, EntryReport, EntrySummary, EvidenceAnswer, EvidenceReport};
use crate::settings::{self, Settings};
use crate::system;

pub fn run(args: &EvidenceArgs, global: &Global, environment: &Environment) -> Result<Box<dyn Answer>> {
    let settings = settings::load(global, environment)?;
    let from_here = |file: &PathBuf| environment.folder.join(file);
    match &args.action {
        EvidenceAction::List { feature, kind } => list(&settings, feature.as_deref(), *kind),
        EvidenceAction::Show { id } => show(&settings, id),
        EvidenceAction::Export { file: None, .. } => travel::print(&settings),
        EvidenceAction::Export { file: Some(file), sign } => {
            travel::export(&settings, &from_here(file), sign.as_ref().map(from_here).as_deref())
        }
        EvidenceAction::Import { files } => {
            travel::import(&settings, &files.iter().map(from_here).collect::<Vec<_>>())
        }
        EvidenceAction::Copy { from, to } => travel::copy(global, environment, from, to),
        EvidenceAction::Verify { ids, recording } => {
            verify::run(&settings, ids, &recording.iter().map(from_here).collect::<Vec<_>>(), environment)
        }
        EvidenceAction::Key { action: KeyAction::Export { file } } => {
            keys::export(&settings, &from_here(file))
        }
        EvidenceAction::Key { action: KeyAction::Import { file, replace } } => {
            keys::import(&settings, &from_here(file), *replace)
        }
        EvidenceAction::Key { action: KeyAction::Fingerprint } => keys::fingerprint(&settings),
        EvidenceAction::SigningKey { file } => keys::signing_key(&from_here(file)),
        EvidenceAction::Prune { older_than, yes } => prune(&settings, *older_than, *yes),
    }
}

fn report(action: &str, ledger: Option<&Ledger>) -> EvidenceReport {
    EvidenceReport {
        schema: "thor-cutover/evidence/1".to_owned(),
        exit_code: 0,
        action: action.to_owned(),
        ledger: ledger.map(|ledger| ledger.path().display().to_string()),
        entries: Vec::new(),
        runs: Vec::new(),
        said: Vec::new(),
        warnings: ledger.map(|ledger| ledger.warnings().to_vec()).unwrap_or_default(),
    }
}

fn no_ledger(settings: &Settings) -> Error {
    let store = settings.evidence.store.trim_start_matches("sqlite:");
    Error::failed(anyhow::anyhow!("there is no ledger at {store}"))
        .hint("thor-cutover shadow-diff begins one")
}

/// The ledger, which must be there, to be written.
fn existing(settings: &Settings) -> Result<Ledger> {
    Ledger::open_existing(&settings.evidence)?.ok_or_else(|| no_ledger(settings))
}

/// The ledger, which must be there, to be read.
fn readable(settings: &Settings) -> Result<Ledger> {
    Ledger::read(&settings.evidence)?.ok_or_else(|| no_ledger(settings))
}

fn list(settings: &Settings, feature: Option<&str>, kind: Option<KindArg>) -> Result<Box<dyn Answer>> {
    if let Some(feature) = feature {
        settings.select(&[feature.to_owned()])?;
    }
    let mut ledger = Ledger::read(&settings.evidence)?;
    let mut report = report("list", ledger.as_ref());
    let entries = ledger.as_mut().map(Ledger::entries).transpose()?.unwrap_or_default();
    let wanted = |entry: &&Entry| {
        feature.is_none_or(|feature| entry.features().contains(&feature))
            && kind.is_none_or(|kind| entry.kind() == kind.name())
    };
    report.entries = entries.iter().filter(wanted).map(EntrySummary::of).collect();
    if report.entries.is_empty() {
        report.said.push("no evidence".to_owned());
    }
    Ok(Box::new(EvidenceAnswer(report)))
}

fn show(settings: &Settings, id: &str) -> Result<Box<dyn Answer>> {
    let entry = readable(settings)?.entry(id)?;
    Ok(Box::new(EntryAnswer { command: "evidence", report: EntryReport::of("evidence-show", &entry) }))
}

/// A new file that only its owner can read. What is there already is left alone.
fn private(file: &Path, text: &str) -> Result<()> {
    let mut options = std::fs::File::options();
    let written = system::private(options.write(true).create_new(true)).open(file).and_then(|mut out| {
        std::io::Write::write_all(&mut out, text.as_bytes())?;
        out.sync_all()
    });
    written.map_err(|error| {
        if error.kind() != std::io::ErrorKind::AlreadyExists {
            // half of it would pass for something that was kept
            let _ = std::fs::remove_file(file);
        }
        Error::failed(anyhow::Error::new(error).context(format!("writing {}", file.display())))
            .hint("name a file that is not there yet, in a folder that is")
    })
}

fn prune(settings: &Settings, older_than: Duration, yes: bool) -> Result<Box<dyn Answer>> {
    let mut ledger = existing(settings)?;
    let now = Clock::wall();
    let before = now.checked_sub(signed(older_than)).unwrap_or(Timestamp::MIN);
    let facts = LedgerFacts::of(ledger.entries()?);
    let (kept, gone): (Vec<&RunRecord>, Vec<&RunRecord>) = facts
        .runs
        .iter()
        .filter(|run| run.ended_at < before)
        .partition(|run| is_consumed(run, &facts, settings.evidence.max_age));
    let ids: BTreeSet<String> = gone.iter().map(|run| run.id.clone()).collect();
    let ids: Vec<String> = ids.into_iter().collect();
    let mut removed = 0;
    if yes && !ids.is_empty() {
        let checkpoint = Entry::Checkpoint(Checkpoint {
            id: id(now, &["checkpoint", &settings.evidence.writer]),
            at: now,
            removed: ids.clone(),
            chains: chain::heads(&ledger.links()?),
            imported: None,
        });
        removed = ledger.remove(&ids, &checkpoint)?;
    }
    let mut report = report("prune", Some(&ledger));
    report.entries =
        gone.into_iter().map(|run| EntrySummary::of(&Entry::Run(Box::new(run.clone())))).collect();
    report.said.push(match yes {
        _ if report.entries.is_empty() => "no run is so old: there is nothing to remove".to_owned(),
        true => format!("{} removed", counted(removed, "run", "runs")),
        false => {
            format!("{} would be removed; say --yes to do it", counted(report.entries.len(), "run", "runs"))
        }
    });
    if !kept.is_empty() {
        report.said.push(format!(
            "{}: a decision that was used rests on {}",
            counted(kept.len(), "old run stays", "old runs stay"),
            if kept.len() == 1 { "it" } else { "them" }
        ));
    }
    Ok(Box::new(EvidenceAnswer(report)))
}

/// Whether a granted decision may rest on the run: it was fresh then.
fn is_consumed(run: &RunRecord, facts: &LedgerFacts, max_age: Duration) -> bool {
    facts.grants.iter().any(|grant| {
        run.features.iter().any(|it| it.feature == grant.feature)
            && run.started_at <= grant.at
            && grant.at.duration_since(run.ended_at) <= signed(max_age)
    })
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}
