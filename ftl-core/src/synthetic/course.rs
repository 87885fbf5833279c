//! One match, second by second: what the rates draw, and what follows from it (a check, a kick, the restart).

use std::collections::BTreeMap;

use super::rates::{self, Draw, Kick, PER_SECOND, Player, Rates};
use crate::fixture::{EventKind, MatchPhase, Position, Side};
use crate::id::{EventId, InstrumentId};
use crate::rules::ScoringRules;
use crate::seeded::Seeded;
use crate::source::{Amended, Sides, SquadMember, Told};

/// What happened, and how long the halves were, in seconds.
pub(super) struct Course {
    pub first_half: u64,
    pub second_half: u64,
    pub events: Vec<Told>,
    pub corrections: Vec<Amended>,
}

/// Plays a match.
pub(super) fn play(scoring: &ScoringRules, squads: &Sides<Vec<SquadMember>>, draws: &mut Seeded) -> Course {
    let member = |side: Side| {
        squads.of(side).iter().map(move |m| (m.instrument.clone(), Player { side, position: m.position, on: true, cautioned: false }))
    };
    let (names, players): (Vec<_>, Vec<_>) = member(Side::Home).chain(member(Side::Away)).unzip();
    let rates = Rates::of(scoring, &players);
    let mut pitch = Pitch {
        scoring,
        draws,
        names,
        players,
        rates,
        phase: MatchPhase::FirstHalf,
        second: 0,
        pending: BTreeMap::new(),
        restart_at: None,
        check_ends_at: None,
        events: Vec::new(),
        corrections: Vec::new(),
    };
    let stoppage = pitch.draws.between(60, 180);
    let first_half = pitch.half(MatchPhase::FirstHalf, stoppage.saturating_add(2_700));
    let stoppage = pitch.draws.between(180, 300);
    let second_half = pitch.half(MatchPhase::SecondHalf, stoppage.saturating_add(2_700));
    Course { first_half, second_half, events: pitch.events, corrections: pitch.corrections }
}

/// What is to follow at a known second of the half.
enum Pending {
    Check(usize),
    TakeBack(EventId),
    Kick(Side, usize),
}

struct Pitch<'a> {
    scoring: &'a ScoringRules,
    draws: &'a mut Seeded,
    names: Vec<InstrumentId>,
    players: Vec<Player>,
    rates: Rates,
    phase: MatchPhase,
    second: u64,
    pending: BTreeMap<(u64, usize), Pending>,
    /// One restart ends every stop of the match, and one end of a check every check: so there is one of each, the last.
    restart_at: Option<u64>,
    check_ends_at: Option<u64>,
    events: Vec<Told>,
    corrections: Vec<Amended>,
}

