use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::serving::{Serving, TOKEN};
use crate::{code, ftl, object};

/// A file of these tests.
fn own(name: &str) -> String {
    format!("{}/tests/cli/openfootball/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// An import that succeeds.
fn import(file: &str, squads: Option<&str>, data: &Path) -> Value {
    let mut args = vec!["import", "openfootball", file, "--data", data.to_str().unwrap(), "--json"];
    args.extend(squads.iter().flat_map(|squads| ["--squads", squads]));
    let output = ftl(&args);
    assert_eq!(code(&output), Some(0), "{output:?}");
    object(&output)
}

fn audited(data: &Path) {
    let audit = ftl(&["audit", "--data", data.to_str().unwrap(), "--json"]);
    assert_eq!((code(&audit), &object(&audit)["ok"]), (Some(0), &json!(true)), "{}", object(&audit));
}

/// Matches with a result and named goals of a file, counted without any of our parser.
fn counted(file: &str) -> (usize, usize, usize) {
    let value: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let rows: Vec<&Value> = match &value["matches"] {
        Value::Array(rows) => rows.iter().collect(),
        _ => value["rounds"].as_array().unwrap().iter().flat_map(|round| round["matches"].as_array().unwrap()).collect(),
    };
    let played: Vec<&&Value> =
        rows.iter().filter(|row| row["score"].is_object() || row["score"].is_array() || row["score1"].is_u64()).collect();
    let named = |row: &Value| ["goals1", "goals2"].iter().filter_map(|list| row[list].as_array()).map(Vec::len).sum::<usize>();
    let scored = |row: &Value| {
        let score = [&row["score"]["et"], &row["score"]["ft"], &row["score"]].into_iter().find(|score| score.is_array());
        score.map_or(0, |score| score.as_array().unwrap().iter().filter_map(Value::as_u64).sum())
    };
    let score_only = played.iter().filter(|row| named(row) == 0 && scored(row) > 0).count();
    (played.len(), played.iter().map(|row| named(row)).sum(), score_only)
}

#[test]
fn a_tournament_makes_a_league_and_again_appends_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("league");
    let (cup, squads) = (own("cup.json"), own("squads.json"));
    let first = import(&cup, Some(&squads), &data);
    let (matches, goals, score_only) = counted(&cup);
    assert_eq!((matches, goals, score_only), (4, 7, 1));
    assert_eq!(
        json!([
            first["tournament"],
            first["matches"],
            first["goals"],
            first["scoreOnly"],
            first["instruments"],
            first["notPlayed"],
            first["cancelled"]
        ]),
        json!(["Cup 2030", matches, goals, score_only, 7, 1, 1])
    );
    assert!(first["seqAfter"].as_u64() > first["seqBefore"].as_u64(), "{first}");
    assert_eq!(first["warnings"].as_array().unwrap().len(), 1, "{first}");
    let again = import(&cup, Some(&squads), &data);
    assert_eq!((&again["seqBefore"], &again["seqAfter"]), (&first["seqAfter"], &first["seqAfter"]), "{again}");
    assert_eq!((&again["matches"], &again["goals"], &again["instruments"]), (&first["matches"], &first["goals"], &first["instruments"]));
    audited(&data);

    // Another tournament: who is known keeps his slug.
    let older = import(&own("cup-older-form.json"), None, &data);
    assert_eq!(json!([older["matches"], older["goals"], older["instruments"]]), json!([1, 3, 3]));
    let shown = ftl(&["show", "fixture", "2026-07-19-united-states-redland", "--data", data.to_str().unwrap(), "--json"]);
    assert_eq!(object(&shown)["phase"], "finalised", "{shown:?}");
    let baker = object(&ftl(&["show", "instrument", "able-baker", "--data", data.to_str().unwrap(), "--json"]));
    assert_eq!(baker["playsAs"], "defender", "{baker}");
    audited(&data);
    let verify = object(&ftl(&["verify", "--data", data.to_str().unwrap(), "--json"]));
    assert_eq!(verify["ok"], json!(true), "{verify}");
}

#[test]
fn one_match_of_a_tournament_is_replayed() {
    let played = ftl(&["replay", &own("cup.json"), "--match", "2", "--bots", "5", "--seed", "1", "--json"]);
    assert_eq!((code(&played), &object(&played)["fixture"]), (Some(0), &json!("2030-07-15-redland-blueland")), "{played:?}");
    for number in ["0", "4"] {
        let refused = ftl(&["replay", &own("cup.json"), "--match", number]);
        assert!(String::from_utf8_lossy(&refused.stderr).contains("--match 1 to --match 3"), "{refused:?}");
        assert_eq!(code(&refused), Some(1));
    }
}

#[test]
fn a_changed_file_becomes_corrections() {
    let directory = tempfile::tempdir().unwrap();
    let (data, changed) = (directory.path().join("league"), directory.path().join("changed.json"));
    let first = import(&own("cup.json"), None, &data);
    let text = fs::read_to_string(own("cup.json")).unwrap();
    let text = text
        .replace("\"minute\": \"12\", \"penalty\": true", "\"minute\": \"14\"")
        .replace("\"Doe\", \"minute\": 118", "\"Roe\", \"minute\": 118");
    fs::write(&changed, text).unwrap();
    let second = import(changed.to_str().unwrap(), None, &data);
    assert_eq!((&second["corrections"], &second["added"]), (&json!(2), &json!(0)), "{second}");
    assert_eq!(second["seqAfter"].as_u64(), first["seqAfter"].as_u64().map(|seq| seq + 2));
    let third = import(changed.to_str().unwrap(), None, &data);
    assert_eq!(third["seqAfter"], second["seqAfter"]);
    audited(&data);
}

#[test]
fn a_malformed_file_changes_nothing_and_is_told_with_line_and_field() {
    let directory = tempfile::tempdir().unwrap();
    let (data, broken) = (directory.path().join("league"), directory.path().join("broken.json"));
    fs::write(&broken, fs::read_to_string(own("cup.json")).unwrap().replace("\"40\"", "\"forty\"")).unwrap();
    let refused = ftl(&["import", "openfootball", broken.to_str().unwrap(), "--data", data.to_str().unwrap()]);
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(code(&refused), Some(1), "{text}");
    assert!(text.contains("line 9") && text.contains("matches[0].goals2[0].minute"), "{text}");
    assert!(!data.exists(), "not even a league");
    let missing = ftl(&["import", "openfootball", "/nowhere.json", "--data", data.to_str().unwrap()]);
    assert_eq!(code(&missing), Some(2));
}

#[test]
fn a_league_whose_time_is_supplied_takes_an_import() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("league");
    let played = ftl(&["replay", "red-abandoned", "--bots", "10", "--seed", "7", "--data", data.to_str().unwrap(), "--json"]);
    assert_eq!(code(&played), Some(0));
    let first = import(&own("cup.json"), None, &data);
    assert_eq!(first["seqBefore"], object(&played)["seq"]);
    assert_eq!(import(&own("cup.json"), None, &data)["seqAfter"], first["seqAfter"]);
    audited(&data);
}

