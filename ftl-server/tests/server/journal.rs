//! A journal that does not say whether it took something: never twice, never too late.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use async_trait::async_trait;
use ftl_core::command::{Action, Command};
use ftl_core::id::{AccountId, BookId, CommandId, OrderId, Seq};
use ftl_core::journal::memory::MemoryJournal;
use ftl_core::journal::{AppendError, Appended, Clock, Journal, JournalError, ReadError, Refusal, StoredBatch, Tip};
use ftl_core::time::At;
use ftl_server::replica::append::{Lane, SubmitError};
use ftl_server::replica::quarantine::Quarantine;
use ftl_server::stores::Stores;
use ftl_store::memory::MemoryProjections;
use serde_json::json;
use tokio::sync::{Notify, watch};

use crate::harness::{Harness, config};

/// A clock that the test moves.
struct Hands(AtomicU64);

impl Clock for Hands {
    fn now(&self) -> At {
        At(self.0.load(Ordering::Relaxed))
    }
}

const SOUND: u8 = 0;
const TAKES_AND_IS_SILENT: u8 = 1;
const LOSES_AND_IS_SILENT: u8 = 2;
const HOLDS: u8 = 3;
const REFUSES: u8 = 4;

struct Silent {
    inner: MemoryJournal,
    mood: AtomicU8,
    /// Appends that began to be held, and when they go on.
    held: watch::Sender<u32>,
    released: Notify,
}

impl Silent {
    fn release(&self) {
        self.mood.store(SOUND, Ordering::Relaxed);
        self.released.notify_waiters();
    }
}

#[async_trait]
impl Journal for Silent {
    async fn append(&self, seen: Tip, at: Option<At>, commands: Vec<Command>) -> Result<Appended, AppendError> {
        while self.mood.load(Ordering::Relaxed) == HOLDS {
            let released = self.released.notified();
            self.held.send_modify(|held| *held += 1);
            released.await;
        }
        let unknown = || Err(AppendError::Unknown("the line is dead".into()));
        match self.mood.load(Ordering::Relaxed) {
            TAKES_AND_IS_SILENT => {
                self.inner.append(seen, at, commands).await?;
                unknown()
            }
            LOSES_AND_IS_SILENT => unknown(),
            REFUSES => Err(AppendError::Refused(Refusal::Store("no space left on device".into()))),
            _ => self.inner.append(seen, at, commands).await,
        }
    }
    async fn read(&self, after: Seq, limit: usize) -> Result<Vec<StoredBatch>, ReadError> {
        self.inner.read(after, limit).await
    }
    async fn head(&self) -> Result<Tip, JournalError> {
        self.inner.head().await
    }
    async fn wait(&self, after: Seq) -> Result<(), JournalError> {
        self.inner.wait(after).await
    }
}

async fn league() -> (Harness, Arc<Silent>, Arc<Hands>) {
    let directory = tempfile::tempdir().unwrap();
    let config = config(directory.path(), &[]);
    let sqlite = Stores::in_directory(&config.data, &config.league).await.unwrap();
    let clock = Arc::new(Hands(AtomicU64::new(1_700_000_000_000)));
    let journal = Arc::new(Silent {
        inner: MemoryJournal::stamped_by(clock.clone()),
        mood: AtomicU8::new(SOUND),
        held: watch::Sender::new(0),
        released: Notify::new(),
    });
    let history = Arc::new(MemoryProjections::default());
    let stores = Stores {
        journal: journal.clone(),
        projections: history.clone(),
        answers: history,
        snapshots: None,
        quarantine: Quarantine::in_memory(),
        clock: clock.clone(),
        ..sqlite
    };
    (Harness::over(directory, config, stores).await, journal, clock)
}

