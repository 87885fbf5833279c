//! `Ranking`: a sorted set that knows places. Called by the boards; it knows nothing of what it ranks.
//!
//! Two levels: keys in sorted chunks, and beside them the last key and the length of each chunk.
//! ```text
//!  lasts   [ c ][ f ][ k ]          one binary search finds the chunk,
//!  chunks  [abc][def][ghk]          a second one the place in it,
//!  places  [ 3 ][ 6 ][ 3 ]          a Fenwick tree over the lengths how many stand before
//! ```
//! An insert or a removal moves at most one chunk; the levels above change only when a chunk splits or joins.
//! The same keys give the same ranks whatever the order of inserts was, but not the same chunks: chunks are no state.

mod places;

#[cfg(test)]
mod tests;

use places::Places;

/// Keys in a chunk at most: an insert shifts half of a chunk, a split copies the levels above.
const FULL: usize = 128;
/// A chunk with fewer keys joins its neighbour.
const SPARSE: usize = 32;
/// Keys in a chunk when it is made from sorted keys: room on both sides.
const FRESH: usize = 96;

/// Distinct keys in order, the least first, with their ranks from 1.
///
/// Insert, remove, replace, [`rank_of`](Self::rank_of) and [`at`](Self::at) take O(log n).
#[derive(Clone, Debug)]
pub struct Ranking<K> {
    chunks: Vec<Vec<K>>,
    lasts: Vec<K>,
    places: Places,
}

impl<K> Default for Ranking<K> {
    fn default() -> Self {
        Self { chunks: Vec::new(), lasts: Vec::new(), places: Places::default() }
    }
}

#[allow(clippy::arithmetic_side_effects, reason = "indexes and lengths of vectors")]
impl<K: Ord + Copy> Ranking<K> {
    /// Adds a key; `false` where it is in already.
    pub fn insert(&mut self, key: K) -> bool {
        let Some(last_chunk) = self.chunks.len().checked_sub(1) else {
            *self = Self::from_sorted(&[key]);
            return true;
        };
        let chunk_at = self.chunk_of(&key).min(last_chunk);
        let chunk = &mut self.chunks[chunk_at];
        let Err(place) = find(chunk, &key) else { return false };
        if place == chunk.len() {
            self.lasts[chunk_at] = key;
        }
        chunk.insert(place, key);
        if chunk.len() >= FULL {
            self.split(chunk_at);
        } else {
            self.places.increment(chunk_at);
        }
        true
    }

    /// Takes a key away; `false` where it is not in.
    pub fn remove(&mut self, key: &K) -> bool {
        let chunk_at = self.chunk_of(key);
        let Some(chunk) = self.chunks.get_mut(chunk_at) else { return false };
        let Ok(place) = find(chunk, key) else { return false };
        chunk.remove(place);
        match chunk.last() {
            Some(last) => self.lasts[chunk_at] = *last,
            None => {
                self.chunks.remove(chunk_at);
                self.lasts.remove(chunk_at);
                self.recount();
                return true;
            }
        }
        if chunk.len() >= SPARSE || !self.join(chunk_at) {
            self.places.decrement(chunk_at);
        }
        true
    }

    /// Puts `new` in for `old`. Cheaper than both steps where the key moves a little.
    pub fn replace(&mut self, old: &K, new: K) {
        let chunk_at = self.chunk_of(old);
        if self.chunk_of(&new) == chunk_at
            && let Some(chunk) = self.chunks.get_mut(chunk_at)
            && let (Ok(from), Err(to)) = (find(chunk, old), find(chunk, &new))
        {
            if to > from {
                chunk.copy_within(from + 1..to, from);
                chunk[to - 1] = new;
            } else {
                chunk.copy_within(to..from, to + 1);
                chunk[to] = new;
            }
            if let Some(last) = chunk.last() {
                self.lasts[chunk_at] = *last;
            }
            return;
        }
        self.remove(old);
        self.insert(new);
    }

