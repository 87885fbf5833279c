//! Who may be traded in a red team's match, and the weak footballers that it gets on top.
//!
//! Synthetic matches are of footballers at the prior mean, far from the floor. So the home side gets four more, one of
//! each position, whose form is just above where R2.6 refuses longs, and whose events are drawn at exactly the rates that
//! such a form is the mean of: each is in the shadow of a footballer of the same position and takes over all his cards,
//! own goals and misses, and the right part of everything else. Goals and their number stay what they were.

use crate::command::Record;
use crate::fixture::{EventKind, Position, Side};
use crate::id::{InstrumentId, InstrumentIdx};
use crate::rulebook::scoring::prior_mean;
use crate::rules::Rules;
use crate::seeded::Seeded;
use crate::source::{MatchSource, SquadMember};
use crate::state::State;
use crate::units::{Score, Wide};

/// Shirt of who casts the shadow, of the weak one, and where they play; all of the home side.
const SHADOWS: [(u16, u16, Position); 4] =
    [(9, 29, Position::Forward), (8, 28, Position::Midfielder), (5, 25, Position::Defender), (1, 21, Position::Goalkeeper)];
/// The shirt of the away side that a crowd may push.
const PUSHED: u16 = 11;
/// The shirt of the away side whose order book is nobody else's while it is split.
const SPLIT: u16 = 8;
/// A record so long that the prior does not matter.
const LONG: u32 = 10_000;

/// A footballer of the cast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Player {
    /// What to trade.
    pub instrument: InstrumentIdx,
    /// Where he plays.
    pub position: Position,
    /// For whom.
    pub side: Side,
}

/// Who is who.
#[derive(Clone, Debug, Default)]
pub struct Cast {
    /// Whom everybody may trade a share of.
    pub open: Vec<Player>,
    /// The weak ones.
    pub weak: Vec<Player>,
    /// Whose price the crowd may push.
    pub pushed: Option<Player>,
    /// Whom orders are split in.
    pub split: Option<Player>,
}

impl Cast {
    /// Who is who in a state that knows the squads.
    pub fn of(state: &State, source: &MatchSource) -> Self {
        let mut cast = Self::default();
        for (side, member) in source.everybody() {
            let Some(row) = state.find_instrument(member.instrument.as_str()) else { continue };
            let player = Player { instrument: row.idx, position: member.position, side };
            let home = side == Side::Home;
            if home && SHADOWS.iter().any(|(_, weak, _)| *weak == member.number) {
                cast.weak.push(player);
            } else if home && SHADOWS.iter().any(|(donor, ..)| *donor == member.number) {
                // His events are another's now.
            } else if !home && member.number == PUSHED {
                cast.pushed = Some(player);
            } else if !home && member.number == SPLIT {
                cast.split = Some(player);
            } else {
                cast.open.push(player);
            }
        }
        cast
    }

    /// Who is who in a match as it comes: one footballer may be pushed and one is split in, both of the away side, and
    /// nobody is weak.
    pub fn plain(state: &State, fixture: &crate::fixture::Fixture) -> Self {
        let mut cast = Self::default();
        let plays = |p: &&crate::fixture::Participant| p.starts || !fixture.lined_up[p.side.index()];
        for participant in fixture.squad.iter().filter(plays) {
            let player = Player { instrument: participant.instrument, position: participant.position, side: participant.side };
            let midfield = player.side == Side::Away && player.position == Position::Midfielder;
            let tradable = state.instrument(player.instrument).is_some_and(|row| row.active && !row.frozen);
            match (&cast.pushed, &cast.split) {
                _ if !tradable => {}
                (None, _) if midfield => cast.pushed = Some(player),
                (_, None) if midfield => cast.split = Some(player),
                _ => cast.open.push(player),
            }
        }
        cast
    }

    /// Whether everybody may trade him.
    pub fn is_open(&self, instrument: InstrumentIdx) -> bool {
        self.open.iter().any(|player| player.instrument == instrument)
    }

    /// The open footballers of a position.
    pub fn of_position(&self, position: Position) -> impl Iterator<Item = Player> + '_ {
        self.open.iter().copied().filter(move |player| player.position == position)
    }

    /// The open keepers and defenders of a side.
    pub fn defence(&self, side: Side) -> impl Iterator<Item = Player> + '_ {
        let defends = |position| matches!(position, Position::Defender | Position::Goalkeeper);
        self.open.iter().copied().filter(move |player| player.side == side && defends(player.position))
    }
}

