//! Whether the process lives, whether it is ready, and its figures.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use ftl_core::id::Seq;
use ftl_core::time::At;
use ftl_store::postgres::presence::Standing;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::Operator;
use crate::problem::Problem;
use crate::replica::health::{Health, ReadyAnswer};
use crate::replica::skew;

/// The body of `healthz`.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Alive {
    status: &'static str,
}

/// The process lives.
#[utoipa::path(get, path = "/healthz", tag = "public", responses((status = 200, body = Alive)))]
pub async fn healthz() -> Json<Alive> {
    Json(Alive { status: "ok" })
}

/// Whether to send requests here: 503 before the first catch-up, when draining or stopped, or when nobody tells the streams any more.
#[utoipa::path(get, path = "/readyz", tag = "public", responses((status = 200, body = ReadyAnswer), (status = 503, body = ReadyAnswer)))]
pub async fn readyz(State(app): State<App>) -> Response {
    let (code, answer) = ready(&app);
    (code, Json(answer)).into_response()
}

/// How this process is.
fn ready(app: &App) -> (StatusCode, ReadyAnswer) {
    let health = app.replica.health();
    let last = app.replica.read(|league| league.at()).unwrap_or_default();
    let age_ms = if last.0 == 0 { 0 } else { app.now().since(last).0 };
    let applied = app.seq().0;
    let (code, status, seq, detail) = match &*health {
        Health::Serving | Health::Degraded(_) if app.hub.is_broken() => {
            let detail = "nobody tells the streams any more: restart the process".to_owned();
            (StatusCode::SERVICE_UNAVAILABLE, "streams_ended", applied, Some(detail))
        }
        Health::Serving => match fault(app, last) {
            None => (StatusCode::OK, "ready", applied, None),
            Some(why) => (StatusCode::OK, "degraded", applied, Some(why.as_ref().clone())),
        },
        Health::Degraded(why) => (StatusCode::OK, "degraded", applied, Some(why.clone())),
        Health::CatchingUp => (StatusCode::SERVICE_UNAVAILABLE, "catching_up", applied, None),
        Health::Draining => (StatusCode::SERVICE_UNAVAILABLE, "draining", applied, None),
        Health::Stopped { seq, why } => (StatusCode::SERVICE_UNAVAILABLE, "stopped", seq.0, Some(why.clone())),
    };
    let (role, league, epoch) = (app.config.role.name(), app.config.league.clone(), app.replica.epoch());
    (code, ReadyAnswer { status, role, league, epoch, seq, age_ms, detail })
}

/// Why nothing goes in here, though it serves, if so.
fn fault(app: &App, last: At) -> Option<Arc<String>> {
    let clock = match app.shared {
        Some(_) => app.replica.clock_fault(),
        // A directory has no clock but this process's: it compares with the last entry.
        None => skew::behind(last, &*app.clock).map(Arc::new),
    };
    clock.or_else(|| app.replica.store_fault())
}

/// The same, as the other processes learn it.
pub(crate) fn standing(app: &App) -> Standing {
    let (_, ready) = ready(app);
    Standing { status: ready.status.to_owned(), applied: Seq(ready.seq), accounts: app.hub.presence.count() as u64 }
}

/// Figures for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "public", responses((status = 200, body = String)))]
pub async fn metrics(State(app): State<App>) -> Response {
    metrics::gauge!("ftl_apply_lag_seconds").set(app.replica.apply_lag().as_secs_f64());
    for (lane, waiting) in ["feed", "close", "open"].into_iter().zip(app.replica.waiting()) {
        metrics::gauge!("ftl_queue", "lane" => lane).set(waiting as f64);
    }
    metrics::gauge!("ftl_epoch").set(app.replica.epoch() as f64);
    metrics::gauge!("ftl_remembered_ids").set(app.replica.read(|league| league.remembered()).unwrap_or_default() as f64);
    let behind = app.seq().0.saturating_sub(app.replica.last_snapshot().await.0);
    metrics::gauge!("ftl_snapshot_age_entries").set(behind as f64);
    let text = crate::telemetry::figures().render();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

/// What an operator checks his token with.
#[utoipa::path(get, path = "/admin", tag = "admin", responses((status = 204)), security(("operator" = [])))]
pub async fn admin(_: Operator) -> Result<StatusCode, Problem> {
    Ok(StatusCode::NO_CONTENT)
}
