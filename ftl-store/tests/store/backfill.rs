//! Projections built anew while flushers go on, and compared with what the journal makes.

use std::sync::Arc;

use ftl_core::id::Seq;
use ftl_core::journal::Journal;
use ftl_core::state::State;
use ftl_store::postgres::backfill::{Backfill, Difference, Executing, Source};
use ftl_store::postgres::connect::Database;
use ftl_store::postgres::flusher::{Batches, Flusher, Stored};
use ftl_store::postgres::watermarks::Projection;

use crate::database::{database, rows};
use crate::played::{Played, play};

async fn everything(database: &Database) -> Vec<String> {
    let tables: Vec<&str> = Projection::ALL.iter().flat_map(|projection| projection.tables()).copied().chain(["watermarks"]).collect();
    rows(&mut database.connect().await.unwrap(), &tables).await
}

async fn flushed(played: &Played) -> (Database, Flusher) {
    let database = database().await;
    let flusher = Flusher::open(&database, "test", Batches::Journal(played.journal.clone())).await.unwrap();
    for run in played.executed.chunks(150) {
        flusher.flush(run).await.unwrap();
    }
    (database, flusher)
}

fn stored(database: &Database, played: &Played) -> Stored {
    Stored::of(database.pool(2), "test", Batches::Journal(played.journal.clone()))
}

fn executing(played: &Played) -> impl Source + use<> {
    let mut state: State = State::new();
    let journal: Arc<dyn Journal> = played.journal.clone();
    Executing::of(journal, move |entry| state.apply(entry))
}

#[tokio::test]
async fn what_is_built_anew_is_what_was_there_however_it_is_executed() {
    let played = play(20).await;
    let (database, flusher) = flushed(&played).await;
    let before = everything(&database).await;
    let backfill = Backfill::of(&database, "test");
    let built = backfill.rebuild(&Projection::ALL, &mut stored(&database, &played)).await.unwrap();
    assert_eq!(built.seq, played.state.seq());
    assert_eq!(everything(&database).await, before, "from stored outcomes");
    backfill.rebuild(&Projection::ALL, &mut executing(&played)).await.unwrap();
    assert_eq!(everything(&database).await, before, "executed again");
    assert!(backfill.differences(&Projection::ALL, &mut executing(&played), 10).await.unwrap().is_empty());
    drop(flusher);
}

#[tokio::test]
async fn a_flusher_goes_on_while_everything_is_built_anew() {
    let played = Arc::new(play(20).await);
    let (_alone, expected) = {
        let (database, _flusher) = flushed(&played).await;
        let expected = everything(&database).await;
        (database, expected)
    };
    let database = database().await;
    let flusher = Flusher::open(&database, "test", Batches::Journal(played.journal.clone())).await.unwrap();
    flusher.flush(&played.executed[..1_000]).await.unwrap();
    let flushing = {
        let played = Arc::clone(&played);
        tokio::spawn(async move {
            for run in played.executed[1_000..].chunks(40) {
                // Tables that are being replaced may be locked for a moment: then the run is asked for again.
                while flusher.flush(run).await.is_err() {
                    tokio::task::yield_now().await;
                }
            }
        })
    };
    let backfill = Backfill::of(&database, "test");
    let mut rebuilt = 0;
    while !flushing.is_finished() {
        let built = backfill.rebuild(&Projection::ALL, &mut stored(&database, &played)).await.unwrap();
        assert!(built.seq > Seq(0));
        rebuilt += 1;
    }
    flushing.await.unwrap();
    assert!(rebuilt >= 1);
    assert_eq!(everything(&database).await, expected);
    assert!(backfill.differences(&Projection::ALL, &mut executing(&played), 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_league_beside_others_is_built_anew_without_touching_them() {
    let played = play(10).await;
    let (database, _flusher) = flushed(&played).await;
    let other = Flusher::open(&database, "other", Batches::Journal(played.journal.clone())).await.unwrap();
    other.flush(&played.executed[..500]).await.unwrap();
    let before = everything(&database).await;
    let backfill = Backfill::of(&database, "test");
    backfill.rebuild(&Projection::ALL, &mut stored(&database, &played)).await.unwrap();
    assert_eq!(everything(&database).await, before);
    other.flush(&played.executed[500..]).await.unwrap();
}

#[tokio::test]
async fn every_row_that_was_changed_added_or_lost_is_named() {
    let played = play(10).await;
    let (database, flusher) = flushed(&played).await;
    let mut connection = database.connect().await.unwrap();
    sqlx::raw_sql(
        "UPDATE wallets SET balance = balance + 1 WHERE holder = 'house';
         DELETE FROM trades WHERE (seq, n) = (SELECT seq, n FROM trades ORDER BY seq, n LIMIT 1);
         INSERT INTO bars SELECT 'test', 999, 1000, 0, 1, 1, 1, 1",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    let backfill = Backfill::of(&database, "test");
    let found = backfill.differences(&Projection::ALL, &mut stored(&database, &played), 10).await.unwrap();
    let seen: Vec<(&str, bool)> = found.iter().map(|Difference { table, stored, .. }| (*table, *stored)).collect();
    assert_eq!(seen, [("wallets", true), ("wallets", false), ("trades", false), ("bars", true)], "{found:?}");
    backfill.rebuild(&[Projection::Wallets, Projection::Trades, Projection::Bars], &mut stored(&database, &played)).await.unwrap();
    assert!(backfill.differences(&Projection::ALL, &mut executing(&played), 10).await.unwrap().is_empty());
    // The flusher whose tables were replaced goes on in the new ones.
    assert_eq!(flusher.catch_up().await.unwrap(), played.state.seq());
}

#[tokio::test]
async fn stored_outcomes_that_were_changed_are_refused_by_their_place() {
    let played = play(10).await;
    let (database, _flusher) = flushed(&played).await;
    let mut connection = database.connect().await.unwrap();
    let place = played.executed[700].batch.last();
    sqlx::query("UPDATE outcomes SET body = set_byte(body, 3, get_byte(body, 3) # 1) WHERE last = $1")
        .bind(i64::try_from(place.0).unwrap())
        .execute(&mut connection)
        .await
        .unwrap();
    let refused = Backfill::of(&database, "test").rebuild(&Projection::ALL, &mut stored(&database, &played)).await;
    let told = refused.unwrap_err().to_string();
    assert!(told.contains(&format!("ends at {place}")), "{told}");
}
