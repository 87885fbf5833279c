//! Keeping up with a league: what is executed is archived as it comes, and projected every so often.
//!
//! ```text
//!  executed ──▶ batches, continuously ──▶ outcomes, several times a flush ──▶ projections, every interval
//! ```
//! Batches never wait for outcomes, nor outcomes for a projection. Where projections fall behind, what was handed to them is
//! dropped and read from the archive when they get there, so that a slow database costs time and no memory.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use ftl_core::id::Seq;
use ftl_core::journal::ReadError;
use ftl_core::projection::Executed;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::archiving::GIVE_WAY;
use super::{FlushError, Flusher};
use crate::archive::ArchiveError;
use crate::postgres::watermarks::Projection;

/// Batches that are archived together.
const TOGETHER: usize = 1_024;
/// Between two transactions of outcomes: nobody waits for them but projections, which come less often.
const OUTCOMES_REST: Duration = Duration::from_millis(10);
/// Runs that may wait to be projected.
const WAITING: usize = 64;
/// Entries that are projected together.
const ENTRIES: usize = 20_000;
/// Intervals that projections are left to another flusher that gets on, and has not got to them.
const PATIENCE: usize = 4;
/// After a failure.
const AGAIN: Duration = Duration::from_millis(250);

impl Flusher {
    /// Writes what comes until nobody sends any more, with everything written at the end. Projections are written every
    /// `interval`. Ends early, with the reason, where the archive is of another epoch or another history: the caller
    /// reads the journal anew.
    pub async fn keep_up(self: Arc<Self>, executed: mpsc::UnboundedReceiver<Executed>, interval: Duration) -> Result<(), FlushError> {
        let (sender, runs) = mpsc::channel(WAITING);
        let projecting = tokio::spawn(Arc::clone(&self).project_runs(runs, interval));
        let (stored, batched) = mpsc::unbounded_channel();
        // Outcomes are compressed: beside the batches, and no longer than this lasts.
        let mut beside = JoinSet::new();
        beside.spawn(Arc::clone(&self).outcomes_of(batched, sender));
        let outcomes = async {
            match beside.join_next().await {
                Some(Ok(ended)) => ended,
                Some(Err(error)) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                Some(Err(_)) | None => Ok(()),
            }
        };
        tokio::try_join!(self.batches_of(executed, stored), outcomes)?;
        if let Err(error) = projecting.await {
            tracing::error!(%error, "the projections' task failed");
        }
        // The last runs may have been dropped.
        self.catch_up().await.map(drop)
    }

    async fn batches_of(
        &self,
        mut executed: mpsc::UnboundedReceiver<Executed>,
        stored: mpsc::UnboundedSender<Executed>,
    ) -> Result<(), FlushError> {
        let mut run = Vec::new();
        while executed.recv_many(&mut run, TOGETHER).await > 0 {
            while let Err(error) = self.store_batches(&run).await {
                self.rest_after(error).await?;
            }
            run.drain(..).for_each(|executed| drop(stored.send(executed)));
        }
        Ok(())
    }

    async fn outcomes_of(
        self: Arc<Self>,
        mut batched: mpsc::UnboundedReceiver<Executed>,
        sender: mpsc::Sender<Vec<Executed>>,
    ) -> Result<(), FlushError> {
        let mut run = Vec::new();
        while batched.recv_many(&mut run, TOGETHER).await > 0 {
            let stored = loop {
                match self.store_outcomes(&run).await {
                    Ok(stored) => break stored,
                    Err(error) => self.rest_after(error).await?,
                }
            };
            // Full: the projections read it from the archive.
            let _ = sender.try_send(std::mem::take(&mut run));
            tokio::time::sleep(if stored.lost { GIVE_WAY } else { OUTCOMES_REST }).await;
        }
        Ok(())
    }

    /// Where the database did not answer it is asked again after a rest; nothing else passes by itself.
    async fn rest_after(&self, error: FlushError) -> Result<(), FlushError> {
        let (FlushError::Database(_) | FlushError::Archive(ArchiveError::Unavailable(_)) | FlushError::Read(ReadError::Unavailable(_))) =
            &error
        else {
            return Err(error);
        };
        tracing::warn!(%error, "the archive could not be written");
        tokio::time::sleep(AGAIN).await;
        // What is believed may be of a server that lost its last commits.
        if let Err(error) = self.look().await {
            tracing::warn!(%error, "the watermarks could not be read");
        }
        Ok(())
    }

    async fn project_runs(self: Arc<Self>, mut runs: mpsc::Receiver<Vec<Executed>>, interval: Duration) {
        let (mut open, mut gives_way) = (true, false);
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
            gives_way = self.project_what_is_there(pending, gives_way, interval).await;
        }
    }

    /// Projects; a failure leaves the rest to the next time, which reads it from the archive. Who gives way leaves it to
    /// another flusher for as long as that one gets on. Says whether to give way from now on: it was first nearly everywhere.
    async fn project_what_is_there(&self, mut pending: Vec<Executed>, gives_way: bool, interval: Duration) -> bool {
        let last = pending.last().map(|executed| executed.batch.last()).unwrap_or_default();
        if gives_way && self.another_projects(last, interval).await {
            return true;
        }
        // A run that was dropped leaves a gap: what follows it is in the archive too.
        let gap = pending.windows(2).rposition(|pair| pair[1].batch.first != pair[0].batch.last().next());
        if let Some(gap) = gap {
            pending.drain(..=gap);
        }
        while let Err(error) = self.project(&pending).await {
            tracing::warn!(%error, "projections could not be written");
            if matches!(error, FlushError::Damaged { .. }) {
                return false;
            }
            tokio::time::sleep(AGAIN).await;
            if let Err(error) = self.look_at_projections().await {
                tracing::warn!(%error, "the watermarks could not be read");
            }
        }
        self.lost.swap(0, Ordering::Relaxed) > Projection::ALL.len() / 2
    }

    /// Waits for another flusher that gets on, and says whether it got to `last`.
    async fn another_projects(&self, last: Seq, interval: Duration) -> bool {
        for _ in 0..PATIENCE {
            let before = *self.projected.borrow();
            tokio::time::sleep(interval).await;
            if let Err(error) = self.look_at_projections().await {
                tracing::warn!(%error, "the watermarks could not be read");
                continue;
            }
            let projected = *self.projected.borrow();
            if projected >= last {
                return true;
            }
            if projected <= before {
                return false;
            }
        }
        false
    }
}

fn count(run: &[Executed]) -> usize {
    run.iter().map(|executed| executed.outcomes.len()).sum()
}
