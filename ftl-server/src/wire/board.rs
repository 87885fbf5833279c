//! A board with own rank and neighbours (R8).

use ftl_core::id::AccountId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Parameters of a board.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BoardParams {
    /// `overall` or `district`; `overall` where it is left out.
    pub scope: Option<String>,
    /// The district of `scope=district`; one's own where it is left out.
    pub district: Option<String>,
    /// `season`.
    pub window: Option<String>,
    /// Rows from the top, 100 at the most; 10 where it is left out.
    pub limit: Option<usize>,
    /// Waits until this entry is applied.
    pub min_seq: Option<u64>,
}

/// One line.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BoardLine {
    /// From 1.
    pub rank: u64,
    /// Who.
    #[schema(value_type = String)]
    pub account_id: AccountId,
    /// As he calls himself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Points of `pnl` and `equity`, a ratio of `roi`; six decimal places.
    pub score: String,
}

/// `GET leaderboard/{kind}`.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BoardAnswer {
    /// The entry that this is as of.
    pub seq: u64,
    /// `pnl`, `roi` or `equity`.
    pub kind: &'static str,
    /// `overall` or `district`.
    pub scope: &'static str,
    /// Of a district's board.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub district: Option<String>,
    /// How many stand on it.
    pub total: u64,
    /// The first ones.
    pub rows: Vec<BoardLine>,
    /// Who asks, if he stands on it.
    pub own: Option<BoardLine>,
    /// Those about him, himself among them.
    pub neighbours: Vec<BoardLine>,
}

/// A district and how its members stand.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DistrictLine {
    /// Its name.
    pub district: String,
    /// Members that stand on the `pnl` board.
    pub ranked: u64,
    /// R8.1: the sum of its ten best results by ten.
    pub score: String,
}

/// `GET districts`.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DistrictsAnswer {
    /// The entry that this is as of.
    pub seq: u64,
    /// The best first.
    pub districts: Vec<DistrictLine>,
}
