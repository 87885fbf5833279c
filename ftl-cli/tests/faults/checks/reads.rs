//! A portfolio is what the journal makes of it at its entry, and at least as new as it was asked to be. What was read of entries
//! that are named as lost was never kept.

use crate::journal::Final;
use crate::record::History;

pub fn check(journal: &Final, histories: &[History], named: &[(u64, u64)]) -> Vec<String> {
    let mut found = Vec::new();
    for read in histories.iter().flat_map(|history| &history.reads) {
        if read.body["seq"].as_u64().unwrap_or_default() < read.min_seq {
            found.push(format!("asked for entry {}, read {}", read.min_seq, read.body["seq"]));
        }
    }
    for (read, is) in &journal.misread {
        let seq = read.body["seq"].as_u64().unwrap_or_default();
        if !named.iter().any(|(first, last)| (*first..=*last).contains(&seq)) {
            found.push(format!("read {}, the journal makes it {is}", read.body));
        }
    }
    found
}
