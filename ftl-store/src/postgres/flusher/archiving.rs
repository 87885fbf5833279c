//! Archiving: batches, which `ACK=postgres` waits for, and outcomes, which projections are written from.
//!
//! Of several flushers one is at work at a time: whoever finds that another was first gives way for as long as that one gets
//! on, and looks after it now and then. Two that contended would make each other wait for every sync.
//!
//! What is refused is refused by where the archive is, not by where it was last seen: a recovery archives what others have
//! executed and not yet stored, and raises the epoch behind it.

use std::time::{Duration, Instant};

use ftl_core::id::Seq;
use ftl_core::journal::{ChainCheck, ReadError, StoredBatch, Tip};
use ftl_core::projection::{Executed, Run};

use super::{Batches, FlushError, Flusher, OUTCOMES, outcomes, raise, require_gapless, watermarks};
use crate::archive::{Archive, ArchiveError};

/// Between two looks at another flusher that is at work. If it ends, an acknowledgement waits twice as long at most.
pub(super) const GIVE_WAY: Duration = Duration::from_millis(20);
/// How long batches are left to another flusher that gets on, and has not got to them.
const PATIENCE: Duration = Duration::from_millis(200);

/// What a flusher knows of the archive's head.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// As this flusher left it, while nobody else is known to have moved it.
    head: Option<ChainCheck>,
    /// Where another flusher that is at work had moved it to.
    others: Option<Tip>,
}

/// Outcomes that are stored.
pub(super) struct StoredOutcomes {
    /// Up to here.
    pub at: Seq,
    /// Whether another flusher had stored some of them.
    pub lost: bool,
}

impl Flusher {
    /// Stores the batches that the archive behind a journal that forgets lacks.
    pub(super) async fn store_batches(&self, executed: &[Executed]) -> Result<(), FlushError> {
        let Batches::Archive(archive) = &self.batches else { return Ok(()) };
        let mut known = self.known.lock().await;
        let stored = store_batches(&**archive, executed, &mut known).await;
        if stored.is_err() {
            *known = Known::default();
        }
        stored
    }

    /// Stores outcomes that follow what is stored.
    pub(super) async fn store_outcomes(&self, executed: &[Executed]) -> Result<StoredOutcomes, FlushError> {
        let (mut from, mut lost, mut fresh) = (self.believed(OUTCOMES), false, false);
        loop {
            let run = Run::behind(from, executed);
            let to = run.last();
            if to > from {
                match require_gapless(OUTCOMES, run) {
                    // Someone may have looked before the last outcomes were stored, and told what he saw behind it.
                    Err(_) if !fresh => {
                        from = watermarks::read(&mut *self.sure.acquire().await?, &self.league, OUTCOMES).await?;
                        self.believe(OUTCOMES, from);
                        fresh = true;
                        continue;
                    }
                    gapless => gapless?,
                }
                let mut transaction = self.sure.begin().await?;
                if !watermarks::advance(&mut transaction, &self.league, OUTCOMES, from, to).await? {
                    from = watermarks::read(&mut transaction, &self.league, OUTCOMES).await?;
                    transaction.rollback().await?;
                    self.believe(OUTCOMES, from);
                    (lost, fresh) = (true, true);
                    continue;
                }
                outcomes::write(&mut transaction, &self.league, run).await?;
                transaction.commit().await?;
                self.believe(OUTCOMES, to);
            }
            raise(&self.archived, to);
            return Ok(StoredOutcomes { at: to, lost });
        }
    }
}

async fn store_batches(archive: &dyn Archive, executed: &[Executed], known: &mut Known) -> Result<(), FlushError> {
    let began = Instant::now();
    // Where the archive was when it refused them.
    let mut refused: Option<Tip> = None;
    loop {
        let head = match (known.head.take(), known.others.take()) {
            (Some(head), _) => head,
            (None, None) => archive.head().await?,
            (None, Some(others)) => {
                tokio::time::sleep(GIVE_WAY).await;
                let head = archive.head().await?;
                known.others = (head.tip != others).then_some(head.tip);
                head
            }
        };
        let mut stored = executed.iter().map(|executed| &executed.batch).filter(|batch| batch.last() <= head.tip.seq);
        if let Some(batch) = stored.next_back() {
            require_stored(archive, batch).await?;
        }
        let behind: Vec<_> = executed.iter().map(|executed| &executed.batch).filter(|batch| batch.last() > head.tip.seq).cloned().collect();
        // What is not archived is of the epoch that the stream is in: a recovery archives what it keeps of a former one. So
        // whoever slept through a recovery is refused here, though what he brings may link.
        let Some(epoch) = behind.first().map(|batch| batch.epoch) else { return Ok(()) };
        let stored = match behind.iter().find(|batch| batch.epoch != epoch) {
            Some(later) => Err(ArchiveError::WrongEpoch { current: later.epoch, expected: epoch }),
            None if known.others.is_some() && began.elapsed() < PATIENCE => continue,
            None => archive.store(epoch, &head, &behind).await,
        };
        match stored {
            Ok(head) => {
                *known = Known { head: Some(head), others: None };
                return Ok(());
            }
            // Another flusher was first: what it stored is left out, and the rest is its to store.
            Err(ArchiveError::Moved { .. }) => known.others = Some(head.tip),
            // A recovery may have archived some of them since: the head is read again, and refuses only where it stays.
            Err(ArchiveError::WrongEpoch { .. } | ArchiveError::Unlinked(_)) if refused != Some(head.tip) => refused = Some(head.tip),
            Err(error) => return Err(error.into()),
        }
    }
}

/// What is left out because the archive is that far must be what the archive holds: it may be of another history.
async fn require_stored(archive: &dyn Archive, batch: &StoredBatch) -> Result<(), FlushError> {
    let before = Seq(batch.first.0.saturating_sub(1));
    let held = archive.read(before, 1).await?;
    if held.first().is_some_and(|held| held.batch_id == batch.batch_id) {
        return Ok(());
    }
    let what = "the archive holds another history than what was executed".to_owned();
    Err(ArchiveError::Unlinked(ReadError::Corrupt { at: batch.first, what }).into())
}
