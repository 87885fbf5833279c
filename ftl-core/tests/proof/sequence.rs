//! One sequence: a seed's workload through the engine, every check after every command.
//!
//! ```text
//!  workload ─▶ entry ─▶ State::apply ─▶ outcome ─┬─▶ invariants, each
//!                                                ├─▶ auditor
//!                                                └─▶ a twin restored from a snapshot half way
//! ```
//! A sequence ends with the first fault; what came before it is the shortest prefix that shows it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ftl_core::outcome::{Entry, Outcome};
use ftl_core::state::State;

use crate::invariants::retries::Retries;
use crate::invariants::verdict::Witness;
use crate::invariants::{EACH, Finding, Moment, rebuilding};
use crate::league::League;
use crate::tally::Tally;
use crate::workload::Workload;

/// Commands in a sequence at least.
pub const LENGTH: u64 = 200;

/// A check that failed.
#[derive(Clone, Debug)]
pub struct Fault {
    pub seed: u64,
    pub check: &'static str,
    pub text: String,
    /// The last one is the one that failed.
    pub entries: Vec<Entry>,
    pub outcome: Option<Outcome>,
}

/// A sequence in progress.
struct Run {
    state: State,
    twin: Option<State>,
    retries: Retries,
    witness: Witness,
    entries: Vec<Entry>,
    outcomes: Vec<Outcome>,
}

/// Plays a seed in a league of its own.
pub fn play(seed: u64, league: League, tally: &mut Tally) -> Result<(), Box<Fault>> {
    let mut workload = Workload::of(seed);
    let mut run = Run {
        state: league.new_state(),
        twin: None,
        retries: Retries::default(),
        witness: Witness::new(),
        entries: Vec::new(),
        outcomes: Vec::new(),
    };
    let length = LENGTH + seed % 61;
    let half = length / 3 + seed % 40;
    for step in 0..length {
        let entry = workload.next(&run.state);
        run.entries.push(entry.clone());
        // A panic is a fault like any other; the state it leaves behind is not looked at.
        let stepped = catch_unwind(AssertUnwindSafe(|| run.step(&entry)));
        let (check, finding) = stepped.unwrap_or_else(|panic| ("panic", Err(text_of(&*panic))));
        if let Err(text) = finding {
            let outcome = run.outcomes.last().filter(|outcome| outcome.seq == entry.seq).cloned();
            return Err(Box::new(Fault { seed, check, text, entries: run.entries, outcome }));
        }
        let outcome = run.outcomes.last().expect("a step leaves an outcome");
        workload.learn(&entry, outcome);
        tally.count(&entry, outcome);
        if step == half {
            run.twin = league.restored(&run.state).ok();
        }
    }
    let ended = catch_unwind(AssertUnwindSafe(|| {
        rebuilding::check(league, &mut run.state, run.twin.as_mut(), (&run.entries, &run.outcomes), seed)
    }));
    let ended = ended.unwrap_or_else(|panic| Err(text_of(&*panic)));
    ended.map_err(|text| Box::new(Fault { seed, check: "rebuilding", text, entries: run.entries, outcome: None }))
}

impl Run {
    /// One command and everything that must hold after it.
    fn step(&mut self, entry: &Entry) -> (&'static str, Finding) {
        let before = self.state.clone();
        let outcome = self.state.apply(entry);
        self.outcomes.push(outcome.clone());
        let moment = Moment { before: &before, entry, outcome: &outcome, after: &self.state };
        for (name, check) in EACH {
            if let Err(text) = check(&moment) {
                return (name, Err(text));
            }
        }
        if let Err(text) = self.retries.check(&moment) {
            return ("retries", Err(text));
        }
        if let Err(text) = self.witness.check(&moment) {
            return ("auditor", Err(text));
        }
        if let Some(twin) = &mut self.twin {
            let other = twin.apply(entry);
            if other != outcome {
                return ("rebuilding", Err(format!("a league restored from a snapshot came to {other:?}")));
            }
        }
        ("", Ok(()))
    }
}

fn text_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    text.unwrap_or("it panicked").to_owned()
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "check `{}` failed at command {} of seed {}", self.check, self.entries.len(), self.seed)?;
        writeln!(f, "  {}", self.text)?;
        for entry in self.entries.iter().skip(self.entries.len().saturating_sub(5)) {
            writeln!(f, "  {} at {}: {:?}", entry.seq, entry.at.0, entry.command)?;
        }
        if let Some(outcome) = &self.outcome {
            writeln!(f, "  it came to {:?}", outcome.answer)?;
            for event in &outcome.events {
                writeln!(f, "    {event:?}")?;
            }
        }
        writeln!(f, "replay it: FTL_SEED={} cargo test --release -p ftl-core --features testing --test proof sequences", self.seed)
    }
}
