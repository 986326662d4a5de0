//! `evidence verify`: are the chains whole, and does a run's recording still say what the ledger says?

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{readable, report};
use crate::commands::replay::judged_again;
use crate::commands::shadow_diff::digest_of;
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::evidence::{Circumstances, Stored, chain, record, safe};
use crate::model::facts::ledger::{Entry, FeatureRun, RunRecord};
use crate::model::text::counted;
use crate::model::verdict::Verdict;
use crate::report::Answer;
use crate::report::ledger::{EvidenceAnswer, Verification, VerifiedRun};
use crate::secrets::redacted;
use crate::settings::Settings;

/// Reads the whole ledger, which checks every chain and every entry in it, then derives the runs again.
///
/// # Errors
/// A ledger that is not what was written: exit 4.
pub fn run(
    settings: &Settings,
    ids: &[String],
    recordings: &[PathBuf],
    environment: &Environment,
) -> Result<Box<dyn Answer>> {
    let mut ledger = readable(settings)?;
    let (entries, links) = ledger.whole()?;
    let mut report = report("verify", Some(&ledger));
    let heads = chain::heads(&links);
    report.said.push(format!(
        "{} what was written; {} of {}, none missing",
        counted(entries.len(), "entry is", "entries are"),
        counted(heads.len(), "chain", "chains"),
        counted(links.len(), "link", "links")
    ));
    for head in &heads {
        report.said.push(format!(
            "{}: {} up to {}",
            head.writer,
            counted(head.length, "link", "links"),
            &head.head[..12]
        ));
    }
    let known: BTreeMap<String, &Path> = recordings
        .iter()
        .map(|path| Ok((digest_of(path).map_err(Error::failed)?, path.as_path())))
        .collect::<Result<_>>()?;
    for id in ids {
        if !entries.iter().any(|it| matches!(it.entry, Entry::Run(_)) && it.id().starts_with(id.as_str())) {
            return Err(Error::usage(format!("no run {id:?} in the ledger"))
                .hint("thor-cutover evidence list shows the entries and their ids"));
        }
    }
    for stored in &entries {
        let Entry::Run(run) = &stored.entry else { continue };
        let wanted = match ids {
            [] => run.features.iter().any(|it| it.verdict == Verdict::Go),
            ids => ids.iter().any(|id| run.id.starts_with(id.as_str())),
        };
        if wanted {
            report.runs.push(verified(run, stored, &known, environment));
        }
    }
    let worst = report.runs.iter().map(|run| run.verification).max();
    report.exit_code = match worst {
        None | Some(Verification::Verified) => 0,
        Some(Verification::NotVerifiable) => 3,
        Some(Verification::Differs) => 1,
    };
    if report.runs.is_empty() {
        report.said.push("no run is GO, so there is none to derive again".to_owned());
    }
    Ok(Box::new(EvidenceAnswer(report)))
}

fn verified(
    run: &RunRecord,
    stored: &Stored,
    known: &BTreeMap<String, &Path>,
    environment: &Environment,
) -> VerifiedRun {
    let (verification, why) = match derive(run, stored, known, environment) {
        Ok(()) => (Verification::Verified, "its recording gives the same verdict, byte for byte".to_owned()),
        Err((verification, why)) => (verification, why),
    };
    VerifiedRun {
        id: run.id.clone(),
        features: run.features.iter().map(|it| it.feature.clone()).collect(),
        verification,
        why,
    }
}

fn derive(
    run: &RunRecord,
    stored: &Stored,
    known: &BTreeMap<String, &Path>,
    environment: &Environment,
) -> std::result::Result<(), (Verification, String)> {
    let not_verifiable = |why: String| (Verification::NotVerifiable, why);
    let differs = |why: String| (Verification::Differs, why);
    let Some(recording) = &run.recording else {
        return Err(not_verifiable("it was not recorded".to_owned()));
    };
    if stored.reports.is_empty() {
        return Err(not_verifiable("its full report is not on the ledger".to_owned()));
    }
    let mut files = Vec::new();
    for part in &recording.parts {
        match known.get(&part.sha256) {
            Some(path) => files.push(path.to_path_buf()),
            None => {
                let path = environment.folder.join(&part.file);
                match digest_of(&path) {
                    Ok(digest) if digest == part.sha256 => files.push(path),
                    Ok(_) => return Err(differs(format!("{} is not what was recorded", path.display()))),
                    Err(_) => {
                        return Err(not_verifiable(format!(
                            "its recording {} is not here; name it with --recording FILE",
                            part.file
                        )));
                    }
                }
            }
        }
    }
    let (started_at, report) =
        judged_again(&files).map_err(|error| not_verifiable(format!("its recording: {error}")))?;
    if started_at != run.started_at {
        return Err(differs(format!("its recording began at {started_at}")));
    }
    // a secret that is known here and was not where it was observed is left out on both sides
    if safe(&report.features) != redacted(&stored.reports) {
        let verdict = report.verdict;
        return Err(differs(format!("its recording gives another report, {verdict} overall")));
    }
    let circumstances = Circumstances {
        started_at: run.started_at,
        target: run.target.clone(),
        account: run.account.clone(),
        key: run.key.clone(),
        by: run.by.clone(),
        revision: run.revision.clone(),
        judging: run.judging,
        flags: run.features.iter().map(|it| (it.feature.clone(), it.flag)).collect(),
        rules: run.features.iter().map(|it| (it.feature.clone(), it.rules.clone())).collect(),
        keys: run.features.iter().map(|it| (it.feature.clone(), it.keys.clone())).collect(),
        code: run.features.iter().filter_map(|it| Some((it.feature.clone(), it.code.clone()?))).collect(),
        observer: 0,
    };
    let again = record(&report, &circumstances);
    let without_end = |it: &FeatureRun| FeatureRun { flag_end: None, code_end: None, ..it.clone() };
    let stood: Vec<FeatureRun> = run.features.iter().map(without_end).collect();
    if again.features != stood || again.ended_at != run.ended_at || again.end != run.end {
        return Err(differs("what the ledger says of it in short is not what its report says".to_owned()));
    }
    Ok(())
}
