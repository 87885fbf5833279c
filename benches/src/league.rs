//! `League`: a founded league with a position in every book, and trade to put through it.

use ftl_core::outcome::{Entry, Receipt};
use ftl_core::rejection::Rejection;
use ftl_core::state::{AHEAD, State};

use crate::{Founding, Popularity, Script, Trades};

/// Commands made at a time.
const SLICE: usize = 50_000;

/// Commands in a millisecond of journal time: 10,000 a second, so that remembered ids fill up and are forgotten.
const PER_MS: u32 = 10;

/// See the module.
pub struct League {
    /// The league after the last entry.
    pub state: State,
    /// What it is asked next.
    pub trades: Trades,
}

impl League {
    /// Founded, with a position in every book; `also` sees every entry.
    ///
    /// # Errors
    /// What the league refused: then the workload is at fault.
    pub fn prepare(seed: u64, founding: Founding, popularity: Popularity, mut also: impl FnMut(&Entry)) -> Result<Self, Rejection> {
        let mut script = Script::new(seed, PER_MS);
        let books = founding.books(&mut script);
        let entries = founding.entries(&mut script, &books);
        let mut state = State::new();
        let mut put = |entry: &Entry| {
            also(entry);
            state.apply(entry).answer.result.map(drop)
        };
        entries.iter().try_for_each(&mut put)?;
        drop(entries);
        let mut trades = Trades::new(script, books, founding.instruments, popularity);
        trades.opening().iter().try_for_each(&mut put)?;
        Ok(Self { state, trades })
    }

    /// Trades, slice by slice; a slice is made before `each` sees it.
    pub fn trade(&mut self, commands: usize, mut each: impl FnMut(&mut State, &[Entry])) {
        let mut left = commands;
        while left > 0 {
            let slice = self.trades.next(left.min(SLICE));
            left -= slice.len();
            each(&mut self.state, &slice);
        }
    }
}

/// Applies entries that are at hand together, as who follows a journal has them; how many were accepted and filled at once.
pub fn fill(state: &mut State, entries: &[Entry]) -> u64 {
    let mut filled = 0;
    for some in entries.chunks(AHEAD) {
        state.foresee(some);
        let fills = |entry: &Entry| matches!(state.apply(entry).answer.result, Ok(Receipt::Opened { .. } | Receipt::Closed { .. }));
        filled += some.iter().map(fills).map(u64::from).sum::<u64>();
    }
    filled
}
