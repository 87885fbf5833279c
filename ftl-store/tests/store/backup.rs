//! Backups taken while a league serves, and what a restore refuses.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ftl_core::command::AccountKind;
use ftl_core::hash::Hash;
use ftl_core::id::{District, Seq};
use ftl_core::journal::{ChainCheck, Journal, Tip};
use ftl_core::projection::Projections;
use ftl_core::time::At;
use ftl_store::backup::{BackupError, backup, restore};
use ftl_store::data_dir::{DataDir, OpenError};
use ftl_store::identity::{Identities, NewIdentity};
use ftl_store::quarantine::{self, Quarantined};
use ftl_store::snapshots::SnapshotHead;
use tempfile::TempDir;

use crate::league::{append_one, commands, fill, found, open, read_all};

/// A league with something of everything, and its backup.
async fn backed_up() -> (TempDir, TempDir) {
    let (dir, league) = found().await;
    fill(&league.journal, 20, 8).await;
    league.projections.write(Seq(0), Seq(100), Vec::new()).await.unwrap();
    let person = NewIdentity { name: "player-1".into(), district: District::from("A"), kind: AccountKind::Human };
    league.identities.find_or_create(&[person], At(1)).await.unwrap();
    let journal = ChainCheck { tip: Tip { seq: Seq(80), ..Tip::default() }, ..ChainCheck::default() };
    let head = SnapshotHead { journal, state_hash: Hash::of(b"state") };
    league.snapshots.write(&head, b"state").unwrap();
    league.snapshots.confirm(Seq(80), &head.state_hash).unwrap();
    let set_aside = [Quarantined { seq: Seq(12), reason: "panics".into() }];
    quarantine::write(&DataDir::at(dir.path()).quarantine(), &set_aside).unwrap();
    let target = tempfile::tempdir().unwrap();
    let manifest = backup(&DataDir::at(dir.path()), target.path(), At(9)).await.unwrap();
    assert_eq!((manifest.head, manifest.taken_at), (Seq(160), At(9)));
    league.close().await.unwrap();
    (dir, target)
}

#[tokio::test]
async fn a_restored_league_is_the_one_that_was_backed_up() {
    let (dir, target) = backed_up().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let restored = elsewhere.path().join("league");
    restore(target.path(), &DataDir::at(&restored)).await.unwrap();

    let (league, original) = (open(&restored).await.unwrap(), open(dir.path()).await.unwrap());
    assert_eq!(read_all(&league.journal).await, read_all(&original.journal).await);
    assert_eq!(league.meta, original.meta);
    assert_eq!(league.projections.watermark().await.unwrap(), Seq(100));
    assert_eq!(league.identities.list(None, 10).await.unwrap(), original.identities.list(None, 10).await.unwrap());
    assert_eq!(league.snapshots.load(Seq(160)).unwrap().snapshot.unwrap().bytes, b"state");
    assert_eq!(league.journal.quarantined().await.unwrap(), [Quarantined { seq: Seq(12), reason: "panics".into() }]);
    assert_eq!(append_one(&league.journal).await.first, Seq(161));
    assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 1, "something was left beside it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_taken_while_entries_arrive_is_whole() {
    let (dir, league) = found().await;
    fill(&league.journal, 5, 8).await;
    let (journal, done) = (league.journal.clone(), Arc::new(AtomicBool::new(false)));
    let stop = done.clone();
    let writer = tokio::spawn(async move {
        let mut appended = 0;
        while !stop.load(Ordering::SeqCst) {
            let seen = journal.head().await.unwrap();
            journal.append(seen, Some(At(5_000)), commands(0..8)).await.unwrap();
            appended += 8;
        }
        appended
    });
    for _ in 0..3 {
        let (target, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let manifest = backup(&DataDir::at(dir.path()), target.path(), At(9)).await.unwrap();
        restore(target.path(), &DataDir::at(elsewhere.path())).await.unwrap();
        let restored = open(elsewhere.path()).await.unwrap();
        assert_eq!(restored.journal.head().await.unwrap().seq, manifest.head);
        assert!(read_all(&league.journal).await.starts_with(&read_all(&restored.journal).await));
    }
    done.store(true, Ordering::SeqCst);
    assert!(writer.await.unwrap() > 0);
}

#[tokio::test]
async fn a_backup_with_a_flipped_byte_in_any_file_is_refused() {
    let (_dir, target) = backed_up().await;
    let manifest: serde_json::Value = serde_json::from_slice(&std::fs::read(target.path().join("manifest.json")).unwrap()).unwrap();
    let files = manifest["files"].as_array().unwrap();
    assert_eq!(files.len(), 6, "{files:?}");
    for file in files {
        let path = target.path().join(file["path"].as_str().unwrap());
        let sound = std::fs::read(&path).unwrap();
        let mut damaged = sound.clone();
        let middle = damaged.len() / 2;
        damaged[middle] ^= 1;
        std::fs::write(&path, &damaged).unwrap();
        refuse(&target).await;
        std::fs::remove_file(&path).unwrap();
        refuse(&target).await;
        std::fs::write(&path, &sound).unwrap();
    }
}

async fn refuse(target: &TempDir) {
    let elsewhere = tempfile::tempdir().unwrap();
    let refused = restore(target.path(), &DataDir::at(elsewhere.path().join("league"))).await.unwrap_err();
    assert!(matches!(refused, BackupError::Changed { .. }), "{refused}");
    assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 0, "something was left there");
}

#[tokio::test]
async fn a_directory_that_is_not_empty_is_neither_backed_up_to_nor_restored_to() {
    let (dir, target) = backed_up().await;
    let refused = backup(&DataDir::at(dir.path()), target.path(), At(9)).await.unwrap_err();
    assert!(matches!(refused, BackupError::NotEmpty(_)), "{refused}");
    let refused = restore(target.path(), &DataDir::at(dir.path())).await.unwrap_err();
    assert!(matches!(refused, BackupError::NotEmpty(_)), "{refused}");
    open(dir.path()).await.unwrap();
}

#[tokio::test]
async fn what_is_no_whole_backup_is_not_restored() {
    let (_dir, target) = backed_up().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let manifest = target.path().join("manifest.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    let cases = [
        text.replace("\"format\": 1", "\"format\": 2"),
        text.replace("accounts.db", "../accounts.db"),
        text.replace("\"head\": 160", "\"head\": 159"),
        text[..text.len() / 2].to_owned(),
    ];
    for case in cases {
        std::fs::write(&manifest, &case).unwrap();
        restore(target.path(), &DataDir::at(elsewhere.path().join("league"))).await.unwrap_err();
    }
    std::fs::remove_file(&manifest).unwrap();
    let refused = restore(target.path(), &DataDir::at(elsewhere.path().join("league"))).await.unwrap_err();
    assert!(matches!(refused, BackupError::NoBackup { .. }), "{refused}");
    assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_league_that_lost_its_tail_is_not_backed_up() {
    let (dir, league) = found().await;
    fill(&league.journal, 4, 2).await;
    league.close().await.unwrap();
    let earlier = std::fs::read(dir.path().join("journal.db")).unwrap();
    let league = open(dir.path()).await.unwrap();
    fill(&league.journal, 4, 2).await;
    league.close().await.unwrap();
    std::fs::write(dir.path().join("journal.db"), earlier).unwrap();
    let target = tempfile::tempdir().unwrap();
    let refused = backup(&DataDir::at(dir.path()), target.path(), At(9)).await.unwrap_err();
    assert!(matches!(refused, BackupError::League(OpenError::LostTail { .. })), "{refused}");
    assert!(!target.path().join("manifest.json").exists());
}
