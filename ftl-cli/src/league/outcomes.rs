//! The outcomes that a database keeps beside its batches, read in step with an execution: what projections are built from,
//! and what a flusher that was away catches up with.

use std::collections::VecDeque;

use ftl_core::audit::Check;
use ftl_core::id::Seq;
use ftl_core::outcome::Outcome;
use ftl_store::postgres::outcomes::{Kept, StoredOutcomes};

use crate::failure::Failure;

/// Batches whose outcomes are read at a time.
const TOGETHER: usize = 256;

/// See the module.
pub struct OutcomesInStep {
    stored: StoredOutcomes,
    /// Up to here they are written.
    written: Seq,
    waiting: VecDeque<Kept>,
    read: Seq,
    pub check: Check,
}

impl OutcomesInStep {
    /// From the first entry on.
    pub async fn of(stored: StoredOutcomes) -> Result<Self, Failure> {
        let (said, is) = stored.ends().await.map_err(Failure::could_not_run)?;
        let mut check = Check::named("outcomes");
        check.that(said == is, is, || format!("the watermark outcomes says {said}, and they are there up to {is}"));
        Ok(Self { stored, written: said.min(is), waiting: VecDeque::new(), read: Seq(0), check })
    }

    /// Compares that of one entry, if it is written already.
    pub async fn compare(&mut self, outcome: &Outcome) -> Result<(), Failure> {
        if outcome.seq > self.written {
            return Ok(());
        }
        while self.waiting.front().is_some_and(|kept| kept.last < outcome.seq) {
            self.waiting.pop_front();
        }
        if self.waiting.is_empty() && self.read < self.written {
            self.waiting.extend(self.stored.read(self.read, TOGETHER).await.map_err(Failure::could_not_run)?);
            self.read = self.waiting.back().map_or(self.written, |kept| kept.last);
        }
        let seq = outcome.seq;
        let Some(kept) = self.waiting.front().filter(|kept| kept.first <= seq) else {
            self.check.that(false, seq, || "its outcome is not stored".to_owned());
            return Ok(());
        };
        match &kept.outcomes {
            // Said once of a batch.
            Err(damaged) => self.check.that(seq > kept.first, seq, || damaged.clone()),
            Ok(outcomes) => {
                let place = usize::try_from(seq.0.saturating_sub(kept.first.0)).unwrap_or(usize::MAX);
                let is = outcomes.get(place).is_some_and(|stored| **stored == *outcome);
                self.check.that(is, seq, || "what is stored of it is not what came of it".to_owned());
            }
        }
        Ok(())
    }
}
