//! Orders: those that rest, and taking one back.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use ftl_core::command::Action;
use ftl_core::id::{BookId, OrderId};
use ftl_core::order::CancelReason;
use ftl_core::outcome::Receipt;
use ftl_core::rejection::Rejection;

use super::{IfNoneMatch, ReadParams};
use crate::app::App;
use crate::auth::Participant;
use crate::commands::idempotency_key;
use crate::extract::{Path, Query};
use crate::problem::Problem;
use crate::replica::answers::OrderEnd;
use crate::replica::append::Lane;
use crate::wire::League;
use crate::wire::answer::{CancelAnswer, portfolio_now};
use crate::wire::order::{OrderAnswer, OrderRef, OrderState, OrderView};
use crate::wire::page::{Page, PageParams};

/// My resting orders, oldest first.
#[utoipa::path(get, path = "/orders", tag = "trading", params(PageParams), responses((status = 200, body = Page<OrderView>)), security(("bearer" = [])))]
pub async fn list(
    State(app): State<App>,
    Participant(me): Participant,
    Query(params): Query<PageParams>,
    has: IfNoneMatch,
) -> Result<Response, Problem> {
    app.replica.wait_for(params.min_seq).await?;
    let rows = params.rows()?;
    let bad = |_| Problem::invalid_field("cursor", "takes the nextCursor of a page");
    let after = params.cursor.as_deref().map(str::parse::<OrderId>).transpose().map_err(bad)?;
    let look = |league: &League| {
        let behind = league.orders_of(BookId::season(me)).filter(|row| after.is_none_or(|after| row.id > after)).take(rows + 1);
        (league.seq(), behind.map(|row| (row.id, OrderView::of(league, row))).collect::<Vec<_>>())
    };
    let (seq, items) = app.replica.read(look)?;
    let page = Page::cut(seq, items, rows, |(id, _)| id.to_string());
    let items = page.items.into_iter().map(|(_, view)| view).collect();
    Ok(Page { seq: page.seq, items, next_cursor: page.next_cursor }.respond(&has))
}

/// One order of mine: resting, or ended lately.
#[utoipa::path(get, path = "/orders/{id}", tag = "trading", params(("id" = String, Path), ReadParams), responses((status = 200, body = OrderAnswer)), security(("bearer" = [])))]
pub async fn one(
    State(app): State<App>,
    Participant(me): Participant,
    Path(id): Path<String>,
    Query(params): Query<ReadParams>,
) -> Result<Json<OrderAnswer>, Problem> {
    app.replica.wait_for(params.min_seq).await?;
    let id = order_id(&app, &id)?;
    let book = BookId::season(me);
    let (seq, resting) = app.replica.read(|league| {
        let mine = league.order(id).filter(|order| order.book == book);
        (league.seq(), mine.map(|order| OrderView::of(league, order)))
    })?;
    let order = match (resting, app.replica.ended_order(id)) {
        (Some(view), _) => OrderState::Resting(view),
        (None, Some(end)) if end.book() == book => OrderState::Ended(match end {
            OrderEnd::Opened(_) | OrderEnd::Closed(_) => OrderRef::filled(id),
            OrderEnd::Cancelled { reason, .. } => OrderRef::cancelled(id, &reason),
        }),
        (None, _) => return Err(Problem::rejected(&Rejection::UnknownOrder, seq)),
    };
    Ok(Json(OrderAnswer { seq: seq.0, order }))
}

/// Takes a resting order back.
#[utoipa::path(delete, path = "/orders/{id}", tag = "trading", params(("id" = String, Path)),
    responses((status = 200, body = CancelAnswer, description = "cancelled"), (status = 202, body = CancelAnswer, description = "to be taken back")), security(("bearer" = [])))]
pub async fn cancel(
    State(app): State<App>,
    Participant(me): Participant,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let key = idempotency_key(headers.get("idempotency-key"), None)?;
    let order = order_id(&app, &id)?;
    let book = BookId::season(me);
    let action = Action::CancelOrder { book, order };
    let answered = app.run(Lane::Close, app.command(me, &key, &action, action.clone())).await?;
    let Receipt::Cancelled { order, due } = answered.receipt()? else { return Err(Problem::internal()) };
    let portfolio = app.replica.read(|league| portfolio_now(league, book))?;
    let (status, order) = match due {
        None => (StatusCode::OK, OrderRef::cancelled(*order, &CancelReason::User)),
        Some(_) => (StatusCode::ACCEPTED, OrderRef::resting(*order, *due)),
    };
    let answer = CancelAnswer { seq: answered.seq.0, replayed: answered.replayed, order, portfolio };
    Ok((status, Json(answer)).into_response())
}

fn order_id(app: &App, text: &str) -> Result<OrderId, Problem> {
    text.parse().map_err(|_| Problem::rejected(&Rejection::UnknownOrder, app.seq()))
}
