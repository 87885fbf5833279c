//! Setting aside the entry that stopped the league.

use axum::Json as Answer;
use axum::extract::State;
use ftl_core::id::Seq;

use super::check_reason;
use crate::app::App;
use crate::auth::Operator;
use crate::extract::Json;
use crate::problem::Problem;
use crate::wire::admin::{QuarantineAnswer, QuarantineRequest};

/// Sets an entry aside and rebuilds the state without it.
#[utoipa::path(post, path = "/admin/quarantine", tag = "admin", request_body = QuarantineRequest, responses((status = 200, body = QuarantineAnswer)), security(("operator" = [])))]
pub async fn quarantine(
    State(app): State<App>,
    _: Operator,
    Json { value: body, .. }: Json<QuarantineRequest>,
) -> Result<Answer<QuarantineAnswer>, Problem> {
    check_reason(&body.reason)?;
    app.replica.quarantine(Seq(body.seq), body.reason.clone()).await?;
    tracing::warn!(target: "ftl::audit", seq = body.seq, reason = body.reason, "an entry is set aside");
    Ok(Answer(QuarantineAnswer { quarantined: body.seq }))
}
