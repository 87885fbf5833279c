//! `Ranking`: who stands where on one board. Called by the boards.
//!
//! It holds slots of books, four bytes each, and knows between which keys a slot's key lies. The keys are where they
//! change, in the books' standings; whoever needs their order within a leaf is asked for them.
//! ```text
//!  branches  [ …40 | 312 ]         [ …−15 | 298 ]       the key that ends a branch, and how many stand in it
//!  leaves    [ …90 ][ …71 ][ …40 ] …                    the key that ends a leaf
//!  slots     [7 3 9][4 1 ][6 8 2]                       in no order
//! ```
//! A key that moves touches two leaves and moves no other key; one that stays in its leaf changes nothing.
//! Which slots share a leaf depends on the past; ranks do not.

#[cfg(test)]
mod tests;

use super::BoardKey;

/// Slots in a leaf at most.
const FULL: usize = 64;
/// A leaf with fewer joins its neighbour, where both together are at most half full.
const SPARSE: usize = 8;
/// Leaves in a branch at most.
const WIDE: usize = 128;

/// The key of a slot, as it is now.
pub trait Keys {
    /// The key that the book in `slot` stands by on this board. Who stands on it has one.
    fn key(&self, slot: u32) -> BoardKey;
}

impl<F: Fn(u32) -> BoardKey> Keys for F {
    fn key(&self, slot: u32) -> BoardKey {
        self(slot)
    }
}

/// See the module. Adding and removing take O(log n); [`rank_of`](Self::rank_of) and [`from`](Self::from) add up what
/// stands in the branches before, which are a few hundred for a million.
#[derive(Clone, Debug)]
pub struct Ranking {
    branches: Vec<Branch>,
}

#[derive(Clone, Debug)]
struct Branch {
    /// The key that ends its last leaf.
    last: BoardKey,
    /// How many slots its leaves hold.
    len: usize,
    /// The keys that end its leaves: everybody up to there, from after the leaf before.
    lasts: Vec<BoardKey>,
    /// Their scores, close together for whoever searches.
    scores: Vec<i64>,
    leaves: Vec<Vec<u32>>,
}

/// Where a key belongs.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Spot {
    branch: usize,
    leaf: usize,
}

impl Default for Ranking {
    fn default() -> Self {
        Self { branches: vec![Branch::of(vec![BoardKey::LAST], vec![Vec::new()])] }
    }
}

impl Branch {
    fn of(lasts: Vec<BoardKey>, leaves: Vec<Vec<u32>>) -> Self {
        let last = lasts.last().copied().unwrap_or(BoardKey::LAST);
        let scores = lasts.iter().map(|last| last.score).collect();
        Self { last, len: leaves.iter().map(Vec::len).sum(), lasts, scores, leaves }
    }
}

#[allow(clippy::arithmetic_side_effects, reason = "indexes and lengths of vectors")]
impl Ranking {
    /// The ranking of these.
    pub fn of(mut keys: Vec<(BoardKey, u32)>) -> Self {
        keys.sort_unstable_by_key(|(key, _)| *key);
        let leaf = |chunk: &[(BoardKey, u32)]| chunk.iter().map(|(_, slot)| *slot).collect::<Vec<u32>>();
        let end = |chunk: &[(BoardKey, u32)]| chunk.last().map_or(BoardKey::LAST, |(key, _)| *key);
        let mut ends: Vec<BoardKey> = keys.chunks(FULL / 2).map(end).collect();
        let leaves: Vec<Vec<u32>> = keys.chunks(FULL / 2).map(leaf).collect();
        match ends.last_mut() {
            Some(last) => *last = BoardKey::LAST,
            None => return Self::default(),
        }
        let branches = ends.chunks(WIDE / 2).zip(leaves.chunks(WIDE / 2));
        Self { branches: branches.map(|(lasts, leaves)| Branch::of(lasts.to_vec(), leaves.to_vec())).collect() }
    }

    /// A key came, went or moved; `keys` tells what is now.
    pub fn change(&mut self, slot: u32, before: Option<BoardKey>, after: Option<BoardKey>, keys: &impl Keys) {
        let (from, to) = (before.map(|key| self.spot(&key)), after.map(|key| self.spot(&key)));
        if from == to {
            return;
        }
        // Leaves split and join last, since that moves spots.
        if let Some(spot) = to {
            self.add(spot, slot);
        }
        let sparse = from.is_some_and(|spot| self.take(spot, slot) < SPARSE);
        if let Some(spot) = to {
            self.split_at(spot, keys);
        }
        if let Some(key) = before.filter(|_| sparse) {
            self.join_at(self.spot(&key));
        }
    }

    /// The rank of a key, from 1; `None` where it is not in.
    pub fn rank_of(&self, key: &BoardKey, keys: &impl Keys) -> Option<usize> {
        let spot = self.spot(key);
        let branch = self.branches.get(spot.branch)?;
        let before: usize = self.branches[..spot.branch].iter().map(|branch| branch.len).sum();
        let before = before + branch.leaves[..spot.leaf].iter().map(Vec::len).sum::<usize>();
        let (mut better, mut found) = (0, false);
        for slot in branch.leaves.get(spot.leaf)? {
            let other = keys.key(*slot);
            better += usize::from(other < *key);
            found |= other == *key;
        }
        found.then_some(before + better + 1)
    }

