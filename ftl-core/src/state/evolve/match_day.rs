//! What match day changes: fixtures, their lists of events, and what these add to prices for a while.

use std::sync::Arc;

use crate::fixture::{EventKind, Fixture, Listed, MatchEvent, MatchPhase, Participant, Reported, Side};
use crate::id::{EventId, FixtureId, InstrumentIdx};
use crate::instrument::Bump;
use crate::mutant::Mutant;
use crate::rulebook::Rulebook;
use crate::rulebook::scoring::Appearance;
use crate::state::State;
use crate::state::index::{Timer, TimerKind};
use crate::units::Price;

impl<R: Rulebook> State<R> {
    /// Takes a fixture's row out, so that the change may look at and change the rest of the state, and puts it back.
    pub(super) fn change_fixture(&mut self, fixture: &FixtureId, change: impl FnOnce(&mut Self, &mut Fixture)) {
        let Some(number) = self.index.fixtures.get(fixture).and_then(|n| usize::try_from(*n).ok()) else { return };
        let Some(mut row) = self.fixtures.take(number) else { return };
        change(self, Arc::make_mut(&mut row));
        self.fixtures.put(number, row);
    }

    pub(super) fn participants(&self, squad: &[(InstrumentIdx, Side)]) -> Vec<Participant> {
        let participant = |(instrument, side): &(InstrumentIdx, Side)| {
            let footballer = &self.instrument(*instrument)?.footballer;
            Some(Participant {
                instrument: *instrument,
                slug: footballer.instrument.clone(),
                position: footballer.position,
                side: *side,
                starts: false,
                appearance: Appearance::default(),
            })
        };
        squad.iter().filter_map(participant).collect()
    }

    pub(super) fn phase_entered(&mut self, fixture: &FixtureId, phase: MatchPhase) {
        let Some(number) = self.index.fixtures.get(fixture).copied() else { return };
        let (at, seq, finalise_after) = (self.at, self.seq, self.rules.finalise_after);
        self.change_fixture(fixture, |state, row| {
            let kick_off = phase == MatchPhase::FirstHalf;
            row.phase = phase;
            row.phase_began = row.clock;
            if let Some((due, set_by)) = row.final_due.take() {
                state.index.timers.remove(&Timer { due, set_by, kind: TimerKind::Finalise(number) });
            }
            if row.awaits_final() {
                let due = at.after(finalise_after);
                row.final_due = Some((due, seq));
                state.index.timers.insert(Timer { due, set_by: seq, kind: TimerKind::Finalise(number) });
            }
            for participant in &mut row.squad {
                if kick_off {
                    let known = row.lined_up.get(participant.side.index()).copied().unwrap_or(false);
                    participant.starts = participant.starts || !known;
                    participant.appearance.previous = state.instrument(participant.instrument).map(|i| i.form).unwrap_or_default();
                }
                state.change(participant.instrument, |instrument| {
                    if !phase.is_live() && instrument.fixture == Some(number) {
                        instrument.bumps.clear();
                    }
                    match phase {
                        MatchPhase::FirstHalf => instrument.fixture = Some(number),
                        MatchPhase::Finalised => instrument.fixture = None,
                        MatchPhase::Scheduled
                        | MatchPhase::HalfTime
                        | MatchPhase::SecondHalf
                        | MatchPhase::ExtraTime
                        | MatchPhase::Penalties
                        | MatchPhase::Finished
                        | MatchPhase::Abandoned
                        | MatchPhase::Postponed => {}
                    }
                });
            }
            if kick_off {
                row.recount(&state.rules);
            }
        });
    }

    pub(super) fn event_corrected(&mut self, fixture: &FixtureId, event: &EventId, replacement: Option<&MatchEvent>) {
        if self.mutated(Mutant::CorrectionIgnored) {
            return;
        }
        self.change_fixture(fixture, |state, row| {
            // An event's id is unique within its fixture: after the whistle the bumps are another match's.
            for participant in row.squad.iter().filter(|_| row.is_live()) {
                state.change(participant.instrument, |i| i.bumps.retain(|bump| bump.event != *event));
            }
            let place = row.events.iter().position(|listed| listed.event.id == *event);
            let listed = replacement.map(|event| row.listed(event.clone()));
            match (place, listed) {
                (Some(place), Some(listed)) => {
                    state.add_bumps(row, &listed);
                    row.events.splice(place..=place, [listed]);
                }
                (Some(place), None) => {
                    row.events.remove(place);
                }
                (None, Some(listed)) => {
                    row.reported.insert(event.clone());
                    state.add_bumps(row, &listed);
                    row.events.push(listed);
                }
                (None, None) => {}
            }
            row.recount(&state.rules);
        });
    }

    /// R2.5: what an event adds to the prices of whom it names, for a while.
    pub(super) fn add_bumps(&mut self, fixture: &Fixture, listed: &Listed) {
        // A bump fades with the clock ticks, so after the whistle there is none.
        let Some(rules) = self.rules.bump.filter(|_| fixture.is_live()) else { return };
        let nobody = (Reported::Goal, Price::ZERO);
        // What the feed does not cover moves nothing (R3.6).
        let (who, other) = match listed.event.kind {
            EventKind::Goal => ((Reported::Goal, rules.goal), (Reported::Assist, rules.assist)),
            EventKind::PenaltyGoal => ((Reported::Goal, rules.goal), nobody),
            EventKind::OwnGoal => ((Reported::OwnGoal, rules.own_goal), nobody),
            EventKind::Red | EventKind::SecondYellow => ((Reported::Red, rules.red), nobody),
            EventKind::Yellow => ((Reported::Yellow, rules.yellow), nobody),
            EventKind::PenaltyMissed => ((Reported::PenaltyMissed, rules.penalty_missed), nobody),
            EventKind::PenaltySaved => ((Reported::PenaltySaved, rules.penalty_saved), (Reported::PenaltyMissed, rules.penalty_missed)),
            EventKind::ShotOnTarget
            | EventKind::KeyPass
            | EventKind::Tackle
            | EventKind::Interception
            | EventKind::Clearance
            | EventKind::Aerial
            | EventKind::Save
            | EventKind::SaveInsideBox
            | EventKind::PenaltyAwarded
            | EventKind::Substitution
            | EventKind::VarCheck
            | EventKind::CheckEnded
            | EventKind::Restart
            | EventKind::ShootoutGoal
            | EventKind::ShootoutMiss => return,
        };
        let since = self.at;
        for (place, (statistic, amount)) in [(listed.who, who), (listed.other, other)] {
            let counts = amount != Price::ZERO && fixture.sheet.covers(statistic);
            let Some(participant) = fixture.at_place(place).filter(|_| counts) else { continue };
            let event = listed.event.id.clone();
            self.change(participant.instrument, |instrument| instrument.bumps.push(Bump { amount, since, event }));
        }
    }
}
