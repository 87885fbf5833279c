//! Orders and positions (R4): guards in their order, then what cannot fail.

use ftl_core::command::OpenPosition;
use ftl_core::fixture::{MatchPhase, Position};
use ftl_core::id::{BookId, OrderId, PositionId};
use ftl_core::ledger::LedgerAccount;
use ftl_core::limits::{self, MAX_IN_BOOK};
use ftl_core::order::CancelReason;
use ftl_core::position::CloseReason;
use ftl_core::rejection::Rejection;
use ftl_core::units::{Direction, Lots, Price};

use super::boards::Trade;
use super::exact::Exact;
use super::money::money;
use super::pricing::{price, told_price};
use super::{AuditedFill, Auditor, FillReason, Held, Intent, Pending, Resting};

/// When the guards of an order are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// It was just placed: the limit's side and the number of positions too.
    Comes,
    /// It rested and comes to fill: all the others again but free margin, which it has reserved.
    Fills,
}

/// At what a position closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// On the curve as it is.
    Curve,
    /// At one price for all, in 10⁻⁴ point.
    One(i128),
    /// At what it cost, as if it had not been.
    Cost,
}

/// What an open order would come to.
struct Figures {
    entry_cost: i128,
    margin: i128,
    fee: i128,
}

impl Auditor {
    /// R4.1 `open`.
    pub(super) fn open(&mut self, wish: &OpenPosition) -> Result<(), Rejection> {
        wish.slippage.map_or(Ok(()), limits::check_slippage)?;
        let account = self.account_of(wish.book)?;
        let intent = Intent::Open {
            direction: wish.direction,
            limit: wish.limit,
            slippage: wish.slippage,
            stop_loss: wish.stop_loss,
            take_profit: wish.take_profit,
        };
        let order = Resting {
            id: OrderId(0),
            account,
            book: wish.book,
            instrument: wish.instrument.index(),
            intent,
            lots: wish.lots,
            due: None,
            reserved: money(0),
            cancel_due: None,
            seq: self.seq,
        };
        let figures = self.judge_open(&order, Moment::Comes)?;

        let id = OrderId::made_by(self.at, self.seq, self.next_index());
        let due = self.in_play(order.instrument).map(|fixture| self.due_in(fixture));
        let order = Resting { id, due, reserved: money(figures.margin), ..order };
        if due.is_some() || wish.limit.is_some() {
            self.orders.push(order);
        } else {
            self.fill_open(&order, &figures);
        }
        Ok(())
    }

