//! A backup of a league in PostgreSQL, taken while it serves, and the way back.
//!
//! ```text
//! one read-only transaction ─▶ batches ─▶ journal.db, quarantine.json, forks and what they cut off ─▶ forks.db,
//!     identities, sessions ─▶ accounts.db ─▶ manifest.json
//! ```
//! It is the same directory as a backup of a league in SQLite: either can be restored to either place, and the journal is
//! checked by the same walk. Everything is of one moment of the database; of a league behind Redis that is the archive.
//! Outcomes, projections and snapshots are left out: they follow from the journal, and flushers make them anew.

pub(super) mod cuts;

use std::collections::BTreeSet;
use std::path::Path;

use ftl_core::command::Action;
use ftl_core::id::{AccountId, Seq};
use ftl_core::journal::{ChainCheck, JournalClock, ReadError};
use ftl_core::time::At;
use futures::TryStreamExt;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteRow, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, PgConnection, Row};

use super::{BackupError, Beside, Manifest, io_error, require_empty, sealed, verify};
use crate::archive::Archive;
use crate::data_dir::{DataDir, LeagueMeta, OpenError};
use crate::head_marker::{HeadMarker, Mark};
use crate::identity::Identities;
use crate::postgres::batches::{PostgresBatches, head_of};
use crate::postgres::connect::Database;
use crate::postgres::copy::CopyRows;
use crate::postgres::identities::PostgresIdentities;
use crate::postgres::leagues::{self, OrderedBy};
use crate::postgres::presence::Alone;
use crate::postgres::rows::{number, ordered};
use crate::quarantine::{self, Quarantined};
use crate::raw_batch::RawBatch;
use crate::sqlite::{ACCOUNTS, JOURNAL, reading};

/// Rows in one transaction of SQLite, and batches in one COPY.
const TOGETHER: usize = 4_096;
/// Bytes of batches in one COPY.
const COPY_BYTES: usize = 8 << 20;
/// Entries that are looked at together.
const ENTRIES: usize = 20_000;

const BATCHES: &str = "SELECT last, first, at, epoch, batch_id, prev, chain, commands";

/// Which half of a backup is restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// The journal, what was set aside and what was cut off.
    Journal,
    /// Names, districts, sessions.
    Accounts,
}

/// A restored league, and what its two halves do not know of each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// What it was restored from.
    pub manifest: Manifest,
    /// Accounts that the journal knows and nobody has a name for: they play on without one.
    pub unnamed: u64,
    /// Accounts with a name that the journal does not know: their first request opens them.
    pub unopened: u64,
}

/// Copies `league` of `database`, which may be serving, to `to`, which must be empty or not exist.
pub async fn backup(database: &Database, league: &str, to: &Path, taken_at: At) -> Result<Manifest, BackupError> {
    require_empty(to)?;
    let founded = leagues::find(database, league).await?;
    let beside = Beside::of(to)?;
    let target = DataDir::at(&beside.path);
    let mut connection = patient(database).connect().await?;
    sqlx::raw_sql("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").execute(&mut connection).await?;
    let head = head_of(&mut connection, league).await?;
    copy_journal(&mut connection, &founded.meta, head.epoch, &target).await?;
    copy_quarantine(&mut connection, league, &target).await?;
    cuts::copy(&mut connection, league, &target).await?;
    copy_accounts(&mut connection, league, &target).await?;
    connection.close().await?;
    let mark = Mark { seq: head.check.tip.seq, chain: head.check.chain };
    HeadMarker::create(&target.head_marker(), mark).map_err(|error| io_error(to, error))?;
    let manifest = sealed(&target, taken_at).await?;
    beside.put_in_place(to)?;
    Ok(manifest)
}

/// Makes a league of `database` from the backup in `from`, under the name that it has there: all of it, or one half. What is
/// restored must not be there. The league begins a new epoch, so that no stream of a former one is taken for its own.
pub async fn restore(
    from: &Path,
    database: &Database,
    league: &str,
    half: Option<Half>,
    ordered_by: OrderedBy,
) -> Result<Restored, BackupError> {
    let manifest = verify(from)?;
    if manifest.league.league != league {
        return Err(BackupError::OtherLeague { backup: manifest.league.league, asked: league.into() });
    }
    let source = DataDir::at(from);
    let mut alone = Alone::with(&patient(database), league).await?;
    let mut transaction = alone.connection.begin().await?;
    if half != Some(Half::Accounts) {
        require_none(&mut transaction, league, "leagues", "a journal").await?;
        let head = restore_journal(&mut transaction, &source, &manifest.league, ordered_by).await?;
        if (head.tip.seq, head.chain) != (manifest.head, manifest.chain) {
            return Err(BackupError::Changed { path: "journal.db".into(), what: "its head is another one" });
        }
    }
    if half != Some(Half::Journal) {
        require_none(&mut transaction, league, "identities", "accounts").await?;
        restore_accounts(&mut transaction, &source, league).await?;
    }
    transaction.commit().await?;
    alone.release().await;
    let (unnamed, unopened) = strangers(database, league).await?;
    Ok(Restored { manifest, unnamed, unopened })
}

