//! Building projections anew from the journal while flushers go on, and comparing them with what is there.
//!
//! ```text
//!  source ─▶ x_new … until it is level with x ─┐ one transaction, with x's watermark held:
//!                                              ├─ the rest, x's watermark goes on, x_new becomes x
//!  flushers ─▶ x, x, x ────────────────────────┘ … and they find that somebody was further
//! ```
//! A league alone in its database gets its new tables by renaming. Where a table holds other leagues too, the league's
//! rows are replaced in that same transaction, and the others notice nothing.

mod compare;
mod source;
mod tables;

use std::time::Duration;

use ftl_core::id::Seq;
use ftl_core::projection::Executed;
use sqlx::postgres::PgPool;
use sqlx::{Connection, PgConnection};

use super::column::ordered;
use super::connect::Database;
use super::facts::{Facts, Target};
use super::flusher::FlushError;
use super::partitions::Days;
use super::watermarks::{self, Projection};

pub use compare::Difference;
pub use source::{Executing, Source};

/// One backfill at a time in a database: its tables have fixed names.
const LOCK: i64 = 0x4654_4C42_4143;
/// A table of millions of rows may be copied in one statement.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(3_600);
/// How often a swap that had to wait for a lock too long is tried again, and after how long.
const ATTEMPTS: u32 = 60;
const AGAIN: Duration = Duration::from_millis(500);
/// PostgreSQL's codes of a lock that was not to be had in time, and of a deadlock: try again.
const LOCKED: [&str; 2] = ["55P03", "40P01"];

/// Why nothing was built.
#[derive(Debug, thiserror::Error)]
pub enum BackfillError {
    /// Wait for it.
    #[error("another backfill is under way in this database")]
    Busy,
    /// The journal, or what is stored of it, ends before the projection does: the operator asks what became of it.
    #[error("what is executed ends at {source_end}, and {projection} is written up to {watermark}")]
    SourceEnds {
        /// Which.
        projection: &'static str,
        /// Where it stands.
        watermark: Seq,
        /// Where the source ends.
        source_end: Seq,
    },
    /// See [`FlushError`].
    #[error(transparent)]
    Flush(#[from] FlushError),
}

impl From<sqlx::Error> for BackfillError {
    fn from(error: sqlx::Error) -> Self {
        Self::Flush(error.into())
    }
}

/// See the module.
pub struct Backfill {
    league: String,
    pool: PgPool,
}

/// What was built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Built {
    /// Up to which entry.
    pub seq: Seq,
    /// Rows written and changed.
    pub rows: u64,
}

/// Tables under a suffix, filled up to an entry.
struct Building<'a> {
    league: &'a str,
    projections: &'a [Projection],
    suffix: &'static str,
    built: Built,
    days: Days,
}

impl Backfill {
    /// Backfills of `league` in a database whose tables are up to date.
    pub fn of(database: &Database, league: &str) -> Self {
        let pool = database.named("ftl backfill").statement_timeout(STATEMENT_TIMEOUT).pool(3);
        Self { league: league.to_owned(), pool }
    }

    /// Ends its connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Builds projections anew from `source`, which begins at the first entry, and puts them in the place of the old ones.
    /// Flushers may go on meanwhile.
    pub async fn rebuild(&self, projections: &[Projection], source: &mut dyn Source) -> Result<Built, BackfillError> {
        let lock = self.begin().await?;
        let mut connection = self.pool.acquire().await?;
        tables::make(&mut connection, projections, tables::NEW).await?;
        let mut building = Building::new(&self.league, projections, tables::NEW);
        building.go_on(&mut connection, source, self.lowest(projections).await?).await?;
        let mut tail = Vec::new();
        for attempt in 1.. {
            match self.swap(&mut connection, &mut building, source, &mut tail).await {
                Err(error) if attempt < ATTEMPTS && is_locked(&error) => tokio::time::sleep(AGAIN).await,
                other => {
                    other?;
                    break;
                }
            }
        }
        release(lock).await?;
        Ok(building.built)
    }

    async fn swap(
        &self,
        connection: &mut PgConnection,
        building: &mut Building<'_>,
        source: &mut dyn Source,
        tail: &mut Vec<Executed>,
    ) -> Result<(), BackfillError> {
        let names: Vec<&str> = building.projections.iter().map(|projection| projection.name()).collect();
        let before = building.built;
        // A new day cannot be made within: it would stay if this is rolled back.
        let ahead = self.highest(building.projections).await?;
        read_up_to(source, before.seq, ahead, tail).await?;
        building.make_days(connection, tail).await?;
        let mut transaction = connection.begin().await?;
        sqlx::query("SELECT FROM watermarks WHERE league = $1 AND projection = ANY($2) ORDER BY projection FOR UPDATE")
            .bind(&self.league)
            .bind(&names)
            .fetch_all(&mut *transaction)
            .await?;
        let mut to = before.seq.max(tail.last().map_or(Seq(0), |executed| executed.batch.last()));
        for projection in building.projections {
            to = to.max(watermarks::read(&mut transaction, &self.league, projection.name()).await?);
        }
        if to > ahead.max(before.seq) {
            read_up_to(source, before.seq, to, tail).await?;
        }
        let end = before.seq.max(tail.last().map_or(Seq(0), |executed| executed.batch.last()));
        if end < to {
            return Err(BackfillError::SourceEnds { projection: names[0], watermark: to, source_end: end });
        }
        let rows = building.write(&mut transaction, tail).await?;
        for projection in building.projections {
            sqlx::query("UPDATE watermarks SET seq = $3 WHERE league = $1 AND projection = $2")
                .bind(&self.league)
                .bind(projection.name())
                .bind(ordered(end.0))
                .execute(&mut *transaction)
                .await?;
            tables::put_in_place(&mut transaction, *projection, &self.league).await?;
        }
        transaction.commit().await?;
        building.built = Built { seq: end, rows: before.rows + rows };
        Ok(())
    }

