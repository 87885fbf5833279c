//! A stream that lost something: noticed, recovered, and what is lost is named.

use ftl_core::id::Seq;
use ftl_core::journal::{AppendError, ChainCheck, Journal, JournalClock, Refusal, Tip};
use ftl_core::time::At;
use ftl_store::SharedOptions;
use ftl_store::archive::{Archive, ArchiveError};
use ftl_store::postgres::leagues::OrderedBy;
use ftl_store::redis::connect::{ConnectError, RedisServer};
use ftl_store::redis::journal::RedisJournal;
use ftl_store::redis::recovery::{Health, Known, RecoveryError, examine, recover};
use ftl_store::throwaway::{AppendFsync, ThrowawayRedis};

use crate::league::commands;
use crate::servers::Servers;

struct Running {
    servers: Servers,
    league: String,
    journal: RedisJournal,
}

impl Running {
    async fn start() -> Self {
        let servers = Servers::start(Some(AppendFsync::Always)).await;
        let league = servers.found(JournalClock::Supplied, OrderedBy::Redis).await;
        let journal = servers.open_redis(&league).await;
        Self { servers, league, journal }
    }

    /// As another process: its connections are new.
    async fn append(&self, batches: u64) -> Tip {
        for n in 0..batches {
            let seen = self.journal.head().await.unwrap();
            self.journal.append(seen, Some(At(5_000)), commands(n * 3..n * 3 + 3)).await.unwrap();
        }
        self.journal.head().await.unwrap()
    }

    /// What a flusher does: everything up to the stream's end into the archive.
    async fn archive(&self) -> ChainCheck {
        let archive = self.servers.batches(&self.league);
        let from = archive.head().await.unwrap();
        let batches = self.journal.read(from.tip.seq, usize::MAX).await.unwrap();
        archive.store(archive.epoch().await.unwrap(), &from, &batches).await.unwrap()
    }

    async fn health(&self) -> Health {
        examine(&self.servers.redis_server(), &self.servers.batches(&self.league)).await.unwrap()
    }

    async fn recover(&self, known: Known) -> Result<ftl_store::redis::recovery::Recovered, RecoveryError> {
        recover(&self.servers.redis_server(), &self.servers.database, &self.league, known).await
    }

