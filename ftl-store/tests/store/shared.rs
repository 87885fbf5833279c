//! What journals that several processes share do beyond what every journal does: PostgreSQL alone, and behind Redis.

use std::sync::Arc;

use ftl_core::id::Seq;
use ftl_core::journal::Clock;
use ftl_core::journal::{AppendError, ChainCheck, Journal, JournalClock, Refusal, StoredBatch, Tip};
use ftl_core::time::At;
use ftl_store::SharedOptions;
use ftl_store::clock::SystemClock;
use ftl_store::conformance::ManualClock;
use ftl_store::data_dir::LeagueMeta;
use ftl_store::postgres::journal::PostgresJournal;
use ftl_store::postgres::leagues::{self, LeagueError, OrderedBy};

use crate::league::{commands, read_all};
use crate::servers::Servers;

const BOTH: [OrderedBy; 2] = [OrderedBy::Postgres, OrderedBy::Redis];

/// Appends one batch after the other, at whatever the head is; says what was acknowledged.
async fn append_many(journal: Arc<dyn Journal>, ids: u64, batches: u64, size: u64) -> Vec<(Seq, Seq, u64)> {
    let mut acknowledged = Vec::new();
    for n in 0..batches {
        let from = ids + n * size;
        let appended = journal.append(Tip::default(), Some(At(5_000)), commands(from..from + size)).await.unwrap();
        acknowledged.push((appended.first, appended.last, from));
    }
    acknowledged
}

fn check_links(stored: &[StoredBatch]) -> ChainCheck {
    let mut check = ChainCheck::default();
    stored.iter().for_each(|batch| check.follow(batch).unwrap());
    check
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_contend_never_fork_and_never_lose() {
    let servers = Servers::both().await;
    for ordered_by in BOTH {
        let league = servers.found(JournalClock::Supplied, ordered_by).await;
        let mut appending = Vec::new();
        for process in 0..4u64 {
            let journal = servers.open(&league, SharedOptions::default()).await;
            appending.push(tokio::spawn(append_many(journal, process * 100_000, 60, 3)));
        }
        let acknowledged: Vec<_> = futures::future::join_all(appending).await.into_iter().flat_map(Result::unwrap).collect();
        let journal = servers.open(&league, SharedOptions::default()).await;
        let stored = read_all(&journal).await;
        assert_eq!(stored.len(), 240, "{ordered_by:?}");
        for (first, last, id) in acknowledged {
            let batch = stored.iter().find(|batch| batch.first == first).unwrap();
            assert_eq!((batch.last(), batch.commands[0].body), (last, id), "{ordered_by:?}");
        }
        assert_eq!(check_links(&stored).tip, journal.head().await.unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_of_another_process_wakes_whoever_waits() {
    let servers = Servers::both().await;
    for ordered_by in BOTH {
        let league = servers.found(JournalClock::Supplied, ordered_by).await;
        let (one, other) = (servers.open(&league, SharedOptions::default()).await, servers.open(&league, SharedOptions::default()).await);
        for n in 0..10u64 {
            let seen = one.head().await.unwrap();
            let (woken, appended) = futures::future::join(one.wait(Seq(n * 2)), other.append(seen, Some(At(7)), commands(n..n + 2))).await;
            woken.unwrap();
            let batch = one.read(Seq(n * 2), 1).await.unwrap();
            assert_eq!(batch[0].last(), appended.unwrap().last, "{ordered_by:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_whose_clock_is_more_than_two_seconds_off_is_refused() {
    let servers = Servers::both().await;
    for ordered_by in BOTH {
        let league = servers.found(JournalClock::Store, ordered_by).await;
        let clock = Arc::new(ManualClock::default());
        let journal = servers.open(&league, SharedOptions { clock: clock.clone(), ..SharedOptions::default() }).await;
        let now = || SystemClock.now().0;
        for off in [-1_500i64, 1_500, 0] {
            clock.set(At(now().saturating_add_signed(off)));
            journal.append(Tip::default(), None, commands(0..1)).await.unwrap();
        }
        for off in [-3_000i64, 3_000] {
            clock.set(At(now().saturating_add_signed(off)));
            let refused = journal.append(Tip::default(), None, commands(1..2)).await;
            assert!(matches!(refused, Err(AppendError::Refused(Refusal::Clock(_)))), "{ordered_by:?} {off}: {refused:?}");
        }
        assert_eq!(journal.head().await.unwrap().seq, Seq(3), "{ordered_by:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_league_is_founded_once_and_not_opened_as_what_it_is_not() {
    let servers = Servers::postgres().await;
    let meta = |league: &str, clock| LeagueMeta { league: league.into(), clock, created_at: At(1) };
    let cup = meta("cup", JournalClock::Store);
    let founded = leagues::found(&servers.database, &cup, OrderedBy::Redis).await.unwrap();
    assert_eq!(leagues::found(&servers.database, &meta("cup", JournalClock::Store), OrderedBy::Redis).await.unwrap(), founded);
    let other_clock = leagues::found(&servers.database, &meta("cup", JournalClock::Supplied), OrderedBy::Redis).await;
    assert!(matches!(other_clock, Err(LeagueError::Differs { what: "clock", .. })), "{other_clock:?}");
    let other_order = leagues::found(&servers.database, &cup, OrderedBy::Postgres).await;
    assert!(matches!(other_order, Err(LeagueError::Differs { what: "order", .. })), "{other_order:?}");
    let opened = PostgresJournal::open(&servers.database, "cup", SharedOptions::default()).await;
    assert!(matches!(opened.err(), Some(LeagueError::Differs { what: "order", .. })));
    for name in ["", "Cup", "{cup}", "a b", "-a", &"a".repeat(64)] {
        let refused = leagues::found(&servers.database, &meta(name, JournalClock::Store), OrderedBy::Postgres).await;
        assert!(matches!(refused, Err(LeagueError::Name(_))), "{name}: {refused:?}");
    }
    assert!(matches!(leagues::find(&servers.database, "bowl").await, Err(LeagueError::NoLeague(_))));
    assert_eq!(leagues::list(&servers.database).await.unwrap(), [founded]);
}
