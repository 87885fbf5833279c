//! A match from announcement to its last correction (R6, R3.7, R3.8).

use ftl_core::command::{Correction, CreateFixture, Footballer};
use ftl_core::fixture::{EventKind, MatchEvent, MatchPhase, Reported, Side};
use ftl_core::id::{EventId, FixtureId, InstrumentId};
use ftl_core::limits::{self, invalid};
use ftl_core::order::CancelReason;
use ftl_core::position::CloseReason;
use ftl_core::rejection::Rejection;
use ftl_core::time::{At, MatchClock, Span};
use ftl_core::units::Score;

use super::scoring::Inputs;
use super::trading::Moment;
use super::{Auditor, Listed, Match, Participant};

impl Auditor {
    /// The place of a fixture.
    pub(super) fn find_fixture(&self, id: &FixtureId) -> Result<usize, Rejection> {
        self.fixtures.iter().position(|f| f.id == *id).ok_or(Rejection::UnknownFixture)
    }

    /// The live match that an instrument's footballer is in the squads of.
    pub(super) fn live_fixture_of(&self, instrument: usize) -> Option<usize> {
        self.fixtures.iter().position(|m| m.phase.is_live() && m.participant(instrument).is_some())
    }

    /// Whether trading stands: by an operator, or because his match is settled and not final (R3.7).
    pub fn is_frozen(&self, instrument: usize) -> bool {
        let settled = |m: &Match| m.finalise_at.is_some() && m.participant(instrument).is_some();
        self.instruments[instrument].frozen || self.fixtures.iter().any(settled)
    }

    /// R4.4: the live match, under rules that make in-play orders rest.
    pub(super) fn in_play(&self, instrument: usize) -> Option<usize> {
        self.rules().in_play?;
        self.live_fixture_of(instrument)
    }

    /// R4.4: when an order placed now may fill.
    pub(super) fn due_in(&self, fixture: usize) -> At {
        let rules = self.rules().in_play.expect("in play");
        let lag = self.fixtures[fixture].coverage.iter().filter_map(|c| c.lag).max();
        let delay = lag.map_or(rules.min_delay, |lag| rules.min_delay.max(lag.plus(rules.over_lag)));
        self.at.after(delay)
    }

    /// Announces a match; unknown footballers are listed.
    pub(super) fn create_fixture(&mut self, wish: &CreateFixture) -> Result<(), Rejection> {
        if !wish.fixture.is_well_formed() {
            return Err(invalid("fixture", "1 to 64 characters"));
        }
        let squads: Vec<(&Footballer, Side)> =
            wish.home_squad.iter().map(|f| (f, Side::Home)).chain(wish.away_squad.iter().map(|f| (f, Side::Away))).collect();
        limits::check_name("home", &wish.home)?;
        limits::check_name("away", &wish.away)?;
        squads.iter().try_for_each(|(f, _)| limits::check_footballer(f))?;
        if wish.home_squad.len() > limits::MAX_SQUAD || wish.away_squad.len() > limits::MAX_SQUAD {
            return Err(invalid("squad", "at most 60 footballers"));
        }
        if wish.prior_conceded.is_some_and(|(home, away)| home < Score::ZERO || away < Score::ZERO) {
            return Err(invalid("priorConceded", "nothing or more"));
        }
        if self.find_fixture(&wish.fixture).is_ok() {
            return Err(Rejection::FixtureExists);
        }
        for (footballer, _) in &squads {
            let Some(n) = self.find_instrument(&footballer.instrument) else { continue };
            let known = &self.instruments[n];
            if known.position != footballer.position || known.name != footballer.name || known.team != footballer.team {
                return Err(Rejection::InstrumentExists);
            }
        }
        for (n, (footballer, _)) in squads.iter().enumerate() {
            if squads[..n].iter().any(|(other, _)| other.instrument == footballer.instrument) {
                return Err(Rejection::InstrumentBusy);
            }
        }

        let mut participants = Vec::new();
        for (footballer, side) in squads {
            let instrument = self.find_instrument(&footballer.instrument).unwrap_or_else(|| self.put_on_the_market(footballer));
            participants.push(Participant { instrument, side, previous: 0 });
        }
        self.fixtures.push(Match {
            id: wish.fixture.clone(),
            phase: MatchPhase::Scheduled,
            clock: MatchClock(0),
            phase_began: MatchClock(0),
            coverage: wish.coverage.clone(),
            prior_conceded: wish.prior_conceded,
            participants,
            line_up: [None, None],
            events: Vec::new(),
            event_ids: Vec::new(),
            looked_at: self.at,
            whistle: false,
            finalise_at: None,
            kicked_off: None,
            finished_by: None,
        });
        Ok(())
    }

