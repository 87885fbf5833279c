//! `ws-*`: a price to thousands of WebSockets, beside a bare loop that writes one prebuilt frame to as many sockets of the
//! same kind. Both sides' readers are one thread of the same process, and what counts is what has come in there.

mod bare;
mod caller;
mod crowd;
mod fleet;
pub mod readers;
mod site;
mod storm;

use std::io;
use std::time::{Duration, Instant};

use cpu_time::ProcessTime;

use self::bare::Bare;
use self::crowd::Crowd;
use self::fleet::{Fleet, Way};
use self::readers::Readers;
use self::site::Site;
use self::storm::{Storm, Trades};
use super::http::median;
use super::row::{Reach, Row};
use super::{Setting, machine, progress};
use crate::failure::Failure;

/// Turns of bare, ours: their medians count.
const TURNS: usize = 5;
/// Prices of a turn, for the rate.
const PRICES: u32 = 60;
/// Prices of a turn, for the time to the last reader.
const SINGLE: usize = 100;
/// Readers that do not read.
const SLOW: usize = 200;
/// What a process needs descriptors for beside connections.
const OTHER_DESCRIPTORS: usize = 200;

fn how_many(setting: Setting, whole: u32) -> usize {
    usize::try_from(setting.size(whole, 50)).unwrap_or(usize::MAX)
}

/// Makes room for so many sockets, and for what else a process opens.
fn descriptors(sockets: usize) -> Result<(), Failure> {
    let wanted = (sockets + OTHER_DESCRIPTORS) as u64;
    let got = rlimit::increase_nofile_limit(wanted).map_err(Failure::could_not_run)?;
    if got < wanted {
        return Err(Failure::could_not_run(format!("{sockets} sockets need {wanted} descriptors, the limit is {got}: ulimit -n")));
    }
    Ok(())
}

/// Prices to `whole` readers of one instrument, so many a second.
pub fn fan_out(setting: Setting, whole: u32, least: f64) -> Result<Row, Failure> {
    let count = how_many(setting, whole);
    descriptors(2 * count)?;
    let site = Site::start()?;
    let frame = site.frame();
    let bar = progress("prices to all", TURNS);
    let whole = frame.len() * PRICES as usize;
    let (mut bares, mut doubles, mut ours) = (Rates::default(), Rates::default(), Rates::default());
    for _ in 0..TURNS {
        for (threads, rates) in [(1, &mut bares), (site.shards(), &mut doubles)] {
            let (mut bare, mut crowd) = Bare::with(count, threads).map_err(Failure::could_not_run)?;
            rates.add(count, || {
                bare.write(&frame, PRICES);
                crowd.read(whole)
            })?;
        }
        let mut crowd = site.crowd(count)?;
        ours.add(count, || {
            site.tell(PRICES);
            crowd.read(whole)
        })?;
        drop(crowd);
        site.emptied_to(0);
        bar.inc(1);
    }
    bar.finish_and_clear();
    let ((ours, our_us), (one, one_us), (several, several_us)) = (ours.medians(), bares.medians(), doubles.medians());
    let row = Row::new(ours, "deliveries/s", one.max(several));
    let ratio = row.ratio;
    Ok(row
        .reaching(&[("ratio", ratio, Reach::AtLeast(least))])
        .with("baseline", "the faster of a bare loop on one thread and one on as many as the server writes with")
        .with("bareOnOneThread", one.round())
        .with("bareOnAsMany", several.round())
        .with("processorUsADelivery", our_us)
        .with("bareProcessorUs", one_us.min(several_us))
        .with("writingThreads", site.shards())
        .with("frameBytes", frame.len())
        .with("readers", count)
        .with("turns", TURNS))
}

/// The same as other crates write it, in ways in which they are used.
pub fn crates(setting: Setting) -> Result<Row, Failure> {
    let count = how_many(setting, 1_000);
    descriptors(2 * count)?;
    let site = Site::start()?;
    let (frame, text) = (site.frame(), Site::text());
    let bar = progress("prices to all, with other crates", TURNS);
    let mut ours = Rates::default();
    let mut theirs = Way::ALL.map(|way| (way, Rates::default()));
    for _ in 0..TURNS {
        for (way, rates) in &mut theirs {
            let (fleet, mut crowd) = Fleet::with(count, *way, &text).map_err(Failure::could_not_run)?;
            rates.add(count, || one_by_one(&mut crowd, frame.len(), || fleet.write(1)))?;
        }
        let mut crowd = site.crowd(count)?;
        ours.add(count, || one_by_one(&mut crowd, frame.len(), || site.tell(1)))?;
        drop(crowd);
        site.emptied_to(0);
        bar.inc(1);
    }
    bar.finish_and_clear();
    let theirs = theirs.map(|(way, rates)| (way, rates.medians()));
    let best = theirs.iter().map(|(_, (rate, _))| *rate).fold(0.0, f64::max);
    let (ours, our_us) = ours.medians();
    let row = Row::new(ours, "deliveries/s", best);
    let ratio = row.ratio;
    let row = row
        .reaching(&[("ratio", ratio, Reach::AtLeast(1.0))])
        .with("baseline", "the fastest of other crates, used as they are used")
        .with("readers", count)
        .with("turns", TURNS)
        .with("processorUsADelivery", our_us);
    let named = |row: Row, (way, (rate, us)): &(Way, (f64, f64))| {
        row.with(way.name(), format!("{rate:.0} a second, {us:.2} µs of the processor each"))
    };
    Ok(theirs.iter().fold(row, named))
}

