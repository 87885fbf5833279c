//! A line of a wallet's ledger.

use ftl_core::ledger::PostingReason;
use ftl_core::projection::LedgerRow;
use ftl_core::units::Money;
use serde::Serialize;
use utoipa::ToSchema;

use super::Time;

/// Value that arrived at (positive) or left (negative) the wallet.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LedgerLine {
    seq: u64,
    n: u32,
    #[schema(value_type = String)]
    at: Time,
    #[schema(value_type = String, example = "realised")]
    reason: PostingReason,
    #[schema(value_type = String)]
    amount: Money,
}

impl From<&LedgerRow> for LedgerLine {
    fn from(row: &LedgerRow) -> Self {
        Self { seq: row.seq.0, n: row.n, at: Time(row.at), reason: row.reason, amount: row.posting.amount }
    }
}

impl LedgerLine {
    /// Where the next page begins.
    pub fn cursor(&self) -> String {
        format!("{}-{}", self.seq, self.n)
    }
}
