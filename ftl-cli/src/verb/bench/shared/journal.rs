//! `shared-journal-*`: how fast the journals that processes share take entries, 512 an append. The baselines run on the
//! same servers over as many connections, in slices that alternate: a bare `XADD` of the same blob, and a bare `INSERT` of
//! the same bytes into the same columns.

use std::time::{Duration, Instant};

use ftl_core::codec;
use ftl_core::command::Command;
use ftl_core::id::{AccountId, BookId};
use ftl_core::journal::{Clock, Journal, JournalClock, Tip};
use ftl_store::SharedOptions;
use ftl_store::clock::SystemClock;
use ftl_store::data_dir::LeagueMeta;
use ftl_store::postgres::connect::Database;
use ftl_store::postgres::journal::PostgresJournal;
use ftl_store::postgres::leagues::{self, OrderedBy};
use ftl_store::postgres::migrations;
use ftl_store::redis::connect::RedisServer;
use ftl_store::redis::journal::RedisJournal;
use ftl_store::throwaway::{AppendFsync, ThrowawayPostgres, ThrowawayRedis};
use sqlx::PgConnection;

use super::super::http::median;
use super::super::reference::connected;
use super::super::reference::core::{BATCH, command};
use super::super::row::{Reach, Row};
use super::super::{Setting, progress};
use crate::failure::Failure;

const LEAGUE: &str = "journal";
const SLICE_MS: u32 = 400;
const SLICES: usize = 8;
/// What a batch is stored as beside its commands: ids, first seq, time, epoch, chain hash.
const FRAME: usize = 88;

