//! A real match with bots on the SQLite journal: one state whichever way it is come by, one history in every store.

use std::sync::Arc;

use ftl_core::hash::Hash;
use ftl_core::id::{InstrumentIdx, Seq};
use ftl_core::journal::memory::MemoryJournal;
use ftl_core::journal::{ChainCheck, Journal, JournalClock};
use ftl_core::outcome::Outcome;
use ftl_core::projection::{BarInterval, Projections, rows_of};
use ftl_core::replay::Replay;
use ftl_core::rules::Preset;
use ftl_core::source::MatchSource;
use ftl_core::state::State;
use ftl_core::time::At;
use ftl_core::units::Money;
use ftl_store::SharedOptions;
use ftl_store::answers::Answers;
use ftl_store::memory::MemoryProjections;
use ftl_store::postgres::leagues::OrderedBy;
use ftl_store::snapshots::SnapshotHead;

use crate::league::{found, open, read_all};
use crate::servers::Servers;

async fn replay(journal: &(impl Journal + ?Sized)) -> (State, Vec<Outcome>) {
    let source = MatchSource::bundled("wc2022-final").unwrap().unwrap();
    let replay = Replay { source, rules: Preset::Fair, bots: 40, seed: 7 };
    let (mut state, mut driver, mut outcomes) = (State::new(), replay.driver(), Vec::new());
    while let Some((at, commands)) = driver.next(&state) {
        let seen = journal.head().await.unwrap();
        let appended = journal.append(seen, Some(at), commands).await.unwrap();
        for batch in journal.read(Seq(appended.first.0 - 1), 1).await.unwrap() {
            outcomes.extend(batch.entries().map(|entry| state.apply(&entry)));
        }
    }
    (state, outcomes)
}

/// The state that a journal makes, from `state` on.
async fn execute(journal: &(impl Journal + ?Sized), mut state: State, mut check: ChainCheck) -> (Hash, ChainCheck) {
    for batch in journal.read(state.seq(), usize::MAX).await.unwrap() {
        check.follow(&batch).unwrap();
        batch.entries().for_each(|entry| drop(state.apply(&entry)));
    }
    (state.hash(), check)
}

#[tokio::test]
async fn a_match_on_disk_has_the_hash_that_it_has_in_memory_and_after_every_kind_of_restart() {
    let (mut in_memory, _) = replay(&MemoryJournal::supplied()).await;
    let expected = in_memory.hash();

    let (dir, league) = found().await;
    let (mut on_disk, outcomes) = replay(&*league.journal).await;
    assert_eq!(on_disk.hash(), expected);
    league.close().await.unwrap();

    let league = open(dir.path()).await.unwrap();
    let (again, check) = execute(&*league.journal, State::new(), ChainCheck::default()).await;
    assert_eq!(again, expected, "executed again");
    assert_eq!(&check, league.journal.opened_at());

    // From a snapshot taken half-way, and from the stored outcomes.
    let (mut half, mut check): (State, _) = (State::new(), ChainCheck::default());
    for batch in read_all(&league.journal).await {
        if half.seq().0 > on_disk.seq().0 / 2 {
            break;
        }
        check.follow(&batch).unwrap();
        batch.entries().for_each(|entry| drop(half.apply(&entry)));
    }
    let head = SnapshotHead { journal: check, state_hash: half.hash() };
    league.snapshots.write(&head, &half.snapshot().encode()).unwrap();
    league.snapshots.confirm(half.seq(), &head.state_hash).unwrap();
    let loaded = league.snapshots.load(on_disk.seq()).unwrap().snapshot.unwrap();
    let restored: State = State::restore(&loaded.bytes).unwrap();
    assert_eq!(execute(&*league.journal, restored, loaded.head.journal).await.0, expected, "from a snapshot");

    let mut absorbed: State = State::new();
    outcomes.iter().for_each(|outcome| absorbed.absorb(outcome));
    assert_eq!(absorbed.hash(), expected, "from the outcomes");
}

