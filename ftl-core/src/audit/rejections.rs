//! R11.9: a rejected command changes nothing but its remembered id and what the passing of time does.

use super::Check;
use crate::event::Event;
use crate::fixture::MatchPhase;
use crate::order::CancelReason;
use crate::outcome::Outcome;

/// Every entry that was refused or was a retry: its events are those of timers.
pub fn rejected_changes_nothing(outcome: &Outcome, check: &mut Check) {
    if outcome.answer.result.is_ok() && !outcome.replayed {
        return;
    }
    let changed = outcome.events.iter().find(|event| !is_of_a_timer(event));
    check.that(changed.is_none(), outcome.seq, || format!("a refused command or a retry caused {changed:?}"));
}

fn is_of_a_timer(event: &Event) -> bool {
    matches!(
        event,
        Event::OrderCancelled { reason: CancelReason::FeedStale, .. } | Event::PhaseEntered { phase: MatchPhase::Finalised, .. }
    )
}