/// Prices of which each is told when everybody has the one before.
fn one_by_one(crowd: &mut Crowd, bytes: usize, mut tell: impl FnMut()) -> io::Result<Instant> {
    let mut read = Instant::now();
    for _ in 0..PRICES {
        tell();
        read = crowd.read(bytes)?;
    }
    Ok(read)
}

/// Deliveries of each turn: how many a second, and what each cost the processor, its reader and the kernel included. Where
/// other programs share the machine that says more.
#[derive(Default)]
struct Rates {
    a_second: Vec<f64>,
    us: Vec<f64>,
}

impl Rates {
    /// `PRICES` to `count` readers; `deliver` says when the last of them had them.
    fn add(&mut self, count: usize, deliver: impl FnOnce() -> io::Result<Instant>) -> Result<(), Failure> {
        let deliveries = count as f64 * f64::from(PRICES);
        let (used, began) = (ProcessTime::now(), Instant::now());
        let ended = deliver().map_err(Failure::could_not_run)?;
        self.us.push(used.elapsed().as_secs_f64() * 1e6 / deliveries);
        self.a_second.push(deliveries / ended.duration_since(began).as_secs_f64());
        Ok(())
    }

    fn medians(self) -> (f64, f64) {
        (median(self.a_second), median(self.us))
    }
}

