//! A journal in memory: for replays, simulations and tests. It never trims and loses everything with the process.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;

use async_trait::async_trait;

use super::{AppendError, Appended, BatchId, ChainCheck, Clock, Journal, JournalError, ReadError, Refusal, StoredBatch, Tip};
use crate::command::Command;
use crate::id::Seq;
use crate::time::At;

/// See the module.
pub struct MemoryJournal {
    clock: Option<Arc<dyn Clock>>,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    batches: Vec<StoredBatch>,
    head: ChainCheck,
    waiting: Vec<Waker>,
}

impl MemoryJournal {
    /// A journal that takes `at` with each append.
    pub fn supplied() -> Self {
        Self { clock: None, inner: Mutex::default() }
    }

    /// A journal that stamps entries by `clock`.
    pub fn stamped_by(clock: Arc<dyn Clock>) -> Self {
        Self { clock: Some(clock), inner: Mutex::default() }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stamp(&self, previous: At, supplied: Option<At>) -> Result<At, AppendError> {
        let refused = |text: &str| Err(AppendError::Refused(Refusal::SuppliedTime(text.into())));
        match (&self.clock, supplied) {
            (Some(clock), None) => Ok(previous.max(clock.now())),
            (Some(_), Some(_)) => refused("this journal stamps by itself"),
            (None, None) => refused("this journal needs a time with each append"),
            (None, Some(at)) if at < previous => refused("it goes back"),
            (None, Some(at)) => Ok(at),
        }
    }
}

#[async_trait]
impl Journal for MemoryJournal {
    async fn append(&self, seen: Tip, at: Option<At>, commands: Vec<Command>) -> Result<Appended, AppendError> {
        let mut inner = self.lock();
        let head = inner.head.tip;
        if commands.is_empty() {
            return Err(AppendError::Refused(Refusal::Empty));
        }
        if head.epoch != seen.epoch {
            return Err(AppendError::Refused(Refusal::WrongEpoch { current: head.epoch, seen: seen.epoch }));
        }
        if head.seq < seen.seq {
            return Err(AppendError::Refused(Refusal::HeadBehind { head: head.seq, seen: seen.seq }));
        }
        let at = self.stamp(inner.head.at, at)?;
        let first = head.seq.next();
        // Unique within the process is enough here: nobody else can write.
        let batch_id = BatchId(u128::from(first.0));
        let mut batch = StoredBatch { batch_id, prev: head.batch_id, first, at, epoch: head.epoch, chain: inner.head.chain, commands };
        batch.chain = batch.chain_after(&inner.head.chain);
        let last = batch.last();
        inner.head = ChainCheck { tip: Tip { epoch: head.epoch, seq: last, batch_id }, chain: batch.chain, at };
        inner.batches.push(batch);
        inner.waiting.drain(..).for_each(Waker::wake);
        Ok(Appended { first, last, at })
    }

    async fn read(&self, after: Seq, limit: usize) -> Result<Vec<StoredBatch>, ReadError> {
        let inner = self.lock();
        let from = inner.batches.partition_point(|batch| batch.last() <= after);
        let mut entries = 0usize;
        let batches = inner.batches.iter().skip(from).take_while(|batch| {
            let wanted = entries < limit;
            entries = entries.saturating_add(batch.commands.len());
            wanted
        });
        Ok(batches.cloned().collect())
    }

    async fn head(&self) -> Result<Tip, JournalError> {
        Ok(self.lock().head.tip)
    }

    async fn wait(&self, after: Seq) -> Result<(), JournalError> {
        std::future::poll_fn(|context| {
            let mut inner = self.lock();
            if inner.head.tip.seq > after {
                return std::task::Poll::Ready(Ok(()));
            }
            inner.waiting.push(context.waker().clone());
            std::task::Poll::Pending
        })
        .await
    }
}
