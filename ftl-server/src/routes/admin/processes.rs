//! The league's processes, each as it says itself.

use axum::Json as Answer;
use axum::extract::State;
use ftl_core::engine::NEWEST;

use crate::app::App;
use crate::auth::Operator;
use crate::problem::Problem;
use crate::routes::health::ready;
use crate::wire::Time;
use crate::wire::admin::ProcessView;

/// Those that live, the oldest first; where the league is one process's alone, that one.
#[utoipa::path(get, path = "/admin/processes", tag = "admin", responses((status = 200, body = Vec<ProcessView>)), security(("operator" = [])))]
pub async fn list(State(app): State<App>, _: Operator) -> Result<Answer<Vec<ProcessView>>, Problem> {
    let others = app.others().await?;
    if app.shared.is_none() {
        let (_, here) = ready(&app);
        let accounts = app.hub.presence.count() as u64;
        let alone = ProcessView {
            role: here.role.to_owned(),
            status: here.status.to_owned(),
            seq: here.seq,
            accounts,
            engine: NEWEST,
            since: None,
            told_ms: 0,
        };
        return Ok(Answer(vec![alone]));
    }
    let view = |process: ftl_store::postgres::presence::Process| ProcessView {
        role: process.role,
        status: process.standing.status,
        seq: process.standing.applied.0,
        accounts: process.standing.accounts,
        engine: process.engine,
        since: Some(Time(process.since)),
        told_ms: process.told.0,
    };
    Ok(Answer(others.into_iter().map(view).collect()))
}
