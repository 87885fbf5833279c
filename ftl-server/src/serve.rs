//! A server from its configuration to its end.
//!
//! ```text
//!  stores ─▶ found ─▶ replica catches up ─▶ listen ─▶ … ─▶ stop accepting ─▶ drain appends ─▶ snapshot ─▶ close journal
//! ```

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use ftl_core::command::Genesis;
use ftl_core::id::Seq;
use ftl_core::journal::Journal;
use ftl_core::projection::ProjectionError;
use ftl_store::postgres::presence::Presence;
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::accept::accept;
use crate::app::{App, Parts};
use crate::auth::Tokens;
use crate::auth::keys::{KeyError, Keys};
use crate::config::{Config, Environment, Role};
use crate::history::{History, Writer};
use crate::limits::Limits;
use crate::recovery;
use crate::replica::agreement::Agreement;
use crate::replica::skew;
use crate::replica::snapshots::SnapshotPlan;
use crate::replica::{Replica, ReplicaParts};
use crate::router::router;
use crate::routes::health::standing;
use crate::stores::{StoreError, Stores, default_genesis, found};
use crate::traces::Traces;
use crate::ws::Hub;

/// How long requests that are under way may take to end.
const GRACE: Duration = Duration::from_secs(10);

/// Between two attempts to found a league whose journal does not answer.
const FOUND_AGAIN: Duration = Duration::from_millis(500);

/// Between two rounds of upkeep.
const UPKEEP: Duration = Duration::from_secs(10);
/// Between two times that the other processes may learn how this one is.
const STANDING: Duration = Duration::from_secs(1);

/// The server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The league's files are refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No keys for tokens.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// History does not answer.
    #[error(transparent)]
    History(#[from] ProjectionError),
    /// The port is taken, or another fault of the system's.
    #[error("{what}: {error}")]
    System {
        /// What was tried.
        what: String,
        /// Why it failed.
        error: std::io::Error,
    },
}

/// A server that runs.
pub struct Server {
    /// What its handlers share; an embedder may submit commands through it.
    pub app: App,
    address: SocketAddr,
    serving: JoinHandle<()>,
    writer: Writer,
    upkeep: JoinHandle<()>,
    league: Option<ftl_store::data_dir::League>,
    /// The others know that this process lives until it has ended.
    presence: Option<Arc<Presence>>,
}

/// Serves the league of the configuration until `until` is done; then ends in order.
pub async fn serve(config: Config, until: impl Future<Output = ()>) -> Result<(), ServeError> {
    let stores = Stores::of(&config).await?;
    let genesis = default_genesis(&config.league);
    let server = Server::start(config, stores, genesis).await?;
    tracing::info!(address = %server.address(), "listening");
    until.await;
    server.stop().await
}

/// Done on SIGTERM or Ctrl-C.
pub async fn termination() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        let terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
        let Ok(mut terminate) = terminate else {
            let _ = interrupt.await;
            return;
        };
        tokio::select! {
            _ = interrupt => {}
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    let _ = interrupt.await;
}

