use std::fs;

use crate::{code, ftl, object};

fn hash(args: &[&str]) -> String {
    let output = ftl(args);
    assert_eq!(code(&output), Some(0), "{output:?}");
    object(&output)["hash"].as_str().unwrap().to_owned()
}

#[test]
fn one_seed_gives_one_hash_in_memory_on_disk_and_at_every_speed() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("league");
    let common = ["replay", "red-abandoned", "--bots", "30", "--json"];
    let with = |more: &[&str]| hash(&[&common[..], more].concat());
    let in_memory = with(&["--seed", "7"]);
    assert_eq!(in_memory.len(), 64);
    assert_eq!(with(&["--seed", "7", "--data", data.to_str().unwrap()]), in_memory);
    assert_eq!(with(&["--seed", "7", "--speed", "100000"]), in_memory);
    assert_ne!(with(&["--seed", "8"]), in_memory);
    assert_ne!(with(&["--seed", "7", "--rules", "classic"]), in_memory);
}

#[test]
fn a_file_is_played_and_plotted() {
    let directory = tempfile::tempdir().unwrap();
    let (file, plot) = (directory.path().join("match.json"), directory.path().join("prices.svg"));
    fs::write(&file, include_str!("../../../ftl-core/fixtures/var-takeback.json")).unwrap();
    let output = ftl(&["replay", file.to_str().unwrap(), "--plot", plot.to_str().unwrap(), "--json"]);
    assert_eq!(object(&output)["hash"], object(&ftl(&["replay", "var-takeback", "--json"]))["hash"]);
    assert!(fs::read_to_string(plot).unwrap().starts_with("<svg"));
}

#[test]
fn what_cannot_be_played_is_said_with_its_exit_code() {
    let unknown = ftl(&["replay", "wc1850-final"]);
    assert_eq!(code(&unknown), Some(2));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("wc2022-final"), "{unknown:?}");
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("match.json");
    fs::write(&file, "{\"id\": 3}").unwrap();
    let malformed = ftl(&["replay", file.to_str().unwrap()]);
    assert_eq!(code(&malformed), Some(1));
    assert!(String::from_utf8_lossy(&malformed.stderr).contains("id"), "{malformed:?}");
    assert_eq!(code(&ftl(&["replay", "wc2022-final", "--speed", "0"])), Some(2));
}

#[test]
fn bundled_matches_are_listed() {
    let listed = object(&ftl(&["replay", "--list", "--json"]));
    assert!(listed["sources"].as_array().unwrap().iter().any(|row| row["source"] == "wc2022-final"), "{listed}");
}
