//! Flushers over an archive: several at once, one that ends, one that is slow, and one that a recovery overtakes.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use ftl_core::id::Seq;
use ftl_core::journal::{ChainCheck, Journal, JournalClock, JournalError, ReadError, StoredBatch};
use ftl_core::projection::Executed;
use ftl_core::state::State;
use ftl_core::time::At;
use ftl_store::SharedOptions;
use ftl_store::archive::{Archive, ArchiveError};
use ftl_store::data_dir::LeagueMeta;
use ftl_store::postgres::batches::PostgresBatches;
use ftl_store::postgres::connect::Database;
use ftl_store::postgres::flusher::{Batches, FlushError, Flusher};
use ftl_store::postgres::leagues::{self, OrderedBy};
use ftl_store::redis::recovery::{Known, recover, shut};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

use crate::database::database;
use crate::league::commands;
use crate::played::play;
use crate::servers::Servers;

const INTERVAL: Duration = Duration::from_millis(5);
/// What is awaited comes in a fraction of it.
const LONG: Duration = Duration::from_secs(30);

/// An archive that knows which of its users stored last.
struct Watched {
    batches: PostgresBatches,
    name: usize,
    last: Arc<Mutex<Option<usize>>>,
}

#[async_trait]
impl Archive for Watched {
    async fn head(&self) -> Result<ChainCheck, JournalError> {
        self.batches.head().await
    }

    async fn epoch(&self) -> Result<u64, JournalError> {
        self.batches.epoch().await
    }

    async fn read(&self, after: Seq, limit: usize) -> Result<Vec<StoredBatch>, ReadError> {
        self.batches.read(after, limit).await
    }

    async fn store(&self, epoch: u64, from: &ChainCheck, batches: &[StoredBatch]) -> Result<ChainCheck, ArchiveError> {
        let stored = self.batches.store(epoch, from, batches).await?;
        *self.last.lock().unwrap() = Some(self.name);
        Ok(stored)
    }
}

/// A database with a league behind Redis, and its archive.
async fn archived_league() -> (Database, PostgresBatches) {
    let database = database().await;
    let meta = LeagueMeta { league: "test".into(), clock: JournalClock::Supplied, created_at: At(1_000) };
    leagues::found(&database, &meta, OrderedBy::Redis).await.unwrap();
    let batches = PostgresBatches::new(&database, "test");
    (database, batches)
}

async fn flusher(database: &Database, league: &str, archive: impl Archive + 'static) -> Arc<Flusher> {
    Arc::new(Flusher::open(database, league, Batches::Archive(Arc::new(archive))).await.unwrap())
}

/// A flusher that keeps up, and where it gets what it writes from.
fn keep_up(flusher: &Arc<Flusher>) -> (UnboundedSender<Executed>, JoinHandle<Result<(), FlushError>>) {
    let (sender, inbox) = unbounded_channel();
    (sender, tokio::spawn(Arc::clone(flusher).keep_up(inbox, INTERVAL)))
}

