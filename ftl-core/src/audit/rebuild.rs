//! R11.7: outcomes alone rebuild the state: a second state absorbs what happened, runs no rule, and has the same hash.

use super::Check;
use crate::id::Seq;
use crate::outcome::Outcome;
use crate::rulebook::Rulebook;
use crate::state::State;

/// Entries between two comparisons at least. A large league is compared when that many entries have come as it has rows,
/// four times over: both hashes look at every chunk that changed.
const EVERY: u64 = 1_000;

/// The second state.
pub struct Rebuild<R: Rulebook> {
    /// What it found.
    pub check: Check,
    second: State<R>,
    compared: Seq,
}

impl<R: Rulebook> Rebuild<R> {
    /// Beginning where the league begins.
    pub fn from(start: State<R>) -> Self {
        Self { check: Check::named("rebuild"), compared: start.seq(), second: start }
    }

    /// The league as far as it was absorbed.
    pub fn second(&self) -> &State<R> {
        &self.second
    }

    /// One entry; `state` has applied it by the rules and has so many rows.
    pub fn outcome(&mut self, state: &mut State<R>, outcome: &Outcome, rows: u64) {
        self.second.absorb(outcome);
        if outcome.seq.0.saturating_sub(self.compared.0) >= EVERY.max(rows.saturating_mul(4)) {
            self.compared = outcome.seq;
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
