//! Boards (R8.1, R8.2): everybody's score from the whole list of fills, then one full sort.

use ftl_core::command::AccountKind;
use ftl_core::id::{AccountId, District, PositionId, Seq};
use ftl_core::time::At;

use super::Auditor;
use super::exact::Exact;

/// One fill, as the boards see it.
#[derive(Clone, Debug)]
pub enum Trade {
    /// A position was opened.
    Opened {
        /// The entry.
        seq: Seq,
        /// Its time.
        at: At,
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
        /// Its time.
        at: At,
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

const DAY_MS: u64 = 86_400_000;

/// Weeks begin on Monday; 1970 began on a Thursday.
pub fn week_of(at: At) -> u64 {
    (at.0 / DAY_MS + 3) / 7
}

impl Trade {
    fn at(&self) -> At {
        match self {
            Self::Opened { at, .. } | Self::Closed { at, .. } => *at,
        }
    }
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
    /// A board, best first; of one district or of all, of the season or of one week.
    pub fn board(&self, board: Board, district: Option<&District>, week: Option<u64>) -> Vec<Row> {
        let stands = |n: &usize| {
            let account = &self.accounts[*n];
            let shown = self.rules().boards.bots || account.kind == AccountKind::Human;
            shown && district.is_none_or(|d| account.district == *d)
        };
        let mut rows: Vec<Row> = (0..self.accounts.len()).filter(stands).filter_map(|n| self.row(board, n, week)).collect();
        rows.sort_by(|a, b| b.score.cmp(&a.score).then(a.reached.cmp(&b.reached)).then(a.account.cmp(&b.account)));
        rows
    }

    /// District against district in a week: what the ten best of a district make, by ten, and how many count for it.
    pub fn district(&self, district: &District, week: u64) -> (i128, usize) {
        let begins = (week * 7 - 3) * DAY_MS;
        let row_of = |row: &Row| self.accounts.iter().position(|account| account.id == row.account).expect("an account");
        let counts = |row: &Row| {
            let account = row_of(row);
            let fixtures = self.trades.iter().filter_map(|trade| match trade {
                Trade::Closed { account: of, gone: true, voided: false, fixture, at, .. } if *of == account && week_of(*at) == week => {
                    *fixture
                }
                _ => None,
            });
            self.accounts[account].since.0 < begins && fixtures.collect::<std::collections::BTreeSet<_>>().len() >= 3
        };
        let rows: Vec<Row> = self.board(Board::Pnl, Some(district), Some(week)).into_iter().filter(counts).collect();
        (rows.iter().take(10).map(|row| row.score).sum::<i128>().div_euclid(10), rows.len())
    }

    /// An account's row: its fills in order, and where its score last changed.
    fn row(&self, board: Board, account: usize, week: Option<u64>) -> Option<Row> {
        let rules = self.rules().boards;
        let (mut realised, mut committed, mut closed, mut fixtures) = (0, 0, 0, Vec::new());
        let mut margins = Vec::new();
        let mut current: Option<Row> = None;
        for trade in self.trades.iter().filter(|trade| week.is_none_or(|week| week_of(trade.at()) == week)) {
            let at = match trade {
                Trade::Opened { seq, account: of, position, margin, .. } if *of == account => {
                    committed += margin;
                    margins.push((*position, *margin));
                    *seq
                }
                Trade::Closed { seq, account: of, position, pnl, gone, fixture, voided, .. } if *of == account => {
                    realised += pnl;
                    if *voided {
                        // Opened in another week: that week's margin.
                        committed -= margins.iter().find(|(id, _)| id == position).map_or(0, |(_, margin)| *margin);
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
                    let matches = if week.is_some() { rules.roi_min_fixtures.min(4) } else { rules.roi_min_fixtures };
                    let eligible = closed >= rules.roi_min_positions && fixtures.len() >= matches as usize;
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