    /// Who starts.
    pub(super) fn set_line_up(&mut self, id: &FixtureId, side: Side, starting: &[InstrumentId]) -> Result<(), Rejection> {
        let f = self.find_fixture(id)?;
        let m = &self.fixtures[f];
        if m.phase != MatchPhase::Scheduled {
            return Err(Rejection::WrongPhase { phase: m.phase });
        }
        let of_the_squad = |slug: &InstrumentId| {
            let n = self.find_instrument(slug).ok_or(Rejection::UnknownInstrument)?;
            m.participant(n).filter(|p| p.side == side).map(|p| p.instrument).ok_or(Rejection::UnknownInstrument)
        };
        let twice = starting.iter().enumerate().any(|(n, slug)| starting[..n].contains(slug));
        if starting.is_empty() || starting.len() > 11 || twice {
            return Err(invalid("starting", "1 to 11 footballers, each once"));
        }
        let starting: Vec<usize> = starting.iter().map(of_the_squad).collect::<Result<_, _>>()?;
        self.fixtures[f].line_up[side.index()] = Some(starting);
        Ok(())
    }

    /// The match enters a phase.
    pub(super) fn enter_phase(&mut self, id: &FixtureId, phase: MatchPhase) -> Result<(), Rejection> {
        use MatchPhase::{ExtraTime, FirstHalf, HalfTime, Penalties, Scheduled, SecondHalf};
        let f = self.find_fixture(id)?;
        let m = &self.fixtures[f];
        let follows = matches!(
            (m.phase, phase),
            (Scheduled, FirstHalf)
                | (FirstHalf, HalfTime)
                | (HalfTime, SecondHalf)
                | (SecondHalf, ExtraTime | Penalties)
                | (ExtraTime, Penalties)
        );
        if !follows {
            return Err(Rejection::WrongPhase { phase: m.phase });
        }
        if phase == FirstHalf {
            self.check_kick_off(m)?;
        }

        if phase == FirstHalf {
            for n in 0..self.fixtures[f].participants.len() {
                let form = self.instruments[self.fixtures[f].participants[n].instrument].form;
                self.fixtures[f].participants[n].previous = i128::from(form.units());
            }
            self.fixtures[f].kicked_off = Some(self.seq);
            self.fixtures[f].looked_at = self.at;
        }
        let m = &mut self.fixtures[f];
        m.phase = phase;
        m.phase_began = m.clock;
        self.reprice(f);
        Ok(())
    }

    /// R3.9, R4.4, R6.1: what must be given before a ball is played.
    fn check_kick_off(&self, m: &Match) -> Result<(), Rejection> {
        if self.rules().in_play.is_some() && (m.coverage.is_empty() || m.coverage.iter().any(|c| c.lag.is_none())) {
            return Err(Rejection::FeedLagUndeclared);
        }
        if self.rules().review.is_some() && !m.covers(Reported::PenaltyAwarded) {
            return Err(Rejection::FeedIncomplete);
        }
        let under_way = |other: &&Match| other.phase.is_live() || other.finalise_at.is_some();
        let busy = |p: &Participant| self.fixtures.iter().filter(under_way).any(|other| other.participant(p.instrument).is_some());
        if m.participants.iter().any(busy) {
            return Err(Rejection::InstrumentBusy);
        }
        Ok(())
    }

