//! Bundled matches, played into the league.

use axum::Json as Answer;
use axum::extract::State;

use super::check_reason;
use crate::app::App;
use crate::auth::Operator;
use crate::extract::{Json, Path};
use crate::problem::Problem;
use crate::wire::admin::{ReplayRequest, ReplayView};

/// Plays a bundled match from now on. The same source is played once: asking again tells how it stands.
#[utoipa::path(post, path = "/admin/replays", tag = "admin", request_body = ReplayRequest, responses((status = 200, body = ReplayView)), security(("operator" = [])))]
pub async fn start(
    State(app): State<App>,
    _: Operator,
    Json { value: body, .. }: Json<ReplayRequest>,
) -> Result<Answer<ReplayView>, Problem> {
    check_reason(&body.reason)?;
    let speed = body.speed.unwrap_or(1);
    let replay = app.start_replay(&body.source, speed)?;
    tracing::info!(target: "ftl::audit", source = body.source, speed, reason = body.reason, "replay");
    Ok(Answer(replay))
}

/// All of them.
#[utoipa::path(get, path = "/admin/replays", tag = "admin", responses((status = 200, body = Vec<ReplayView>)), security(("operator" = [])))]
pub async fn list(State(app): State<App>, _: Operator) -> Answer<Vec<ReplayView>> {
    Answer(app.replays.list())
}

/// Stops one; the match stays where it is.
#[utoipa::path(delete, path = "/admin/replays/{id}", tag = "admin", params(("id" = String, Path)), responses((status = 200, body = ReplayView)), security(("operator" = [])))]
pub async fn stop(State(app): State<App>, _: Operator, Path(id): Path<String>) -> Result<Answer<ReplayView>, Problem> {
    app.replays.stop(&id).map(Answer).ok_or_else(|| Problem::not_found("no such replay"))
}
