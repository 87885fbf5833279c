//! Cutting a journal: what stays is whole and goes on, what is cut off is kept, and what followed from it is gone.

use ftl_core::hash::Hash;
use ftl_core::id::Seq;
use ftl_core::journal::{ChainCheck, JournalClock, Tip};
use ftl_core::projection::Projections;
use ftl_core::time::At;
use ftl_store::SharedOptions;
use ftl_store::archive::Archive;
use ftl_store::data_dir::DataDir;
use ftl_store::fork::in_directory;
use ftl_store::postgres::fork::{ForkError, fork};
use ftl_store::postgres::leagues::OrderedBy;
use ftl_store::postgres::presence::{Alone, AloneError, Presence, living};
use ftl_store::quarantine::{self, Quarantined};
use ftl_store::snapshots::SnapshotHead;

use crate::league::{append_one, commands, fill, found, open, read_all};
use crate::servers::Servers;

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_keeps_what_it_cuts_off_and_the_journal_goes_on_in_a_new_epoch() {
    let servers = Servers::postgres().await;
    let league = servers.found(JournalClock::Supplied, OrderedBy::Postgres).await;
    let journal = servers.open(&league, SharedOptions::default()).await;
    for n in 0..5 {
        journal.append(Tip::default(), Some(At(n)), commands(n * 2..n * 2 + 2)).await.unwrap();
    }
    let whole = journal.read(Seq(0), 100).await.unwrap();
    drop(journal);

    let mut alone = Alone::with(&servers.database, &league).await.unwrap();
    let would = fork(&mut alone, Seq(6), "test", true).await.unwrap();
    assert_eq!((would.epoch, would.at, would.cut_to), (1, Seq(6), Seq(10)));
    assert_eq!(servers.batches(&league).head().await.unwrap().tip.seq, Seq(10));
    assert_eq!(fork(&mut alone, Seq(6), "test", false).await.unwrap(), would);
    let inside = fork(&mut alone, Seq(3), "test", false).await.unwrap_err();
    assert_eq!(inside.to_string(), "no batch ends at entry 3: the nearest ends are 2 and 4");
    assert!(matches!(fork(&mut alone, Seq(6), "test", false).await, Err(ForkError::Nothing(Seq(6)))));
    alone.release().await;

    let mut connection = servers.database.connect().await.unwrap();
    let kept: (i64, i64, String) =
        sqlx::query_as("SELECT count(*), max(c.last), max(f.reason) FROM cut_batches c JOIN forks f USING (league)")
            .fetch_one(&mut connection)
            .await
            .unwrap();
    assert_eq!(kept, (2, 10, "test".to_owned()));

    let journal = servers.open(&league, SharedOptions::default()).await;
    let head = journal.head().await.unwrap();
    assert_eq!((head.epoch, head.seq), (1, Seq(6)));
    journal.append(head, Some(At(9)), commands(90..91)).await.unwrap();
    let batches = journal.read(Seq(0), 100).await.unwrap();
    assert_eq!(batches[..3], whole[..3]);
    let mut check = ChainCheck::default();
    batches.iter().try_for_each(|batch| check.follow(batch)).unwrap();
    assert_eq!(check.tip.seq, Seq(7));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_alone_with_a_league_while_one_of_its_processes_lives() {
    let servers = Servers::postgres().await;
    let league = servers.found(JournalClock::Supplied, OrderedBy::Postgres).await;
    let other = servers.found(JournalClock::Supplied, OrderedBy::Postgres).await;
    let api = Presence::begin(&servers.database, &league, "api", 1).await.unwrap();
    let flusher = Presence::begin(&servers.database, &league, "flusher", 2).await.unwrap();
    let refused = Alone::with(&servers.database, &league).await.unwrap_err();
    assert_eq!(refused.to_string(), "2 processes live, of roles api, flusher");
    // Another league of the database is none of their business.
    Alone::with(&servers.database, &other).await.unwrap().release().await;
    drop(api);
    let mut connection = servers.database.connect().await.unwrap();
    // Its session ends by and by, as it would behind a kill.
    while living(&mut connection, &league).await.unwrap().len() > 1 {
        tokio::task::yield_now().await;
    }
    let left = living(&mut connection, &league).await.unwrap();
    assert_eq!(left.iter().map(|process| (process.id, process.engine)).collect::<Vec<_>>(), [(flusher.id(), 2)]);
    drop(flusher);
    let alone = loop {
        match Alone::with(&servers.database, &league).await {
            Err(AloneError::Others(_)) => tokio::task::yield_now().await,
            other => break other.unwrap(),
        }
    };
    // And nobody begins to live meanwhile.
    assert!(Presence::begin(&servers.database, &league, "api", 1).await.is_err());
    alone.release().await;
    Presence::begin(&servers.database, &league, "api", 1).await.unwrap();
}

#[tokio::test]
async fn a_directory_is_cut_with_its_history_and_its_journal_stays_as_it_was_beside() {
    let (dir, league) = found().await;
    fill(&league.journal, 5, 2).await;
    league.projections.write(Seq(0), Seq(8), Vec::new()).await.unwrap();
    let journal = ChainCheck { tip: Tip { seq: Seq(8), ..Tip::default() }, ..ChainCheck::default() };
    let head = SnapshotHead { journal, state_hash: Hash::of(b"state") };
    league.snapshots.write(&head, b"state").unwrap();
    let whole = read_all(&league.journal).await;
    let data = DataDir::at(dir.path());
    let set_aside = [3, 9].map(|seq| Quarantined { seq: Seq(seq), reason: "panics".into() });
    quarantine::write(&data.quarantine(), &set_aside).unwrap();
    let cut = async |at: u64, dry_run| in_directory(&data, Seq(at), "test", At(77), dry_run).await;

    let refused = cut(6, false).await.unwrap_err();
    assert!(matches!(refused, ForkError::InUse(_)), "{refused}");
    league.close().await.unwrap();
    assert_eq!(cut(5, false).await.unwrap_err().to_string(), "no batch ends at entry 5: the nearest ends are 4 and 6");
    assert!(matches!(cut(10, false).await, Err(ForkError::Nothing(Seq(10)))));
    assert_eq!(cut(6, true).await.unwrap().cut_to, Seq(10));
    assert_eq!(read_all(&open(dir.path()).await.unwrap().journal).await, whole);

    cut(6, false).await.unwrap();
    let league = open(dir.path()).await.unwrap();
    assert_eq!(read_all(&league.journal).await, whole[..3]);
    assert_eq!(league.projections.watermark().await.unwrap(), Seq(0));
    assert_eq!(league.snapshots.heads().unwrap(), []);
    assert_eq!(league.journal.quarantined().await.unwrap(), set_aside[..1]);
    assert_eq!(append_one(&league.journal).await.first, Seq(7));
    league.close().await.unwrap();
    let kept = dir.path().join("forks/7-to-10-77");
    assert!(std::fs::read_to_string(kept.join("fork.json")).unwrap().contains("\"reason\": \"test\""));
    // A backup has it, and what is restored from one.
    let (backed_up, restored) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    ftl_store::backup::backup(&data, backed_up.path(), At(78)).await.unwrap();
    ftl_store::backup::restore(backed_up.path(), &DataDir::at(restored.path())).await.unwrap();
    for file in ["fork.json", "journal.db"] {
        let path = format!("forks/7-to-10-77/{file}");
        assert_eq!(std::fs::read(restored.path().join(&path)).unwrap(), std::fs::read(dir.path().join(&path)).unwrap(), "{file}");
    }
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(kept.join("journal.db"));
    let mut connection = sqlx::ConnectOptions::connect(&options).await.unwrap();
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM batch").fetch_one(&mut connection).await.unwrap();
    assert_eq!(rows, 5);
}
