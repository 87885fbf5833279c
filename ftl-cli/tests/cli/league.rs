use std::fs;
use std::path::{Path, PathBuf};

use ftl_core::id::Seq;
use ftl_core::journal::{ChainCheck, Journal};
use ftl_core::rulebook::Standard;
use ftl_core::state::State;
use ftl_store::data_dir::{DataDir, OpenOptions};
use ftl_store::snapshots::SnapshotHead;
use serde_json::json;

use crate::{code, ftl, object};

/// A played league in a directory of its own.
struct Played {
    _directory: tempfile::TempDir,
    root: PathBuf,
}

impl Played {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().to_path_buf();
        let played = Self { _directory: directory, root };
        let output = ftl(&["replay", "red-abandoned", "--bots", "30", "--seed", "7", "--data", &played.data(), "--json"]);
        assert_eq!(code(&output), Some(0), "{output:?}");
        played
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    fn data(&self) -> String {
        self.path("league").to_str().unwrap().to_owned()
    }
}

#[test]
fn a_played_league_is_sound_and_gives_the_same_again() {
    let played = Played::new();
    let audit = ftl(&["audit", "--data", &played.data(), "--json"]);
    let found = object(&audit);
    assert_eq!((code(&audit), &found["ok"]), (Some(0), &json!(true)), "{found}");
    let names: Vec<_> = found["checks"].as_array().unwrap().iter().map(|check| check["name"].as_str().unwrap()).collect();
    for name in ["chain", "database", "postings", "balances", "net-lots", "triggers", "margin", "rebuild", "snapshots", "history"] {
        assert!(names.contains(&name), "{name} of {names:?}");
    }
    let verify = object(&ftl(&["verify", "--data", &played.data(), "--json"]));
    assert_eq!((&verify["ok"], &verify["to"], &verify["mismatch"]), (&json!(true), &found["head"], &json!(null)));
    let part = object(&ftl(&["verify", "--data", &played.data(), "--from", "50", "--to", "90", "--json"]));
    assert_eq!(part["ok"], json!(true), "{part}");
    assert_eq!(code(&ftl(&["audit", "--data", &played.data(), "--at", "99999999"])), Some(1));
}

#[test]
fn a_flipped_byte_of_the_journal_is_found_and_named() {
    let played = Played::new();
    let journal = Path::new(&played.data()).join("journal.db");
    let mut bytes = fs::read(&journal).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x40;
    fs::write(&journal, bytes).unwrap();
    let audit = ftl(&["audit", "--data", &played.data(), "--json"]);
    assert_eq!((code(&audit), &object(&audit)["ok"]), (Some(1), &json!(false)));
    let verify = ftl(&["verify", "--data", &played.data()]);
    assert_eq!(code(&verify), Some(1), "{verify:?}");
}

#[test]
fn every_fill_has_a_receipt_that_agrees() {
    let played = Played::new();
    let fills = String::from_utf8(ftl(&["export", "fills", "--data", &played.data()]).stdout).unwrap();
    let rows: Vec<serde_json::Value> = fills.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let settled = rows.iter().rev().find(|row| row["order"].is_null()).unwrap();
    let output = ftl(&["verify", "--position", settled["position"].as_str().unwrap(), "--data", &played.data(), "--json"]);
    let receipts = object(&output);
    assert_eq!(code(&output), Some(0), "{receipts}");
    assert_eq!(receipts["receipts"].as_array().unwrap().len(), 2, "{receipts}");
    assert_eq!(receipts["receipts"][1]["arithmetic"]["computed"], settled["value"]);
}

#[test]
fn a_backup_restores_to_the_same_league() {
    let played = Played::new();
    let (backup, restored) = (played.path("backup"), played.path("restored"));
    let (backup, restored) = (backup.to_str().unwrap(), restored.to_str().unwrap());
    let manifest = object(&ftl(&["backup", backup, "--data", &played.data(), "--json"]));
    assert_eq!(object(&ftl(&["restore", backup, "--data", restored, "--json"])), manifest);
    let hash = |data: &str| object(&ftl(&["verify", "--data", data, "--json"]))["hash"].clone();
    assert_eq!(hash(restored), hash(&played.data()));
    assert_eq!(code(&ftl(&["restore", backup, "--data", restored])), Some(1));
    let snapshot = object(&ftl(&["snapshot", "--data", restored, "--json"]));
    assert_eq!(snapshot["hash"], hash(restored));
}

