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
    first: BTreeMap<CommandId, (u64, At, Answer)>,
}

impl Retries {
    pub fn check(&mut self, moment: &Moment) -> Finding {
        let Moment { before, entry, outcome, .. } = moment;
        // What was forgotten stays so, also where the rules remember longer from here on.
        self.first.retain(|_, (_, at, _)| remembered(before, *at, entry.at));
        match self.first.get(&entry.command.id) {
            Some((body, _, answer)) if *body == entry.command.body => {
                holds!(outcome.replayed, "a retry was not recognised");
                holds!(outcome.answer == *answer, "a retry was told {:?}, at first {answer:?}", outcome.answer);
            }
            Some(_) => {
                let refused = outcome.answer.result == Err(Rejection::IdempotencyKeyReused);
                holds!(refused, "an id with another body was told {:?}", outcome.answer);
            }
            None => {
                holds!(!outcome.replayed, "a new command passed for a retry");
                self.note(entry, outcome);
            }
        }
        Ok(())
    }

    fn note(&mut self, entry: &Entry, outcome: &Outcome) {
        self.first.insert(entry.command.id, (entry.command.body, entry.at, outcome.answer.clone()));
    }
}

/// Ids of minute m go when `at` has reached minute m + window + 1.
fn remembered(state: &State, first: At, now: At) -> bool {
    let window = state.rules().dedup_window.0;
    now.0.saturating_sub(window) / 60_000 <= first.0 / 60_000
}
