//! The SQLite ledger's tables, version by version. A step that was released is never edited.

use rusqlite::{Transaction, params};
use rusqlite_migration::{HookError, HookResult, M, Migrations};

use super::chain::ChainLink;
use super::sqlite::insert_link;
use super::stored::{Stored, pack, unpack};

/// `THOR`: marks an SQLite file as a ledger of ours.
pub const APPLICATION_ID: i64 = 0x5448_4f52;

/// The newest version this program knows.
pub const VERSION: i64 = 2;

/// `at` is in milliseconds since 1970, for a run its end; `body` is the entry as JSON, `digest` its XXH3-128.
/// `report.body` is a feature's full report, JSON under zstd with its own checksum.
const FIRST: &str = "
CREATE TABLE entry (
    id       TEXT PRIMARY KEY NOT NULL,
    kind     TEXT NOT NULL,
    feature  TEXT,
    at       INTEGER NOT NULL,
    imported INTEGER NOT NULL,
    body     TEXT NOT NULL,
    digest   TEXT NOT NULL
) STRICT;
CREATE INDEX entry_kind_at ON entry (kind, at);
CREATE TABLE report (
    run     TEXT NOT NULL REFERENCES entry (id) ON DELETE CASCADE,
    feature TEXT NOT NULL,
    body    BLOB NOT NULL,
    PRIMARY KEY (run, feature)
) STRICT;
";

/// `mark` says as JSON where an entry came from, `reports` has a run's full reports in one piece, and `link` is the
/// hash chain of each writer.
const SECOND: &str = "
ALTER TABLE entry ADD COLUMN mark TEXT;
ALTER TABLE entry ADD COLUMN reports BLOB;
CREATE TABLE link (
    writer  TEXT NOT NULL,
    seq     INTEGER NOT NULL,
    entry   TEXT NOT NULL,
    body    TEXT NOT NULL,
    reports TEXT NOT NULL,
    hash    TEXT NOT NULL,
    PRIMARY KEY (writer, seq)
) STRICT, WITHOUT ROWID;
";

/// In whose name the entries of a ledger without chains are linked.
const BEFORE_CHAINS: &str = "before the chains";

pub fn migrations() -> Migrations<'static> {
    Migrations::new(vec![M::up(FIRST), M::up_with_hook(SECOND, take_apart)])
}

/// Marks and full reports leave the bodies and tables they were in; every entry gets its link.
fn take_apart(transaction: &Transaction<'_>) -> HookResult {
    let old: Vec<(String, String)> = transaction
        .prepare("SELECT id, body FROM entry ORDER BY at, id")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let mut last: Option<ChainLink> = None;
    for (id, body) in old {
        let packed: Vec<Vec<u8>> = transaction
            .prepare_cached("SELECT body FROM report WHERE run = ?1 ORDER BY rowid")?
            .query_map([&id], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let damaged = |what: String| HookError::Hook(format!("entry {id}: {what}"));
        let reports: Vec<String> =
            packed.iter().map(|packed| unpack(Some(packed))).collect::<Result<_, _>>().map_err(damaged)?;
        let mut stored = Stored::read(&body, "", None).map_err(damaged)?;
        if !reports.is_empty() {
            stored.reports = format!("[{}]", reports.join(","));
        }
        transaction.execute(
            "UPDATE entry SET body = ?2, digest = ?3, mark = ?4, reports = ?5 WHERE id = ?1",
            params![id, stored.body, stored.digest(), stored.mark_text(), pack(&stored.reports)],
        )?;
        let link = ChainLink::after(last.as_ref(), BEFORE_CHAINS, &stored);
        insert_link(transaction, &link)?;
        last = Some(link);
    }
    transaction.execute_batch("DROP TABLE report")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_apply_and_are_counted() {
        assert_eq!(migrations().validate(), Ok(()));
        let mut connection = rusqlite::Connection::open_in_memory().unwrap();
        migrations().to_latest(&mut connection).unwrap();
        let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        assert_eq!(version, VERSION);
    }
}
