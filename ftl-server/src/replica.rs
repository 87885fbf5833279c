//! The replica: one OS thread applies the journal to a `State`; everybody else reads it or asks for an append.
//!
//! ```text
//!  handlers ──submit──▶ appender (three lanes, group commit) ──▶ journal
//!                                                                  │ tail
//!  handlers ◀─answer─── answers ◀──outcomes── apply thread ◀───────┘
//!  streams  ◀─frames─── window  ◀──┤   └──▶ State behind a read-write lock ──▶ handlers read
//!  history  ◀─outcomes─────────────┘   └──▶ market (prices, without a lock)
//! ```
//! The write lock is held for at most 256 entries or a millisecond. Nobody holds the lock across an await: [`Replica::read`]
//! takes a closure, and what it needs is copied out and serialised outside.

pub mod activity;
pub mod agreement;
pub mod answers;
pub mod append;
pub mod apply;
mod fault;
pub mod health;
pub mod kept;
pub mod lag;
mod live_bars;
pub mod market;
mod players;
pub mod quarantine;
pub mod skew;
pub mod snapshots;
pub mod timers;
pub mod window;

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use axum::http::StatusCode;
use ftl_core::command::Command;
use ftl_core::id::{AccountId, CommandId, OrderId, Seq};
use ftl_core::journal::{Clock, Journal};
use ftl_core::outcome::Outcome;
use ftl_core::time::At;
use parking_lot::{Mutex, RwLock};
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;

use crate::history::Told;
use crate::problem::Problem;
use crate::traces::Traces;
use crate::wire::League;
use activity::Activity;
use agreement::Agreement;
use answers::{Answers, OrderEnd};
use append::{Appender, Lane, SubmitError};
use fault::Fault;
use health::Health;
use kept::Kept;
use lag::Lag;
use market::Market;
use players::Players;
use quarantine::Quarantine;
use skew::Skew;
use snapshots::SnapshotPlan;
use window::Window;

/// How long a read waits for an entry that the client has seen elsewhere.
const MIN_SEQ_WAIT: Duration = Duration::from_secs(1);
/// An entry this far ahead is a mistake of the client's.
const MIN_SEQ_AHEAD: u64 = 1_000_000;

