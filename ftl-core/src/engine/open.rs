//! R4.1 `open` and `modify`, and the dry run of an open.

use crate::command::OpenPosition;
use crate::engine::guards::{Moment, guard_triggers};
use crate::event::{Event, PositionOpened};
use crate::id::{BookId, OrderId, PositionId};
use crate::order::{Order, OrderAction};
use crate::outcome::{Portfolio, PositionReceipt, Receipt};
use crate::rejection::Rejection;
use crate::rulebook::curve::{notional, price_per_share};
use crate::rulebook::margin::gap;
use crate::rulebook::{Rounding, Rulebook};
use crate::state::State;
use crate::state::portfolio::OpenFill;
use crate::time::At;
use crate::units::{Money, Price};

/// What an open would come to now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// What it would open; its id is nil.
    pub position: PositionReceipt,
    /// When it would fill: at once, or in the first clock tick from then on.
    pub due: Option<At>,
    /// The book after it.
    pub portfolio: Portfolio,
    /// What the worst single event would take (R4.7): `gap × shares`.
    pub worst_event: Money,
}

impl<R: Rulebook> State<R> {
    pub(crate) fn open_position(&mut self, open: &OpenPosition) -> Result<Receipt, Rejection> {
        let fill = self.guard_open(open, Moment::Arrival)?;
        let due = self.rest_until(open);
        // From here nothing can fail.
        let order = self.make_order_id();
        if due.is_some() || open.limit.is_some() {
            self.emit(Event::OrderPlaced(Box::new(Order {
                id: order,
                book: open.book,
                instrument: open.instrument,
                action: OrderAction::Open {
                    direction: open.direction,
                    limit: open.limit,
                    slippage: open.slippage,
                    stop_loss: open.stop_loss,
                    take_profit: open.take_profit,
                },
                lots: open.lots,
                placed_at: self.at,
                placed_by: self.seq,
                due,
                stale_due: self.stale_due(due).filter(|_| open.limit.is_none()),
                reserved: fill.margin,
                cancel_due: None,
            })));
            return Ok(Receipt::Resting { order, due, portfolio: self.portfolio_of(open.book) });
        }
        let position = self.fill_open(open, order, &fill);
        // Book and row were found and made above.
        let book = self.book(open.book).ok_or(Rejection::UnknownAccount)?;
        let position = self.position_receipt(book.position(position).ok_or(Rejection::UnknownPosition)?);
        Ok(Receipt::Opened { order, position, portfolio: self.portfolio_in(book) })
    }

    /// R4.4: in play an order rests for `in_play_delay`.
    fn rest_until(&self, open: &OpenPosition) -> Option<At> {
        self.instrument(open.instrument).and_then(|instrument| self.in_play_due(instrument))
    }

    /// A fill that opens a position; every guard has passed.
    pub(crate) fn fill_open(&mut self, open: &OpenPosition, order: OrderId, fill: &OpenFill) -> PositionId {
        let position = self.make_position_id();
        self.emit(Event::PositionOpened(Box::new(PositionOpened {
            position,
            order,
            book: open.book,
            instrument: open.instrument,
            direction: open.direction,
            lots: open.lots,
            entry_cost: fill.entry_cost,
            margin: fill.margin,
            stop_loss: open.stop_loss,
            take_profit: open.take_profit,
            fee: fill.fee,
            net: fill.net,
            mark: fill.mark,
        })));
        position
    }

    /// A dry run: the same guards, nothing changes.
    pub fn quote(&self, open: &OpenPosition) -> Result<Quote, Rejection> {
        let fill = self.guard_open(open, Moment::Arrival)?;
        let row = self.instrument(open.instrument).ok_or(Rejection::UnknownInstrument)?;
        let gap = gap(&self.rules, row.footballer.position, open.direction);
        Ok(Quote {
            position: PositionReceipt {
                id: PositionId(0),
                instrument: open.instrument,
                direction: open.direction,
                lots: open.lots,
                entry_price: price_per_share(&self.rules, fill.entry_cost, open.lots, Rounding::against(open.direction)),
                entry_cost: fill.entry_cost,
                margin: fill.margin,
                stop_loss: open.stop_loss,
                take_profit: open.take_profit,
                opened_at: self.at,
            },
            due: self.rest_until(open),
            portfolio: self.portfolio_after(open, &fill).ok_or(Rejection::UnknownAccount)?,
            worst_event: Money::try_from(notional(&self.rules, gap, open.lots))?,
        })
    }

    /// R4.1 `modify`, R4.5.
    pub(crate) fn modify_position(
        &mut self,
        book: BookId,
        position: PositionId,
        stop_loss: Option<Price>,
        take_profit: Option<Price>,
    ) -> Result<Receipt, Rejection> {
        self.guard_book(book)?;
        let row = self.position(position).filter(|row| row.book == book).ok_or(Rejection::UnknownPosition)?;
        let instrument = self.instrument(row.instrument).ok_or(Rejection::UnknownInstrument)?;
        if self.is_frozen(instrument) {
            return Err(Rejection::Frozen);
        }
        guard_triggers(row.direction, stop_loss, take_profit, self.mark_of(instrument))?;
        let due = self.in_play_due(instrument);
        // From here nothing can fail.
        self.emit(Event::TriggersSet { book, position, stop_loss, take_profit, due });
        let row = self.position(position).ok_or(Rejection::UnknownPosition)?;
        let receipt = PositionReceipt { stop_loss, take_profit, ..self.position_receipt(row) };
        Ok(Receipt::Modified { position: receipt, due })
    }

    /// The book's margin account; the book is known to be there.
    pub(crate) fn portfolio_of(&self, book: BookId) -> Portfolio {
        self.portfolio(book).unwrap_or(Portfolio {
            balance: Money::ZERO,
            equity: Money::ZERO,
            used: Money::ZERO,
            reserved: Money::ZERO,
            free: Money::ZERO,
            level_bps: None,
        })
    }
}
