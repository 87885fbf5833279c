//! Cutting a league's journal behind an entry: the way out that is left when what came after it must not have been.
//!
//! Every process is stopped. What is cut off is kept beside, with its reason; what followed from it goes, and is made anew
//! from what stays. [`in_directory`] works on SQLite files, [`in_database`] on PostgreSQL, and on the stream in front of it
//! where there is one. The operator's `admin fork` calls them; nothing else ever does.

use std::path::{Path, PathBuf};

use ftl_core::id::Seq;
use ftl_core::time::At;
use serde::{Deserialize, Serialize};
use sqlx::{ConnectOptions, Connection, Row, SqliteConnection};

use crate::backup::{BackupError, FORKS, copy_database};
use crate::data_dir::{DataDir, OpenError, WriterLock};
use crate::head_marker::{HeadMarker, Mark};
use crate::postgres::batches::PostgresBatches;
use crate::postgres::connect::Database;
use crate::postgres::fork::fork;
use crate::postgres::leagues::{self, LeagueError, OrderedBy};
use crate::postgres::presence::Alone;
use crate::redis::connect::RedisServer;
use crate::redis::recovery::{self, Known, RecoveryError};
use crate::sqlite::journal::SqliteJournal;
use crate::sqlite::{Durability, ordered, writing};
use crate::{durable_file, quarantine};

