//! The journal in SQLite: one row a batch, in one autocommit `INSERT`.
//!
//! ```text
//! append ──▶ writer thread: order, stamp, hash, INSERT (synced), mark ──▶ acknowledged, waiters woken
//!                          └──now and then──▶ checkpointer thread: from the write-ahead log into the database
//! read ──▶ tail: the last batches, as they were stored
//!      ──▶ else read connections: rows, their links and hashes checked
//! ```
//! The writer is one thread with one connection: a caller that goes away does not take its append with it, and dropping
//! the journal finishes what was asked for and leaves the files closed. It must never serve a batch that it did not check,
//! and never acknowledge one that is not on disk.

mod checkpoint;
mod row;
mod tail;
mod walk;
mod writer;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use ftl_core::codec;
use ftl_core::command::Command;
use ftl_core::id::Seq;
use ftl_core::journal::{AppendError, Appended, ChainCheck, Journal, JournalClock, JournalError, ReadError, Refusal, StoredBatch, Tip};
use ftl_core::time::At;
use futures::TryStreamExt;
use sqlx::sqlite::SqlitePool;
use sqlx::{ConnectOptions, Connection, Row, SqliteConnection};
use tokio::sync::{oneshot, watch};

use self::checkpoint::Checkpointer;
use self::row::RawBatch;
use self::tail::Tail;
pub use self::writer::CLOCK_BEHIND_MS;
use self::writer::{Reply, Request, Stamp, Told, Writer, WriterHandle};
use super::{Durability, JOURNAL, ordered, reading, writing};
use crate::data_dir::{LeagueMeta, OpenError, OpenOptions, WriterLock};
use crate::head_marker::HeadMarker;
use crate::quarantine::{self, Quarantined};

/// How often a journal that is only read looks for new entries.
const POLL: Duration = Duration::from_millis(20);

/// The files of a journal.
#[derive(Clone, Debug)]
pub struct JournalFiles {
    /// The database.
    pub database: PathBuf,
    /// See [`head_marker`](crate::head_marker).
    pub marker: PathBuf,
    /// See [`quarantine`](crate::quarantine).
    pub quarantine: PathBuf,
}

/// See the module.
pub struct SqliteJournal {
    readers: SqlitePool,
    role: Role,
    opened: ChainCheck,
    quarantine: PathBuf,
}

enum Role {
    Writer { tip: watch::Receiver<Tip>, tail: Arc<Tail>, handle: Mutex<Option<WriterHandle>> },
    Reader { epoch: u64 },
}

impl SqliteJournal {
    /// Opens the journal for its one writer; `founding` makes it where the file is new.
    ///
    /// Everything stored is checked first, by a connection that cannot write: a journal that is refused stays as it is.
    pub async fn open(
        files: &JournalFiles,
        founding: Option<&LeagueMeta>,
        options: OpenOptions,
        lock: Arc<WriterLock>,
    ) -> Result<(Self, LeagueMeta), OpenError> {
        let file = &files.database;
        let failed = |error| OpenError::database(file, error);
        let (marker, mark) = HeadMarker::open(&files.marker).map_err(|source| OpenError::Marker { path: files.marker.clone(), source })?;
        if file.exists() {
            let mut checking = reading(file).connect().await.map_err(failed)?;
            let checked = async {
                if JOURNAL.version(&mut checking, file).await? > 0 {
                    walk::verify(&mut checking, file, mark).await
                } else {
                    walk::unwritten(mark)
                }
            };
            checked.await?;
            checking.close().await.map_err(failed)?;
        } else {
            walk::unwritten(mark)?;
        }

        let mut connection = writing(file, Durability::EveryCommit).connect().await.map_err(failed)?;
        JOURNAL.migrate(&mut connection, file).await?;
        if let Some(meta) = founding {
            found(&mut connection, meta).await.map_err(failed)?;
        }
        let (meta, epoch) = league(&mut connection).await.map_err(failed)?.ok_or_else(|| OpenError::NoLeague { path: file.clone() })?;
        // Nobody else writes: this is the same journal as a moment ago, and this walk only finds its head.
        let opened = walk::head(&mut connection, epoch).await.map_err(failed)?;
        if let Some(bytes) = options.max_journal_bytes {
            limit_size(&mut connection, bytes).await.map_err(failed)?;
        }
        let stamp = match meta.clock {
            JournalClock::Store => Stamp::By(options.clock),
            JournalClock::Supplied => Stamp::Supplied,
        };
        sqlx::raw_sql("PRAGMA wal_autocheckpoint = 0").execute(&mut connection).await.map_err(failed)?;
        let beside = writing(file, Durability::EveryCommit).connect().await.map_err(failed)?;
        let checkpointer = Checkpointer::start(beside).map_err(|error| OpenError::io(file, error))?;
        let (published, tip) = watch::channel(opened.tip);
        let tail = Arc::new(Tail::default());
        let told = Told { tail: Arc::clone(&tail), tip: published };
        let writer = Writer::new(connection, marker, opened.clone(), stamp, told, checkpointer, lock);
        let handle = WriterHandle::start(writer).map_err(|error| OpenError::io(file, error))?;
        let role = Role::Writer { tip, tail, handle: Mutex::new(Some(handle)) };
        Ok((Self { readers: super::readers(file), role, opened, quarantine: files.quarantine.clone() }, meta))
    }