/// Puts the weak footballers into a match.
pub fn with_weak(mut source: MatchSource, rules: &Rules, draws: &mut Seeded) -> MatchSource {
    for (donor, weak, position) in SHADOWS {
        let Some(original) = source.squads.home.iter().find(|m| m.number == donor).cloned() else { continue };
        let mean = weak_mean(rules, position);
        let instrument = InstrumentId(format!("{}-weak", original.instrument).into());
        let takes = part_of_good(rules, position, mean);
        for told in &mut source.events {
            let mut moved = |who: &mut Option<InstrumentId>, always: bool| {
                let his = who.as_ref() == Some(&original.instrument);
                if his && (always || draws.chance(takes, 1_000_000)) {
                    *who = Some(instrument.clone());
                }
            };
            match told.kind {
                EventKind::Yellow | EventKind::SecondYellow | EventKind::Red | EventKind::OwnGoal | EventKind::PenaltyMissed => {
                    moved(&mut told.instrument, true);
                }
                EventKind::PenaltySaved => {
                    moved(&mut told.instrument, false);
                    moved(&mut told.related, true);
                }
                EventKind::PenaltyAwarded
                | EventKind::VarCheck
                | EventKind::CheckEnded
                | EventKind::Restart
                | EventKind::Substitution
                | EventKind::ShootoutGoal
                | EventKind::ShootoutMiss => {}
                EventKind::Goal
                | EventKind::PenaltyGoal
                | EventKind::ShotOnTarget
                | EventKind::KeyPass
                | EventKind::Tackle
                | EventKind::Interception
                | EventKind::Clearance
                | EventKind::Aerial
                | EventKind::Save
                | EventKind::SaveInsideBox => {
                    moved(&mut told.instrument, false);
                    moved(&mut told.related, false);
                }
            }
        }
        source.squads.home.push(SquadMember {
            instrument,
            name: format!("Weak {weak}"),
            number: weak,
            position,
            starts: false,
            record: Some(Record { matches: LONG, average: mean }),
        });
    }
    // Without a line-up everybody plays: fifteen do.
    source.squads.home.iter_mut().for_each(|member| member.starts = false);
    source
}

/// The form of a price 1 % above where R2.6 begins to allow longs: a forward at 55.5500 has 0.172667.
fn weak_mean(rules: &Rules, position: Position) -> Score {
    let fair = Rules::fair(1_000);
    let limited = fair.price_limit.map_or(11_000, |limit| match position {
        Position::Goalkeeper => limit.long_above_floor_goalkeeper.0,
        Position::Forward | Position::Midfielder | Position::Defender => limit.long_above_floor.0,
    });
    let price = (rules.floor.wide() * i64::from(limited) * 101).div_floor(1_000_000);
    let max = rules.scoring.max_expected[position.index()].wide();
    let range = (rules.ceiling - rules.floor).wide();
    Score::from_units(((price - rules.floor.wide()) * max).div_ceil(range.get()).clamp_i64())
}

/// The part of the good events, in 10⁻⁶, that makes `mean` the mean of who takes all the bad ones. With good + bad = the
/// prior mean: (mean − bad) / (prior mean − bad). Forward: bad −0.185 (a miss counts twice its prior: a penalty saved is
/// one too), (0.172667 + 0.185) / (4.485 + 0.185) = 0.0766.
fn part_of_good(rules: &Rules, position: Position, mean: Score) -> u64 {
    let (prior, weight) = (&rules.scoring.priors[position.index()], &rules.scoring.weights[position.index()]);
    let rows = [
        (prior.yellow, weight.yellow, 1_i64),
        (prior.red, weight.red, 1),
        (prior.own_goal, weight.own_goal, 1),
        (prior.penalty_missed, weight.penalty_missed, 2),
        (prior.conceded, weight.conceded, 1),
    ];
    let bad: Wide = rows.into_iter().map(|(prior, weight, times)| prior.wide() * weight.wide() * times).sum();
    let bad = bad.div_floor(1_000_000);
    let good = prior_mean(rules, position).wide() - bad;
    let part = ((mean.wide() - bad) * 1_000_000).div_floor(good.get().max(1));
    u64::try_from(part.clamp_i64()).unwrap_or(0)
}
