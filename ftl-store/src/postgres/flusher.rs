//! The flusher: what executed entries leave behind goes to PostgreSQL, several flushers at once if need be.
//!
//! ```text
//!  Executed ─▶ batches, behind a journal that forgets            one statement, synced: `ACK=postgres` waits for it
//!           └▶ outcomes                                          a small transaction, synced
//!             └▶ accounts │ wallets │ … │ command_ids            a transaction each, synced by and by
//! ```
//! A watermark moves with what it stands for, and only from where this flusher believes it to be; where another was
//! first, what is there already is left out. A projection's commit need not be synced: what a crash of the server takes
//! back takes its watermark back too, and is then written again from the stored batches and outcomes, which are synced.
//! So a projection never asks for what the archive does not have.

mod archiving;
mod keep_up;
mod stored;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ftl_core::id::Seq;
use ftl_core::journal::{Journal, JournalError, ReadError};
use ftl_core::projection::{Executed, Run};
use futures::StreamExt;
use sqlx::PgPool;
use tokio::sync::watch;

use super::connect::Database;
use super::facts::{Facts, Target};
use super::outcomes;
use super::partitions::Days;
use super::watermarks::{self, OUTCOMES, Projection};
use crate::archive::{Archive, ArchiveError};
use archiving::Known;

pub use stored::Stored;

/// Projections that are written at the same time.
const TOGETHER: usize = 4;
/// Of either kind: one for each of these.
const CONNECTIONS: u32 = 4;
/// A run may be long after a pause.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(60);
/// Behind every entry.
const END: Seq = Seq(u64::MAX);
/// A projection whose tables are damaged is looked at again after so long.
const DAMAGED_REST: Duration = Duration::from_secs(10);

/// Where the batches of a league are kept for good.
#[derive(Clone)]
pub enum Batches {
    /// In the journal itself, which keeps them.
    Journal(Arc<dyn Journal>),
    /// In an archive behind a journal that forgets: the flusher stores them.
    Archive(Arc<dyn Archive>),
}

/// Why something was not written.
#[derive(Debug, thiserror::Error)]
pub enum FlushError {
    /// The caller brings the entries in between first.
    #[error("{projection} is written up to {watermark}, what comes next begins at {first}")]
    Gap {
        /// Which watermark.
        projection: &'static str,
        /// Where it is.
        watermark: Seq,
        /// What was to be written.
        first: Seq,
    },
    /// The operator builds the projection anew.
    #[error("{table} is damaged: {found} rows were there of {changed} that changed; build it anew with `ftl backfill`")]
    Damaged {
        /// Which table.
        table: &'static str,
        /// Rows that a run changes.
        changed: usize,
        /// Of them were there.
        found: u64,
    },
    /// See [`ArchiveError`].
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// What is stored cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The database did not answer, or what it holds is not what we wrote. Nothing of this was kept.
    #[error("the database: {0}")]
    Database(#[from] sqlx::Error),
}

impl From<JournalError> for FlushError {
    fn from(error: JournalError) -> Self {
        Self::Archive(ArchiveError::Unavailable(error))
    }
}

/// Writes what a league's entries leave behind. See the module.
pub struct Flusher {
    league: String,
    batches: Batches,
    /// Connections whose commits are synced.
    sure: PgPool,
    /// Connections whose commits are synced by and by.
    soon: PgPool,
    /// Where the watermarks were last seen, by name.
    believed: Mutex<BTreeMap<&'static str, Seq>>,
    /// The archive's head, and who moves it.
    known: tokio::sync::Mutex<Known>,
    /// Projections that another flusher had written further than this one believed.
    lost: AtomicUsize,
    damaged: Mutex<BTreeMap<Projection, Instant>>,
    days: tokio::sync::Mutex<Days>,
    archived: watch::Sender<Seq>,
    projected: watch::Sender<Seq>,
}

impl Flusher {
    /// A flusher of `league` in a database whose tables are up to date.
    pub async fn open(database: &Database, league: &str, batches: Batches) -> Result<Self, FlushError> {
        let database = database.named("ftl flusher").statement_timeout(STATEMENT_TIMEOUT);
        let (sure, soon) = (database.pool(CONNECTIONS), database.without_sync().pool(CONNECTIONS));
        watermarks::begin(&sure, league).await?;
        let flusher = Self {
            league: league.to_owned(),
            batches,
            sure,
            soon,
            believed: Mutex::default(),
            known: tokio::sync::Mutex::default(),
            lost: AtomicUsize::new(0),
            damaged: Mutex::default(),
            days: tokio::sync::Mutex::default(),
            archived: watch::Sender::default(),
            projected: watch::Sender::default(),
        };
        flusher.look().await?;
        Ok(flusher)
    }

