//! Trading: quote, open, change, close, and the positions that are open or closed.

use std::time::Duration;

use axum::Json as Answer;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ftl_core::command::{Action, OpenPosition, Slippage};
use ftl_core::id::{BookId, OrderId, PositionId};
use ftl_core::outcome::{PositionReceipt, Receipt};
use ftl_core::rejection::Rejection;
use ftl_core::units::{Bps, Lots, Price};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::IfNoneMatch;
use crate::app::App;
use crate::auth::Participant;
use crate::commands::{Answered, idempotency_key};
use crate::config::duration;
use crate::extract::{Decimal, IdempotencyHeader, Json, Path, Query};
use crate::history::away;
use crate::problem::Problem;
use crate::replica::answers::OrderEnd;
use crate::replica::append::Lane;
use crate::wire::answer::{CloseAnswer, ModifyAnswer, OpenAnswer, portfolio_now};
use crate::wire::order::{Fraction, OpenRequest, OrderRef, OrderType};
use crate::wire::page::{Page, PageParams};
use crate::wire::portfolio::PortfolioView;
use crate::wire::position::{ClosedPositionView, ClosedView, ModifyRequest, PositionView, ValuedPosition};
use crate::wire::quote::QuoteAnswer;
use crate::wire::{League, Time};

/// The longest `?wait=`.
const LONGEST_WAIT: Duration = Duration::from_secs(8);
/// What a client who names a price and no tolerance accepts.
const DEFAULT_TOLERANCE: Bps = Bps(50);

/// Of a request that may leave a resting order.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WaitParams {
    /// Holds the answer until the order is filled or cancelled, at most `8s`.
    pub wait: Option<String>,
}

/// `DELETE positions/{id}`.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CloseParams {
    /// How much of it; all of it where it is left out.
    pub lots: Option<String>,
    /// Holds the answer until the order is filled or cancelled, at most `8s`.
    pub wait: Option<String>,
}

/// `GET positions`.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListParams {
    /// `open` or `closed`; `open` where it is left out.
    pub status: Option<String>,
    /// Where the last page ended: its `nextCursor`.
    pub cursor: Option<String>,
    /// At most this many rows, 200 at the most; 50 where it is left out.
    pub limit: Option<usize>,
    /// Waits until this entry is applied.
    pub min_seq: Option<u64>,
}

/// What an order would do, without doing it.
#[utoipa::path(post, path = "/positions/quote", tag = "trading", request_body = OpenRequest, responses((status = 200, body = QuoteAnswer)), security(("bearer" = [])))]
pub async fn quote(
    State(app): State<App>,
    Participant(me): Participant,
    Json { value, .. }: Json<OpenRequest>,
) -> Result<Answer<QuoteAnswer>, Problem> {
    app.ensure_plays(me).await?;
    let open = meant(&app, me, &value)?;
    app.replica.read(|league| {
        let quote = league.quote(&open).map_err(|rejection| Problem::rejected(&rejection, league.seq()))?;
        Ok(Answer(QuoteAnswer {
            seq: league.seq().0,
            entry_cost: quote.position.entry_cost,
            entry_price: quote.position.entry_price,
            margin: quote.position.margin,
            portfolio: PortfolioView::from(&quote.portfolio),
            worst_event: quote.worst_event,
            due: quote.due.map(Time),
        }))
    })?
}

/// Opens a position.
#[utoipa::path(post, path = "/positions/open", tag = "trading", params(WaitParams), request_body = OpenRequest,
    responses((status = 200, body = OpenAnswer, description = "filled"), (status = 202, body = OpenAnswer, description = "resting")), security(("bearer" = [])))]
