//! What waits to be written to one socket.
//!
//! While the socket takes everything, frames leave in the order in which they came. Once it does not, whatever only the
//! newest matters of is replaced by newer ones, and what concerns the account is kept up to a bound.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::time::{Duration, Instant};

use bytes::{Buf, Bytes};
use ftl_core::id::FixtureId;
use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use tokio::net::TcpStream;

/// Bytes of kept frames that may wait.
pub(super) const BOUND: usize = 256 * 1024;
/// Frames in one write.
const TOGETHER: usize = 32;

/// Of what only the newest matters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Price(u16),
    /// An instrument and the bar's beginning.
    Bar(u16, u64),
    Status(u16),
    Fixture(FixtureId),
    Leaderboard,
}

/// The socket takes no more, or never will.
#[derive(Debug)]
pub(super) enum Stuck {
    /// Until it is writable again.
    Full,
    /// It is broken.
    Broken,
}

/// More waits than a reader may leave unread.
#[derive(Debug)]
pub(super) struct Overflow;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    queue: VecDeque<Bytes>,
    /// Of the queue.
    bytes: usize,
    /// Whether the front is a frame that was written in part.
    begun: bool,
    /// While the socket is full; in the order in which they first came.
    newest: Option<Box<IndexMap<Key, Bytes, FxBuildHasher>>>,
    /// Whether the last write left something over.
    pub full: bool,
    /// Since when the socket takes nothing.
    stuck: Option<Instant>,
}

impl Outbox {
    /// Something that a newer one replaces.
    pub fn put(&mut self, key: Key, frame: &Bytes) {
        if self.full {
            self.newest.get_or_insert_default().insert(key, frame.clone());
        } else {
            self.push(frame.clone());
        }
    }

    /// Something that is never dropped.
    pub fn keep(&mut self, frame: Bytes) -> Result<(), Overflow> {
        if self.full && self.bytes + frame.len() > BOUND {
            return Err(Overflow);
        }
        self.push(frame);
        Ok(())
    }

    /// Leaves out everything that waits, but for the rest of a frame that was begun, and says only this.
    pub fn end_with(&mut self, frame: Bytes) {
        self.newest = None;
        self.queue.truncate(usize::from(self.begun));
        self.bytes = self.queue.iter().map(Bytes::len).sum();
        self.push(frame);
    }

    /// How long the socket has taken nothing.
    pub fn stuck_for(&self) -> Duration {
        self.stuck.map_or(Duration::ZERO, |since| since.elapsed())
    }

    fn push(&mut self, frame: Bytes) {
        self.bytes += frame.len();
        self.queue.push_back(frame);
    }

    /// Writes as much as the socket takes.
    pub fn write_to(&mut self, stream: &TcpStream) -> Result<(), Stuck> {
        loop {
            if self.queue.is_empty() {
                let Some(newest) = self.newest.take() else {
                    self.full = false;
                    // A burst leaves no memory behind.
                    if self.queue.capacity() > TOGETHER * 4 {
                        self.queue = VecDeque::new();
                    }
                    return Ok(());
                };
                newest.into_values().for_each(|frame| self.push(frame));
            }
            let written = match self.queue.len() {
                1 => stream.try_write(&self.queue[0]),
                _ => {
                    let mut slices = [IoSlice::new(&[]); TOGETHER];
                    let count = slices.iter_mut().zip(&self.queue).map(|(slice, frame)| *slice = IoSlice::new(frame)).count();
                    stream.try_write_vectored(&slices[..count])
                }
            };
            match written {
                Ok(0) => return Err(Stuck::Broken),
                Ok(written) => {
                    self.stuck = None;
                    self.advance(written);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.full = true;
                    self.stuck.get_or_insert_with(Instant::now);
                    return Err(Stuck::Full);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Err(Stuck::Broken),
            }
        }
    }

    fn advance(&mut self, mut written: usize) {
        self.bytes = self.bytes.saturating_sub(written);
        self.begun = false;
        while let Some(front) = self.queue.front_mut() {
            if front.len() > written {
                front.advance(written);
                self.begun = written > 0;
                return;
            }
            written -= front.len();
            self.queue.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(text: &'static str) -> Bytes {
        Bytes::from_static(text.as_bytes())
    }

    fn waiting(outbox: &Outbox) -> Vec<Bytes> {
        let newest = outbox.newest.iter().flat_map(|newest| newest.values());
        outbox.queue.iter().chain(newest).cloned().collect()
    }

    #[test]
    fn of_prices_that_wait_only_the_newest_is_kept() {
        let mut outbox = Outbox { full: true, ..Outbox::default() };
        for (idx, text) in [(1, "a"), (2, "b"), (1, "c")] {
            outbox.put(Key::Price(idx), &frame(text));
        }
        assert_eq!(waiting(&outbox), ["c", "b"]);
    }

    #[test]
    fn what_concerns_the_account_waits_up_to_a_bound() {
        let mut outbox = Outbox { full: true, ..Outbox::default() };
        let large = Bytes::from(vec![0; BOUND / 2]);
        outbox.keep(large.clone()).unwrap();
        outbox.keep(large.clone()).unwrap();
        assert!(outbox.keep(frame("x")).is_err());
        outbox.end_with(frame("end"));
        assert_eq!(waiting(&outbox), ["end"]);
    }

    #[test]
    fn a_frame_that_was_begun_is_ended_before_the_close() {
        let mut outbox = Outbox { full: true, ..Outbox::default() };
        for text in ["abc", "def"] {
            outbox.keep(frame(text)).unwrap();
        }
        outbox.advance(1);
        outbox.end_with(frame("end"));
        assert_eq!(waiting(&outbox), ["bc", "end"]);
        outbox.advance(2);
        assert_eq!(waiting(&outbox), ["end"]);
    }
}
