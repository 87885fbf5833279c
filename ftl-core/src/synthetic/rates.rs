//! How often each thing happens to whom in one second of play, given who is on the pitch.
//!
//! Rates are in 10⁻⁶ per 96 minutes, as the priors are. The arithmetic of "What cannot hold at once" is here.

use crate::fixture::{EventKind, Position, Side};
use crate::rules::{ScoringRules, Tally};
use crate::units::{Score, Wide};

/// Seconds of the 96 minutes, times 10⁶: a rate out of this is the probability in a second.
pub(super) const PER_SECOND: u64 = 5_760_000_000;

/// Penalties that a side scores.
const PENALTY_GOALS: i64 = 110_000;
/// Penalties that a side puts wide.
const PENALTIES_WIDE: i64 = 10_000;
/// Of 96 goals that stand, so many more are taken back.
const TAKEN_BACK: (i64, i64) = (4, 96);

/// What can be drawn in a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Draw {
    /// An event of one footballer, by his place among all.
    Of(usize, EventKind),
    /// A goal that will be taken back.
    TakenBack(usize),
    /// This side gets a penalty.
    Penalty(Side),
}

/// A footballer as the course of a match sees him.
#[derive(Clone, Copy, Debug)]
pub(super) struct Player {
    pub side: Side,
    pub position: Position,
    pub on: bool,
    pub cautioned: bool,
}

/// The draws of a second as a table of cumulated rates.
#[derive(Debug, Default)]
pub(super) struct Rates {
    cumulated: Vec<(u64, Draw)>,
    total: u64,
    /// Of each side: assists a goal from play, out of `PER_SECOND`.
    pub assisted: [u64; 2],
}

impl Rates {
    /// The rates while these players are on the pitch.
    pub fn of(scoring: &ScoringRules, players: &[Player]) -> Self {
        let mut rates = Self::default();
        for side in [Side::Home, Side::Away] {
            rates.add_side(scoring, players, side);
        }
        rates
    }

    /// What the draw `x`, evenly from 0 to `PER_SECOND` − 1, hits.
    pub fn hit(&self, x: u64) -> Option<Draw> {
        if x >= self.total {
            return None;
        }
        let place = self.cumulated.partition_point(|(until, _)| *until <= x);
        self.cumulated.get(place).map(|(_, draw)| *draw)
    }

    fn push(&mut self, rate: Wide, draw: Draw) {
        let rate = u64::try_from(rate.clamp_i64()).unwrap_or(0);
        self.total = self.total.saturating_add(rate);
        self.cumulated.push((self.total, draw));
    }

    fn add_side(&mut self, scoring: &ScoringRules, players: &[Player], side: Side) {
        let prior = |p: &Player| &scoring.priors[p.position.index()];
        let on = |s: Side| players.iter().filter(move |p| p.on && p.side == s);
        let conceded = scoring.priors[Position::Goalkeeper.index()].conceded.wide();
        let own_goals: Wide = on(side.other()).map(|p| prior(p).own_goal.wide()).sum();
        let goals = conceded - own_goals;
        let prior_goals: Wide = on(side).map(|p| prior(p).goal.wide()).sum();
        let assists: Wide = on(side).map(|p| prior(p).assist.wide()).sum();
        if prior_goals <= Wide::ZERO {
            return;
        }
        let from_play = goals - Wide::of(PENALTY_GOALS);
        let saved = on(side.other()).map(|p| prior(p).penalty_saved.wide()).sum::<Wide>();
        let missed = saved + Wide::of(PENALTIES_WIDE);
        self.push(Wide::of(PENALTY_GOALS) + missed, Draw::Penalty(side));
        let per = Wide::of(i64::try_from(PER_SECOND).unwrap_or(i64::MAX));
        if from_play > Wide::ZERO {
            self.assisted[side.index()] = u64::try_from((assists * per).div_floor(from_play).clamp_i64()).unwrap_or(0);
        }

        let takers = Wide::of(i64::try_from(takers(players, side).len().max(1)).unwrap_or(1));
        for (i, player) in players.iter().enumerate().filter(|(_, p)| p.on && p.side == side) {
            let takes = player.position == taking(players, side);
            let share = |of: Wide| if takes { of.div_floor(takers) } else { Wide::ZERO };
            let goal = (goals * prior(player).goal.wide()).div_floor(prior_goals);
            let open = goal - share(Wide::of(PENALTY_GOALS));
            self.push(open, Draw::Of(i, EventKind::Goal));
            self.push((open * TAKEN_BACK.0).div_floor(TAKEN_BACK.1), Draw::TakenBack(i));
            let actual = Actual { goal, penalty_missed: share(missed) };
            self.add_rest(scoring, *player, i, actual);
        }
    }

