//! R4.1 `close` and `cancel`, and what operators do to positions: `void`, `deactivate`.

use crate::engine::fill::Exit;
use crate::event::Event;
use crate::id::{BookId, InstrumentId, OrderId, PositionId};
use crate::order::{CancelReason, Order, OrderAction};
use crate::outcome::Receipt;
use crate::position::CloseReason;
use crate::rejection::Rejection;
use crate::rulebook::curve::price_per_share;
use crate::rulebook::{Rounding, Rulebook};
use crate::state::State;
use crate::units::{Lots, Money};

impl<R: Rulebook> State<R> {
    pub(crate) fn close_position(&mut self, book: BookId, position: PositionId, lots: Option<Lots>) -> Result<Receipt, Rejection> {
        let held = self.book(book).ok_or(Rejection::UnknownAccount)?;
        let row = *held.position(position).ok_or(Rejection::UnknownPosition)?;
        let instrument = self.instrument(row.instrument).ok_or(Rejection::UnknownInstrument)?;
        if self.is_frozen(instrument) {
            return Err(Rejection::Frozen);
        }
        if instrument.review.is_some() {
            return Err(Rejection::UnderReview);
        }
        let closing: Lots = self.closing(&row).map(|order| order.lots).sum();
        let max = row.lots - closing;
        let lots = lots.unwrap_or(max);
        if lots <= Lots::ZERO || lots > max {
            return Err(Rejection::InvalidLots { min: Lots::from_units(1), max });
        }
        let (instrument, due) = (row.instrument, self.in_play_due(instrument));
        self.exit_on_curve(&row, lots)?;
        // From here nothing can fail.
        let order = self.make_order_id();
        if due.is_some() {
            self.emit(Event::OrderPlaced(Box::new(Order {
                id: order,
                book,
                instrument,
                action: OrderAction::Close { position },
                lots,
                placed_at: self.at,
                placed_by: self.seq,
                due,
                stale_due: self.stale_due(due),
                reserved: Money::ZERO,
                cancel_due: None,
            })));
            return Ok(Receipt::Resting { order, due, portfolio: self.portfolio_of(book) });
        }
        let Some(closed) = self.close_on_curve(&row, lots, CloseReason::User, Some(order)) else { return Err(Rejection::Overflow) };
        self.cover_bad_debt(book);
        let rounding = Rounding::against(row.direction.opposite());
        Ok(Receipt::Closed {
            order,
            position,
            lots,
            exit_price: price_per_share(&self.rules, closed.value, lots, rounding),
            pnl: closed.pnl,
            rest: if lots < row.lots { self.position(position).map(|row| self.position_receipt(row)) } else { None },
            portfolio: self.portfolio_of(book),
        })
    }

    /// R4.4: between matches any resting order; in play a limit order, after the delay.
    pub(crate) fn cancel_order(&mut self, book: BookId, order: OrderId) -> Result<Receipt, Rejection> {
        self.guard_book(book)?;
        let row = self.order(order).filter(|row| row.book == book).ok_or(Rejection::UnknownOrder)?;
        let instrument = self.instrument(row.instrument).ok_or(Rejection::UnknownInstrument)?;
        let is_limit = matches!(row.action, OrderAction::Open { limit: Some(_), .. });
        let due = self.in_play_due(instrument);
        if due.is_some() && !is_limit {
            return Err(Rejection::NotCancellable);
        }
        if row.cancel_due.is_some() {
            return Ok(Receipt::Cancelled { order, due: row.cancel_due });
        }
        // From here nothing can fail.
        match due {
            Some(due) => self.emit(Event::CancelRequested { book, order, due }),
            None => self.cancel(order, CancelReason::User),
        }
        Ok(Receipt::Cancelled { order, due })
    }

    /// Undoes a position: it closes at what it cost.
    pub(crate) fn void_position(&mut self, position: PositionId) -> Result<(), Rejection> {
        let row = *self.position(position).ok_or(Rejection::UnknownPosition)?;
        let (book, exit) = (row.book, Exit { value: row.entry_cost, fee: Money::ZERO });
        // From here nothing can fail.
        self.close_at(&row, row.lots, exit, CloseReason::Voided, None);
        self.cover_bad_debt(book);
        Ok(())
    }

    /// R4.9: closes everything at the clearing price, and off the market.
    pub(crate) fn deactivate(&mut self, instrument: &InstrumentId) -> Result<(), Rejection> {
        let row = self.find_instrument(instrument.as_str()).ok_or(Rejection::UnknownInstrument)?;
        if !row.active {
            return Err(Rejection::InactiveInstrument);
        }
        let (idx, price) = (row.idx, self.clearing_price_of(row));
        // From here nothing can fail.
        let books = self.close_everything(&[(idx, price)], CloseReason::Deactivated);
        self.emit(Event::InstrumentDeactivated { instrument: idx });
        books.into_iter().for_each(|book| self.cover_bad_debt(book));
        Ok(())
    }
}
