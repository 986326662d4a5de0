//! `evidence`: list, show, export, import and prune what the ledger holds.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use crate::cli::{EvidenceAction, EvidenceArgs, Global, KindArg};
use crate::clock::Clock;
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::evidence::{Ledger, archive, id, path_of};
use crate::model::facts::ledger::{Archive, Entry, LedgerFacts, RunRecord};
use crate::report::ledger::{EntryAnswer, EntryReport, EntrySummary, EvidenceAnswer, EvidenceReport};
use crate::report::{Answer, PlainText};
use crate::settings::{self, Settings};

pub fn run(args: &EvidenceArgs, global: &Global, environment: &Environment) -> Result<Box<dyn Answer>> {
    let settings = settings::load(global, environment)?;
    match &args.action {
        EvidenceAction::List { feature, kind } => list(&settings, feature.as_deref(), *kind),
        EvidenceAction::Show { id } => show(&settings, id),
        EvidenceAction::Export { file } => match file {
            Some(file) => export(&settings, &environment.folder.join(file)),
            None => Ok(Box::new(PlainText(archive::write(&whole(&existing(&settings)?)?, Clock::wall())))),
        },
        EvidenceAction::Import { files } => {
            let files: Vec<PathBuf> = files.iter().map(|file| environment.folder.join(file)).collect();
            import(&settings, &files)
        }
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
        said: Vec::new(),
        warnings: ledger.map(|ledger| ledger.warnings().to_vec()).unwrap_or_default(),
    }
}

/// The ledger, which must be there.
fn existing(settings: &Settings) -> Result<Ledger> {
    let store = &settings.evidence.store;
    match Ledger::open_existing(store)? {
        Some(ledger) => Ok(ledger),
        None => Err(Error::failed(anyhow::anyhow!("there is no ledger at {}", path_of(store)?.display()))
            .hint("thor-cutover shadow-diff begins one")),
    }
}

fn list(settings: &Settings, feature: Option<&str>, kind: Option<KindArg>) -> Result<Box<dyn Answer>> {
    if let Some(feature) = feature {
        settings.select(&[feature.to_owned()])?;
    }
    let ledger = Ledger::open_existing(&settings.evidence.store)?;
    let mut report = report("list", ledger.as_ref());
    let entries = ledger.as_ref().map(Ledger::entries).transpose()?.unwrap_or_default();
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
    let entry = existing(settings)?.entry(id)?;
    Ok(Box::new(EntryAnswer { command: "evidence", report: EntryReport::of("evidence-show", &entry) }))
}

/// Every entry with its full reports.
fn whole(ledger: &Ledger) -> Result<Vec<Entry>> {
    Ok(ledger
        .entries()?
        .into_iter()
        .map(|entry| ledger.complete(entry))
        .collect::<std::result::Result<_, _>>()?)
}

fn export(settings: &Settings, file: &Path) -> Result<Box<dyn Answer>> {
    let mut ledger = existing(settings)?;
    let entries = whole(&ledger)?;
    let now = Clock::wall();
    let text = archive::write(&entries, now);
    let failed = |error: std::io::Error| {
        Error::failed(anyhow::Error::new(error).context(format!("writing {}", file.display())))
            .hint("name a file that is not there yet, in a folder that is")
    };
    private(file)
        .and_then(|mut out| out.write_all(text.as_bytes()).and_then(|()| out.sync_all()))
        .map_err(failed)?;
    let sha256 = Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    let name = file.display().to_string();
    ledger.append(&[Entry::Archive(Archive {
        id: id(now, &["archive", &name]),
        at: now,
        file: name.clone(),
        entries: entries.len() as u64,
        sha256,
        imported: None,
    })])?;
    let mut report = report("export", Some(&ledger));
    report.said.push(format!("{} entries written to {name}", entries.len()));
    Ok(Box::new(EvidenceAnswer(report)))
}

#[cfg(unix)]
fn private(file: &Path) -> std::io::Result<std::fs::File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    std::fs::File::options().write(true).create_new(true).mode(0o600).open(file)
}

#[cfg(not(unix))]
fn private(file: &Path) -> std::io::Result<std::fs::File> {
    std::fs::File::options().write(true).create_new(true).open(file)
}

/// All files are read before any entry is taken in.
fn import(settings: &Settings, files: &[PathBuf]) -> Result<Box<dyn Answer>> {
    let now = Clock::wall();
    let mut entries = Vec::new();
    for file in files {
        let text = fs_err::read_to_string(file).map_err(Error::failed)?;
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let read = archive::read(&text, &name, now).map_err(|error| {
            Error::failed(anyhow::Error::new(error).context(format!("importing {}", file.display())))
                .hint("nothing was taken in; export it again with `thor-cutover evidence export FILE`")
        })?;
        entries.extend(read);
    }
    let mut ledger = Ledger::open(&settings.evidence.store)?;
    let appended = ledger.append(&entries)?;
    let mut report = report("import", Some(&ledger));
    report.said.push(format!(
        "{} entries read: {} new, {} longer than what was there, {} known",
        entries.len(),
        appended.added,
        appended.replaced,
        appended.known
    ));
    Ok(Box::new(EvidenceAnswer(report)))
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
    let removed = if yes { ledger.remove(&ids.iter().cloned().collect::<Vec<_>>())? } else { 0 };
    let mut report = report("prune", Some(&ledger));
    report.entries =
        gone.into_iter().map(|run| EntrySummary::of(&Entry::Run(Box::new(run.clone())))).collect();
    report.said.push(match yes {
        true => format!("{removed} runs removed"),
        false => format!("{} runs would be removed; say --yes to do it", report.entries.len()),
    });
    if !kept.is_empty() {
        report.said.push(format!("{} old runs stay: a decision that was used rests on them", kept.len()));
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
