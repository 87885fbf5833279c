//! In which matches a book's positions closed: all of a season, or a few of a week.

use serde::{Deserialize, Serialize};

use crate::time::Week;

/// A set of matches that can be counted.
pub trait Fixtures: Clone + Default {
    /// It counts no further than this.
    const MOST: u32;
    /// A position closed in the match with this number.
    fn play(&mut self, fixture: u32);
    /// In how many matches one closed, [`MOST`](Self::MOST) where it is more.
    fn count(&self) -> u32;
}

/// All matches of a season, a bit each by the fixture's number; no zero words at the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct SeasonFixtures(Vec<u64>);

/// The first matches of a week. No board asks for more of them than it holds, and it never allocates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct WeekFixtures {
    /// Which week.
    pub week: Week,
    /// Their numbers, the first `len`.
    numbers: [u32; 4],
    len: u8,
}

impl WeekFixtures {
    /// None yet.
    pub(super) fn of(week: Week) -> Self {
        Self { week, ..Self::default() }
    }
}

impl Fixtures for SeasonFixtures {
    const MOST: u32 = u32::MAX;

    fn play(&mut self, fixture: u32) {
        let word = usize::try_from(fixture / u64::BITS).unwrap_or(usize::MAX);
        if self.0.len() <= word {
            self.0.resize(word.saturating_add(1), 0);
        }
        self.0[word] |= 1u64.rotate_left(fixture % u64::BITS);
    }

    fn count(&self) -> u32 {
        self.0.iter().fold(0, |sum, word| sum.saturating_add(word.count_ones()))
    }
}

impl Fixtures for WeekFixtures {
    const MOST: u32 = 4;

    fn play(&mut self, fixture: u32) {
        let len = usize::from(self.len);
        if self.numbers.iter().take(len).any(|known| *known == fixture) {
            return;
        }
        if let Some(free) = self.numbers.get_mut(len) {
            *free = fixture;
            self.len = self.len.saturating_add(1);
        }
    }

    fn count(&self) -> u32 {
        u32::from(self.len)
    }
}
