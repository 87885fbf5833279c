//! A table of rows by id, in chunks behind `Arc`: a snapshot clones the Arcs and goes on elsewhere while rows change.
//!
//! Slots are given in the order of insertion and reused last-out first-in, so that the same entries (and the same events)
//! lay the same rows into the same chunks: the state hash is a tree over chunk hashes.

use std::hash::Hash as StdHash;
use std::hint::black_box;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::slots::{Slots, hash_of};
use crate::codec;
use crate::hash::Hash;

/// Rows in a chunk.
const CHUNK: usize = 64;

/// A row that knows its key.
pub trait Row: Clone + Serialize + DeserializeOwned {
    /// The key's type.
    type Key: Copy + Eq + Ord + StdHash;
    /// Its key.
    fn key(&self) -> Self::Key;
}

/// See the module.
#[derive(Clone)]
pub struct Table<R: Row> {
    chunks: Vec<Chunk<R>>,
    free: Vec<u32>,
    slots: Slots,
    /// Where the row stands that is at hand: an entry asks for the same one again and again.
    at_hand: u32,
}

#[derive(Clone)]
struct Chunk<R> {
    /// Places that are free hold nothing; rows and reference count lie side by side.
    rows: Arc<[Option<R>]>,
    hash: Option<Hash>,
}

/// A table's rows as they were: what a snapshot keeps.
#[derive(Clone, Serialize, Deserialize)]
#[serde(bound = "R: Row")]
pub struct TableImage<R: Row> {
    chunks: Vec<Arc<[Option<R>]>>,
    free: Vec<u32>,
}

impl<R: Row> Default for Table<R> {
    fn default() -> Self {
        Self { chunks: Vec::new(), free: Vec::new(), slots: Slots::default(), at_hand: 0 }
    }
}

/// Chunk and place in it.
fn split(slot: u32) -> (usize, usize) {
    let slot = usize::try_from(slot).unwrap_or(usize::MAX);
    (slot.checked_div(CHUNK).unwrap_or(0), slot.checked_rem(CHUNK).unwrap_or(0))
}

impl<R: Row> Chunk<R> {
    fn empty() -> Self {
        Self { rows: (0..CHUNK).map(|_| None).collect(), hash: None }
    }
}

impl<R: Row> Table<R> {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where the row with this key stands, until it is removed.
    pub fn slot(&self, key: R::Key) -> Option<u32> {
        let is_it = |slot: u32| self.at(slot).is_some_and(|row| row.key() == key);
        if is_it(self.at_hand) { Some(self.at_hand) } else { self.slots.find(hash_of(&key), is_it) }
    }

    /// Where the row with this key probably stands: no row is looked at.
    pub fn candidate(&self, key: R::Key) -> Option<u32> {
        self.slots.glance(hash_of(&key))
    }

    /// Takes a row to hand: until another one is, it is found at once.
    pub fn take_to_hand(&mut self, key: R::Key) -> Option<&R> {
        self.at_hand = self.slot(key)?;
        // Whoever changes the row asks who else has its chunk, and the count of those lies elsewhere than the row.
        black_box(self.chunks.get(split(self.at_hand).0).map(|chunk| Arc::strong_count(&chunk.rows)));
        self.at(self.at_hand)
    }

    /// The row in a slot.
    pub fn at(&self, slot: u32) -> Option<&R> {
        let (chunk, place) = split(slot);
        self.chunks.get(chunk)?.rows.get(place)?.as_ref()
    }

    /// The row in a slot, to be changed.
    pub fn at_mut(&mut self, slot: u32) -> Option<&mut R> {
        let (chunk, place) = split(slot);
        let chunk = self.chunks.get_mut(chunk)?;
        chunk.hash = None;
        Arc::make_mut(&mut chunk.rows).get_mut(place)?.as_mut()
    }

    /// The row with this key.
    pub fn get(&self, key: R::Key) -> Option<&R> {
        self.at(self.slot(key)?)
    }

    /// The row with this key, to be changed.
    pub fn get_mut(&mut self, key: R::Key) -> Option<&mut R> {
        self.at_mut(self.slot(key)?)
    }

