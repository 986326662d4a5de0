//! The key of the pseudonyms: the team's by a variable, else the store's own.

use crate::error::{Error, Result};
use crate::evidence::{Ledger, LedgerError, LedgerPlace, StoreKind};
use crate::observe::key::PseudonymKey;
use crate::settings::Settings;

/// The key under which this store's pseudonyms are made; made where there is none yet. What a server said is kept
/// beside, so that an observer does not stand still with it.
pub fn key(settings: &Settings) -> Result<PseudonymKey> {
    if let Some(key) = given(settings)? {
        return Ok(key);
    }
    let place = LedgerPlace::from(&settings.evidence);
    let file = place.key_file();
    if let StoreKind::Sqlite(_) = place.kind()? {
        return PseudonymKey::load_or_create(&file).map_err(|error| unreadable(error, &file));
    }
    let fresh = PseudonymKey::random().map_err(|error| unreadable(error, &file))?;
    let asked = Ledger::open(&place).and_then(|mut ledger| {
        ledger.warnings().iter().for_each(|warning| crate::say(&format!("warning: {warning}")));
        ledger.identifiers_key(Some(fresh.bytes()), false)
    });
    match asked {
        Ok(bytes) => {
            let key = bytes.as_deref().and_then(PseudonymKey::of_bytes).ok_or_else(|| no_key(settings))?;
            key.keep(&file).map_err(|error| unreadable(error, &file))?;
            Ok(key)
        }
        Err(why @ (LedgerError::Unreachable { .. } | LedgerError::Locked { .. })) => {
            PseudonymKey::load(&file).map_err(|_| why.into())
        }
        Err(why) => Err(why.into()),
    }
}

/// The key that is there already; none is made.
pub fn existing_key(settings: &Settings) -> Result<Option<PseudonymKey>> {
    if let Some(key) = given(settings)? {
        return Ok(Some(key));
    }
    let place = LedgerPlace::from(&settings.evidence);
    let file = place.key_file();
    if let StoreKind::Sqlite(_) = place.kind()? {
        return match PseudonymKey::load(&file) {
            Ok(key) => Ok(Some(key)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unreadable(error, &file)),
        };
    }
    let Some(mut ledger) = Ledger::read(&place)? else { return Ok(None) };
    Ok(ledger.identifiers_key(None, false)?.as_deref().and_then(PseudonymKey::of_bytes))
}

/// The key as far as it is on this machine: what a recording is read by asks no server.
pub fn local_key(settings: &Settings) -> Result<Option<PseudonymKey>> {
    match &settings.evidence.identifiers_key {
        Some(named) if named.value.is_none() => return Ok(None),
        Some(_) => return given(settings),
        None => {}
    }
    let file = LedgerPlace::from(&settings.evidence).key_file();
    match PseudonymKey::load(&file) {
        Ok(key) => Ok(Some(key)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(error, &file)),
    }
}

/// The key that a variable names.
fn given(settings: &Settings) -> Result<Option<PseudonymKey>> {
    use secrecy::ExposeSecret as _;
    let Some(named) = &settings.evidence.identifiers_key else { return Ok(None) };
    let variable = &named.variable;
    let Some(value) = &named.value else {
        return Err(Error::usage(format!(
            "[evidence] identifiers_key_env names {variable}, which is not set"
        ))
        .hint("its value is what `thor-cutover evidence key export FILE` writes"));
    };
    match PseudonymKey::of_text(value.expose_secret()) {
        Some(key) => Ok(Some(key)),
        None => Err(Error::usage(format!("{variable} holds no key of pseudonyms"))
            .hint("its value is what `thor-cutover evidence key export FILE` writes")),
    }
}

fn no_key(settings: &Settings) -> Error {
    Error::failed(anyhow::anyhow!("{} holds no key of pseudonyms", settings.evidence.store))
        .hint("thor-cutover evidence key import FILE --replace")
}

fn unreadable(error: std::io::Error, file: &std::path::Path) -> Error {
    let what = format!("the key of the pseudonyms at {}", file.display());
    Error::failed(anyhow::Error::new(error).context(what))
        .hint("--keep-identifiers needs no key; --evidence chooses another folder")
}
