//! `demo`: an embedded Thor with one planted fault, and the three main commands on it, as a user would type them.
//!
//! Loopback only, in a temporary folder that is gone afterwards: no user's configuration, environment or
//! ledger is read or written. It fails (exit 4) when the planted fault is not found, or a sound feature is accused.

mod plot;

use anyhow::Context as _;

use crate::cli::{ChecklistArgs, Cli, Command, DemoArgs, Format, Global, ShadowDiffArgs, StatusArgs};
use crate::commands::dispatch;
use crate::emulator::Emulator;
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::model::run::RunReport;
use crate::report::demo::{Demo, DemoAnswer, DemoStep};
use crate::settings;
use plot::Sighting;

pub fn run(_: &DemoArgs, global: &Global, environment: &Environment) -> Result<DemoAnswer> {
    let emulator = Emulator::start(plot::options())?;
    let folder = tempfile::Builder::new()
        .prefix("thor-cutover-demo-")
        .tempdir()
        .context("making a temporary folder for the demo")?;
    let configuration = folder.path().join(settings::FILE_NAME);
    fs_err::write(&configuration, plot::configuration(&emulator)).map_err(Error::failed)?;
    let stage = DemoStage {
        environment: plot::environment(folder.path(), environment),
        global: Global {
            config: Some(configuration),
            quiet: global.quiet,
            verbose: global.verbose,
            ..Global::default()
        },
    };
    let status = stage.play("status", Command::Status(StatusArgs::default()), plot::STATUS)?;
    let observe =
        ShadowDiffArgs { duration: Some(plot::LENGTH), every: Some(plot::EVERY), ..Default::default() };
    let (words, why) =
        (format!("shadow-diff --for {:?} --every {:?}", plot::LENGTH, plot::EVERY), plot::SHADOW_DIFF);
    let shadow_diff = stage.play(&words, Command::ShadowDiff(observe), why)?;
    let (words, why) = (format!("checklist {}", plot::feature()), plot::CHECKLIST);
    let decide = ChecklistArgs { features: vec![plot::feature()], ..Default::default() };
    let checklist = stage.play(&words, Command::Checklist(decide), why)?;
    let report: RunReport = serde_json::from_value(shadow_diff.json.clone())
        .context("reading the answer of shadow-diff back: it is not of its own shape")?;
    let sighting = Sighting::of(&report);
    let rest_url = emulator.rest_url();
    drop(emulator);
    folder.close().context("removing the demo's temporary folder")?;
    Ok(DemoAnswer::new(Demo {
        rest_url,
        planted: plot::planted(),
        found: sighting.found,
        accused: sighting.accused,
        verdicts: sighting.verdicts,
        steps: vec![status, shadow_diff, checklist],
    }))
}

/// Where the commands are played.
struct DemoStage {
    environment: Environment,
    global: Global,
}

impl DemoStage {
    /// Runs one command as the command line would, and keeps its answer in both forms.
    fn play(&self, words: &str, command: Command, why: &str) -> Result<DemoStep> {
        let cli = Cli { global: self.global.clone(), command };
        let answer = dispatch(&cli, &self.environment)?;
        let json = answer.render(Format::Json, &self.environment)?;
        Ok(DemoStep {
            command: format!("thor-cutover {words}"),
            why: why.to_owned(),
            exit_code: answer.exit_code(),
            text: answer.render(Format::Human, &self.environment)?,
            json: serde_json::from_str(&json).context("reading a command's JSON answer back")?,
        })
    }
}
