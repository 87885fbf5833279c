//! The apply thread: the only code that changes the state. It reads the journal's tail, checks its links, applies the
//! entries in short holds of the write lock, and tells everybody what became of them.
//!
//! It never ends by itself while the process lives: what stops it (a panic in apply, a damaged journal) leaves the
//! process up and not ready, naming the entry, until an operator sets the entry aside.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ftl_core::engine::require_known;
use ftl_core::id::Seq;
use ftl_core::journal::{ChainCheck, JournalError, ReadError, StoredBatch, Tip};
use ftl_core::outcome::{Entry, Outcome};
use ftl_core::projection::Executed;
use ftl_core::state::AHEAD;
use ftl_core::time::Span;
use ftl_store::safeguard::Safeguard;
use futures::FutureExt;
use tokio::runtime::Handle;

use super::Shared;
use super::activity;
use super::agreement::Agreement;
use super::answers::tell;
use super::health::Health;
use super::market::Market;
use super::snapshots::{NoState, SnapshotPlan, Start};
use crate::history::Told;
use crate::wire::League;
use crate::wire::cursor::{BatchMark, Reached};
use crate::wire::frame::Frames;

/// The longest hold of the write lock.
const HOLD_ENTRIES: usize = 256;
const HOLD_TIME: Duration = Duration::from_millis(1);
/// Entries in one read of the journal.
const READ: usize = 4_096;
/// Between two looks at where the journal ends, where nothing comes.
const LOOK: Duration = Duration::from_secs(1);
/// How long the journal may take to say where it ends.
const PATIENCE: Duration = Duration::from_secs(2);
/// Between two attempts to reach a journal that does not answer.
const AGAIN: Duration = Duration::from_millis(200);

/// Why following the journal ended.
enum End {
    Closing,
    Stopped {
        seq: Seq,
        why: String,
    },
    /// The journal lost its tail, or somebody asks for it: what is there is loaded anew. With where it was before.
    Reload(Tip),
}

