//! The shards, how many streams the process may hold, and who is here.

use std::hash::BuildHasher;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ftl_core::id::AccountId;
use parking_lot::Mutex;
use rustc_hash::FxBuildHasher;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::message::{Shared, SharedPrice};
use super::presence::{Presence, Present};
use super::round::Round;
use super::shard::{Inbox, Shard, Task};
use super::teller;
use crate::app::App;
use crate::own_thread::on_own_thread;
use crate::problem::Problem;
use crate::wire::frame::PriceFrame;
use crate::wire::frame::public::LeaderboardFrame;

/// Threads that write, at the most.
const MOST_SHARDS: usize = 4;
/// Tasks that wait for a shard before whoever brings them waits.
const TASKS: usize = 1_024;
/// Rounds that wait for a shard before the teller waits, and tells more at once.
const ROUNDS: usize = 2;
/// How long connections may take to be told of the end.
const FAREWELL: Duration = Duration::from_secs(4);
/// Seconds after which one who found no place comes again.
const COME_AGAIN: u64 = 5;

/// See the module.
pub struct Hub {
    shards: Vec<Outlet>,
    inboxes: Mutex<Vec<Inbox>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    teller: Mutex<Option<JoinHandle<()>>>,
    open: Arc<AtomicUsize>,
    most: usize,
    most_of_one: u32,
    /// Who is here.
    pub presence: Arc<Presence>,
    pub(crate) leaderboard: Leaderboard,
}

/// A shard, from outside.
#[derive(Clone, Debug)]
pub(super) struct Outlet {
    pub tasks: mpsc::Sender<Task>,
    pub rounds: mpsc::Sender<Arc<Round>>,
}

/// The last head of the board, and how many want to know of the next.
#[derive(Default)]
pub(crate) struct Leaderboard {
    readers: AtomicUsize,
    last: Mutex<Option<Arc<Shared<LeaderboardFrame>>>>,
}

impl Leaderboard {
    /// One more wants it.
    pub fn enter(&self) {
        self.readers.fetch_add(1, Ordering::Relaxed);
    }

    /// One fewer wants it.
    pub fn leave(&self) {
        self.readers.fetch_sub(1, Ordering::Relaxed);
    }

    pub fn is_wanted(&self) -> bool {
        self.readers.load(Ordering::Relaxed) > 0
    }

    /// As it was told last.
    pub fn last(&self) -> Option<Arc<Shared<LeaderboardFrame>>> {
        self.last.lock().clone()
    }

    pub fn tell(&self, frame: Arc<Shared<LeaderboardFrame>>) {
        *self.last.lock() = Some(frame);
    }
}

/// Why a stream has no place here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoPlace {
    /// The process has all the streams that it takes.
    Full,
    /// The account has all that it may have here.
    Yours(u32),
}

impl From<NoPlace> for Problem {
    fn from(why: NoPlace) -> Self {
        match why {
            NoPlace::Full => {
                let detail = "this process has all the connections that it takes";
                Self::unavailable("too_many_connections", "There is no place", detail).retry_after(COME_AGAIN)
            }
            NoPlace::Yours(most) => {
                Self::too_many("too_many_streams", format!("an account has at most {most} streams at a process: end one"), COME_AGAIN)
            }
        }
    }
}

/// A stream's place in the process, from before its ticket is claimed until it has ended.
#[derive(Debug)]
pub(crate) struct Place {
    open: Arc<AtomicUsize>,
    _present: Present,
}

impl Drop for Place {
    fn drop(&mut self) {
        let before = self.open.fetch_sub(1, Ordering::AcqRel);
        metrics::gauge!("ftl_ws_connections").set(before.saturating_sub(1) as f64);
    }
}

