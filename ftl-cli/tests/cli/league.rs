use std::fs;
use std::path::{Path, PathBuf};

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

#[test]
fn a_second_league_in_a_directory_is_refused() {
    let played = Played::new();
    let again = ftl(&["replay", "red-abandoned", "--data", &played.data()]);
    assert_eq!(code(&again), Some(1));
    assert!(String::from_utf8_lossy(&again.stderr).contains("already"), "{again:?}");
}
