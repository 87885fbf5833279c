//! R3.9 ◆: after what stops play nobody trades on what may yet be undone.

use std::collections::BTreeSet;

use crate::event::Event;
use crate::fixture::{EventKind, Fixture, Listed, Position, Reported, Side};
use crate::id::{FixtureId, InstrumentIdx};
use crate::instrument::Review;
use crate::rulebook::Rulebook;
use crate::rules::ReviewRules;
use crate::state::State;
use crate::time::Span;

/// How an event reviews.
#[derive(Clone, Copy, Debug)]
struct Hold {
    at_least: Span,
    restart: bool,
    check: bool,
}

impl<R: Rulebook> State<R> {
    /// Puts under review whom an event's possible outcomes move, and for a while whom it has `moved`.
    /// Gives everybody whom it reviews. Their marks are still those from before the event.
    pub(crate) fn review_after(
        &mut self,
        id: &FixtureId,
        reported: Option<&Listed>,
        moved: &BTreeSet<InstrumentIdx>,
    ) -> BTreeSet<InstrumentIdx> {
        let (Some(rules), Some(fixture)) = (self.rules.review, self.fixture(id)) else { return BTreeSet::new() };
        let mut reviewed = BTreeSet::new();
        if let Some(listed) = reported {
            let restarts = fixture.sheet.covers(Reported::Restart);
            let squad: Vec<InstrumentIdx> = fixture.squad.iter().map(|p| p.instrument).collect();
            let awaited = self.reviewed_by(fixture, listed);
            self.end_awaiting(&squad, listed.event.kind, restarts);
            if let Some(hold) = hold_of(listed.event.kind, restarts, rules) {
                awaited.iter().for_each(|instrument| self.hold(*instrument, hold, rules));
                reviewed = awaited;
            }
        }
        let brief = Hold { at_least: rules.other, restart: false, check: false };
        for instrument in moved.difference(&reviewed) {
            self.hold(*instrument, brief, rules);
        }
        reviewed.union(moved).copied().collect()
    }

    /// Whom the possible outcomes of an event move.
    fn reviewed_by(&self, fixture: &Fixture, listed: &Listed) -> BTreeSet<InstrumentIdx> {
        let clock = listed.event.clock.unwrap_or(fixture.clock);
        let both = matches!(listed.event.kind, EventKind::Goal | EventKind::VarCheck);
        let other = listed.other.filter(|_| both);
        let named = || [listed.who, other].into_iter().filter_map(|place| fixture.at_place(place)).map(|p| p.instrument);
        let on_pitch = |wanted: &dyn Fn(Side, Position) -> bool| {
            let chosen = fixture.squad.iter().filter(|p| p.appearance.on_pitch(clock) && wanted(p.side, p.position));
            chosen.map(|p| p.instrument).collect::<Vec<_>>()
        };
        let defends = |position: Position| matches!(position, Position::Defender | Position::Goalkeeper);
        let side = fixture.at_place(listed.who).map(|p| p.side);
        match listed.event.kind {
            EventKind::Goal | EventKind::PenaltyGoal | EventKind::OwnGoal => {
                let conceding = fixture.conceding(listed);
                named().chain(on_pitch(&|side, position| Some(side) == conceding && defends(position))).collect()
            }
            EventKind::PenaltyAwarded => on_pitch(&|s, position| Some(s) == side || defends(position)).into_iter().collect(),
            EventKind::Red | EventKind::SecondYellow => named().collect(),
            EventKind::VarCheck => {
                let under_review = |p: &&crate::fixture::Participant| self.instrument(p.instrument).is_some_and(|i| i.review.is_some());
                let held = fixture.squad.iter().filter(under_review).map(|p| p.instrument);
                let doubtful: BTreeSet<InstrumentIdx> = named().chain(held).collect();
                if doubtful.is_empty() { on_pitch(&|_, _| true).into_iter().collect() } else { doubtful }
            }
            EventKind::ShotOnTarget
            | EventKind::KeyPass
            | EventKind::Tackle
            | EventKind::Interception
            | EventKind::Clearance
            | EventKind::Aerial
            | EventKind::Save
            | EventKind::SaveInsideBox
            | EventKind::PenaltyMissed
            | EventKind::PenaltySaved
            | EventKind::Yellow
            | EventKind::Substitution
            | EventKind::CheckEnded
            | EventKind::Restart
            | EventKind::ShootoutGoal
            | EventKind::ShootoutMiss => BTreeSet::new(),
        }
    }

    /// A restart ends what waits for it, a check's end the check; without restarts a penalty's kick ends its waiting.
    fn end_awaiting(&mut self, squad: &[InstrumentIdx], kind: EventKind, restarts: bool) {
        let kick = matches!(kind, EventKind::PenaltyGoal | EventKind::PenaltyMissed | EventKind::PenaltySaved);
        let restart = kind == EventKind::Restart || (kick && !restarts);
        let check = kind == EventKind::Restart || kind == EventKind::CheckEnded;
        for instrument in squad {
            let Some(review) = self.instrument(*instrument).and_then(|row| row.review) else { continue };
            let ended = Review { awaits_restart: review.awaits_restart && !restart, awaits_check: review.awaits_check && !check, ..review };
            if ended != review {
                self.emit(Event::ReviewHeld { instrument: *instrument, review: ended });
            }
        }
    }

    /// Puts an instrument under review, or extends its review.
    fn hold(&mut self, instrument: InstrumentIdx, hold: Hold, rules: ReviewRules) {
        let Some(row) = self.instrument(instrument) else { return };
        let review = row.review.unwrap_or(Review {
            mark: self.mark_of(row),
            hold_until: self.at,
            awaits_restart: false,
            awaits_check: false,
            longest: self.at,
        });
        let hold_until = review.hold_until.max(self.at.after(hold.at_least));
        // A signal that is lost must not keep the busiest under review for ever: what does not wait extends no waiting.
        let waits = hold.restart || hold.check;
        let review = Review {
            hold_until,
            awaits_restart: review.awaits_restart || hold.restart,
            awaits_check: review.awaits_check || hold.check,
            longest: if waits { review.longest.max(self.at.after(rules.longest)) } else { review.longest.max(hold_until) },
            ..review
        };
        self.emit(Event::ReviewHeld { instrument, review });
    }
}

/// What an event holds its instruments for; `None` where it holds nobody by itself.
fn hold_of(kind: EventKind, restarts: bool, rules: ReviewRules) -> Option<Hold> {
    let none = Hold { at_least: Span::ZERO, restart: false, check: false };
    match kind {
        EventKind::Goal | EventKind::PenaltyGoal | EventKind::OwnGoal | EventKind::Red | EventKind::SecondYellow => {
            Some(if restarts { Hold { restart: true, ..none } } else { Hold { at_least: rules.goal, ..none } })
        }
        EventKind::PenaltyAwarded => Some(Hold { restart: true, ..none }),
        EventKind::VarCheck => Some(Hold { check: true, ..none }),
        EventKind::ShotOnTarget
        | EventKind::KeyPass
        | EventKind::Tackle
        | EventKind::Interception
        | EventKind::Clearance
        | EventKind::Aerial
        | EventKind::Save
        | EventKind::SaveInsideBox
        | EventKind::PenaltyMissed
        | EventKind::PenaltySaved
        | EventKind::Yellow
        | EventKind::Substitution
        | EventKind::CheckEnded
        | EventKind::Restart
        | EventKind::ShootoutGoal
        | EventKind::ShootoutMiss => None,
    }
}
