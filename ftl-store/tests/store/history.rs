//! History and answers, on SQLite, on PostgreSQL and in memory: the same checks on all.

use std::sync::Arc;

use ftl_core::id::{AccountId, BookId, CommandId, InstrumentIdx, OrderId, PositionId, Seq};
use ftl_core::ledger::{LedgerAccount, Posting, PostingReason};
use ftl_core::outcome::{Answer, Outcome, Receipt};
use ftl_core::position::CloseReason;
use ftl_core::projection::{Bar, BarInterval, ClosedPositionRow, FillRow, LedgerRow, ProjectionError, Projections, Row, TickRow};
use ftl_core::time::At;
use ftl_core::units::{Direction, Lots, Money, Price};
use ftl_store::answers::Answers;
use ftl_store::data_dir::OpenError;
use ftl_store::memory::MemoryProjections;
use ftl_store::postgres::projections::PostgresProjections;
use ftl_store::sqlite::projections::SqliteProjections;

use crate::league::{append_one, found, open};

fn book(n: u128) -> BookId {
    BookId { account: AccountId(n << 100 | 5), number: (n % 3) as u16 }
}

fn fill(seq: u64, n: u32) -> FillRow {
    FillRow {
        seq: Seq(seq),
        n,
        at: At(seq * 100),
        book: book(u128::from(seq % 2)),
        instrument: InstrumentIdx(3),
        order: seq.is_multiple_of(3).then_some(OrderId(u128::from(seq) << 64)),
        position: PositionId(u128::MAX - u128::from(seq)),
        direction: if seq.is_multiple_of(2) { Direction::Long } else { Direction::Short },
        opened: seq.is_multiple_of(2),
        lots: Lots::from_units(100),
        value: Money::from_units(-12_345),
        fee: Money::from_units(7),
    }
}

fn closed(seq: u64, n: u32, reason: CloseReason) -> ClosedPositionRow {
    ClosedPositionRow {
        seq: Seq(seq),
        n,
        opened_at: At(1),
        closed_at: At(seq * 100),
        book: book(u128::from(seq % 2)),
        instrument: InstrumentIdx(3),
        position: PositionId(u128::from(seq)),
        direction: Direction::Short,
        lots: Lots::from_units(50),
        entry_cost: Money::from_units(-5_000_000),
        exit_value: Money::from_units(4_000_000),
        pnl: Money::from_units(9_000_000),
        reason,
    }
}

fn posting(seq: u64, n: u32, account: LedgerAccount, reason: PostingReason) -> LedgerRow {
    LedgerRow { seq: Seq(seq), n, at: At(seq * 100), reason, posting: Posting { account, amount: Money::from_units(i64::MIN + 1) } }
}

fn tick(seq: u64, n: u32, at: u64, mark: i64) -> TickRow {
    let live_base = n.is_multiple_of(2).then_some(Price::from_units(mark + 1));
    TickRow {
        seq: Seq(seq),
        n,
        at: At(at),
        instrument: InstrumentIdx(7),
        mark: Price::from_units(mark),
        live_base,
        net: Lots::from_units(-3),
    }
}

/// Runs a check on every implementation.
macro_rules! on_all {
    ($($name:ident)*) => {$(
        mod $name {
            #[tokio::test]
            async fn on_sqlite() {
                let (_dir, league) = crate::league::found().await;
                super::checks::$name(&*league.projections).await;
            }
            #[tokio::test]
            async fn on_postgres() {
                let database = crate::database::database().await;
                let projections = super::PostgresProjections::open(&database, "test", 2).await.unwrap();
                super::checks::$name(&projections).await;
            }
            #[tokio::test]
            async fn in_memory() {
                super::checks::$name(&super::MemoryProjections::default()).await;
            }
        }
    )*};
}

on_all! {
    rows_come_back_as_they_were_the_latest_first
    the_watermark_moves_with_the_rows_or_not_at_all
    ticks_and_bars_come_back_in_order
    a_book_sees_only_its_own_wallet
    late_retries_find_their_first_answer
}

mod checks {
    use super::*;

    pub async fn rows_come_back_as_they_were_the_latest_first(history: &impl Projections) {
        let reasons = [
            CloseReason::User,
            CloseReason::StopLoss,
            CloseReason::TakeProfit,
            CloseReason::Washout,
            CloseReason::AutoExitFt,
            CloseReason::Deactivated,
            CloseReason::Voided,
        ];
        let closes: Vec<ClosedPositionRow> = reasons.into_iter().zip(1u64..).map(|(reason, seq)| closed(seq * 2, 4, reason)).collect();
        let fills: Vec<FillRow> = (1..=700).flat_map(|seq| [fill(seq, 1), fill(seq, 2)]).collect();
        let rows = fills.iter().cloned().map(Row::Fill).chain(closes.iter().cloned().map(Row::ClosedPosition)).collect();
        history.write(Seq(0), Seq(700), rows).await.unwrap();

        let mut found = Vec::new();
        let mut before = None;
        loop {
            let page = history.fills(book(1), before, 97).await.unwrap();
            let Some(last) = page.last() else { break };
            before = Some((last.seq, last.n));
            found.extend(page);
        }
        let mut expected: Vec<FillRow> = fills.into_iter().filter(|fill| fill.book == book(1)).collect();
        expected.reverse();
        assert_eq!(found, expected);

        let mut expected = closes;
        expected.reverse();
        assert_eq!(history.closed_positions(book(0), None, 100).await.unwrap(), expected);
        assert_eq!(history.closed_positions(book(0), Some((Seq(6), 4)), 100).await.unwrap(), expected[5..]);
        assert!(history.closed_positions(book(1), None, 100).await.unwrap().is_empty());
    }

