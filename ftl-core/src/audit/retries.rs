//! R11.8, commands: the same id within the window has the same outcome and one effect.

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use super::Check;
use crate::id::{CommandId, Seq};
use crate::outcome::{Answer, Outcome};
use crate::rejection::Rejection;
use crate::rules::Rules;
use crate::time::At;

/// Remembers every id of the window, apart from the state.
pub struct Retries {
    /// What it found.
    pub check: Check,
    known: HashMap<CommandId, (u64, Answer), FxBuildHasher>,
    order: std::collections::VecDeque<(At, CommandId)>,
}

impl Default for Retries {
    fn default() -> Self {
        Self { check: Check::named("retries"), known: HashMap::default(), order: std::collections::VecDeque::new() }
    }
}

impl Retries {
    /// One entry. Entries that an operator set aside have no outcome of their own.
    pub fn outcome(&mut self, rules: &Rules, outcome: &Outcome) {
        self.forget(rules, outcome.at);
        match self.known.get(&outcome.id) {
            Some((body, first)) => {
                let right = outcome.replayed && outcome.events_are_of_time_only() && is_the_answer(*body, first, outcome);
                let set_aside = matches!(outcome.answer.result, Err(Rejection::Quarantined { .. }));
                self.check.that(right || set_aside, outcome.seq, || retry_differs(first.seq));
            }
            None => {
                self.check.that(true, outcome.seq, String::new);
                self.known.insert(outcome.id, (outcome.body, outcome.answer.clone()));
                self.order.push_back((outcome.at, outcome.id));
            }
        }
    }

    fn forget(&mut self, rules: &Rules, now: At) {
        // Half of what may be kept is certain: the elder generation goes as a whole.
        let max = usize::try_from(rules.dedup_max).unwrap_or(usize::MAX).div_ceil(2);
        while let Some((at, id)) = self.order.front().copied() {
            if now.since(at) <= rules.dedup_window && self.order.len() < max {
                return;
            }
            self.order.pop_front();
            self.known.remove(&id);
        }
    }
}

impl Outcome {
    /// Whether nothing happened but what time brings.
    fn events_are_of_time_only(&self) -> bool {
        let mut check = Check::default();
        super::rejected_changes_nothing(self, &mut check);
        check.ok()
    }
}

fn is_the_answer(body: u64, first: &Answer, outcome: &Outcome) -> bool {
    if body == outcome.body { outcome.answer == *first } else { outcome.answer.result == Err(Rejection::IdempotencyKeyReused) }
}

fn retry_differs(first: Seq) -> String {
    format!("a retry of the command at {first} was answered otherwise, or had an effect")
}
