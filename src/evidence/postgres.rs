//! A store on a PostgreSQL server, for a team: several observers and checklists at once.
//!
//! Writers take turns under an advisory lock of the server, so that the same run handed over twice is one entry.
//! Readers take no lock and see one state; a replica will do. What is in the tables is in [`super::tables`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret as _;
use tokio::runtime::Runtime;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, Transaction};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::chain::ChainLink;
use super::error::LedgerError;
use super::place::LedgerPlace;
use super::store::{Appended, LedgerStore, StoredRow, Which, Work, mark_of};
use super::stored::{Stored, There, pack};
use super::{login, tables};
use crate::bounded::{MAX_SECRET_FILE, read_text};
use crate::observe::tls;

/// Rows in one statement: bounded memory, few round trips.
const BATCH: usize = 200;

pub struct PostgresStore {
    connection: PostgresConnection,
    /// Taken away when dropped: a runtime must not be dropped where others wait on one.
    runtime: Option<Runtime>,
}

/// What a call needs, apart from the runtime that drives it.
struct PostgresConnection {
    /// The URL, as messages name it.
    name: String,
    wait: Duration,
    client: Client,
}

impl std::fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresStore").field("name", &self.connection.name).finish_non_exhaustive()
    }
}

impl Drop for PostgresStore {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl PostgresStore {
    /// Connects, and brings the tables to the version of this program.
    pub fn open(url: &str, place: &LedgerPlace) -> Result<Self, LedgerError> {
        let mut store = Self::connect(url, place)?;
        store
            .run(async |connection| tables::migrate(&mut connection.client).await)?
            .map_err(|fault| fault.of(url))?;
        Ok(store)
    }

    /// Connects for reading only; `None` where no ledger was begun yet.
    pub fn read(url: &str, place: &LedgerPlace) -> Result<Option<Self>, LedgerError> {
        let mut store = Self::connect(url, place)?;
        let found = store.run(async |connection| tables::version(&connection.client).await)?;
        match found {
            None => Ok(None),
            Some(found) if found == tables::VERSION => Ok(Some(store)),
            Some(found) => Err(tables::UnfitTables::of_version(found).of(url)),
        }
    }

    fn connect(url: &str, place: &LedgerPlace) -> Result<Self, LedgerError> {
        let name = url.to_owned();
        let unreachable = |what: String| LedgerError::Unreachable { ledger: name.clone(), what };
        let (mut config, root_certificates) =
            login::config(url).map_err(|what| LedgerError::Postgres { ledger: name.clone(), what })?;
        let password = place.password.as_ref().map(|secret| secret.expose_secret().as_bytes().to_vec());
        let from_file =
            || login::password_of(&read_text(place.password_file.as_ref()?, MAX_SECRET_FILE).ok()?, &config);
        if let Some(password) = password.or_else(from_file) {
            crate::secrets::register(&String::from_utf8_lossy(&password));
            config.password(password);
        }
        let wait = place.wait.max(Duration::from_secs(1));
        config.application_name("thor-cutover").connect_timeout(wait).tcp_user_timeout(wait * 2);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| unreachable(format!("starting the runtime: {error}")))?;
        let root_certificates = root_certificates.or_else(|| place.root_certificates.clone());
        let connected = runtime.block_on(async {
            tokio::time::timeout(wait * 2, connect(&config, root_certificates.as_deref())).await
        });
        let client = match connected {
            Ok(Ok(client)) => client,
            Ok(Err(Refused::Server(error))) => return Err(of_error(&name, wait, &error)),
            Ok(Err(Refused::Tls(what))) => return Err(unreachable(what)),
            Err(_) => return Err(unreachable(format!("no answer within {:?}", wait * 2))),
        };
        let connection = PostgresConnection { name, wait, client };
        let mut store = Self { connection, runtime: Some(runtime) };
        // a writer that is cut off in the middle must not hold up the others
        let limits = format!(
            "SET lock_timeout = {}; SET idle_in_transaction_session_timeout = {}; SET search_path = pg_catalog",
            wait.as_millis(),
            (wait * 12).as_millis()
        );
        store.run(async |connection| connection.client.batch_execute(&limits).await)?;
        Ok(store)
    }

