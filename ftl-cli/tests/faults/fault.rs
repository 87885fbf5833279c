//! Faults: what is broken, for how long, and how it is mended. Drawn from a seed, so that a schedule can be played again.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;

use crate::proxy::{Mode, Wire};
use crate::site::{PROCESSES, Setup, Site};

/// A database that a wire leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    Postgres,
    Redis,
}

/// What happens once. Processes are numbered as in [`PROCESSES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    KillApi(usize),
    KillFlusher(usize),
    KillRedis,
    KillPostgres,
    Cut(usize, To),
    Slow(usize, To),
    Reset(usize, To),
    /// An older copy of Redis's directory is put back.
    OlderCopy,
    /// A replica that lags is promoted, and everybody led to it.
    PromoteLagging,
    FlushAll,
    /// No flusher reads Redis while the others of the blow strike: what is lost then, nobody has read.
    BlindFlushers,
    /// This api is cut off at the moment when Redis loses entries, until the league has gone on without it.
    StrandApi(usize),
    /// The answer to an append is lost, and its connection reset.
    AppendAnswerLost(usize),
    /// The process dies while its append is under way.
    AppendThenKillProcess(usize),
    /// What orders dies while an append is under way.
    AppendThenKillJournal(usize),
}

impl Fault {
    /// Its row in the table at the end.
    pub fn kind(self) -> &'static str {
        match self {
            Self::KillApi(_) => "kill -9 of an api",
            Self::KillFlusher(_) => "kill -9 of a flusher",
            Self::KillRedis => "kill -9 of Redis",
            Self::KillPostgres => "kill -9 of Postgres",
            Self::Cut(..) => "network cut",
            Self::Slow(..) => "network delay",
            Self::Reset(..) => "network reset",
            Self::OlderCopy => "older copy of Redis put back",
            Self::PromoteLagging => "lagging replica promoted",
            Self::FlushAll => "FLUSHALL",
            Self::BlindFlushers => "network cut before both flushers",
            Self::StrandApi(_) => "network cut before an api, until behind the recovery",
            Self::AppendAnswerLost(_) => "in an append: answer lost",
            Self::AppendThenKillProcess(_) => "in an append: kill -9 of the api",
            Self::AppendThenKillJournal(_) => "in an append: kill -9 of the journal",
        }
    }

    /// Whether Redis has fewer entries behind it, and nobody says so.
    fn loses_entries(self) -> bool {
        matches!(self, Self::OlderCopy | Self::PromoteLagging | Self::FlushAll)
    }

    /// What it touches: two faults at once touch different things.
    fn touches(self) -> Vec<&'static str> {
        match self {
            Self::KillApi(n) | Self::KillFlusher(n) | Self::Cut(n, _) | Self::Slow(n, _) | Self::Reset(n, _) => vec![PLACES[n]],
            Self::BlindFlushers => vec!["flusher-0", "flusher-1"],
            Self::KillRedis | Self::OlderCopy | Self::PromoteLagging | Self::FlushAll => vec!["redis"],
            Self::KillPostgres => vec!["postgres"],
            Self::StrandApi(n) => vec![PLACES[n]],
            Self::AppendAnswerLost(n) | Self::AppendThenKillProcess(n) => vec![PLACES[n]],
            Self::AppendThenKillJournal(n) => vec![PLACES[n], "redis", "postgres"],
        }
    }
}

const PLACES: [&str; 4] = ["api-0", "api-1", "flusher-0", "flusher-1"];

/// One fault, or two at once.
pub type Blow = Vec<Fault>;

/// At least `count` faults in whole rounds, or `count` of one: every kind in turn, in a drawn order. In every round one blow
/// is double, and some more are. `only` leaves the kinds that say so.
pub fn schedule(setup: Setup, count: usize, seed: u64, only: Option<&str>) -> Vec<Blow> {
    let mut random = Pcg64::seed_from_u64(seed);
    let mut blows: Vec<Blow> = Vec::new();
    let mut faults = 0;
    while faults < count {
        let mut round = round(setup, &mut random);
        round.retain(|fault| only.is_none_or(|only| fault.kind().contains(only)));
        assert!(!round.is_empty(), "there is no such fault");
        round.shuffle(&mut random);
        round.truncate(if faults == 0 { count } else { usize::MAX });
        faults += round.len();
        let mut waiting = round.into_iter().peekable();
        let (mut doubles, mut blind) = (0, 0);
        while let Some(fault) = waiting.next() {
            let mut blow = vec![fault];
            let apart = |other: &Fault| fault.touches().iter().all(|place| !other.touches().contains(place));
            if (doubles == 0 && !setup.has_redis()) || random.random_range(0..6) == 0 {
                blow.extend(waiting.next_if(apart));
            }
            let sees = |fault: &Fault| fault.touches().iter().all(|place| !place.starts_with("flusher"));
            if blow.iter().any(|fault| fault.loses_entries()) && blow.iter().all(sees) && (blind == 0 || random.random_range(0..3) == 0) {
                blow.insert(0, Fault::BlindFlushers);
                let strand = Fault::StrandApi(random.random_range(0..2));
                let touched = |fault: &Fault| fault.touches().iter().any(|place| strand.touches().contains(place));
                if random.random_range(0..2) == 0 && !blow.iter().any(touched) {
                    blow.push(strand);
                }
                blind += 1;
            }
            doubles += usize::from(blow.len() > 1);
            blows.push(blow);
        }
    }
    blows
}

