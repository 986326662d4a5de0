//! `enable`: switches a feature to the WebSocket once the checklist says GO for `cutover`.

use std::time::Duration;

use crate::cli::{EnableArgs, Global};
use crate::commands::decision::{Asking, Gathered};
use crate::commands::flag_edit::Flip;
use crate::commands::remember::{granted, new_baselines};
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::evidence::{Kept, id, keep};
use crate::flags::write::Keep;
use crate::judge::decision::Asked;
use crate::judge::decision::scope::grant;
use crate::model::facts::ledger::{Entry, FlagChange};
use crate::model::feature::Feature;
use crate::model::stage::Decision;
use crate::model::verdict::Verdict;
use crate::report::Answer;
use crate::report::control::ControlAnswer;
use crate::settings::{self, Settings};

/// How long another command that edits the same files is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

pub fn run(args: &EnableArgs, global: &Global, environment: &Environment) -> Result<Box<dyn Answer>> {
    let settings = settings::load(global, environment)?;
    let reason = args.reason.as_deref().map(str::trim);
    if reason == Some("") {
        return Err(
            Error::usage("--reason is empty").hint("say why it goes on without GO: it is kept on the ledger")
        );
    }
    let features = settings.select(std::slice::from_ref(&args.feature))?;
    let feature = features.first().ok_or_else(|| Error::usage("no feature named"))?;
    let asking = Asking {
        revision: args.revision.clone(),
        ..Asking::of(&settings, args.source.as_deref(), environment)
    };
    let gathered = Gathered::gather(&settings, &asking, environment)?;
    let decided = gathered.decide(&settings, feature, Asked::This(Decision::Cutover));

    let mut flip = Flip::plan(feature, true, &settings.flags);
    flip.look_around(feature, true, &gathered.flags);
    let mut report = flip.report("enable", feature, true, environment);
    report.dry_run = args.dry_run;
    report.lacking = decided.gates.iter().filter(|gate| gate.verdict != Verdict::Go).cloned().collect();
    report.warnings.extend_from_slice(&gathered.warnings);
    if decided.verdict != Verdict::Go && !args.force {
        report.exit_code = decided.verdict.exit_code();
        report.refused = Some(format!("the decision `cutover` is {}", decided.verdict));
        return Ok(Box::new(ControlAnswer { command: "enable", report }));
    }
    report.forced = reason.filter(|_| decided.verdict != Verdict::Go).map(str::to_owned);
    if let Some(failure) = flip.failures.pop() {
        return Err(failure.into());
    }
    if !args.dry_run {
        let backups = flip.apply(&Keep { root: settings.root.clone(), patience: PATIENCE, insist: false });
        if let Some(failure) = flip.failures.pop() {
            return Err(failure.into());
        }
        for (edit, backup) in report.edits.iter_mut().zip(backups) {
            edit.backup = backup.map(|path| path.display().to_string());
        }
        report.done = true;
        let mut entries = entries(
            &settings,
            &gathered,
            feature,
            &report.edits_files(),
            report.forced.clone(),
            decided.verdict,
        );
        entries.extend(new_baselines(&gathered));
        if let Kept::Spooled { path, why } = keep(&settings.evidence, &entries, gathered.now)? {
            report.exit_code = 4;
            report
                .warnings
                .push(format!("the flag is set, but {why}; the change waits in {}", path.display()));
        }
    }
    Ok(Box::new(ControlAnswer { command: "enable", report }))
}

/// The change, and with a GO the grant that consumes it, unless one stands.
fn entries(
    settings: &Settings,
    gathered: &Gathered,
    feature: &Feature,
    files: &[String],
    forced: Option<String>,
    verdict: Verdict,
) -> Vec<Entry> {
    let (at, revision) = (gathered.now, gathered.git.head.clone());
    let mut entries = vec![Entry::FlagChange(FlagChange {
        id: id(at, &["flag_change", &feature.name, "on"]),
        at,
        feature: feature.name.clone(),
        on: true,
        files: files.to_vec(),
        forced,
        rehearsal: false,
        revision,
        written_after: None,
        imported: None,
    })];
    let stands = grant(&gathered.facts(settings), feature, Decision::Cutover).is_some();
    if verdict == Verdict::Go && !stands {
        entries.push(granted(gathered, feature, Decision::Cutover));
    }
    entries
}
