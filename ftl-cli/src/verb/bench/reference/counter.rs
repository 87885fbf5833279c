//! `Counter`: the desk over HTTP, behind the same layers as ours (authentication, limits, problems, logs), with the same
//! JSON read and written.

use std::net::SocketAddr;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use ftl_core::id::{InstrumentId, InstrumentIdx, OrderId, PositionId};
use ftl_core::outcome::{Portfolio, PositionReceipt};
use ftl_core::rejection::Rejection;
use ftl_core::units::Money;
use ftl_server::app::App;
use ftl_server::auth::Participant;
use ftl_server::commands::{body_hash, idempotency_key};
use ftl_server::extract::{IdempotencyHeader, Json};
use ftl_server::middleware;
use ftl_server::problem::Problem;
use ftl_server::wire::answer::OpenAnswer;
use ftl_server::wire::order::{OpenRequest, OrderRef};
use ftl_server::wire::portfolio::PortfolioView;
use ftl_server::wire::position::PositionView;
use tokio::task::JoinHandle;

use super::desk::{Desk, Filled, Order};

#[derive(Clone)]
struct Trading {
    app: App,
    desk: Desk,
}

/// A listener and its routes; ends with [`stop`](Self::stop).
pub struct Counter {
    pub address: SocketAddr,
    serving: JoinHandle<()>,
}

impl Counter {
    /// With the tokens and the limits of `app`.
    pub async fn open(app: &App, desk: Desk) -> std::io::Result<Self> {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let routes = Router::new().route("/api/positions/open", post(open)).with_state(Trading { app: app.clone(), desk });
        let routes = middleware::wrap(app, routes).into_make_service_with_connect_info::<SocketAddr>();
        let serving = tokio::spawn(async move { drop(axum::serve(listener, routes).await) });
        Ok(Self { address, serving })
    }

    pub fn stop(self) {
        self.serving.abort();
    }
}

async fn open(
    State(Trading { app, desk }): State<Trading>,
    Participant(me): Participant,
    IdempotencyHeader(header): IdempotencyHeader,
    Json { value, .. }: Json<OpenRequest>,
) -> Result<Response, Problem> {
    let key = idempotency_key(header.as_ref(), value.client_request_id.as_deref())?;
    let (id, at, lots, direction) = (app.command_id(me, &key), app.now(), value.lots.0, value.direction);
    let body = body_hash(&(&value.instrument, direction, lots));
    let order = Order { id: id.0, body, account: me, instrument: &value.instrument, direction, lots, at: at.0 };
    let filled = desk.trade(&order).await.map_err(|error| Problem::unavailable("redis", "Redis does not answer", error.to_string()))?;
    let seq = app.seq();
    let (receipt, portfolio) = match filled {
        Filled::Opened { price, cost, margin, balance, equity, used } => (
            PositionReceipt {
                id: PositionId(id.0),
                instrument: InstrumentIdx(0),
                direction,
                lots,
                entry_price: price,
                entry_cost: cost,
                margin,
                stop_loss: None,
                take_profit: None,
                opened_at: at,
            },
            Portfolio {
                balance,
                equity,
                used,
                reserved: Money::ZERO,
                free: equity - used,
                level_bps: equity.units().checked_div(used.units() / 10_000),
            },
        ),
        Filled::Refused(word) => {
            return Err(Problem::rejected(
                &match word.split(' ').next() {
                    Some("unknown") => Rejection::UnknownInstrument,
                    Some("reused") => Rejection::IdempotencyKeyReused,
                    _ => Rejection::InsufficientMargin { required: Money::ZERO, free: Money::ZERO },
                },
                seq,
            ));
        }
    };
    let answer = OpenAnswer {
        seq: seq.0,
        replayed: false,
        order: OrderRef::filled(OrderId(id.0)),
        position: Some(PositionView::of_receipt(InstrumentId::from(value.instrument.as_str()), &receipt)),
        portfolio: PortfolioView::from(&portfolio),
    };
    let mut bytes = Vec::with_capacity(1_024);
    serde_json::to_writer(&mut bytes, &answer).map_err(|_| Problem::internal())?;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], bytes).into_response())
}
