//! Every limit of the core in one place, and the checks of what comes from outside.

use crate::command::{Footballer, Slippage};
use crate::fixture::Position;
use crate::id::District;
use crate::rejection::Rejection;
use crate::rulebook::scoring::prior_mean;
use crate::rules::{Formula, Rules, Tally};
use crate::time::Span;
use crate::units::{Bps, KMod, Lots, Money, Price, Score};

/// Instruments in a league: their number is a `u16`.
pub const MAX_INSTRUMENTS: usize = 65_535;
/// Fixtures in a league.
pub const MAX_FIXTURES: usize = 100_000;
/// Footballers in one side's squad.
pub const MAX_SQUAD: usize = 60;
/// Events on one match's list.
pub const MAX_EVENTS: usize = 20_000;
/// Open positions and resting orders in a book.
pub const MAX_IN_BOOK: usize = 200;
/// Points in one grant.
pub const MAX_GRANT: Money = Money::from_units(1_000_000_000_000);
/// A price that a client may name.
pub const MAX_PRICE: Price = Price::from_units(1_000_000_000);
/// A score, a weight, a prior.
pub const MAX_SCORE: Score = Score::from_units(10_000_000_000);
/// Districts of a league.
pub const MAX_DISTRICTS: usize = 1_000;
/// Time played in one match, in milliseconds.
pub const MAX_CLOCK_MS: u64 = 12_000_000;
/// A minute of football.
pub const MAX_MINUTE: u16 = 130;
/// The tolerance of a client that names a price and none (R4.1).
pub const DEFAULT_TOLERANCE: Bps = Bps(50);
/// Minutes of stoppage.
pub const MAX_OFFSET: u16 = 60;

/// A field has no valid value.
pub fn invalid(field: &str, expected: &str) -> Rejection {
    Rejection::InvalidField { field: field.into(), expected: expected.into() }
}

/// The league is full.
pub fn too_many(max: usize) -> Rejection {
    Rejection::TooMany { max: u32::try_from(max).unwrap_or(u32::MAX) }
}

/// 1 to 100 characters, none of them a control character.
pub fn check_name(field: &str, name: &str) -> Result<(), Rejection> {
    let n = name.chars().count();
    let good = (1..=100).contains(&n) && !name.chars().any(char::is_control);
    good.then_some(()).ok_or_else(|| invalid(field, "1 to 100 characters"))
}

/// The worst fill that a client may accept: figures with which a product stays inside its bounds.
pub fn check_slippage(slippage: Slippage) -> Result<(), Rejection> {
    if slippage.client_price <= Price::ZERO || slippage.client_price > MAX_PRICE {
        return Err(invalid("clientPrice", "more than 0, at most 100000.0000"));
    }
    if slippage.tolerance > Bps(10_000) {
        return Err(invalid("slippageTolerance", "0 to 1"));
    }
    Ok(())
}

/// A footballer as he may be listed.
pub fn check_footballer(footballer: &Footballer) -> Result<(), Rejection> {
    if !footballer.instrument.is_well_formed() {
        return Err(invalid("instrument", "a slug of 1 to 64 characters"));
    }
    check_name("name", &footballer.name)?;
    check_name("team", &footballer.team)?;
    let sane = footballer.record.is_none_or(|record| record.average.magnitude() <= MAX_SCORE && record.matches <= 100_000);
    sane.then_some(()).ok_or_else(|| invalid("record", "at most 100000 matches of at most 10000.000000"))
}

/// At least one, each once.
pub fn check_districts(districts: &[District]) -> Result<(), Rejection> {
    let distinct: std::collections::BTreeSet<_> = districts.iter().collect();
    let good = !districts.is_empty()
        && districts.len() <= MAX_DISTRICTS
        && distinct.len() == districts.len()
        && districts.iter().all(District::is_well_formed);
    good.then_some(()).ok_or_else(|| invalid("districts", "1 to 1,000 names, each once"))
}

