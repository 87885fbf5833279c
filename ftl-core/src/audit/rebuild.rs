//! R11.7: outcomes alone rebuild the state: a second state absorbs what happened, runs no rule, and has the same hash.

use super::Check;
use crate::hash::Hash;
use crate::id::Seq;
use crate::outcome::Outcome;
use crate::rulebook::Rulebook;
use crate::state::State;

/// Entries between two comparisons at least. A large league is compared when that many entries have come as it has rows,
/// four times over: both hashes look at every chunk that changed.
const EVERY: u64 = 1_000;

/// Whether the states are compared after `seq`, the last time having been after `compared`.
pub(super) fn is_due(compared: Seq, seq: Seq, rows: u64) -> bool {
    seq.0.saturating_sub(compared.0) >= EVERY.max(rows.saturating_mul(4))
}

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

    /// One entry.
    pub fn outcome(&mut self, outcome: &Outcome) {
        self.second.absorb(outcome);
    }

    /// The hash of the league that applied the same entries by the rules.
    pub fn compare(&mut self, expected: Hash) {
        let got = self.second.hash();
        self.check.that(expected == got, self.second.seq(), || format!("the state hashes to {expected}, rebuilt from outcomes to {got}"));
    }
}
