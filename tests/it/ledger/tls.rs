//! A PostgreSQL server over TLS: its certificate is always checked, and none that is unknown gets a password.

use secrecy::SecretString;
use thor_cutover::evidence::{Ledger, LedgerError, LedgerPlace};

use super::sample::{Run, at};
use super::server::{PASSWORD, Server, fixture};
use crate::control::tool::Tool;

#[test]
fn postgres_over_tls_is_believed_once_its_authority_is_named() {
    let server = Server::with_tls();
    let database = server.database();
    let folder = tempfile::tempdir().unwrap();
    let open = |query: &str, authority: bool| {
        let mut place = LedgerPlace::from(&database.url_with(query));
        place.password = Some(SecretString::from(PASSWORD));
        place.folder = folder.path().to_owned();
        place.root_certificates = authority.then(|| fixture("ca.pem"));
        Ledger::open(place)
    };
    let run = Run::clean("positions", at("2026-11-23T14:30:00Z"), 30.0).record();
    let named = format!("sslmode=verify-full&sslrootcert={}", fixture("ca.pem").display());
    assert_eq!(open(&named, false).unwrap().record_run(&run).unwrap().added, 1);
    for mode in ["require", "verify-ca", "verify-full"] {
        let query = format!("sslmode={mode}");
        assert_eq!(open(&query, true).unwrap().entries().unwrap().len(), 1, "{mode}");
        let refused = open(&query, false).err();
        let what = match &refused {
            Some(LedgerError::Unreachable { what, .. }) => what,
            other => panic!("{mode}: {other:?}"),
        };
        assert!(what.contains("certificate"), "{mode}: {what}");
    }

    // as a person has it: the authority by a variable, and no verdict without it
    let tool = Tool::new();
    let ask = |format: &str, variables: &[(&str, &str)]| {
        let url = database.url_with("sslmode=verify-full");
        let mut command = tool.command(&["checklist", "positions", "--format", format]);
        command.env("THOR_CUTOVER_EVIDENCE", url).env("PGPASSWORD", PASSWORD).envs(variables.iter().copied());
        let output = command.output().unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (code, out, err) = ask("human", &[]);
    assert!(code == Some(4) && out.is_empty() && err.contains("certificate"), "{out}{err}");
    let (code, out, err) = ask("json", &[("PGSSLROOTCERT", fixture("ca.pem").to_str().unwrap())]);
    assert!(code == Some(1) && out.contains("judged by other rules"), "{out}{err}");
}

/// A server that has no TLS to offer is not spoken to in the clear where TLS is asked for.
#[test]
fn postgres_without_tls_is_refused_where_tls_is_asked_for() {
    let server = super::server::shared();
    let mut place = LedgerPlace::from(&server.database().url_with("sslmode=require"));
    place.password = Some(SecretString::from(PASSWORD));
    place.root_certificates = Some(fixture("ca.pem"));
    assert!(matches!(Ledger::open(place), Err(LedgerError::Unreachable { .. })));
}
