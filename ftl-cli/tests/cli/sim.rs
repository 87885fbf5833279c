use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::{code, ftl, object};

/// Two matches and forty traders: small, and everything is in it.
const SMALL: [&str; 6] = ["sim", "synthetic:2", "--accounts", "40", "--json", "--seed"];

fn sim(args: &[&str]) -> Value {
    let output = ftl(args);
    assert_eq!(code(&output), Some(0), "{output:?}");
    object(&output)
}

fn hash(args: &[&str]) -> String {
    sim(args)["hash"].as_str().unwrap().to_owned()
}

#[test]
fn one_seed_gives_one_season() {
    let of = |seed: &str, more: &[&str]| hash(&[&SMALL[..], &[seed], more].concat());
    let first = of("7", &[]);
    assert_eq!(first.len(), 64);
    assert_eq!(of("7", &[]), first);
    assert_ne!(of("8", &[]), first);
    assert_ne!(of("7", &["--rules", "classic"]), first);
    assert_ne!(of("7", &["--change", r#"{"margin": {"leverage": 20}}"#]), first);
}

#[test]
fn the_report_says_what_it_promises() {
    let report = sim(&[&SMALL[..], &["7"]].concat());
    for field in ["seed", "accounts", "seq", "orders", "fills", "washouts", "seconds", "commandsPerSecond", "peakRssMb"] {
        assert!(report[field].is_number(), "{field}: {report}");
    }
    for field in ["source", "rules", "hash", "badDebt", "house", "houseBound"] {
        assert!(report[field].is_string(), "{field}: {report}");
    }
    assert!(report["drift"]["mean"].is_number() && report["drift"]["stderr"].is_number(), "{report}");
    let wealth = &report["wealth"];
    assert!(wealth["p1"].is_string() && wealth["p50"].is_string() && wealth["p99"].is_string() && wealth["gini"].is_number(), "{report}");
    assert_eq!((report["source"].as_str(), report["matches"].as_u64()), (Some("synthetic:2"), Some(2)));
    assert_eq!(report["redTeam"].as_array().unwrap().len(), 28, "the whole red team is among them");
    assert!(report["orders"].as_u64().unwrap() > 40 * 2 * 4, "{report}");
}

#[test]
fn a_kept_season_is_audited_and_verified_with_its_hash() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("season");
    let data = data.to_str().unwrap();
    let kept = sim(&[&SMALL[..], &["7", "--out", data]].concat());
    assert_eq!(kept["hash"].as_str().unwrap(), hash(&[&SMALL[..], &["7"]].concat()));
    let audit = ftl(&["audit", "--data", data, "--json"]);
    assert_eq!(code(&audit), Some(0), "{audit:?}");
    assert_eq!(object(&audit)["head"], kept["seq"]);
    let verify = ftl(&["verify", "--data", data, "--json"]);
    assert_eq!((code(&verify), object(&verify)["hash"].clone()), (Some(0), kept["hash"].clone()), "{verify:?}");
    // A directory that holds a league is not written over.
    assert_eq!(code(&ftl(&[&SMALL[..], &["7", "--out", data]].concat())), Some(1));
}

/// Every file under a directory with its bytes; what readers of SQLite leave beside a database does not count.
fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut ahead = vec![directory.to_owned()];
    while let Some(next) = ahead.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            let name = path.to_str().unwrap().to_owned();
            if path.is_dir() {
                ahead.push(path);
            } else if !name.ends_with("-shm") && !name.ends_with("-wal") {
                all.insert(name, fs::read(path).unwrap());
            }
        }
    }
    all
}

#[test]
fn a_league_is_played_again_and_stays_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let league = directory.path().join("league");
    let data = league.to_str().unwrap();
    assert_eq!(code(&ftl(&["replay", "var-takeback", "--bots", "10", "--data", data])), Some(0));
    let (before, head) = (files(&league), object(&ftl(&["verify", "--data", data, "--json"])));
    let report = sim(&["sim", data, "--accounts", "40", "--seed", "3", "--json"]);
    assert_eq!(report["matches"], 1);
    assert_eq!(report["goals"], sim(&["sim", "var-takeback", "--accounts", "0", "--json"])["goals"]);
    assert_eq!(object(&ftl(&["verify", "--data", data, "--json"])), head);
    assert!(files(&league) == before, "the league's files have changed");
}

const CUP: &str = r#"{"name": "Cup 2030", "matches": [
    {"date": "2030-06-01", "time": "18:00", "team1": "Alpha", "team2": "Beta", "score": {"ft": [2, 1]},
     "goals1": [{"name": "Ann One", "minute": 12}, {"name": "Ann One", "minute": 80, "penalty": true}],
     "goals2": [{"name": "Bea Two", "minute": 45, "offset": 2}]},
    {"date": "2030-06-02", "time": "18:00", "team1": "Gamma", "team2": "Delta", "score": {"ft": [0, 1]},
     "goals1": [], "goals2": [{"name": "Dot Four", "minute": 90, "offset": 3}]}]}"#;

#[test]
fn a_tournament_is_played_whole_and_one_without_footballers_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let file = directory.path().join(name);
        fs::write(&file, text).unwrap();
        file.to_str().unwrap().to_owned()
    };
    let report = sim(&["sim", &write("cup.json", CUP), "--accounts", "30", "--json"]);
    assert_eq!((report["matches"].as_u64(), report["goals"].as_u64()), (Some(2), Some(4)), "{report}");

    let scores = r#"{"name": "Cup", "matches": [{"date": "2030-06-01", "team1": "Alpha", "team2": "Beta", "score": {"ft": [2, 1]}}]}"#;
    let refused = ftl(&["sim", &write("scores.json", scores), "--accounts", "30"]);
    assert_eq!(code(&refused), Some(1), "{refused:?}");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("no instruments"), "{refused:?}");
}

#[test]
fn a_season_without_traders_shows_how_prices_move() {
    let report = sim(&["sim", "synthetic:20", "--accounts", "0", "--json"]);
    assert_eq!((report["orders"].as_u64(), report["accounts"].as_u64()), (Some(0), Some(0)));
    let (mean, stderr) = (report["drift"]["mean"].as_f64().unwrap(), report["drift"]["stderr"].as_f64().unwrap());
    assert!(stderr > 0.0 && mean.abs() < 4.0 * stderr, "{report}");
    assert!(report["volatility"]["forward"]["perMatch"].as_f64().unwrap() > 0.04, "{report}");
}

#[test]
fn plots_are_drawn() {
    let directory = tempfile::tempdir().unwrap();
    let plots = directory.path().join("plots");
    sim(&[&SMALL[..], &["7", "--plot", plots.to_str().unwrap()]].concat());
    for name in ["prices", "wealth", "lorenz", "house", "mark-outs", "washouts"] {
        let svg = fs::read_to_string(plots.join(format!("{name}.svg"))).unwrap();
        assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"), "{name}");
    }
}

#[test]
fn what_cannot_be_played_is_said_with_its_exit_code() {
    for (args, expected) in [(["sim", "synthetic:none"], 2), (["sim", "wc1850-final"], 2)] {
        assert_eq!(code(&ftl(&args)), Some(expected), "{args:?}");
    }
    assert_eq!(code(&ftl(&["sim", "synthetic:1", "--change", "{\"lots\": 3}"])), Some(1));
    let unfounded = ftl(&["sim", "synthetic:1", "--accounts", "5", "--change", r#"{"margin": {"leverage": 0}}"#]);
    assert_eq!(code(&unfounded), Some(1), "{unfounded:?}");
}
