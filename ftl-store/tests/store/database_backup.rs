//! Backups of a league in PostgreSQL, taken while it serves, restored to a database and to a directory.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ftl_core::command::AccountKind;
use ftl_core::id::{District, Seq};
use ftl_core::journal::{Journal, JournalClock, Tip};
use ftl_core::time::At;
use ftl_store::SharedOptions;
use ftl_store::archive::Archive;
use ftl_store::backup::BackupError;
use ftl_store::backup::database::{Half, backup, restore};
use ftl_store::data_dir::DataDir;
use ftl_store::identity::{Identities, NewIdentity};
use ftl_store::postgres::connect::Database;
use ftl_store::postgres::fork::fork;
use ftl_store::postgres::identities::PostgresIdentities;
use ftl_store::postgres::leagues::OrderedBy;
use ftl_store::postgres::migrations;
use ftl_store::postgres::presence::Alone;
use ftl_store::postgres::quarantine::PostgresQuarantine;
use ftl_store::quarantine::Quarantined;
use ftl_store::redis::recovery::{Known, recover, shut};
use tempfile::TempDir;

use crate::league::{append_one, commands, open, read_all};
use crate::servers::Servers;

fn person(name: &str) -> NewIdentity {
    NewIdentity { name: name.into(), district: District::from("A"), kind: AccountKind::Human }
}

/// Another, empty database of the same server.
async fn elsewhere(servers: &Servers) -> Database {
    let name = servers.postgres.create_database().unwrap();
    let database = Database::at(&servers.postgres.url_of(&name)).unwrap();
    migrations::run(&database).await.unwrap();
    database
}