pub async fn open(
    State(app): State<App>,
    Participant(me): Participant,
    IdempotencyHeader(header): IdempotencyHeader,
    Query(params): Query<WaitParams>,
    Json { value, .. }: Json<OpenRequest>,
) -> Result<Response, Problem> {
    let key = idempotency_key(header.as_ref(), value.client_request_id.as_deref())?;
    let wait = wait_of(params.wait.as_deref())?;
    let action = Action::OpenPosition(meant(&app, me, &value)?);
    app.ensure_plays(me).await?;
    let answered = app.run(Lane::Open, app.command(me, &key, &action, action.clone())).await?;
    let Answered { seq, replayed, .. } = answered;
    match answered.receipt()? {
        Receipt::Opened { order, position, portfolio } => {
            let position = told(&app, position)?;
            let answer =
                OpenAnswer { seq: seq.0, replayed, order: OrderRef::filled(*order), position: Some(position), portfolio: portfolio.into() };
            Ok(answered_with(StatusCode::OK, &answer))
        }
        Receipt::Resting { order, due, portfolio } => {
            if let Some(end) = ended(&app, *order, wait).await {
                return open_ended(&app, replayed, *order, &end);
            }
            let order = OrderRef::resting(*order, *due);
            let answer = OpenAnswer { seq: seq.0, replayed, order, position: None, portfolio: portfolio.into() };
            Ok(answered_with(StatusCode::ACCEPTED, &answer))
        }
        _ => Err(Problem::internal()),
    }
}

/// Changes stop loss and take profit.
#[utoipa::path(patch, path = "/positions/{id}", tag = "trading", params(("id" = String, Path)), request_body = ModifyRequest,
    responses((status = 200, body = ModifyAnswer)), security(("bearer" = [])))]
pub async fn modify(
    State(app): State<App>,
    Participant(me): Participant,
    IdempotencyHeader(header): IdempotencyHeader,
    Path(id): Path<String>,
    Json { value, .. }: Json<ModifyRequest>,
) -> Result<Response, Problem> {
    let key = idempotency_key(header.as_ref(), value.client_request_id.as_deref())?;
    if value.stop_loss.is_none() && value.take_profit.is_none() {
        return Err(Problem::invalid_field("stopLoss", "give stopLoss or takeProfit: a price, or null to take it away"));
    }
    let position = position_id(&app, &id)?;
    let book = BookId::season(me);
    let (stop, profit) = app.replica.read(|league| triggers(league, position))?;
    let decided = |given: Option<Option<Decimal<Price>>>, now: Option<Price>| given.map_or(now, Decimal::of);
    let (stop_loss, take_profit) = (decided(value.stop_loss, stop), decided(value.take_profit, profit));
    let action = Action::ModifyPosition { book, position, stop_loss, take_profit };
    // What is left out depends on the state: a retry is known by what was said.
    let said = |given: Option<Option<Decimal<Price>>>| given.map(Decimal::of);
    let asked = ("modify", position, said(value.stop_loss), said(value.take_profit));
    let answered = app.run(Lane::Close, app.command(me, &key, &asked, action)).await?;
    match answered.receipt()? {
        Receipt::Modified { position, due } => {
            let position = told(&app, position)?;
            Ok(Answer(ModifyAnswer { seq: answered.seq.0, replayed: answered.replayed, position, due: due.map(Time) }).into_response())
        }
        _ => Err(Problem::internal()),
    }
}

/// Closes a position or a part of it.
#[utoipa::path(delete, path = "/positions/{id}", tag = "trading", params(("id" = String, Path), CloseParams),
    responses((status = 200, body = CloseAnswer, description = "closed"), (status = 202, body = CloseAnswer, description = "resting")), security(("bearer" = [])))]
