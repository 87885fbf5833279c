//! `WeekBoards`: the boards of one week, and district against district in it (R8.1). Moved by [`Boards`](super::Boards).

use super::rankings::{Rankings, at, exchange};
use super::standing::AllKeys;
use super::view::row;
use super::{BoardKey, BoardRow, Ranking};
use crate::id::Seq;
use crate::time::Week;
use crate::units::{Money, Wide};

/// R8.1: a district's best, by whose number their sum is divided.
const BEST: i32 = 10;

/// The boards of a week.
#[derive(Clone, Debug, Default)]
pub(super) struct WeekBoards {
    pub(super) week: Week,
    pub(super) rankings: Rankings,
    /// By district, by realised result: who counts for it.
    pub(super) contenders: Vec<Ranking<BoardKey>>,
}

/// A district's result of a week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DistrictResult {
    /// From 1; `None` where nobody counts for it.
    pub rank: Option<u64>,
    /// Its place in the league's list.
    pub district: u16,
    /// The sum of its ten best by ten, rounded down.
    pub score: Money,
    /// The entry that brought it there: the latest of its best.
    pub reached: Seq,
    /// How many count for it.
    pub contenders: u64,
    /// Its best, ten at the most.
    pub best: Vec<BoardRow>,
}

impl WeekBoards {
    /// The boards of nobody.
    pub(super) fn of(week: Week) -> Self {
        Self { week, ..Self::default() }
    }

    pub(super) fn update(&mut self, district: u16, before: &AllKeys, after: &AllKeys) {
        self.rankings.update(district, before.week, after.week);
        if before.contender != after.contender {
            exchange(at(&mut self.contenders, district), before.contender, after.contender);
        }
    }

    /// The first `count` districts of the league's list, the best first: by score, then by who reached it first, then in
    /// the list's order; those that nobody counts for come last.
    pub(super) fn table(&self, count: u16) -> Vec<DistrictResult> {
        let mut table: Vec<DistrictResult> = (0..count).map(|district| self.result(district)).collect();
        table.sort_by(|a, b| {
            let nobody = |one: &DistrictResult| one.contenders == 0;
            nobody(a).cmp(&nobody(b)).then(b.score.cmp(&a.score)).then(a.reached.cmp(&b.reached)).then(a.district.cmp(&b.district))
        });
        for (rank, line) in (1..).zip(table.iter_mut().take_while(|line| line.contenders > 0)) {
            line.rank = Some(rank);
        }
        table
    }

    fn result(&self, district: u16) -> DistrictResult {
        let ranking = self.contenders.get(usize::from(district));
        let best: Vec<&BoardKey> = ranking.into_iter().flat_map(|ranking| ranking.top(usize::try_from(BEST).unwrap_or_default())).collect();
        let sum: Wide = best.iter().map(|key| Wide::of(key.score)).sum();
        DistrictResult {
            rank: None,
            district,
            score: Money::from_units(sum.div_floor(BEST).clamp_i64()),
            reached: best.iter().map(|key| key.reached).max().unwrap_or_default(),
            contenders: ranking.map_or(0, |ranking| u64::try_from(ranking.len()).unwrap_or(u64::MAX)),
            best: (1..).zip(best).map(|(rank, key)| row(rank, key)).collect(),
        }
    }
}
