//! Keeping up with a league: what is executed is archived as it comes, and projected every so often.
//!
//! The archive never waits for a projection. Where projections fall behind, what was handed to them is dropped and read
//! from the archive when they get there, so that a slow database costs time and no memory.

use std::sync::Arc;
use std::time::Duration;

use ftl_core::projection::Executed;
use tokio::sync::mpsc;

use super::{FlushError, Flusher};
use crate::archive::ArchiveError;

/// Batches that are archived together.
const TOGETHER: usize = 1_024;
/// Runs that may wait to be projected.
const WAITING: usize = 64;
/// Entries that are projected together.
const ENTRIES: usize = 20_000;
/// After a failure.
const AGAIN: Duration = Duration::from_millis(250);

impl Flusher {
    /// Writes what comes until nobody sends any more, with everything written at the end. Projections are written every
    /// `interval`. Ends early, with the reason, where the archive is of another epoch or another history: the caller
    /// reads the journal anew.
    pub async fn keep_up(self: Arc<Self>, mut executed: mpsc::UnboundedReceiver<Executed>, interval: Duration) -> Result<(), FlushError> {
        let (sender, runs) = mpsc::channel(WAITING);
        let projecting = tokio::spawn(Arc::clone(&self).project_runs(runs, interval));
        let mut run = Vec::new();
        while executed.recv_many(&mut run, TOGETHER).await > 0 {
            self.archive_surely(&run).await?;
            // Full: the projections read it from the archive.
            let _ = sender.try_send(std::mem::take(&mut run));
        }
        drop(sender);
        if let Err(error) = projecting.await {
            tracing::error!(%error, "the projections' task failed");
        }
        // The last runs may have been dropped.
        self.catch_up().await.map(drop)
    }

    /// Archives, again and again where the database does not answer.
    async fn archive_surely(&self, run: &[Executed]) -> Result<(), FlushError> {
        loop {
            match self.archive(run).await {
                Ok(_) => return Ok(()),
                Err(error @ (FlushError::Database(_) | FlushError::Archive(ArchiveError::Unavailable(_)))) => {
                    tracing::warn!(%error, "the archive could not be written");
                    tokio::time::sleep(AGAIN).await;
                    // What is believed may be of a server that lost its last commits.
                    if let Err(error) = self.look().await {
                        tracing::warn!(%error, "the watermarks could not be read");
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn project_runs(self: Arc<Self>, mut runs: mpsc::Receiver<Vec<Executed>>, interval: Duration) {
        let mut open = true;
        while open {
            let began = tokio::time::Instant::now();
            let mut pending: Vec<Executed> = match runs.recv().await {
                Some(run) => run,
                None => break,
            };
            let mut entries: usize = count(&pending);
            let deadline = tokio::time::sleep_until(began + interval);
            tokio::pin!(deadline);
            while entries < ENTRIES {
                tokio::select! {
                    biased;
                    run = runs.recv() => match run {
                        Some(run) => {
                            entries += count(&run);
                            pending.extend(run);
                        }
                        None => {
                            open = false;
                            break;
                        }
                    },
                    () = &mut deadline => break,
                }
            }
            self.project_what_is_there(pending).await;
        }
    }

    /// Projects; a failure leaves the rest to the next time, which reads it from the archive.
    async fn project_what_is_there(&self, mut pending: Vec<Executed>) {
        // A run that was dropped leaves a gap: what follows it is in the archive too.
        let gap = pending.windows(2).rposition(|pair| pair[1].batch.first != pair[0].batch.last().next());
        if let Some(gap) = gap {
            pending.drain(..=gap);
        }
        while let Err(error) = self.project(&pending).await {
            tracing::warn!(%error, "projections could not be written");
            if matches!(error, FlushError::Damaged { .. }) {
                return;
            }
            tokio::time::sleep(AGAIN).await;
            if let Err(error) = self.look().await {
                tracing::warn!(%error, "the watermarks could not be read");
            }
        }
    }
}

fn count(run: &[Executed]) -> usize {
    run.iter().map(|executed| executed.outcomes.len()).sum()
}
