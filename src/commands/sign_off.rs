//! `sign-off`: a person's word on the ledger. It is asked for on a terminal, is never empty, and can be taken back.

use std::path::Path;

use crate::cli::{Global, ManualGateArg, SignOffArgs};
use crate::commands::decision::{Asking, Gathered};
use crate::commands::remember::{new_baselines, new_grants};
use crate::environment::Environment;
use crate::error::{Error, Result, nearest};
use crate::evidence::{Ledger, git, id};
use crate::judge::decision::Asked;
use crate::model::facts::finding::FindingKind;
use crate::model::facts::ledger::{Entry, Revision, Revocation, SignOff};
use crate::model::feature::Feature;
use crate::report::Answer;
use crate::report::ledger::{EntryAnswer, EntryReport};
use crate::settings;

pub fn run(args: &SignOffArgs, global: &Global, environment: &Environment) -> Result<Box<dyn Answer>> {
    let settings = settings::load(global, environment)?;
    let features = settings.select(std::slice::from_ref(&args.feature))?;
    let feature = features.first().ok_or_else(|| Error::usage("no feature named"))?;
    let asking = Asking {
        revision: args.revision.clone(),
        ..Asking::of(&settings, args.source.as_deref(), environment)
    };
    let gathered = Gathered::gather(&settings, &asking, environment)?;
    let entry = match &args.revoke {
        Some(beginning) => revocation(args, environment, feature, &gathered, beginning)?,
        None => sign_off(args, environment, feature, &gathered, &settings, &asking.folder)?,
    };
    let remembered = [new_baselines(&gathered), new_grants(&gathered, &settings)].concat();
    let mut ledger = Ledger::open(&settings.evidence)?;
    ledger.append(&[vec![entry.clone()], remembered].concat())?;
    let report = EntryReport::of("sign-off", &entry);
    Ok(Box::new(EntryAnswer { command: "sign-off", report }))
}

fn sign_off(
    args: &SignOffArgs,
    environment: &Environment,
    feature: &Feature,
    gathered: &Gathered,
    settings: &settings::Settings,
    folder: &Path,
) -> Result<Entry> {
    let tag = args.tag.as_deref().map(str::trim).filter(|tag| !tag.is_empty());
    let revision = gathered.git.head.clone();
    match (args.gate, tag) {
        (ManualGateArg::Release, Some(tag)) => contains(folder, tag, revision.as_ref())?,
        (ManualGateArg::Release, None) => {
            return Err(Error::usage("--gate release needs the tag").hint("name the release with --tag TAG"));
        }
        (_, Some(_)) => return Err(Error::usage("--tag belongs to --gate release")),
        (_, None) => {}
    }
    let accepts: Vec<String> = args.accept.iter().map(|name| name.trim().to_owned()).collect();
    for name in &accepts {
        acceptable(name)?;
    }
    let by = said("name", "--by", args.by.as_deref(), environment)?;
    let role = said("role", "--role", args.role.as_deref(), environment)?;
    let note = said("note: what was looked at", "--note", args.note.as_deref(), environment)?;
    let at = gathered.now;
    let gate = args.gate.into();
    let standing = gathered.decide(settings, feature, Asked::Next);
    Ok(Entry::SignOff(SignOff {
        id: id(at, &["sign_off", &feature.name, &by]),
        at,
        feature: feature.name.clone(),
        gate,
        by,
        role,
        note,
        accepts,
        stage: standing.stage,
        tag: tag.map(str::to_owned),
        revision,
        code: gathered.code(&feature.name),
        imported: None,
    }))
}

/// A checklist never asks about any other name: it would be a slip that nobody notices.
fn acceptable(name: &str) -> Result<()> {
    let is_fingerprint = name.len() == 16 && name.bytes().all(|it| it.is_ascii_hexdigit());
    let codes = || FindingKind::ALL.iter().map(|kind| kind.code());
    if name.starts_with('/') || is_fingerprint || codes().any(|code| code == name) {
        return Ok(());
    }
    let hint = match nearest(name, codes()) {
        Some(code) => format!("did you mean {code}?"),
        None => "name a field such as /cash, an entity such as /symbol=SPY, or a hazard by its code or fingerprint"
            .to_owned(),
    };
    Err(Error::usage(format!("--accept {name:?} is no field, no entity and no hazard")).hint(hint))
}

