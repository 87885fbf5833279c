//! R11.4: no open position on an inactive instrument or finished fixture; a position is in its book, and found.

use super::Check;
use crate::fixture::MatchPhase;
use crate::position::Position;
use crate::rulebook::Rulebook;
use crate::state::State;

/// Every open position.
pub fn are_on_an_open_market<R: Rulebook>(state: &State<R>, check: &mut Check) {
    for book in state.books() {
        for position in &book.positions {
            let wrong = if position.book == book.id { wrong_with(state, position) } else { Some("it lies in another's book") };
            check.that(wrong.is_none(), state.seq(), || format!("position {}: {}", position.id, wrong.unwrap_or("")));
        }
    }
    let (held, found) = (state.positions().count(), state.open_positions());
    check.that(held == found, state.seq(), || format!("books hold {held} positions, the index knows {found}"));
}

fn wrong_with<R: Rulebook>(state: &State<R>, position: &Position) -> Option<&'static str> {
    let Some(instrument) = state.instrument(position.instrument) else { return Some("its instrument is not listed") };
    if !instrument.active {
        return Some("its instrument is off the market");
    }
    let over = |phase| matches!(phase, MatchPhase::Finished | MatchPhase::Abandoned);
    if state.fixture_of(instrument).is_some_and(|fixture| over(fixture.phase)) {
        return Some("its footballer's match is over");
    }
    match state.book(position.book) {
        None => Some("its book is not there"),
        Some(_) if state.position(position.id) != Some(position) => Some("its book does not hold it, or the index does not find it"),
        Some(_) if position.lots.units() <= 0 => Some("it has no lots"),
        Some(_) => None,
    }
}
