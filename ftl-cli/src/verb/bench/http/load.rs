//! Load: closed loops, where a connection asks again when it is answered, and open loops, where requests are due at
//! times that no answer moves.
//!
//! In an open loop latency counts from when a request was due, not from when it was sent: whoever waits behind a slow
//! answer is counted too.

use std::cell::RefCell;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::exchange::{Blocking, Connection, Request};

/// Keys are new in the whole process.
static NEXT_KEY: AtomicU64 = AtomicU64::new(1);

/// What came back.
#[derive(Clone)]
pub struct Answers {
    /// Nanoseconds from due (or sent) to answered, of what was accepted.
    pub latency: Histogram<u64>,
    /// 2xx.
    pub accepted: u64,
    /// 503: nothing was done.
    pub shed: u64,
    /// Anything else.
    pub refused: u64,
    /// Of the first request due to the last answer.
    pub took: Duration,
}

impl Answers {
    fn none() -> Self {
        // From a microsecond to a minute, in three digits: the bounds are in order.
        let latency = Histogram::new_with_bounds(1_000, 60_000_000_000, 3).unwrap_or_else(|_| unreachable!("bounds in order"));
        Self { latency, accepted: 0, shed: 0, refused: 0, took: Duration::ZERO }
    }

    fn count(&mut self, status: u16, waited: Duration) {
        match status {
            200..=299 => {
                self.accepted += 1;
                self.latency.saturating_record(u64::try_from(waited.as_nanos()).unwrap_or(u64::MAX));
            }
            503 => self.shed += 1,
            _ => self.refused += 1,
        }
    }

    fn add(&mut self, other: &Self) {
        // Of the same bounds.
        let _ = self.latency.add(&other.latency);
        self.accepted += other.accepted;
        self.shed += other.shed;
        self.refused += other.refused;
        self.took = self.took.max(other.took);
    }

    /// Accepted in a second.
    pub fn rate(&self) -> f64 {
        self.accepted as f64 / self.took.as_secs_f64()
    }

    /// A quantile in milliseconds.
    pub fn ms(&self, quantile: f64) -> f64 {
        self.latency.value_at_quantile(quantile) as f64 / 1e6
    }
}

/// When the requests of an open loop are due.
#[derive(Clone, Copy)]
pub struct Pace {
    pub connections: usize,
    pub per_second: f64,
    pub lasting: Duration,
}

impl Pace {
    fn between(self) -> Duration {
        Duration::from_secs_f64(self.connections as f64 / self.per_second)
    }

    /// When the first request of a connection is due; they are spread evenly.
    fn first(self, began: Instant, connection: usize) -> Instant {
        began + self.between().mul_f64(connection as f64 / self.connections as f64)
    }
}

fn key() -> u64 {
    NEXT_KEY.fetch_add(1, Ordering::Relaxed)
}

/// A closed loop on the thread of the caller: each of `connections` has its own part of the requests.
pub fn closed(address: SocketAddr, requests: &[Request], connections: usize, lasting: Duration) -> io::Result<Answers> {
    on_this_thread(address, requests, connections, || {}, move |began, _, _| (began.elapsed() < lasting).then(Instant::now))
}

/// An open loop on the thread of the caller, for more connections than there could be threads: hundreds of threads that
/// all want to run take the processor from the server that is measured. A request is sent up to a millisecond late.
/// It begins when everybody who waits at `start` has his connections.
pub fn crowd(address: SocketAddr, requests: &[Request], pace: Pace, start: &Barrier) -> io::Result<Answers> {
    let due = move |began: Instant, connection: usize, turn: u32| {
        let due = pace.first(began, connection) + pace.between() * turn;
        (due.max(Instant::now()) < began + pace.lasting).then_some(due)
    };
    let begin = || {
        start.wait();
    };
    on_this_thread(address, requests, pace.connections, begin, due)
}

/// Connections that each ask once for every turn, at the moment that `due` gives for it, until it gives none.
fn on_this_thread(
    address: SocketAddr,
    requests: &[Request],
    connections: usize,
    start: impl FnOnce(),
    due: impl Fn(Instant, usize, u32) -> Option<Instant> + Copy + 'static,
) -> io::Result<Answers> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let local = tokio::task::LocalSet::new();
    let answers = Rc::new(RefCell::new(Answers::none()));
    local.block_on(&runtime, async {
        let mut open = Vec::new();
        for _ in 0..connections {
            open.push(Connection::open(address).await);
        }
        // Everybody else begins, whatever became of these.
        start();
        let began = Instant::now();
        let each = open.into_iter().enumerate().map(|(n, connection)| {
            let mut own: Vec<Request> = requests.iter().skip(n).step_by(connections).cloned().collect();
            let answers = Rc::clone(&answers);
            tokio::task::spawn_local(async move {
                let mut connection = connection?;
                for turn in 0u32.. {
                    let Some(due) = due(began, n, turn) else { break };
                    if due > Instant::now() {
                        tokio::time::sleep_until(due.into()).await;
                    }
                    let next = turn as usize % own.len();
                    let status = connection.ask(own[next].keyed(key())).await?;
                    answers.borrow_mut().count(status, due.elapsed());
                }
                io::Result::Ok(())
            })
        });
        for task in each.collect::<Vec<_>>() {
            task.await.map_err(io::Error::other)??;
        }
        answers.borrow_mut().took = began.elapsed();
        io::Result::Ok(())
    })?;
    let answers = answers.borrow().clone();
    Ok(answers)
}

/// An open loop with a thread for each connection, which wakes within microseconds of when a request is due.
/// `once`: each request is sent at most once, and the load ends when they are used up.
pub fn open(address: SocketAddr, requests: &[Request], pace: Pace, once: bool, start: &Barrier) -> io::Result<Answers> {
    let part = |n: usize| -> io::Result<Answers> {
        let mut own: Vec<Request> = requests.iter().skip(n).step_by(pace.connections).cloned().collect();
        let connection = Blocking::open(address);
        start.wait();
        let (mut connection, mut answers, began) = (connection?, Answers::none(), Instant::now());
        for turn in 0u32.. {
            let due = pace.first(began, n) + pace.between() * turn;
            if due.max(Instant::now()) >= began + pace.lasting || (once && turn as usize >= own.len()) {
                break;
            }
            if let Some(early) = due.checked_duration_since(Instant::now()) {
                std::thread::sleep(early);
            }
            let next = turn as usize % own.len();
            let status = connection.ask(own[next].keyed(key()))?;
            answers.count(status, due.elapsed());
        }
        answers.took = began.elapsed();
        Ok(answers)
    };
    let parts = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..pace.connections).map(|n| scope.spawn(move || part(n))).collect();
        let died = |_| io::Error::other("a thread of the load died");
        threads.into_iter().map(|thread| thread.join().map_err(died)?).collect::<io::Result<Vec<_>>>()
    })?;
    let mut all = Answers::none();
    parts.iter().for_each(|part| all.add(part));
    Ok(all)
}