    /// Up to which entry batches and outcomes are stored: executed entries are to be brought from here on.
    pub fn archived(&self) -> watch::Receiver<Seq> {
        self.archived.subscribe()
    }

    /// Up to which entry every projection is written.
    pub fn projected(&self) -> watch::Receiver<Seq> {
        self.projected.subscribe()
    }

    /// Stores batches and outcomes that follow what is stored; what is there already is left out.
    pub async fn archive(&self, executed: &[Executed]) -> Result<Seq, FlushError> {
        self.store_batches(executed).await?;
        Ok(self.store_outcomes(executed).await?.at)
    }

    /// Writes every projection up to the last of `executed`; what is missing before it comes from the archive. Of several
    /// failures the first is told, and the other projections are written all the same.
    pub async fn project(&self, executed: &[Executed]) -> Result<Seq, FlushError> {
        let behind = Projection::HISTORY.iter().map(|projection| self.believed(projection.name())).min().unwrap_or_default();
        let facts = Facts::behind(behind, executed);
        let written: Vec<Result<Seq, FlushError>> = futures::stream::iter(Projection::ALL)
            .map(|projection| self.project_one(projection, &facts))
            .buffer_unordered(TOGETHER)
            .collect()
            .await;
        let mut lowest = END;
        for one in written {
            lowest = lowest.min(one?);
        }
        raise(&self.projected, lowest);
        Ok(lowest)
    }

    /// Writes every projection up to the end of the archive: after a start, and after a pause.
    pub async fn catch_up(&self) -> Result<Seq, FlushError> {
        let mut lowest = END;
        for projection in Projection::ALL {
            lowest = lowest.min(self.catch_up_one(projection, END).await?);
        }
        raise(&self.projected, lowest);
        Ok(lowest)
    }

    /// Archives and projects.
    pub async fn flush(&self, executed: &[Executed]) -> Result<Seq, FlushError> {
        self.archive(executed).await?;
        self.project(executed).await
    }

    /// Where everything stands, read anew: each projection by its name, and `outcomes`.
    pub async fn watermarks(&self) -> Result<BTreeMap<String, Seq>, FlushError> {
        Ok(watermarks::all(&self.sure, &self.league).await?.into_iter().collect())
    }

    /// Ends its connections.
    pub async fn close(&self) {
        self.sure.close().await;
        self.soon.close().await;
    }

    async fn project_one(&self, projection: Projection, facts: &Facts<'_>) -> Result<Seq, FlushError> {
        if self.rests(projection) {
            return Ok(self.believed(projection.name()));
        }
        let written = match self.write(projection, facts).await {
            Err(FlushError::Gap { first, .. }) => match self.catch_up_one(projection, first).await {
                Ok(_) => self.write(projection, facts).await,
                Err(error) => Err(error),
            },
            other => other,
        };
        match &written {
            Err(FlushError::Damaged { .. }) => drop(lock(&self.damaged).insert(projection, Instant::now())),
            // A backfill may have put a table there that has other days.
            Err(FlushError::Database(_)) if projection == Projection::Trades => *self.days.lock().await = Days::default(),
            _ => {}
        }
        written
    }

