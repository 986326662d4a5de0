//! Evidence that travels: exported, signed, imported, copied from one store to another.

use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::keys::{Carried, carry};
use super::{existing, private, readable, report};
use crate::bounded::{MAX_EVIDENCE_FILE, MAX_SECRET_FILE, read_named};
use crate::cli::Global;
use crate::clock::Clock;
use crate::commands::trust::trusted_keys;
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::evidence::sign::{self, PublicKey, SigningKey};
use crate::evidence::{Appended, Ledger, Stored, archive, chain, id};
use crate::model::facts::ledger::{Archive, Entry};
use crate::model::text::counted;
use crate::report::ledger::EvidenceAnswer;
use crate::report::{Answer, PlainText};
use crate::settings::{self, Settings};

/// The whole ledger on stdout.
pub fn print(settings: &Settings) -> Result<Box<dyn Answer>> {
    let (entries, links) = readable(settings)?.whole()?;
    Ok(Box::new(PlainText(archive::write(&entries, &links, Clock::wall()))))
}

pub fn export(settings: &Settings, file: &Path, key: Option<&Path>) -> Result<Box<dyn Answer>> {
    let key = key.map(signing_key).transpose()?;
    let mut ledger = existing(settings)?;
    let (entries, links) = ledger.whole()?;
    let now = Clock::wall();
    let text = archive::write(&entries, &links, now);
    let name = file.display().to_string();
    private(file, &text)?;
    let mut said = vec![format!("{} written to {name}", counted(entries.len(), "entry", "entries"))];
    if let Some(key) = key {
        let beside = signature_of(file);
        let shown = file.file_name().unwrap_or_default().to_string_lossy();
        let comment = format!("timestamp:{}\tfile:{shown}\thashed", now.as_second());
        private(&beside, &key.sign(text.as_bytes(), &comment))?;
        said.push(format!("signed in {} by {}", beside.display(), key.public().text()));
    }
    ledger.append(&[Entry::Archive(Archive {
        id: id(now, &["archive", &name]),
        at: now,
        file: name,
        entries: entries.len() as u64,
        sha256: chain::hex(&Sha256::digest(text.as_bytes())),
        imported: None,
    })])?;
    let mut report = report("export", Some(&ledger));
    report.said = said;
    Ok(Box::new(EvidenceAnswer(report)))
}

fn signing_key(path: &Path) -> Result<SigningKey> {
    let text = read_named(path, MAX_SECRET_FILE).map_err(Error::usage)?;
    SigningKey::read(&text).map_err(|what| {
        Error::usage(format!("{}: {what}", path.display()))
            .hint("thor-cutover evidence signing-key FILE makes one")
    })
}

fn signature_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".minisig");
    PathBuf::from(name)
}

/// All files are read before any entry is taken in.
pub fn import(settings: &Settings, files: &[PathBuf]) -> Result<Box<dyn Answer>> {
    let now = Clock::wall();
    let trusted = trusted_keys(settings)?;
    let (mut entries, mut warnings): (Vec<Stored>, Vec<String>) = Default::default();
    for file in files {
        let text = read_named(file, MAX_EVIDENCE_FILE).map_err(Error::failed)?;
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let failed = |error: anyhow::Error| {
            Error::failed(error.context(format!("importing {}", file.display())))
                .hint("nothing was taken in; export it again with `thor-cutover evidence export FILE`")
        };
        let signed_by = match signer(&trusted, file, &text)? {
            Signature::By(key) => Some(key.text()),
            Signature::Altered(what) => return Err(failed(anyhow::anyhow!("{what}"))),
            Signature::NotAsked => None,
            Signature::No(why) => {
                warnings.push(format!("{}: {why}: what it holds does not count here", file.display()));
                None
            }
        };
        if !archive::has_chains(&text) && signed_by.is_none() {
            warnings.push(format!(
                "{}: written in the first form, which has no chains: whether something was taken out of it or \
                 changed cannot be seen",
                file.display()
            ));
        }
        let read = archive::read(&text, &name, signed_by, now);
        entries.extend(read.map_err(|error| failed(anyhow::Error::new(error)))?);
    }
    let mut ledger = Ledger::open(&settings.evidence)?;
    let appended = ledger.take_in(&entries)?;
    let mut report = report("import", Some(&ledger));
    report.warnings.extend(warnings);
    report.said.push(words(entries.len(), appended));
    Ok(Box::new(EvidenceAnswer(report)))
}

enum Signature {
    By(PublicKey),
    /// There is one, and the file is not what was signed.
    Altered(String),
    /// None that is trusted.
    No(String),
    /// Nobody is named whose signature is asked for.
    NotAsked,
}

fn signer(trusted: &[PublicKey], file: &Path, text: &str) -> Result<Signature> {
    if trusted.is_empty() {
        return Ok(Signature::NotAsked);
    }
    let path = signature_of(file);
    let signature = match read_named(&path, MAX_SECRET_FILE) {
        Ok(signature) => signature,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Signature::No("it is not signed".to_owned()));
        }
        Err(error) => return Err(Error::failed(error)),
    };
    let mut another = true;
    for key in trusted {
        match sign::verify(key, text.as_bytes(), &signature) {
            Ok(()) => return Ok(Signature::By(key.clone())),
            Err(why) if why != sign::ANOTHER_KEY => {
                another = false;
                if why == sign::ALTERED {
                    return Ok(Signature::Altered(format!("{}: {why}", path.display())));
                }
            }
            Err(_) => {}
        }
    }
    Ok(match another {
        true => Signature::No("it was signed by a key that is not trusted".to_owned()),
        false => Signature::Altered(format!("{} cannot be read as a signature", path.display())),
    })
}

/// Every entry of one store to another, without a mark: it stays what it was.
pub fn copy(global: &Global, environment: &Environment, from: &str, to: &str) -> Result<Box<dyn Answer>> {
    let at = |store: &str| {
        settings::load(&Global { evidence: Some(store.to_owned()), ..global.clone() }, environment)
    };
    let (from, to) = (at(from)?, at(to)?);
    if from.evidence.store == to.evidence.store {
        return Err(
            Error::usage("both stores are the same").hint("name the one to read, then the one to write")
        );
    }
    let (entries, _) = readable(&from)?.whole()?;
    let mut ledger = Ledger::open(&to.evidence)?;
    let appended = ledger.take_in(&entries)?;
    let mut report = report("copy", Some(&ledger));
    report.said.push(words(entries.len(), appended));
    match carry(&from, &to)? {
        Carried::Nothing => {}
        Carried::Said(words) => report.said.push(words),
        Carried::Warned(words) => report.warnings.push(words),
    }
    Ok(Box::new(EvidenceAnswer(report)))
}

/// What became of the entries, in words.
fn words(read: usize, appended: Appended) -> String {
    let Appended { added, replaced, known, contradicting } = appended;
    if added + replaced + contradicting == 0 {
        return match read {
            0 => "nothing new: there is no entry in it".to_owned(),
            1 => "nothing new: its 1 entry is known".to_owned(),
            read => format!("nothing new: all {read} entries are known"),
        };
    }
    let mut words = vec![format!("{added} new")];
    if replaced > 0 {
        words.push(format!("{replaced} more complete than what was there"));
    }
    if known > 0 {
        words.push(format!("{known} known"));
    }
    if contradicting > 0 {
        words
            .push(format!("{contradicting} not taken in: something else is on the ledger under the same id"));
    }
    format!("{} read: {}", counted(read, "entry", "entries"), words.join(", "))
}
