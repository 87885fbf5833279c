//! `GET risk`: what the present book can cost the house (R7.2).

use ftl_core::id::InstrumentId;
use ftl_core::units::Money;
use serde::Serialize;
use utoipa::ToSchema;

use super::position::slug;

/// The house's side of the present book.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RiskAnswer {
    /// The entry that this is as of.
    pub seq: u64,
    /// Its result so far.
    #[schema(value_type = String)]
    pub house: Money,
    /// What stands against bad debt.
    #[schema(value_type = String)]
    pub insurance: Money,
    /// Fees taken.
    #[schema(value_type = String)]
    pub fees: Money,
    /// Σ over instruments of the worse side's distance to the end of the range.
    #[schema(value_type = String)]
    pub worst_loss: Money,
    /// The worst single event.
    pub worst_event: Option<WorstEvent>,
    /// Open positions.
    pub positions: u64,
}

/// One event that would cost the house.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorstEvent {
    /// On whom.
    #[schema(value_type = String)]
    pub instrument: InstrumentId,
    /// What it would cost.
    #[schema(value_type = String)]
    pub amount: Money,
}

impl RiskAnswer {
    /// As it is now.
    pub fn of(league: &super::League) -> Self {
        let (ledger, risk) = (league.ledger(), league.risk());
        Self {
            seq: league.seq().0,
            house: ledger.house,
            insurance: ledger.insurance,
            fees: ledger.fees,
            worst_loss: risk.worst_loss,
            worst_event: risk.worst_event.map(|(idx, amount)| WorstEvent { instrument: slug(league, idx), amount }),
            positions: league.positions().count() as u64,
        }
    }
}
