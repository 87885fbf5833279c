//! Balances, as sums of postings: of every book's wallet and of the house's own accounts.

use std::collections::BTreeMap;

use super::run::Run;
use crate::ledger::LedgerAccount;
use crate::units::Money;

/// What a run adds to each balance. All of it sums to zero (R11.1).
pub fn balance_changes(run: Run<'_>) -> BTreeMap<LedgerAccount, Money> {
    let mut changes: BTreeMap<LedgerAccount, Money> = BTreeMap::new();
    for event in run.outcomes().flat_map(|outcome| &outcome.events) {
        for (_, posting) in event.postings() {
            *changes.entry(posting.account).or_default() += posting.amount;
        }
    }
    changes
}
