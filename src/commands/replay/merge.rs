//! The one verdict of all shards, from the results that they wrote. Those are other machines' files: nothing in them is
//! believed that can be checked.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::bounded::{MAX_EVIDENCE_FILE, read_named};
use crate::cli::{Cli, ReplayArgs};
use crate::commands::replay::each::list_of;
use crate::error::{Error, Result};
use crate::model::run::RunReport;
use crate::model::shard::Shard;
use crate::model::text::{cut, visible};
use crate::model::verdict::Verdict;
use crate::report::replays::{EachAnswer, ReplayedEach, ReplayedRun, RunLine, SCHEMA};

/// Bytes of another program's words that an error repeats.
const MAX_QUOTED: usize = 80;

/// Merges the results; the same as if one machine had judged the whole list.
///
/// # Errors
/// A file that is no result of a shard, or of another version; a shard that is missing, there twice, or of another
/// list or configuration.
pub fn run(cli: &Cli, arguments: &ReplayArgs) -> Result<EachAnswer> {
    let files = results(&arguments.files)?;
    let mut shards = files.iter().map(|file| read(file)).collect::<Result<Vec<_>>>()?;
    shards.sort_by_key(|shard| shard.shard);
    refuse_mixed(&shards)?;
    refuse_incomplete(&shards)?;
    let Some(ResultFile { list, judged, .. }) = shards.first() else {
        return Err(Error::usage("no result of a shard was named"));
    };
    let (list, judged) = (list.clone(), judged.clone());
    let mut runs: Vec<(ReplayedRun, RunLine)> = shards.into_iter().flat_map(|shard| shard.runs).collect();
    runs.sort_by(|(one, _), (other, _)| one.recording.cmp(&other.recording));
    // each name once, and all of them: the digest is of the whole list
    if list_of(runs.iter().map(|(run, _)| (run.recording.as_str(), run.size()))) != list {
        return Err(foreign(
            "together their recordings are not the list that each of them says it has a part of",
        ));
    }
    Ok(EachAnswer::new(list, None, judged, runs, cli.global.verbose > 0))
}

/// The files; of a folder, those that end in `.json`.
fn results(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let before = files.len();
        for entry in fs_err::read_dir(path).map_err(Error::failed)? {
            let file = entry.map_err(Error::failed)?.path();
            if file.extension().is_some_and(|extension| extension == "json") {
                files.push(file);
            }
        }
        if files.len() == before {
            return Err(Error::usage(format!("{} has no *.json", path.display()))
                .hint("--merge takes what `replay --shard K/N --format json --output FILE` wrote"));
        }
    }
    Ok(files)
}

/// One result, checked as far as that goes alone.
struct ResultFile {
    path: PathBuf,
    shard: Shard,
    list: crate::report::replays::RecordingList,
    judged: crate::report::replays::JudgedBy,
    runs: Vec<(ReplayedRun, RunLine)>,
}

/// What is read first, to tell another version from no result at all.
#[derive(Deserialize)]
struct Named {
    schema: String,
}

fn read(path: &Path) -> Result<ResultFile> {
    let text = read_named(path, MAX_EVIDENCE_FILE).map_err(|error| match error.kind() {
        ErrorKind::FileTooLarge | ErrorKind::InvalidData => not_one(path, &error.to_string()),
        _ => Error::failed(error),
    })?;
    let named: Named = serde_json::from_str(&text).map_err(|error| not_one(path, &error.to_string()))?;
    if named.schema != SCHEMA {
        let schema = cut(&visible(&named.schema), MAX_QUOTED);
        let why = format!("its schema is {schema:?}, and {SCHEMA:?} is read here");
        return Err(not_one(path, &why));
    }
    let result: ReplayedEach =
        serde_json::from_str(&text).map_err(|error| not_one(path, &error.to_string()))?;
    drop(text);
    let Some(shard) = result.shard.and_then(|shard| Shard::new(shard.index, shard.of)) else {
        return Err(not_one(path, "it does not say which part it is"));
    };
    let mut runs = Vec::with_capacity(result.runs.len());
    for run in result.runs {
        let line = line_of(&run)
            .map_err(|why| not_one(path, &format!("{}: {why}", cut(&visible(&run.recording), MAX_QUOTED))))?;
        runs.push((run, line));
    }
    Ok(ResultFile { path: path.to_owned(), shard, list: result.list, judged: result.judged, runs })
}

