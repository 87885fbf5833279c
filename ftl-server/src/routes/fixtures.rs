//! Matches: where they stand, who plays, what happened.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use ftl_core::fixture::Fixture;
use ftl_core::id::FixtureId;
use ftl_core::rejection::Rejection;

use super::{IfNoneMatch, ReadParams};
use crate::app::App;
use crate::extract::{Path, Query};
use crate::problem::Problem;
use crate::wire::League;
use crate::wire::fixture::{EventView, EventsAnswer, FixtureAnswer, FixtureView, SquadsAnswer};
use crate::wire::page::{Page, PageParams};

/// Every match, in the order of announcement.
#[utoipa::path(get, path = "/fixtures", tag = "market", params(PageParams), responses((status = 200, body = Page<FixtureView>)))]
pub async fn list(State(app): State<App>, Query(params): Query<PageParams>, has: IfNoneMatch) -> Result<Response, Problem> {
    app.replica.wait_for(params.min_seq).await?;
    let rows = params.rows()?;
    let from = match &params.cursor {
        Some(cursor) => cursor.parse::<usize>().map_err(|_| Problem::invalid_field("cursor", "takes the nextCursor of a page"))?,
        None => 0,
    };
    let look = |league: &League| (league.seq(), league.fixtures().skip(from).take(rows + 1).map(FixtureView::from).collect::<Vec<_>>());
    let (seq, items) = app.replica.read(look)?;
    Ok(Page::cut(seq, items, rows, |_| (from + rows).to_string()).respond(&has))
}

/// One match.
#[utoipa::path(get, path = "/fixtures/{id}", tag = "market", params(("id" = String, Path), ReadParams), responses((status = 200, body = FixtureAnswer)))]
pub async fn one(State(app): State<App>, Path(id): Path<String>, Query(params): Query<ReadParams>) -> Result<Json<FixtureAnswer>, Problem> {
    look(&app, &id, params, |league, fixture| FixtureAnswer { seq: league.seq().0, fixture: FixtureView::from(fixture) }).await
}

/// Everybody of both teams.
#[utoipa::path(get, path = "/fixtures/{id}/squads", tag = "market", params(("id" = String, Path), ReadParams), responses((status = 200, body = SquadsAnswer)))]
pub async fn squads(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(params): Query<ReadParams>,
) -> Result<Json<SquadsAnswer>, Problem> {
    look(&app, &id, params, SquadsAnswer::of).await
}

/// What happened, corrections done.
#[utoipa::path(get, path = "/fixtures/{id}/events", tag = "market", params(("id" = String, Path), ReadParams), responses((status = 200, body = EventsAnswer)))]
pub async fn events(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(params): Query<ReadParams>,
) -> Result<Json<EventsAnswer>, Problem> {
    let answer = |league: &League, fixture: &Fixture| EventsAnswer {
        seq: league.seq().0,
        events: fixture.events.iter().map(|listed| EventView::from(&listed.event)).collect(),
    };
    look(&app, &id, params, answer).await
}

async fn look<T>(app: &App, id: &str, params: ReadParams, answer: impl FnOnce(&League, &Fixture) -> T) -> Result<Json<T>, Problem> {
    app.replica.wait_for(params.min_seq).await?;
    let found = |league: &League| league.fixture(&FixtureId::from(id)).map(|fixture| answer(league, fixture)).ok_or(league.seq());
    app.replica.read(found)?.map(Json).map_err(|seq| Problem::rejected(&Rejection::UnknownFixture, seq))
}