    /// R4.2: the guards, in their order.
    fn judge_open(&self, order: &Resting, moment: Moment) -> Result<Figures, Rejection> {
        let Intent::Open { direction, limit, slippage, stop_loss, take_profit } = order.intent else { unreachable!("an open") };
        let rules = self.rules();
        if self.accounts[order.account].suspended {
            return Err(Rejection::AccountSuspended);
        }
        let i = self.instruments.get(order.instrument).ok_or(Rejection::UnknownInstrument)?;
        if !i.active {
            return Err(Rejection::InactiveInstrument);
        }
        if self.trade_window_is_closed(order.instrument) {
            return Err(Rejection::TradeWindowClosed);
        }
        if self.is_frozen(order.instrument) {
            return Err(Rejection::Frozen);
        }
        if i.review.is_some() {
            return Err(Rejection::UnderReview);
        }
        if order.lots < rules.min_lots || order.lots > rules.max_lots {
            return Err(Rejection::InvalidLots { min: rules.min_lots, max: rules.max_lots });
        }

        let mark = price(self.mark(order.instrument));
        let compared = if moment == Moment::Comes { limit.unwrap_or(mark) } else { mark };
        check_triggers(direction, compared, stop_loss, take_profit)?;
        if let (Moment::Comes, Some(limit)) = (moment, limit) {
            let wrong = match direction {
                Direction::Long => limit > mark,
                Direction::Short => limit < mark,
            };
            if wrong || limit <= Price::ZERO {
                return Err(Rejection::LimitWrongSide { mark });
            }
        }

        let lots = i128::from(order.lots.units());
        let d = i128::from(direction.sign());
        let entry_cost = self.order_value(order.instrument, direction, lots);
        if let Some(slippage) = slippage {
            // What the trader pays may be so much more, what he takes in so much less, than at the price he saw.
            let seen = i128::from(slippage.client_price.units()) * lots * self.contract();
            if entry_cost * 10_000 > d * seen * (10_000 + d * i128::from(slippage.tolerance.0)) {
                let a_share = Exact::ratio(entry_cost * d, lots * self.contract());
                let worst =
                    Exact::ratio(i128::from(slippage.client_price.units()) * (10_000 + d * i128::from(slippage.tolerance.0)), 10_000);
                let (fill, worst) = match direction {
                    Direction::Long => (a_share.ceil(), worst.floor()),
                    Direction::Short => (a_share.floor(), worst.ceil()),
                };
                return Err(Rejection::SlippageExceeded { fill: told_price(fill), worst: told_price(worst) });
            }
        }

        if let Some(limits) = rules.price_limit {
            let base = self.live_base(order.instrument);
            let refused = match direction {
                Direction::Long => {
                    let multiple =
                        if i.position == Position::Goalkeeper { limits.long_above_floor_goalkeeper } else { limits.long_above_floor };
                    base * 10_000 < i128::from(rules.floor.units()) * i128::from(multiple.0)
                }
                Direction::Short => base * i128::from(limits.short_below_ceiling.0) > i128::from(rules.ceiling.units()) * 10_000,
            };
            if refused {
                return Err(Rejection::PriceLimit);
            }
        }

        let same_side = || self.positions.iter().filter(|p| p.instrument == order.instrument && p.direction == direction);
        let gross: i128 = same_side().map(|p| i128::from(p.lots.units())).sum();
        let own: i128 = same_side().filter(|p| p.account == order.account).map(|p| i128::from(p.lots.units())).sum();
        let cap = i128::from(i.side_cap.units());
        let own_cap = Exact::ratio(cap * i128::from(rules.exposure.account_cap.0), 10_000).floor();
        let own_cap = own_cap.max(i128::from(rules.exposure.account_min.units()));
        if gross + lots > cap || own + lots > own_cap {
            let available = (cap - gross).min(own_cap - own).max(0);
            return Err(Rejection::ExposureLimit { available: lots_of(available) });
        }

        let held = self.positions.iter().filter(|p| p.account == order.account).count();
        let resting = self.orders.iter().filter(|o| o.account == order.account).count();
        if moment == Moment::Comes && held + resting >= MAX_IN_BOOK {
            return Err(Rejection::TooManyPositions { max: MAX_IN_BOOK as u32 });
        }

        let mark_after = self.mark_at(order.instrument, self.net(order.instrument) + d * lots);
        let margin = self.margin_of(i.position, direction, lots, mark_after);
        let fee = self.fee(entry_cost);
        let unrealised = d * mark_after * lots * self.contract() - entry_cost;
        let free_after = self.free_for_orders(order.account, Some((order.instrument, mark_after))) + unrealised - margin - fee;
        // What has come has its margin reserved and is not asked for it again.
        if moment == Moment::Comes && free_after < 0 {
            let free = self.free_for_orders(order.account, None);
            return Err(Rejection::InsufficientMargin { required: money(margin), free: money(free) });
        }
        Ok(Figures { entry_cost, margin, fee })
    }

    /// From here nothing can fail: the order becomes a position.
    fn fill_open(&mut self, order: &Resting, figures: &Figures) {
        let Intent::Open { direction, stop_loss, take_profit, .. } = order.intent else { unreachable!("an open") };
        let id = PositionId::made_by(self.at, self.seq, self.next_index());
        self.transfer(LedgerAccount::Wallet(order.book), LedgerAccount::Fees, figures.fee);
        self.positions.push(Held {
            id,
            account: order.account,
            book: order.book,
            instrument: order.instrument,
            direction,
            lots: order.lots,
            entry_cost: money(figures.entry_cost),
            opened_at: self.at,
            stop_loss,
            take_profit,
            pending: None,
        });
        self.trades.push(Trade::Opened { seq: self.seq, at: self.at, account: order.account, position: id, margin: figures.margin });
        self.verdict.fills.push(AuditedFill {
            position: id,
            book: order.book,
            instrument: order.instrument,
            reason: FillReason::Opened,
            lots: order.lots,
            value: money(figures.entry_cost),
            pnl: money(0),
        });
    }

    /// A resting order comes to fill: it does, or the guard that refuses cancels it.
    pub(super) fn fill_resting(&mut self, id: OrderId, moment: Moment) {
        let order = self.orders.iter().find(|o| o.id == id).expect("a resting order").clone();
        match order.intent {
            Intent::Open { .. } => match self.judge_open(&order, moment) {
                Ok(figures) => {
                    self.orders.retain(|o| o.id != id);
                    self.fill_open(&order, &figures);
                }
                Err(rejection) => self.cancel(id, CancelReason::Refused(rejection.code().into())),
            },
            Intent::Close { position } => {
                if self.is_frozen(order.instrument) {
                    self.cancel(id, CancelReason::Refused(Rejection::Frozen.code().into()));
                    return;
                }
                self.orders.retain(|o| o.id != id);
                let rest = self.positions.iter().find(|p| p.id == position).expect("an open position").lots;
                self.close_part(position, order.lots.min(rest), CloseReason::User, At::Curve);
                if let Some(account) = self.accounts.iter().position(|a| a.book() == order.book) {
                    self.cover_bad_debt(account);
                }
            }
        }
    }

