//! Stored outcomes: what became of every entry, a row a batch of the journal. With the batches beside them every
//! projection can be built again without executing anything.

use std::sync::Arc;
use std::time::Duration;

use ftl_core::codec;
use ftl_core::hash::Hash;
use ftl_core::id::Seq;
use ftl_core::outcome::Outcome;
use ftl_core::projection::{Executed, Run};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgPool, Row};

use super::column::{limited, ordered, unknown};
use super::connect::Database;
use super::copy::CopyRows;
use super::watermarks;

/// Fast: outcomes are written as fast as commands come.
const LEVEL: i32 = 1;
/// More than the outcomes of the largest batch take: a length beyond it is damage.
const LARGEST: usize = 1 << 30;
/// How long a page of them may take.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

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
    let rows = rows(pool, league, after, limit).await?;
    let one = |row: &PgRow| {
        let kept = kept(league, row)?;
        Ok((kept.last, kept.outcomes.map_err(unknown)?))
    };
    rows.iter().map(one).collect()
}

/// A row, decoded if it is sound.
fn kept(league: &str, row: &PgRow) -> Result<Kept, sqlx::Error> {
    let (first, last): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
    let (first, last) = (Seq(first.cast_unsigned()), Seq(last.cast_unsigned()));
    let (carried, body): (&[u8], &[u8]) = (row.try_get(2)?, row.try_get(3)?);
    let outcomes = match carried == hash(league, first, last, body).0 {
        true => decoded(first, last, body),
        false => Err("they do not have the hash that they carry".to_owned()),
    };
    let damaged = |what| format!("the outcomes of the batch that ends at {last} are damaged: {what}");
    Ok(Kept { first, last, outcomes: outcomes.map_err(damaged) })
}

fn decoded(first: Seq, last: Seq, body: &[u8]) -> Result<Vec<Arc<Outcome>>, String> {
    let room = LARGEST.min(body.len().saturating_mul(1_000).max(4_096));
    let encoded = zstd::bulk::decompress(body, room).map_err(|error| error.to_string())?;
    let outcomes: Vec<Arc<Outcome>> = codec::decode(&encoded).map_err(|error| error.to_string())?;
    let named = outcomes.first().map(|outcome| outcome.seq) == Some(first) && outcomes.last().map(|outcome| outcome.seq) == Some(last);
    if named { Ok(outcomes) } else { Err("they are of other entries".to_owned()) }
}

/// A league's outcomes, for whoever checks them.
pub struct StoredOutcomes {
    pool: PgPool,
    league: String,
}

/// The outcomes of one batch.
pub struct Kept {
    /// Its first entry.
    pub first: Seq,
    /// Its last.
    pub last: Seq,
    /// Or what is wrong with them.
    pub outcomes: Result<Vec<Arc<Outcome>>, String>,
}

impl StoredOutcomes {
    /// Those of `league` in a database whose tables are up to date.
    pub fn at(database: &Database, league: &str) -> Self {
        Self { pool: database.named("ftl audit").statement_timeout(READ_TIMEOUT).pool(1), league: league.to_owned() }
    }

    /// Up to which entry their watermark says that they are written, and up to which they are.
    pub async fn ends(&self) -> Result<(Seq, Seq), sqlx::Error> {
        let query = "SELECT coalesce((SELECT seq FROM watermarks WHERE league = $1 AND projection = $2), 0),
                            coalesce((SELECT max(last) FROM outcomes WHERE league = $1), 0)";
        let (said, is): (i64, i64) = sqlx::query_as(query).bind(&self.league).bind(watermarks::OUTCOMES).fetch_one(&self.pool).await?;
        Ok((Seq(said.cast_unsigned()), Seq(is.cast_unsigned())))
    }

    /// Of batches that end behind `after`, at most `limit`.
    pub async fn read(&self, after: Seq, limit: usize) -> Result<Vec<Kept>, sqlx::Error> {
        rows(&self.pool, &self.league, after, limit).await?.iter().map(|row| kept(&self.league, row)).collect()
    }
}

async fn rows(pool: &PgPool, league: &str, after: Seq, limit: usize) -> Result<Vec<PgRow>, sqlx::Error> {
    sqlx::query("SELECT first, last, hash, body FROM outcomes WHERE league = $1 AND last > $2 ORDER BY last LIMIT $3")
        .bind(league)
        .bind(ordered(after.0))
        .bind(limited(limit))
        .fetch_all(pool)
        .await
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
