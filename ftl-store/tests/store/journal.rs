//! What the SQLite journal does beyond what every journal does.

use std::sync::Arc;

use ftl_core::id::Seq;
use ftl_core::journal::{AppendError, Journal, JournalClock, Refusal, Tip};
use ftl_core::time::At;
use ftl_store::conformance::ManualClock;
use ftl_store::data_dir::{DataDir, OpenOptions};
use ftl_store::quarantine::{self, Quarantined};

use crate::league::{append_one, commands, fill, found, meta, open, read_all};

#[tokio::test]
async fn an_append_is_refused_when_the_wall_clock_is_a_minute_behind_the_journal() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::at(At(100_000)));
    let options = OpenOptions { clock: clock.clone(), ..OpenOptions::default() };
    let league = DataDir::at(dir.path()).create(&meta(JournalClock::Store), options).await.unwrap();
    league.journal.append(Tip::default(), None, commands(0..1)).await.unwrap();

    clock.set(At(40_000));
    assert_eq!(league.journal.append(Tip::default(), None, commands(1..2)).await.unwrap().at, At(100_000));
    clock.set(At(39_999));
    let refused = league.journal.append(Tip::default(), None, commands(2..3)).await;
    assert!(matches!(refused, Err(AppendError::Refused(Refusal::Clock(_)))), "{refused:?}");
    clock.set(At(100_001));
    assert_eq!(league.journal.append(Tip::default(), None, commands(2..3)).await.unwrap().first, Seq(3));
}

#[tokio::test]
async fn a_full_disk_refuses_appends_and_goes_on_reading() {
    let dir = tempfile::tempdir().unwrap();
    let options = OpenOptions { max_journal_bytes: Some(200_000), ..OpenOptions::default() };
    let league = DataDir::at(dir.path()).create(&meta(JournalClock::Supplied), options).await.unwrap();
    let mut acknowledged = Seq(0);
    let refused = loop {
        match league.journal.append(Tip::default(), Some(At(1)), commands(0..64)).await {
            Ok(appended) => acknowledged = appended.last,
            Err(error) => break error,
        }
    };
    assert!(matches!(&refused, AppendError::Refused(Refusal::Store(why)) if why.contains("full")), "{refused:?}");
    assert!(acknowledged > Seq(64));
    assert_eq!(read_all(&league.journal).await.last().unwrap().last(), acknowledged);

    // With room again it goes on, and nothing of what was refused is there.
    league.close().await.unwrap();
    let league = open(dir.path()).await.unwrap();
    assert_eq!(append_one(&league.journal).await.first, acknowledged.next());
}

#[tokio::test]
async fn a_second_writer_is_refused_and_told_who_holds_the_directory() {
    let (dir, league) = found().await;
    let refused = open(dir.path()).await.err().unwrap().to_string();
    assert!(refused.contains(&format!("process {}", std::process::id())), "{refused}");
    league.close().await.unwrap();
    open(dir.path()).await.unwrap();
}

#[tokio::test]
async fn a_dropped_league_frees_its_directory() {
    let (dir, league) = found().await;
    fill(&league.journal, 3, 2).await;
    drop(league);
    let league = open(dir.path()).await.unwrap();
    assert_eq!(league.journal.head().await.unwrap().seq, Seq(6));
}

#[tokio::test]
async fn a_reader_beside_the_writer_sees_its_entries_and_is_woken() {
    let (dir, league) = found().await;
    fill(&league.journal, 3, 2).await;
    let reader = DataDir::at(dir.path()).open_for_reading().await.unwrap();
    assert_eq!(reader.meta, league.meta);
    assert_eq!(reader.journal.head().await.unwrap(), league.journal.head().await.unwrap());

    let (woken, appended) = futures::future::join(reader.journal.wait(Seq(6)), fill(&league.journal, 1, 2)).await;
    woken.unwrap();
    assert_eq!(reader.journal.head().await.unwrap().seq, appended[0].last);
    assert_eq!(read_all(&reader.journal).await, read_all(&league.journal).await);
}

#[tokio::test]
async fn a_reader_takes_no_entries() {
    let (dir, league) = found().await;
    let reader = DataDir::at(dir.path()).open_for_reading().await.unwrap();
    let refused = reader.journal.append(Tip::default(), Some(At(1)), commands(0..1)).await;
    assert!(matches!(refused, Err(AppendError::Refused(Refusal::Store(_)))), "{refused:?}");
    assert!(read_all(&league.journal).await.is_empty());
}

#[tokio::test]
async fn a_closed_journal_refuses_for_certain() {
    let (_dir, league) = found().await;
    let journal = league.journal.clone();
    league.close().await.unwrap();
    let refused = journal.append(Tip::default(), Some(At(1)), commands(0..1)).await;
    assert!(matches!(refused, Err(AppendError::Refused(Refusal::Store(_)))), "{refused:?}");
}

#[tokio::test]
async fn a_read_from_within_a_batch_is_refused() {
    let (_dir, league) = found().await;
    fill(&league.journal, 3, 4).await;
    let error = league.journal.read(Seq(2), 10).await.unwrap_err().to_string();
    assert!(error.contains("no batch ends there"), "{error}");
}

#[tokio::test]
async fn entries_that_were_set_aside_are_known_to_whoever_opens_the_league() {
    let (dir, league) = found().await;
    assert!(league.journal.quarantined().await.unwrap().is_empty());
    let entry = Quarantined { seq: Seq(2), reason: "panics".into() };
    quarantine::write(&DataDir::at(dir.path()).quarantine(), std::slice::from_ref(&entry)).unwrap();
    league.close().await.unwrap();
    let league = open(dir.path()).await.unwrap();
    assert_eq!(league.journal.quarantined().await.unwrap(), [entry]);
    // A list that cannot be read is not an empty one.
    std::fs::write(DataDir::at(dir.path()).quarantine(), "[{\"seq\":").unwrap();
    league.journal.quarantined().await.unwrap_err();
}

#[tokio::test]
async fn sqlites_own_check_finds_nothing_in_a_sound_journal() {
    let (_dir, league) = found().await;
    fill(&league.journal, 20, 8).await;
    assert!(league.journal.integrity().await.unwrap().is_empty());
    assert!(league.projections.integrity().await.unwrap().is_empty());
}
