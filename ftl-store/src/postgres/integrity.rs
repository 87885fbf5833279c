//! What PostgreSQL says of the database that a league is in, and whether a league's batches are all there.

use sqlx::Connection;

use super::connect::{ConnectError, Database};

/// Texts of what is wrong; none where nothing is.
pub async fn integrity(database: &Database, league: &str) -> Result<Vec<String>, ConnectError> {
    let mut connection = database.connect().await.map_err(ConnectError::Unreachable)?;
    let failures: Option<i64> = sqlx::query_scalar("SELECT checksum_failures FROM pg_stat_database WHERE datname = current_database()")
        .fetch_one(&mut connection)
        .await
        .map_err(ConnectError::Unreachable)?;
    // Seqs are dense: each batch begins behind the one before it, and the last one is the head.
    let gaps: Vec<i64> = sqlx::query_scalar(
        "SELECT first FROM (
            SELECT first, lag(last, 1, 0::bigint) OVER (ORDER BY last) AS before FROM batches WHERE league = $1
        ) AS b WHERE first <> before + 1
        UNION ALL SELECT last FROM heads h WHERE league = $1 AND last <> (SELECT coalesce(max(last), 0) FROM batches WHERE league = $1)
        LIMIT 10",
    )
    .bind(league)
    .fetch_all(&mut connection)
    .await
    .map_err(ConnectError::Unreachable)?;
    // What comes next is linked to what the head says.
    let elsewhere: Option<i64> = sqlx::query_scalar(
        "SELECT h.last FROM heads h JOIN batches b ON b.league = h.league AND b.last = h.last
         WHERE h.league = $1 AND (b.at, b.epoch, b.batch_id, b.chain) IS DISTINCT FROM (h.at, h.batch_epoch, h.batch_id, h.chain)",
    )
    .bind(league)
    .fetch_optional(&mut connection)
    .await
    .map_err(ConnectError::Unreachable)?;
    connection.close().await.map_err(ConnectError::Unreachable)?;
    let mut found: Vec<String> = gaps.iter().map(|at| format!("batches are missing before entry {at}")).collect();
    found.extend(elsewhere.map(|last| format!("the head is not that of the batch that ends at {last}")));
    if let Some(failures) = failures.filter(|failures| *failures > 0) {
        found.push(format!("{failures} pages had a wrong checksum"));
    }
    Ok(found)
}
