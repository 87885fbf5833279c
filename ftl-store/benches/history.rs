//! How fast history is written and a journal read back: `cargo bench -p ftl-store --bench history --profile release`.
//!
//! The material is a real match with bots. The baseline, in the same run: the same rows with a transaction an entry.

use std::time::Instant;

use ftl_core::id::Seq;
use ftl_core::journal::{ChainCheck, Journal, JournalClock};
use ftl_core::outcome::Outcome;
use ftl_core::projection::{Projections, rows_of};
use ftl_core::replay::Replay;
use ftl_core::rules::Preset;
use ftl_core::source::MatchSource;
use ftl_core::state::State;
use ftl_core::time::At;
use ftl_store::answers::Answers;
use ftl_store::data_dir::{DataDir, League, LeagueMeta, OpenOptions};

fn directory() -> tempfile::TempDir {
    match std::env::var_os("FTL_BENCH_DIR") {
        Some(parent) => tempfile::tempdir_in(parent),
        None => tempfile::tempdir(),
    }
    .expect("a directory for the benchmark")
}

async fn league(dir: &tempfile::TempDir) -> League {
    let meta = LeagueMeta { league: "bench".into(), clock: JournalClock::Supplied, created_at: At(0) };
    DataDir::at(dir.path()).create(&meta, OpenOptions::default()).await.expect("a league")
}

async fn replay(journal: &impl Journal) -> Vec<Outcome> {
    let source = MatchSource::bundled("wc2022-final").expect("bundled").expect("sound");
    let replay = Replay { source, rules: Preset::Fair, bots: 200, seed: 7 };
    let (mut state, mut driver, mut outcomes) = (State::new(), replay.driver(), Vec::new());
    while let Some((at, commands)) = driver.next(&state) {
        let seen = journal.head().await.expect("a head");
        let appended = journal.append(seen, Some(at), commands).await.expect("stored");
        for batch in journal.read(Seq(appended.first.0 - 1), 1).await.expect("read") {
            outcomes.extend(batch.entries().map(|entry| state.apply(&entry)));
        }
    }
    outcomes
}

/// Seconds to write the history of `outcomes`, `chunk` entries a transaction, and how many rows that were.
async fn write(league: &League, outcomes: &[Outcome], chunk: usize) -> (f64, usize) {
    let (began, mut rows_written) = (Instant::now(), 0);
    for chunk in outcomes.chunks(chunk) {
        let (from, to) = (Seq(chunk[0].seq.0 - 1), chunk[chunk.len() - 1].seq);
        let rows: Vec<_> = chunk.iter().flat_map(rows_of).collect();
        rows_written += rows.len();
        league.projections.write(from, to, rows).await.expect("written");
    }
    (began.elapsed().as_secs_f64(), rows_written)
}

async fn run() {
    let dir = directory();
    let source = league(&dir).await;
    let began = Instant::now();
    let outcomes = replay(&*source.journal).await;
    println!("a match replayed on disk: {} entries in {:.2} s", outcomes.len(), began.elapsed().as_secs_f64());

    let began = Instant::now();
    let (mut check, mut entries) = (ChainCheck::default(), 0);
    loop {
        let batches = source.journal.read(check.tip.seq, 4_096).await.expect("read");
        if batches.is_empty() {
            break;
        }
        for batch in batches {
            check.follow(&batch).expect("sound");
            entries += batch.commands.len();
        }
    }
    println!("read back and checked twice: {:.0} entries/s", entries as f64 / began.elapsed().as_secs_f64());

    let (one_dir, all_dir) = (directory(), directory());
    let (one, all) = (league(&one_dir).await, league(&all_dir).await);
    let few = &outcomes[..outcomes.len().min(2_000)];
    let (seconds, rows) = write(&one, few, 1).await;
    let baseline = rows as f64 / seconds;
    let (seconds, rows) = write(&all, &outcomes, 1_000).await;
    let rate = rows as f64 / seconds;
    println!(
        "history, 1,000 entries a transaction: {rate:.0} rows/s; one entry a transaction: {baseline:.0}; ratio {:.1}",
        rate / baseline
    );
    println!("history: {:.0} entries/s, {:.1} rows an entry", outcomes.len() as f64 / seconds, rows as f64 / outcomes.len() as f64);

    let began = Instant::now();
    for chunk in outcomes.chunks(1_000) {
        all.projections.remember(Seq(chunk[0].seq.0 - 1), chunk[chunk.len() - 1].seq, chunk).await.expect("remembered");
    }
    println!("answers: {:.0} entries/s", outcomes.len() as f64 / began.elapsed().as_secs_f64());
}

fn main() {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime").block_on(run());
}
