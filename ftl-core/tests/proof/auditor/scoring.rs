//! From the list of a match's events to form (R3), from nothing at every look.

use ftl_core::fixture::{EventKind, Position, Reported, Side};
use ftl_core::rules::{Formula, Tally};
use ftl_core::units::Score;

use super::exact::Exact;
use super::{Auditor, Listed, Match, Participant};

/// A footballer's time on the pitch, by the match clock in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spell {
    /// He came on.
    pub on: u64,
    /// He left.
    pub off: Option<u64>,
}

impl Spell {
    /// Both ends count as on the pitch.
    pub fn holds(&self, clock: u64) -> bool {
        self.on <= clock && self.off.is_none_or(|off| clock <= off)
    }
    /// Milliseconds from coming on to `clock` or to leaving.
    pub fn played(&self, clock: u64) -> u64 {
        self.off.unwrap_or(clock).min(clock).saturating_sub(self.on)
    }
}

/// What a footballer's form follows from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inputs {
    /// His score in 10⁻⁶, clean sheet included.
    pub score: i128,
    /// Clock of the first goal that his side conceded with him on the pitch, for a keeper or defender whose clean sheet
    /// counts in play.
    pub conceded: Option<u64>,
    /// The form that follows, in 10⁻⁶.
    pub form: i128,
}

impl Match {
    /// The squads' row of an instrument.
    pub(super) fn participant(&self, instrument: usize) -> Option<&Participant> {
        self.participants.iter().find(|p| p.instrument == instrument)
    }

    /// When he came on and left; `None` if he was not used.
    pub(super) fn spell(&self, p: &Participant) -> Option<Spell> {
        let starts = self.line_up[p.side.index()].as_ref().is_none_or(|starting| starting.contains(&p.instrument));
        let him = Some(p.instrument);
        let (mut on, mut off) = (starts.then_some(0), None);
        for listed in &self.events {
            let goes = match listed.event.kind {
                EventKind::Substitution => listed.related == him,
                EventKind::Red | EventKind::SecondYellow => listed.who == him,
                _ => false,
            };
            if on.is_none() && listed.event.kind == EventKind::Substitution && listed.who == him {
                on = Some(listed.clock);
            } else if on.is_some() && off.is_none() && goes {
                off = Some(listed.clock);
            }
        }
        let on = on?;
        Some(Spell { on, off })
    }

    /// Clocks of the goals that a side concedes.
    fn conceded_by(&self, side: Side) -> impl Iterator<Item = u64> + '_ {
        self.events.iter().filter(move |e| self.concedes(e) == Some(side)).map(|e| e.clock)
    }

    /// Which side an event is a goal against.
    pub(super) fn concedes(&self, listed: &Listed) -> Option<Side> {
        let side = self.participant(listed.who?)?.side;
        match listed.event.kind {
            EventKind::Goal | EventKind::PenaltyGoal => Some(side.other()),
            EventKind::OwnGoal => Some(side),
            _ => None,
        }
    }

    /// How often the list credits each covered statistic to him (R3.2), by place in [`Tally::COUNTED`].
    fn statistics(&self, p: &Participant, keeper: bool, spell: Option<Spell>) -> [i128; 16] {
        let mut counts = [0; 16];
        let mut count = |statistic: Reported| {
            let place = Tally::COUNTED.iter().position(|s| *s == statistic).expect("a counted statistic");
            counts[place] += 1;
        };
        let second_yellow = self.events.iter().any(|e| e.who == Some(p.instrument) && e.event.kind == EventKind::SecondYellow);
        for listed in &self.events {
            if listed.who == Some(p.instrument) {
                match listed.event.kind {
                    EventKind::Goal | EventKind::PenaltyGoal => {
                        count(Reported::Goal);
                        count(Reported::ShotOnTarget);
                    }
                    EventKind::OwnGoal => count(Reported::OwnGoal),
                    EventKind::ShotOnTarget => count(Reported::ShotOnTarget),
                    EventKind::KeyPass => count(Reported::KeyPass),
                    EventKind::Tackle => count(Reported::Tackle),
                    EventKind::Interception => count(Reported::Interception),
                    EventKind::Clearance => count(Reported::Clearance),
                    EventKind::Aerial => count(Reported::Aerial),
                    EventKind::Save => count(Reported::Save),
                    EventKind::SaveInsideBox => {
                        count(Reported::Save);
                        count(Reported::InsideBox);
                    }
                    EventKind::PenaltySaved => {
                        count(Reported::PenaltySaved);
                        count(Reported::Save);
                        count(Reported::InsideBox);
                    }
                    EventKind::PenaltyMissed => count(Reported::PenaltyMissed),
                    EventKind::Yellow if !second_yellow => count(Reported::Yellow),
                    EventKind::SecondYellow | EventKind::Red => count(Reported::Red),
                    EventKind::Yellow
                    | EventKind::PenaltyAwarded
                    | EventKind::Substitution
                    | EventKind::VarCheck
                    | EventKind::CheckEnded
                    | EventKind::Restart
                    | EventKind::ShootoutGoal
                    | EventKind::ShootoutMiss => {}
                }
            }
            if listed.related == Some(p.instrument) {
                match listed.event.kind {
                    EventKind::Goal => count(Reported::Assist),
                    EventKind::PenaltySaved => count(Reported::PenaltyMissed),
                    _ => {}
                }
            }
            if keeper && self.concedes(listed) == Some(p.side) && spell.is_some_and(|s| s.holds(listed.clock)) {
                count(Reported::Conceded);
            }
        }
        for (place, statistic) in Tally::COUNTED.iter().enumerate() {
            if !self.covers(*statistic) {
                counts[place] = 0;
            }
        }
        counts
    }
}