    /// Drives one transaction in which nobody else writes, and nobody has other tables than when it was connected.
    fn write<T>(
        &mut self,
        call: impl AsyncFnOnce(&Transaction<'_>) -> Result<T, tokio_postgres::Error>,
    ) -> Result<T, LedgerError> {
        let name = self.connection.name.clone();
        self.run(async |connection| {
            let transaction = connection.client.transaction().await?;
            transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&tables::WRITERS]).await?;
            if let Err(unfit) = tables::fit(&transaction).await? {
                return Ok(Err(unfit));
            }
            let done = call(&transaction).await?;
            transaction.commit().await?;
            Ok(Ok(done))
        })?
        .map_err(|unfit| unfit.of(&name))
    }

    /// Drives one call to its end, or gives it up.
    fn run<T>(
        &mut self,
        call: impl AsyncFnOnce(&mut PostgresConnection) -> Result<T, tokio_postgres::Error>,
    ) -> Result<T, LedgerError> {
        let (name, wait) = (self.connection.name.clone(), self.connection.wait);
        let runtime = self.runtime.as_ref().expect("it is taken when dropped and never before");
        let limit = wait * 12;
        let connection = &mut self.connection;
        match runtime.block_on(async { tokio::time::timeout(limit, call(connection)).await }) {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => Err(of_error(&name, wait, &error)),
            Err(_) => {
                Err(LedgerError::Unreachable { ledger: name, what: format!("no answer within {limit:?}") })
            }
        }
    }
}

enum Refused {
    Server(tokio_postgres::Error),
    Tls(String),
}

/// The connection itself runs beside the calls, on the same runtime.
async fn connect(config: &Config, root_certificates: Option<&std::path::Path>) -> Result<Client, Refused> {
    let is_needed = config.get_ssl_mode() != SslMode::Disable;
    let tls = tls::client_config(root_certificates, None, is_needed)
        .map_err(|error| Refused::Tls(error.to_string()))?;
    let tls = MakeRustlsConnect::new(Arc::unwrap_or_clone(tls));
    let (client, connection) = config.connect(tls).await.map_err(Refused::Server)?;
    tokio::spawn(async move { drop(connection.await) });
    Ok(client)
}

/// What the server or the way to it said, as one of ours.
fn of_error(name: &str, waited: Duration, error: &tokio_postgres::Error) -> LedgerError {
    let ledger = name.to_owned();
    let Some(said) = error.as_db_error() else {
        let cause = std::error::Error::source(error).map(|source| format!(": {source}")).unwrap_or_default();
        return LedgerError::Unreachable { ledger, what: format!("{error}{cause}") };
    };
    let what = said.message().to_owned();
    match *said.code() {
        SqlState::INVALID_PASSWORD
        | SqlState::INVALID_AUTHORIZATION_SPECIFICATION
        | SqlState::INSUFFICIENT_PRIVILEGE => LedgerError::Denied { ledger, what },
        SqlState::READ_ONLY_SQL_TRANSACTION => LedgerError::ReadOnly { ledger, what },
        SqlState::LOCK_NOT_AVAILABLE => LedgerError::Locked { ledger, waited },
        SqlState::DISK_FULL => LedgerError::Full { ledger },
        SqlState::ADMIN_SHUTDOWN
        | SqlState::CRASH_SHUTDOWN
        | SqlState::CANNOT_CONNECT_NOW
        | SqlState::TOO_MANY_CONNECTIONS => LedgerError::Unreachable { ledger, what },
        SqlState::UNDEFINED_TABLE | SqlState::UNDEFINED_COLUMN => LedgerError::Foreign { ledger, what },
        _ => LedgerError::Postgres { ledger, what },
    }
}

impl LedgerStore for PostgresStore {
    fn begin(&mut self) -> Result<(), LedgerError> {
        let sql = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        self.run(async |connection| connection.client.batch_execute(sql).await)
    }

    fn end(&mut self) -> Result<(), LedgerError> {
        self.run(async |connection| connection.client.batch_execute("COMMIT").await)
    }

