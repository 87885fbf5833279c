//! Instruments: stopping trade, letting it go on, taking one off the market.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::HeaderMap;
use ftl_core::command::Action;
use ftl_core::id::InstrumentId;

use super::Order;
use crate::app::App;
use crate::auth::Operator;
use crate::extract::{Json, Path};
use crate::problem::Problem;
use crate::wire::admin::{AdminAnswer, Plain};

type Done = Result<Answer<AdminAnswer>, Problem>;

/// Stops trading.
#[utoipa::path(post, path = "/admin/instruments/{id}/freeze", tag = "admin", params(("id" = String, Path)), request_body = Plain, responses((status = 200, body = AdminAnswer)), security(("operator" = [])))]
pub async fn freeze(State(app): State<App>, _: Operator, headers: HeaderMap, Path(id): Path<String>, body: Json<Plain>) -> Done {
    order(&app, &headers, &body.value, Action::FreezeInstrument { instrument: InstrumentId::from(id.as_str()) }).await
}

/// Lets it trade again.
#[utoipa::path(post, path = "/admin/instruments/{id}/unfreeze", tag = "admin", params(("id" = String, Path)), request_body = Plain, responses((status = 200, body = AdminAnswer)), security(("operator" = [])))]
pub async fn unfreeze(State(app): State<App>, _: Operator, headers: HeaderMap, Path(id): Path<String>, body: Json<Plain>) -> Done {
    order(&app, &headers, &body.value, Action::UnfreezeInstrument { instrument: InstrumentId::from(id.as_str()) }).await
}

/// Closes its positions at the clearing price and takes it off the market (R4.9).
#[utoipa::path(post, path = "/admin/instruments/{id}/deactivate", tag = "admin", params(("id" = String, Path)), request_body = Plain, responses((status = 200, body = AdminAnswer)), security(("operator" = [])))]
pub async fn deactivate(State(app): State<App>, _: Operator, headers: HeaderMap, Path(id): Path<String>, body: Json<Plain>) -> Done {
    order(&app, &headers, &body.value, Action::DeactivateInstrument { instrument: InstrumentId::from(id.as_str()) }).await
}

async fn order(app: &App, headers: &HeaderMap, body: &Plain, action: Action) -> Done {
    let order = Order { reason: &body.reason, dry_run: body.dry_run, key: body.client_request_id.as_deref() };
    order.carry_out(app, headers, &action, action.clone()).await
}
