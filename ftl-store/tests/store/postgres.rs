//! What is peculiar to PostgreSQL: what a server must be set to, and its tables.

use std::time::{Duration, Instant};

use ftl_core::id::Seq;
use ftl_core::journal::{ChainCheck, JournalClock, Tip};
use ftl_core::time::At;
use ftl_store::SharedOptions;
use ftl_store::postgres::connect::{ConnectError, Database};
use ftl_store::postgres::leagues::OrderedBy;
use ftl_store::postgres::migrations::{self, MIGRATIONS, MigrateError};
use ftl_store::throwaway::ThrowawayPostgres;

use crate::league::commands;
use crate::servers::Servers;

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

#[tokio::test(flavor = "multi_thread")]
async fn whatever_was_acknowledged_survives_a_kill_of_postgres_and_service_resumes() {
    let mut servers = Servers::start(None).await;
    let league = servers.found(JournalClock::Supplied, OrderedBy::Postgres).await;
    let journal = servers.open(&league, SharedOptions::default()).await;
    let mut acknowledged = Vec::new();
    for round in 0..3u64 {
        let appending = {
            let journal = journal.clone();
            tokio::spawn(async move {
                let mut acknowledged = Vec::new();
                for n in 0u64.. {
                    match journal.append(Tip::default(), Some(At(5_000)), commands(n * 5..n * 5 + 5)).await {
                        Ok(appended) => acknowledged.push((appended.first, appended.last, n * 5)),
                        // A broken connection is never a certain refusal.
                        Err(error) => return (acknowledged, error),
                    }
                }
                unreachable!("it is killed")
            })
        };
        let target = acknowledged.last().map_or(0, |(_, last, _): &(Seq, Seq, u64)| last.0) + 100 + round * 35;
        while journal.head().await.unwrap().seq < Seq(target) {
            tokio::task::yield_now().await;
        }
        servers.postgres.kill();
        let (now, error) = appending.await.unwrap();
        acknowledged.extend(now);
        println!("round {round}: {} batches, then {error}", acknowledged.len());
        servers.postgres.restart().unwrap();

        // Connections that broke are replaced as they are used.
        let began = Instant::now();
        let stored = loop {
            if let Ok(stored) = journal.read(Seq(0), usize::MAX).await {
                break stored;
            }
            assert!(began.elapsed() < Duration::from_secs(5), "it does not resume");
        };
        for (first, last, id) in &acknowledged {
            let batch = stored.iter().find(|batch| batch.first == *first).unwrap();
            assert_eq!((batch.last(), batch.commands[0].body), (*last, *id), "round {round}");
        }
        let mut check = ChainCheck::default();
        stored.iter().for_each(|batch| check.follow(batch).unwrap());
        assert_eq!(check.tip, journal.head().await.unwrap());
        let resumed = loop {
            if let Ok(appended) = journal.append(check.tip, Some(At(5_000)), commands(900..901)).await {
                break appended;
            }
            assert!(began.elapsed() < Duration::from_secs(5), "it does not resume");
        };
        acknowledged.push((resumed.first, resumed.last, 900));
    }
}
