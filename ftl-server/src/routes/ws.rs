//! `GET /ws`: whoever has a ticket is let in; the rest is [`crate::ws`]. `GET asyncapi.yaml` describes the frames.

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ftl_core::id::Seq;
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;
use utoipa::IntoParams;

use crate::app::App;
use crate::extract::Query;
use crate::limits::Subscriber;
use crate::problem::Problem;
use crate::wire::cursor::{BatchMark, Cursor};
use crate::ws::{Format, Guest, serve};

/// How long the system may take to hand over the connection.
const UPGRADE: Duration = Duration::from_secs(10);

/// `GET /ws`.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WsParams {
    /// A ticket of `ws/token`.
    pub token: Option<String>,
    /// `json`: prices as JSON too; MessagePack where it is left out.
    pub format: Option<String>,
    /// Resumes from here, as `{"action":"resume"}` does.
    pub seq: Option<u64>,
    /// The `batch` that came with `seq`.
    #[param(value_type = Option<String>)]
    pub batch: Option<BatchMark>,
}

/// Every frame of the streams, in both directions.
const DESCRIPTION: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/reference/asyncapi.yaml"));

/// What the streams tell and hear, as AsyncAPI 3.
#[utoipa::path(get, path = "/asyncapi.yaml", tag = "realtime", responses((status = 200, content_type = "application/yaml", body = String)))]
pub async fn description() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/yaml")], DESCRIPTION)
}

/// Prices and what concerns me, over a WebSocket.
#[utoipa::path(get, path = "/ws", tag = "realtime", params(WsParams),
    responses((status = 101, description = "From here on RFC 6455; the frames are in /api/asyncapi.yaml")))]
pub async fn ws(State(app): State<App>, Query(params): Query<WsParams>, mut request: Request) -> Result<Response, Problem> {
    let format = match params.format.as_deref() {
        None | Some("msgpack") => Format::Binary,
        Some("json") => Format::Json,
        Some(_) => return Err(Problem::invalid_field("format", "takes json or msgpack")),
    };
    if !request.headers().contains_key(header::UPGRADE) {
        let detail = "send Connection: Upgrade and Upgrade: websocket";
        return Err(Problem::new(StatusCode::UPGRADE_REQUIRED, "upgrade_required", "This is a WebSocket", detail));
    }
    check_origin(&app, request.headers())?;
    let upgrading = hyper::upgrade::on(&mut request);
    let (parts, _) = request.into_parts();
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let handshake = tungstenite::handshake::server::create_response(&axum::http::Request::from_parts(parts, ()));
    let handshake = handshake
        .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, "bad_handshake", "This is no WebSocket handshake", error.to_string()))?;
    // Where there is no league to tell of the ticket stays good.
    app.replica.market()?;
    let ticket = params.token.as_deref().ok_or(Problem::unauthorized("send ?token= with a ticket of ws/token"));
    let admitted = match ticket {
        Ok(ticket) => app.let_in(ticket).await,
        Err(problem) => Err(problem),
    };
    let admitted = admitted.inspect_err(|_| metrics::counter!("ftl_ws_refused_total").increment(1));
    if let (Err(problem), Some(peer)) = (&admitted, peer)
        && problem.status() == StatusCode::UNAUTHORIZED
    {
        // A stadium shares an address: only those who bring no good ticket are counted.
        app.limits.unauthenticated(Subscriber::from(peer))?;
    }
    let (account, place) = admitted?;
    let from = params.seq.map(|seq| Cursor { seq: Seq(seq), batch: params.batch });
    let guest = Guest { account, format, from };
    tokio::spawn(async move {
        let Ok(Ok(upgraded)) = tokio::time::timeout(UPGRADE, upgrading).await else { return };
        match upgraded.downcast::<TokioIo<TcpStream>>() {
            Ok(parts) => {
                let (io, rest) = (parts.io, parts.read_buf.to_vec());
                // What was read lies in the 8 KiB that held the request, and would keep them as long as the connection lasts.
                drop(parts.read_buf);
                serve(app, io.into_inner(), rest, guest, place).await
            }
            Err(_) => tracing::error!("a connection that is no TCP stream cannot be served"),
        }
    });
    Ok(handshake.map(|()| axum::body::Body::empty()).into_response())
}

/// A browser says where its page comes from: from here, or from where CORS allows it. Who says nothing is no browser.
fn check_origin(app: &App, headers: &HeaderMap) -> Result<(), Problem> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let may = |origin: &str| {
        let allowed = app.config.cors_origins.iter().any(|known| known == "*" || known.eq_ignore_ascii_case(origin));
        allowed || host.is_some_and(|host| origin.split_once("://").is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(host)))
    };
    let all = headers.get_all(header::ORIGIN).iter().all(|origin| origin.to_str().is_ok_and(may));
    if all { Ok(()) } else { Err(Problem::forbidden("pages of this origin may not connect: CORS_ORIGINS says which may")) }
}
