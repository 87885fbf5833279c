//! How fast what a league leaves goes to PostgreSQL: `cargo bench -p ftl-store --bench flusher --profile release`.
//!
//! First against a bare `COPY` of the same rows into the same tables and indexes, one table after the other, on another
//! database of the same server in the same run. Then behind a writer of 20,000 commands a second: how long after a batch
//! is executed every projection has it. `FTL_BENCH_COMMANDS` and `FTL_BENCH_SECONDS` say how much of each.

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

/// Commands of a batch of the journal.
const BATCH: usize = 64;
/// Commands that are flushed together: a tenth of a second at the rate below.
const RUN: usize = 2_000;
/// Commands a second that the flusher has to keep up with.
const RATE: f64 = 20_000.0;

fn from_environment(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(usual)
}

/// A founded league as its journal and outcomes, and so many commands of trade more.
async fn material(commands: usize) -> (Arc<MemoryJournal>, Vec<Executed>) {
    let founding = Founding { accounts: 1_000, instruments: 50 };
    let mut entries: Vec<Entry> = Vec::new();
    let mut league = League::prepare(7, founding, Popularity::Zipf, |entry| entries.push(entry.clone())).expect("a league");
    league.trade(commands, |_, slice| entries.extend_from_slice(slice));
    drop(league);
    let (journal, mut state, mut executed): (_, State, _) = (MemoryJournal::supplied(), State::new(), Vec::new());
    for batch in entries.chunks(BATCH) {
        let seen = journal.head().await.expect("a head");
        let at = batch.last().map(|entry| entry.at);
        let commands: Vec<Command> = batch.iter().map(|entry| entry.command.clone()).collect();
        let appended = journal.append(seen, at, commands).await.expect("appended");
        for batch in journal.read(Seq(appended.first.0 - 1), 1).await.expect("read") {
            let outcomes = batch.entries().map(|entry| Arc::new(state.apply(&entry))).collect();
            executed.push(Executed { batch, outcomes });
        }
    }
    (Arc::new(journal), executed)
}

async fn database(server: &ThrowawayPostgres) -> Database {
    let database = Database::at(&server.url_of(&server.create_database().expect("a database"))).expect("a URL");
    migrations::run(&database).await.expect("tables");
    database.statement_timeout(Duration::from_secs(600))
}

fn tables() -> Vec<&'static str> {
    Projection::ALL.iter().flat_map(|projection| projection.tables()).copied().chain(["outcomes"]).collect()
}

/// The same rows by bare `COPY`: how many, and how long it took.
async fn copy(from: &Database, to: &Database) -> (u64, Duration) {
    let (mut source, mut target) = (from.connect().await.expect("connected"), to.connect().await.expect("connected"));
    let days: Vec<(String, String)> = {
        use sqlx::Row;
        let query = "SELECT c.relname, pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                     WHERE i.inhparent = 'trades'::regclass";
        let rows = sqlx::query(query).fetch_all(&mut source).await.expect("days");
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    };
    for (name, bound) in days {
        let make = format!("CREATE TABLE {name} PARTITION OF trades {bound}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(make)).execute(&mut target).await.expect("a day");
    }
    let (mut rows, mut took) = (0, Duration::ZERO);
    for table in tables() {
        let out = source.copy_out_raw(&format!("COPY (SELECT * FROM {table}) TO STDOUT WITH (FORMAT binary)")).await.expect("copied");
        let bytes: Vec<u8> = out
            .try_fold(Vec::new(), async |mut all, part| {
                all.extend_from_slice(&part);
                Ok(all)
            })
            .await
            .expect("copied");
        let began = Instant::now();
        let mut copy = target.copy_in_raw(&format!("COPY {table} FROM STDIN WITH (FORMAT binary)")).await.expect("copied");
        copy.send(bytes).await.expect("copied");
        rows += copy.finish().await.expect("copied");
        took += began.elapsed();
    }
    (rows, took)
}

/// Sends batches at [`RATE`]; how long after each every projection had it.
async fn keep_up(flusher: Arc<Flusher>, executed: &[Executed]) -> Vec<Duration> {
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
        tokio::time::sleep_until(began + Duration::from_secs_f64(n as f64 / RATE)).await;
        n += one.outcomes.len();
        let _ = sender.send(one.clone());
        let _ = sent.send((one.batch.last(), Instant::now()));
    }
    drop((sender, sent));
    keeping_up.await.expect("a task").expect("kept up");
    watching.await.expect("a task")
}

async fn run() {
    let (commands, seconds) = (from_environment("FTL_BENCH_COMMANDS", 100_000), from_environment("FTL_BENCH_SECONDS", 10));
    let (journal, executed) = material(commands + seconds * RATE as usize).await;
    let split = executed.len() - seconds * RATE as usize / BATCH;
    let (first, then) = executed.split_at(split);
    let server = ThrowawayPostgres::start_with(&["shared_buffers=512MB", "max_wal_size=8GB"]).expect("PostgreSQL");
    let (flushed, copied) = (database(&server).await, database(&server).await);
    let flusher = Arc::new(Flusher::open(&flushed, "bench", Batches::Journal(journal)).await.expect("a flusher"));

    let began = Instant::now();
    for run in first.chunks(RUN / BATCH) {
        flusher.flush(run).await.expect("flushed");
    }
    let took = began.elapsed();
    let (rows, bare) = copy(&flushed, &copied).await;
    let entries: usize = first.iter().map(|executed| executed.outcomes.len()).sum();
    println!(
        "flusher: {:.0} commands/s, {:.0} rows/s ({:.1} rows a command); bare COPY of the same rows: {:.0} rows/s; ratio {:.2}",
        entries as f64 / took.as_secs_f64(),
        rows as f64 / took.as_secs_f64(),
        rows as f64 / entries as f64,
        rows as f64 / bare.as_secs_f64(),
        bare.as_secs_f64() / took.as_secs_f64()
    );

    let mut lags = keep_up(flusher, then).await;
    lags.sort();
    let at = |part: f64| lags.get(((lags.len() as f64 * part) as usize).min(lags.len() - 1)).copied().unwrap_or_default();
    println!(
        "behind a writer of {RATE:.0} commands/s for {seconds} s, every projection: lag p50 {:?}, p99 {:?}, worst {:?}",
        at(0.5),
        at(0.99),
        at(1.0)
    );
}

fn main() {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime").block_on(run());
}
