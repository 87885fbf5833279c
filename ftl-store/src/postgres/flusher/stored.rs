//! `Stored`: executed entries as the archive has them, from the first one on.

use ftl_core::id::Seq;
use ftl_core::projection::Executed;
use sqlx::PgPool;

use super::{Batches, FlushError};
use crate::postgres::outcomes;

/// Batches that are read at a time.
const TOGETHER: usize = 256;
/// Entries that are read at a time.
const ENTRIES: usize = 4_096;

/// See the module.
#[derive(Clone)]
pub struct Stored {
    pool: PgPool,
    league: String,
    batches: Batches,
}

impl Stored {
    /// What is stored of a league.
    pub fn of(pool: PgPool, league: &str, batches: Batches) -> Self {
        Self { pool, league: league.to_owned(), batches }
    }

    /// Some batches behind `after`, in order, with their outcomes; none where there are no more.
    pub async fn read(&self, after: Seq) -> Result<Vec<Executed>, FlushError> {
        let outcomes = outcomes::read(&self.pool, &self.league, after, TOGETHER).await?;
        if outcomes.is_empty() {
            return Ok(Vec::new());
        }
        let batches = match &self.batches {
            Batches::Journal(journal) => journal.read(after, ENTRIES).await?,
            Batches::Archive(archive) => archive.read(after, ENTRIES).await?,
        };
        Ok(outcomes::joined(batches, outcomes)?)
    }
}
