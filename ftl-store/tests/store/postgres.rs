//! What is peculiar to PostgreSQL: what a server must be set to, and its tables.

use ftl_store::postgres::connect::{ConnectError, Database};
use ftl_store::postgres::migrations::{self, MIGRATIONS, MigrateError};
use ftl_store::throwaway::ThrowawayPostgres;

#[tokio::test]
async fn tables_are_made_once_and_a_database_of_a_newer_program_is_refused() {
    let postgres = ThrowawayPostgres::start().unwrap();
    let database = Database::at(&postgres.url()).unwrap();
    database.require_durable().await.unwrap();
    assert_eq!(migrations::plan(&database).await.unwrap(), MIGRATIONS);
    let behind = migrations::require_current(&database).await;
    assert!(matches!(behind, Err(MigrateError::Behind { missing, .. }) if missing == MIGRATIONS.len()), "{behind:?}");

    // Two programs that start at once take turns.
    let (one, other) = futures::future::join(migrations::run(&database), migrations::run(&database)).await;
    assert_eq!(one.unwrap().len() + other.unwrap().len(), MIGRATIONS.len());
    assert!(migrations::plan(&database).await.unwrap().is_empty());
    migrations::require_current(&database).await.unwrap();

    let mut connection = database.connect().await.unwrap();
    sqlx::raw_sql("UPDATE ftl_migrations SET checksum = '\\x00' WHERE number = 1").execute(&mut connection).await.unwrap();
    assert!(matches!(migrations::run(&database).await, Err(MigrateError::Differs { number: 1, .. })));
    sqlx::raw_sql(
        "INSERT INTO ftl_migrations (number, name, checksum) VALUES (9000, 'later', '\\x00'); DELETE FROM ftl_migrations WHERE number = 1",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    assert!(matches!(migrations::run(&database).await, Err(MigrateError::Newer { found: 9000, .. })));
}

#[tokio::test]
async fn a_server_that_may_lose_what_it_committed_is_refused() {
    for setting in ["fsync", "synchronous_commit"] {
        let postgres = ThrowawayPostgres::start_with(&[&format!("{setting}=off")]).unwrap();
        let refused = Database::at(&postgres.url()).unwrap().require_durable().await;
        assert!(matches!(&refused, Err(ConnectError::Setting { setting: found, .. }) if *found == setting), "{refused:?}");
        let told = refused.unwrap_err().to_string();
        assert!(told.contains(&format!("ALTER SYSTEM SET {setting} = on")), "{told}");
    }
}
