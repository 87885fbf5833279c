//! Fills that close, and what follows from them: orders that lose their position, bad debt (R5.4).

use std::collections::BTreeSet;

use crate::event::{Event, PositionClosed};
use crate::id::{BookId, InstrumentIdx, OrderId};
use crate::instrument::Instrument;
use crate::ledger::{LedgerAccount, Posting, PostingReason};
use crate::mutant::Mutant;
use crate::order::{CancelReason, OrderAction};
use crate::position::{CloseReason, Position};
use crate::rulebook::curve::{fee, notional};
use crate::rulebook::{PricingCurve, Rulebook};
use crate::state::State;
use crate::state::index::slots_of;
use crate::time::At;
use crate::units::{Direction, Lots, Money, Overflow, Price};

/// What a close brings (long) or costs (short, negative), and its fee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exit {
    pub value: Money,
    pub fee: Money,
}

/// What a close came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClosedFill {
    pub value: Money,
    pub pnl: Money,
}

impl<R: Rulebook> State<R> {
    /// R4.4: when an order placed now may fill; `None`: at once.
    pub(crate) fn in_play_due(&self, instrument: &Instrument) -> Option<At> {
        let rules = self.rules.in_play.filter(|_| self.in_play(instrument))?;
        let lag = self.fixture_of(instrument).and_then(crate::fixture::Fixture::declared_lag).unwrap_or_default();
        let delay = rules.min_delay.max(lag.plus(rules.over_lag));
        Some(self.at.after(delay))
    }

    /// R4.4: when a resting market order is given up for want of clock ticks.
    pub(crate) fn stale_due(&self, due: Option<At>) -> Option<At> {
        Some(due?.after(self.rules.in_play?.stale_after))
    }

    /// R2.2: what closing would bring on the curve as it is.
    pub(crate) fn exit_on_curve(&self, row: &Position, lots: Lots) -> Result<Exit, Overflow> {
        let instrument = self.instrument(row.instrument).ok_or(Overflow)?;
        let direction = row.direction.opposite();
        let rounding = self.against(direction, Mutant::ExitRoundsForTheTrader);
        let value = R::Pricing::fill_value(&self.rules, Self::curve_of(instrument), direction, lots, rounding)?;
        let signed = match row.direction {
            Direction::Long => value,
            Direction::Short => -value,
        };
        Ok(Exit { value: signed, fee: fee(&self.rules, value) })
    }

    /// Closes on the curve. `None` where the value does not fit, which the bounds of R2.4 exclude.
    pub(crate) fn close_on_curve(&mut self, row: &Position, lots: Lots, reason: CloseReason, order: Option<OrderId>) -> Option<ClosedFill> {
        let exit = self.exit_on_curve(row, lots).ok()?;
        self.close_at(row, lots, exit, reason, order)
    }

    /// Closes an open position, or `lots` of it, at a value.
    pub(crate) fn close_at(
        &mut self,
        row: &Position,
        lots: Lots,
        exit: Exit,
        reason: CloseReason,
        order: Option<OrderId>,
    ) -> Option<ClosedFill> {
        let instrument = self.instrument(row.instrument)?;
        let lots = lots.min(row.lots);
        let entry_cost = if lots == row.lots {
            row.entry_cost
        } else {
            // R1.2: pro rata, against the trader; signed, so up.
            let share = row.entry_cost.wide() * lots.wide();
            let share = if self.mutated(Mutant::PartialCostRoundsDown) {
                share.div_floor(row.lots.wide())
            } else {
                share.div_ceil(row.lots.wide())
            };
            Money::from_units(share.clamp_i64())
        };
        let pnl = match row.direction {
            Direction::Short if self.mutated(Mutant::ShortProfitHasWrongSign) => entry_cost - exit.value,
            Direction::Long | Direction::Short => exit.value - entry_cost,
        };
        let net = instrument.net - row.direction.signed(lots);
        let mark = R::Pricing::mark(&self.rules, crate::rulebook::Curve { base: instrument.base(), net });
        let remaining = row.lots - lots;
        let orphans: Vec<OrderId> = if remaining == Lots::ZERO { self.closing(row).map(|order| order.id).collect() } else { Vec::new() };
        self.emit(Event::PositionClosed(Box::new(PositionClosed {
            position: row.id,
            order,
            book: row.book,
            instrument: row.instrument,
            direction: row.direction,
            lots,
            remaining,
            entry_cost,
            exit_value: exit.value,
            pnl,
            fee: exit.fee,
            reason,
            opened_at: row.opened_at,
            net,
            mark,
        })));
        for orphan in orphans.into_iter().filter(|id| Some(*id) != order) {
            self.cancel(orphan, CancelReason::PositionGone);
        }
        Some(ClosedFill { value: exit.value, pnl })
    }

