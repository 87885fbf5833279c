//! How unevenly something is spread: percentiles and the Gini coefficient, in integers.

use crate::units::{Money, Wide};

/// Amounts in rising order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Distribution {
    sorted: Vec<Money>,
}

impl Distribution {
    /// Of these, in any order.
    pub fn of(mut amounts: Vec<Money>) -> Self {
        amounts.sort_unstable();
        Self { sorted: amounts }
    }

    /// In rising order.
    pub fn sorted(&self) -> &[Money] {
        &self.sorted
    }

    /// The amount below which `percent` of a hundred lie: the one at ⌊percent × (n − 1) / 100⌋; 0 of nothing.
    pub fn percentile(&self, percent: usize) -> Money {
        let last = self.sorted.len().saturating_sub(1);
        let place = last.saturating_mul(percent.min(100)).checked_div(100).unwrap_or(0);
        self.sorted.get(place).copied().unwrap_or(Money::ZERO)
    }

    /// The sum over the number; 0 of nothing.
    pub fn mean(&self) -> Money {
        let n = i64::try_from(self.sorted.len()).unwrap_or(i64::MAX).max(1);
        let sum: Wide = self.sorted.iter().map(|amount| amount.wide()).sum();
        Money::from_units(sum.div_floor(n).clamp_i64())
    }

    /// The Gini coefficient in 10⁻⁶: 0 where all have the same, towards 1,000,000 where one has all. Amounts below
    /// nothing count as nothing. `2 Σ i·x_i / (n Σ x) − (n + 1) / n`, i from 1 in rising order.
    ///
    /// Of 1, 2, 3, 4: 2 × 30 / (4 × 10) − 5 / 4 = 0.25.
    pub fn gini_ppm(&self) -> i64 {
        let n = Wide::of(i64::try_from(self.sorted.len()).unwrap_or(0));
        let rows = (1_i64..).zip(&self.sorted).map(|(i, amount)| (Wide::of(i), amount.wide().max(Wide::ZERO)));
        let (sum, weighted) = rows.fold((Wide::ZERO, Wide::ZERO), |(sum, weighted), (i, x)| (sum + x, weighted + i * x));
        if sum <= Wide::ZERO {
            return 0;
        }
        let above = weighted * 2 - (n + Wide::of(1)) * sum;
        (above * 1_000_000).div_floor(n * sum).clamp_i64()
    }
}