fn round(setup: Setup, random: &mut Pcg64) -> Vec<Fault> {
    let mut process = || random.random_range(0..PROCESSES.len());
    let (cut, slow, reset) = (process(), process(), process());
    let mut to = || match setup.has_redis() && random.random_range(0..2) == 0 {
        true => To::Redis,
        false => To::Postgres,
    };
    let mut faults = vec![Fault::Cut(cut, to()), Fault::Slow(slow, to()), Fault::Reset(reset, to())];
    let mut api = || random.random_range(0..2);
    faults.extend([Fault::KillApi(api()), Fault::KillFlusher(2 + api()), Fault::KillPostgres]);
    faults.extend([Fault::AppendAnswerLost(api()), Fault::AppendThenKillProcess(api()), Fault::AppendThenKillJournal(api())]);
    if setup.has_redis() {
        faults.extend([Fault::KillRedis, Fault::OlderCopy, Fault::PromoteLagging, Fault::FlushAll]);
    }
    faults
}

/// Breaks and mends, all of a blow at once. Says how many appends it caught under way.
pub async fn strike(site: &Site, blow: &Blow, seed: u64) -> usize {
    let blind = blow.contains(&Fault::BlindFlushers);
    let flushers = || (2..PROCESSES.len()).map(|process| wire(site, process, To::Redis));
    let mut random = Pcg64::seed_from_u64(seed);
    if blind {
        flushers().for_each(|wire| wire.set(Mode::Cut));
        tokio::time::sleep(Duration::from_millis(random.random_range(200..800))).await;
    }
    let stranded = blow.iter().find_map(|fault| if let Fault::StrandApi(api) = fault { Some(*api) } else { None });
    let cut_off = stranded.map(|api| wire(site, api, To::Redis));
    let others = blow.iter().filter(|fault| !matches!(fault, Fault::BlindFlushers | Fault::StrandApi(_)));
    let caught = futures::future::join_all(others.map(|fault| strike_one(site, *fault, cut_off, random.random()))).await;
    if blind {
        tokio::time::sleep(Duration::from_millis(random.random_range(0..600))).await;
        flushers().for_each(|wire| wire.set(Mode::Whole));
    }
    if let Some(api) = stranded {
        go_on_without(site, api).await;
        wire(site, api, To::Redis).set(Mode::Whole);
    }
    caught.into_iter().filter(|caught| *caught).count()
}

