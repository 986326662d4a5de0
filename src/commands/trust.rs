//! Whose evidence counts: with `[evidence] trusted_keys`, what was imported without the signature of one of them
//! does not.

use crate::error::{Error, Result};
use crate::evidence::sign::PublicKey;
use crate::model::facts::ledger::{Imported, LedgerFacts};
use crate::settings::Settings;

/// The keys, once they are keys.
pub fn trusted_keys(settings: &Settings) -> Result<Vec<PublicKey>> {
    let read = |text: &String| {
        PublicKey::read(text).map_err(|what| {
            Error::usage(format!("[evidence] trusted_keys: {what}"))
                .hint("the line of a minisign public key, such as RWQf6LRC…; thor-cutover evidence signing-key makes a pair")
        })
    };
    settings.evidence.trusted_keys.iter().map(read).collect()
}

/// Takes out of the facts what people and commands said in files that nobody trusted signed; runs stay, for the
/// judge to say why they do not count. What only makes a decision stricter stays too. Returns what was left out,
/// in words.
pub fn distrust(facts: &mut LedgerFacts, trusted: &[PublicKey]) -> Vec<String> {
    if trusted.is_empty() {
        return Vec::new();
    }
    let trusted: Vec<String> = trusted.iter().map(PublicKey::text).collect();
    let counts = |imported: &Option<Imported>| {
        imported.as_ref().is_none_or(|it| it.signed_by.as_ref().is_some_and(|key| trusted.contains(key)))
    };
    let mut words = Vec::new();
    let mut say = |what: &str, before: usize, now: usize| {
        if now < before {
            words.push(format!("{} imported {what} do not count: no trusted key signed them", before - now));
        }
    };
    let before = facts.sign_offs.len();
    facts.sign_offs.retain(|it| counts(&it.imported));
    say("sign-offs", before, facts.sign_offs.len());
    let before = facts.grants.len();
    facts.grants.retain(|it| counts(&it.imported));
    say("grants", before, facts.grants.len());
    let before = facts.flag_changes.len();
    facts.flag_changes.retain(|it| counts(&it.imported) || (!it.on && !it.rehearsal));
    say("flag changes", before, facts.flag_changes.len());
    words
}
