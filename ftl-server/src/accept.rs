//! Accepts connections and serves HTTP/1 on them. `axum::serve` has no way to give a client only so long for its request, nor
//! for its answer: whoever opens connections and says nothing, or a byte at a time, or reads nothing, would keep them for ever.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
#[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
use socket2::SockRef;
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

/// Until `ending`, and then until every request that is under way has its answer. A client who takes nothing of his answer for
/// longer than `untaken` is cut off.
pub(crate) async fn accept(listener: TcpListener, routes: Router, untaken: Duration, ending: CancellationToken) {
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = ending.cancelled() => break,
        };
        match accepted {
            Ok((stream, address)) => {
                let_go_after(&stream, Some(untaken));
                // A frame of a stream must not wait until the one before is acknowledged, which takes up to 40 ms.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "what is written waits for the client");
                }
                connections.spawn(serve(stream, address, routes.clone(), ending.clone()));
            }
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
    // HTTP/1 alone: its timers are what keeps the slow away, and a connection of HTTP/2 is many at once.
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEADER);
    let connection = builder.serve_connection(TokioIo::new(stream), service).with_upgrades();
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

/// How long the other side may take nothing of what was written before the connection breaks; not at all where there is none.
/// The kernel counts: whoever writes a response waits for room and sees no clock.
pub(crate) fn let_go_after(stream: &TcpStream, untaken: Option<Duration>) {
    // Elsewhere the system's own patience counts, which is a quarter of an hour for a client that is gone.
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    if let Err(error) = SockRef::from(stream).set_tcp_user_timeout(untaken) {
        tracing::debug!(%error, "a client may take nothing for as long as he likes");
    }
    #[cfg(not(any(target_os = "android", target_os = "fuchsia", target_os = "linux")))]
    let _ = (stream, untaken);
}
