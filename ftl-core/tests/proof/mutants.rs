//! The proof of the proof: faults sown into the engine, one at a time. A suite that lets one live proves nothing.

use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use ftl_core::mutant::Mutant;

use crate::league::League;
use crate::sequence::{Fault, play};
use crate::tally::Tally;

/// Sequences that a mutant gets to be found in.
const PATIENCE: u64 = 3_000;

/// The first fault that a mutant shows, and that the sound engine does not show on the same seed.
fn hunt(mutant: Mutant) -> Option<Box<Fault>> {
    let league = League { mutant: Some(mutant) };
    let fault = (0..PATIENCE).find_map(|seed| play(seed, league, &mut Tally::default()).err())?;
    let sound = play(fault.seed, League::default(), &mut Tally::default());
    sound.is_ok().then_some(fault)
}

#[test]
fn every_mutant_is_killed() {
    // A mutant that panics is killed as well; its backtrace is no news.
    std::panic::set_hook(Box::new(|_| {}));
    let next = AtomicUsize::new(0);
    let found = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(mutant) = Mutant::ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let fault = hunt(*mutant);
                    found.lock().unwrap().push((*mutant, fault));
                }
            });
        }
    });
    let _ = std::panic::take_hook();
    let mut found = found.into_inner().unwrap();
    found.sort_by_key(|(mutant, _)| *mutant);
    let mut table = String::from("\nmutant                               killed by      seed  command\n");
    for (mutant, fault) in &found {
        let name = format!("{mutant:?}");
        match fault {
            Some(fault) => {
                let text = fault.text.lines().next().unwrap_or("");
                writeln!(
                    table,
                    "{name:<36} {:<12} {:>6} {:>8}  {}",
                    fault.check,
                    fault.seed,
                    fault.entries.len(),
                    text.chars().take(90).collect::<String>()
                )
            }
            None => writeln!(table, "{name:<36} lives"),
        }
        .unwrap();
    }
    println!("{table}");
    assert!(found.iter().all(|(_, fault)| fault.is_some()), "a mutant lives:{table}");
}
