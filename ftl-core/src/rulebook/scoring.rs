//! From the pitch to form, and from form to `live_base` (R3).

use serde::{Deserialize, Serialize};

use crate::fixture::{Coverage, Position, Reported};
use crate::rules::{Formula, Rules, Tally};
use crate::time::{MatchClock, Span};
use crate::units::{Price, Score, Wide};

/// One footballer in one match, as the list of events has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appearance {
    /// His form before the match.
    pub previous: Score,
    /// When he came on; nobody who has not been on plays.
    pub on: Option<MatchClock>,
    /// When he went off.
    pub off: Option<MatchClock>,
    /// R3.2: Σ statistic × weight, clean sheet apart.
    pub score: Score,
    /// Time that he had played when his side first conceded with him on the pitch.
    pub conceded_after: Option<Span>,
}

impl Appearance {
    /// Time on the pitch up to `clock`, which may lie before he left: a recount asks for the moment of every goal.
    pub fn played(&self, clock: MatchClock) -> Span {
        let on = self.on.unwrap_or(clock);
        Span(self.off.map_or(clock, |off| off.min(clock)).since(on).0)
    }
    /// Whether he is on the pitch at `clock`; the moments of coming and going count.
    pub fn on_pitch(&self, clock: MatchClock) -> bool {
        self.on.is_some_and(|on| on <= clock) && self.off.is_none_or(|off| clock <= off)
    }
}

/// What a match is scored with: fixed when the fixture is created.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScoreSheet {
    /// R3.6: what the feed delivers.
    pub covered: Vec<Reported>,
    /// R3.4: for each position, what the delivered statistics make of the prior mean, and the whole; in 10⁻¹².
    pub share: [(i64, i64); 4],
    /// R3.5: for home and away, p by whole minutes played, 0 to 96; the first is p0.
    pub clean_sheet: [Vec<Score>; 2],
}

impl ScoreSheet {
    /// The sheet of a fixture whose sides are expected to concede `prior_conceded` goals.
    pub fn new(rules: &Rules, coverage: &[Coverage], prior_conceded: Option<(Score, Score)>) -> Self {
        let covered: Vec<Reported> = coverage.iter().map(|c| c.reported).collect();
        let share = Position::ALL.map(|position| {
            let expected = |wanted: &dyn Fn(Reported) -> bool| expected_score(rules, position, wanted).clamp_i64();
            (expected(&|statistic| covered.contains(&statistic)), expected(&|_| true))
        });
        let (length, default) = match rules.scoring.formula {
            Formula::Martingale { length, prior_conceded, .. } => (length, prior_conceded),
            Formula::Blend { .. } => (Span::ZERO, Score::ZERO),
        };
        let (home, away) = prior_conceded.unwrap_or((default, default));
        Self { covered, share, clean_sheet: [clean_sheet_table(home, length), clean_sheet_table(away, length)] }
    }
    /// Whether the feed delivers it.
    pub fn covers(&self, reported: Reported) -> bool {
        self.covered.contains(&reported)
    }
}

/// From score to form.
pub trait ScoringModel {
    /// R3.4, R3.5: the form at `clock`, clamped. `over`: the match has been blown off.
    fn form(
        rules: &Rules,
        sheet: &ScoreSheet,
        position: Position,
        side: usize,
        appearance: &Appearance,
        clock: MatchClock,
        over: bool,
    ) -> Score;
}

/// R3.4 in both presets.
#[derive(Clone, Copy, Debug)]
pub struct StatisticModel;

impl ScoringModel for StatisticModel {
    /// A forward at his mean (4.485) who has scored once (4.5 with the shot) after 48 of 96 minutes, all covered:
    /// 4.485 + 0.1 × (4.5 − 4.485 × 48 / 96) = 4.710750.
    fn form(
        rules: &Rules,
        sheet: &ScoreSheet,
        position: Position,
        side: usize,
        appearance: &Appearance,
        clock: MatchClock,
        over: bool,
    ) -> Score {
        let max = rules.scoring.max_expected.get(position.index()).copied().unwrap_or(Score::ZERO);
        if appearance.on.is_none() {
            return appearance.previous.clamp(Score::ZERO, max);
        }
        let played = appearance.played(clock);
        let previous = appearance.previous.wide();
        let clean_sheet = clean_sheet(rules, sheet, position, side, appearance, played, over);
        let score = (appearance.score + clean_sheet).wide();
        let form = match rules.scoring.formula {
            Formula::Martingale { weight, length, .. } => {
                let (covered, all) = sheet.share.get(position.index()).copied().unwrap_or((0, 1));
                let whole = Wide::of(all) * Wide::from(length.0);
                let surplus = score * whole - previous * Wide::of(covered) * Wide::from(played.0);
                previous + (weight.wide() * surplus).div_floor(whole * 10_000)
            }
            Formula::Blend { weight, .. } => (weight.wide() * score + (Wide::of(10_000) - weight.wide()) * previous).div_floor(10_000),
        };
        Score::from_units(form.clamp_i64()).clamp(Score::ZERO, max)
    }
}

