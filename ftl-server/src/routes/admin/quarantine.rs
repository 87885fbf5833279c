//! Setting aside the entry that stopped the league.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use ftl_core::id::Seq;
use ftl_store::postgres::presence::Process;

use super::check_reason;
use crate::app::App;
use crate::auth::Operator;
use crate::extract::Json;
use crate::problem::Problem;
use crate::wire::admin::{QuarantineAnswer, QuarantineRequest};

/// A process that lives with the entry in its state would be left with another state than those that go without it. What stops
/// one process alone is a fault of that process.
async fn nobody_has_applied(app: &App, seq: Seq) -> Result<(), Problem> {
    let serves = |process: &Process| matches!(process.standing.status.as_str(), "ready" | "degraded" | "draining" | "streams_ended");
    match app.others().await?.iter().find(|process| serves(process) && process.standing.applied >= seq) {
        None => Ok(()),
        Some(process) => Err(Problem::new(
            StatusCode::CONFLICT,
            "entry_applied",
            "The entry is applied already",
            format!("a process of role {} has applied it and goes on: restart the one that stopped", process.role),
        )),
    }
}

/// Sets an entry aside and rebuilds the state without it.
#[utoipa::path(post, path = "/admin/quarantine", tag = "admin", request_body = QuarantineRequest, responses((status = 200, body = QuarantineAnswer)), security(("operator" = [])))]
pub async fn quarantine(
    State(app): State<App>,
    _: Operator,
    Json { value: body, .. }: Json<QuarantineRequest>,
) -> Result<Answer<QuarantineAnswer>, Problem> {
    check_reason(&body.reason)?;
    nobody_has_applied(&app, Seq(body.seq)).await?;
    app.replica.quarantine(Seq(body.seq), body.reason.clone()).await?;
    tracing::warn!(target: "ftl::audit", seq = body.seq, reason = body.reason, "an entry is set aside");
    Ok(Answer(QuarantineAnswer { quarantined: body.seq }))
}
