//! `http-*`: `POST positions/open` of a server as operators run it, on the same two cores as its load.

pub mod exchange;
pub mod load;
pub mod site;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Barrier;
use std::time::Duration;

use cpu_time::ProcessTime;
use ftl_workload::Founding;
use tracing_subscriber::EnvFilter;

use self::exchange::Request;
use self::load::{Answers, Pace};
use self::site::{Echo, Site};
use super::row::{Reach, Row};
use super::{Setting, progress};
use crate::failure::Failure;

const INSTRUMENTS: u16 = 50;
/// So many that a run leaves each with a few positions.
const ACCOUNTS: u32 = 40_000;
const CONNECTIONS: usize = 64;
/// Connections of the overload.
const CROWD: usize = 512;
/// Connections that close meanwhile.
const CLOSERS: usize = 16;
/// Turns of echo, echo, server: their medians count.
const TURNS: usize = 3;

fn site(setting: Setting) -> Result<Site, Failure> {
    logs_into_nothing()?;
    Site::start(setting.seed, Founding { accounts: setting.size(ACCOUNTS, 640), instruments: INSTRUMENTS }, HashMap::new())
}

/// As a server logs, but into nothing: a span for each request costs what it costs.
pub fn logs_into_nothing() -> Result<(), Failure> {
    let logs = tracing_subscriber::fmt().with_env_filter(EnvFilter::new("info")).with_writer(std::io::sink);
    logs.try_init().map_err(Failure::could_not_run)
}

pub fn lasting(setting: Setting, seconds: u32) -> Duration {
    Duration::from_millis(u64::from(setting.size(seconds * 1_000, 200)))
}

pub fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of.get(of.len() / 2).copied().unwrap_or_default()
}

/// The closed loop beside a 1- and a 2-worker echo, in turns.
pub fn closed_loop(setting: Setting) -> Result<Row, Failure> {
    let site = site(setting)?;
    let opens = site.opens();
    let io = Failure::could_not_run;
    let echo = |workers: usize| -> Result<(f64, f64), Failure> {
        let echo = Echo::start(workers)?;
        let (answers, us) = measured(echo.address(), &opens, lasting(setting, 3))?;
        echo.stop();
        Ok((answers.rate(), us))
    };
    let bar = progress("POST positions/open, 64 connections", TURNS);
    load::closed(site.address(), &opens, CONNECTIONS, lasting(setting, 2)).map_err(io)?;
    let (mut ones, mut twos, mut ours): (Vec<f64>, Vec<f64>, Vec<Answers>) = Default::default();
    let (mut echo_us, mut our_us): (Vec<f64>, Vec<f64>) = Default::default();
    for _ in 0..TURNS {
        ones.push(echo(1)?.0);
        let (rate, us) = echo(2)?;
        twos.push(rate);
        echo_us.push(us);
        let (answers, us) = measured(site.address(), &opens, lasting(setting, 6))?;
        ours.push(answers);
        our_us.push(us);
        bar.inc(1);
    }
    bar.finish_and_clear();
    site.stop()?;
    all_accepted(ours.iter())?;
    let (one, two) = (median(ones), median(twos));
    let rate = median(ours.iter().map(Answers::rate).collect());
    let quantile = |q: f64| median(ours.iter().map(|answers| answers.ms(q)).collect());
    let (p50, p99) = (quantile(0.5), quantile(0.99));
    let row = Row::new(rate, "requests/s", one.max(two));
    let ratio = row.ratio;
    Ok(row
        .reaching(&[("ratio", ratio, Reach::AtLeast(0.4)), ("p99 ms", p99, Reach::AtMost(3.0))])
        .with("baseline", "the faster of an axum echo with 1 and with 2 workers, under the same load")
        .with("echoOfOneWorker", one.round())
        .with("echoOfTwoWorkers", two.round())
        .with("p50Ms", p50)
        .with("p99Ms", p99)
        .with("p999Ms", quantile(0.999))
        .with("processorUsARequest", median(our_us))
        .with("processorUsAnEcho", median(echo_us))
        .with("connections", CONNECTIONS)
        .with("turns", TURNS))
}

/// A closed loop, and what a request costs the processor: server, load and kernel together. Where other programs share
/// the machine it says more than the rate.
fn measured(address: SocketAddr, requests: &[Request], lasting: Duration) -> Result<(Answers, f64), Failure> {
    let began = ProcessTime::now();
    let answers = load::closed(address, requests, CONNECTIONS, lasting).map_err(Failure::could_not_run)?;
    let us = began.elapsed().as_secs_f64() * 1e6 / answers.accepted.max(1) as f64;
    Ok((answers, us))
}