    /// Opens the journal to read it, beside its writer if it has one.
    pub async fn open_for_reading(files: &JournalFiles) -> Result<(Self, LeagueMeta), OpenError> {
        let file = &files.database;
        let failed = |error| OpenError::database(file, error);
        // The mark first: the journal is never behind it.
        let mark = HeadMarker::read(&files.marker).map_err(|source| OpenError::Marker { path: files.marker.clone(), source })?;
        if !file.exists() {
            return Err(walk::unwritten(mark).err().unwrap_or_else(|| OpenError::NoLeague { path: file.clone() }));
        }
        let mut connection = reading(file).connect().await.map_err(failed)?;
        if JOURNAL.version(&mut connection, file).await? == 0 {
            walk::unwritten(mark)?;
        }
        JOURNAL.require_current(&mut connection, file).await?;
        let opened = walk::verify(&mut connection, file, mark).await?;
        let (meta, epoch) = league(&mut connection).await.map_err(failed)?.ok_or_else(|| OpenError::NoLeague { path: file.clone() })?;
        connection.close().await.map_err(failed)?;
        Ok((Self { readers: super::readers(file), role: Role::Reader { epoch }, opened, quarantine: files.quarantine.clone() }, meta))
    }

    /// The end of what was checked when the journal was opened.
    pub fn opened_at(&self) -> &ChainCheck {
        &self.opened
    }

    /// What an operator set aside: to be given to a state before it executes anything.
    pub async fn quarantined(&self) -> Result<Vec<Quarantined>, JournalError> {
        quarantine::read(&self.quarantine).map_err(|error| JournalError(format!("{}: {error}", self.quarantine.display())))
    }

    /// SQLite's own check of the file: what it finds wrong, nothing where all is well.
    pub async fn integrity(&self) -> Result<Vec<String>, JournalError> {
        super::integrity(&self.readers).await.map_err(no_answer)
    }

    /// Finishes what was asked for, marks the head, and closes the files. Later appends are refused.
    pub async fn close(&self) -> Result<(), OpenError> {
        self.readers.close().await;
        let Role::Writer { handle, .. } = &self.role else { return Ok(()) };
        let Some(handle) = handle.lock().unwrap_or_else(PoisonError::into_inner).take() else { return Ok(()) };
        // Joining waits for a sync of the disk.
        let joined = tokio::task::spawn_blocking(move || handle.finish()).await;
        joined
            .unwrap_or_else(|error| Err(std::io::Error::other(error)))
            .map_err(|error| OpenError::io(std::path::Path::new("journal"), error))
    }

    /// Sends the writer a request and waits for what became of it.
    async fn ask(&self, request: impl FnOnce(Reply) -> Request) -> Result<Appended, AppendError> {
        let refused = |why: &str| Err(AppendError::Refused(Refusal::Store(why.into())));
        let Role::Writer { handle, .. } = &self.role else { return refused("the journal is open for reading only") };
        let (reply, answer) = oneshot::channel();
        let sent = match &*handle.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(handle) => handle.send(request(reply)),
            None => false,
        };
        if !sent {
            return refused("the journal is closed");
        }
        answer.await.unwrap_or_else(|_| Err(AppendError::Unknown("the journal's writer died".into())))
    }

    async fn stored_head(&self, epoch: u64) -> Result<Tip, sqlx::Error> {
        let row = sqlx::query("SELECT last, epoch, batch_id FROM batch ORDER BY last DESC LIMIT 1").fetch_optional(&self.readers).await?;
        let Some(row) = row else { return Ok(Tip { epoch, ..Tip::default() }) };
        Ok(Tip {
            seq: Seq(row.try_get::<i64, _>(0)?.cast_unsigned()),
            epoch: row.try_get::<i64, _>(1)?.cast_unsigned(),
            batch_id: row::batch_id(&row, 2)?,
        })
    }
}

