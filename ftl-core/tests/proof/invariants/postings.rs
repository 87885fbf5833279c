//! R11.1: money is moved, never made.

use std::collections::BTreeMap;

use ftl_core::id::BookId;
use ftl_core::ledger::{Ledger, LedgerAccount};
use ftl_core::state::State;

use super::{Finding, Moment};
use crate::holds;

pub fn check(moment: &Moment) -> Finding {
    let mut moved: BTreeMap<LedgerAccount, i128> = BTreeMap::new();
    for event in &moment.outcome.events {
        let postings = event.postings();
        let sum: i128 = postings.iter().map(|(_, posting)| i128::from(posting.amount.units())).sum();
        holds!(sum == 0, "postings of {event:?} sum to {sum}");
        for (_, posting) in postings {
            *moved.entry(posting.account).or_default() += i128::from(posting.amount.units());
        }
    }
    let (before, after) = (balances(moment.before), balances(moment.after));
    let total: i128 = after.values().sum();
    holds!(total == 0, "all balances sum to {total}");
    for (account, balance) in &after {
        let expected = before.get(account).copied().unwrap_or(0) + moved.get(account).copied().unwrap_or(0);
        holds!(*balance == expected, "{account} holds {balance}, its postings make {expected}");
    }
    Ok(())
}

fn balances(state: &State) -> BTreeMap<LedgerAccount, i128> {
    let Ledger { house, insurance, fees, mint } = *state.ledger();
    let wallet = |id: BookId| LedgerAccount::Wallet(id);
    let mut all: BTreeMap<LedgerAccount, i128> = state.books().map(|book| (wallet(book.id), i128::from(book.balance.units()))).collect();
    for (account, amount) in
        [(LedgerAccount::House, house), (LedgerAccount::Insurance, insurance), (LedgerAccount::Fees, fees), (LedgerAccount::Mint, mint)]
    {
        all.insert(account, i128::from(amount.units()));
    }
    all
}
