//! `Popularity`: how trade spreads over accounts and instruments.

use rand::RngExt;
use rand::seq::SliceRandom;
use rand_distr::{Distribution, Zipf};
use rand_pcg::Pcg64;

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Popularity {
    /// Everybody and everything alike.
    Uniform,
    /// Zipf's law with exponent 1.1: the first of fifty instruments takes a quarter of the trade.
    Zipf,
}

impl Popularity {
    /// As in a row's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Uniform => "uniform",
            Self::Zipf => "zipf",
        }
    }
}

/// Draws one of `n`.
#[derive(Clone, Debug)]
pub(crate) struct Picker {
    n: u32,
    /// The law, and who has which rank: shuffled, so that what is popular does not lie together in memory.
    ranked: Option<(Zipf<f64>, Vec<u32>)>,
}

impl Picker {
    pub(crate) fn new(popularity: Popularity, n: u32, random: &mut Pcg64) -> Self {
        let law = match popularity {
            Popularity::Uniform => None,
            // The exponent is positive and n at least 1.
            Popularity::Zipf => Zipf::new(f64::from(n.max(1)), 1.1).ok(),
        };
        let ranked = law.map(|law| {
            let mut who: Vec<u32> = (0..n).collect();
            who.shuffle(random);
            (law, who)
        });
        Self { n, ranked }
    }

    pub(crate) fn pick(&self, random: &mut Pcg64) -> u32 {
        match &self.ranked {
            None => random.random_range(0..self.n),
            // A rank is a whole number from 1 to n.
            Some((law, who)) => who[(law.sample(random) as usize).saturating_sub(1) % who.len()],
        }
    }
}
