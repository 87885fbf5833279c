//! `shared-start-1m`: a process starts on a league in PostgreSQL with 1,000,000 accounts and as many positions: the
//! snapshot in its chunks, its hash, the indexes, and the tail behind it.

use std::sync::Arc;
use std::time::Instant;

use ftl_core::command::Command;
use ftl_core::id::Seq;
use ftl_core::journal::{ChainCheck, Clock, Journal, JournalClock, Tip};
use ftl_core::outcome::Entry;
use ftl_core::state::State;
use ftl_server::serve::Server;
use ftl_server::stores::{Stores, default_genesis};
use ftl_store::SharedOptions;
use ftl_store::clock::SystemClock;
use ftl_store::data_dir::LeagueMeta;
use ftl_store::postgres::connect::Database;
use ftl_store::postgres::journal::PostgresJournal;
use ftl_store::postgres::leagues::{self, OrderedBy};
use ftl_store::postgres::migrations;
use ftl_store::postgres::snapshots::PostgresSnapshots;
use ftl_store::snapshots::{SnapshotHead, SnapshotStore};
use ftl_store::throwaway::ThrowawayPostgres;
use ftl_workload::{Founding, Popularity, Script, Trades};
use tokio::runtime::{Builder, Handle};

use super::super::http::logs_into_nothing;
use super::super::http::site::configured;
use super::super::row::{Reach, Row};
use super::super::{Setting, progress};
use crate::failure::Failure;

const ACCOUNTS: u32 = 1_000_000;
/// Commands in an append.
const BATCH: usize = 1_000;
/// Entries behind the snapshot.
const TAIL: u32 = 50_000;
const LEAGUE: &str = "start";

/// What is in the database, and what the state alone takes to be there again.
struct Prepared {
    head: Seq,
    tail: u32,
    snapshot_bytes: usize,
    /// Seconds of a restore from memory, and of the tail.
    alone: f64,
}

/// The start beside the restore of the same bytes from memory.
pub fn run(setting: Setting) -> Result<Row, Failure> {
    logs_into_nothing()?;
    let postgres = ThrowawayPostgres::start_with(&["shared_buffers=512MB"]).map_err(Failure::could_not_run)?;
    let runtime = Builder::new_multi_thread().enable_all().build().map_err(Failure::could_not_run)?;
    let database = Database::at(&postgres.url())?;
    let prepared = runtime.block_on(prepare(setting, &database))?;
    let directory = tempfile::tempdir().map_err(Failure::could_not_run)?;
    let settings = [("DATABASE_URL", postgres.url()), ("FLUSHER_EMBEDDED", "false".into()), ("LEAGUE", LEAGUE.into())];
    let config = configured(directory.path(), &settings.into_iter().collect())?;
    let began = Instant::now();
    let (server, listening) = runtime.block_on(async {
        let (stores, genesis) = (Stores::of(&config).await?, default_genesis(LEAGUE));
        let server = Server::start(config, stores, genesis).await?;
        let listening = began.elapsed();
        server.app.replica.caught_up().await;
        Ok::<_, Failure>((server, listening))
    })?;
    let took = began.elapsed().as_secs_f64();
    let (at, accounts) = (server.app.seq(), server.app.replica.read(|league| league.accounts().count()));
    runtime.block_on(server.stop())?;
    if at < prepared.head {
        return Err(Failure::refused(format!("it serves at {at} and the journal ends at {}", prepared.head)));
    }
    Ok(Row::new(took, "s", prepared.alone)
        .reaching(&[("s", took, Reach::AtMost(15.0))])
        .with("baseline", "the same bytes restored from memory, and the same tail applied")
        .with("accounts", accounts.map_err(|problem| Failure::refused(problem.code()))?)
        .with("entries", prepared.head.0)
        .with("tail", prepared.tail)
        .with("snapshotMib", prepared.snapshot_bytes as f64 / (1024.0 * 1024.0))
        .with("listeningAfterS", listening.as_secs_f64()))
}

async fn prepare(setting: Setting, database: &Database) -> Result<Prepared, Failure> {
    migrations::run(database).await?;
    let meta = LeagueMeta { league: LEAGUE.into(), clock: JournalClock::Store, created_at: SystemClock.now() };
    leagues::found(database, &meta, OrderedBy::Postgres).await?;
    let journal = PostgresJournal::open(database, LEAGUE, SharedOptions::default()).await?;
    let (founding, tail) = (Founding { accounts: setting.size(ACCOUNTS, 1_000), instruments: 50 }, setting.size(TAIL, 50));
    let bar = progress("a league in PostgreSQL", founding.accounts as usize * 4);
    let mut script = Script::new(setting.seed, 10);
    let books = founding.books(&mut script);
    let first = founding.entries(&mut script, &books);
    let mut trades = Trades::new(script, books, founding.instruments, Popularity::Uniform);
    let (then, behind) = (trades.opening(), trades.opening().into_iter().take(tail as usize));
    let before = Seq(first.len() as u64 + then.len() as u64);
    let mut head = Seq(0);
    for entries in [first, then, behind.collect()] {
        for some in entries.chunks(BATCH) {
            // The store's clock stamps them, long before the script's.
            let of = |entry: &Entry| Command { not_after: None, ..entry.command.clone() };
            head = journal.append(Tip::default(), None, some.iter().map(of).collect()).await?.last;
            bar.inc(some.len() as u64);
        }
    }

    let (mut state, mut chain, mut taken) = (State::<ftl_core::rulebook::Standard>::new(), ChainCheck::default(), None);
    let mut refused = 0;
    while chain.tip.seq < head {
        for batch in journal.read(chain.tip.seq, 4_096).await? {
            chain.follow(&batch)?;
            refused += batch.entries().filter(|entry| state.apply(entry).answer.result.is_err()).count();
            bar.inc(batch.commands.len() as u64);
            if chain.tip.seq >= before && taken.is_none() {
                let snapshot = state.snapshot();
                taken = Some((SnapshotHead { journal: chain.clone(), state_hash: snapshot.hash() }, snapshot.encode()));
            }
        }
    }
    bar.finish_and_clear();
    drop(state);
    if refused > 0 {
        return Err(Failure::refused(format!("{refused} entries were refused: the load is at fault")));
    }
    let (at, bytes) = taken.ok_or_else(|| Failure::refused("no snapshot was taken"))?;
    let bytes = Arc::new(bytes);
    let store = PostgresSnapshots::at(database, LEAGUE, Handle::current());
    let (kept, head_kept) = (Arc::clone(&bytes), at.clone());
    let written = tokio::task::spawn_blocking(move || {
        store.write(&head_kept, &kept)?;
        store.confirm(head_kept.journal.tip.seq, &head_kept.state_hash)
    });
    written.await.map_err(Failure::could_not_run)?.map_err(Failure::could_not_run)?;

    let began = Instant::now();
    let mut state: State = State::restore(&bytes)?;
    let mut alone = began.elapsed();
    let mut chain = at.journal;
    while chain.tip.seq < head {
        for batch in journal.read(chain.tip.seq, 4_096).await? {
            chain.follow(&batch)?;
            let began = Instant::now();
            batch.entries().for_each(|entry| drop(state.apply(&entry)));
            alone += began.elapsed();
        }
    }
    Ok(Prepared { head, tail, snapshot_bytes: bytes.len(), alone: alone.as_secs_f64() })
}