/// A league in this process.
pub struct Replica {
    pub(crate) shared: Arc<Shared>,
    appender: Appender,
    /// The appender's and the timers'.
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

/// What a replica is started with.
pub struct ReplicaParts {
    /// Where commands are ordered and kept.
    pub journal: Arc<dyn Journal>,
    /// Wall-clock time: when timers are due, when a command is too late.
    pub clock: Arc<dyn Clock>,
    /// Where it starts from and what it leaves.
    pub snapshots: SnapshotPlan,
    /// Entries that an operator has set aside.
    pub quarantine: Quarantine,
    /// Takes what is executed, in order, for history.
    pub history: Option<mpsc::UnboundedSender<Told>>,
    /// Is told behind which entry the state begins, before it serves.
    pub begun: watch::Sender<Option<Seq>>,
    /// Makes the state be loaded anew.
    pub reload: Arc<Notify>,
    /// What is to be kept before it is acknowledged.
    pub kept: Kept,
    /// What other processes compute.
    pub agreement: Agreement,
    /// Spans of commands on their way.
    pub traces: Arc<Traces>,
}

/// What the threads and tasks of a replica share.
pub(crate) struct Shared {
    pub journal: Arc<dyn Journal>,
    pub clock: Arc<dyn Clock>,
    pub state: RwLock<League>,
    pub health: ArcSwap<Health>,
    pub applied: watch::Sender<Seq>,
    pub tip: Mutex<ftl_core::journal::Tip>,
    pub timer: watch::Sender<Option<At>>,
    pub market: ArcSwap<Market>,
    pub players: Players,
    pub window: Window,
    pub activity: Activity,
    pub answers: Answers,
    pub lag: Lag,
    pub skew: Skew,
    /// Of the store, which takes nothing that is appended.
    pub store: Fault,
    pub quarantine: Quarantine,
    pub snapshots: SnapshotPlan,
    /// Dropped with the apply thread: so the writer of history knows its end.
    pub history: Mutex<Option<mpsc::UnboundedSender<Told>>>,
    pub begun: watch::Sender<Option<Seq>>,
    pub reload: Arc<Notify>,
    pub kept: Kept,
    pub agreement: Agreement,
    pub traces: Arc<Traces>,
    /// Wakes the apply thread: an entry was quarantined, or the end.
    pub wake: Notify,
    /// Set once, to end threads and tasks.
    pub closing: watch::Sender<bool>,
    /// Set once, when the apply thread has ended.
    pub ended: watch::Sender<bool>,
}

impl Shared {
    /// Tells the writer of history, which ends only with the process.
    pub(super) fn tell(&self, told: Told) {
        if let Some(history) = &*self.history.lock() {
            drop(history.send(told));
        }
    }
}

impl Replica {
    /// Starts the apply thread, the appender and the timers on the runtime of the caller. It serves when
    /// [`caught_up`](Self::caught_up) returns.
    pub fn start(parts: ReplicaParts) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            journal: parts.journal,
            clock: parts.clock,
            state: RwLock::new(League::new()),
            health: ArcSwap::from_pointee(Health::CatchingUp),
            applied: watch::Sender::new(Seq(0)),
            tip: Mutex::default(),
            timer: watch::Sender::new(None),
            market: ArcSwap::from_pointee(Market::default()),
            players: Players::default(),
            window: Window::default(),
            activity: Activity::default(),
            answers: Answers::default(),
            lag: Lag::default(),
            skew: Skew::default(),
            store: Fault::default(),
            quarantine: parts.quarantine,
            snapshots: parts.snapshots,
            history: Mutex::new(parts.history),
            begun: parts.begun,
            reload: parts.reload,
            kept: parts.kept,
            agreement: parts.agreement,
            traces: parts.traces,
            wake: Notify::new(),
            closing: watch::Sender::new(false),
            ended: watch::Sender::new(false),
        });
        apply::spawn(Arc::clone(&shared))?;
        let (appender, appending) = Appender::start(Arc::clone(&shared))?;
        let timing = timers::start(Arc::clone(&shared), appender.clone());
        let comparing = tokio::spawn(agreement::keep(Arc::clone(&shared)));
        Ok(Self { shared, appender, tasks: Mutex::new(vec![appending, timing, comparing]) })
    }

    /// Returns when the journal that was there at the start is applied, or the replica has stopped.
    pub async fn caught_up(&self) {
        let mut applied = self.shared.applied.subscribe();
        while matches!(**self.shared.health.load(), Health::CatchingUp) {
            if applied.changed().await.is_err() {
                return;
            }
        }
    }

    /// Why this process's clock will not do, by what the store was asked or said.
    pub(crate) fn clock_fault(&self) -> Option<Arc<String>> {
        self.shared.skew.0.why()
    }

    /// Why the store takes nothing that is appended, though it can be read.
    pub(crate) fn store_fault(&self) -> Option<Arc<String>> {
        self.shared.store.why()
    }

    /// Looks at the state. 503 while there is none to look at.
    pub fn read<T>(&self, look: impl FnOnce(&League) -> T) -> Result<T, Problem> {
        self.shared.health.load().readable()?;
        let state = self.shared.state.read();
        Ok(look(&state))
    }

    /// Whether the league knows an account. Looks at the state once for each.
    pub fn plays(&self, account: AccountId) -> Result<bool, Problem> {
        self.shared.health.load().readable()?;
        let known = || self.read(|league| league.account(account).is_some());
        self.shared.players.contains_or(account, known)
    }

    /// The market without a lock.
    pub fn market(&self) -> Result<Arc<Market>, Problem> {
        self.shared.health.load().readable()?;
        Ok(self.shared.market.load_full())
    }

    /// Waits until the entry that a client has seen is applied here.
    pub async fn wait_for(&self, min_seq: Option<u64>) -> Result<(), Problem> {
        let Some(min_seq) = min_seq else { return Ok(()) };
        let now = self.applied();
        if min_seq > now.0.saturating_add(MIN_SEQ_AHEAD) {
            return Err(Problem::invalid_field("minSeq", format!("the journal is at {now}")));
        }
        let mut applied = self.shared.applied.subscribe();
        let reached = applied.wait_for(|seq| seq.0 >= min_seq);
        match tokio::time::timeout(MIN_SEQ_WAIT, reached).await {
            Ok(Ok(_)) => Ok(()),
            _ => Err(Problem::unavailable("behind", "This entry is not here yet", format!("applied up to {}", self.applied()))),
        }
    }

    /// The last entry applied.
    pub fn applied(&self) -> Seq {
        *self.shared.applied.borrow()
    }

    /// The journal's epoch that this process appends in: what it appended before a recovery is of a former one.
    pub fn epoch(&self) -> u64 {
        self.shared.tip.lock().epoch
    }

    /// Tells when entries are applied.
    pub fn follow(&self) -> watch::Receiver<Seq> {
        self.shared.applied.subscribe()
    }

    /// How it is.
    pub fn health(&self) -> Arc<Health> {
        self.shared.health.load_full()
    }

    /// Appends a command and returns what became of it, once it is applied here and kept as it must be.
    pub async fn submit(&self, lane: Lane, command: Command) -> Result<Arc<Outcome>, SubmitError> {
        let life = self.shared.kept.life();
        let id = command.id;
        self.shared.traces.begin(id);
        let outcome = self.appender.submit(lane, command).await.inspect_err(|_| self.shared.traces.failed(id))?;
        self.shared.kept.acknowledged(outcome.seq, life).await?;
        Ok(outcome)
    }

    /// Appends commands with nobody else's between them and returns what became of each.
    pub async fn submit_together(&self, lane: Lane, commands: Vec<Command>) -> Result<Vec<Arc<Outcome>>, SubmitError> {
        let life = self.shared.kept.life();
        let outcomes = self.appender.submit_together(lane, commands).await?;
        if let Some(last) = outcomes.last() {
            self.shared.kept.acknowledged(last.seq, life).await?;
        }
        Ok(outcomes)
    }

    /// Whether an append of this command is of unknown fate: it must not be sent again yet.
    pub(crate) fn is_doubtful(&self, id: CommandId) -> bool {
        self.shared.answers.is_doubtful(id, self.shared.clock.now())
    }

    /// Waits until a resting order is filled or cancelled, `None` when it takes longer.
    pub async fn order_end(&self, order: OrderId, longest: Duration) -> Option<OrderEnd> {
        let waiting = self.shared.answers.await_order(order);
        let resting = self.read(|league| league.order(order).is_some()).unwrap_or(false);
        match waiting {
            Ok(end) => Some(end),
            // Neither ended lately nor resting: it ended too long ago for anybody to know how.
            Err(_) if !resting => self.shared.answers.order_end(order),
            Err(receiver) => tokio::time::timeout(longest, receiver).await.ok()?.ok(),
        }
    }

    /// How a lately ended order ended.
    pub fn ended_order(&self, order: OrderId) -> Option<OrderEnd> {
        self.shared.answers.order_end(order)
    }

    /// The frames of the last entries.
    pub fn window(&self) -> &Window {
        &self.shared.window
    }

    /// The latest of the pitch and of everybody's trades.
    pub fn activity(&self) -> &Activity {
        &self.shared.activity
    }

    /// Opens are shed, or no longer: the archive is far behind, or the journal's store fills up.
    pub fn shed_opens(&self, shed: bool) {
        self.shared.lag.shed(shed);
    }

    /// The last confirmed snapshot; 0 where there is none.
    pub async fn last_snapshot(&self) -> Seq {
        self.shared.snapshots.last_confirmed().await
    }

    /// Commands that wait for an append: of the feed, closes, opens.
    pub fn waiting(&self) -> [usize; 3] {
        self.appender.waiting()
    }

    /// How long the oldest entry that this process appended waits to be applied.
    pub fn apply_lag(&self) -> Duration {
        self.shared.lag.age()
    }

    /// Sets aside an entry that has not been applied: written down first, then the state is rebuilt without it.
    /// What is applied has been answered and is history: it can be corrected by commands, not unmade.
    pub async fn quarantine(&self, seq: Seq, reason: String) -> Result<(), Problem> {
        let journal_away = |_| Problem::unavailable("journal_unavailable", "The journal does not answer", "try again");
        let head = self.shared.journal.head().await.map_err(journal_away)?;
        if seq.0 == 0 || seq > head.seq {
            return Err(Problem::invalid_field("seq", format!("takes an entry of the journal, 1 to {}", head.seq)));
        }
        match &*self.health() {
            Health::Stopped { seq: at, .. } if seq >= *at => {}
            Health::Stopped { .. } | Health::CatchingUp | Health::Serving | Health::Degraded(_) | Health::Draining => {
                return Err(Problem::new(
                    StatusCode::CONFLICT,
                    "entry_applied",
                    "The entry is applied already",
                    "only what stops the league can be set aside",
                ));
            }
        }
        self.shared.quarantine.add(seq, reason).await.map_err(|error| {
            tracing::error!(%error, "the quarantine could not be written");
            Problem::internal()
        })?;
        self.shared.health.store(Arc::new(Health::CatchingUp));
        self.shared.wake.notify_one();
        Ok(())
    }

    /// Goes on with a state that computes wrongly, to see that it is found out.
    #[cfg(feature = "testing")]
    pub fn go_wrong(&self, mutant: ftl_core::mutant::Mutant) {
        let mut state = self.shared.state.write();
        *state = state.clone().with_mutant(mutant);
    }

    /// Says in `readyz` that the end is near.
    pub fn announce_end(&self) {
        let health = self.health();
        if matches!(*health, Health::Serving | Health::Degraded(_)) {
            self.shared.health.compare_and_swap(&health, Arc::new(Health::Draining));
        }
    }

    /// Refuses further commands and waits until those that are on their way are appended.
    pub async fn drain(&self) {
        self.appender.drain().await;
    }

    /// Ends the threads and tasks, with a last snapshot.
    pub async fn close(&self) {
        self.shared.closing.send_replace(true);
        self.shared.wake.notify_one();
        let mut ended = self.shared.ended.subscribe();
        // The sender lives in `shared`, so waiting can only end with the thread.
        let _ = ended.wait_for(|ended| *ended).await;
        let tasks = std::mem::take(&mut *self.tasks.lock());
        for task in tasks {
            // A task that panicked has ended too.
            let _ = task.await;
        }
    }
}