async fn until_archived(flusher: &Flusher, seq: Seq) {
    tokio::time::timeout(LONG, flusher.archived().wait_for(|at| *at >= seq)).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_flusher_at_work_ends_another_goes_on() {
    let played = play(10).await;
    let (database, batches) = archived_league().await;
    let last = Arc::new(Mutex::new(None));
    let mut running = Vec::new();
    for name in 0..2 {
        let watched = Watched { batches: batches.clone(), name, last: last.clone() };
        let flusher = flusher(&database, "test", watched).await;
        let (sender, keeping_up) = keep_up(&flusher);
        running.push((flusher, sender, keeping_up));
    }
    let (early, late) = played.executed.split_at(played.executed.len() / 2);
    for run in early.chunks(40) {
        for (flusher, sender, _) in &running {
            run.iter().for_each(|executed| sender.send(executed.clone()).unwrap());
            until_archived(flusher, run[0].batch.first).await;
        }
    }
    let at_work = last.lock().unwrap().unwrap();
    let (_, _, victim) = running.remove(at_work);
    victim.abort();
    let _ = victim.await;
    let (survivor, sender, keeping_up) = running.remove(0);
    late.iter().for_each(|executed| sender.send(executed.clone()).unwrap());
    until_archived(&survivor, played.state.seq()).await;
    assert_eq!(batches.head().await.unwrap().tip.seq, played.state.seq());
    drop(sender);
    keeping_up.await.unwrap().unwrap();
    assert!(survivor.watermarks().await.unwrap().values().all(|seq| *seq == played.state.seq()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flusher_does_not_wait_for_ever_for_one_that_is_slow() {
    let played = play(10).await;
    let (database, batches) = archived_league().await;
    let flusher = flusher(&database, "test", batches.clone()).await;
    flusher.archive(&played.executed[..1]).await.unwrap();
    // Another one gets on, a batch at a time, until it finds that somebody else was first.
    let (slow, all) = (batches.clone(), played.executed.clone());
    let moving = tokio::spawn(async move {
        let mut head = slow.head().await.unwrap();
        for (n, executed) in all.iter().enumerate().skip(1) {
            match slow.store(0, &head, std::slice::from_ref(&executed.batch)).await {
                Ok(moved) => head = moved,
                Err(ArchiveError::Moved { .. }) => return n,
                Err(error) => panic!("{error}"),
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        all.len()
    });
    // It is met at work.
    while batches.head().await.unwrap().tip.seq < played.executed[2].batch.last() {
        tokio::task::yield_now().await;
    }
    flusher.archive(&played.executed).await.unwrap();
    let stored = moving.await.unwrap();
    assert!(stored < played.executed.len(), "{stored}");
    assert_eq!(batches.head().await.unwrap().tip.seq, played.state.seq());
}

/// Executes what the journal has behind `after`.
async fn execute(journal: &dyn Journal, state: &mut State, after: Seq) -> Vec<Executed> {
    let batches = journal.read(after, usize::MAX).await.unwrap();
    let executed = |batch: StoredBatch| {
        let outcomes = batch.entries().map(|entry| Arc::new(state.apply(&entry))).collect();
        Executed { batch, outcomes }
    };
    batches.into_iter().map(executed).collect()
}

async fn append(journal: &dyn Journal, ids: std::ops::Range<u64>) {
    for n in ids {
        let seen = journal.head().await.unwrap();
        journal.append(seen, Some(At(5_000)), commands(n * 3..n * 3 + 3)).await.unwrap();
    }
}

#[tokio::test]
async fn a_recovery_that_archives_what_a_flusher_has_not_yet_stored_does_not_end_it() {
    let servers = Servers::both().await;
    // What the recovery archived comes alone, or with what follows it in the new epoch.
    for together in [false, true] {
        let league = servers.found(JournalClock::Supplied, OrderedBy::Redis).await;
        let journal = servers.open(&league, SharedOptions::default()).await;
        let batches = servers.batches(&league);
        let flusher = flusher(&servers.database, &league, batches.clone()).await;
        let (sender, keeping_up) = keep_up(&flusher);
        let send = |executed: Vec<Executed>| executed.into_iter().for_each(|executed| sender.send(executed).unwrap());
        let mut state = State::new();

        append(&*journal, 0..3).await;
        send(execute(&*journal, &mut state, Seq(0)).await);
        until_archived(&flusher, Seq(9)).await;

        append(&*journal, 3..5).await;
        let tail = execute(&*journal, &mut state, Seq(9)).await;
        shut(&servers.redis_server(), &league).await.unwrap();
        let known = Known { epoch: 0, tailed: Vec::new(), acknowledged: Seq(15), refill_after: Seq(0) };
        let recovered = recover(&servers.redis_server(), &servers.database, &league, known).await.unwrap();
        assert_eq!((recovered.epoch, recovered.archived, recovered.head.tip.seq, recovered.lost), (1, 2, Seq(15), None));

        if !together {
            send(tail.clone());
            until_archived(&flusher, Seq(15)).await;
        }
        append(&*journal, 5..7).await;
        let new = execute(&*journal, &mut state, Seq(15)).await;
        assert!(new.iter().all(|executed| executed.batch.epoch == 1));
        send(if together { [tail, new].concat() } else { new });
        until_archived(&flusher, Seq(21)).await;
        let head = batches.head().await.unwrap();
        assert_eq!((head.tip.seq, head.tip.epoch), (Seq(21), 1));
        drop(sender);
        keeping_up.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_flusher_that_executed_what_a_recovery_lost_is_told() {
    let servers = Servers::both().await;
    let league = servers.found(JournalClock::Supplied, OrderedBy::Redis).await;
    let journal = servers.open(&league, SharedOptions::default()).await;
    let flusher = flusher(&servers.database, &league, servers.batches(&league)).await;
    let mut state = State::new();
    append(&*journal, 0..3).await;
    flusher.archive(&execute(&*journal, &mut state, Seq(0)).await).await.unwrap();
    append(&*journal, 3..5).await;
    let lost = execute(&*journal, &mut state, Seq(9)).await;
    let redis = ::redis::Client::open(servers.redis.as_ref().unwrap().url()).unwrap();
    let mut connection = redis.get_multiplexed_async_connection().await.unwrap();
    ::redis::cmd("FLUSHALL").exec_async(&mut connection).await.unwrap();
    let known = Known { epoch: 0, tailed: vec![lost[0].batch.clone()], acknowledged: Seq(15), refill_after: Seq(0) };
    let recovered = recover(&servers.redis_server(), &servers.database, &league, known).await.unwrap();
    assert_eq!(recovered.lost, Some((Seq(13), Seq(15))));
    let told = flusher.archive(&lost).await;
    assert!(matches!(told, Err(FlushError::Archive(ArchiveError::WrongEpoch { current: 1, expected: 0 }))), "{told:?}");
}

#[tokio::test]
async fn a_look_that_another_overtook_leaves_no_gap() {
    let played = play(10).await;
    let (database, batches) = archived_league().await;
    let one = flusher(&database, "test", batches.clone()).await;
    let (early, late) = played.executed.split_at(played.executed.len() / 2);
    // This one looked before anything was stored, and is given what follows.
    let other = flusher(&database, "test", batches).await;
    one.archive(early).await.unwrap();
    assert_eq!(other.archive(late).await.unwrap(), played.state.seq());
}
