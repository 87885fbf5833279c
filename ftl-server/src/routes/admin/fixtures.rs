//! Matches: announcing them, their clock, what happens, what is corrected, how they end.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::HeaderMap;
use ftl_core::command::{Action, Correction, CreateFixture, Footballer};
use ftl_core::fixture::{Coverage, MatchEvent};
use ftl_core::id::{EventId, FixtureId, InstrumentId};
use ftl_core::rejection::Rejection;
use ftl_core::time::{MatchClock, Span};

use super::Order;
use crate::app::App;
use crate::auth::Operator;
use crate::extract::{Json, Path, Query};
use crate::problem::Problem;
use crate::wire::admin::{
    AdminAnswer, ClockRequest, CorrectionRequest, CoverageRequest, CoverageWithLag, CreateFixtureRequest, EventRequest, LineUpRequest,
    PhaseRequest, Plain, PlainParams, SquadRequest,
};

type Done = Result<Answer<AdminAnswer>, Problem>;

/// Announces a match.
#[utoipa::path(post, path = "/admin/fixtures", tag = "admin", request_body = CreateFixtureRequest, responses((status = 200, body = AdminAnswer)), security(("operator" = [])))]
pub async fn create(State(app): State<App>, _: Operator, headers: HeaderMap, Json { value: body, .. }: Json<CreateFixtureRequest>) -> Done {
    let (home, away): (Vec<_>, Vec<_>) = body.squads.iter().partition(|member| member.team == body.home);
    if let Some(stray) = away.iter().find(|member| member.team != body.away) {
        return Err(Problem::invalid_field("squads", format!("{:?} is neither {:?} nor {:?}", stray.team, body.home, body.away)));
    }
    let squad = |members: Vec<&SquadRequest>| members.into_iter().map(footballer).collect();
    let action = Action::CreateFixture(Box::new(CreateFixture {
        fixture: FixtureId::from(body.id.as_str()),
        home: body.home.clone(),
        away: body.away.clone(),
        kick_off: body.kick_off.0,
        coverage: body.coverage.iter().map(coverage).collect(),
        home_squad: squad(home),
        away_squad: squad(away),
        prior_conceded: None,
    }));
    let order = Order { reason: &body.reason, dry_run: body.dry_run, key: body.client_request_id.as_deref() };
    order.carry_out(&app, &headers, &action, action.clone()).await
}

/// Says who is on the pitch at kick-off.
#[utoipa::path(post, path = "/admin/fixtures/{id}/lineup", tag = "admin", params(("id" = String, Path)), request_body = LineUpRequest, responses((status = 200, body = AdminAnswer)), security(("operator" = [])))]
pub async fn line_up(
    State(app): State<App>,
    _: Operator,
    headers: HeaderMap,
    Path(id): Path<String>,
    Json { value: body, .. }: Json<LineUpRequest>,
) -> Done {
    let starting = body.starting.iter().map(|slug| InstrumentId::from(slug.as_str())).collect();
    let action = Action::SetLineUp { fixture: FixtureId::from(id.as_str()), side: body.side, starting };
    let order = Order { reason: &body.reason, dry_run: body.dry_run, key: body.client_request_id.as_deref() };
    order.carry_out(&app, &headers, &action, action.clone()).await
}

/// The clock tick (R3.8).
#[utoipa::path(post, path = "/admin/fixtures/{id}/clock", tag = "admin", params(("id" = String, Path)), request_body = ClockRequest, responses((status = 200, body = AdminAnswer)), security(("operator" = [])))]
pub async fn clock(
    State(app): State<App>,
    _: Operator,
    headers: HeaderMap,
    Path(id): Path<String>,
    Json { value: body, .. }: Json<ClockRequest>,
) -> Done {
    let action = Action::TickClock { fixture: FixtureId::from(id.as_str()), clock: MatchClock(body.clock_ms) };
    let order = Order { reason: &body.reason, dry_run: body.dry_run, key: body.client_request_id.as_deref() };
    order.carry_out(&app, &headers, &action, action.clone()).await
}