fn revocation(
    args: &SignOffArgs,
    environment: &Environment,
    feature: &Feature,
    gathered: &Gathered,
    beginning: &str,
) -> Result<Entry> {
    let of_feature = || gathered.ledger.sign_offs.iter().filter(|it| it.feature == feature.name);
    let found: Vec<&SignOff> = of_feature().filter(|it| it.id.starts_with(beginning)).collect();
    let [sign_off] = found[..] else {
        let known: Vec<&str> = of_feature().map(|it| it.id.as_str()).collect();
        let what = match found.len() {
            0 => format!("no sign-off of {} begins with {beginning:?}", feature.name),
            many => format!("{many} sign-offs of {} begin with {beginning:?}", feature.name),
        };
        let hint = if known.is_empty() {
            format!("{} has no sign-off yet; thor-cutover evidence list shows what is there", feature.name)
        } else {
            format!("there are: {}", known.join(", "))
        };
        return Err(Error::usage(what).hint(hint));
    };
    if gathered.ledger.revocations.iter().any(|it| it.sign_off == sign_off.id) {
        return Err(Error::usage(format!("{} is taken back already", sign_off.id)));
    }
    let by = said("name", "--by", args.by.as_deref(), environment)?;
    let note = said("note: why it is taken back", "--note", args.note.as_deref(), environment)?;
    let at = gathered.now;
    Ok(Entry::Revocation(Revocation {
        id: id(at, &["revocation", &feature.name, &by]),
        at,
        feature: feature.name.clone(),
        sign_off: sign_off.id.clone(),
        by,
        note,
        imported: None,
    }))
}

/// How often a person is asked the same before it is taken for a no.
const TRIES: usize = 5;

/// Asks until there is an answer: an empty one may have been a slip. `None` where the answers end.
fn asked(what: &str) -> Result<Option<String>> {
    let mut question = format!("{what}: ");
    for _ in 0..TRIES {
        let typed = crate::ask(&question)
            .map_err(|error| Error::failed(anyhow::Error::new(error).context("reading from the terminal")))?;
        match typed {
            Some(typed) if typed.trim().is_empty() => {
                question =
                    format!("it needs a {} (Ctrl-C to leave it): ", what.split(':').next().unwrap_or(what));
            }
            other => return Ok(other),
        }
    }
    Ok(None)
}

/// What was said on the command line, or is said on the terminal now. Nothing is no word.
fn said(what: &str, option: &str, given: Option<&str>, environment: &Environment) -> Result<String> {
    let typed = match given {
        Some(given) => Some(given.to_owned()),
        None if environment.stdin_is_terminal => asked(what)?,
        None => None,
    };
    match typed.as_deref().map(str::trim) {
        Some(word) if !word.is_empty() => Ok(word.to_owned()),
        _ => Err(Error::usage(format!(
            "a sign-off without a {} is none",
            what.split(':').next().unwrap_or(what)
        ))
        .hint(format!("say it with {option}; nothing was written"))),
    }
}

fn contains(folder: &Path, tag: &str, revision: Option<&Revision>) -> Result<()> {
    let Some(revision) = revision else {
        return Err(Error::usage("the revision is not known, so no tag can contain it")
            .hint("run it in Thor's git checkout, or say --revision REV"));
    };
    match git::tag_contains(folder, tag, &revision.commit) {
        Ok(true) => Ok(()),
        Ok(false) => Err(Error::usage(format!("the tag {tag} does not contain {}", revision.short()))
            .hint("tag the release that contains the work, then sign again")),
        Err(why) => Err(Error::usage(why).hint("git tag lists the tags")),
    }
}
