//! `Places`: how many keys stand before a chunk. A Fenwick tree over the lengths of a ranking's chunks.

/// Node `i` holds the lengths of the `lowbit(i + 1)` chunks that end with chunk `i`.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    nodes: Vec<usize>,
    total: usize,
}

#[allow(clippy::arithmetic_side_effects, reason = "indexes and lengths of vectors")]
impl Places {
    /// Counts anew.
    pub(super) fn rebuild(&mut self, lengths: impl Iterator<Item = usize>) {
        self.nodes.clear();
        self.nodes.extend(lengths);
        self.total = self.nodes.iter().sum();
        for i in 0..self.nodes.len() {
            let parent = i | (i + 1);
            if parent < self.nodes.len() {
                self.nodes[parent] += self.nodes[i];
            }
        }
    }

    /// Chunk `chunk` has one more.
    pub(super) fn increment(&mut self, chunk: usize) {
        self.total += 1;
        let mut i = chunk;
        while let Some(node) = self.nodes.get_mut(i) {
            *node += 1;
            i |= i + 1;
        }
    }

    /// Chunk `chunk` has one less.
    pub(super) fn decrement(&mut self, chunk: usize) {
        self.total -= 1;
        let mut i = chunk;
        while let Some(node) = self.nodes.get_mut(i) {
            *node -= 1;
            i |= i + 1;
        }
    }

    /// How many keys stand in all chunks before `chunk`.
    pub(super) fn before(&self, chunk: usize) -> usize {
        let mut sum = 0;
        let mut end = chunk;
        while end > 0 {
            sum += self.nodes[end - 1];
            end &= end - 1;
        }
        sum
    }

    /// The chunk of the `index`-th key (from 0), and its place in that chunk.
    pub(super) fn find(&self, index: usize) -> Option<(usize, usize)> {
        if index >= self.total {
            return None;
        }
        let (mut chunk, mut rest) = (0, index);
        let mut step = (self.nodes.len() + 1).next_power_of_two() / 2;
        while step > 0 {
            if let Some(node) = self.nodes.get(chunk + step - 1)
                && *node <= rest
            {
                chunk += step;
                rest -= node;
            }
            step /= 2;
        }
        Some((chunk, rest))
    }

    /// How many keys there are.
    pub(super) fn total(&self) -> usize {
        self.total
    }
}