#[tokio::test]
async fn a_matchs_history_is_the_same_in_every_store_and_its_postings_sum_to_zero() {
    let (state, outcomes) = replay(&MemoryJournal::supplied()).await;
    let (_dir, league) = found().await;
    let (sqlite, memory) = (&*league.projections, MemoryProjections::default());
    for chunk in outcomes.chunks(333) {
        let (from, to) = (Seq(chunk[0].seq.0 - 1), chunk[chunk.len() - 1].seq);
        let rows: Vec<_> = chunk.iter().flat_map(rows_of).collect();
        memory.write(from, to, rows.clone()).await.unwrap();
        sqlite.write(from, to, rows).await.unwrap();
        sqlite.remember(from, to, chunk).await.unwrap();
    }
    assert_eq!(sqlite.watermark().await.unwrap(), state.seq());

    let start = (Seq(0), 0);
    for n in 0..u16::try_from(state.instruments().count()).unwrap() {
        let instrument = InstrumentIdx(n);
        let ticks = sqlite.ticks(instrument, start, usize::MAX).await.unwrap();
        assert_eq!(ticks, memory.ticks(instrument, start, usize::MAX).await.unwrap());
        for interval in BarInterval::ALL {
            let bars = sqlite.bars(instrument, interval, At(u64::MAX), usize::MAX).await.unwrap();
            assert_eq!(bars, memory.bars(instrument, interval, At(u64::MAX), usize::MAX).await.unwrap(), "{n} {interval:?}");
        }
    }
    let mut fills = 0;
    for account in state.accounts() {
        let book = ftl_core::id::BookId::season(account.id);
        let of_book = sqlite.fills(book, None, usize::MAX).await.unwrap();
        assert_eq!(of_book, memory.fills(book, None, usize::MAX).await.unwrap());
        let postings = sqlite.ledger(book, None, usize::MAX).await.unwrap();
        assert_eq!(postings, memory.ledger(book, None, usize::MAX).await.unwrap());
        let balance: Money = postings.iter().map(|row| row.posting.amount).sum();
        assert_eq!(Some(balance), state.book(book).map(|book| book.balance), "a wallet is the sum of its postings");
        fills += of_book.len();
    }
    assert!(fills > 100, "{fills}");
    assert_eq!(fills, sqlite.all_fills(start, usize::MAX).await.unwrap().len());
    let total: Money = sqlite.all_postings(start, usize::MAX).await.unwrap().iter().map(|row| row.posting.amount).sum();
    assert_eq!(total, Money::ZERO);
    for outcome in outcomes.iter().filter(|outcome| !outcome.replayed) {
        let past = sqlite.find(outcome.id).await.unwrap().unwrap();
        assert_eq!((past.seq, &past.answer), (outcome.seq, &outcome.answer));
    }
}

#[tokio::test]
async fn a_match_is_replayed_to_one_hash_on_a_journal_that_another_reads() {
    let (dir, league) = found().await;
    let journal = Arc::clone(&league.journal);
    let (mut state, _) = replay(&*journal).await;
    let reader = ftl_store::data_dir::DataDir::at(dir.path()).open_for_reading().await.unwrap();
    let (hash, check) = execute(&*reader.journal, State::new(), ChainCheck::default()).await;
    assert_eq!(hash, state.hash());
    assert_eq!(check.tip, league.journal.head().await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_match_in_postgres_and_behind_redis_has_the_hash_that_it_has_in_memory() {
    let (mut in_memory, _) = replay(&MemoryJournal::supplied()).await;
    let expected = in_memory.hash();
    let servers = Servers::both().await;
    for ordered_by in [OrderedBy::Postgres, OrderedBy::Redis] {
        let league = servers.found(JournalClock::Supplied, ordered_by).await;
        let journal = servers.open(&league, SharedOptions::default()).await;
        let (mut state, _) = replay(&*journal).await;
        assert_eq!(state.hash(), expected, "{ordered_by:?}");
        // By another process, from the first entry on.
        let other = servers.open(&league, SharedOptions::default()).await;
        let (again, check) = execute(&*other, State::new(), ChainCheck::default()).await;
        assert_eq!(again, expected, "{ordered_by:?}, executed again");
        assert_eq!(check.tip, journal.head().await.unwrap());
    }
}
