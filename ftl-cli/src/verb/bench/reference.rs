//! `reference-*`: ours beside the usual design done well. There a trade is one script over hashes in Redis; here it is an
//! entry of a journal that Redis keeps, executed in memory. Same routes, authentication, limits, logs and JSON, same load.
//!
//! ```text
//!  load ──▶ our server ──▶ a stream in Redis              load ──▶ counter ──▶ desk: EVALSHA in another Redis
//!               └──▶ flusher ──▶ PostgreSQL                           └──▶ dirty set ──▶ PostgreSQL
//! ```
//! Rounds of both alternate, and the median of their ratios counts. A reference that does not keep its Redis busy would
//! be too easy: what share of a core it used is said with every row.

mod counter;
mod desk;
mod dirty;

use std::time::{Duration, Instant};

use cpu_time::ProcessTime;
use ftl_core::id::BookId;
use ftl_store::postgres::connect::Database;
use ftl_store::redis::connect::RedisServer;
use ftl_store::throwaway::{AppendFsync, ThrowawayError, ThrowawayPostgres, ThrowawayRedis};
use ftl_workload::Founding;
use redis::aio::MultiplexedConnection;

use self::counter::Counter;
use self::desk::{Desk, Order, core_seconds};
use self::dirty::DirtySet;
use super::http::exchange::Request;
use super::http::load::{self, Answers};
use super::http::site::Site;
use super::http::{lasting, median};
use super::row::{Reach, Row};
use super::{Setting, progress};
use crate::failure::Failure;

pub mod core;

const ACCOUNTS: u32 = 10_000;
const INSTRUMENTS: u16 = 50;
/// So many that a batch, and a pipeline, has something to put together.
const CONNECTIONS: usize = 256;
const ROUNDS: usize = 5;
const SECONDS: u32 = 2;
/// What the reference must use of its Redis's core, or the comparison is void.
const BUSY: f64 = 0.85;

/// Both sides, ready to be asked.
struct Pair {
    site: Site,
    opens: Vec<Request>,
    counter: Counter,
    redis: MultiplexedConnection,
    dirty: Option<DirtySet>,
    _servers: (ThrowawayPostgres, ThrowawayRedis, ThrowawayRedis),
}

/// What a side came to in a round.
#[derive(Clone, Default)]
struct Side {
    rates: Vec<f64>,
    p99: Vec<f64>,
    us: Vec<f64>,
}

impl Side {
    /// `took`: until what was to be done was done; `used`: what it cost this process.
    fn add(&mut self, answers: &Answers, took: Duration, used: Duration) {
        self.rates.push(answers.accepted as f64 / took.as_secs_f64());
        self.p99.push(answers.ms(0.99));
        self.us.push(used.as_secs_f64() * 1e6 / answers.accepted.max(1) as f64);
    }
}

/// Connections that time out late: a bench on a busy machine is no outage.
pub async fn connected(server: &ThrowawayRedis) -> Result<MultiplexedConnection, Failure> {
    let redis = RedisServer::at(&server.url()).map_err(Failure::could_not_run)?;
    redis.connect(Duration::from_secs(10)).await.map_err(Failure::could_not_run)
}

impl Pair {
    fn start(setting: Setting, fsync: AppendFsync, flushed: bool) -> Result<Self, Failure> {
        super::http::logs_into_nothing()?;
        let missing = |error: ThrowawayError| Failure::could_not_run(error);
        let postgres = ThrowawayPostgres::start_with(&["shared_buffers=512MB"]).map_err(missing)?;
        let (ours, theirs) = (ThrowawayRedis::start(fsync).map_err(missing)?, ThrowawayRedis::start(fsync).map_err(missing)?);
        let founding = Founding { accounts: setting.size(ACCOUNTS, 640), instruments: INSTRUMENTS };
        let flusher = if flushed { "true" } else { "false" };
        let urls = [("DATABASE_URL", postgres.url()), ("REDIS_URL", ours.url())];
        let settings = [("ACK", "journal".to_owned()), ("FLUSHER_EMBEDDED", flusher.to_owned())];
        let site = Site::start(setting.seed, founding, urls.into_iter().chain(settings).collect())?;
        let opens = site.opens();
        let (counter, redis, dirty) = site.block_on(async {
            let redis = connected(&theirs).await?;
            let desk = Desk::found(redis.clone(), site.books(), INSTRUMENTS, flushed).await.map_err(Failure::could_not_run)?;
            let counter = Counter::open(site.app(), desk).await.map_err(Failure::could_not_run)?;
            let dirty = if flushed {
                let name = postgres.create_database().map_err(Failure::could_not_run)?;
                let database = Database::at(&postgres.url_of(&name))?.statement_timeout(Duration::from_secs(60));
                Some(DirtySet::flush(connected(&theirs).await?, &database).await?)
            } else {
                None
            };
            Ok::<_, Failure>((counter, redis, dirty))
        })?;
        Ok(Self { site, opens, counter, redis, dirty, _servers: (postgres, ours, theirs) })
    }

