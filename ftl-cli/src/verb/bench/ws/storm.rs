//! A reconnect storm: thousands of connections that resume, and trades meanwhile. What each was told is compared
//! with the trades that its account made: none missing, none twice.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use ftl_core::command::{Action, Command, OpenPosition};
use ftl_core::id::{BookId, CommandId, InstrumentIdx, Seq};
use ftl_core::units::{Direction, Lots};
use ftl_server::replica::append::Lane;

use super::caller::Caller;
use super::site::Site;
use crate::failure::Failure;

/// Threads that connect.
const STORMERS: usize = 8;

/// Who resumes, and when.
#[derive(Clone, Copy)]
pub struct Storm {
    pub count: usize,
    /// From behind this entry on.
    pub from: Seq,
    /// They come evenly over so long; as fast as they can where it is nothing.
    pub over: Duration,
}

/// Trades, one after the other.
#[derive(Default)]
pub struct Trades {
    /// How long each took, in milliseconds.
    pub times: Vec<f64>,
    /// The entries of each book.
    entries: HashMap<BookId, Vec<u64>>,
    made: usize,
}

/// What a connection was told when it resumed.
struct Resumed {
    /// Whose ticket it had.
    number: usize,
    /// Entries of its account, in the order in which they came.
    told: Vec<u64>,
    /// Up to here.
    upto: u64,
    _connection: Caller,
}

impl Trades {
    /// Trades for so long.
    pub fn make(&mut self, site: &Site, lasting: Duration) -> Result<(), Failure> {
        let began = Instant::now();
        self.make_while(site, || began.elapsed() < lasting)
    }

    fn make_while(&mut self, site: &Site, goes_on: impl Fn() -> bool) -> Result<(), Failure> {
        let (http, books) = (site.http(), site.http().books());
        self.times.clear();
        while goes_on() {
            let book = books[self.made % books.len()];
            let began = Instant::now();
            let done = http.block_on(http.app().replica.submit(Lane::Open, open(book, self.made)));
            let done = done.map_err(Failure::could_not_run)?;
            self.times.push(began.elapsed().as_secs_f64() * 1e3);
            self.made += 1;
            if let Err(refused) = &done.answer.result {
                return Err(Failure::refused(format!("{refused:?}")));
            }
            self.entries.entry(book).or_default().push(done.seq.0);
        }
        Ok(())
    }
}

/// Trades go on until the last connection has what it missed. How many were told every entry of their account once, and how
/// long all took.
pub fn resume_all(site: &Site, storm: Storm, trades: &mut Trades) -> Result<(usize, Duration), Failure> {
    let Storm { count, from, over: pace } = storm;
    let (tickets, address, head) = (site.tickets(count)?, site.address(), site.seq());
    let (taken, running) = (AtomicUsize::new(0), AtomicUsize::new(STORMERS));
    let over = AtomicBool::new(false);
    let began = Instant::now();
    let stormer = || -> io::Result<Vec<Resumed>> {
        let mut resumed = Vec::new();
        let done = loop {
            let number = taken.fetch_add(1, Ordering::Relaxed);
            let Some(ticket) = tickets.get(number) else { break Ok(()) };
            let due = began + pace.mul_f64(number as f64 / count as f64);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            match resume(address, ticket, number, from, head) {
                Ok(one) => resumed.push(one),
                Err(error) => break Err(error),
            }
        };
        if running.fetch_sub(1, Ordering::AcqRel) == 1 {
            over.store(true, Ordering::Release);
        }
        done.map(|()| resumed)
    };
    let (resumed, took) = std::thread::scope(|scope| {
        let stormers: Vec<_> = (0..STORMERS).map(|_| scope.spawn(stormer)).collect();
        let traded = trades.make_while(site, || !over.load(Ordering::Acquire));
        let took = began.elapsed();
        let died = |_| io::Error::other("a thread of the storm died");
        let resumed = stormers.into_iter().map(|thread| thread.join().map_err(died)?).collect::<io::Result<Vec<_>>>();
        traded.and(resumed.map_err(Failure::could_not_run)).map(|resumed| (resumed, took))
    })?;
    let books = site.http().books();
    let is_whole = |one: &&Resumed| {
        let made = trades.entries.get(&books[one.number % books.len()]).map(Vec::as_slice).unwrap_or_default();
        made.iter().filter(|seq| **seq > from.0 && **seq <= one.upto).eq(&one.told)
    };
    Ok((resumed.iter().flatten().filter(is_whole).count(), took))
}

/// Resumes, and reads until everything up to `head` has come.
fn resume(address: SocketAddr, ticket: &str, number: usize, from: Seq, head: Seq) -> io::Result<Resumed> {
    let mut caller = Caller::connect(address, ticket, Some(from))?;
    if caller.next()?["type"] != "resumed" {
        return Err(io::Error::other("it began anew"));
    }
    let mut told = Vec::new();
    loop {
        let frame = caller.next()?;
        let seq = frame["seq"].as_u64().unwrap_or_default();
        match frame["type"].as_str() {
            // One of these stands behind whatever else an entry has for an account.
            Some("wallet") => told.push(seq),
            Some("cursor") if seq >= head.0 => return Ok(Resumed { number, told, upto: seq, _connection: caller }),
            _ => {}
        }
    }
}

fn open(book: BookId, n: usize) -> Command {
    let action = Action::OpenPosition(OpenPosition {
        book,
        instrument: InstrumentIdx(0),
        direction: if n.is_multiple_of(2) { Direction::Long } else { Direction::Short },
        lots: Lots::from_units(1),
        limit: None,
        slippage: None,
        stop_loss: None,
        take_profit: None,
    });
    Command { id: CommandId((0xb3 << 64) + n as u128), body: 0, not_after: None, action }
}