impl Server {
    /// Starts on these stores; a league that is new is founded with `genesis`. It answers from the moment that this
    /// returns; `readyz` says when it has caught up.
    pub async fn start(config: Config, stores: Stores, genesis: Genesis) -> Result<Self, ServeError> {
        let system = |what: &str| {
            let what = what.to_owned();
            move |error| ServeError::System { what, error }
        };
        // Nobody outside the machine logs in under any name.
        let host = if config.env == Environment::Production { Ipv4Addr::UNSPECIFIED } else { Ipv4Addr::LOCALHOST };
        let (variable, port) = match config.role {
            Role::Ws => ("WS_PORT", config.ws_port),
            Role::All | Role::Api | Role::Flusher | Role::Feed => ("API_PORT", config.api_port),
        };
        let wanted = SocketAddr::new(IpAddr::V4(host), port);
        let listener = TcpListener::bind(wanted).await.map_err(system(&format!("{variable}: listening on {wanted}")))?;
        let address = listener.local_addr().map_err(system("the port"))?;
        crate::telemetry::figures();
        let keys = Keys::of(&config)?;
        match found(&*stores.journal, genesis.clone()).await {
            Ok(()) => {}
            // The stream may be gone: this process may be the one that recovers it.
            Err(error) if stores.shared.is_some() => {
                tracing::warn!(%error, "the league is founded when its journal answers");
                tokio::spawn(found_by_and_by(Arc::clone(&stores.journal), genesis));
            }
            Err(error) => return Err(error.into()),
        }

        let history = History::open(stores.projections, stores.answers, stores.keeping).await?;
        let (sender, told) = mpsc::unbounded_channel();
        let reload = Arc::new(Notify::new());
        let snapshots = match stores.snapshots {
            Some(store) => SnapshotPlan::new(store, history.is_written_here().then_some(config.snapshot_every), history.brought_up_to()),
            None => SnapshotPlan::none(),
        };
        let streams = matches!(config.role, Role::All | Role::Api | Role::Ws);
        let snapshots = if streams { snapshots.filling_the_window() } else { snapshots };
        let traces = Arc::new(Traces::default());
        let agreement = match &stores.shared {
            Some(shared) => Agreement::through(shared.state_hashes(&config), config.snapshot_every),
            None => Agreement::with_nobody(),
        };
        let parts = ReplicaParts {
            journal: stores.journal,
            clock: Arc::clone(&stores.clock),
            snapshots,
            quarantine: stores.quarantine,
            history: Some(sender),
            begun: history.begun(),
            reload: Arc::clone(&reload),
            kept: stores.kept,
            agreement,
            traces: Arc::clone(&traces),
        };
        let replica = Replica::start(parts).map_err(system("a thread"))?;
        let writer = history.write_from(told, config.flush_interval, reload).map_err(system("a thread"))?;
        let command_key = blake3::derive_key("FTL 2026 command ids of idempotency keys", config.league.as_bytes());
        let app = App::new(Parts {
            limits: Limits::of(&config),
            tokens: Tokens::new(keys),
            tickets: stores.tickets,
            hub: Hub::new(config.streams, config.streams_per_account),
            replica,
            history,
            identities: stores.identities,
            clock: stores.clock,
            equity: Default::default(),
            past: Default::default(),
            replays: Default::default(),
            importing: Default::default(),
            command_key,
            shared: stores.shared.clone(),
            ending: CancellationToken::new(),
            config,
        });
        let upkeep = tokio::spawn(keep_up(app.clone()));
        tokio::spawn(tell_flushed(app.history.written(), traces));
        let presence = stores.shared.as_ref().map(|shared| Arc::clone(&shared.presence));
        if let Some(presence) = &presence {
            tokio::spawn(tell_standing(app.clone(), Arc::clone(presence)));
        }
        if let Some(shared) = stores.shared {
            tokio::spawn(skew::watch(Arc::clone(&app.replica.shared), shared.clone(), app.ending.clone()));
            tokio::spawn(recovery::look_after(app.clone(), shared));
        }
        if streams {
            app.hub.start(&app).map_err(system("a thread"))?;
        }
        let serving = tokio::spawn(accept(listener, router(&app), app.config.stream_silence, app.ending.clone()));
        Ok(Self { app, address, serving, writer, upkeep, league: stores.league, presence })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops accepting, lets what is under way end, drains the appends, takes a snapshot, writes history, closes the
    /// journal.
    pub async fn stop(self) -> Result<(), ServeError> {
        let Self { app, serving, writer, upkeep, league, presence, .. } = self;
        app.replica.announce_end();
        app.ending.cancel();
        app.hub.drain().await;
        if tokio::time::timeout(GRACE, serving).await.is_err() {
            tracing::warn!("requests are cut off");
        }
        app.replays.end().await;
        app.replica.drain().await;
        app.replica.close().await;
        writer.finish().await;
        // What it holds of the league is free before the league is closed.
        let _ = upkeep.await;
        if let Some(league) = league {
            league.close().await.map_err(StoreError::from)?;
        }
        if let Some(presence) = presence {
            presence.end();
        }
        tracing::info!(seq = %app.seq(), "ended");
        Ok(())
    }
}

/// Founds the league as soon as its journal takes it; once it is founded that is nothing.
async fn found_by_and_by(journal: Arc<dyn Journal>, genesis: Genesis) {
    while found(&*journal, genesis.clone()).await.is_err() {
        tokio::time::sleep(FOUND_AGAIN).await;
    }
}

/// What is history ends its commands' traces.
async fn tell_flushed(mut written: watch::Receiver<Seq>, traces: Arc<Traces>) {
    while written.changed().await.is_ok() {
        let seq = *written.borrow_and_update();
        traces.flushed(seq);
    }
}

/// The others learn how this process is until it has ended.
async fn tell_standing(app: App, presence: Arc<Presence>) {
    loop {
        presence.tell(standing(&app), app.hub.presence.accounts());
        if app.ending.is_cancelled() {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(STANDING) => {}
            () = app.ending.cancelled() => {}
        }
    }
}

/// What grows with time is cut back now and then.
async fn keep_up(app: App) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(UPKEEP) => {
                app.limits.forget_the_quiet();
                app.past.forget_the_old();
                crate::telemetry::figures().run_upkeep();
            }
            () = app.ending.cancelled() => return,
        }
    }
}
