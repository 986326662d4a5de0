//! Recordings judged each by itself, on as many threads as there are cores: all of a list, or one shard of it.

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use sha2::{Digest as _, Sha256};

use crate::cli::{Cli, EACH, ReplayArgs, ShardArg, offered};
use crate::commands::replay::fetched::NamedFiles;
use crate::commands::replay::listing::{ListedRecording, list};
use crate::commands::replay::{har, is_config_named, recorded};
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::judge::JUDGING;
use crate::model::run::RunReport;
use crate::model::shard::Shard;
use crate::model::text::hex;
use crate::recording::har::is_har;
use crate::recording::{Reader, RecordingError};
use crate::report::replays::{EachAnswer, JudgedBy, RecordingList, RecordingSize, ReplayedRun, RunLine};
use crate::report::unsupported;
use crate::settings;

/// What Kubernetes calls the number, from 0, of a pod of an indexed Job.
const JOB_INDEX: &str = "JOB_COMPLETION_INDEX";

/// Judges the recordings, or those of the shard. One that cannot be read or judged is an error of its own.
///
/// # Errors
/// Usage and configuration; a folder that cannot be read.
pub fn run(
    named: &NamedFiles,
    cli: &Cli,
    arguments: &ReplayArgs,
    environment: &Environment,
) -> Result<EachAnswer> {
    // a folder makes it so without a word of its own
    if !offered(EACH).contains(&cli.global.format) {
        return Err(unsupported(EACH, cli.global.format));
    }
    let shard = arguments.shard.map(|shard| shard_of(shard, environment)).transpose()?;
    let judged = judged_by(cli, arguments, environment)?;
    let recordings = list(&named.files)?;
    let size =
        |it: &ListedRecording| RecordingSize { files: it.files.len() as u64, bytes: named.bytes(&it.files) };
    let list = list_of(recordings.iter().map(|it| (it.name.as_str(), size(it))));
    let own: Vec<&ListedRecording> = recordings
        .iter()
        .enumerate()
        .filter(|(position, _)| shard.is_none_or(|shard| shard.takes(*position)))
        .map(|(_, recording)| recording)
        .collect();
    let runs: Result<Vec<(ReplayedRun, RunLine)>> = own
        .into_par_iter()
        .map(|it| ReplayedRun::of(it.name.clone(), size(it), judge(it, named, cli, arguments, environment)))
        .collect();
    let mut answer = EachAnswer::new(list, shard, judged, runs?, cli.global.verbose > 0);
    if shard.is_some() && cli.global.format != crate::cli::Format::Json {
        answer.hint("hint: only what is written with --format json can be merged".to_owned());
    }
    Ok(answer)
}

/// What a list has, for two machines to know whether they have the same: two observers name their recordings alike.
pub fn list_of<'r>(recordings: impl IntoIterator<Item = (&'r str, RecordingSize)>) -> RecordingList {
    let (mut count, mut hash) = (0, Sha256::new());
    for (name, RecordingSize { files, bytes }) in recordings {
        count += 1;
        // no name has a zero byte, so that no two lists are written alike
        hash.update(format!("{name}\0{files}\0{bytes}\0"));
    }
    RecordingList { count, digest: hex(&hash.finalize()) }
}

fn shard_of(asked: ShardArg, environment: &Environment) -> Result<Shard> {
    let of = match asked {
        ShardArg::Of(shard) => return Ok(shard),
        ShardArg::OfJob(of) => of,
    };
    let Some(index) = environment.get(JOB_INDEX) else {
        return Err(Error::usage(format!("--shard /{of} takes its part from {JOB_INDEX}, which is not set"))
            .hint(format!(
                "Kubernetes sets it where completionMode is Indexed; elsewhere say --shard 1/{of}"
            )));
    };
    let shard = index.parse::<u32>().ok().and_then(|index| Shard::new(index.checked_add(1)?, of));
    shard.ok_or_else(|| {
        Error::usage(format!("{JOB_INDEX} is {index:?}, and --shard /{of} has parts 0 to {}", of - 1))
            .hint(format!("the Job's completions and the number behind the slash have to be the same: {of}"))
    })
}

fn judged_by(cli: &Cli, arguments: &ReplayArgs, environment: &Environment) -> Result<JudgedBy> {
    let config = if is_config_named(environment) {
        let settings = settings::load(&cli.global, environment)?;
        settings.select(&arguments.features)?;
        let digest = crate::contract::digest(&settings.features);
        let thresholds = serde_json::to_string(&settings.thresholds).map_err(Error::failed)?;
        Some(hex(&Sha256::digest(format!("{digest}{thresholds}"))))
    } else {
        None
    };
    let mut features = arguments.features.clone();
    features.sort();
    features.dedup();
    let tool = concat!("thor-cutover ", env!("CARGO_PKG_VERSION")).to_owned();
    Ok(JudgedBy { tool, judging: JUDGING, config, features })
}

fn judge(
    recording: &ListedRecording,
    named: &NamedFiles,
    cli: &Cli,
    arguments: &ReplayArgs,
    environment: &Environment,
) -> Result<RunReport> {
    let local = named.fetch(&recording.files)?;
    let here = ListedRecording { name: recording.name.clone(), files: local.files.clone() };
    let judged = judge_here(&here, cli, arguments, environment);
    let mut report = judged.map_err(|error| local.named_in(error))?;
    report.warnings.iter_mut().for_each(|warning| *warning = local.named(warning));
    Ok(report)
}

fn judge_here(
    recording: &ListedRecording,
    cli: &Cli,
    arguments: &ReplayArgs,
    environment: &Environment,
) -> Result<RunReport> {
    let answer = match &recording.files[..] {
        [alone] if is_har(alone) => har::run(alone, cli, arguments, environment)?,
        files => {
            refuse_incomplete(recording)?;
            recorded(files, cli, arguments, environment)?
        }
    };
    Ok(answer.report)
}

/// Refuses some parts of a recording without the others: of what is missing nothing would be said.
fn refuse_incomplete(recording: &ListedRecording) -> Result<()> {
    let mut parts = Vec::new();
    for file in &recording.files {
        match Reader::open(file) {
            Ok((header, _)) => parts.push((header.part, header.started_at)),
            // it is passed over, and that is said
            Err(RecordingError::NotBegun { .. }) if recording.files.len() > 1 => {}
            Err(error) => return Err(error.into()),
        }
    }
    parts.sort_unstable();
    let wrong = |why: String| Err(Error::failed(anyhow::anyhow!("{}: {why}", recording.name)));
    if parts.iter().any(|(_, started_at)| *started_at != parts[0].1) {
        let error = wrong("its files are of recordings that began at different times".to_owned());
        return error
            .map_err(|it: Error| it.hint("a file called run.2.ndjson is taken for a part of run.ndjson"));
    }
    match (1..).zip(&parts).find(|(expected, (part, _))| expected != part) {
        Some((missing, _)) => wrong(format!("its part {missing} is not among the files")),
        None => Ok(()),
    }
}
