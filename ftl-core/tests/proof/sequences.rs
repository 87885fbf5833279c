//! R11.1 to 13 over generated sequences.
//!
//! `FTL_SEQUENCES` says how many (10,000 where nothing is said), `FTL_SEED` plays one alone; with `FTL_SURVEY` set it
//! goes on after a fault and tells the shortest of each kind.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::league::League;
use crate::sequence::{Fault, play};
use crate::tally::Tally;

/// Two at a time: the machines that prove this have two cores.
const THREADS: usize = 2;

fn number_in(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{variable} takes a number, not {text:?}")))
}

/// Plays seeds 0 to n − 1; of the faults that were met the shortest of each kind.
fn play_all(n: u64) -> Result<Tally, Vec<Fault>> {
    let survey = std::env::var_os("FTL_SURVEY").is_some();
    let (next, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let (tally, faults) = (Mutex::new(Tally::default()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let mut own = Tally::default();
                while !stop.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= n {
                        break;
                    }
                    own.sequences += 1;
                    if let Err(fault) = play(seed, League::default(), &mut own) {
                        stop.store(!survey, Ordering::Relaxed);
                        faults.lock().unwrap().push(*fault);
                    }
                }
                tally.lock().unwrap().add(&own);
            });
        }
    });
    let mut kinds: BTreeMap<(&str, String), Fault> = BTreeMap::new();
    for fault in faults.into_inner().unwrap() {
        let kind = (fault.check, fault.text.chars().filter(|c| c.is_alphabetic()).take(25).collect());
        let known = kinds.get(&kind).map_or(usize::MAX, |shortest| shortest.entries.len());
        if fault.entries.len() < known {
            kinds.insert(kind, fault);
        }
    }
    if kinds.is_empty() { Ok(tally.into_inner().unwrap()) } else { Err(kinds.into_values().collect()) }
}

#[test]
fn everything_holds_over_generated_sequences() {
    let result = match number_in("FTL_SEED") {
        Some(seed) => {
            let mut tally = Tally { sequences: 1, ..Tally::default() };
            play(seed, League::default(), &mut tally).map(|()| tally).map_err(|fault| vec![*fault])
        }
        None => play_all(number_in("FTL_SEQUENCES").unwrap_or(10_000)),
    };
    match result {
        Err(faults) => {
            faults.iter().for_each(|fault| println!("{fault}\n"));
            panic!("a check failed");
        }
        Ok(tally) => {
            println!("{tally}");
            assert!(tally.accepted_percent() >= 60, "only {} % of the commands were accepted", tally.accepted_percent());
        }
    }
}