/// One process on a stream in Redis.
pub fn redis(setting: Setting, fsync: AppendFsync) -> Result<Row, Failure> {
    runtime()?.block_on(async {
        let postgres = ThrowawayPostgres::start().map_err(Failure::could_not_run)?;
        let server = ThrowawayRedis::start(fsync).map_err(Failure::could_not_run)?;
        let database = founded(&postgres, OrderedBy::Redis).await?;
        let redis = RedisServer::at(&server.url()).map_err(Failure::could_not_run)?;
        let journal = RedisJournal::open(&redis, &database, LEAGUE, SharedOptions::default()).await.map_err(Failure::could_not_run)?;
        let mut bare = connected(&server).await?;
        let commands = commands();
        let mut blob = vec![7; FRAME];
        blob.extend(codec::encode(&commands));
        let (of, bar) = (slice(setting), progress("a journal in Redis, in turns", SLICES));
        let (mut ours, mut theirs, mut n) = (Vec::new(), Vec::new(), 0);
        for _ in 0..SLICES {
            ours.push(rate(appended(&journal, &commands, of).await?, of));
            let (began, first) = (Instant::now(), n);
            while began.elapsed() < of {
                n += 1;
                let add = redis::cmd("XADD").arg("bare").arg(format!("{}-0", n * BATCH)).arg("b").arg(&blob[..]).to_owned();
                add.exec_async(&mut bare).await.map_err(Failure::could_not_run)?;
            }
            theirs.push(rate(n - first, of));
            // Neither stream grows without end.
            for stream in ["bare".to_owned(), format!("{{{LEAGUE}}}:journal:0")] {
                let trim = redis::cmd("XTRIM").arg(stream).arg("MAXLEN").arg(1).to_owned();
                trim.exec_async(&mut bare).await.map_err(Failure::could_not_run)?;
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        Ok(row(&ours, &theirs, "a bare XADD of the same blob", 1))
    })
}

/// So many processes that contend for one head in PostgreSQL.
pub fn postgres(setting: Setting, contending: usize) -> Result<Row, Failure> {
    runtime()?.block_on(async {
        let server = ThrowawayPostgres::start().map_err(Failure::could_not_run)?;
        let database = founded(&server, OrderedBy::Postgres).await?;
        let mut bare = database.connect().await.map_err(Failure::could_not_run)?;
        let like = "CREATE TABLE bare (LIKE batches INCLUDING ALL)";
        sqlx::raw_sql(like).execute(&mut bare).await.map_err(Failure::could_not_run)?;
        let (mut journals, mut clients) = (Vec::new(), Vec::new());
        for _ in 0..contending {
            journals.push(PostgresJournal::open(&database, LEAGUE, SharedOptions::default()).await?);
            clients.push((database.connect().await.map_err(Failure::could_not_run)?, 0));
        }
        let commands = commands();
        let blob = codec::encode(&commands);
        let (of, bar) = (slice(setting), progress("a journal in PostgreSQL, in turns", SLICES));
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..SLICES {
            let appending = journals.iter().map(|journal| appended(journal, &commands, of));
            ours.push(rate(futures::future::try_join_all(appending).await?.iter().sum(), of));
            let inserting = clients.iter_mut().enumerate().map(|(n, (client, at))| inserted(client, n, at, &blob, of));
            let batches = futures::future::try_join_all(inserting).await.map_err(Failure::could_not_run)?;
            theirs.push(rate(batches.iter().sum(), of));
            bar.inc(1);
        }
        bar.finish_and_clear();
        Ok(row(&ours, &theirs, "a bare INSERT of the same bytes over as many connections", contending))
    })
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::could_not_run)
}

fn slice(setting: Setting) -> Duration {
    Duration::from_millis(u64::from(setting.size(SLICE_MS, 20)))
}

fn rate(batches: u64, of: Duration) -> f64 {
    (batches * BATCH) as f64 / of.as_secs_f64()
}

fn row(ours: &[f64], theirs: &[f64], baseline: &str, appenders: usize) -> Row {
    let ratio = median(ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect());
    let mut row = Row::new(median(ours.to_vec()), "entries/s", median(theirs.to_vec()));
    row.ratio = ratio;
    row.reaching(&[("ratio", ratio, Reach::AtLeast(0.8))])
        .with("baseline", baseline)
        .with("batch", BATCH)
        .with("appenders", appenders)
        .with("slices", SLICES)
}

async fn founded(server: &ThrowawayPostgres, ordered_by: OrderedBy) -> Result<Database, Failure> {
    let database = Database::at(&server.url())?;
    migrations::run(&database).await?;
    let meta = LeagueMeta { league: LEAGUE.into(), clock: JournalClock::Store, created_at: SystemClock.now() };
    leagues::found(&database, &meta, ordered_by).await?;
    Ok(database)
}

fn commands() -> Vec<Command> {
    let slugs: Vec<String> = (0..50).map(|n| format!("footballer-{n}")).collect();
    let books: Vec<BookId> = (0..1_000).map(|n| BookId::season(AccountId(u128::MAX / 1_000 * n))).collect();
    (0..BATCH).map(|n| command(n, &books, &slugs)).collect()
}

/// Batches that a journal took.
async fn appended(journal: &impl Journal, commands: &[Command], of: Duration) -> Result<u64, Failure> {
    let (began, mut batches) = (Instant::now(), 0);
    while began.elapsed() < of {
        journal.append(Tip::default(), None, commands.to_vec()).await?;
        batches += 1;
    }
    Ok(batches)
}

/// Batches that a table took; `at` is the client's own last one.
async fn inserted(connection: &mut PgConnection, client: usize, at: &mut i64, blob: &[u8], of: Duration) -> Result<u64, sqlx::Error> {
    let (began, mut batches) = (Instant::now(), 0);
    while began.elapsed() < of {
        *at += 512;
        sqlx::query("INSERT INTO bare VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)")
            .bind(format!("client-{client}"))
            .bind(*at)
            .bind(*at - 511)
            .bind(1_700_000_000_000_i64)
            .bind(0_i64)
            .bind(vec![7_u8; 16])
            .bind(vec![8_u8; 16])
            .bind(vec![9_u8; 32])
            .bind(blob)
            .execute(&mut *connection)
            .await?;
        batches += 1;
    }
    Ok(batches)
}