    /// Puts a row in; one with the same key is replaced.
    pub fn insert(&mut self, row: R) {
        let key = row.key();
        let slot = self.slot(key).unwrap_or_else(|| {
            let slot = self.free.pop().unwrap_or_else(|| u32::try_from(self.slots.len()).unwrap_or(u32::MAX));
            self.slots.insert(hash_of(&key), slot);
            slot
        });
        let (chunk, place) = split(slot);
        if chunk >= self.chunks.len() {
            self.chunks.push(Chunk::empty());
        }
        if let Some(chunk) = self.chunks.get_mut(chunk) {
            chunk.hash = None;
            if let Some(held) = Arc::make_mut(&mut chunk.rows).get_mut(place) {
                *held = Some(row);
            }
        }
    }

    /// Takes a row out.
    pub fn remove(&mut self, key: R::Key) -> Option<R> {
        let slot = self.slot(key)?;
        self.slots.remove(hash_of(&key), |other| other == slot);
        let (chunk, place) = split(slot);
        let chunk = self.chunks.get_mut(chunk)?;
        chunk.hash = None;
        self.free.push(slot);
        Arc::make_mut(&mut chunk.rows).get_mut(place)?.take()
    }

    /// Every row, in the order of slots.
    pub fn iter(&self) -> impl Iterator<Item = &R> {
        self.chunks.iter().flat_map(|chunk| chunk.rows.iter().flatten())
    }

    /// Every row with its slot.
    pub fn slots(&self) -> impl Iterator<Item = (u32, &R)> {
        let places = self.chunks.iter().flat_map(|chunk| chunk.rows.iter());
        (0u32..).zip(places).filter_map(|(slot, row)| Some((slot, row.as_ref()?)))
    }

    /// The hash over the chunks' hashes; those of unchanged chunks are remembered.
    pub fn hash(&mut self) -> Hash {
        let leaf = |chunk: &mut Chunk<R>| *chunk.hash.get_or_insert_with(|| leaf(&chunk.rows));
        let leaves: Vec<Hash> = self.chunks.iter_mut().map(leaf).collect();
        branch(leaves, &self.free)
    }

    /// What a snapshot keeps; costs one clone of an `Arc` a chunk.
    pub fn image(&self) -> TableImage<R> {
        TableImage { chunks: shared(&self.chunks, |chunk| &chunk.rows), free: self.free.clone() }
    }
}

/// Chunks whose reference counts are looked at together.
const TOGETHER: usize = 32;

/// The `Arc`s of chunks, cloned. Of a large league each count lies in memory by itself, and who clones one after the other
/// waits for every one of them: looked at together first, they come together.
pub(super) fn shared<C, T: ?Sized>(chunks: &[C], rows: impl Fn(&C) -> &Arc<T>) -> Vec<Arc<T>> {
    let mut clones = Vec::with_capacity(chunks.len());
    for some in chunks.chunks(TOGETHER) {
        some.iter().for_each(|chunk| {
            black_box(Arc::strong_count(rows(chunk)));
        });
        clones.extend(some.iter().map(|chunk| Arc::clone(rows(chunk))));
    }
    clones
}

impl<R: Row> TableImage<R> {
    /// The same as [`Table::hash`], all chunks anew.
    pub fn hash(&self) -> Hash {
        branch(self.chunks.iter().map(|rows| leaf(rows)), &self.free)
    }
}

fn leaf<R: Row>(rows: &[Option<R>]) -> Hash {
    Hash::of(&codec::encode(rows))
}

fn branch(leaves: impl IntoIterator<Item = Hash>, free: &[u32]) -> Hash {
    let mut tree = blake3::Hasher::new();
    for hash in leaves {
        tree.update(&hash.0);
    }
    tree.update(&codec::encode(free));
    Hash(*tree.finalize().as_bytes())
}

impl<R: Row> From<TableImage<R>> for Table<R> {
    fn from(image: TableImage<R>) -> Self {
        let chunks = image.chunks.into_iter().map(|rows| Chunk { rows, hash: None }).collect();
        let mut table = Self { chunks, free: image.free, slots: Slots::default(), at_hand: 0 };
        let hashes: Vec<(u32, u32)> = table.slots().map(|(slot, row)| (hash_of(&row.key()), slot)).collect();
        hashes.into_iter().for_each(|(hash, slot)| table.slots.insert(hash, slot));
        table
    }
}

impl<R: Row> std::fmt::Debug for Table<R>
where
    R: std::fmt::Debug,
{
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