    /// The rank of a key, from 1.
    pub fn rank_of(&self, key: &K) -> Option<usize> {
        let chunk_at = self.chunk_of(key);
        let place = find(self.chunks.get(chunk_at)?, key).ok()?;
        Some(self.places.before(chunk_at) + place + 1)
    }

    /// The key of a rank, from 1.
    pub fn at(&self, rank: usize) -> Option<&K> {
        let (chunk_at, place) = self.places.find(rank.checked_sub(1)?)?;
        self.chunks.get(chunk_at)?.get(place)
    }

    /// The first `n`.
    pub fn top(&self, n: usize) -> impl Iterator<Item = &K> {
        self.iter().take(n)
    }

    /// The key of a rank with up to `n` on either side, each with its rank.
    pub fn around(&self, rank: usize, n: usize) -> impl Iterator<Item = (usize, &K)> {
        let first = rank.saturating_sub(n).max(1);
        let last = if (1..=self.len()).contains(&rank) { rank.saturating_add(n) } else { 0 };
        (first..=last).zip(self.from(first))
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.places.total()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// All keys in order.
    pub fn iter(&self) -> impl Iterator<Item = &K> {
        self.chunks.iter().flatten()
    }

    /// All keys from a rank on.
    fn from(&self, rank: usize) -> impl Iterator<Item = &K> {
        let (chunk_at, place) = self.places.find(rank.saturating_sub(1)).unwrap_or((self.chunks.len(), 0));
        self.chunks[chunk_at..].iter().flatten().skip(place)
    }

    /// The chunk that holds the key, or would: the first whose last key is not below it.
    fn chunk_of(&self, key: &K) -> usize {
        self.lasts.partition_point(|last| last < key)
    }

    fn from_sorted(keys: &[K]) -> Self {
        let chunks: Vec<Vec<K>> = keys.chunks(FRESH).map(roomy).collect();
        let lasts = chunks.iter().filter_map(|chunk| chunk.last().copied()).collect();
        let mut ranking = Self { chunks, lasts, places: Places::default() };
        ranking.recount();
        ranking
    }

    fn split(&mut self, chunk_at: usize) {
        let chunk = &mut self.chunks[chunk_at];
        let upper = roomy(&chunk[FULL / 2..]);
        chunk.truncate(FULL / 2);
        self.lasts.insert(chunk_at, chunk[FULL / 2 - 1]);
        self.chunks.insert(chunk_at + 1, upper);
        self.recount();
    }

    /// Joins a sparse chunk with a neighbour where both fit into one with room to grow.
    fn join(&mut self, chunk_at: usize) -> bool {
        let fits = |a: usize| self.chunks.get(a + 1).is_some_and(|next| self.chunks[a].len() + next.len() <= FRESH);
        let Some(left) = [Some(chunk_at), chunk_at.checked_sub(1)].into_iter().flatten().find(|a| fits(*a)) else { return false };
        let right = self.chunks.remove(left + 1);
        self.chunks[left].extend(right);
        self.lasts.remove(left);
        self.recount();
        true
    }

    fn recount(&mut self) {
        self.places.rebuild(self.chunks.iter().map(Vec::len));
    }
}

impl<K: Ord + Copy> FromIterator<K> for Ranking<K> {
    /// Sorts once: much cheaper than inserting one by one.
    fn from_iter<I: IntoIterator<Item = K>>(keys: I) -> Self {
        let mut keys: Vec<K> = keys.into_iter().collect();
        keys.sort_unstable();
        keys.dedup();
        Self::from_sorted(&keys)
    }
}

/// Where a key is in a chunk, or belongs. By `<` alone, which keys can answer without a branch.
fn find<K: Ord>(chunk: &[K], key: &K) -> Result<usize, usize> {
    let place = chunk.partition_point(|other| other < key);
    if chunk.get(place).is_some_and(|other| other == key) { Ok(place) } else { Err(place) }
}

/// A chunk that never has to move to grow.
fn roomy<K: Copy>(keys: &[K]) -> Vec<K> {
    let mut chunk = Vec::with_capacity(FULL);
    chunk.extend_from_slice(keys);
    chunk
}