#[test]
fn things_are_shown_as_they_are_and_as_they_were() {
    let played = Played::new();
    let data = played.data();
    let instrument = object(&ftl(&["show", "instrument", "green-9", "--data", &data, "--json"]));
    assert!(instrument["mark"].is_string() && instrument["net"] == "0.00", "{instrument}");
    let before = object(&ftl(&["show", "fixture", "red-abandoned", "--at", "34", "--data", &data, "--json"]));
    assert_eq!((&before["phase"], &before["seq"]), (&json!("scheduled"), &json!(34)), "{before}");
    assert_eq!(code(&ftl(&["show", "instrument", "nobody", "--data", &data])), Some(1));
    assert_eq!(code(&ftl(&["show", "instrument", "green-9", "--data", played.path("nowhere").to_str().unwrap()])), Some(2));
}

/// Confirmed snapshots after these entries, or the ends of batches before them.
async fn leave_snapshots(data: &str, after: &[u64]) {
    let league = DataDir::at(data).open(OpenOptions::default()).await.unwrap();
    let batches = league.journal.read(Seq(0), usize::MAX).await.unwrap();
    let (mut state, mut journal) = (State::<Standard>::new(), ChainCheck::default());
    for batch in &batches {
        journal.follow(batch).unwrap();
        batch.entries().for_each(|entry| drop(state.apply(&entry)));
        let next = after.iter().position(|seq| (batch.first.0..=batch.last().0).contains(seq));
        if next.is_some() {
            let state_hash = state.hash();
            let head = SnapshotHead { journal: journal.clone(), state_hash };
            league.snapshots.write(&head, &state.snapshot().encode()).unwrap();
            league.snapshots.confirm(state.seq(), &state_hash).unwrap();
        }
    }
    league.close().await.unwrap();
}

#[test]
fn what_is_shown_of_the_past_does_not_depend_on_snapshots() {
    let played = Played::new();
    let data = played.data();
    let head = object(&ftl(&["show", "instrument", "green-9", "--data", &data, "--json"]))["seq"].as_u64().unwrap();
    let fills = String::from_utf8(ftl(&["export", "fills", "--data", &data]).stdout).unwrap();
    let fill: serde_json::Value = serde_json::from_str(fills.lines().nth(fills.lines().count() / 2).unwrap()).unwrap();
    let (account, position) = (fill["account"].as_str().unwrap(), fill["position"].as_str().unwrap());
    let mut moments: Vec<String> = (0..=12).map(|n| (head * n / 12).to_string()).collect();
    for n in [3, 6, 9] {
        let shown = object(&ftl(&["show", "instrument", "green-9", "--at", &moments[n], "--data", &data, "--json"]));
        moments.push(shown["at"].as_str().unwrap().to_owned());
    }
    let look = || {
        let mut seen = Vec::new();
        for at in &moments {
            for (what, id) in [("account", account), ("position", position), ("instrument", "green-9"), ("fixture", "red-abandoned")] {
                let output = ftl(&["show", what, id, "--at", at, "--data", &data, "--json"]);
                seen.push((at.clone(), what, code(&output), String::from_utf8(output.stdout).unwrap()));
            }
        }
        seen
    };
    let before = look();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(leave_snapshots(&data, &[head / 4, head / 2, head]));
    let last = before.iter().rfind(|(_, what, ..)| *what == "account").unwrap();
    assert!(last.3.contains(r#""week":{"begins":""#), "{}", last.3);
    assert!(before.iter().filter(|(_, _, code, _)| *code == Some(0)).count() > 30, "{before:?}");
    for (seen, then) in look().iter().zip(&before) {
        assert_eq!(seen, then);
    }
}

#[test]
fn a_second_league_in_a_directory_is_refused() {
    let played = Played::new();
    let again = ftl(&["replay", "red-abandoned", "--data", &played.data()]);
    assert_eq!(code(&again), Some(1));
    assert!(String::from_utf8_lossy(&again.stderr).contains("already"), "{again:?}");
}
