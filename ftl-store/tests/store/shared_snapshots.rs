//! Snapshots in PostgreSQL, shared by processes: confirmed by two computations, kept by threes, refused when damaged.

use std::sync::Arc;

use ftl_core::hash::Hash;
use ftl_core::id::Seq;
use ftl_core::journal::{BatchId, ChainCheck, Tip};
use ftl_core::time::At;
use ftl_store::postgres::connect::Database;
use ftl_store::postgres::snapshots::PostgresSnapshots;
use ftl_store::snapshots::{SnapshotError, SnapshotHead, SnapshotStore};
use tokio::runtime::Handle;

use crate::database::database;

fn head(seq: u64) -> SnapshotHead {
    let tip = Tip { epoch: 1, seq: Seq(seq), batch_id: BatchId(7) };
    SnapshotHead { journal: ChainCheck { tip, chain: Hash::of(b"chain"), at: At(5) }, state_hash: Hash::of(&seq.to_be_bytes()) }
}

/// Three chunks that do not compress to nothing.
fn state(seq: u64) -> Vec<u8> {
    (0..(9 << 20) / 32).flat_map(|n: u64| Hash::of(&(n ^ seq).to_be_bytes()).0).collect()
}

/// A check on a thread that may block, with two processes' stores.
async fn with_two(check: impl FnOnce(Arc<dyn SnapshotStore>, Arc<dyn SnapshotStore>) + Send + 'static) -> Database {
    let database = database().await;
    let store = |league: &str| -> Arc<dyn SnapshotStore> { Arc::new(PostgresSnapshots::at(&database, league, Handle::current())) };
    let (one, other) = (store("test"), store("test"));
    let strangers = store("other");
    tokio::task::spawn_blocking(move || {
        check(one, other);
        assert!(strangers.confirmed().unwrap().is_empty() && strangers.unconfirmed().unwrap().is_empty());
    })
    .await
    .unwrap();
    database
}

#[tokio::test]
async fn a_snapshot_counts_once_a_second_process_has_the_same_hash() {
    with_two(|one, other| {
        one.write(&head(10), &state(10)).unwrap();
        assert!(other.load(Seq(100)).unwrap().snapshot.is_none(), "nobody confirmed it");
        assert_eq!(other.unconfirmed().unwrap(), [Seq(10)]);
        other.write(&head(10), &state(10)).unwrap();
        let loaded = one.load(Seq(100)).unwrap().snapshot.unwrap();
        assert!(loaded.head == head(10) && loaded.bytes == state(10));
        assert!(one.load_newest(&|head| head.journal.tip.seq < Seq(10)).unwrap().snapshot.is_none());
    })
    .await;
}

#[tokio::test]
async fn a_process_that_has_another_hash_is_told() {
    with_two(|one, other| {
        one.write(&head(10), b"state").unwrap();
        let differs = SnapshotHead { state_hash: Hash::of(b"other"), ..head(10) };
        assert!(matches!(other.write(&differs, b"other"), Err(SnapshotError::Diverged { seq: Seq(10), .. })));
        assert!(matches!(other.confirm(Seq(10), &Hash::of(b"other")), Err(SnapshotError::Diverged { .. })));
        assert!(matches!(other.confirm(Seq(11), &Hash::of(b"other")), Err(SnapshotError::Missing(Seq(11)))));
        assert!(one.confirmed().unwrap().is_empty());
        one.confirm(Seq(10), &head(10).state_hash).unwrap();
        assert_eq!(one.confirmed().unwrap(), [Seq(10)]);
    })
    .await;
}

#[tokio::test]
async fn the_last_three_confirmed_are_kept_and_their_chunks_alone() {
    let database = with_two(|one, _| {
        one.write(&head(5), b"overtaken").unwrap();
        for seq in [10, 20, 30, 40, 50] {
            one.write(&head(seq), b"state").unwrap();
            one.confirm(Seq(seq), &head(seq).state_hash).unwrap();
        }
        one.write(&head(60), b"state").unwrap();
        assert_eq!(one.confirmed().unwrap(), [Seq(50), Seq(40), Seq(30)]);
        assert_eq!(one.unconfirmed().unwrap(), [Seq(60)]);
        assert_eq!(one.heads().unwrap(), [30, 40, 50, 60].map(head));
        let beyond = one.load(Seq(45)).unwrap();
        assert_eq!((beyond.snapshot.unwrap().head, beyond.refused.len()), (head(40), 1));
    })
    .await;
    let chunks: i64 = sqlx::query_scalar("SELECT count(*) FROM snapshot_chunks").fetch_one(&database.pool(1)).await.unwrap();
    assert_eq!(chunks, 4);
}

#[tokio::test]
async fn a_damaged_chunk_is_named_and_an_older_snapshot_is_used() {
    let database = database().await;
    let pool = database.pool(1);
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || {
        let store = PostgresSnapshots::at(&database, "test", runtime.clone());
        for seq in [10, 20] {
            store.write(&head(seq), &state(seq)).unwrap();
            store.confirm(Seq(seq), &head(seq).state_hash).unwrap();
        }
        let run = |statement: &'static str| runtime.block_on(sqlx::raw_sql(statement).execute(&pool)).map(drop).unwrap();
        run("UPDATE snapshot_chunks SET body = set_byte(body, 100000, 1 + get_byte(body, 100000) % 255)
             WHERE n = 2 AND id = (SELECT id FROM snapshots WHERE seq = 20)");
        let load = store.load(Seq(100)).unwrap();
        assert_eq!(load.snapshot.unwrap().head, head(10));
        assert!(matches!(load.refused[0].why, SnapshotError::Chunk { chunk: 2, .. }), "{:?}", load.refused);
        assert_eq!(store.damaged().unwrap()[0].path.to_str(), Some("snapshots/test/20"));
        run("DELETE FROM snapshot_chunks WHERE n = 1 AND id = (SELECT id FROM snapshots WHERE seq = 10)");
        let load = store.load(Seq(100)).unwrap();
        assert!(load.snapshot.is_none() && load.refused.len() == 2);
        assert_eq!(load.refused[1].why.to_string(), "the snapshot is damaged: its chunk 1 is not there");
        run("UPDATE snapshots SET version = 49");
        let why = store.load(Seq(100)).unwrap().refused[0].why.to_string();
        assert_eq!(why, "the snapshot is of version 1, this program's are of version 4: the journal is replayed instead");
        assert!(store.heads().unwrap().is_empty());
    })
    .await
    .unwrap();
}
