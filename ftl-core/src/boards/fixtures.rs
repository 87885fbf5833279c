//! In which matches a book's positions closed: all of a season, or a few of a week.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

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

/// All matches of a season, a bit each by the fixture's number; no zero words at the end. Read and written as a list of
/// words; the first, which serves most leagues, lies here.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct SeasonFixtures {
    first: u64,
    rest: Box<[u64]>,
}

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
        let bit = 1u64.rotate_left(fixture % u64::BITS);
        let Some(place) = usize::try_from(fixture / u64::BITS).unwrap_or(usize::MAX).checked_sub(1) else {
            self.first |= bit;
            return;
        };
        if self.rest.len() <= place {
            let mut words = std::mem::take(&mut self.rest).into_vec();
            words.resize(place.saturating_add(1), 0);
            self.rest = words.into_boxed_slice();
        }
        self.rest[place] |= bit;
    }

    #[inline]
    fn count(&self) -> u32 {
        self.rest.iter().fold(self.first.count_ones(), |sum, word| sum.saturating_add(word.count_ones()))
    }
}

impl Serialize for SeasonFixtures {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let none = self.first == 0 && self.rest.is_empty();
        let words = usize::from(!none).saturating_add(self.rest.len());
        serializer.collect_seq(std::iter::once(&self.first).chain(&self.rest).take(words))
    }
}

impl<'de> Deserialize<'de> for SeasonFixtures {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let words = Vec::<u64>::deserialize(deserializer)?;
        let (first, rest) = words.split_first().map(|(first, rest)| (*first, rest.into())).unwrap_or_default();
        Ok(Self { first, rest })
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