/// The run in a line, where what it says holds together: no verdict is better than what it rests on.
fn line_of(run: &ReplayedRun) -> std::result::Result<RunLine, String> {
    let (report, error) = (&run.report, &run.error);
    let report = match (report, error) {
        (None, Some(error)) if run.verdict == Verdict::Error => return Ok(RunLine::failed(error)),
        (Some(report), None) => report,
        _ => return Err("it has neither a report nor an error of its own".to_owned()),
    };
    let report: RunReport = serde_json::from_str(report.get()).map_err(|error| error.to_string())?;
    let worst = Verdict::worst(report.features.iter().map(|feature| feature.verdict));
    let gates = |feature: &crate::model::run::FeatureReport| {
        Verdict::worst(feature.gates.iter().map(|gate| gate.verdict)).is_some_and(|it| it > feature.verdict)
    };
    if run.verdict != report.verdict
        || report.exit_code != report.verdict.exit_code()
        || worst.is_none_or(|worst| worst > report.verdict)
        || report.features.iter().any(gates)
    {
        return Err(format!("its verdict, {}, is not what its own rows say", report.verdict));
    }
    Ok(RunLine::of(&report))
}

/// Refuses results that are not of one list, judged in one way.
fn refuse_mixed(shards: &[ResultFile]) -> Result<()> {
    let Some((first, rest)) = shards.split_first() else { return Ok(()) };
    for other in rest {
        let differ = |what: &str| {
            Err(foreign(&format!("{} and {}: {what}", first.path.display(), other.path.display())))
        };
        if first.shard.of != other.shard.of {
            return differ(&format!("parts of {} and of {}", first.shard.of, other.shard.of));
        }
        if first.list != other.list {
            return differ("parts of different lists of recordings");
        }
        if (&first.judged.tool, first.judged.judging) != (&other.judged.tool, other.judged.judging) {
            return differ("judged by different versions");
        }
        if first.judged != other.judged {
            return differ("judged under different configurations, or of different features");
        }
    }
    Ok(())
}

/// Refuses a shard that is there twice or not at all, and one that has what is another's.
fn refuse_incomplete(shards: &[ResultFile]) -> Result<()> {
    let of = shards.first().map_or(0, |shard| shard.shard.of);
    for pair in shards.windows(2) {
        if pair[0].shard == pair[1].shard {
            let (one, other) = (pair[0].path.display(), pair[1].path.display());
            return Err(foreign(&format!("{one} and {other} are both part {}", pair[0].shard)));
        }
    }
    let missing: Vec<String> = (1..=of)
        .filter(|index| shards.binary_search_by_key(index, |shard| shard.shard.index).is_err())
        .take(10)
        .map(|index| index.to_string())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let left = of as usize - shards.len();
    let more =
        if left > missing.len() { format!(" and {} more", left - missing.len()) } else { String::new() };
    let s = if left == 1 { "" } else { "s" };
    let said = format!("part{s} {}{more} of {of} missing: nothing is said of all", missing.join(", "));
    Err(Error::failed(anyhow::anyhow!("{said}"))
        .hint("run that part with `replay --shard`, or name its result too"))
}

fn not_one(path: &Path, why: &str) -> Error {
    let why = visible(why);
    Error::failed(anyhow::anyhow!("{} is not a result of a shard: {why}", path.display()))
        .hint("--merge takes what this version of `replay --shard K/N --format json --output FILE` wrote")
}

fn foreign(why: &str) -> Error {
    Error::failed(anyhow::anyhow!("results that do not belong together: {why}"))
        .hint("judge the same list with the same version, --config and --feature, each part once")
}