pub async fn close(
    State(app): State<App>,
    Participant(me): Participant,
    IdempotencyHeader(header): IdempotencyHeader,
    Path(id): Path<String>,
    Query(params): Query<CloseParams>,
) -> Result<Response, Problem> {
    let key = idempotency_key(header.as_ref(), None)?;
    let wait = wait_of(params.wait.as_deref())?;
    let lots =
        params.lots.as_deref().map(str::parse::<Lots>).transpose().map_err(|error| Problem::invalid_field("lots", error.to_string()))?;
    let position = position_id(&app, &id)?;
    let action = Action::ClosePosition { book: BookId::season(me), position, lots };
    let answered = app.run(Lane::Close, app.command(me, &key, &action, action.clone())).await?;
    let (seq, replayed) = (answered.seq.0, answered.replayed);
    match answered.receipt()? {
        Receipt::Closed { order, lots, exit_price, pnl, rest, portfolio, .. } => {
            let position = rest.as_ref().map(|rest| told(&app, rest)).transpose()?;
            let closed = Some(ClosedView::by_user(*lots, *exit_price, *pnl));
            let order = OrderRef::filled(*order);
            Ok(answered_with(StatusCode::OK, &CloseAnswer { seq, replayed, order, closed, position, portfolio: portfolio.into() }))
        }
        Receipt::Resting { order, due, portfolio } => {
            if let Some(end) = ended(&app, *order, wait).await {
                return close_ended(&app, replayed, *order, position, &end);
            }
            let still = app.replica.read(|league| league.position(position).map(|row| PositionView::of(league, row)))?;
            let order = OrderRef::resting(*order, *due);
            let answer = CloseAnswer { seq, replayed, order, closed: None, position: still, portfolio: portfolio.into() };
            Ok(answered_with(StatusCode::ACCEPTED, &answer))
        }
        _ => Err(Problem::internal()),
    }
}

/// My positions: open ones oldest first, closed ones latest first.
#[utoipa::path(get, path = "/positions", tag = "trading", params(ListParams), responses((status = 200, body = Page<ValuedPosition>)), security(("bearer" = [])))]
pub async fn list(
    State(app): State<App>,
    Participant(me): Participant,
    Query(params): Query<ListParams>,
    has: IfNoneMatch,
) -> Result<Response, Problem> {
    app.replica.wait_for(params.min_seq).await?;
    let book = BookId::season(me);
    let page = PageParams { cursor: params.cursor, limit: params.limit, min_seq: None };
    let rows = page.rows()?;
    match params.status.as_deref().unwrap_or("open") {
        "open" => {
            let bad = |_| Problem::invalid_field("cursor", "takes the nextCursor of a page");
            let after = page.cursor.as_deref().map(str::parse::<PositionId>).transpose().map_err(bad)?;
            let look = |league: &League| {
                let behind = league.positions_of(book).filter(|row| after.is_none_or(|after| row.id > after)).take(rows + 1);
                (league.seq(), behind.map(|row| (row.id, ValuedPosition::of(league, row))).collect::<Vec<_>>())
            };
            let (seq, items) = app.replica.read(look)?;
            let page = Page::cut(seq, items, rows, |(id, _)| id.to_string());
            let items = page.items.into_iter().map(|(_, view)| view).collect();
            Ok(Page { seq: page.seq, items, next_cursor: page.next_cursor }.respond(&has))
        }
        "closed" => {
            let before = page.place()?;
            let seq = app.history.reach(app.seq()).await;
            let closed = app.history.projections.closed_positions(book, before, rows + 1).await.map_err(away)?;
            let items = app.replica.read(|league| {
                closed.iter().map(|row| (format!("{}-{}", row.seq, row.n), ClosedPositionView::of(league, row))).collect::<Vec<_>>()
            })?;
            let page = Page::cut(seq, items, rows, |(cursor, _)| cursor.clone());
            let items = page.items.into_iter().map(|(_, view)| view).collect();
            Ok(Page { seq: page.seq, items, next_cursor: page.next_cursor }.respond(&has))
        }
        _ => Err(Problem::invalid_field("status", "takes open or closed")),
    }
}

/// What became of a command, as JSON. It is written into room for all of it: growing on the way copies it three times.
fn answered_with(status: StatusCode, answer: &impl Serialize) -> Response {
    let mut bytes = Vec::with_capacity(1_024);
    match serde_json::to_writer(&mut bytes, answer) {
        Ok(()) => (status, [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], bytes).into_response(),
        Err(error) => {
            tracing::error!(%error, "an answer cannot be written");
            Problem::internal().into_response()
        }
    }
}

