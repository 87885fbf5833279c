//! `PostgresBatches`: the rows of one league's batches, read with their links checked, and stored behind a head that nobody
//! else moved. The Postgres journal reads through it; behind a Redis journal it is the archive.

use std::io;
use std::time::Duration;

use async_trait::async_trait;
use ftl_core::codec;
use ftl_core::id::Seq;
use ftl_core::journal::{ChainCheck, JournalError, ReadError, StoredBatch};
use ftl_core::time::At;
use futures::TryStreamExt;
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgPool;
use sqlx::{Executor, PgConnection, Postgres};

use super::connect::Database;
use super::rows::{number, ordered};
use crate::appending::Head;
use crate::archive::{Archive, ArchiveError};
use crate::raw_batch::RawBatch;

/// How long a long read may take.
const READ_TIMEOUT: Duration = Duration::from_secs(60);
/// How long the server may say nothing during one: a network that swallows everything tells nobody.
const SILENCE: Duration = Duration::from_secs(5);
/// How long a look at the head may take.
const LOOK: Duration = Duration::from_millis(1_500);

const HEAD: &str = "SELECT epoch, last, at, batch_epoch, batch_id, chain FROM heads WHERE league = $1";

/// See the module.
#[derive(Clone, Debug)]
pub struct PostgresBatches {
    league: String,
    pool: PgPool,
}

impl PostgresBatches {
    /// The batches of `league`, over a pool of their own.
    pub fn new(database: &Database, league: &str) -> Self {
        Self { league: league.into(), pool: database.statement_timeout(READ_TIMEOUT).pool(4) }
    }

    /// Stores `batches` behind `from` with what else a transaction does: a watermark, say. See [`Archive::store`].
    ///
    /// Nothing is stored and `None` is returned where the head is not `from` or the epoch another.
    pub async fn store_in(
        connection: &mut PgConnection,
        league: &str,
        epoch: u64,
        from: &ChainCheck,
        batches: &[StoredBatch],
    ) -> Result<Option<ChainCheck>, StoreError> {
        let mut check = from.clone();
        for batch in batches {
            check.follow(batch)?;
        }
        if batches.is_empty() {
            return Ok(Some(check));
        }
        let column = |number: fn(&StoredBatch) -> u64| batches.iter().map(|batch| ordered(number(batch))).collect::<Vec<i64>>();
        let bytes = |bytes: fn(&StoredBatch) -> Vec<u8>| batches.iter().map(bytes).collect::<Vec<Vec<u8>>>();
        let stored = sqlx::query(
            "WITH moved AS (
                UPDATE heads SET last = $5, at = $6, batch_epoch = $7, batch_id = $8, chain = $9
                WHERE league = $1 AND epoch = $2 AND last = $3 AND batch_id = $4 RETURNING league
            )
            INSERT INTO batches (league, last, first, at, epoch, batch_id, prev, chain, commands)
            SELECT moved.league, b.* FROM moved, unnest(
                $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bytea[], $15::bytea[], $16::bytea[], $17::bytea[]
            ) AS b",
        )
        .bind(league)
        .bind(ordered(epoch))
        .bind(ordered(from.tip.seq.0))
        .bind(from.tip.batch_id.0.to_be_bytes().to_vec())
        .bind(ordered(check.tip.seq.0))
        .bind(ordered(check.at.0))
        .bind(ordered(check.tip.epoch))
        .bind(check.tip.batch_id.0.to_be_bytes().to_vec())
        .bind(check.chain.0.to_vec())
        .bind(column(|batch| batch.last().0))
        .bind(column(|batch| batch.first.0))
        .bind(column(|batch| batch.at.0))
        .bind(column(|batch| batch.epoch))
        .bind(bytes(|batch| batch.batch_id.0.to_be_bytes().to_vec()))
        .bind(bytes(|batch| batch.prev.0.to_be_bytes().to_vec()))
        .bind(bytes(|batch| batch.chain.0.to_vec()))
        .bind(bytes(|batch| codec::encode(&batch.commands)))
        .execute(connection)
        .await?;
        Ok((stored.rows_affected() > 0).then_some(check))
    }

    /// Whose they are.
    pub fn league(&self) -> &str {
        &self.league
    }

    /// The database's clock.
    pub async fn clock(&self) -> Result<At, JournalError> {
        let asked = async {
            let mut asking = self.ask().await?;
            let query = sqlx::query_scalar("SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint");
            let at: i64 = within(LOOK, query.fetch_one(asking.connection()?)).await?;
            asking.answered();
            Ok(At(at.cast_unsigned()))
        };
        asked.await.map_err(no_answer)
    }

    /// The end of the last batch that ends before `seq`; 0 where there is none.
    pub(crate) async fn end_before(&self, seq: Seq) -> Result<Seq, sqlx::Error> {
        let mut asking = self.ask().await?;
        let row = sqlx::query("SELECT coalesce(max(last), 0) FROM batches WHERE league = $1 AND last < $2")
            .bind(&self.league)
            .bind(ordered(seq.0))
            .fetch_one(asking.connection()?);
        let row = within(SILENCE, row).await?;
        asking.answered();
        Ok(Seq(number(&row, 0)?))
    }

    pub(crate) async fn stored_head(&self) -> Result<Head, sqlx::Error> {
        let mut asking = self.ask().await?;
        let head = within(LOOK, head_of(asking.connection()?, &self.league)).await?;
        asking.answered();
        Ok(head)
    }

    async fn ask(&self) -> Result<Asking, sqlx::Error> {
        Ok(Asking(Some(self.pool.acquire().await?)))
    }
}

