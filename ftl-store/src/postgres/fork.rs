//! Cutting the journal of a league in a database; see [`crate::fork`]. What is cut off stays in `cut_batches`, and the epoch
//! is raised, so that whoever has applied more loads his state anew. Projections are emptied: flushers build them anew from
//! what stays.

use ftl_core::id::Seq;
use sqlx::{Connection, PgConnection, Row};

use super::presence::{Alone, AloneError};
use super::rows::{number, ordered};
use super::watermarks::{OUTCOMES, Projection};
pub use crate::fork::{ForkError, Forked};

impl From<AloneError> for ForkError {
    fn from(error: AloneError) -> Self {
        match error {
            AloneError::Others(_) => Self::InUse(error.to_string()),
            AloneError::Database(error) => error.into(),
        }
    }
}

/// Cuts the league's journal behind entry `at`, in one transaction. A `dry_run` only says what would be cut.
pub async fn fork(alone: &mut Alone, at: Seq, reason: &str, dry_run: bool) -> Result<Forked, ForkError> {
    let Alone { connection, league } = alone;
    let mut transaction = connection.begin().await?;
    let head = sqlx::query("SELECT epoch, last FROM heads WHERE league = $1 FOR UPDATE").bind(&*league);
    let head = head.fetch_optional(&mut *transaction).await?.ok_or_else(|| ForkError::NoLeague(league.clone()))?;
    let (epoch, last) = (number(&head, 0)?, Seq(number(&head, 1)?));
    if at >= last {
        return Err(ForkError::Nothing(last));
    }
    require_end(&mut transaction, league, at).await?;
    let forked = Forked { epoch: epoch.saturating_add(1), at, cut_to: last };
    if dry_run {
        transaction.rollback().await?;
        return Ok(forked);
    }
    cut(&mut transaction, league, at, forked.epoch).await?;
    sqlx::query("INSERT INTO forks (league, epoch, at, cut_to, reason) VALUES ($1, $2, $3, $4, $5)")
        .bind(&*league)
        .bind(ordered(forked.epoch))
        .bind(ordered(at.0))
        .bind(ordered(last.0))
        .bind(reason)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(forked)
}

async fn require_end(connection: &mut PgConnection, league: &str, at: Seq) -> Result<(), ForkError> {
    if at == Seq(0) {
        return Ok(());
    }
    let ends = sqlx::query(
        "SELECT coalesce(max(last) FILTER (WHERE last <= $2), 0), min(last) FILTER (WHERE last >= $2) FROM batches WHERE league = $1",
    )
    .bind(league)
    .bind(ordered(at.0))
    .fetch_one(connection)
    .await?;
    let (before, after) = (Seq(number(&ends, 0)?), Seq(number(&ends, 1)?));
    if before == at { Ok(()) } else { Err(ForkError::InsideABatch { at, before, after }) }
}

async fn cut(connection: &mut PgConnection, league: &str, at: Seq, epoch: u64) -> Result<(), sqlx::Error> {
    let kept = "WITH cut AS (DELETE FROM batches WHERE league = $1 AND last > $2 RETURNING *)
        INSERT INTO cut_batches SELECT league, $3, last, first, at, epoch, batch_id, prev, chain, commands FROM cut";
    sqlx::query(kept).bind(league).bind(ordered(at.0)).bind(ordered(epoch)).execute(&mut *connection).await?;
    let head = sqlx::query("SELECT at, epoch, batch_id, chain FROM batches WHERE league = $1 AND last = $2");
    let head = head.bind(league).bind(ordered(at.0)).fetch_optional(&mut *connection).await?;
    let (stamped, batch_epoch, id, chain): (i64, i64, Vec<u8>, Vec<u8>) = match head {
        Some(row) => (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?),
        None => (0, 0, vec![0; 16], vec![0; 32]),
    };
    sqlx::query("UPDATE heads SET epoch = $2, last = $3, at = $4, batch_epoch = $5, batch_id = $6, chain = $7 WHERE league = $1")
        .bind(league)
        .bind(ordered(epoch))
        .bind(ordered(at.0))
        .bind(stamped)
        .bind(batch_epoch)
        .bind(id)
        .bind(chain)
        .execute(&mut *connection)
        .await?;
    let seqs = [
        "DELETE FROM outcomes WHERE league = $1 AND last > $2",
        "DELETE FROM quarantine WHERE league = $1 AND seq > $2",
        "DELETE FROM snapshot_chunks WHERE id IN (SELECT id FROM snapshots WHERE league = $1 AND seq > $2)",
        "DELETE FROM snapshots WHERE league = $1 AND seq > $2",
    ];
    for statement in seqs {
        sqlx::query(statement).bind(league).bind(ordered(at.0)).execute(&mut *connection).await?;
    }
    for table in Projection::ALL.into_iter().flat_map(Projection::tables) {
        let statement = format!("DELETE FROM {table} WHERE league = $1");
        sqlx::query(sqlx::AssertSqlSafe(statement)).bind(league).execute(&mut *connection).await?;
    }
    // Stored outcomes stay as far as their entries do; every other watermark begins anew.
    let anew = "UPDATE watermarks SET seq = CASE WHEN projection = $2 THEN least(seq, $3) ELSE 0 END WHERE league = $1";
    sqlx::query(anew).bind(league).bind(OUTCOMES).bind(ordered(at.0)).execute(&mut *connection).await?;
    Ok(())
}
