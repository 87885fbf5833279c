//! Who asked for what, by what was asked for: a change finds its readers without looking at anybody else.

use ftl_core::id::{AccountId, InstrumentIdx};
use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::request::Topic;

/// Connections of a shard, by their place in it.
pub(super) type Places = IndexSet<usize, FxBuildHasher>;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Subscriptions {
    topics: FxHashMap<Topic, Places>,
    accounts: FxHashMap<AccountId, Places>,
}

impl Subscriptions {
    pub fn add(&mut self, topic: Topic, place: usize) {
        self.topics.entry(topic).or_default().insert(place);
    }

    pub fn remove(&mut self, topic: &Topic, place: usize) {
        if let Some(places) = self.topics.get_mut(topic) {
            places.swap_remove(&place);
            if places.is_empty() {
                self.topics.remove(topic);
            }
        }
    }

    pub fn join(&mut self, account: AccountId, place: usize) {
        self.accounts.entry(account).or_default().insert(place);
    }

    pub fn leave(&mut self, account: AccountId, place: usize) {
        if let Some(places) = self.accounts.get_mut(&account) {
            places.swap_remove(&place);
            if places.is_empty() {
                self.accounts.remove(&account);
            }
        }
    }

    pub fn of_account(&self, account: AccountId) -> impl Iterator<Item = usize> {
        self.accounts.get(&account).into_iter().flatten().copied()
    }

    pub fn of<'a>(&'a self, topic: &Topic) -> impl Iterator<Item = usize> + use<'a> {
        self.topics.get(topic).into_iter().flatten().copied()
    }

    pub fn of_instrument(&self, idx: u16) -> impl Iterator<Item = usize> {
        self.of(&Topic::Instrument(InstrumentIdx(idx)))
    }
}