    fn ours(&mut self, of: Duration, side: &mut Side) -> Result<(), Failure> {
        let (began, used) = (Instant::now(), ProcessTime::now());
        let answers = load::closed(self.site.address(), &self.opens, CONNECTIONS, of).map_err(Failure::could_not_run)?;
        if self.dirty.is_some() {
            self.site.flushed();
        }
        super::http::all_accepted(std::iter::once(&answers))?;
        side.add(&answers, began.elapsed(), used.elapsed());
        Ok(())
    }

    /// Gives what share of a core its Redis used while requests came.
    fn theirs(&mut self, of: Duration, side: &mut Side) -> Result<f64, Failure> {
        let cpu = |pair: &Self| {
            let mut redis = pair.redis.clone();
            pair.site.block_on(async move { core_seconds(&mut redis).await }).map_err(Failure::could_not_run)
        };
        let (before, began, used) = (cpu(self)?, Instant::now(), ProcessTime::now());
        let answers = load::closed(self.counter.address, &self.opens, CONNECTIONS, of).map_err(Failure::could_not_run)?;
        let share = (cpu(self)? - before) / began.elapsed().as_secs_f64();
        if let Some(dirty) = &mut self.dirty {
            self.site.block_on(dirty.done())?;
        }
        super::http::all_accepted(std::iter::once(&answers))?;
        side.add(&answers, began.elapsed(), used.elapsed());
        Ok(share)
    }

    fn stop(self) -> Result<(), Failure> {
        self.counter.stop();
        if let Some(dirty) = self.dirty {
            dirty.stop();
        }
        self.site.stop()
    }
}

/// Trades over HTTP on both. `flushed`: a round lasts until what it did is in PostgreSQL.
pub fn run(setting: Setting, fsync: AppendFsync, flushed: bool, least: f64) -> Result<Row, Failure> {
    let mut pair = Pair::start(setting, fsync, flushed)?;
    let of = lasting(setting, SECONDS);
    let bar = progress("trades over HTTP, in turns", ROUNDS + 1);
    let (mut ours, mut theirs, mut shares) = (Side::default(), Side::default(), Vec::new());
    // A round that does not count warms both.
    pair.ours(of / 2, &mut Side::default())?;
    pair.theirs(of / 2, &mut Side::default())?;
    for _ in 0..ROUNDS {
        bar.inc(1);
        pair.ours(of, &mut ours)?;
        shares.push(pair.theirs(of, &mut theirs)?);
    }
    bar.finish_and_clear();
    pair.stop()?;
    let ratios: Vec<f64> = ours.rates.iter().zip(&theirs.rates).map(|(ours, theirs)| ours / theirs).collect();
    let (ratio, share) = (median(ratios.clone()), median(shares));
    let mut row = Row::new(median(ours.rates), "trades/s", median(theirs.rates));
    row.ratio = ratio;
    let rounded: Vec<f64> = ratios.iter().map(|ratio| (ratio * 1_000.0).round() / 1_000.0).collect();
    Ok(row
        .reaching(&[("ratio", ratio, Reach::AtLeast(least)), ("reference's share of a Redis core", share, Reach::AtLeast(BUSY))])
        .with("baseline", "one EVALSHA a trade on hashes in Redis, behind the same layers, under the same load")
        .with("ratios", rounded)
        .with("shareOfARedisCore", share)
        .with("isVoid", share < BUSY)
        .with("p99Ms", median(ours.p99))
        .with("referenceP99Ms", median(theirs.p99))
        .with("processorUsARequest", median(ours.us))
        .with("referenceProcessorUsARequest", median(theirs.us))
        .with("connections", CONNECTIONS)
        .with("rounds", ROUNDS))
}

/// An order of the `n`-th kind, as the load over HTTP makes them.
fn order<'a>(n: u64, books: &[BookId], instruments: &'a [String]) -> Order<'a> {
    let at = |of: usize| usize::try_from(n).unwrap_or_default() % of;
    let long = (n / instruments.len() as u64).is_multiple_of(2);
    Order {
        id: u128::from(n).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835),
        body: n,
        account: books[at(books.len())].account,
        instrument: &instruments[at(instruments.len())],
        direction: if long { ftl_core::units::Direction::Long } else { ftl_core::units::Direction::Short },
        lots: ftl_core::units::Lots::from_units(1),
        at: 1_700_000_000_000 + n,
    }
}