/// Times until the last reader has a price, in milliseconds and in order of length.
fn singles(crowd: &mut Crowd, bytes: usize, mut tell: impl FnMut()) -> Result<Vec<f64>, Failure> {
    let mut times = Vec::with_capacity(SINGLE);
    for _ in 0..SINGLE {
        let began = Instant::now();
        tell();
        let ended = crowd.read(bytes).map_err(Failure::could_not_run)?;
        times.push(ended.duration_since(began).as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    Ok(times)
}

/// Of times in order of length.
fn quantile(of: &[f64], q: f64) -> f64 {
    let place = (of.len() as f64 * q).ceil().max(1.0) as usize - 1;
    of.get(place.min(of.len().saturating_sub(1))).copied().unwrap_or_default()
}

/// What the turns of a side came to: the median of their p50, and of their p99.
#[derive(Default)]
struct Turns {
    p50: Vec<f64>,
    p99: Vec<f64>,
}

impl Turns {
    fn add(&mut self, times: &[f64]) {
        self.p50.push(quantile(times, 0.5));
        self.p99.push(quantile(times, 0.99));
    }

    fn medians(self) -> (f64, f64) {
        (median(self.p50), median(self.p99))
    }
}

/// From a price to its arrival at the last of 5,000.
pub fn last(setting: Setting) -> Result<Row, Failure> {
    let count = how_many(setting, 5_000);
    descriptors(2 * count)?;
    let site = Site::start()?;
    let frame = site.frame();
    let bar = progress("a price to the last reader", TURNS);
    let (mut bares, mut ours) = (Turns::default(), Turns::default());
    for _ in 0..TURNS {
        let (mut bare, mut crowd) = Bare::with(count, 1).map_err(Failure::could_not_run)?;
        bares.add(&singles(&mut crowd, frame.len(), || bare.write(&frame, 1))?);
        drop((bare, crowd));
        let mut crowd = site.crowd(count)?;
        ours.add(&singles(&mut crowd, frame.len(), || site.tell(1))?);
        drop(crowd);
        site.emptied_to(0);
        bar.inc(1);
    }
    bar.finish_and_clear();
    let ((p50, p99), (bare_p50, bare_p99)) = (ours.medians(), bares.medians());
    let row = Row::new(p99, "ms", bare_p99);
    let ratio = row.ratio;
    Ok(row
        .reaching(&[("ratio", ratio, Reach::AtMost(2.0))])
        .with("baseline", "p99 of a bare loop on one thread; medians of the turns")
        .with("p50Ms", p50)
        .with("bareP50Ms", bare_p50)
        .with("readers", count)
        .with("prices", SINGLE)
        .with("turns", TURNS))
}

/// What a connection that asked for a price and gets none costs the server's process.
pub fn idle(setting: Setting) -> Result<Row, Failure> {
    let limit = rlimit::increase_nofile_limit(20_000 + OTHER_DESCRIPTORS as u64).map_err(Failure::could_not_run)?;
    let fitting = usize::try_from(limit).unwrap_or(usize::MAX).saturating_sub(OTHER_DESCRIPTORS);
    let count = how_many(setting, 20_000).min(fitting);
    let site = Site::with_most(count)?;
    let frame = site.frame();
    drop(site.crowd(count.min(100))?);
    site.emptied_to(0);
    let errand = readers::errand(&site, count, frame.len())?;
    let before = machine::rss_mib().unwrap_or_default();
    let mut readers = Readers::connect(errand)?;
    let bytes = (machine::rss_mib().unwrap_or_default() - before) * 1024.0 * 1024.0 / count as f64;
    let (here, refused) = (site.connections(), site.is_full()?);
    let began = Instant::now();
    site.tell(1);
    readers.have_read()?;
    let arrived = began.elapsed().as_secs_f64() * 1e3;
    Ok(Row::new(bytes, "bytes/connection", 20.0 * 1024.0)
        .reaching(&[
            ("bytes", bytes, Reach::AtMost(20.0 * 1024.0)),
            ("one more refused with 503", f64::from(u8::from(refused)), Reach::AtLeast(1.0)),
        ])
        .with("baseline", "20 KiB")
        .with("connections", here)
        .with("limitOfDescriptors", limit)
        .with("aPriceToAllMs", arrived))
}

/// The last of those who read, while 200 do not.
pub fn slow(setting: Setting) -> Result<Row, Failure> {
    let count = how_many(setting, 5_000);
    let slow = SLOW.min(count / 5);
    descriptors(2 * count)?;
    let site = Site::start()?;
    let frame = site.frame();
    let mut crowd = site.crowd(count - slow)?;
    let bar = progress("a price to those who read", TURNS);
    let (mut without, mut with, mut grown) = (Turns::default(), Turns::default(), 0.0f64);
    for _ in 0..TURNS {
        crowd.live().map_err(Failure::could_not_run)?;
        without.add(&singles(&mut crowd, frame.len(), || site.tell(1))?);
        let before = machine::rss_mib().unwrap_or_default();
        let idle = site.readers_who_do_not_read(slow)?;
        site.fill();
        with.add(&singles(&mut crowd, frame.len(), || site.tell(1))?);
        grown = grown.max(machine::rss_mib().unwrap_or_default() - before);
        if site.connections() < count {
            return Err(Failure::refused("somebody was cut off"));
        }
        drop(idle);
        site.emptied_to(count - slow);
        bar.inc(1);
    }
    bar.finish_and_clear();
    let ((p50, p99), (p50_without, p99_without)) = (with.medians(), without.medians());
    let row = Row::new(p99, "ms", p99_without);
    let ratio = row.ratio;
    Ok(row
        .reaching(&[("ratio", ratio, Reach::AtMost(1.2)), ("MiB for the slow", grown, Reach::AtMost(64.0))])
        .with("baseline", "p99 to the last of the same readers without the slow ones, in turns; medians of the turns")
        .with("p50Ms", p50)
        .with("p50MsWithout", p50_without)
        .with("readers", count - slow)
        .with("slow", slow)
        .with("mibForTheSlow", grown)
        .with("turns", TURNS))
}

/// 5,000 connections that resume within 5 s, as a server that ends tells them to, while others trade; and what it is like
/// when all of them come at once.
pub fn storm(setting: Setting) -> Result<Row, Failure> {
    let count = how_many(setting, 5_000);
    descriptors(2 * count)?;
    let site = Site::start()?;
    let bar = progress("a storm", TURNS);
    let calm_for = Duration::from_millis(u64::from(setting.size(2_000, 200)));
    let within = Duration::from_millis(u64::from(setting.size(4_500, 100)));
    let mut trades = Trades::default();
    let (mut calm, mut stormy, mut gale) = (Turns::default(), Turns::default(), Turns::default());
    let (mut seconds, mut at_once, mut whole) = (Vec::new(), Vec::new(), count);
    for _ in 0..TURNS {
        for (over, turns, seconds) in [(within, &mut stormy, &mut seconds), (Duration::ZERO, &mut gale, &mut at_once)] {
            let from = site.seq();
            trades.make(&site, calm_for)?;
            if !over.is_zero() {
                calm.add(&ordered(&trades.times));
            }
            let (resumed, took) = storm::resume_all(&site, Storm { count, from, over }, &mut trades)?;
            turns.add(&ordered(&trades.times));
            seconds.push(took.as_secs_f64());
            whole = whole.min(resumed);
            site.emptied_to(0);
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    let ((p50, p99), (calm_p50, calm_p99), (_, gale_p99)) = (stormy.medians(), calm.medians(), gale.medians());
    let took = median(seconds);
    let row = Row::new(p99, "ms", calm_p99);
    let ratio = row.ratio;
    Ok(row
        .reaching(&[
            ("ratio", ratio, Reach::AtMost(3.0)),
            ("s", took, Reach::AtMost(5.0)),
            ("complete and without a gap", whole as f64 / count as f64, Reach::AtLeast(1.0)),
        ])
        .with("baseline", "p99 of a trade, one at a time, before the storm; medians of the turns")
        .with("p50Ms", p50)
        .with("p50MsBefore", calm_p50)
        .with("seconds", took)
        .with("resumed", whole)
        .with("allAtOnceS", median(at_once))
        .with("allAtOnceP99Ms", gale_p99)
        .with("turns", TURNS))
}

fn ordered(times: &[f64]) -> Vec<f64> {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    times
}
