//! How far apply is behind what this process has appended: what decides whether opens are shed.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use ftl_core::id::Seq;
use parking_lot::Mutex;

/// Appended and not applied yet: (last seq of a batch, when).
#[derive(Debug, Default)]
pub struct Lag(Mutex<VecDeque<(Seq, Instant)>>);

impl Lag {
    pub(crate) fn appended(&self, last: Seq) {
        self.0.lock().push_back((last, Instant::now()));
    }

    pub(crate) fn applied(&self, seq: Seq) {
        let mut waiting = self.0.lock();
        while waiting.front().is_some_and(|(last, _)| *last <= seq) {
            waiting.pop_front();
        }
    }

    pub(crate) fn clear(&self) {
        self.0.lock().clear();
    }

    /// Since when the oldest of them waits.
    pub(crate) fn age(&self) -> Duration {
        self.0.lock().front().map(|(_, since)| since.elapsed()).unwrap_or_default()
    }
}