    pub async fn the_watermark_moves_with_the_rows_or_not_at_all(history: &impl Projections) {
        assert_eq!(history.watermark().await.unwrap(), Seq(0));
        history.write(Seq(0), Seq(5), vec![Row::Fill(fill(5, 1))]).await.unwrap();
        let moved = history.write(Seq(0), Seq(9), vec![Row::Fill(fill(7, 1))]).await;
        assert!(matches!(moved, Err(ProjectionError::WatermarkMoved { expected: Seq(0), found: Seq(5) })), "{moved:?}");
        assert_eq!(history.watermark().await.unwrap(), Seq(5));
        assert_eq!(history.fills(book(1), None, 10).await.unwrap(), [fill(5, 1)]);
        // Entries without history move it too.
        history.write(Seq(5), Seq(9), Vec::new()).await.unwrap();
        assert_eq!(history.watermark().await.unwrap(), Seq(9));
    }

    pub async fn ticks_and_bars_come_back_in_order(history: &impl Projections) {
        let first = [tick(1, 1, 60_000, 500), tick(1, 2, 60_000, 520), tick(2, 1, 60_900, 480)];
        let second = [tick(3, 1, 60_950, 530), tick(4, 1, 61_000, 490), tick(5, 1, 125_000, 510)];
        history.write(Seq(0), Seq(2), first.iter().cloned().map(Row::Tick).collect()).await.unwrap();
        history.write(Seq(2), Seq(5), second.iter().cloned().map(Row::Tick).collect()).await.unwrap();
        let all: Vec<TickRow> = first.into_iter().chain(second).collect();
        assert_eq!(history.ticks(InstrumentIdx(7), (Seq(0), 0), 100).await.unwrap(), all);
        assert_eq!(history.ticks(InstrumentIdx(7), (Seq(1), 1), 2).await.unwrap(), all[1..3]);
        assert!(history.ticks(InstrumentIdx(8), (Seq(0), 0), 100).await.unwrap().is_empty());

        let bar = |start: u64, open: i64, high: i64, low: i64, close: i64| Bar {
            start: At(start),
            open: Price::from_units(open),
            high: Price::from_units(high),
            low: Price::from_units(low),
            close: Price::from_units(close),
        };
        let forever = At(u64::MAX);
        let bars = async |interval, before, limit| history.bars(InstrumentIdx(7), interval, before, limit).await.unwrap();
        // A bar that two writes made.
        let seconds = [bar(60_000, 500, 530, 480, 530), bar(61_000, 490, 490, 490, 490), bar(125_000, 510, 510, 510, 510)];
        assert_eq!(bars(BarInterval::Second, forever, 10).await, seconds);
        assert_eq!(bars(BarInterval::Second, forever, 2).await, seconds[1..]);
        assert_eq!(bars(BarInterval::Second, At(61_000), 2).await, seconds[..1]);
        assert_eq!(bars(BarInterval::Minute, forever, 10).await, [bar(60_000, 500, 530, 480, 490), bar(120_000, 510, 510, 510, 510)]);
        assert_eq!(bars(BarInterval::Hour, forever, 10).await, [bar(0, 500, 530, 480, 510)]);
    }

    pub async fn a_book_sees_only_its_own_wallet(history: &impl Projections) {
        use LedgerAccount::{Fees, House, Insurance, Mint, Wallet};
        use PostingReason::{BadDebt, Fee, Grant, Realised, Seed, TopUp};
        let own = [posting(1, 1, Wallet(book(0)), Seed), posting(2, 1, Wallet(book(0)), TopUp), posting(2, 3, Wallet(book(0)), BadDebt)];
        let others = [
            posting(3, 1, Wallet(book(1)), Grant),
            posting(3, 2, House, Realised),
            posting(3, 3, Fees, Fee),
            posting(3, 4, Mint, Seed),
            posting(3, 5, Insurance, BadDebt),
        ];
        let rows = own.iter().chain(&others).cloned().map(Row::Ledger).collect();
        history.write(Seq(0), Seq(3), rows).await.unwrap();
        let mut expected = own.to_vec();
        expected.reverse();
        assert_eq!(history.ledger(book(0), None, 10).await.unwrap(), expected);
        assert_eq!(history.ledger(book(0), Some((Seq(2), 3)), 1).await.unwrap(), expected[1..2]);
    }