/// Statements and transactions take as long as a league is large.
fn patient(database: &Database) -> Database {
    database.named("ftl backup").without_limits()
}

async fn copy_journal(connection: &mut PgConnection, meta: &LeagueMeta, epoch: u64, target: &DataDir) -> Result<(), BackupError> {
    let file = target.journal();
    let mut copy = made(&file).await?;
    JOURNAL.migrate(&mut copy, &file).await?;
    let failed = |error| OpenError::database(&file, error);
    let clock = if meta.clock == JournalClock::Supplied { "supplied" } else { "store" };
    sqlx::query("INSERT INTO league (one, name, clock, created_at, epoch) VALUES (1, ?, ?, ?, ?)")
        .bind(&meta.league)
        .bind(clock)
        .bind(ordered(meta.created_at.0))
        .bind(ordered(epoch))
        .execute(&mut copy)
        .await
        .map_err(failed)?;
    let query = format!("{BATCHES} FROM batches WHERE league = $1 ORDER BY last");
    let mut rows = sqlx::query(sqlx::AssertSqlSafe(query)).bind(&meta.league).fetch(connection).try_chunks(TOGETHER);
    while let Some(rows) = rows.try_next().await.map_err(|error| error.1)? {
        let mut transaction = copy.begin().await.map_err(failed)?;
        for row in rows {
            let raw = RawBatch::of_row(&row)?;
            sqlx::query("INSERT INTO batch (last, first, at, epoch, batch_id, prev, chain, commands) VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
                .bind(ordered(raw.last.0))
                .bind(ordered(raw.batch.first.0))
                .bind(ordered(raw.batch.at.0))
                .bind(ordered(raw.batch.epoch))
                .bind(raw.batch.batch_id.0.to_be_bytes().to_vec())
                .bind(raw.batch.prev.0.to_be_bytes().to_vec())
                .bind(raw.batch.chain.0.to_vec())
                .bind(raw.encoded)
                .execute(&mut *transaction)
                .await
                .map_err(failed)?;
        }
        transaction.commit().await.map_err(failed)?;
    }
    copy.close().await.map_err(failed)?;
    Ok(())
}

async fn copy_quarantine(connection: &mut PgConnection, league: &str, target: &DataDir) -> Result<(), BackupError> {
    let query = "SELECT seq, reason FROM quarantine WHERE league = $1 ORDER BY seq";
    let rows = sqlx::query(query).bind(league).fetch_all(connection).await?;
    let entry = |row| Ok(Quarantined { seq: Seq(number(row, 0)?), reason: row.try_get(1)? });
    let entries = rows.iter().map(entry).collect::<Result<Vec<_>, sqlx::Error>>()?;
    if entries.is_empty() {
        return Ok(());
    }
    quarantine::write(&target.quarantine(), &entries).map_err(|error| io_error(&target.quarantine(), error))
}

async fn copy_accounts(connection: &mut PgConnection, league: &str, target: &DataDir) -> Result<(), BackupError> {
    let file = target.accounts();
    let mut copy = made(&file).await?;
    ACCOUNTS.migrate(&mut copy, &file).await?;
    let failed = |error| OpenError::database(&file, error);
    let query = "SELECT uuid_send(id), name, district, kind, created_at FROM identities WHERE league = $1 ORDER BY id";
    let mut rows = sqlx::query(query).bind(league).fetch(&mut *connection).try_chunks(TOGETHER);
    while let Some(rows) = rows.try_next().await.map_err(|error| error.1)? {
        let mut transaction = copy.begin().await.map_err(failed)?;
        for row in rows {
            sqlx::query("INSERT INTO account (id, name, district, kind, created_at) VALUES (?, ?, ?, ?, ?)")
                .bind(row.try_get::<Vec<u8>, _>(0)?)
                .bind(row.try_get::<String, _>(1)?)
                .bind(row.try_get::<String, _>(2)?)
                .bind(row.try_get::<String, _>(3)?)
                .bind(row.try_get::<i64, _>(4)?)
                .execute(&mut *transaction)
                .await
                .map_err(failed)?;
        }
        transaction.commit().await.map_err(failed)?;
    }
    drop(rows);
    let query = "SELECT token_hash, uuid_send(account), created_at, expires_at FROM sessions WHERE league = $1";
    let mut rows = sqlx::query(query).bind(league).fetch(&mut *connection).try_chunks(TOGETHER);
    while let Some(rows) = rows.try_next().await.map_err(|error| error.1)? {
        let mut transaction = copy.begin().await.map_err(failed)?;
        for row in rows {
            sqlx::query("INSERT INTO session (token_hash, account, created_at, expires_at) VALUES (?, ?, ?, ?)")
                .bind(row.try_get::<Vec<u8>, _>(0)?)
                .bind(row.try_get::<Vec<u8>, _>(1)?)
                .bind(row.try_get::<i64, _>(2)?)
                .bind(row.try_get::<i64, _>(3)?)
                .execute(&mut *transaction)
                .await
                .map_err(failed)?;
        }
        transaction.commit().await.map_err(failed)?;
    }
    drop(rows);
    copy.close().await.map_err(failed)?;
    Ok(())
}

/// A new file without a write-ahead log: it is synced as a whole before the manifest names it.
async fn made(file: &Path) -> Result<SqliteConnection, BackupError> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Memory)
        .synchronous(SqliteSynchronous::Off)
        .disable_statement_logging();
    Ok(options.connect().await.map_err(|error| OpenError::database(file, error))?)
}

