//! `Standing`: what boards need to know of a book. Part of the book, and so of the state; kept by [`Boards`](super::Boards).

use serde::{Deserialize, Serialize};

use super::BoardKey;
use crate::id::{AccountId, Seq};
use crate::rules::BoardRules;
use crate::units::{Money, Wide};

/// `roi` is counted in 10⁻⁶.
const ROI_SCALE: i64 = 1_000_000;

/// A book's record so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Standing {
    /// A program's book: on boards only under `boards.bots`.
    pub bot: bool,
    /// Σ realised results.
    pub realised: Money,
    /// Σ margin of all positions when they were opened.
    pub committed: Money,
    /// Something has closed: from then on the book stands on `pnl`.
    pub has_closed: bool,
    /// Positions that closed whole.
    pub closed_positions: u32,
    /// The matches that one of them closed in, a bit each by the fixture's number; no zero words at the end.
    pub fixtures: Vec<u64>,
    /// The entry that brought `realised` to what it is.
    pub pnl_reached: Seq,
    /// The entry that brought [`roi`](Self::roi) to what it is, or the book onto that board.
    pub roi_reached: Seq,
}

/// A position, or a part of it, that closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed {
    /// Realised.
    pub pnl: Money,
    /// Whether nothing is left of the position.
    pub whole: bool,
    /// The number of the match that its footballer was in.
    pub fixture: Option<u32>,
    /// Undone by an operator, with the margin that it had committed: the position does not count.
    pub voided: Option<Money>,
}

impl Standing {
    /// Realised over max(committed, `roi_min_margin`), in 10⁻⁶, rounded down.
    ///
    /// 250 points realised on 1,000 committed, at least 5,000 to divide by: 0.050000, that is 50,000.
    pub fn roi(&self, rules: &BoardRules) -> i64 {
        let divisor = self.committed.max(rules.roi_min_margin).max(Money::from_units(1));
        (self.realised.wide() * Wide::of(ROI_SCALE)).div_floor(divisor.wide()).clamp_i64()
    }

    /// In how many matches a position of the book closed.
    pub fn fixture_count(&self) -> u32 {
        self.fixtures.iter().fold(0, |sum, word| sum.saturating_add(word.count_ones()))
    }

    /// Where the book stands on `pnl`, if it does.
    pub fn pnl_key(&self, account: AccountId, rules: &BoardRules) -> Option<BoardKey> {
        (self.has_closed && self.is_ranked(rules)).then_some(BoardKey { score: self.realised.units(), reached: self.pnl_reached, account })
    }

    /// Where the book stands on `roi`, if it does.
    pub fn roi_key(&self, account: AccountId, rules: &BoardRules) -> Option<BoardKey> {
        let shown = self.is_ranked(rules) && self.is_qualified(rules);
        shown.then(|| BoardKey { score: self.roi(rules), reached: self.roi_reached, account })
    }

    fn is_ranked(&self, rules: &BoardRules) -> bool {
        !self.bot || rules.bots
    }

    fn is_qualified(&self, rules: &BoardRules) -> bool {
        self.closed_positions >= rules.roi_min_positions.max(1) && self.fixture_count() >= rules.roi_min_fixtures
    }

    pub(super) fn commit(&mut self, margin: Money, seq: Seq, rules: &BoardRules) {
        self.note(seq, rules, |standing| standing.committed = sum(standing.committed, margin));
    }

    pub(super) fn close(&mut self, closed: Closed, seq: Seq, rules: &BoardRules) {
        self.note(seq, rules, |standing| {
            standing.realised = sum(standing.realised, closed.pnl);
            if let Some(margin) = closed.voided {
                standing.committed = sum(standing.committed, -margin);
                return;
            }
            standing.has_closed = true;
            if closed.whole {
                standing.closed_positions = standing.closed_positions.saturating_add(1);
                closed.fixture.into_iter().for_each(|fixture| standing.play(fixture));
            }
        });
    }

    /// Makes a change, and notes when a score changed or came onto its board: that is reaching it.
    fn note(&mut self, seq: Seq, rules: &BoardRules, change: impl FnOnce(&mut Self)) {
        let look = |standing: &Self| (standing.has_closed, standing.realised, standing.is_qualified(rules), standing.roi(rules));
        let before = look(self);
        change(self);
        let after = look(self);
        if (before.0, before.1) != (after.0, after.1) {
            self.pnl_reached = seq;
        }
        if (before.2, before.3) != (after.2, after.3) {
            self.roi_reached = seq;
        }
    }

    fn play(&mut self, fixture: u32) {
        let word = usize::try_from(fixture / u64::BITS).unwrap_or(usize::MAX);
        if self.fixtures.len() <= word {
            self.fixtures.resize(word.saturating_add(1), 0);
        }
        self.fixtures[word] |= 1u64.rotate_left(fixture % u64::BITS);
    }
}

/// A record that passes the range stays at its end: boards never stop a trade.
fn sum(a: Money, b: Money) -> Money {
    Money::from_units(a.units().saturating_add(b.units()))
}
