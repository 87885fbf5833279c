//! The round of R5.5: after whatever changed a price, a balance or an order: stops and profits in order of position id,
//! then margin by account id, then limits by price and age; each fill starts the round again. Then the warnings (R5.2).

use crate::command::OpenPosition;
use crate::engine::guards::Moment;
use crate::event::Event;
use crate::id::{BookId, InstrumentIdx, OrderId};
use crate::mutant::Mutant;
use crate::order::{CancelReason, Order, OrderAction};
use crate::position::{CloseReason, Position};
use crate::rejection::Rejection;
use crate::rulebook::curve::notional;
use crate::rulebook::{PricingCurve, Rounding, Rulebook};
use crate::state::State;
use crate::state::portfolio::Worth;
use crate::units::{Direction, Wide};

impl<R: Rulebook> State<R> {
    /// Looks at everything that the entry has touched, until nothing more happens. It ends because every turn that is
    /// taken again closes or fills something.
    pub(crate) fn settle(&mut self) {
        loop {
            let acted = if self.mutated(Mutant::MarginBeforeTriggers) {
                self.wash_out_one() || self.trigger_one() || self.fill_one_limit()
            } else if self.mutated(Mutant::LimitsBeforeMargin) {
                self.trigger_one() || self.fill_one_limit() || self.wash_out_one()
            } else {
                self.trigger_one() || self.wash_out_one() || self.fill_one_limit()
            };
            if !acted {
                break;
            }
        }
        let mut touched = std::mem::take(&mut self.work.touched);
        touched.sort_unstable();
        touched.dedup();
        touched.iter().for_each(|(book, slot)| self.warn(*book, *slot));
        touched.clear();
        self.work.touched = touched;
    }

    /// R4.6: the oldest position whose stop or profit is reached.
    fn trigger_one(&mut self) -> bool {
        while let Some(id) = self.work.positions.pop_first() {
            let Some(row) = self.position(id).copied() else { continue };
            let Some(reason) = self.reached(&row) else { continue };
            if self.close_on_curve(&row, row.lots, reason, None).is_some() {
                self.cover_bad_debt(row.book);
                return true;
            }
        }
        false
    }

    /// Whether a stop or profit is reached by the mark now; never under review (R3.9).
    fn reached(&self, row: &Position) -> Option<CloseReason> {
        let instrument = self.instrument(row.instrument).filter(|instrument| instrument.review.is_none())?;
        let mark = self.mark_of(instrument);
        let (stop, profit) = (row.stop_loss, row.take_profit);
        let (stopped, taken) = match row.direction {
            Direction::Long => (stop.is_some_and(|price| mark <= price), profit.is_some_and(|price| mark >= price)),
            Direction::Short => (stop.is_some_and(|price| mark >= price), profit.is_some_and(|price| mark <= price)),
        };
        match (stopped, taken) {
            (true, _) => Some(CloseReason::StopLoss),
            (false, true) => Some(CloseReason::TakeProfit),
            (false, false) => None,
        }
    }

    /// R5.3: the lowest account at or below the washout level loses its worst position; with equity gone, all.
    fn wash_out_one(&mut self) -> bool {
        while let Some((id, slot)) = self.work.books.next() {
            let Some(book) = self.books.at(slot) else { break };
            let worth = self.judged(book);
            self.work.valued = Some((id, self.work.events.len(), worth));
            if self.next_washout(id, slot, worth).is_some_and(|position| self.wash_out(id, &position)) {
                return true;
            }
            self.work.books.done();
            // Whoever passes a threshold of the warning later in this entry has left a band, and comes here again.
            if self.warning_of(slot, worth).is_some() {
                self.work.touched.push((id, slot));
            }
            if !self.mutated(Mutant::BandMissedAfterTrade) {
                self.set_bands_of(slot, worth);
            }
        }
        false
    }

    /// The position that a book is to lose now, if any.
    fn next_washout(&mut self, id: BookId, slot: u32, worth: Worth) -> Option<Position> {
        let book = self.books.at(slot)?;
        if book.positions.is_empty() {
            self.work.sweeping.remove(&id);
            return None;
        }
        if worth.0 <= Wide::ZERO && worth.1 > Wide::ZERO {
            self.work.sweeping.insert(id);
        }
        if self.is_washed_out(worth) || self.work.sweeping.contains(&id) { self.lowest_position(book) } else { None }
    }

    /// Whether it closed: always, as R2.4 bounds what a fill is worth.
    fn wash_out(&mut self, id: BookId, row: &Position) -> bool {
        let closed = self.close_on_curve(row, row.lots, CloseReason::Washout, None).is_some();
        self.cover_bad_debt(id);
        if self.mutated(Mutant::WashoutStopsAfterOne) {
            self.work.books.retain(|other| other != id);
        }
        closed
    }

