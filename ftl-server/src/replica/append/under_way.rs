//! Opens under way: taken from their lane, and whoever asked has not got his answer yet. The appender takes no more while
//! there are enough of them, so that a request to close is never one among hundreds of answers to opens.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// How many are under way.
#[derive(Debug)]
pub(super) struct Opens {
    under_way: AtomicUsize,
    /// The appender waits until there are no more than these.
    awaited: AtomicUsize,
    /// Wakes the appender.
    more: Arc<Notify>,
}

/// One of them, until it is dropped.
#[derive(Debug)]
pub(super) struct UnderWay(Arc<Opens>);

impl Opens {
    pub(super) fn waking(more: Arc<Notify>) -> Arc<Self> {
        Arc::new(Self { under_way: AtomicUsize::new(0), awaited: AtomicUsize::new(0), more })
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.under_way.load(Ordering::Relaxed)
    }

    /// Whether `wanted` more make at most `most`. Where they do not, the appender is woken once when they will.
    pub(super) fn has_room_for(&self, wanted: usize, most: usize) -> bool {
        let awaited = most.saturating_sub(wanted);
        // First said, then looked at: whoever ends in between either is seen here or wakes.
        self.awaited.store(awaited, Ordering::SeqCst);
        self.under_way.load(Ordering::SeqCst) <= awaited
    }

    /// One more. Only the appender counts up.
    pub(super) fn one(self: &Arc<Self>) -> UnderWay {
        self.under_way.fetch_add(1, Ordering::SeqCst);
        UnderWay(Arc::clone(self))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let left = self.0.under_way.fetch_sub(1, Ordering::SeqCst).saturating_sub(1);
        if left == self.0.awaited.load(Ordering::SeqCst) {
            self.0.more.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[test]
    fn the_appender_is_woken_when_there_is_room_for_what_it_wanted() {
        let more = Arc::<Notify>::default();
        let opens = Opens::waking(Arc::clone(&more));
        let mut under_way: Vec<_> = (0..8).map(|_| opens.one()).collect();
        assert!(!opens.has_room_for(4, 10));
        under_way.truncate(7);
        assert!(more.notified().now_or_never().is_none());
        under_way.truncate(6);
        assert!(more.notified().now_or_never().is_some());
        assert!(opens.has_room_for(4, 10));
    }
}