    /// Writes what the archive has behind a watermark, up to the batch that begins at `before`.
    async fn catch_up_one(&self, projection: Projection, before: Seq) -> Result<Seq, FlushError> {
        let (name, stored) = (projection.name(), self.stored());
        loop {
            let from = self.believed(name);
            if from.next() >= before {
                return Ok(from);
            }
            let mut executed = stored.read(from).await?;
            executed.retain(|executed| executed.batch.first < before);
            if executed.is_empty() {
                return if before == END { Ok(from) } else { Err(FlushError::Gap { projection: name, watermark: from, first: before }) };
            }
            self.write(projection, &Facts::behind(from, &executed)).await?;
        }
    }

    async fn write(&self, projection: Projection, facts: &Facts<'_>) -> Result<Seq, FlushError> {
        let name = projection.name();
        let mut from = self.believed(name);
        loop {
            let run = Run::behind(from, facts.executed);
            let to = run.last();
            if to <= from {
                return Ok(from);
            }
            require_gapless(name, run)?;
            if projection == Projection::Trades {
                self.make_days(facts, from).await?;
            }
            let mut transaction = self.soon.begin().await?;
            if watermarks::advance(&mut transaction, &self.league, name, from, to).await? {
                let mut target = Target { connection: &mut transaction, league: &self.league, suffix: "" };
                facts.write(projection, from, &mut target).await?;
                transaction.commit().await?;
                self.believe(name, to);
                return Ok(to);
            }
            from = watermarks::read(&mut transaction, &self.league, name).await?;
            transaction.rollback().await?;
            self.believe(name, from);
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    async fn make_days(&self, facts: &Facts<'_>, after: Seq) -> Result<(), FlushError> {
        let moments = facts.history.fills.iter().filter(|fill| fill.seq > after).map(|fill| fill.at);
        let mut days = self.days.lock().await;
        let mut connection = self.sure.acquire().await?;
        Ok(days.make(&mut connection, "trades", moments).await?)
    }

    /// What is stored of this league.
    fn stored(&self) -> Stored {
        Stored::of(self.sure.clone(), &self.league, self.batches.clone())
    }

    async fn look(&self) -> Result<(), FlushError> {
        let found = self.watermarks().await?;
        let of = |name: &str| found.get(name).copied().unwrap_or_default();
        self.believe(OUTCOMES, of(OUTCOMES));
        raise(&self.archived, of(OUTCOMES));
        self.believe_projections(&found);
        Ok(())
    }

    /// Where the projections are: another flusher may be at work.
    async fn look_at_projections(&self) -> Result<(), FlushError> {
        self.believe_projections(&self.watermarks().await?);
        Ok(())
    }

    fn believe_projections(&self, found: &BTreeMap<String, Seq>) {
        let of = |name: &str| found.get(name).copied().unwrap_or_default();
        for projection in Projection::ALL {
            self.believe(projection.name(), of(projection.name()));
        }
        raise(&self.projected, Projection::ALL.iter().map(|projection| of(projection.name())).min().unwrap_or_default());
    }

    fn rests(&self, projection: Projection) -> bool {
        lock(&self.damaged).get(&projection).is_some_and(|since| since.elapsed() < DAMAGED_REST)
    }

    fn believed(&self, name: &str) -> Seq {
        lock(&self.believed).get(name).copied().unwrap_or_default()
    }

    fn believe(&self, name: &'static str, seq: Seq) {
        lock(&self.believed).insert(name, seq);
    }
}

fn require_gapless(projection: &'static str, run: Run<'_>) -> Result<(), FlushError> {
    let first = run.executed.first().map_or(run.after, |executed| executed.batch.first);
    if run.is_gapless() { Ok(()) } else { Err(FlushError::Gap { projection, watermark: run.after, first }) }
}

fn raise(watermark: &watch::Sender<Seq>, to: Seq) {
    watermark.send_if_modified(|at| {
        let further = to > *at;
        *at = to.max(*at);
        further
    });
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