#[tokio::test]
async fn an_append_of_unknown_fate_that_landed_is_found() {
    let (harness, journal, _) = league().await;
    harness.list("lionel-messi").await;
    let token = harness.player("unlucky").await;
    harness.get("/api/portfolio").bearer(&token).send().await.ok();
    journal.mood.store(TAKES_AND_IS_SILENT, Ordering::Relaxed);
    let reply = harness.open(&token, "lionel-messi", "long", "k").await;
    reply.is(503, "append_unknown");
    assert!(reply.headers.contains_key("retry-after"));
    journal.mood.store(SOUND, Ordering::Relaxed);
    let mut again = harness.open(&token, "lionel-messi", "long", "k").await;
    while again.status == 503 {
        again = harness.open(&token, "lionel-messi", "long", "k").await;
    }
    assert_eq!((again.status, &again.body["replayed"]), (200, &json!(true)), "{}", again.body);
    assert_eq!(harness.get("/api/positions").bearer(&token).send().await.ok()["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_append_of_unknown_fate_is_not_sent_again_before_it_is_too_late_for_it() {
    let (harness, journal, clock) = league().await;
    harness.list("lionel-messi").await;
    let token = harness.player("unlucky").await;
    harness.get("/api/portfolio").bearer(&token).send().await.ok();
    journal.mood.store(LOSES_AND_IS_SILENT, Ordering::Relaxed);
    harness.open(&token, "lionel-messi", "long", "k").await.is(503, "append_unknown");
    journal.mood.store(SOUND, Ordering::Relaxed);
    let before = harness.server.app.seq();
    harness.open(&token, "lionel-messi", "long", "k").await.is(503, "append_unknown");
    assert_eq!(harness.server.app.seq(), before);
    clock.0.fetch_add(10_001, Ordering::Relaxed);
    let reply = harness.open(&token, "lionel-messi", "long", "k").await.ok();
    assert_eq!(reply["replayed"], false);
}

#[tokio::test]
async fn a_store_that_takes_nothing_is_told_until_it_takes_something_again() {
    let (harness, journal, _) = league().await;
    harness.list("lionel-messi").await;
    let token = harness.player("unlucky").await;
    harness.get("/api/portfolio").bearer(&token).send().await.ok();
    journal.mood.store(REFUSES, Ordering::Relaxed);
    harness.open(&token, "lionel-messi", "long", "k").await.is(503, "journal_refused");
    let ready = harness.get("/readyz").send().await.ok();
    let expect = "the last append was refused: the store refuses: no space left on device";
    assert_eq!((&ready["status"], &ready["detail"]), (&json!("degraded"), &json!(expect)));
    // What was refused is certainly not in, and what is there is read as before.
    harness.get("/api/portfolio").bearer(&token).send().await.ok();
    journal.mood.store(SOUND, Ordering::Relaxed);
    assert_eq!(harness.open(&token, "lionel-messi", "long", "k").await.ok()["replayed"], false);
    let ready = harness.get("/readyz").send().await.ok();
    assert_eq!((&ready["status"], ready.get("detail")), (&json!("ready"), None));
}

#[tokio::test]
async fn a_retry_after_the_window_gets_its_first_answer_from_history() {
    let (harness, _, clock) = league().await;
    harness.list("lionel-messi").await;
    let token = harness.player("patient").await;
    let first = harness.open(&token, "lionel-messi", "long", "k").await.ok();
    harness.get("/api/trades").bearer(&token).send().await.ok();
    clock.0.fetch_add(20 * 60 * 1000, Ordering::Relaxed);
    // Time passes in the journal, and the state forgets.
    harness.open(&token, "lionel-messi", "short", "other").await.ok();
    let before = harness.server.app.seq();
    let again = harness.open(&token, "lionel-messi", "long", "k").await.ok();
    assert_eq!((&again["replayed"], &again["seq"], &again["position"]), (&json!(true), &first["seq"], &first["position"]));
    harness.open(&token, "lionel-messi", "short", "k").await.is(409, "idempotency_key_reused");
    assert_eq!(harness.server.app.seq(), before);
}

/// A command that the league refuses and that changes nothing.
fn harmless(n: u128) -> Command {
    let action = Action::CancelOrder { book: BookId::season(AccountId(1)), order: OrderId(n) };
    Command { id: CommandId(1 << 100 | n), body: 0, not_after: None, action }
}

#[tokio::test]
async fn a_request_that_is_dropped_does_not_drop_its_command() {
    let (harness, journal, _) = league().await;
    harness.list("lionel-messi").await;
    let token = harness.player("impatient").await;
    harness.get("/api/portfolio").bearer(&token).send().await.ok();
    let mut held = journal.held.subscribe();
    journal.mood.store(HOLDS, Ordering::Relaxed);
    tokio::select! {
        _ = harness.open(&token, "lionel-messi", "long", "k") => panic!("the journal holds it"),
        _ = held.changed() => {}
    }
    journal.release();
    let again = harness.open(&token, "lionel-messi", "long", "k").await.ok();
    assert_eq!(again["replayed"], true);
}

#[tokio::test]
async fn opens_are_shed_first_and_what_lowers_risk_goes_before_them() {
    let (harness, journal, _) = league().await;
    let app = &harness.server.app;
    let mut held = journal.held.subscribe();
    journal.mood.store(HOLDS, Ordering::Relaxed);
    let submit = |lane: Lane, n: u128| {
        let app = app.clone();
        tokio::spawn(async move { app.replica.submit(lane, harmless(n)).await })
    };
    let in_flight = submit(Lane::Open, 0);
    held.changed().await.unwrap();
    let waiting: Vec<_> = (1..=4_096).map(|n| submit(Lane::Open, n)).collect();
    // The queue is full as soon as an open is refused.
    let mut n = 5_000;
    loop {
        n += 1;
        if let Ok(Err(error)) =
            tokio::time::timeout(std::time::Duration::from_millis(20), app.replica.submit(Lane::Open, harmless(n))).await
        {
            assert_eq!(error, SubmitError::Overloaded);
            break;
        }
    }
    let close = submit(Lane::Close, 1_000_000);
    let feed = submit(Lane::Feed, 1_000_001);
    tokio::task::yield_now().await;
    journal.release();
    assert!(in_flight.await.unwrap().is_ok());
    let (close, feed) = (close.await.unwrap().unwrap(), feed.await.unwrap().unwrap());
    assert!(feed.seq < close.seq);
    let mut shed = 0;
    for open in waiting {
        match open.await.unwrap() {
            Ok(outcome) => assert!(outcome.seq > close.seq),
            Err(error) => {
                assert_eq!(error, SubmitError::Overloaded);
                shed += 1;
            }
        }
    }
    assert!(shed > 0);
}