async fn require_none(connection: &mut PgConnection, league: &str, table: &str, what: &'static str) -> Result<(), BackupError> {
    let query = format!("SELECT EXISTS (SELECT 1 FROM {table} WHERE league = $1)");
    let there: bool = sqlx::query_scalar(sqlx::AssertSqlSafe(query)).bind(league).fetch_one(connection).await?;
    if there { Err(BackupError::There { league: league.into(), what }) } else { Ok(()) }
}

async fn restore_journal(
    connection: &mut PgConnection,
    source: &DataDir,
    meta: &LeagueMeta,
    ordered_by: OrderedBy,
) -> Result<ChainCheck, BackupError> {
    let file = source.journal();
    let failed = |error| OpenError::database(&file, error);
    let clock = if meta.clock == JournalClock::Supplied { "supplied" } else { "store" };
    sqlx::query("INSERT INTO leagues (league, clock, ordered_by, created_at) VALUES ($1, $2, $3, $4)")
        .bind(&meta.league)
        .bind(clock)
        .bind(ordered_by.name())
        .bind(ordered(meta.created_at.0))
        .execute(&mut *connection)
        .await?;
    let mut check = ChainCheck::default();
    let mut original = reading(&file).connect().await.map_err(failed)?;
    let query = format!("{BATCHES} FROM batch ORDER BY last");
    let mut rows = sqlx::query(sqlx::AssertSqlSafe(query)).fetch(&mut original);
    let mut copied = CopyRows::of(9);
    while let Some(row) = rows.try_next().await.map_err(failed)? {
        let raw = RawBatch::of(row).map_err(failed)?;
        raw.follow(&mut check).map_err(unsound)?;
        let row = copied.row().text(&meta.league);
        row.bigint(ordered(raw.last.0)).bigint(ordered(raw.batch.first.0)).bigint(ordered(raw.batch.at.0));
        row.bigint(ordered(raw.batch.epoch)).bytes(&raw.batch.batch_id.0.to_be_bytes()).bytes(&raw.batch.prev.0.to_be_bytes());
        row.bytes(&raw.batch.chain.0).bytes(&raw.encoded);
        if copied.len() > COPY_BYTES {
            std::mem::replace(&mut copied, CopyRows::of(9)).send(connection, "batches").await?;
        }
    }
    drop(rows);
    // A recovery or a fork raised the epoch, though nothing may have been appended in it.
    let epoch: i64 = sqlx::query_scalar("SELECT epoch FROM league").fetch_one(&mut original).await.map_err(failed)?;
    original.close().await.map_err(failed)?;
    copied.send(connection, "batches").await?;
    let forked = cuts::put_back(connection, source, &meta.league).await?;
    sqlx::query("INSERT INTO heads (league, epoch, last, at, batch_epoch, batch_id, chain) VALUES ($1, $2, $3, $4, $5, $6, $7)")
        .bind(&meta.league)
        .bind(ordered(check.tip.epoch.max(forked).max(epoch.cast_unsigned()).saturating_add(1)))
        .bind(ordered(check.tip.seq.0))
        .bind(ordered(check.at.0))
        .bind(ordered(check.tip.epoch))
        .bind(check.tip.batch_id.0.to_be_bytes().to_vec())
        .bind(check.chain.0.to_vec())
        .execute(&mut *connection)
        .await?;
    for entry in quarantine::read(&source.quarantine()).map_err(|error| io_error(&source.quarantine(), error))? {
        sqlx::query("INSERT INTO quarantine (league, seq, reason) VALUES ($1, $2, $3)")
            .bind(&meta.league)
            .bind(ordered(entry.seq.0))
            .bind(entry.reason)
            .execute(&mut *connection)
            .await?;
    }
    Ok(check)
}

