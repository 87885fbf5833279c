//! Accepts connections and serves HTTP on them. `axum::serve` has no way to give a client only so long for its request:
//! whoever opens connections and says nothing, or a byte at a time, would keep them for ever.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service;

/// How long the first request of a connection may take to come in.
const FIRST_REQUEST: Duration = Duration::from_secs(10);
/// How long the head of a later one may; an idle connection ends then.
const HEADER: Duration = Duration::from_secs(75);
/// Between two attempts where the system has no more descriptors.
const BREATH: Duration = Duration::from_millis(100);

/// Until `ending`, and then until every request that is under way has its answer.
pub(crate) async fn accept(listener: TcpListener, routes: Router, ending: CancellationToken) {
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = ending.cancelled() => break,
        };
        match accepted {
            Ok((stream, address)) => drop(connections.spawn(serve(stream, address, routes.clone(), ending.clone()))),
            Err(error) if matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset) => {}
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

async fn serve(stream: TcpStream, address: SocketAddr, routes: Router, ending: CancellationToken) {
    let asked = Arc::new(AtomicBool::new(false));
    let asked_there = Arc::clone(&asked);
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        asked_there.store(true, Ordering::Relaxed);
        request.extensions_mut().insert(ConnectInfo(address));
        routes.clone().call(request.map(Body::new))
    });
    // Its timers and the upgrade are of HTTP/1; of HTTP/2 nobody has asked for more.
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER);
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let too_late = tokio::time::sleep(FIRST_REQUEST);
    let mut too_late = std::pin::pin!(too_late);
    let (mut waiting, mut serving) = (true, true);
    loop {
        tokio::select! {
            // How a connection broke is the client's business.
            _ = connection.as_mut() => return,
            () = &mut too_late, if waiting => {
                waiting = false;
                if !asked.load(Ordering::Relaxed) {
                    return;
                }
            }
            () = ending.cancelled(), if serving => {
                serving = false;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}
