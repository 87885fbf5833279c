//! The apply thread: the only code that changes the state. It reads the journal's tail, checks its links, applies the
//! entries in short holds of the write lock, and tells everybody what became of them.
//!
//! It never ends by itself while the process lives: what stops it (a panic in apply, a damaged journal) leaves the
//! process up and not ready, naming the entry, until an operator sets the entry aside.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ftl_core::id::Seq;
use ftl_core::journal::{ChainCheck, JournalError, ReadError, StoredBatch};
use ftl_core::outcome::{Entry, Outcome};
use ftl_core::time::Span;
use tokio::runtime::Handle;

use super::Shared;
use super::answers::tell;
use super::health::Health;
use super::market::Market;
use super::snapshots::{Refused, SnapshotPlan};
use crate::wire::League;
use crate::wire::frame::Frames;

/// The longest hold of the write lock.
const HOLD_ENTRIES: usize = 256;
const HOLD_TIME: Duration = Duration::from_millis(1);
/// Entries in one read of the journal.
const READ: usize = 4_096;
/// Between two attempts to reach a journal that does not answer.
const AGAIN: Duration = Duration::from_millis(200);

/// Why following the journal ended.
enum End {
    Closing,
    Stopped { seq: Seq, why: String },
}

pub(super) fn spawn(shared: Arc<Shared>) -> std::io::Result<()> {
    let runtime = Handle::current();
    std::thread::Builder::new().name("apply".into()).spawn(move || {
        loop {
            match follow(&shared, &runtime) {
                End::Closing => break,
                End::Stopped { seq, why } => {
                    stop(&shared, seq, why);
                    runtime.block_on(shared.wake.notified());
                    if *shared.closing.borrow() {
                        break;
                    }
                }
            }
        }
        shared.snapshots.wait_idle();
        *shared.history.lock() = None;
        shared.ended.send_replace(true);
    })?;
    Ok(())
}

/// The state is discarded: nobody reads what may be half of an entry.
fn stop(shared: &Shared, seq: Seq, why: String) {
    tracing::error!(%seq, why, "the league has stopped");
    metrics::gauge!("ftl_stopped_at_seq").set(seq.0 as f64);
    let mut state = shared.state.write();
    shared.health.store(Arc::new(Health::Stopped { seq, why }));
    *state = League::new();
    drop(state);
    shared.timer.send_replace(None);
    shared.players.forget();
    shared.answers.forget();
    shared.lag.clear();
    shared.applied.send_modify(|_| {});
}

fn follow(shared: &Arc<Shared>, runtime: &Handle) -> End {
    let mut follower = match begin(shared, runtime) {
        Ok(follower) => follower,
        Err(end) => return end,
    };
    loop {
        if *shared.closing.borrow() {
            follower.last_snapshot();
            return End::Closing;
        }
        if let Health::Stopped { seq, why } = &**shared.health.load() {
            return End::Stopped { seq: *seq, why: why.clone() };
        }
        match runtime.block_on(shared.journal.read(follower.chain.tip.seq, READ)) {
            Ok(batches) if batches.is_empty() => follower.wait(),
            Ok(batches) => {
                if let Err(end) = batches.iter().try_for_each(|batch| follower.apply(batch)) {
                    return end;
                }
            }
            Err(ReadError::Unavailable(error)) => follower.journal_is_away(&error),
            Err(error @ (ReadError::Trimmed { .. } | ReadError::Corrupt { .. })) => return follower.refuse(&error),
        }
    }
}

/// Loads what there is to start from.
fn begin<'a>(shared: &'a Arc<Shared>, runtime: &'a Handle) -> Result<Follower<'a>, End> {
    shared.health.store(Arc::new(Health::CatchingUp));
    let head = loop {
        if *shared.closing.borrow() {
            return Err(End::Closing);
        }
        match runtime.block_on(shared.journal.head()) {
            Ok(tip) => break tip.seq,
            Err(error) => {
                tracing::warn!(%error, "waiting for the journal");
                std::thread::sleep(AGAIN);
            }
        }
    };
    let restored = catch_unwind(AssertUnwindSafe(|| shared.snapshots.start(shared, head)));
    let (state, chain) = match restored {
        Ok(Ok(found)) => found,
        Ok(Err(Refused(why))) => return Err(End::Stopped { seq: Seq(0), why }),
        Err(_) => return Err(End::Stopped { seq: Seq(0), why: "a snapshot cannot be restored".into() }),
    };
    let seq = chain.tip.seq;
    tracing::info!(from = %seq, %head, "replaying the journal");
    shared.market.store(Arc::new(Market::of(&state)));
    *shared.state.write() = state;
    shared.players.forget();
    shared.window.restart(seq);
    *shared.tip.lock() = chain.tip;
    shared.applied.send_replace(seq);
    Ok(Follower { shared, runtime, chain, head, last_snapshot: seq })
}

struct Follower<'a> {
    shared: &'a Arc<Shared>,
    runtime: &'a Handle,
    chain: ChainCheck,
    /// Where the journal ended when the replay began.
    head: Seq,
    last_snapshot: Seq,
}

