//! How far apply is behind what this process has appended: what decides whether opens are shed.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ftl_core::id::Seq;
use parking_lot::Mutex;

/// Appended and not applied yet.
#[derive(Debug, Default)]
pub struct Lag {
    behind: Mutex<Behind>,
    /// Whoever looks after the journal's store says that it cannot take more.
    shed: AtomicBool,
}

#[derive(Debug, Default)]
struct Behind {
    /// Last seq of a batch, and when it was appended.
    waiting: VecDeque<(Seq, Instant)>,
    /// A batch may be applied before its append is told of here: it does not wait.
    applied: Seq,
    /// When something was last applied.
    moved: Option<Instant>,
}

impl Lag {
    pub(crate) fn appended(&self, last: Seq) {
        let mut behind = self.behind.lock();
        if last > behind.applied {
            behind.waiting.push_back((last, Instant::now()));
        }
    }

    pub(crate) fn applied(&self, seq: Seq) {
        let mut behind = self.behind.lock();
        behind.applied = behind.applied.max(seq);
        behind.moved = Some(Instant::now());
        while behind.waiting.front().is_some_and(|(last, _)| *last <= seq) {
            behind.waiting.pop_front();
        }
    }

    pub(crate) fn clear(&self) {
        *self.behind.lock() = Behind::default();
    }

    pub(crate) fn shed(&self, shed: bool) {
        self.shed.store(shed, Ordering::Relaxed);
    }

    /// Whether opens are shed whatever the queue is like.
    pub(crate) fn is_shed(&self) -> bool {
        self.shed.load(Ordering::Relaxed)
    }

    /// Since when the oldest of them waits.
    pub(crate) fn age(&self) -> Duration {
        self.behind.lock().waiting.front().map(|(_, since)| since.elapsed()).unwrap_or_default()
    }

    /// Whether something was appended so long ago and nothing was applied since: the journal took it, and does not give it.
    pub(crate) fn stands_still(&self, longest: Duration) -> bool {
        let behind = self.behind.lock();
        let long_ago = |since: Instant| since.elapsed() >= longest;
        behind.waiting.front().is_some_and(|(_, since)| long_ago(*since)) && behind.moved.is_none_or(long_ago)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_that_is_applied_before_its_append_is_told_does_not_wait() {
        let lag = Lag::default();
        lag.applied(Seq(5));
        lag.appended(Seq(5));
        assert_eq!(lag.age(), Duration::ZERO);
        lag.appended(Seq(6));
        assert_eq!(lag.behind.lock().waiting.len(), 1);
        lag.applied(Seq(6));
        assert_eq!(lag.age(), Duration::ZERO);
    }

    #[test]
    fn an_apply_that_is_late_and_gets_on_does_not_stand_still() {
        let lag = Lag::default();
        let short = Duration::from_millis(30);
        assert!(!lag.stands_still(Duration::ZERO));
        lag.appended(Seq(5));
        assert!(!lag.stands_still(Duration::from_secs(60)));
        std::thread::sleep(short);
        assert!(lag.stands_still(short));
        lag.applied(Seq(4));
        assert!(!lag.stands_still(short));
        lag.applied(Seq(5));
        assert!(!lag.stands_still(Duration::ZERO));
    }
}
