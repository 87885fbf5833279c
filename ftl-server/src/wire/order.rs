//! An order: asked for, resting, filled or cancelled.

use ftl_core::id::{InstrumentId, OrderId, PositionId};
use ftl_core::order::{CancelReason, Order, OrderAction};
use ftl_core::units::{Direction, Lots, Money, Price};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::position::slug;
use super::{League, Time};
use crate::extract::Decimal;

/// R4.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// It did what it was for.
    Filled,
    /// It waits.
    Resting,
    /// It is gone.
    Cancelled,
}

/// An order in the answer to the request that made it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderRef {
    #[schema(value_type = String)]
    id: OrderId,
    status: OrderStatus,
    /// It fills in the first clock tick from then on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    due: Option<Time>,
    /// Why it was cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl OrderRef {
    /// It filled.
    pub const fn filled(id: OrderId) -> Self {
        Self { id, status: OrderStatus::Filled, due: None, reason: None }
    }
    /// It rests.
    pub fn resting(id: OrderId, due: Option<ftl_core::time::At>) -> Self {
        Self { id, status: OrderStatus::Resting, due: due.map(Time), reason: None }
    }
    /// It is gone.
    pub fn cancelled(id: OrderId, reason: &CancelReason) -> Self {
        Self { id, status: OrderStatus::Cancelled, due: None, reason: Some(reason.code().to_owned()) }
    }
}

/// A resting order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderView {
    #[schema(value_type = String)]
    id: OrderId,
    status: OrderStatus,
    /// `open` or `close`.
    action: &'static str,
    /// `market` or `limit`.
    #[serde(rename = "type")]
    kind: &'static str,
    #[schema(value_type = String)]
    instrument: InstrumentId,
    /// Of a close: the position's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    direction: Option<Direction>,
    #[schema(value_type = String)]
    lots: Lots,
    #[schema(value_type = Option<String>)]
    limit_price: Option<Price>,
    #[schema(value_type = Option<String>)]
    stop_loss: Option<Price>,
    #[schema(value_type = Option<String>)]
    take_profit: Option<Price>,
    /// What it closes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    position: Option<PositionId>,
    #[schema(value_type = String)]
    placed_at: Time,
    /// It fills (a limit order: begins to look at the mark) in the first clock tick from then on.
    #[schema(value_type = Option<String>)]
    due: Option<Time>,
    /// Taken back in the first clock tick from then on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    cancel_due: Option<Time>,
    #[schema(value_type = String)]
    reserved: Money,
}

impl OrderView {
    /// As it is now.
    pub fn of(league: &League, order: &Order) -> Self {
        let mut view = Self {
            id: order.id,
            status: OrderStatus::Resting,
            action: "close",
            kind: "market",
            instrument: slug(league, order.instrument),
            direction: None,
            lots: order.lots,
            limit_price: None,
            stop_loss: None,
            take_profit: None,
            position: None,
            placed_at: Time(order.placed_at),
            due: order.due.map(Time),
            cancel_due: order.cancel_due.map(Time),
            reserved: order.reserved,
        };
        match &order.action {
            OrderAction::Open { direction, limit, stop_loss, take_profit, .. } => {
                view.action = "open";
                view.kind = if limit.is_some() { "limit" } else { "market" };
                view.direction = Some(*direction);
                (view.limit_price, view.stop_loss, view.take_profit) = (*limit, *stop_loss, *take_profit);
            }
            OrderAction::Close { position } => {
                view.position = Some(*position);
                view.direction = league.position(*position).map(|row| row.direction);
            }
        }
        view
    }
}

/// `GET orders/{id}`: a resting order, or one that filled or was cancelled a short while ago.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderAnswer {
    /// The entry that this is as of.
    pub seq: u64,
    /// The order.
    #[schema(value_type = Object)]
    pub order: OrderState,
}

/// Resting in full, otherwise how it ended.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum OrderState {
    /// It rests.
    Resting(OrderView),
    /// It is over.
    Ended(OrderRef),
}

/// R4.1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderType {
    /// At the price of the moment.
    #[default]
    Market,
    /// At `limitPrice` or better.
    Limit,
}

/// `POST positions/open` and `positions/quote` (R4.1).
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OpenRequest {
    /// Its slug.
    #[schema(example = "lionel-messi")]
    pub instrument: String,
    /// `long` or `short`.
    #[schema(value_type = String, example = "long")]
    pub direction: Direction,
    /// From 0.01 to 10.00.
    #[schema(value_type = String, example = "1.00")]
    pub lots: Decimal<Lots>,
    /// `market` where it is left out.
    #[serde(default, rename = "type")]
    pub kind: OrderType,
    /// The worst average fill of a limit order.
    #[schema(value_type = Option<String>)]
    pub limit_price: Option<Decimal<Price>>,
    /// The price that the client saw.
    #[schema(value_type = Option<String>, example = "195.2000")]
    pub client_price: Option<Decimal<Price>>,
    /// How much worse than `clientPrice` the average fill may be, as a fraction: 0.0050 is 50 bp.
    #[schema(value_type = Option<String>, example = "0.0050")]
    pub slippage_tolerance: Option<Decimal<Fraction>>,
    /// R4.6.
    #[schema(value_type = Option<String>, example = "180.0000")]
    pub stop_loss: Option<Decimal<Price>>,
    /// R4.6.
    #[schema(value_type = Option<String>)]
    pub take_profit: Option<Decimal<Price>>,
    /// Instead of the `Idempotency-Key` header.
    pub client_request_id: Option<String>,
}

/// A ratio with four decimal places, from 0 to 1: its units are basis points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fraction(pub ftl_core::units::Bps);

impl std::str::FromStr for Fraction {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        // A price has the same scale as basis points of one.
        let units = text.parse::<Price>().map_err(|error| error.to_string())?.units();
        match u32::try_from(units) {
            Ok(bps) if bps <= 10_000 => Ok(Self(ftl_core::units::Bps(bps))),
            _ => Err("takes a fraction from 0 to 1".into()),
        }
    }
}
