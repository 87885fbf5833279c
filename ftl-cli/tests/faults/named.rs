//! Entries that the processes say are lost, out of their logs.

use serde_json::Value;

use crate::site::Site;

/// First and last of each loss.
pub async fn losses(site: &Site) -> Vec<(u64, u64)> {
    let mut found = Vec::new();
    for process in &site.processes {
        found.extend(process.lock().await.log().iter().filter_map(loss));
    }
    found.sort_unstable();
    found.dedup();
    found
}

fn loss(line: &Value) -> Option<(u64, u64)> {
    let fields = &line["fields"];
    match fields["message"].as_str()? {
        "acknowledged entries are lost" | "entries that were applied here are lost" => {
            Some((fields["first"].as_u64()?, fields["last"].as_u64()?))
        }
        _ => None,
    }
}

/// Processes that say that they have stopped, or panicked.
pub async fn stops(site: &Site) -> Vec<String> {
    let mut found = Vec::new();
    for process in &site.processes {
        let process = process.lock().await;
        let says = |line: &Value| line["fields"]["message"].as_str().is_some_and(|message| message == "the league has stopped");
        found.extend(process.log().iter().filter(|line| says(line)).map(|line| format!("{}: {line}", process.name)));
        let words = process.words();
        if words.contains("panicked") {
            found.push(format!("{}: {words}", process.name));
        }
    }
    found
}
