//! A fill of one's own.

use ftl_core::id::{InstrumentId, OrderId, PositionId};
use ftl_core::projection::FillRow;
use ftl_core::rulebook::Rounding;
use ftl_core::rulebook::curve::price_per_share;
use ftl_core::units::{Direction, Lots, Money, Price};
use serde::Serialize;
use utoipa::ToSchema;

use super::position::{exit_price, slug};
use super::{League, Time};

/// An order, stop or settlement that filled.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TradeView {
    seq: u64,
    n: u32,
    #[schema(value_type = String)]
    at: Time,
    #[schema(value_type = String)]
    instrument: InstrumentId,
    /// The position's.
    #[schema(value_type = String)]
    direction: Direction,
    /// `open` or `close`.
    action: &'static str,
    #[schema(value_type = String)]
    lots: Lots,
    /// The average fill, rounded against the trader.
    #[schema(value_type = String)]
    price: Price,
    /// Signed: what was paid (positive on an open) or taken in.
    #[schema(value_type = String)]
    value: Money,
    #[schema(value_type = String)]
    fee: Money,
    /// A stop, washout or settlement has none.
    #[schema(value_type = Option<String>)]
    order: Option<OrderId>,
    #[schema(value_type = String)]
    position: PositionId,
}

impl TradeView {
    /// From history.
    pub fn of(league: &League, row: &FillRow) -> Self {
        let rules = league.rules();
        Self {
            seq: row.seq.0,
            n: row.n,
            at: Time(row.at),
            instrument: slug(league, row.instrument),
            direction: row.direction,
            action: if row.opened { "open" } else { "close" },
            lots: row.lots,
            price: if row.opened {
                price_per_share(rules, row.value, row.lots, Rounding::against(row.direction))
            } else {
                exit_price(rules, row.direction, row.value, row.lots)
            },
            value: row.value,
            fee: row.fee,
            order: row.order,
            position: row.position,
        }
    }

    /// Where the next page begins.
    pub fn cursor(&self) -> String {
        format!("{}-{}", self.seq, self.n)
    }
}
