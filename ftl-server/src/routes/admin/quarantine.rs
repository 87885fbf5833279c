//! Setting aside the entry that stopped the league.

use std::time::{Duration, Instant};

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

/// How long the others have to say how they are; they do every two seconds.
const FRESH: Duration = Duration::from_secs(5);
/// Between two looks at what they said.
const LOOK: Duration = Duration::from_millis(200);

/// A process that lives with the entry in its state would be left with another state than those that go without it. What stops
/// one process alone is a fault of that process. Waits until each has said anew where it is.
async fn nobody_has_applied(app: &App, seq: Seq) -> Result<(), Problem> {
    // One that has not said how it is may serve.
    let serves = |process: &Process| !matches!(process.standing.status.as_str(), "stopped" | "catching_up");
    let asked = Instant::now();
    loop {
        let others = app.others().await?;
        let waited = asked.elapsed();
        let said_since = |process: &Process| u128::from(process.told.0) < waited.as_millis();
        let has_or_may =
            |process: &&Process| serves(process) && (process.standing.applied >= seq || waited > FRESH && !said_since(process));
        if let Some(process) = others.iter().find(has_or_may) {
            return Err(Problem::new(
                StatusCode::CONFLICT,
                "entry_applied",
                "The entry is applied already",
                format!("a process of role {} has applied it and goes on: restart the one that stopped", process.role),
            ));
        }
        if others.iter().filter(|process| serves(process)).all(said_since) {
            return Ok(());
        }
        tokio::time::sleep(LOOK).await;
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
