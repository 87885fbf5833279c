//! Days of trades: a partition each, made ahead of what is written into them.
//!
//! A day is made beside the table and attached, which stops neither readers nor writers of other days.

use std::collections::BTreeSet;

use ftl_core::time::At;
use sqlx::{Connection, PgConnection};

use super::column::ordered;

/// How long a partition is.
const DAY_MS: u64 = 86_400_000;
/// Days that are made before anything is written into them.
const AHEAD: u64 = 2;
/// Who makes a day holds this lock, so that it is made once.
const LOCK: i64 = 0x4654_4C44_4159;

/// Days that are known to be there.
#[derive(Debug, Default)]
pub(super) struct Days {
    known: BTreeSet<u64>,
}

impl Days {
    /// Makes the days that hold these moments, and those after the last one, where they are missing. Not within a
    /// transaction: a day that was made stays.
    pub(super) async fn make(
        &mut self,
        connection: &mut PgConnection,
        table: &str,
        moments: impl Iterator<Item = At>,
    ) -> Result<(), sqlx::Error> {
        let mut days: BTreeSet<u64> = moments.map(|at| at.0 / DAY_MS).collect();
        if let Some(last) = days.last().copied() {
            days.extend(last..=last.saturating_add(AHEAD));
        }
        for day in days {
            if !self.known.contains(&day) {
                attach(connection, table, day).await?;
                self.known.insert(day);
            }
        }
        Ok(())
    }
}

async fn attach(connection: &mut PgConnection, table: &str, day: u64) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin().await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK).execute(&mut *transaction).await?;
    let name = format!("{table}_d{day}");
    let there: bool = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL").bind(&name).fetch_one(&mut *transaction).await?;
    if !there {
        let (from, to) = (ordered(day.saturating_mul(DAY_MS)), ordered(day.saturating_add(1).saturating_mul(DAY_MS)));
        let make = format!(
            "CREATE TABLE {name} (LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
             ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ({from}) TO ({to});"
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(make)).execute(&mut *transaction).await?;
    }
    transaction.commit().await
}