/// What the clean sheet counts (R3.5).
fn clean_sheet(
    rules: &Rules,
    sheet: &ScoreSheet,
    position: Position,
    side: usize,
    appearance: &Appearance,
    played: Span,
    over: bool,
) -> Score {
    let weight = rules.scoring.weights.get(position.index()).map_or(Score::ZERO, |w| w.clean_sheet);
    if weight == Score::ZERO || !sheet.covers(Reported::CleanSheet) {
        return Score::ZERO;
    }
    match rules.scoring.formula {
        Formula::Martingale { length, .. } => {
            let table = sheet.clean_sheet.get(side).map(Vec::as_slice).unwrap_or_default();
            let at =
                |minute: u64| table.get(usize::try_from(minute).unwrap_or(usize::MAX)).or(table.last()).copied().unwrap_or(Score::ZERO);
            let p = match appearance.conceded_after {
                Some(after) if after < length => Score::ZERO,
                // Between two minutes in a straight line: a step at a moment that everybody knows is free money.
                _ => {
                    let minute = MatchClock(played.0).minutes();
                    let (from, to) = (at(minute), at(minute.saturating_add(1)));
                    let rest = Wide::from(played.0.saturating_sub(minute.saturating_mul(60_000)));
                    from + Score::from_units(((to - from).wide() * rest).div_floor(60_000).clamp_i64())
                }
            };
            Score::from_units((weight.wide() * (p - at(0)).wide()).div_floor(1_000_000).clamp_i64())
        }
        Formula::Blend { clean_sheet_after, .. } => {
            let earned = over && appearance.conceded_after.is_none() && played >= clean_sheet_after;
            if earned { weight } else { Score::ZERO }
        }
    }
}

/// Σ prior × weight over the statistics that `wanted` names, in 10⁻¹². Forward, all: 4.485.
fn expected_score(rules: &Rules, position: Position, wanted: &dyn Fn(Reported) -> bool) -> Wide {
    let (Some(weights), Some(priors)) = (rules.scoring.weights.get(position.index()), rules.scoring.priors.get(position.index())) else {
        return Wide::ZERO;
    };
    Tally::COUNTED.into_iter().filter(|statistic| wanted(*statistic)).map(|s| weights.of(s).wide() * priors.of(s).wide()).sum()
}

/// R3.3: the prior mean of a position's score, rounded down. Forward 4.485.
pub fn prior_mean(rules: &Rules, position: Position) -> Score {
    Score::from_units(expected_score(rules, position, &|_| true).div_floor(1_000_000).clamp_i64())
}

/// R3.3: `(n × average + 10 × mean) / (n + 10)`, rounded down and clamped.
pub fn starting_form(rules: &Rules, position: Position, record: Option<crate::command::Record>) -> Score {
    let mean = prior_mean(rules, position);
    let form = match record {
        Some(record) => {
            let (n, prior) = (Wide::from(i64::from(record.matches)), Wide::from(i64::from(rules.scoring.prior_matches.max(1))));
            let sum = n * record.average.wide() + prior * mean.wide();
            Score::from_units(sum.div_floor(n + prior).clamp_i64())
        }
        None => mean,
    };
    form.clamp(Score::ZERO, rules.scoring.max_expected.get(position.index()).copied().unwrap_or(Score::ZERO))
}

/// R3.1: `floor + form / max_expected × (ceiling − floor)`, rounded down. A forward of 4.485: 194.1607.
pub fn live_base(rules: &Rules, position: Position, form: Score) -> Price {
    let max = rules.scoring.max_expected.get(position.index()).copied().unwrap_or(Score::MAX);
    let above = (form.wide() * (rules.ceiling - rules.floor).wide()).div_floor(max.wide());
    rules.floor + Price::from_units(above.clamp_i64())
}

/// R3.5: `exp(−λ × (T − m) / T)` for m = 0 … T minutes, in 10⁻⁶ rounded to the nearest. λ = 1.347074: 0.26 at 0, 1 at 96.
fn clean_sheet_table(lambda: Score, length: Span) -> Vec<Score> {
    let minutes = MatchClock(length.0).minutes();
    let step = |m: u64| {
        let left = Wide::from(minutes.saturating_sub(m));
        exp_minus(lambda.wide() * left, Wide::from(minutes.max(1)))
    };
    (0..=minutes).map(step).collect()
}

/// exp(−x) in 10⁻⁶ rounded to the nearest, x = numerator / (10⁶ × denominator): 1 / Σ xⁿ/n!, all terms positive.
fn exp_minus(numerator: Wide, denominator: Wide) -> Score {
    const ONE: Wide = Wide::of(1_000_000_000_000_000);
    let x = (numerator * ONE).div_floor(denominator * 1_000_000);
    let (mut term, mut sum) = (ONE, ONE);
    for n in 1..200 {
        term = (term * x).div_floor(ONE * n);
        sum = sum + term;
        if term == Wide::ZERO {
            break;
        }
    }
    let doubled = (ONE * 2_000_000).div_floor(sum);
    Score::from_units((doubled + Wide::of(1)).div_floor(2).clamp_i64())
}
