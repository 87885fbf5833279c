//! A writer killed at random moments: everything that it acknowledged is there, and everything links.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ftl_core::hash::Hash;
use ftl_core::id::Seq;
use ftl_core::journal::{ChainCheck, Journal};
use ftl_core::time::At;

use crate::league::{commands, found, open, read_all};

const DIRECTORY: &str = "FTL_STORE_TEST_KILLED_DIRECTORY";
const ROUNDS: u64 = 20;

/// The writer: told a directory, it appends until it is killed. Without one there is nothing to do.
#[tokio::test]
async fn writer_that_is_going_to_be_killed() {
    let Some(dir) = std::env::var_os(DIRECTORY) else { return };
    let league = open(dir.as_ref()).await.unwrap();
    let mut out = std::io::stdout().lock();
    for n in 0u64.. {
        let seen = league.journal.head().await.unwrap();
        let size = 1 + n % 40;
        let appended = league.journal.append(seen, Some(At(5_000)), commands(n * 64..n * 64 + size)).await.unwrap();
        writeln!(out, "acknowledged {} {}", appended.first.0, appended.last.0).unwrap();
        out.flush().unwrap();
    }
}

#[tokio::test]
async fn whatever_a_killed_writer_acknowledged_is_there() {
    let (dir, league) = found().await;
    league.close().await.unwrap();
    let mut before = Vec::new();
    for round in 0..ROUNDS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "killed::writer_that_is_going_to_be_killed", "--nocapture", "--test-threads=1"])
            .env(DIRECTORY, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut acknowledged = Vec::new();
        let mut take = |line: String| {
            let seqs = line.strip_prefix("acknowledged ").and_then(|seqs| seqs.split_once(' '));
            acknowledged.extend(seqs.map(|(first, last)| (Seq(first.parse().unwrap()), Seq(last.parse().unwrap()))));
        };
        // Killed some milliseconds after its first line, at another moment each time.
        let delay = Duration::from_micros(round * round * 911 % 80_000);
        let mut began = None;
        for line in lines.by_ref() {
            let line = line.unwrap();
            if line.starts_with("acknowledged") {
                began.get_or_insert_with(Instant::now);
            }
            take(line);
            if began.is_some_and(|began| began.elapsed() >= delay) {
                break;
            }
        }
        child.kill().unwrap();
        lines.for_each(|line| take(line.unwrap_or_default()));
        child.wait().unwrap();

        let league = open(dir.path()).await.unwrap();
        let stored = read_all(&league.journal).await;
        assert!(!acknowledged.is_empty());
        assert!(stored.starts_with(&before), "round {round}: what was there before is not");
        for (first, last) in &acknowledged {
            let batch = stored.iter().find(|batch| batch.first == *first);
            assert_eq!(batch.map(|batch| batch.last()), Some(*last), "round {round}: {first} was acknowledged");
        }
        let mut check = ChainCheck::default();
        stored.iter().for_each(|batch| check.follow(batch).unwrap());
        assert_ne!(check.chain, Hash::default());
        assert_eq!(check.tip, league.journal.head().await.unwrap());
        // At most the batch that was in flight is there beyond what was acknowledged.
        let unacknowledged = stored.iter().filter(|batch| batch.first > acknowledged.last().unwrap().1).count();
        assert!(unacknowledged <= 1, "round {round}: {unacknowledged} batches beyond");
        league.close().await.unwrap();
        before = stored;
    }
    println!("{ROUNDS} kills, {} entries", before.last().unwrap().last());
}
