//! A book's margin account (R5.1).

use ftl_core::id::BookId;
use ftl_core::outcome::Portfolio;
use ftl_core::units::Money;
use serde::Serialize;
use utoipa::ToSchema;

use super::League;
use super::order::OrderView;
use super::position::ValuedPosition;

/// As it follows every trade.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PortfolioView {
    #[schema(value_type = String, example = "10000.000000")]
    balance: Money,
    #[schema(value_type = String, example = "10002.500000")]
    equity: Money,
    #[schema(value_type = String, example = "2700.020000")]
    used: Money,
    #[schema(value_type = String, example = "0.000000")]
    reserved: Money,
    #[schema(value_type = String, example = "7302.480000")]
    free: Money,
    /// Equity over used, in basis points, rounded down; `null` where nothing is used.
    level_bps: Option<i64>,
}

impl From<&Portfolio> for PortfolioView {
    fn from(portfolio: &Portfolio) -> Self {
        Self {
            balance: portfolio.balance,
            equity: portfolio.equity,
            used: portfolio.used,
            reserved: portfolio.reserved,
            free: portfolio.free,
            level_bps: portfolio.level_bps,
        }
    }
}

/// `GET portfolio`.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PortfolioAnswer {
    seq: u64,
    #[serde(flatten)]
    portfolio: PortfolioView,
    #[schema(value_type = String)]
    unrealised: Money,
    #[schema(value_type = String)]
    realised: Money,
    positions: Vec<ValuedPosition>,
    orders: Vec<OrderView>,
}

impl PortfolioAnswer {
    /// A book as it is now; `None` where there is no such book.
    pub fn of(league: &League, book: BookId) -> Option<Self> {
        let portfolio = league.portfolio(book)?;
        let positions: Vec<ValuedPosition> = league.positions_of(book).map(|position| ValuedPosition::of(league, position)).collect();
        Some(Self {
            seq: league.seq().0,
            portfolio: PortfolioView::from(&portfolio),
            unrealised: positions.iter().map(ValuedPosition::unrealised).sum(),
            realised: league.book(book).map(|book| book.standing.season.realised).unwrap_or_default(),
            positions,
            orders: league.orders_of(book).map(|order| OrderView::of(league, order)).collect(),
        })
    }
}
