//! Claims of tickets among processes that share a PostgreSQL.

use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use ftl_core::time::At;
use sqlx::postgres::PgPool;

use super::connect::Database;
use crate::tickets::{TicketError, Tickets};

/// Claims between two clearings.
const CLEARING: u64 = 1_000;

/// See the module.
#[derive(Debug)]
pub struct PostgresTickets {
    pool: PgPool,
    league: String,
    claims: AtomicU64,
}

impl PostgresTickets {
    /// Of `league`, in a database whose tables are up to date.
    pub fn at(database: &Database, league: &str) -> Self {
        Self { pool: database.named("ftl tickets").pool(2), league: league.to_owned(), claims: AtomicU64::new(0) }
    }

    async fn insert(&self, id: &str, until: At, now: At) -> Result<bool, sqlx::Error> {
        let seconds = |at: At| i64::try_from(at.0 / 1_000).map_err(|error| sqlx::Error::Encode(error.into()));
        if self.claims.fetch_add(1, Ordering::Relaxed).is_multiple_of(CLEARING) {
            let clear = sqlx::query("DELETE FROM spent_tickets WHERE until < to_timestamp($1)");
            clear.bind(seconds(now)?).execute(&self.pool).await?;
        }
        let insert = sqlx::query("INSERT INTO spent_tickets (league, id, until) VALUES ($1, $2, to_timestamp($3)) ON CONFLICT DO NOTHING");
        let done = insert.bind(&self.league).bind(id).bind(seconds(until)?).execute(&self.pool).await?;
        Ok(done.rows_affected() == 1)
    }
}

#[async_trait]
impl Tickets for PostgresTickets {
    async fn claim(&self, id: &str, until: At, now: At) -> Result<bool, TicketError> {
        self.insert(id, until, now).await.map_err(|error| TicketError(error.to_string()))
    }
}
