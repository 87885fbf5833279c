//! `Numbers`: a seed turned into choices. Small, fixed for ever: a seed in a report must mean the same next year.

/// SplitMix64: passes statistical tests, needs no state but a counter.
#[derive(Clone, Debug)]
pub struct Numbers(u64);

impl Numbers {
    pub fn of(seed: u64) -> Self {
        Self(seed.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(1))
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// 0 to n − 1.
    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n.max(1)
    }

    /// Both ends included.
    pub fn within(&mut self, least: i64, most: i64) -> i64 {
        least + self.below((most - least).max(0) as u64 + 1) as i64
    }

    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub fn id(&mut self) -> u128 {
        u128::from(self.next()) << 64 | u128::from(self.next())
    }

    /// One of them; none of nothing.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        let n = items.len() as u64;
        if n == 0 { None } else { items.get(self.below(n) as usize) }
    }

    /// One by weight; the weights are fixed tables, so there always is one.
    pub fn weighted<T: Copy>(&mut self, table: &[(u64, T)]) -> T {
        let mut rest = self.below(table.iter().map(|(weight, _)| weight).sum());
        for (weight, item) in table {
            if rest < *weight {
                return *item;
            }
            rest -= weight;
        }
        table[0].1
    }
}
