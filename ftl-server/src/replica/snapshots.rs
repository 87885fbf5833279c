//! Where a replica starts from, and the snapshots that it leaves: taken by the apply thread, written on another, and
//! counted only when a re-execution from the one before gave the same hash. Under load they come less often: writing and
//! executing again take a tenth of one core at most.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use ftl_core::engine::require_known;
use ftl_core::id::Seq;
use ftl_core::journal::{ChainCheck, Journal};
use ftl_core::state::Snapshot;
use ftl_core::time::At;
use ftl_store::snapshots::{LoadedSnapshot, SnapshotError, SnapshotHead, SnapshotStore};
use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::sync::watch;

use super::Shared;
use super::health::Health;
use super::window;
use crate::wire::League;

/// A snapshot that took so long is followed by so many times as long without one.
const REST: u32 = 9;
/// Entries that are executed again to fill the window, if there is a snapshot that spares them: a start is waited for.
const MOST_FILLED: u64 = 100_000;
/// One that failed is followed by another after so long at the least, and after twice as long each time that this one fails too.
const AGAIN: Duration = Duration::from_secs(1);
const LATEST_AGAIN: Duration = Duration::from_secs(30);

/// See the module.
#[derive(Debug)]
pub struct SnapshotPlan {
    store: Option<Arc<dyn SnapshotStore>>,
    every: u64,
    /// What history has been told up to here stays with it: a start from behind it would leave a gap.
    history: watch::Receiver<Seq>,
    /// Starts from so far back that the window is full again.
    fills_window: bool,
    busy: AtomicBool,
    /// No snapshot before then.
    rests_until: Mutex<Option<Instant>>,
    /// In a row: another one is due, though no boundary was passed.
    failures: AtomicU32,
    /// The last one that this process began to store: that it is there is no second computation of it.
    begun: Mutex<Seq>,
}

/// The store, or what is to be stored, cannot be had now.
#[derive(Debug)]
pub(super) struct Failed;

/// What a replica goes on from.
pub(super) struct Start {
    pub state: League,
    /// Up to the state.
    pub journal: ChainCheck,
    /// The newest snapshot that there is: the next comes behind it.
    pub newest: Seq,
}

/// Why a state cannot be had.
#[derive(Debug)]
pub(super) enum NoState {
    /// The snapshots do not answer: ask again.
    Away(String),
    /// What is there cannot be used.
    Refused(String),
}

impl From<SnapshotError> for NoState {
    fn from(error: SnapshotError) -> Self {
        match error {
            SnapshotError::Unavailable(_) => Self::Away(error.to_string()),
            _ => Self::Refused(error.to_string()),
        }
    }
}

/// A league that forgets ids, where a test has switched that safeguard off.
fn forgetful(league: League) -> League {
    #[cfg(feature = "testing")]
    if ftl_store::safeguard::Safeguard::Ids.is_off() {
        return league.with_mutant(ftl_core::mutant::Mutant::RetryExecutesAgain);
    }
    league
}

impl SnapshotPlan {
    /// No snapshots: every start replays from the first entry.
    pub fn none() -> Self {
        Self {
            store: None,
            every: u64::MAX,
            history: watch::channel(Seq(0)).1,
            fills_window: false,
            busy: AtomicBool::new(false),
            rests_until: Mutex::default(),
            failures: AtomicU32::new(0),
            begun: Mutex::default(),
        }
    }

    /// A snapshot every so many entries, none by this process where that is `None`; starts from the newest that history
    /// has reached.
    pub fn new(store: Arc<dyn SnapshotStore>, every: Option<u64>, history: watch::Receiver<Seq>) -> Self {
        let every = every.map_or(u64::MAX, |every| every.max(1));
        Self { store: Some(store), every, history, ..Self::none() }
    }

    /// Starts from an older snapshot where the newest is so young that streams could not be resumed from before it: what is
    /// executed again fills the window.
    pub fn filling_the_window(self) -> Self {
        Self { fills_window: true, ..self }
    }

    /// Where they are kept.
    pub(crate) fn store(&self) -> Option<&dyn SnapshotStore> {
        self.store.as_deref()
    }

    /// What to go on from.
    pub(super) fn start(&self, shared: &Shared, head: Seq) -> Result<Start, NoState> {
        let quarantine = shared.quarantine.entries();
        let known = head.min(*self.history.borrow());
        let newest = self.newest(known)?;
        let loaded = match self.fills_window && newest > Seq(0) {
            true => self.load_behind_window(known, head, shared.clock.now())?,
            false => self.load(known)?,
        };
        if let Some(loaded) = loaded {
            let state = League::restore(&loaded.bytes).map_err(|error| NoState::Refused(error.to_string()))?;
            return Ok(Start { state: forgetful(state.with_quarantine(quarantine)), journal: loaded.head.journal, newest });
        }
        Ok(Start { state: forgetful(League::new().with_quarantine(quarantine)), journal: ChainCheck::default(), newest })
    }

