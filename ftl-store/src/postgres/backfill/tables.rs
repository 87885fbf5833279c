//! Tables like ours under another name, and putting them in the place of ours.

use sqlx::PgConnection;

use super::{FlushError, Projection};
use crate::postgres::partitions::Days;

/// Of tables that are to take the place of ours.
pub(super) const NEW: &str = "_new";
/// Of tables that are compared with ours.
pub(super) const CHECK: &str = "_check";

/// The one that has partitions.
const PARTITIONED: &str = "trades";

/// Makes empty tables, in the place of those that a backfill left that did not end.
pub(super) async fn make(connection: &mut PgConnection, projections: &[Projection], suffix: &str) -> Result<(), FlushError> {
    for table in projections.iter().flat_map(|projection| projection.tables()) {
        let options: Option<String> =
            sqlx::query_scalar("SELECT ' WITH (' || array_to_string(reloptions, ', ') || ')' FROM pg_class WHERE oid = $1::regclass")
                .bind(table)
                .fetch_one(&mut *connection)
                .await?;
        let partitioned = if *table == PARTITIONED { " PARTITION BY RANGE (at)" } else { "" };
        let options = options.unwrap_or_default();
        run(connection, &format!("DROP TABLE IF EXISTS {table}{suffix}")).await?;
        run(connection, &format!("CREATE TABLE {table}{suffix} (LIKE {table} INCLUDING ALL){partitioned}{options}")).await?;
    }
    Ok(())
}

/// Drops them.
pub(super) async fn drop(connection: &mut PgConnection, projections: &[Projection], suffix: &str) -> Result<(), FlushError> {
    for table in projections.iter().flat_map(|projection| projection.tables()) {
        run(connection, &format!("DROP TABLE IF EXISTS {table}{suffix}")).await?;
    }
    Ok(())
}

/// Puts new tables in the place of ours, in the caller's transaction.
pub(super) async fn put_in_place(connection: &mut PgConnection, projection: Projection, league: &str) -> Result<(), FlushError> {
    for table in projection.tables() {
        run(connection, &format!("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")).await?;
        let shared: bool = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT EXISTS (SELECT FROM {table} WHERE league <> $1)")))
            .bind(league)
            .fetch_one(&mut *connection)
            .await?;
        if shared {
            replace_rows(connection, table, league).await?;
        } else {
            rename(connection, table).await?;
        }
    }
    Ok(())
}

async fn replace_rows(connection: &mut PgConnection, table: &str, league: &str) -> Result<(), FlushError> {
    if table == PARTITIONED {
        let moments: Vec<i64> =
            sqlx::query_scalar("SELECT DISTINCT at / 86400000 * 86400000 FROM trades_new").fetch_all(&mut *connection).await?;
        Days::default().make(connection, table, moments.into_iter().map(|at| ftl_core::time::At(at.cast_unsigned()))).await?;
    }
    let delete = format!("DELETE FROM {table} WHERE league = $1");
    sqlx::query(sqlx::AssertSqlSafe(delete)).bind(league).execute(&mut *connection).await?;
    run(connection, &format!("INSERT INTO {table} SELECT * FROM {table}{NEW}")).await?;
    run(connection, &format!("DROP TABLE {table}{NEW}")).await
}

async fn rename(connection: &mut PgConnection, table: &str) -> Result<(), FlushError> {
    run(connection, &format!("DROP TABLE {table}")).await?;
    let days: Vec<String> = sqlx::query_scalar("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = $1::regclass")
        .bind(format!("{table}{NEW}"))
        .fetch_all(&mut *connection)
        .await?;
    for day in days {
        run(connection, &format!("ALTER TABLE {day} RENAME TO {}", day.replace(NEW, ""))).await?;
    }
    // Names of indexes and constraints are not asked for by anybody.
    run(connection, &format!("ALTER TABLE {table}{NEW} RENAME TO {table}")).await
}

async fn run(connection: &mut PgConnection, statement: &str) -> Result<(), FlushError> {
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned())).execute(connection).await?;
    Ok(())
}
