//! Opening, making and refusing directories.

use ftl_core::id::{CommandId, InstrumentIdx, Seq};
use ftl_core::journal::JournalClock;
use ftl_core::outcome::{Answer, Outcome, Receipt};
use ftl_core::time::At;
use ftl_store::answers::Answers;
use ftl_store::data_dir::{DataDir, LeagueMeta, OpenError, OpenOptions};
use sqlx::{ConnectOptions, Connection};

use crate::league::{fill, found, meta, open};

async fn execute(file: &std::path::Path, statement: &'static str) {
    let mut connection = sqlx::sqlite::SqliteConnectOptions::new().filename(file).connect().await.unwrap();
    sqlx::raw_sql(statement).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn a_directory_without_a_league_is_not_opened_and_stays_empty() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(open(dir.path()).await, Err(OpenError::NoLeague { .. })));
    assert!(matches!(DataDir::at(dir.path()).open_for_reading().await, Err(OpenError::NoLeague { .. })));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_league_keeps_its_name_and_its_clock() {
    let (dir, league) = found().await;
    league.close().await.unwrap();
    let data = DataDir::at(dir.path());
    let again = data.open_or_create(&meta(JournalClock::Supplied), OpenOptions::default()).await.unwrap();
    assert_eq!(again.meta, meta(JournalClock::Supplied));
    again.close().await.unwrap();

    let other = LeagueMeta { league: "other".into(), ..meta(JournalClock::Supplied) };
    let refused = data.open_or_create(&other, OpenOptions::default()).await.err().unwrap();
    assert!(matches!(refused, OpenError::Differs { what: "name", .. }), "{refused}");
    let refused = data.open_or_create(&meta(JournalClock::Store), OpenOptions::default()).await.err().unwrap();
    assert!(matches!(refused, OpenError::Differs { what: "clock", .. }), "{refused}");
    let refused = data.create(&meta(JournalClock::Supplied), OpenOptions::default()).await.err().unwrap();
    assert!(matches!(refused, OpenError::Exists { .. }), "{refused}");
}

#[tokio::test]
async fn a_directory_of_a_newer_version_is_refused_and_left_alone() {
    for name in ["journal.db", "history.db", "accounts.db"] {
        let (dir, league) = found().await;
        fill(&league.journal, 2, 2).await;
        league.close().await.unwrap();
        execute(&dir.path().join(name), "PRAGMA user_version = 99").await;
        let before = std::fs::read(dir.path().join(name)).unwrap();

        let refused = open(dir.path()).await.err().unwrap();
        assert!(matches!(refused, OpenError::Newer { found: 99, .. }), "{name}: {refused}");
        let refused = DataDir::at(dir.path()).open_for_reading().await.err().unwrap();
        assert!(matches!(refused, OpenError::Newer { found: 99, .. }), "{name}: {refused}");
        assert!(std::fs::read(dir.path().join(name)).unwrap() == before, "{name} was changed");
    }
}

#[tokio::test]
async fn answers_of_an_older_history_are_found_after_it_is_brought_up_to_date() {
    let (dir, league) = found().await;
    fill(&league.journal, 9, 1).await;
    let answered = |seq: u64| Outcome {
        seq: Seq(seq),
        at: At(seq),
        id: CommandId(u128::MAX / u128::from(seq)),
        body: seq,
        answer: Answer { seq: Seq(seq), result: Ok(Receipt::Listed(InstrumentIdx(seq as u16))) },
        replayed: false,
        events: Vec::new(),
    };
    let outcomes: Vec<Outcome> = (1..=9).map(answered).collect();
    league.projections.remember(Seq(0), Seq(9), &outcomes).await.unwrap();
    league.close().await.unwrap();
    let as_it_was = "ALTER TABLE answer RENAME TO newer; DROP INDEX answer_by_id;
        CREATE TABLE answer (id BLOB PRIMARY KEY, seq INTEGER NOT NULL, at INTEGER NOT NULL, body INTEGER NOT NULL,
            answer BLOB NOT NULL) STRICT, WITHOUT ROWID;
        CREATE INDEX answer_by_age ON answer (at);
        INSERT INTO answer SELECT id, seq, at, body, answer FROM newer; DROP TABLE newer; PRAGMA user_version = 1;";
    execute(&dir.path().join("history.db"), as_it_was).await;

    let league = open(dir.path()).await.unwrap();
    for outcome in &outcomes {
        let past = league.projections.find(outcome.id).await.unwrap().unwrap();
        assert_eq!((past.seq, past.body, past.answer), (outcome.seq, outcome.body, outcome.answer.clone()));
    }
    let mut ids: Vec<CommandId> = Vec::new();
    while let Some((id, _)) = league.projections.ids(ids.last().copied(), 1).await.unwrap().pop() {
        ids.push(id);
    }
    let mut expected: Vec<CommandId> = outcomes.iter().map(|outcome| outcome.id).collect();
    expected.sort();
    assert_eq!(ids, expected);
    league.close().await.unwrap();
}

