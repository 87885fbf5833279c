//! `DirtySet`: what the desk's trades touched goes to PostgreSQL every tenth of a second: keys are taken from the set, their
//! hashes read in one pipeline, and each kind of row written by one statement, all in one transaction.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ftl_store::postgres::connect::Database;
use redis::aio::MultiplexedConnection;
use sqlx::{Connection, PgConnection};
use tokio::task::JoinHandle;

use super::desk::DIRTY;
use crate::failure::Failure;

/// Keys that are taken at once.
const TOGETHER: usize = 4_096;
/// As often as ours.
const INTERVAL: Duration = Duration::from_millis(100);

const TABLES: &str = "
    CREATE TABLE reference_instruments (key text PRIMARY KEY, imbalance bigint NOT NULL, mark bigint NOT NULL);
    CREATE TABLE reference_wallets (key text PRIMARY KEY, equity bigint NOT NULL, used bigint NOT NULL, volume bigint NOT NULL);
    CREATE TABLE reference_positions (key text PRIMARY KEY, account text NOT NULL, instrument text NOT NULL, direction bigint NOT NULL,
        shares bigint NOT NULL, price bigint NOT NULL, cost bigint NOT NULL, margin bigint NOT NULL, at bigint NOT NULL);
    CREATE INDEX ON reference_positions (account);";

/// See the module.
pub struct DirtySet {
    redis: MultiplexedConnection,
    at_work: Arc<AtomicBool>,
    flushing: JoinHandle<()>,
}

impl DirtySet {
    /// Makes the tables and begins.
    pub async fn flush(redis: MultiplexedConnection, database: &Database) -> Result<Self, Failure> {
        let mut postgres = database.connect().await.map_err(Failure::could_not_run)?;
        sqlx::raw_sql(TABLES).execute(&mut postgres).await.map_err(Failure::could_not_run)?;
        let at_work = Arc::new(AtomicBool::new(false));
        let (mut connection, working) = (redis.clone(), Arc::clone(&at_work));
        let flushing = tokio::spawn(async move {
            loop {
                working.store(true, Ordering::SeqCst);
                match some(&mut connection, &mut postgres).await {
                    Ok(TOGETHER) => continue,
                    Ok(_) => {}
                    Err(error) => tracing::error!(%error, "the reference could not flush"),
                }
                working.store(false, Ordering::SeqCst);
                tokio::time::sleep(INTERVAL).await;
            }
        });
        Ok(Self { redis, at_work, flushing })
    }

    /// Until everything is in PostgreSQL.
    pub async fn done(&mut self) -> Result<(), Failure> {
        loop {
            let left: usize = redis::cmd("SCARD").arg(DIRTY).query_async(&mut self.redis).await.map_err(Failure::could_not_run)?;
            // In this order: keys are taken only while it says that it is at work.
            if left == 0 && !self.at_work.load(Ordering::SeqCst) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    pub fn stop(self) {
        self.flushing.abort();
    }
}

/// How many keys it took.
async fn some(redis: &mut MultiplexedConnection, postgres: &mut PgConnection) -> Result<usize, Box<dyn std::error::Error + Send + Sync>> {
    let keys: Vec<String> = redis::cmd("SPOP").arg(DIRTY).arg(TOGETHER).query_async(redis).await?;
    if keys.is_empty() {
        return Ok(0);
    }
    let mut pipe = redis::pipe();
    for key in &keys {
        pipe.hgetall(key);
    }
    let rows: Vec<HashMap<String, String>> = pipe.query_async(redis).await?;
    let of = |kind: &str| -> Vec<(&String, &HashMap<String, String>)> {
        let is = |key: &str| key.split(':').nth(1) == Some(kind);
        keys.iter().zip(&rows).filter(|(key, _)| is(key)).collect()
    };
    let text = |rows: &[(&String, &HashMap<String, String>)], name: &str| -> Vec<String> {
        rows.iter().map(|(_, row)| row.get(name).cloned().unwrap_or_default()).collect()
    };
    let figures = |rows: &[(&String, &HashMap<String, String>)], name: &str| -> Vec<i64> {
        rows.iter().map(|(_, row)| row.get(name).and_then(|figure| figure.parse().ok()).unwrap_or_default()).collect()
    };
    let names = |rows: &[(&String, &HashMap<String, String>)]| -> Vec<String> { rows.iter().map(|(key, _)| (*key).clone()).collect() };

    let mut transaction = postgres.begin().await?;
    let rows = of("i");
    sqlx::query(
        "INSERT INTO reference_instruments SELECT * FROM UNNEST($1::text[], $2::bigint[], $3::bigint[])
         ON CONFLICT (key) DO UPDATE SET imbalance = excluded.imbalance, mark = excluded.mark",
    )
    .bind(names(&rows))
    .bind(figures(&rows, "imbalance"))
    .bind(figures(&rows, "mark"))
    .execute(&mut *transaction)
    .await?;
    let rows = of("w");
    sqlx::query(
        "INSERT INTO reference_wallets SELECT * FROM UNNEST($1::text[], $2::bigint[], $3::bigint[], $4::bigint[])
         ON CONFLICT (key) DO UPDATE SET equity = excluded.equity, used = excluded.used, volume = excluded.volume",
    )
    .bind(names(&rows))
    .bind(figures(&rows, "equity"))
    .bind(figures(&rows, "used"))
    .bind(figures(&rows, "volume"))
    .execute(&mut *transaction)
    .await?;
    let rows = of("p");
    sqlx::query(
        "INSERT INTO reference_positions
         SELECT * FROM UNNEST($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[])
         ON CONFLICT (key) DO NOTHING",
    )
    .bind(names(&rows))
    .bind(text(&rows, "account"))
    .bind(text(&rows, "instrument"))
    .bind(figures(&rows, "direction"))
    .bind(figures(&rows, "shares"))
    .bind(figures(&rows, "price"))
    .bind(figures(&rows, "cost"))
    .bind(figures(&rows, "margin"))
    .bind(figures(&rows, "at"))
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(keys.len())
}
