//! What a league's processes computed: each tells the hash of its state at the same entries, and sees what the others have.

use std::time::Duration;

use ftl_core::hash::Hash;
use ftl_core::id::Seq;
use ftl_core::journal::Tip;
use sqlx::Row;
use sqlx::postgres::{PgPool, PgRow};

use super::connect::Database;
use super::rows::{fixed, number, ordered};

/// A look at a small table.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(5);

/// See the module.
#[derive(Debug)]
pub struct StateHashes {
    pool: PgPool,
    league: String,
    process: u128,
    role: &'static str,
}

/// What another process has at an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The entry.
    pub seq: Seq,
    /// Its role.
    pub role: String,
    /// Of its state.
    pub hash: Hash,
}

/// The database does not answer: ask again.
#[derive(Debug, thiserror::Error)]
#[error("the other processes' hashes: {0}")]
pub struct StateHashesError(#[from] sqlx::Error);

impl StateHashes {
    /// For the process `process` of `league`, in a database whose tables are up to date.
    pub fn at(database: &Database, league: &str, process: u128, role: &'static str) -> Self {
        let pool = database.named("ftl hashes").statement_timeout(STATEMENT_TIMEOUT).without_sync().pool(1);
        Self { pool, league: league.to_owned(), process, role }
    }

    /// This process has `hash` behind the batch that ends at `tip`. What is older than an hour goes.
    pub async fn tell(&self, tip: Tip, hash: &Hash) -> Result<(), StateHashesError> {
        sqlx::query("DELETE FROM state_hashes WHERE league = $1 AND at < clock_timestamp() - interval '1 hour'")
            .bind(&self.league)
            .execute(&self.pool)
            .await?;
        sqlx::query(
            "INSERT INTO state_hashes (league, seq, batch_id, process, role, hash) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (league, seq, batch_id, process) DO UPDATE SET hash = excluded.hash, at = excluded.at",
        )
        .bind(&self.league)
        .bind(ordered(tip.seq.0))
        .bind(tip.batch_id.0.to_be_bytes().to_vec())
        .bind(self.process.to_be_bytes().to_vec())
        .bind(self.role)
        .bind(hash.0.to_vec())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// What the others have behind the batch that ends at `tip`.
    pub async fn others(&self, tip: Tip) -> Result<Vec<Told>, StateHashesError> {
        let query = "SELECT seq, role, hash FROM state_hashes WHERE league = $1 AND seq = $2 AND batch_id = $3 AND process <> $4";
        let rows = sqlx::query(query)
            .bind(&self.league)
            .bind(ordered(tip.seq.0))
            .bind(tip.batch_id.0.to_be_bytes().to_vec())
            .bind(self.process.to_be_bytes().to_vec())
            .fetch_all(&self.pool)
            .await?;
        let told = |row: &PgRow| Ok(Told { seq: Seq(number(row, 0)?), role: row.try_get(1)?, hash: Hash(fixed(row, 2)?) });
        Ok(rows.iter().map(told).collect::<Result<_, sqlx::Error>>()?)
    }
}
