//! Snapshots whose store does not answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use ftl_core::hash::Hash;
use ftl_core::id::Seq;
use ftl_server::stores::Stores;
use ftl_store::snapshots::{Load, RefusedSnapshot, SnapshotError, SnapshotHead, SnapshotStore};

use crate::harness::{Harness, config};
use crate::shared::until;

/// A store that is away at first; then it stores a write and loses its answer, and refuses a confirmation.
#[derive(Debug)]
struct Failing {
    store: Arc<dyn SnapshotStore>,
    away: AtomicBool,
    writes: AtomicUsize,
    confirmations: AtomicUsize,
}

fn away<T>() -> Result<T, SnapshotError> {
    Err(SnapshotError::Unavailable("out for lunch".into()))
}

impl SnapshotStore for Failing {
    fn write(&self, head: &SnapshotHead, bytes: &[u8]) -> Result<(), SnapshotError> {
        if self.away.load(Ordering::SeqCst) {
            return away();
        }
        self.store.write(head, bytes)?;
        match self.writes.fetch_add(1, Ordering::SeqCst) {
            0 => away(),
            _ => Ok(()),
        }
    }

    fn confirm(&self, seq: Seq, state_hash: &Hash) -> Result<(), SnapshotError> {
        match self.confirmations.fetch_add(1, Ordering::SeqCst) {
            0 => away(),
            _ => self.store.confirm(seq, state_hash),
        }
    }

    fn load(&self, up_to: Seq) -> Result<Load, SnapshotError> {
        self.store.load(up_to)
    }

    fn load_newest(&self, wanted: &dyn Fn(&SnapshotHead) -> bool) -> Result<Load, SnapshotError> {
        self.store.load_newest(wanted)
    }

    fn confirmed(&self) -> Result<Vec<Seq>, SnapshotError> {
        self.store.confirmed()
    }

    fn unconfirmed(&self) -> Result<Vec<Seq>, SnapshotError> {
        self.store.unconfirmed()
    }

    fn heads(&self) -> Result<Vec<SnapshotHead>, SnapshotError> {
        self.store.heads()
    }

    fn damaged(&self) -> Result<Vec<RefusedSnapshot>, SnapshotError> {
        self.store.damaged()
    }
}

#[tokio::test]
async fn a_snapshot_that_failed_is_taken_again_though_nothing_more_comes() {
    let directory = tempfile::tempdir().unwrap();
    let mut config = config(directory.path(), &[("DISABLE_RATE_LIMIT", "1")]);
    config.snapshot_every = 5;
    let mut stores = Stores::in_directory(&config.data, &config.league).await.unwrap();
    let store = stores.snapshots.take().unwrap();
    let failing =
        Arc::new(Failing { store, away: AtomicBool::new(true), writes: AtomicUsize::default(), confirmations: AtomicUsize::default() });
    stores.snapshots = Some(failing.clone());
    let harness = Harness::over(directory, config, stores).await;
    harness.list("lionel-messi").await;
    let token = harness.player("patient").await;
    for n in 0..5 {
        harness.open(&token, "lionel-messi", if n % 2 == 0 { "long" } else { "short" }, &n.to_string()).await;
    }
    assert_eq!(failing.heads().unwrap(), []);
    failing.away.store(false, Ordering::SeqCst);
    until("a confirmed snapshot", Duration::from_secs(20), async || !failing.confirmed().unwrap().is_empty()).await;
    // The write that had stored it was not made again: that would have been another process's, and a confirmation.
    let made = [&failing.writes, &failing.confirmations].map(|made| made.load(Ordering::SeqCst));
    assert_eq!(made, [1, 2]);
    assert_eq!(failing.confirmed().unwrap(), [harness.server.app.seq()]);
    harness.stop().await;
}
