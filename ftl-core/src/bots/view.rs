//! What a bot sees when it decides: the state, the match, the tape, and its own book.

use super::tape::{Tape, shifted};
use super::{Intent, Wish};
use crate::fixture::{Fixture, MatchPhase, Participant};
use crate::id::{BookId, InstrumentIdx};
use crate::position::Position;
use crate::seeded::Seeded;
use crate::state::State;
use crate::time::{At, Span};
use crate::units::{Direction, Lots, Price};

pub(super) struct View<'a> {
    pub state: &'a State,
    pub fixture: &'a Fixture,
    pub tape: &'a Tape,
    pub book: BookId,
    pub nature: u64,
    pub now: At,
}

impl<'a> View<'a> {
    /// Those who may be traded and are worth it: on the pitch, or about to start, and not under review.
    pub fn candidates(&self) -> Vec<&'a Participant> {
        let before = self.fixture.phase == MatchPhase::Scheduled;
        let plays = |p: &&Participant| if before { p.starts } else { p.appearance.on.is_some() && p.appearance.off.is_none() };
        let open =
            |p: &&Participant| self.state.instrument(p.instrument).is_some_and(|row| row.active && !row.frozen && row.review.is_none());
        self.fixture.squad.iter().filter(plays).filter(open).collect()
    }

    /// Anybody of the candidates.
    pub fn anybody(&self, draws: &mut Seeded) -> Option<InstrumentIdx> {
        draws.pick(&self.candidates()).map(|p| p.instrument)
    }

    /// The candidate whose mark has come the furthest, up or down, among a few drawn ones; with the move in basis points.
    pub fn mover(&self, draws: &mut Seeded) -> Option<(InstrumentIdx, i64)> {
        let candidates = self.candidates();
        let drawn = (0..6).filter_map(|_| draws.pick(&candidates)).map(|p| (p.instrument, self.tape.moved(p.instrument)));
        drawn.max_by_key(|(instrument, moved)| (moved.unsigned_abs(), *instrument))
    }

    /// Open positions of the bot whose close does not rest yet, oldest first.
    pub fn positions(&self) -> Vec<&'a Position> {
        self.state.positions_of(self.book).filter(|p| self.state.closing(p).next().is_none()).collect()
    }

    /// How long a position has been open.
    pub fn age(&self, position: &Position) -> Span {
        self.now.since(position.opened_at)
    }

    /// The mark, moved by so many basis points.
    pub fn mark_shifted(&self, instrument: InstrumentIdx, bps: i64) -> Option<Price> {
        Some(shifted(self.state.mark(instrument)?, bps))
    }

    /// A market order without stop or profit.
    pub fn open(&self, instrument: InstrumentIdx, direction: Direction, lots: Lots) -> Intent {
        Intent::Open(Wish { instrument, direction, lots, limit: None, stop_loss: None, take_profit: None })
    }

    /// A market order with a stop and a profit so many basis points away from the mark.
    pub fn open_between(&self, instrument: InstrumentIdx, direction: Direction, lots: Lots, stop: i64, profit: i64) -> Option<Intent> {
        let towards = |bps: i64| self.mark_shifted(instrument, bps.saturating_mul(direction.sign()));
        let (stop_loss, take_profit) = (towards(stop.saturating_neg())?, towards(profit)?);
        Some(Intent::Open(Wish { instrument, direction, lots, limit: None, stop_loss: Some(stop_loss), take_profit: Some(take_profit) }))
    }
}

/// From `low` to `high` hundredths of a lot.
pub(super) fn lots(draws: &mut Seeded, low: u64, high: u64) -> Lots {
    Lots::from_units(i64::try_from(draws.between(low, high)).unwrap_or(1))
}