    /// R4.1 `close`.
    pub(super) fn close(&mut self, book: BookId, position: PositionId, lots: Option<Lots>) -> Result<(), Rejection> {
        let account = self.account_of(book)?;
        let held = self.position_of(book, position)?.clone();
        let i = &self.instruments[held.instrument];
        if self.is_frozen(held.instrument) {
            return Err(Rejection::Frozen);
        }
        if i.review.is_some() {
            return Err(Rejection::UnderReview);
        }
        let is_closing = |o: &&Resting| matches!(o.intent, Intent::Close { position: of } if of == position);
        let closing: i64 = self.orders.iter().filter(is_closing).map(|o| o.lots.units()).sum();
        let most = Lots::from_units(held.lots.units() - closing);
        let part = lots.unwrap_or(most);
        if part <= Lots::ZERO || part > most || (part < self.rules().min_lots && part != most) {
            return Err(Rejection::InvalidLots { min: self.rules().min_lots, max: most });
        }

        let id = OrderId::made_by(self.at, self.seq, self.next_index());
        match self.in_play(held.instrument) {
            Some(fixture) => self.orders.push(Resting {
                id,
                account,
                book,
                instrument: held.instrument,
                intent: Intent::Close { position },
                lots: part,
                due: Some(self.due_in(fixture)),
                reserved: money(0),
                cancel_due: None,
                seq: self.seq,
            }),
            None => {
                self.close_part(position, part, CloseReason::User, At::Curve);
                self.cover_bad_debt(account);
            }
        }
        Ok(())
    }

    /// Closes all of a position; a flat book's debt is covered at once.
    pub(super) fn close_whole(&mut self, id: PositionId, reason: CloseReason, at: At) {
        let p = self.positions.iter().find(|p| p.id == id).expect("an open position");
        let (account, lots) = (p.account, p.lots);
        self.close_part(id, lots, reason, at);
        self.cover_bad_debt(account);
    }

    /// Closes a part of a position (R1.2, R2.2); bad debt is the caller's.
    pub(super) fn close_part(&mut self, id: PositionId, lots: Lots, reason: CloseReason, at: At) {
        let n = self.positions.iter().position(|p| p.id == id).expect("an open position");
        let p = self.positions[n].clone();
        let (part, all) = (i128::from(lots.units()), i128::from(p.lots.units()));
        let entry = i128::from(p.entry_cost.units());
        let entry_part = if part == all { entry } else { Exact::ratio(entry * part, all).ceil() };
        let value = match at {
            At::Curve => -self.order_value(p.instrument, p.direction.opposite(), part),
            At::One(price) => i128::from(p.direction.sign()) * price * part * self.contract(),
            At::Cost => entry_part,
        };
        let fee = if at == At::Cost { 0 } else { self.fee(value) };
        let pnl = value - entry_part;
        self.transfer(LedgerAccount::House, LedgerAccount::Wallet(p.book), pnl);
        self.transfer(LedgerAccount::Wallet(p.book), LedgerAccount::Fees, fee);
        let gone = part == all;
        if gone {
            self.positions.remove(n);
        } else {
            self.positions[n].lots = p.lots - lots;
            self.positions[n].entry_cost = money(entry - entry_part);
        }
        self.trades.push(Trade::Closed {
            at: self.at,
            seq: self.seq,
            account: p.account,
            position: id,
            pnl,
            gone,
            held_ms: self.at.since(p.opened_at).0,
            fixture: self.live_fixture_of(p.instrument),
            voided: reason == CloseReason::Voided,
        });
        self.verdict.fills.push(AuditedFill {
            position: id,
            book: p.book,
            instrument: p.instrument,
            reason: FillReason::Closed(reason),
            lots,
            value: money(value),
            pnl: money(pnl),
        });
        if gone {
            let of_it = |o: &&Resting| matches!(o.intent, Intent::Close { position } if position == id);
            self.cancel_all(|_, o| of_it(&o), &CancelReason::PositionGone);
        }
    }

    /// R4.1 `modify`; in play it arms later (R4.5).
    pub(super) fn modify(
        &mut self,
        book: BookId,
        position: PositionId,
        stop_loss: Option<Price>,
        take_profit: Option<Price>,
    ) -> Result<(), Rejection> {
        self.account_of(book)?;
        let held = self.position_of(book, position)?;
        let (instrument, direction) = (held.instrument, held.direction);
        if self.is_frozen(instrument) {
            return Err(Rejection::Frozen);
        }
        check_triggers(direction, price(self.mark(instrument)), stop_loss, take_profit)?;
        let due = self.in_play(instrument).map(|fixture| self.due_in(fixture));
        let held = self.positions.iter_mut().find(|p| p.id == position).expect("an open position");
        match due {
            Some(due) => held.pending = Some(Pending { stop_loss, take_profit, due }),
            None => (held.stop_loss, held.take_profit, held.pending) = (stop_loss, take_profit, None),
        }
        Ok(())
    }