    /// The newest confirmed one that is not beyond `known`; 0 where there is none.
    fn newest(&self, known: Seq) -> Result<Seq, NoState> {
        let Some(store) = &self.store else { return Ok(Seq(0)) };
        Ok(store.confirmed()?.into_iter().filter(|seq| *seq <= known).max().unwrap_or_default())
    }

    /// The newest one with the whole window behind it. Where all are younger, or that is too far back to be waited for: the
    /// oldest of those that are not, or the newest of all; none if the journal is no longer than what is waited for.
    fn load_behind_window(&self, known: Seq, head: Seq, now: At) -> Result<Option<LoadedSnapshot>, NoState> {
        let Some(store) = &self.store else { return Ok(None) };
        let is_near = |seq: Seq| seq.0.saturating_add(MOST_FILLED) >= head.0;
        let whole = |snapshot: &SnapshotHead| {
            let ChainCheck { tip, at, .. } = snapshot.journal;
            tip.seq <= known && is_near(tip.seq) && at.after(window::SPAN) <= now
        };
        let loaded = store.load_newest(&whole)?.snapshot;
        if loaded.is_some() || head.0 <= MOST_FILLED {
            return Ok(loaded);
        }
        let oldest = store.confirmed()?.into_iter().filter(|seq| *seq <= known && is_near(*seq)).min().unwrap_or(known);
        let loaded = store.load_newest(&|snapshot| snapshot.journal.tip.seq <= oldest)?.snapshot;
        // That one is counted says not that it can be read: of an earlier engine, or damaged.
        match loaded.filter(|loaded| is_near(loaded.head.journal.tip.seq)) {
            Some(loaded) => Ok(Some(loaded)),
            None => self.load(known),
        }
    }

    fn load(&self, head: Seq) -> Result<Option<LoadedSnapshot>, NoState> {
        let Some(store) = &self.store else { return Ok(None) };
        Ok(store.load(head)?.snapshot)
    }

    /// The last confirmed one; 0 where there is none, or where they do not answer.
    pub(super) async fn last_confirmed(&self) -> Seq {
        let Some(store) = self.store.clone() else { return Seq(0) };
        let confirmed = tokio::task::spawn_blocking(move || store.confirmed()).await;
        confirmed.ok().and_then(Result::ok).and_then(|seqs| seqs.into_iter().max()).unwrap_or_default()
    }