    /// R3.8: the clock tick, in its order.
    pub(super) fn tick_clock(&mut self, id: &FixtureId, clock: MatchClock) -> Result<usize, Rejection> {
        if clock.0 > limits::MAX_CLOCK_MS {
            return Err(invalid("clock", "at most 200 minutes"));
        }
        let f = self.find_fixture(id)?;
        let m = &mut self.fixtures[f];
        if !m.phase.is_live() {
            return Err(Rejection::WrongPhase { phase: m.phase });
        }
        if clock < m.clock {
            return Err(Rejection::ClockBack);
        }
        let stands = matches!(m.phase, MatchPhase::HalfTime | MatchPhase::Penalties);
        if stands && clock != m.clock {
            return Err(invalid("clock", "the same while the match clock stands"));
        }

        // 1: the clock, the drift, the prices.
        m.clock = clock;
        m.looked_at = self.at;
        self.reprice(f);
        let squads: Vec<usize> = self.fixtures[f].participants.iter().map(|p| p.instrument).collect();
        // 2: reviews that end.
        for n in &squads {
            let over = self.instruments[*n].review.is_some_and(|r| r.until() <= self.at);
            if over {
                self.instruments[*n].review = None;
            }
        }
        // 3: stop losses and take profits that arm, limit orders that are taken back.
        for p in self.positions.iter_mut().filter(|p| squads.contains(&p.instrument)) {
            if let Some(pending) = p.pending.filter(|pending| pending.due <= self.at) {
                (p.stop_loss, p.take_profit, p.pending) = (pending.stop_loss, pending.take_profit, None);
            }
        }
        let taken_back = |now: &Self, o: &super::Resting| squads.contains(&o.instrument) && o.cancel_due.is_some_and(|due| due <= now.at);
        self.cancel_all(taken_back, &CancelReason::User);
        // 4: resting market orders that are due, in the order of their ids.
        let is_due = |o: &&super::Resting| {
            let reviewed = self.instruments[o.instrument].review.is_some();
            squads.contains(&o.instrument) && o.is_market() && !reviewed && o.due.is_some_and(|due| due <= self.at)
        };
        let mut due: Vec<_> = self.orders.iter().filter(is_due).map(|o| o.id).collect();
        due.sort_unstable();
        for order in due {
            if self.orders.iter().any(|o| o.id == order) {
                self.fill_resting(order, Moment::Fills);
            }
        }
        // 5 and 6: the round and the warnings follow every command.
        Ok(f)
    }

    /// R3.7: every footballer's form from the whole list, as the clock stands.
    pub(super) fn reprice(&mut self, fixture: usize) {
        let m = &self.fixtures[fixture];
        let later = |other: &Match| other.kicked_off > m.kicked_off;
        let forms: Vec<(usize, i128)> = m
            .participants
            .iter()
            // Who has played another match since has left this one's form behind.
            .filter(|p| !self.fixtures.iter().any(|other| later(other) && other.participant(p.instrument).is_some()))
            .map(|p| (p.instrument, self.inputs(m, p).form))
            .collect();
        for (n, form) in forms {
            self.instruments[n].form = Score::from_units(i64::try_from(form).expect("a clamped form fits 64 bits"));
        }
    }

    /// What everybody's form follows from.
    fn all_inputs(&self, fixture: usize) -> Vec<(usize, Inputs)> {
        let m = &self.fixtures[fixture];
        m.participants.iter().map(|p| (p.instrument, self.inputs(m, p))).collect()
    }

    /// R6.1: the footballer in a match, or why he is not.
    fn squad_member(&self, fixture: usize, slug: &InstrumentId) -> Result<usize, Rejection> {
        let n = self.find_instrument(slug).ok_or(Rejection::UnknownInstrument)?;
        self.fixtures[fixture].participant(n).map(|p| p.instrument).ok_or(Rejection::NotOnPitch)
    }

    /// Whom an event names, as instruments of the match.
    fn named(&self, fixture: usize, event: &MatchEvent) -> Result<(Option<usize>, Option<usize>), Rejection> {
        let place = |slug: &Option<InstrumentId>| slug.as_ref().map(|s| self.squad_member(fixture, s)).transpose();
        let named = (place(&event.instrument)?, place(&event.related)?);
        if event.related.is_some() && event.related == event.instrument {
            return Err(invalid("related", "another footballer"));
        }
        if event.related.is_none() && event.kind == EventKind::Substitution {
            return Err(invalid("related", "who goes off"));
        }
        Ok(named)
    }

    /// What late news must name, and no clock that has not come.
    fn check_late_news(&self, fixture: usize, event: &MatchEvent) -> Result<(Option<usize>, Option<usize>), Rejection> {
        check_names(event)?;
        let named = self.named(fixture, event)?;
        let ahead = event.clock.is_some_and(|clock| clock > self.fixtures[fixture].clock);
        if ahead { Err(Rejection::ClockBack) } else { Ok(named) }
    }

