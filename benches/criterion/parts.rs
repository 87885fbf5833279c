//! The parts that a trade and a tick are made of: `cargo bench -p ftl-workload --profile release --bench parts`.
//!
//! Whole figures with their baselines are `ftl bench`; these are for whoever changes one part and wants to see it move.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use ftl_core::boards::{Board, BoardKey, BoardKind, BoardScope};
use ftl_core::codec;
use ftl_core::command::{Action, Command};
use ftl_core::outcome::Entry;
use ftl_core::state::State;
use ftl_workload::{Brink, Crowd, Founding, League, Popularity};

const ACCOUNTS: u32 = 20_000;

fn league() -> League {
    let founding = Founding { accounts: ACCOUNTS, instruments: 50 };
    League::prepare(1, founding, Popularity::Uniform, |_| ()).expect("the workload is accepted")
}

/// Opens and closes apart, from a mixed stream: what is not asked for is applied outside the clock.
fn apply(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("apply");
    group.throughput(Throughput::Elements(1));
    for (name, wanted) in [("open", true), ("close", false)] {
        let mut league = league();
        let mut waiting: Vec<Entry> = Vec::new();
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|times| {
                let mut spent = std::time::Duration::ZERO;
                let mut done = 0;
                while done < times {
                    if waiting.is_empty() {
                        waiting = league.trades.next(10_000);
                        waiting.reverse();
                    }
                    let Some(entry) = waiting.pop() else { break };
                    let began = std::time::Instant::now();
                    let outcome = league.state.apply(&entry);
                    if matches!(entry.command.action, Action::OpenPosition(_)) == wanted {
                        spent += began.elapsed();
                        done += 1;
                    }
                    drop(black_box(outcome));
                }
                spent
            });
        });
    }
    group.finish();
}

fn tick(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("tick");
    let (mut crowd, mut state) = (Crowd::new(1, ACCOUNTS), State::<ftl_core::rulebook::Standard>::new());
    crowd.opening(|entry| drop(state.apply(&entry)));
    group.throughput(Throughput::Elements(u64::from(Crowd::instruments())));
    group.bench_function("touches_nobody", |bencher| {
        // The clock of a match ends: from a copy each time.
        bencher.iter_batched(|| (state.clone(), crowd.tick()), |(mut state, entry)| state.apply(&entry), BatchSize::LargeInput);
    });
    let (mut brink, mut state) = (Brink::new(1, ACCOUNTS, 1), State::<ftl_core::rulebook::Standard>::new());
    brink.opening().iter().for_each(|entry| drop(state.apply(entry)));
    group.throughput(Throughput::Elements(u64::from(ACCOUNTS)));
    group.bench_function("trembles_at_the_brink", |bencher| {
        bencher.iter_batched(|| brink.tremble(), |entries| entries.iter().map(|entry| state.apply(entry)).count(), BatchSize::SmallInput);
    });
    group.finish();
}

/// Reads of a board on which everybody stands.
fn ranking(criterion: &mut Criterion) {
    let mut league = league();
    league.trades.closing().iter().for_each(|entry| drop(league.state.apply(entry)));
    let boards = league.state.boards();
    let places = boards.ranking(Board::of_season(BoardKind::Pnl, BoardScope::Overall)).expect("somebody has closed");
    let keys: Vec<BoardKey> = places.iter().collect();
    let mut group = criterion.benchmark_group("board of 20,000");
    let mut n = 0usize;
    group.bench_function("rank", |bencher| {
        bencher.iter(|| {
            n = (n + 7_919) % keys.len();
            places.rank_of(&keys[n])
        });
    });
    group.bench_function("top 100", |bencher| bencher.iter(|| places.from(1).take(100).fold(0, |sum, (_, key)| sum ^ key.reached.0)));
    group.finish();
}

fn snapshot(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("snapshot of 20,000 accounts");
    let mut league = league();
    group.bench_function("take", |bencher| bencher.iter(|| league.state.snapshot()));
    let snapshot = league.state.snapshot();
    group.bench_function("hash", |bencher| bencher.iter(|| snapshot.hash()));
    group.bench_function("encode", |bencher| bencher.iter(|| snapshot.encode()));
    let bytes = snapshot.encode();
    group.sample_size(10);
    group.bench_function("restore", |bencher| bencher.iter(|| State::<ftl_core::rulebook::Standard>::restore(&bytes).expect("sound")));
    group.bench_function("hash_after_1,000_trades", |bencher| {
        bencher.iter_batched(
            || {
                league.trade(1_000, |state, slice| slice.iter().for_each(|entry| drop(state.apply(entry))));
                league.state.clone()
            },
            |mut state| state.hash(),
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

fn encoding(criterion: &mut Criterion) {
    let commands: Vec<Command> = league().trades.next(64).into_iter().map(|entry| entry.command).collect();
    let bytes = codec::encode(&commands);
    let mut group = criterion.benchmark_group("codec, a batch of 64");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("encode", |bencher| bencher.iter(|| codec::encode(black_box(&commands))));
    group.bench_function("decode", |bencher| bencher.iter(|| codec::decode::<Vec<Command>>(black_box(&bytes)).expect("sound")));
    group.finish();
}

criterion_group!(parts, apply, tick, ranking, snapshot, encoding);
criterion_main!(parts);
