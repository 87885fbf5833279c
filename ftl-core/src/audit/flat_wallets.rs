//! R11.2: a flat book's wallet is never negative (R5.4).

use super::Check;
use crate::rulebook::Rulebook;
use crate::state::State;
use crate::units::Money;

/// Every book without an open position.
pub fn are_not_negative<R: Rulebook>(state: &State<R>, check: &mut Check) {
    let mut open: Vec<_> = state.positions().map(|position| position.book).collect();
    open.sort_unstable();
    for book in state.books().filter(|book| open.binary_search(&book.id).is_err()) {
        let what = || format!("flat book {} holds {}", book.id.account, book.balance);
        check.that(book.balance >= Money::ZERO, state.seq(), what);
    }
}