    /// Takes an order off; nothing where it is gone already.
    pub(crate) fn cancel(&mut self, order: OrderId, reason: CancelReason) {
        if let Some(book) = self.order(order).map(|row| row.book) {
            self.emit(Event::OrderCancelled { book, order, reason });
        }
    }

    /// R5.4: the negative remainder of a flat book comes from insurance, then the house.
    pub(crate) fn cover_bad_debt(&mut self, book: BookId) {
        let Some(row) = self.book(book).filter(|row| row.positions.is_empty() && row.balance < Money::ZERO) else { return };
        if self.mutated(Mutant::BadDebtForgotten) {
            return;
        }
        let debt = -row.balance;
        let insured = debt.min(self.ledger.insurance.max(Money::ZERO));
        for (account, amount) in [(LedgerAccount::Insurance, insured), (LedgerAccount::House, debt - insured)] {
            if amount > Money::ZERO {
                let postings = [Posting { account: LedgerAccount::Wallet(book), amount }, Posting { account, amount: -amount }];
                self.emit(Event::ValuePosted { reason: PostingReason::BadDebt, key: None, postings });
            }
        }
    }

    /// Cancels every order and closes every position on these instruments, each at its one price, in the order of
    /// position ids. Gives the books that it touched; their bad debt is the caller's, after all closes (R5.4).
    pub(crate) fn close_everything(&mut self, prices: &[(InstrumentIdx, Price)], reason: CloseReason) -> BTreeSet<BookId> {
        let on_them = |instrument: InstrumentIdx| prices.iter().find(|(idx, _)| *idx == instrument).map(|(_, price)| *price);
        let mut orders = BTreeSet::new();
        let mut groups = BTreeSet::new();
        for (idx, _) in prices {
            let Some(index) = self.index.instruments.get(idx.index()) else { continue };
            orders.extend(index.market.iter().copied());
            orders.extend(index.limit_long.iter().map(|(_, id)| *id));
            orders.extend(index.limit_short.iter().map(|(_, id)| *id));
            groups.extend(index.groups());
        }
        let of_slot = |slot: u32| self.books.at(slot).map(|book| book.positions.as_slice()).unwrap_or_default();
        let on_one = |position: &&Position| on_them(position.instrument).is_some();
        let mut positions: Vec<Position> = groups.into_iter().flat_map(slots_of).flat_map(of_slot).filter(on_one).copied().collect();
        positions.sort_unstable_by_key(|position| position.id);
        for order in orders {
            let closes = self.order(order).is_some_and(|row| matches!(row.action, OrderAction::Close { .. }));
            self.cancel(order, if closes { CancelReason::PositionGone } else { CancelReason::MarketClosed });
        }
        for row in &positions {
            let Some(price) = on_them(row.instrument) else { continue };
            let value = row.direction.wide() * notional(&self.rules, price, row.lots);
            let value = Money::from_units(value.clamp_i64());
            let exit = Exit { value, fee: fee(&self.rules, value) };
            self.close_at(row, row.lots, exit, reason, None);
        }
        positions.iter().map(|row| row.book).collect()
    }
}