impl Pitch<'_> {
    /// Plays at least `length` seconds, and on until nothing is pending; returns how long it took.
    fn half(&mut self, phase: MatchPhase, length: u64) -> u64 {
        (self.phase, self.second) = (phase, 0);
        while self.second < length || self.is_pending() {
            self.second = self.second.saturating_add(1);
            self.follow_up();
            let x = self.draws.below(PER_SECOND);
            if let Some(draw) = self.rates.hit(x) {
                self.happen(draw);
            }
        }
        // What was drawn in the last second still has to lie inside the half.
        self.second.saturating_add(1)
    }

    fn is_pending(&self) -> bool {
        !self.pending.is_empty() || self.restart_at.is_some() || self.check_ends_at.is_some()
    }

    fn in_seconds(&mut self, low: u64, high: u64) -> u64 {
        self.second.saturating_add(self.draws.between(low, high))
    }

    fn later(&mut self, at: u64, what: Pending) {
        let n = self.pending.len();
        // Two things of one second keep their order.
        let place = (n..).map(|n| (at, n)).find(|place| !self.pending.contains_key(place));
        if let Some(place) = place {
            self.pending.insert(place, what);
        }
    }

    /// A restart before a pending kick would end the wait for it.
    fn restart_no_sooner_than(&mut self, at: u64) {
        let kicks = self.pending.iter().filter(|(_, what)| matches!(what, Pending::Kick(..))).map(|((at, _), _)| at.saturating_add(40));
        let at = kicks.fold(at, u64::max);
        self.restart_at = Some(self.restart_at.map_or(at, |known| known.max(at)));
    }

    fn follow_up(&mut self) {
        while let Some(entry) = self.pending.first_entry().filter(|entry| entry.key().0 <= self.second) {
            match entry.remove() {
                Pending::Check(who) => {
                    self.tell(EventKind::VarCheck, Some(who), None);
                }
                Pending::TakeBack(event) => self.take_back(event),
                Pending::Kick(side, taker) => self.kick(side, taker),
            }
        }
        if self.check_ends_at.is_some_and(|at| at <= self.second) {
            self.check_ends_at = None;
            self.tell(EventKind::CheckEnded, None, None);
        }
        if self.restart_at.is_some_and(|at| at <= self.second) {
            self.restart_at = None;
            self.tell(EventKind::Restart, None, None);
        }
    }

    fn happen(&mut self, draw: Draw) {
        match draw {
            Draw::Penalty(side) => self.award(side),
            Draw::TakenBack(who) => self.goal(who, true),
            Draw::Of(who, EventKind::Goal) => self.goal(who, false),
            Draw::Of(who, kind) => {
                self.tell(kind, Some(who), None);
                match kind {
                    EventKind::OwnGoal => self.stop(),
                    EventKind::Yellow => self.changed(who, |p| p.cautioned = true),
                    EventKind::Red | EventKind::SecondYellow => {
                        self.changed(who, |p| p.on = false);
                        self.stop();
                    }
                    EventKind::Goal
                    | EventKind::PenaltyGoal
                    | EventKind::ShotOnTarget
                    | EventKind::KeyPass
                    | EventKind::Tackle
                    | EventKind::Interception
                    | EventKind::Clearance
                    | EventKind::Aerial
                    | EventKind::Save
                    | EventKind::SaveInsideBox
                    | EventKind::PenaltyAwarded
                    | EventKind::PenaltyMissed
                    | EventKind::PenaltySaved
                    | EventKind::Substitution
                    | EventKind::VarCheck
                    | EventKind::CheckEnded
                    | EventKind::Restart
                    | EventKind::ShootoutGoal
                    | EventKind::ShootoutMiss => {}
                }
            }
        }
    }

    fn changed(&mut self, who: usize, change: impl FnOnce(&mut Player)) {
        if let Some(player) = self.players.get_mut(who) {
            change(player);
        }
        self.rates = Rates::of(self.scoring, &self.players);
    }

    fn stop(&mut self) {
        let at = self.in_seconds(30, 60);
        self.restart_no_sooner_than(at);
    }

    fn goal(&mut self, scorer: usize, taken_back: bool) {
        let Some(side) = self.players.get(scorer).map(|p| p.side) else { return };
        let assisted = self.draws.chance(self.rates.assisted[side.index()], PER_SECOND);
        let assist = if assisted { self.assist(side, scorer) } else { None };
        let goal = self.tell(EventKind::Goal, Some(scorer), assist);
        if !taken_back && !self.draws.chance(1, 12) {
            return self.stop();
        }
        let check = self.in_seconds(10, 25);
        self.later(check, Pending::Check(scorer));
        let decided = self.in_seconds(40, 80);
        if taken_back {
            self.later(decided, Pending::TakeBack(goal));
        }
        let ends = decided.saturating_add(5);
        self.check_ends_at = Some(self.check_ends_at.map_or(ends, |known| known.max(ends)));
        let restart = ends.saturating_add(self.draws.between(10, 20));
        self.restart_no_sooner_than(restart);
    }

    /// Who assisted: a position by its prior, then anybody of it but the scorer, so that each has his own.
    fn assist(&mut self, side: Side, scorer: usize) -> Option<usize> {
        let on = |p: &Player| p.on && p.side == side;
        let weight = |p: &Player| u64::try_from(self.scoring.priors[p.position.index()].assist.units()).unwrap_or(0);
        let total = self.players.iter().filter(|p| on(p)).fold(0_u64, |sum, p| sum.saturating_add(weight(p)));
        let mut x = self.draws.below(total);
        let mut position = None;
        for player in self.players.iter().filter(|p| on(p)) {
            let w = weight(player);
            if x < w {
                position = Some(player.position);
                break;
            }
            x = x.saturating_sub(w);
        }
        let of = |wanted: Position| move |(i, p): &(usize, &Player)| p.on && p.side == side && p.position == wanted && *i != scorer;
        let mates: Vec<usize> = self.players.iter().enumerate().filter(of(position?)).map(|(i, _)| i).collect();
        self.draws.pick(&mates).copied()
    }

    fn award(&mut self, side: Side) {
        let takers = rates::takers(&self.players, side);
        let Some(taker) = self.draws.pick(&takers).copied() else { return };
        self.tell(EventKind::PenaltyAwarded, Some(taker), None);
        let at = self.in_seconds(20, 60);
        self.later(at, Pending::Kick(side, taker));
        if let Some(restart) = self.restart_at {
            self.restart_no_sooner_than(restart);
        }
    }

    fn kick(&mut self, side: Side, taker: usize) {
        let takers = rates::takers(&self.players, side);
        let stays = self.players.get(taker).is_some_and(|p| p.on);
        let Some(taker) = (if stays { Some(taker) } else { self.draws.pick(&takers).copied() }) else { return };
        let keeper = self.players.iter().position(|p| p.on && p.side != side && p.position == Position::Goalkeeper);
        let x = self.draws.below(1_000_000);
        match (rates::kick(self.scoring, keeper.is_some(), x), keeper) {
            (Kick::Scored, _) => {
                self.tell(EventKind::PenaltyGoal, Some(taker), None);
                self.stop();
            }
            (Kick::Saved, Some(keeper)) => {
                self.tell(EventKind::PenaltySaved, Some(keeper), Some(taker));
            }
            (Kick::Saved, None) | (Kick::Wide, _) => {
                self.tell(EventKind::PenaltyMissed, Some(taker), None);
            }
        }
    }

    fn take_back(&mut self, event: EventId) {
        let (minute, offset, second) = self.now();
        self.corrections.push(Amended { phase: self.phase, minute, offset, second: Some(second), take_back: Some(event), replace: None });
    }

    fn tell(&mut self, kind: EventKind, who: Option<usize>, related: Option<usize>) -> EventId {
        let (minute, offset, second) = self.now();
        let id = EventId(format!("e{}", self.events.len().saturating_add(1)).into());
        let name = |who: Option<usize>| who.and_then(|i| self.names.get(i)).cloned();
        let (instrument, related) = (name(who), name(related));
        self.events.push(Told { id: id.clone(), phase: self.phase, minute, offset, second: Some(second), kind, instrument, related });
        id
    }

    /// Minute, minutes of stoppage and second of now.
    fn now(&self) -> (u16, u16, u64) {
        let base: u64 = if self.phase == MatchPhase::FirstHalf { 0 } else { 45 };
        let whole = self.second.checked_div(60).unwrap_or(0);
        let offset = whole.saturating_sub(44);
        let minute = base.saturating_add(whole.min(44)).saturating_add(1);
        let narrow = |n: u64| u16::try_from(n).unwrap_or(u16::MAX);
        (narrow(minute), narrow(offset), self.second.checked_rem(60).unwrap_or(0))
    }
}
