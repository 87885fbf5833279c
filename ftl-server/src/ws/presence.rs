//! Who is here: an account from its first connection in to its last one out. No business of the journal's.

use std::sync::Arc;

use ftl_core::id::AccountId;
use parking_lot::Mutex;
use rustc_hash::FxHashMap;

/// See the module.
#[derive(Debug, Default)]
pub struct Presence(Mutex<FxHashMap<AccountId, u32>>);

/// One connection of an account's; he is out when the last of them is dropped.
#[derive(Debug)]
pub(super) struct Present {
    presence: Arc<Presence>,
    account: AccountId,
}

impl Presence {
    /// One more connection of `account`.
    pub(super) fn enter(self: &Arc<Self>, account: AccountId) -> Present {
        let mut here = self.0.lock();
        *here.entry(account).or_default() += 1;
        metrics::gauge!("ftl_ws_accounts").set(here.len() as f64);
        Present { presence: Arc::clone(self), account }
    }

    /// Accounts with a connection to this process.
    pub fn count(&self) -> usize {
        self.0.lock().len()
    }

    /// Whether an account has a connection to this process.
    pub fn is_here(&self, account: AccountId) -> bool {
        self.0.lock().contains_key(&account)
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        let mut here = self.presence.0.lock();
        if let Some(connections) = here.get_mut(&self.account) {
            *connections -= 1;
            if *connections == 0 {
                here.remove(&self.account);
            }
        }
        metrics::gauge!("ftl_ws_accounts").set(here.len() as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_here_from_its_first_connection_to_its_last() {
        let presence = Arc::new(Presence::default());
        let (one, other) = (presence.enter(AccountId(1)), presence.enter(AccountId(1)));
        assert_eq!(presence.count(), 1);
        drop(one);
        assert!(presence.is_here(AccountId(1)));
        drop(other);
        assert_eq!(presence.count(), 0);
    }
}
