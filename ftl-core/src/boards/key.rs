//! `BoardKey`: a place on a board, as a total order (R8.2).

use std::cmp::Ordering;

use crate::id::{AccountId, Seq};

/// What an account is ranked by. The best is the least: score, then who reached it first, then account id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BoardKey {
    /// In the unit of the board.
    pub score: i64,
    /// The entry that brought the score to what it is.
    pub reached: Seq,
    /// Whose.
    pub account: AccountId,
}

impl BoardKey {
    /// After every other.
    pub(super) const LAST: Self = Self { score: i64::MIN, reached: Seq(u64::MAX), account: AccountId(u128::MAX) };
}

impl Ord for BoardKey {
    fn cmp(&self, other: &Self) -> Ordering {
        other.score.cmp(&self.score).then(self.reached.cmp(&other.reached)).then(self.account.cmp(&other.account))
    }
}

impl PartialOrd for BoardKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
    /// The same order without a branch: a search among many keys takes every branch wrong half of the time.
    fn lt(&self, other: &Self) -> bool {
        let (score, reached) = (other.score < self.score, self.reached < other.reached);
        let (same_score, same_reached) = (self.score == other.score, self.reached == other.reached);
        score | (same_score & (reached | (same_reached & (self.account < other.account))))
    }
}