    /// R4.1 `cancel`: in play only limit orders, and that rests too.
    pub(super) fn take_back(&mut self, book: BookId, order: OrderId) -> Result<(), Rejection> {
        self.account_of(book)?;
        let resting = self.orders.iter().find(|o| o.id == order && o.book == book).ok_or(Rejection::UnknownOrder)?;
        let Some(fixture) = self.in_play(resting.instrument) else {
            self.cancel(order, CancelReason::User);
            return Ok(());
        };
        if resting.is_market() {
            return Err(Rejection::NotCancellable);
        }
        let due = self.due_in(fixture);
        let resting = self.orders.iter_mut().find(|o| o.id == order).expect("a resting order");
        resting.cancel_due = resting.cancel_due.or(Some(due));
        Ok(())
    }

    /// An operator undoes a position as if it had not been.
    pub(super) fn void(&mut self, position: PositionId) -> Result<(), Rejection> {
        if !self.positions.iter().any(|p| p.id == position) {
            return Err(Rejection::UnknownPosition);
        }
        self.close_whole(position, CloseReason::Voided, At::Cost);
        Ok(())
    }

    /// An order is gone without a fill.
    pub(super) fn cancel(&mut self, id: OrderId, reason: CancelReason) {
        self.orders.retain(|o| o.id != id);
        self.verdict.cancelled.push((id, reason.code().to_owned()));
    }

    /// The match is over, or the instrument off the market: what rests there is gone, oldest first.
    pub(super) fn clear_orders(&mut self, instruments: &[usize]) {
        let resting = self.orders.iter().filter(|o| instruments.contains(&o.instrument));
        let mut ids: Vec<_> = resting.map(|o| (o.id, matches!(o.intent, Intent::Close { .. }))).collect();
        ids.sort_unstable();
        for (id, closes) in ids {
            self.cancel(id, if closes { CancelReason::PositionGone } else { CancelReason::MarketClosed });
        }
    }

    /// Cancels every order that matches, oldest first.
    pub(super) fn cancel_all(&mut self, which: impl Fn(&Self, &Resting) -> bool, reason: &CancelReason) {
        let mut ids: Vec<_> = self.orders.iter().filter(|o| which(self, o)).map(|o| o.id).collect();
        ids.sort_unstable();
        for id in ids {
            self.cancel(id, reason.clone());
        }
    }

    /// R4.2 guard 2: late in normal time until extra time, late in extra time and in the shoot-out.
    fn trade_window_is_closed(&self, instrument: usize) -> bool {
        let (Some(rules), Some(fixture)) = (self.rules().in_play, self.in_play(instrument)) else { return false };
        let m = &self.fixtures[fixture];
        let minutes = m.clock.0.saturating_sub(m.phase_began.0) / 60_000;
        match m.phase {
            MatchPhase::SecondHalf => 45 + minutes >= u64::from(rules.last_open_minute),
            MatchPhase::ExtraTime => 90 + minutes >= u64::from(rules.last_open_minute_extra),
            MatchPhase::Penalties => true,
            _ => false,
        }
    }

    /// An open position of this book.
    fn position_of(&self, book: BookId, position: PositionId) -> Result<&Held, Rejection> {
        self.positions.iter().find(|p| p.id == position && p.book == book).ok_or(Rejection::UnknownPosition)
    }
}

/// A count of 10⁻² lot.
fn lots_of(units: i128) -> Lots {
    Lots::from_units(i64::try_from(units).expect("lots fit 64 bits"))
}

/// R4.2 guard 6: a stop loss lies on the losing side of a price, a take profit on the winning one, neither on it.
fn check_triggers(direction: Direction, mark: Price, stop_loss: Option<Price>, take_profit: Option<Price>) -> Result<(), Rejection> {
    let loses = |at: Price| match direction {
        Direction::Long => at < mark,
        Direction::Short => at > mark,
    };
    let wins = |at: Price| at != mark && !loses(at);
    if stop_loss.is_some_and(|at| !loses(at) || at <= Price::ZERO) {
        return Err(Rejection::StopLossWrongSide { mark });
    }
    if take_profit.is_some_and(|at| !wins(at) || at <= Price::ZERO) {
        return Err(Rejection::TakeProfitWrongSide { mark });
    }
    Ok(())
}