    /// Holds the lock, on a connection of its own.
    async fn begin(&self) -> Result<PgConnection, BackfillError> {
        watermarks::begin(&self.pool, &self.league).await?;
        let mut connection = self.pool.acquire().await?.detach();
        let ours: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)").bind(LOCK).fetch_one(&mut connection).await?;
        if ours { Ok(connection) } else { Err(BackfillError::Busy) }
    }

    async fn lowest(&self, projections: &[Projection]) -> Result<Seq, BackfillError> {
        Ok(self.written(projections).await?.into_iter().min().unwrap_or_default())
    }

    async fn highest(&self, projections: &[Projection]) -> Result<Seq, BackfillError> {
        Ok(self.written(projections).await?.into_iter().max().unwrap_or_default())
    }

    async fn written(&self, projections: &[Projection]) -> Result<Vec<Seq>, BackfillError> {
        let found = watermarks::all(&self.pool, &self.league).await?;
        let of = |projection: &Projection| found.iter().find(|(name, _)| name == projection.name()).map_or(Seq(0), |(_, seq)| *seq);
        Ok(projections.iter().map(of).collect())
    }
}

impl<'a> Building<'a> {
    fn new(league: &'a str, projections: &'a [Projection], suffix: &'static str) -> Self {
        Self { league, projections, suffix, built: Built { seq: Seq(0), rows: 0 }, days: Days::default() }
    }

    /// Fills the tables up to `to` or the source's end, a transaction for what the source gives at a time.
    async fn go_on(&mut self, connection: &mut PgConnection, source: &mut dyn Source, to: Seq) -> Result<(), BackfillError> {
        while self.built.seq < to {
            let mut executed = source.read(self.built.seq).await?;
            // Not beyond: what is there of a projection that a flusher has not written yet is never ahead of it.
            executed.retain(|executed| executed.batch.last() <= to);
            let Some(last) = executed.last().map(|executed| executed.batch.last()) else { break };
            self.make_days(connection, &executed).await?;
            let mut transaction = connection.begin().await?;
            let rows = self.write(&mut transaction, &executed).await?;
            transaction.commit().await?;
            self.built = Built { seq: last, rows: self.built.rows + rows };
        }
        Ok(())
    }

    /// Writes what is behind the tables, in the caller's transaction.
    async fn write(&self, connection: &mut PgConnection, executed: &[Executed]) -> Result<u64, FlushError> {
        let facts = Facts::behind(self.built.seq, executed);
        let mut rows = 0;
        for projection in self.projections {
            let mut target = Target { connection, league: self.league, suffix: self.suffix };
            rows += facts.write(*projection, self.built.seq, &mut target).await?;
        }
        Ok(rows)
    }

    async fn make_days(&mut self, connection: &mut PgConnection, executed: &[Executed]) -> Result<(), FlushError> {
        if self.projections.contains(&Projection::Trades) {
            let moments = executed.iter().map(|executed| executed.batch.at);
            self.days.make(connection, &format!("trades{}", self.suffix), moments).await?;
        }
        Ok(())
    }
}

/// Adds to `tail`, which begins behind `after`, until it reaches `to` or the source ends.
async fn read_up_to(source: &mut dyn Source, after: Seq, to: Seq, tail: &mut Vec<Executed>) -> Result<(), FlushError> {
    loop {
        let end = tail.last().map_or(after, |executed| executed.batch.last());
        if end >= to {
            return Ok(());
        }
        let more = source.read(end).await?;
        if more.is_empty() {
            return Ok(());
        }
        tail.extend(more);
    }
}

/// Gives the lock back, so that the next backfill has it at once: a session's end is noticed some time later.
async fn release(mut lock: PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT pg_advisory_unlock($1)").bind(LOCK).execute(&mut lock).await?;
    lock.close().await
}

fn is_locked(error: &BackfillError) -> bool {
    let BackfillError::Flush(FlushError::Database(error)) = error else { return false };
    error.as_database_error().and_then(|error| error.code()).is_some_and(|code| LOCKED.contains(&code.as_ref()))
}
