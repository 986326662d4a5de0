//! The ledger's tables, version by version. A step that was released is never edited.

use rusqlite_migration::{M, Migrations};

/// `THOR`: marks an SQLite file as a ledger of ours.
pub const APPLICATION_ID: i64 = 0x5448_4f52;

/// The newest version this program knows.
pub const VERSION: i64 = 1;

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

pub fn migrations() -> Migrations<'static> {
    Migrations::new(vec![M::up(FIRST)])
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
