//! How fast the journals that processes share take entries: `cargo bench -p ftl-store --profile release --bench shared`.
//!
//! The baselines, in the same run, on the same servers and over as many connections: a bare `XADD` of the same blob, and a
//! bare `INSERT` of the same bytes into the same columns. Slices of both alternate, so that whatever else the machine does
//! hits both.

use std::time::{Duration, Instant};

use ftl_core::codec;
use ftl_core::command::{Action, Command, OpenPosition};
use ftl_core::id::{AccountId, BookId, CommandId, InstrumentIdx};
use ftl_core::journal::{Journal, JournalClock, Tip};
use ftl_core::time::At;
use ftl_core::units::{Direction, Lots};
use ftl_store::SharedOptions;
use ftl_store::data_dir::LeagueMeta;
use ftl_store::postgres::connect::Database;
use ftl_store::postgres::journal::PostgresJournal;
use ftl_store::postgres::leagues::{self, OrderedBy};
use ftl_store::postgres::migrations;
use ftl_store::redis::connect::RedisServer;
use ftl_store::redis::journal::RedisJournal;
use ftl_store::throwaway::{AppendFsync, ThrowawayPostgres, ThrowawayRedis};
use sqlx::PgConnection;

const BATCH: u64 = 512;
const SLICE: Duration = Duration::from_millis(400);
const SLICES: u32 = 8;

fn commands() -> Vec<Command> {
    let id = |n: u64| u128::from(n).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
    let open = |n: u64| OpenPosition {
        book: BookId::season(AccountId(id(n + 7))),
        instrument: InstrumentIdx(7),
        direction: Direction::Long,
        lots: Lots::from_units(100),
        limit: None,
        slippage: None,
        stop_loss: None,
        take_profit: None,
    };
    let command = |n: u64| Command {
        id: CommandId(id(n)),
        body: n.wrapping_mul(0x9E37_79B9_7F4A_7C15),
        not_after: Some(At(1_700_000_000_000 + n)),
        action: Action::OpenPosition(open(n)),
    };
    (0..BATCH).map(command).collect()
}

/// What a batch is stored as beside its commands: ids, first seq, time, epoch, chain hash.
fn flat(commands: &[Command]) -> Vec<u8> {
    let mut bytes = vec![7; 88];
    bytes.extend(codec::encode(commands));
    bytes
}

async fn journal_slice(journal: &impl Journal, commands: &[Command]) -> u64 {
    let (began, mut batches) = (Instant::now(), 0);
    while began.elapsed() < SLICE {
        journal.append(Tip::default(), None, commands.to_vec()).await.expect("stored");
        batches += 1;
    }
    batches
}

fn report(what: &str, ours: u64, bare: u64) {
    let seconds = (SLICE * SLICES).as_secs_f64();
    let rate = |batches: u64| (batches * BATCH) as f64 / seconds;
    println!("{what:<34} {:>12.0} {:>20.0} {:>7.2}", rate(ours), rate(bare), ours as f64 / bare as f64);
}

async fn redis(postgres: &Database, fsync: AppendFsync) {
    let server = ThrowawayRedis::start(fsync).expect("redis-server");
    let redis = RedisServer::at(&server.url()).expect("a URL");
    let league = format!("bench-{fsync:?}").to_lowercase();
    let meta = LeagueMeta { league: league.clone(), clock: JournalClock::Store, created_at: At(0) };
    leagues::found(postgres, &meta, OrderedBy::Redis).await.expect("founded");
    let journal = RedisJournal::open(&redis, postgres, &league, SharedOptions::default()).await.expect("opened");
    let mut bare = redis.connect(Duration::from_secs(5)).await.expect("connected");
    let commands = commands();
    let blob = flat(&commands);
    let (mut ours, mut theirs) = (0, 0);
    for _ in 0..SLICES {
        ours += journal_slice(&journal, &commands).await;
        let began = Instant::now();
        while began.elapsed() < SLICE {
            theirs += 1;
            let add = redis::cmd("XADD").arg("bare").arg(format!("{}-0", theirs * BATCH)).arg("b").arg(&blob[..]).to_owned();
            add.exec_async(&mut bare).await.expect("added");
        }
        // Neither stream grows without end.
        for stream in ["bare".to_owned(), format!("{{{league}}}:journal:0")] {
            redis::cmd("XTRIM").arg(stream).arg("MAXLEN").arg(1).exec_async(&mut bare).await.expect("trimmed");
        }
    }
    report(&format!("Redis, appendfsync {fsync:?}"), ours, theirs);
}

async fn bare_insert(mut connection: PgConnection, client: i64, blob: Vec<u8>, mut n: i64) -> (PgConnection, i64) {
    let began = Instant::now();
    while began.elapsed() < SLICE {
        n += 1;
        sqlx::query("INSERT INTO bare VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)")
            .bind(format!("client-{client}"))
            .bind(n * 512)
            .bind(n * 512 - 511)
            .bind(1_700_000_000_000_i64)
            .bind(0_i64)
            .bind(vec![7_u8; 16])
            .bind(vec![8_u8; 16])
            .bind(vec![9_u8; 32])
            .bind(&blob)
            .execute(&mut connection)
            .await
            .expect("inserted");
    }
    (connection, n)
}

async fn postgres(database: &Database, contending: usize) {
    let mut bare = database.connect().await.expect("connected");
    sqlx::raw_sql("DROP TABLE IF EXISTS bare; CREATE TABLE bare (LIKE batches INCLUDING ALL)").execute(&mut bare).await.expect("made");
    let league = format!("bench-{contending}");
    let meta = LeagueMeta { league: league.clone(), clock: JournalClock::Store, created_at: At(0) };
    leagues::found(database, &meta, OrderedBy::Postgres).await.expect("founded");
    let (mut journals, mut clients) = (Vec::new(), Vec::new());
    for _ in 0..contending {
        journals.push(PostgresJournal::open(database, &league, SharedOptions::default()).await.expect("opened"));
        clients.push((database.connect().await.expect("connected"), 0));
    }
    let commands = commands();
    let blob = codec::encode(&commands);
    let mut ours = 0;
    let mut least = u64::MAX;
    for _ in 0..SLICES {
        let mut slices = Vec::new();
        for journal in journals.drain(..) {
            let commands = commands.clone();
            slices.push(tokio::spawn(async move { (journal_slice(&journal, &commands).await, journal) }));
        }
        for slice in slices {
            let (batches, journal) = slice.await.expect("run");
            ours += batches;
            least = least.min(batches);
            journals.push(journal);
        }
        let inserting =
            clients.drain(..).zip(0..).map(|((connection, n), client)| tokio::spawn(bare_insert(connection, client, blob.clone(), n)));
        for inserted in inserting.collect::<Vec<_>>() {
            clients.push(inserted.await.expect("run"));
        }
    }
    let theirs = clients.iter().map(|(_, n)| n.unsigned_abs()).sum();
    report(&format!("PostgreSQL, {contending} contending"), ours, theirs);
    println!("    in each slice of {} ms every process stored at least {least} batches", SLICE.as_millis());
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let server = ThrowawayPostgres::start().expect("PostgreSQL");
    let database = Database::at(&server.url()).expect("a URL");
    migrations::run(&database).await.expect("migrated");
    println!("{:<34} {:>12} {:>20} {:>7}", "512 commands a batch", "entries/s", "bare, entries/s", "ratio");
    for fsync in [AppendFsync::EverySecond, AppendFsync::Always] {
        redis(&database, fsync).await;
    }
    for contending in [1, 4] {
        postgres(&database, contending).await;
    }
}
