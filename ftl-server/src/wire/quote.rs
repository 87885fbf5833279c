//! `POST positions/quote`: what an order would do, without doing it.

use ftl_core::units::{Money, Price};
use serde::Serialize;
use utoipa::ToSchema;

use super::Time;
use super::portfolio::PortfolioView;

/// A dry run.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct QuoteAnswer {
    /// The entry that this is as of.
    pub seq: u64,
    /// Signed: what a long pays, or a short takes in (negative).
    #[schema(value_type = String)]
    pub entry_cost: Money,
    /// The average fill, rounded against the trader.
    #[schema(value_type = String)]
    pub entry_price: Price,
    /// R4.7, on the mark after the fill.
    #[schema(value_type = String)]
    pub margin: Money,
    /// The book after it.
    pub portfolio: PortfolioView,
    /// What the worst single event would do to the position.
    #[schema(value_type = String)]
    pub worst_event: Money,
    /// In play: when it would fill at the earliest; `null`: at once.
    #[schema(value_type = Option<String>)]
    pub due: Option<Time>,
}
