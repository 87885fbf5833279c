//! Switching a league to a later engine, once every process that lives knows it.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use ftl_core::command::Action;
use ftl_core::engine::NEWEST;

use super::Order;
use crate::app::App;
use crate::auth::Operator;
use crate::extract::Json;
use crate::problem::Problem;
use crate::wire::admin::{AdminAnswer, EngineRequest};

/// From the entry that this becomes, the league is executed by engine `to`.
#[utoipa::path(post, path = "/admin/engine", tag = "admin", request_body = EngineRequest, responses((status = 200, body = AdminAnswer)), security(("operator" = [])))]
pub async fn switch(
    State(app): State<App>,
    _: Operator,
    headers: HeaderMap,
    Json { value: body, .. }: Json<EngineRequest>,
) -> Result<Answer<AdminAnswer>, Problem> {
    if body.to > NEWEST {
        return Err(not_known(format!("this process knows engines up to {NEWEST}")));
    }
    for process in app.others().await? {
        if process.engine < body.to {
            return Err(not_known(format!("a process of role {} knows engines up to {}", process.role, process.engine)));
        }
    }
    let action = Action::UseEngine { engine: body.to };
    let order = Order { reason: &body.reason, dry_run: body.dry_run, key: body.client_request_id.as_deref() };
    order.carry_out(&app, &headers, &action, action.clone()).await
}

fn not_known(detail: String) -> Problem {
    Problem::new(StatusCode::CONFLICT, "engine_not_known", "Not every process knows this engine", detail)
}
