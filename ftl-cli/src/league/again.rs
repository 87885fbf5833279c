//! A database's batches executed again, for whoever builds its projections anew or compares them.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use ftl_core::id::Seq;
use ftl_core::journal::ChainCheck;
use ftl_core::projection::Executed;
use ftl_core::state::{AHEAD, State};
use ftl_store::postgres::backfill::Source;
use ftl_store::postgres::flusher::FlushError;
use indicatif::ProgressBar;

use super::Entries;

/// Entries read at a time.
const TOGETHER: usize = 4_096;

/// See the module.
pub struct Again {
    entries: Entries,
    check: ChainCheck,
    state: State,
    /// Read and not asked for what is behind it.
    ahead: Vec<Executed>,
    bar: ProgressBar,
}

impl Again {
    /// From the first entry on.
    pub fn of(entries: Entries, quarantine: BTreeMap<Seq, String>, bar: ProgressBar) -> Self {
        let state = State::new().with_quarantine(quarantine);
        Self { entries, check: ChainCheck::default(), state, ahead: Vec::new(), bar }
    }
}

#[async_trait]
impl Source for Again {
    async fn read(&mut self, after: Seq) -> Result<Vec<Executed>, FlushError> {
        self.ahead.retain(|executed| executed.batch.last() > after);
        if self.ahead.is_empty() {
            for batch in self.entries.read(self.check.tip.seq, TOGETHER).await? {
                self.check.follow(&batch)?;
                let entries: Vec<_> = batch.entries().collect();
                let mut outcomes = Vec::with_capacity(entries.len());
                for some in entries.chunks(AHEAD) {
                    self.state.foresee(some);
                    outcomes.extend(some.iter().map(|entry| Arc::new(self.state.apply(entry))));
                }
                self.bar.inc(outcomes.len() as u64);
                self.ahead.push(Executed { batch, outcomes });
            }
        }
        Ok(self.ahead.clone())
    }
}
