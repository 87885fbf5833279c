//! Orders as rows: those that rest, and what became of the others.

use super::changes::{Changes, Patch};
use super::run::Run;
use crate::command::Slippage;
use crate::event::{Event, PositionClosed, PositionOpened};
use crate::id::{BookId, InstrumentIdx, OrderId, PositionId, Seq};
use crate::order::{CancelReason, Order, OrderAction};
use crate::outcome::Outcome;
use crate::time::At;
use crate::units::{Direction, Lots, Money, Price};

/// An order, resting or over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderRow {
    /// Its id.
    pub order: OrderId,
    /// Whose.
    pub book: BookId,
    /// In what.
    pub instrument: InstrumentIdx,
    /// To open, or to close.
    pub opens: bool,
    /// Which way the position is; of a close that rests nobody says so before it fills.
    pub direction: Option<Direction>,
    /// How much was asked for. Of an order that filled at once: how much that was.
    pub lots: Lots,
    /// `None`: market, or filled at once.
    pub limit: Option<Price>,
    /// Of an order that rests.
    pub slippage: Option<Slippage>,
    /// R4.6.
    pub stop_loss: Option<Price>,
    /// R4.6.
    pub take_profit: Option<Price>,
    /// The position that it closes, or opened.
    pub position: Option<PositionId>,
    /// When it was placed.
    pub placed_at: At,
    /// By which entry.
    pub placed_seq: Seq,
    /// R4.4.
    pub due: Option<At>,
    /// R4.6.
    pub reserved: Money,
    /// R4.4: taken back in the first clock tick from then on.
    pub cancel_due: Option<At>,
    /// What became of it; `None`: it rests.
    pub end: Option<OrderEnd>,
}

/// What became of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderEnd {
    /// When.
    pub at: At,
    /// By which entry.
    pub seq: Seq,
    /// Filled or cancelled.
    pub how: OrderFate,
}

/// Filled or cancelled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrderFate {
    /// An order fills once.
    Filled {
        /// The position that it opened or closed.
        position: PositionId,
        /// Which way that is.
        direction: Direction,
        /// How much.
        lots: Lots,
        /// Signed value of the fill.
        value: Money,
        /// The fee.
        fee: Money,
    },
    /// With its reason.
    Cancelled(CancelReason),
}

/// What a run changes of an order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderPatch {
    /// It is to be taken back.
    pub cancel_due: Option<At>,
    /// It is over.
    pub end: Option<OrderEnd>,
}

impl Patch<OrderRow> for OrderPatch {
    fn apply(self, row: &mut OrderRow) {
        row.cancel_due = self.cancel_due.or(row.cancel_due);
        if let Some(OrderFate::Filled { position, direction, .. }) = self.end.as_ref().map(|end| &end.how) {
            row.position = Some(*position);
            row.direction = Some(*direction);
        }
        row.end = self.end.or(row.end.take());
    }
}

/// What a run does to orders.
pub fn order_changes(run: Run<'_>) -> Changes<OrderId, OrderRow, OrderPatch> {
    let mut changes = Changes::<OrderId, OrderRow, OrderPatch>::default();
    for outcome in run.outcomes() {
        let over = |how: OrderFate| Some(OrderEnd { at: outcome.at, seq: outcome.seq, how });
        for event in &outcome.events {
            #[allow(clippy::wildcard_enum_match_arm, reason = "the others change no order's row")]
            match event {
                Event::OrderPlaced(order) => {
                    changes.made.insert(order.id, resting(order));
                }
                Event::OrderCancelled { order, reason, .. } => {
                    changes.change(*order, |patch| patch.end = over(OrderFate::Cancelled(reason.clone())));
                }
                Event::CancelRequested { order, due, .. } => changes.change(*order, |patch| patch.cancel_due = Some(*due)),
                Event::PositionOpened(e) => {
                    if never_rested(&changes, e.order, outcome.seq) {
                        changes.made.insert(e.order, opened_at_once(e, outcome));
                    }
                    let (position, direction, lots, value, fee) = (e.position, e.direction, e.lots, e.entry_cost, e.fee);
                    changes.change(e.order, |patch| patch.end = over(OrderFate::Filled { position, direction, lots, value, fee }));
                }
                Event::PositionClosed(e) => {
                    let Some(order) = e.order else { continue };
                    if never_rested(&changes, order, outcome.seq) {
                        changes.made.insert(order, closed_at_once(order, e, outcome));
                    }
                    let (position, direction, lots, value, fee) = (e.position, e.direction, e.lots, e.exit_value, e.fee);
                    changes.change(order, |patch| patch.end = over(OrderFate::Filled { position, direction, lots, value, fee }));
                }
                _ => {}
            }
        }
    }
    changes.settled()
}

/// An order that fills in the entry that made it, without having been placed before.
fn never_rested(changes: &Changes<OrderId, OrderRow, OrderPatch>, order: OrderId, seq: Seq) -> bool {
    // Orders and positions get their ids the same way.
    PositionId(order.0).made_in() == seq && !changes.made.contains_key(&order)
}

fn resting(order: &Order) -> OrderRow {
    let row = OrderRow {
        order: order.id,
        book: order.book,
        instrument: order.instrument,
        opens: false,
        direction: None,
        lots: order.lots,
        limit: None,
        slippage: None,
        stop_loss: None,
        take_profit: None,
        position: None,
        placed_at: order.placed_at,
        placed_seq: order.placed_by,
        due: order.due,
        reserved: order.reserved,
        cancel_due: order.cancel_due,
        end: None,
    };
    match order.action {
        OrderAction::Open { direction, limit, slippage, stop_loss, take_profit } => {
            OrderRow { opens: true, direction: Some(direction), limit, slippage, stop_loss, take_profit, ..row }
        }
        OrderAction::Close { position } => OrderRow { position: Some(position), ..row },
    }
}

fn opened_at_once(e: &PositionOpened, outcome: &Outcome) -> OrderRow {
    OrderRow {
        order: e.order,
        book: e.book,
        instrument: e.instrument,
        opens: true,
        direction: Some(e.direction),
        lots: e.lots,
        limit: None,
        slippage: None,
        stop_loss: e.stop_loss,
        take_profit: e.take_profit,
        position: Some(e.position),
        placed_at: outcome.at,
        placed_seq: outcome.seq,
        due: None,
        reserved: Money::ZERO,
        cancel_due: None,
        end: None,
    }
}

fn closed_at_once(order: OrderId, e: &PositionClosed, outcome: &Outcome) -> OrderRow {
    OrderRow {
        order,
        book: e.book,
        instrument: e.instrument,
        opens: false,
        direction: Some(e.direction),
        lots: e.lots,
        limit: None,
        slippage: None,
        stop_loss: None,
        take_profit: None,
        position: Some(e.position),
        placed_at: outcome.at,
        placed_seq: outcome.seq,
        due: None,
        reserved: Money::ZERO,
        cancel_due: None,
        end: None,
    }
}