    /// Something happened on the pitch.
    pub(super) fn report(&mut self, id: &FixtureId, event: &MatchEvent) -> Result<(), Rejection> {
        check_fields(event)?;
        let f = self.find_fixture(id)?;
        let m = &self.fixtures[f];
        if !belongs_in(event.kind, m.phase) {
            return Err(Rejection::WrongPhase { phase: m.phase });
        }
        if m.event_ids.contains(&event.id) {
            return Err(Rejection::DuplicateEvent);
        }
        if m.events.len() >= limits::MAX_EVENTS {
            return Err(limits::too_many(limits::MAX_EVENTS));
        }
        check_names(event)?;
        let (who, related) = self.named(f, event)?;
        let latest = m.events.iter().map(|e| (e.event.minute, e.event.offset)).max();
        let ahead = event.clock.is_some_and(|clock| clock > m.clock);
        if ahead || latest.is_some_and(|latest| (event.minute, event.offset) < latest) {
            return Err(Rejection::ClockBack);
        }
        self.check_on_pitch(f, event, who, related)?;

        let before: Vec<_> = self.marks_in(f);
        let inputs = self.all_inputs(f);
        let listed = Listed { event: event.clone(), clock: event.clock.unwrap_or(m.clock).0, who, related, since: self.at };
        let m = &mut self.fixtures[f];
        m.event_ids.push(event.id.clone());
        m.events.push(listed.clone());
        m.looked_at = self.at;
        self.reprice(f);
        let moved = self.moved_since(f, &inputs);
        self.review_after(f, Some(&listed), &moved, &before);
        Ok(())
    }

    /// R3.7: the list is amended.
    pub(super) fn correct(&mut self, id: &FixtureId, correction: &Correction) -> Result<(), Rejection> {
        if let Correction::Replace(event) | Correction::Add(event) = correction {
            check_fields(event)?;
        }
        let f = self.find_fixture(id)?;
        let m = &self.fixtures[f];
        if matches!(m.phase, MatchPhase::Scheduled | MatchPhase::Postponed) {
            return Err(Rejection::WrongPhase { phase: m.phase });
        }
        let mut events = m.events.clone();
        match correction {
            Correction::TakeBack(event) => {
                let n = place_of(&events, event)?;
                events.remove(n);
            }
            Correction::Replace(event) => {
                let n = place_of(&events, &event.id)?;
                let (who, related) = self.check_late_news(f, event)?;
                let clock = event.clock.map_or(events[n].clock, |clock| clock.0);
                events[n] = Listed { event: event.clone(), clock, who, related, since: self.at };
            }
            Correction::Add(event) => {
                if m.event_ids.contains(&event.id) {
                    return Err(Rejection::DuplicateEvent);
                }
                let (who, related) = self.check_late_news(f, event)?;
                let clock = event.clock.unwrap_or(m.clock).0;
                events.push(Listed { event: event.clone(), clock, who, related, since: self.at });
            }
        }

        let before: Vec<_> = self.marks_in(f);
        let inputs = self.all_inputs(f);
        if let Correction::Add(event) = correction {
            self.fixtures[f].event_ids.push(event.id.clone());
        }
        self.fixtures[f].events = events;
        if self.fixtures[f].phase == MatchPhase::Finalised {
            // Statistics, not form.
            return Ok(());
        }
        if self.fixtures[f].phase.is_live() {
            self.fixtures[f].looked_at = self.at;
        }
        self.reprice(f);
        if self.fixtures[f].phase.is_live() {
            let moved = self.moved_since(f, &inputs);
            self.review_after(f, None, &moved, &before);
        }
        Ok(())
    }

    /// Whose score, form or first goal conceded is another than before.
    fn moved_since(&self, f: usize, before: &[(usize, Inputs)]) -> Vec<usize> {
        let now = self.all_inputs(f);
        before.iter().zip(&now).filter(|((_, old), (_, new))| old != new).map(|((n, _), _)| *n).collect()
    }

    /// The marks of a match's instruments, by instrument.
    fn marks_in(&self, fixture: usize) -> Vec<(usize, i128)> {
        self.fixtures[fixture].participants.iter().map(|p| (p.instrument, self.mark(p.instrument))).collect()
    }

    /// R6.1: who an event credits is on the pitch.
    fn check_on_pitch(&self, f: usize, event: &MatchEvent, who: Option<usize>, related: Option<usize>) -> Result<(), Rejection> {
        let m = &self.fixtures[f];
        let spell = |n: usize| m.participant(n).and_then(|p| m.spell(p));
        let clock = event.clock.unwrap_or(m.clock).0;
        let is_on = |n: usize| spell(n).is_some_and(|s| s.holds(clock));
        let credited: Vec<usize> = match event.kind {
            EventKind::Yellow | EventKind::SecondYellow | EventKind::Red => Vec::new(),
            EventKind::VarCheck | EventKind::CheckEnded | EventKind::Restart => Vec::new(),
            EventKind::Substitution => {
                let (Some(on), Some(off)) = (who, related) else { return Err(Rejection::NotOnPitch) };
                let side = |n: usize| m.participant(n).map(|p| p.side);
                if spell(on).is_some() || side(on) != side(off) {
                    return Err(Rejection::NotOnPitch);
                }
                return if spell(off).is_some_and(|s| s.off.is_none()) { Ok(()) } else { Err(Rejection::NotOnPitch) };
            }
            _ => who.into_iter().chain(related).collect(),
        };
        if credited.into_iter().all(is_on) { Ok(()) } else { Err(Rejection::NotOnPitch) }
    }