    fn rows(&mut self, which: Which<'_>, with_reports: bool) -> Result<Vec<StoredRow>, LedgerError> {
        let reports = if with_reports { "reports" } else { "NULL::bytea" };
        let select = format!("SELECT id, at, body, digest, mark, {reports} FROM thor_cutover.entry WHERE");
        let order = "ORDER BY at, id COLLATE \"C\"";
        let rows = self.run(async |connection| match which {
            Which::Since(at) => {
                connection.client.query(&format!("{select} kind <> 'run' OR at >= $1 {order}"), &[&at]).await
            }
            Which::Beginning(id) => {
                connection.client.query(&format!("{select} starts_with(id, $1) {order}"), &[&id]).await
            }
        })?;
        let row = |row: tokio_postgres::Row| StoredRow {
            id: row.get(0),
            at: row.get(1),
            body: row.get(2),
            digest: row.get(3),
            mark: row.get(4),
            reports: row.get(5),
        };
        Ok(rows.into_iter().map(row).collect())
    }

    fn links(&mut self) -> Result<Vec<ChainLink>, LedgerError> {
        let sql = "SELECT writer, seq, entry, body, reports, hash FROM thor_cutover.link
            ORDER BY writer COLLATE \"C\", seq";
        let rows = self.run(async |connection| connection.client.query(sql, &[]).await)?;
        Ok(rows.iter().map(link_of).collect())
    }

    fn ids(&mut self) -> Result<BTreeSet<String>, LedgerError> {
        let sql = "SELECT id FROM thor_cutover.entry";
        let rows = self.run(async |connection| connection.client.query(sql, &[]).await)?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    fn older_runs(&mut self, at: i64) -> Result<i64, LedgerError> {
        let sql = "SELECT count(*) FROM thor_cutover.entry WHERE kind = 'run' AND at < $1";
        let row = self.run(async |connection| connection.client.query_one(sql, &[&at]).await)?;
        Ok(row.get(0))
    }

    fn oldest(&mut self, kind: &str) -> Result<Option<i64>, LedgerError> {
        let sql = "SELECT min(at) FROM thor_cutover.entry WHERE kind = $1";
        let row = self.run(async |connection| connection.client.query_one(sql, &[&kind]).await)?;
        Ok(row.get(0))
    }

    fn newest(&mut self) -> Result<Option<i64>, LedgerError> {
        let sql = "SELECT max(at) FROM thor_cutover.entry";
        let row = self.run(async |connection| connection.client.query_one(sql, &[]).await)?;
        Ok(row.get(0))
    }

    fn append(&mut self, writer: &str, entries: &[Stored]) -> Result<Appended, LedgerError> {
        self.write(async |transaction| put(transaction, writer, entries).await)
    }

    fn remove(&mut self, writer: &str, ids: &[String], checkpoint: &Stored) -> Result<usize, LedgerError> {
        self.write(async |transaction| {
            let sql = "DELETE FROM thor_cutover.entry WHERE id = ANY($1)";
            let removed = transaction.execute(sql, &[&ids]).await?;
            put(transaction, writer, std::slice::from_ref(checkpoint)).await?;
            Ok(usize::try_from(removed).unwrap_or(usize::MAX))
        })
    }

    fn identifiers_key(
        &mut self,
        offered: Option<&[u8]>,
        replace: bool,
    ) -> Result<Option<Vec<u8>>, LedgerError> {
        let conflict =
            if replace { "(lone) DO UPDATE SET bytes = EXCLUDED.bytes" } else { "(lone) DO NOTHING" };
        let insert = format!(
            "INSERT INTO thor_cutover.identifiers_key (lone, bytes) VALUES (true, $1) ON CONFLICT {conflict}"
        );
        let select = "SELECT bytes FROM thor_cutover.identifiers_key";
        let there = self.run(async |connection| connection.client.query_opt(select, &[]).await)?;
        let Some(offered) = offered.filter(|_| there.is_none() || replace) else {
            return Ok(there.map(|row| row.get(0)));
        };
        self.run(async |connection| connection.client.execute(&insert, &[&offered]).await)?;
        let there = self.run(async |connection| connection.client.query_opt(select, &[]).await)?;
        Ok(there.map(|row| row.get(0)))
    }
}

async fn put(
    transaction: &Transaction<'_>,
    writer: &str,
    entries: &[Stored],
) -> Result<Appended, tokio_postgres::Error> {
    let ids: Vec<&str> = entries.iter().map(Stored::id).collect();
    let sql = "SELECT id, at, digest, reports IS NOT NULL, mark FROM thor_cutover.entry WHERE id = ANY($1)";
    let there: BTreeMap<String, There> = transaction
        .query(sql, &[&ids])
        .await?
        .iter()
        .map(|row| {
            let mark = mark_of(row.get(4)).unwrap_or_default();
            (row.get(0), There { at: row.get(1), digest: row.get(2), has_reports: row.get(3), mark })
        })
        .collect();
    let sql = "SELECT writer, seq, entry, body, reports, hash FROM thor_cutover.link
        WHERE writer = $1 ORDER BY seq DESC LIMIT 1";
    let last = transaction.query_opt(sql, &[&writer]).await?.as_ref().map(link_of);
    let work = Work::plan(entries, there, last, writer);
    for batch in work.insert.chunks(BATCH) {
        insert(transaction, batch).await?;
    }
    let sql = "UPDATE thor_cutover.entry SET kind = $2, feature = $3, at = $4, mark = $5, body = $6,
        digest = $7, reports = $8 WHERE id = $1";
    for it in &work.update {
        let (kind, feature, reports) = (it.entry.kind(), it.feature(), pack(&it.reports));
        transaction
            .execute(
                sql,
                &[&it.id(), &kind, &feature, &it.at(), &it.mark_text(), &it.body, &it.digest(), &reports],
            )
            .await?;
    }
    for batch in work.links.chunks(BATCH) {
        let of =
            |field: fn(&ChainLink) -> &String| batch.iter().map(|it| field(it).as_str()).collect::<Vec<_>>();
        let seqs: Vec<i64> = batch.iter().map(|it| i64::try_from(it.seq).unwrap_or(i64::MAX)).collect();
        let sql = "INSERT INTO thor_cutover.link (writer, seq, entry, body, reports, hash)
            SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[])";
        transaction
            .execute(
                sql,
                &[
                    &of(|it| &it.writer),
                    &seqs,
                    &of(|it| &it.entry),
                    &of(|it| &it.body),
                    &of(|it| &it.reports),
                    &of(|it| &it.hash),
                ],
            )
            .await?;
    }
    Ok(work.appended)
}