    /// All keys from a rank on, with their ranks.
    pub fn from<'a>(&'a self, rank: usize, keys: &'a impl Keys) -> impl Iterator<Item = (usize, BoardKey)> {
        let wanted = rank.max(1) - 1;
        let mut before = 0;
        let mut branches = self.branches.iter().peekable();
        while let Some(branch) = branches.next_if(|branch| before + branch.len <= wanted) {
            before += branch.len;
        }
        let mut leaves = branches.flat_map(|branch| &branch.leaves).peekable();
        while let Some(leaf) = leaves.next_if(|leaf| before + leaf.len() <= wanted) {
            before += leaf.len();
        }
        let sorted = leaves.flat_map(move |leaf| {
            let mut order: Vec<BoardKey> = leaf.iter().map(|slot| keys.key(*slot)).collect();
            order.sort_unstable();
            order
        });
        (before + 1..).zip(sorted).skip(wanted - before)
    }

    /// How many stand on it.
    pub fn len(&self) -> usize {
        self.branches.iter().map(|branch| branch.len).sum()
    }

    /// Whether nobody does.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The leaf that a key belongs to: the first that does not end before it.
    fn spot(&self, key: &BoardKey) -> Spot {
        let branch = self.branches.partition_point(|branch| branch.last < *key).min(self.branches.len() - 1);
        let Branch { scores, lasts, leaves, .. } = &self.branches[branch];
        let mut leaf = scores.partition_point(|score| *score > key.score);
        // Scores alone find it, but where leaves end with the same one.
        while scores.get(leaf) == Some(&key.score) && lasts[leaf] < *key {
            leaf += 1;
        }
        Spot { branch, leaf: leaf.min(leaves.len() - 1) }
    }

    fn add(&mut self, spot: Spot, slot: u32) {
        let branch = &mut self.branches[spot.branch];
        branch.leaves[spot.leaf].push(slot);
        branch.len += 1;
    }

    /// Tells how many are left in the leaf.
    fn take(&mut self, spot: Spot, slot: u32) -> usize {
        let branch = &mut self.branches[spot.branch];
        let leaf = &mut branch.leaves[spot.leaf];
        if let Some(place) = leaf.iter().position(|other| *other == slot) {
            leaf.swap_remove(place);
            branch.len -= 1;
        }
        leaf.len()
    }

    /// Makes two leaves of one that is too full, and two branches of one that is too wide.
    fn split_at(&mut self, spot: Spot, keys: &impl Keys) {
        let branch = &mut self.branches[spot.branch];
        if branch.leaves[spot.leaf].len() <= FULL {
            return;
        }
        let mut order: Vec<(BoardKey, u32)> = branch.leaves[spot.leaf].iter().map(|slot| (keys.key(*slot), *slot)).collect();
        let middle = order.len() / 2;
        let (_, (end, _), _) = order.select_nth_unstable_by_key(middle, |(key, _)| *key);
        branch.lasts.insert(spot.leaf, *end);
        branch.scores.insert(spot.leaf, end.score);
        let slots = |order: &[(BoardKey, u32)]| order.iter().map(|(_, slot)| *slot).collect();
        branch.leaves[spot.leaf] = slots(&order[middle + 1..]);
        branch.leaves.insert(spot.leaf, slots(&order[..=middle]));
        if branch.leaves.len() > WIDE {
            let upper = Branch::of(branch.lasts.split_off(WIDE / 2), branch.leaves.split_off(WIDE / 2));
            *branch = Branch::of(std::mem::take(&mut branch.lasts), std::mem::take(&mut branch.leaves));
            self.branches.insert(spot.branch + 1, upper);
        }
    }

    /// Joins a leaf that has become sparse with a neighbour in its branch; a branch without slots goes.
    fn join_at(&mut self, spot: Spot) {
        let branch = &mut self.branches[spot.branch];
        if branch.leaves[spot.leaf].len() >= SPARSE {
            return;
        }
        let fits = |left: &usize| branch.leaves.get(left + 1).is_some_and(|next| branch.leaves[*left].len() + next.len() <= FULL / 2);
        if let Some(left) = [Some(spot.leaf), spot.leaf.checked_sub(1)].into_iter().flatten().find(fits) {
            let slots = branch.leaves.remove(left);
            branch.lasts.remove(left);
            branch.scores.remove(left);
            branch.leaves[left].extend(slots);
        }
        if branch.len == 0 && self.branches.len() > 1 {
            self.branches.remove(spot.branch);
            if let Some(branch) = self.branches.last_mut() {
                branch.last = BoardKey::LAST;
                if let (Some(last), Some(score)) = (branch.lasts.last_mut(), branch.scores.last_mut()) {
                    (*last, *score) = (BoardKey::LAST, BoardKey::LAST.score);
                }
            }
        }
    }
}