/// Why nothing was cut.
#[derive(Debug, thiserror::Error)]
pub enum ForkError {
    /// Stop them first.
    #[error("{0}: stop every process first")]
    InUse(String),
    /// Batches are whole: cut at the end of one.
    #[error("no batch ends at entry {at}: the nearest ends are {before} and {after}")]
    InsideABatch {
        /// What was asked for.
        at: Seq,
        /// The end of the batch before.
        before: Seq,
        /// The end of the batch that holds it.
        after: Seq,
    },
    /// Nothing is behind it.
    #[error("the journal ends at {0}: there is nothing to cut off")]
    Nothing(Seq),
    /// The operator names another league.
    #[error("there is no league {0} in the database")]
    NoLeague(String),
    /// The directory is refused, with its reason.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// What is cut off could not be kept.
    #[error(transparent)]
    Keeping(#[from] BackupError),
    /// The operator names the Redis.
    #[error("the league is ordered by a stream in Redis, whose end is kept before anything is cut: name it with REDIS_URL")]
    NoStream,
    /// The stream's end could not be kept, or the stream not be shut.
    #[error("the stream: {0}")]
    Stream(#[from] RecoveryError),
    /// The league's row is not as this program knows it.
    #[error(transparent)]
    League(LeagueError),
    /// A database does not answer. Nothing was cut.
    #[error("the database: {0}")]
    Database(#[from] sqlx::Error),
    /// The system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

/// What was cut, or would be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Forked {
    /// The epoch that begins; a directory has one only.
    pub epoch: u64,
    /// The last entry that stays.
    pub at: Seq,
    /// The last entry that was cut off.
    pub cut_to: Seq,
}

/// What stands beside the journal that a fork has kept.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    at: Seq,
    cut_to: Seq,
    reason: &'a str,
    forked_at: At,
}

/// Cuts the journal of the league in `directory` behind entry `at`; the whole of it, as it was, stays under `forks/`.
/// A `dry_run` only says what would be cut.
///
/// A fork that dies on the way leaves a league that opens, cut or not.
pub async fn in_directory(directory: &DataDir, at: Seq, reason: &str, now: At, dry_run: bool) -> Result<Forked, ForkError> {
    if !directory.exists() {
        return Err(OpenError::NoLeague { path: directory.path().into() }.into());
    }
    let _lock = WriterLock::take(&directory.lock()).map_err(|error| match error {
        OpenError::Locked { holder, .. } => ForkError::InUse(format!("{holder} has the directory open")),
        other => other.into(),
    })?;
    // Everything is checked first: what is damaged is restored, not cut.
    let (journal, _) = SqliteJournal::open_for_reading(&directory.journal_files()).await?;
    let last = journal.opened_at().tip.seq;
    journal.close().await?;
    if at >= last {
        return Err(ForkError::Nothing(last));
    }
    let mut connection = writing(&directory.journal(), Durability::EveryCommit).connect().await?;
    let mark = end_at(&mut connection, at).await?;
    let forked = Forked { epoch: 0, at, cut_to: last };
    if dry_run {
        connection.close().await?;
        return Ok(forked);
    }
    keep(directory, &forked, reason, now).await?;
    // Before the journal is cut: nothing of these may be beyond it. History is written anew at the next start.
    for file in ["history.db", "history.db-wal", "history.db-shm"] {
        remove(&directory.path().join(file))?;
    }
    let snapshots = directory.snapshots();
    for entry in std::fs::read_dir(&snapshots).map_err(|source| io(&snapshots, source))? {
        remove(&entry.map_err(|source| io(&snapshots, source))?.path())?;
    }
    let set_aside = directory.quarantine();
    let stay = quarantine::read(&set_aside).map_err(|source| io(&set_aside, source))?;
    if stay.iter().any(|entry| entry.seq > at) {
        let stay: Vec<_> = stay.into_iter().filter(|entry| entry.seq <= at).collect();
        quarantine::write(&set_aside, &stay).map_err(|source| io(&set_aside, source))?;
    }
    // A journal may be beyond its mark, never behind it.
    HeadMarker::create(&directory.head_marker(), mark).map_err(|source| io(&directory.head_marker(), source))?;
    sqlx::query("DELETE FROM batch WHERE last > ?").bind(ordered(at.0)).execute(&mut connection).await?;
    connection.close().await?;
    Ok(forked)
}

/// Cuts the journal of `league` in `database`. Where a stream in `redis` orders it, what only the stream has is archived
/// first, so that it is cut off with the rest and kept; then the stream is shut until a flusher makes a new one.
pub async fn in_database(
    database: &Database,
    redis: Option<&RedisServer>,
    league: &str,
    at: Seq,
    reason: &str,
    dry_run: bool,
) -> Result<Forked, ForkError> {
    let founded = leagues::find(database, league).await?;
    let redis = match founded.ordered_by {
        OrderedBy::Postgres => None,
        OrderedBy::Redis => Some(redis.ok_or(ForkError::NoStream)?),
    };
    let mut alone = Alone::with(database, league).await?;
    if let (Some(redis), false) = (redis, dry_run) {
        let head = PostgresBatches::new(database, league).stored_head().await?;
        let known = Known { epoch: head.epoch, tailed: Vec::new(), acknowledged: Seq(0), refill_after: head.check.tip.seq };
        recovery::recover(redis, database, league, known).await?;
    }
    let forked = fork(&mut alone, at, reason, dry_run).await;
    if let (Some(redis), false) = (redis, dry_run) {
        recovery::shut(redis, league).await?;
    }
    alone.release().await;
    forked
}

impl From<LeagueError> for ForkError {
    fn from(error: LeagueError) -> Self {
        match error {
            LeagueError::NoLeague(league) => Self::NoLeague(league),
            LeagueError::Database(error) => error.into(),
            other => Self::League(other),
        }
    }
}

/// The mark of a journal that ends at `at`.
async fn end_at(connection: &mut SqliteConnection, at: Seq) -> Result<Mark, ForkError> {
    if at == Seq(0) {
        return Ok(Mark::default());
    }
    let ends =
        "SELECT coalesce((SELECT max(last) FROM batch WHERE last <= ?1), 0), coalesce((SELECT min(last) FROM batch WHERE last >= ?1), 0)";
    let row = sqlx::query(ends).bind(ordered(at.0)).fetch_one(&mut *connection).await?;
    let end = |column: usize| row.try_get::<i64, _>(column).map(|seq| Seq(seq.cast_unsigned()));
    let (before, after) = (end(0)?, end(1)?);
    if before != at {
        return Err(ForkError::InsideABatch { at, before, after });
    }
    let row = sqlx::query("SELECT chain FROM batch WHERE last = ?").bind(ordered(at.0)).fetch_one(connection).await?;
    let chain: &[u8] = row.try_get(0)?;
    let chain = chain.try_into().map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
    Ok(Mark { seq: at, chain: ftl_core::hash::Hash(chain) })
}

/// The journal as it is, and why it was cut, in a directory of its own.
async fn keep(directory: &DataDir, forked: &Forked, reason: &str, now: At) -> Result<(), ForkError> {
    let kept = directory.path().join(FORKS).join(format!("{}-to-{}-{}", forked.at.next(), forked.cut_to, now.0));
    std::fs::create_dir_all(&kept).map_err(|source| io(&kept, source))?;
    let copy = kept.join("journal.db");
    copy_database(&directory.journal(), &copy).await?;
    let synced = std::fs::File::open(&copy).and_then(|file| file.sync_all());
    synced.map_err(|source| io(&copy, source))?;
    let record = Record { at: forked.at, cut_to: forked.cut_to, reason, forked_at: now };
    let path = kept.join("fork.json");
    let text = serde_json::to_vec_pretty(&record).map_err(|error| io(&path, error.into()))?;
    durable_file::write(&path, &[&text]).map_err(|source| io(&path, source))?;
    durable_file::sync_parent(&kept).map_err(|source| io(&kept, source))
}

fn remove(path: &Path) -> Result<(), ForkError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(io(path, error)),
        _ => Ok(()),
    }
}

fn io(path: &Path, source: std::io::Error) -> ForkError {
    ForkError::Io { path: path.into(), source }
}