    /// All statistics of one footballer but his goals.
    fn add_rest(&mut self, scoring: &ScoringRules, player: Player, i: usize, actual: Actual) {
        let prior = &scoring.priors[player.position.index()];
        let weight = &scoring.weights[player.position.index()];
        let owed = actual.owed(prior, weight);
        let of = |rate: Score| rate.wide();
        // The score that he lacks, in the statistic of his position that makes it up.
        let made_up = |w: Score| if w > Score::ZERO { owed.div_floor(w.wide()) } else { Wide::ZERO };
        let shots = of(prior.shot_on_target) - of(prior.goal);
        let (shots, clearances) = match player.position {
            Position::Forward | Position::Midfielder => (shots + made_up(weight.shot_on_target), of(prior.clearance)),
            Position::Defender => (Wide::ZERO, of(prior.clearance) + made_up(weight.clearance)),
            Position::Goalkeeper => (Wide::ZERO, Wide::ZERO),
        };
        let inside = of(prior.inside_box) - of(prior.penalty_saved);
        let caution = if player.cautioned {
            (of(prior.yellow).div_floor(3_i64), EventKind::SecondYellow)
        } else {
            (of(prior.yellow), EventKind::Yellow)
        };
        let rows = [
            (of(prior.own_goal), EventKind::OwnGoal),
            (shots, EventKind::ShotOnTarget),
            (of(prior.key_pass), EventKind::KeyPass),
            (of(prior.tackle), EventKind::Tackle),
            (of(prior.interception), EventKind::Interception),
            (clearances, EventKind::Clearance),
            (of(prior.aerial), EventKind::Aerial),
            (of(prior.save) - of(prior.inside_box), EventKind::Save),
            (inside, EventKind::SaveInsideBox),
            caution,
            (of(prior.red), EventKind::Red),
        ];
        for (rate, kind) in rows {
            self.push(rate, Draw::Of(i, kind));
        }
    }
}

/// The rates that differ from a footballer's prior.
struct Actual {
    goal: Wide,
    penalty_missed: Wide,
}

impl Actual {
    /// The score that he lacks against his prior mean, in 10⁻¹². A goal is a shot on target too.
    ///
    /// A forward of a full side: goals 0.3683 for 0.40, misses 0.02 for 0.01: 0.0317 × (3 + 1.5) + 0.01 × 2 = 0.1627,
    /// made up by 0.1084 shots on target at 1.5.
    fn owed(&self, prior: &Tally, weight: &Tally) -> Wide {
        let goals = (prior.goal.wide() - self.goal) * (weight.goal + weight.shot_on_target).wide();
        let misses = (prior.penalty_missed.wide() - self.penalty_missed) * weight.penalty_missed.wide();
        goals + misses
    }
}

/// The position that takes a side's penalties: forwards while there are any.
fn taking(players: &[Player], side: Side) -> Position {
    let has = |position| players.iter().any(|p| p.on && p.side == side && p.position == position);
    [Position::Forward, Position::Midfielder, Position::Defender].into_iter().find(|p| has(*p)).unwrap_or(Position::Goalkeeper)
}

/// Who takes a side's penalties.
pub(super) fn takers(players: &[Player], side: Side) -> Vec<usize> {
    let position = taking(players, side);
    players.iter().enumerate().filter(|(_, p)| p.on && p.side == side && p.position == position).map(|(i, _)| i).collect()
}

/// How an awarded penalty ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kick {
    Scored,
    Saved,
    Wide,
}

/// Draws how a penalty ends; `x` evenly from 0 to 10⁶ − 1.
pub(super) fn kick(scoring: &ScoringRules, keeper: bool, x: u64) -> Kick {
    let saved = if keeper { scoring.priors[Position::Goalkeeper.index()].penalty_saved.units() } else { 0 };
    let all = PENALTY_GOALS.saturating_add(PENALTIES_WIDE).saturating_add(saved);
    let place = (Wide::from(x) * all).div_floor(1_000_000_i64).clamp_i64();
    match place.saturating_sub(PENALTY_GOALS) {
        ..0 => Kick::Scored,
        rest if rest < saved => Kick::Saved,
        _ => Kick::Wide,
    }
}