/// A connection that is asked something. Unless it was answered it does not go back to the pool, where the next one to ask
/// would wait for the answer to this question.
struct Asking(Option<PoolConnection<Postgres>>);

impl Asking {
    fn connection(&mut self) -> Result<&mut PgConnection, sqlx::Error> {
        self.0.as_deref_mut().ok_or(sqlx::Error::PoolClosed)
    }

    fn answered(mut self) {
        drop(self.0.take());
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        if let Some(mut connection) = self.0.take() {
            connection.close_on_drop();
        }
    }
}

/// An answer that does not come in time is a failure of the connection.
async fn within<T>(patience: Duration, answer: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    let silent = |_| sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, format!("no answer for {} ms", patience.as_millis())));
    tokio::time::timeout(patience, answer).await.map_err(silent)?
}

/// Why [`PostgresBatches::store_in`] stored nothing.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The batches do not follow what is there.
    #[error(transparent)]
    Unlinked(#[from] ReadError),
    /// The statement failed.
    #[error("the database does not answer: {0}")]
    Database(#[from] sqlx::Error),
}

#[async_trait]
impl Archive for PostgresBatches {
    async fn head(&self) -> Result<ChainCheck, JournalError> {
        Ok(self.stored_head().await.map_err(no_answer)?.check)
    }

    async fn epoch(&self) -> Result<u64, JournalError> {
        Ok(self.stored_head().await.map_err(no_answer)?.epoch)
    }

    async fn read(&self, after: Seq, limit: usize) -> Result<Vec<StoredBatch>, ReadError> {
        if limit == 0 || i64::try_from(after.0).is_err() {
            return Ok(Vec::new());
        }
        let limit = u64::try_from(limit).unwrap_or(u64::MAX);
        // The batch that ends at `after` comes along: what follows must link to it. The last batch wanted is the first
        // that ends at or beyond `after + limit`.
        let unavailable = |error| ReadError::Unavailable(no_answer(error));
        let mut asking = self.ask().await.map_err(unavailable)?;
        let mut rows = sqlx::query(
            "SELECT last, first, at, epoch, batch_id, prev, chain, commands FROM batches
             WHERE league = $1 AND last >= $2
               AND last <= coalesce((SELECT min(last) FROM batches WHERE league = $1 AND last >= $3), 9223372036854775807)
             ORDER BY last",
        )
        .bind(&self.league)
        .bind(ordered(after.0))
        .bind(ordered(after.0.saturating_add(limit)))
        .fetch(asking.connection().map_err(unavailable)?);

        let mut check: Option<ChainCheck> = (after == Seq(0)).then(ChainCheck::default);
        let mut batches = Vec::new();
        while let Some(row) = within(SILENCE, rows.try_next()).await.map_err(unavailable)? {
            let corrupt = |error: sqlx::Error| ReadError::Corrupt { at: after.next(), what: error.to_string() };
            let raw = RawBatch::of_row(&row).map_err(corrupt)?;
            match &mut check {
                Some(check) => {
                    raw.follow(check)?;
                    batches.push(raw.decode()?);
                }
                None if raw.last == after => check = Some(raw.check()),
                None => return Err(ReadError::Corrupt { at: after, what: "no batch ends there".into() }),
            }
        }
        drop(rows);
        asking.answered();
        Ok(batches)
    }

    async fn store(&self, epoch: u64, from: &ChainCheck, batches: &[StoredBatch]) -> Result<ChainCheck, ArchiveError> {
        let mut connection = self.pool.acquire().await.map_err(no_answer)?;
        let stored = Self::store_in(&mut connection, &self.league, epoch, from, batches).await;
        drop(connection);
        match stored {
            Ok(Some(head)) => return Ok(head),
            Ok(None) => {}
            Err(StoreError::Unlinked(error)) => return Err(error.into()),
            Err(StoreError::Database(error)) => return Err(no_answer(error).into()),
        }
        let head = self.stored_head().await.map_err(no_answer)?;
        if head.epoch != epoch {
            return Err(ArchiveError::WrongEpoch { current: head.epoch, expected: epoch });
        }
        Err(ArchiveError::Moved { head: head.check.tip.seq })
    }
}

/// Where a league's batches end.
pub(crate) async fn head_of<'c>(executor: impl Executor<'c, Database = Postgres>, league: &str) -> Result<Head, sqlx::Error> {
    Head::of_row(&sqlx::query(HEAD).bind(league).fetch_one(executor).await?, 0)
}

pub(super) fn no_answer(error: sqlx::Error) -> JournalError {
    JournalError(error.to_string())
}
