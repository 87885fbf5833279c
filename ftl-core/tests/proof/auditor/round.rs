//! R5.5: stop losses and take profits, then margin, then limits, until nothing does anything; then warnings.

use ftl_core::position::CloseReason;
use ftl_core::units::Direction;

use super::trading::{At, Moment};
use super::{Auditor, Intent};

impl Auditor {
    /// The round; `tick` is the match whose clock tick this is.
    pub(super) fn run_round(&mut self, tick: Option<usize>) {
        let mut ruined = Vec::new();
        loop {
            let marks = self.judged_marks();
            if self.fire_first_trigger(&marks) || self.wash_out_first(&marks, &mut ruined) || self.fill_first_limit(tick) {
                continue;
            }
            break;
        }
        self.warn();
    }

    /// Whether limits of an instrument are looked at now: in play only in its match's clock tick.
    fn is_looked_at(&self, instrument: usize, tick: Option<usize>) -> bool {
        match self.in_play(instrument) {
            Some(fixture) => tick == Some(fixture),
            None => true,
        }
    }

    /// R4.6: the oldest position whose stop loss, or else take profit, is reached closes.
    fn fire_first_trigger(&mut self, marks: &[i128]) -> bool {
        let mut first = None;
        for p in &self.positions {
            let armed = p.stop_loss.is_some() || p.take_profit.is_some();
            let reviewed = self.instruments[p.instrument].review.is_some();
            if !armed || reviewed {
                continue;
            }
            let mark = marks[p.instrument];
            let d = i128::from(p.direction.sign());
            let lost = p.stop_loss.is_some_and(|stop| d * (mark - i128::from(stop.units())) <= 0);
            let won = p.take_profit.is_some_and(|profit| d * (mark - i128::from(profit.units())) >= 0);
            let reason = if lost { CloseReason::StopLoss } else { CloseReason::TakeProfit };
            if (lost || won) && first.is_none_or(|(id, _)| p.id < id) {
                first = Some((p.id, reason));
            }
        }
        let Some((id, reason)) = first else { return false };
        self.close_whole(id, reason, At::Curve);
        true
    }

    /// R5.3: the position with the lowest result of the lowest account at or below the washout level. Whose equity was
    /// gone when his turn came is `ruined`: he closes all, one a turn.
    fn wash_out_first(&mut self, marks: &[i128], ruined: &mut Vec<usize>) -> bool {
        let level = self.rules().margin.washout_at.0;
        let standings = self.standings(marks);
        ruined.retain(|n| standings[*n].positions > 0);
        let sunk = |n: &usize| {
            let standing = standings[*n];
            standing.positions > 0 && (ruined.contains(n) || standing.equity <= 0 || standing.at_or_below(level))
        };
        let Some(account) = (0..self.accounts.len()).filter(sunk).min_by_key(|n| self.accounts[*n].book()) else { return false };
        if standings[account].equity <= 0 {
            ruined.push(account);
        }
        let own = self.positions.iter().filter(|p| p.account == account);
        let (_, worst) = own.map(|p| (self.unrealised_at(p, marks[p.instrument]), p.id)).min().expect("an open position");
        self.close_whole(worst, CloseReason::Washout, At::Curve);
        true
    }

    /// R4.6: the first limit order whose average fill is within its limit fills, or is refused for good.
    fn fill_first_limit(&mut self, tick: Option<usize>) -> bool {
        let mut first = None;
        for order in &self.orders {
            let Intent::Open { direction, limit: Some(limit), .. } = order.intent else { continue };
            let due = order.due.is_none_or(|due| due <= self.at);
            if !due || self.instruments[order.instrument].review.is_some() || !self.is_looked_at(order.instrument, tick) {
                continue;
            }
            let value = self.order_value(order.instrument, direction, i128::from(order.lots.units()));
            if value > i128::from(direction.sign()) * i128::from(limit.units()) * i128::from(order.lots.units()) * self.contract() {
                continue;
            }
            // By instrument; longs first and the highest limit of them, then shorts and the lowest, then the oldest.
            let (side, best) = match direction {
                Direction::Long => (0, -limit.units()),
                Direction::Short => (1, limit.units()),
            };
            let rank = (order.instrument, side, best, order.id);
            if first.is_none_or(|other| rank < other) {
                first = Some(rank);
            }
        }
        let Some((.., id)) = first else { return false };
        self.fill_resting(id, Moment::Fills);
        true
    }

    /// R5.2.
    fn warn(&mut self) {
        let marks = self.judged_marks();
        let standings = self.standings(&marks);
        let margin = self.rules().margin;
        let mut by_id: Vec<usize> = (0..self.accounts.len()).collect();
        by_id.sort_by_key(|n| self.accounts[*n].book());
        for n in by_id {
            let (standing, book) = (standings[n], self.accounts[n].book());
            let account = &mut self.accounts[n];
            if !account.warned && standing.below(margin.warn_below.0) {
                account.warned = true;
                self.verdict.warned.push(book);
            } else if account.warned && (standing.positions == 0 || !standing.below(margin.rearm_at.0)) {
                account.warned = false;
                self.verdict.rearmed.push(book);
            }
        }
    }
}
