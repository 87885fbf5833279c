//! R3.9: who is under review and until when; what an event in between does to what rests (R4.4, R4.5).

use ftl_core::fixture::{EventKind, Position, Reported, Side};
use ftl_core::instrument::Review;
use ftl_core::order::CancelReason;
use ftl_core::time::{At, Span};

use super::pricing::price;
use super::{Auditor, Listed};

/// What one event asks of a footballer's review.
#[derive(Clone, Copy, Debug)]
struct Hold {
    until: At,
    restart: bool,
    check: bool,
}

impl Auditor {
    /// Reviews after an event (or a correction: `None`) that moved these instruments, with the marks from before it.
    pub(super) fn review_after(&mut self, f: usize, event: Option<&Listed>, moved: &[usize], before: &[(usize, i128)]) {
        let squads: Vec<usize> = self.fixtures[f].participants.iter().map(|p| p.instrument).collect();
        let mut touched: Vec<usize> = moved.to_vec();
        if let Some(rules) = self.rules().review {
            if let Some(listed) = event {
                self.end_awaits(listed.event.kind, f, &squads);
            }
            let named = event.and_then(|listed| {
                let hold = self.hold_for(f, listed.event.kind, rules.goal)?;
                Some((self.possible_outcomes(f, listed), hold))
            });
            let briefly = Hold { until: self.at.after(rules.other), restart: false, check: false };
            let (named, hold) = named.unwrap_or((Vec::new(), briefly));
            for n in squads {
                let ask = if named.contains(&n) {
                    hold
                } else if moved.contains(&n) {
                    briefly
                } else {
                    continue;
                };
                let mark = before.iter().find(|(i, _)| *i == n).expect("an instrument of the match").1;
                self.extend_review(n, ask, mark, rules.longest);
                touched.push(n);
            }
        }
        if self.rules().in_play.is_none() {
            return;
        }
        self.cancel_all(|_, o| o.is_market() && touched.contains(&o.instrument), &CancelReason::EventIntervened);
        for p in self.positions.iter_mut().filter(|p| touched.contains(&p.instrument)) {
            p.pending = None;
        }
    }

    /// A restart, the end of a check and, where no restart is reported, the kick of a penalty end what waits for them, in
    /// the whole match.
    fn end_awaits(&mut self, kind: EventKind, f: usize, squads: &[usize]) {
        let kick = matches!(kind, EventKind::PenaltyGoal | EventKind::PenaltyMissed | EventKind::PenaltySaved);
        let restart = kind == EventKind::Restart || (kick && !self.fixtures[f].covers(Reported::Restart));
        let check = matches!(kind, EventKind::Restart | EventKind::CheckEnded);
        for n in squads {
            if let Some(review) = self.instruments[*n].review.as_mut() {
                review.awaits_restart &= !restart;
                review.awaits_check &= !check;
            }
        }
    }

    /// How long the possible outcomes of an event are held; `None` for an event that has none but what it moves.
    fn hold_for(&self, f: usize, kind: EventKind, goal: Span) -> Option<Hold> {
        let told = self.fixtures[f].covers(Reported::Restart);
        match kind {
            EventKind::Goal | EventKind::PenaltyGoal | EventKind::OwnGoal | EventKind::Red | EventKind::SecondYellow => {
                Some(Hold { until: if told { self.at } else { self.at.after(goal) }, restart: told, check: false })
            }
            // Without a restart it awaits its kick.
            EventKind::PenaltyAwarded => Some(Hold { until: self.at, restart: true, check: false }),
            EventKind::VarCheck => Some(Hold { until: self.at, restart: false, check: true }),
            _ => None,
        }
    }

    /// Whom the possible outcomes of an event move.
    fn possible_outcomes(&self, f: usize, listed: &Listed) -> Vec<usize> {
        let m = &self.fixtures[f];
        let on = |p: &&super::Participant| m.spell(p).is_some_and(|s| s.holds(listed.clock));
        let mut all: Vec<usize> = listed.who.into_iter().collect();
        match listed.event.kind {
            EventKind::Goal | EventKind::PenaltyGoal | EventKind::OwnGoal => {
                if listed.event.kind == EventKind::Goal {
                    all.extend(listed.related);
                }
                all.extend(self.behind(f, listed));
            }
            EventKind::PenaltyAwarded => {
                if let Some(side) = listed.who.and_then(|n| m.participant(n)).map(|p| p.side) {
                    all.extend(m.participants.iter().filter(on).filter(|p| p.side == side).map(|p| p.instrument));
                    all.extend(self.guards(f, side.other(), listed.clock));
                }
            }
            EventKind::VarCheck => {
                all.extend(listed.related);
                let reviewed = |n: &usize| self.instruments[*n].review.is_some();
                all.extend(m.participants.iter().map(|p| p.instrument).filter(reviewed));
                if all.is_empty() {
                    all.extend(m.participants.iter().filter(on).map(|p| p.instrument));
                }
            }
            _ => {}
        }
        all
    }

    /// Keeper and defenders of a side who are on the pitch at a clock.
    fn guards(&self, f: usize, side: Side, clock: u64) -> Vec<usize> {
        let m = &self.fixtures[f];
        let on = m.participants.iter().filter(|p| p.side == side && m.spell(p).is_some_and(|s| s.holds(clock)));
        let guards = [Position::Goalkeeper, Position::Defender];
        on.map(|p| p.instrument).filter(|n| guards.contains(&self.instruments[*n].position)).collect()
    }

    /// Those of them whose side an event is a goal against.
    pub(super) fn behind(&self, f: usize, listed: &Listed) -> Vec<usize> {
        self.fixtures[f].concedes(listed).map(|side| self.guards(f, side, listed.clock)).unwrap_or_default()
    }

    /// Extended, not stacked: each part by the later event; the mark stays the first one's.
    fn extend_review(&mut self, n: usize, ask: Hold, mark: i128, longest: Span) {
        // Only what awaits something is given its five minutes anew: a lost signal ends.
        let longest = if ask.restart || ask.check { self.at.after(longest) } else { ask.until };
        let fresh = Review { mark: price(mark), hold_until: ask.until, awaits_restart: ask.restart, awaits_check: ask.check, longest };
        let review = self.instruments[n].review.get_or_insert(fresh);
        review.hold_until = review.hold_until.max(ask.until);
        review.awaits_restart |= ask.restart;
        review.awaits_check |= ask.check;
        review.longest = review.longest.max(longest);
    }
}
