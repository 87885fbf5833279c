//! R11.7: the journal again, outcomes alone, and a snapshot all give the same league.

use ftl_core::outcome::{Entry, Outcome};
use ftl_core::state::State;

use super::Finding;
use super::rejections::same;
use crate::holds;
use crate::league::League;

/// At the end of a sequence.
pub fn check(league: League, state: &mut State, twin: Option<&mut State>, journal: (&[Entry], &[Outcome]), seed: u64) -> Finding {
    let (entries, outcomes) = journal;
    let hash = state.hash();
    let mut absorbed = league.new_state();
    outcomes.iter().for_each(|outcome| absorbed.absorb(outcome));
    same(&absorbed, state)?;
    holds!(absorbed.hash() == hash, "rebuilt from its outcomes the league has another hash");

    let mut again = league.restored(state)?;
    same(&again, state)?;
    holds!(again.hash() == hash, "restored from a snapshot the league has another hash");
    holds!(state.snapshot().hash() == hash, "a snapshot has another hash than its league");
    if let Some(twin) = twin {
        same(twin, state)?;
        holds!(twin.hash() == hash, "a league restored half way has another hash at the end");
    }

    // Running everything again doubles the time of a sequence, and shows nothing new every time.
    if seed.is_multiple_of(8) {
        let mut executed = league.new_state();
        for (entry, outcome) in entries.iter().zip(outcomes) {
            let other = executed.apply(entry);
            holds!(other == *outcome, "executed again, entry {} came to {other:?}", entry.seq);
        }
        holds!(executed.hash() == hash, "executed again the league has another hash");
    }
    Ok(())
}
