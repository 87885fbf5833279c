//! What is damaged in a database is found by `ftl audit`, and named: a row of everything that a league keeps there.

use std::sync::Arc;
use std::time::Duration;

use sqlx::{Connection, PgConnection};

use crate::site::{Setup, Site};
use crate::{checks, clients, flushed};

/// A row that is changed, and what the audit says of it.
struct Damage {
    table: &'static str,
    how: &'static str,
    check: &'static str,
    names: &'static str,
}

const fn damage(table: &'static str, how: &'static str, check: &'static str, names: &'static str) -> Damage {
    Damage { table, how, check, names }
}

const OF_EVERYTHING: [Damage; 16] = [
    damage(
        "batches",
        "UPDATE batches SET commands = set_byte(commands, 9, 255 - get_byte(commands, 9)) WHERE last = (SELECT last FROM batches ORDER BY last OFFSET 30 LIMIT 1)",
        "chain",
        "damaged at",
    ),
    damage("batches", "DELETE FROM batches WHERE last = (SELECT last FROM batches ORDER BY last OFFSET 30 LIMIT 1)", "chain", "damaged at"),
    damage(
        "heads",
        "UPDATE heads SET chain = set_byte(chain, 3, 255 - get_byte(chain, 3))",
        "database",
        "the head is not that of the batch",
    ),
    damage(
        "outcomes",
        "UPDATE outcomes SET body = set_byte(body, 9, 255 - get_byte(body, 9)) WHERE last = (SELECT last FROM outcomes ORDER BY last OFFSET 30 LIMIT 1)",
        "outcomes",
        "hash",
    ),
    damage(
        "outcomes",
        "DELETE FROM outcomes WHERE last = (SELECT last FROM outcomes ORDER BY last OFFSET 30 LIMIT 1)",
        "outcomes",
        "not stored",
    ),
    damage(
        "snapshot_chunks",
        "UPDATE snapshot_chunks SET body = set_byte(body, 99, 255 - get_byte(body, 99)) WHERE ctid = (SELECT ctid FROM snapshot_chunks LIMIT 1)",
        "snapshots",
        "chunk 0",
    ),
    damage(
        "snapshot_chunks",
        "DELETE FROM snapshot_chunks WHERE ctid = (SELECT ctid FROM snapshot_chunks LIMIT 1)",
        "snapshots",
        "chunk 0",
    ),
    damage(
        "snapshots",
        "UPDATE snapshots SET state_hash = set_byte(state_hash, 3, 255 - get_byte(state_hash, 3))",
        "snapshots",
        "another state",
    ),
    damage("wallets", "UPDATE wallets SET balance = balance + 1 WHERE ctid = (SELECT ctid FROM wallets LIMIT 1)", "projections", "wallets"),
    damage("orders", "DELETE FROM orders WHERE ctid = (SELECT ctid FROM orders LIMIT 1)", "projections", "orders"),
    damage("trades", "DELETE FROM trades WHERE seq = (SELECT max(seq) FROM trades)", "projections", "trades"),
    damage("watermarks", "UPDATE watermarks SET seq = seq - 7 WHERE projection = 'orders'", "projections", "orders"),
    damage("watermarks", "UPDATE watermarks SET seq = seq + 100000 WHERE projection = 'orders'", "projections", "orders"),
    damage("watermarks", "UPDATE watermarks SET seq = seq - 1 WHERE projection = 'outcomes'", "outcomes", "watermark"),
    damage(
        "command_ids",
        "UPDATE command_ids SET id = gen_random_uuid() WHERE ctid = (SELECT ctid FROM command_ids LIMIT 1)",
        "projections",
        "command_ids",
    ),
    damage("command_ids", "DELETE FROM command_ids WHERE ctid = (SELECT ctid FROM command_ids LIMIT 1)", "projections", "command_ids"),
];

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_damaged_in_a_database_is_named_by_the_audit() {
    let site = Arc::new(Site::start(Setup::Postgres).await);
    let crowd = clients::start(&site, 8, 1).await;
    while crowd.trades() < 500 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    crowd.end().await;
    let seq = site.all_ready(Duration::from_secs(30)).await;
    flushed(&site, seq).await;
    // A flusher that ends leaves a snapshot behind.
    for process in &site.processes {
        process.lock().await.end();
    }
    let url = site.database_url();
    assert_eq!(checks::audit::check(url), Vec::<String>::new());

    let mut connection = PgConnection::connect(url).await.unwrap();
    let mut unseen = Vec::new();
    for Damage { table, how, check, names } in OF_EVERYTHING {
        run(&mut connection, &format!("CREATE TABLE sound AS SELECT * FROM {table}")).await;
        assert_ne!(run(&mut connection, how).await, 0, "{how}");
        let found = checks::audit::check(url);
        if !found.iter().any(|found| found.starts_with(&format!("\"{check}\"")) && found.contains(names)) {
            unseen.push(format!("{how}: {found:?}"));
        }
        run(&mut connection, &format!("DELETE FROM {table}")).await;
        run(&mut connection, &format!("INSERT INTO {table} SELECT * FROM sound")).await;
        run(&mut connection, "DROP TABLE sound").await;
    }
    assert!(unseen.is_empty(), "{}", unseen.join("\n"));
    assert_eq!(checks::audit::check(url), Vec::<String>::new());
}

/// Rows that it touched.
async fn run(connection: &mut PgConnection, statement: &str) -> u64 {
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned())).execute(connection).await.unwrap().rows_affected()
}
