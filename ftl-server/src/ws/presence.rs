//! Who is here: an account from its first stream in to its last one out, and with how many. No business of the journal's.

use std::sync::Arc;

use ftl_core::id::AccountId;
use parking_lot::Mutex;
use rustc_hash::FxHashMap;

/// See the module.
#[derive(Debug, Default)]
pub struct Presence(Mutex<FxHashMap<AccountId, u32>>);

/// One stream of an account's; he is out when the last of them is dropped.
#[derive(Debug)]
pub(super) struct Present {
    presence: Arc<Presence>,
    account: AccountId,
}

impl Presence {
    /// One more stream of `account`, unless it has `most`.
    pub(super) fn enter(self: &Arc<Self>, account: AccountId, most: u32) -> Option<Present> {
        let mut here = self.0.lock();
        let streams = here.entry(account).or_default();
        if *streams >= most {
            return None;
        }
        *streams += 1;
        metrics::gauge!("ftl_ws_accounts").set(here.len() as f64);
        Some(Present { presence: Arc::clone(self), account })
    }

    /// Accounts with a stream of this process.
    pub fn count(&self) -> usize {
        self.0.lock().len()
    }

    /// Who has a stream of this process.
    pub fn accounts(&self) -> Arc<[AccountId]> {
        self.0.lock().keys().copied().collect()
    }

    /// Whether an account has a stream of this process.
    pub fn is_here(&self, account: AccountId) -> bool {
        self.0.lock().contains_key(&account)
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        let mut here = self.presence.0.lock();
        if let Some(streams) = here.get_mut(&self.account) {
            *streams -= 1;
            if *streams == 0 {
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
    fn an_account_is_here_from_its_first_stream_to_its_last() {
        let presence = Arc::new(Presence::default());
        let (one, other) = (presence.enter(AccountId(1), 2), presence.enter(AccountId(1), 2));
        assert!(other.is_some() && presence.enter(AccountId(1), 2).is_none() && presence.enter(AccountId(2), 2).is_some());
        assert_eq!(presence.count(), 1);
        drop(one);
        assert!(presence.is_here(AccountId(1)));
        drop(other);
        assert_eq!(presence.count(), 0);
    }
}
