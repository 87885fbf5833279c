//! Entries that an operator set aside, in the league's database: every process reads them before it executes the journal.

use ftl_core::id::Seq;
use sqlx::Row;
use sqlx::postgres::PgPool;

use super::connect::Database;
use crate::quarantine::Quarantined;

/// The database does not answer.
#[derive(Debug, thiserror::Error)]
#[error("what is set aside: {0}")]
pub struct QuarantineError(#[from] sqlx::Error);

/// See the module.
#[derive(Clone, Debug)]
pub struct PostgresQuarantine {
    pool: PgPool,
    league: String,
}

impl PostgresQuarantine {
    /// Of `league`, in a database whose tables are up to date.
    pub fn at(database: &Database, league: &str) -> Self {
        Self { pool: database.named("ftl quarantine").pool(1), league: league.to_owned() }
    }

    /// All of them, in order.
    pub async fn read(&self) -> Result<Vec<Quarantined>, QuarantineError> {
        let rows = sqlx::query("SELECT seq, reason FROM quarantine WHERE league = $1 ORDER BY seq").bind(&self.league);
        let rows = rows.fetch_all(&self.pool).await?;
        let entry = |row: &sqlx::postgres::PgRow| -> Result<Quarantined, QuarantineError> {
            let seq = u64::try_from(row.try_get::<i64, _>(0)?).map_err(|error| sqlx::Error::Decode(error.into()))?;
            Ok(Quarantined { seq: Seq(seq), reason: row.try_get(1)? })
        };
        rows.iter().map(entry).collect()
    }

    /// One more; one that is there stays as it is.
    pub async fn add(&self, entry: &Quarantined) -> Result<(), QuarantineError> {
        let seq = i64::try_from(entry.seq.0).map_err(|error| sqlx::Error::Encode(error.into()))?;
        sqlx::query("INSERT INTO quarantine (league, seq, reason) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
            .bind(&self.league)
            .bind(seq)
            .bind(&entry.reason)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}
