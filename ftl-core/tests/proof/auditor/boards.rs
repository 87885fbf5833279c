//! Boards (R8.1, R8.2): everybody's score from the whole list of fills, then one full sort.

use ftl_core::command::AccountKind;
use ftl_core::id::{AccountId, District, PositionId, Seq};

use super::Auditor;
use super::exact::Exact;

/// One fill, as the boards see it.
#[derive(Clone, Debug)]
pub enum Trade {
    /// A position was opened.
    Opened {
        /// The entry.
        seq: Seq,
        /// Place of the account.
        account: usize,
        /// Which.
        position: PositionId,
        /// Margin at the fill, in 10⁻⁶ point.
        margin: i128,
    },
    /// A position was closed, or a part of it.
    Closed {
        /// The entry.
        seq: Seq,
        /// Place of the account.
        account: usize,
        /// Which.
        position: PositionId,
        /// Realised, in 10⁻⁶ point.
        pnl: i128,
        /// Nothing is left of it.
        gone: bool,
        /// How long it was held.
        held_ms: u64,
        /// The match that was on.
        fixture: Option<usize>,
        /// Undone by an operator.
        voided: bool,
    },
}

/// A row of a board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Points in 10⁻⁶ (`pnl`), or the ratio in 10⁻⁶ (`roi`).
    pub score: i128,
    /// The entry at which it came to this score.
    pub reached: Seq,
    /// Who.
    pub account: AccountId,
}

/// What is ranked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Board {
    /// Realised profit and loss.
    Pnl,
    /// Realised over margin committed.
    Roi,
}

impl Auditor {
    /// A board, best first; of one district or of all.
    pub fn board(&self, board: Board, district: Option<&District>) -> Vec<Row> {
        let stands = |n: &usize| {
            let account = &self.accounts[*n];
            let shown = self.rules().boards.bots || account.kind == AccountKind::Human;
            shown && district.is_none_or(|d| account.district == *d)
        };
        let mut rows: Vec<Row> = (0..self.accounts.len()).filter(stands).filter_map(|n| self.row(board, n)).collect();
        rows.sort_by(|a, b| b.score.cmp(&a.score).then(a.reached.cmp(&b.reached)).then(a.account.cmp(&b.account)));
        rows
    }

    /// An account's row: its fills in order, and where its score last changed.
    fn row(&self, board: Board, account: usize) -> Option<Row> {
        let rules = self.rules().boards;
        let (mut realised, mut committed, mut closed, mut fixtures) = (0, 0, 0, Vec::new());
        let mut margins = Vec::new();
        let mut current: Option<Row> = None;
        for trade in &self.trades {
            let at = match trade {
                Trade::Opened { seq, account: of, position, margin } if *of == account => {
                    committed += margin;
                    margins.push((*position, *margin));
                    *seq
                }
                Trade::Closed { seq, account: of, position, pnl, gone, fixture, voided, .. } if *of == account => {
                    realised += pnl;
                    if *voided {
                        committed -= margins.iter().find(|(id, _)| id == position).expect("it was opened").1;
                    } else if *gone {
                        closed += 1;
                        fixtures.extend(fixture.filter(|f| !fixtures.contains(f)));
                    }
                    *seq
                }
                _ => continue,
            };
            let any_close = matches!(trade, Trade::Closed { voided: false, .. }) || current.is_some();
            let score = match board {
                Board::Pnl => any_close.then_some(realised),
                Board::Roi => {
                    let eligible = closed >= rules.roi_min_positions && fixtures.len() >= rules.roi_min_fixtures as usize;
                    let divisor = committed.max(i128::from(rules.roi_min_margin.units())).max(1);
                    eligible.then(|| Exact::ratio(realised * 1_000_000, divisor).floor())
                }
            };
            current = match (current, score) {
                (_, None) => None,
                (Some(row), Some(score)) if row.score == score => Some(row),
                (_, Some(score)) => Some(Row { score, reached: at, account: self.accounts[account].id }),
            };
        }
        current
    }
}
