//! What the requests that make, change or end an order or a position are answered: the order, the position, the book.

use ftl_core::id::BookId;
use serde::Serialize;
use utoipa::ToSchema;

use super::order::OrderRef;
use super::portfolio::PortfolioView;
use super::position::{ClosedView, PositionView};
use super::{League, Time};

/// The answer to `POST positions/open`: 200 filled, 202 resting.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OpenAnswer {
    /// The entry that gave this answer.
    pub seq: u64,
    /// Whether it was given before.
    pub replayed: bool,
    /// The order.
    pub order: OrderRef,
    /// What it opened.
    pub position: Option<PositionView>,
    /// The book after it.
    pub portfolio: PortfolioView,
}

/// The answer to `DELETE positions/{id}`: 200 closed, 202 resting.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CloseAnswer {
    /// The entry that gave this answer.
    pub seq: u64,
    /// Whether it was given before.
    pub replayed: bool,
    /// The order.
    pub order: OrderRef,
    /// What it brought.
    pub closed: Option<ClosedView>,
    /// What is left of the position.
    pub position: Option<PositionView>,
    /// The book after it.
    pub portfolio: PortfolioView,
}

/// The answer to `PATCH positions/{id}`.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ModifyAnswer {
    /// The entry that gave this answer.
    pub seq: u64,
    /// Whether it was given before.
    pub replayed: bool,
    /// The position; in play its former stop loss and take profit hold until `due`.
    pub position: PositionView,
    /// When the new ones arm; `null`: at once.
    #[schema(value_type = Option<String>)]
    pub due: Option<Time>,
}

/// The answer to `DELETE orders/{id}`: 200 cancelled, 202 to be taken back at `due`.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CancelAnswer {
    /// The entry that gave this answer.
    pub seq: u64,
    /// Whether it was given before.
    pub replayed: bool,
    /// The order.
    pub order: OrderRef,
    /// The book now.
    pub portfolio: Option<PortfolioView>,
}

/// A book now, for answers whose receipt has none.
pub(crate) fn portfolio_now(league: &League, book: BookId) -> Option<PortfolioView> {
    league.portfolio(book).as_ref().map(PortfolioView::from)
}
