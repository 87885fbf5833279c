//! `GET me/while-away`: what became of a book since somebody looked.

use ftl_core::id::{InstrumentId, OrderId};
use ftl_core::units::Money;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Time;
use super::portfolio::PortfolioView;
use super::position::ClosedPositionView;
use super::trade::TradeView;
use crate::past::Moment;

/// `GET me/while-away`.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhileAwayParams {
    /// After this entry, or this time (RFC 3339).
    #[param(value_type = String)]
    pub since: Moment,
    /// Waits until this entry is applied.
    pub min_seq: Option<u64>,
}

/// What happened to a book between two moments, in the order of the journal.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WhileAwayAnswer {
    /// The entry that this is as of.
    pub seq: u64,
    /// Everything is here. Otherwise it was too long ago to be executed again: closes and fills come from history, at most
    /// two hundred of each, the latest; there is no `before`, and neither cancelled orders nor warnings.
    pub complete: bool,
    /// The book then; `null` where there was none, or it is not known.
    pub before: Option<PortfolioView>,
    /// The book now.
    pub after: PortfolioView,
    /// Σ of the results of `closes`.
    #[schema(value_type = String)]
    pub realised: Money,
    /// Positions that closed, or parts of them.
    pub closes: Vec<AwayClose>,
    /// Fills that opened a position: orders that rested.
    pub opens: Vec<TradeView>,
    /// Orders that are gone without a fill.
    pub cancelled: Vec<AwayCancelled>,
    /// R5.2.
    pub warnings: Vec<AwayWarning>,
}

/// A close, and for a washout whether it follows from the book and the prices alone.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AwayClose {
    /// What closed.
    #[serde(flatten)]
    pub closed: ClosedPositionView,
    /// Of a washout: R5.6's replay of this book alone comes to the same close at the same price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replayed: Option<bool>,
}

/// An order that is gone.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AwayCancelled {
    /// The entry.
    pub seq: u64,
    /// When.
    #[schema(value_type = String)]
    pub at: Time,
    /// Which.
    #[schema(value_type = String)]
    pub order: OrderId,
    /// In what.
    #[schema(value_type = String)]
    pub instrument: InstrumentId,
    /// Why.
    pub reason: String,
}

/// The level fell below the warning.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AwayWarning {
    /// The entry.
    pub seq: u64,
    /// When.
    #[schema(value_type = String)]
    pub at: Time,
    /// The level behind the entry, in basis points.
    pub level_bps: Option<i64>,
}
