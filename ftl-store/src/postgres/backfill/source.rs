//! Where a backfill has executed entries from: what flushers stored, or the journal executed again.

use async_trait::async_trait;
use std::sync::Arc;

use ftl_core::id::Seq;
use ftl_core::journal::{ChainCheck, Journal};
use ftl_core::outcome::{Entry, Outcome};
use ftl_core::projection::Executed;

use super::FlushError;
use crate::postgres::flusher::Stored;

/// Entries that are read at a time.
const TOGETHER: usize = 4_096;

/// Executed entries from the first one on.
#[async_trait]
pub trait Source: Send {
    /// Some batches behind `after`, in order; none where there are no more. `after` is never before what was read last.
    async fn read(&mut self, after: Seq) -> Result<Vec<Executed>, FlushError>;
}

#[async_trait]
impl Source for Stored {
    async fn read(&mut self, after: Seq) -> Result<Vec<Executed>, FlushError> {
        Stored::read(self, after).await
    }
}

/// A journal that is executed again, with its links and hashes checked. `apply` knows the rules.
pub struct Executing<F> {
    journal: Arc<dyn Journal>,
    check: ChainCheck,
    apply: F,
    /// Read and not asked for yet.
    ahead: Vec<Executed>,
}

impl<F: FnMut(&Entry) -> Outcome + Send> Executing<F> {
    /// The journal from its first entry; `apply` is a state before it.
    pub fn of(journal: Arc<dyn Journal>, apply: F) -> Self {
        Self { journal, check: ChainCheck::default(), apply, ahead: Vec::new() }
    }
}

#[async_trait]
impl<F: FnMut(&Entry) -> Outcome + Send> Source for Executing<F> {
    async fn read(&mut self, after: Seq) -> Result<Vec<Executed>, FlushError> {
        self.ahead.retain(|executed| executed.batch.last() > after);
        if self.ahead.is_empty() {
            for batch in self.journal.read(self.check.tip.seq, TOGETHER).await? {
                self.check.follow(&batch)?;
                let outcomes = batch.entries().map(|entry| Arc::new((self.apply)(&entry))).collect();
                self.ahead.push(Executed { batch, outcomes });
            }
        }
        // Kept until it is asked for what is behind it: a swap may be tried again.
        Ok(self.ahead.clone())
    }
}
