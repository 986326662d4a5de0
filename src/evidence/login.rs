//! How to get into a PostgreSQL server: its URL as libpq reads it, and the password file.

use std::path::PathBuf;

use tokio_postgres::Config;
use tokio_postgres::config::Host;

/// The configuration of a URL without a password, and the file with the certificates it trusts, if it names one.
/// A certificate is always checked, so that `verify-full` asks for what happens anyway.
///
/// # Errors
/// What is wrong with the URL, in words.
pub fn config(url: &str) -> Result<(Config, Option<PathBuf>), String> {
    let mut parsed = url::Url::parse(url).map_err(|error| error.to_string())?;
    let pairs: Vec<(String, String)> = parsed.query_pairs().into_owned().collect();
    let root = pairs.iter().find(|(name, _)| name == "sslrootcert").map(|(_, value)| PathBuf::from(value));
    parsed.set_query(None);
    for (name, value) in pairs.iter().filter(|(name, _)| name != "sslrootcert") {
        let is_checked = name == "sslmode" && value.starts_with("verify-");
        parsed.query_pairs_mut().append_pair(name, if is_checked { "require" } else { value });
    }
    let config = parsed.as_str().parse::<Config>().map_err(|error| {
        let cause = std::error::Error::source(&error).map(|source| format!(": {source}")).unwrap_or_default();
        format!("its URL cannot be used: {error}{cause}")
    })?;
    Ok((config, root))
}

/// The password for this server in the file that `passfile` named, if any: `host:port:database:user:password` a
/// line, `*` for any, `\` before a colon that belongs to a value.
pub fn password_of(text: &str, config: &Config) -> Option<Vec<u8>> {
    let host = config.get_hosts().first().map(|host| match host {
        Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        Host::Unix(_) => "localhost".to_owned(),
    })?;
    let user = config.get_user()?;
    let port = config.get_ports().first().copied().unwrap_or(5432).to_string();
    let wanted = [host.as_str(), &port, config.get_dbname().unwrap_or(user), user];
    text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let fields = fields(line);
        let [at @ .., password] = fields.as_slice() else { return None };
        let fits = at.len() == 4 && at.iter().zip(wanted).all(|(said, wanted)| said == "*" || said == wanted);
        fits.then(|| password.clone().into_bytes())
    })
}

fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            ':' if fields.len() < 5 => fields.push(String::new()),
            '\\' => fields.last_mut().expect("there is always one").extend(letters.next()),
            other => fields.last_mut().expect("there is always one").push(other),
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_file_is_read_as_libpq_reads_it() {
        let (config, _) = config("postgres://ada@db:6432/thor").unwrap();
        let found = |text: &str| password_of(text, &config).map(|bytes| String::from_utf8(bytes).unwrap());
        assert_eq!(
            found("# db:6432:thor:ada:no\nother:*:*:*:no\ndb:6432:*:ada:a\\:b:c\n"),
            Some("a:b:c".to_owned())
        );
        assert_eq!(found("db:5432:*:*:no\n"), None);
        assert_eq!(found("*:*:*:*:yes"), Some("yes".to_owned()));
    }

    #[test]
    fn certificates_are_named_as_libpq_names_them() {
        let (config, root) =
            config("postgres://db/thor?sslmode=verify-full&sslrootcert=/etc/ca.pem").unwrap();
        assert_eq!(config.get_ssl_mode(), tokio_postgres::config::SslMode::Require);
        assert_eq!(root, Some(PathBuf::from("/etc/ca.pem")));
        assert!(super::config("postgres://db/thor?nonsense=1").is_err());
    }
}
