//! What is told at once: of everything of which only the newest matters, that; of everything else, all.

use std::sync::Arc;

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use super::message::{Shared, SharedPrice};
use crate::wire::cursor::Reached;
use crate::wire::frame::public::{BarFrame, FixtureFrame, LeaderboardFrame, PublicFrame, StatusFrame};
use crate::wire::frame::{Frames, PriceFrame};

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Round {
    /// Everything up to this entry is told with it.
    pub upto: Reached,
    /// The window's when it was read.
    pub life: u64,
    /// The window broke off before it: everybody begins anew.
    pub resync: bool,
    pub prices: Vec<SharedPrice>,
    pub bars: Vec<Shared<BarFrame>>,
    /// Statuses and matches, the newest of each.
    pub standing: Vec<Shared<PublicFrame>>,
    /// Events and activity, in order.
    pub said: Vec<Shared<PublicFrame>>,
    pub leaderboard: Option<Arc<Shared<LeaderboardFrame>>>,
    /// Entries that concern accounts, in order.
    pub entries: Vec<Arc<Frames>>,
}

impl Round {
    /// What these entries of `life` tell.
    pub fn of(frames: Vec<Arc<Frames>>, life: u64, upto: Reached) -> Self {
        let mut prices: IndexMap<u16, &PriceFrame, FxBuildHasher> = IndexMap::default();
        let mut statuses: IndexMap<u16, &StatusFrame, FxBuildHasher> = IndexMap::default();
        let mut fixtures: IndexMap<&str, &FixtureFrame, FxBuildHasher> = IndexMap::default();
        let mut said = Vec::new();
        for entry in &frames {
            prices.extend(entry.prices.iter().map(|price| (price.idx, price)));
            for frame in &entry.public {
                match frame {
                    PublicFrame::Status(status) => drop(statuses.insert(status.idx, status)),
                    PublicFrame::Fixture(fixture) => drop(fixtures.insert(&fixture.fixture.0, fixture)),
                    PublicFrame::Event(_) | PublicFrame::Activity(_) => said.push(Shared::new(frame.clone())),
                }
            }
        }
        let fixtures = fixtures.into_values().map(|frame| PublicFrame::Fixture(frame.clone()));
        let statuses = statuses.into_values().map(|frame| PublicFrame::Status(frame.clone()));
        let standing = fixtures.chain(statuses).map(Shared::new).collect();
        let prices = prices.into_values().map(|price| SharedPrice::new(price.clone())).collect();
        let entries = frames.into_iter().filter(|entry| !entry.accounts.is_empty()).collect();
        Self { upto, life, prices, standing, said, entries, ..Self::default() }
    }
}
