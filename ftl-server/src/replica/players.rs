//! Accounts that the league is known to know: a trader's next request need not look at the state to learn it.
//!
//! An account that plays plays for good, so the set only grows; it is emptied when the state is discarded.

use ftl_core::id::AccountId;
use parking_lot::RwLock;
use rustc_hash::FxHashSet;

use crate::problem::Problem;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Players(RwLock<FxHashSet<AccountId>>);

impl Players {
    /// Whether it plays; asks `known` of one that is not here.
    pub fn contains_or(&self, account: AccountId, known: impl FnOnce() -> Result<bool, Problem>) -> Result<bool, Problem> {
        if self.0.read().contains(&account) {
            return Ok(true);
        }
        let plays = known()?;
        if plays {
            self.0.write().insert(account);
        }
        Ok(plays)
    }

    /// The state was discarded.
    pub fn forget(&self) {
        self.0.write().clear();
    }
}
