//! An instrument: a footballer's price (R2, R3).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::command::Footballer;
use crate::id::InstrumentIdx;
use crate::time::At;
use crate::units::{Direction, Lots, Price, Score};

/// A footballer on the market.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instrument {
    /// His number.
    pub idx: InstrumentIdx,
    /// Who he is.
    pub footballer: Arc<Footballer>,
    /// On the market.
    pub active: bool,
    /// Trading stands.
    pub frozen: bool,
    /// R3.4; between matches what the last one left.
    pub form: Score,
    /// R3.1.
    pub live_base: Price,
    /// R2.5: what events add for a while, in sum and cut to the range.
    pub bump: Price,
    /// R2.5: the parts of `bump` and when they came.
    pub bumps: Vec<Bump>,
    /// R2.1: Σ direction × lots over open positions.
    pub net: Lots,
    /// Σ lots of the long positions.
    pub gross_long: Lots,
    /// Σ lots of the short positions.
    pub gross_short: Lots,
    /// R2.4.
    pub side_cap: Lots,
    /// The live fixture that he is in, by its number.
    pub fixture: Option<u32>,
    /// R3.9.
    pub review: Option<Review>,
}

/// One event's part of the bump (R2.5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bump {
    /// At first.
    pub amount: Price,
    /// When.
    pub since: At,
    /// Whose; a correction takes it off again.
    pub event: crate::id::EventId,
}

/// R3.9: no opens, no closes, no judgement until it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// The mark from before the event: what stop losses, take profits and margin look at meanwhile.
    pub mark: Price,
    /// It lasts at least until then.
    pub hold_until: At,
    /// Until play goes on, it lasts …
    pub awaits_restart: bool,
    /// … or until the check is over …
    pub awaits_check: bool,
    /// … but not longer than this.
    pub longest: At,
}

impl Review {
    /// When it is over, as far as is known; it ends in the first clock tick from then on.
    pub fn until(&self) -> At {
        if self.awaits_restart || self.awaits_check { self.longest } else { self.hold_until }
    }
}

impl Instrument {
    /// What the crowd's part is added to: `live_base + bump`.
    pub fn base(&self) -> Price {
        self.live_base + self.bump
    }
    /// Σ lots of one side.
    pub const fn gross(&self, direction: Direction) -> Lots {
        match direction {
            Direction::Long => self.gross_long,
            Direction::Short => self.gross_short,
        }
    }
}