/// 5,000 a second, whatever the answers do.
pub fn open_loop(setting: Setting) -> Result<Row, Failure> {
    let site = site(setting)?;
    let opens = site.opens();
    let io = Failure::could_not_run;
    let per_second = f64::from(setting.size(5_000, 640));
    load::closed(site.address(), &opens, CONNECTIONS, lasting(setting, 1)).map_err(io)?;
    let bar = progress("open loop, 5,000 a second", TURNS);
    let (mut echoed, mut ours): (Vec<Answers>, Vec<Answers>) = Default::default();
    for _ in 0..TURNS {
        let echo = Echo::start(2)?;
        echoed.push(alone(echo.address(), &opens, Pace { connections: CONNECTIONS, per_second, lasting: lasting(setting, 3) })?);
        echo.stop();
        ours.push(alone(site.address(), &opens, Pace { connections: CONNECTIONS, per_second, lasting: lasting(setting, 5) })?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    site.stop()?;
    all_accepted(ours.iter())?;
    let quantile = |of: &[Answers], q: f64| median(of.iter().map(|answers| answers.ms(q)).collect());
    let (p50, p99) = (quantile(&ours, 0.5), quantile(&ours, 0.99));
    Ok(Row::new(p99, "ms (p99)", quantile(&echoed, 0.99))
        .reaching(&[("p50 ms", p50, Reach::AtMost(0.8)), ("p99 ms", p99, Reach::AtMost(2.0))])
        .with("baseline", "an axum echo with 2 workers under the same open loop")
        .with("p50Ms", p50)
        .with("p99Ms", p99)
        .with("p999Ms", quantile(&ours, 0.999))
        .with("echoP50Ms", quantile(&echoed, 0.5))
        .with("echoP99Ms", quantile(&echoed, 0.99))
        .with("perSecond", per_second)
        .with("answeredPerSecond", median(ours.iter().map(Answers::rate).collect()).round())
        .with("latency", "from the time that a request was due"))
}

/// An open loop with no other beside it.
fn alone(address: SocketAddr, requests: &[Request], pace: Pace) -> Result<Answers, Failure> {
    load::open(address, requests, pace, false, &Barrier::new(pace.connections)).map_err(Failure::could_not_run)
}

/// Opens due at three times the peak, while some close and the feed goes on.
pub fn overload(setting: Setting) -> Result<Row, Failure> {
    let site = site(setting)?;
    let opens = site.opens();
    let io = Failure::could_not_run;
    let crowd = setting.size(CROWD as u32, 64) as usize;
    load::closed(site.address(), &opens, CONNECTIONS, lasting(setting, 1)).map_err(io)?;
    // More connections make larger batches: the better of both is the peak.
    let few = load::closed(site.address(), &opens, CONNECTIONS, lasting(setting, 3)).map_err(io)?.rate();
    let many = load::closed(site.address(), &opens, crowd, lasting(setting, 3)).map_err(io)?.rate();
    let peak = few.max(many);
    let of = |connections, per_second| Pace { connections, per_second, lasting: lasting(setting, 6) };
    let (opening, closing, feeding) = (of(crowd, 3.0 * peak), of(CLOSERS, peak / 20.0), of(1, 20.0));
    let closes = site.closes((closing.per_second * closing.lasting.as_secs_f64()).ceil() as usize)?;
    let (before, feed) = (site.seq(), site.feed());
    let (address, start) = (site.address(), Barrier::new(1 + CLOSERS + 1));
    let (crowded, closed, fed) = std::thread::scope(|scope| {
        let crowded = scope.spawn(|| load::crowd(address, &opens, opening, &start));
        let closed = scope.spawn(|| load::open(address, &closes, closing, true, &start));
        let fed = scope.spawn(|| load::open(address, std::slice::from_ref(&feed), feeding, false, &start));
        (crowded.join(), closed.join(), fed.join())
    });
    let applied = site.seq() - before;
    site.stop()?;
    let died = |_| Failure::could_not_run("a thread of the load died");
    let (crowded, closed, fed) = (crowded.map_err(died)?.map_err(io)?, closed.map_err(died)?.map_err(io)?, fed.map_err(died)?.map_err(io)?);
    let goodput = (crowded.accepted + closed.accepted) as f64 / crowded.took.as_secs_f64();
    let row = Row::new(goodput, "accepted/s", peak);
    let (ratio, closes_p99) = (row.ratio, closed.ms(0.99));
    Ok(row
        .reaching(&[
            ("goodput to peak", ratio, Reach::AtLeast(0.8)),
            ("p99 ms of closes", closes_p99, Reach::AtMost(50.0)),
            ("feed commands shed", fed.shed as f64, Reach::AtMost(0.0)),
            ("closes shed", closed.shed as f64, Reach::AtMost(0.0)),
        ])
        .with("baseline", "the peak of the same server in a closed loop just before, the better of 64 connections and as many as here")
        .with("peakOf64", few.round())
        .with("peakOfAsMany", many.round())
        .with("offeredPerSecond", opening.per_second.round())
        .with("connections", crowd)
        .with("opensAccepted", crowded.accepted)
        .with("opensShed", crowded.shed)
        .with("opensRefused", crowded.refused)
        .with("opensP99MsFromDue", crowded.ms(0.99))
        .with("closesAccepted", closed.accepted)
        .with("closesShed", closed.shed)
        .with("closesRefused", closed.refused)
        .with("closesP50Ms", closed.ms(0.5))
        .with("closesP99Ms", closes_p99)
        .with("feedAccepted", fed.accepted)
        .with("feedShed", fed.shed)
        .with("feedP99Ms", fed.ms(0.99))
        .with("entriesApplied", applied))
}

/// At least 95 % accepted, or the load is at fault.
pub fn all_accepted<'a>(answers: impl Iterator<Item = &'a Answers>) -> Result<(), Failure> {
    let (accepted, other) = answers.fold((0, 0), |(a, o), answers| (a + answers.accepted, o + answers.refused + answers.shed));
    if accepted * 5 < other * 95 {
        return Err(Failure::refused(format!("{accepted} requests were accepted, {other} were not: the load is at fault")));
    }
    Ok(())
}
