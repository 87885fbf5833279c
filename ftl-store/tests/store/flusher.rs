//! The flusher: what a match leaves in PostgreSQL, by one flusher or several, with failures in between.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ftl_core::id::{BookId, InstrumentIdx, Seq};
use ftl_core::ledger::LedgerAccount;
use ftl_core::outcome::Outcome;
use ftl_core::projection::{BarInterval, Executed, Projections, rows_of};
use ftl_core::time::At;
use ftl_core::units::Money;
use ftl_store::answers::Answers;
use ftl_store::postgres::connect::Database;
use ftl_store::postgres::flusher::{Batches, FlushError, Flusher};
use ftl_store::postgres::projections::PostgresProjections;
use ftl_store::postgres::watermarks::Projection;
use sqlx::Row;

use crate::database::{database, rows};
use crate::played::{Played, play};

fn tables() -> Vec<&'static str> {
    Projection::ALL.iter().flat_map(|projection| projection.tables()).copied().chain(["outcomes", "watermarks"]).collect()
}

async fn everything(database: &Database) -> Vec<String> {
    rows(&mut database.connect().await.unwrap(), &tables()).await
}

async fn flusher(database: &Database, played: &Played) -> Flusher {
    Flusher::open(database, "test", Batches::Journal(played.journal.clone())).await.unwrap()
}

/// What one flusher leaves.
async fn by_one_flusher(played: &Played) -> (Database, Vec<String>) {
    let database = database().await;
    let flusher = flusher(&database, played).await;
    for run in played.executed.chunks(97) {
        flusher.flush(run).await.unwrap();
    }
    let all = everything(&database).await;
    (database, all)
}

#[tokio::test]
async fn the_tables_hold_what_the_state_holds() {
    let played = play(40).await;
    let (database, _) = by_one_flusher(&played).await;
    let state = &played.state;
    let mut connection = database.connect().await.unwrap();

    let balances = sqlx::query("SELECT account::text, book, holder, balance FROM wallets").fetch_all(&mut connection).await.unwrap();
    let mut found = BTreeMap::new();
    for row in balances {
        let account = match row.get::<&str, _>("holder") {
            "wallet" => LedgerAccount::Wallet(BookId {
                account: row.get::<&str, _>("account").parse().unwrap(),
                number: u16::try_from(row.get::<i32, _>("book")).unwrap(),
            }),
            "house" => LedgerAccount::House,
            "insurance" => LedgerAccount::Insurance,
            "fees" => LedgerAccount::Fees,
            "mint" => LedgerAccount::Mint,
            other => panic!("{other}"),
        };
        found.insert(account, Money::from_units(row.get("balance")));
    }
    for book in state.books() {
        assert_eq!(found.get(&LedgerAccount::Wallet(book.id)).copied().unwrap_or_default(), book.balance);
    }
    assert_eq!(found.get(&LedgerAccount::House).copied(), Some(state.ledger().house));
    assert_eq!(found.values().copied().sum::<Money>(), Money::ZERO);

    let one =
        async |query: &'static str| -> i64 { sqlx::query_scalar(query).fetch_one(&mut database.connect().await.unwrap()).await.unwrap() };
    assert_eq!(one("SELECT count(*) FROM accounts").await, state.accounts().count() as i64);
    assert_eq!(one("SELECT count(*) FROM cfd_positions WHERE closed_at IS NULL").await, state.open_positions() as i64);
    assert_eq!(one("SELECT count(*) FROM orders WHERE state = 'live'").await, state.orders().count() as i64);
    assert!(one("SELECT count(*) FROM cfd_positions WHERE closed_at IS NOT NULL").await > 100);
    assert_eq!(one("SELECT count(*) FROM cfd_positions WHERE closed_at IS NOT NULL AND (lots <> 0 OR entry_cost <> 0)").await, 0);
    for instrument in state.instruments() {
        let row = sqlx::query("SELECT mark, net, live_base, active FROM instruments WHERE instrument = $1");
        let row = row.bind(i32::from(instrument.idx.0)).fetch_one(&mut connection).await.unwrap();
        assert_eq!(Some(row.get::<i64, _>(0)), state.mark(instrument.idx).map(|mark| mark.units()));
        assert_eq!((row.get::<i64, _>(1), row.get::<i64, _>(2)), (instrument.net.units(), instrument.live_base.units()));
        assert_eq!(row.get::<bool, _>(3), instrument.active);
    }
    // 3:3 after extra time.
    let fixture = sqlx::query("SELECT home_goals, away_goals, phase, clock_ms FROM fixtures").fetch_one(&mut connection).await.unwrap();
    assert_eq!((fixture.get::<i32, _>(0), fixture.get::<i32, _>(1)), (3, 3));
    let known = state.fixtures().next().unwrap();
    assert_eq!(fixture.get::<i64, _>(3), known.clock.0 as i64);
    assert_eq!(one("SELECT count(*) FROM match_events WHERE state <> 'withdrawn'").await, known.events.len() as i64);
    for book in state.books() {
        let season = sqlx::query("SELECT realised, reached FROM leaderboard WHERE week = -1 AND account = $1::uuid");
        let row = season.bind(book.id.account.to_string()).fetch_optional(&mut connection).await.unwrap();
        let of = row.map(|row| (row.get::<i64, _>(0), row.get::<i64, _>(1))).unwrap_or_default();
        assert_eq!(of, (book.standing.season.realised.units(), book.standing.season.pnl_reached.0 as i64));
    }
}

