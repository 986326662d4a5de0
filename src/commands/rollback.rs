//! `rollback`: switches a feature back to REST at once. It asks nobody, judges nothing and is never refused:
//! not for want of a ledger, not for a configuration that cannot be read.

use std::path::Path;
use std::time::Duration;

use crate::cli::{Global, RollbackArgs};
use crate::clock::Clock;
use crate::commands::flag_edit::Flip;
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::evidence::{Kept, LedgerPlace, id, keep};
use crate::flags::declared::declared;
use crate::flags::write::Keep;
use crate::model::facts::ledger::{Entry, FlagChange};
use crate::report::Answer;
use crate::report::control::ControlAnswer;
use crate::settings::{self, Settings};

/// A rollback does not wait for a ledger that another program holds.
const PATIENCE: Duration = Duration::from_millis(30);

/// Another command that edits the same files is waited for; one that is stuck does not stop a rollback.
const EDITOR_PATIENCE: Duration = Duration::from_secs(5);

pub fn run(args: &RollbackArgs, global: &Global, environment: &Environment) -> Result<Box<dyn Answer>> {
    let (settings, trouble) = settings_or_built_in(global, environment)?;
    let features = settings.select(std::slice::from_ref(&args.feature))?;
    let feature = features.first().ok_or_else(|| Error::usage("no feature named"))?;
    let mut flip = Flip::plan(feature, false, &settings.flags);
    let mut report = if args.dry_run {
        flip.look_around(feature, false, &declared(&settings.features, &settings.flags, environment));
        flip.report("rollback", feature, false, environment)
    } else {
        let backups =
            flip.apply(&Keep { root: settings.root.clone(), patience: EDITOR_PATIENCE, insist: true });
        flip.look_around(feature, false, &declared(&settings.features, &settings.flags, environment));
        let mut report = flip.report("rollback", feature, false, environment);
        for (edit, backup) in report.edits.iter_mut().zip(backups) {
            edit.backup = backup.map(|path| path.display().to_string());
        }
        report.done = flip.failures.is_empty();
        report
    };
    for failure in &flip.failures {
        report.exit_code = 4;
        report.warnings.push(format!("{}: {}; edit it by hand", failure.what, failure.source));
    }
    report.dry_run = args.dry_run;
    report.warnings.extend(trouble);
    if !args.dry_run {
        let at = Clock::wall();
        let change = Entry::FlagChange(FlagChange {
            id: id(at, &["flag_change", &feature.name, "off"]),
            at,
            feature: feature.name.clone(),
            on: false,
            files: report.edits_files(),
            forced: None,
            rehearsal: args.rehearsal,
            revision: None,
            written_after: None,
            imported: None,
        });
        match keep(LedgerPlace::from(&settings.evidence).within(PATIENCE), &[change], at) {
            Ok(Kept::Recorded { .. }) => {}
            Ok(Kept::Spooled { path, why }) => report.warnings.push(format!(
                "{why}; the rollback waits in {} until the ledger can be written",
                path.display()
            )),
            Err(error) => report.warnings.push(format!("the rollback is on no ledger: {error}")),
        }
    }
    if args.rehearsal {
        report.reminders.push(format!(
            "then look at REST: thor-cutover shadow-diff {0}; and go back: thor-cutover enable {0}",
            feature.name
        ));
    }
    Ok(Box::new(ControlAnswer { command: "rollback", report }))
}

/// The settings, or the built-in ones beside the file that cannot be read, with the reason.
fn settings_or_built_in(global: &Global, environment: &Environment) -> Result<(Settings, Option<String>)> {
    let error = match settings::load(global, environment) {
        Ok(settings) => return Ok((settings, None)),
        Err(error) => error,
    };
    let file = settings::find_file(global, environment);
    let root = file.as_deref().and_then(Path::parent).unwrap_or(&environment.folder);
    let built_in = settings::of_text("", &root.join(settings::FILE_NAME))?;
    let trouble = format!("the configuration was passed over, the built-in names were used: {error}");
    Ok((built_in, Some(trouble)))
}
