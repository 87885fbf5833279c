//! R11.7: outcomes alone rebuild the state: a second state absorbs what happened, runs no rule, and has the same hash.

use super::Check;
use crate::outcome::Outcome;
use crate::rulebook::Rulebook;
use crate::state::State;

/// Entries between two comparisons.
const EVERY: u64 = 1_000;

/// The second state.
pub struct Rebuild<R: Rulebook> {
    /// What it found.
    pub check: Check,
    second: State<R>,
}

impl<R: Rulebook> Rebuild<R> {
    /// Beginning where the league begins.
    pub fn from(start: State<R>) -> Self {
        Self { check: Check::named("rebuild"), second: start }
    }

    /// The league as far as it was absorbed.
    pub fn second(&self) -> &State<R> {
        &self.second
    }

    /// One entry; `state` has applied it by the rules.
    pub fn outcome(&mut self, state: &mut State<R>, outcome: &Outcome) {
        self.second.absorb(outcome);
        if outcome.seq.0.checked_rem(EVERY) == Some(0) {
            self.compare(state);
        }
    }

    /// Where the league stands now.
    pub fn end(&mut self, state: &mut State<R>) {
        self.compare(state);
    }

    fn compare(&mut self, state: &mut State<R>) {
        let (expected, got) = (state.hash(), self.second.hash());
        self.check.that(expected == got, state.seq(), || format!("the state hashes to {expected}, rebuilt from outcomes to {got}"));
    }
}
