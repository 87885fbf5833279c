//! Databases of a PostgreSQL that all tests share, one each, with our tables.

use std::sync::OnceLock;

use ftl_store::postgres::connect::Database;
use ftl_store::postgres::migrations;
use ftl_store::throwaway::ThrowawayPostgres;
use sqlx::{PgConnection, Row};

/// It ends with the tests' process.
static SERVER: OnceLock<ThrowawayPostgres> = OnceLock::new();

/// An empty database with our tables.
pub async fn database() -> Database {
    let made = tokio::task::spawn_blocking(|| {
        let server = SERVER.get_or_init(|| ThrowawayPostgres::start().unwrap());
        server.url_of(&server.create_database().unwrap())
    });
    let database = Database::at(&made.await.unwrap()).unwrap();
    migrations::run(&database).await.unwrap();
    database
}

/// Every row of these tables, as text, in an order of its own.
pub async fn rows(connection: &mut PgConnection, tables: &[&str]) -> Vec<String> {
    let mut all = Vec::new();
    for table in tables {
        let query = format!("SELECT t::text FROM {table} AS t ORDER BY 1");
        let rows = sqlx::query(sqlx::AssertSqlSafe(query)).fetch_all(&mut *connection).await.unwrap();
        all.extend(rows.iter().map(|row| format!("{table} {}", row.get::<String, _>(0))));
    }
    all
}
