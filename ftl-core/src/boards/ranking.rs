//! `Ranking`: who stands where on one board. Called by the boards.
//!
//! It holds slots of books, four bytes each, and knows between which keys a slot's key lies. The keys are where they
//! change, in the books' standings; whoever needs their order within a leaf is asked for them.
//! ```text
//!  branches  [ …40 | 312 | by district ]   [ …−15 | 298 | by district ]   the key that ends a branch, how many stand in it
//!  leaves    [ …90 ][ …71 ][ …40 ] …                                      the key that ends a leaf
//!  tallies   [2·1·0][1·0·1][0·2·1]                                        how many of each district stand in the leaf
//!  slots     [7 3 9][4 1  ][6 8 2]                                        in no order
//! ```
//! A key that moves touches two leaves and moves no other key; one that stays in its leaf changes nothing. One ranking
//! serves everybody and every district: who asks among a district skips what holds none of it.
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

/// Who stands in a slot: of which district, by which key.
pub type Stands = (u16, BoardKey);

/// The keys of slots, as they are now.
pub trait Keys {
    /// The district of the book in `slot`, and the key that it stands by on this board. Who stands on it has one.
    fn of(&self, slot: u32) -> Stands;
}

impl<F: Fn(u32) -> Stands> Keys for F {
    fn of(&self, slot: u32) -> Stands {
        self(slot)
    }
}

/// See the module. Adding and removing take O(log n); [`rank_of`](Self::rank_of) and [`from`](Self::from) add up what
/// stands in the branches before, which are a few hundred for a million.
#[derive(Clone, Debug)]
pub struct Ranking {
    branches: Vec<Branch>,
    /// Districts that are counted: up to the last one that had somebody here.
    districts: usize,
}

#[derive(Clone, Debug)]
struct Branch {
    /// The key that ends its last leaf.
    last: BoardKey,
    /// How many slots its leaves hold.
    len: usize,
    /// How many of each district.
    of: Vec<usize>,
    /// The keys that end its leaves: everybody up to there, from after the leaf before.
    lasts: Vec<BoardKey>,
    /// Their scores, close together for whoever searches.
    scores: Vec<i64>,
    /// How many of each district stand in each leaf: those of the first leaf, those of the second, and so on.
    tallies: Vec<u8>,
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
        Self { branches: vec![Branch::of(0, vec![BoardKey::LAST], Vec::new(), vec![Vec::new()])], districts: 0 }
    }
}

#[allow(clippy::arithmetic_side_effects, reason = "indexes and lengths of vectors")]
impl Branch {
    fn of(districts: usize, lasts: Vec<BoardKey>, tallies: Vec<u8>, leaves: Vec<Vec<u32>>) -> Self {
        let last = lasts.last().copied().unwrap_or(BoardKey::LAST);
        let scores = lasts.iter().map(|last| last.score).collect();
        let in_leaves = |district: usize| tallies.iter().skip(district).step_by(districts).map(|tally| usize::from(*tally)).sum();
        let of = (0..districts).map(in_leaves).collect();
        Self { last, len: leaves.iter().map(Vec::len).sum(), of, lasts, scores, tallies, leaves }
    }

    /// How many stand in it among a district or everybody.
    fn count(&self, among: Option<u16>) -> usize {
        among.map_or(self.len, |district| self.of.get(usize::from(district)).copied().unwrap_or(0))
    }

    /// How many stand in a leaf.
    fn count_in(&self, leaf: usize, among: Option<u16>) -> usize {
        let Some(district) = among.map(usize::from) else { return self.leaves[leaf].len() };
        if district < self.of.len() { usize::from(self.tallies[leaf * self.of.len() + district]) } else { 0 }
    }
}

/// Whether somebody of a district counts among a district or everybody.
fn counts(among: Option<u16>, district: u16) -> bool {
    among.is_none_or(|among| among == district)
}

/// How many of each district there are.
fn tally(districts: usize, of: impl Iterator<Item = u16>) -> Vec<u8> {
    let mut tally = vec![0u8; districts];
    of.for_each(|district| {
        if let Some(count) = tally.get_mut(usize::from(district)) {
            *count = count.saturating_add(1);
        }
    });
    tally
}

