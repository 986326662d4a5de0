//! `evidence key` and `evidence signing-key`: what a team shares so that its evidence comes together.

use std::path::Path;

use super::{private, report};
use crate::bounded::{MAX_SECRET_FILE, read_named};
use crate::commands::identifiers::{existing_key, key};
use crate::error::{Error, Result};
use crate::evidence::sign::SigningKey;
use crate::evidence::{Ledger, LedgerError, LedgerPlace, StoreKind};
use crate::observe::key::PseudonymKey;
use crate::report::Answer;
use crate::report::ledger::EvidenceAnswer;
use crate::settings::Settings;

fn answer(action: &str, said: Vec<String>) -> Box<dyn Answer> {
    let mut report = report(action, None);
    report.said = said;
    Box::new(EvidenceAnswer(report))
}

pub fn fingerprint(settings: &Settings) -> Result<Box<dyn Answer>> {
    match existing_key(settings)? {
        Some(key) => Ok(answer("key-fingerprint", vec![key.fingerprint()])),
        None => Err(Error::failed(anyhow::anyhow!("there is no key of pseudonyms yet")).hint(
            "the first observed run makes one; thor-cutover evidence key import FILE takes a colleague's",
        )),
    }
}

pub fn export(settings: &Settings, file: &Path) -> Result<Box<dyn Answer>> {
    let key = key(settings)?;
    private(file, &(key.to_text() + "\n"))?;
    let said = format!(
        "{} written to {}; whoever has it can tell accounts apart",
        key.fingerprint(),
        file.display()
    );
    Ok(answer("key-export", vec![said]))
}

pub fn import(settings: &Settings, file: &Path, replace: bool) -> Result<Box<dyn Answer>> {
    if let Some(named) = &settings.evidence.identifiers_key {
        return Err(Error::usage(format!("the key comes by the variable {}", named.variable))
            .hint("give the variable the new value, or take identifiers_key_env out of [evidence]"));
    }
    let text = read_named(file, MAX_SECRET_FILE).map_err(Error::failed)?;
    let key = PseudonymKey::of_text(&text).ok_or_else(|| {
        Error::usage(format!("{} holds no key of pseudonyms", file.display()))
            .hint("thor-cutover evidence key export FILE writes one")
    })?;
    let there = existing_key(settings)?.map(|key| key.fingerprint());
    if there.as_ref() == Some(&key.fingerprint()) {
        return Ok(answer(
            "key-import",
            vec![format!("nothing new: {} is the key already", key.fingerprint())],
        ));
    }
    if let (Some(there), false) = (there, replace) {
        let ledger = settings.evidence.store.trim_start_matches("sqlite:").to_owned();
        return Err(LedgerError::OtherKey { ledger, there }.into());
    }
    keep_key(settings, &key, replace)?;
    Ok(answer("key-import", vec![format!("{} is the key of pseudonyms from now on", key.fingerprint())]))
}

fn keep_key(settings: &Settings, key: &PseudonymKey, replace: bool) -> Result<()> {
    let place = LedgerPlace::from(&settings.evidence);
    if let StoreKind::Postgres(_) = place.kind()? {
        Ledger::open(&place)?.identifiers_key(Some(key.bytes()), replace)?;
    }
    let kept = key.keep(&place.key_file());
    kept.map_err(|error| Error::failed(anyhow::Error::new(error).context("keeping the key")))
}

/// The key goes where its pseudonyms go, if there is none yet. Returns what was done, or what to know, in words.
pub fn carry(from: &Settings, to: &Settings) -> Result<Carried> {
    Ok(match (existing_key(from)?, existing_key(to)?) {
        (Some(key), None) => {
            keep_key(to, &key, false)?;
            Carried::Said(format!("{} went along as the key of pseudonyms", key.fingerprint()))
        }
        (Some(key), Some(there)) if key.fingerprint() != there.fingerprint() => Carried::Warned(format!(
            "the pseudonyms were made under {}, and the key there is {}: whose account it is cannot be compared",
            key.fingerprint(),
            there.fingerprint()
        )),
        _ => Carried::Nothing,
    })
}

/// What became of the key when a ledger was copied.
pub enum Carried {
    Nothing,
    Said(String),
    Warned(String),
}

pub fn signing_key(file: &Path) -> Result<Box<dyn Answer>> {
    let (key, secret) = SigningKey::make().map_err(|what| Error::failed(anyhow::anyhow!(what)))?;
    private(file, &secret)?;
    let public = key.public().text();
    let said = vec![
        format!("the secret is in {}; keep it where only its owner can read it", file.display()),
        format!("for those who import: [evidence] trusted_keys = [\"{public}\"]"),
    ];
    Ok(answer("signing-key", said))
}
