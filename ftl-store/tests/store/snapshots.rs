//! Snapshots: written whole, confirmed, kept by threes, refused when damaged.

use ftl_core::hash::Hash;
use ftl_core::id::Seq;
use ftl_core::journal::{ChainCheck, Tip};
use ftl_store::snapshots::{SnapshotError, SnapshotHead, Snapshots};

fn head(seq: u64) -> SnapshotHead {
    let journal = ChainCheck { tip: Tip { seq: Seq(seq), ..Tip::default() }, ..ChainCheck::default() };
    SnapshotHead { journal, state_hash: Hash::of(&seq.to_be_bytes()) }
}

fn write(snapshots: &Snapshots, seq: u64) -> std::path::PathBuf {
    snapshots.write(&head(seq), format!("state at {seq}").as_bytes()).unwrap()
}

fn confirmed(snapshots: &Snapshots, seq: u64) {
    write(snapshots, seq);
    snapshots.confirm(Seq(seq), &head(seq).state_hash).unwrap();
}

fn directory() -> (tempfile::TempDir, Snapshots) {
    let dir = tempfile::tempdir().unwrap();
    let snapshots = Snapshots::at(dir.path().join("snapshots"));
    (dir, snapshots)
}

#[test]
fn a_league_without_snapshots_replays_from_the_start() {
    let (_dir, snapshots) = directory();
    let load = snapshots.load(Seq(100)).unwrap();
    assert!(load.snapshot.is_none() && load.refused.is_empty());
}

#[test]
fn a_snapshot_counts_once_it_is_confirmed() {
    let (_dir, snapshots) = directory();
    write(&snapshots, 10);
    assert!(snapshots.load(Seq(100)).unwrap().snapshot.is_none());
    snapshots.confirm(Seq(10), &head(10).state_hash).unwrap();
    let loaded = snapshots.load(Seq(100)).unwrap().snapshot.unwrap();
    assert_eq!((loaded.head, loaded.bytes.as_slice()), (head(10), &b"state at 10"[..]));
}

#[test]
fn another_hash_at_the_same_seq_is_a_divergence() {
    let (_dir, snapshots) = directory();
    write(&snapshots, 10);
    let other = Hash::of(b"other");
    assert!(matches!(snapshots.confirm(Seq(10), &other), Err(SnapshotError::Diverged { .. })));
    assert!(snapshots.load(Seq(100)).unwrap().snapshot.is_none());
    assert!(matches!(snapshots.confirm(Seq(11), &other), Err(SnapshotError::Missing(Seq(11)))));
}

#[test]
fn the_last_three_confirmed_are_kept() {
    let (_dir, snapshots) = directory();
    write(&snapshots, 5);
    (1..=5).for_each(|n| confirmed(&snapshots, n * 10));
    write(&snapshots, 60);
    assert_eq!(snapshots.confirmed().unwrap(), [Seq(50), Seq(40), Seq(30)]);
    assert_eq!(snapshots.unconfirmed().unwrap(), [Seq(60)]);
}

#[test]
fn a_damaged_or_cut_snapshot_is_named_and_an_older_one_is_used() {
    let (dir, snapshots) = directory();
    (1..=3).for_each(|n| confirmed(&snapshots, n * 10));
    let newest = dir.path().join("snapshots").join(format!("snapshot-{:020}.bin", 30));
    let sound = std::fs::read(&newest).unwrap();
    for position in 0..sound.len() {
        let mut damaged = sound.clone();
        damaged[position] ^= 0x40;
        std::fs::write(&newest, &damaged).unwrap();
        let load = snapshots.load(Seq(100)).unwrap();
        assert_eq!(load.snapshot.unwrap().head, head(20), "flipped at {position}");
        assert_eq!(load.refused[0].path, newest);
        std::fs::write(&newest, &sound[..position]).unwrap();
        let load = snapshots.load(Seq(100)).unwrap();
        assert_eq!(load.snapshot.unwrap().head, head(20), "cut at {position}");
        // Never repaired, never removed.
        assert_eq!(std::fs::read(&newest).unwrap(), sound[..position]);
    }
}

#[test]
fn a_snapshot_of_another_version_is_passed_over_and_says_so() {
    let (dir, snapshots) = directory();
    confirmed(&snapshots, 10);
    let path = dir.path().join("snapshots").join(format!("snapshot-{:020}.bin", 10));
    let mut older = std::fs::read(&path).unwrap();
    older[7] = b'1';
    std::fs::write(&path, &older).unwrap();
    let load = snapshots.load(Seq(100)).unwrap();
    assert!(load.snapshot.is_none());
    let why = load.refused[0].why.to_string();
    assert_eq!(why, "the snapshot is of version 1, this program's are of version 4: the journal is replayed instead");
}

#[test]
fn a_snapshot_of_entries_that_the_journal_does_not_have_is_not_used() {
    let (_dir, snapshots) = directory();
    confirmed(&snapshots, 10);
    confirmed(&snapshots, 20);
    let load = snapshots.load(Seq(15)).unwrap();
    assert_eq!(load.snapshot.unwrap().head, head(10));
    assert_eq!(load.refused.len(), 1);
}

#[test]
fn a_renamed_snapshot_is_not_taken_for_another() {
    let (dir, snapshots) = directory();
    confirmed(&snapshots, 10);
    let name = |seq: u64| dir.path().join("snapshots").join(format!("snapshot-{seq:020}.bin"));
    std::fs::rename(name(10), name(12)).unwrap();
    let load = snapshots.load(Seq(100)).unwrap();
    assert!(load.snapshot.is_none() && load.refused.len() == 1);
}