    /// Waits for the snapshot that is being written, if one is.
    pub(super) fn wait_idle(&self) {
        while self.busy.load(Ordering::Acquire) {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }

    /// Whether a snapshot is due behind `seq`.
    pub(super) fn is_due(&self, last: Seq, seq: Seq) -> bool {
        let due = self.store.is_some() && (seq.0 / self.every > last.0 / self.every || self.failures.load(Ordering::Acquire) > 0);
        due && !self.busy.load(Ordering::Acquire) && self.rests_until.lock().is_none_or(|until| until <= Instant::now())
    }

    /// Writes and confirms a snapshot on a thread of its own.
    pub(super) fn write_beside(shared: &Arc<Shared>, snapshot: Snapshot, journal: ChainCheck, runtime: &Handle) {
        shared.snapshots.busy.store(true, Ordering::Release);
        let (shared_there, runtime, life) = (Arc::clone(shared), runtime.clone(), shared.kept.life());
        let spawned = std::thread::Builder::new().name("snapshot".into()).spawn(move || {
            let began = Instant::now();
            let written = shared_there.snapshots.write(&shared_there, &snapshot, journal, life, &runtime);
            shared_there.snapshots.rest(written.is_ok(), began.elapsed());
            shared_there.snapshots.busy.store(false, Ordering::Release);
        });
        if let Err(error) = spawned {
            tracing::warn!(%error, "no thread for a snapshot");
            shared.snapshots.busy.store(false, Ordering::Release);
        }
    }

    /// No other one for a while.
    fn rest(&self, written: bool, took: Duration) {
        let failures = if written { 0 } else { self.failures.load(Ordering::Acquire).saturating_add(1) };
        let again = AGAIN.saturating_mul(1 << failures.saturating_sub(1).min(10)).min(LATEST_AGAIN);
        let rest = (took * REST).max(if written { Duration::ZERO } else { again });
        *self.rests_until.lock() = Instant::now().checked_add(rest);
        self.failures.store(failures, Ordering::Release);
    }

    /// Writes and confirms a snapshot here.
    pub(super) fn write(
        &self,
        shared: &Shared,
        snapshot: &Snapshot,
        journal: ChainCheck,
        life: u64,
        runtime: &Handle,
    ) -> Result<(), Failed> {
        let Some(store) = &self.store else { return Ok(()) };
        let seq = snapshot.seq();
        if self.every == u64::MAX || seq == Seq(0) || store.confirmed().is_ok_and(|confirmed| confirmed.contains(&seq)) {
            return Ok(());
        }
        // What may still be lost is nothing to start from.
        if runtime.block_on(shared.kept.archived(seq, life)).is_err() {
            tracing::warn!(%seq, "a snapshot is put off: the archive does not get on");
            return Err(Failed);
        }
        let head = SnapshotHead { journal, state_hash: snapshot.hash() };
        match self.store_once(&**store, &head, snapshot) {
            Ok(()) => {}
            // Another process took one here, and got another hash.
            Err(error @ SnapshotError::Diverged { .. }) => {
                self.stop(shared, seq, &error);
                return Ok(());
            }
            Err(error) => {
                tracing::warn!(%error, %seq, "a snapshot could not be written");
                return Err(Failed);
            }
        }
        // Where another process had taken one here, the two were compared.
        if store.confirmed().is_ok_and(|confirmed| confirmed.contains(&seq)) {
            tracing::info!(%seq, hash = %head.state_hash, "snapshot confirmed by another process");
            return Ok(());
        }
        let confirmed = match self.execute_again(shared, seq, runtime) {
            Ok(hash) => store.confirm(seq, &hash).map(|()| hash),
            Err(NoState::Away(why) | NoState::Refused(why)) => {
                tracing::warn!(why, %seq, "a snapshot could not be confirmed");
                return Err(Failed);
            }
        };
        match confirmed {
            Ok(hash) => tracing::info!(%seq, %hash, "snapshot confirmed"),
            Err(error @ SnapshotError::Diverged { .. }) => self.stop(shared, seq, &error),
            Err(error) => {
                tracing::warn!(%error, %seq, "a snapshot could not be confirmed");
                return Err(Failed);
            }
        }
        Ok(())
    }

    /// Stores a snapshot unless this process did before: stored once more it would count as confirmed by another.
    fn store_once(&self, store: &dyn SnapshotStore, head: &SnapshotHead, snapshot: &Snapshot) -> Result<(), SnapshotError> {
        let seq = snapshot.seq();
        let begun = std::mem::replace(&mut *self.begun.lock(), seq);
        if begun == seq && store.unconfirmed()?.contains(&seq) {
            return Ok(());
        }
        store.write(head, &snapshot.encode())
    }

    fn stop(&self, shared: &Shared, seq: Seq, error: &SnapshotError) {
        tracing::error!(%error, "this replica is not what the journal makes");
        shared.health.store(Arc::new(Health::Stopped { seq, why: error.to_string() }));
    }

    /// The hash of the state at `seq`, computed anew from the snapshot before it.
    pub(super) fn execute_again(&self, shared: &Shared, seq: Seq, runtime: &Handle) -> Result<ftl_core::hash::Hash, NoState> {
        let (mut state, mut chain) = match self.load(Seq(seq.0.saturating_sub(1)))? {
            Some(loaded) => (League::restore(&loaded.bytes).map_err(|error| NoState::Refused(error.to_string()))?, loaded.head.journal),
            None => (League::new(), ChainCheck::default()),
        };
        state = state.with_quarantine(shared.quarantine.entries());
        while state.seq() < seq {
            let batches = read(&*shared.journal, chain.tip.seq, runtime)?;
            if batches.is_empty() {
                return Err(NoState::Refused(format!("the journal ends at {}", chain.tip.seq)));
            }
            for batch in &batches {
                chain.follow(batch).map_err(|error| NoState::Refused(error.to_string()))?;
                for entry in batch.entries().take_while(|entry| entry.seq <= seq) {
                    require_known(&entry).map_err(|error| NoState::Refused(error.to_string()))?;
                    state.apply(&entry);
                }
            }
        }
        Ok(state.hash())
    }
}

fn read(journal: &dyn Journal, after: Seq, runtime: &Handle) -> Result<Vec<ftl_core::journal::StoredBatch>, NoState> {
    runtime.block_on(journal.read(after, 4_096)).map_err(|error| NoState::Refused(error.to_string()))
}