    pub async fn late_retries_find_their_first_answer(history: &impl Answers) {
        let outcome = |seq: u64, id: u128, replayed| Outcome {
            seq: Seq(seq),
            at: At(seq * 1_000),
            id: CommandId(id),
            body: u64::MAX - seq,
            answer: Answer { seq: Seq(seq), result: Ok(Receipt::Listed(InstrumentIdx(seq as u16))) },
            replayed,
            events: Vec::new(),
        };
        history.remember(Seq(0), Seq(3), &[outcome(1, 11, false), outcome(2, 12, false), outcome(3, 11, true)]).await.unwrap();
        let moved = history.remember(Seq(0), Seq(3), &[]).await;
        assert!(matches!(moved, Err(ProjectionError::WatermarkMoved { .. })));
        assert_eq!(history.answered().await.unwrap(), Seq(3));

        let past = history.find(CommandId(11)).await.unwrap().unwrap();
        assert_eq!((past.seq, past.body, past.answer), (Seq(1), u64::MAX - 1, outcome(1, 11, false).answer));
        assert!(history.find(CommandId(13)).await.unwrap().is_none());
        assert_eq!(history.forget_before(At(2_000)).await.unwrap(), 1);
        assert!(history.find(CommandId(11)).await.unwrap().is_none());
        assert!(history.find(CommandId(12)).await.unwrap().is_some());
    }
}

/// Everything that a caller can ask of a history.
async fn everything(history: &SqliteProjections) -> String {
    let from = (Seq(0), 0);
    let mut bars = Vec::new();
    for interval in BarInterval::ALL {
        bars.push(history.bars(InstrumentIdx(7), interval, At(u64::MAX), usize::MAX).await.unwrap());
    }
    format!(
        "{:?} {:?} {:?} {:?} {bars:?}",
        history.all_fills(from, usize::MAX).await.unwrap(),
        history.all_closed_positions(from, usize::MAX).await.unwrap(),
        history.all_postings(from, usize::MAX).await.unwrap(),
        history.ticks(InstrumentIdx(7), from, usize::MAX).await.unwrap(),
    )
}

#[tokio::test]
async fn a_history_taken_back_and_written_again_is_the_same() {
    let (_dir, league) = found().await;
    let history = &league.projections;
    let rows = |seq: u64| {
        vec![
            Row::Fill(fill(seq, 1)),
            Row::Tick(tick(seq, 2, seq * 700, 500 + (seq as i64 * 37) % 90)),
            Row::ClosedPosition(closed(seq, 3, CloseReason::User)),
            Row::Ledger(posting(seq, 4, LedgerAccount::House, PostingReason::Realised)),
        ]
    };
    for seq in 1..=200 {
        history.write(Seq(seq - 1), Seq(seq), rows(seq)).await.unwrap();
    }
    let before = everything(history).await;
    for to in [199, 100, 3, 0] {
        history.rewind(Seq(to)).await.unwrap();
        assert_eq!(history.watermark().await.unwrap(), Seq(to));
        assert_ne!(everything(history).await, before);
        history.write(Seq(to), Seq(200), (to + 1..=200).flat_map(rows).collect()).await.unwrap();
        assert_eq!(everything(history).await, before, "taken back to {to}");
    }
}

#[tokio::test]
async fn history_is_there_after_a_restart_and_beside_its_writer() {
    let (dir, league) = found().await;
    append_one(&league.journal).await;
    let rows = vec![Row::Fill(fill(1, 1)), Row::Tick(tick(1, 2, 700, 500))];
    league.projections.write(Seq(0), Seq(1), rows).await.unwrap();
    let before = everything(&league.projections).await;
    let reader = ftl_store::data_dir::DataDir::at(dir.path()).open_for_reading().await.unwrap();
    assert_eq!(everything(&reader.projections).await, before);
    let refused = reader.projections.write(Seq(1), Seq(2), Vec::new()).await;
    assert!(matches!(refused, Err(ProjectionError::Unavailable(_))), "{refused:?}");
    drop(reader);
    league.close().await.unwrap();
    let league = open(dir.path()).await.unwrap();
    assert_eq!(everything(&league.projections).await, before);
    assert_eq!(league.projections.watermark().await.unwrap(), Seq(1));
}

#[tokio::test]
async fn of_two_flushers_one_is_told_that_the_watermark_moved() {
    let (_dir, league) = found().await;
    let history: Arc<SqliteProjections> = league.projections.clone();
    let write = |n: u32| history.write(Seq(0), Seq(1), vec![Row::Fill(fill(1, n))]);
    let (first, second) = futures::future::join(write(1), write(2)).await;
    assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
    assert_eq!(history.all_fills((Seq(0), 0), 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_history_of_entries_that_the_journal_does_not_have_is_refused() {
    let (dir, league) = found().await;
    append_one(&league.journal).await;
    league.projections.write(Seq(0), Seq(2), Vec::new()).await.unwrap();
    league.close().await.unwrap();
    let refused = open(dir.path()).await.err().unwrap();
    assert!(matches!(refused, OpenError::HistoryAhead { journal: Seq(1), history: Seq(2) }), "{refused}");
}
