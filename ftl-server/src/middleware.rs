//! What every request passes: panics caught, ids, traces, headers, limits, credentials, problems written.

use std::any::Any;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{AllowOrigin, Any as AnyOrigin, CorsLayer};
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::sensitive_headers::SetSensitiveRequestHeadersLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;

use crate::app::App;
use crate::auth::{Caller, caller};
use crate::limits::{Left, Subscriber};
use crate::problem::{Problem, Unwritten};

/// Bytes of a body.
pub const BODY_LIMIT: usize = 64 * 1024;
/// Time for a response to begin.
const TIMEOUT: Duration = Duration::from_secs(10);
const PROBLEM: &str = "application/problem+json";

/// Wraps the routes; the first layer is the outermost.
pub fn wrap(app: &App, routes: Router) -> Router {
    let header = |name: &'static str, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(HeaderName::from_static(name), HeaderValue::from_static(value))
    };
    let layers = ServiceBuilder::new()
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .layer(SetSensitiveRequestHeadersLayer::new([header::AUTHORIZATION]))
        .layer(TraceLayer::new_for_http().make_span_with(|request: &Request| {
            let id = request.headers().get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or_default();
            tracing::info_span!("request", method = %request.method(), path = request.uri().path(), id)
        }))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(header("x-content-type-options", "nosniff"))
        .layer(header("x-frame-options", "DENY"))
        .layer(header("referrer-policy", "no-referrer"))
        .layer(header("cross-origin-resource-policy", "same-origin"))
        .layer(header("strict-transport-security", "max-age=63072000"))
        .layer(cors(&app.config.cors_origins))
        .layer(from_fn(write_problems))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, TIMEOUT))
        .layer(from_fn_with_state(app.clone(), admit))
        .layer(DefaultBodyLimit::max(BODY_LIMIT));
    routes.layer(layers)
}

/// Limits by address, and who asks.
async fn admit(State(app): State<App>, mut request: Request, next: Next) -> Result<Response, Problem> {
    let path = request.uri().path();
    if matches!(path, "/healthz" | "/readyz" | "/metrics") {
        request.extensions_mut().insert(Caller::Nobody);
        return Ok(next.run(request).await);
    }
    let address = request.extensions().get::<ConnectInfo<SocketAddr>>().map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |info| info.0.ip());
    let who = Subscriber::from(address);
    app.limits.address(who)?;
    let operator = app.config.operator_token.as_ref().map(|secret| secret.0.as_str());
    let caller = caller(request.headers(), &app.tokens, operator, app.now());
    let mut left: Option<Left> = None;
    if path.starts_with("/api/auth/") {
        left = app.limits.auth(who)?;
    } else if !matches!(caller, Ok(Caller::Account(_) | Caller::Operator)) {
        left = app.limits.unauthenticated(who)?;
    }
    let caller = caller?;
    request.extensions_mut().insert(caller);
    let mut response = next.run(request).await;
    if let Some(left) = left {
        left.write(response.headers_mut());
    }
    Ok(response)
}

/// The limits of who trades; counts refusals.
pub(crate) async fn trade(State(app): State<App>, request: Request, next: Next) -> Result<Response, Problem> {
    let account = match request.extensions().get::<Caller>() {
        Some(Caller::Account(account)) => *account,
        _ => return Ok(next.run(request).await),
    };
    // Looking is not trading.
    if request.method() == Method::GET {
        return Ok(next.run(request).await);
    }
    let left = app.limits.trading(account)?;
    let mut response = next.run(request).await;
    let refused = response.extensions().get::<Unwritten>().is_some_and(|unwritten| unwritten.0.is_rejection());
    if refused {
        app.limits.rejected(account);
    }
    if let Some(left) = left {
        left.write(response.headers_mut());
    }
    Ok(response)
}

/// Every failure leaves as a problem that names its path, whoever made it.
async fn write_problems(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let mut response = next.run(request).await;
    if let Some(Unwritten(problem)) = response.extensions_mut().remove::<Unwritten>() {
        return with_headers_of(problem.write(&path), &response);
    }
    let status = response.status();
    let written = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == PROBLEM || kind == "application/json");
    if (status.is_client_error() || status.is_server_error()) && !written {
        return with_headers_of(Problem::of_status(status).write(&path), &response);
    }
    response
}

/// Limits and the like stay on a response that is written anew.
fn with_headers_of(mut written: Response, before: &Response) -> Response {
    for (name, value) in before.headers() {
        if name != header::CONTENT_TYPE && name != header::CONTENT_LENGTH && !written.headers().contains_key(name) {
            written.headers_mut().insert(name.clone(), value.clone());
        }
    }
    written
}

fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a handler panicked");
    Problem::internal().into_response()
}

fn cors(origins: &[String]) -> CorsLayer {
    let layer = CorsLayer::new()
        .allow_methods([Method::GET, Method::POST, Method::PATCH, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_NONE_MATCH,
            HeaderName::from_static("idempotency-key"),
            HeaderName::from_static("last-event-id"),
        ])
        .expose_headers([
            header::ETAG,
            header::RETRY_AFTER,
            HeaderName::from_static("ratelimit"),
            HeaderName::from_static("ratelimit-policy"),
            HeaderName::from_static("x-request-id"),
        ])
        .max_age(Duration::from_secs(3600));
    if origins.iter().any(|origin| origin == "*") {
        return layer.allow_origin(AnyOrigin);
    }
    layer.allow_origin(AllowOrigin::list(origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok())))
}
