//! A network that swallows everything: no answer, no reset. Whoever reads is told in time, and reads on when it is back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ftl_core::id::Seq;
use ftl_core::journal::{JournalClock, ReadError, Tip};
use ftl_core::time::At;
use ftl_store::SharedOptions;
use ftl_store::archive::Archive;
use ftl_store::postgres::batches::PostgresBatches;
use ftl_store::postgres::connect::Database;
use ftl_store::postgres::leagues::OrderedBy;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::league::commands;
use crate::servers::Servers;

/// Passes bytes on to a port while `open` says so; connections made meanwhile hear nothing either.
async fn network(to: u16, open: watch::Receiver<bool>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let open = open.clone();
            tokio::spawn(async move {
                let far = TcpStream::connect(("127.0.0.1", to)).await.unwrap();
                let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
                tokio::spawn(pass(near_in, far_out, open.clone()));
                tokio::spawn(pass(far_in, near_out, open));
            });
        }
    });
    port
}

async fn pass(mut from: impl AsyncReadExt + Unpin, mut to: impl AsyncWriteExt + Unpin, mut open: watch::Receiver<bool>) {
    let mut bytes = [0; 4_096];
    while let Ok(n @ 1..) = from.read(&mut bytes).await {
        if open.wait_for(|open| *open).await.is_err() || to.write_all(&bytes[..n]).await.is_err() {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_through_a_network_that_swallows_everything_ends_and_the_next_one_is_answered() {
    let servers = Servers::postgres().await;
    let league = servers.found(JournalClock::Supplied, OrderedBy::Postgres).await;
    let journal = servers.open(&league, SharedOptions::default()).await;
    journal.append(Tip::default(), Some(At(1)), commands(0..2)).await.unwrap();
    let (gate, open) = watch::channel(true);
    let port = network(servers.postgres.port(), open).await;
    let url = servers.postgres.tcp_url_of("postgres").replace(&servers.postgres.port().to_string(), &port.to_string());
    let batches = Arc::new(PostgresBatches::new(&Database::at(&url).unwrap(), &league));
    assert_eq!(batches.read(Seq(0), 10).await.unwrap().len(), 1);
    batches.head().await.unwrap();

    gate.send_replace(false);
    let begun = Instant::now();
    batches.head().await.unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    let refused = batches.read(Seq(0), 10).await;
    assert!(matches!(refused, Err(ReadError::Unavailable(_))), "{refused:?}");
    assert!(begun.elapsed() < Duration::from_secs(12), "{:?}", begun.elapsed());
    gate.send_replace(true);
    assert_eq!(batches.read(Seq(0), 10).await.unwrap().len(), 1);
}