#[allow(clippy::arithmetic_side_effects, reason = "indexes and lengths of vectors")]
impl Ranking {
    /// The ranking of these, each with its slot.
    pub fn of(mut keys: Vec<(Stands, u32)>) -> Self {
        keys.sort_unstable_by_key(|((_, key), _)| *key);
        let districts = keys.iter().map(|((district, _), _)| usize::from(*district) + 1).max().unwrap_or(0);
        if keys.is_empty() {
            return Self::default();
        }
        let leaf = |chunk: &[(Stands, u32)]| chunk.iter().map(|(_, slot)| *slot).collect::<Vec<u32>>();
        let end = |chunk: &[(Stands, u32)]| chunk.last().map_or(BoardKey::LAST, |((_, key), _)| *key);
        let tallied = |chunk: &[(Stands, u32)]| tally(districts, chunk.iter().map(|((district, _), _)| *district));
        let branch = |part: &[(Stands, u32)]| {
            let leaves = || part.chunks(FULL / 2);
            Branch::of(districts, leaves().map(end).collect(), leaves().flat_map(tallied).collect(), leaves().map(leaf).collect())
        };
        let mut ranking = Self { branches: keys.chunks(FULL / 2 * (WIDE / 2)).map(branch).collect(), districts };
        ranking.end_open();
        ranking
    }

    /// A key of a slot, of a district, came, went or moved; `keys` tells what is now.
    pub fn change(&mut self, (slot, district): (u32, u16), before: Option<BoardKey>, after: Option<BoardKey>, keys: &impl Keys) {
        let (from, to) = (before.map(|key| self.spot(&key)), after.map(|key| self.spot(&key)));
        if from == to {
            return;
        }
        if usize::from(district) >= self.districts {
            self.count_up_to(usize::from(district) + 1);
        }
        // Leaves split and join last, since that moves spots.
        if let Some(spot) = to {
            self.add(spot, slot, district);
        }
        let sparse = from.is_some_and(|spot| self.take(spot, slot, district) < SPARSE);
        if let Some(spot) = to {
            self.split_at(spot, keys);
        }
        if let Some(key) = before.filter(|_| sparse) {
            self.join_at(self.spot(&key));
        }
    }

    /// The rank of a key among a district or everybody, from 1; `None` where it is not in.
    pub fn rank_of(&self, key: &BoardKey, among: Option<u16>, keys: &impl Keys) -> Option<usize> {
        let spot = self.spot(key);
        let branch = self.branches.get(spot.branch)?;
        let before: usize = self.branches[..spot.branch].iter().map(|branch| branch.count(among)).sum();
        let before = before + (0..spot.leaf).map(|leaf| branch.count_in(leaf, among)).sum::<usize>();
        let (mut better, mut found) = (0, false);
        for slot in branch.leaves.get(spot.leaf)? {
            let (district, other) = keys.of(*slot);
            let counts = counts(among, district);
            better += usize::from(counts && other < *key);
            found |= counts && other == *key;
        }
        found.then_some(before + better + 1)
    }

