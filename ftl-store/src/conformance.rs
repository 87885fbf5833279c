//! What every journal must do, as a suite that any implementation can run.
//!
//! ```text
//! Harness (yours) ──▶ run ──▶ Report: each check held, or why not      a check that hangs failed
//! FaultyHarness (yours, with one seeded fault) ──▶ run ──▶ which checks notice
//! ```
//! An implementation writes a [`Harness`] and asserts that [`run`]'s report [`holds`](Report::holds). The faults in
//! [`faults`] prove that the suite notices what it is for. Checks only use the [`Journal`] port.

mod checks;
pub mod faults;

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use ftl_core::journal::{Clock, Journal};
use ftl_core::time::At;
use futures::FutureExt;
use futures::future::BoxFuture;

pub use checks::CHECKS;

/// Makes journals to be checked.
#[async_trait]
pub trait Harness: Send + Sync {
    /// What is being checked.
    fn name(&self) -> String;

    /// A new, empty journal.
    async fn create(&self, clock: Founding) -> Box<dyn Subject>;
}

/// A journal under check, with whatever keeps it alive.
#[async_trait]
pub trait Subject: Send + Sync {
    /// The journal.
    fn journal(&self) -> Arc<dyn Journal>;

    /// Lets go of it and opens what was stored again, as after a restart. A journal that lives in memory is another
    /// handle on the same one.
    async fn reopen(self: Box<Self>) -> Box<dyn Subject>;
}

/// Which clock a journal is founded with.
#[derive(Clone)]
pub enum Founding {
    /// `at` comes with each append.
    Supplied,
    /// The journal stamps by this clock.
    StampedBy(Arc<dyn Clock>),
}

/// One thing that every journal must do.
pub struct Check {
    /// A sentence.
    pub name: &'static str,
    run: for<'h> fn(&'h dyn Harness) -> BoxFuture<'h, Result<(), Violation>>,
}

/// What a journal did instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Violation(pub String);

/// What became of one check.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The check's name.
    pub check: &'static str,
    /// `None` where it held.
    pub violation: Option<Violation>,
}

/// What became of the suite.
#[derive(Clone, Debug)]
pub struct Report {
    /// What was checked.
    pub subject: String,
    /// One a check, in order.
    pub verdicts: Vec<Verdict>,
}

impl Report {
    /// Whether every check held.
    pub fn holds(&self) -> bool {
        self.violations().next().is_none()
    }

    /// The checks that did not.
    pub fn violations(&self) -> impl Iterator<Item = &Verdict> {
        self.verdicts.iter().filter(|verdict| verdict.violation.is_some())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.subject)?;
        for Verdict { check, violation } in &self.verdicts {
            match violation {
                None => writeln!(f, "  held    {check}")?,
                Some(why) => writeln!(f, "  FAILED  {check}: {why}")?,
            }
        }
        Ok(())
    }
}

/// Runs every check. One that takes longer than `patience`, or panics, failed.
pub async fn run(harness: &dyn Harness, patience: Duration) -> Report {
    let mut verdicts = Vec::new();
    for check in CHECKS {
        verdicts.push(check.run(harness, patience).await);
    }
    Report { subject: harness.name(), verdicts }
}

impl Check {
    /// Runs this one check. If it takes longer than `patience`, or panics, it failed.
    pub async fn run(&self, harness: &dyn Harness, patience: Duration) -> Verdict {
        let outcome = tokio::time::timeout(patience, AssertUnwindSafe((self.run)(harness)).catch_unwind()).await;
        let violation = match outcome {
            Ok(Ok(result)) => result.err(),
            Ok(Err(_panic)) => Some(Violation("it panicked".into())),
            Err(_elapsed) => Some(Violation(format!("it hung for {} ms", patience.as_millis()))),
        };
        Verdict { check: self.name, violation }
    }
}

/// A clock that stands where it was put.
#[derive(Debug, Default)]
pub struct ManualClock(AtomicU64);

impl ManualClock {
    /// A clock that stands at `at`.
    pub fn at(at: At) -> Self {
        Self(AtomicU64::new(at.0))
    }

    /// Puts it somewhere else, earlier or later.
    pub fn set(&self, at: At) {
        self.0.store(at.0, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> At {
        At(self.0.load(Ordering::SeqCst))
    }
}
