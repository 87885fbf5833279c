//! Positions as rows, the closed ones among them.

use super::changes::{Changes, Patch};
use super::run::Run;
use crate::event::Event;
use crate::id::{BookId, InstrumentIdx, OrderId, PositionId, Seq};
use crate::position::{CloseReason, PendingTriggers};
use crate::time::At;
use crate::units::{Direction, Lots, Money, Price};

/// A position, open or closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PositionRow {
    /// Its id.
    pub position: PositionId,
    /// Whose.
    pub book: BookId,
    /// In what.
    pub instrument: InstrumentIdx,
    /// The order that opened it.
    pub order: OrderId,
    /// Which way.
    pub direction: Direction,
    /// When it was opened.
    pub opened_at: At,
    /// By which entry.
    pub opened_seq: Seq,
    /// How much was opened.
    pub opened_lots: Lots,
    /// How much is left.
    pub lots: Lots,
    /// R1.2: of what is left.
    pub entry_cost: Money,
    /// Margin at the fill.
    pub margin: Money,
    /// R4.6.
    pub stop_loss: Option<Price>,
    /// R4.6.
    pub take_profit: Option<Price>,
    /// R4.5: what replaces them in the first clock tick from then on.
    pub pending: Option<PendingTriggers>,
    /// Of what closed so far.
    pub realised: Money,
    /// Of all its fills.
    pub fees: Money,
    /// When nothing was left of it, by which entry, and why.
    pub closed: Option<(At, Seq, CloseReason)>,
}

/// What a run changes of a position.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PositionPatch {
    /// How much is left.
    pub lots: Option<Lots>,
    /// Of the entry cost, to be taken off.
    pub entry_cost_gone: Money,
    /// To be added.
    pub realised: Money,
    /// To be added.
    pub fees: Money,
    /// Stop loss and take profit that hold now.
    pub triggers: Option<(Option<Price>, Option<Price>)>,
    /// What waits to replace them.
    pub pending: Option<Option<PendingTriggers>>,
    /// Nothing is left of it.
    pub closed: Option<(At, Seq, CloseReason)>,
}

impl Patch<PositionRow> for PositionPatch {
    fn apply(self, row: &mut PositionRow) {
        row.lots = self.lots.unwrap_or(row.lots);
        row.entry_cost -= self.entry_cost_gone;
        row.realised += self.realised;
        row.fees += self.fees;
        (row.stop_loss, row.take_profit) = self.triggers.unwrap_or((row.stop_loss, row.take_profit));
        row.pending = self.pending.unwrap_or(row.pending);
        row.closed = self.closed.or(row.closed);
    }
}

/// What a run does to positions.
pub fn position_changes(run: Run<'_>) -> Changes<PositionId, PositionRow, PositionPatch> {
    let mut changes = Changes::<PositionId, PositionRow, PositionPatch>::default();
    for outcome in run.outcomes() {
        for event in &outcome.events {
            #[allow(clippy::wildcard_enum_match_arm, reason = "the others change no position's row")]
            match event {
                Event::PositionOpened(e) => {
                    let row = PositionRow {
                        position: e.position,
                        book: e.book,
                        instrument: e.instrument,
                        order: e.order,
                        direction: e.direction,
                        opened_at: outcome.at,
                        opened_seq: outcome.seq,
                        opened_lots: e.lots,
                        lots: e.lots,
                        entry_cost: e.entry_cost,
                        margin: e.margin,
                        stop_loss: e.stop_loss,
                        take_profit: e.take_profit,
                        pending: None,
                        realised: Money::ZERO,
                        fees: e.fee,
                        closed: None,
                    };
                    changes.made.insert(e.position, row);
                }
                Event::PositionClosed(e) => changes.change(e.position, |patch| {
                    patch.lots = Some(e.remaining);
                    patch.entry_cost_gone += e.entry_cost;
                    patch.realised += e.pnl;
                    patch.fees += e.fee;
                    if e.remaining == Lots::ZERO {
                        patch.closed = Some((outcome.at, outcome.seq, e.reason));
                    }
                }),
                Event::TriggersSet { position, stop_loss, take_profit, due, .. } => changes.change(*position, |patch| {
                    let pending = due.map(|due| PendingTriggers { stop_loss: *stop_loss, take_profit: *take_profit, due });
                    if due.is_none() {
                        patch.triggers = Some((*stop_loss, *take_profit));
                    }
                    patch.pending = Some(pending);
                }),
                Event::TriggersDiscarded { position, .. } => changes.change(*position, |patch| patch.pending = Some(None)),
                _ => {}
            }
        }
    }
    changes.settled()
}