pub(super) fn spawn(shared: Arc<Shared>) -> std::io::Result<()> {
    let runtime = Handle::current();
    std::thread::Builder::new().name("apply".into()).spawn(move || {
        let mut former = None;
        loop {
            match follow(&shared, &runtime, &mut former) {
                End::Closing => break,
                End::Reload(tip) => {
                    former = Former::of(former, tip);
                    tracing::warn!(seq = %*shared.applied.borrow(), "the state is loaded anew");
                    discard(&shared, Health::CatchingUp);
                }
                End::Stopped { seq, why } => {
                    tracing::error!(%seq, why, "the league has stopped");
                    metrics::gauge!("ftl_stopped_at_seq").set(seq.0 as f64);
                    discard(&shared, Health::Stopped { seq, why });
                    runtime.block_on(until_there_is_a_way_on(&shared));
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

/// An operator sets an entry aside, here or at another process; a recovery begins another epoch; or this process ends.
async fn until_there_is_a_way_on(shared: &Shared) {
    let epoch = shared.tip.lock().epoch;
    loop {
        tokio::select! {
            () = shared.wake.notified() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
        match shared.quarantine.refresh().await {
            Ok(true) => return,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "what is set aside cannot be read"),
        }
        if end_of(shared).await.is_ok_and(|head| head.epoch > epoch) {
            return;
        }
    }
}

/// Where the journal ends; one that does not say so in time does not answer.
async fn end_of(shared: &Shared) -> Result<Tip, JournalError> {
    let asked = tokio::time::timeout(PATIENCE, shared.journal.head()).await;
    asked.unwrap_or_else(|_| Err(JournalError(format!("no answer for {} ms", PATIENCE.as_millis()))))
}

/// The state is discarded: nobody reads what may be half of an entry, or what never was.
fn discard(shared: &Shared, health: Health) {
    let mut state = shared.state.write();
    shared.health.store(Arc::new(health));
    *state = League::new();
    drop(state);
    shared.timer.send_replace(None);
    shared.players.forget();
    shared.answers.forget();
    shared.kept.restart();
    shared.lag.clear();
    shared.applied.send_modify(|_| {});
}

fn follow(shared: &Arc<Shared>, runtime: &Handle, former: &mut Option<Former>) -> End {
    let mut follower = match begin(shared, runtime, former) {
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
        if shared.reload.notified().now_or_never().is_some() {
            return End::Reload(follower.chain.tip);
        }
        match runtime.block_on(shared.journal.read(follower.chain.tip.seq, READ)) {
            Ok(batches) if batches.is_empty() => {
                if let Err(end) = follower.wait() {
                    return end;
                }
            }
            Ok(batches) => {
                if let Err(end) = batches.into_iter().try_for_each(|batch| follower.apply(batch)) {
                    return end;
                }
            }
            Err(ReadError::Unavailable(error)) => follower.journal_is_away(&error),
            Err(error @ (ReadError::Trimmed { .. } | ReadError::Corrupt { .. })) => return follower.refuse(&error),
        }
    }
}

/// Loads what there is to start from.
fn begin<'a>(shared: &'a Arc<Shared>, runtime: &'a Handle, former: &'a mut Option<Former>) -> Result<Follower<'a>, End> {
    shared.health.store(Arc::new(Health::CatchingUp));
    let head = loop {
        if *shared.closing.borrow() {
            return Err(End::Closing);
        }
        let looked = runtime.block_on(async {
            shared.quarantine.refresh().await.map_err(|error| JournalError(error.to_string()))?;
            end_of(shared).await
        });
        match looked {
            Ok(tip) => break tip,
            Err(error) => {
                tracing::warn!(%error, "waiting for the journal");
                std::thread::sleep(AGAIN);
            }
        }
    };
    let Start { state, journal: chain, newest } = loop {
        if *shared.closing.borrow() {
            return Err(End::Closing);
        }
        match catch_unwind(AssertUnwindSafe(|| shared.snapshots.start(shared, head.seq))) {
            Ok(Ok(found)) => break found,
            Ok(Err(NoState::Away(why))) => {
                tracing::warn!(why, "waiting for the snapshots");
                std::thread::sleep(AGAIN);
            }
            Ok(Err(NoState::Refused(why))) => return Err(End::Stopped { seq: Seq(0), why }),
            Err(_) => return Err(End::Stopped { seq: Seq(0), why: "a snapshot cannot be restored".into() }),
        }
    };
    let seq = chain.tip.seq;
    tracing::info!(from = %seq, head = %head.seq, epoch = head.epoch, "replaying the journal");
    shared.begun.send_replace(Some(seq));
    shared.tell(Told::Restarted);
    shared.market.store(Arc::new(Market::of(&state)));
    *shared.state.write() = state;
    shared.players.forget();
    shared.window.begin_another_life(reached(chain.tip), chain.at);
    shared.activity.forget();
    *shared.tip.lock() = Tip { epoch: head.epoch, ..chain.tip };
    shared.applied.send_replace(seq);
    shared.kept.applied(chain.tip);
    Ok(Follower {
        shared,
        runtime,
        former,
        chain,
        epoch: head.epoch,
        head: head.seq,
        looked: Instant::now(),
        last_snapshot: newest.max(seq),
        last_compared: seq,
    })
}

fn reached(tip: Tip) -> Reached {
    Reached { seq: tip.seq, batch: tip.batch_id.into() }
}

/// Where a replica was when the journal lost its tail.
#[derive(Clone, Copy)]
struct Former {
    /// Of the last batch that it had applied.
    epoch: u64,
    seq: Seq,
}

impl Former {
    /// Of two losses, one during the reload behind the other, the first tells more.
    fn of(known: Option<Self>, tip: Tip) -> Option<Self> {
        Some(known.filter(|known| known.seq >= tip.seq).unwrap_or(Self { epoch: tip.epoch, seq: tip.seq }))
    }

    /// A later epoch begins behind `cut`, or the journal ends there.
    fn lost(self, cut: Seq) {
        if cut < self.seq {
            let (first, last) = (cut.next(), self.seq);
            tracing::error!(first = first.0, last = last.0, "entries that were applied here are lost");
            metrics::counter!("ftl_lost_entries_total").increment(last.0.saturating_sub(cut.0));
        }
    }
}

struct Follower<'a> {
    shared: &'a Arc<Shared>,
    runtime: &'a Handle,
    /// What was applied before the state was loaded anew, until it is known how much of that is lost.
    former: &'a mut Option<Former>,
    chain: ChainCheck,
    /// The journal's, as far as it is known to hold what is applied here.
    epoch: u64,
    /// When the journal's end was last looked at.
    looked: Instant,
    /// Where the journal ended when the replay began.
    head: Seq,
    last_snapshot: Seq,
    last_compared: Seq,
}

impl Follower<'_> {
    /// Applies a batch in holds of the write lock.
    fn apply(&mut self, batch: StoredBatch) -> Result<(), End> {
        let before = self.chain.tip.seq;
        match self.chain.follow(&batch) {
            Err(_) if Safeguard::Links.is_off() => {
                let tip = Tip { epoch: batch.epoch, seq: batch.last(), batch_id: batch.batch_id };
                self.chain = ChainCheck { tip, chain: batch.chain, at: batch.at };
            }
            followed => followed.map_err(|error| self.refuse(&error))?,
        }
        if let Some(former) = self.former.take_if(|former| batch.epoch > former.epoch) {
            former.lost(before);
        }
        let entries: Vec<Entry> = batch.entries().collect();
        let mut outcomes: Vec<Arc<Outcome>> = Vec::with_capacity(entries.len());
        // What comes before an entry of a newer engine is applied; nothing is guessed from there on.
        let newer = entries.iter().find_map(|entry| require_known(entry).err());
        let known = newer.map_or(entries.as_slice(), |newer| &entries[..entries.partition_point(|entry| entry.seq < newer.seq)]);
        while let Some(rest) = known.get(outcomes.len()..).filter(|rest| !rest.is_empty()) {
            outcomes.extend(self.hold(batch.batch_id.into(), rest)?);
        }
        if let Some(newer) = newer {
            return Err(End::Stopped { seq: newer.seq, why: newer.to_string() });
        }
        if self.chain.tip.epoch > self.epoch {
            self.go_on_in(self.chain.tip.epoch);
        }
        self.shared.kept.applied(self.chain.tip);
        *self.shared.tip.lock() = Tip { epoch: self.epoch, ..self.chain.tip };
        self.shared.tell(Told::Executed(Executed { batch, outcomes }));
        // Whoever appended it: the store takes something.
        self.shared.store.mend();
        self.snapshot_if_due();
        let seq = self.chain.tip.seq;
        if self.shared.agreement.is_due(self.last_compared, seq) {
            self.last_compared = seq;
            let snapshot = self.shared.state.write().snapshot();
            Agreement::tell_beside(self.shared, snapshot, self.chain.tip, self.runtime);
        }
        Ok(())
    }

    fn snapshot_if_due(&mut self) {
        let seq = self.chain.tip.seq;
        if self.shared.snapshots.is_due(self.last_snapshot, seq) {
            self.last_snapshot = seq;
            let snapshot = self.shared.state.write().snapshot();
            SnapshotPlan::write_beside(self.shared, snapshot, self.chain.clone(), self.runtime);
        }
    }

    /// One hold of the write lock; the outcomes of as many entries of a batch as it took.
    fn hold(&self, batch: BatchMark, entries: &[Entry]) -> Result<Vec<Arc<Outcome>>, End> {
        let shared = self.shared;
        let mut outcomes: Vec<Arc<Outcome>> = Vec::with_capacity(entries.len().min(HOLD_ENTRIES));
        let mut frames: Vec<Frames> = Vec::new();
        let mut items: Vec<activity::Item> = Vec::new();
        let tell = self.is_recent(entries);
        let mut at = Seq(0);
        let mut state = shared.state.write();
        let began = Instant::now();
        let applied = catch_unwind(AssertUnwindSafe(|| {
            for (n, entry) in entries.iter().take(HOLD_ENTRIES).enumerate() {
                if n.is_multiple_of(AHEAD) {
                    state.foresee(&entries[n..]);
                }
                at = entry.seq;
                let outcome = state.apply(entry);
                if tell {
                    frames.push(Frames::of(&state, batch, &outcome));
                    activity::items_of(&state, &outcome, &mut items);
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
        shared.activity.push(items);
        match outcomes.last() {
            Some(last) if !tell => shared.window.restart(Reached { seq: last.seq, batch }, last.at),
            _ => shared.window.push(frames.into_iter()),
        }
        shared.timer.send_if_modified(|now| {
            let changed = *now != timer;
            *now = timer;
            changed
        });
        self.publish(&outcomes);
        Ok(outcomes)
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
        shared.lag.applied(last.seq);
        shared.traces.applied(last.seq);
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

    /// Nothing to apply: serves, and waits for more. Now and then it looks whether the journal still has what is applied.
    fn wait(&mut self) -> Result<(), End> {
        let shared = self.shared;
        if matches!(**shared.health.load(), Health::CatchingUp | Health::Degraded(_)) {
            if !self.look()? {
                return Ok(());
            }
            if let Some(former) = self.former.take() {
                former.lost(self.chain.tip.seq);
            }
            shared.health.store(Arc::new(Health::Serving));
            shared.applied.send_modify(|_| {});
            tracing::info!(seq = %self.chain.tip.seq, epoch = self.epoch, "serving");
        }
        if self.looked.elapsed() > LOOK && !self.look()? {
            return Ok(());
        }
        // One that failed is not forgotten because nothing more comes.
        self.snapshot_if_due();
        let waited = self.runtime.block_on(async {
            tokio::select! {
                waited = shared.journal.wait(self.chain.tip.seq) => waited,
                () = shared.wake.notified() => Ok(()),
                () = shared.reload.notified() => { shared.reload.notify_one(); Ok(()) }
                () = tokio::time::sleep(LOOK) => Ok(()),
            }
        });
        if let Err(error) = waited {
            self.journal_is_away(&error);
        }
        Ok(())
    }

    /// Whether the journal still has what is applied here; `false` while it cannot be told. A recovery may have cut off
    /// its tail; entries in the new epoch are appended by those alone who know that they are on its chain.
    fn look(&mut self) -> Result<bool, End> {
        self.looked = Instant::now();
        let head = match self.runtime.block_on(end_of(self.shared)) {
            // An older journal than the one that was followed: never gone back to, a recovery begins a new epoch.
            Ok(head) if head.epoch < self.epoch => Err(JournalError(format!("it is back in epoch {}: a flusher recovers it", head.epoch))),
            other => other,
        };
        let head = match head {
            Ok(head) => head,
            Err(error) => {
                self.journal_is_away(&error);
                return Ok(false);
            }
        };
        let tip = self.chain.tip;
        if head.epoch == self.epoch || head.seq > tip.seq {
            // What follows is linked to what is applied, or reading it says that it is not.
            return Ok(true);
        }
        if (head.seq, head.batch_id) != (tip.seq, tip.batch_id) {
            return Err(End::Reload(tip));
        }
        self.go_on_in(head.epoch);
        *self.shared.tip.lock() = Tip { epoch: head.epoch, ..tip };
        Ok(true)
    }

    /// What is applied is on the chain of a new epoch. What was appended in the former one and is not applied is not in.
    fn go_on_in(&mut self, epoch: u64) {
        self.epoch = epoch;
        self.shared.lag.clear();
        self.shared.answers.forget();
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

    /// What does not follow stops the league, unless a recovery began another epoch: then it is loaded anew.
    fn refuse(&self, error: &ReadError) -> End {
        let head = loop {
            if *self.shared.closing.borrow() {
                return End::Closing;
            }
            match self.runtime.block_on(end_of(self.shared)) {
                Ok(head) => break head,
                Err(error) => self.journal_is_away(&error),
            }
        };
        if head.epoch > self.epoch {
            return End::Reload(self.chain.tip);
        }
        let seq = match error {
            ReadError::Corrupt { at, .. } => *at,
            ReadError::Trimmed { .. } | ReadError::Unavailable(_) => self.chain.tip.seq.next(),
        };
        End::Stopped { seq, why: error.to_string() }
    }

    fn last_snapshot(&self) {
        self.shared.snapshots.wait_idle();
        let snapshot = self.shared.state.write().snapshot();
        // What failed was said; the next start replays more.
        let _ = self.shared.snapshots.write(self.shared, &snapshot, self.chain.clone(), self.shared.kept.life(), self.runtime);
    }
}
