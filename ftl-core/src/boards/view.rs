//! `BoardView`: what a reader is shown of a board.

use serde::{Deserialize, Serialize};

use super::BoardKey;
use crate::id::AccountId;

/// One line of a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BoardRow {
    /// From 1.
    pub rank: u64,
    /// Who.
    pub account: AccountId,
    /// In the unit of the board.
    pub score: i64,
}

/// The head of a board and the neighbourhood of whoever asks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BoardView {
    /// The first ones.
    pub rows: Vec<BoardRow>,
    /// Who asks, where he stands on it.
    pub own: Option<BoardRow>,
    /// Those about him, himself among them.
    pub neighbours: Vec<BoardRow>,
    /// How many stand on it.
    pub total: u64,
}

impl BoardView {
    /// The first `rows` of a board on which `total` stand, and whoever has `own` rank with up to `around` on either side.
    /// `from` gives the keys from a rank on, with their ranks.
    pub fn of<I: Iterator<Item = (usize, BoardKey)>>(
        own: Option<usize>,
        total: usize,
        rows: usize,
        around: usize,
        from: impl Fn(usize) -> I,
    ) -> Self {
        let shown = |first: usize, count: usize| from(first).take(count).map(|(rank, key)| row(rank, &key)).collect::<Vec<_>>();
        let neighbours = own.map(|rank| {
            let first = rank.saturating_sub(around).max(1);
            shown(first, rank.saturating_sub(first).saturating_add(around).saturating_add(1))
        });
        let neighbours = neighbours.unwrap_or_default();
        let own = own.and_then(|rank| neighbours.iter().find(|line| line.rank == wide(rank))).copied();
        Self { rows: shown(1, rows), own, neighbours, total: wide(total) }
    }
}

pub(super) fn row(rank: usize, key: &BoardKey) -> BoardRow {
    BoardRow { rank: wide(rank), account: key.account, score: key.score }
}

fn wide(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
