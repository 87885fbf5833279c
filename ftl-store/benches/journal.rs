//! How fast the SQLite journal takes entries, and how long it takes to open: `cargo bench -p ftl-store --profile release`.
//!
//! The baseline, in the same run and on the same disk: a bare write of the same bytes with a sync after each batch.
//! The directory is made under `FTL_BENCH_DIR`, or where temporary files go.

use std::fs::File;
use std::io::Write;
use std::time::{Duration, Instant};

use ftl_core::codec;
use ftl_core::command::{Action, Command, OpenPosition};
use ftl_core::id::{AccountId, BookId, CommandId, InstrumentIdx, Seq};
use ftl_core::journal::{Journal, JournalClock, Tip};
use ftl_core::time::At;
use ftl_core::units::{Direction, Lots};
use ftl_store::data_dir::{DataDir, LeagueMeta, OpenOptions};
use ftl_store::head_marker::{HeadMarker, Mark};

const RUN: Duration = Duration::from_secs(3);

fn commands(count: u64, from: u64) -> Vec<Command> {
    let open = |n: u64| {
        Action::OpenPosition(OpenPosition {
            book: BookId::season(AccountId(u128::from(n) << 64 | 0x0193_0000_7000_8000)),
            instrument: InstrumentIdx(7),
            direction: Direction::Long,
            lots: Lots::from_units(100),
            limit: None,
            slippage: None,
            stop_loss: None,
            take_profit: None,
        })
    };
    let id = |n: u64| CommandId(u128::from(n).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835));
    (from..from + count)
        .map(|n| Command {
            id: id(n),
            body: n.wrapping_mul(0x9E37_79B9_7F4A_7C15),
            not_after: Some(At(1_700_000_000_000 + n)),
            action: open(n),
        })
        .collect()
}

fn directory() -> tempfile::TempDir {
    match std::env::var_os("FTL_BENCH_DIR") {
        Some(parent) => tempfile::tempdir_in(parent),
        None => tempfile::tempdir(),
    }
    .expect("a directory for the benchmark")
}

fn meta(clock: JournalClock) -> LeagueMeta {
    LeagueMeta { league: "bench".into(), clock, created_at: At(0) }
}

async fn journal(batch: u64) -> (f64, f64) {
    let dir = directory();
    let league = DataDir::at(dir.path()).create(&meta(JournalClock::Store), OpenOptions::default()).await.expect("a league");
    let (began, mut entries) = (Instant::now(), 0);
    while began.elapsed() < RUN {
        league.journal.append(Tip::default(), None, commands(batch, entries)).await.expect("stored");
        entries += batch;
    }
    let rate = entries as f64 / began.elapsed().as_secs_f64();
    league.close().await.expect("closed");
    (rate, rate / batch as f64)
}

fn bare_file(batch: u64) -> f64 {
    let dir = directory();
    let mut file = File::create(dir.path().join("bare")).expect("a file");
    let (began, mut entries) = (Instant::now(), 0);
    while began.elapsed() < RUN {
        file.write_all(&codec::encode(&commands(batch, entries))).expect("written");
        file.sync_data().expect("synced");
        entries += batch;
    }
    entries as f64 / began.elapsed().as_secs_f64()
}

fn marks() -> f64 {
    let dir = directory();
    let path = dir.path().join("marker");
    HeadMarker::create(&path, Mark::default()).expect("a marker");
    let (mut marker, _) = HeadMarker::open(&path).expect("opened");
    let (began, count) = (Instant::now(), 200_000u64);
    for seq in 1..=count {
        marker.set(Mark { seq: Seq(seq), ..Mark::default() }).expect("set");
    }
    began.elapsed().as_secs_f64() / count as f64 * 1e6
}

async fn open(batch: u64, entries: u64) -> (f64, f64) {
    let dir = directory();
    let data = DataDir::at(dir.path());
    let league = data.create(&meta(JournalClock::Supplied), OpenOptions::default()).await.expect("a league");
    let mut from = 0;
    while from < entries {
        league.journal.append(Tip::default(), Some(At(from)), commands(batch, from)).await.expect("stored");
        from += batch;
    }
    league.close().await.expect("closed");
    let bytes = std::fs::metadata(data.journal()).expect("a journal").len();
    let began = Instant::now();
    let league = data.open(OpenOptions::default()).await.expect("opened");
    let seconds = began.elapsed().as_secs_f64();
    league.close().await.expect("closed");
    (seconds * 1e6 / entries as f64, bytes as f64 / entries as f64)
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    println!("{:<22} {:>14} {:>12} {:>20} {:>7}", "append, entries/batch", "entries/s", "batches/s", "bare file, entries/s", "ratio");
    for batch in [1, 8, 64, 512] {
        let (rate, batches) = runtime.block_on(journal(batch));
        let baseline = bare_file(batch);
        println!("{batch:<22} {rate:>14.0} {batches:>12.0} {baseline:>20.0} {:>7.2}", rate / baseline);
    }
    println!("a head mark costs {:.2} µs", marks());
    for (batch, entries) in [(64, 1_000_000), (1, 20_000)] {
        let (seconds, bytes) = runtime.block_on(open(batch, entries));
        println!("opening, every hash checked, {batch} a batch: {seconds:.2} s a million entries, {bytes:.0} bytes an entry");
    }
}
