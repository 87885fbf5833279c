//! R11.8: a known id gets its first answer and has no effect; with another body it is refused.

use std::collections::BTreeMap;

use ftl_core::id::CommandId;
use ftl_core::outcome::{Answer, Entry, Outcome};
use ftl_core::rejection::Rejection;
use ftl_core::state::State;
use ftl_core::time::At;

use super::{Finding, Moment};
use crate::holds;

/// Every id with its first body, answer and time, for as long as the rules remember it.
#[derive(Default)]
pub struct Retries {
    first: BTreeMap<CommandId, First>,
    noted: usize,
}

struct First {
    body: u64,
    at: At,
    answer: Answer,
    /// The how manieth id it was.
    number: usize,
}

impl Retries {
    pub fn check(&mut self, moment: &Moment) -> Finding {
        let Moment { before, entry, outcome, .. } = moment;
        // What was forgotten stays so, also where the rules remember longer from here on.
        self.first.retain(|_, first| remembered(before, first.at, entry.at));
        // Of all that may be kept the later half is certain to be known; what is older may be.
        let certain = before.rules().dedup_max.div_ceil(2) as usize;
        let Some(first) = self.first.get(&entry.command.id) else {
            holds!(!outcome.replayed, "a new command passed for a retry");
            self.note(entry, outcome);
            return Ok(());
        };
        let refused = outcome.answer.result == Err(Rejection::IdempotencyKeyReused);
        let known = if first.body == entry.command.body { outcome.replayed && outcome.answer == first.answer } else { refused };
        if !known {
            let is_certain = self.noted - first.number < certain;
            holds!(!is_certain, "a retry was told {:?}, at first {:?}", outcome.answer, first.answer);
            holds!(!outcome.replayed, "a forgotten id was told another's answer");
            self.note(entry, outcome);
        }
        Ok(())
    }

    fn note(&mut self, entry: &Entry, outcome: &Outcome) {
        let first = First { body: entry.command.body, at: entry.at, answer: outcome.answer.clone(), number: self.noted };
        self.first.insert(entry.command.id, first);
        self.noted += 1;
    }
}

/// Ids of minute m go when `at` has reached minute m + window + 1.
fn remembered(state: &State, first: At, now: At) -> bool {
    let window = state.rules().dedup_window.0;
    now.0.saturating_sub(window) / 60_000 <= first.0 / 60_000
}
