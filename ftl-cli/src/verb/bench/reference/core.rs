//! `reference-redis-core`: what a core of Redis carries, in trades: batches of our journal against one script a trade, both
//! without HTTP. What counts is the processor's time of the thread that executes commands, whatever else the machine does.

use std::time::Instant;

use ftl_core::command::{Action, Command, OpenPosition};
use ftl_core::id::{BookId, CommandId, InstrumentIdx};
use ftl_core::journal::{Clock, Journal, JournalClock, Tip};
use ftl_core::time::At;
use ftl_store::SharedOptions;
use ftl_store::clock::SystemClock;
use ftl_store::data_dir::LeagueMeta;
use ftl_store::postgres::connect::Database;
use ftl_store::postgres::leagues::{self, OrderedBy};
use ftl_store::postgres::migrations;
use ftl_store::redis::connect::RedisServer;
use ftl_store::redis::journal::RedisJournal;
use ftl_store::throwaway::{AppendFsync, ThrowawayPostgres, ThrowawayRedis};
use ftl_workload::{Founding, Script};
use redis::aio::MultiplexedConnection;

use super::super::http::{lasting, median};
use super::super::row::{Reach, Row};
use super::super::{Setting, progress};
use super::desk::{Desk, core_seconds};
use super::{ACCOUNTS, INSTRUMENTS, ROUNDS, connected, order};
use crate::failure::Failure;

/// Commands in an append.
pub const BATCH: u64 = 512;
/// Scripts in a pipeline.
const PIPELINE: u64 = 64;

/// Batch append against EVALSHA.
pub fn run(setting: Setting) -> Result<Row, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::could_not_run)?;
    runtime.block_on(measured(setting))
}

async fn measured(setting: Setting) -> Result<Row, Failure> {
    let postgres = ThrowawayPostgres::start().map_err(Failure::could_not_run)?;
    let (stream, hashes) = (ThrowawayRedis::start(AppendFsync::EverySecond), ThrowawayRedis::start(AppendFsync::EverySecond));
    let (stream, hashes) = (stream.map_err(Failure::could_not_run)?, hashes.map_err(Failure::could_not_run)?);
    let database = Database::at(&postgres.url())?;
    migrations::run(&database).await?;
    let meta = LeagueMeta { league: "reference".into(), clock: JournalClock::Store, created_at: SystemClock.now() };
    leagues::found(&database, &meta, OrderedBy::Redis).await?;
    let server = RedisServer::at(&stream.url()).map_err(Failure::could_not_run)?;
    let journal = RedisJournal::open(&server, &database, "reference", SharedOptions::default()).await.map_err(Failure::could_not_run)?;
    let (mut stream_redis, mut hash_redis) = (connected(&stream).await?, connected(&hashes).await?);

    let founding = Founding { accounts: setting.size(ACCOUNTS, 640), instruments: INSTRUMENTS };
    let books = founding.books(&mut Script::new(setting.seed, 1));
    let desk = Desk::found(hash_redis.clone(), &books, INSTRUMENTS, false).await.map_err(Failure::could_not_run)?;
    let slugs: Vec<String> = (0..INSTRUMENTS).map(|n| format!("footballer-{n}")).collect();

    let commands: Vec<Command> = (0..BATCH).map(|n| command(n, &books, &slugs)).collect();
    let of = lasting(setting, 1);
    let bar = progress("a core of Redis, in turns", ROUNDS);
    let (mut ours, mut theirs, mut ratios, mut next) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for _ in 0..ROUNDS {
        let before = core_seconds(&mut stream_redis).await.map_err(Failure::could_not_run)?;
        let (began, mut appended) = (Instant::now(), 0);
        while began.elapsed() < of {
            journal.append(Tip::default(), None, commands.clone()).await?;
            appended += BATCH;
        }
        let carried = appended as f64 / (core_seconds(&mut stream_redis).await.map_err(Failure::could_not_run)? - before);
        empty(&mut stream_redis).await?;
        let before = core_seconds(&mut hash_redis).await.map_err(Failure::could_not_run)?;
        let (began, first) = (Instant::now(), next);
        while began.elapsed() < of {
            let mut pipe = redis::pipe();
            (next..next + PIPELINE).for_each(|n| {
                pipe.add_command(desk.call(&order(n, &books, &slugs)));
            });
            let answers: Vec<String> = pipe.query_async(&mut hash_redis).await.map_err(Failure::could_not_run)?;
            if let Some(refused) = answers.iter().find(|answer| !answer.starts_with("ok ")) {
                return Err(Failure::refused(format!("the reference answered {refused}: the load is at fault")));
            }
            next += PIPELINE;
        }
        let scripted = (next - first) as f64 / (core_seconds(&mut hash_redis).await.map_err(Failure::could_not_run)? - before);
        ratios.push(carried / scripted);
        ours.push(carried);
        theirs.push(scripted);
        bar.inc(1);
    }
    bar.finish_and_clear();
    let ratio = median(ratios);
    let mut row = Row::new(median(ours), "trades a core second", median(theirs));
    row.ratio = ratio;
    Ok(row
        .reaching(&[("ratio", ratio, Reach::AtLeast(10.0))])
        .with("baseline", "one EVALSHA a trade on hashes, 64 in a pipeline")
        .with("clock", "the processor's time of the thread that executes commands")
        .with("batch", BATCH)
        .with("pipeline", PIPELINE)
        .with("rounds", ROUNDS))
}

/// The same order as a command.
pub fn command(n: u64, books: &[BookId], slugs: &[String]) -> Command {
    let order = order(n, books, slugs);
    let open = OpenPosition {
        book: BookId::season(order.account),
        instrument: InstrumentIdx(u16::try_from(n % u64::from(INSTRUMENTS)).unwrap_or_default()),
        direction: order.direction,
        lots: order.lots,
        limit: None,
        slippage: None,
        stop_loss: None,
        take_profit: None,
    };
    Command { id: CommandId(order.id), body: n, not_after: Some(At(order.at)), action: Action::OpenPosition(open) }
}

/// No stream grows from round to round.
async fn empty(redis: &mut MultiplexedConnection) -> Result<(), Failure> {
    let trim = redis::cmd("XTRIM").arg("{reference}:journal:0").arg("MAXLEN").arg(1).to_owned();
    trim.exec_async(redis).await.map_err(Failure::could_not_run)
}
