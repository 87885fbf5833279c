//! R11.6: `margin::replay` of one book over what happened gives the washouts that happened, at the same prices.

use ftl_core::event::Event;
use ftl_core::margin::{History, Standing, replay};
use ftl_core::position::CloseReason;
use ftl_core::rulebook::Standard;

use super::{Finding, Moment};
use crate::holds;

/// Books without a washout are replayed in one command of so many.
const EVERY: u64 = 7;

pub fn check(moment: &Moment) -> Finding {
    // The rules of a replay are those of its whole span.
    if moment.before.rules() != moment.after.rules() || moment.outcome.events.is_empty() {
        return Ok(());
    }
    let washed_out = |event: &Event| matches!(event, Event::PositionClosed(closed) if closed.reason == CloseReason::Washout);
    if !moment.entry.seq.0.is_multiple_of(EVERY) && !moment.outcome.events.iter().any(washed_out) {
        return Ok(());
    }
    for book in moment.before.books().filter(|book| !book.positions.is_empty()).map(|book| book.id) {
        let mut history = History::begin(moment.before, book);
        history.observe(&moment.outcome.events);
        let closes = replay::<Standard>(moment.before.rules(), Standing::of(moment.before, book), &history.steps);
        holds!(closes == history.closes, "a replay of {book:?} closes {closes:?}, live {:?}", history.closes);
    }
    Ok(())
}