impl Auditor {
    /// R3.2 without the clean sheet, in 10⁻⁶.
    fn counted_score(&self, m: &Match, p: &Participant) -> i128 {
        let position = self.instruments[p.instrument].position;
        let counts = m.statistics(p, position == Position::Goalkeeper, m.spell(p));
        let weights = &self.rules().scoring.weights[position.index()];
        Tally::COUNTED.iter().zip(counts).map(|(s, n)| n * i128::from(weights.of(*s).units())).sum()
    }

    /// R3.5 in fair, in 10⁻⁶: `weight × (p − p0)`, or what became of it.
    fn clean_sheet_so_far(&self, m: &Match, p: &Participant, spell: Spell, length_ms: u64, default_conceded: Score) -> i128 {
        let position = self.instruments[p.instrument].position;
        let weight = i128::from(self.rules().scoring.weights[position.index()].clean_sheet.units());
        if weight == 0 || !m.covers(Reported::CleanSheet) {
            return 0;
        }
        let lambda = m.prior_conceded.map_or(default_conceded, |(home, away)| match p.side {
            Side::Home => home,
            Side::Away => away,
        });
        let p0 = no_goal_for(lambda, length_ms, length_ms);
        let lost = m.conceded_by(p.side).any(|clock| spell.holds(clock) && clock - spell.on < length_ms);
        if lost {
            return Exact::ratio(-weight * p0, 1_000_000).floor();
        }
        let played = spell.played(m.clock.0).min(length_ms);
        // On the straight line between the values of two whole minutes.
        let at = |minute: u64| no_goal_for(lambda, length_ms.saturating_sub(minute * 60_000), length_ms);
        let (minute, rest) = (played / 60_000, i128::from(played % 60_000));
        let now = at(minute) + Exact::ratio((at(minute + 1) - at(minute)) * rest, 60_000).floor();
        Exact::ratio(weight * (now - p0), 1_000_000).floor()
    }

    /// R3.5 in classic: none conceded while he was on, and long enough on.
    pub(super) fn kept_clean_sheet(&self, m: &Match, instrument: usize) -> bool {
        let Formula::Blend { clean_sheet_after, .. } = self.rules().scoring.formula else { return false };
        let position = self.instruments[instrument].position;
        if self.rules().scoring.weights[position.index()].clean_sheet == Score::ZERO || !m.covers(Reported::CleanSheet) {
            return false;
        }
        let Some(p) = m.participant(instrument) else { return false };
        let Some(spell) = m.spell(p) else { return false };
        spell.played(m.clock.0) >= clean_sheet_after.0 && !m.conceded_by(p.side).any(|clock| spell.holds(clock))
    }