    /// As if the head had been set in the life that the server is in.
    async fn hide_the_restart(&self) {
        let client = redis::Client::open(self.servers.redis.as_ref().unwrap().url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let server: String = redis::cmd("INFO").arg("server").query_async(&mut connection).await.unwrap();
        let run = server.lines().find_map(|line| line.strip_prefix("run_id:")).unwrap();
        let head = format!("{{{}}}:head", self.league);
        redis::cmd("HSET").arg(head).arg("run").arg(run.trim()).exec_async(&mut connection).await.unwrap();
    }

    async fn command(&self, name: &str) {
        let client = redis::Client::open(self.servers.redis.as_ref().unwrap().url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        redis::cmd(name).exec_async(&mut connection).await.unwrap();
    }
}

fn known(epoch: u64, acknowledged: u64) -> Known {
    Known { epoch, tailed: Vec::new(), acknowledged: Seq(acknowledged), refill_after: Seq(0) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_evicts_is_refused() {
    let redis = ThrowawayRedis::start_with(AppendFsync::Always, &["--maxmemory-policy", "allkeys-lru"]).unwrap();
    let refused = RedisServer::at(&redis.url()).unwrap().require_settings().await;
    assert!(matches!(&refused, Err(ConnectError::Evicts(policy)) if policy == "allkeys-lru"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_stream_has_trimmed_is_read_from_the_archive() {
    let running = Running::start().await;
    running.append(10).await;
    let whole = running.journal.read(Seq(0), usize::MAX).await.unwrap();
    running.archive().await;
    running.append(2).await;
    assert_eq!(running.journal.trim(Seq(15)).await.unwrap(), 4);
    for after in [0u64, 3, 12, 15, 18, 27] {
        let mut check = ChainCheck::default();
        for batch in whole.iter().filter(|batch| batch.last().0 <= after) {
            check.follow(batch).unwrap();
        }
        let mut read = Seq(after);
        while read < Seq(36) {
            for batch in running.journal.read(read, 4).await.unwrap() {
                check.follow(&batch).unwrap();
                read = batch.last();
            }
        }
        assert_eq!(check.tip, running.journal.head().await.unwrap(), "after {after}");
    }
    // What is not archived stays, however far it is trimmed, and so does the last batch.
    assert_eq!(running.journal.trim(Seq(1_000)).await.unwrap(), 5);
    assert_eq!(running.health().await, Health::Sound);
    running.archive().await;
    assert_eq!(running.journal.trim(Seq(1_000)).await.unwrap(), 2);
    assert_eq!(running.health().await, Health::Sound);
    running.append(1).await;
    assert_eq!(running.journal.head().await.unwrap().seq, Seq(39));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emptied_redis_refuses_appends_until_it_is_recovered_and_what_is_lost_is_named() {
    let running = Running::start().await;
    running.append(4).await;
    let archived = running.archive().await;
    let acknowledged = running.append(2).await;
    running.command("FLUSHALL").await;

    assert_eq!(running.health().await, Health::Missing);
    let refused = running.journal.append(acknowledged, Some(At(6_000)), commands(50..51)).await;
    assert!(matches!(refused, Err(AppendError::Refused(Refusal::Store(_)))), "{refused:?}");
    // Another process that starts now does not make a stream of its own.
    let late = running.servers.open_redis(&running.league).await;
    late.head().await.unwrap_err();

    let recovered = running.recover(known(0, acknowledged.seq.0)).await.unwrap();
    assert_eq!((recovered.epoch, recovered.head.clone()), (1, archived.clone()));
    assert_eq!(recovered.lost, Some((Seq(13), Seq(18))));
    assert_eq!(running.health().await, Health::Sound);
    let refused = running.journal.append(acknowledged, Some(At(6_000)), commands(50..51)).await;
    assert!(matches!(refused, Err(AppendError::Refused(Refusal::WrongEpoch { current: 1, seen: 0 }))), "{refused:?}");
    let beyond = Tip { epoch: 1, ..acknowledged };
    let refused = running.journal.append(beyond, Some(At(6_000)), commands(50..51)).await;
    assert!(matches!(refused, Err(AppendError::Refused(Refusal::HeadBehind { .. }))), "{refused:?}");

    let seen = late.head().await.unwrap();
    assert_eq!((seen.epoch, seen.seq), (1, archived.tip.seq));
    late.append(seen, Some(At(6_000)), commands(60..61)).await.unwrap();
    let mut check = ChainCheck::default();
    running.journal.read(Seq(0), usize::MAX).await.unwrap().iter().for_each(|batch| check.follow(batch).unwrap());
    assert_eq!(check.tip.seq, Seq(13));
    assert_eq!(running.archive().await, check);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_tailed_before_the_stream_went_is_saved() {
    let running = Running::start().await;
    running.append(4).await;
    running.archive().await;
    let acknowledged = running.append(3).await;
    let tailed = running.journal.read(Seq(6), usize::MAX).await.unwrap();
    running.command("FLUSHALL").await;
    let recovered = running.recover(Known { tailed, refill_after: Seq(9), ..known(0, acknowledged.seq.0) }).await.unwrap();
    assert_eq!((recovered.archived, recovered.refilled, recovered.lost), (3, 4, None));
    assert_eq!(recovered.head.tip, acknowledged);
    let seen = running.journal.head().await.unwrap();
    running.journal.append(seen, Some(At(6_000)), commands(60..61)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_copy_of_rediss_directory_is_noticed_and_recovered() {
    let mut running = Running::start().await;
    running.append(3).await;
    let copy = tempfile::tempdir().unwrap();
    let older = copy.path().join("older");
    running.servers.redis.as_ref().unwrap().copy_data(&older).unwrap();
    let acknowledged = running.append(4).await;
    let archived = running.archive().await;
    assert_eq!(archived.tip, acknowledged);

    let redis = running.servers.redis.as_mut().unwrap();
    redis.kill();
    redis.put_back(&older).unwrap();
    redis.restart().unwrap();
    assert_eq!(running.health().await, Health::Restarted);
    // Neither who has applied more than it holds nor who has applied nothing appends to it.
    for seen in [acknowledged, Tip::default()] {
        let why = loop {
            match running.journal.append(seen, Some(At(6_000)), commands(50..51)).await {
                Err(AppendError::Refused(Refusal::Store(why))) if why.contains("began anew") => break why,
                Err(AppendError::Refused(Refusal::Store(_)) | AppendError::Unknown(_)) => {}
                other => panic!("{other:?}"),
            }
        };
        assert!(why.contains("recovered"), "{why}");
    }

    // Where the service does not tell that it began anew.
    running.hide_the_restart().await;
    assert_eq!(running.health().await, Health::Behind { stream: Seq(9), archive: Seq(21) });
    let recovered = running.recover(known(0, acknowledged.seq.0)).await.unwrap();
    assert_eq!((recovered.epoch, recovered.head, recovered.lost), (1, archived, None));
    // The connection of before is gone.
    let _ = running.journal.head().await;
    assert_eq!(running.journal.head().await.unwrap(), Tip { epoch: 1, ..acknowledged });

    // The copy once more: it is of an epoch that is over.
    let redis = running.servers.redis.as_mut().unwrap();
    redis.kill();
    redis.put_back(&older).unwrap();
    redis.restart().unwrap();
    assert_eq!(running.health().await, Health::OtherEpoch { stream: 0, league: 1 });
    // Who knows of no epoch but the first recovers it too: a recovery that died may have been the last to know more.
    let recovered = running.recover(known(0, acknowledged.seq.0)).await.unwrap();
    assert_eq!((recovered.epoch, recovered.lost), (2, None));
    assert_eq!(running.health().await, Health::Sound);
    assert!(matches!(running.recover(known(0, 0)).await, Err(RecoveryError::Done(2))));
}

/// Makes one follow another, and waits until it has what that one has.
async fn follow(one: &ThrowawayRedis, other: &ThrowawayRedis) {
    let client = redis::Client::open(one.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let port = other.port().to_string();
    redis::cmd("REPLICAOF").arg("127.0.0.1").arg(port).exec_async(&mut connection).await.unwrap();
    loop {
        let info: String = redis::cmd("INFO").arg("replication").query_async(&mut connection).await.unwrap();
        if info.contains("master_link_status:up") {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

async fn promote(one: &ThrowawayRedis) {
    let client = redis::Client::open(one.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    redis::cmd("REPLICAOF").arg("NO").arg("ONE").exec_async(&mut connection).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_master_that_was_a_replica_meanwhile_is_in_another_life() {
    let running = Running::start().await;
    running.append(3).await;
    running.archive().await;
    let standby = ThrowawayRedis::start(AppendFsync::Always).unwrap();
    let master = running.servers.redis.as_ref().unwrap();
    follow(&standby, master).await;
    assert_eq!(running.health().await, Health::Sound);
    promote(&standby).await;
    // What only the former master has goes when it follows the other; its process goes on all the time.
    let acknowledged = running.append(2).await;
    follow(master, &standby).await;
    promote(master).await;

    assert_eq!(running.health().await, Health::Restarted);
    let late = running.servers.open_redis(&running.league).await;
    late.head().await.unwrap_err();
    let refused = late.append(Tip::default(), Some(At(6_000)), commands(50..51)).await;
    assert!(matches!(refused, Err(AppendError::Refused(Refusal::Store(_)))), "{refused:?}");
    let recovered = running.recover(known(0, acknowledged.seq.0)).await.unwrap();
    assert_eq!((recovered.head.tip.seq, recovered.lost), (Seq(9), Some((Seq(10), Seq(15)))));
    assert_eq!(running.health().await, Health::Sound);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_history_in_the_stream_is_noticed() {
    let mut running = Running::start().await;
    running.append(3).await;
    let copy = tempfile::tempdir().unwrap();
    let older = copy.path().join("older");
    running.servers.redis.as_ref().unwrap().copy_data(&older).unwrap();
    running.append(2).await;
    running.archive().await;
    let redis = running.servers.redis.as_mut().unwrap();
    redis.kill();
    redis.put_back(&older).unwrap();
    redis.restart().unwrap();
    // Where the service does not tell that it began anew, a process that has applied nothing appends to the older copy until
    // it is as long as the archive.
    running.hide_the_restart().await;
    let fresh = running.servers.open_redis(&running.league).await;
    fresh.append(Tip::default(), Some(At(6_000)), commands(900..912)).await.unwrap();
    assert_eq!(running.health().await, Health::Unlinked { at: Seq(15) });
    let recovered = running.recover(known(0, 21)).await.unwrap();
    assert_eq!((recovered.head.tip.seq, recovered.lost), (Seq(15), Some((Seq(16), Seq(21)))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_went_from_under_its_head_takes_nothing_and_is_noticed() {
    let running = Running::start().await;
    let acknowledged = running.append(3).await;
    let client = redis::Client::open(running.servers.redis.as_ref().unwrap().url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let key = format!("{{{}}}:journal:0", running.league);
    redis::cmd("DEL").arg(&key).exec_async(&mut connection).await.unwrap();
    assert!(matches!(running.health().await, Health::Unlinked { .. }));
    for _ in 0..2 {
        let refused = running.journal.append(acknowledged, Some(At(6_000)), commands(50..51)).await;
        assert!(matches!(refused, Err(AppendError::Refused(Refusal::Store(_)))), "{refused:?}");
    }
    assert!(!redis::cmd("EXISTS").arg(&key).query_async::<bool>(&mut connection).await.unwrap());
    let recovered = running.recover(known(0, acknowledged.seq.0)).await.unwrap();
    assert_eq!((recovered.head.tip.seq, recovered.lost.unwrap().0), (Seq(0), Seq(1)));
    let seen = running.journal.head().await.unwrap();
    running.journal.append(seen, Some(At(6_000)), commands(60..61)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_that_recover_at_once_raise_the_epoch_once() {
    let running = Running::start().await;
    running.append(3).await;
    running.archive().await;
    running.command("FLUSHALL").await;
    let (one, other) = futures::future::join(running.recover(known(0, 9)), running.recover(known(0, 9))).await;
    assert_eq!(usize::from(one.is_ok()) + usize::from(other.is_ok()), 1, "{one:?} {other:?}");
    assert_eq!(running.health().await, Health::Sound);
    assert_eq!(running.journal.head().await.unwrap().epoch, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flusher_that_slept_through_a_recovery_stores_nothing_and_two_store_nothing_twice() {
    let running = Running::start().await;
    running.append(3).await;
    let archive = running.servers.batches(&running.league);
    let batches = running.journal.read(Seq(0), usize::MAX).await.unwrap();
    let start = ChainCheck::default();
    let (one, other) = futures::future::join(archive.store(0, &start, &batches), archive.store(0, &start, &batches)).await;
    let moved = [one, other].into_iter().filter(|stored| matches!(stored, Err(ArchiveError::Moved { head: Seq(9) }))).count();
    assert_eq!(moved, 1);
    let head = archive.head().await.unwrap();
    running.append(1).await;
    let late = running.journal.read(head.tip.seq, usize::MAX).await.unwrap();
    running.command("FLUSHALL").await;
    running.recover(known(0, 12)).await.unwrap();
    let refused = archive.store(0, &head, &late).await;
    assert!(matches!(refused, Err(ArchiveError::WrongEpoch { current: 1, expected: 0 })), "{refused:?}");
    let torn = archive.store(1, &ChainCheck::default(), &late).await;
    assert!(matches!(torn, Err(ArchiveError::Unlinked(_))), "{torn:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_was_acknowledged_survives_a_kill_of_redis_that_syncs_always() {
    let mut running = Running::start().await;
    let mut acknowledged = Seq(0);
    for round in 0..3u64 {
        let options = SharedOptions::default();
        let journal = running.servers.open_redis_with(&running.league, options).await;
        let appending = tokio::spawn(async move {
            let mut last = Seq(0);
            for n in 0u64.. {
                match journal.append(Tip { epoch: round, ..Tip::default() }, Some(At(5_000)), commands(n..n + 5)).await {
                    Ok(appended) => last = appended.last,
                    Err(_) => break,
                }
            }
            last
        });
        while running.journal.head().await.unwrap().seq < Seq(acknowledged.0 + 200 + round * 37) {
            tokio::task::yield_now().await;
        }
        running.servers.redis.as_mut().unwrap().kill();
        acknowledged = appending.await.unwrap();
        running.servers.redis.as_mut().unwrap().restart().unwrap();
        running.recover(known(round, acknowledged.0)).await.unwrap();
        let _ = running.journal.head().await;
        let mut check = ChainCheck::default();
        running.journal.read(Seq(0), usize::MAX).await.unwrap().iter().for_each(|batch| check.follow(batch).unwrap());
        assert!(check.tip.seq >= acknowledged, "{} of {acknowledged}", check.tip.seq);
        assert_eq!(Tip { epoch: round + 1, ..check.tip }, running.journal.head().await.unwrap());
        acknowledged = check.tip.seq;
    }
}