    /// All keys among a district or everybody from a rank on, with their ranks.
    pub fn from<'a>(&'a self, rank: usize, among: Option<u16>, keys: &'a impl Keys) -> impl Iterator<Item = (usize, BoardKey)> {
        let wanted = rank.max(1) - 1;
        let mut before = 0;
        let mut branches = self.branches.iter().filter(move |branch| branch.count(among) > 0).peekable();
        while let Some(branch) = branches.next_if(|branch| before + branch.count(among) <= wanted) {
            before += branch.count(among);
        }
        let leaves_of = move |branch: &'a Branch| {
            let counted = (0..branch.leaves.len()).map(move |leaf| (branch.count_in(leaf, among), &branch.leaves[leaf]));
            counted.filter(|(count, _)| *count > 0)
        };
        let mut leaves = branches.flat_map(leaves_of).peekable();
        while let Some((count, _)) = leaves.next_if(|(count, _)| before + count <= wanted) {
            before += count;
        }
        let sorted = leaves.flat_map(move |(_, leaf)| {
            let of = leaf.iter().map(|slot| keys.of(*slot)).filter(|(district, _)| counts(among, *district));
            let mut order: Vec<BoardKey> = of.map(|(_, key)| key).collect();
            order.sort_unstable();
            order
        });
        (before + 1..).zip(sorted).skip(wanted - before)
    }

    /// How many stand on it among a district or everybody.
    pub fn len(&self, among: Option<u16>) -> usize {
        self.branches.iter().map(|branch| branch.count(among)).sum()
    }

    /// Whether anybody of a district, or of one after it in the league's list, has stood on it.
    pub fn knows(&self, district: u16) -> bool {
        usize::from(district) < self.districts
    }

    /// Makes room to count further districts.
    fn count_up_to(&mut self, districts: usize) {
        for branch in &mut self.branches {
            let known = self.districts;
            let leaf = |leaf: usize| (0..districts).map(move |district| (leaf, district));
            let of = |(leaf, district): (usize, usize)| if district < known { branch.tallies[leaf * known + district] } else { 0 };
            branch.tallies = (0..branch.leaves.len()).flat_map(leaf).map(of).collect();
            branch.of.resize(districts, 0);
        }
        self.districts = districts;
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

    fn add(&mut self, spot: Spot, slot: u32, district: u16) {
        let district = usize::from(district);
        let branch = &mut self.branches[spot.branch];
        branch.leaves[spot.leaf].push(slot);
        branch.tallies[spot.leaf * self.districts + district] += 1;
        branch.of[district] += 1;
        branch.len += 1;
    }

    /// Tells how many are left in the leaf.
    fn take(&mut self, spot: Spot, slot: u32, district: u16) -> usize {
        let district = usize::from(district);
        let branch = &mut self.branches[spot.branch];
        let leaf = &mut branch.leaves[spot.leaf];
        if let Some(place) = leaf.iter().position(|other| *other == slot) {
            leaf.swap_remove(place);
            branch.tallies[spot.leaf * self.districts + district] -= 1;
            branch.of[district] -= 1;
            branch.len -= 1;
        }
        leaf.len()
    }

    /// Makes two leaves of one that is too full, and two branches of one that is too wide.
    fn split_at(&mut self, spot: Spot, keys: &impl Keys) {
        let districts = self.districts;
        let branch = &mut self.branches[spot.branch];
        if branch.leaves[spot.leaf].len() <= FULL {
            return;
        }
        let mut order: Vec<(Stands, u32)> = branch.leaves[spot.leaf].iter().map(|slot| (keys.of(*slot), *slot)).collect();
        let middle = order.len() / 2;
        let (_, ((_, end), _), _) = order.select_nth_unstable_by_key(middle, |((_, key), _)| *key);
        let end = *end;
        let (best, others) = order.split_at(middle + 1);
        let slots = |order: &[(Stands, u32)]| order.iter().map(|(_, slot)| *slot).collect();
        let tallied = |order: &[(Stands, u32)]| tally(districts, order.iter().map(|((district, _), _)| *district));
        branch.lasts.insert(spot.leaf, end);
        branch.scores.insert(spot.leaf, end.score);
        branch.leaves[spot.leaf] = slots(others);
        branch.leaves.insert(spot.leaf, slots(best));
        let at = spot.leaf * districts;
        branch.tallies.splice(at..at + districts, [tallied(best), tallied(others)].concat());
        if branch.leaves.len() > WIDE {
            let half = WIDE / 2;
            let (lasts, tallies) = (branch.lasts.split_off(half), branch.tallies.split_off(half * districts));
            let upper = Branch::of(districts, lasts, tallies, branch.leaves.split_off(half));
            let Branch { lasts, tallies, leaves, .. } = branch;
            *branch = Branch::of(districts, std::mem::take(lasts), std::mem::take(tallies), std::mem::take(leaves));
            self.branches.insert(spot.branch + 1, upper);
        }
    }

    /// Joins a leaf that has become sparse with a neighbour in its branch; a branch without slots goes.
    fn join_at(&mut self, spot: Spot) {
        let districts = self.districts;
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
            let at = left * districts;
            let gone: Vec<u8> = branch.tallies.drain(at..at + districts).collect();
            branch.tallies[at..at + districts].iter_mut().zip(gone).for_each(|(tally, more)| *tally += more);
        }
        if branch.len == 0 && self.branches.len() > 1 {
            self.branches.remove(spot.branch);
            self.end_open();
        }
    }

    /// Behind the last leaf there is none: whoever comes after everybody belongs there.
    fn end_open(&mut self) {
        let Some(branch) = self.branches.last_mut() else { return };
        branch.last = BoardKey::LAST;
        if let (Some(last), Some(score)) = (branch.lasts.last_mut(), branch.scores.last_mut()) {
            (*last, *score) = (BoardKey::LAST, BoardKey::LAST.score);
        }
    }
}
