//! An open position, and what became of one that closed.

use ftl_core::event::PositionClosed;
use ftl_core::id::{InstrumentId, PositionId};
use ftl_core::outcome::PositionReceipt;
use ftl_core::position::{CloseReason, Position};
use ftl_core::projection::ClosedPositionRow;
use ftl_core::rulebook::Rounding;
use ftl_core::rulebook::curve::price_per_share;
use ftl_core::rules::Rules;
use ftl_core::units::{Direction, Lots, Money, Price};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{League, Time};

/// A position as its trader is told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PositionView {
    #[schema(value_type = String)]
    id: PositionId,
    #[schema(value_type = String)]
    instrument: InstrumentId,
    #[schema(value_type = String, example = "long")]
    direction: Direction,
    #[schema(value_type = String, example = "1.00")]
    lots: Lots,
    #[schema(value_type = String, example = "195.2250")]
    entry_price: Price,
    #[schema(value_type = String, example = "19522.500000")]
    entry_cost: Money,
    #[schema(value_type = String, example = "2700.020000")]
    margin: Money,
    #[schema(value_type = Option<String>)]
    stop_loss: Option<Price>,
    #[schema(value_type = Option<String>)]
    take_profit: Option<Price>,
    #[schema(value_type = String)]
    opened_at: Time,
}

/// A position with what it is worth now.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ValuedPosition {
    #[serde(flatten)]
    position: PositionView,
    /// The price now.
    #[schema(value_type = String)]
    mark: Price,
    /// What it would settle at now (R6.2).
    #[schema(value_type = String)]
    settlement_price: Price,
    /// R4.8.
    #[schema(value_type = String)]
    unrealised: Money,
    /// Stop loss and take profit that arm at `due` (R4.5).
    #[serde(skip_serializing_if = "Option::is_none")]
    pending: Option<PendingView>,
}

/// Stop loss and take profit that have not armed yet.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PendingView {
    #[schema(value_type = Option<String>)]
    stop_loss: Option<Price>,
    #[schema(value_type = Option<String>)]
    take_profit: Option<Price>,
    #[schema(value_type = String)]
    due: Time,
}

/// What a close brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClosedView {
    #[schema(value_type = String)]
    lots: Lots,
    /// The average fill, rounded against the trader.
    #[schema(value_type = String)]
    exit_price: Price,
    #[schema(value_type = String)]
    pnl: Money,
    /// R4.9.
    #[schema(value_type = String, example = "user")]
    reason: CloseReason,
}

/// A row of closed positions.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClosedPositionView {
    #[schema(value_type = String)]
    id: PositionId,
    #[schema(value_type = String)]
    instrument: InstrumentId,
    #[schema(value_type = String)]
    direction: Direction,
    #[schema(value_type = String)]
    entry_price: Price,
    #[schema(value_type = String)]
    entry_cost: Money,
    #[serde(flatten)]
    closed: ClosedView,
    #[schema(value_type = String)]
    opened_at: Time,
    #[schema(value_type = String)]
    closed_at: Time,
    /// The entry that closed it.
    seq: u64,
}

/// The slug of an instrument; the state lists every one that a position can name.
pub(crate) fn slug(league: &League, idx: ftl_core::id::InstrumentIdx) -> InstrumentId {
    league.instrument(idx).map_or_else(|| InstrumentId::from(""), |row| row.footballer.instrument.clone())
}

/// R1.2: the average price of a fill that closes, rounded against the trader.
pub(crate) fn exit_price(rules: &Rules, direction: Direction, value: Money, lots: Lots) -> Price {
    price_per_share(rules, value, lots, Rounding::against(direction.opposite()))
}

impl PositionView {
    /// From a receipt, for the instrument of this slug.
    pub fn of_receipt(instrument: InstrumentId, receipt: &PositionReceipt) -> Self {
        Self {
            id: receipt.id,
            instrument,
            direction: receipt.direction,
            lots: receipt.lots,
            entry_price: receipt.entry_price,
            entry_cost: receipt.entry_cost,
            margin: receipt.margin,
            stop_loss: receipt.stop_loss,
            take_profit: receipt.take_profit,
            opened_at: Time(receipt.opened_at),
        }
    }

    /// As it is now.
    pub fn of(league: &League, position: &Position) -> Self {
        Self::of_receipt(slug(league, position.instrument), &league.position_receipt(position))
    }
}

impl ValuedPosition {
    /// As it is now.
    pub fn of(league: &League, position: &Position) -> Self {
        Self {
            position: PositionView::of(league, position),
            mark: league.mark(position.instrument).unwrap_or_default(),
            settlement_price: league.settlement_price(position.instrument).unwrap_or_default(),
            unrealised: league.unrealised(position),
            pending: position.pending.map(|pending| PendingView {
                stop_loss: pending.stop_loss,
                take_profit: pending.take_profit,
                due: Time(pending.due),
            }),
        }
    }

    /// R4.8.
    pub fn unrealised(&self) -> Money {
        self.unrealised
    }
}

impl ClosedView {
    /// From the fact.
    pub fn of(rules: &Rules, closed: &PositionClosed) -> Self {
        Self {
            lots: closed.lots,
            exit_price: exit_price(rules, closed.direction, closed.exit_value, closed.lots),
            pnl: closed.pnl,
            reason: closed.reason,
        }
    }

    /// From a receipt: a close that was asked for.
    pub fn by_user(lots: Lots, exit_price: Price, pnl: Money) -> Self {
        Self { lots, exit_price, pnl, reason: CloseReason::User }
    }
}

impl ClosedPositionView {
    /// From history.
    pub fn of(league: &League, row: &ClosedPositionRow) -> Self {
        let rules = league.rules();
        Self {
            id: row.position,
            instrument: slug(league, row.instrument),
            direction: row.direction,
            entry_price: price_per_share(rules, row.entry_cost, row.lots, Rounding::against(row.direction)),
            entry_cost: row.entry_cost,
            closed: ClosedView {
                lots: row.lots,
                exit_price: exit_price(rules, row.direction, row.exit_value, row.lots),
                pnl: row.pnl,
                reason: row.reason,
            },
            opened_at: Time(row.opened_at),
            closed_at: Time(row.closed_at),
            seq: row.seq.0,
        }
    }
}

/// `PATCH positions/{id}`: a field left out stays, `null` takes it away.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ModifyRequest {
    /// R4.6.
    #[serde(default, deserialize_with = "crate::extract::given")]
    #[schema(value_type = Option<String>)]
    pub stop_loss: Option<Option<crate::extract::Decimal<Price>>>,
    /// R4.6.
    #[serde(default, deserialize_with = "crate::extract::given")]
    #[schema(value_type = Option<String>)]
    pub take_profit: Option<Option<crate::extract::Decimal<Price>>>,
    /// Instead of the `Idempotency-Key` header.
    pub client_request_id: Option<String>,
}
