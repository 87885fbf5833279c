//! `shared-flusher`: how fast what a league leaves goes to PostgreSQL. First beside a bare `COPY` of the same rows into the
//! same tables and indexes, one table after the other, on another database of the same server. Then behind a writer of
//! 20,000 commands a second: how long after a batch is executed every projection has it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ftl_core::command::Command;
use ftl_core::id::Seq;
use ftl_core::journal::Journal;
use ftl_core::journal::memory::MemoryJournal;
use ftl_core::outcome::Entry;
use ftl_core::projection::Executed;
use ftl_core::state::State;
use ftl_store::postgres::connect::Database;
use ftl_store::postgres::flusher::{Batches, Flusher};
use ftl_store::postgres::migrations;
use ftl_store::postgres::watermarks::Projection;
use ftl_store::throwaway::ThrowawayPostgres;
use ftl_workload::{Founding, League, Popularity};
use futures::TryStreamExt;
use sqlx::{AssertSqlSafe, Row as _};

use super::super::row::{Reach, Row};
use super::super::{Setting, progress};
use super::quantile;
use crate::failure::Failure;

/// Commands that are flushed beside `COPY`.
const COMMANDS: u32 = 100_000;
/// Commands of a batch of the journal.
const BATCH: usize = 64;
/// Commands that are flushed together: a tenth of a second at the rate below.
const RUN: usize = 2_000;
/// Commands a second that the flusher has to keep up with, and for how long.
const RATE: u32 = 20_000;
const SECONDS: u32 = 60;

/// Rows a second beside bare `COPY`, and the lag behind a writer.
pub fn run(setting: Setting) -> Result<Row, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::could_not_run)?;
    runtime.block_on(measured(setting))
}

async fn measured(setting: Setting) -> Result<Row, Failure> {
    let (commands, following) = (setting.size(COMMANDS, 2_000) as usize, setting.size(RATE * SECONDS, 2_000) as usize);
    let bar = progress("a league to be flushed", 3);
    let (journal, executed) = material(setting.seed, commands + following).await?;
    let (first, then) = executed.split_at(executed.len() - following / BATCH);
    let server = ThrowawayPostgres::start_with(&["shared_buffers=512MB", "max_wal_size=8GB"]);
    let server = server.map_err(Failure::could_not_run)?;
    let (flushed, copied) = (database(&server).await?, database(&server).await?);
    let flusher = Arc::new(Flusher::open(&flushed, "bench", Batches::Journal(journal)).await.map_err(Failure::could_not_run)?);
    bar.inc(1);

    let began = Instant::now();
    for run in first.chunks(RUN / BATCH) {
        flusher.flush(run).await.map_err(Failure::could_not_run)?;
    }
    let took = began.elapsed().as_secs_f64();
    bar.inc(1);
    let (rows, bare) = copy(&flushed, &copied).await.map_err(Failure::could_not_run)?;
    let entries: usize = first.iter().map(|executed| executed.outcomes.len()).sum();

    let began = Instant::now();
    let mut lags = keep_up(flusher, then).await?;
    let wrote = then.iter().map(|executed| executed.outcomes.len()).sum::<usize>() as f64 / began.elapsed().as_secs_f64();
    bar.finish_and_clear();
    let (rows, p99) = (rows as f64, quantile(&mut lags, 0.99));
    let row = Row::new(rows / took, "rows/s", rows / bare.as_secs_f64());
    let ratio = row.ratio;
    Ok(row
        .reaching(&[("ratio", ratio, Reach::AtLeast(0.5)), ("lag p99 ms", p99, Reach::AtMost(300.0))])
        .with("baseline", "COPY of the same rows into the same tables and indexes")
        .with("commandsPerSecond", (entries as f64 / took).round())
        .with("rowsACommand", rows / entries as f64)
        .with("writerPerSecond", RATE)
        .with("writtenPerSecond", wrote.round())
        .with("writerCommands", then.iter().map(|executed| executed.outcomes.len()).sum::<usize>())
        .with("lagP50Ms", quantile(&mut lags, 0.5))
        .with("lagP99Ms", p99)
        .with("lagWorstMs", quantile(&mut lags, 1.0)))
}

