//! Where the evidence is kept, and by whose keys it is read: `[evidence]`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use crate::contract::tree::{Problem, WrittenAt, WrittenNode};
use crate::environment::Environment;
use crate::secrets;
use crate::settings::written::EvidenceWritten;
use crate::settings::{EvidenceSettings, FromVariable};

/// The folder beside the configuration for what belongs to no file store, where none is named.
const STATE: &str = ".thor-cutover";

pub(super) fn evidence(
    tree: &WrittenNode,
    written: EvidenceWritten,
    root: &Path,
    environment: &Environment,
) -> Result<EvidenceSettings, Problem> {
    let place = tree.place_of(&["evidence", "store"]).clone();
    let (text, place) = match &written.store_env {
        // what was typed or set for this call alone beats the file, and what the file names
        Some(variable) if place.line != 0 || place.built_in => match environment.get(variable) {
            Some(url) => (url.to_owned(), WrittenAt::of(variable)),
            None => {
                return Err(Problem::at(
                    tree.place_of(&["evidence", "store_env"]),
                    format!("`store_env` names {variable}, which is not set"),
                )
                .hint("set it to the ledger's URL, such as postgres://user:password@host/database"));
            }
        },
        _ => (written.store.unwrap_or_default(), place),
    };
    // a checklist reads pseudonyms without a key: that the variable is not set matters only to who makes them
    let identifiers_key = written.identifiers_key_env.map(|variable| {
        let value = environment.get(&variable);
        value.iter().for_each(|value| secrets::register(value));
        FromVariable { value: value.map(SecretString::from), variable }
    });
    let user = [environment.user.as_str(), environment.host.as_str()];
    let store = store(&text, &place, root, environment)?;
    Ok(EvidenceSettings {
        folder: store.folder.unwrap_or_else(|| root.join(written.folder.as_deref().unwrap_or(STATE))),
        store: store.url,
        password: store.password,
        password_file: environment
            .get("PGPASSFILE")
            .map(PathBuf::from)
            .or_else(|| environment.get("HOME").map(|home| Path::new(home).join(".pgpass"))),
        root_certificates: environment.get("PGSSLROOTCERT").map(|path| environment.folder.join(path)),
        max_age: written.max_age.map_or(Duration::from_secs(14 * 86_400), |period| period.0),
        identifiers_key,
        trusted_keys: written.trusted_keys,
        writer: user.map(|part| if part.is_empty() { "unknown" } else { part }).join("@"),
    })
}

/// A store as it is opened.
struct StoreAddress {
    url: String,
    password: Option<SecretString>,
    folder: Option<PathBuf>,
}

fn store(
    text: &str,
    place: &WrittenAt,
    root: &Path,
    environment: &Environment,
) -> Result<StoreAddress, Problem> {
    secrets::register_url(text);
    let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme);
    match scheme {
        "postgres" | "postgresql" => postgres(text, place, environment),
        "sqlite" => {
            let path = &text["sqlite:".len()..];
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() {
                return Err(Problem::at(place, "the evidence store names no file")
                    .hint("such as sqlite:.thor-cutover/evidence.db"));
            }
            let base = if place.line == 0 { &environment.folder } else { root };
            let path = base.join(path);
            let folder = path.parent().map(Path::to_owned);
            Ok(StoreAddress { url: format!("sqlite:{}", path.display()), password: None, folder })
        }
        "" => Err(Problem::at(place, format!("not an evidence store: {text:?}"))
            .hint(format!("of a file it is sqlite:{text}, of a server postgres://user@host/database"))),
        // what it says instead may hold a password
        _ => Err(Problem::at(place, format!("not an evidence store: {scheme:?}"))
            .hint("such as sqlite:.thor-cutover/evidence.db, or postgres://user@host/database")),
    }
}

/// A server's URL with what libpq's variables add to it, and the password apart from it.
fn postgres(text: &str, place: &WrittenAt, environment: &Environment) -> Result<StoreAddress, Problem> {
    let problem = |why: &str| {
        Problem::at(place, format!("the evidence store is no PostgreSQL URL: {why}"))
            .hint("such as postgres://user@host/database")
    };
    let mut url = Url::parse(text).map_err(|error| problem(&error.to_string()))?;
    let from_variable = place.line == 0 && !place.source.starts_with("--");
    let password = url
        .password()
        .map(|password| percent_encoding::percent_decode_str(password).decode_utf8_lossy().into_owned());
    if password.is_some() && !from_variable {
        return Err(Problem::at(place, "the evidence store's URL carries a password").hint(
            "name it by PGPASSWORD or a password file, or the whole URL by a variable: [evidence] store_env",
        ));
    }
    let set = |name: &str| environment.get(name).map(str::to_owned);
    let done = |result: Result<(), ()>| result.map_err(|()| problem("it has no host"));
    if url.host_str().is_none_or(str::is_empty) {
        let host = set("PGHOST").unwrap_or_else(|| "localhost".to_owned()).replace('/', "%2F");
        url.set_host(Some(&host)).map_err(|error| problem(&error.to_string()))?;
    }
    done(url.set_password(None))?;
    if url.username().is_empty() {
        let user = set("PGUSER").unwrap_or_else(|| environment.user.clone());
        done(url.set_username(&user))?;
    }
    if let (None, Some(port)) = (url.port(), set("PGPORT").and_then(|port| port.parse().ok())) {
        done(url.set_port(Some(port)))?;
    }
    if url.path().trim_matches('/').is_empty()
        && let Some(database) = set("PGDATABASE")
    {
        url.set_path(&database);
    }
    if let (false, Some(mode)) = (url.query_pairs().any(|(name, _)| name == "sslmode"), set("PGSSLMODE")) {
        url.query_pairs_mut().append_pair("sslmode", &mode);
    }
    let password = password.or_else(|| set("PGPASSWORD"));
    password.iter().for_each(|password| secrets::register(password));
    let password = password.map(SecretString::from);
    Ok(StoreAddress { url: url.into(), password, folder: None })
}
