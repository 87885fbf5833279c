//! A line of `GET activity`.

use ftl_core::id::{FixtureId, InstrumentId};
use ftl_core::position::CloseReason;
use ftl_core::units::{Direction, Lots, Price};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Time;
use super::fixture::EventView;
use crate::replica::activity::{Fill, Item, What};

/// `GET activity`.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ActivityParams {
    /// `match`, `trade` or `washout`; all where it is left out.
    pub kind: Option<String>,
    /// Trades and washouts of this district alone.
    pub district: Option<String>,
    /// At most this many, 500 at the most; 100 where it is left out.
    pub limit: Option<usize>,
    /// Waits until this entry is applied.
    pub min_seq: Option<u64>,
}

/// The latest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActivityAnswer {
    /// The entry that this is as of.
    pub seq: u64,
    /// Of the pitch, and of everybody's trades.
    pub items: Vec<ActivityView>,
}

/// Something that happened. It names no account.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActivityView {
    seq: u64,
    n: u32,
    /// When it became known.
    #[schema(value_type = String)]
    at: Time,
    #[serde(flatten)]
    what: WhatView,
}

/// The kinds.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase")]
enum WhatView {
    /// On the pitch.
    Match {
        #[schema(value_type = String)]
        fixture: FixtureId,
        event: EventView,
        /// It did not happen after all.
        taken_back: bool,
    },
    /// Somebody's fill.
    Trade(FillView),
    /// Somebody was washed out (R5.3).
    Washout(FillView),
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct FillView {
    #[schema(value_type = String)]
    instrument: InstrumentId,
    /// The position's.
    #[schema(value_type = String)]
    direction: Direction,
    /// `open` or `close`.
    action: &'static str,
    /// Of a close: why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    reason: Option<CloseReason>,
    #[schema(value_type = String)]
    lots: Lots,
    /// The average fill, rounded against the trader.
    #[schema(value_type = String)]
    price: Price,
    /// The trader's district.
    district: Option<String>,
}

impl ActivityView {
    /// With the league's names of districts; `None` of what has no line of its own.
    pub fn of(item: &Item, districts: &[ftl_core::id::District]) -> Option<Self> {
        let fill = |fill: &Fill| FillView {
            instrument: fill.instrument.clone(),
            direction: fill.direction,
            action: if fill.opened { "open" } else { "close" },
            reason: fill.reason,
            lots: fill.lots,
            price: fill.price,
            district: fill.district.and_then(|place| districts.get(usize::from(place))).map(ToString::to_string),
        };
        let what = match &item.what {
            What::Match { fixture, event, taken_back } => {
                WhatView::Match { fixture: fixture.clone(), event: EventView::from(event), taken_back: *taken_back }
            }
            What::Trade(trade) => WhatView::Trade(fill(trade)),
            What::Washout(washout) => WhatView::Washout(fill(washout)),
            What::Corrected { .. } => return None,
        };
        Some(Self { seq: item.seq, n: item.n, at: Time(item.at), what })
    }
}
