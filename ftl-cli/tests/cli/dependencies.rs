use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

/// What a crate depends on, tests apart.
fn dependencies_of(name: &str) -> BTreeSet<String> {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    let arguments = ["metadata", "--format-version", "1", "--no-deps", "--offline", "--manifest-path", manifest];
    let output = Command::new(env!("CARGO")).args(arguments).output().unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let package = metadata["packages"].as_array().unwrap().iter().find(|package| package["name"] == name).unwrap();
    let normal = package["dependencies"].as_array().unwrap().iter().filter(|dependency| dependency["kind"].is_null());
    normal.map(|dependency| dependency["name"].as_str().unwrap().to_owned()).collect()
}

fn ours(name: &str) -> Vec<String> {
    dependencies_of(name).into_iter().filter(|dependency| dependency.starts_with("ftl-")).collect()
}

#[test]
fn dependencies_point_one_way() {
    assert_eq!(ours("ftl-core"), Vec::<String>::new());
    assert_eq!(ours("ftl-store"), ["ftl-core"]);
    assert_eq!(ours("ftl-server"), ["ftl-core", "ftl-store"]);
    assert_eq!(ours("ftl-cli"), ["ftl-core", "ftl-server", "ftl-store", "ftl-workload"]);
    assert_eq!(ours("ftl-workload"), ["ftl-core"]);
    assert_eq!(ours("ftl-examples"), ["ftl-core"]);
}

#[test]
fn the_core_knows_no_socket_no_database_no_runtime() {
    let core = dependencies_of("ftl-core");
    for foreign in ["tokio", "sqlx", "axum", "hyper", "redis", "reqwest", "getrandom", "rand", "chrono", "tracing"] {
        assert!(!core.contains(foreign), "ftl-core depends on {foreign}");
    }
    assert!(!dependencies_of("ftl-store").contains("axum"));
}