/// Until the league has gone well beyond what an api that is cut off had applied, if that comes.
async fn go_on_without(site: &Site, api: usize) {
    let seq = async |api| site.readyz(api).await.and_then(|ready| ready["seq"].as_u64()).unwrap_or_default();
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(1)
        || (seq(1 - api).await < seq(api).await + 500 && begun.elapsed() < Duration::from_secs(8))
    {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Whether it caught an append under way.
async fn strike_one(site: &Site, fault: Fault, stranded: Option<&Wire>, seed: u64) -> bool {
    let mut random = Pcg64::seed_from_u64(seed);
    let mut caught = false;
    // With everything that Redis is about to lose.
    let strand = || stranded.into_iter().for_each(|wire| wire.set(Mode::Cut));
    let mut between = |from: u64, to: u64| Duration::from_millis(random.random_range(from..to));
    match fault {
        Fault::KillApi(process) | Fault::KillFlusher(process) => kill_process(site, process, between(20, 800)).await,
        Fault::KillRedis => {
            let mut redis = site.redis.as_ref().unwrap().lock().await;
            redis.ruling.kill();
            tokio::time::sleep(between(20, 1_500)).await;
            redis.ruling.restart().unwrap();
        }
        Fault::KillPostgres => {
            let mut postgres = site.postgres.lock().await;
            postgres.kill();
            tokio::time::sleep(between(20, 1_500)).await;
            postgres.restart().unwrap();
        }
        Fault::Cut(process, to) => {
            wire(site, process, to).set(Mode::Cut);
            tokio::time::sleep(between(100, 3_000)).await;
            wire(site, process, to).set(Mode::Whole);
        }
        Fault::Slow(process, to) => {
            wire(site, process, to).set(Mode::Slow(between(20, 400)));
            tokio::time::sleep(between(500, 2_500)).await;
            wire(site, process, to).set(Mode::Whole);
        }
        Fault::Reset(process, to) => wire(site, process, to).reset(),
        Fault::OlderCopy => {
            let mut redis = site.redis.as_ref().unwrap().lock().await;
            let copy = tempfile::tempdir().unwrap();
            redis.ruling.copy_data(copy.path()).unwrap();
            tokio::time::sleep(between(300, 1_500)).await;
            strand();
            redis.ruling.kill();
            redis.ruling.put_back(copy.path()).unwrap();
            redis.ruling.restart().unwrap();
        }
        Fault::PromoteLagging => promote_lagging(site, strand, between(200, 1_200)).await,
        Fault::BlindFlushers | Fault::StrandApi(_) => {}
        Fault::FlushAll => {
            let redis = site.redis.as_ref().unwrap().lock().await;
            strand();
            say(redis.ruling.port(), "FLUSHALL", "+OK");
        }
        Fault::AppendAnswerLost(process) => {
            let journal = journal_wire(site, process);
            caught = journal.lose_an_answer(Duration::from_secs(2)).await;
            tokio::time::sleep(between(0, 1_200)).await;
            journal.reset();
            journal.set(Mode::Whole);
        }
        Fault::AppendThenKillProcess(process) => {
            let journal = journal_wire(site, process);
            caught = journal.lose_an_answer(Duration::from_secs(2)).await;
            kill_process(site, process, between(20, 800)).await;
            journal.set(Mode::Whole);
        }
        Fault::AppendThenKillJournal(process) => {
            let journal = journal_wire(site, process);
            caught = journal.lose_an_answer(Duration::from_secs(2)).await;
            match &site.redis {
                Some(redis) => {
                    let mut redis = redis.lock().await;
                    redis.ruling.kill();
                    tokio::time::sleep(between(20, 800)).await;
                    redis.ruling.restart().unwrap();
                }
                None => {
                    let mut postgres = site.postgres.lock().await;
                    postgres.kill();
                    tokio::time::sleep(between(20, 800)).await;
                    postgres.restart().unwrap();
                }
            }
            journal.set(Mode::Whole);
        }
    }
    caught
}

async fn kill_process(site: &Site, process: usize, down: Duration) {
    site.processes[process].lock().await.kill();
    tokio::time::sleep(down).await;
    site.processes[process].lock().await.start();
}

/// The standby follows over a wire that is cut; what it has by then it rules with.
async fn promote_lagging(site: &Site, strand: impl Fn(), lag: Duration) {
    let mut redis = site.redis.as_ref().unwrap().lock().await;
    let between = Wire::to(redis.ruling.port(), b"").await;
    say(redis.standby.port(), &format!("REPLICAOF 127.0.0.1 {}", between.port), "+OK");
    let followed = async {
        while !ask(redis.standby.port(), "INFO replication").contains("master_link_status:up") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), followed).await.expect("a replica that follows");
    between.set(Mode::Cut);
    tokio::time::sleep(lag).await;
    strand();
    say(redis.standby.port(), "REPLICAOF NO ONE", "+OK");
    let redis = &mut *redis;
    std::mem::swap(&mut redis.ruling, &mut redis.standby);
    for (_, to_redis) in &site.wires {
        to_redis.as_ref().unwrap().lead_to(redis.ruling.port());
    }
    // The one that ruled comes back empty, to stand by.
    say(redis.standby.port(), "FLUSHALL", "+OK");
}

fn wire(site: &Site, process: usize, to: To) -> &Wire {
    let (to_postgres, to_redis) = &site.wires[process];
    match to {
        To::Postgres => to_postgres,
        To::Redis => to_redis.as_ref().unwrap(),
    }
}

/// To whatever orders.
fn journal_wire(site: &Site, process: usize) -> &Wire {
    wire(site, process, if site.setup.has_redis() { To::Redis } else { To::Postgres })
}

fn say(port: u16, command: &str, expected: &str) {
    let answer = ask(port, command);
    assert!(answer.starts_with(expected), "{command}: {answer}");
}

/// What Redis answers, as far as it comes at once.
fn ask(port: u16, command: &str) -> String {
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    stream.write_all(format!("{command}\r\n").as_bytes()).unwrap();
    let mut buffer = vec![0; 64 * 1_024];
    let read = stream.read(&mut buffer).unwrap();
    String::from_utf8_lossy(&buffer[..read]).into_owned()
}
