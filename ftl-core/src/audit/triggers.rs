//! R11.5, the half of stops and profits: after an entry nobody is left whose stop or profit is reached (R4.6).
//! The engine finds them through an index; this looks at everybody.

use super::Check;
use crate::position::Position;
use crate::rulebook::Rulebook;
use crate::state::State;
use crate::units::{Direction, Price};

/// Every open position that has a stop or a profit; under review neither is looked at (R3.9).
pub fn none_is_reached<R: Rulebook>(state: &State<R>, check: &mut Check) {
    for position in state.positions().filter(|position| position.stop_loss.is_some() || position.take_profit.is_some()) {
        let Some(instrument) = state.instrument(position.instrument).filter(|row| row.review.is_none()) else { continue };
        let Some(mark) = state.mark(instrument.idx) else { continue };
        let what = || format!("position {} is open at {mark}, beyond its stop or profit", position.id);
        check.that(!is_reached(position, mark), state.seq(), what);
    }
}

fn is_reached(position: &Position, mark: Price) -> bool {
    let (stop, profit) = (position.stop_loss, position.take_profit);
    match position.direction {
        Direction::Long => stop.is_some_and(|price| mark <= price) || profit.is_some_and(|price| mark >= price),
        Direction::Short => stop.is_some_and(|price| mark >= price) || profit.is_some_and(|price| mark <= price),
    }
}
