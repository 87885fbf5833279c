//! Appending to the SQLite journal, each batch synced: `cargo bench -p ftl-workload --profile release --bench append`.
//! The bare file beside it is in `ftl-store/benches/journal.rs`.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ftl_core::command::Command;
use ftl_core::journal::{Journal, JournalClock, Tip};
use ftl_core::time::At;
use ftl_store::data_dir::{DataDir, LeagueMeta, OpenOptions};
use ftl_workload::{Founding, League, Popularity};

fn append(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let directory = tempfile::tempdir().expect("a directory");
    let meta = LeagueMeta { league: "bench".into(), clock: JournalClock::Store, created_at: At(0) };
    let data = DataDir::at(directory.path());
    let store = runtime.block_on(data.create(&meta, OpenOptions::default())).expect("a league");
    let founding = Founding { accounts: 1_000, instruments: 50 };
    let mut league = League::prepare(1, founding, Popularity::Uniform, |_| ()).expect("the workload is accepted");
    let commands: Vec<Command> = league.trades.next(512).into_iter().map(|entry| entry.command).collect();
    let mut group = criterion.benchmark_group("append");
    for batch in [1, 8, 64, 512] {
        group.throughput(Throughput::Elements(batch));
        let some = commands[..batch as usize].to_vec();
        group.bench_function(format!("{batch} a batch"), |bencher| {
            bencher.iter(|| runtime.block_on(store.journal.append(Tip::default(), None, some.clone())).expect("stored"));
        });
    }
    group.finish();
    runtime.block_on(store.close()).expect("closed");
}

criterion_group!(journal, append);
criterion_main!(journal);