/// A founded league as its journal and outcomes, and so many commands of trade more.
async fn material(seed: u64, commands: usize) -> Result<(Arc<MemoryJournal>, Vec<Executed>), Failure> {
    let founding = Founding { accounts: 1_000, instruments: 50 };
    let mut entries: Vec<Entry> = Vec::new();
    let league = League::prepare(seed, founding, Popularity::Zipf, |entry| entries.push(entry.clone()));
    let mut league = league.map_err(|refused| Failure::refused(format!("{refused}: the load is at fault")))?;
    league.trade(commands, |_, slice| entries.extend_from_slice(slice));
    drop(league);
    let (journal, mut state, mut executed): (_, State, _) = (MemoryJournal::supplied(), State::new(), Vec::new());
    for batch in entries.chunks(BATCH) {
        let seen = journal.head().await?;
        let at = batch.last().map(|entry| entry.at);
        let commands: Vec<Command> = batch.iter().map(|entry| entry.command.clone()).collect();
        let appended = journal.append(seen, at, commands).await?;
        for batch in journal.read(Seq(appended.first.0 - 1), 1).await? {
            let outcomes = batch.entries().map(|entry| Arc::new(state.apply(&entry))).collect();
            executed.push(Executed { batch, outcomes });
        }
    }
    Ok((Arc::new(journal), executed))
}

async fn database(server: &ThrowawayPostgres) -> Result<Database, Failure> {
    let name = server.create_database().map_err(Failure::could_not_run)?;
    let database = Database::at(&server.url_of(&name))?;
    migrations::run(&database).await?;
    Ok(database.statement_timeout(Duration::from_secs(600)))
}

/// The same rows by bare `COPY`: how many, and how long it took.
async fn copy(from: &Database, to: &Database) -> Result<(u64, Duration), sqlx::Error> {
    let (mut source, mut target) = (from.connect().await?, to.connect().await?);
    let query = "SELECT c.relname, pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                 WHERE i.inhparent = 'trades'::regclass";
    for day in sqlx::query(query).fetch_all(&mut source).await? {
        let (name, bound): (String, String) = (day.try_get(0)?, day.try_get(1)?);
        let make = format!("CREATE TABLE IF NOT EXISTS {name} PARTITION OF trades {bound}");
        sqlx::raw_sql(AssertSqlSafe(make)).execute(&mut target).await?;
    }
    let tables = Projection::ALL.iter().flat_map(|projection| projection.tables()).copied().chain(["outcomes"]);
    let (mut rows, mut took) = (0, Duration::ZERO);
    for table in tables {
        let out = source.copy_out_raw(&format!("COPY (SELECT * FROM {table}) TO STDOUT WITH (FORMAT binary)")).await?;
        let all = |mut all: Vec<u8>, part: axum::body::Bytes| async move {
            all.extend_from_slice(&part);
            Ok(all)
        };
        let bytes: Vec<u8> = out.try_fold(Vec::new(), all).await?;
        let began = Instant::now();
        let mut copy = target.copy_in_raw(&format!("COPY {table} FROM STDIN WITH (FORMAT binary)")).await?;
        copy.send(bytes).await?;
        rows += copy.finish().await?;
        took += began.elapsed();
    }
    Ok((rows, took))
}

/// Sends batches at [`RATE`]; how long after each every projection had it.
async fn keep_up(flusher: Arc<Flusher>, executed: &[Executed]) -> Result<Vec<Duration>, Failure> {
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
    let keeping_up = tokio::spawn(Arc::clone(&flusher).keep_up(receiver, Duration::from_millis(100)));
    let mut projected = flusher.projected();
    let (sent, mut waiting) = tokio::sync::mpsc::unbounded_channel::<(Seq, Instant)>();
    let watching = tokio::spawn(async move {
        let mut lags = Vec::new();
        while let Some((seq, since)) = waiting.recv().await {
            if projected.wait_for(|at| *at >= seq).await.is_err() {
                break;
            }
            lags.push(since.elapsed());
        }
        lags
    });
    let (began, mut n) = (tokio::time::Instant::now(), 0usize);
    for one in executed {
        tokio::time::sleep_until(began + Duration::from_secs_f64(n as f64 / f64::from(RATE))).await;
        n += one.outcomes.len();
        let _ = sender.send(one.clone());
        let _ = sent.send((one.batch.last(), Instant::now()));
    }
    drop((sender, sent));
    keeping_up.await.map_err(Failure::could_not_run)?.map_err(Failure::could_not_run)?;
    watching.await.map_err(Failure::could_not_run)
}