    /// R6.2, R6.3: full time, or the end at the last tick.
    pub(super) fn finish(&mut self, id: &FixtureId, phase: MatchPhase) -> Result<(), Rejection> {
        let f = self.find_fixture(id)?;
        let m = &self.fixtures[f];
        if !m.phase.is_live() {
            return Err(Rejection::WrongPhase { phase: m.phase });
        }

        let squads: Vec<usize> = m.participants.iter().map(|p| p.instrument).collect();
        for n in &squads {
            self.instruments[*n].review = None;
        }
        self.clear_orders(&squads);
        // The whistle counts before the price of full time is taken: that is classic's clean sheet.
        self.fixtures[f].whistle = true;
        self.fixtures[f].looked_at = self.at;
        self.reprice(f);
        let prices: Vec<_> = squads.iter().map(|n| (*n, self.settlement_price(*n))).collect();
        self.close_all_at_one_price(&prices, CloseReason::AutoExitFt);
        let finalise_after: Span = self.rules().finalise_after;
        let m = &mut self.fixtures[f];
        m.phase = phase;
        m.phase_began = m.clock;
        m.finalise_at = Some(self.at.after(finalise_after));
        m.finished_by = Some(self.seq);
        for n in squads {
            self.set_side_cap(n);
        }
        Ok(())
    }

    /// R3.7: no more corrections to form; trading goes on.
    pub(super) fn finalise(&mut self, id: &FixtureId) -> Result<(), Rejection> {
        let f = self.find_fixture(id)?;
        let m = &mut self.fixtures[f];
        if !matches!(m.phase, MatchPhase::Finished | MatchPhase::Abandoned) {
            return Err(Rejection::WrongPhase { phase: m.phase });
        }
        m.phase = MatchPhase::Finalised;
        m.phase_began = m.clock;
        m.finalise_at = None;
        Ok(())
    }

    /// R6.3: not today.
    pub(super) fn postpone(&mut self, id: &FixtureId) -> Result<(), Rejection> {
        let f = self.find_fixture(id)?;
        let m = &mut self.fixtures[f];
        if m.phase != MatchPhase::Scheduled {
            return Err(Rejection::WrongPhase { phase: m.phase });
        }
        m.phase = MatchPhase::Postponed;
        Ok(())
    }
}

fn place_of(events: &[Listed], id: &EventId) -> Result<usize, Rejection> {
    events.iter().position(|e| e.event.id == *id).ok_or_else(|| Rejection::UnknownEvent { event: id.clone() })
}

/// Fields in their range.
fn check_fields(event: &MatchEvent) -> Result<(), Rejection> {
    if !event.id.is_well_formed() {
        return Err(invalid("id", "1 to 64 characters"));
    }
    if event.minute > limits::MAX_MINUTE || event.offset > limits::MAX_OFFSET {
        return Err(invalid("minute", "at most 130, and 60 of stoppage"));
    }
    Ok(())
}

/// Whom an event must name to mean anything.
fn check_names(event: &MatchEvent) -> Result<(), Rejection> {
    let anonymous = matches!(event.kind, EventKind::VarCheck | EventKind::CheckEnded | EventKind::Restart);
    if event.instrument.is_none() && !anonymous {
        return Err(invalid("instrument", "a footballer of the match"));
    }
    Ok(())
}

/// Which phases an event may be reported in.
fn belongs_in(kind: EventKind, phase: MatchPhase) -> bool {
    let playing = matches!(phase, MatchPhase::FirstHalf | MatchPhase::SecondHalf | MatchPhase::ExtraTime);
    match kind {
        EventKind::ShootoutGoal | EventKind::ShootoutMiss => phase == MatchPhase::Penalties,
        EventKind::Yellow
        | EventKind::SecondYellow
        | EventKind::Red
        | EventKind::Substitution
        | EventKind::VarCheck
        | EventKind::CheckEnded
        | EventKind::Restart => phase.is_live(),
        _ => playing,
    }
}