#[tokio::test]
async fn the_ports_answer_as_they_do_on_sqlite() {
    let played = play(40).await;
    let (database, _) = by_one_flusher(&played).await;
    let postgres = PostgresProjections::open(&database, "test", 2).await.unwrap();
    let (_dir, league) = crate::league::found().await;
    let sqlite = &*league.projections;
    let outcomes: Vec<Outcome> = played.executed.iter().flat_map(|one| &one.outcomes).map(|outcome| (**outcome).clone()).collect();
    let last = outcomes.last().unwrap().seq;
    sqlite.write(Seq(0), last, outcomes.iter().flat_map(rows_of).collect()).await.unwrap();
    sqlite.remember(Seq(0), last, &outcomes).await.unwrap();

    assert_eq!((postgres.watermark().await.unwrap(), postgres.answered().await.unwrap()), (last, last));
    let start = (Seq(0), 0);
    assert_eq!(postgres.all_fills(start, usize::MAX).await.unwrap(), sqlite.all_fills(start, usize::MAX).await.unwrap());
    assert_eq!(
        postgres.all_closed_positions(start, usize::MAX).await.unwrap(),
        sqlite.all_closed_positions(start, usize::MAX).await.unwrap()
    );
    assert_eq!(postgres.all_postings(start, usize::MAX).await.unwrap(), sqlite.all_postings(start, usize::MAX).await.unwrap());
    for instrument in (0..u16::try_from(played.state.instruments().count()).unwrap()).map(InstrumentIdx) {
        assert_eq!(postgres.ticks(instrument, start, 500).await.unwrap(), sqlite.ticks(instrument, start, 500).await.unwrap());
        for interval in BarInterval::ALL {
            let bars = postgres.bars(instrument, interval, At(u64::MAX), 100).await.unwrap();
            assert_eq!(bars, sqlite.bars(instrument, interval, At(u64::MAX), 100).await.unwrap());
        }
    }
    for account in played.state.accounts() {
        let book = BookId::season(account.id);
        let fills = postgres.fills(book, None, 20).await.unwrap();
        assert_eq!(fills, sqlite.fills(book, None, 20).await.unwrap());
        let before = fills.last().map(|fill| (fill.seq, fill.n));
        assert_eq!(postgres.fills(book, before, 20).await.unwrap(), sqlite.fills(book, before, 20).await.unwrap());
        assert_eq!(postgres.ledger(book, before, 20).await.unwrap(), sqlite.ledger(book, before, 20).await.unwrap());
        assert_eq!(postgres.closed_positions(book, before, 20).await.unwrap(), sqlite.closed_positions(book, before, 20).await.unwrap());
    }
    for outcome in outcomes.iter().step_by(50) {
        assert_eq!(postgres.find(outcome.id).await.unwrap(), sqlite.find(outcome.id).await.unwrap());
    }
    assert_eq!(postgres.ids(None, 1_000).await.unwrap(), sqlite.ids(None, 1_000).await.unwrap());
    let after = Some(outcomes[33].id);
    assert_eq!(postgres.ids(after, 1_000).await.unwrap(), sqlite.ids(after, 1_000).await.unwrap());
}

#[tokio::test]
async fn two_flushers_one_of_them_killed_leave_what_one_leaves() {
    let played = Arc::new(play(20).await);
    let (_one, expected) = by_one_flusher(&played).await;
    let database = database().await;
    let end = played.executed.last().unwrap().batch.last();

    // Of different strides over the same input, so that each finds the other's watermarks in the middle of its runs.
    let run = |stride: usize| {
        let (database, played) = (database.clone(), Arc::clone(&played));
        async move {
            let flusher = flusher(&database, &played).await;
            for run in played.executed.chunks(stride) {
                flusher.flush(run).await.unwrap();
            }
        }
    };
    let (survivor, victim) = (tokio::spawn(run(31)), tokio::spawn(run(53)));
    let half = Seq(end.0 / 2);
    let watcher = flusher(&database, &played).await;
    loop {
        let written = watcher.watermarks().await.unwrap();
        if written["trades"] > half {
            break;
        }
        tokio::task::yield_now().await;
    }
    victim.abort();
    let _ = victim.await;
    survivor.await.unwrap();
    assert_eq!(everything(&database).await.len(), expected.len());
    // Days are made ahead and outcomes are a row a batch, whoever writes: nothing differs.
    assert_eq!(everything(&database).await, expected);
}