async fn insert(transaction: &Transaction<'_>, batch: &[&Stored]) -> Result<(), tokio_postgres::Error> {
    let ids: Vec<&str> = batch.iter().map(|it| it.id()).collect();
    let kinds: Vec<&str> = batch.iter().map(|it| it.entry.kind()).collect();
    let features: Vec<Option<&str>> = batch.iter().map(|it| it.feature()).collect();
    let ats: Vec<i64> = batch.iter().map(|it| it.at()).collect();
    let marks: Vec<Option<String>> = batch.iter().map(|it| it.mark_text()).collect();
    let bodies: Vec<&str> = batch.iter().map(|it| it.body.as_str()).collect();
    let digests: Vec<String> = batch.iter().map(|it| it.digest()).collect();
    let reports: Vec<Option<Vec<u8>>> = batch.iter().map(|it| pack(&it.reports)).collect();
    let sql = "INSERT INTO thor_cutover.entry (id, kind, feature, at, mark, body, digest, reports)
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[],
            $7::text[], $8::bytea[])";
    transaction.execute(sql, &[&ids, &kinds, &features, &ats, &marks, &bodies, &digests, &reports]).await?;
    Ok(())
}

fn link_of(row: &tokio_postgres::Row) -> ChainLink {
    ChainLink {
        writer: row.get(0),
        seq: row.get::<_, i64>(1).unsigned_abs(),
        entry: row.get(2),
        body: row.get(3),
        reports: row.get(4),
        hash: row.get(5),
    }
}
