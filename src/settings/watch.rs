//! What the service observes and how long it keeps recordings: `[watch]` and `[[target]]`.

use std::path::Path;
use std::time::Duration;

use secrecy::SecretString;

use crate::contract::tree::{Problem, WrittenNode};
use crate::environment::Environment;
use crate::model::store_url::StoreUrl;
use crate::secrets;
use crate::settings::written::{TargetWritten, WatchWritten};
use crate::settings::{FromVariable, NotifySettings, TargetSettings, WatchSettings};

/// Beside the ledger and its key.
const FOLDER: &str = ".thor-cutover/watch";
const KEEP: Duration = Duration::from_secs(90 * 86_400);
const MAX_BYTES: u64 = 20_000_000_000;
const ROTATE: u64 = 1_000_000_000;
const PER_HOUR: usize = 20;
/// A part has a header, which alone may be some kilobytes.
const SMALLEST_PART: u64 = 64_000;

pub(super) fn watch(
    tree: &WrittenNode,
    written: WatchWritten,
    root: &Path,
    environment: &Environment,
) -> Result<WatchSettings, Problem> {
    let rotate = written.rotate.map_or(ROTATE, |size| size.0);
    if rotate < SMALLEST_PART {
        let place = tree.place_of(&["watch", "rotate"]);
        return Err(Problem::at(place, "`rotate` is at least 64KB: each part begins with the configuration"));
    }
    let listen = written.listen.as_deref().map(|text| {
        text.parse().map_err(|_| {
            let place = tree.place_of(&["watch", "listen"]);
            Problem::at(place, format!("not an address and a port: {text:?}")).hint("such as 127.0.0.1:9464")
        })
    });
    Ok(WatchSettings {
        listen: listen.transpose()?,
        expose: written.expose.unwrap_or(false),
        notify: NotifySettings {
            command: written.notify.command,
            command_at: tree.place_of(&["watch", "notify", "command"]).clone(),
            url: written.notify.url_env.map(|variable| {
                let value = environment.get(&variable);
                value.iter().for_each(|value| secrets::register(value));
                FromVariable { value: value.map(SecretString::from), variable }
            }),
            per_hour: written.notify.per_hour.unwrap_or(PER_HOUR),
        },
        folder: root.join(written.folder.unwrap_or_else(|| FOLDER.to_owned())),
        keep: written.keep.map_or(KEEP, |period| period.0),
        max_bytes: written.max_size.map_or(MAX_BYTES, |size| size.0),
        prunes_store: written.prune_store.unwrap_or(false),
        rotate,
    })
}

/// Where recordings are brought besides: `[recording] store`.
pub(super) fn recording_store(
    tree: &WrittenNode,
    written: Option<&str>,
) -> Result<Option<StoreUrl>, Problem> {
    let problem = |why| Problem::at(tree.place_of(&["recording", "store"]), format!("`store`: {why}"));
    written.map(|text| StoreUrl::parse(text).map_err(problem)).transpose()
}

pub(super) fn targets<'f>(
    tree: &WrittenNode,
    written: Vec<TargetWritten>,
    known: impl Iterator<Item = &'f str> + Clone,
) -> Result<Vec<TargetSettings>, Problem> {
    let mut targets: Vec<TargetSettings> = Vec::with_capacity(written.len());
    for (at, target) in written.into_iter().enumerate() {
        let place = |key: &str| tree.place_of(&["target", &at.to_string(), key]);
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        if target.name.is_empty() || !target.name.chars().all(is_plain) {
            let why = format!("{:?} is no name for a target: letters, digits, _ and -", target.name);
            return Err(Problem::at(place("name"), why));
        }
        if targets.iter().any(|other| other.name == target.name) {
            return Err(Problem::at(place("name"), format!("a second target {:?}", target.name)));
        }
        if let Some(unknown) =
            target.features.iter().find(|name| !known.clone().any(|it| it == name.as_str()))
        {
            let problem = Problem::at(place("features"), format!("unknown feature `{unknown}`"));
            return Err(match crate::error::nearest(unknown, known.clone()) {
                Some(near) => problem.hint(format!("did you mean `{near}`?")),
                None => problem.hint(format!("known features: {}", known.collect::<Vec<_>>().join(", "))),
            });
        }
        targets.push(TargetSettings { name: target.name, features: target.features });
    }
    Ok(targets)
}