    /// What his form follows from, as the list and the clock stand, and the form.
    pub(super) fn inputs(&self, m: &Match, p: &Participant) -> Inputs {
        let counted = self.counted_score(m, p);
        let Some(spell) = m.spell(p) else { return Inputs { score: counted, conceded: None, form: p.previous } };
        let sheet = match self.rules().scoring.formula {
            Formula::Martingale { length, prior_conceded, .. } => self.clean_sheet_so_far(m, p, spell, length.0, prior_conceded),
            Formula::Blend { .. } if m.whistle && self.kept_clean_sheet(m, p.instrument) => {
                i128::from(self.rules().scoring.weights[self.instruments[p.instrument].position.index()].clean_sheet.units())
            }
            Formula::Blend { .. } => 0,
        };
        let guards = matches!(self.instruments[p.instrument].position, Position::Goalkeeper | Position::Defender)
            && matches!(self.rules().scoring.formula, Formula::Martingale { .. })
            && m.covers(Reported::CleanSheet);
        let conceded = m.conceded_by(p.side).filter(|clock| guards && spell.holds(*clock)).min();
        let score = counted + sheet;
        Inputs { score, conceded, form: self.form_of(m, p, score, spell.played(m.clock.0)) }
    }

    /// R3.4: form of a score after so much play, in 10⁻⁶, clamped.
    fn form_of(&self, m: &Match, p: &Participant, score: i128, played: u64) -> i128 {
        let scoring = &self.rules().scoring;
        let position = self.instruments[p.instrument].position.index();
        let form = match scoring.formula {
            Formula::Martingale { weight, length, .. } => {
                let expected = |covered_only: bool| -> i128 {
                    let statistics = Tally::COUNTED.iter().filter(|s| !covered_only || m.covers(**s));
                    let product = |s: &Reported| {
                        i128::from(scoring.priors[position].of(*s).units()) * i128::from(scoring.weights[position].of(*s).units())
                    };
                    statistics.map(product).sum()
                };
                let (covered, all) = (expected(true), expected(false));
                let (w, t) = (i128::from(weight.0), i128::from(length.0));
                let previous = Exact::whole(p.previous);
                let so_far = if all == 0 { Exact::whole(0) } else { Exact::ratio(p.previous * covered * i128::from(played), all * t) };
                (previous + Exact::ratio(w, 10_000) * (Exact::whole(score) - so_far)).floor()
            }
            Formula::Blend { weight, .. } => {
                let w = i128::from(weight.0);
                Exact::ratio(w * score + (10_000 - w) * p.previous, 10_000).floor()
            }
        };
        form.clamp(0, i128::from(scoring.max_expected[position].units()))
    }

    /// R3.3: the mean score of a position, clean sheets apart, in 10⁻¹² (rates times weights).
    pub(super) fn mean_score(&self, position: Position) -> i128 {
        let scoring = &self.rules().scoring;
        let (rates, weights) = (&scoring.priors[position.index()], &scoring.weights[position.index()]);
        Tally::COUNTED.iter().map(|s| i128::from(rates.of(*s).units()) * i128::from(weights.of(*s).units())).sum()
    }

    /// R3.3: what a footballer starts from, in 10⁻⁶.
    pub(super) fn starting_form(&self, footballer: &ftl_core::command::Footballer) -> i128 {
        let scoring = &self.rules().scoring;
        let (matches, average) = footballer.record.map_or((0, 0), |r| (i128::from(r.matches), i128::from(r.average.units())));
        let prior = i128::from(scoring.prior_matches);
        let most = i128::from(scoring.max_expected[footballer.position.index()].units());
        let mean = self.mean_score(footballer.position);
        if matches + prior == 0 {
            return Exact::ratio(mean, 1_000_000).floor().clamp(0, most);
        }
        Exact::ratio(matches * average * 1_000_000 + prior * mean, (matches + prior) * 1_000_000).floor().clamp(0, most)
    }
}

/// Chance of no goal in `rest` of a match of `length` in which `lambda` are expected: exp(−λ × rest / length), in 10⁻⁶,
/// rounded to the nearest. By the platform's exponential: it is right far beyond the seventh place.
fn no_goal_for(lambda: Score, rest: u64, length: u64) -> i128 {
    let x = lambda.units() as f64 / 1e6 * rest as f64 / length as f64;
    ((-x).exp() * 1e6).round() as i128
}

#[cfg(test)]
mod check {
    use super::*;

    #[test]
    fn a_default_match_without_a_goal_has_twenty_six_percent() {
        let lambda = Score::from_units(1_347_074);
        assert_eq!(no_goal_for(lambda, 96, 96), 260_000);
        assert_eq!(no_goal_for(lambda, 0, 96), 1_000_000);
        assert_eq!(no_goal_for(lambda, 48, 96), 509_902);
    }
}