#[async_trait]
impl Journal for SqliteJournal {
    async fn append(&self, seen: Tip, at: Option<At>, commands: Vec<Command>) -> Result<Appended, AppendError> {
        // Encoded here, so that the writer's thread has less to do.
        let encoded = codec::encode(&commands);
        self.ask(|reply| Request { seen, at, commands, encoded, reply }).await
    }

    async fn read(&self, after: Seq, limit: usize) -> Result<Vec<StoredBatch>, ReadError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        if let Role::Writer { tail, .. } = &self.role
            && let Some(batches) = tail.behind(after, limit)
        {
            return Ok(batches);
        }
        let limit = u64::try_from(limit).unwrap_or(u64::MAX);
        // The batch that ends at `after` comes along: what follows must link to it. The last batch wanted is the first
        // that ends at or beyond `after + limit`.
        let mut rows = sqlx::query(
            "SELECT last, first, at, epoch, batch_id, prev, chain, commands FROM batch
             WHERE last >= ?1 AND last <= coalesce((SELECT min(last) FROM batch WHERE last >= ?2), 9223372036854775807) ORDER BY last",
        )
        .bind(ordered(after.0))
        .bind(ordered(after.0.saturating_add(limit)))
        .fetch(&self.readers);

        let mut check: Option<ChainCheck> = (after == Seq(0)).then(ChainCheck::default);
        let mut batches = Vec::new();
        while let Some(row) = rows.try_next().await.map_err(|error| read_error(after, error))? {
            let raw = RawBatch::of(row).map_err(|error| read_error(after, error))?;
            match &mut check {
                Some(check) => {
                    raw.follow(check)?;
                    batches.push(raw.decode()?);
                }
                None if raw.last == after => check = Some(raw.check()),
                None => return Err(ReadError::Corrupt { at: after, what: "no batch ends there".into() }),
            }
        }
        Ok(batches)
    }

    async fn head(&self) -> Result<Tip, JournalError> {
        match &self.role {
            Role::Writer { tip, .. } => Ok(*tip.borrow()),
            Role::Reader { epoch } => self.stored_head(*epoch).await.map_err(no_answer),
        }
    }

    async fn wait(&self, after: Seq) -> Result<(), JournalError> {
        match &self.role {
            Role::Writer { tip, .. } => {
                let mut tip = tip.clone();
                tip.wait_for(|tip| tip.seq > after).await.map_err(|_| JournalError("the journal is closed".into()))?;
            }
            Role::Reader { epoch } => {
                while self.stored_head(*epoch).await.map_err(no_answer)?.seq <= after {
                    tokio::time::sleep(POLL).await;
                }
            }
        }
        Ok(())
    }
}

async fn found(connection: &mut SqliteConnection, meta: &LeagueMeta) -> Result<(), sqlx::Error> {
    let clock = match meta.clock {
        JournalClock::Store => "store",
        JournalClock::Supplied => "supplied",
    };
    sqlx::query("INSERT INTO league (one, name, clock, created_at, epoch) VALUES (1, ?, ?, ?, 0) ON CONFLICT DO NOTHING")
        .bind(&meta.league)
        .bind(clock)
        .bind(super::bits(meta.created_at.0))
        .execute(connection)
        .await?;
    Ok(())
}

async fn league(connection: &mut SqliteConnection) -> Result<Option<(LeagueMeta, u64)>, sqlx::Error> {
    let Some(row) = sqlx::query("SELECT name, clock, created_at, epoch FROM league").fetch_optional(connection).await? else {
        return Ok(None);
    };
    let clock = if row.try_get::<String, _>(1)? == "supplied" { JournalClock::Supplied } else { JournalClock::Store };
    let meta = LeagueMeta { league: row.try_get(0)?, clock, created_at: At(row.try_get::<i64, _>(2)?.cast_unsigned()) };
    Ok(Some((meta, row.try_get::<i64, _>(3)?.cast_unsigned())))
}

async fn limit_size(connection: &mut SqliteConnection, bytes: u64) -> Result<(), sqlx::Error> {
    let page: i64 = sqlx::query_scalar("PRAGMA page_size").fetch_one(&mut *connection).await?;
    let pages = ordered(bytes).checked_div(page).unwrap_or(i64::MAX).clamp(1, 4_294_967_294);
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"))).execute(connection).await?;
    Ok(())
}

fn no_answer(error: sqlx::Error) -> JournalError {
    JournalError(error.to_string())
}

fn read_error(after: Seq, error: sqlx::Error) -> ReadError {
    match OpenError::database(std::path::Path::new("journal"), error) {
        OpenError::Damaged { what, .. } => ReadError::Corrupt { at: after.next(), what },
        other => ReadError::Unavailable(JournalError(other.to_string())),
    }
}