#[test]
fn a_server_that_holds_the_league_is_named_and_takes_the_import() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("league");
    let server = Serving::start(&data);
    let held = ftl(&["import", "openfootball", &own("cup.json"), "--data", data.to_str().unwrap()]);
    let text = String::from_utf8_lossy(&held.stderr).into_owned();
    assert_eq!(code(&held), Some(2), "{text}");
    assert!(text.contains("--url"), "{text}");
    let through = || {
        let (file, squads) = (own("cup.json"), own("squads.json"));
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_ftl"))
            .args(["import", "openfootball", &file, "--squads", &squads, "--url", &server.url, "--json"])
            .env("OPERATOR_TOKEN", TOKEN)
            .output()
            .unwrap();
        assert_eq!(code(&output), Some(0), "{output:?}");
        object(&output)
    };
    let first = through();
    assert_eq!(json!([first["matches"], first["goals"], first["instruments"]]), json!([4, 7, 7]));
    assert_eq!(through()["seqAfter"], first["seqAfter"]);
    server.stop();
    audited(&data);
}

/// Files of the openfootball project that lie beside the repository, where they do: the product ships none.
fn shared() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    path.is_dir().then_some(path)
}

#[test]
fn the_projects_own_files_import_twice_counted_as_they_are_and_audited() {
    let Some(shared) = shared() else {
        eprintln!("no files of the openfootball project lie in ../shared/data: this test has looked at none");
        return;
    };
    let mut files: Vec<PathBuf> = fs::read_dir(&shared).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "json") && !path.to_str().unwrap().contains("squads"));
    files.sort();
    assert!(!files.is_empty());
    let squads = shared.join("openfootball-worldcup-2026-squads.json");
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("league");
    let mut seqs = BTreeSet::new();
    for round in 0..2 {
        for path in &files {
            let file = path.to_str().unwrap();
            let squads = file.contains("2026").then(|| squads.to_str().unwrap());
            let imported = import(file, squads, &data);
            let (matches, goals, score_only) = counted(file);
            let found = json!([imported["matches"], imported["goals"], imported["refused"]]);
            assert_eq!(found, json!([matches, goals, 0]), "{file}: {imported}");
            assert!(imported["scoreOnly"].as_u64().unwrap() >= score_only as u64, "{file}: {imported}");
            if round == 1 {
                assert_eq!(imported["seqBefore"], imported["seqAfter"], "{file}");
            }
            seqs.insert(imported["seqAfter"].as_u64().unwrap());
        }
    }
    audited(&data);
}
