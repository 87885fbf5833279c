//! What every request passes: panics caught, ids, traces, headers, limits, credentials, problems written.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use ftl_core::id::AccountId;
use futures::FutureExt;
use tower::ServiceBuilder;
use tower_http::cors::{AllowOrigin, Any as AnyOrigin, CorsLayer};
use tracing::Instrument;

use crate::app::App;
use crate::auth::{Caller, caller};
use crate::limits::{Left, Subscriber};
use crate::problem::{Problem, Unwritten};
use crate::routes::console;

/// Bytes of a body.
pub const BODY_LIMIT: usize = 64 * 1024;
/// Time for a response to begin.
const TIMEOUT: Duration = Duration::from_secs(10);
const PROBLEM: &str = "application/problem+json";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// On every response.
const HEADERS: [(HeaderName, HeaderValue); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000")),
];

/// Wraps the routes; the first layer is the outermost. What every request needs is one function, [`pass`]: a request and
/// its response are moved and boxed once for each layer, which for a dozen of them cost more than what they did.
pub fn wrap(app: &App, routes: Router) -> Router {
    let layers = ServiceBuilder::new()
        .map_response(protect)
        .layer(cors(&app.config.cors_origins))
        .layer(from_fn_with_state(app.clone(), pass))
        .layer(DefaultBodyLimit::max(BODY_LIMIT));
    routes.layer(layers)
}

/// Headers that say what a browser may do with a response.
fn protect(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.reserve(HEADERS.len());
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(value);
    }
    response
}

/// An id and a span for the request, admission, a time limit, and problems written: every failure leaves as a problem
/// that names its path, whoever made it.
async fn pass(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let id = request.headers().get(REQUEST_ID).cloned().unwrap_or_else(new_request_id);
    let uri = request.uri().clone();
    let text = id.to_str().unwrap_or_default();
    // It names the path and never a header: credentials stay out of the logs.
    let span = tracing::info_span!("request", method = %request.method(), path = uri.path(), id = text);
    let answered = async {
        let response = match admit(&app, &mut request) {
            Ok(admitted) => admitted.respond(&app, request, next).await,
            Err(problem) => problem.into_response(),
        };
        let response = written(response, uri.path());
        // A league that sheds load says so in `ftl_shed_total`, not once a request.
        if response.status().is_server_error() && response.status() != StatusCode::SERVICE_UNAVAILABLE {
            tracing::error!(status = response.status().as_u16(), "response failed");
        }
        response
    };
    let mut response = answered.instrument(span).await;
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// Tells requests apart: drawn once for the process, then counted.
fn new_request_id() -> HeaderValue {
    static DRAWN: OnceLock<u64> = OnceLock::new();
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let drawn = DRAWN.get_or_init(|| {
        let mut bytes = [0u8; 8];
        // Without randomness ids are unique in this process alone.
        let _ = ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut bytes);
        u64::from_be_bytes(bytes)
    });
    let text = format!("{drawn:016x}-{:08x}", NEXT.fetch_add(1, Ordering::Relaxed));
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("none"))
}

/// A request that may go on.
#[derive(Default)]
struct Admitted {
    /// What the limit that applied leaves.
    left: Option<Left>,
    /// Whose refusals are counted.
    trader: Option<AccountId>,
}

/// Limits by address and account, and who asks.
fn admit(app: &App, request: &mut Request) -> Result<Admitted, Problem> {
    let path = request.uri().path();
    if matches!(path, "/healthz" | "/readyz" | "/metrics") {
        request.extensions_mut().insert(Caller::Nobody);
        return Ok(Admitted::default());
    }
    let address = request.extensions().get::<ConnectInfo<SocketAddr>>().map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |info| info.0.ip());
    let who = Subscriber::from(address);
    app.limits.address(who)?;
    if console::serves(path) {
        request.extensions_mut().insert(Caller::Nobody);
        return Ok(Admitted::default());
    }
    let operator = app.config.operator_token.as_ref().map(|secret| secret.0.as_str());
    let caller = caller(request.headers(), &app.tokens, operator, app.now());
    let mut admitted = Admitted::default();
    if path.starts_with("/api/auth/") {
        admitted.left = app.limits.auth(who)?;
    } else if path != "/ws" && !matches!(caller, Ok(Caller::Account(_) | Caller::Operator)) {
        admitted.left = app.limits.unauthenticated(who)?;
    }
    let caller = caller?;
    // Looking is not trading.
    if let Caller::Account(account) = caller
        && request.method() != Method::GET
        && (path.starts_with("/api/positions") || path.starts_with("/api/orders"))
    {
        admitted = Admitted { left: app.limits.trading(account)?, trader: Some(account) };
    }
    request.extensions_mut().insert(caller);
    Ok(admitted)
}

impl Admitted {
    /// What the routes answer, in time; a panic of theirs is an answer too.
    async fn respond(self, app: &App, request: Request, next: Next) -> Response {
        let answering = AssertUnwindSafe(next.run(request)).catch_unwind();
        let mut response = match tokio::time::timeout(TIMEOUT, answering).await {
            Ok(Ok(response)) => response,
            Ok(Err(_)) => {
                tracing::error!("a handler panicked");
                Problem::internal().into_response()
            }
            Err(_) => StatusCode::GATEWAY_TIMEOUT.into_response(),
        };
        if let Some(trader) = self.trader
            && response.extensions().get::<Unwritten>().is_some_and(|unwritten| unwritten.0.is_rejection())
        {
            app.limits.rejected(trader);
        }
        if let Some(left) = self.left {
            left.write(response.headers_mut());
        }
        response
    }
}

/// A failure as a problem.
fn written(mut response: Response, path: &str) -> Response {
    if let Some(Unwritten(problem)) = response.extensions_mut().remove::<Unwritten>() {
        return with_headers_of(problem.write(path), response.headers());
    }
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let kind = response.headers().get(header::CONTENT_TYPE);
    if kind.is_some_and(|kind| kind == PROBLEM || kind == "application/json") {
        return response;
    }
    with_headers_of(Problem::of_status(status).write(path), response.headers())
}

/// Limits and the like stay on a response that is written anew.
fn with_headers_of(mut written: Response, before: &HeaderMap) -> Response {
    for (name, value) in before {
        if name != header::CONTENT_TYPE && name != header::CONTENT_LENGTH && !written.headers().contains_key(name) {
            written.headers_mut().insert(name.clone(), value.clone());
        }
    }
    written
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
