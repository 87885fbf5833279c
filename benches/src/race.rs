//! `Race`: `apply` and the sketch on the same commands, taking turns, then `apply` once more for the hash.
//!
//! A slice is made before its clock starts. The two take turns, so that a busy machine hurts both alike.

use ftl_core::hash::Hash;
use ftl_core::id::Seq;
use ftl_core::rejection::Rejection;

use crate::{Founding, Lap, League, Popularity, Sketch, fill};

/// What is raced.
#[derive(Clone, Copy, Debug)]
pub struct Race {
    /// What is drawn follows from it.
    pub seed: u64,
    /// How large the league is; every book holds one position on average.
    pub founding: Founding,
    /// How trade spreads.
    pub popularity: Popularity,
    /// Commands under the clock.
    pub commands: usize,
}

/// What it came to.
#[derive(Clone, Copy, Debug)]
pub struct Raced {
    /// Time in `apply`.
    pub ours: Lap,
    /// Time in `apply` when everything was executed again, alone.
    pub again: Lap,
    /// Time in the sketch.
    pub sketch: Lap,
    /// Commands accepted and filled at once.
    pub accepted: u64,
    /// Commands that the sketch accepted.
    pub sketched: u64,
    /// Open positions at the end.
    pub open: usize,
    /// The last entry.
    pub seq: Seq,
    /// The state hash there.
    pub hash: Hash,
    /// The state hash when everything was executed again.
    pub executed_again: Hash,
}

impl Race {
    /// Runs it; `step` hears of every slice.
    ///
    /// # Errors
    /// What the league refused while it was prepared: then the workload is at fault.
    pub fn run(self, mut step: impl FnMut(usize)) -> Result<Raced, Rejection> {
        let mut sketch = Sketch::new(self.founding.accounts);
        let (mut ours, mut theirs, mut accepted, mut sketched) = (Lap::default(), Lap::default(), 0, 0);
        let mut league = League::prepare(self.seed, self.founding, self.popularity, |entry| {
            sketch.apply(entry);
        })?;
        league.trade(self.commands, |state, slice| {
            accepted += ours.time(|| fill(state, slice));
            sketched += theirs.time(|| slice.iter().map(|entry| u64::from(sketch.apply(entry))).sum::<u64>());
            step(slice.len());
        });
        let (hash, open, seq) = (league.state.hash(), league.state.positions().count(), league.state.seq());
        drop((league, sketch));
        let mut again = Lap::default();
        let mut second = League::prepare(self.seed, self.founding, self.popularity, |_| ())?;
        second.trade(self.commands, |state, slice| {
            again.time(|| fill(state, slice));
            step(slice.len());
        });
        let executed_again = second.state.hash();
        Ok(Raced { ours, again, sketch: theirs, accepted, sketched, open, seq, hash, executed_again })
    }
}
