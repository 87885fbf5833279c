//! The league's processes, each as it says itself, and who is connected to any of them.

use axum::Json as Answer;
use axum::extract::State;
use ftl_core::engine::NEWEST;
use ftl_store::postgres::presence::Process;

use crate::app::App;
use crate::auth::Operator;
use crate::problem::Problem;
use crate::routes::health::standing;
use crate::wire::Time;
use crate::wire::admin::{PresenceView, ProcessView};

/// Those that live, the oldest first; where the league is one process's alone, that one.
#[utoipa::path(get, path = "/admin/processes", tag = "admin", responses((status = 200, body = Vec<ProcessView>)), security(("operator" = [])))]
pub async fn list(State(app): State<App>, _: Operator) -> Result<Answer<Vec<ProcessView>>, Problem> {
    if app.shared.is_none() {
        let role = app.config.role.name().to_owned();
        return Ok(Answer(vec![ProcessView::of(role, NEWEST, standing(&app))]));
    }
    let view = |process: Process| ProcessView {
        since: Some(Time(process.since)),
        told_ms: process.told.0,
        ..ProcessView::of(process.role, process.engine, process.standing)
    };
    Ok(Answer(app.others().await?.into_iter().map(view).collect()))
}

/// How many accounts have a stream: from the first that an account opens, at any process, until the last has ended. Two seconds
/// late where there are several processes.
#[utoipa::path(get, path = "/admin/presence", tag = "admin", responses((status = 200, body = PresenceView)), security(("operator" = [])))]
pub async fn presence(State(app): State<App>, _: Operator) -> Result<Answer<PresenceView>, Problem> {
    Ok(Answer(PresenceView { accounts: app.accounts_here().await? }))
}
