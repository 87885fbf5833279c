//! R11.1: the postings of every event sum to zero, and the balances are what the postings came to (R7.1).

use std::collections::BTreeMap;

use super::Check;
use crate::ledger::LedgerAccount;
use crate::outcome::Outcome;
use crate::rulebook::Rulebook;
use crate::state::State;
use crate::units::Wide;

/// Adds up every posting from the start on.
pub struct Postings {
    /// What it found.
    pub check: Check,
    sums: BTreeMap<LedgerAccount, Wide>,
}

impl Postings {
    /// With the balances as they are in `start`.
    pub fn from<R: Rulebook>(start: &State<R>) -> Self {
        Self { check: Check::named("postings"), sums: balances(start) }
    }

    /// Every event of one entry.
    pub fn outcome(&mut self, outcome: &Outcome) {
        for event in &outcome.events {
            let postings = event.postings();
            if postings.is_empty() {
                continue;
            }
            let mut sum = Wide::ZERO;
            for (_, posting) in &postings {
                sum = sum + posting.amount.wide();
                let balance = self.sums.entry(posting.account).or_insert(Wide::ZERO);
                *balance = *balance + posting.amount.wide();
            }
            self.check.that(sum == Wide::ZERO, outcome.seq, || format!("the postings of an event sum to {}e-6", sum.get()));
        }
    }

    /// The balances as they are, against the sums.
    pub fn end<R: Rulebook>(&mut self, state: &State<R>) {
        for (account, balance) in balances(state) {
            let sum = self.sums.remove(&account).unwrap_or(Wide::ZERO);
            let what = || format!("{account} holds {}e-6, its postings sum to {}e-6", balance.get(), sum.get());
            self.check.that(balance == sum, state.seq(), what);
        }
        for account in self.sums.keys() {
            self.check.that(false, state.seq(), || format!("value was posted to {account}, which is not there"));
        }
    }
}

fn balances<R: Rulebook>(state: &State<R>) -> BTreeMap<LedgerAccount, Wide> {
    let ledger = state.ledger();
    let own = [
        (LedgerAccount::House, ledger.house.wide()),
        (LedgerAccount::Insurance, ledger.insurance.wide()),
        (LedgerAccount::Fees, ledger.fees.wide()),
        (LedgerAccount::Mint, ledger.mint.wide()),
    ];
    let wallets = state.books().map(|book| (LedgerAccount::Wallet(book.id), book.balance.wide()));
    own.into_iter().chain(wallets).collect()
}
