//! R11.1: all balances sum to zero. Points come from the mint, which owes them.

use super::Check;
use crate::rulebook::Rulebook;
use crate::state::State;
use crate::units::Wide;

/// Wallets, house, insurance, fees and mint, together.
pub fn sum_to_zero<R: Rulebook>(state: &State<R>, check: &mut Check) {
    let ledger = state.ledger();
    let own = ledger.house.wide() + ledger.insurance.wide() + ledger.fees.wide() + ledger.mint.wide();
    let wallets: Wide = state.books().map(|book| book.balance.wide()).sum();
    let sum = own + wallets;
    check.that(sum == Wide::ZERO, state.seq(), || format!("all balances sum to {}e-6, not to 0", sum.get()));
}
