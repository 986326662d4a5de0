//! The words of `replay`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use crate::model::shard::Shard;

/// The same judgment from a recording, or from a browser's HAR; never writes to the ledger
///
/// Files that are named are one run: the parts of one recording, or a session in pieces. With --each, with --shard and
/// where a folder is named, each recording is judged by itself, and all have the worst verdict of any. A folder stands
/// for the *.ndjson and *.ndjson.zst in it and in its folders. run.2.ndjson beside run.ndjson is a part of that.
/// A prefix in an object store (s3://bucket/prefix/, file:///folder/) is like a folder; needs a program with the feature
/// object-store, and credentials in the variables AWS_*.
///
/// Shards: the recordings are sorted by name, byte by byte; a name is the path without the folder that all have in
/// common. Of N shards the first judges the first recording, the second the second, and so on in turn. Each result says
/// which part of which list it is; --merge gives the one verdict, and fails where a part is missing, there twice, or of
/// another list, version or configuration.
#[derive(Debug, Clone, Default, Args)]
#[command(after_help = "Examples:
  thor-cutover replay run.ndjson.zst
  thor-cutover replay session.har                 a page's own requests and messages, exported from its network panel
  thor-cutover replay --config thor-cutover.toml by-hand.ndjson --format json
  thor-cutover replay .thor-cutover/watch         every recording of a service, each by itself
  thor-cutover replay month --shard 3/16 --format json --output result-3.json
  thor-cutover replay s3://thor/recordings/ --shard 3/16 --format json --output result-3.json
  thor-cutover replay month --shard /16 --format json --output result.json      in an indexed Kubernetes Job
  thor-cutover replay --merge result-*.json

Exit codes: of all recordings, the worst verdict; a shard to which no recording falls is inconclusive by itself (3).")]
pub struct ReplayArgs {
    /// Recordings made with `shadow-diff --record`, in order; or one HAR that a browser exported; or folders; or URLs of
    /// an object store, s3://bucket/run.ndjson.zst or s3://bucket/prefix/
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::AnyPath)]
    pub files: Vec<PathBuf>,
    /// Judge only these features
    #[arg(long = "feature", value_name = "FEATURE")]
    pub features: Vec<String>,
    /// Judge each recording by itself
    #[arg(long)]
    pub each: bool,
    /// Judge the K-th of N parts of the recordings, such as 3/16; with /16 the part is JOB_COMPLETION_INDEX, from 0
    #[arg(long, value_name = "K/N", value_parser = ShardArg::parse)]
    pub shard: Option<ShardArg>,
    /// Give the one verdict of all shards: the files are their results, written with --format json, or a folder of them
    #[arg(long, conflicts_with_all = ["features", "each", "shard"])]
    pub merge: bool,
}

/// Which shard is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShardArg {
    Of(Shard),
    /// One of so many: which, is in the environment.
    OfJob(u32),
}

impl ShardArg {
    fn parse(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("K/N is wanted, such as 3/16, K from 1 to N, N at most {}: {text:?}", Shard::MAX);
        let (index, of) = text.split_once('/').ok_or_else(wrong)?;
        let number =
            |text: &str| text.bytes().all(|it| it.is_ascii_digit()).then(|| text.parse().ok()).flatten();
        let of: u32 = number(of).ok_or_else(wrong)?;
        if index.is_empty() {
            return Shard::new(1, of).map(|_| Self::OfJob(of)).ok_or_else(wrong);
        }
        number(index).and_then(|index| Shard::new(index, of)).map(Self::Of).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_is_counted_from_one() {
        assert_eq!(ShardArg::parse("3/16"), Ok(ShardArg::Of(Shard { index: 3, of: 16 })));
        assert_eq!(ShardArg::parse("/16"), Ok(ShardArg::OfJob(16)));
        for wrong in ["0/16", "17/16", "3", "/", "3/", "/0", "-1/3", "+1/3", "1/3/5", "a/b", " 1/3"] {
            assert!(ShardArg::parse(wrong).is_err(), "{wrong}");
        }
    }
}
