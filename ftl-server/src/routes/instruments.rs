//! The market: instruments and the history of their prices.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use ftl_core::id::Seq;
use ftl_core::projection::BarInterval;
use ftl_core::rejection::Rejection;
use ftl_core::time::At;

use super::{IfNoneMatch, PastParams};
use crate::app::App;
use crate::extract::{Path, Query};
use crate::history::away;
use crate::problem::Problem;
use crate::wire::League;
use crate::wire::instrument::{BarView, HistoryAnswer, HistoryParams, InstrumentAnswer, InstrumentView, TickView};
use crate::wire::page::{LONGEST, Page, PageParams, PastPageParams, rows};

/// Every instrument, in the order of listing, now or as it was.
#[utoipa::path(get, path = "/instruments", tag = "market", params(PastPageParams), responses((status = 200, body = Page<InstrumentView>)))]
pub async fn list(State(app): State<App>, Query(params): Query<PastPageParams>, has: IfNoneMatch) -> Result<Response, Problem> {
    app.replica.wait_for(params.min_seq).await?;
    let rows = rows(params.limit, 50, LONGEST)?;
    let from = match &params.cursor {
        Some(cursor) => cursor.parse::<usize>().map_err(|_| Problem::invalid_field("cursor", "takes the nextCursor of a page"))?,
        None => 0,
    };
    let (seq, items) = match params.at {
        None => {
            let market = app.replica.market()?;
            (market.seq, market.instruments.iter().skip(from).take(rows + 1).map(|row| (**row).clone()).collect())
        }
        Some(at) => {
            let page =
                move |league: &League| league.instruments().skip(from).take(rows + 1).map(|row| InstrumentView::of(league, row)).collect();
            app.look_at(at, move |league| (league.seq(), page(league))).await?
        }
    };
    Ok(Page::cut(seq, items, rows, |row: &InstrumentView| (row.idx + 1).to_string()).respond(&has))
}

/// One instrument, now or as it was.
#[utoipa::path(get, path = "/instruments/{id}", tag = "market", params(("id" = String, Path), PastParams), responses((status = 200, body = InstrumentAnswer)))]
pub async fn one(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(params): Query<PastParams>,
) -> Result<Json<InstrumentAnswer>, Problem> {
    app.replica.wait_for(params.min_seq).await?;
    let (seq, instrument) = match params.at {
        None => {
            let market = app.replica.market()?;
            (market.seq, market.find(&id).cloned())
        }
        Some(at) => {
            let find = move |league: &League| league.find_instrument(&id).map(|row| Arc::new(InstrumentView::of(league, row)));
            app.look_at(at, move |league| (league.seq(), find(league))).await?
        }
    };
    let instrument = instrument.ok_or_else(|| Problem::rejected(&Rejection::UnknownInstrument, seq))?;
    Ok(Json(InstrumentAnswer { seq: seq.0, instrument }))
}

/// The bars of an instrument, oldest first.
#[utoipa::path(get, path = "/instruments/{id}/price-history", tag = "market", params(("id" = String, Path), HistoryParams), responses((status = 200, body = HistoryAnswer)))]
pub async fn price_history(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(params): Query<HistoryParams>,
) -> Result<Json<HistoryAnswer>, Problem> {
    app.replica.wait_for(params.min_seq).await?;
    let limit = rows(params.limit, 200, 500)?;
    let idx = app.instrument(&id)?;
    let place = PageParams { cursor: params.cursor, limit: None, min_seq: None }.place()?;
    if params.interval.as_deref() == Some("tick") {
        let seq = app.history.reach(app.seq()).await;
        let mut found = app.history.projections.ticks(idx, place.unwrap_or((Seq(0), 0)), limit + 1).await.map_err(away)?;
        let more = found.len() > limit;
        found.truncate(limit);
        let next_cursor = found.last().filter(|_| more).map(|row| format!("{}-{}", row.seq, row.n));
        let ticks = Some(found.iter().map(TickView::from).collect());
        return Ok(Json(HistoryAnswer { seq: seq.0, instrument: id.as_str().into(), interval: "tick", bars: None, ticks, next_cursor }));
    }
    if place.is_some() {
        return Err(Problem::invalid_field("cursor", "belongs to interval=tick; bars take before"));
    }
    let interval = match &params.interval {
        Some(code) => BarInterval::ALL
            .into_iter()
            .find(|interval| interval.code() == code)
            .ok_or_else(|| Problem::invalid_field("interval", "takes tick, 1s, 1m, 5m or 1h"))?,
        None => BarInterval::Minute,
    };
    let seq = app.history.reach(app.seq()).await;
    let before = params.before.map_or(At(u64::MAX), |time| time.0);
    let bars = app.history.projections.bars(idx, interval, before, limit).await.map_err(away)?;
    Ok(Json(HistoryAnswer {
        seq: seq.0,
        instrument: id.as_str().into(),
        interval: interval.code(),
        bars: Some(bars.iter().map(BarView::from).collect()),
        ticks: None,
        next_cursor: None,
    }))
}
