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
}
