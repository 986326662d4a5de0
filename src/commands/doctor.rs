//! `doctor`: walks the chain from the configuration to each feature's first message.

use std::time::Duration;

use anyhow::Context as _;

use crate::cli::{DoctorArgs, Format, Global};
use crate::clock::Clock;
use crate::doctor::Examination;
use crate::environment::Environment;
use crate::error::Result;
use crate::model::diagnosis::Diagnosis;
use crate::report::{self, Answer};
use crate::settings;

/// How long the socket is listened to without `--for`.
const LISTEN: Duration = Duration::from_secs(15);

/// What the doctor found, and what the settings were warned about.
#[derive(Debug)]
pub struct DoctorAnswer {
    diagnosis: Diagnosis,
    warnings: Vec<String>,
}

pub fn run(args: &DoctorArgs, global: &Global, environment: &Environment) -> Result<DoctorAnswer> {
    let settings = settings::load(global, environment)?;
    let features = settings.select(&args.features)?;
    let examination = Examination {
        settings: &settings,
        features: &features,
        environment,
        listen: args.duration.unwrap_or(LISTEN),
        redis: args.redis.as_ref(),
        given: given(global),
        clock: Clock::start(),
    };
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the runtime")?;
    let diagnosis = runtime.block_on(examination.run())?;
    // A name that still resolves must not hold up the answer.
    runtime.shutdown_background();
    Ok(DoctorAnswer { diagnosis, warnings: settings.warnings })
}

/// The options of this call that a proposed command has to keep.
fn given(global: &Global) -> Vec<(&'static str, String)> {
    let config = global.config.as_ref().map(|path| path.display().to_string());
    let options = [
        ("--config", config),
        ("--rest-url", global.rest_url.clone()),
        ("--ws-url", global.ws_url.clone()),
        ("--origin", global.origin.clone()),
    ];
    options.into_iter().filter_map(|(option, value)| Some((option, value?))).collect()
}

impl Answer for DoctorAnswer {
    fn exit_code(&self) -> u8 {
        self.diagnosis.exit_code
    }

    fn render(&self, format: Format, environment: &Environment) -> Result<String> {
        match format {
            Format::Human => Ok(report::doctor::human(&self.diagnosis, environment.width())),
            Format::Json => report::doctor::json(&self.diagnosis),
            other => Err(report::unsupported("doctor", other)),
        }
    }

    fn hints(&self) -> Vec<String> {
        self.warnings.iter().map(|warning| format!("warning: {warning}")).collect()
    }
}