    /// R4.6: the first limit order whose average fill is within its limit.
    fn fill_one_limit(&mut self) -> bool {
        while let Some(instrument) = self.work.limits.first().copied() {
            match self.fillable(instrument) {
                Some(order) => {
                    self.fill_resting(order);
                    return true;
                }
                None => {
                    self.work.limits.pop_first();
                }
            }
        }
        false
    }

    fn fillable(&self, idx: InstrumentIdx) -> Option<OrderId> {
        let instrument = self.instrument(idx)?;
        let may_look = instrument.review.is_none() && (!self.in_play(instrument) || self.work.ticking == instrument.fixture);
        if !may_look {
            return None;
        }
        let index = self.index.instruments.get(idx.index())?;
        let mark = self.mark_of(instrument);
        let longs = index.limit_long.iter().take_while(|(limit, _)| limit.0 >= mark).map(|(_, id)| *id);
        let shorts = index.limit_short.iter().take_while(|(limit, _)| *limit <= mark).map(|(_, id)| *id);
        longs.chain(shorts).find(|id| self.order(*id).is_some_and(|order| self.is_within_limit(order)))
    }

    /// Whether the rounded fill is within the limit, and the order's time has come.
    fn is_within_limit(&self, order: &Order) -> bool {
        let OrderAction::Open { direction, limit: Some(limit), .. } = order.action else { return false };
        let Some(instrument) = self.instrument(order.instrument) else { return false };
        if order.due.is_some_and(|due| due > self.at) {
            return false;
        }
        let rounding = Rounding::against(direction);
        let value = R::Pricing::fill_value(&self.rules, Self::curve_of(instrument), direction, order.lots, rounding);
        let edge = notional(&self.rules, limit, order.lots);
        value.is_ok_and(|value| match direction {
            Direction::Long => value.wide() <= edge,
            Direction::Short => value.wide() >= edge,
        })
    }

    /// Fills a resting order, or cancels it with what refuses it.
    pub(crate) fn fill_resting(&mut self, id: OrderId) {
        let Some(order) = self.order(id).cloned() else { return };
        match order.action {
            OrderAction::Open { direction, limit, slippage, stop_loss, take_profit } => {
                let open = OpenPosition {
                    book: order.book,
                    instrument: order.instrument,
                    direction,
                    lots: order.lots,
                    limit,
                    slippage,
                    stop_loss,
                    take_profit,
                };
                match self.guard_open(&open, Moment::Fill) {
                    Ok(fill) => {
                        self.fill_open(&open, id, &fill);
                    }
                    Err(refused) => self.refuse(id, &refused),
                }
            }
            OrderAction::Close { position } => {
                let row = self.position(position).copied();
                let reviewed = self.instrument(order.instrument).is_some_and(|instrument| instrument.review.is_some());
                let frozen = self.instrument(order.instrument).is_some_and(|instrument| self.is_frozen(instrument));
                match row {
                    None => self.cancel(id, CancelReason::PositionGone),
                    Some(_) if frozen => self.refuse(id, &Rejection::Frozen),
                    Some(_) if reviewed => self.refuse(id, &Rejection::UnderReview),
                    Some(row) => {
                        if self.close_on_curve(&row, row.lots.min(order.lots), CloseReason::User, Some(id)).is_none() {
                            self.refuse(id, &Rejection::Overflow);
                        }
                        self.cover_bad_debt(order.book);
                    }
                }
            }
        }
    }

    fn refuse(&mut self, order: OrderId, rejection: &Rejection) {
        self.cancel(order, CancelReason::Refused(rejection.code().to_owned()));
    }

    /// R5.2: once below the warning; again only after recovery or a flat book.
    fn warn(&mut self, id: BookId, slot: u32) {
        let Some(book) = self.books.at(slot) else { return };
        let worth = self.judged(book);
        let Some(warns) = self.warning_of(slot, worth) else { return };
        self.emit(if warns { Event::MarginWarned { book: id } } else { Event::MarginRearmed { book: id } });
        self.set_bands_of(slot, worth);
    }

    /// Whether a book is to be warned (`true`) or re-armed (`false`).
    fn warning_of(&self, slot: u32, (equity, used): Worth) -> Option<bool> {
        let book = self.books.at(slot)?;
        let margin = self.rules.margin;
        let flat = used == Wide::ZERO;
        let below = !flat && equity * 10_000 < used * margin.warn_below.wide();
        let recovered = flat || equity * 10_000 >= used * margin.rearm_at.wide();
        match (book.warned && !self.mutated(Mutant::WarnsTwice), below, recovered) {
            (false, true, _) => Some(true),
            (true, _, true) => Some(false),
            _ => None,
        }
    }
}
