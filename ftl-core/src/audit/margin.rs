//! R11.5, the half of margin: after an entry nobody is left at or below the washout level (R5.3), everybody below the
//! warning has been warned, and nobody stays warned who recovered (R5.2). The engine finds them through safe bands;
//! this looks at everybody.

use super::Check;
use crate::rulebook::Rulebook;
use crate::state::State;
use crate::units::{Bps, Money, Wide};

/// Every book with an open position.
pub fn nobody_is_below_the_washout<R: Rulebook>(state: &State<R>, check: &mut Check) {
    let rules = state.rules().margin;
    for book in state.books().filter(|book| !book.positions.is_empty()) {
        let Some(account) = state.portfolio(book.id) else { continue };
        let (equity, used) = (account.equity, account.used);
        let who = book.id.account;
        let level = || format!("equity {equity}, used {used}");
        let washed_out = used > Money::ZERO && compare(equity, used, rules.washout_at).is_le();
        check.that(!washed_out, state.seq(), || format!("book {who} is below the washout: {}", level()));
        let unwarned = !book.warned && compare(equity, used, rules.warn_below).is_lt();
        check.that(!unwarned, state.seq(), || format!("book {who} was not warned: {}", level()));
        let stale = book.warned && compare(equity, used, rules.rearm_at).is_ge();
        check.that(!stale, state.seq(), || format!("book {who} is still warned: {}", level()));
    }
}

/// Equity against a level of used margin, by cross-multiplication.
fn compare(equity: Money, used: Money, level: Bps) -> std::cmp::Ordering {
    (equity.wide() * Wide::of(10_000)).cmp(&(used.wide() * level.wide()))
}