/// The command that a request means.
fn meant(app: &App, me: ftl_core::id::AccountId, request: &OpenRequest) -> Result<OpenPosition, Problem> {
    let limit = match (request.kind, Decimal::of(request.limit_price)) {
        (OrderType::Market, None) => None,
        (OrderType::Limit, Some(limit)) => Some(limit),
        (OrderType::Market, Some(_)) => return Err(Problem::invalid_field("limitPrice", "belongs to type limit")),
        (OrderType::Limit, None) => return Err(Problem::invalid_field("limitPrice", "a limit order needs it")),
    };
    let slippage = match (Decimal::of(request.client_price), Decimal::of(request.slippage_tolerance)) {
        (Some(client_price), tolerance) => {
            Some(Slippage { client_price, tolerance: tolerance.map_or(DEFAULT_TOLERANCE, |Fraction(bps)| bps) })
        }
        (None, Some(_)) => return Err(Problem::invalid_field("slippageTolerance", "needs clientPrice")),
        (None, None) => None,
    };
    Ok(OpenPosition {
        book: BookId::season(me),
        instrument: app.instrument(&request.instrument)?,
        direction: request.direction,
        lots: request.lots.0,
        limit,
        slippage,
        stop_loss: Decimal::of(request.stop_loss),
        take_profit: Decimal::of(request.take_profit),
    })
}

/// A receipt as its trader is told of it.
fn told(app: &App, receipt: &PositionReceipt) -> Result<PositionView, Problem> {
    Ok(PositionView::of_receipt(app.replica.market()?.slug(receipt.instrument), receipt))
}

/// Stop loss and take profit as they stand, or will once they arm.
fn triggers(league: &League, position: PositionId) -> (Option<Price>, Option<Price>) {
    match league.position(position) {
        Some(row) => row.pending.map_or((row.stop_loss, row.take_profit), |pending| (pending.stop_loss, pending.take_profit)),
        None => (None, None),
    }
}

/// A position's id; one that cannot be an id names no position.
fn position_id(app: &App, text: &str) -> Result<PositionId, Problem> {
    text.parse().map_err(|_| Problem::rejected(&Rejection::UnknownPosition, app.seq()))
}

fn wait_of(text: Option<&str>) -> Result<Option<Duration>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let wait = duration(text).filter(|wait| *wait <= LONGEST_WAIT);
    wait.map(Some).ok_or_else(|| Problem::invalid_field("wait", "takes a time up to 8s, such as 8s or 500ms"))
}

async fn ended(app: &App, order: OrderId, wait: Option<Duration>) -> Option<OrderEnd> {
    app.replica.order_end(order, wait?).await
}

fn open_ended(app: &App, replayed: bool, id: OrderId, end: &OrderEnd) -> Result<Response, Problem> {
    app.replica.read(|league| {
        let (order, position) = match end {
            OrderEnd::Opened(opened) => (OrderRef::filled(id), league.position(opened.position).map(|row| PositionView::of(league, row))),
            OrderEnd::Closed(_) => (OrderRef::filled(id), None),
            OrderEnd::Cancelled { reason, .. } => (OrderRef::cancelled(id, reason), None),
        };
        let portfolio = portfolio_now(league, end.book()).ok_or(Problem::internal())?;
        Ok(answered_with(StatusCode::OK, &OpenAnswer { seq: league.seq().0, replayed, order, position, portfolio }))
    })?
}

fn close_ended(app: &App, replayed: bool, id: OrderId, position: PositionId, end: &OrderEnd) -> Result<Response, Problem> {
    app.replica.read(|league| {
        let (order, closed) = match end {
            OrderEnd::Closed(closed) => (OrderRef::filled(id), Some(ClosedView::of(league.rules(), closed))),
            OrderEnd::Opened(_) => (OrderRef::filled(id), None),
            OrderEnd::Cancelled { reason, .. } => (OrderRef::cancelled(id, reason), None),
        };
        let position = league.position(position).map(|row| PositionView::of(league, row));
        let portfolio = portfolio_now(league, end.book()).ok_or(Problem::internal())?;
        Ok(answered_with(StatusCode::OK, &CloseAnswer { seq: league.seq().0, replayed, order, closed, position, portfolio }))
    })?
}