async fn restore_accounts(connection: &mut PgConnection, source: &DataDir, league: &str) -> Result<(), BackupError> {
    let file = source.accounts();
    let failed = |error| OpenError::database(&file, error);
    let mut original = reading(&file).connect().await.map_err(failed)?;
    let id = |row: &SqliteRow, column: usize| -> Result<u128, sqlx::Error> {
        let bytes: &[u8] = row.try_get(column)?;
        bytes.try_into().map(u128::from_be_bytes).map_err(|error| sqlx::Error::Decode(Box::new(error)))
    };
    let mut accounts = CopyRows::of(6);
    let mut rows = sqlx::query("SELECT id, name, district, kind, created_at FROM account ORDER BY id").fetch(&mut original);
    while let Some(row) = rows.try_next().await.map_err(failed)? {
        let to = accounts.row().text(league).uuid(id(&row, 0).map_err(failed)?);
        to.text(row.try_get(1).map_err(failed)?).text(row.try_get(2).map_err(failed)?).text(row.try_get(3).map_err(failed)?);
        to.bigint(row.try_get(4).map_err(failed)?);
    }
    drop(rows);
    accounts.send(connection, "identities").await?;
    let mut sessions = CopyRows::of(5);
    let mut rows = sqlx::query("SELECT token_hash, account, created_at, expires_at FROM session").fetch(&mut original);
    while let Some(row) = rows.try_next().await.map_err(failed)? {
        let to = sessions.row().text(league).bytes(row.try_get(0).map_err(failed)?).uuid(id(&row, 1).map_err(failed)?);
        to.bigint(row.try_get(2).map_err(failed)?).bigint(row.try_get(3).map_err(failed)?);
    }
    drop(rows);
    sessions.send(connection, "sessions").await?;
    original.close().await.map_err(failed)?;
    Ok(())
}

/// How many accounts of the journal have no name, and how many names the journal does not know.
async fn strangers(database: &Database, league: &str) -> Result<(u64, u64), BackupError> {
    let mut opened: BTreeSet<AccountId> = BTreeSet::new();
    match leagues::find(database, league).await {
        Ok(_) => {}
        // Its accounts come first: then nothing can be said yet.
        Err(leagues::LeagueError::NoLeague(_)) => return Ok((0, 0)),
        Err(error) => return Err(error.into()),
    }
    let batches = PostgresBatches::new(database, league);
    let mut after = Seq(0);
    loop {
        let read = batches.read(after, ENTRIES).await.map_err(unsound)?;
        let Some(last) = read.last() else { break };
        after = last.last();
        opened.extend(read.iter().flat_map(|batch| &batch.commands).filter_map(|command| match &command.action {
            Action::OpenAccount(open) => Some(open.account),
            _ => None,
        }));
    }
    let identities = PostgresIdentities::at(database, league, 1);
    let (mut unopened, mut known) = (0, 0);
    let mut after = None;
    loop {
        let page = identities.list(after, ENTRIES).await.map_err(|error| BackupError::Accounts(error.0))?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        for identity in &page {
            if opened.contains(&identity.id) { known += 1 } else { unopened += 1 }
        }
    }
    identities.close().await;
    Ok((u64::try_from(opened.len()).unwrap_or(u64::MAX).saturating_sub(known), unopened))
}

fn unsound(error: ReadError) -> BackupError {
    match error {
        ReadError::Corrupt { at, what } => OpenError::Corrupt { at, what }.into(),
        other => OpenError::Corrupt { at: Seq(0), what: other.to_string() }.into(),
    }
}
