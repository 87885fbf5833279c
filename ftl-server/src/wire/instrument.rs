//! An instrument on the market.

use ftl_core::id::{FixtureId, InstrumentId};
use ftl_core::instrument::Instrument;
use ftl_core::projection::{Bar, TickRow};
use ftl_core::rulebook::scoring::live_base;
use ftl_core::units::{Lots, Price, Score};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{League, Time};

/// A footballer's price and all that decides whether it can be traded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InstrumentView {
    /// The slug.
    #[schema(value_type = String, example = "lionel-messi")]
    pub id: InstrumentId,
    /// Its number, in the order of listing.
    pub idx: u16,
    /// As shown.
    pub name: String,
    /// His team's name.
    pub team: String,
    /// `forward`, `midfielder`, `defender` or `goalkeeper`.
    #[schema(value_type = String, example = "forward")]
    pub position: ftl_core::fixture::Position,
    /// On the market.
    pub active: bool,
    /// Trading stands.
    pub frozen: bool,
    /// R3.9: no opens or closes.
    pub under_review: Option<ReviewView>,
    /// The match that he is in.
    #[schema(value_type = Option<String>)]
    pub fixture: Option<FixtureId>,
    /// R4.4: orders rest.
    pub in_play: bool,
    /// The price now.
    #[schema(value_type = String, example = "195.2000")]
    pub mark: Price,
    /// R3.1: the pitch's part of it.
    #[schema(value_type = String, example = "195.2000")]
    pub live_base: Price,
    /// R3.1 of the form that he brought into his match: what a change in play is measured against. Between matches `liveBase`.
    #[schema(value_type = String, example = "194.1607")]
    pub opening_price: Price,
    /// R2.5.
    #[schema(value_type = String)]
    pub bump: Price,
    /// R6.2: what everybody would settle at now.
    #[schema(value_type = String, example = "195.2000")]
    pub settlement_price: Price,
    /// R2.1: the crowd's imbalance.
    #[schema(value_type = String)]
    pub net: Lots,
    /// Σ lots of the long positions.
    #[schema(value_type = String)]
    pub gross_long: Lots,
    /// Σ lots of the short positions.
    #[schema(value_type = String)]
    pub gross_short: Lots,
    /// R2.4.
    #[schema(value_type = String)]
    pub side_cap: Lots,
    /// R3.4.
    #[schema(value_type = String)]
    pub form: Score,
}

/// R3.9.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReviewView {
    /// What stop losses, take profits and margin look at meanwhile.
    #[schema(value_type = String)]
    pub mark: Price,
    /// It ends in the first clock tick from then on, as far as is known.
    #[schema(value_type = String)]
    pub until: Time,
}

impl InstrumentView {
    /// As it is now.
    pub fn of(league: &League, row: &Instrument) -> Self {
        Self {
            id: row.footballer.instrument.clone(),
            idx: row.idx.0,
            name: row.footballer.name.clone(),
            team: row.footballer.team.clone(),
            position: row.footballer.position,
            active: row.active,
            frozen: row.frozen,
            under_review: row.review.map(|review| ReviewView { mark: review.mark, until: Time(review.until()) }),
            fixture: league.fixture_of(row).map(|fixture| fixture.id.clone()),
            in_play: league.in_play(row),
            mark: league.mark(row.idx).unwrap_or_default(),
            live_base: row.live_base,
            opening_price: opening_price(league, row),
            bump: row.bump,
            settlement_price: league.settlement_price(row.idx).unwrap_or_default(),
            net: row.net,
            gross_long: row.gross_long,
            gross_short: row.gross_short,
            side_cap: row.side_cap,
            form: row.form,
        }
    }
}

fn opening_price(league: &League, row: &Instrument) -> Price {
    let brought = league.fixture_of(row).and_then(|fixture| fixture.participant(row.idx)).map(|member| member.appearance.previous);
    brought.map_or(row.live_base, |form| live_base(league.rules(), row.footballer.position, form))
}

/// `GET instruments/{id}`.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InstrumentAnswer {
    /// The entry that this is as of.
    pub seq: u64,
    #[serde(flatten)]
    /// The instrument.
    #[schema(value_type = InstrumentView)]
    pub instrument: std::sync::Arc<InstrumentView>,
}

/// A bar of the mark.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BarView {
    #[schema(value_type = String)]
    start: Time,
    #[schema(value_type = String)]
    open: Price,
    #[schema(value_type = String)]
    high: Price,
    #[schema(value_type = String)]
    low: Price,
    #[schema(value_type = String)]
    close: Price,
}

impl From<&Bar> for BarView {
    fn from(bar: &Bar) -> Self {
        Self { start: Time(bar.start), open: bar.open, high: bar.high, low: bar.low, close: bar.close }
    }
}

/// `GET instruments/{id}/price-history`.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HistoryParams {
    /// `1s`, `1m`, `5m`, `1h`, or `tick` for every change; `1m` where it is left out.
    pub interval: Option<String>,
    /// Only bars that began before this time.
    #[param(value_type = Option<String>)]
    pub before: Option<Time>,
    /// Of ticks: those behind this place; the `nextCursor` of the page before. The first ones where it is left out.
    pub cursor: Option<String>,
    /// At most this many, 500 at the most; 200 where it is left out.
    pub limit: Option<usize>,
    /// Waits until this entry is applied.
    pub min_seq: Option<u64>,
}

/// The bars of an instrument, oldest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoryAnswer {
    /// Up to which entry history is written.
    pub seq: u64,
    /// The slug.
    #[schema(value_type = String)]
    pub instrument: InstrumentId,
    /// How long a bar is.
    pub interval: &'static str,
    /// In order of time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bars: Option<Vec<BarView>>,
    /// Of `interval=tick`, in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticks: Option<Vec<TickView>>,
    /// Where the next page of ticks begins; `null` on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A change of the price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TickView {
    seq: u64,
    n: u32,
    #[schema(value_type = String)]
    at: Time,
    #[schema(value_type = String)]
    mark: Price,
    /// `null` where only the crowd moved it.
    #[schema(value_type = Option<String>)]
    live_base: Option<Price>,
    #[schema(value_type = String)]
    net: Lots,
}

impl From<&TickRow> for TickView {
    fn from(row: &TickRow) -> Self {
        Self { seq: row.seq.0, n: row.n, at: Time(row.at), mark: row.mark, live_base: row.live_base, net: row.net }
    }
}
