//! A disk that takes no more: the entry at hand is not acknowledged, what was acknowledged stays and can be read.

use std::process::Command;

use ftl_core::codec::FORMAT_VERSION;
use ftl_core::id::Seq;
use ftl_core::journal::{AppendError, Journal, JournalClock, Refusal};
use ftl_core::time::At;
use ftl_store::data_dir::{DataDir, OpenError, OpenOptions};

use crate::league::{append_one, commands, found, meta, open, read_all};

const DIRECTORY: &str = "FTL_STORE_TEST_FULL_DIRECTORY";

/// The writer: told a directory, it appends until the disk takes no more. Without one there is nothing to do.
/// By hand: a directory on a small file system shows a disk that is full.
#[tokio::test]
async fn writer_whose_disk_is_going_to_be_full() {
    let Some(dir) = std::env::var_os(DIRECTORY) else { return };
    let options = OpenOptions::default();
    let league = DataDir::at(&dir).open_or_create(&meta(JournalClock::Supplied), options).await.unwrap();
    let mut acknowledged = league.journal.head().await.unwrap().seq;
    let failure = loop {
        let seen = league.journal.head().await.unwrap();
        match league.journal.append(seen, Some(At(5_000)), commands(0..64)).await {
            Ok(appended) => acknowledged = appended.last,
            Err(failure) => break failure,
        }
    };
    println!("stopped {} {failure}", acknowledged.0);
    assert_eq!(read_all(&league.journal).await.last().unwrap().last(), acknowledged);
    assert_eq!(league.journal.head().await.unwrap().seq, acknowledged);
    let reader = DataDir::at(&dir).open_for_reading().await.unwrap();
    assert_eq!(reader.journal.head().await.unwrap().seq, acknowledged);
    // Nor does it take the next one.
    let again = league.journal.append(reader.journal.head().await.unwrap(), Some(At(5_000)), commands(0..64)).await;
    assert!(matches!(again, Err(AppendError::Refused(Refusal::Store(_)))), "{again:?}");
}

#[tokio::test]
async fn a_writer_whose_files_may_not_grow_acknowledges_nothing_that_is_not_there() {
    let (dir, league) = found().await;
    league.close().await.unwrap();
    // The limit is of the shell's making: blocks of 512 or 1024 bytes. Ignoring the signal makes it an error of writing.
    let out = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 400; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "disk::writer_whose_disk_is_going_to_be_full", "--nocapture", "--test-threads=1"])
        .env(DIRECTORY, dir.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success(), "{text} {}", String::from_utf8_lossy(&out.stderr));
    let stopped = text.lines().find_map(|line| Some(line.split_once("stopped ")?.1)).unwrap();
    let (acknowledged, failure) = stopped.split_once(' ').unwrap();
    let acknowledged = Seq(acknowledged.parse().unwrap());
    assert!(acknowledged > Seq(64), "{stopped}");
    // An error of writing leaves it open whether the entry is in.
    assert!(failure.starts_with("append of unknown fate"), "{failure}");

    let league = open(dir.path()).await.unwrap();
    let head = league.journal.head().await.unwrap().seq;
    assert!(head == acknowledged || head == Seq(acknowledged.0 + 64), "{head} of {acknowledged}");
    assert_eq!(append_one(&league.journal).await.first, head.next());
}

#[tokio::test]
async fn an_entry_of_a_newer_format_is_refused_as_such() {
    use ftl_core::hash::Hash;
    use ftl_core::journal::{BatchId, StoredBatch};
    use sqlx::{ConnectOptions, Connection};

    let (dir, league) = found().await;
    league.close().await.unwrap();
    let encoded = [FORMAT_VERSION + 1, 1, 7, 7];
    let batch = StoredBatch {
        batch_id: BatchId(9),
        prev: BatchId(0),
        first: Seq(1),
        at: At(1),
        epoch: 0,
        chain: Hash::default(),
        commands: Vec::new(),
    };
    let chain = batch.chain_over(&Hash::default(), &encoded);
    let file = dir.path().join("journal.db");
    let mut connection = sqlx::sqlite::SqliteConnectOptions::new().filename(file).connect().await.unwrap();
    sqlx::query("INSERT INTO batch (last, first, at, epoch, batch_id, prev, chain, commands) VALUES (1, 1, 1, 0, ?, ?, ?, ?)")
        .bind(9u128.to_be_bytes().to_vec())
        .bind(vec![0; 16])
        .bind(chain.0.to_vec())
        .bind(encoded.to_vec())
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    match open(dir.path()).await {
        Err(OpenError::NewerEntry { at, found, .. }) => assert_eq!((at, found), (Seq(1), FORMAT_VERSION + 1)),
        other => panic!("{:?}", other.err()),
    }
}
