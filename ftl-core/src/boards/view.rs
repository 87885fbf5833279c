//! `BoardView`: what a reader is shown of a board.

use serde::{Deserialize, Serialize};

use super::{BoardKey, Ranking};
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
    /// The first `rows` of `ranking`, and `own` with up to `around` on either side. O(log n + rows + around).
    pub fn of(ranking: &Ranking<BoardKey>, own: Option<BoardKey>, rows: usize, around: usize) -> Self {
        let own_rank = own.and_then(|key| ranking.rank_of(&key));
        Self {
            rows: (1..).zip(ranking.top(rows)).map(|(rank, key)| row(rank, key)).collect(),
            own: own_rank.zip(own).map(|(rank, key)| row(rank, &key)),
            neighbours: own_rank.map(|rank| ranking.around(rank, around).map(|(rank, key)| row(rank, key)).collect()).unwrap_or_default(),
            total: wide(ranking.len()),
        }
    }
}

pub(super) fn row(rank: usize, key: &BoardKey) -> BoardRow {
    BoardRow { rank: wide(rank), account: key.account, score: key.score }
}

fn wide(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
