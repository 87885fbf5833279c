//! `ftl audit` finds nothing, in the journal and in what the projections hold.

use std::process::Command;

use serde_json::Value;

pub fn check(database_url: &str) -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_ftl"))
        .args(["audit", "--database-url", database_url, "--json"])
        .env_remove("FTL_DATA")
        .env_remove("LEAGUE")
        .output()
        .unwrap();
    let said: Value = match serde_json::from_slice(&output.stdout) {
        Ok(said) => said,
        Err(error) => return vec![format!("{error}: {}", String::from_utf8_lossy(&output.stderr))],
    };
    let checks = said["checks"].as_array().cloned().unwrap_or_default();
    let mut found: Vec<String> = checks
        .iter()
        .filter(|check| check["ok"] != true)
        .map(|check| {
            let violations = check["violations"].as_array().map(Vec::as_slice).unwrap_or_default();
            format!("{}: {} violations, {:?}", check["name"], violations.len(), &violations[..violations.len().min(3)])
        })
        .collect();
    if said["ok"] != true && found.is_empty() {
        found.push(said.to_string());
    }
    found
}
