//! A recovery that is frozen on its way: another takes its place, and what the first one still had to say to Redis is not done.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ftl_core::id::Seq;
use ftl_core::journal::{Journal, JournalClock, Tip};
use ftl_core::time::At;
use ftl_store::postgres::leagues::{EpochLock, LeagueError, OrderedBy};
use ftl_store::redis::connect::RedisServer;
use ftl_store::redis::recovery::{Known, RecoveryError, recover};
use ftl_store::throwaway::AppendFsync;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::league::commands;
use crate::servers::Servers;

/// A way to Redis that holds whatever sets a head until it is let go, also when whoever said it is gone.
struct HeldWay {
    port: u16,
    /// How many have come so far.
    held: watch::Receiver<usize>,
    let_go: watch::Sender<bool>,
    /// How many have arrived since.
    arrived: watch::Receiver<usize>,
}

impl HeldWay {
    async fn to(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let ((holding, held), (let_go, gate)) = (watch::channel(0), watch::channel(false));
        let (arriving, arrived) = watch::channel(0);
        let (holding, arriving) = (Arc::new(holding), Arc::new(arriving));
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let far = TcpStream::connect(("127.0.0.1", target)).await.unwrap();
                let ((mut near_in, mut near_out), (mut far_in, mut far_out)) = (near.into_split(), far.into_split());
                let (holding, arriving, mut gate) = (Arc::clone(&holding), Arc::clone(&arriving), gate.clone());
                tokio::spawn(async move {
                    let mut bytes = [0; 4_096];
                    while let Ok(n @ 1..) = near_in.read(&mut bytes).await {
                        let sets_a_head = bytes[..n].windows(4).any(|found| found == b"HSET");
                        if sets_a_head {
                            holding.send_modify(|count| *count += 1);
                            gate.wait_for(|open| *open).await.unwrap();
                        }
                        far_out.write_all(&bytes[..n]).await.unwrap();
                        if sets_a_head {
                            // An answer to what follows on the same connection says that it was dealt with.
                            far_out.write_all(b"PING\r\n").await.unwrap();
                            arriving.send_modify(|count| *count += 1);
                        }
                    }
                    // What is left of the answers is read before the connection ends.
                    far_out.shutdown().await.unwrap();
                });
                tokio::spawn(async move {
                    let _ = copy(&mut far_in, &mut near_out).await;
                });
            }
        });
        Self { port, held, let_go, arrived }
    }
}

fn known() -> Known {
    Known { epoch: 0, tailed: Vec::new(), acknowledged: Seq(0), refill_after: Seq(0) }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_frozen_recovery_says_when_another_has_begun_is_not_done() {
    let servers = Servers::start(Some(AppendFsync::Always)).await;
    let league = servers.found(JournalClock::Supplied, OrderedBy::Redis).await;
    let journal = servers.open_redis(&league).await;
    journal.append(Tip::default(), Some(At(5_000)), commands(0..3)).await.unwrap();
    let url = servers.redis.as_ref().unwrap().url();
    let client = redis::Client::open(url.clone()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    redis::cmd("DEL").arg(format!("{{{league}}}:head")).exec_async(&mut connection).await.unwrap();

    let mut way = HeldWay::to(servers.redis.as_ref().unwrap().port()).await;
    let slow = RedisServer::at(&format!("redis://127.0.0.1:{}/", way.port)).unwrap();
    let frozen = tokio::spawn({
        let (database, league) = (servers.database.clone(), league.clone());
        async move { recover(&slow, &database, &league, known()).await }
    });
    way.held.wait_for(|held| *held == 1).await.unwrap();
    // It gives up in time; what it said is on its way still.
    let gave_up = frozen.await.unwrap();
    assert!(matches!(gave_up, Err(RecoveryError::Redis(_))), "{gave_up:?}");

    let recovered = recover(&servers.redis_server(), &servers.database, &league, known()).await.unwrap();
    assert_eq!((recovered.epoch, recovered.lost), (2, None));
    let _ = journal.head().await;
    let head = journal.head().await.unwrap();
    assert_eq!((head.epoch, head.seq), (2, Seq(3)));
    journal.append(head, Some(At(6_000)), commands(60..61)).await.unwrap();

    way.let_go.send_replace(true);
    way.arrived.wait_for(|arrived| *arrived == 1).await.unwrap();
    // Redis answers one connection after another: behind these it has dealt with what was let go.
    for _ in 0..50 {
        redis::cmd("PING").exec_async(&mut connection).await.unwrap();
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let head = journal.head().await.unwrap();
    assert_eq!((head.epoch, head.seq), (2, Seq(4)));
    journal.append(head, Some(At(6_000)), commands(61..62)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lock_of_a_process_that_says_nothing_more_goes_to_the_next() {
    let servers = Servers::postgres().await;
    let league = servers.found(JournalClock::Supplied, OrderedBy::Postgres).await;
    let frozen = EpochLock::take(&servers.database, &league).await.unwrap();
    let begun = Instant::now();
    let mut next = loop {
        match EpochLock::take(&servers.database, &league).await {
            Ok(lock) => break lock,
            Err(LeagueError::Recovering(_)) => tokio::time::sleep(Duration::from_millis(100)).await,
            Err(error) => panic!("{error}"),
        }
    };
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    next.raise(0).await.unwrap();
    let mut frozen = frozen;
    // It finds out before it raises anything.
    frozen.raise(1).await.unwrap_err();
    assert_eq!(next.epoch().await.unwrap(), 1);
}
