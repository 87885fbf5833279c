//! Taking history back to an entry, so that it can be written again from the journal.

use ftl_core::id::Seq;
use ftl_core::projection::{Bar, BarInterval, BarKey, ProjectionError, bars_of};
use ftl_core::time::At;
use sqlx::SqliteConnection;

use super::rows::{tick, write_bars};
use super::{SqliteProjections, unavailable};
use crate::sqlite::ordered;

impl SqliteProjections {
    /// Drops everything behind entry `to` and moves the watermarks back, in one transaction. Bars that held later ticks
    /// are made again from the ticks that stay.
    pub async fn rewind(&self, to: Seq) -> Result<(), ProjectionError> {
        let mut guard = self.writer().await?;
        let mut transaction = Self::begin(&mut guard).await?;
        rewind_bars(&mut transaction, to).await?;
        for table in ["fill", "closed_position", "ledger", "tick", "answer"] {
            let delete = format!("DELETE FROM {table} WHERE seq > ?");
            sqlx::query(sqlx::AssertSqlSafe(delete)).bind(ordered(to.0)).execute(&mut *transaction).await.map_err(unavailable)?;
        }
        sqlx::query("UPDATE watermark SET seq = min(seq, ?)").bind(ordered(to.0)).execute(&mut *transaction).await.map_err(unavailable)?;
        transaction.commit().await.map_err(unavailable)
    }
}

async fn rewind_bars(transaction: &mut SqliteConnection, to: Seq) -> Result<(), ProjectionError> {
    let first: Option<i64> = sqlx::query_scalar("SELECT min(at) FROM tick WHERE seq > ?")
        .bind(ordered(to.0))
        .fetch_one(&mut *transaction)
        .await
        .map_err(unavailable)?;
    let Some(first) = first.map(|at| At(at.cast_unsigned())) else { return Ok(()) };
    for interval in BarInterval::ALL {
        sqlx::query("DELETE FROM bar WHERE interval = ? AND start >= ?")
            .bind(ordered(interval.millis()))
            .bind(ordered(interval.start(first).0))
            .execute(&mut *transaction)
            .await
            .map_err(unavailable)?;
    }
    // The longest bar reaches back the furthest; shorter ones that were not deleted are left out below.
    let from = BarInterval::ALL.iter().map(|interval| interval.start(first)).min().unwrap_or(first);
    let rows = sqlx::query("SELECT * FROM tick WHERE seq <= ? AND at >= ? ORDER BY instrument, seq, n")
        .bind(ordered(to.0))
        .bind(ordered(from.0))
        .fetch_all(&mut *transaction)
        .await
        .map_err(unavailable)?;
    let ticks = rows.iter().map(tick).collect::<Result<Vec<_>, _>>().map_err(unavailable)?;
    let mut bars: Vec<(BarKey, Bar)> = bars_of(ticks.iter()).into_iter().collect();
    bars.retain(|((_, interval, start), _)| *start >= interval.start(first));
    write_bars(transaction, &bars).await
}