/// Rules under which every formula stays inside its unit and every price above nothing.
pub fn check_rules(rules: &Rules) -> Result<(), Rejection> {
    let checks: [(bool, &str, &str); 14] = [
        (rules.floor >= Price::from_units(10_000) && rules.floor < rules.ceiling, "floor", "at least 1.0000 and below the ceiling"),
        (rules.ceiling <= Price::from_units(100_000_000), "ceiling", "at most 10000.0000"),
        ((1..=10_000).contains(&rules.contract_size), "contractSize", "1 to 10000"),
        (rules.k_mod > KMod::ZERO && rules.k_mod <= KMod::from_units(100_000_000), "kMod", "more than 0, at most 1.00000000"),
        (Lots::ZERO < rules.min_lots && rules.min_lots <= rules.max_lots, "minLots", "more than 0, at most maxLots"),
        (rules.max_lots <= Lots::from_units(1_000_000), "maxLots", "at most 10000.00"),
        (rules.exposure.side_cap.0 <= 2_000, "exposure.sideCap", "at most 2000: a price stays above nothing (R2.4)"),
        ((1..=4).contains(&rules.exposure.floor_multiple), "exposure.floorMultiple", "1 to 4"),
        ((1..=100).contains(&rules.margin.leverage), "margin.leverage", "1 to 100"),
        (rules.margin.washout_at.0 < rules.margin.warn_below.0, "margin.washoutAt", "below warnBelow"),
        (
            rules.margin.warn_below.0 <= rules.margin.rearm_at.0 && rules.margin.rearm_at.0 <= 100_000,
            "margin.rearmAt",
            "from warnBelow to 100000",
        ),
        (rules.seed >= Money::ZERO && rules.seed <= MAX_GRANT, "seed", "0.000000 to 1000000.000000"),
        (rules.fee_bps.0 <= 1_000 && rules.spread_bps.0 <= 1_000, "feeBps", "at most 1000, like spreadBps"),
        (rules.scoring.max_expected.iter().all(|max| max.units() > 0), "scoring.maxExpected", "more than 0"),
    ];
    if let Some((_, field, expected)) = checks.iter().find(|(good, ..)| !good) {
        return Err(invalid(field, expected));
    }
    if rules.dedup_window < Span::minutes(1) || rules.dedup_window > Span::minutes(24 * 60) || rules.dedup_max == 0 {
        return Err(invalid("dedupWindow", "60000 to 86400000, with dedupMax above 0"));
    }
    check_durations(rules)?;
    check_scoring(rules)
}

/// Durations that may pass, and amounts that a price can hold.
fn check_durations(rules: &Rules) -> Result<(), Rejection> {
    let day = Span::minutes(24 * 60);
    let review = rules.review.is_none_or(|r| r.goal <= r.longest && r.other <= r.longest && r.longest <= day);
    let in_play = rules.in_play.is_none_or(|r| r.min_delay <= day && r.over_lag <= day && r.stale_after <= day);
    let bump = rules.bump.is_none_or(|b| {
        let amounts = [b.goal, b.assist, b.own_goal, b.red, b.yellow, b.penalty_missed, b.penalty_saved, b.clean_sheet];
        b.span >= Span::seconds(1) && b.span <= day && amounts.iter().all(|amount| amount.magnitude() <= rules.ceiling)
    });
    let top_up = rules.top_up.is_none_or(|t| t.to <= MAX_GRANT && t.held <= day);
    let checks = [
        (review, "review", "goal and other at most longest, longest at most a day"),
        (in_play, "inPlay", "at most a day each"),
        (bump, "bump", "amounts at most the ceiling, span from 1 s to a day"),
        (top_up, "topUp", "at most 1000000.000000, held at most a day"),
        (rules.finalise_after <= day, "finaliseAfter", "at most a day"),
        (rules.boards.roi_min_margin > Money::ZERO, "boards.roiMinMargin", "more than 0"),
    ];
    checks.iter().find(|(good, ..)| !good).map_or(Ok(()), |(_, field, expected)| Err(invalid(field, expected)))
}

/// Weights and priors with which every product of R3.4 stays inside 127 bits, and no divisor is nothing.
fn check_scoring(rules: &Rules) -> Result<(), Rejection> {
    let scoring = &rules.scoring;
    let figures =
        |tally: &Tally| Tally::COUNTED.map(|s| tally.of(s)).into_iter().chain([tally.clean_sheet]).all(|f| f.magnitude() <= MAX_SCORE);
    if !scoring.weights.iter().all(figures) || !scoring.priors.iter().all(figures) {
        return Err(invalid("scoring.weights", "at most 10000.000000, like priors"));
    }
    if scoring.max_expected.iter().any(|max| *max > MAX_SCORE) || scoring.prior_matches == 0 || scoring.prior_matches > 10_000 {
        return Err(invalid("scoring.maxExpected", "at most 10000.000000, with 1 to 10000 priorMatches"));
    }
    match scoring.formula {
        Formula::Martingale { weight, length, prior_conceded } => {
            let means = Position::ALL.map(|position| prior_mean(rules, position));
            let sane = weight <= Bps(10_000)
                && length >= Span::minutes(1)
                && length <= Span::minutes(200)
                && prior_conceded > Score::ZERO
                && prior_conceded <= Score::from_units(10_000_000)
                && means.iter().all(|mean| *mean > Score::ZERO && *mean <= MAX_SCORE);
            let expected = "weight at most 10000, length from 1 to 200 min, priorConceded above 0 to 10, every prior mean above 0";
            sane.then_some(()).ok_or_else(|| invalid("scoring.formula", expected))
        }
        Formula::Blend { weight, .. } => {
            (weight <= Bps(10_000)).then_some(()).ok_or_else(|| invalid("scoring.formula", "weight at most 10000"))
        }
    }
}
