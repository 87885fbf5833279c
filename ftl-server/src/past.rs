//! The past: the league as it was after an entry or at a time, for `?at=`.
//!
//! ```text
//!  ?at= ─▶ now? the state itself
//!      └─▶ the past held in hand, the newest snapshot before it or the first entry ─▶ journal ─▶ apply ─▶ look
//! ```
//! Ticks and fills alone do not make a book as it was (reviews, reserves, marks that stops looked at), so the past is
//! executed again, by the same code and to the same hash. One past is held at a time, on a thread that nobody trades
//! on: who asks for a later moment of it goes on from there. Its cost is bounded, and it is dropped when nobody looks.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ftl_core::id::Seq;
use ftl_core::journal::{ChainCheck, ReadError};
use ftl_core::outcome::{Entry, Outcome};
use ftl_core::time::At;
use ftl_store::snapshots::{SnapshotError, SnapshotHead, SnapshotStore};
use serde::{Deserialize, Deserializer};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::app::App;
use crate::problem::Problem;
use crate::replica::Shared;
use crate::wire::{League, Time};

/// How long a look executes; what it has reached by then is held, and the next look goes on from there.
const BUDGET: Duration = Duration::from_secs(5);
/// Entries read at a time.
const TOGETHER: usize = 4_096;
/// To restore a snapshot costs about as much as to apply so many entries.
const RESTORING: u64 = 20_000;
/// How long a look waits for the one before it.
const QUEUE: Duration = Duration::from_secs(2);
/// A past that nobody looks at is dropped after this.
const KEPT: Duration = Duration::from_secs(60);

/// `?at=`: after an entry, or at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// After this entry.
    Seq(Seq),
    /// After the last entry that is not later.
    Time(At),
}

/// The past that was looked at last.
#[derive(Clone, Default)]
pub struct Past(Arc<Mutex<Option<Held>>>);

struct Held {
    execution: Execution,
    looked_at: Instant,
}

/// A league executed again up to some entry.
struct Execution {
    league: League,
    /// The journal up to the last batch that was read.
    chain: ChainCheck,
    /// Read and not applied.
    waiting: VecDeque<Entry>,
}

impl Moment {
    /// Whether this entry had been applied by then.
    pub(crate) fn includes(self, seq: Seq, at: At) -> bool {
        match self {
            Self::Seq(last) => seq <= last,
            Self::Time(last) => at <= last,
        }
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::value::{Error as Refused, StringDeserializer};
        use serde::de::{Error, IntoDeserializer};
        let text = String::deserialize(deserializer)?;
        if let Ok(seq) = text.parse() {
            return Ok(Self::Seq(Seq(seq)));
        }
        let time: StringDeserializer<Refused> = text.into_deserializer();
        let takes = "takes an entry's number, or a time such as 2022-12-18T15:00:00Z";
        Time::deserialize(time).map(|time| Self::Time(time.0)).map_err(|_| D::Error::custom(takes))
    }
}

impl Past {
    /// Drops what nobody has looked at for a while.
    pub(crate) fn forget_the_old(&self) {
        if let Ok(mut held) = self.0.try_lock()
            && held.as_ref().is_some_and(|held| held.looked_at.elapsed() > KEPT)
        {
            *held = None;
        }
    }

    /// Nobody looks while what this returns lives: for whoever must keep the machine to himself.
    pub async fn hold(&self) -> impl Drop + use<> {
        Arc::clone(&self.0).lock_owned().await
    }

    async fn turn(&self) -> Result<OwnedMutexGuard<Option<Held>>, Problem> {
        let turn = tokio::time::timeout(QUEUE, Arc::clone(&self.0).lock_owned()).await;
        turn.map_err(|_| Problem::unavailable("past_busy", "Others look into the past", "one looks at a time").retry_after(5))
    }
}

impl App {
    /// Looks at the league as it was. A moment that has not come yet is refused; one that is far takes several looks.
    pub(crate) async fn look_at<T, F>(&self, moment: Moment, look: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&League) -> T + Send + 'static,
    {
        let now = self.now();
        // What is asked for may be what is: nothing has to be executed for it.
        let mut look = Some(look);
        let seen = self.replica.read(|league| match moment {
            Moment::Seq(asked) if asked > league.seq() => {
                Err(Problem::invalid_field("at", format!("lies in the future: the journal is at {}", league.seq())))
            }
            Moment::Time(asked) if asked > now.max(league.at()) => Err(Problem::invalid_field("at", "lies in the future")),
            Moment::Seq(_) | Moment::Time(_) if moment.includes(league.seq(), league.at()) => Ok(look.take().map(|look| look(league))),
            Moment::Seq(_) | Moment::Time(_) => Ok(None),
        })??;
        let Some(look) = look else { return seen.ok_or_else(Problem::internal) };
        let (mut turn, shared, runtime) = (self.past.turn().await?, Arc::clone(&self.replica.shared), Handle::current());
        // It goes on to its end, and keeps what it reached, whether or not anybody waits for the answer.
        let looking = tokio::task::spawn_blocking(move || {
            let mut execution = Execution::near(moment, turn.take(), &shared)?;
            let reached = execution.go_on(moment, Instant::now() + BUDGET, &shared, &runtime)?;
            let seen = reached.then(|| look(&execution.league));
            let seq = execution.league.seq();
            *turn = Some(Held { execution, looked_at: Instant::now() });
            let far = || Problem::unavailable("past_far", "This is long ago", format!("executed up to {seq}: ask again to go on"));
            seen.ok_or_else(far)
        });
        looking.await.map_err(|_| Problem::internal())?
    }

