//! A socket behind its upgrade: the reader's task reads it, the shard's thread writes it.

use std::net::Shutdown;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use socket2::SockRef;
use tokio::net::TcpStream;

use crate::accept::let_go_after;

/// What the kernel may hold for a reader who does not read.
const SEND_BUFFER: usize = 64 * 1024;

/// See the module.
#[derive(Debug)]
pub(super) struct Socket {
    pub stream: TcpStream,
    since: Instant,
    /// When something was last heard, in milliseconds since `since`.
    heard: AtomicU64,
    /// A close frame is on its way: nothing that comes in counts any more.
    closing: AtomicBool,
}

impl Socket {
    pub fn new(stream: TcpStream) -> Self {
        let socket = SockRef::from(&stream);
        // What a kernel refuses here costs latency or memory, and no frame.
        let _ = socket.set_send_buffer_size(SEND_BUFFER);
        // Whoever takes nothing is told so, by the shard.
        let_go_after(&stream, None);
        Self { stream, since: Instant::now(), heard: AtomicU64::new(0), closing: AtomicBool::new(false) }
    }

    pub fn heard_now(&self) {
        let millis = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.heard.store(millis, Ordering::Relaxed);
    }

    /// How long nothing was heard.
    pub fn silence(&self) -> Duration {
        self.since.elapsed().saturating_sub(Duration::from_millis(self.heard.load(Ordering::Relaxed)))
    }

    pub fn close(&self) {
        self.closing.store(true, Ordering::Relaxed);
    }

    pub fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }

    /// Nothing more is written.
    pub fn end_writing(&self) {
        // A socket that is gone needs no end.
        let _ = SockRef::from(&self.stream).shutdown(Shutdown::Write);
    }

    /// Ends both ways: whoever waits on it is woken.
    pub fn cut(&self) {
        let _ = SockRef::from(&self.stream).shutdown(Shutdown::Both);
    }
}
