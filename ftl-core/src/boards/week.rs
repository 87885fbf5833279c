//! `WeekBoards`: the boards of one week, and district against district in it (R8.1). Moved by [`Boards`](super::Boards).

use super::rankings::Rankings;
use super::view::row;
use super::{BoardKey, BoardRow, Keys, Ranking};
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
    /// By realised result: who counts for his district.
    pub(super) contenders: Ranking,
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
}

/// The first `count` districts of the league's list, the best first: by score, then by who reached it first, then in
/// the list's order; those that nobody counts for come last. `contenders` are who counts for his.
pub(super) fn table(contenders: Option<&Ranking>, keys: &impl Keys, count: u16) -> Vec<DistrictResult> {
    let mut table: Vec<DistrictResult> = (0..count).map(|district| result(contenders, keys, district)).collect();
    table.sort_by(|a, b| {
        let nobody = |one: &DistrictResult| one.contenders == 0;
        nobody(a).cmp(&nobody(b)).then(b.score.cmp(&a.score)).then(a.reached.cmp(&b.reached)).then(a.district.cmp(&b.district))
    });
    for (rank, line) in (1..).zip(table.iter_mut().take_while(|line| line.contenders > 0)) {
        line.rank = Some(rank);
    }
    table
}

fn result(ranking: Option<&Ranking>, keys: &impl Keys, district: u16) -> DistrictResult {
    let best =
        ranking.into_iter().flat_map(|ranking| ranking.from(1, Some(district), keys)).take(usize::try_from(BEST).unwrap_or_default());
    let best: Vec<(usize, BoardKey)> = best.collect();
    let sum: Wide = best.iter().map(|(_, key)| Wide::of(key.score)).sum();
    DistrictResult {
        rank: None,
        district,
        score: Money::from_units(sum.div_floor(BEST).clamp_i64()),
        reached: best.iter().map(|(_, key)| key.reached).max().unwrap_or_default(),
        contenders: ranking.map_or(0, |ranking| u64::try_from(ranking.len(Some(district))).unwrap_or(u64::MAX)),
        best: best.iter().map(|(rank, key)| row(*rank, key)).collect(),
    }
}
