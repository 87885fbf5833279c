//! R11.2: a flat book's wallet is never negative (R5.4).

use super::Check;
use crate::rulebook::Rulebook;
use crate::state::State;
use crate::units::Money;

/// Every book without an open position.
pub fn are_not_negative<R: Rulebook>(state: &State<R>, check: &mut Check) {
    // That a position lies in the row of its own book is a check of its own.
    for book in state.books().filter(|book| book.positions.is_empty()) {
        let what = || format!("flat book {} holds {}", book.id.account, book.balance);
        check.that(book.balance >= Money::ZERO, state.seq(), what);
    }
}