impl Follower<'_> {
    /// Applies a batch in holds of the write lock.
    fn apply(&mut self, batch: &StoredBatch) -> Result<(), End> {
        self.chain.follow(batch).map_err(|error| self.refuse(&error))?;
        let entries: Vec<Entry> = batch.entries().collect();
        let mut rest = entries.as_slice();
        while !rest.is_empty() {
            let done = self.hold(rest)?;
            rest = &rest[done..];
        }
        *self.shared.tip.lock() = self.chain.tip;
        let seq = self.chain.tip.seq;
        if self.shared.snapshots.is_due(self.last_snapshot, seq) {
            self.last_snapshot = seq;
            let snapshot = self.shared.state.write().snapshot();
            SnapshotPlan::write_beside(self.shared, snapshot, self.chain.clone(), self.runtime);
        }
        Ok(())
    }

    /// One hold of the write lock; how many entries it took.
    fn hold(&self, entries: &[Entry]) -> Result<usize, End> {
        let shared = self.shared;
        let mut outcomes: Vec<Arc<Outcome>> = Vec::with_capacity(entries.len().min(HOLD_ENTRIES));
        let mut frames: Vec<Frames> = Vec::new();
        let tell = self.is_recent(entries);
        let mut at = Seq(0);
        let mut state = shared.state.write();
        let began = Instant::now();
        let applied = catch_unwind(AssertUnwindSafe(|| {
            for entry in entries.iter().take(HOLD_ENTRIES) {
                at = entry.seq;
                let outcome = state.apply(entry);
                if tell {
                    frames.push(Frames::of(&state, &outcome));
                }
                outcomes.push(Arc::new(outcome));
                if began.elapsed() > HOLD_TIME {
                    break;
                }
            }
            shared.market.load().after(&state, outcomes.iter().map(Arc::as_ref))
        }));
        let Ok(market) = applied else {
            let why = "apply panicked".to_owned();
            shared.health.store(Arc::new(Health::Stopped { seq: at, why: why.clone() }));
            *state = League::new();
            drop(state);
            // What was applied before it stands, and its askers are told.
            let sound = outcomes.iter().position(|outcome| outcome.seq == at).unwrap_or(outcomes.len());
            self.publish(&outcomes[..sound]);
            return Err(End::Stopped { seq: at, why });
        };
        let timer = state.next_timer();
        drop(state);
        metrics::histogram!("ftl_apply_hold_seconds").record(began.elapsed());
        shared.market.store(Arc::new(market));
        match outcomes.last() {
            Some(last) if !tell => shared.window.restart(last.seq),
            _ => shared.window.push(frames.into_iter()),
        }
        shared.timer.send_if_modified(|now| {
            let changed = *now != timer;
            *now = timer;
            changed
        });
        self.publish(&outcomes);
        Ok(outcomes.len())
    }

    /// Whether a stream could still ask for these.
    fn is_recent(&self, entries: &[Entry]) -> bool {
        let Some(first) = entries.first() else { return false };
        let old = first.at.after(Span::minutes(10)) < self.shared.clock.now();
        let far = self.head.0.saturating_sub(first.seq.0) > 200_000;
        !old && !far
    }

    fn publish(&self, outcomes: &[Arc<Outcome>]) {
        let Some(last) = outcomes.last() else { return };
        let shared = self.shared;
        if let Some(history) = &*shared.history.lock() {
            // The writer ends only with the process.
            outcomes.iter().for_each(|outcome| drop(history.send(Arc::clone(outcome))));
        }
        shared.lag.applied(last.seq);
        // Whoever is answered finds everything that his answer stands on.
        shared.applied.send_replace(last.seq);
        let told = shared.answers.applied(outcomes);
        if !told.is_empty() {
            // From a worker of the runtime: it puts those whom it wakes into its own queue, and only one wake-up leaves
            // this thread.
            drop(self.runtime.spawn(async move { tell(told) }));
        }
        metrics::counter!("ftl_entries_total").increment(outcomes.len() as u64);
        metrics::gauge!("ftl_applied_seq").set(last.seq.0 as f64);
    }

    /// Nothing to apply: serves, and waits for more.
    fn wait(&self) {
        let shared = self.shared;
        if matches!(**shared.health.load(), Health::CatchingUp | Health::Degraded(_)) {
            shared.health.store(Arc::new(Health::Serving));
            shared.applied.send_modify(|_| {});
            tracing::info!(seq = %self.chain.tip.seq, "serving");
        }
        let waited = self.runtime.block_on(async {
            tokio::select! {
                waited = shared.journal.wait(self.chain.tip.seq) => waited,
                () = shared.wake.notified() => Ok(()),
            }
        });
        if let Err(error) = waited {
            self.journal_is_away(&error);
        }
    }

    fn journal_is_away(&self, error: &JournalError) {
        let shared = self.shared;
        if matches!(**shared.health.load(), Health::Serving) {
            tracing::warn!(%error, "what is read grows old");
            shared.health.store(Arc::new(Health::Degraded(error.to_string())));
        }
        let pause = async {
            tokio::select! {
                () = tokio::time::sleep(AGAIN) => {}
                () = shared.wake.notified() => {}
            }
        };
        self.runtime.block_on(pause);
    }

    fn refuse(&self, error: &ReadError) -> End {
        let seq = match error {
            ReadError::Corrupt { at, .. } => *at,
            ReadError::Trimmed { .. } | ReadError::Unavailable(_) => self.chain.tip.seq.next(),
        };
        End::Stopped { seq, why: error.to_string() }
    }

    fn last_snapshot(&self) {
        self.shared.snapshots.wait_idle();
        let snapshot = self.shared.state.write().snapshot();
        self.shared.snapshots.write(self.shared, &snapshot, self.chain.clone(), self.runtime);
    }
}
