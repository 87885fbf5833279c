//! Stored outcomes: what became of every entry, a row a batch of the journal. With the batches beside them every
//! projection can be built again without executing anything.

use std::sync::Arc;

use ftl_core::codec;
use ftl_core::hash::Hash;
use ftl_core::id::Seq;
use ftl_core::outcome::Outcome;
use ftl_core::projection::{Executed, Run};
use sqlx::{PgConnection, PgPool, Row};

use super::column::{limited, ordered, unknown};
use super::copy::CopyRows;

/// Fast: outcomes are written as fast as commands come.
const LEVEL: i32 = 1;
/// More than the outcomes of the largest batch take: a length beyond it is damage.
const LARGEST: usize = 1 << 30;

/// Writes the outcomes of a run, in the caller's transaction.
pub(super) async fn write(connection: &mut PgConnection, league: &str, run: Run<'_>) -> Result<u64, sqlx::Error> {
    let mut rows = CopyRows::of(5);
    for executed in run.executed.iter().filter(|executed| executed.batch.last() > run.after) {
        let (first, last) = (executed.batch.first, executed.batch.last());
        let body = zstd::bulk::compress(&codec::encode(&executed.outcomes), LEVEL)?;
        rows.row().text(league).bigint(ordered(last.0)).bigint(ordered(first.0)).bytes(&hash(league, first, last, &body).0).bytes(&body);
    }
    rows.send(connection, "outcomes").await
}

/// The outcomes of whole batches behind `after`, each with the seq of its batch's last entry, until they are of `limit`
/// batches or there are no more.
pub(super) async fn read(pool: &PgPool, league: &str, after: Seq, limit: usize) -> Result<Vec<(Seq, Vec<Arc<Outcome>>)>, sqlx::Error> {
    let rows = sqlx::query("SELECT first, last, hash, body FROM outcomes WHERE league = $1 AND last > $2 ORDER BY last LIMIT $3")
        .bind(league)
        .bind(ordered(after.0))
        .bind(limited(limit))
        .fetch_all(pool)
        .await?;
    let one = |row: &sqlx::postgres::PgRow| {
        let (first, last): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
        let (first, last) = (Seq(first.cast_unsigned()), Seq(last.cast_unsigned()));
        let (kept, body): (&[u8], &[u8]) = (row.try_get(2)?, row.try_get(3)?);
        let damaged = |what: &str| unknown(format!("the outcomes of the batch that ends at {last} are damaged: {what}"));
        if kept != hash(league, first, last, body).0 {
            return Err(damaged("they do not have the hash that they carry"));
        }
        let encoded = zstd::bulk::decompress(body, LARGEST.min(body.len().saturating_mul(1_000).max(4_096)))?;
        let outcomes: Vec<Arc<Outcome>> = codec::decode(&encoded).map_err(|error| damaged(&error.to_string()))?;
        let named = outcomes.first().map(|outcome| outcome.seq) == Some(first) && outcomes.last().map(|outcome| outcome.seq) == Some(last);
        if named { Ok((last, outcomes)) } else { Err(damaged("they are of other entries")) }
    };
    rows.iter().map(one).collect()
}

/// Puts batches and their outcomes together, as far as both are there.
pub(super) fn joined(
    batches: Vec<ftl_core::journal::StoredBatch>,
    outcomes: Vec<(Seq, Vec<Arc<Outcome>>)>,
) -> Result<Vec<Executed>, sqlx::Error> {
    let mut executed = Vec::with_capacity(outcomes.len());
    for (batch, (last, outcomes)) in batches.into_iter().zip(outcomes) {
        if batch.last() != last || outcomes.len() != batch.commands.len() {
            return Err(unknown(format!("the outcomes of the batch that ends at {} are not there", batch.last())));
        }
        executed.push(Executed { batch, outcomes });
    }
    Ok(executed)
}

fn hash(league: &str, first: Seq, last: Seq, body: &[u8]) -> Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(league.as_bytes()).update(&first.0.to_be_bytes()).update(&last.0.to_be_bytes()).update(body);
    Hash(*hasher.finalize().as_bytes())
}
