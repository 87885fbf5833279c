//! One's own past: ledger and trades. Closed positions are in `positions`.

use axum::extract::State;
use axum::response::Response;
use ftl_core::id::BookId;

use super::IfNoneMatch;
use crate::app::App;
use crate::auth::Participant;
use crate::extract::Query;
use crate::history::away;
use crate::problem::Problem;
use crate::wire::ledger::LedgerLine;
use crate::wire::page::{Page, PageParams};
use crate::wire::trade::TradeView;

/// Every movement of my wallet, the latest first.
#[utoipa::path(get, path = "/ledger", tag = "trading", params(PageParams), responses((status = 200, body = Page<LedgerLine>)), security(("bearer" = [])))]
pub async fn ledger(
    State(app): State<App>,
    Participant(me): Participant,
    Query(params): Query<PageParams>,
    has: IfNoneMatch,
) -> Result<Response, Problem> {
    app.replica.wait_for(params.min_seq).await?;
    let (rows, before) = (params.rows()?, params.place()?);
    let seq = app.history.reach(app.seq()).await;
    let lines = app.history.projections.ledger(BookId::season(me), before, rows + 1).await.map_err(away)?;
    let items = lines.iter().map(LedgerLine::from).collect();
    Ok(Page::cut(seq, items, rows, LedgerLine::cursor).respond(&has))
}

/// Every fill of mine, the latest first.
#[utoipa::path(get, path = "/trades", tag = "trading", params(PageParams), responses((status = 200, body = Page<TradeView>)), security(("bearer" = [])))]
pub async fn trades(
    State(app): State<App>,
    Participant(me): Participant,
    Query(params): Query<PageParams>,
    has: IfNoneMatch,
) -> Result<Response, Problem> {
    app.replica.wait_for(params.min_seq).await?;
    let (rows, before) = (params.rows()?, params.place()?);
    let seq = app.history.reach(app.seq()).await;
    let fills = app.history.projections.fills(BookId::season(me), before, rows + 1).await.map_err(away)?;
    let items = app.replica.read(|league| fills.iter().map(|fill| TradeView::of(league, fill)).collect())?;
    Ok(Page::cut(seq, items, rows, TradeView::cursor).respond(&has))
}