/// The match enters a phase; `first_half` is the kick-off.
#[utoipa::path(post, path = "/admin/fixtures/{id}/phase", tag = "admin", params(("id" = String, Path)), request_body = PhaseRequest, responses((status = 200, body = AdminAnswer)), security(("operator" = [])))]
pub async fn phase(
    State(app): State<App>,
    _: Operator,
    headers: HeaderMap,
    Path(id): Path<String>,
    Json { value: body, .. }: Json<PhaseRequest>,
) -> Done {
    let action = Action::EnterPhase { fixture: FixtureId::from(id.as_str()), phase: body.phase };
    let order = Order { reason: &body.reason, dry_run: body.dry_run, key: body.client_request_id.as_deref() };
    order.carry_out(&app, &headers, &action, action.clone()).await
}

/// Full time (R6.2).
#[utoipa::path(post, path = "/admin/fixtures/{id}/finish", tag = "admin", params(("id" = String, Path)), request_body = Plain, responses((status = 200, body = AdminAnswer)), security(("operator" = [])))]
pub async fn finish(State(app): State<App>, _: Operator, headers: HeaderMap, Path(id): Path<String>, body: Json<Plain>) -> Done {
    end(&app, &headers, &body.value, Action::FinishFixture { fixture: FixtureId::from(id.as_str()) }).await
}

/// No more corrections to form (R3.7).
#[utoipa::path(post, path = "/admin/fixtures/{id}/finalise", tag = "admin", params(("id" = String, Path)), request_body = Plain, responses((status = 200, body = AdminAnswer)), security(("operator" = [])))]
pub async fn finalise(State(app): State<App>, _: Operator, headers: HeaderMap, Path(id): Path<String>, body: Json<Plain>) -> Done {
    end(&app, &headers, &body.value, Action::FinaliseFixture { fixture: FixtureId::from(id.as_str()) }).await
}

/// Full time at the last tick (R6.3).
#[utoipa::path(post, path = "/admin/fixtures/{id}/abandon", tag = "admin", params(("id" = String, Path)), request_body = Plain, responses((status = 200, body = AdminAnswer)), security(("operator" = [])))]
pub async fn abandon(State(app): State<App>, _: Operator, headers: HeaderMap, Path(id): Path<String>, body: Json<Plain>) -> Done {
    end(&app, &headers, &body.value, Action::AbandonFixture { fixture: FixtureId::from(id.as_str()) }).await
}

/// Not today (R6.3).
#[utoipa::path(post, path = "/admin/fixtures/{id}/postpone", tag = "admin", params(("id" = String, Path)), request_body = Plain, responses((status = 200, body = AdminAnswer)), security(("operator" = [])))]
pub async fn postpone(State(app): State<App>, _: Operator, headers: HeaderMap, Path(id): Path<String>, body: Json<Plain>) -> Done {
    end(&app, &headers, &body.value, Action::PostponeFixture { fixture: FixtureId::from(id.as_str()) }).await
}

/// Something happened on the pitch.
#[utoipa::path(post, path = "/admin/fixtures/{id}/events", tag = "admin", params(("id" = String, Path)), request_body = EventRequest, responses((status = 200, body = AdminAnswer)), security(("operator" = [])))]
pub async fn report(
    State(app): State<App>,
    _: Operator,
    headers: HeaderMap,
    Path(id): Path<String>,
    Json { value: body, .. }: Json<EventRequest>,
) -> Done {
    let slug = |text: &Option<String>| text.as_deref().map(InstrumentId::from);
    let event = MatchEvent {
        id: EventId::from(body.event_id.as_str()),
        kind: body.kind,
        minute: body.minute,
        offset: body.offset,
        clock: body.clock_ms.map(MatchClock),
        instrument: slug(&body.instrument),
        related: slug(&body.related),
    };
    let fixture = FixtureId::from(id.as_str());
    let action = if body.late {
        Action::CorrectEvent { fixture, correction: Correction::Add(event) }
    } else {
        Action::ReportEvent { fixture, event }
    };
    let order = Order { reason: &body.reason, dry_run: body.dry_run, key: body.client_request_id.as_deref() };
    order.carry_out(&app, &headers, &action, action.clone()).await
}

