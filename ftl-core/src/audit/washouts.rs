//! R11.6: what washouts did is what `margin::replay` says they do, at the same prices (R5.6).

use std::collections::BTreeSet;

use super::Check;
use crate::event::{CloseReason, Event};
use crate::id::BookId;
use crate::margin::{History, Standing, replay};
use crate::outcome::Outcome;
use crate::rulebook::Rulebook;
use crate::state::State;

/// Every book that an entry washed out; `before` is the league before it.
pub fn equal_the_reference<R: Rulebook>(before: &State<R>, outcome: &Outcome, check: &mut Check) {
    for book in washed_out(outcome) {
        let mut history = History::begin(before, book);
        history.observe(&outcome.events);
        let expected = replay::<R>(before.rules(), Standing::of(before, book), &history.steps);
        let what = || format!("book {} lost {} positions, the reference says {}", book.account, history.closes.len(), expected.len());
        check.that(expected == history.closes, outcome.seq, what);
    }
}

fn washed_out(outcome: &Outcome) -> BTreeSet<BookId> {
    let of = |event: &Event| {
        let Event::PositionClosed(closed) = event else { return None };
        (closed.reason == CloseReason::Washout).then_some(closed.book)
    };
    outcome.events.iter().filter_map(of).collect()
}
