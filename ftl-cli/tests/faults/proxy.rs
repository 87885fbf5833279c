//! A wire between a process and a database, which can be cut, slowed down, reset, and made to lose an answer.
//!
//! ```text
//!  process ──▶ Wire ──▶ Redis or Postgres
//! ```
//! A cut wire holds what is sent until it is whole again, as a network does that drops packets. A wire that loses answers lets
//! the next append through and keeps what comes back: the append is in, and its answer lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What a wire does with what is sent over it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Lets it through.
    Whole,
    /// Holds it.
    Cut,
    /// Lets it through later.
    Slow(Duration),
    /// Lets the next append through and holds every answer from then on.
    LosesAnswers,
}

/// See the module.
pub struct Wire {
    /// Where the process connects to.
    pub port: u16,
    target: Arc<AtomicU16>,
    mode: watch::Sender<Mode>,
    /// Raised by a reset: connections of before end.
    generation: watch::Sender<u64>,
    /// Appends that were let through and whose answers are held.
    lost: Arc<watch::Sender<u64>>,
}

/// What the connections of a wire look at.
#[derive(Clone)]
struct Watched {
    append: &'static [u8],
    mode: watch::Receiver<Mode>,
    generation: watch::Receiver<u64>,
    lost: Arc<watch::Sender<u64>>,
}

impl Wire {
    /// A wire to `target` on the loopback; a request that holds `append` is an append.
    pub async fn to(target: u16, append: &'static [u8]) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let target = Arc::new(AtomicU16::new(target));
        let (mode, generation, lost) = (watch::Sender::new(Mode::Whole), watch::Sender::new(0), Arc::new(watch::Sender::new(0)));
        let watched = Watched { append, mode: mode.subscribe(), generation: generation.subscribe(), lost: Arc::clone(&lost) };
        let accepting = Arc::clone(&target);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (target, watched) = (accepting.load(Ordering::Relaxed), watched.clone());
                tokio::spawn(carry(client, target, watched));
            }
        });
        Self { port, target, mode, generation, lost }
    }

    pub fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    /// Ends its connections as a reset does.
    pub fn reset(&self) {
        self.generation.send_modify(|generation| *generation += 1);
    }

    /// Leads elsewhere from now on.
    pub fn lead_to(&self, target: u16) {
        self.target.store(target, Ordering::Relaxed);
        self.reset();
    }

    /// Lets an append through whose answer it holds; says whether one came within `longest`.
    pub async fn lose_an_answer(&self, longest: Duration) -> bool {
        let before = *self.lost.borrow();
        let mut lost = self.lost.subscribe();
        self.set(Mode::LosesAnswers);
        tokio::time::timeout(longest, lost.wait_for(|count| *count > before)).await.is_ok()
    }
}

async fn carry(client: TcpStream, target: u16, mut watched: Watched) {
    let mut mode = watched.mode.clone();
    let generation = *watched.generation.borrow_and_update();
    let _ = mode.wait_for(|mode| *mode != Mode::Cut).await;
    let Ok(server) = TcpStream::connect(("127.0.0.1", target)).await else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let appended = Arc::new(AtomicU64::new(0));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let there = pump(from_client, &to_server, Direction::There, watched.clone(), Arc::clone(&appended));
    let back = pump(from_server, &to_client, Direction::Back, watched.clone(), appended);
    let reset = tokio::select! {
        _ = there => false,
        _ = back => false,
        _ = watched.generation.wait_for(|now| *now != generation) => true,
    };
    if reset {
        let _ = (to_client.as_ref().set_zero_linger(), to_server.as_ref().set_zero_linger());
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    There,
    Back,
}

/// Carries one direction until its end.
async fn pump(mut from: OwnedReadHalf, to: &OwnedWriteHalf, direction: Direction, mut watched: Watched, appended: Arc<AtomicU64>) {
    let mut buffer = vec![0; 64 * 1_024];
    loop {
        let Ok(read @ 1..) = from.read(&mut buffer).await else { return };
        let mode = *watched.mode.borrow();
        match mode {
            Mode::Whole => {}
            Mode::Cut => drop(watched.mode.wait_for(|mode| *mode != Mode::Cut).await),
            Mode::Slow(by) => tokio::time::sleep(by).await,
            Mode::LosesAnswers if direction == Direction::There => {
                let append = watched.append;
                if append.is_empty() && read > 300
                    || !append.is_empty() && buffer[..read].windows(append.len()).any(|found| found == append)
                {
                    appended.fetch_add(1, Ordering::SeqCst);
                    watched.lost.send_modify(|lost| *lost += 1);
                }
            }
            Mode::LosesAnswers => {
                if appended.load(Ordering::SeqCst) > 0 {
                    drop(watched.mode.wait_for(|mode| *mode != Mode::LosesAnswers).await);
                }
            }
        }
        if write(to, &buffer[..read]).await.is_err() {
            return;
        }
    }
}

async fn write(to: &OwnedWriteHalf, mut bytes: &[u8]) -> std::io::Result<()> {
    while !bytes.is_empty() {
        to.writable().await?;
        match to.try_write(bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
