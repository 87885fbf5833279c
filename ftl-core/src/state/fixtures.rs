//! `Fixtures`: the matches of a league, in the order of announcement. Read through [`State`](super::State), changed by
//! `evolve`.
//!
//! Each is a leaf of the state hash, remembered until the match changes: a season of finished matches is hashed once.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::codec;
use crate::fixture::Fixture;
use crate::hash::Hash;

/// See the module. A clone shares the rows, so that it is what a snapshot keeps, too.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Fixtures(Vec<Held>);

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
struct Held {
    row: Arc<Fixture>,
    /// No part of what is stored: a restored league hashes its rows anew.
    #[serde(skip)]
    leaf: Option<Hash>,
}

impl Fixtures {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// All.
    pub fn iter(&self) -> impl Iterator<Item = &Fixture> {
        self.0.iter().map(|held| held.row.as_ref())
    }

    /// The one with this number.
    pub fn get(&self, number: usize) -> Option<&Fixture> {
        self.0.get(number).map(|held| held.row.as_ref())
    }

    /// Adds one.
    pub fn push(&mut self, fixture: Fixture) {
        self.0.push(Held { row: Arc::new(fixture), leaf: None });
    }

    /// Takes a row out, to be changed and put back. The place gives its reference away meanwhile, so that the row changes
    /// in place unless a snapshot shares it.
    pub fn take(&mut self, number: usize) -> Option<Arc<Fixture>> {
        let held = self.0.get_mut(number)?;
        held.leaf = None;
        Some(std::mem::take(&mut held.row))
    }

    /// Puts a row back.
    pub fn put(&mut self, number: usize, row: Arc<Fixture>) {
        if let Some(held) = self.0.get_mut(number) {
            *held = Held { row, leaf: None };
        }
    }

    /// Remembers the leaves that are not known.
    pub fn remember_leaves(&mut self) {
        for held in &mut self.0 {
            held.leaf = Some(held.leaf());
        }
    }

    /// The hash over the leaves; those that are remembered cost nothing.
    pub fn hash(&self) -> Hash {
        let mut tree = blake3::Hasher::new();
        for held in &self.0 {
            tree.update(&held.leaf().0);
        }
        Hash(*tree.finalize().as_bytes())
    }
}

impl Held {
    fn leaf(&self) -> Hash {
        self.leaf.unwrap_or_else(|| Hash::of(&codec::encode(&self.row)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::MatchClock;

    #[test]
    fn a_match_that_changed_has_another_leaf_and_the_others_keep_theirs() {
        let mut fixtures = Fixtures::default();
        (0..3).for_each(|_| fixtures.push(Fixture::default()));
        let plain = fixtures.hash();
        fixtures.remember_leaves();
        assert_eq!(fixtures.hash(), plain);
        let mut row = fixtures.take(1).unwrap();
        Arc::make_mut(&mut row).clock = MatchClock(5);
        fixtures.put(1, row);
        assert!(fixtures.0[1].leaf.is_none() && fixtures.0[0].leaf.is_some() && fixtures.0[2].leaf.is_some());
        assert_ne!(fixtures.hash(), plain);
        let restored: Fixtures = codec::decode(&codec::encode(&fixtures)).unwrap();
        assert!(restored.0.iter().all(|held| held.leaf.is_none()));
        assert_eq!(restored.hash(), fixtures.hash());
    }
}
