//! What a replay in a directory leaves beside the journal: history and answers, as a server would have written them,
//! and a snapshot of where it ended, for `ftl verify` to compare with.

use std::sync::Arc;

use ftl_core::id::Seq;
use ftl_core::journal::{ChainCheck, Journal};
use ftl_core::outcome::Outcome;
use ftl_core::projection::{Projections, rows_of};
use ftl_core::state::State;
use ftl_store::answers::Answers;
use ftl_store::data_dir::League;
use ftl_store::snapshots::{SnapshotHead, Snapshots};
use ftl_store::sqlite::journal::SqliteJournal;
use ftl_store::sqlite::projections::SqliteProjections;

use crate::failure::Failure;

/// Entries written in one transaction.
const TOGETHER: usize = 1_000;

/// Gathers outcomes and writes them in order.
pub struct History {
    journal: Arc<SqliteJournal>,
    projections: Arc<SqliteProjections>,
    snapshots: Snapshots,
    written: Seq,
    waiting: Vec<Outcome>,
}

impl History {
    pub fn new(league: &League) -> Self {
        Self {
            journal: Arc::clone(&league.journal),
            projections: Arc::clone(&league.projections),
            snapshots: league.snapshots.clone(),
            written: Seq(0),
            waiting: Vec::new(),
        }
    }

    /// Takes the next outcome.
    pub async fn observe(&mut self, outcome: Outcome) -> Result<(), Failure> {
        self.waiting.push(outcome);
        if self.waiting.len() >= TOGETHER { self.write().await } else { Ok(()) }
    }

    /// Writes what is left, and the snapshot.
    pub async fn finish(&mut self, state: &State) -> Result<(), Failure> {
        self.write().await?;
        let mut check = ChainCheck::default();
        loop {
            let batches = self.journal.read(check.tip.seq, TOGETHER).await?;
            if batches.is_empty() {
                break;
            }
            batches.iter().try_for_each(|batch| check.follow(batch))?;
        }
        let snapshot = state.snapshot();
        let head = SnapshotHead { journal: check, state_hash: snapshot.hash() };
        let snapshots = self.snapshots.clone();
        let written = tokio::task::spawn_blocking(move || snapshots.write(&head, &snapshot.encode())).await;
        written.map_err(Failure::could_not_run)??;
        Ok(())
    }

    async fn write(&mut self) -> Result<(), Failure> {
        let Some(last) = self.waiting.last().map(|outcome| outcome.seq) else { return Ok(()) };
        let rows = self.waiting.iter().flat_map(rows_of).collect();
        self.projections.write(self.written, last, rows).await?;
        self.projections.remember(self.written, last, &self.waiting).await?;
        self.waiting.clear();
        self.written = last;
        Ok(())
    }
}
