//! Accounts: barring one, letting it back, grants, and undoing a position.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::HeaderMap;
use ftl_core::command::Action;
use ftl_core::id::{AccountId, BookId, NaturalKey};
use ftl_core::rejection::Rejection;

use super::Order;
use crate::app::App;
use crate::auth::Operator;
use crate::extract::{Json, Path};
use crate::problem::Problem;
use crate::wire::admin::{AdminAnswer, GrantRequest, Plain};

type Done = Result<Answer<AdminAnswer>, Problem>;

/// Bars an account from new orders.
#[utoipa::path(post, path = "/admin/accounts/{id}/suspend", tag = "admin", params(("id" = String, Path)), request_body = Plain, responses((status = 200, body = AdminAnswer)), security(("operator" = [])))]
pub async fn suspend(State(app): State<App>, _: Operator, headers: HeaderMap, Path(id): Path<String>, body: Json<Plain>) -> Done {
    let account = account_id(&app, &id)?;
    order(&app, &headers, &body.value, Action::SuspendAccount { account, suspended: true }).await
}

/// Lets it back.
#[utoipa::path(post, path = "/admin/accounts/{id}/readmit", tag = "admin", params(("id" = String, Path)), request_body = Plain, responses((status = 200, body = AdminAnswer)), security(("operator" = [])))]
pub async fn readmit(State(app): State<App>, _: Operator, headers: HeaderMap, Path(id): Path<String>, body: Json<Plain>) -> Done {
    let account = account_id(&app, &id)?;
    order(&app, &headers, &body.value, Action::SuspendAccount { account, suspended: false }).await
}

/// Points from the mint; once for each key.
#[utoipa::path(post, path = "/admin/grants", tag = "admin", request_body = GrantRequest, responses((status = 200, body = AdminAnswer)), security(("operator" = [])))]
pub async fn grant(State(app): State<App>, _: Operator, headers: HeaderMap, Json { value: body, .. }: Json<GrantRequest>) -> Done {
    let book = BookId::season(account_id(&app, &body.account)?);
    let action = Action::Grant { book, amount: body.amount.0, key: NaturalKey::from(body.key.as_str()) };
    let order = Order { reason: &body.reason, dry_run: body.dry_run, key: body.client_request_id.as_deref() };
    order.carry_out(&app, &headers, &action, action.clone()).await
}

/// Undoes a position as if it had not been.
#[utoipa::path(post, path = "/admin/positions/{id}/void", tag = "admin", params(("id" = String, Path)), request_body = Plain, responses((status = 200, body = AdminAnswer)), security(("operator" = [])))]
pub async fn void(State(app): State<App>, _: Operator, headers: HeaderMap, Path(id): Path<String>, body: Json<Plain>) -> Done {
    let position = id.parse().map_err(|_| Problem::rejected(&Rejection::UnknownPosition, app.seq()))?;
    order(&app, &headers, &body.value, Action::VoidPosition { position }).await
}

fn account_id(app: &App, text: &str) -> Result<AccountId, Problem> {
    text.parse().map_err(|_| Problem::rejected(&Rejection::UnknownAccount, app.seq()))
}

async fn order(app: &App, headers: &HeaderMap, body: &Plain, action: Action) -> Done {
    let order = Order { reason: &body.reason, dry_run: body.dry_run, key: body.client_request_id.as_deref() };
    order.carry_out(app, headers, &action, action.clone()).await
}