/// It happened otherwise: what is left out stays as it was.
#[utoipa::path(patch, path = "/admin/fixtures/{id}/events/{eventId}", tag = "admin", params(("id" = String, Path), ("eventId" = String, Path)), request_body = CorrectionRequest, responses((status = 200, body = AdminAnswer)), security(("operator" = [])))]
pub async fn correct(
    State(app): State<App>,
    _: Operator,
    headers: HeaderMap,
    Path((id, event_id)): Path<(String, String)>,
    Json { value: body, bytes }: Json<CorrectionRequest>,
) -> Done {
    let (fixture, event_id) = (FixtureId::from(id.as_str()), EventId::from(event_id.as_str()));
    let before = app.replica.read(|league| {
        let row = league.fixture(&fixture).ok_or_else(|| Problem::rejected(&Rejection::UnknownFixture, league.seq()))?;
        let listed = row.events.iter().find(|listed| listed.event.id == event_id);
        let unknown = || Problem::rejected(&Rejection::UnknownEvent { event: event_id.clone() }, league.seq());
        listed.map(|listed| listed.event.clone()).ok_or_else(unknown)
    })??;
    let slug = |given: &Option<Option<String>>, before: Option<InstrumentId>| match given {
        Some(text) => text.as_deref().map(InstrumentId::from),
        None => before,
    };
    let event = MatchEvent {
        id: event_id,
        kind: body.kind.unwrap_or(before.kind),
        minute: body.minute.unwrap_or(before.minute),
        offset: body.offset.unwrap_or(before.offset),
        clock: body.clock_ms.map(MatchClock).or(before.clock),
        instrument: slug(&body.instrument, before.instrument),
        related: slug(&body.related, before.related),
    };
    let action = Action::CorrectEvent { fixture, correction: Correction::Replace(event) };
    let order = Order { reason: &body.reason, dry_run: body.dry_run, key: body.client_request_id.as_deref() };
    // What is left out depends on the list: a retry is known by what was said.
    order.carry_out(&app, &headers, &("correct", id, bytes.to_vec()), action).await
}

/// It did not happen.
#[utoipa::path(delete, path = "/admin/fixtures/{id}/events/{eventId}", tag = "admin", params(("id" = String, Path), ("eventId" = String, Path), PlainParams), request_body = Option<Plain>, responses((status = 200, body = AdminAnswer)), security(("operator" = [])))]
pub async fn take_back(
    State(app): State<App>,
    _: Operator,
    headers: HeaderMap,
    Path((id, event_id)): Path<(String, String)>,
    Query(params): Query<PlainParams>,
    body: bytes::Bytes,
) -> Done {
    let said = match body.is_empty() {
        true => None,
        false => Some(crate::extract::from_json::<Plain>(&body)?),
    };
    let (reason, dry_run, key) = match &said {
        Some(plain) => (plain.reason.as_str(), plain.dry_run, plain.client_request_id.as_deref()),
        None => (params.reason.as_deref().unwrap_or_default(), params.dry_run, None),
    };
    let correction = Correction::TakeBack(EventId::from(event_id.as_str()));
    let action = Action::CorrectEvent { fixture: FixtureId::from(id.as_str()), correction };
    Order { reason, dry_run, key }.carry_out(&app, &headers, &action, action.clone()).await
}

async fn end(app: &App, headers: &HeaderMap, body: &Plain, action: Action) -> Done {
    let order = Order { reason: &body.reason, dry_run: body.dry_run, key: body.client_request_id.as_deref() };
    order.carry_out(app, headers, &action, action.clone()).await
}

fn footballer(member: &SquadRequest) -> Footballer {
    Footballer {
        instrument: InstrumentId::from(member.instrument.as_str()),
        name: member.name.clone(),
        team: member.team.clone(),
        position: member.position,
        record: None,
    }
}

fn coverage(request: &CoverageRequest) -> Coverage {
    match request {
        CoverageRequest::Undeclared(reported) => Coverage { reported: *reported, lag: None },
        CoverageRequest::Declared(CoverageWithLag { reported, lag_ms }) => Coverage { reported: *reported, lag: lag_ms.map(Span) },
    }
}
