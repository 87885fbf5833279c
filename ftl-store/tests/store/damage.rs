//! Flipped bytes, anywhere in the journal's files: either everything acknowledged is there, or the open is refused and
//! the files stay as they are.

use std::collections::BTreeMap;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use ftl_core::id::Seq;
use ftl_core::journal::{Journal, StoredBatch};
use ftl_store::data_dir::{DataDir, OpenError};

use crate::league::{copy, fill, found, open, read_all};

/// A directory as a killed process leaves it: entries in the database, and more in its write-ahead log.
async fn killed() -> (tempfile::TempDir, Vec<StoredBatch>) {
    let (dir, league) = found().await;
    fill(&league.journal, 400, 8).await;
    league.close().await.unwrap();
    let league = open(dir.path()).await.unwrap();
    fill(&league.journal, 60, 8).await;
    let stored = read_all(&league.journal).await;
    let copied = copy(dir.path());
    drop(league);
    (copied, stored)
}

fn flip(path: &Path, offset: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[offset] ^= 0x10;
    std::fs::write(path, bytes).unwrap();
}

fn journal_files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let names = ["journal.db", "journal.db-wal", "head-marker"];
    names.into_iter().map(|name| dir.join(name)).filter_map(|path| std::fs::read(&path).ok().map(|bytes| (path, bytes))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_byte_is_refused_or_harmless_and_never_repaired() {
    let (dir, stored) = killed().await;
    for (name, stride) in [("journal.db", 251), ("journal.db-wal", 1_009)] {
        let length = std::fs::metadata(dir.path().join(name)).unwrap().len() as usize;
        let mut refused = 0;
        // A prime stride meets every part of a page.
        for offset in (0..length).step_by(stride) {
            let damaged = copy(dir.path());
            flip(&damaged.path().join(name), offset);
            let before = journal_files(damaged.path());
            match open(damaged.path()).await {
                Ok(league) => {
                    assert!(read_all(&league.journal).await == stored, "{name} at {offset}: opened, and something is not there");
                    league.close().await.unwrap();
                }
                Err(error) => {
                    refused += 1;
                    let clear = matches!(
                        error,
                        OpenError::Corrupt { .. }
                            | OpenError::LostTail { .. }
                            | OpenError::Damaged { .. }
                            | OpenError::OtherHistory { .. }
                            | OpenError::Foreign { .. }
                            | OpenError::Newer { .. }
                    );
                    assert!(clear, "{name} at {offset}: {error:?}");
                    assert!(journal_files(damaged.path()) == before, "{name} at {offset}: the files were changed");
                }
            }
        }
        let flips = length.div_ceil(stride);
        println!("{name}: {refused} of {flips} flips refused, the others met nothing stored");
        assert!(refused > flips / 2, "{name}: only {refused} of {flips} refused");
    }
}

#[tokio::test]
async fn a_flipped_byte_of_an_entry_is_refused_with_its_seq() {
    let (dir, league) = found().await;
    fill(&league.journal, 10, 4).await;
    let batch = read_all(&league.journal).await.swap_remove(6);
    league.close().await.unwrap();
    damage_entry(dir.path(), &batch);
    match open(dir.path()).await {
        Err(OpenError::Corrupt { at, .. }) => assert_eq!(at, batch.first),
        other => panic!("{:?}", other.err()),
    }
}

#[tokio::test]
async fn an_entry_that_is_damaged_while_the_league_serves_is_not_served() {
    let (dir, league) = found().await;
    fill(&league.journal, 200, 8).await;
    let batch = read_all(&league.journal).await.swap_remove(10);
    league.close().await.unwrap();
    let league = open(dir.path()).await.unwrap();
    damage_entry(dir.path(), &batch);
    let error = league.journal.read(Seq(0), usize::MAX).await.err().unwrap().to_string();
    assert_eq!(error, format!("the journal is damaged at {}: its hash does not match", batch.first));
    // What stands before it is served still.
    assert_eq!(league.journal.read(Seq(0), 80).await.unwrap().len(), 10);
}

/// Flips a bit in the middle of a batch's commands, in the file as it lies there. SQLite leaves old copies of a row in
/// the unused parts of its pages: all of them are damaged.
fn damage_entry(dir: &Path, batch: &StoredBatch) {
    let path = dir.join("journal.db");
    let bytes = std::fs::read(&path).unwrap();
    let needle = ftl_core::codec::encode(&batch.commands);
    let mut file = std::fs::File::options().write(true).open(&path).unwrap();
    let places = bytes.windows(needle.len()).enumerate().filter(|(_, window)| *window == needle);
    for (offset, _) in places {
        let middle = offset + needle.len() / 2;
        file.seek(SeekFrom::Start(middle as u64)).unwrap();
        file.write_all(&[bytes[middle] ^ 0x10]).unwrap();
    }
}

#[tokio::test]
async fn a_lost_write_ahead_log_is_refused_and_named() {
    let (dir, stored) = killed().await;
    std::fs::remove_file(dir.path().join("journal.db-wal")).unwrap();
    let head = stored.last().unwrap().last();
    match open(dir.path()).await {
        Err(OpenError::LostTail { marked, .. }) => assert_eq!(marked, head),
        other => panic!("{:?}", other.err()),
    }
    assert!(matches!(DataDir::at(dir.path()).open_for_reading().await, Err(OpenError::LostTail { .. })));
}

#[tokio::test]
async fn a_write_ahead_log_that_is_cut_short_is_refused() {
    let (dir, _) = killed().await;
    let length = std::fs::metadata(dir.path().join("journal.db-wal")).unwrap().len();
    for cut in [0, 20, 32, 4_000, length / 2, length - 1] {
        let damaged = copy(dir.path());
        std::fs::File::options().write(true).open(damaged.path().join("journal.db-wal")).unwrap().set_len(cut).unwrap();
        let refused = open(damaged.path()).await.err().unwrap_or_else(|| panic!("opened with {cut} bytes of {length}"));
        assert!(matches!(refused, OpenError::LostTail { .. } | OpenError::Corrupt { .. }), "{cut}: {refused:?}");
    }
}
