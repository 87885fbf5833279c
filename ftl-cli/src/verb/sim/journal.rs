//! `--out`: the season's journal in a directory, for `ftl audit` and `ftl verify`, and a snapshot of where it ended.
//!
//! ```text
//!  Season::step ─▶ take_kept ─▶ one batch a moment ──channel──▶ SqliteJournal::append
//! ```
//! Batches wait in a short channel while the season goes on: the disk and the rules work at the same time, and memory
//! holds a few batches, never the journal. History is not written: it follows from the journal.

use std::path::Path;
use std::sync::Arc;

use ftl_core::command::Command;
use ftl_core::id::Seq;
use ftl_core::journal::{ChainCheck, Journal, JournalClock, Tip};
use ftl_core::outcome::Entry;
use ftl_core::state::State;
use ftl_core::time::At;
use ftl_store::data_dir::{DataDir, League, LeagueMeta, OpenOptions};
use ftl_store::snapshots::SnapshotHead;
use ftl_store::sqlite::journal::SqliteJournal;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;

use crate::failure::Failure;

/// Batches on their way to the disk.
const ON_THEIR_WAY: usize = 1_024;
/// Entries read at a time when the chain is followed.
const TOGETHER: usize = 10_000;

/// What happened at one moment.
struct Batch {
    first: Seq,
    at: At,
    commands: Vec<Command>,
}

/// See the module.
pub struct Out {
    league: League,
    open: Option<Batch>,
    batches: Sender<Batch>,
    writer: JoinHandle<Result<(), Failure>>,
}

impl Out {
    /// A new league in `path`.
    pub async fn create(path: &Path, created_at: At) -> Result<Self, Failure> {
        let meta = LeagueMeta { league: "sim".into(), clock: JournalClock::Supplied, created_at };
        let league = DataDir::at(path).create(&meta, OpenOptions::default()).await?;
        let (batches, inbox) = channel(ON_THEIR_WAY);
        let writer = tokio::spawn(write(Arc::clone(&league.journal), inbox));
        Ok(Self { league, open: None, batches, writer })
    }

    /// Takes the next entries; those of one moment are one batch.
    pub async fn take(&mut self, entries: Vec<Entry>) -> Result<(), Failure> {
        for entry in entries {
            match &mut self.open {
                Some(open) if open.at == entry.at => open.commands.push(entry.command),
                _ => {
                    let next = Batch { first: entry.seq, at: entry.at, commands: vec![entry.command] };
                    if let Some(full) = self.open.replace(next) {
                        self.send(full).await?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Writes what is left and a snapshot, and closes the league.
    pub async fn finish(mut self, state: &State) -> Result<(), Failure> {
        if let Some(last) = self.open.take() {
            self.send(last).await?;
        }
        let Self { league, batches, writer, .. } = self;
        drop(batches);
        writer.await.map_err(Failure::could_not_run)??;
        let mut check = ChainCheck::default();
        loop {
            let read = league.journal.read(check.tip.seq, TOGETHER).await?;
            if read.is_empty() {
                break;
            }
            read.iter().try_for_each(|batch| check.follow(batch))?;
        }
        let snapshot = state.snapshot();
        let head = SnapshotHead { journal: check, state_hash: snapshot.hash() };
        let snapshots = league.snapshots.clone();
        let written = tokio::task::spawn_blocking(move || snapshots.write(&head, &snapshot.encode())).await;
        written.map_err(Failure::could_not_run)??;
        Ok(league.close().await?)
    }

    async fn send(&mut self, batch: Batch) -> Result<(), Failure> {
        if self.batches.send(batch).await.is_err() {
            // The writer has stopped: it knows why.
            (&mut self.writer).await.map_err(Failure::could_not_run)??;
            return Err(Failure::could_not_run("the journal takes no more entries"));
        }
        Ok(())
    }
}

/// Appends every batch in its place: nobody else writes this journal, so each must land where the season has it.
async fn write(journal: Arc<SqliteJournal>, mut inbox: Receiver<Batch>) -> Result<(), Failure> {
    let mut tip: Tip = journal.head().await?;
    while let Some(Batch { first, at, commands }) = inbox.recv().await {
        let appended = journal.append(tip, Some(at), commands).await?;
        if appended.first != first {
            return Err(Failure::could_not_run(format!("entry {first} landed at {}: somebody else writes this journal", appended.first)));
        }
        tip.seq = appended.last;
    }
    Ok(())
}
