//! The fixtures of a season in the order of kick-off: given, or drawn from the priors one at a time.

use crate::source::MatchSource;
use crate::synthetic::Synthetic;

/// See the module.
#[derive(Clone, Debug)]
pub enum Matches {
    /// In the order of kick-off.
    Given(Vec<MatchSource>),
    /// Drawn when their time comes.
    Drawn {
        /// Where from.
        supply: Box<Synthetic>,
        /// How many.
        count: u64,
    },
}

impl Matches {
    /// These, put into the order of kick-off.
    pub fn given(mut matches: Vec<MatchSource>) -> Self {
        matches.sort_by(|a, b| (a.kick_off, &a.id).cmp(&(b.kick_off, &b.id)));
        Self::Given(matches)
    }

    /// `count` synthetic matches of `seed`, each of two teams that never played before.
    pub fn drawn(seed: u64, count: u64) -> Self {
        Self::Drawn { supply: Box::new(Synthetic::new(seed)), count }
    }

    /// `count` synthetic matches of `seed` among so many teams, whose footballers keep their form.
    pub fn drawn_among(seed: u64, count: u64, teams: u64) -> Self {
        Self::Drawn { supply: Box::new(Synthetic::new(seed).among(teams)), count }
    }

    /// How many.
    pub fn count(&self) -> u64 {
        match self {
            Self::Given(matches) => u64::try_from(matches.len()).unwrap_or(u64::MAX),
            Self::Drawn { count, .. } => *count,
        }
    }

    /// The one with this number, from 0.
    pub fn get(&self, n: u64) -> Option<MatchSource> {
        match self {
            Self::Given(matches) => matches.get(usize::try_from(n).ok()?).cloned(),
            Self::Drawn { supply, count } => (n < *count).then(|| supply.draw(n)),
        }
    }
}
