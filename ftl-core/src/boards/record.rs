//! `Record`: what a book did in one window, the season or a week, and where that puts it.

use serde::{Deserialize, Serialize};

use super::fixtures::Fixtures;
use super::{BoardKey, BoardKind, Closed};
use crate::id::{AccountId, Seq};
use crate::rules::BoardRules;
use crate::units::{Money, Wide};

/// `roi` is counted in 10⁻⁶.
const ROI_SCALE: i64 = 1_000_000;

/// Results of one window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Record<F> {
    /// Σ realised results.
    pub realised: Money,
    /// Σ margin of all positions when they were opened.
    pub committed: Money,
    /// The entry that brought `realised` to what it is.
    pub pnl_reached: Seq,
    /// The entry that brought [`roi`](Self::roi) to what it is, or the book onto that board; while it is not on it, the
    /// entry of the last change.
    pub roi_reached: Seq,
    /// Positions that closed whole.
    pub closed_positions: u32,
    /// The matches that one of them closed in.
    pub fixtures: F,
    /// Something has closed: from then on the book stands on `pnl`.
    pub has_closed: bool,
}

/// A record's keys on the two boards, each where it stands on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Keys {
    pub(super) pnl: Option<BoardKey>,
    pub(super) roi: Option<BoardKey>,
}

impl<F: Fixtures> Record<F> {
    /// Realised over max(committed, `roi_min_margin`), in 10⁻⁶, rounded down.
    ///
    /// 250 points realised on 1,000 committed, at least 5,000 to divide by: 0.050000, that is 50,000.
    pub fn roi(&self, rules: &BoardRules) -> i64 {
        let divisor = self.committed.max(rules.roi_min_margin).max(Money::from_units(1));
        (self.realised.wide() * Wide::of(ROI_SCALE)).div_floor(divisor.wide()).clamp_i64()
    }

    /// Where the record puts `account`, if it does.
    pub fn key(&self, kind: BoardKind, account: AccountId, rules: &BoardRules) -> Option<BoardKey> {
        let (score, reached) = match kind {
            BoardKind::Pnl => (self.pnl_score(), self.pnl_reached),
            BoardKind::Roi => (self.roi_score(rules), self.roi_reached),
        };
        score.map(|score| BoardKey { score, reached, account })
    }

    pub(super) fn keys(&self, account: AccountId, rules: &BoardRules) -> Keys {
        Keys { pnl: self.key(BoardKind::Pnl, account, rules), roi: self.key(BoardKind::Roi, account, rules) }
    }

    /// A position was opened with this margin.
    pub(super) fn commit(&mut self, margin: Money, seq: Seq, rules: &BoardRules) {
        self.note(seq, rules, |record| record.committed = sum(record.committed, margin));
    }

    /// A position or a part of it was closed; `voided` is what it had committed in this window.
    pub(super) fn close(&mut self, closed: &Closed, voided: Option<Money>, seq: Seq, rules: &BoardRules) {
        self.note(seq, rules, |record| {
            record.realised = sum(record.realised, closed.pnl);
            if let Some(margin) = voided {
                record.committed = sum(record.committed, -margin);
                return;
            }
            record.has_closed = true;
            if closed.whole {
                record.closed_positions = record.closed_positions.saturating_add(1);
                closed.fixture.into_iter().for_each(|fixture| record.fixtures.play(fixture));
            }
        });
    }

    /// Makes a change, and notes when a score changed or came onto its board: that is reaching it.
    fn note(&mut self, seq: Seq, rules: &BoardRules, change: impl FnOnce(&mut Self)) {
        let (pnl, roi) = (self.pnl_score(), self.roi_score(rules));
        change(self);
        if self.pnl_score() != pnl {
            self.pnl_reached = seq;
        }
        let now = self.roi_score(rules);
        if now != roi || now.is_none() {
            self.roi_reached = seq;
        }
    }

    fn pnl_score(&self) -> Option<i64> {
        self.has_closed.then_some(self.realised.units())
    }

    /// Whether it stands on `roi`: enough positions closed in enough matches.
    pub(super) fn is_on_roi(&self, rules: &BoardRules) -> bool {
        self.closed_positions >= rules.roi_min_positions.max(1) && self.fixtures.count() >= rules.roi_min_fixtures.min(F::MOST)
    }

    fn roi_score(&self, rules: &BoardRules) -> Option<i64> {
        self.is_on_roi(rules).then(|| self.roi(rules))
    }
}

/// A record that passes the range stays at its end: boards never stop a trade.
fn sum(a: Money, b: Money) -> Money {
    Money::from_units(a.units().saturating_add(b.units()))
}
