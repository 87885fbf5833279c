//! `Slots`: where the row with a key stands. A hash table that holds slots instead of keys: nine bytes a row, so that the
//! tables of a large league stay in the processor's caches. Whoever asks looks at the row to see whether it is the one.

use std::hash::{BuildHasher, Hash};

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slots {
    places: HashTable<Place>,
}

/// A slot, and the hash of what stands there: growing the table looks at no row.
#[derive(Clone, Copy, Debug)]
struct Place {
    hash: u32,
    slot: u32,
}

/// A key's hash. Nothing that can be seen depends on it.
pub(crate) fn hash_of(key: &impl Hash) -> u32 {
    let hash = FxBuildHasher.hash_one(key);
    u32::try_from(hash & u64::from(u32::MAX)).unwrap_or(u32::MAX)
}

/// Spread over the bits that the table looks at, by the golden ratio.
#[inline]
fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

impl Slots {
    /// The slot with this hash that `is_it`.
    #[inline]
    pub fn find(&self, hash: u32, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        self.places.find(spread(hash), |place| place.hash == hash && is_it(place.slot)).map(|place| place.slot)
    }

    /// A slot with this hash: nearly always the one that [`find`](Self::find) would find, and no row is looked at.
    #[inline]
    pub fn glance(&self, hash: u32) -> Option<u32> {
        self.find(hash, |_| true)
    }

    /// Adds a slot; it must not be in.
    #[inline]
    pub fn insert(&mut self, hash: u32, slot: u32) {
        self.places.insert_unique(spread(hash), Place { hash, slot }, |place| spread(place.hash));
    }

    /// Takes the slot out that `is_it`.
    #[inline]
    pub fn remove(&mut self, hash: u32, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let found = self.places.find_entry(spread(hash), |place| place.hash == hash && is_it(place.slot)).ok()?;
        Some(found.remove().0.slot)
    }

    /// Takes all of them out; the room stays.
    pub fn clear(&mut self) {
        self.places.clear();
    }

    /// How many there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.places.len()
    }
}
