//! Whether every process computes the same: each tells the hash of its state at the same entries, those where snapshots are
//! due, and compares it with what the others have told.
//!
//! ```text
//!  apply thread ──state of an entry──▶ hashed on a thread of its own ──▶ told ──▶ looked at for a minute
//!                                                                         others differ: executed again here
//!                                                                           another hash than before ─▶ this one stops
//!                                                                           the same, and most differ ─▶ this one stops
//!                                                                           the same otherwise ─▶ told, it goes on
//! ```
//! The odd one out stops; those who are in the right say so in their logs. Under load states are hashed less often: that
//! takes a tenth of one core at most.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ftl_core::hash::Hash;
use ftl_core::id::Seq;
use ftl_core::journal::Tip;
use ftl_core::state::Snapshot;
use ftl_store::postgres::state_hashes::{StateHashes, Told};
use parking_lot::Mutex;
use tokio::runtime::Handle;

use super::Shared;
use super::health::Health;
use super::snapshots::NoState;

/// A hash that took so long is followed by so many times as long without one.
const REST: u32 = 9;
/// Between two looks at what the others have told.
const LOOK: Duration = Duration::from_secs(1);
/// How long a hash is compared with what others tell later.
const COMPARED_FOR: Duration = Duration::from_secs(60);

/// See the module.
#[derive(Debug)]
pub struct Agreement {
    told: Option<StateHashes>,
    every: u64,
    busy: AtomicBool,
    rests_until: Mutex<Option<Instant>>,
    own: Mutex<VecDeque<Own>>,
}

/// What this process had.
#[derive(Clone, Copy, Debug)]
struct Own {
    tip: Tip,
    hash: Hash,
    since: Instant,
}

impl Agreement {
    /// A process that is alone compares itself with nobody.
    pub fn with_nobody() -> Self {
        Self { told: None, every: u64::MAX, busy: AtomicBool::default(), rests_until: Mutex::default(), own: Mutex::default() }
    }

    /// A comparison every so many entries.
    pub fn through(told: StateHashes, every: u64) -> Self {
        Self { told: Some(told), every: every.max(1), ..Self::with_nobody() }
    }

    /// Whether a state is to be hashed behind `seq`; `last` is where one was the last time.
    pub(super) fn is_due(&self, last: Seq, seq: Seq) -> bool {
        let due = self.told.is_some() && seq.0 / self.every > last.0 / self.every;
        due && !self.busy.load(Ordering::Acquire) && self.rests_until.lock().is_none_or(|until| until <= Instant::now())
    }

    /// Hashes a state and tells it, on a thread of its own.
    pub(super) fn tell_beside(shared: &Arc<Shared>, snapshot: Snapshot, tip: Tip, runtime: &Handle) {
        shared.agreement.busy.store(true, Ordering::Release);
        let (shared_there, runtime) = (Arc::clone(shared), runtime.clone());
        let spawned = std::thread::Builder::new().name("agreement".into()).spawn(move || {
            let agreement = &shared_there.agreement;
            let began = Instant::now();
            let hash = snapshot.hash();
            *agreement.rests_until.lock() = Instant::now().checked_add(began.elapsed() * REST);
            agreement.tell(tip, hash, &runtime);
            agreement.busy.store(false, Ordering::Release);
        });
        if let Err(error) = spawned {
            tracing::warn!(%error, "no thread for a hash");
            shared.agreement.busy.store(false, Ordering::Release);
        }
    }

    fn tell(&self, tip: Tip, hash: Hash, runtime: &Handle) {
        let Some(told) = &self.told else { return };
        metrics::gauge!("ftl_replica_hash_seq").set(tip.seq.0 as f64);
        let [a, b, c, d, ..] = hash.0;
        metrics::gauge!("ftl_replica_hash").set(f64::from(u32::from_be_bytes([a, b, c, d])));
        if let Err(error) = runtime.block_on(told.tell(tip, &hash)) {
            tracing::debug!(%error, seq = %tip.seq, "a hash is not told");
            return;
        }
        self.own.lock().push_back(Own { tip, hash, since: Instant::now() });
    }
}

/// Compares what was told until the replica ends.
pub(super) async fn keep(shared: Arc<Shared>) {
    let mut closing = shared.closing.subscribe();
    let Some(told) = &shared.agreement.told else { return };
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            _ = closing.wait_for(|closing| *closing) => return,
        }
        let own: Vec<Own> = {
            let mut own = shared.agreement.own.lock();
            own.retain(|own| own.since.elapsed() < COMPARED_FOR);
            own.iter().copied().collect()
        };
        for own in own {
            match told.others(own.tip).await {
                Ok(others) if others.iter().all(|other| other.hash == own.hash) => {}
                Ok(others) => differ(&shared, own, &others).await,
                Err(error) => tracing::debug!(%error, "what others compute is not known"),
            }
        }
    }
}

/// Others have another hash at an entry: one of both is wrong.
async fn differ(shared: &Arc<Shared>, own: Own, others: &[Told]) {
    let seq = own.tip.seq;
    let (there, runtime) = (Arc::clone(shared), Handle::current());
    let again = tokio::task::spawn_blocking(move || there.snapshots.execute_again(&there, seq, &runtime)).await;
    let again = match again {
        Ok(Ok(again)) => again,
        Ok(Err(NoState::Away(why) | NoState::Refused(why))) => {
            tracing::warn!(why, %seq, "other processes have another state, and it cannot be executed again yet");
            return;
        }
        Err(error) => return tracing::error!(%error, %seq, "executing again failed"),
    };
    // Whatever comes of it, it is told once.
    shared.agreement.own.lock().retain(|kept| kept.tip != own.tip);
    let with = others.iter().filter(|other| other.hash == own.hash).count() + 1;
    let against = others.iter().filter(|other| other.hash != own.hash);
    let roles: Vec<&str> = against.clone().map(|other| other.role.as_str()).collect();
    let most = against.clone().map(|other| against.clone().filter(|one| one.hash == other.hash).count()).max().unwrap_or(0);
    let text = format!("at entry {seq} this process has {}, others ({}) differ, executed again it is {again}", own.hash, roles.join(", "));
    if again != own.hash || most > with {
        let why = format!("this replica is the odd one out: {text}");
        tracing::error!(%seq, why, "this replica is not what the journal makes");
        // The apply thread looks within a second; to be woken is to it a way on.
        shared.health.store(Arc::new(Health::Stopped { seq, why }));
    } else {
        metrics::counter!("ftl_disagreements_total").increment(1);
        tracing::error!(%seq, "{text}: this one stands");
    }
}
