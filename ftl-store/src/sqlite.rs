//! A league in SQLite files: the journal, its history, its accounts. Each is a database of its own, so that the
//! journal's write-ahead log holds nothing but the journal.
//!
//! How they are opened is decided here: WAL, `synchronous=FULL` for what must not be lost, and connections that only
//! read wherever nothing is written.

pub mod answers;
pub mod identities;
pub mod journal;
pub mod projections;
mod schema;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection};

use crate::data_dir::WriterLock;

pub(crate) use schema::{ACCOUNTS, HISTORY, JOURNAL};

/// How safe a commit is from a loss of power. A killed process loses nothing either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    /// Synced with every commit.
    EveryCommit,
    /// Synced at checkpoints: for what the journal can rebuild.
    Rebuildable,
}

/// Options to write a database.
pub(crate) fn writing(path: &Path, durability: Durability) -> SqliteConnectOptions {
    // What can be rebuilt is written in large transactions all over its trees: with room for their pages none is read
    // again or spilled half-way, and a page that changes often goes into the database once.
    let (synchronous, checkpoint_pages, cache_kib) = match durability {
        Durability::EveryCommit => (SqliteSynchronous::Full, "4096", "-2000"),
        Durability::Rebuildable => (SqliteSynchronous::Normal, "16384", "-32000"),
    };
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
        .busy_timeout(Duration::from_secs(5))
        .pragma("cache_size", cache_kib)
        .pragma("wal_autocheckpoint", checkpoint_pages)
        .pragma("journal_size_limit", "67108864")
        .disable_statement_logging()
}

/// Options to read a database, perhaps beside its writer. Such a connection never checkpoints, so it leaves a damaged
/// write-ahead log as it found it.
pub(crate) fn reading(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .create_if_missing(false)
        .busy_timeout(Duration::from_secs(5))
        // Rows cross a channel from SQLite's thread: a longer one costs fewer wake-ups.
        .row_buffer_size(1_024)
        .disable_statement_logging()
}

/// A few connections that read.
pub(crate) fn readers(path: &Path) -> SqlitePool {
    SqlitePoolOptions::new().max_connections(4).connect_lazy_with(reading(path))
}

/// An unsigned number as SQLite holds it: the same 64 bits.
pub(crate) fn bits(number: u64) -> i64 {
    number.cast_signed()
}

/// An unsigned number that is compared in SQL: what does not fit stands at the end.
pub(crate) fn ordered(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// SQLite's primary result code, where the error is SQLite's.
pub(crate) fn result_code(error: &sqlx::Error) -> Option<i64> {
    let code: i64 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}

/// A connection that writes, and the right to: closing it lets go of both.
pub(crate) struct WriteConnection {
    pub(crate) connection: SqliteConnection,
    _lock: Arc<WriterLock>,
}

impl WriteConnection {
    pub(crate) fn new(connection: SqliteConnection, lock: Arc<WriterLock>) -> Self {
        Self { connection, _lock: lock }
    }

    pub(crate) async fn close(self, what: &str) {
        if let Err(error) = self.connection.close().await {
            tracing::error!(%error, what, "a database did not close well");
        }
    }
}

/// SQLite's own check of a file: what it finds wrong.
pub(crate) async fn integrity(readers: &SqlitePool) -> Result<Vec<String>, sqlx::Error> {
    let found: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check").fetch_all(readers).await?;
    Ok(found.into_iter().filter(|line| line != "ok").collect())
}