/// A league with something of everything, and its backup.
async fn backed_up(servers: &Servers) -> (String, Arc<dyn Journal>, TempDir) {
    let league = servers.found(JournalClock::Supplied, OrderedBy::Postgres).await;
    let journal = servers.open(&league, SharedOptions::default()).await;
    for n in 0..20 {
        journal.append(Tip::default(), Some(At(5_000 + n)), commands(n * 8..n * 8 + 8)).await.unwrap();
    }
    PostgresIdentities::at(&servers.database, &league, 1).find_or_create(&[person("player-1")], At(1)).await.unwrap();
    let set_aside = Quarantined { seq: Seq(12), reason: "panics".into() };
    PostgresQuarantine::at(&servers.database, &league).add(&set_aside).await.unwrap();
    let target = tempfile::tempdir().unwrap();
    let manifest = backup(&servers.database, &league, target.path(), At(9)).await.unwrap();
    assert_eq!((manifest.head, manifest.taken_at, manifest.league.league.as_str()), (Seq(160), At(9), league.as_str()));
    (league, journal, target)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_league_restored_to_another_database_is_the_one_that_was_backed_up() {
    let servers = Servers::postgres().await;
    let (league, journal, target) = backed_up(&servers).await;
    let other = elsewhere(&servers).await;
    let done = restore(target.path(), &other, &league, None, OrderedBy::Postgres).await.unwrap();
    // Nothing in this journal opens an account.
    assert_eq!((done.unnamed, done.unopened), (0, 1));

    let there = ftl_store::postgres::batches::PostgresBatches::new(&other, &league);
    assert_eq!(there.read(Seq(0), 1_000).await.unwrap(), read_all(&journal).await);
    let head = there.head().await.unwrap();
    assert_eq!((head.tip.seq, there.epoch().await.unwrap()), (Seq(160), 1));
    let [one, other_one] = [&servers.database, &other].map(|database| PostgresIdentities::at(database, &league, 1));
    assert_eq!(one.list(None, 10).await.unwrap(), other_one.list(None, 10).await.unwrap());
    let set_aside = PostgresQuarantine::at(&other, &league).read().await.unwrap();
    assert_eq!(set_aside, [Quarantined { seq: Seq(12), reason: "panics".into() }]);
    let goes_on = ftl_store::postgres::journal::PostgresJournal::open(&other, &league, SharedOptions::default()).await.unwrap();
    let seen = goes_on.head().await.unwrap();
    assert_eq!(goes_on.append(seen, Some(At(9_000)), commands(900..901)).await.unwrap().first, Seq(161));

    let again = restore(target.path(), &other, &league, None, OrderedBy::Postgres).await.unwrap_err();
    assert!(matches!(again, BackupError::There { .. }), "{again}");
    let misnamed = restore(target.path(), &other, "main", None, OrderedBy::Postgres).await.unwrap_err();
    assert!(matches!(misnamed, BackupError::OtherLeague { .. }), "{misnamed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_league_moves_from_a_database_to_a_directory_and_back() {
    let servers = Servers::postgres().await;
    let (league, journal, target) = backed_up(&servers).await;
    let directory = tempfile::tempdir().unwrap();
    let data = DataDir::at(directory.path().join("league"));
    ftl_store::backup::restore(target.path(), &data).await.unwrap();
    // It can be audited before anybody has opened it.
    data.open_for_reading().await.unwrap().close().await.unwrap();
    let there = open(data.path()).await.unwrap();
    assert_eq!(read_all(&there.journal).await, read_all(&journal).await);
    assert_eq!(there.identities.list(None, 10).await.unwrap().len(), 1);
    assert_eq!(there.journal.quarantined().await.unwrap().len(), 1);
    assert_eq!(append_one(&there.journal).await.first, Seq(161));

    let back = directory.path().join("back");
    ftl_store::backup::backup(&data, &back, At(10)).await.unwrap();
    let other = elsewhere(&servers).await;
    restore(&back, &other, &league, None, OrderedBy::Postgres).await.unwrap();
    let batches = ftl_store::postgres::batches::PostgresBatches::new(&other, &league);
    assert_eq!(batches.read(Seq(0), 1_000).await.unwrap(), read_all(&there.journal).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_league_restored_after_recoveries_begins_an_epoch_of_its_own_though_nothing_was_appended_in_theirs() {
    let servers = Servers::both().await;
    let league = servers.found(JournalClock::Supplied, OrderedBy::Redis).await;
    let journal = servers.open(&league, SharedOptions::default()).await;
    journal.append(Tip::default(), Some(At(5_000)), commands(0..3)).await.unwrap();
    for epoch in 0..3 {
        let known = Known { epoch, tailed: Vec::new(), acknowledged: Seq(3), refill_after: Seq(0) };
        shut(&servers.redis_server(), &league).await.unwrap();
        let recovered = recover(&servers.redis_server(), &servers.database, &league, known).await.unwrap();
        assert_eq!((recovered.epoch, recovered.head.tip.seq, recovered.head.tip.epoch), (epoch + 1, Seq(3), 0));
    }
    let target = tempfile::tempdir().unwrap();
    backup(&servers.database, &league, target.path(), At(9)).await.unwrap();
    let other = elsewhere(&servers).await;
    restore(target.path(), &other, &league, None, OrderedBy::Redis).await.unwrap();
    let there = ftl_store::postgres::batches::PostgresBatches::new(&other, &league);
    assert_eq!((there.head().await.unwrap().tip.seq, there.epoch().await.unwrap()), (Seq(3), 4));
}

/// Forks and what they cut off, as text.
async fn cuts(database: &Database, league: &str) -> (Vec<String>, Vec<String>) {
    let mut connection = database.connect().await.unwrap();
    let mut rows = async |table: &str| -> Vec<String> {
        let query = format!("SELECT t::text FROM {table} AS t WHERE league = $1 ORDER BY 1");
        sqlx::query_scalar(sqlx::AssertSqlSafe(query)).bind(league).fetch_all(&mut connection).await.unwrap()
    };
    (rows("forks").await, rows("cut_batches").await)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_operators_cut_off_is_in_a_backup_and_comes_back_by_way_of_a_directory_too() {
    let servers = Servers::postgres().await;
    let (league, journal, untouched) = backed_up(&servers).await;
    assert!(!untouched.path().join("forks.db").exists());
    drop(journal);
    // The second one cuts off what the first one cut behind.
    for (at, reason) in [(120, "a feed that lied"), (64, "and before that")] {
        let mut alone = Alone::with(&servers.database, &league).await.unwrap();
        fork(&mut alone, Seq(at), reason, false).await.unwrap();
        alone.release().await;
    }
    let target = tempfile::tempdir().unwrap();
    backup(&servers.database, &league, target.path(), At(9)).await.unwrap();
    let (forks, batches) = cuts(&servers.database, &league).await;
    assert_eq!((forks.len(), batches.len()), (2, 12));

    let other = elsewhere(&servers).await;
    restore(target.path(), &other, &league, None, OrderedBy::Postgres).await.unwrap();
    assert_eq!(cuts(&other, &league).await, (forks.clone(), batches.clone()));
    let there = ftl_store::postgres::batches::PostgresBatches::new(&other, &league);
    // Nothing was appended in the epochs that the forks began, and the restored league is in a later one.
    assert_eq!((there.head().await.unwrap().tip.seq, there.epoch().await.unwrap()), (Seq(64), 3));

    let directory = tempfile::tempdir().unwrap();
    let data = DataDir::at(directory.path().join("league"));
    ftl_store::backup::restore(target.path(), &data).await.unwrap();
    let back = directory.path().join("back");
    ftl_store::backup::backup(&data, &back, At(10)).await.unwrap();
    let third = elsewhere(&servers).await;
    restore(&back, &third, &league, Some(Half::Journal), OrderedBy::Postgres).await.unwrap();
    assert_eq!(cuts(&third, &league).await, (forks, batches));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_a_database_taken_while_entries_arrive_is_of_one_moment() {
    let servers = Servers::postgres().await;
    let (league, journal, _target) = backed_up(&servers).await;
    let done = Arc::new(AtomicBool::new(false));
    let (stop, writing) = (done.clone(), journal.clone());
    let writer = tokio::spawn(async move {
        let mut appended = 0u64;
        while !stop.load(Ordering::SeqCst) {
            writing.append(Tip::default(), Some(At(9_000)), commands(0..8)).await.unwrap();
            appended += 8;
        }
        appended
    });
    for _ in 0..3 {
        let target = tempfile::tempdir().unwrap();
        let manifest = backup(&servers.database, &league, target.path(), At(9)).await.unwrap();
        let other = elsewhere(&servers).await;
        restore(target.path(), &other, &league, None, OrderedBy::Postgres).await.unwrap();
        let batches = ftl_store::postgres::batches::PostgresBatches::new(&other, &league);
        let restored = batches.read(Seq(0), usize::MAX).await.unwrap();
        assert_eq!(restored.last().unwrap().last(), manifest.head);
        assert!(read_all(&journal).await.starts_with(&restored));
    }
    done.store(true, Ordering::SeqCst);
    assert!(writer.await.unwrap() > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_half_is_restored_beside_the_other_and_a_damaged_backup_not_at_all() {
    let servers = Servers::postgres().await;
    let (league, _journal, target) = backed_up(&servers).await;
    let other = elsewhere(&servers).await;
    let restored = async |half| restore(target.path(), &other, &league, half, OrderedBy::Postgres).await;
    restored(Some(Half::Accounts)).await.unwrap();
    assert!(matches!(restored(None).await, Err(BackupError::There { what: "accounts", .. })));
    // What was refused left nothing behind: the other half still goes in.
    let done = restored(Some(Half::Journal)).await.unwrap();
    assert_eq!(done.unopened, 1);

    let file = target.path().join("journal.db");
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let third = elsewhere(&servers).await;
    let refused = restore(target.path(), &third, &league, None, OrderedBy::Postgres).await.unwrap_err();
    assert!(matches!(refused, BackupError::Changed { .. }), "{refused}");
}
