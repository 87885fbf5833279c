//! A board with own rank and neighbours (R8).

use ftl_core::id::AccountId;
use ftl_core::time::Week;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Time;

/// Parameters of a board.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BoardParams {
    /// `overall` or `district`; `overall` where it is left out.
    pub scope: Option<String>,
    /// The district of `scope=district`; one's own where it is left out.
    pub district: Option<String>,
    /// `season`, `week` or `last_week`, Monday to Sunday UTC; `season` where it is left out. `equity` knows no weeks.
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
    /// `season`, `week` or `last_week`.
    pub window: &'static str,
    /// Of a week's board.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub week: Option<WeekView>,
    /// How many stand on it.
    pub total: u64,
    /// The first ones.
    pub rows: Vec<BoardLine>,
    /// Who asks, if he stands on it.
    pub own: Option<BoardLine>,
    /// Those about him, himself among them.
    pub neighbours: Vec<BoardLine>,
}

/// A week, Monday to Sunday UTC.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WeekView {
    /// Its first moment.
    #[schema(value_type = String)]
    begins: Time,
    /// The first moment after it.
    #[schema(value_type = String)]
    ends: Time,
}

impl From<Week> for WeekView {
    fn from(week: Week) -> Self {
        Self { begins: Time(week.begins()), ends: Time(week.next().begins()) }
    }
}

/// A district in a week (R8.1).
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DistrictLine {
    /// From 1; `null` where nobody counts for it yet.
    pub rank: Option<u64>,
    /// Its name.
    pub district: String,
    /// Members who stand on the week's `pnl` board.
    pub ranked: u64,
    /// Those of them who count: members since before the week, with positions closed in three of its matches.
    pub contenders: u64,
    /// The sum of the ten best of those by ten; points, six decimal places.
    pub score: String,
}

/// District against district in a week.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DistrictTable {
    /// When.
    #[serde(flatten)]
    #[schema(value_type = WeekView)]
    pub week: WeekView,
    /// The best first.
    pub districts: Vec<DistrictLine>,
}

/// `GET districts`.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DistrictsAnswer {
    /// The entry that this is as of.
    pub seq: u64,
    /// So far.
    pub week: DistrictTable,
    /// As it ended.
    pub last_week: DistrictTable,
}

/// One district in a week.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DistrictWeek {
    /// When.
    #[serde(flatten)]
    #[schema(value_type = WeekView)]
    pub week: WeekView,
    /// Its line of the table.
    #[serde(flatten)]
    #[schema(value_type = DistrictLine)]
    pub line: DistrictLine,
    /// Who made its score, the best first: ten at the most.
    pub best: Vec<BoardLine>,
}

/// `GET districts/{district}`.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DistrictAnswer {
    /// The entry that this is as of.
    pub seq: u64,
    /// So far.
    pub week: DistrictWeek,
    /// As it ended.
    pub last_week: DistrictWeek,
}
