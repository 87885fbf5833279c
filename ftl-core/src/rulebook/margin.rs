//! From price to margin (R4.7).

use crate::fixture::Position;
use crate::rules::{Formula, Rules};
use crate::units::{Bps, Direction, Price, Score};

/// How much of a position's value a book must keep.
pub trait MarginPolicy {
    /// Margin a share at `mark`, rounded up to a `Price` unit. Never falls when `mark` rises.
    fn per_share(rules: &Rules, position: Position, direction: Direction, mark: Price) -> Price {
        Self::at(rules, Self::least(rules, position, direction), mark)
    }

    /// What it is at the least, whatever the mark: the engine asks for it once, when rules come into force.
    fn least(rules: &Rules, position: Position, direction: Direction) -> Price;

    /// Margin a share at `mark`, where the least is known.
    fn at(rules: &Rules, least: Price, mark: Price) -> Price;

    /// A bound of how much `per_share` moves when the mark moves by one, as a ratio; one unit of rounding comes on top.
    /// The safe bands rest on it.
    fn steepest(rules: &Rules) -> Bps;
}

/// R4.7: max(mark / leverage, multiple × gap).
#[derive(Clone, Copy, Debug)]
pub struct WorstEventMargin;

impl MarginPolicy for WorstEventMargin {
    /// A long forward: 2.1 × 12.8572 = 27.00012, so 27.0002.
    fn least(rules: &Rules, position: Position, direction: Direction) -> Price {
        let Some(multiple) = rules.margin.gap_multiple else { return Price::ZERO };
        Price::from_units((gap(rules, position, direction).wide() * multiple.wide()).div_ceil(10_000).clamp_i64())
    }

    /// A long forward at 195.2500: max(19.5250, 27.0002) = 27.0002.
    #[inline]
    fn at(rules: &Rules, least: Price, mark: Price) -> Price {
        let by_leverage = mark.wide().div_ceil(i64::from(rules.margin.leverage.max(1)));
        Price::from_units(by_leverage.clamp_i64()).max(least)
    }

    #[inline]
    fn steepest(rules: &Rules) -> Bps {
        Bps(10_000u32.div_ceil(rules.margin.leverage.max(1)))
    }
}

/// R4.7: how far one event can move the price against `direction`, with all that it entails; corrections apart.
///
/// `gap = w × s / max_expected × (ceiling − floor)`, rounded up. Long forward: 0.1 × 4 / 14 × 450 = 12.8572.
pub fn gap(rules: &Rules, position: Position, direction: Direction) -> Price {
    let scoring = &rules.scoring;
    let weight = match scoring.formula {
        Formula::Martingale { weight, .. } | Formula::Blend { weight, .. } => weight,
    };
    let score = worst_event(rules, position, direction);
    let range = rules.ceiling - rules.floor;
    let divisor = scoring.max_expected.get(position.index()).copied().unwrap_or(Score::MAX).wide() * 10_000;
    Price::from_units((weight.wide() * score.wide() * range.wide()).div_ceil(divisor).clamp_i64())
}

/// s of R4.7, from the weights: long a dismissal or an own goal with what it takes, short a goal or a penalty saved.
pub fn worst_event(rules: &Rules, position: Position, direction: Direction) -> Score {
    let Some(weights) = rules.scoring.weights.get(position.index()) else { return Score::ZERO };
    match direction {
        Direction::Long => {
            let conceded = weights.conceded.magnitude() + weights.clean_sheet.magnitude();
            weights.red.magnitude().max(weights.own_goal.magnitude() + conceded)
        }
        Direction::Short => {
            let saved = weights.penalty_saved + weights.save + weights.inside_box;
            (weights.goal + weights.shot_on_target).max(saved)
        }
    }
}
