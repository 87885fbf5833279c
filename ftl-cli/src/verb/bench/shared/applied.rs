//! `shared-applied-*`: two processes' worth of server on one league, each with its own threads and connections. One takes
//! 5,000 commands a second; how long after a command was handed to it has the other one executed it.

use std::time::{Duration, Instant};

use ftl_core::command::Command;
use ftl_core::id::Seq;
use ftl_server::replica::append::Lane;
use ftl_server::serve::Server;
use ftl_server::stores::{Stores, default_genesis};
use ftl_store::throwaway::{AppendFsync, ThrowawayPostgres, ThrowawayRedis};
use ftl_workload::Founding;
use tokio::runtime::Builder;
use tokio::sync::mpsc;

use super::super::http::site::{Site, configured};
use super::super::http::{lasting, logs_into_nothing};
use super::super::reference::core::command;
use super::super::row::{Reach, Row};
use super::super::{Setting, progress};
use super::quantile;
use crate::failure::Failure;

const ACCOUNTS: u32 = 10_000;
const INSTRUMENTS: u16 = 50;
/// Commands a second.
const RATE: u32 = 5_000;
const SECONDS: u32 = 10;
/// Between two handfuls of commands.
const TICK: Duration = Duration::from_millis(1);

/// A command that was answered where it was handed in.
struct Answered {
    seq: Seq,
    since: Instant,
    after: Duration,
}

/// Over Redis, or over PostgreSQL alone; at most so many milliseconds.
pub fn run(setting: Setting, over_redis: bool, most_ms: f64) -> Result<Row, Failure> {
    logs_into_nothing()?;
    let postgres = ThrowawayPostgres::start().map_err(Failure::could_not_run)?;
    let redis = over_redis.then(|| ThrowawayRedis::start(AppendFsync::EverySecond)).transpose();
    let redis = redis.map_err(Failure::could_not_run)?;
    let mut settings = vec![("DATABASE_URL", postgres.url()), ("ACK", "journal".into()), ("FLUSHER_EMBEDDED", "false".into())];
    settings.extend(redis.as_ref().map(|redis| ("REDIS_URL", redis.url())));
    let founding = Founding { accounts: setting.size(ACCOUNTS, 640), instruments: INSTRUMENTS };
    let site = Site::start(setting.seed, founding, settings.iter().cloned().collect())?;

    let elsewhere = Builder::new_multi_thread().worker_threads(1).enable_all().build().map_err(Failure::could_not_run)?;
    let directory = tempfile::tempdir().map_err(Failure::could_not_run)?;
    let config = configured(directory.path(), &settings.iter().cloned().collect())?;
    let other = elsewhere.block_on(async {
        let (stores, genesis) = (Stores::of(&config).await?, default_genesis(&config.league));
        let server = Server::start(config, stores, genesis).await?;
        server.app.replica.caught_up().await;
        Ok::<_, Failure>(server)
    })?;
    let mut followed = other.app.replica.follow();
    let (told, mut executed) = mpsc::unbounded_channel();
    elsewhere.spawn(async move {
        while followed.changed().await.is_ok() {
            if told.send((*followed.borrow_and_update(), Instant::now())).is_err() {
                break;
            }
        }
    });

    let bar = progress("5,000 commands a second", 1);
    let answered = site.block_on(load(&site, lasting(setting, SECONDS)))?;
    bar.finish_and_clear();
    let last = answered.iter().map(|answered| answered.seq).max().unwrap_or_default();
    let mut places: Vec<(Seq, Instant)> = Vec::new();
    while places.last().is_none_or(|(seq, _)| *seq < last) {
        places.push(executed.blocking_recv().ok_or_else(|| Failure::refused("the other process ended"))?);
    }
    elsewhere.block_on(other.stop())?;
    site.stop()?;

    let there = |answered: &Answered| {
        let (_, at) = places.get(places.partition_point(|(seq, _)| *seq < answered.seq))?;
        Some(at.saturating_duration_since(answered.since))
    };
    let mut elsewhere: Vec<Duration> = answered.iter().filter_map(there).collect();
    let mut here: Vec<Duration> = answered.iter().map(|answered| answered.after).collect();
    let (p99, own) = (quantile(&mut elsewhere, 0.99), quantile(&mut here, 0.99));
    Ok(Row::new(p99, "ms (p99)", own)
        .reaching(&[("p99 ms", p99, Reach::AtMost(most_ms))])
        .with("baseline", "the answer of the process that the command was handed to, of the same commands")
        .with("p50Ms", quantile(&mut elsewhere, 0.5))
        .with("p999Ms", quantile(&mut elsewhere, 0.999))
        .with("answeredP50Ms", quantile(&mut here, 0.5))
        .with("commands", answered.len())
        .with("perSecond", RATE))
}

/// Hands in a few commands each millisecond, whatever became of those before.
async fn load(site: &Site, lasting: Duration) -> Result<Vec<Answered>, Failure> {
    let slugs: Vec<String> = (0..INSTRUMENTS).map(|n| format!("footballer-{n}")).collect();
    let all = u64::from(RATE) * u64::try_from(lasting.as_millis()).unwrap_or_default() / 1_000;
    let handful = u64::from(RATE) / 1_000;
    let mut ticks = tokio::time::interval(TICK);
    let mut waiting = tokio::task::JoinSet::new();
    let mut next = 0;
    while next < all {
        let due = ticks.tick().await.into_std();
        for n in next..next + handful {
            let command = Command { not_after: None, ..command(n, site.books(), &slugs) };
            let app = site.app().clone();
            waiting.spawn(async move {
                let outcome = app.replica.submit(Lane::Open, command).await?;
                Ok::<_, ftl_server::replica::append::SubmitError>(Answered { seq: outcome.seq, since: due, after: due.elapsed() })
            });
        }
        next += handful;
    }
    let mut answered = Vec::new();
    while let Some(joined) = waiting.join_next().await {
        answered.push(joined.map_err(Failure::could_not_run)?.map_err(Failure::refused)?);
    }
    Ok(answered)
}
