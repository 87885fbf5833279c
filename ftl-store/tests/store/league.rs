//! Leagues in throwaway directories, and commands to put into them.

use std::path::Path;
use std::sync::Arc;

use ftl_core::command::{Action, Command};
use ftl_core::id::{CommandId, Seq};
use ftl_core::journal::{Appended, Journal, JournalClock, StoredBatch, Tip};
use ftl_core::time::At;
use ftl_store::data_dir::{DataDir, League, LeagueMeta, OpenError, OpenOptions};
use tempfile::TempDir;

pub fn meta(clock: JournalClock) -> LeagueMeta {
    LeagueMeta { league: "test".into(), clock, created_at: At(1_000) }
}

/// A new league with supplied time, in a directory that goes when the test ends.
pub async fn found() -> (TempDir, League) {
    let dir = tempfile::tempdir().unwrap();
    let league = DataDir::at(dir.path()).create(&meta(JournalClock::Supplied), OpenOptions::default()).await.unwrap();
    (dir, league)
}

pub async fn open(dir: &Path) -> Result<League, OpenError> {
    DataDir::at(dir).open(OpenOptions::default()).await
}

pub fn commands(ids: std::ops::Range<u64>) -> Vec<Command> {
    ids.map(|n| Command { id: CommandId(u128::from(n)), body: n, not_after: None, action: Action::Tick { due: At(n) } }).collect()
}

/// Appends `batches` batches of `size` commands each, one time for all.
pub async fn fill(journal: &Arc<impl Journal + ?Sized>, batches: u64, size: u64) -> Vec<Appended> {
    let mut appended = Vec::new();
    for n in 0..batches {
        let seen = journal.head().await.unwrap();
        appended.push(journal.append(seen, Some(At(5_000)), commands(n * size..(n + 1) * size)).await.unwrap());
    }
    appended
}

pub async fn read_all(journal: &Arc<impl Journal + ?Sized>) -> Vec<StoredBatch> {
    journal.read(Seq(0), usize::MAX).await.unwrap()
}

/// One entry more, to see that a journal still takes them.
pub async fn append_one(journal: &Arc<impl Journal + ?Sized>) -> Appended {
    journal.append(Tip::default(), Some(At(9_000)), commands(7_000..7_001)).await.unwrap()
}

/// A copy of a directory's files as a crash leaves them; the shared-memory index does not outlive a machine.
pub fn copy(from: &Path) -> TempDir {
    let to = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_file() && !name.ends_with("-shm") {
            std::fs::copy(&path, to.path().join(name)).unwrap();
        }
    }
    to
}