    /// Begins with the league as it was, shows every outcome from there to the present with the state behind it, and ends
    /// with the league as it is. `None` where that is too much to execute now, or others look into the past: whoever asks has another source.
    pub(crate) async fn watch_from<S, T, B, W, E>(&self, moment: Moment, begin: B, mut watch: W, end: E) -> Result<Option<T>, Problem>
    where
        T: Send + 'static,
        B: FnOnce(&League) -> S + Send + 'static,
        W: FnMut(&mut S, &League, &Outcome) -> ControlFlow<()> + Send + 'static,
        E: FnOnce(S, &League) -> T + Send + 'static,
    {
        let now = Moment::Seq(self.seq());
        let Ok(mut turn) = Arc::clone(&self.past.0).try_lock_owned() else { return Ok(None) };
        let (shared, runtime) = (Arc::clone(&self.replica.shared), Handle::current());
        let watching = tokio::task::spawn_blocking(move || {
            let deadline = Instant::now() + BUDGET;
            let mut execution = Execution::near(moment, turn.take(), &shared)?;
            let mut seen = None;
            if execution.go_on(moment, deadline, &shared, &runtime)? {
                let mut watched = begin(&execution.league);
                let reached =
                    execution.watched(now, deadline, &shared, &runtime, |league, outcome| watch(&mut watched, league, outcome))?;
                seen = reached.then(|| end(watched, &execution.league));
            }
            *turn = Some(Held { execution, looked_at: Instant::now() });
            Ok(seen)
        });
        watching.await.map_err(|_| Problem::internal())?
    }
}

impl Execution {
    /// The last state before `moment` that can be had: the one in hand, a snapshot, or none at all.
    fn near(moment: Moment, held: Option<Held>, shared: &Shared) -> Result<Self, Problem> {
        let held = held.map(|held| held.execution).filter(|held| moment.includes(held.league.seq(), held.league.at()));
        let reached = held.as_ref().map_or(Seq(0), |held| held.league.seq());
        let snapshot = shared.snapshots.store().map(|store| Self::restored(moment, reached, store)).transpose();
        let snapshot = snapshot.map_err(|error| {
            tracing::error!(%error, "snapshots do not answer");
            Problem::internal()
        })?;
        let from_the_start = || Self { league: League::new(), chain: ChainCheck::default(), waiting: VecDeque::new() };
        let mut nearest = snapshot.flatten().or(held).unwrap_or_else(from_the_start);
        // An entry may have been set aside since it was last looked at.
        nearest.league = nearest.league.with_quarantine(shared.quarantine.entries());
        Ok(nearest)
    }

    /// The newest snapshot before `moment`, where it is worth the while for who has `reached` already.
    fn restored(moment: Moment, reached: Seq, store: &dyn SnapshotStore) -> Result<Option<Self>, SnapshotError> {
        let wanted = |head: &SnapshotHead| {
            let (seq, at) = (head.journal.tip.seq, head.journal.at);
            moment.includes(seq, at) && (reached == Seq(0) || seq.0 > reached.0.saturating_add(RESTORING))
        };
        let Some(loaded) = store.load_newest(&wanted)?.snapshot else { return Ok(None) };
        match League::restore(&loaded.bytes) {
            Ok(league) => Ok(Some(Self { league, chain: loaded.head.journal, waiting: VecDeque::new() })),
            Err(error) => {
                tracing::warn!(%error, "a snapshot is not used");
                Ok(None)
            }
        }
    }

    /// Applies what came before `moment`; `false` where time was up first.
    fn go_on(&mut self, moment: Moment, deadline: Instant, shared: &Shared, runtime: &Handle) -> Result<bool, Problem> {
        self.watched(moment, deadline, shared, runtime, |_, _| ControlFlow::Continue(()))
    }

    /// The same, with a watcher, who may have seen enough.
    fn watched(
        &mut self,
        moment: Moment,
        deadline: Instant,
        shared: &Shared,
        runtime: &Handle,
        mut watch: impl FnMut(&League, &Outcome) -> ControlFlow<()>,
    ) -> Result<bool, Problem> {
        loop {
            while let Some(entry) = self.waiting.front() {
                if !moment.includes(entry.seq, entry.at) {
                    return Ok(true);
                }
                let outcome = self.league.apply(entry);
                self.waiting.pop_front();
                if watch(&self.league, &outcome).is_break() {
                    return Ok(false);
                }
            }
            if Instant::now() >= deadline {
                return Ok(false);
            }
            let batches = runtime.block_on(shared.journal.read(self.chain.tip.seq, TOGETHER)).map_err(unreadable)?;
            if batches.is_empty() {
                return Ok(true);
            }
            for batch in &batches {
                self.chain.follow(batch).map_err(unreadable)?;
                self.waiting.extend(batch.entries());
            }
        }
    }
}

fn unreadable(error: ReadError) -> Problem {
    tracing::error!(%error, "the past cannot be read");
    match error {
        ReadError::Unavailable(_) => Problem::unavailable("journal_unavailable", "The journal does not answer", "try again"),
        ReadError::Trimmed { .. } | ReadError::Corrupt { .. } => Problem::internal(),
    }
}
