//! What happens by itself (journal.md, Time): timers that fell due before this entry fire first, in (due, seq) order,
//! stamped with the entry's time; at most 10,000 in one entry, the rest in the next.

use crate::event::Event;
use crate::mutant::Mutant;
use crate::order::CancelReason;
use crate::rulebook::Rulebook;
use crate::state::State;
use crate::state::index::TimerKind;

/// Timers in one entry at most.
const MAX_TIMERS: usize = 10_000;

impl<R: Rulebook> State<R> {
    pub(crate) fn fire_timers(&mut self) {
        for _ in 0..MAX_TIMERS {
            let Some(timer) = self.index.timers.first().copied().filter(|timer| timer.due <= self.at) else { return };
            self.index.timers.pop_first();
            match timer.kind {
                TimerKind::CancelStale(_) if self.mutated(Mutant::StaleOrderForgotten) => {}
                TimerKind::CancelStale(order) => self.cancel(order, CancelReason::FeedStale),
                TimerKind::Finalise(number) => {
                    if let Some(fixture) = self.fixture_at(number).map(|fixture| fixture.id.clone()) {
                        self.emit(Event::PhaseEntered { fixture, phase: crate::fixture::MatchPhase::Finalised });
                    }
                }
            }
        }
    }
}
