//! The suite on the journals that there are, and its seeded faults.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ftl_core::journal::memory::MemoryJournal;
use ftl_core::journal::{Clock, Journal, JournalClock};
use ftl_store::SharedOptions;
use ftl_store::conformance::faults::{Fault, FaultyHarness};
use ftl_store::conformance::{CHECKS, Founding, Harness, ManualClock, Subject, run};
use ftl_store::data_dir::{DataDir, OpenOptions};
use ftl_store::postgres::leagues::OrderedBy;
use ftl_store::sqlite::journal::SqliteJournal;
use tempfile::TempDir;

use crate::league::meta;
use crate::servers::Servers;

const PATIENCE: Duration = Duration::from_secs(30);

struct Memory;

struct MemorySubject(Arc<MemoryJournal>);

#[async_trait]
impl Harness for Memory {
    fn name(&self) -> String {
        "memory".into()
    }
    async fn create(&self, clock: Founding) -> Box<dyn Subject> {
        Box::new(MemorySubject(Arc::new(match clock {
            Founding::Supplied => MemoryJournal::supplied(),
            Founding::StampedBy(clock) => MemoryJournal::stamped_by(clock),
        })))
    }
}

#[async_trait]
impl Subject for MemorySubject {
    fn journal(&self) -> Arc<dyn Journal> {
        self.0.clone()
    }
    async fn reopen(self: Box<Self>) -> Box<dyn Subject> {
        self
    }
}

struct Sqlite;

struct SqliteSubject {
    dir: TempDir,
    clock: Arc<dyn Clock>,
    journal: Arc<SqliteJournal>,
}

#[async_trait]
impl Harness for Sqlite {
    fn name(&self) -> String {
        "SQLite".into()
    }
    async fn create(&self, clock: Founding) -> Box<dyn Subject> {
        let dir = tempfile::tempdir().unwrap();
        let (kind, clock): (_, Arc<dyn Clock>) = match clock {
            Founding::Supplied => (JournalClock::Supplied, Arc::new(ManualClock::default())),
            Founding::StampedBy(clock) => (JournalClock::Store, clock),
        };
        let options = OpenOptions { clock: clock.clone(), ..OpenOptions::default() };
        let journal = DataDir::at(dir.path()).create(&meta(kind), options).await.unwrap().journal;
        Box::new(SqliteSubject { dir, clock, journal })
    }
}

#[async_trait]
impl Subject for SqliteSubject {
    fn journal(&self) -> Arc<dyn Journal> {
        self.journal.clone()
    }
    async fn reopen(self: Box<Self>) -> Box<dyn Subject> {
        let Self { dir, clock, journal } = *self;
        journal.close().await.unwrap();
        drop(journal);
        let options = OpenOptions { clock: clock.clone(), ..OpenOptions::default() };
        let journal = DataDir::at(dir.path()).open(options).await.unwrap().journal;
        Box::new(SqliteSubject { dir, clock, journal })
    }
}

/// Leagues in one PostgreSQL, with Redis in front or without; each journal is a new league of the same database.
struct Shared {
    servers: Arc<Servers>,
    ordered_by: OrderedBy,
}

struct SharedSubject {
    servers: Arc<Servers>,
    league: String,
    options: SharedOptions,
    journal: Arc<dyn Journal>,
}

#[async_trait]
impl Harness for Shared {
    fn name(&self) -> String {
        match self.ordered_by {
            OrderedBy::Postgres => "PostgreSQL".into(),
            OrderedBy::Redis => "Redis and PostgreSQL".into(),
        }
    }
    async fn create(&self, clock: Founding) -> Box<dyn Subject> {
        // The suite's clock stands in another year than the server's.
        let (kind, options) = match clock {
            Founding::Supplied => (JournalClock::Supplied, SharedOptions::default()),
            Founding::StampedBy(clock) => {
                (JournalClock::Store, SharedOptions { clock, most_skew_ms: u64::MAX, ..SharedOptions::default() })
            }
        };
        let league = self.servers.found(kind, self.ordered_by).await;
        let journal = self.servers.open(&league, options.clone()).await;
        Box::new(SharedSubject { servers: self.servers.clone(), league, options, journal })
    }
}

#[async_trait]
impl Subject for SharedSubject {
    fn journal(&self) -> Arc<dyn Journal> {
        self.journal.clone()
    }
    async fn reopen(self: Box<Self>) -> Box<dyn Subject> {
        let Self { servers, league, options, journal } = *self;
        drop(journal);
        let journal = servers.open(&league, options.clone()).await;
        Box::new(SharedSubject { servers, league, options, journal })
    }
}

async fn every_fault_is_noticed_by_the_check_that_is_meant_for_it(sound: &dyn Harness) {
    for (fault, meant) in Fault::ALL {
        let check = CHECKS.iter().find(|check| check.name == meant).unwrap();
        let patience = if fault == Fault::MissedWakeUp { Duration::from_secs(2) } else { PATIENCE };
        let verdict = check.run(&FaultyHarness { sound, fault }, patience).await;
        assert!(verdict.violation.is_some(), "{fault:?} is not noticed by {meant}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_postgres_journal_conforms_and_every_seeded_fault_over_it_is_noticed() {
    let sound = Shared { servers: Servers::postgres().await, ordered_by: OrderedBy::Postgres };
    let report = run(&sound, PATIENCE).await;
    assert!(report.holds(), "{report}");
    every_fault_is_noticed_by_the_check_that_is_meant_for_it(&sound).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_redis_journal_conforms_and_every_seeded_fault_over_it_is_noticed() {
    let sound = Shared { servers: Servers::both().await, ordered_by: OrderedBy::Redis };
    let report = run(&sound, PATIENCE).await;
    assert!(report.holds(), "{report}");
    every_fault_is_noticed_by_the_check_that_is_meant_for_it(&sound).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_memory_journal_conforms() {
    let report = run(&Memory, PATIENCE).await;
    assert!(report.holds(), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sqlite_journal_conforms() {
    let report = run(&Sqlite, PATIENCE).await;
    assert!(report.holds(), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_seeded_fault_over_memory_is_noticed() {
    let mut missed = Vec::new();
    println!("{:<20} noticed by", "fault");
    for (fault, meant) in Fault::ALL {
        let report = run(&FaultyHarness { sound: &Memory, fault }, Duration::from_secs(1)).await;
        let noticed: Vec<&str> = report.violations().map(|verdict| verdict.check).collect();
        println!("{:<20} {meant} (and {} more)", format!("{fault:?}"), noticed.len().saturating_sub(1));
        if !noticed.contains(&meant) {
            missed.push(format!("{fault:?} is not noticed by {meant}: {report}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_seeded_fault_over_sqlite_is_noticed_by_the_check_that_is_meant_for_it() {
    let faults = Fault::ALL.map(|(fault, meant)| async move {
        let check = CHECKS.iter().find(|check| check.name == meant).unwrap();
        let patience = if fault == Fault::MissedWakeUp { Duration::from_secs(2) } else { PATIENCE };
        let verdict = check.run(&FaultyHarness { sound: &Sqlite, fault }, patience).await;
        assert!(verdict.violation.is_some(), "{fault:?} is not noticed by {meant}");
    });
    futures::future::join_all(faults).await;
}