impl Hub {
    /// For at most `most` streams, `most_of_one` of one account; nobody is served before [`start`](Self::start).
    pub fn new(most: usize, most_of_one: u32) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let (shards, inboxes) = (0..cores.min(MOST_SHARDS)).map(|_| Self::shard()).unzip();
        Self {
            shards,
            inboxes: Mutex::new(inboxes),
            threads: Mutex::default(),
            teller: Mutex::default(),
            open: Arc::default(),
            most,
            most_of_one,
            presence: Arc::default(),
            leaderboard: Leaderboard::default(),
        }
    }

    fn shard() -> (Outlet, Inbox) {
        let (tasks, tasks_in) = mpsc::channel(TASKS);
        let (rounds, rounds_in) = mpsc::channel(ROUNDS);
        (Outlet { tasks, rounds }, Inbox { tasks: tasks_in, rounds: rounds_in })
    }

    /// Starts the shards' threads and the teller.
    pub fn start(&self, app: &App) -> io::Result<()> {
        let inboxes = std::mem::take(&mut *self.inboxes.lock());
        let mut threads = self.threads.lock();
        for (n, (inbox, outlet)) in inboxes.into_iter().zip(&self.shards).enumerate() {
            let shard = Shard::new(app.clone(), outlet.tasks.clone());
            threads.push(on_own_thread(&format!("ws {n}"), shard.run(inbox))?);
        }
        let rounds = self.shards.iter().map(|shard| shard.rounds.clone()).collect();
        *self.teller.lock() = Some(tokio::spawn(teller::tell(app.clone(), rounds)));
        Ok(())
    }

    /// Whether somebody who tells has ended before the server does: readers hear nothing, and this process is not ready.
    pub(crate) fn is_broken(&self) -> bool {
        self.threads.lock().iter().chain(&*self.teller.lock()).any(JoinHandle::is_finished)
    }

    /// A place for one more stream of `account`.
    pub(crate) fn admit(&self, account: AccountId) -> Result<Place, NoPlace> {
        let present = self.presence.enter(account, self.most_of_one).ok_or(NoPlace::Yours(self.most_of_one))?;
        let more = |open: usize| (open < self.most).then_some(open + 1);
        let before = self.open.fetch_update(Ordering::AcqRel, Ordering::Acquire, more).map_err(|_| NoPlace::Full)?;
        metrics::gauge!("ftl_ws_connections").set((before + 1) as f64);
        Ok(Place { open: Arc::clone(&self.open), _present: present })
    }

    /// Tells a price that is of no entry to those who asked for its instrument: how fast prices go out is measured with it.
    pub async fn tell_price(&self, frame: PriceFrame) {
        let round = Arc::new(Round { prices: vec![SharedPrice::new(frame)], ..Round::default() });
        for shard in &self.shards {
            // A shard that has ended tells nobody.
            let _ = shard.rounds.send(Arc::clone(&round)).await;
        }
    }

    /// Threads that write.
    pub fn shards(&self) -> usize {
        self.shards.len()
    }

    /// Streams now.
    pub fn connections(&self) -> usize {
        self.open.load(Ordering::Acquire)
    }

    /// Where an account's connections are: all in one shard, so that what concerns it is serialised once.
    pub(super) fn shard_of(&self, account: AccountId) -> &Outlet {
        let hash = usize::try_from(FxBuildHasher.hash_one(account) >> 32).unwrap_or_default();
        &self.shards[hash % self.shards.len()]
    }

    /// Tells everybody that the server ends and when to come again, and waits until they are told.
    pub async fn drain(&self) {
        // It ends with the shards, and may.
        drop(self.teller.lock().take());
        for shard in &self.shards {
            // A shard that never started has nobody to tell.
            let _ = shard.tasks.send(Task::Drain(self.connections())).await;
        }
        let threads = std::mem::take(&mut *self.threads.lock());
        let ended = async {
            for thread in threads {
                let _ = thread.await;
            }
        };
        if tokio::time::timeout(FAREWELL, ended).await.is_err() {
            tracing::warn!(open = self.connections(), "connections are cut off");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_shard_that_ends_before_its_time_is_noticed() {
        let hub = Hub::new(1, 1);
        assert!(!hub.is_broken());
        let (ends, ended) = tokio::sync::oneshot::channel::<()>();
        hub.threads.lock().push(tokio::spawn(async move { drop(ended.await) }));
        assert!(!hub.is_broken());
        drop(ends);
        while !hub.is_broken() {
            tokio::task::yield_now().await;
        }
        // One that was told to end is no fault.
        hub.drain().await;
        assert!(!hub.is_broken());
    }
}
