use serde_json::{Value, json};

use crate::{code, ftl, object};

/// One row, a thousandth of its size.
fn row(name: &str, seed: &str) -> Value {
    let output = ftl(&["bench", name, "--divide", "1000", "--seed", seed, "--json"]);
    assert_eq!(code(&output), Some(0), "{output:?}");
    let printed = object(&output);
    let rows = printed["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 1, "{printed}");
    assert_eq!(rows[0]["name"], name);
    rows[0].clone()
}

#[test]
fn what_is_measured_is_accepted_and_gives_the_same_hash_again() {
    let uniform = row("apply-100k-uniform", "7");
    let detail = &uniform["detail"];
    assert_eq!(detail["accepted"], detail["commands"], "{uniform}");
    assert_eq!(detail["hash"], row("apply-100k-uniform", "7")["detail"]["hash"]);
    assert_ne!(detail["hash"], row("apply-100k-uniform", "8")["detail"]["hash"]);
    assert_ne!(detail["hash"], row("apply-100k-zipf", "7")["detail"]["hash"]);
    let (value, baseline) = (uniform["value"].as_f64().unwrap(), uniform["baseline"].as_f64().unwrap());
    assert!((uniform["ratio"].as_f64().unwrap() - value / baseline).abs() < 1e-9, "{uniform}");
}

#[test]
fn every_row_is_listed_and_an_unknown_one_is_refused() {
    let listed = object(&ftl(&["bench", "--list", "--json"]));
    let names: Vec<&str> = listed["benchmarks"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect();
    let all = [
        "apply-100k-uniform",
        "apply-100k-zipf",
        "apply-1m-uniform",
        "apply-1m-zipf",
        "price-change",
        "margin-ticks",
        "washout-10k",
        "washout-100k",
        "http-closed-loop",
        "http-open-loop",
        "http-overload",
        "memory-1m",
        "ranks-1m",
        "reference-everysec",
        "reference-always",
        "reference-flushed",
        "reference-redis-core",
        "shared-journal-everysec",
        "shared-journal-always",
        "shared-journal-postgres",
        "shared-applied-redis",
        "shared-applied-postgres",
        "shared-flusher",
        "shared-start-1m",
        "ws-fan-out-1k",
        "ws-fan-out-5k",
        "ws-crates",
        "ws-last-of-5k",
        "ws-idle",
        "ws-slow-readers",
        "ws-storm",
        "sim-64-matches",
        "audit-10m",
    ];
    assert_eq!(names, all);
    assert_eq!(code(&ftl(&["bench", "no-such-row"])), Some(2));
}

#[test]
fn all_rows_run_in_processes_of_their_own_and_are_recorded() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("run.json");
    let output = ftl(&["bench", "--divide", "1000", "--record", file.to_str().unwrap(), "--json"]);
    assert_eq!(code(&output), Some(0), "{output:?}");
    let record: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    assert_eq!(record["rows"], object(&output)["rows"]);
    let listed = object(&ftl(&["bench", "--list", "--json"]));
    let names = |rows: &Value| -> Vec<Value> { rows.as_array().unwrap().iter().map(|row| row["name"].clone()).collect() };
    assert_eq!(names(&record["rows"]), names(&listed["benchmarks"]));
    for row in record["rows"].as_array().unwrap() {
        assert!(row["ratio"].is_number() && row["detail"]["met"].is_boolean(), "{row}");
    }
    assert_ne!(record["machine"]["cores"], json!(null));
    let text = ftl(&["bench", "apply-100k-zipf", "--divide", "1000"]);
    assert!(String::from_utf8(text.stdout).unwrap().lines().all(|line| line.chars().count() <= 80));
}