#[tokio::test]
async fn a_database_of_something_else_is_refused() {
    let (dir, league) = found().await;
    league.close().await.unwrap();
    execute(&dir.path().join("journal.db"), "PRAGMA application_id = 7").await;
    assert!(matches!(open(dir.path()).await, Err(OpenError::Foreign { .. })));
}

#[tokio::test]
async fn a_journal_that_is_gone_or_cut_short_is_refused() {
    for cut in [None, Some(0), Some(4_096), Some(10_000)] {
        let (dir, league) = found().await;
        fill(&league.journal, 50, 8).await;
        league.close().await.unwrap();
        let path = dir.path().join("journal.db");
        match cut {
            None => std::fs::remove_file(&path).unwrap(),
            Some(length) => std::fs::File::options().write(true).open(&path).unwrap().set_len(length).unwrap(),
        }
        let refused = open(dir.path()).await.err().unwrap_or_else(|| panic!("{cut:?} was opened"));
        let clear = matches!(refused, OpenError::LostTail { .. } | OpenError::Corrupt { .. } | OpenError::Damaged { .. });
        assert!(clear, "{cut:?}: {refused:?}");
    }
}

#[tokio::test]
async fn a_journal_put_back_to_an_earlier_copy_is_refused() {
    let (dir, league) = found().await;
    fill(&league.journal, 5, 2).await;
    league.close().await.unwrap();
    let path = dir.path().join("journal.db");
    let earlier = std::fs::read(&path).unwrap();
    let league = open(dir.path()).await.unwrap();
    fill(&league.journal, 5, 2).await;
    league.close().await.unwrap();
    std::fs::write(&path, earlier).unwrap();
    let refused = open(dir.path()).await.err().unwrap().to_string();
    assert!(refused.contains("ends at 10, but 20 was acknowledged"), "{refused}");
}

#[tokio::test]
async fn another_leagues_journal_of_the_same_length_is_refused() {
    let (dir, league) = found().await;
    fill(&league.journal, 3, 2).await;
    league.close().await.unwrap();
    let (other, league) = found().await;
    fill(&league.journal, 3, 2).await;
    league.close().await.unwrap();
    std::fs::copy(other.path().join("journal.db"), dir.path().join("journal.db")).unwrap();
    assert!(matches!(open(dir.path()).await, Err(OpenError::OtherHistory { .. })));
}

#[tokio::test]
async fn a_league_without_its_head_marker_is_refused() {
    let (dir, league) = found().await;
    fill(&league.journal, 3, 2).await;
    league.close().await.unwrap();
    let marker = dir.path().join("head-marker");
    let sound = std::fs::read(&marker).unwrap();

    for damaged_slot in [20, 4_096 + 20] {
        let mut damaged = sound.clone();
        damaged[damaged_slot] ^= 1;
        std::fs::write(&marker, &damaged).unwrap();
        assert!(matches!(open(dir.path()).await, Err(OpenError::Marker { .. })));
    }
    std::fs::remove_file(&marker).unwrap();
    assert!(matches!(open(dir.path()).await, Err(OpenError::Marker { .. })));
    std::fs::write(&marker, &sound).unwrap();
    open(dir.path()).await.unwrap();
}

#[tokio::test]
async fn accounts_that_are_gone_or_damaged_are_refused() {
    let (dir, league) = found().await;
    fill(&league.journal, 1, 2).await;
    league.close().await.unwrap();
    let path = dir.path().join("accounts.db");
    let sound = std::fs::read(&path).unwrap();

    let mut damaged = sound.clone();
    damaged[4_096..4_200].fill(0xff);
    std::fs::write(&path, &damaged).unwrap();
    let refused = open(dir.path()).await.err().unwrap();
    assert!(matches!(refused, OpenError::Damaged { .. }), "{refused:?}");
    std::fs::remove_file(&path).unwrap();
    let refused = open(dir.path()).await.err().unwrap();
    assert!(matches!(refused, OpenError::Missing { .. }), "{refused:?}");
    std::fs::write(&path, &sound).unwrap();
    open(dir.path()).await.unwrap();
}

#[tokio::test]
async fn a_closed_league_frees_its_directory_even_while_handles_are_about() {
    let (dir, league) = found().await;
    let handles = (league.journal.clone(), league.projections.clone(), league.identities.clone());
    league.close().await.unwrap();
    open(dir.path()).await.unwrap();
    drop(handles);
}