#[tokio::test]
async fn a_flusher_whose_connections_are_cut_goes_on_and_nothing_is_there_twice() {
    let played = play(20).await;
    let (_one, expected) = by_one_flusher(&played).await;
    let database = database().await;
    let flusher = Arc::new(flusher(&database, &played).await);
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
    let keeping_up = tokio::spawn(Arc::clone(&flusher).keep_up(receiver, Duration::from_millis(5)));
    let mut admin = database.connect().await.unwrap();
    for (n, executed) in played.executed.iter().enumerate() {
        sender.send(executed.clone()).unwrap();
        if n % 400 == 399 {
            sqlx::query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ftl flusher' AND datname = current_database()")
                .execute(&mut admin)
                .await
                .unwrap();
            flusher.archived().wait_for(|seq| *seq >= Seq(executed.batch.first.0 / 2)).await.unwrap();
        }
    }
    drop(sender);
    keeping_up.await.unwrap().unwrap();
    assert_eq!(everything(&database).await, expected);
    assert_eq!(*flusher.projected().borrow(), played.state.seq());
}

#[tokio::test]
async fn what_a_projection_lacks_comes_from_the_archive() {
    let played = play(10).await;
    let (_one, expected) = by_one_flusher(&played).await;
    let database = database().await;
    let flusher = flusher(&database, &played).await;
    let (early, late) = played.executed.split_at(played.executed.len() - 5);
    let gap = flusher.archive(late).await;
    assert!(matches!(gap, Err(FlushError::Gap { projection: "outcomes", watermark: Seq(0), .. })), "{gap:?}");
    flusher.archive(early).await.unwrap();
    // Nothing of it was projected.
    flusher.flush(late).await.unwrap();
    assert_eq!(everything(&database).await, expected);

    // A server that lost its last commits takes their watermarks back with them; here: everything of one projection.
    let mut connection = database.connect().await.unwrap();
    sqlx::raw_sql("TRUNCATE wallets; UPDATE watermarks SET seq = 0 WHERE projection = 'wallets'").execute(&mut connection).await.unwrap();
    let again = Flusher::open(&database, "test", Batches::Journal(played.journal.clone())).await.unwrap();
    again.catch_up().await.unwrap();
    assert_eq!(everything(&database).await, expected);
}

#[tokio::test]
async fn a_change_of_a_row_that_is_not_there_is_told_and_stops_that_projection_alone() {
    let played = play(10).await;
    let database = database().await;
    let flusher = flusher(&database, &played).await;
    let (early, late) = played.executed.split_at(played.executed.len() / 2);
    let run = |executed: &[Executed]| executed.to_vec();
    flusher.flush(&run(early)).await.unwrap();
    let mut connection = database.connect().await.unwrap();
    sqlx::raw_sql("DELETE FROM instruments").execute(&mut connection).await.unwrap();
    let told = flusher.flush(&run(late)).await;
    assert!(matches!(told, Err(FlushError::Damaged { table: "instruments", found: 0, .. })), "{told:?}");
    let written = flusher.watermarks().await.unwrap();
    assert_eq!(written["instruments"], early.last().unwrap().batch.last());
    let others = written.iter().filter(|(name, _)| *name != "instruments");
    assert!(others.clone().all(|(_, seq)| *seq == played.state.seq()), "{:?}", others.collect::<Vec<_>>());
}

#[tokio::test]
async fn leagues_share_a_database_and_not_a_row() {
    let played = play(10).await;
    let (database, _) = by_one_flusher(&played).await;
    let other = Flusher::open(&database, "other", Batches::Journal(played.journal.clone())).await.unwrap();
    for run in played.executed.chunks(200) {
        other.flush(run).await.unwrap();
    }
    let all = everything(&database).await;
    let (of_test, of_other): (Vec<_>, Vec<_>) = all.into_iter().partition(|row| row.contains("(test,"));
    let renamed: Vec<String> = of_other.iter().map(|row| row.replace("(other,", "(test,")).collect();
    let no_outcomes = |rows: Vec<String>| rows.into_iter().filter(|row| !row.starts_with("outcomes")).collect::<Vec<_>>();
    assert_eq!(no_outcomes(renamed), no_outcomes(of_test), "an outcome's hash holds the league's name");
}
